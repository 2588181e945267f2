"""The verbs of this room: plans become orders, orders are carried out, streets call."""

from gongzhi.command.actions.arrivals import (
    arrive,
    change_promise,
    finish_answer,
    look_at_photo,
    score_answer,
)
from gongzhi.command.actions.calls import (
    answer_call,
    close_call,
    raise_call,
    read_ruling,
    rule_call,
    withdraw_call,
)
from gongzhi.command.actions.changes import (
    amend_order,
    decline_order,
    offer_order,
    take_over_order,
)
from gongzhi.command.actions.clock import climb_late_orders, climb_silent_answers
from gongzhi.command.actions.duties import adopt_duties
from gongzhi.command.actions.exercises import ExerciseHeld, record_exercise
from gongzhi.command.actions.following import follow_up_climb
from gongzhi.command.actions.orders import (
    accept_order,
    extend_order,
    fail_order,
    finish_order,
    give_order,
    reissue_order,
    release_order,
    withdraw_order,
    withdraw_orders,
)
from gongzhi.command.actions.phases import begin_phase, end_phase, propose_phases, take_back
from gongzhi.command.actions.plans import activate_plan, adopt_plan
from gongzhi.command.actions.reopening import give_code, reopen_by_code, reopen_call
from gongzhi.command.actions.waiting import release_waiting, tell_waiting

__all__ = [
    "ExerciseHeld", "accept_order", "activate_plan", "adopt_duties", "adopt_plan",
    "amend_order", "answer_call", "arrive", "begin_phase", "change_promise", "climb_late_orders",
    "climb_silent_answers", "close_call", "decline_order", "end_phase", "extend_order",
    "fail_order", "finish_answer", "finish_order", "follow_up_climb", "give_code", "give_order",
    "look_at_photo",
    "offer_order", "propose_phases", "raise_call", "read_ruling", "record_exercise",
    "reissue_order", "release_order", "release_waiting", "reopen_by_code", "reopen_call",
    "rule_call", "score_answer", "take_back", "take_over_order", "tell_waiting",
    "withdraw_call", "withdraw_order", "withdraw_orders",
]  # fmt: skip
