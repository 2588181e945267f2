"""What the rounds tell people: the messages made, to whom, and how they read."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import override

from gongzhi.ledger.actions import seal
from gongzhi.messages.actions import follow_ledger
from gongzhi.messages.models import Message
from gongzhi.messages.words import sentences
from tests.rooms.cast import START, City


def told(city: City, now: datetime = START) -> list[Message]:
    """The messages that the next round makes."""
    before = set(Message.objects.values_list("pk", flat=True))
    seal(now=now)
    follow_ledger(by=city.person("founder"), now=now)
    new = Message.objects.exclude(pk__in=before).select_related("person", "unit")
    return list(new.order_by("id"))


def to(messages: list[Message]) -> list[str]:
    """Log-in names of whom these messages are to, or the unit's code in brackets."""
    return sorted(m.person.login if m.person else f"[{m.unit.code}]" for m in messages)


def english(message: Message) -> tuple[str, str]:
    with override("en"):
        return sentences(message.template, message.parameters)
