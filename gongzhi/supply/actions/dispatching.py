"""Send goods, hand them over hop by hop, receive them, or say that they are lost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db.models import F
from django.db.models.functions import Greatest
from pydantic import Field

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.reach import Reach
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.supply.actions.inputs import Counted, Note, Pieces, Sentence
from gongzhi.supply.actions.promises import promised_to, refresh_promises, state_after
from gongzhi.supply.donations.receipts import of_handover
from gongzhi.supply.models import Allocation, Dispatch, Handover, Item, Need, Offer, Stock
from gongzhi.supply.policies import (
    check_arrive_by,
    check_can_dispatch,
    check_carrier,
    check_hop,
    check_may_handle,
    check_on_the_way,
)
from gongzhi.supply.queries import last_hop, left_to_send

Carrier = Annotated[Unit, Reach.ANY]
Spot = Annotated[str, Field(min_length=1, max_length=120)]
GIVEN = ("run", "offer__unit", "offer__facility", "offer__item", "need__unit")
RECEIVED = ("allocation__need__unit", "allocation__need__facility", "allocation__offer__item")
"""What sending and taking over look at, read with the record."""


@deed()
def dispatch(
    *,
    allocation: Allocation,
    carrier: Carrier,
    quantity: Pieces,
    arrive_by: datetime,
    by: Person,
    now: datetime,
) -> Dispatch:
    """Send what an approved plan promises, all of it or a part, with a carrier (调度)."""
    check_may(by, "dispatch_goods", allocation.offer.unit, now)
    # Always the need before the offer, as everywhere in this room: no two deeds wait in a ring.
    Need.objects.select_for_update(of=("self",)).get(pk=allocation.need_id)
    Offer.objects.select_for_update(of=("self",)).get(pk=allocation.offer_id)
    allocation = Allocation.objects.select_related(*GIVEN).get(pk=allocation.pk)
    check_can_dispatch(allocation, quantity, left_to_send(allocation))
    check_carrier(carrier, allocation)
    check_arrive_by(arrive_by, now)
    sent = Dispatch.objects.create(
        allocation=allocation, carrier=carrier, quantity=quantity, sent_by=by, sent_at=now,
        arrive_by=arrive_by,
    )  # fmt: skip
    offer = allocation.offer
    if offer.facility is not None:
        stock = Stock.objects.filter(facility=offer.facility, item=offer.item)
        stock.update(quantity=Greatest(F("quantity") - quantity, 0))
    append(
        verb="supply.dispatch", subject=sent, place=offer.unit, by=by, now=now,
        allocation=allocation.ref, need=allocation.need.ref, to=allocation.need.unit.path,
        carrier=carrier.path, quantity=quantity, arrive_by=arrive_by,
    )  # fmt: skip
    return sent


@deed()
def hand_over(
    *,
    dispatch: Dispatch,
    place: Spot,
    quantity_good: Counted,
    quantity_damaged: Counted = 0,
    note: Note = "",
    by: Person,
    now: datetime,
) -> Handover:
    """Write the receipt of one hop: where the goods changed hands, how many good and broken."""
    check_may_handle(by, dispatch, now)
    dispatch = _locked(dispatch)
    return _take_over(dispatch, place, (quantity_good, quantity_damaged), note, by, now)


@deed()
def receive_goods(
    *,
    dispatch: Dispatch,
    quantity_good: Counted,
    quantity_damaged: Counted = 0,
    note: Note = "",
    by: Person,
    now: datetime,
) -> Handover:
    """Receive the goods where they are needed: the last receipt; the need and the stock follow."""
    dispatch = _locked(dispatch)
    need = dispatch.allocation.need
    check_may(by, "dispatch_goods", need.unit, now)
    place, counts = (need.facility or need.unit).name, (quantity_good, quantity_damaged)
    receipt = _take_over(dispatch, place, counts, note, by, now, is_final=True)
    _end(dispatch, Dispatch.State.RECEIVED, by, now)
    locked = Need.objects.select_for_update(of=("self",))
    need = locked.select_related("facility", "item").get(pk=need.pk)
    need.received_quantity += quantity_good
    need.state = state_after(need)
    if quantity_good < dispatch.quantity:
        need.changed_at = now
    need.save(update_fields=["received_quantity", "state", "changed_at"])
    if need.facility is not None and quantity_good:
        into_stock(need.facility, need.item, quantity_good, by, now)
    if need.state == Need.State.MET:
        refresh_promises(promised_to([need]))
    return receipt


@deed()
def mark_lost(*, dispatch: Dispatch, reason: Sentence, by: Person, now: datetime) -> Dispatch:
    """Say that goods on the way will not arrive, with the reason; what lacks is planned anew."""
    check_may_handle(by, dispatch, now)
    dispatch = _locked(dispatch)
    check_on_the_way(dispatch)
    dispatch.reason_lost = reason
    _end(dispatch, Dispatch.State.LOST, by, now)
    Need.objects.filter(pk=dispatch.allocation.need_id).update(changed_at=now)
    append(
        verb="supply.mark_lost", subject=dispatch, place=dispatch.allocation.need.unit, by=by,
        now=now, quantity=dispatch.quantity,
    )  # fmt: skip
    return dispatch


def _locked(dispatch: Dispatch) -> Dispatch:
    locked = Dispatch.objects.select_for_update(of=("self",))
    return locked.select_related(*RECEIVED).get(pk=dispatch.pk)


def _end(dispatch: Dispatch, state: Dispatch.State, by: Person, now: datetime) -> None:
    dispatch.state, dispatch.ended_by, dispatch.ended_at = state, by, now
    dispatch.save(update_fields=["state", "ended_by", "ended_at", "reason_lost"])


def _take_over(
    dispatch: Dispatch,
    place: str,
    counts: tuple[int, int],
    note: str,
    by: Person,
    now: datetime,
    *,
    is_final: bool = False,
) -> Handover:
    good, damaged = counts
    check_on_the_way(dispatch)
    check_hop(dispatch, good, damaged)
    last = last_hop(dispatch)
    given = last.quantity_good if last else dispatch.quantity
    receipt = Handover.objects.create(
        dispatch=dispatch, hop=last.hop + 1 if last else 1, place=place, quantity_good=good,
        quantity_damaged=damaged, note=note, is_final=is_final, taken_by=by, taken_at=now,
    )  # fmt: skip
    receipt.change(signed=of_handover(receipt, given))
    append(
        verb="supply.receive_goods" if is_final else "supply.hand_over", subject=receipt,
        place=dispatch.allocation.need.unit, by=by, now=now, dispatch=dispatch.ref,
        hop=receipt.hop, good=good, damaged=damaged,
    )  # fmt: skip
    return receipt


def into_stock(facility: Facility, item: Item, good: int, by: Person, now: datetime) -> None:
    """Add what arrived to the stock; a first arrival stands for the first count."""
    added = Stock.objects.filter(facility=facility, item=item).update(quantity=F("quantity") + good)
    if not added:
        Stock.objects.create(
            facility=facility, item=item, quantity=good, counted_by=by, counted_at=now
        )
