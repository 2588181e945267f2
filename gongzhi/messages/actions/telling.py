"""Follow the ledger: each new line of a verb that is told becomes messages, once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime

from gongzhi.actors.models import Person
from gongzhi.actors.queries import root_unit
from gongzhi.command.models import CallAnswer
from gongzhi.command.queries.replayed import numbers_named
from gongzhi.ledger.actions import append
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import taken
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import number_in
from gongzhi.messages.concerned import CONCERNED, SETTLED_BY
from gongzhi.messages.lines import Concern, facts_of
from gongzhi.messages.models import Bookmark, Contact, Delivery, Message
from gongzhi.messages.policies import CHANNEL_OF, after_quiet, leaves, setting
from gongzhi.messages.queries import (
    WAITING,
    contacts_of,
    lines_after,
    people_of,
    told_verbs,
)
from gongzhi.messages.words import in_all_languages
from gongzhi.parameters import parameter

LINES_AT_ONCE = 2_000
"""Lines of the ledger read in one go; a round later come the next."""
ROWS = 1000


@deed(by_hand=False)
def follow_ledger(*, by: Person, now: datetime) -> int:
    """Turn every sealed line that is not yet told into messages for the people it concerns.

    The place read up to is kept in the same transaction as the messages: after a break-down
    nothing is missed and nothing told twice. Returns how many messages were made.
    """
    Bookmark.objects.get_or_create(id=1)
    mark = taken(Bookmark.objects.filter(id=1)).first()
    if mark is None:  # somebody else is reading on at this moment
        return 0
    entries, place = lines_after(mark.leaf_index, {*told_verbs(), *SETTLED_BY}, LINES_AT_ONCE)
    made, leaving = _tell(entries, now)
    _settle(entries)
    if place != mark.leaf_index:
        mark.change(leaf_index=place)
    if made:
        root = root_unit()
        append(
            verb="messages.follow_ledger", subject=mark, place=root, by=by, now=now,
            upto=place, messages=made, deliveries=leaving,
        )  # fmt: skip
    return made


@dataclass
class Telling:
    """The messages of one kind of line, and the deliveries they need, before they are written."""

    now: datetime
    rule: dict[str, Any]
    messages: list[Message] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


def _tell(entries: Sequence[Entry], now: datetime) -> tuple[int, int]:
    """Write the messages of these lines; returns how many, and how many deliveries with them."""
    since = now - timedelta(minutes=setting("too_old", now))
    alike: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.verb in CONCERNED and entry.at > since:
            alike[entry.verb].append(entry)
    made = leaving = 0
    for told, concerns in _by_rule(alike, now):
        _address(told, concerns)
        Message.objects.bulk_create(told.messages, batch_size=ROWS)
        Delivery.objects.bulk_create(told.deliveries, batch_size=ROWS)
        made += len(told.messages)
        leaving += len(told.deliveries)
    return made, leaving


def _by_rule(
    lines: Mapping[str, Sequence[Entry]], now: datetime
) -> Iterator[tuple[Telling, list[Concern]]]:
    """Whom these lines concern, together with those who are told by the same rule."""
    alike: dict[tuple[str, str], list[Concern]] = defaultdict(list)
    for verb, entries in lines.items():
        for concern in CONCERNED[verb](entries):
            alike[concern.rule or verb, concern.power].append(concern)
    for (rule, power), concerns in alike.items():
        said = setting(rule, now)
        yield Telling(now, {**said, "power": power or said["power"]}), concerns


def _address(told: Telling, concerns: Sequence[Concern]) -> None:
    """One message for each person on duty in a unit concerned, and for the unit where needed."""
    power = f"powers.{told.rule['power']}"
    roles = parameter(power, localtime(told.now).date()).value["roles"]
    people = people_of((c.unit.pk for c in concerns), roles, told.now)
    named = {concern.person for concern in concerns if concern.person is not None}
    contacts = contacts_of(
        {number for unit in people.values() for number in unit} | named,
        {c.unit.pk for c in concerns},
    )
    ways = _ways(contacts)
    all_words = in_all_languages([c.words for c in concerns])
    to_each: dict[tuple[int, int | None, int], list[Message]] = defaultdict(list)
    seen: set[tuple[int, str, int]] = set()
    for concern, words in zip(concerns, all_words, strict=True):
        persons: list[int | None] = [*people.get(concern.unit.pk, ())]
        if not persons or ways.get((None, concern.unit.pk)):
            persons.append(None)
        if concern.person is not None:
            persons = [concern.person]
        for person in persons:
            key = (concern.entry.pk, concern.record.ref, person or -concern.unit.pk)
            if key not in seen:
                seen.add(key)
                message = _message(concern, words, person, told)
                told.messages.append(message)
                to_each[concern.entry.pk, person, concern.unit.pk].append(message)
    _deliver(told, to_each, ways)


def _message(concern: Concern, words: dict[str, Any], person: int | None, told: Telling) -> Message:
    return Message(
        entry=concern.entry, verb=concern.entry.verb, subject=concern.record.ref,
        order=concern.order, unit=concern.unit, person_id=person, parameters=words,
        template=concern.template or told.rule["template"], urgency=told.rule["urgency"],
        made_at=told.now, exercise=settings.EXERCISE is not None,
    )  # fmt: skip


def _ways(contacts: Iterable[Contact]) -> dict[tuple[int | None, int | None], set[str]]:
    """By which channels each person and each unit can be written to."""
    found: dict[tuple[int | None, int | None], set[str]] = defaultdict(set)
    for contact in contacts:
        channel = CHANNEL_OF.get(Contact.ContactKind(contact.kind))
        if channel is not None:
            found[contact.person_id, contact.unit_id].add(channel)
    return found


def _deliver(
    told: Telling,
    to_each: dict[tuple[int, int | None, int], list[Message]],
    ways: dict[tuple[int | None, int | None], set[str]],
) -> None:
    """Queue what leaves: of many messages of one line to one person only the first, and a count."""
    for (_entry, person, unit), messages in to_each.items():
        first = messages[0]
        held = ways.get((person, None) if person else (None, unit), set())
        for channel in told.rule["channels"]:
            state = leaves(channel, exercise=first.exercise)
            if channel in held and state != Delivery.State.DROPPED:
                told.deliveries.append(
                    Delivery(
                        message=first, channel=channel, key=_key(first, channel), state=state,
                        more=len(messages) - 1,
                        next_try_at=after_quiet(first.urgency, told.now),
                    )
                )  # fmt: skip


def _key(message: Message, channel: str) -> str:
    """What stays the same however often a delivery is tried: the other side may know it again."""
    told = f"{message.entry_id}/{message.subject}/{message.person_id}/{message.unit_id}/{channel}"
    return hashlib.sha256(told.encode()).hexdigest()[:40]


def _settle(entries: Iterable[Entry]) -> None:
    """Earlier messages about what was dealt with meanwhile are unread by nobody any more."""
    for entry in entries:
        if entry.verb in SETTLED_BY:
            _settle_about(entry, subject=entry.subject)
        if entry.verb == "command.withdraw_call":
            answers = CallAnswer.objects.filter(call=number_in(entry.subject)).order_by("id")
            _settle_about(entry, subject__in=[answer.ref for answer in answers])
        if entry.verb == "command.withdraw_orders":
            for numbers in batches(numbers_named(facts_of(entry)["orders"])):
                _settle_about(entry, order__in=numbers)


def _settle_about(entry: Entry, **about: Any) -> None:
    earlier = Message.objects.filter(
        **about, state=Message.State.UNREAD, entry__leaf_index__lt=entry.leaf_index
    )
    needless = Delivery.objects.filter(
        message__in=earlier.values("pk"), state__in=WAITING, attempts=0
    )
    needless.update(state=Delivery.State.DROPPED)
    # Asked for in the statement itself: who reads it at this moment has read it.
    unread = Message.objects.filter(state=Message.State.UNREAD, pk__in=earlier.values("pk"))
    unread.update(state=Message.State.SETTLED)
