"""State what can be given, sold or carried, and take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.actors.policies import check_may, check_may_each
from gongzhi.exchange.models import Row
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.supply.actions.inputs import (
    Cents,
    Number,
    Pieces,
    Sentence,
    common,
    named,
    only_facilities,
    with_units,
)
from gongzhi.supply.actions.promises import refresh_promises
from gongzhi.supply.models import Item, Offer
from gongzhi.supply.policies import check_belongs, check_can_withdraw_offer, check_offer_times


class OfferDraft(BaseModel):
    """One offer of a batch; unit, item, facility and row are numbers."""

    unit: Number
    item: Number
    quantity: Pieces
    ready_at: datetime | None = None
    ends_at: datetime | None = None
    price_cents: Cents | None = None
    is_donation: bool = False
    facility: Number | None = None
    row: Number | None = None


@deed()
def state_offer(
    *,
    unit: Unit,
    item: Item,
    quantity: Pieces,
    ready_at: datetime | None = None,
    ends_at: datetime | None = None,
    price_cents: Cents | None = None,
    is_donation: bool = False,
    facility: Facility | None = None,
    by: Person,
    now: datetime,
) -> Offer:
    """Say what can be given or sold, from when and until when (供给).

    Without a time it is ready now. The price is that of one piece, in cents.
    """
    check_may(by, "state_offer", unit, now)
    offer = Offer(
        unit=unit, item=item, quantity=quantity, ready_at=ready_at or now, ends_at=ends_at,
        price_cents=price_cents, is_donation=is_donation, facility=facility,
    )  # fmt: skip
    _take_in([offer], by, now)
    offer.save()
    append(
        verb="supply.state_offer", subject=offer, place=unit, by=by, now=now, item=item.code,
        quantity=quantity, ready_at=offer.ready_at, ends_at=ends_at, is_donation=is_donation,
    )  # fmt: skip
    return offer


@deed()
def state_offers(
    *,
    offers: Annotated[list[OfferDraft], Field(min_length=1, max_length=5000)],
    by: Person,
    now: datetime,
) -> list[Offer]:
    """State many offers at once, all or none, with one line in the ledger."""
    units = named(Unit, (d.unit for d in offers), by, now)
    items = named(Item, (d.item for d in offers), by, now)
    facilities = named(with_units(), (d.facility for d in offers), by, now)
    named(Row, (d.row for d in offers), by, now)
    check_may_each(by, "state_offer", units.values(), now)
    made = [
        Offer(
            unit=units[d.unit], item=items[d.item], quantity=d.quantity,
            ready_at=d.ready_at or now, ends_at=d.ends_at, price_cents=d.price_cents,
            is_donation=d.is_donation, facility=facilities.get(d.facility or 0), row_id=d.row,
        )
        for d in offers
    ]  # fmt: skip
    _take_in(made, by, now)
    Offer.objects.bulk_create(made)
    append(
        verb="supply.state_offers", subject=made[0], place=common(units.values()), by=by, now=now,
        first=made[0].pk, count=len(made),
        offers=[[o.unit.path, o.item.code, o.quantity] for o in made],
    )  # fmt: skip
    return made


def _take_in(offers: list[Offer], by: Person, now: datetime) -> None:
    facilities = only_facilities(offer.unit for offer in offers)
    for offer in offers:
        check_offer_times(offer.ready_at, offer.ends_at, now)
        check_belongs(offer.facility, offer.unit)
        offer.facility = offer.facility or facilities.get(offer.unit_id)
        offer.stated_by, offer.stated_at, offer.changed_at = by, now, now


@deed()
def withdraw_offer(*, offer: Offer, reason: Sentence, by: Person, now: datetime) -> Offer:
    """Take back what has not left yet; promises not yet sent lapse and are planned anew."""
    check_may(by, "state_offer", offer.unit, now)
    rows = Offer.objects.select_for_update(of=("self",)).select_related("unit", "item")
    offer = rows.get(pk=offer.pk)
    check_can_withdraw_offer(offer)
    released = offer.promised_quantity
    offer.state, offer.reason_withdrawn = Offer.State.WITHDRAWN, reason
    offer.withdrawn_by, offer.withdrawn_at, offer.changed_at = by, now, now
    offer.save()
    refresh_promises([offer.pk])
    offer.refresh_from_db()
    append(
        verb="supply.withdraw_offer", subject=offer, place=offer.unit, by=by, now=now,
        left=offer.promised_quantity, released=released - offer.promised_quantity,
    )  # fmt: skip
    return offer
