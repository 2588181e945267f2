"""Contingency plans, the orders they compile to, calls of a street, exercises held."""

from gongzhi.command.models.calls import CallAnswer, Says, StreetCall
from gongzhi.command.models.climbs import Climb
from gongzhi.command.models.exercises import Exercise
from gongzhi.command.models.orders import Order
from gongzhi.command.models.plans import Activation, ContingencyPlan, in_language

__all__ = [
    "Activation", "CallAnswer", "Climb", "ContingencyPlan", "Exercise", "Order", "Says",
    "StreetCall", "in_language",
]  # fmt: skip
