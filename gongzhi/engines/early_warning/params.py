"""The choices a health department makes before it looks at any count."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from math import isfinite
from statistics import NormalDist


class Method(StrEnum):
    """The three EARS methods, from the least to the most history they look at."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"

    @property
    def lag(self) -> int:
        """Days left out between the baseline and the day that is judged."""
        return 0 if self is Method.C1 else 2

    @property
    def earlier_days(self) -> int:
        """Days before the judged one whose own C2 value the method adds up."""
        return 2 if self is Method.C3 else 0


class C3Rule(StrEnum):
    """What C3 compares with its limit.

    THREE_DAYS is the published statistic (Hutwagner et al. 2003, doi 10.1007/pl00022319;
    Fricker, Hegler and Dunfee 2008, doi 10.1002/sim.3197): the sum over today and the two days
    before of max(0, C2 - 1).

    SURVEILLANCE is the bound that the R package surveillance computes (earsC, version 1.20.3):
    max(0, today's count + sd * (limit - the same sum over the two days before only)). Today's
    count stands on both sides, so it does not decide the alarm. It exists to compare with
    systems that run the package, not to warn by.
    """

    THREE_DAYS = "three_days"
    SURVEILLANCE = "surveillance"


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


@dataclass(frozen=True)
class EarsParams:
    """How one EARS method is run.

    baseline: days in the baseline (classic: 7). 14 to 28 give fewer false alarms but adapt later
        (Tokars et al. 2009, doi 10.3201/eid1504.080616).
    alpha: one-sided error of the normal limit. CDC's choice is .001 (3.09 sd) for C1 and C2 and
        .025 (1.96, near the classic limit of 2) for C3.
    min_sigma: the standard deviation is never taken to be smaller than this many cases a day, so
        that a baseline of zeros has a bound. 0.5 or 1 is the advice for sparse counts (Burkom, in
        the manual of the R package surveillance); 0 is the textbook formula.
    max_missing: baseline days that may be without a count; with more, the day is not judged.
    c3_rule: see C3Rule; read by C3 only.
    """

    method: Method
    baseline: int = 7
    alpha: float = 0.001
    min_sigma: float = 0.5
    max_missing: int = 2
    c3_rule: C3Rule = C3Rule.THREE_DAYS

    def __post_init__(self) -> None:
        _check(isinstance(self.method, Method), "The method is C1, C2 or C3.")
        _check(isinstance(self.c3_rule, C3Rule), "The C3 rule is one of C3Rule.")
        _check(2 <= self.baseline <= 365, "A baseline has 2 to 365 days.")
        _check(1e-12 <= self.alpha < 0.5, "Alpha lies between 1e-12 and 0.5.")
        _check(isfinite(self.min_sigma) and self.min_sigma >= 0, "min_sigma is 0 or more.")
        _check(
            0 <= self.max_missing <= self.baseline - 2,
            "At least two baseline days must have a count: max_missing is at most baseline - 2.",
        )

    @cached_property
    def limit(self) -> float:
        """The statistic must be above this (standard deviations) to be an exceedance."""
        return NormalDist().inv_cdf(1 - self.alpha)

    @property
    def history(self) -> int:
        """Days the series must reach back before the day that is judged."""
        return self.baseline + self.method.lag + self.method.earlier_days


@dataclass(frozen=True)
class LevelParams:
    """How exceedances become red, yellow or green (红黄绿预警规则).

    The rule is ours; EARS gives exceedances, not levels. It reads:

    - *Yellow*: a method of `yellow` is exceeded today, and the last three days brought at least
      `min_cases` cases. One look: somebody should check.
    - *Red*: the last three days brought at least `red_cases` cases, today's count is at least
      `red_ratio` times what C2's baseline lets expect, and one of
      (a) C2 is exceeded on `red_days` reported days running. Its baseline ends three days
          before, so the first days of an outbreak do not hide the next ones.
      (b) C3 is exceeded and today's count is at least `red_sd` standard deviations above C2's
          baseline: too far to wait for a second day.
    - *Yellow* too: the daily mean rose in each of the last `rising_weeks` weeks, to at least
      `rising_growth` times where it began, with at least `rising_cases` cases in the last week.
      A seven-day baseline climbs with a slow rise and never sees it. 0 weeks turns this off.
    - *Green*: every method was able to judge and none of the above holds.
    - *Unknown*: no exceedance, and some method could not judge; or no count for the day.

    `baseline`, `min_sigma` and `max_missing` hold for all three methods, `alpha` for C1 and C2,
    `alpha_c3` for C3 (see EarsParams). `min_sigma` must be above 0: without it a baseline of zeros
    has no spread and "how far above" has no answer.

    What the rule costs, measured where nothing happens (Poisson counts, 1,500 series of 107
    days, these defaults, weeks of rising left aside), as days per 1,000 days of one series:

        cases a day      0.05    0.2      1     10    100
        yellow or red     0.4     14     77     50     41
        of these red        0   0.01    2.2    1.5      0

    With a baseline of 28 days the same rows read 0.4, 14, 27, 11, 7 and 0, 0.02, 0.4, 0.1, 0.
    CDC's alpha of .025 for C3 would make 70 to 120 of 1,000 quiet days yellow at 1 case a day and
    more, so the default here is .001 for all three methods.
    """

    baseline: int = 7
    alpha: float = 0.001
    alpha_c3: float = 0.001
    min_sigma: float = 0.5
    max_missing: int = 2
    yellow: tuple[Method, ...] = (Method.C1, Method.C2, Method.C3)
    min_cases: int = 3
    red_cases: int = 6
    red_days: int = 2
    red_sd: float = 8.0
    red_ratio: float = 1.5
    rising_weeks: int = 3
    rising_growth: float = 2.0
    rising_cases: int = 20

    def __post_init__(self) -> None:
        _check(self.min_sigma > 0, "Levels need a min_sigma above 0.")
        _check(len(self.methods) == len(Method), "Every EARS method needs its parameters.")
        _check(set(self.yellow) <= set(Method), "Yellow names EARS methods.")
        _check(1 <= self.min_cases <= self.red_cases, "red_cases >= min_cases >= 1.")
        _check(1 <= self.red_days <= RUN_DAYS, f"red_days lies between 1 and {RUN_DAYS}.")
        _check(isfinite(self.red_sd) and self.red_sd > 0, "red_sd is above 0.")
        _check(isfinite(self.red_ratio) and self.red_ratio >= 1, "red_ratio is at least 1.")
        _check(0 <= self.rising_weeks <= 12, "rising_weeks lies between 0 and 12.")
        _check(
            isfinite(self.rising_growth) and self.rising_growth >= 1,
            "rising_growth is at least 1.",
        )
        _check(self.rising_cases >= 1, "rising_cases is at least 1.")

    @cached_property
    def methods(self) -> tuple[EarsParams, EarsParams, EarsParams]:
        """The parameters of C1, C2 and C3, in this order."""
        c1, c2, c3 = (
            EarsParams(method, self.baseline, alpha, self.min_sigma, self.max_missing)
            for method, alpha in zip(Method, (self.alpha, self.alpha, self.alpha_c3), strict=True)
        )
        return c1, c2, c3

    def as_dict(self) -> dict[str, object]:
        """The parameters as plain values, to be stored beside the level they made."""
        return asdict(self) | {"yellow": [method.value for method in self.yellow]}

    @property
    def days_read(self) -> int:
        """The last so many days of a series decide its level; older ones are not read."""
        ears = self.baseline + Method.C2.lag + max(RUN_DAYS, Method.C3.earlier_days + 1)
        return max(ears, 7 * (self.rising_weeks + 1))


RUN_DAYS = 14
"""A run of days with C2 exceeded is counted back at most so far."""
