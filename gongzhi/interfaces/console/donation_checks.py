"""What the deeds of donations will ask, as in `checks`."""

from __future__ import annotations

from gongzhi.interfaces.console.checking import Check, power, state
from gongzhi.supply.donations import policies as donations

_HANDLES = power("handle_donations", "hub.unit")

OF_DONATIONS: dict[tuple[str, str, str], tuple[Check, ...]] = {
    ("supply", "triage_donation", "donation"): (_HANDLES, state(donations.check_can_triage)),
    ("supply", "take_in_donation", "donation"): (_HANDLES, state(donations.check_can_take_in)),
    ("supply", "spend_donation", "donation"): (_HANDLES, state(donations.check_has_money)),
}
