"""What can be done in this room: state, count, plan, approve, send, hand over, receive."""

from gongzhi.supply.actions.catalogue import load_catalogue
from gongzhi.supply.actions.dispatching import dispatch, hand_over, mark_lost, receive_goods
from gongzhi.supply.actions.matching import approve_match, match, rematch_due
from gongzhi.supply.actions.needs import (
    NeedDraft,
    confirm_amount,
    estimate_need,
    raise_quiet_needs,
    state_need,
    state_needs,
    withdraw_need,
)
from gongzhi.supply.actions.offers import OfferDraft, state_offer, state_offers, withdraw_offer
from gongzhi.supply.actions.ordered import state_needs_of_orders
from gongzhi.supply.actions.stock import StockDraft, count_stock, count_stocks

__all__ = [
    "NeedDraft",
    "OfferDraft",
    "StockDraft",
    "approve_match",
    "confirm_amount",
    "count_stock",
    "count_stocks",
    "dispatch",
    "estimate_need",
    "hand_over",
    "load_catalogue",
    "mark_lost",
    "match",
    "raise_quiet_needs",
    "receive_goods",
    "rematch_due",
    "state_need",
    "state_needs",
    "state_needs_of_orders",
    "state_offer",
    "state_offers",
    "withdraw_need",
    "withdraw_offer",
]
