"""What ends by itself is announced ahead of its end, and may be given a later one with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet

from gongzhi.actors.models import Person, Unit
from gongzhi.decision.models import Measure, TaskForce
from gongzhi.decision.queries import stage_reached
from gongzhi.ledger.actions import append
from gongzhi.ledger.locks import taken

E = TypeVar("E", Measure, TaskForce)


def announced(
    ending: QuerySet[E], place: Callable[[E], Unit], by: Person, now: datetime, *, verb: str
) -> list[E]:
    """Announce each of these, once for each stage ahead of its end."""
    due = list(taken(ending))
    for one in due:
        one.change(announced_minutes=stage_reached(one.ends_at, now))
        append(
            verb=verb, subject=one, place=place(one), by=by, now=now, ends_at=one.ends_at,
            stage=one.announced_minutes,
        )  # fmt: skip
    return due


def later_end(ends_at: datetime, reason: str, by: Person, now: datetime) -> dict[str, str]:
    """How a record remembers that it was given a later end."""
    return {"at": now.isoformat(), "until": ends_at.isoformat(), "reason": reason, "by": by.ref}
