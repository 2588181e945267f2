"""The course of a warning's series: each day's count, what was expected, and the bound.

Computed anew from the counts and the parameters that the warning keeps, so that it shows what
the detectors saw, not what came in later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gongzhi.engines import early_warning as ew
from gongzhi.sensing.models import Warning


@dataclass(frozen=True)
class CourseDay:
    """One day of a series.

    count: None where nothing was reported. expected, low, bound: cases by C2, None where C2 could
    not judge; `low` to `bound` is the range that is usual. used: the day is in the baseline that
    C1 or C2 compared the judged day with.
    """

    day: date
    count: int | None
    expected: float | None
    low: float | None
    bound: float | None
    used: bool
    is_judged: bool

    @property
    def is_above(self) -> bool:
        """Whether the count is above the bound."""
        return self.count is not None and self.bound is not None and self.count > self.bound


def course_of(warning: Warning) -> list[CourseDay]:
    """The days of a warning's series, oldest first; empty where it keeps no counts."""
    kept, given = warning.numbers.get("series"), warning.numbers.get("params")
    if not kept or not given:
        return []
    series = ew.Series(
        str(warning.place_id), warning.stream, date.fromisoformat(kept["first_day"]),
        tuple(kept["counts"]),
    )  # fmt: skip
    params = _params(given)
    _c1, c2, _c3 = params.methods
    used = _used(warning.day, params)
    return [_day(look, used, warning.day) for look in ew.detect(series, params=c2).looks()]


def _params(given: dict[str, object]) -> ew.LevelParams:
    values = dict(given)
    values["yellow"] = tuple(ew.Method(name) for name in values["yellow"])  # type: ignore[attr-defined]
    return ew.LevelParams(**values)  # type: ignore[arg-type]


def _used(judged: date, params: ew.LevelParams) -> set[date]:
    """The days of the baselines of C1 and C2 for the judged day."""
    return {
        judged - timedelta(days=method.method.lag + back)
        for method in params.methods[:2]
        for back in range(1, method.baseline + 1)
    }


def _day(look: ew.Look, used: set[date], judged: date) -> CourseDay:
    low = None
    if look.mean is not None and look.sd is not None:
        low = max(0.0, look.mean - look.limit * look.sd)
    return CourseDay(
        day=look.day, count=look.count, expected=look.mean, low=low, bound=look.bound,
        used=look.day in used, is_judged=look.day == judged,
    )  # fmt: skip
