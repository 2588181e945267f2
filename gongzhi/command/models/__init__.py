"""Contingency plans, the orders they compile to, and calls of a street."""

from gongzhi.command.models.calls import CallAnswer, Says, StreetCall
from gongzhi.command.models.climbs import Climb
from gongzhi.command.models.orders import Order
from gongzhi.command.models.plans import Activation, ContingencyPlan, in_language

__all__ = [
    "Activation", "CallAnswer", "Climb", "ContingencyPlan", "Order", "Says", "StreetCall",
    "in_language",
]  # fmt: skip
