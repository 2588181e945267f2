"""Say that a message is read, or taken on."""

from __future__ import annotations

from datetime import datetime

from gongzhi.actors.models import Person
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.messages.models import Message
from gongzhi.messages.policies import check_can_acknowledge, check_is_mine, check_unread


@deed()
def read_message(*, message: Message, by: Person, now: datetime) -> Message:
    """Say that you have read a message."""
    check_is_mine(message, by, now)
    check_unread(message)
    message.change(state=Message.State.READ, read_by=by, read_at=now)
    append(
        verb="messages.read_message", subject=message, place=message.unit, by=by, now=now,
        about=message.subject,
    )  # fmt: skip
    return message


@deed()
def acknowledge_message(*, message: Message, by: Person, now: datetime) -> Message:
    """Say by name that you have understood a message and see to it."""
    check_is_mine(message, by, now)
    check_can_acknowledge(message)
    read = {"read_by": by, "read_at": now} if message.read_at is None else {}
    message.change(state=Message.State.ACKNOWLEDGED, acknowledged_at=now, **read)
    append(
        verb="messages.acknowledge_message", subject=message, place=message.unit, by=by, now=now,
        about=message.subject,
    )  # fmt: skip
    return message
