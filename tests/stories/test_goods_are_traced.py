"""Story 18: a donor follows a pallet; half arrives broken, and the trace says where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from gongzhi.actors.queries import visible
from gongzhi.errors import NotNow
from gongzhi.interfaces import clock
from gongzhi.supply.actions import dispatch, hand_over, receive_goods
from gongzhi.supply.models import Dispatch, Need
from gongzhi.supply.queries import trace
from tests.rooms.cast import START
from tests.rooms.goods import approved, ask, give, stocked_city

pytestmark = pytest.mark.usefixtures("in_english")


@pytest.mark.feature(39)
def test_a_donor_follows_a_pallet_from_gate_to_ward(db: None) -> None:
    city = stocked_city()
    donor, carrier, ward = (city.person(p) for p in ("soc-lead", "log-clerk", "h1-clerk"))

    # A social organisation gives a pallet of 1,000 masks; the hospital needs as many.
    need = ask(city, "H1", 1000)
    give(city, 1000, unit=city["SOC"], by=donor, is_donation=True)
    promise = approved(city).allocations.get()
    goods = dispatch(
        allocation=promise, carrier=city["LOG"], quantity=1000,
        arrive_by=START + timedelta(hours=8), by=donor, now=START,
    )  # fmt: skip

    # At the gate the carrier takes over all of it, at the hub too; a ward cannot get more.
    for hours, place in ((1, "捐赠方大门"), (3, "城东中转仓")):
        at = START + timedelta(hours=hours)
        hand_over(dispatch=goods, place=place, quantity_good=1000, by=carrier, now=at)
    with pytest.raises(NotNow, match="the hop before gave 1000 good ones"):
        receive_goods(dispatch=goods, quantity_good=1001, by=ward, now=START + timedelta(hours=6))

    # Half of it arrives broken in the ward.
    receive_goods(
        dispatch=goods, quantity_good=500, quantity_damaged=500, note="雨水浸湿", by=ward,
        now=START + timedelta(hours=6),
    )  # fmt: skip

    # The donor looks at the own dispatch and reads where it happened.
    [seen] = visible(Dispatch, donor, START + timedelta(hours=7))
    told = trace(seen)
    assert [step.place for step in told.steps] == ["捐赠方大门", "城东中转仓", "东岸区人民医院"]
    assert told.worst is not None
    assert told.worst.note == "雨水浸湿"
    assert told.sentence == (
        "500 of 1,000 good at 东岸区人民医院. "
        "Between 城东中转仓 and 东岸区人民医院: 500 damaged, 0 missing."
    )

    # The hospital has what came good, and still lacks the rest.
    need.refresh_from_db()
    assert (need.received_quantity, need.state) == (500, Need.State.PART_MET)


def on_the_board() -> dict[str, tuple[int, int, int, int]]:
    """What anybody reads of each item: wanted, promised, on the way, delivered."""
    page = Client().get("/board?lang=en")
    assert page.status_code == 200
    bars = page.context["bars"]
    for bar in bars:
        assert bar.name in page.content.decode()
    return {
        bar.name: (b.wanted, b.promised, b.on_the_way, b.delivered)
        for bar in bars
        for b in [bar.balance]
    }


@pytest.mark.feature(61)
def test_everybody_watches_what_was_pledged_against_what_arrived(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = stocked_city()
    donor, ward = city.person("soc-lead"), city.person("h1-clerk")
    monkeypatch.setattr(clock, "now", lambda: START + timedelta(hours=1))
    ask(city, "H1", 1000)
    give(city, 600, unit=city["SOC"], by=donor, is_donation=True)
    promise = approved(city).allocations.get()
    [name] = on_the_board()
    assert on_the_board() == {name: (1000, 600, 0, 0)}
    goods = dispatch(
        allocation=promise, carrier=city["LOG"], quantity=400,
        arrive_by=START + timedelta(hours=8), by=donor, now=START,
    )  # fmt: skip
    assert on_the_board() == {name: (1000, 200, 400, 0)}
    receive_goods(
        dispatch=goods, quantity_good=390, quantity_damaged=10, by=ward,
        now=START + timedelta(hours=6),
    )  # fmt: skip
    assert on_the_board() == {name: (1000, 200, 0, 390)}
