"""Who keeps a record that is opened in an emergency, and a notice of it that climbs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gongzhi.actors.actions import climb_late_notices, hand_over_notice, open_in_emergency
from gongzhi.actors.models import AccessNotice, Unit
from gongzhi.actors.noticing import Handing
from gongzhi.actors.opening import keeper_of
from gongzhi.actors.queries import Duty, duties
from gongzhi.command.models import Order
from gongzhi.fieldwork.actions import HouseholdDraft, list_households
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import Branch
from tests.rooms.telling import english, to, told

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("unit", "issuer", "keeper"),
    [("S11", "D1", "S11"), ("D2", "S11", "S11"), ("S21", "S11", "S21"), ("C", "C", "C")],
)
def test_the_lowest_unit_in_whose_area_a_record_lies_keeps_it(
    city: City, unit: str, issuer: str, keeper: str
) -> None:
    order = Branch(city, 1).new(Order, unit=city[unit], issuer=city[issuer])
    assert keeper_of(order, START) == city[keeper]


def test_nobody_keeps_what_lies_in_no_area(city: City) -> None:
    assert keeper_of(Unit(path=""), START) is None


@once
def notice(city: City) -> AccessNotice:
    """The paper owed to a household of the other district, opened by a street of the first."""
    [household] = list_households(
        grid=city["G2111"], households=[HouseholdDraft(building="三号楼", door="101")],
        by=city.person("g2111-worker"), now=START,
    )  # fmt: skip
    access = open_in_emergency(
        unit=city["S11"], record=household.ref, reason="Found without papers",
        by=city.person("s11-duty"), now=START,
    )  # fmt: skip
    return access.notice


def handed(city: City, notice: AccessNotice, outcome: str, now: datetime) -> AccessNotice:
    fresh = AccessNotice.objects.get(pk=notice.pk)
    by = city.person("g2111-worker")
    return hand_over_notice(notice=fresh, outcome=Handing(outcome), by=by, now=now)


@pytest.mark.usefixtures("in_english")
def test_a_notice_nobody_hands_over_climbs_one_tier_at_a_time(
    city: City, notice: AccessNotice
) -> None:
    clock, due = city.person("founder"), notice.hand_over_by

    def handing(login: str, now: datetime) -> list[Duty]:
        return [d for d in duties(city.person(login), now) if d.verb == "hand_over_notice"]

    assert climb_late_notices(by=clock, now=due - HOUR) == []
    [climb] = climb_late_notices(by=clock, now=due)
    assert climb.to_unit == city["K211"] and climb_late_notices(by=clock, now=due) == []
    assert str(climb) == (
        "第一网格 did not hand it over by 03-03 13:00: now 渡口一社区 sees to it."
    )
    told(city, due)
    climb_late_notices(by=clock, now=due + 2 * DAY)
    [asked] = handing("s21-duty", due + 2 * DAY)
    assert "渡口一社区 did not hand it over" in asked.why
    assert handing("g2111-worker", due + 2 * DAY), "Whoever was silent still can."
    messages = told(city, due + 2 * DAY)
    assert to(messages) == ["s21-duty"]
    assert english(messages[0])[0] == ("Climbed to you: a notice that 第一网格 has not handed over")
    handed(city, notice, "taken", due + 3 * DAY)
    assert climb_late_notices(by=clock, now=due + 90 * DAY) == []


def test_finding_nobody_in_gives_more_time_only_twice(city: City, notice: AccessNotice) -> None:
    for again in (1, 2):
        tried = handed(city, notice, "nobody_in", START + again * HOUR)
        assert tried.hand_over_by == START + again * HOUR + 2 * DAY
    third = handed(city, notice, "nobody_in", START + DAY)
    assert (third.tries, third.hand_over_by) == (3, tried.hand_over_by)
    [climb] = climb_late_notices(by=city.person("founder"), now=third.hand_over_by)
    assert climb.to_unit == city["K211"]
