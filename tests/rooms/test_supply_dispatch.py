"""Goods on their way: sent, handed over hop by hop, received, damaged, lost; and their trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.models import Kind, Unit
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.supply.actions import (
    count_stock,
    dispatch,
    hand_over,
    mark_lost,
    receive_goods,
    withdraw_need,
    withdraw_offer,
)
from gongzhi.supply.models import Allocation, Dispatch, Handover, MatchRun, Need, Offer, Stock
from gongzhi.supply.queries import board, duties, trace
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import approved, ask, give, hold, mask, plan, send, stocked_city
from tests.rooms.scenes import facts, lines

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@once
def city() -> City:
    return stocked_city()


@once
def promise(city: City) -> Allocation:
    """Sixty masks of the supplier's hundred, promised to the hospital."""
    ask(city, quantity=60)
    give(city, 100)
    return approved(city).allocations.get()


@once
def goods(city: City, promise: Allocation) -> Dispatch:
    return send(city, promise, 60)


def sending(city: City, promise: Allocation, **values: Any) -> Dispatch:
    given = {
        "allocation": promise, "carrier": city["LOG"], "quantity": 10, "now": START,
        "arrive_by": LATER, "by": city.person("sup-clerk"),
    }  # fmt: skip
    return dispatch(**{**given, **values})


def hop(city: City, goods: Dispatch, good: int, damaged: int = 0, **values: Any) -> Handover:
    given = {"place": "城东中转仓", "by": city.person("log-clerk"), "now": LATER, **values}
    return hand_over(dispatch=goods, quantity_good=good, quantity_damaged=damaged, **given)


def arrive(city: City, goods: Dispatch, good: int, damaged: int = 0, **values: Any) -> Handover:
    given = {"by": city.person("h1-clerk"), "now": LATER, **values}
    return receive_goods(dispatch=goods, quantity_good=good, quantity_damaged=damaged, **given)


def need_of(goods: Dispatch) -> Need:
    return Need.objects.get(pk=goods.allocation.need_id)


# Sending


def test_the_supplier_sends_what_is_promised(city: City, promise: Allocation) -> None:
    hold(city, "SUP", 200)
    goods = send(city, promise, 40)
    assert (goods.state, goods.quantity, goods.carrier) == (Dispatch.State.SENT, 40, city["LOG"])
    assert Stock.objects.get().quantity == 160
    assert facts("supply.dispatch")["to"] == city["H1"].path
    assert Offer.objects.get().promised_quantity == 60


def test_a_stock_that_was_counted_wrong_does_not_fall_below_nothing(
    city: City, promise: Allocation
) -> None:
    hold(city, "SUP", 5)
    send(city, promise, 40)
    assert Stock.objects.get().quantity == 0


def test_no_more_is_sent_than_promised(city: City, promise: Allocation) -> None:
    send(city, promise, 40)
    with pytest.raises(NotNow, match="20 of this promise"):
        send(city, promise, 21)
    send(city, promise, 20)


def test_no_more_is_sent_than_is_lacking(city: City) -> None:
    ask(city, quantity=60)
    give(city, 60, unit=city["H1"], by=city.person("h1-clerk"))
    run = plan(city, area=city["D1"], by=city.person("d1-duty"))
    MatchRun.objects.filter(pk=run.pk).update(
        state="approved", approved_by=city.person("mayor"), approved_at=START
    )
    give(city, 60)
    first = run.allocations.get()
    second = Allocation.objects.create(
        run=run, offer=Offer.objects.latest("pk"), need=first.need, quantity=60
    )
    send(city, second, 50)
    with pytest.raises(NotNow, match="Only 10 are still lacking"):
        sending(city, first, quantity=11, by=city.person("h1-clerk"))


def test_only_a_plan_in_force_is_sent(city: City, promise: Allocation) -> None:
    approved(city, LATER)
    promise.refresh_from_db()
    with pytest.raises(NotNow, match="not in force"):
        sending(city, promise)


def test_a_proposed_plan_is_not_sent(city: City) -> None:
    ask(city)
    give(city)
    with pytest.raises(NotNow, match="not in force"):
        sending(city, plan(city).allocations.get())


def test_withdrawn_needs_and_offers_are_not_sent(city: City, promise: Allocation) -> None:
    clerk = city.person("sup-clerk")
    withdraw_offer(offer=promise.offer, reason="no", by=clerk, now=START)
    with pytest.raises(NotNow, match="withdrawn"):
        sending(city, promise)
    Offer.objects.update(state="open", withdrawn_by=None, withdrawn_at=None)
    withdraw_need(need=promise.need, reason="no", by=city.person("h1-clerk"), now=START)
    with pytest.raises(NotNow, match="closed"):
        sending(city, promise)


@pytest.mark.parametrize("code", ["LOG", "SUP", "H1"])
def test_firms_the_giver_or_the_receiver_carry(city: City, promise: Allocation, code: str) -> None:
    assert sending(city, promise, carrier=city[code]).carrier == city[code]


def test_a_volunteer_team_carries_too(city: City, promise: Allocation) -> None:
    team = city["SOC"]
    Unit.objects.filter(pk=team.pk).update(kind=Kind.VOLUNTEERS)
    team.refresh_from_db()
    assert sending(city, promise, carrier=team).carrier == team


@pytest.mark.parametrize("code", ["H2", "WATER", "S11"])
def test_others_do_not_carry(city: City, promise: Allocation, code: str) -> None:
    with pytest.raises(Malformed, match="does not carry goods"):
        sending(city, promise, carrier=city[code])


def test_goods_do_not_arrive_before_they_leave(city: City, promise: Allocation) -> None:
    with pytest.raises(Malformed, match="before they leave"):
        sending(city, promise, arrive_by=START)


@pytest.mark.parametrize("who", ["h1-clerk", "log-clerk", "auditor"])
def test_only_the_giver_or_above_sends(city: City, promise: Allocation, who: str) -> None:
    with pytest.raises(NotAllowed):
        sending(city, promise, by=city.person(who))


def test_the_supplier_is_asked_to_send_and_the_receiver_to_take_over(
    city: City, promise: Allocation
) -> None:
    [duty] = duties(city.person("sup-clerk"), START)
    assert (duty.verb, duty.inputs) == ("dispatch", {"allocation": promise.pk, "quantity": 60})
    goods = send(city, promise, 50)
    [rest] = duties(city.person("sup-clerk"), START)
    assert rest.inputs["quantity"] == 10
    [mine] = duties(city.person("h1-clerk"), START)
    assert (mine.verb, mine.inputs) == ("receive_goods", {"dispatch": goods.pk})
    assert mine.due_at == goods.arrive_by
    for other in ("h2-clerk", "city-duty", "d1-duty", "log-clerk"):
        assert duties(city.person(other), START) == []


def test_nobody_is_asked_to_send_more_than_is_still_lacking(city: City) -> None:
    """Two givers promised all of it: what one has sent the other is not asked for."""
    ask(city, quantity=60)
    give(city, 60)
    first = approved(city).allocations.get()
    give(city, 60, unit=city["H2"], by=city.person("h2-clerk"))
    offer = Offer.objects.latest("pk")
    Allocation.objects.create(run=first.run, offer=offer, need=first.need, quantity=45)

    def asked(login: str) -> list[int]:
        found = duties(city.person(login), START)
        return [d.inputs["quantity"] for d in found if d.verb == "dispatch"]

    assert (asked("sup-clerk"), asked("h2-clerk")) == ([60], [45])
    goods = send(city, first, 20)
    assert (asked("sup-clerk"), asked("h2-clerk")) == ([40], [40])
    mine = next(d for d in duties(city.person("h2-clerk"), START) if d.verb == "dispatch")
    assert mine.title.startswith("Send 40 ×")
    sending(city, Allocation.objects.get(quantity=45), quantity=40, by=city.person("h2-clerk"))
    assert (asked("sup-clerk"), asked("h2-clerk")) == ([], []), "All of it is on its way."
    mark_lost(dispatch=goods, reason="Fell off", by=city.person("log-clerk"), now=LATER)
    assert (asked("sup-clerk"), asked("h2-clerk")) == ([20], [5])


def test_of_an_amount_not_known_all_that_is_promised_is_asked_for(
    city: City, promise: Allocation
) -> None:
    Need.objects.filter(pk=promise.need_id).update(amount="unknown", quantity=None)
    [duty] = [d for d in duties(city.person("sup-clerk"), START) if d.verb == "dispatch"]
    assert duty.inputs["quantity"] == 60


# Hand-over


@pytest.mark.feature(39)
def test_every_hop_writes_a_receipt(city: City, goods: Dispatch) -> None:
    first, second = hop(city, goods, 60), hop(city, goods, 55, 3, place="医院东门")
    assert (first.hop, second.hop, second.is_final) == (1, 2, False)
    assert len(lines("supply.hand_over")) == 2


@pytest.mark.parametrize("who", ["log-clerk", "sup-clerk", "h1-clerk", "city-duty"])
def test_carrier_giver_and_receiver_hand_over(city: City, goods: Dispatch, who: str) -> None:
    assert hop(city, goods, 60, by=city.person(who)).taken_by == city.person(who)


@pytest.mark.parametrize("who", ["h2-clerk", "d2-duty", "auditor"])
def test_a_stranger_does_not_hand_over(city: City, goods: Dispatch, who: str) -> None:
    with pytest.raises(NotAllowed):
        hop(city, goods, 60, by=city.person(who))


@pytest.mark.feature(39)
@pytest.mark.parametrize(("good", "damaged"), [(51, 0), (0, 51), (50, 1)])
def test_a_hop_takes_over_no_more_than_the_one_before_gave(
    city: City, goods: Dispatch, good: int, damaged: int
) -> None:
    with pytest.raises(NotNow, match="gave 60 good ones"):
        hop(city, goods, 61)
    hop(city, goods, 50, 10)
    with pytest.raises(NotNow, match="gave 50 good ones"):
        hop(city, goods, good, damaged)
    with pytest.raises(NotNow, match="gave 50 good ones"):
        arrive(city, goods, good, damaged)
    arrive(city, goods, 50)


def test_nothing_is_not_a_receipt(city: City, goods: Dispatch) -> None:
    with pytest.raises(Malformed, match="mark them as lost"):
        hop(city, goods, 0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Handover.objects.create(
            dispatch=goods, hop=9, place="x", quantity_good=0, taken_by=city.person("mayor"),
            taken_at=START,
        )  # fmt: skip


# Receipt


def test_need_and_stock_follow_what_arrives(city: City, promise: Allocation) -> None:
    hold(city, "H1", 7)
    arrive(city, send(city, promise, 20), 20)
    need = Need.objects.get()
    assert (need.received_quantity, need.state) == (20, Need.State.PART_MET)
    assert Stock.objects.get(facility=city.facilities["H1"]).quantity == 27
    receipt = arrive(city, send(city, promise, 40), 40)
    need.refresh_from_db()
    assert (need.received_quantity, need.state) == (60, Need.State.MET)
    assert (receipt.is_final, receipt.place) == (True, "东岸区人民医院")
    assert receipt.dispatch.state == Dispatch.State.RECEIVED
    assert len(lines("supply.receive_goods")) == 2


def test_a_first_arrival_is_a_first_count(city: City, goods: Dispatch) -> None:
    arrive(city, goods, 60)
    stock = Stock.objects.get(facility=city.facilities["H1"])
    assert (stock.quantity, stock.counted_by) == (60, city.person("h1-clerk"))


def test_broken_goods_do_not_count_and_are_planned_anew(city: City, goods: Dispatch) -> None:
    arrive(city, goods, 0, 60)
    need = need_of(goods)
    assert (need.state, need.received_quantity, need.changed_at) == (Need.State.OPEN, 0, LATER)
    assert not Stock.objects.exists()
    assert plan(city, LATER).lines.get().got == 40


def test_an_unknown_amount_is_never_met_by_arrivals(city: City) -> None:
    count_stock(
        facility=city.facilities["H1"], item=mask(), quantity=0, used_per_day=1.0,
        by=city.person("h1-clerk"), now=START,
    )  # fmt: skip
    ask(city, quantity=None)
    give(city, 100)
    goods = send(city, approved(city).allocations.get(), 12)
    arrive(city, goods, 12)
    assert need_of(goods).state == Need.State.PART_MET


def test_goods_for_a_withdrawn_need_still_arrive(city: City, goods: Dispatch) -> None:
    withdraw_need(need=need_of(goods), reason="够用", by=city.person("h1-clerk"), now=START)
    arrive(city, goods, 60)
    need = need_of(goods)
    assert (need.state, need.received_quantity) == (Need.State.WITHDRAWN, 60)
    assert Stock.objects.get(facility=city.facilities["H1"]).quantity == 60


def test_a_met_need_frees_what_was_still_promised(city: City) -> None:
    need = ask(city, quantity=None)
    give(city, 1000)
    promise = approved(city).allocations.get()
    goods = send(city, promise, 30)
    Need.objects.filter(pk=need.pk).update(amount="known", quantity=30)
    arrive(city, goods, 30)
    assert Offer.objects.get().promised_quantity == 30


def test_goods_are_received_by_the_place_they_go_to(city: City, goods: Dispatch) -> None:
    for stranger in ("log-clerk", "sup-clerk", "h2-clerk"):
        with pytest.raises(NotAllowed):
            arrive(city, goods, 60, by=city.person(stranger))
    assert arrive(city, goods, 60, by=city.person("d1-duty")).is_final


def test_goods_arrive_once(city: City, goods: Dispatch) -> None:
    arrive(city, goods, 60)
    for again in (arrive, hop):
        with pytest.raises(NotNow, match="no longer on the way: received"):
            again(city, goods, 1)
    with pytest.raises(NotNow, match="no longer on the way"):
        mark_lost(dispatch=goods, reason="no", by=city.person("log-clerk"), now=LATER)


# Loss


def test_lost_goods_end_the_way_and_open_the_need_again(city: City, goods: Dispatch) -> None:
    carrier = city.person("log-clerk")
    lost = mark_lost(dispatch=goods, reason="翻车落水", by=carrier, now=LATER)
    assert (lost.state, lost.ended_by, lost.ended_at) == (Dispatch.State.LOST, carrier, LATER)
    assert need_of(goods).changed_at == LATER
    assert facts("supply.mark_lost") == {"quantity": 60}
    assert Offer.objects.get().promised_quantity == 60
    assert plan(city, LATER).lines.get().got == 40


def test_a_stranger_does_not_write_goods_off(city: City, goods: Dispatch) -> None:
    with pytest.raises(NotAllowed):
        mark_lost(dispatch=goods, reason="no", by=city.person("h2-clerk"), now=LATER)


def test_the_database_wants_a_reason_and_a_name_for_a_loss(goods: Dispatch) -> None:
    who = {"ended_by": goods.sent_by, "ended_at": LATER}
    for wrong in ({"state": "lost", "reason_lost": "x"}, {"state": "lost", **who}, who):
        with pytest.raises(IntegrityError), transaction.atomic():
            Dispatch.objects.filter(pk=goods.pk).update(**wrong)


# The trace


@pytest.mark.feature(39)
def test_the_trace_says_where_goods_broke_and_where_they_went_missing(
    city: City, goods: Dispatch
) -> None:
    hop(city, goods, 60, place="江东仓库")
    hop(city, goods, 50, 4, place="城东中转仓")
    arrive(city, goods, 30, 20)
    told = trace(Dispatch.objects.get())
    assert [(s.place, s.good, s.damaged, s.missing) for s in told.steps] == [
        ("江东仓库", 60, 0, 0),
        ("城东中转仓", 50, 4, 6),
        ("东岸区人民医院", 30, 20, 0),
    ]
    assert (told.giver, told.receiver) == ("江东医疗用品公司", "东岸区人民医院")
    assert told.worst is not None
    assert (told.worst.after, told.worst.place) == ("城东中转仓", "东岸区人民医院")
    assert told.sentence == (
        "30 of 60 good at 东岸区人民医院. Between 江东仓库 and 城东中转仓: 4 damaged, 6 missing. "
        "Between 城东中转仓 and 东岸区人民医院: 20 damaged, 0 missing."
    )


def test_a_trace_without_hops_is_still_with_the_giver(city: City, goods: Dispatch) -> None:
    told = trace(goods)
    assert (told.steps, told.good, told.worst) == ((), 60, None)
    assert told.sentence == "60 of 60 good at 江东医疗用品公司."


def test_a_lost_trace_says_after_which_place(city: City, goods: Dispatch) -> None:
    hop(city, goods, 60)
    mark_lost(dispatch=goods, reason="翻车落水。", by=city.person("log-clerk"), now=LATER)
    assert trace(Dispatch.objects.get()).sentence == "60 sent, all lost after 城东中转仓: 翻车落水."


def test_the_board_counts_what_arrived_good(city: City, goods: Dispatch) -> None:
    arrive(city, goods, 45, 15)
    [row] = board(city["C"])
    assert (row.wanted, row.delivered, row.on_the_way, row.unmet) == (60, 45, 0, 15)
