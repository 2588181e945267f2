"""New cases per day out of cumulative counts, with decreases and gaps reported, not hidden."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gongzhi.exchange.importers.city_counts import FIGURES, CityCount

ONE_DAY = timedelta(days=1)


class Remark(StrEnum):
    """What is to be known of a day's figure beside the figure."""

    NONE = ""
    FIRST = "first"  # nothing to compare with: what is new on this day is not known
    APPEARS = "appears"  # the source reported other places before: all of it is new
    GAP = "gap"  # days before it are missing: the figure is for several days
    DECREASE = "decrease"  # the source corrected itself: the figure is below nothing


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day: the cumulative figure, what is new since the last figure `days` days before."""

    on: date
    cumulative: int
    new: int | None
    days: int
    remark: Remark

    def __post_init__(self) -> None:
        if (self.new is None) != (self.remark is Remark.FIRST):
            raise ValueError("What is new is unknown on the first day, and only then.")
        if (self.remark is Remark.DECREASE) != (self.new is not None and self.new < 0):
            raise ValueError("A figure below nothing is a decrease, and only that.")


@dataclass(frozen=True, slots=True)
class PlaceSeries:
    """The days of one place in one source, in order; missing days are missing."""

    source: str
    country: str
    province: str
    city: str
    city_code: str
    field: str
    days: tuple[DayCount, ...]

    def __post_init__(self) -> None:
        if any(a.on >= b.on for a, b in zip(self.days, self.days[1:], strict=False)):
            raise ValueError("The days of a series must be in order, each once.")

    @property
    def decreases(self) -> tuple[DayCount, ...]:
        """Days on which the cumulative figure fell."""
        return tuple(d for d in self.days if d.remark is Remark.DECREASE)

    @property
    def gaps(self) -> tuple[DayCount, ...]:
        """Days before which figures are missing."""
        return tuple(d for d in self.days if d.days > 1)

    def between(self, first: date, last: date) -> list[tuple[date, int | None]]:
        """What is new on every day from `first` to `last`; None where it is not known.

        A figure for several days stands on the day it was given; a decrease is below 0.
        """
        new = {d.on: d.new for d in self.days}
        return [
            (on, new.get(on)) for i in range((last - first).days + 1)
            if (on := first + i * ONE_DAY)
        ]  # fmt: skip

    def __str__(self) -> str:
        place = " ".join(p for p in (self.country, self.province, self.city) if p)
        text = f"{place} ({self.source}, {self.field}): {len(self.days)} days"
        text += f", {len(self.decreases)} decreases" if self.decreases else ""
        return text + (f", {len(self.gaps)} gaps" if self.gaps else "")


def daily_series(
    counts: Iterable[CityCount], *, field: str = "confirmed", source: str | None = None
) -> tuple[PlaceSeries, ...]:
    """Return what is new per day and place of each source, from cumulative counts.

    Of several counts of a day the last one stands (by moment, then by row). Records without
    the figure are no days. Errors: `ValueError` for a field that is none of the figures.
    """
    if field not in FIGURES:
        raise ValueError(f"{field!r} is none of {', '.join(FIGURES)}.")
    last: dict[tuple[str, str, str, str], dict[date, CityCount]] = {}
    began: dict[str, date] = {}
    for count in counts:
        if source not in (None, count.source) or getattr(count, field) is None:
            continue
        began[count.source] = min(count.on, began.get(count.source, count.on))
        days = last.setdefault((count.source, *count.place), {})
        if count.on not in days or _order(count) > _order(days[count.on]):
            days[count.on] = count
    return tuple(_series(days, field, began[key[0]]) for key, days in sorted(last.items()))


def _order(count: CityCount) -> tuple[float, str, int]:
    moment = count.at.timestamp() if count.at else 0.0
    return (moment, count.origin.file, count.origin.row)


def _series(days: dict[date, CityCount], field: str, began: date) -> PlaceSeries:
    found: list[DayCount] = []
    for on in sorted(days):
        value = int(getattr(days[on], field))
        found.append(_day(on, value, found[-1] if found else None, began))
    any_one = days[max(days)]
    return PlaceSeries(
        any_one.source, any_one.country, any_one.province, any_one.city,
        any_one.city_code or any_one.province_code, field, tuple(found),
    )  # fmt: skip


def _day(on: date, value: int, before: DayCount | None, began: date) -> DayCount:
    if before is None:
        if on > began:
            return DayCount(on, value, value, 1, Remark.APPEARS)
        return DayCount(on, value, None, 1, Remark.FIRST)
    new, days = value - before.cumulative, (on - before.on).days
    if new < 0:
        return DayCount(on, value, new, days, Remark.DECREASE)
    return DayCount(on, value, new, days, Remark.GAP if days > 1 else Remark.NONE)
