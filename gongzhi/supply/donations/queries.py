"""What waits for whom among donations, and where the pieces and the cents of one are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.queries import Duty, expose, visible
from gongzhi.parameters import parameter
from gongzhi.supply.models import (
    Dispatch,
    Donation,
    DonationClimb,
    DonorContact,
    Offer,
    Purchase,
)
from gongzhi.supply.traces import Trace, trace

STATE = Donation.State
Asked = Callable[[Person, str, QuerySet[Any], str, datetime], set[int]]
"""Numbers of the units at which a person is asked and may use a power."""


def donations_unjudged(now: datetime) -> QuerySet[Donation]:
    """Donations whose time to be judged has passed."""
    late = Donation.objects.filter(state=STATE.ANNOUNCED, triage_by__lte=now)
    return late.select_related("to_unit").order_by("triage_by", "id")


def contacts_to_forget(now: datetime) -> QuerySet[DonorContact]:
    """Names and numbers of private donors that have been kept for as long as they may be."""
    days = parameter("retention.contact", localtime(now).date()).value
    since = now - timedelta(days=days)
    over = Q(donation__taken_at__lte=since) | Q(
        donation__state=STATE.REFUSED, donation__judged_at__lte=since
    )
    kept = ~Q(donor_name="", donor_phone="")
    rows = DonorContact.objects.filter(over & kept)
    return rows.select_related("donation__hub__unit").order_by("id")


def offers_of(donation: Donation) -> list[Offer]:
    """What the hub could give on of it: the goods themselves, or what its money bought."""
    found = Q(donation=donation) | Q(purchase__donation=donation)
    return list(Offer.objects.filter(found).select_related("item").order_by("id"))


def traces_of(offers: list[Offer]) -> list[Trace]:
    """The way of everything that left these offers, the first that was sent first."""
    ends = ("allocation__offer__unit", "allocation__offer__item", "allocation__need__unit",
            "allocation__need__facility", "carrier")  # fmt: skip
    sent = Dispatch.objects.filter(allocation__offer__in=offers).select_related(*ends)
    return [trace(dispatch) for dispatch in sent.order_by("sent_at", "id")]


@dataclass(frozen=True)
class Pieces:
    """Where the pieces of a donation are: every one of them in exactly one place."""

    given: int
    to_come: int
    at_hub: int
    on_the_way: int
    arrived: int
    damaged: int
    missing: int

    @property
    def counted(self) -> int:
        """All places together: never more and never less than was given."""
        return (
            self.to_come + self.at_hub + self.on_the_way + self.arrived + self.damaged
            + self.missing
        )  # fmt: skip


def pieces_of(donation: Donation, offers: list[Offer], ways: list[Trace]) -> Pieces:
    """Count the pieces of a donation, or of what its money bought, place by place."""
    offered = sum(offer.quantity for offer in offers)
    known = donation.quantity_good is not None or donation.money_cents is not None
    damaged = (donation.quantity_damaged or 0) + sum(s.damaged for w in ways for s in w.steps)
    missing = (donation.quantity_short or 0) + sum(s.missing for w in ways for s in w.steps)
    good = {
        state: sum(w.good for w in ways if w.dispatch.state == state) for state in Dispatch.State
    }
    return Pieces(
        given=donation.quantity or offered,
        to_come=0 if known else donation.quantity or 0,
        at_hub=offered - sum(w.dispatch.quantity for w in ways),
        on_the_way=good[Dispatch.State.SENT],
        arrived=good[Dispatch.State.RECEIVED],
        damaged=damaged,
        missing=missing + good[Dispatch.State.LOST],
    )


def donation_duties(
    by: Person, now: datetime, asked: Asked, wanted: Callable[[str], bool]
) -> list[Duty]:
    """What is asked about donations: to judge them, of whom it climbed to as well; to count."""
    rows = visible(Donation, by, now).select_related("hub", "item").order_by("triage_by", "id")
    found: list[Duty] = []
    if wanted("triage_donation"):
        open_ones = rows.filter(state=STATE.ANNOUNCED)
        units = {
            unit
            for whom in ("to_unit", "climbs__silent")
            for unit in asked(by, "handle_donations", open_ones.exclude(**{whom: None}), whom, now)
        }
        mine = open_ones.filter(Q(to_unit__in=units) | Q(climbs__silent__in=units)).distinct()
        found += [_to_judge(donation) for donation in mine[:100]]
    if wanted("take_in_donation"):
        coming = rows.filter(state=STATE.ACCEPTED)
        units = asked(by, "handle_donations", coming, "hub__unit", now)
        found += [_to_count(donation) for donation in coming.filter(hub__unit__in=units)[:100]]
    return found


def _to_judge(donation: Donation) -> Duty:
    return Duty(
        title=_("Judge the donation: %(what)s") % {"what": donation},
        where=str(donation.hub),
        due_at=donation.triage_by,
        why=_("Nothing is driven to a hub, or given on, before somebody has judged it."),
        room="supply",
        verb="triage_donation",
        inputs={"donation": donation.pk},
        subject=donation.ref,
    )


def _to_count(donation: Donation) -> Duty:
    return Duty(
        title=_("Count the donation: %(what)s") % {"what": donation},
        where=str(donation.hub),
        due_at=None,
        why=_("The donor gets a signed receipt, and it can be given on."),
        room="supply",
        verb="take_in_donation",
        inputs={"donation": donation.pk},
        subject=donation.ref,
    )


expose(
    "supply", donations=Donation, purchases=Purchase, donor_contacts=DonorContact,
    donation_climbs=DonationClimb,
)  # fmt: skip
