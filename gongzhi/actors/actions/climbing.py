"""Take what a unit was silent about one tier up (升级)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from gongzhi.actors.models import Person, Unit
from gongzhi.ledger.actions import append
from gongzhi.parameters import minutes

R = TypeVar("R")


def take_up(
    late: Iterable[R], above: Callable[[R], Unit | None], *, due: str, clock: str, verb: str,
    by: Person, now: datetime,
) -> list[Any]:  # fmt: skip
    """Take each of these one tier up, with a time of its own there; at the top it stays.

    `above` gives the unit that sees to a record next. `due` names the record's field that says by
    when, `clock` the entry of `parameters/deadlines.yaml` for the new one. Returns the climbs.
    """
    steps = ((record, above(record)) for record in late)
    return [
        _taken_up(record, upper, due, clock, verb, by, now)
        for record, upper in steps
        if upper is not None
    ]


def _taken_up(
    record: Any, upper: Unit, due: str, clock: str, verb: str, by: Person, now: datetime
) -> Any:
    """Keep who was silent until when, and give the record to the tier above."""
    climb = record.climbs.create(
        silent=record.to_unit, to_unit=upper, was_due_at=getattr(record, due), climbed_at=now
    )
    by_when = now + minutes(clock, now)
    record.change(**{"to_unit": upper, due: by_when})
    append(
        verb=verb, subject=record, place=upper, by=by, now=now, silent=climb.silent.path,
        due_at=climb.was_due_at, **{due: by_when},
    )  # fmt: skip
    return climb
