"""One act offered on a page of its own: the deed's button, or the sentence that refuses it."""

from __future__ import annotations

from typing import Any

from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.forms.asking import asks_of
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.offers import Offer, address, prefilled, refusal_of
from gongzhi.interfaces.inputs import deed_named
from gongzhi.ledger.records import Record


def act(room: str, verb: str, name: str, record: Record, reader: Reader, **more: Any) -> Offer:
    """The deed that takes `record` as its input `name`, with further inputs filled in."""
    deed = deed_named(room, verb)
    ask = next(ask for ask in asks_of(deed) if ask.name == name)
    filled = prefilled(deed, {name: record.pk, **more}, record)
    return Offer(
        deed=deed, name=words.deed_name(deed), summary=words.deed_summary(deed),
        href=address(deed, filled), refusal=refusal_of(deed, ask, record, reader),
    )  # fmt: skip
