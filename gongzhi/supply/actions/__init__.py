"""What can be done in this room: state, count, plan, approve, send, receive; watch prices."""

from gongzhi.supply.actions.catalogue import load_catalogue
from gongzhi.supply.actions.dispatching import dispatch, hand_over, mark_lost, receive_goods
from gongzhi.supply.actions.donating import (
    announce_donation,
    climb_donations,
    forget_donors,
    spend_donation,
    take_in_donation,
    triage_donation,
)
from gongzhi.supply.actions.lists import (
    PartDraft,
    confirm_list,
    drop_part,
    end_stale_lists,
    hand_in_list,
    name_part,
    read_list,
    remind_of_lists,
)
from gongzhi.supply.actions.matching import approve_match, match, rematch_due
from gongzhi.supply.actions.needs import (
    NeedDraft,
    change_amount,
    confirm_amount,
    estimate_need,
    raise_quiet_needs,
    state_need,
    state_needs,
    withdraw_need,
)
from gongzhi.supply.actions.offers import OfferDraft, state_offer, state_offers, withdraw_offer
from gongzhi.supply.actions.ordered import state_needs_of_orders
from gongzhi.supply.actions.passing import issue_transport_pass, revoke_transport_pass
from gongzhi.supply.actions.price_flags import (
    InvoiceDraft,
    appeal_price_report,
    ask_invoices,
    call_on_price_report,
    climb_price_appeals,
    decide_price_appeal,
    hand_in_invoices,
    judge_price,
)
from gongzhi.supply.actions.prices import PriceDraft, record_prices, watch_prices
from gongzhi.supply.actions.stock import StockDraft, count_stock, count_stocks

__all__ = [
    "InvoiceDraft",
    "NeedDraft",
    "OfferDraft",
    "PartDraft",
    "PriceDraft",
    "StockDraft",
    "announce_donation",
    "appeal_price_report",
    "approve_match",
    "ask_invoices",
    "call_on_price_report",
    "change_amount",
    "climb_donations",
    "climb_price_appeals",
    "confirm_amount",
    "confirm_list",
    "count_stock",
    "count_stocks",
    "decide_price_appeal",
    "dispatch",
    "drop_part",
    "end_stale_lists",
    "estimate_need",
    "forget_donors",
    "hand_in_invoices",
    "hand_in_list",
    "hand_over",
    "issue_transport_pass",
    "judge_price",
    "load_catalogue",
    "mark_lost",
    "match",
    "name_part",
    "raise_quiet_needs",
    "read_list",
    "receive_goods",
    "record_prices",
    "rematch_due",
    "remind_of_lists",
    "revoke_transport_pass",
    "spend_donation",
    "state_need",
    "state_needs",
    "state_needs_of_orders",
    "state_offer",
    "state_offers",
    "take_in_donation",
    "triage_donation",
    "watch_prices",
    "withdraw_need",
    "withdraw_offer",
]
