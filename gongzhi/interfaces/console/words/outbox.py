"""What the fields of messages and of phoning are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, str | Promise] = {
    "address": _("Number, address or name"),
    "attempts": _("Tries so far"),
    "call_down": _("Unit to be phoned"),
    "calling_unit": _("Phoned by the unit"),
    "climb_at": _("Climbs at"),
    "delivered_at": _("Delivered at"),
    "delivery": _("Delivery"),
    "entry": _("Line of the ledger"),
    "error": _("Last error"),
    "exercise": _("Exercise"),
    "given_number": _("Number given by the other side"),
    "message": _("Message"),
    "more": _("Further messages told with it"),
    "next_try_at": _("Next try at"),
    "point": _("Contact"),
    "set_at": _("Set at"),
    "set_by": _("Set by"),
    "template": _("Kind of message"),
    "way": _("How one is reached"),
    "wrong_at": _("Found wrong at"),
}
