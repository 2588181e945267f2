"""What was in force when: the levels, modes and measures of an incident on one line of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.interfaces.console import river
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import GRADES, Value, address_of, value_of

TOLD_BY = {"levels": "grade", "modes": "mode", "measures": "kind"}
"""What decisions put into force for a time, in the order it is shown, and the field that tells."""
MOST = 200
"""Records of one kind that are drawn."""


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
    found = list(_records(course, reader))
    if not found:
        return None
    first = min(record.starts_at for record, _told in found)
    last = max([reader.now, *(_end(record) or reader.now for record, _told in found)])
    scale = _Scale(first, last, reader.now)
    bars = [_bar(record, told, scale) for record, told in found]
    return OverTime(bars, first, last, scale.place(reader.now))


def _records(course: river.Course, reader: Reader) -> Iterator[tuple[Any, str]]:
    """What is shown, and the field that tells what it is."""
    sources = {source.listing: source for source in river.sources_of("decision")}
    for listing, told in TOLD_BY.items():
        records = river.records_of(sources[listing], course, reader)
        if records is not None:
            read = records.select_related("area", "decision__decided_by")
            for record in read.order_by("area__path", "starts_at", "pk")[:MOST]:
                yield record, told


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


def _bar(record: Any, told: str, scale: _Scale) -> Bar:
    end = _end(record)
    reached = min(end or scale.now, scale.now)
    left, right = scale.place(record.starts_at), scale.place(max(reached, record.starts_at))
    return Bar(
        name=str(record), href=address_of(record), said=value_of(record, told), area=record.area,
        since=record.starts_at, until=end, is_over=record.ended_at is not None,
        by=record.decision.decided_by, basis=record.decision.legal_basis,
        style=GRADES.get(getattr(record, "grade", 0), told), left=left,
        length=max(0.6, right - left),
        ahead=max(0.0, scale.place(end) - right) if end and not record.ended_at else 0.0,
    )  # fmt: skip
