"""Contingency plans, the orders they compile to, calls, whose duty what is, exercises held."""

from gongzhi.command.models.calls import CallAnswer, CallReport, Says, StreetCall
from gongzhi.command.models.climbs import Climb
from gongzhi.command.models.duties import LEVELS, DutiesMatrix, DutyRow
from gongzhi.command.models.exercises import Exercise
from gongzhi.command.models.orders import Order, OrderVersion
from gongzhi.command.models.plans import (
    Activation,
    ContingencyPlan,
    Phase,
    WindDown,
    in_language,
)
from gongzhi.command.models.proofs import Photo, Proof

__all__ = [
    "LEVELS", "Activation", "CallAnswer", "CallReport", "Climb", "ContingencyPlan",
    "DutiesMatrix", "DutyRow", "Exercise", "Order", "OrderVersion", "Phase", "Photo", "Proof",
    "Says", "StreetCall", "WindDown", "in_language",
]  # fmt: skip
