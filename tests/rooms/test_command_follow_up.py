"""What climbed to a tier that can neither give more time nor rule: it presses whoever is late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.command.actions import (
    accept_order,
    climb_late_orders,
    finish_order,
    follow_up_climb,
    give_order,
    withdraw_order,
)
from gongzhi.command.models import Climb, Order
from gongzhi.command.queries import duties
from gongzhi.errors import NotAllowed, NotNow
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts
from tests.rooms.telling import english, to, told
from tests.rooms.upstream import Upstream

pytestmark = pytest.mark.usefixtures("in_english")

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATE = START + 2 * HOUR


@once
def climbed(city: City, above: Upstream) -> Climb:
    """The city orders the water department; it is late, and its district is told."""
    order = give_order(
        unit=city["WATER"], decision=above.decision, title="Send two pumps", minutes=60,
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    told(city)
    climb_late_orders(by=city.person("founder"), now=LATE)
    return Climb.objects.get(order=order)


def asked(city: City, login: str) -> list[str]:
    return [d.verb for d in duties(city.person(login), LATE) if d.room == "command"]


def test_who_cannot_give_more_time_presses_and_is_told_who_can(city: City, climbed: Climb) -> None:
    assert climbed.to_unit == city["D1"]
    [message, _other] = told(city, LATE)
    assert english(message)[1] == (
        "It was due 03-01 10:00. Press 东岸区水务局 and write what was agreed; "
        "临江市 can give more time or withdraw it."
    )
    [duty] = [d for d in duties(city.person("d1-chief"), LATE) if d.verb == "follow_up_climb"]
    assert "临江市 can give more time or withdraw it" in duty.why
    assert climbed.order is not None and duty.subject == climbed.order.ref
    assert "extend_order" not in asked(city, "d1-chief")
    assert asked(city, "mayor") == [], "It has not climbed to the city."


def test_pressing_is_written_down_and_told_to_both_sides(city: City, climbed: Climb) -> None:
    told(city, LATE)
    done = follow_up_climb(
        climb=climbed, follow_up="Pumps leave at 12:00", by=city.person("d1-duty"), now=LATE
    )
    assert (done.followed_up_by, done.follow_up) == (city.person("d1-duty"), "Pumps leave at 12:00")
    assert facts("command.follow_up_climb")["unit"] == city["WATER"].path
    messages = told(city, LATE)
    assert {"water", "mayor"} <= set(to(messages))
    assert english(messages[0])[0] == "东岸区 presses 东岸区水务局: Send two pumps"
    assert "follow_up_climb" not in asked(city, "d1-chief")
    with pytest.raises(NotNow, match="followed this up on"):
        follow_up_climb(climb=climbed, follow_up="Again", by=city.person("d1-chief"), now=LATE)


@pytest.mark.parametrize("login", ["water", "d2-chief", "s11-duty"])
def test_only_the_tier_it_climbed_to_follows_it_up(city: City, climbed: Climb, login: str) -> None:
    with pytest.raises(NotAllowed):
        follow_up_climb(climb=climbed, follow_up="Now", by=city.person(login), now=LATE)


def test_what_is_done_or_withdrawn_is_pressed_no_more(city: City, climbed: Climb) -> None:
    order = Order.objects.get(pk=climbed.order_id)
    accept_order(order=order, by=city.person("water"), now=LATE)
    finish_order(order=order, result="Sent", by=city.person("water"), now=LATE)
    assert "follow_up_climb" not in asked(city, "d1-chief")
    with pytest.raises(NotNow, match="nobody to press"):
        follow_up_climb(climb=climbed, follow_up="Now", by=city.person("d1-chief"), now=LATE)


def test_who_can_give_more_time_is_asked_for_that(city: City, climbed: Climb) -> None:
    climb_late_orders(by=city.person("founder"), now=LATE + HOUR)
    assert asked(city, "mayor") == ["extend_order"]
    order = Order.objects.get(pk=climbed.order_id)
    withdraw_order(order=order, reason="Dry", by=city.person("mayor"), now=LATE)
    assert asked(city, "mayor") == [] == asked(city, "d1-chief")
