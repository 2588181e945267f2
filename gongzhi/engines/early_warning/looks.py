"""What a method saw: one look per day, with every number that made it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import isfinite

import numpy as np
import numpy.typing as npt

from .params import EarsParams, Method
from .series import Series

Floats = npt.NDArray[np.float64]


class Status(StrEnum):
    """Whether a method could judge a day, or else why not."""

    JUDGED = "judged"
    DAY_OUTSIDE_SERIES = "day_outside_series"
    COUNT_MISSING = "count_missing"
    NOT_ENOUGH_HISTORY = "not_enough_history"
    TOO_MANY_MISSING_DAYS = "too_many_missing_days"
    UNDEFINED = "undefined"
    """The formula has no value: zero spread with min_sigma 0, or C3Rule.SURVEILLANCE over a gap."""


STATUSES = tuple(Status)


@dataclass(frozen=True, slots=True)
class Look:
    """One method's view of one day of one series.

    mean, sd: of the reported baseline days, in cases per day; `sd` is the one used in the bound,
        never below min_sigma, `observed_sd` the one in the data.
    bound: the largest count that is no exceedance. For C3 it takes the two earlier days into
        account; it is 0 when these alone are already above the limit.
    sd_above: (count - mean) / sd.
    statistic, limit: what is compared; for C1 and C2 the statistic is `sd_above`, for C3 the sum
        of `terms`.
    terms: C3 only, oldest first: what each of the three days adds; None where a day has no C2.
    missing_days: days without a count among those the look is based on, the judged one included.
    history_days, history_needed: days before this one that were read, and that the method needs.

    A number that could not be had is None. `exceeded` is None unless the status is JUDGED.
    """

    method: Method
    day: date
    status: Status
    count: int | None
    mean: float | None
    sd: float | None
    observed_sd: float | None
    bound: float | None
    sd_above: float | None
    statistic: float | None
    limit: float
    terms: tuple[float | None, ...]
    exceeded: bool | None
    missing_days: tuple[date, ...]
    history_days: int
    history_needed: int

    def as_dict(self) -> dict[str, object]:
        """The same as plain values for JSON: ISO dates, None for a number that is not finite."""
        return {
            "method": self.method.value,
            "day": self.day.isoformat(),
            "status": self.status.value,
            "count": self.count,
            "mean": _plain(self.mean),
            "sd": _plain(self.sd),
            "observed_sd": _plain(self.observed_sd),
            "bound": _plain(self.bound),
            "sd_above": _plain(self.sd_above),
            "statistic": _plain(self.statistic),
            "limit": self.limit,
            "terms": [_plain(term) for term in self.terms],
            "exceeded": self.exceeded,
            "missing_days": [day.isoformat() for day in self.missing_days],
            "history_days": self.history_days,
            "history_needed": self.history_needed,
        }


def _plain(number: float | None) -> float | None:
    return number if number is not None and isfinite(number) else None


@dataclass(frozen=True, eq=False)
class Detection:
    """One EARS method run over every day of one series.

    The arrays are read-only and as long as the series; index i is the day `first_day + i`. NaN
    stands where there is no number; `status` holds positions in STATUSES. `look(day)` gives one
    day as plain values.
    """

    series: Series
    params: EarsParams
    mean: Floats
    sd: Floats
    observed_sd: Floats
    bound: Floats
    sd_above: Floats
    statistic: Floats
    terms: Floats
    exceeded: npt.NDArray[np.bool_]
    status: npt.NDArray[np.int8]

    def look(self, day: date) -> Look:
        """Everything about one day; also about a day that the series does not cover."""
        at = self.series.index(day)
        if at is None:
            return self._outside(day)
        status = STATUSES[self.status[at]]
        return Look(
            method=self.params.method,
            day=day,
            status=status,
            count=self.series.counts[at],
            mean=_number(self.mean, at),
            sd=_number(self.sd, at),
            observed_sd=_number(self.observed_sd, at),
            bound=_number(self.bound, at),
            sd_above=_number(self.sd_above, at),
            statistic=_number(self.statistic, at),
            limit=self.params.limit,
            terms=self._terms(at),
            exceeded=bool(self.exceeded[at]) if status is Status.JUDGED else None,
            missing_days=self._missing_days(at),
            history_days=at,
            history_needed=self.params.history,
        )

    def looks(self) -> Iterator[Look]:
        """Every day of the series, oldest first."""
        for at in range(len(self.series.counts)):
            yield self.look(self.series.first_day + timedelta(days=at))

    def exceedances(self) -> tuple[date, ...]:
        """The days that are above their bound, oldest first."""
        first = self.series.first_day
        return tuple(first + timedelta(days=int(at)) for at in np.flatnonzero(self.exceeded))

    def __str__(self) -> str:
        judged = int(np.count_nonzero(self.status == STATUSES.index(Status.JUDGED)))
        return (
            f"{self.params.method} on {self.series.stream} at {self.series.place}: "
            f"{len(self.exceedances())} exceedances on {judged} judged days "
            f"of {len(self.series.counts)}"
        )

    def _terms(self, at: int) -> tuple[float | None, ...]:
        if self.params.method is not Method.C3:
            return ()
        return tuple(_number(self.terms, i) if i >= 0 else None for i in range(at - 2, at + 1))

    def _missing_days(self, at: int) -> tuple[date, ...]:
        method, first = self.params.method, self.series.first_day
        window = range(at - method.lag - self.params.baseline, at - method.lag)
        judged = range(at - method.earlier_days, at + 1)
        counts = self.series.counts
        return tuple(
            first + timedelta(days=i) for i in (*window, *judged) if i >= 0 and counts[i] is None
        )

    def _outside(self, day: date) -> Look:
        days = (day - self.series.first_day).days
        return Look(
            method=self.params.method,
            day=day,
            status=Status.DAY_OUTSIDE_SERIES,
            count=None,
            mean=None,
            sd=None,
            observed_sd=None,
            bound=None,
            sd_above=None,
            statistic=None,
            limit=self.params.limit,
            terms=(),
            exceeded=None,
            missing_days=(),
            history_days=min(max(days, 0), len(self.series.counts)),
            history_needed=self.params.history,
        )


def _number(column: Floats, at: int) -> float | None:
    value = float(column[at])
    return None if np.isnan(value) else value
