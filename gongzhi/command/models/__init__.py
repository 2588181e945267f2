"""Contingency plans, the orders they compile to, and calls of a street."""

from gongzhi.command.models.calls import CallAnswer, Says, StreetCall
from gongzhi.command.models.climbs import Climb
from gongzhi.command.models.orders import Order, OrderVersion
from gongzhi.command.models.plans import (
    Activation,
    ContingencyPlan,
    Phase,
    WindDown,
    in_language,
)

__all__ = [
    "Activation", "CallAnswer", "Climb", "ContingencyPlan", "Order", "OrderVersion", "Phase",
    "Says", "StreetCall", "WindDown", "in_language",
]  # fmt: skip
