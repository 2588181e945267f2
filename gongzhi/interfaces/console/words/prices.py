"""What the fields of prices, flags, invoices and cases of gouging are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, str | Promise] = {
    "appeal": _("Appeal"),
    "appealed_at": _("Appealed at"),
    "appealed_by": _("Appealed by"),
    "asked_at": _("Invoices asked for at"),
    "asked_by": _("Invoices asked for by"),
    "asked_on": _("Day of the price"),
    "baseline_on": _("Last day of the baseline"),
    "bought_on": _("Bought on"),
    "decide_by": _("To be decided by"),
    "delivery_cents": _("Delivery fee of the order"),
    "earlier_cents": _("Price of a piece before"),
    "facts": _("Why it stands out"),
    "filed_at": _("Case opened at"),
    "filed_by": _("Case opened by"),
    "flag": _("Price that stands out"),
    "handed_in_at": _("Handed in at"),
    "handed_in_by": _("Handed in by"),
    "invoices": _("Invoices"),
    "look": _("Screening"),
    "looked_on": _("Screened on"),
    "newest": _("Last price looked at"),
    "pack": _("Pieces in a pack"),
    "packs": _("Packs in the order"),
    "params": _("How it was screened"),
    "prices": _("Prices"),
    "quote": _("Price asked"),
    "seller": _("Seller"),
    "test": _("Computation of the test"),
    "upheld": _("The case stands"),
    "verdict": _("Finding"),
}
