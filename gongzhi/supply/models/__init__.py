"""Needs, lists as written, offers, plans, goods on their way, donations; prices watched."""

from gongzhi.supply.models.donations import (
    Donation,
    DonationClimb,
    DonationGrade,
    DonorContact,
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
    "Allocation",
    "Dispatch",
    "Donation",
    "DonationClimb",
    "DonationGrade",
    "DonorContact",
    "Handover",
    "Invoice",
    "Item",
    "ListPart",
    "MatchRun",
    "Need",
    "NeedLine",
    "NeedList",
    "Offer",
    "PriceAppealClimb",
    "PriceFlag",
    "PriceLook",
    "PriceQuote",
    "PriceReport",
    "PriceVerdict",
    "Purchase",
    "Stock",
    "TransportPass",
]  # fmt: skip
