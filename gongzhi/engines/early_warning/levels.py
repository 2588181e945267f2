"""A level with everything that made it: for people as a sentence, for machines as plain values."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .looks import Look, Status
from .params import LevelParams


class Level(StrEnum):
    """The level of a warning (预警级别)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """What made a level, or would have made it with more cases."""

    C2_DAYS_RUNNING = "c2_days_running"
    FAR_ABOVE = "far_above"
    C1_EXCEEDED = "c1_exceeded"
    C2_EXCEEDED = "c2_exceeded"
    C3_EXCEEDED = "c3_exceeded"
    RISING_WEEKS = "rising_weeks"

    @property
    def is_red(self) -> bool:
        """Whether this cause makes red; the others make yellow."""
        return self in (Cause.C2_DAYS_RUNNING, Cause.FAR_ABOVE)


@dataclass(frozen=True, slots=True)
class Rise:
    """The weeks that end with the judged day, oldest first.

    daily_means: cases per reported day of each week; one more week than `rising_weeks`. Empty when
        the series is too short or a week has fewer than five reported days.
    last_week: cases in the newest week.
    rising: every week above the one before, by enough and with enough cases; None when not judged.
    """

    daily_means: tuple[float, ...]
    last_week: int
    rising: bool | None


@dataclass(frozen=True, slots=True)
class LevelResult:
    """The level of one stream at one place on one day, and everything that made it.

    causes: what holds, the gravest first; never empty for yellow and red.
    held_back: what would hold if there were more cases (min_cases, red_cases, red_ratio).
    unknown: why there is no level; None unless the level is UNKNOWN.
    recent_cases: reported in the last three days; recent_missing of these have no count. Both are
        0 when the judged day itself has none.
    looks: C1, C2 and C3, each with its numbers.
    c2_days: reported days running, up to this one, on which C2 was exceeded (at most 14).

    `str()` is one sentence in English; `as_dict()` has the same facts for other languages.
    """

    place: str
    stream: str
    on: date
    level: Level
    causes: tuple[Cause, ...]
    held_back: tuple[Cause, ...]
    unknown: Status | None
    count: int | None
    recent_cases: int
    recent_missing: int
    looks: tuple[Look, Look, Look]
    c2_days: int
    rise: Rise
    params: LevelParams

    def __post_init__(self) -> None:
        if (self.level is Level.UNKNOWN) != (self.unknown is not None):
            raise ValueError("A level is unknown exactly when there is a reason why.")
        if (self.level in (Level.YELLOW, Level.RED)) != bool(self.causes):
            raise ValueError("Yellow and red have a cause; green and unknown have none.")
        if (self.level is Level.RED) != any(cause.is_red for cause in self.causes):
            raise ValueError("Red has a red cause, and a red cause makes red.")

    @property
    def missing_days(self) -> tuple[date, ...]:
        """Days without a count among all those the level is based on, oldest first."""
        return tuple(sorted({day for look in self.looks for day in look.missing_days}))

    def as_dict(self) -> dict[str, object]:
        """The same facts as plain values, for JSON and for wording in any language."""
        return {
            "place": self.place,
            "stream": self.stream,
            "on": self.on.isoformat(),
            "level": self.level.value,
            "causes": [cause.value for cause in self.causes],
            "held_back": [cause.value for cause in self.held_back],
            "unknown": self.unknown.value if self.unknown else None,
            "count": self.count,
            "recent_cases": self.recent_cases,
            "recent_missing": self.recent_missing,
            "looks": [look.as_dict() for look in self.looks],
            "c2_days": self.c2_days,
            "weeks": {
                "daily_means": list(self.rise.daily_means),
                "last_week": self.rise.last_week,
                "rising": self.rise.rising,
            },
            "missing_days": [day.isoformat() for day in self.missing_days],
            "params": self.params.as_dict(),
        }

    def __str__(self) -> str:
        head = f"{self.level.capitalize()}: {self.stream} at {self.place} on {self.on}"
        if self.unknown is not None:
            return f"{head}: {_why_unknown(self)}."
        parts = [_counts(self), *(_cause(self, cause) for cause in self.causes)]
        if not self.causes and not self.held_back:
            parts.append(_no_exceedance(self))
        if self.held_back:
            parts.append(_held_back(self))
        parts += _gaps(self)
        return f"{head}: {'; '.join(parts)}."


def _cases(count: int | None) -> str:
    if count is None:
        return "no count"
    return "1 case" if count == 1 else f"{count} cases"


def _value(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.1f}"


def _why_unknown(result: LevelResult) -> str:
    if result.unknown is Status.DAY_OUTSIDE_SERIES:
        return "the counts do not reach this day"
    if result.unknown is Status.COUNT_MISSING:
        return "nobody reported a count for this day"
    look = next(one for one in result.looks if one.status is result.unknown)
    if result.unknown is Status.NOT_ENOUGH_HISTORY:
        return (
            f"{_cases(result.count)}, but {look.method} needs {look.history_needed} earlier days "
            f"and there are {look.history_days}"
        )
    return (
        f"{_cases(result.count)}, but {len(look.missing_days)} of the days that {look.method} "
        f"compares with have no count, more than {result.params.max_missing}"
    )


def _counts(result: LevelResult) -> str:
    c2 = result.looks[1]
    expected = f", {_value(c2.mean)} a day expected" if c2.mean is not None else ""
    return f"{_cases(result.count)}, {result.recent_cases} in three days{expected}"


def _cause(result: LevelResult, cause: Cause) -> str:
    c1, c2, c3 = result.looks
    match cause:
        case Cause.C2_DAYS_RUNNING:
            return f"above C2's bound on {result.c2_days} days running"
        case Cause.FAR_ABOVE:
            return (
                f"{_value(c2.sd_above)} standard deviations above C2's baseline, "
                f"red from {result.params.red_sd:.1f}"
            )
        case Cause.C1_EXCEEDED:
            return _exceeded(c1)
        case Cause.C2_EXCEEDED:
            return _exceeded(c2)
        case Cause.C3_EXCEEDED:
            return (
                f"the excess of three days adds up to {_value(c3.statistic)} by C3, "
                f"limit {_value(c3.limit)}"
            )
        case Cause.RISING_WEEKS:
            means = " → ".join(_value(mean) for mean in result.rise.daily_means)
            return f"rising for {result.params.rising_weeks} weeks, {means} a day"


def _exceeded(look: Look) -> str:
    return (
        f"above the bound {_value(look.bound)} of {look.method} "
        f"(mean {_value(look.mean)}, sd {_value(look.sd)}, {_value(look.sd_above)} sd above)"
    )


def _no_exceedance(result: LevelResult) -> str:
    bounds = ", ".join(f"{look.method} {_value(look.bound)}" for look in result.looks)
    return f"within the bounds ({bounds})"


def _held_back(result: LevelResult) -> str:
    params = result.params
    what = ", ".join(_cause(result, cause) for cause in result.held_back)
    red = any(cause.is_red for cause in result.held_back)
    if result.recent_cases < params.min_cases:
        return f"{what}, but fewer than {params.min_cases} cases in three days are no warning"
    if red and result.recent_cases < params.red_cases:
        return f"not red although {what}: fewer than {params.red_cases} cases in three days"
    return f"not red although {what}: less than {params.red_ratio:.1f} times the expected"


def _gaps(result: LevelResult) -> list[str]:
    """What the level rests on that is not there: methods without a verdict, days without counts."""
    silent = [f"{look.method} could not judge" for look in result.looks if look.exceeded is None]
    days = ", ".join(day.isoformat() for day in result.missing_days)
    return silent + ([f"no count on {days}"] if days else [])
