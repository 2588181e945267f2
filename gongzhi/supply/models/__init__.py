"""Needs, lists as written, offers, plans, goods on their way and their passes; prices watched."""

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
from gongzhi.supply.models.lists import ListPart, NeedList
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
    "Allocation", "Dispatch", "Handover", "Invoice", "Item", "ListPart", "MatchRun", "Need",
    "NeedLine", "NeedList", "Offer", "PriceAppealClimb", "PriceFlag", "PriceLook", "PriceQuote", "PriceReport",
    "PriceVerdict", "Stock", "TransportPass",
]  # fmt: skip
