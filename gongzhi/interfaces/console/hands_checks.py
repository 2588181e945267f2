"""What the deeds of help and call-ups will ask, as in `checks`."""

from __future__ import annotations

from typing import Any

from gongzhi.actors.policies import check_may
from gongzhi.assessment.policies import check_is_open
from gongzhi.fieldwork import hands_policies as hands
from gongzhi.interfaces.console.checking import Check, dated, power, state
from gongzhi.interfaces.console.frame import Reader


def _own_offer(offer: Any, reader: Reader) -> None:
    hands.check_own_offer(offer, reader.by)


def _own(call_up: Any, reader: Reader) -> None:
    check_may(reader.by, "offer_help", call_up.offer.unit, reader.now)
    hands.check_own_call_up(call_up, reader.by)


OF_HANDS: dict[tuple[str, str, str], tuple[Check, ...]] = {
    ("fieldwork", "offer_help", "unit"): (power("offer_help", ""),),
    ("fieldwork", "withdraw_help", "offer"): (
        power("offer_help", "unit"), _own_offer, state(hands.check_offered),
        state(hands.check_nobody_at_work),
    ),
    ("fieldwork", "ask_for_hands", "place"): (power("ask_for_hands", ""),),
    ("fieldwork", "ask_for_hands", "incident"): (state(check_is_open),),
    ("fieldwork", "cancel_hands", "wanted"): (
        power("ask_for_hands", "place"), state(hands.check_wanted),
    ),
    ("fieldwork", "plan_call_ups", "area"): (power("call_up", ""),),
    ("fieldwork", "plan_call_ups", "incident"): (state(check_is_open),),
    ("fieldwork", "approve_call_ups", "plan"): (
        power("call_up", "area"), state(hands.check_can_approve),
    ),
    ("fieldwork", "accept_call_up", "call_up"): (_own, state(hands.check_to_answer)),
    ("fieldwork", "decline_call_up", "call_up"): (_own, state(hands.check_to_answer)),
    ("fieldwork", "drop_out", "call_up"): (_own, state(hands.check_can_drop_out)),
    ("fieldwork", "check_in", "call_up"): (_own, dated(hands.check_can_begin)),
    ("fieldwork", "record_hours", "call_up"): (
        power("ask_for_hands", "wanted.place"), state(hands.check_can_confirm),
        dated(hands.check_began),
    ),
}  # fmt: skip
"""(room, verb, input) → what is asked, in the deed's own order."""
