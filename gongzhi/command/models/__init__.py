"""Contingency plans, the orders they compile to, calls, and whose duty what is."""

from gongzhi.command.models.calls import CallAnswer, CallReport, Says, StreetCall
from gongzhi.command.models.climbs import Climb
from gongzhi.command.models.duties import LEVELS, DutiesMatrix, DutyRow
from gongzhi.command.models.orders import Order
from gongzhi.command.models.plans import Activation, ContingencyPlan, in_language
from gongzhi.command.models.proofs import Photo, Proof

__all__ = [
    "LEVELS", "Activation", "CallAnswer", "CallReport", "Climb", "ContingencyPlan",
    "DutiesMatrix", "DutyRow", "Order", "Photo", "Proof", "Says", "StreetCall", "in_language",
]  # fmt: skip
