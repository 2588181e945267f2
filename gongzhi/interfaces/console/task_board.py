"""The task board of a task force: its members, and what it must do, the first due at the top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.actors.queries import LISTINGS, Post, posts_in, visible
from gongzhi.decision.queries import TaskForce
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import address_of, named, value_of
from gongzhi.ledger.records import Record

SOURCES = (
    ("command", "orders", "unit", "due_at"),
    ("command", "answers", "department", "answer_by"),
    ("supply", "needs", "unit", "needed_by"),
)
"""Lists, the field that names the unit, and the time by which it is due."""


@dataclass(frozen=True)
class Item:
    """One thing on the board."""

    kind: str
    name: str
    href: str
    state: Any
    due_at: datetime | None


@dataclass(frozen=True)
class Board:
    """The members of a task force, and what is open and done."""

    members: list[Post]
    open: list[Item]
    over: list[Item]


def board_of(record: Record, reader: Reader, most: int = 100) -> Board | None:
    """The board of a task force; None for other records."""
    if not isinstance(record, TaskForce):
        return None
    running: list[Item] = []
    over: list[Item] = []
    for room, listing, unit, due in SOURCES:
        model = LISTINGS[room, listing]
        found = visible(model, reader.by, reader.now).filter(**{unit: record.unit})
        for one in found.order_by(due, "pk")[:most]:
            (over if _is_over(one) else running).append(_item(one, due))
    running.sort(key=lambda item: (item.due_at is None, item.due_at))
    return Board(posts_in(record.unit, reader.now), running, over)


def _is_over(record: Record) -> bool:
    moves, state = getattr(record, "MOVES", {}), getattr(record, "state", None)
    return state in ("done", "withdrawn", "failed") or not moves.get(state, True)


def _item(record: Record, due: str) -> Item:
    return Item(
        words.record_name(type(record).__name__), named(record), address_of(record),
        value_of(record, "state"), getattr(record, due),
    )  # fmt: skip
