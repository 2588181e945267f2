"""What the tests of donations begin with: a donation announced, judged, counted, and its trace."""

from __future__ import annotations

from typing import Any

from gongzhi.supply.actions import announce_donation, take_in_donation, triage_donation
from gongzhi.supply.donations.queries import Pieces, offers_of, pieces_of, traces_of
from gongzhi.supply.models import Donation, DonationGrade
from tests.rooms.cast import START, City
from tests.rooms.goods import mask


def announced(city: City, quantity: int | None = 1000, **values: Any) -> Donation:
    """Masks of the social organisation for the hub of the supplier, if nothing else is said."""
    given = {
        "hub": city.facilities["SUP"], "donor": city["SOC"], "item": quantity and mask(),
        "quantity": quantity, "by": city.person("soc-lead"), "now": START,
    }  # fmt: skip
    return announce_donation(**{**given, **values})


def judged(
    city: City, donation: Donation, grade: DonationGrade = DonationGrade.MEDICAL, **values: Any
) -> Donation:
    """A donation that the hub's clerk has judged."""
    given = {"by": city.person("sup-clerk"), "now": START, **values}
    return triage_donation(donation=donation, fit_for=grade, **given)


def counted(
    city: City, donation: Donation, good: int | None, damaged: int = 0, **v: Any
) -> Donation:
    """A donation that the hub's clerk has counted."""
    given = {"by": city.person("sup-clerk"), "now": START, **v}
    return take_in_donation(
        donation=donation, quantity_good=good, quantity_damaged=damaged, **given
    )


def money(city: City, cents: int = 1_000_00, received: int | None = None, **v: Any) -> Donation:
    """Money of the social organisation that has come in."""
    gift = judged(city, announced(city, None, money_cents=cents, **v), DonationGrade.MONEY)
    return counted(city, gift, None, received_cents=cents if received is None else received)


def where(donation: Donation) -> Pieces:
    """Where the pieces of a donation are."""
    donation.refresh_from_db()
    offers = offers_of(donation)
    return pieces_of(donation, offers, traces_of(offers))
