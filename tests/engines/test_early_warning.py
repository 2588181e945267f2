"""Early warning: the facts of EARS, the rule of levels, and agreement with the slow twin."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import isclose, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gongzhi.engines.early_warning import (
    MAX_COUNT,
    C3Rule,
    Cause,
    EarsParams,
    Level,
    LevelParams,
    LevelResult,
    Look,
    Method,
    Series,
    Status,
    detect,
    detect_many,
    reference,
    warn,
)

DAY_0 = date(2020, 1, 1)
STEADY = (9, 11, 10, 8, 12, 10, 10, 9, 11, 10, 8, 12, 10, 10)


def fever(*counts: int | None, place: str = "Xinhua") -> Series:
    return Series(place, "fever", DAY_0, counts)


def last_level(*counts: int | None, params: LevelParams | None = None) -> LevelResult:
    """The level on the last day of these counts."""
    series = fever(*counts)
    on = series.end - timedelta(days=1)
    return warn([series], params=params or LevelParams(), on=on)[0]


# --- EARS by hand -------------------------------------------------------------------------------


def test_c1_compares_with_the_seven_days_before() -> None:
    """1..7 have mean 4 and sd sqrt(28 / 6); the bound for the eighth day is 4 + 3.09 sd."""
    look = detect(fever(1, 2, 3, 4, 5, 6, 7, 11), params=EarsParams(Method.C1)).look(
        DAY_0 + timedelta(days=7)
    )
    sd = sqrt(28 / 6)
    assert look.mean == 4
    assert look.sd == pytest.approx(sd)
    assert look.bound == pytest.approx(4 + 3.090232306167813 * sd)
    assert look.sd_above == pytest.approx(7 / sd)
    assert look.exceeded


def test_c2_leaves_the_two_days_before_out() -> None:
    """A surge of the last two days is not in C2's baseline, so it cannot hide today's count."""
    counts = (1, 2, 3, 4, 5, 6, 7, 90, 90, 40)
    today = DAY_0 + timedelta(days=9)
    c1 = detect(fever(*counts), params=EarsParams(Method.C1)).look(today)
    c2 = detect(fever(*counts), params=EarsParams(Method.C2)).look(today)
    assert c2.mean == 4
    assert c2.exceeded
    assert not c1.exceeded


def test_c3_adds_up_the_excess_over_one_sd_of_three_days() -> None:
    """Days of 3, 4 and 3.5 sd add 2 + 3 + 2.5; each alone may be less than the limit."""
    counts = (*(2, 4) * 4, 2, 8, 8, 8)
    params = EarsParams(Method.C3, min_sigma=1.5, alpha=0.001)
    look = detect(fever(*counts), params=params).look(DAY_0 + timedelta(days=len(counts) - 1))
    assert look.statistic == pytest.approx(sum(term or 0 for term in look.terms))
    assert look.statistic is not None
    assert max(term or 0 for term in look.terms) < look.limit < look.statistic
    assert look.exceeded


def test_c3_bound_is_the_count_at_which_the_sum_meets_the_limit() -> None:
    """One case more than C3's bound is an exceedance, the whole number below is not."""
    params = EarsParams(Method.C3)
    before = (*STEADY, 12, 13)
    on = DAY_0 + timedelta(days=len(before))
    bound = detect(fever(*before, 0), params=params).look(on).bound
    assert bound is not None
    assert bound > 0
    assert not detect(fever(*before, int(bound)), params=params).look(on).exceeded
    assert detect(fever(*before, int(bound) + 1), params=params).look(on).exceeded


def test_the_packages_c3_does_not_depend_on_todays_count() -> None:
    """C3Rule.SURVEILLANCE: with today's count on both sides, 1 and 1000 give the same alarm."""
    params = EarsParams(Method.C3, alpha=0.025, c3_rule=C3Rule.SURVEILLANCE)
    for before in ((*STEADY, 30, 30), STEADY):
        on = DAY_0 + timedelta(days=len(before))
        verdicts = {
            detect(fever(*before, today), params=params).look(on).exceeded for today in (1, 1000)
        }
        assert len(verdicts) == 1


def test_a_flat_baseline_has_the_spread_min_sigma() -> None:
    """Ten days of 5 have no spread; min_sigma 0.5 puts the bound at 5 + 1.55, 0 at 5 itself."""
    on = DAY_0 + timedelta(days=10)
    with_floor = detect(fever(*[5] * 10, 6), params=EarsParams(Method.C1)).look(on)
    without = detect(fever(*[5] * 10, 6), params=EarsParams(Method.C1, min_sigma=0)).look(on)
    assert (with_floor.observed_sd, with_floor.sd, with_floor.exceeded) == (0, 0.5, False)
    assert (without.bound, without.exceeded) == (5, True)
    assert without.as_dict()["sd_above"] is None  # infinite: JSON has no such number
    json.dumps(without.as_dict(), allow_nan=False)


# --- days without a count -----------------------------------------------------------------------


def test_a_day_without_a_count_is_left_out_of_the_baseline_and_named() -> None:
    """None is not 0: the mean is over reported days, and the look lists the gap."""
    look = detect(fever(4, None, 4, 6, 6, 4, 6, 9), params=EarsParams(Method.C1)).look(
        DAY_0 + timedelta(days=7)
    )
    assert look.mean == 5
    assert look.observed_sd == pytest.approx(sqrt(6 / 5))
    assert look.missing_days == (DAY_0 + timedelta(days=1),)


def test_too_many_days_without_a_count_cannot_be_judged() -> None:
    """More than max_missing gaps in a baseline: no bound, and the status says why."""
    counts = (4, None, None, None, 6, 4, 6, 9)
    on = DAY_0 + timedelta(days=7)
    look = detect(fever(*counts), params=EarsParams(Method.C1)).look(on)
    assert (look.status, look.bound, look.exceeded) == (Status.TOO_MANY_MISSING_DAYS, None, None)
    more = detect(fever(*counts), params=EarsParams(Method.C1, max_missing=3)).look(on)
    assert more.status is Status.JUDGED


def test_c3_counts_a_missing_day_as_no_excess_and_shows_the_hole() -> None:
    """A term that is not known is None and adds nothing."""
    look = detect(fever(*STEADY, None, 14), params=EarsParams(Method.C3)).look(
        DAY_0 + timedelta(days=len(STEADY) + 1)
    )
    assert look.status is Status.JUDGED
    assert look.terms[1] is None
    assert look.statistic == pytest.approx((look.terms[0] or 0) + (look.terms[2] or 0))


# --- levels -------------------------------------------------------------------------------------


def test_a_steady_series_is_green_with_all_three_bounds() -> None:
    """Green says which bounds today's count stayed within."""
    result = last_level(*STEADY)
    assert result.level is Level.GREEN
    assert all(look.bound is not None and look.bound > 10 for look in result.looks)
    assert str(result).startswith(
        "Green: fever at Xinhua on 2020-01-14: 10 cases, 32 in three days, 10.0 a day expected; "
        "within the bounds (C1 "
    )


def test_three_cases_after_nothing_is_yellow_at_once() -> None:
    """A baseline of zeros has a bound of 1.5 cases; three cases are 6 sd above it: look there."""
    result = last_level(*[0] * 11, 3)
    assert result.level is Level.YELLOW
    assert result.causes == (Cause.C1_EXCEEDED, Cause.C2_EXCEEDED, Cause.C3_EXCEEDED)
    assert result.looks[0].sd_above == 6


def test_two_cases_after_nothing_are_above_the_bound_but_no_warning() -> None:
    """Fewer than min_cases in three days stay green; the exceedance is shown as held back."""
    result = last_level(*[0] * 11, 2)
    assert result.level is Level.GREEN
    assert Cause.C1_EXCEEDED in result.held_back
    assert "fewer than 3 cases in three days are no warning" in str(result)


def test_one_case_after_nothing_is_within_the_bound() -> None:
    """A single case is not above 1.5."""
    result = last_level(*[0] * 11, 1)
    assert (result.level, result.held_back) == (Level.GREEN, ())


def test_cases_spread_over_three_days_count_together() -> None:
    """2 + 1 cases after nothing: too few on each day, but three in three days."""
    assert last_level(*[0] * 11, 1, 2).level is Level.YELLOW


def test_eight_cases_after_nothing_are_red_on_the_first_day() -> None:
    """16 sd above a baseline of zeros is too far to wait for a second day."""
    result = last_level(*[0] * 11, 8)
    assert result.level is Level.RED
    assert result.causes[0] is Cause.FAR_ABOVE
    assert result.c2_days == 1


def test_far_above_begins_at_red_sd() -> None:
    """After nothing, 3 cases are 6 sd above and 4 are 8: with red_sd 8, four are red, three not."""
    few = LevelParams(red_cases=3)
    assert last_level(*[0] * 11, 3, params=few).level is Level.YELLOW
    assert last_level(*[0] * 11, 4, params=few).causes[0] is Cause.FAR_ABOVE


def test_the_second_day_above_c2_turns_yellow_to_red() -> None:
    """One look is yellow; the same excess on two days running is red."""
    first = last_level(*STEADY, 18)
    second = last_level(*STEADY, 18, 18)
    assert (first.level, first.c2_days) == (Level.YELLOW, 1)
    assert (second.level, second.c2_days) == (Level.RED, 2)
    assert second.causes[0] is Cause.C2_DAYS_RUNNING
    assert "above C2's bound on 2 days running" in str(second)


def test_a_day_without_a_count_does_not_break_a_run() -> None:
    """Nobody reports on the day between: the second reported day above C2 still makes red."""
    result = last_level(*STEADY, 18, None, 18)
    assert (result.level, result.c2_days) == (Level.RED, 2)
    assert "no count on 2020-01-16" in str(result)


def test_a_normal_day_breaks_a_run() -> None:
    """Above, normal, above: two looks, not two days running."""
    assert last_level(*STEADY, 18, 10, 18).c2_days == 1


def test_red_needs_enough_cases() -> None:
    """Two days running of 2 cases after nothing: four cases are worth a look, not red."""
    result = last_level(*[0] * 12, 2, 2)
    assert result.level is Level.YELLOW
    assert result.held_back == (Cause.C2_DAYS_RUNNING,)
    assert "fewer than 6 cases in three days" in str(result)


def test_red_needs_an_excess_that_matters() -> None:
    """100 a day with little spread: two days of 125 are far out in sd, yet only a quarter more."""
    steady = (99, 101, 100, 98, 102, 100, 100, 99, 101, 100, 98, 102)
    result = last_level(*steady, 125, 125)
    assert result.level is Level.YELLOW
    assert set(result.held_back) == {Cause.C2_DAYS_RUNNING, Cause.FAR_ABOVE}
    assert "less than 1.5 times the expected" in str(result)
    assert last_level(*steady, 149, 149).level is Level.YELLOW
    assert last_level(*steady, 150, 150).level is Level.RED


def test_c3_remembers_yesterdays_spike() -> None:
    """The day after a spike is back to normal by C1 and C2; C3 keeps it yellow for two days."""
    day_after = last_level(*STEADY, 30, 10)
    assert (day_after.level, day_after.causes) == (Level.YELLOW, (Cause.C3_EXCEEDED,))
    assert last_level(*STEADY, 30, 10, 10, 10).level is Level.GREEN


def test_a_slow_rise_is_seen_by_the_weeks() -> None:
    """4 % more every day: a baseline that climbs along never sees it, week by week it is plain."""
    weekday = (3, -2, 1, -3, 2, 2, -3)
    slow = [round(10 * 1.04**day) + weekday[day % 7] for day in range(28)]
    result = last_level(*slow)
    assert (result.level, result.causes) == (Level.YELLOW, (Cause.RISING_WEEKS,))
    assert len(result.rise.daily_means) == 4
    assert all(later > earlier for earlier, later in pairwise(result.rise.daily_means))
    assert last_level(*slow, params=LevelParams(rising_weeks=0)).level is Level.GREEN


def test_a_week_is_compared_from_five_reported_days_on() -> None:
    """Two silent days in a week leave its mean per reported day; with three it has none."""
    weeks: list[list[int | None]] = [[2] * 7, [3] * 7, [4] * 7, [5] * 7]
    weeks[1][:2] = [None, None]
    two_gaps = last_level(*weeks[0], *weeks[1], *weeks[2], *weeks[3])
    assert two_gaps.rise.daily_means == (2, 3, 4, 5)
    assert two_gaps.rise.rising
    weeks[1][2] = None
    three_gaps = last_level(*weeks[0], *weeks[1], *weeks[2], *weeks[3])
    assert (three_gaps.rise.daily_means, three_gaps.rise.rising) == ((), None)


def test_a_plateau_turns_green_however_high() -> None:
    """EARS sees change, not height: after ten days of 60 nothing is unusual any more."""
    assert last_level(*STEADY, 60).level is Level.RED
    assert last_level(*STEADY, *[60] * 10).level is Level.GREEN


def test_a_department_chooses_its_own_rule() -> None:
    """With C2 alone for yellow, what only C1 and C3 see makes no warning."""
    only_c2 = LevelParams(yellow=(Method.C2,))
    assert last_level(*STEADY, 30, 10, params=only_c2).level is Level.GREEN


# --- unknown ------------------------------------------------------------------------------------


def test_without_history_the_level_is_unknown_and_says_what_is_needed() -> None:
    """Five days are not seven: no colour, but the cases and the missing history are told."""
    result = last_level(0, 0, 0, 0, 0, 50)
    assert (result.level, result.unknown) == (Level.UNKNOWN, Status.NOT_ENOUGH_HISTORY)
    assert str(result) == (
        "Unknown: fever at Xinhua on 2020-01-06: 50 cases, but C1 needs 7 earlier days "
        "and there are 5."
    )


def test_green_needs_every_method_but_yellow_only_one() -> None:
    """With 8 days C1 can judge and C2 cannot: an excess is yellow, no excess is unknown."""
    quiet, excess = last_level(*STEADY[:8], 10), last_level(*STEADY[:8], 30)
    assert (quiet.level, quiet.unknown) == (Level.UNKNOWN, Status.NOT_ENOUGH_HISTORY)
    assert (excess.level, excess.causes) == (Level.YELLOW, (Cause.C1_EXCEEDED,))
    assert "C2 could not judge; C3 could not judge" in str(excess)


def test_a_day_nobody_reported_is_unknown_not_green() -> None:
    """No count is no good news."""
    result = last_level(*STEADY, None)
    assert (result.level, result.unknown) == (Level.UNKNOWN, Status.COUNT_MISSING)
    assert str(result).endswith("nobody reported a count for this day.")


def test_gaps_in_the_baseline_make_unknown() -> None:
    """Three of the seven days before have no count: nothing to compare with."""
    result = last_level(*STEADY, None, None, None, 10)
    assert (result.level, result.unknown) == (Level.UNKNOWN, Status.TOO_MANY_MISSING_DAYS)
    assert "more than 2" in str(result)


@pytest.mark.parametrize("day", [-1, len(STEADY), 400])
def test_a_day_the_series_does_not_cover_is_unknown(day: int) -> None:
    """Before the first count and after the last there is nothing to judge."""
    [result] = warn([fever(*STEADY)], params=LevelParams(), on=DAY_0 + timedelta(days=day))
    assert (result.level, result.unknown) == (Level.UNKNOWN, Status.DAY_OUTSIDE_SERIES)
    assert "the counts do not reach this day" in str(result)


@pytest.mark.parametrize(
    "counts",
    [(), (None,) * 40, (0,) * 40, (MAX_COUNT,) * 40, (0,) * 39 + (MAX_COUNT,), (None, 5) * 20],
)
def test_no_series_is_too_strange_for_a_verdict(counts: tuple[int | None, ...]) -> None:
    """Nothing, only gaps, only zeros, one enormous spike: always a result that can be stored."""
    [result] = warn([fever(*counts)], params=LevelParams(), on=DAY_0 + timedelta(days=39))
    assert isinstance(result.level, Level)
    json.dumps(result.as_dict(), allow_nan=False)
    assert str(result).endswith(".")


# --- what a result carries ----------------------------------------------------------------------


def test_the_machine_form_has_the_numbers_that_the_sentence_tells() -> None:
    """Level, causes, counts, and per method mean, sd, bound and distance, as plain JSON."""
    result = last_level(*STEADY, 18, 18)
    facts = json.loads(json.dumps(result.as_dict(), allow_nan=False))
    assert facts["level"] == "red"
    assert facts["causes"][0] == "c2_days_running"
    assert (facts["count"], facts["recent_cases"], facts["c2_days"]) == (18, 46, 2)
    assert [look["method"] for look in facts["looks"]] == ["C1", "C2", "C3"]
    for look in facts["looks"]:
        assert None not in (look["mean"], look["sd"], look["bound"], look["sd_above"])
        told = f"{look['statistic']:.1f} " + ("by C3" if look["method"] == "C3" else "sd above")
        assert (told in str(result)) == look["exceeded"]
    assert facts["params"]["red_days"] == 2


def test_the_arrays_of_a_detection_cannot_be_changed() -> None:
    """A stored detection stays what it was."""
    detection = detect(fever(*STEADY), params=EarsParams(Method.C1))
    with pytest.raises(ValueError, match="read-only"):
        detection.bound[0] = 1.0
    assert str(detection) == "C1 on fever at Xinhua: 0 exceedances on 7 judged days of 14"


def test_exceedances_are_the_days_above_their_bound() -> None:
    """The dates alone, for a chart."""
    detection = detect(fever(*STEADY, 40, 10), params=EarsParams(Method.C2))
    assert detection.exceedances() == (DAY_0 + timedelta(days=14),)


def test_a_level_cannot_contradict_its_causes() -> None:
    """Green with a cause, red without one, unknown without a reason: none can be constructed."""
    green, red = last_level(*STEADY), last_level(*STEADY, 60)
    with pytest.raises(ValueError, match="have a cause"):
        replace(green, causes=(Cause.C1_EXCEEDED,))
    with pytest.raises(ValueError, match="red cause"):
        replace(red, causes=(Cause.C1_EXCEEDED,))
    with pytest.raises(ValueError, match="reason why"):
        replace(green, level=Level.UNKNOWN)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Series(" ", "fever", DAY_0, ()), "name of its place"),
        (lambda: Series("Xinhua", "", DAY_0, ()), "name of its place"),
        (lambda: Series("Xinhua", "fever", datetime(2020, 1, 1, tzinfo=UTC), ()), "without a time"),
        (lambda: Series("Xinhua", "fever", DAY_0, [1]), "tuple"),  # type: ignore[arg-type]
        (lambda: fever(-1), "between 0 and"),
        (lambda: fever(MAX_COUNT + 1), "between 0 and"),
        (lambda: fever(1.5), "whole number"),  # type: ignore[arg-type]
        (lambda: fever(True), "whole number"),
        (lambda: EarsParams("C1"), "C1, C2 or C3"),  # type: ignore[arg-type]
        (lambda: EarsParams(Method.C3, c3_rule="three"), "C3Rule"),  # type: ignore[arg-type]
        (lambda: EarsParams(Method.C1, baseline=1), "2 to 365"),
        (lambda: EarsParams(Method.C1, alpha=0.5), "Alpha"),
        (lambda: EarsParams(Method.C1, alpha=0.0), "Alpha"),
        (lambda: EarsParams(Method.C1, min_sigma=-1), "min_sigma"),
        (lambda: EarsParams(Method.C1, min_sigma=float("nan")), "min_sigma"),
        (lambda: EarsParams(Method.C1, max_missing=6), "At least two"),
        (lambda: LevelParams(min_sigma=0), "min_sigma above 0"),
        (lambda: LevelParams(baseline=1), "2 to 365"),
        (lambda: LevelParams(yellow=("C9",)), "Yellow names"),  # type: ignore[arg-type]
        (lambda: LevelParams(min_cases=0), "min_cases"),
        (lambda: LevelParams(min_cases=7), "red_cases"),
        (lambda: LevelParams(red_days=0), "red_days"),
        (lambda: LevelParams(red_sd=0), "red_sd"),
        (lambda: LevelParams(red_ratio=0.5), "red_ratio"),
        (lambda: LevelParams(rising_weeks=13), "rising_weeks"),
        (lambda: LevelParams(rising_growth=0.9), "rising_growth"),
        (lambda: LevelParams(rising_cases=0), "rising_cases"),
    ],
)
def test_a_wrong_value_cannot_be_constructed(make: Callable[[], object], sentence: str) -> None:
    """Each mistake is refused with a sentence when it is made, not when it is used."""
    with pytest.raises(ValueError, match=sentence):
        make()


# --- how often it is wrong, how soon it is right --------------------------------------------------


@pytest.mark.parametrize(
    ("cases_a_day", "most_yellow", "most_red"),
    [
        (0.05, 0.004, 0.002),
        (0.2, 0.03, 0.002),
        (1, 0.12, 0.006),
        (10, 0.08, 0.006),
        (100, 0.07, 0.002),
    ],
)
def test_quiet_places_seldom_warn(cases_a_day: float, most_yellow: float, most_red: float) -> None:
    """The false-alarm rates written at LevelParams hold: 3,000 places, nothing happens."""
    draws = np.random.default_rng(20200123).poisson(cases_a_day, (3000, 40)).tolist()
    results = warn(
        [fever(*counts, place=f"place {i}") for i, counts in enumerate(draws)],
        params=LevelParams(rising_weeks=0),
        on=DAY_0 + timedelta(days=39),
    )
    levels = [result.level for result in results]
    assert Level.UNKNOWN not in levels
    assert levels.count(Level.YELLOW) / len(levels) <= most_yellow
    assert levels.count(Level.RED) / len(levels) <= most_red


def test_a_growing_outbreak_is_red_within_days() -> None:
    """One case every other day, then +2, +3, +5, +8, +12: nine of ten are red by the fifth day."""
    draws = np.random.default_rng(20200123).poisson(0.5, (300, 35))
    draws[:, 30:] += np.array([2, 3, 5, 8, 12])
    series = [fever(*counts, place=f"place {i}") for i, counts in enumerate(draws.tolist())]
    red: set[str] = set()
    for day in range(30, 35):
        on = DAY_0 + timedelta(days=day)
        found = warn(series, params=LevelParams(), on=on)
        red |= {result.place for result in found if result.level is Level.RED}
    assert len(red) >= 270


# --- agreement with the slow twin ---------------------------------------------------------------

counts = st.one_of(
    st.integers(0, 3),
    st.integers(0, 40),
    st.integers(0, MAX_COUNT),
    st.none(),
)
tame_counts = st.one_of(st.integers(0, 4), st.integers(0, 4), st.integers(0, 40), st.none())
all_series = st.builds(
    Series,
    st.just("Xinhua"),
    st.just("fever"),
    st.dates(date(2019, 12, 1), date(2020, 3, 1)),
    st.one_of(
        st.lists(counts, max_size=40),
        st.lists(tame_counts, max_size=60),
        st.lists(st.sampled_from([0, 0, 0, 0, 5]), min_size=10, max_size=60),
    ).map(tuple),
)


@st.composite
def ears_params(draw: st.DrawFn) -> EarsParams:
    baseline = draw(st.sampled_from([2, 3, 7, 14, 28]))
    return EarsParams(
        method=draw(st.sampled_from(Method)),
        baseline=baseline,
        alpha=draw(st.sampled_from([0.001, 0.025, 0.2])),
        min_sigma=draw(st.sampled_from([0.0, 0.5, 1.0])),
        max_missing=draw(st.integers(0, baseline - 2)),
        c3_rule=draw(st.sampled_from(C3Rule)),
    )


@st.composite
def level_params(draw: st.DrawFn) -> LevelParams:
    return LevelParams(
        baseline=draw(st.sampled_from([5, 7, 14])),
        alpha=draw(st.sampled_from([0.001, 0.1])),
        alpha_c3=draw(st.sampled_from([0.001, 0.025])),
        min_sigma=draw(st.sampled_from([0.5, 1.0])),
        max_missing=draw(st.integers(0, 3)),
        yellow=draw(st.sampled_from([(Method.C1, Method.C3), tuple(Method), ()])),
        min_cases=draw(st.integers(1, 4)),
        red_cases=draw(st.integers(4, 8)),
        red_days=draw(st.integers(1, 3)),
        red_sd=draw(st.sampled_from([2.03, 5.03, 8.03])),
        red_ratio=draw(st.sampled_from([1.0, 1.53])),
        rising_weeks=draw(st.integers(0, 3)),
        rising_growth=draw(st.sampled_from([1.0, 1.53])),
        rising_cases=draw(st.integers(1, 20)),
    )


def close(one: float | None, other: float | None, scale: float) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9 * scale)


def same_look(fast: Look, slow: Look) -> bool:
    """Equal but for rounding; a verdict may differ only where the count is on the bound itself."""
    scale = 1.0 + sum(abs(x) for x in (slow.mean, slow.sd, slow.count) if x is not None)
    floats = ("mean", "sd", "observed_sd", "bound", "sd_above", "statistic")
    numbers = all(close(getattr(fast, f), getattr(slow, f), scale) for f in floats)
    numbers &= all(close(a, b, scale) for a, b in zip(fast.terms, slow.terms, strict=True))
    on_the_bound = close(slow.bound, slow.count, scale) or close(slow.statistic, slow.limit, 1.0)
    blank: dict[str, Any] = dict.fromkeys((*floats, "terms")) | (
        {"exceeded": None} if on_the_bound else {}
    )
    return numbers and replace(fast, **blank) == replace(slow, **blank)


@given(all_series, ears_params())
@example(fever(*[0] * 9, 5, 0, 0, 0), EarsParams(Method.C3, min_sigma=0.0))
@example(
    fever(*[0] * 9, 5, 0, 0, 0),
    EarsParams(Method.C3, min_sigma=0.0, c3_rule=C3Rule.SURVEILLANCE),
)
def test_each_look_agrees_with_the_slow_twin(series: Series, params: EarsParams) -> None:
    """Mean, spread, bound, distance, verdict and status of every day, by plain loops."""
    detection = detect(series, params=params)
    days = [series.first_day + timedelta(days=i) for i in range(-1, len(series.counts) + 1)]
    for day in days:
        fast, slow = detection.look(day), reference.look(series, day, params)
        assert same_look(fast, slow), f"{fast}\n{slow}"


@given(st.lists(all_series, max_size=6), ears_params())
def test_a_batch_gives_each_series_what_it_gets_alone(
    series: list[Series], params: EarsParams
) -> None:
    """Order is kept, lengths may differ, and neighbours in the batch change nothing."""
    together = detect_many(series, params=params)
    assert [detection.series for detection in together] == series
    for one, detection in zip(series, together, strict=True):
        alone = detect(one, params=params)
        assert list(detection.looks()) == list(alone.looks())


@given(all_series, level_params(), st.integers(-2, 2))
def test_each_level_agrees_with_the_slow_twin(
    series: Series, params: LevelParams, shift: int
) -> None:
    """Level, causes, what was held back and why it is unknown, by the rule as it is written."""
    on = series.end - timedelta(days=1 + shift)
    [fast] = warn([series], params=params, on=on)
    slow = reference.level(series, on, params)
    assert (fast.level, list(fast.causes), list(fast.held_back), fast.unknown) == slow
    json.dumps(fast.as_dict(), allow_nan=False)
    assert str(fast)


@given(all_series, st.lists(tame_counts, max_size=10), level_params())
def test_later_days_are_never_read(
    series: Series, later: list[int | None], params: LevelParams
) -> None:
    """The level of a day is the same whether or not tomorrow is already known."""
    on = series.end - timedelta(days=1)
    longer = replace(series, counts=series.counts + tuple(later))
    known, foreseen = (warn([one], params=params, on=on)[0] for one in (series, longer))
    if series.counts:
        assert known == foreseen


@given(all_series, level_params(), st.integers(1, 50))
def test_more_cases_today_never_calm_a_level(
    series: Series, params: LevelParams, more: int
) -> None:
    """Raising today's count alone cannot turn red to yellow or yellow to green."""
    if not series.counts or series.counts[-1] is None:
        return
    on = series.end - timedelta(days=1)
    raised = (*series.counts[:-1], min(series.counts[-1] + more, MAX_COUNT))
    before, after = (
        warn([one], params=params, on=on)[0].level
        for one in (series, replace(series, counts=raised))
    )
    grave = [Level.UNKNOWN, Level.GREEN, Level.YELLOW, Level.RED]
    assert grave.index(after) >= grave.index(before)
