"""Tell what happened, deliver it, note who read it, phone whoever did not."""

from gongzhi.messages.actions.contacts import read_contact, remove_contact, set_contact
from gongzhi.messages.actions.delivering import record_tries, try_again
from gongzhi.messages.actions.inbox import acknowledge_message, read_message
from gongzhi.messages.actions.phoning import (
    climb_unread,
    end_call_downs,
    list_unread,
    note_call,
)  # fmt: skip
from gongzhi.messages.actions.reports import apply_reports, take_reports
from gongzhi.messages.actions.telling import follow_ledger

__all__ = [
    "acknowledge_message", "apply_reports", "climb_unread", "end_call_downs", "follow_ledger",
    "list_unread", "note_call", "read_contact", "read_message", "record_tries", "remove_contact",
    "set_contact", "take_reports", "try_again",
]  # fmt: skip
