"""Daily counts of one stream at one place, the data that every method here reads."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import NoneType

MAX_COUNT = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Series:
    """Cases per calendar day of one stream at one place (监测序列).

    `counts[i]` belongs to the day `first_day + i`. `None` means that nobody reported that day,
    which is not the same as 0 cases: methods leave the day out and say so. An empty tuple is
    allowed: a place that has not reported yet.

    Raises ValueError for an empty name, a date with a time of day, or a count that is not a whole
    number from 0 to 10^12 (beyond which float arithmetic would no longer be exact).
    """

    place: str
    stream: str
    first_day: date
    counts: tuple[int | None, ...]

    def __post_init__(self) -> None:
        if not self.place.strip() or not self.stream.strip():
            raise ValueError("A series needs the name of its place and of its stream.")
        if isinstance(self.first_day, datetime):
            raise ValueError("The first day of a series is a date without a time of day.")
        _check_counts(self.counts)

    @property
    def end(self) -> date:
        """The first day after the series; `first_day` itself when the series is empty."""
        return self.first_day + timedelta(days=len(self.counts))

    def index(self, day: date) -> int | None:
        """Position of a day in `counts`, or None when the series does not cover it."""
        position = (day - self.first_day).days
        return position if 0 <= position < len(self.counts) else None

    def last_days(self, on: date, days: int) -> "Series":
        """The part of the series that ends with the day `on` and is at most `days` long."""
        stop = max(0, min(len(self.counts), (on - self.first_day).days + 1))
        start = max(0, stop - days)
        first = self.first_day + timedelta(days=start)
        return Series(self.place, self.stream, first, self.counts[start:stop])


def _check_counts(counts: tuple[int | None, ...]) -> None:
    if not isinstance(counts, tuple):
        raise ValueError("Counts are a tuple, so that nobody can change them afterwards.")
    kinds = set(map(type, counts))  # type by type, not value by value: series are long
    if not kinds <= {int, NoneType}:
        raise ValueError("A daily count is a whole number, or None when nobody reported.")
    reported = [count for count in counts if count is not None]
    if reported and (min(reported) < 0 or max(reported) > MAX_COUNT):
        raise ValueError(f"A daily count lies between 0 and {MAX_COUNT:,}.")
