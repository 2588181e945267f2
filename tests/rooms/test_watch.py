"""From daily counts to warnings: what is raised, what stays, what ends, what cannot be judged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gongzhi.errors import NotAllowed
from gongzhi.parameters import parameter
from gongzhi.sensing.actions import acknowledge_warning
from gongzhi.sensing.models import Count, Warning, Watch
from gongzhi.sensing.watch import rule_on, series_of, watch, watch_due
from tests.rooms.cast import START, City
from tests.rooms.scenes import counted, facts, lines

DAY = timedelta(days=1)
FLAT = [2] * 20
"""Twenty quiet days: every method has its history."""
pytestmark = pytest.mark.usefixtures("in_english")


class Days:
    """Counts that come in day by day at one place, each followed by a watch over the city."""

    def __init__(self, city: City, code: str = "D1", before: list[int] = FLAT) -> None:
        self.city, self.place, self.now = city, city[code], START
        if before:
            counted(self.place, before, START.date(), received_at=START)

    def next(self, *values: int | None) -> list[str]:
        """One more day for each value (None: nobody reports); the levels open after the last."""
        for value in values:
            self.now += DAY
            if value is not None:
                counted(self.place, [value], self.now.date(), received_at=self.now)
            self.look()
        return self.open()

    def look(self) -> Watch:
        """A watch over the whole city for today."""
        return watch(
            area=self.city["C"], on=self.now.date(), by=self.city.person("founder"), now=self.now
        )

    def open(self, code: str = "") -> list[str]:
        """The levels of the open warnings of the place."""
        place = self.city[code] if code else self.place
        rows = Warning.objects.filter(place=place).exclude(state="ended").order_by("id")
        return [warning.level for warning in rows]


def only(city: City, code: str = "D1") -> Warning:
    return Warning.objects.exclude(state="ended").get(place=city[code])


# Raising ------------------------------------------------------------------------------------------


def test_a_quiet_place_has_no_warning(city: City) -> None:
    days = Days(city)
    assert days.next(2, 2, 1, 2) == []
    assert not Warning.objects.exists() and lines("sensing.issue_warning") == []
    assert days.look().judged == 2, "the district and the city above it"


def test_one_day_above_the_bound_is_yellow_with_its_numbers(city: City) -> None:
    days = Days(city)
    assert days.next(5) == ["yellow"]
    warning = only(city)
    assert (warning.day, warning.issued_at) == (days.now.date(), days.now)
    assert warning.acknowledge_by == days.now + timedelta(minutes=20)
    assert warning.parameters_version == parameter("early-warning.ears", START.date()).version
    numbers = warning.numbers
    assert numbers["count"] == 5 and "c1_exceeded" in numbers["causes"]
    assert [look["method"] for look in numbers["looks"]] == ["C1", "C2", "C3"]
    assert numbers["looks"][0]["bound"] == pytest.approx(2 + 3.0902 * 0.5, abs=1e-3)
    assert numbers["series"]["counts"] == [*FLAT, 5]
    assert numbers["series"]["first_day"] == (START.date() - 19 * DAY).isoformat()


def test_the_line_of_a_warning_says_what_made_it(city: City) -> None:
    days = Days(city, "S11")
    days.next(5)
    entry = next(e for e in lines("sensing.issue_warning") if e.unit_path == city["S11"].path)
    assert f'"day":"{days.now.date()}"' in entry.body and '"level":"yellow"' in entry.body
    assert '"count":5' in entry.body and '"c1_exceeded"' in entry.body
    assert '"version":"early-warning@' in entry.body


def test_a_second_day_above_makes_it_red_and_the_yellow_one_ends(city: City) -> None:
    days = Days(city)
    days.next(5)
    yellow = only(city)
    assert days.next(7) == ["red"]
    yellow.refresh_from_db()
    assert (yellow.state, yellow.ended_at) == ("ended", days.now)
    red = only(city)
    assert red.numbers["causes"][0] == "c2_days_running"
    ends = [e for e in lines("sensing.end_warning") if e.subject == yellow.ref]
    assert len(ends) == 1 and '"reason":"raised"' in ends[0].body


def test_a_leap_is_red_at_once(city: City) -> None:
    assert Days(city).next(30) == ["red"]
    assert only(city).numbers["causes"][0] == "far_above"


def test_a_yellow_that_stays_yellow_is_one_warning(city: City) -> None:
    days = Days(city, before=[0] * 20)
    assert days.next(3) == ["yellow"]
    first = only(city)
    assert days.next(1) == ["yellow"] and only(city) == first


def test_a_red_one_is_not_lowered(city: City) -> None:
    days = Days(city)
    days.next(5, 9)
    red = only(city)
    acknowledge_warning(warning=red, note="Here", by=city.person("d1-duty"), now=days.now)
    for value in (10, 11, 9, 12):
        assert days.next(value) == ["red"]
    red.refresh_from_db()
    assert only(city) == red and red.state == "acknowledged"


def test_streams_and_places_are_judged_apart(city: City) -> None:
    days = Days(city)
    counted(city["D1"], FLAT, START.date(), stream="cough", received_at=START)
    counted(city["D2"], [*FLAT, 30], START.date() + DAY, received_at=START)
    counted(city["D1"], [2], START.date() + DAY, stream="cough", received_at=START)
    assert days.next(2) == []
    assert [(w.place.code, w.stream) for w in Warning.objects.exclude(place=city["C"])] == [
        ("D2", "fever")
    ]


# Ending -------------------------------------------------------------------------------------------


def test_a_plateau_does_not_end_a_warning(city: City) -> None:
    """The detectors see change: after two weeks at the new height they are green again."""
    days = Days(city)
    days.next(5)
    assert days.next(*[9] * 25) == ["red"]
    from gongzhi.engines import early_warning as ew

    rule = rule_on(days.now.date())
    series, _ = series_of(city["C"], days.now.date(), rule)
    [level] = ew.warn([series[city["D1"].path, "fever"]], params=rule.levels, on=days.now.date())
    assert level.level is ew.Level.GREEN, "and yet the warning stands"


def test_a_warning_ends_on_the_third_clear_day(city: City) -> None:
    """C3 looks back three days, so the first two quiet days are not clear ones yet."""
    days = Days(city)
    days.next(5, 9, 9, 9)
    assert days.next(2, 2) == ["red"]
    assert days.next(2) == ["red"]
    assert days.next(2) == ["red"]
    red = only(city)
    assert days.next(2) == []
    red.refresh_from_db()
    assert (red.state, red.ended_at) == ("ended", days.now)
    line = next(e for e in lines("sensing.end_warning") if e.subject == red.ref)
    assert '"reason":"no exceedance"' in line.body


def test_a_day_without_a_count_is_not_a_clear_day(city: City) -> None:
    days = Days(city)
    days.next(5, 9, 9, 9)
    assert days.next(2, 2, 2, None, 2) == ["red"], "the fifth day would have ended it"
    assert days.next(2) == ["red"], "two clear days after the silent one"
    assert days.next(2) == []


def test_a_day_back_above_begins_the_count_of_clear_days_anew(city: City) -> None:
    days = Days(city)
    days.next(5, 9, 9, 9)
    assert days.next(2, 2, 9, 2, 2) == ["red"]
    assert days.next(2) == []


def test_after_an_end_the_next_outbreak_is_a_new_warning(city: City) -> None:
    days = Days(city)
    days.next(5, 9, 9, 9, 2, 2, 2)
    first = Warning.objects.filter(place=city["D1"]).count()
    assert days.next(*[2] * 12) == []
    assert days.next(40) == ["red"]
    assert Warning.objects.filter(place=city["D1"]).count() == first + 1


# What cannot be judged ----------------------------------------------------------------------------


def test_without_history_nothing_is_judged_and_the_reason_is_kept(city: City) -> None:
    days = Days(city, before=[2] * 4)
    days.next(2)
    looked = Watch.objects.order_by("id").last()
    assert looked is not None and looked.judged == 0
    assert [row[:2] for row in looked.not_judged] == [
        [city["C"].path, "fever"], [city["D1"].path, "fever"],
    ]  # fmt: skip
    assert all("not_enough_history" in row[2] for row in looked.not_judged)
    assert not Warning.objects.exists()


def test_a_place_that_reported_nothing_today_is_named(city: City) -> None:
    days = Days(city)
    counted(city["D2"], FLAT, START.date(), received_at=START)
    days.next(2)
    looked = Watch.objects.order_by("id").last()
    assert looked is not None
    assert looked.not_judged == [[city["D2"].path, "fever", "count_missing"]]
    assert looked.judged == 2


def test_too_many_silent_days_are_named(city: City) -> None:
    days = Days(city)
    days.next(None, None, None, None)
    days.next(2)
    looked = Watch.objects.order_by("id").last()
    assert looked is not None
    assert {row[2] for row in looked.not_judged} == {"too_many_missing_days"}


def test_what_cannot_be_judged_ends_no_warning(city: City) -> None:
    days = Days(city)
    days.next(5, 9)
    assert days.next(None, None, None, None) == ["red"]


def test_days_before_the_history_are_not_read(city: City) -> None:
    counted(city["D1"], [2] * 100, START.date())
    rule = rule_on(START.date())
    series, _ = series_of(city["C"], START.date(), rule)
    assert len(series[city["D1"].path, "fever"].counts) == rule.history == 42


# Rolled-up tiers ----------------------------------------------------------------------------------


def test_districts_and_the_city_are_judged_on_what_is_below_them(city: City) -> None:
    for code in ("K111", "K112", "K211"):
        counted(city[code], FLAT, START.date())
    series, _ = series_of(city["C"], START.date(), rule_on(START.date()))
    by_code = {path: one.counts[-1] for (path, _stream), one in series.items()}
    assert by_code == {
        city["K111"].path: 2, city["K112"].path: 2, city["K211"].path: 2,
        city["D1"].path: 4, city["D2"].path: 2, city["C"].path: 6,
    }  # fmt: skip
    assert city["S11"].path not in by_code, "streets are not rolled up"


def test_an_outbreak_spread_over_communities_warns_at_the_tiers_above(city: City) -> None:
    days = Days(city, "K111")
    counted(city["K112"], [*FLAT, 30], START.date() + DAY, received_at=START)
    assert days.next(2) == []
    assert (days.open("K112"), days.open("D1"), days.open("C")) == (["red"], ["red"], ["red"])
    assert days.open("D2") == [] and days.open("S11") == []


def test_a_tier_that_counts_itself_is_not_rolled_up_and_is_counted_once_above(city: City) -> None:
    counted(city["K111"], [3] * 20, START.date())
    counted(city["D1"], [10] * 20, START.date())
    counted(city["D2"], [5] * 20, START.date())
    series, _ = series_of(city["C"], START.date(), rule_on(START.date()))
    last = {path: one.counts[-1] for (path, _stream), one in series.items()}
    assert last[city["D1"].path] == 10, "its own count, not the community's"
    assert last[city["C"].path] == 15, "the community is part of its district"


def test_a_street_that_counts_itself_stands_for_its_communities(city: City) -> None:
    counted(city["K111"], [3] * 20, START.date())
    counted(city["S11"], [7] * 20, START.date())
    series, _ = series_of(city["C"], START.date(), rule_on(START.date()))
    last = {path: one.counts[-1] for (path, _stream), one in series.items()}
    assert last[city["D1"].path] == last[city["C"].path] == 7


# When a watch is due ------------------------------------------------------------------------------


def test_a_watch_is_due_when_counts_came_in_and_not_after(city: City) -> None:
    assert watch_due(city["C"]) is None
    days = Days(city)
    assert watch_due(city["C"]) == START.date()
    days.look()
    assert watch_due(city["C"]) is None
    assert watch_due(city["D2"]) is None, "nothing is counted there"
    days.now += DAY
    counted(city["D1"], [2], days.now.date(), received_at=days.now)
    assert watch_due(city["C"]) == days.now.date()


def test_running_it_again_changes_nothing_but_the_list_of_watches(city: City) -> None:
    days = Days(city)
    days.next(5, 9)

    def state() -> tuple[Any, ...]:
        rows = Warning.objects.order_by("id").values_list("id", "state", "level", "ended_at")
        return (*rows, len(lines()))

    before, looks = state(), Watch.objects.count()
    days.look()
    days.now += timedelta(seconds=3)
    watch(area=city["C"], on=days.now.date(), by=city.person("founder"), now=days.now)
    assert state() == before and Watch.objects.count() == looks + 2


def test_late_counts_of_the_same_day_are_judged(city: City) -> None:
    days = Days(city)
    assert days.next(2) == []
    assert watch_due(city["C"]) is None
    days.now += timedelta(hours=5)
    counted(city["D1"], [28], days.now.date(), source="schools", received_at=days.now)
    assert watch_due(city["C"]) == days.now.date()
    days.look()
    assert days.open() == ["red"]


def test_a_correction_downward_ends_a_warning_that_was_a_slip_of_the_pen(city: City) -> None:
    days = Days(city)
    assert days.next(30) == ["red"]
    days.now += timedelta(hours=2)
    Count.objects.filter(day=days.now.date()).update(value=2, received_at=days.now)
    assert watch_due(city["C"]) == days.now.date()
    days.look()
    assert days.open() == [], "three clear days, the last one corrected"
    assert Warning.objects.get(place=city["D1"]).ended_at == days.now


def test_a_late_older_day_makes_the_latest_day_be_judged_again(city: City) -> None:
    days = Days(city)
    days.next(2)
    days.now += timedelta(hours=1)
    Count.objects.filter(day=START.date()).update(value=9, received_at=days.now)
    assert watch_due(city["C"]) == days.now.date()
    days.look()
    assert watch_due(city["C"]) is None


@pytest.mark.parametrize(("by", "code"), [("d1-duty", "C"), ("s11-duty", "S11"), ("auditor", "C")])
def test_a_watch_needs_the_power_to_warn(city: City, by: str, code: str) -> None:
    with pytest.raises(NotAllowed):
        watch(area=city[code], on=START.date(), by=city.person(by), now=START)
    assert not Watch.objects.exists()


def test_a_watch_over_one_district_leaves_the_other_alone(city: City) -> None:
    for code in ("D1", "D2"):
        counted(city[code], [*FLAT, 30], START.date() + DAY)
    later: datetime = START + DAY
    watch(area=city["D1"], on=later.date(), by=city.person("d1-duty"), now=later)
    assert [w.place.code for w in Warning.objects.all()] == ["D1"]
    assert facts("sensing.issue_warning")["level"] == "red"
