"""What the fields of the supply room's later records are called: prices and transport passes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.interfaces.console.words.prices import FIELDS as OF_PRICES

FIELDS: dict[str, str | Promise] = {
    **OF_PRICES,
    "issued_by": _("Issued by"),
    "transport_pass": _("Transport pass"),
    "vehicle": _("Vehicle (number plate)"),
    "via": _("By way of"),
}
