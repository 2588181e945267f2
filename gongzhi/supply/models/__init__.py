"""Needs, offers, plans and goods on their way, transport passes; prices that are watched."""

from gongzhi.supply.models.goods import (
    Allocation,
    Dispatch,
    Handover,
    Item,
    MatchRun,
    Need,
    NeedLine,
    Offer,
    Stock,
)
from gongzhi.supply.models.passes import TransportPass
from gongzhi.supply.models.prices import (
    Invoice,
    PriceAppealClimb,
    PriceFlag,
    PriceLook,
    PriceQuote,
    PriceReport,
    PriceVerdict,
)

__all__ = [
    "Allocation", "Dispatch", "Handover", "Invoice", "Item", "MatchRun", "Need", "NeedLine",
    "Offer", "PriceAppealClimb", "PriceFlag", "PriceLook", "PriceQuote", "PriceReport",
    "PriceVerdict", "Stock", "TransportPass",
]  # fmt: skip
