"""The task board of a task force: its members, and what it must do, the first due at the top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from gongzhi.actors.queries import LISTINGS, Post, posts_in, visible
from gongzhi.decision.queries import TaskForce
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.fetching import with_names
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import address_of, named, value_of
from gongzhi.ledger.records import Record

SOURCES = (
    ("command", "orders", "unit", "due_at"),
    ("command", "answers", "department", "answer_by"),
    ("supply", "needs", "unit", "needed_by"),
    ("fieldwork", "tasks", "team__unit", "due_at"),
)
"""Lists, the field that names the unit, and the time by which it is due."""
GIVEN_UP = ("failed",)
"""States that something leads out of, but not the task force itself."""


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
        its = visible(model, reader.by, reader.now).filter(**{unit: record.unit})
        its = with_names(its)
        ended = [state for state, moves in model.MOVES.items() if not moves or state in GIVEN_UP]
        by_due = F(due).asc(nulls_last=True)
        running += (_item(one, due) for one in its.exclude(state__in=ended).order_by(by_due)[:most])
        over += (_item(one, due) for one in its.filter(state__in=ended).order_by("-pk")[:most])
    running.sort(key=lambda item: (item.due_at is None, item.due_at))
    return Board(posts_in(record.unit, reader.now), running, over)


def _item(record: Record, due: str) -> Item:
    return Item(
        words.record_name(type(record).__name__), named(record), address_of(record),
        value_of(record, "state"), getattr(record, due),
    )  # fmt: skip
