"""How a story is told: people do deeds by name, as every interface lets them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gongzhi.actors.models import Person
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.ledger.records import Record


def plainly(value: Any) -> Any:
    """Records as the numbers that a form or a request carries."""
    if isinstance(value, Record):
        return value.pk
    return [plainly(one) for one in value] if isinstance(value, list) else value


def do(who: Person, deed: str, at: datetime, **inputs: Any) -> Any:
    """Let a person do a deed ("room.verb") at a time; records are found in the own area only."""
    room, _, verb = deed.partition(".")
    given = {name: plainly(value) for name, value in inputs.items()}
    return perform(deed_named(room, verb), given, who, at)
