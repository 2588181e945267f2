"""Needs, offers, plans and goods on their way; donations; prices that are watched."""

from gongzhi.supply.models.donations import (
    Donation,
    DonationClimb,
    DonorContact,
    Grade,
    Purchase,
)
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
    "Allocation", "Dispatch", "Donation", "DonationClimb", "DonorContact", "Grade", "Handover",
    "Invoice", "Item", "MatchRun", "Need", "NeedLine", "Offer", "PriceAppealClimb", "PriceFlag",
    "PriceLook", "PriceQuote", "PriceReport", "PriceVerdict", "Purchase", "Stock",
]  # fmt: skip
