"""What a donation must be, and what its state allows."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from gongzhi.actors.models import Facility, Unit
from gongzhi.errors import Malformed, NotNow
from gongzhi.supply.donations.words import amount
from gongzhi.supply.models import Donation, DonationGrade, Item


def check_is_hub(hub: Facility) -> None:
    """Donations are brought to a hub, where somebody judges and counts them."""
    if hub.kind != Facility.FacilityKind.HUB:
        text = _("%(place)s is no hub. Donations are judged and counted at a hub.")
        raise Malformed(text % {"place": hub}, details={"hub": _("Choose a hub.")})


def check_what(
    item: Item | None, words: str, quantity: int | None, cents: int | None, currency: str
) -> None:
    """A donation is goods with a name and a count, or a sum of money: one of the two."""
    if (quantity is None) == (cents is None):
        text = _("Say how many pieces are given, or how much money: one of the two.")
        raise Malformed(text, details={"quantity": text})
    if quantity is not None and item is None and not words:
        text = _("Say what is given: choose an item, or describe it.")
        raise Malformed(text, details={"item": text})
    if quantity is not None and currency:
        text = _("Goods have no currency. Leave it empty.")
        raise Malformed(text, details={"currency": text})
    if currency and re.fullmatch("[A-Z]{3}", currency) is None:
        text = _("Write the currency in three capital letters, such as CNY.")
        raise Malformed(text, details={"currency": text})
    if cents is not None and item is not None:
        text = _("Money is no item. Leave the item empty, and say for whom it is meant.")
        raise Malformed(text, details={"item": text})


def check_one_donor(donor: Unit | None, named: str) -> None:
    """A unit stands for itself; only for a private donor a name or a number is kept."""
    if donor is not None and named:
        text = _("A unit gives it: keep no name and no number of a person.")
        raise Malformed(text, details={"donor_name": text})


def check_can_triage(donation: Donation) -> None:
    """A donation is judged once."""
    if donation.state != Donation.State.ANNOUNCED:
        raise NotNow(
            _("This donation has been judged already: %(state)s.")
            % {"state": donation.get_state_display()}
        )


def check_grade(donation: Donation, grade: DonationGrade, item: Item | None, reason: str) -> None:
    """The grade fits what is given: only what the catalogue calls medical serves medical use."""
    if grade == DonationGrade.REFUSED:
        if not reason:
            text = _("Say why it is not taken. The donor and everybody can read it.")
            raise Malformed(text, details={"reason": text})
        return
    if (grade == DonationGrade.MONEY) != (donation.quantity is None):
        text = _("Goods are judged for medical use or for the public, money as money.")
        raise Malformed(text, details={"fit_for": text})
    if grade == DonationGrade.MONEY:
        return
    if item is None:
        text = _("Name the item of the catalogue that it is counted as.")
        raise Malformed(text, details={"item": text})
    if (grade == DonationGrade.MEDICAL) != (item.grade == "medical"):
        text = _("“%(item)s” does not fit this grade. Choose the item that it can serve as.")
        raise Malformed(text % {"item": item}, details={"item": _("Choose another item.")})


def check_wish(donation: Donation, grade: DonationGrade, wish_refused: str) -> None:
    """Only a wish that was made is refused, and of a donation that is taken."""
    if wish_refused and (donation.meant_for is None or grade == DonationGrade.REFUSED):
        text = _("No wish is open here. Leave the reason empty.")
        raise Malformed(text, details={"wish_refused": text})


def check_can_take_in(donation: Donation) -> None:
    """What was accepted is taken in once."""
    if donation.state == Donation.State.ANNOUNCED:
        raise NotNow(_("Nobody has judged this donation yet. Judge it first."))
    if donation.state != Donation.State.ACCEPTED:
        raise NotNow(
            _("This donation cannot be taken in: %(state)s.")
            % {"state": donation.get_state_display()}
        )


def check_counts(
    donation: Donation, good: int | None, damaged: int, received_cents: int | None
) -> None:
    """Goods are counted, money is counted, and neither is more than what was announced."""
    if donation.money_cents is not None:
        if received_cents is None or good is not None or damaged:
            text = _("Say how much money came in, and no pieces.")
            raise Malformed(text, details={"received_cents": text})
        if received_cents > donation.money_cents:
            raise NotNow(_("More came in than was announced. Announce the rest on its own."))
        return
    if good is None or received_cents is not None:
        text = _("Say how many good pieces arrived, and no money.")
        raise Malformed(text, details={"quantity_good": text})
    if good + damaged > (donation.quantity or 0):
        raise NotNow(
            _("%(given)s were announced. Count again, or announce what is more on its own.")
            % {"given": donation.quantity}
        )


def check_has_money(donation: Donation) -> None:
    """Only money that has come in and is not spent can be spent."""
    if donation.received_cents is None:
        raise NotNow(_("No money of this donation has come in."))
    if not donation.left_cents:
        raise NotNow(_("All money of this donation is spent."))


def check_can_spend(donation: Donation, cents: int) -> None:
    """Not a cent more is spent than is left."""
    check_has_money(donation)
    if cents > donation.left_cents:
        raise NotNow(
            _("Only %(left)s are left of this donation. Spend that much at most.")
            % {"left": amount(donation.left_cents, donation.currency)}
        )
