"""The way of one donation as everybody may read it, by its number and without a log-in (捐赠溯源).

It says what, how much, where, when and which units; no person is named, no free note is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.supply.donations.queries import Pieces, offers_of, pieces_of, traces_of
from gongzhi.supply.donations.words import amount
from gongzhi.supply.models import Dispatch, Donation, DonationGrade, Purchase
from gongzhi.supply.traces import Trace
from gongzhi.writing import pair

SHAPE = r"D?0*([1-9][0-9]{0,11})-?([0-9]{2})"
MOST = 60
"""Ways of goods that the page shows; the sums count all of them."""


@dataclass(frozen=True)
class PublicStep:
    """One step of the way: where, when, what was done, and what was counted there.

    whole: pieces that should have come; None where nothing is counted.
    """

    title: str
    place: str
    at: datetime
    said: str = ""
    whole: int | None = None
    good: int = 0
    damaged: int = 0
    missing: int = 0

    @property
    def parts(self) -> list[tuple[str, float, float]]:
        """Good and damaged as parts of a bar of 100; what is left of it is missing."""
        if not self.whole:
            return []
        good, damaged = 100 * self.good / self.whole, 100 * self.damaged / self.whole
        return [("delivered", 0.0, round(good, 2)), ("on-the-way", round(good, 2),
                                                      round(damaged, 2))]  # fmt: skip


@dataclass(frozen=True)
class PublicDonation:
    """A donation with its sums and its way: first to the hub, then from there to each user."""

    number: str
    what: str
    donor: str
    hub: str
    state: str
    announced: str
    received: str
    spent: str
    left: str
    pieces: Pieces
    wish: str
    to_hub: tuple[PublicStep, ...]
    onward: tuple[tuple[PublicStep, ...], ...]
    more: int


def number_typed(typed: str) -> int | None:
    """The record that a typed number means; None where it is no number or has a slip."""
    found = re.fullmatch(SHAPE, "".join(typed.upper().split()))
    if found is None or int(found[1] + found[2]) % 97 != 1:
        return None
    return int(found[1])


def public_donation(typed: str) -> PublicDonation | None:
    """What everybody may read of the donation with this number; None where there is none."""
    rows = Donation.objects.select_related("hub", "donor", "item", "meant_for")
    gift = rows.filter(pk=number_typed(typed) or 0).first()
    if gift is None:
        return None
    offers = offers_of(gift)
    ways = traces_of(offers)
    is_money, currency = gift.money_cents is not None, gift.currency
    return PublicDonation(
        number=gift.number,
        what=_("Money") if is_money else str(gift.item or _("Goods not yet judged")),
        donor=str(gift.donor or _("A private donor")),
        hub=str(gift.hub),
        state=gift.get_state_display(),
        announced=amount(gift.money_cents or 0, currency) if is_money else "",
        received=amount(gift.received_cents or 0, currency) if is_money else "",
        spent=amount(gift.spent_cents, currency) if is_money else "",
        left=amount(gift.left_cents, currency) if is_money else "",
        pieces=pieces_of(gift, offers, ways),
        wish=_wish(gift),
        to_hub=tuple(_to_hub(gift)),
        onward=tuple(tuple(_onward(way)) for way in ways[:MOST]),
        more=max(0, len(ways) - MOST),
    )


def _wish(gift: Donation) -> str:
    if gift.meant_for is None:
        return ""
    if gift.wish_refused:
        return _("The donor wished it for %(whom)s. The wish is not kept: %(why)s") % {
            "whom": gift.meant_for,
            "why": gift.wish_refused,
        }
    return _("The donor wished it for %(whom)s.") % {"whom": gift.meant_for}


def _to_hub(gift: Donation) -> list[PublicStep]:
    hub = str(gift.hub)
    donor = str(gift.donor or _("A private donor"))
    steps = [PublicStep(_("Announced"), donor, gift.announced_at)]
    if gift.judged_at is not None:
        grade = DonationGrade(gift.fit_for).label
        said = pair(grade, gift.reason) if gift.reason else str(grade)
        steps.append(PublicStep(_("Judged"), hub, gift.judged_at, said))
    if gift.taken_at is not None and gift.money_cents is not None:
        came = amount(gift.received_cents or 0, gift.currency)
        steps.append(PublicStep(_("Money came in"), hub, gift.taken_at, came))
    elif gift.taken_at is not None:
        steps.append(
            PublicStep(
                _("Counted at the hub"), hub, gift.taken_at, whole=gift.quantity,
                good=gift.quantity_good or 0, damaged=gift.quantity_damaged or 0,
                missing=gift.quantity_short or 0,
            )
        )  # fmt: skip
    bought = gift.purchases.select_related("item", "donation").order_by("bought_at", "id")
    return steps + [_bought(purchase, hub) for purchase in bought]


def _bought(purchase: Purchase, hub: str) -> PublicStep:
    said = _("%(quantity)s × %(item)s for %(sum)s") % {
        "quantity": f"{purchase.quantity:,}",
        "item": purchase.item,
        "sum": amount(purchase.cents, purchase.donation.currency),
    }
    return PublicStep(_("Bought"), hub, purchase.bought_at, said)


def _onward(way: Trace) -> list[PublicStep]:
    """From the hub to one user: what left, and what was counted at each hop."""
    sent = way.dispatch
    said = _("%(quantity)s × %(item)s for %(whom)s, carried by %(carrier)s") % {
        "quantity": f"{sent.quantity:,}",
        "item": sent.allocation.offer.item,
        "whom": way.receiver,
        "carrier": sent.carrier,
    }
    steps = [PublicStep(_("Left the hub"), way.giver, sent.sent_at, said)]
    for hop in way.steps:
        title = _("Arrived") if hop.is_final else _("Handed over")
        steps.append(
            PublicStep(
                title, hop.place, hop.at, whole=hop.good + hop.harm, good=hop.good,
                damaged=hop.damaged, missing=hop.missing,
            )
        )  # fmt: skip
    if sent.state == Dispatch.State.LOST and sent.ended_at is not None:
        last = way.steps[-1].place if way.steps else way.giver
        steps.append(
            PublicStep(_("Lost on the way"), last, sent.ended_at, whole=way.good, missing=way.good)
        )
    return steps
