"""EARS C1, C2 and C3 on many series at once.

C1 takes mean and standard deviation of the `baseline` days before the judged day, C2 of the
same number of days ending three days earlier. Either is exceeded when the count is above
mean + limit * sd. C3 adds up max(0, C2 - 1) over the judged day and the two before.
Sources: Hutwagner et al. 2003 (doi 10.1007/pl00022319), Fricker et al. 2008
(doi 10.1002/sim.3197). Not corrected: days of the week, delays in reporting, and the fact that
mean and spread of seven days are themselves uncertain, so that real false alarms are more than
alpha says.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .looks import STATUSES, Detection, Floats, Status
from .params import C3Rule, EarsParams, Method
from .series import Series

_CHUNK_CELLS = 250_000  # series-days per batch: a few megabytes, so that columns stay in cache


def detect(series: Series, *, params: EarsParams) -> Detection:
    """Run one EARS method over every day of one series. Every series gives a Detection."""
    return detect_many([series], params=params)[0]


def detect_many(series: Sequence[Series], *, params: EarsParams) -> list[Detection]:
    """Run one EARS method over many series, in their order; lengths and first days may differ."""
    by_length = sorted(range(len(series)), key=lambda i: len(series[i].counts))
    found: dict[int, Detection] = {}
    for batch in _batches(by_length, series):
        columns = _judge(_matrix([series[i] for i in batch]), params)
        for row, i in enumerate(batch):
            length = len(series[i].counts)
            found[i] = Detection(series[i], params, *columns.row(row, length))
    return [found[i] for i in range(len(series))]


def _batches(order: list[int], series: Sequence[Series]) -> list[list[int]]:
    """Cut the series, ordered by length, into batches that fit the cache."""
    batches: list[list[int]] = []
    for i in order:
        width = max(1, len(series[i].counts))
        if not batches or (len(batches[-1]) + 1) * width > _CHUNK_CELLS:
            batches.append([])
        batches[-1].append(i)
    return batches


def _matrix(series: list[Series]) -> Floats:
    """One row per series, first day in column 0, NaN where there is no count."""
    width = max(len(one.counts) for one in series)
    y = np.full((len(series), width), np.nan)
    for row, one in enumerate(series):
        y[row, : len(one.counts)] = np.array(one.counts, dtype=np.float64)  # None becomes NaN
    return y


class _Columns(NamedTuple):
    mean: Floats
    sd: Floats
    observed_sd: Floats
    bound: Floats
    sd_above: Floats
    statistic: Floats
    terms: Floats
    exceeded: npt.NDArray[np.bool_]
    status: npt.NDArray[np.int8]

    def row(self, at: int, length: int) -> "_Columns":
        """The columns of one series, without the padding after its end."""
        return _Columns(
            self.mean[at, :length],
            self.sd[at, :length],
            self.observed_sd[at, :length],
            self.bound[at, :length],
            self.sd_above[at, :length],
            self.statistic[at, :length],
            self.terms[at, :length],
            self.exceeded[at, :length],
            self.status[at, :length],
        )


class _Baseline(NamedTuple):
    mean: Floats
    sd: Floats
    missing: npt.NDArray[np.int16]


def _judge(y: Floats, params: EarsParams) -> _Columns:
    baseline = _baseline(y, params)
    sd = np.maximum(baseline.sd, params.min_sigma)
    above = _standardised(y, baseline.mean, sd, params)
    if params.method is Method.C3:
        terms = np.maximum(above - 1, 0.0)
        statistic, bound, exceeded = _c3(y, baseline.mean, sd, terms, params)
    else:
        terms, statistic = np.full_like(y, np.nan), above
        bound = baseline.mean + params.limit * sd
        exceeded = y > bound
    status = _status(y, baseline.missing, bound, params)
    judged = status == STATUSES.index(Status.JUDGED)
    early = status == STATUSES.index(Status.NOT_ENOUGH_HISTORY)
    bound[early] = np.nan  # C3 has a baseline two days before it has its earlier days
    statistic = np.where(judged, statistic, np.nan)
    columns = _Columns(
        baseline.mean, sd, baseline.sd, bound, above, statistic, terms, exceeded & judged, status
    )
    for column in columns:
        column.flags.writeable = False
    return columns


def _baseline(y: Floats, params: EarsParams) -> _Baseline:
    """Mean and spread of the reported days of each baseline; NaN when too few are reported.

    Two passes (mean first, then deviations), day by day of the window: exact enough for counts
    of any size, and no copy of all windows is ever made.
    """
    mean, sd = np.full_like(y, np.nan), np.full_like(y, np.nan)
    missing = np.zeros(y.shape, dtype=np.int16)
    first = params.baseline + params.method.lag
    width = y.shape[1] - first
    if width <= 0:
        return _Baseline(mean, sd, missing)
    known = ~np.isnan(y)
    filled = np.where(known, y, 0.0)
    days = [slice(j, j + width) for j in range(params.baseline)]
    reported = sum((known[:, day].astype(np.int16) for day in days), np.int16(0))
    usable = reported >= params.baseline - params.max_missing
    n = np.where(usable, reported, 2)  # any number that can be divided by; discarded below
    centre = sum((filled[:, day] for day in days), np.float64(0)) / n
    squares = sum((np.square(filled[:, day] - centre) * known[:, day] for day in days), 0.0)
    mean[:, first:] = np.where(usable, centre, np.nan)
    sd[:, first:] = np.where(usable, np.sqrt(squares / (n - 1)), np.nan)
    missing[:, first:] = params.baseline - reported
    return _Baseline(mean, sd, missing)


def _standardised(y: Floats, mean: Floats, sd: Floats, params: EarsParams) -> Floats:
    """How many standard deviations the count is above the baseline's mean.

    With min_sigma 0 a flat baseline makes this 0 / 0: no excess, except to the R package, where it
    is undefined and leaves C3 undefined for two more days.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        above: Floats = (y - mean) / sd
    if params.method is not Method.C3 or params.c3_rule is C3Rule.THREE_DAYS:
        above[(sd == 0) & (y == mean)] = 0.0
    return above


def _c3(
    y: Floats, mean: Floats, sd: Floats, terms: Floats, params: EarsParams
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """The sum, the bound in cases and whether it is exceeded, by either reading of C3."""
    earlier = np.zeros_like(y)
    if params.c3_rule is C3Rule.THREE_DAYS:
        known = np.nan_to_num(terms, nan=0.0, posinf=np.inf)  # a day that is not known adds nothing
        earlier[:, 2:] = known[:, 1:-1] + known[:, :-2]
        statistic = earlier + terms
        with np.errstate(invalid="ignore"):
            bound = mean + sd * (1 + params.limit - earlier)
        bound = np.where((earlier > params.limit) & ~np.isnan(mean), 0.0, bound)
        return statistic, bound, statistic > params.limit
    earlier[:, 2:] = terms[:, 1:-1] + terms[:, :-2]
    with np.errstate(invalid="ignore"):
        bound = np.maximum(y + sd * (params.limit - earlier), 0.0)
    return earlier, bound, y > bound


def _status(
    y: Floats, missing: npt.NDArray[np.int16], bound: Floats, params: EarsParams
) -> npt.NDArray[np.int8]:
    """Why a day could not be judged; the first reason that holds, in this order."""
    early = np.arange(y.shape[1]) < params.history
    reasons = {
        Status.NOT_ENOUGH_HISTORY: np.broadcast_to(early, y.shape),
        Status.TOO_MANY_MISSING_DAYS: missing > params.max_missing,
        Status.COUNT_MISSING: np.isnan(y),
        Status.UNDEFINED: np.isnan(bound),
    }
    codes = [STATUSES.index(status) for status in reasons]
    chosen = np.select(list(reasons.values()), codes, default=STATUSES.index(Status.JUDGED))
    return chosen.astype(np.int8)
