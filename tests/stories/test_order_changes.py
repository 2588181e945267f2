"""An order is amended, offered, taken over, withdrawn: everybody whom it concerns gets to know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gongzhi.command.models import Order
from gongzhi.command.queries import duties
from gongzhi.errors import NotNow
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START, City
from tests.rooms.telling import english, to, told
from tests.rooms.upstream import crisis
from tests.stories.telling import do

pytestmark = pytest.mark.usefixtures("in_english")

MINUTE = timedelta(minutes=1)


def ordered(city: City) -> Order:
    """The city orders two pumps of the water department, within the hour; water accepts."""
    decision = crisis(city).decision
    told(city)
    order: Order = do(
        city.person("mayor"), "command.give_order", START, decision=decision, unit=city["WATER"],
        title="Send two pumps", minutes=60,
    )  # fmt: skip
    do(city.person("water"), "command.accept_order", START, order=order)
    told(city)
    return order


def asked(city: City, login: str, order: Order, now: datetime = START) -> list[str]:
    return [d.verb for d in duties(city.person(login), now) if d.inputs.get("order") == order.pk]


@pytest.mark.begun(32)
def test_an_order_is_amended_and_who_has_it_open_reads_and_accepts_it_again(city: City) -> None:
    order = ordered(city)
    do(
        city.person("mayor"), "command.amend_order", START + MINUTE, order=order, minutes=30,
        title="Send four pumps", reason="The cellar is full",
    )  # fmt: skip
    [message] = told(city, START + MINUTE)
    assert message.person == city.person("water")
    assert english(message) == (
        "Changed order for 东岸区水务局: Send four pumps",
        "Due 03-01 09:31. Open it, read what has changed and accept it again.",
    )
    assert asked(city, "water", order) == ["accept_order"]
    kept = order.versions.get()
    assert (kept.title, kept.reason) == ("Send two pumps", "The cellar is full")


@pytest.mark.begun(32)
def test_an_order_changes_hands_and_both_sides_and_the_city_know(city: City) -> None:
    order, water = ordered(city), city.person("water")
    offer: dict[str, Any] = {"order": order, "reason": "Our pumps are in the north"}
    do(water, "command.offer_order", START + MINUTE, unit=city["POWER"], **offer)
    assert to(told(city, START + MINUTE)) == ["power"]

    # Power has none either. Water learns that the order is its own still, with its clock.
    do(
        city.person("power"), "command.decline_order", START + 2 * MINUTE, order=order,
        reason="Ours are smaller",
    )  # fmt: skip
    [declined] = told(city, START + 2 * MINUTE)
    assert declined.person == water
    assert english(declined)[0] == "东岸区供电局 does not take your order over: Send two pumps"
    assert asked(city, "water", order) == ["finish_order"]

    # The health office has two. Now it answers for them; water and the city know.
    do(water, "command.offer_order", START + 3 * MINUTE, unit=city["HEALTH1"], **offer)
    told(city, START + 3 * MINUTE)
    do(city.person("health1"), "command.take_over_order", START + 4 * MINUTE, order=order)
    messages = told(city, START + 4 * MINUTE)
    assert {m.unit for m in messages} == {city["WATER"], city["C"]}
    assert {english(m)[0] for m in messages} == {
        "东岸区卫生健康局 took over from 东岸区水务局: Send two pumps"
    }
    assert asked(city, "water", order) == [] and asked(city, "health1", order) == ["finish_order"]


@pytest.mark.begun(32)
def test_an_order_is_withdrawn_and_whoever_works_on_it_stops(city: City) -> None:
    order = ordered(city)
    do(
        city.person("mayor"), "command.withdraw_order", START + 5 * MINUTE, order=order,
        reason="The cellar is dry",
    )  # fmt: skip
    [message] = told(city, START + 5 * MINUTE)
    assert message.person == city.person("water")
    assert english(message) == (
        "Withdrawn from 东岸区水务局: Send two pumps",
        "Stop the work on it; nothing more is asked.",
    )
    assert asked(city, "water", order) == []
    with pytest.raises(NotNow, match="This order is over"):
        do(city.person("water"), "command.finish_order", START + 6 * MINUTE, order=order,
           result="Sent")  # fmt: skip


@pytest.mark.begun(32)
def test_the_district_a_late_order_climbs_to_presses_and_the_city_gives_more_time(
    city: City,
) -> None:
    order, late = ordered(city), START + 61 * MINUTE
    walk(by=city.person("founder"), now=late)
    chief = city.person("d1-chief")

    # The district did not give the order: it is asked for what it can do, and told who can more.
    [duty] = [d for d in duties(chief, late) if d.subject == order.ref]
    assert duty.verb == "follow_up_climb" and "临江市 can give more time" in duty.why
    told(city, late)
    do(chief, "command.follow_up_climb", late, **duty.inputs, follow_up="They leave at ten past")
    pressed = [m for m in told(city, late) if m.verb == "command.follow_up_climb"]
    assert {"water", "mayor"} <= set(to(pressed))
    assert [d for d in duties(chief, late) if d.subject == order.ref] == []

    # The city, which gave it, is not kept from giving more time, and water is told.
    do(
        city.person("mayor"), "command.extend_order", late, order=order, minutes=30,
        reason="The road is flooded",
    )  # fmt: skip
    assert to(told(city, late)) == ["water"]
