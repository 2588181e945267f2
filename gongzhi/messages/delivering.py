"""Empty the outbox: take what is due, send it, write down what came of it.

The network is spoken to outside of any transaction. A delivery is taken with a lease first, so
that several deliverers share the work; if one breaks down between sending and writing, the lease
ends and it is sent again with the same key: at least once, and recognisable as the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import override

from gongzhi.actors.models import Person
from gongzhi.ledger.locks import taken
from gongzhi.messages.actions.delivering import Tried, record_tries
from gongzhi.messages.channels import TIMEOUT, NotSent, Outgoing, send
from gongzhi.messages.models import Contact, Delivery, Message
from gongzhi.messages.policies import CHANNEL_OF, leaves, setting
from gongzhi.messages.queries import contacts_of, deliveries_due
from gongzhi.messages.words import sentences

AT_ONCE = 50
"""Deliveries that one deliverer takes at a time."""
State = Delivery.State


@dataclass(frozen=True)
class Delivered:
    """What one go at the outbox did: tries that went out, and tries that failed."""

    sent: int
    failed: int

    @property
    def tried(self) -> int:
        """How many were tried."""
        return self.sent + self.failed

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.failed} failed"


def deliver_due(*, by: Person, now: datetime) -> Delivered:
    """Send what is due, up to fifty; `now` is the real time, by which robots' signatures live."""
    outgoing = _take(now)
    if not outgoing:
        return Delivered(0, 0)
    with httpx.Client(timeout=TIMEOUT) as web:
        tried = [_try(out, web, now) for out in outgoing]
    record_tries(tries=tried, by=by, now=now)
    sent = sum(not one.error for one in tried)
    return Delivered(sent, len(tried) - sent)


def _try(out: Outgoing, web: httpx.Client, now: datetime) -> Tried:
    try:
        went = send(out, settings.CHANNELS, web, now)
    except NotSent as failure:
        return Tried(out.delivery, out.attempt, str(failure), failure.again)
    return Tried(out.delivery, out.attempt, arrived=went.arrived, number=went.number)


def _take(now: datetime) -> list[Outgoing]:
    """Take what is due with a lease, and leave out what need not or must not leave."""
    with transaction.atomic():
        rows = list(taken(deliveries_due(now))[:AT_ONCE])
        contacts = _addresses(rows)
        fates: dict[Delivery.State, list[Delivery]] = defaultdict(list)
        for row in rows:
            fates[_fate(row, contacts, now)].append(row)
        for state, alike in fates.items():
            _move(alike, state, now)
        return [_outgoing(row, contacts[_holder(row)]) for row in fates[State.SENDING]]


def _move(rows: list[Delivery], state: Delivery.State, now: datetime) -> None:
    """Give deliveries their state; those that are sent now are leased for a while."""
    changes: dict[str, Any] = {"state": state}
    if state == State.SENDING:
        lease = timedelta(seconds=setting("retries", now)["lease_seconds"])
        changes |= {"next_try_at": now + lease, "attempts": F("attempts") + 1}
        for row in rows:
            row.attempts += 1
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(**changes)


Holder = tuple[int | None, int | None, str]


def _holder(row: Delivery) -> Holder:
    """Whose contact a delivery needs: the person's, or the unit's where it is to the unit."""
    person = row.message.person_id
    return person, None if person else row.message.unit_id, row.channel


def _addresses(rows: Sequence[Delivery]) -> dict[Holder, str]:
    persons = {row.message.person_id for row in rows if row.message.person_id is not None}
    found: dict[Holder, str] = {}
    for contact in contacts_of(persons, {row.message.unit_id for row in rows}):
        channel = CHANNEL_OF.get(Contact.ContactKind(contact.kind))
        if channel is not None:
            found[contact.person_id, contact.unit_id, channel] = contact.address
    return found


def _fate(row: Delivery, contacts: Container[Holder], now: datetime) -> Delivery.State:
    """What becomes of a delivery whose time has come."""
    message = row.message
    state = leaves(row.channel, exercise=message.exercise)
    old = now - message.made_at > timedelta(minutes=setting("too_old", now))
    needless = message.state != Message.State.UNREAD or _holder(row) not in contacts or old
    if row.state == State.SENDING:  # a try that told nothing: only time ends it
        return State.SENDING if state == State.QUEUED and not old else State.DEAD
    if state == State.QUEUED:
        return State.DROPPED if needless else State.SENDING
    return state


def _outgoing(row: Delivery, address: str) -> Outgoing:
    message = row.message
    language = message.person.language if message.person else settings.LANGUAGE_CODE
    with override(language):
        head, body = sentences(
            message.template, message.parameters, exercise=message.exercise, more=row.more
        )
    if settings.CHANNELS.address:
        body = f"{body}\n{settings.CHANNELS.address}/messages"
    return Outgoing(
        row.pk, row.attempts, row.channel, address, head, body, message.template, row.key
    )
