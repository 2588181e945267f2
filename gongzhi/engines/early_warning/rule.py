"""The rule that turns exceedances into red, yellow, green or unknown; described at LevelParams."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from .ears import detect_many
from .levels import Cause, Level, LevelResult, Rise
from .looks import STATUSES, Detection, Look, Status
from .params import RUN_DAYS, LevelParams, Method
from .series import Series

RECENT_DAYS = 3
"""min_cases and red_cases count the days that C3 looks at, so that 1 + 1 + 2 is seen as 4."""
WEEK_DAYS_REPORTED = 5
"""A week with fewer reported days has no mean that another week could be compared with."""

_COUNT_MISSING = STATUSES.index(Status.COUNT_MISSING)
_EXCEEDED = {
    Method.C1: Cause.C1_EXCEEDED,
    Method.C2: Cause.C2_EXCEEDED,
    Method.C3: Cause.C3_EXCEEDED,
}


def warn(series: Sequence[Series], *, params: LevelParams, on: date) -> list[LevelResult]:
    """The level of every series on the day `on`, in their order; later days are not read.

    Every series gets a result. What cannot be judged is UNKNOWN with the reason, never an error.
    A level says what is unusual against the days just before: a plateau, however high, turns green
    after some days. So green alone does not end a warning.
    """
    recent = [one.last_days(on, params.days_read) for one in series]
    by_method = [detect_many(recent, params=method) for method in params.methods]
    return [
        _level(one, c1, c2, c3, params, on)
        for one, c1, c2, c3 in zip(recent, *by_method, strict=True)
    ]


def _level(
    series: Series, c1: Detection, c2: Detection, c3: Detection, params: LevelParams, on: date
) -> LevelResult:
    looks = (c1.look(on), c2.look(on), c3.look(on))
    days = series.counts[-RECENT_DAYS:] if looks[0].count is not None else ()
    recent_cases = sum(count or 0 for count in days)
    c2_days = _days_running(c2, on, params)
    rise = _rise(series.counts if series.index(on) is not None else (), params)
    causes, held_back = _causes(looks, recent_cases, c2_days, rise, params)
    unknown = None if causes else _why_unknown(looks)
    return LevelResult(
        place=series.place,
        stream=series.stream,
        on=on,
        level=_colour(causes, unknown),
        causes=causes,
        held_back=held_back,
        unknown=unknown,
        count=looks[0].count,
        recent_cases=recent_cases,
        recent_missing=sum(count is None for count in days),
        looks=looks,
        c2_days=c2_days,
        rise=rise,
        params=params,
    )


def _colour(causes: tuple[Cause, ...], unknown: Status | None) -> Level:
    if unknown is not None:
        return Level.UNKNOWN
    if any(cause.is_red for cause in causes):
        return Level.RED
    return Level.YELLOW if causes else Level.GREEN


def _why_unknown(looks: tuple[Look, Look, Look]) -> Status | None:
    """The first reason why a method could not judge; a day without a count outweighs the rest."""
    reasons = [look.status for look in looks if look.status is not Status.JUDGED]
    if looks[0].count is None and Status.DAY_OUTSIDE_SERIES not in reasons:
        return Status.COUNT_MISSING
    return reasons[0] if reasons else None


def _causes(
    looks: tuple[Look, Look, Look],
    recent_cases: int,
    c2_days: int,
    rise: Rise,
    params: LevelParams,
) -> tuple[tuple[Cause, ...], tuple[Cause, ...]]:
    """The causes that hold, gravest first, and those that too few cases hold back."""
    if looks[0].count is None:
        return (), ()
    red = _red_causes(looks, c2_days, params)
    yellow = [
        _EXCEEDED[one.method] for one in looks if one.exceeded and one.method in params.yellow
    ]
    rising = [Cause.RISING_WEEKS] if rise.rising else []
    if recent_cases < params.min_cases:
        return tuple(rising), tuple(red + yellow)
    if not _red_enough(looks[1], recent_cases, params):
        return tuple(yellow + rising), tuple(red)
    return tuple(red + yellow + rising), ()


def _red_causes(looks: tuple[Look, Look, Look], c2_days: int, params: LevelParams) -> list[Cause]:
    _, c2, c3 = looks
    causes = [Cause.C2_DAYS_RUNNING] if c2_days >= params.red_days else []
    if c3.exceeded and c2.sd_above is not None and c2.sd_above >= params.red_sd:
        causes.append(Cause.FAR_ABOVE)
    return causes


def _red_enough(c2: Look, recent_cases: int, params: LevelParams) -> bool:
    if c2.count is None or c2.mean is None:
        return False
    return recent_cases >= params.red_cases and c2.count >= params.red_ratio * c2.mean


def _days_running(c2: Detection, on: date, params: LevelParams) -> int:
    """Reported days up to `on` on which C2 was exceeded without a break.

    A day without a count neither breaks the run nor lengthens it, up to max_missing of them.
    """
    last = c2.series.index(on)
    if last is None:
        return 0
    run = gaps = 0
    for at in range(last, max(-1, last - RUN_DAYS), -1):
        if c2.exceeded[at]:
            run += 1
        elif c2.status[at] == _COUNT_MISSING and gaps < params.max_missing:
            gaps += 1
        else:
            break
    return run


def _rise(counts: tuple[int | None, ...], params: LevelParams) -> Rise:
    """Whether the mean rose week after week; not judged when a week cannot be compared."""
    needed = 7 * (params.rising_weeks + 1)
    if params.rising_weeks == 0 or len(counts) < needed:
        return Rise((), 0, None)
    weeks = [
        [count for count in counts[start : start + 7] if count is not None]
        for start in range(len(counts) - needed, len(counts), 7)
    ]
    last_week = sum(weeks[-1])
    if any(len(week) < WEEK_DAYS_REPORTED for week in weeks):
        return Rise((), last_week, None)
    means = tuple(sum(week) / len(week) for week in weeks)
    rising = (
        all(later > earlier for earlier, later in pairwise(means))
        and means[-1] >= params.rising_growth * means[0]
        and last_week >= params.rising_cases
    )
    return Rise(means, last_week, rising)
