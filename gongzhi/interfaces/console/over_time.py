"""What was in force when: the levels, modes and measures of an incident on one line of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.interfaces.console import river
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import GRADES, Value, address_of, value_of

KINDS = ("levels", "modes", "measures")
"""What decisions put into force over an area for a time, in the order it is shown."""


@dataclass(frozen=True)
class Bar:
    """One thing that was, or is, in force; places and lengths in hundredths of the whole time.

    `ahead` is the length that is still to come up to its end date; `until` is empty where nothing
    but a person ends it.
    """

    name: str
    href: str
    said: Value
    area: Any
    since: datetime
    until: datetime | None
    is_over: bool
    by: Any
    basis: str
    style: str
    left: float
    length: float
    ahead: float


@dataclass(frozen=True)
class OverTime:
    """The bars, the two ends of the time they lie on, and where now lies."""

    bars: list[Bar]
    first: datetime
    last: datetime
    now: float


def over_time(course: river.Course, reader: Reader) -> OverTime | None:
    """What decisions on an incident put into force: levels area by area, modes, measures.

    None where no decision put anything into force.
    """
    records = list(_records(course, reader))
    if not records:
        return None
    first = min(record.starts_at for record in records)
    last = max([reader.now, *(_end(record) or reader.now for record in records)])
    scale = _Scale(first, last, reader.now)
    return OverTime([_bar(r, scale) for r in records], first, last, scale.place(reader.now))


def _records(course: river.Course, reader: Reader) -> Iterator[Any]:
    sources = [source for source in river.sources_of("decision") if source.listing in KINDS]
    for source in sorted(sources, key=lambda source: KINDS.index(source.listing)):
        records = river.records_of(source, course, reader)
        if records is not None:
            read = records.select_related("area", "decision__decided_by")
            yield from read.order_by("area__path", "starts_at", "pk")[:200]


@dataclass(frozen=True)
class _Scale:
    first: datetime
    last: datetime
    now: datetime

    def place(self, when: datetime) -> float:
        whole = (self.last - self.first).total_seconds() or 1.0
        return round(100 * (when - self.first).total_seconds() / whole, 2)


def _end(record: Any) -> datetime | None:
    """When it ended, or will by itself."""
    return record.ended_at or getattr(record, "ends_at", None)


def _bar(record: Any, scale: _Scale) -> Bar:
    end = _end(record)
    reached = min(end or scale.now, scale.now)
    left, right = scale.place(record.starts_at), scale.place(max(reached, record.starts_at))
    told = "grade" if hasattr(record, "grade") else "mode" if hasattr(record, "mode") else "kind"
    return Bar(
        name=str(record), href=address_of(record), said=value_of(record, told), area=record.area,
        since=record.starts_at, until=end, is_over=record.ended_at is not None,
        by=record.decision.decided_by, basis=record.decision.legal_basis,
        style=GRADES.get(getattr(record, "grade", 0), told), left=left,
        length=max(0.6, right - left),
        ahead=max(0.0, scale.place(end) - right) if end and not record.ended_at else 0.0,
    )  # fmt: skip
