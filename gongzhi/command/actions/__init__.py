"""The verbs of this room: plans become orders, orders are carried out, streets call."""

from gongzhi.command.actions.calls import (
    answer_call,
    arrive,
    close_call,
    finish_answer,
    raise_call,
    rule_call,
    score_answer,
)
from gongzhi.command.actions.clock import climb_late_orders, climb_silent_answers
from gongzhi.command.actions.exercises import ExerciseHeld, record_exercise
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
from gongzhi.command.actions.plans import activate_plan, adopt_plan
from gongzhi.command.actions.waiting import release_waiting, tell_waiting

__all__ = [
    "ExerciseHeld", "accept_order", "activate_plan", "adopt_plan", "answer_call", "arrive",
    "climb_late_orders", "climb_silent_answers", "close_call", "extend_order", "fail_order",
    "finish_answer", "finish_order", "give_order", "raise_call", "record_exercise",
    "reissue_order", "release_order", "release_waiting", "rule_call", "score_answer",
    "tell_waiting", "withdraw_order", "withdraw_orders",
]  # fmt: skip
