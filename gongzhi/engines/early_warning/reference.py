"""The same methods, one day at a time and word for word as the papers put them: slow, for tests.

Nothing here is shared with the fast engine but the value types, so that an error has to be made
twice to stay hidden.
"""

from datetime import date, timedelta
from math import inf, nan, sqrt

from .levels import Cause, Level
from .looks import Look, Status
from .params import RUN_DAYS, C3Rule, EarsParams, LevelParams, Method
from .series import Series


def look(series: Series, day: date, params: EarsParams) -> Look:
    """One method's view of one day, from the counts themselves."""
    method, t = params.method, (day - series.first_day).days
    status = _status(series, t, params)
    mean, observed = _mean_and_sd(series, t, params)
    sd = max(observed, params.min_sigma)
    above = _sd_above(series, t, params)
    terms = [_term(series, i, params) for i in (t - 2, t - 1, t)] if method is Method.C3 else []
    bound, statistic = mean + params.limit * sd, above
    if method is Method.C3:
        bound, statistic = _c3(series, t, params)
    if status is Status.NOT_ENOUGH_HISTORY or status is Status.DAY_OUTSIDE_SERIES:
        bound = nan
    if status is Status.JUDGED and bound != bound:
        status = Status.UNDEFINED
    judged = status is Status.JUDGED
    inside = status is not Status.DAY_OUTSIDE_SERIES
    return Look(
        method=method,
        day=day,
        status=status,
        count=_count(series, t),
        mean=_known(mean),
        sd=_known(sd),
        observed_sd=_known(observed),
        bound=_known(bound),
        sd_above=_known(above),
        statistic=_known(statistic) if judged else None,
        limit=params.limit,
        terms=tuple(_known(term) for term in terms) if inside else (),
        exceeded=_exceeded(series, t, params, bound, statistic) if judged else None,
        missing_days=_missing_days(series, t, params) if inside else (),
        history_days=min(max(t, 0), len(series.counts)),
        history_needed=params.history,
    )


def level(
    series: Series, on: date, params: LevelParams
) -> tuple[Level, list[Cause], list[Cause], Status | None]:
    """Level, causes, held-back causes and reason for unknown, straight from LevelParams' rule."""
    c1, c2, c3 = (look(series, on, method) for method in params.methods)
    if c1.status is Status.DAY_OUTSIDE_SERIES:
        return Level.UNKNOWN, [], [], Status.DAY_OUTSIDE_SERIES
    if c1.count is None:
        return Level.UNKNOWN, [], [], Status.COUNT_MISSING
    t = (on - series.first_day).days
    cases = sum(_count(series, i) or 0 for i in (t - 2, t - 1, t))
    red, yellow = [], []
    if _days_running(series, on, params) >= params.red_days:
        red.append(Cause.C2_DAYS_RUNNING)
    if c3.exceeded and (c2.sd_above or 0) >= params.red_sd:
        red.append(Cause.FAR_ABOVE)
    for one, cause in ((c1, "c1_exceeded"), (c2, "c2_exceeded"), (c3, "c3_exceeded")):
        if one.exceeded and one.method in params.yellow:
            yellow.append(Cause(cause))
    rising = [Cause.RISING_WEEKS] if _rising(series, t, params) else []
    if cases < params.min_cases:
        causes, held_back = rising, red + yellow
    elif red and (cases < params.red_cases or c1.count < params.red_ratio * (c2.mean or 0)):
        causes, held_back = yellow + rising, red
    else:
        causes, held_back = red + yellow + rising, []
    if Cause.C2_DAYS_RUNNING in causes or Cause.FAR_ABOVE in causes:
        return Level.RED, causes, held_back, None
    if causes:
        return Level.YELLOW, causes, held_back, None
    for one in (c1, c2, c3):
        if one.status is not Status.JUDGED:
            return Level.UNKNOWN, [], held_back, one.status
    return Level.GREEN, [], held_back, None


def _count(series: Series, t: int) -> int | None:
    return series.counts[t] if 0 <= t < len(series.counts) else None


def _known(number: float) -> float | None:
    return None if number != number else number


def _window(t: int, params: EarsParams) -> range:
    end = t if params.method is Method.C1 else t - 2
    return range(end - params.baseline, end)


def _status(series: Series, t: int, params: EarsParams) -> Status:
    if not 0 <= t < len(series.counts):
        return Status.DAY_OUTSIDE_SERIES
    window = _window(t, params)
    if window.start - (2 if params.method is Method.C3 else 0) < 0:
        return Status.NOT_ENOUGH_HISTORY
    if sum(series.counts[i] is None for i in window) > params.max_missing:
        return Status.TOO_MANY_MISSING_DAYS
    return Status.COUNT_MISSING if series.counts[t] is None else Status.JUDGED


def _mean_and_sd(series: Series, t: int, params: EarsParams) -> tuple[float, float]:
    window = _window(t, params)
    if window.start < 0 or t >= len(series.counts):
        return nan, nan
    reported = [count for i in window if (count := series.counts[i]) is not None]
    if params.baseline - len(reported) > params.max_missing:
        return nan, nan
    mean = sum(reported) / len(reported)
    squares = sum((count - mean) ** 2 for count in reported)
    return mean, sqrt(squares / (len(reported) - 1))


def _sd_above(series: Series, t: int, params: EarsParams) -> float:
    count = _count(series, t)
    mean, observed = _mean_and_sd(series, t, params)
    if count is None or mean != mean:
        return nan
    sd = max(observed, params.min_sigma)
    if sd > 0:
        return (count - mean) / sd
    if count == mean:
        as_the_package = params.method is Method.C3 and params.c3_rule is C3Rule.SURVEILLANCE
        return nan if as_the_package else 0.0
    return inf if count > mean else -inf


def _term(series: Series, t: int, params: EarsParams) -> float:
    above = _sd_above(series, t, params)
    return nan if above != above else max(0.0, above - 1)


def _c3(series: Series, t: int, params: EarsParams) -> tuple[float, float]:
    """Bound and statistic of C3 by the chosen rule."""
    mean, observed = _mean_and_sd(series, t, params)
    sd = max(observed, params.min_sigma)
    earlier = [_term(series, t - 1, params), _term(series, t - 2, params)]
    if params.c3_rule is C3Rule.SURVEILLANCE:
        total = sum(earlier)
        count = _count(series, t)
        raw = nan if count is None or mean != mean else count + _times(sd, params.limit - total)
        return (raw if raw != raw else max(0.0, raw)), total
    total = sum(term for term in earlier if term == term)
    statistic = total + _term(series, t, params)
    if mean != mean:
        return nan, statistic
    return (0.0 if total > params.limit else mean + sd * (1 + params.limit - total)), statistic


def _times(sd: float, factor: float) -> float:
    return nan if sd == 0 and factor in (inf, -inf) else sd * factor


def _exceeded(series: Series, t: int, params: EarsParams, bound: float, statistic: float) -> bool:
    if params.method is Method.C3 and params.c3_rule is C3Rule.THREE_DAYS:
        return statistic > params.limit
    return (_count(series, t) or 0) > bound


def _missing_days(series: Series, t: int, params: EarsParams) -> tuple[date, ...]:
    days = list(_window(t, params))
    days += [t - 2, t - 1, t] if params.method is Method.C3 else [t]
    return tuple(
        series.first_day + timedelta(days=i)
        for i in days
        if 0 <= i < len(series.counts) and series.counts[i] is None
    )


def _days_running(series: Series, on: date, params: LevelParams) -> int:
    run = gaps = 0
    for back in range(RUN_DAYS):
        seen = look(series, on - timedelta(days=back), params.methods[1])
        if seen.exceeded:
            run += 1
        elif seen.status is Status.COUNT_MISSING and gaps < params.max_missing:
            gaps += 1
        else:
            return run
    return run


def _rising(series: Series, t: int, params: LevelParams) -> bool:
    weeks = []
    for back in range(params.rising_weeks, -1, -1):
        first = t - 7 * back - 6
        if first < 0:
            return False
        week = [count for count in series.counts[first : first + 7] if count is not None]
        if len(week) < 5:
            return False
        weeks.append(week)
    means = [sum(week) / len(week) for week in weeks]
    return (
        params.rising_weeks > 0
        and all(means[i] < means[i + 1] for i in range(params.rising_weeks))
        and means[-1] >= params.rising_growth * means[0]
        and sum(weeks[-1]) >= params.rising_cases
    )
