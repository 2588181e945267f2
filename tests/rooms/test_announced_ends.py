"""The end of a measure is announced ahead: seven days and one day before it, once each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gongzhi.actors.actions import delegate
from gongzhi.decision.actions import (
    announce_ends,
    end_measures_due,
    lift_measure,
    renew_measure,
    set_measure,
)  # fmt: skip
from gongzhi.decision.models import Measure, Mode
from gongzhi.decision.queries import duties, minutes_ahead
from gongzhi.rounds.walk import walk
from tests.once import once
from tests.rooms.cast import START, City, small_city
from tests.rooms.scenes import decided, facts, lines, open_incident

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST, LAST = 7 * 24 * 60, 24 * 60
pytestmark = pytest.mark.usefixtures("in_english")


@once
def city() -> City:
    """A small city whose first district is in emergency mode, so that measures may last long."""
    city = small_city()
    decision = decided(city, open_incident(city))
    Mode.objects.create(
        area=city["D1"], mode="emergency", decision=decision, starts_at=START,
        parameters={"measure_days_at_most": 30},
    )  # fmt: skip
    return city


def put(city: City, days: float, area: str = "D1") -> Measure:
    decision = Mode.objects.get().decision
    return set_measure(
        decision=decision, area=city[area], kind="mask_indoors", title="Masks indoors",
        ends_at=START + timedelta(days=days), by=city.person("d1-chief"), now=START,
    )  # fmt: skip


def announced(city: City, now: datetime) -> list[Any]:
    return [m.announced_minutes for m in announce_ends(by=city.person("founder"), now=now)]


def test_the_stages_are_seven_days_and_one_day() -> None:
    assert minutes_ahead(START) == [LAST, FIRST]


def test_an_end_is_announced_once_at_each_stage(city: City) -> None:
    measure = put(city, 10)
    assert announced(city, START + 3 * DAY - HOUR) == []
    assert announced(city, START + 3 * DAY) == [FIRST]
    assert announced(city, START + 3 * DAY) == announced(city, START + 9 * DAY - HOUR) == []
    assert facts("decision.announce_end") == {
        "ends_at": measure.ends_at.isoformat(), "stage": FIRST,
    }  # fmt: skip
    assert announced(city, START + 9 * DAY) == [LAST]
    assert announced(city, START + 10 * DAY - HOUR) == []
    assert [line.subject for line in lines("decision.announce_end")] == [measure.ref] * 2


def test_a_round_that_comes_late_announces_only_the_nearest_stage(city: City) -> None:
    put(city, 10)
    assert announced(city, START + 10 * DAY - HOUR) == [LAST]
    assert announced(city, START + 10 * DAY - HOUR) == []


@pytest.mark.parametrize(("days", "said"), [(5, [LAST]), (0.5, [])])
def test_what_whoever_set_it_knew_is_not_announced(
    city: City, days: float, said: list[int]
) -> None:
    put(city, days)
    assert announced(city, START) == []
    assert announced(city, START + timedelta(days=days) - HOUR) == said


def test_a_renewed_measure_is_announced_for_its_new_end(city: City) -> None:
    measure = put(city, 10)
    assert announced(city, START + 9 * DAY) == [LAST]
    renew_measure(
        measure=measure, ends_at=START + 20 * DAY, reason="Still spreading",
        by=city.person("d1-chief"), now=START + 9 * DAY,
    )  # fmt: skip
    assert announced(city, START + 9 * DAY) == []
    assert announced(city, START + 13 * DAY) == [FIRST]
    assert announced(city, START + 19 * DAY) == [LAST]


def test_what_is_over_or_lifted_is_not_announced(city: City) -> None:
    put(city, 10)
    lifted = put(city, 10, area="S11")
    lift_measure(measure=lifted, reason="Not needed", by=city.person("d1-chief"), now=START)
    assert announced(city, START + 10 * DAY) == []
    end_measures_due(by=city.person("founder"), now=START + 10 * DAY)
    assert announced(city, START + 10 * DAY) == []
    assert not lines("decision.announce_end")


def test_the_round_announces_before_it_ends_anything(city: City) -> None:
    put(city, 10)
    clock = city.person("founder")
    assert walk(by=clock, now=START + 9 * DAY).moved["announce_ends"] == 1
    assert walk(by=clock, now=START + 9 * DAY).moved["announce_ends"] == 0


def why(city: City, login: str, now: datetime) -> list[str]:
    asked = duties(city.person(login), now)
    return [duty.why for duty in asked if duty.verb == "renew_measure"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (7 * 24 + 1, []),
        (7 * 24, ["It ends in 7 days: renew it with a reason or let it end."]),
        (25, ["It ends in 2 days: renew it with a reason or let it end."]),
        (24, ["It ends in 1 day: renew it with a reason or let it end."]),
        (2.5, ["It ends in 3 hours: renew it with a reason or let it end."]),
        (0.5, ["It ends in 1 hour: renew it with a reason or let it end."]),
        (0, []),
    ],
)
def test_the_duty_says_how_long_is_left(city: City, hours: float, said: list[str]) -> None:
    measure = put(city, 10)
    assert why(city, "d1-chief", measure.ends_at - timedelta(hours=hours)) == said


def test_whoever_is_nearest_with_the_power_is_asked_for_a_street(city: City) -> None:
    put(city, 10, area="S11")
    now = START + 9 * DAY
    assert len(why(city, "d1-chief", now)) == 1
    for login in ("s11-duty", "d1-duty", "d2-chief", "mayor"):
        assert why(city, login, now) == []


def test_who_was_lent_the_power_is_asked_too(city: City) -> None:
    put(city, 10, area="S11")
    city.person("s11-duty").posts.update(role="commander")
    delegate(
        lender=city["D1"], borrower=city["S11"], area=city["S11"], powers=["set_measure"],
        legal_basis="Law, art. 3", ends_at=START + 20 * DAY,
        by=city.person("d1-chief"), now=START,
    )  # fmt: skip
    assert len(why(city, "s11-duty", START + 9 * DAY)) == 1
    assert len(why(city, "d1-chief", START + 9 * DAY)) == 1
