"""What the fields of donations, purchases and contacts of donors are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, str | Promise] = {
    "announced_at": _("Announced at"),
    "announced_by": _("Announced by"),
    "bought_at": _("Bought at"),
    "bought_by": _("Bought by"),
    "cents": _("Sum spent"),
    "currency": _("Currency"),
    "donation": _("Donation"),
    "donor": _("Donor"),
    "donor_name": _("Name of the donor"),
    "donor_phone": _("Telephone of the donor"),
    "fit_for": _("Fit for"),
    "hub": _("Hub"),
    "invoice_number": _("Number of the invoice"),
    "meant_for": _("Wished for"),
    "money_cents": _("Money"),
    "quantity_short": _("Missing"),
    "received_cents": _("Money that came in"),
    "spent_cents": _("Money spent"),
    "triage_by": _("To be judged by"),
    "wish_refused": _("Why the wish is not kept"),
}
