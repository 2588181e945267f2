"""Announce a donation, judge it, take it in at the hub, spend money; the rest goes as any offer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.actions.climbing import take_up
from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.actors.policies import check_may, holder_above
from gongzhi.actors.reach import Reach
from gongzhi.ledger.actions import Line, append, append_all
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take, taken
from gongzhi.parameters import minutes
from gongzhi.supply.actions.dispatching import into_stock
from gongzhi.supply.actions.inputs import Counted, Note, Pieces
from gongzhi.supply.actions.prices import Money
from gongzhi.supply.donations.policies import (
    check_can_spend,
    check_can_take_in,
    check_can_triage,
    check_counts,
    check_grade,
    check_is_hub,
    check_one_donor,
    check_what,
    check_wish,
)
from gongzhi.supply.donations.queries import contacts_to_forget, donations_unjudged
from gongzhi.supply.donations.receipts import of_purchase, of_taking_in
from gongzhi.supply.models import (
    Donation,
    DonationClimb,
    DonationGrade,
    DonorContact,
    Item,
    Offer,
    Purchase,
)

Hub = Annotated[Facility, Reach.ANY]
Anybody = Annotated[Unit, Reach.ANY]
Currency = Annotated[str, Field(max_length=8)]
Called = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(max_length=80)]
Phone = Annotated[str, Field(max_length=40)]
Proven = Annotated[str, Field(min_length=1, max_length=200)]
Cents = Annotated[int, Field(ge=0, le=10**15)]


@deed()
def announce_donation(
    *,
    hub: Hub,
    donor: Unit | None = None,
    item: Item | None = None,
    words: Called = "",
    quantity: Pieces | None = None,
    money_cents: Money | None = None,
    currency: Currency = "",
    meant_for: Anybody | None = None,
    donor_name: Name = "",
    donor_phone: Phone = "",
    by: Person,
    now: datetime,
) -> Donation:
    """Announce goods or money for a hub, by a unit, or at the hub for a private donor (捐赠).

    A name is kept only of a private donor who wishes to be named. Money is in CNY where no
    currency is given. A wish says to whom it should go; the hub keeps to it or says why not.
    """
    check_may(by, "state_offer" if donor else "handle_donations", donor or hub.unit, now)
    check_is_hub(hub)
    check_what(item, words, quantity, money_cents, currency)
    check_one_donor(donor, donor_name + donor_phone)
    given = Donation.objects.create(
        hub=hub, donor=donor, item=item, words=words, quantity=quantity, money_cents=money_cents,
        currency="" if money_cents is None else currency or "CNY", meant_for=meant_for,
        announced_by=by, announced_at=now, to_unit=hub.unit,
        triage_by=now + minutes("triage_donation", now),
    )  # fmt: skip
    _keep_contact(given, donor_name, donor_phone)
    append(
        verb="supply.announce_donation", subject=given, place=hub.unit, by=by, now=now,
        number=given.number, donor=donor.path if donor else None, quantity=quantity,
        item=item.code if item else None, money_cents=money_cents, currency=given.currency,
        meant_for=meant_for.path if meant_for else None, triage_by=given.triage_by,
    )  # fmt: skip
    return given


def _keep_contact(given: Donation, name: str, phone: str) -> None:
    """Keep apart how a private donor is named and reached; nothing where nothing was left."""
    if name or phone:
        DonorContact.objects.create(donation=given, donor_name=name, donor_phone=phone)


@deed()
def triage_donation(
    *,
    donation: Donation,
    fit_for: DonationGrade,
    reason: Note = "",
    item: Item | None = None,
    wish_refused: Note = "",
    by: Person,
    now: datetime,
) -> Donation:
    """Judge a donation: for medical use, for the public, money, or not taken with a reason (分检).

    The item is what it is counted as from now on. A wish of the donor is kept unless it is
    refused with a reason. Both reasons can be read by everybody: name nobody in them.
    """
    check_may(by, "handle_donations", donation.hub.unit, now)
    donation = _locked(donation)
    check_can_triage(donation)
    item = item or donation.item
    check_grade(donation, fit_for, item, reason)
    check_wish(donation, fit_for, wish_refused)
    refused = fit_for == DonationGrade.REFUSED
    donation.change(
        state=Donation.State.REFUSED if refused else Donation.State.ACCEPTED, fit_for=fit_for,
        reason=reason, item=donation.item if refused else item, wish_refused=wish_refused,
        judged_by=by, judged_at=now,
    )  # fmt: skip
    append(
        verb="supply.triage_donation", subject=donation, place=donation.hub.unit, by=by, now=now,
        number=donation.number, fit_for=str(fit_for), item=donation.item and donation.item.code,
        wish_kept=donation.is_directed if donation.meant_for_id else None,
    )  # fmt: skip
    return donation


@deed()
def take_in_donation(
    *,
    donation: Donation,
    quantity_good: Counted | None = None,
    quantity_damaged: Counted = 0,
    received_cents: Cents | None = None,
    by: Person,
    now: datetime,
) -> Donation:
    """Count what the donor brought, sign the receipt; good pieces are stock and offer of the hub.

    What was announced and is neither good nor damaged is short. Of money, say what came in.
    """
    check_may(by, "handle_donations", donation.hub.unit, now)
    donation = _locked(donation)
    check_can_take_in(donation)
    check_counts(donation, quantity_good, quantity_damaged, received_cents)
    if donation.quantity is not None and quantity_good is not None:
        donation.quantity_short = donation.quantity - quantity_good - quantity_damaged
        donation.quantity_good, donation.quantity_damaged = quantity_good, quantity_damaged
    donation.received_cents, donation.state = received_cents, Donation.State.TAKEN_IN
    donation.taken_by, donation.taken_at = by, now
    if donation.item is not None and quantity_good:
        donation.offer = _offered(donation, donation.item, quantity_good, by, now)
    donation.signed = of_taking_in(donation)
    donation.save()
    append(
        verb="supply.take_in_donation", subject=donation, place=donation.hub.unit, by=by, now=now,
        number=donation.number, good=quantity_good, damaged=donation.quantity_damaged,
        short=donation.quantity_short, received_cents=received_cents,
        offer=donation.offer.ref if donation.offer else None,
    )  # fmt: skip
    return donation


@deed()
def spend_donation(
    *,
    donation: Donation,
    cents: Money,
    item: Item,
    quantity: Pieces,
    invoice_number: Proven,
    by: Person,
    now: datetime,
) -> Purchase:
    """Write down what donated money bought and what of it is at the hub; it is given on from there.

    Not a cent more is spent than is left.
    """
    check_may(by, "handle_donations", donation.hub.unit, now)
    donation = _locked(donation)
    check_can_spend(donation, cents)
    donation.change(spent_cents=donation.spent_cents + cents)
    bought = Purchase.objects.create(
        donation=donation, cents=cents, item=item, quantity=quantity,
        invoice_number=invoice_number, bought_by=by, bought_at=now,
        offer=_offered(donation, item, quantity, by, now),
    )  # fmt: skip
    bought.change(signed=of_purchase(bought))
    append(
        verb="supply.spend_donation", subject=bought, place=donation.hub.unit, by=by, now=now,
        number=donation.number, cents=cents, left_cents=donation.left_cents, item=item.code,
        quantity=quantity, offer=bought.offer.ref,
    )  # fmt: skip
    return bought


def _locked(donation: Donation) -> Donation:
    rows = Donation.objects.select_for_update(of=("self",))
    return rows.select_related("hub__unit", "item", "meant_for").get(pk=donation.pk)


def _offered(donation: Donation, item: Item, good: int, by: Person, now: datetime) -> Offer:
    """What is in the hub now, as its stock and its offer; only for whom the donor wished."""
    hub = donation.hub
    into_stock(hub, item, good, by, now)
    return Offer.objects.create(
        unit=hub.unit, facility=hub, item=item, quantity=good, is_donation=True, ready_at=now,
        meant_for=donation.meant_for if donation.is_directed else None, stated_by=by,
        stated_at=now, changed_at=now,
    )  # fmt: skip


@deed(by_hand=False)
def climb_donations(*, by: Person, now: datetime) -> list[DonationClimb]:
    """Take every donation not judged in time one tier up, and on after each interval."""
    return take_up(
        take(donations_unjudged, now=now),
        lambda donation: holder_above("handle_donations", donation.to_unit, now),
        due="triage_by", clock="triage_donation", verb="supply.climb_donation", by=by, now=now,
    )  # fmt: skip


@deed(by_hand=False)
def forget_donors(*, by: Person, now: datetime) -> int:
    """Delete names and numbers of private donors whose time is over."""
    forgotten = []
    for contact in taken(contacts_to_forget(now)):
        contact.change(donor_name="", donor_phone="", salt=b"")
        forgotten.append(Line(contact, contact.donation.hub.unit, {}))
    append_all(forgotten, verb="supply.forget_donors", by=by, now=now)
    return len(forgotten)
