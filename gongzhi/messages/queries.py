"""The inbox of a person, the outbox of the house, and whom to phone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.actors.models import Person, Post, Role
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, charges_of, expose, visible
from gongzhi.command.models import Order, OrderVersion
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.locks import taken
from gongzhi.ledger.models import Entry
from gongzhi.messages.models import (
    CallDown,
    Contact,
    Delivery,
    DeliveryReport,
    Message,
    PhoneCall,
)
from gongzhi.parameters import names

MOST = 100
"""Units that one person is asked to phone at most."""
DONE = (Message.State.READ, Message.State.ACKNOWLEDGED)
WAITING = (Delivery.State.QUEUED, Delivery.State.RETRYING, Delivery.State.SENDING)
"""States in which a delivery is still to be done."""


def told_verbs() -> list[str]:
    """The verbs of the ledger that are told, as `parameters/messages.yaml` lists them."""
    return [name for name in names("messages") if "." in name]


def lines_after(place: int, verbs: Iterable[str], limit: int) -> tuple[list[Entry], int]:
    """Sealed lines of these verbs after a place in the log, and the place read up to."""
    last = Entry.objects.exclude(leaf_index=None).order_by("-leaf_index").first()
    end = last.leaf_index if last is not None and last.leaf_index is not None else -1
    if end <= place:
        return [], place
    found = Entry.objects.filter(leaf_index__gt=place, leaf_index__lte=end, verb__in=list(verbs))
    entries = list(found.order_by("leaf_index")[:limit])
    if len(entries) == limit:
        end = entries[-1].leaf_index or end
    return entries, max(end, place)


def people_of(units: Iterable[int], roles: Iterable[str], now: datetime) -> dict[int, list[int]]:
    """Numbers of the people on duty in each of these units, in these roles, at this moment."""
    wanted = set(roles) - {Role.CLOCK}
    found: dict[int, list[int]] = defaultdict(list)
    for numbers in batches(sorted(set(units))):
        posts = Post.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=now), unit__in=numbers, role__in=wanted,
            starts_at__lte=now, person__is_active=True,
        )  # fmt: skip
        for unit, person in posts.order_by("id").values_list("unit_id", "person_id"):
            if person not in found[unit]:
                found[unit].append(person)
    return found


def people_named(units: Iterable[int], now: datetime) -> dict[int, list[str]]:
    """Names of the people on duty in each of these units, for whoever phones there."""
    by_unit = people_of(units, Role.values, now)
    known: dict[int, str] = {}
    wanted = {number for found in by_unit.values() for number in found}
    for numbers in batches(sorted(wanted)):
        known |= Person.objects.filter(pk__in=numbers).values_list("pk", "name")
    return {unit: [known[n] for n in found] for unit, found in by_unit.items()}


# The inbox ------------------------------------------------------------------------------------


def inbox(by: Person, now: datetime) -> QuerySet[Message]:
    """The messages to a person, unread first, then the newest."""
    mine = Message.objects.filter(
        Q(person=by) | Q(person=None, unit__in=charges_of(by, now)), made_at__lte=now
    )
    last = F("read_at").desc(nulls_first=True)
    return mine.exclude(state=Message.State.SETTLED).select_related("unit").order_by(last, "-id")


def unread_count(by: Person) -> int:
    """How many messages to a person nobody has read: the figure beside the word Messages."""
    return Message.objects.filter(person=by, state=Message.State.UNREAD).count()


# The outbox -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class OutboxCounts:
    """How many deliveries of one channel stand in each state."""

    channel: str
    by_state: dict[str, int]


def outbox_counts(by: Person, now: datetime) -> list[OutboxCounts]:
    """The outbox of one's area in figures, channel by channel."""
    rows = visible(Delivery, by, now).order_by().values_list("channel", "state")
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for channel, state, number in rows.annotate(number=Count("id")):
        found[channel][state] = number
    return [OutboxCounts(channel, found[channel]) for channel in sorted(found)]


def outbox_troubles(by: Person, now: datetime) -> QuerySet[Delivery]:
    """Deliveries of one's area that were given up or failed at least once, the former first."""
    troubled = Q(state=Delivery.State.DEAD) | Q(state__in=WAITING, attempts__gt=0)
    found = visible(Delivery, by, now).filter(troubled)
    return found.select_related("message__person", "message__unit").order_by("state", "next_try_at")


def deliveries_due(now: datetime) -> QuerySet[Delivery]:
    """Deliveries whose time has come, among them tries that told nothing, longest due first."""
    due = Delivery.objects.filter(state__in=WAITING, next_try_at__lte=now)
    return due.select_related("message__person", "message__unit").order_by("next_try_at", "id")


def _of_report() -> Exists:
    """A filter: there is a delivery that a report may be about."""
    named = Q(key=OuterRef("reference")) | Q(given_number=OuterRef("reference"))
    return Exists(Delivery.objects.filter(named, channel=OuterRef("channel")))


def reports_to_apply(limit: int) -> list[DeliveryReport]:
    """Reports whose delivery is known, the oldest first; none that another deliverer holds."""
    return list(taken(DeliveryReport.objects.filter(_of_report()).order_by("id"))[:limit])


def deliveries_named(reports: Iterable[DeliveryReport]) -> dict[tuple[str, str], Delivery]:
    """The delivery that each channel and reference of these reports means, locked.

    A reference that several deliveries bear means none of them.
    """
    named: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("message__unit")
    for references in batches(sorted({one.reference for one in reports})):
        known = Q(key__in=references) | Q(given_number__in=references)
        for row in rows.filter(known).order_by("id"):
            for reference in {row.key, row.given_number} - {""}:
                named[row.channel, reference].append(row)
    return {reference: found[0] for reference, found in named.items() if len(found) == 1}


def contacts_of(persons: Iterable[int], units: Iterable[int]) -> list[Contact]:
    """The contacts of people and units that nobody found wrong."""
    found: list[Contact] = []
    for lookup, holders in (("person__in", persons), ("unit__in", units)):
        for numbers in batches(sorted(set(holders))):
            held = Contact.objects.filter(**{lookup: numbers}, wrong_at=None)
            found += held.order_by("id")
    return found


def contacts_to_set_anew(by: Person, now: datetime) -> list[Contact]:
    """Contacts found wrong that a person can set anew: their own, and those of their units."""
    wrong = Contact.objects.exclude(wrong_at=None).select_related("person", "unit")
    mine = Q(person=by) | Q(unit__in=charges_of(by, now))
    found = wrong.filter(mine).order_by("-wrong_at", "id")
    return [c for c in found if c.unit is None or may(by, "set_contact", c.unit, now)]


# The call-down list ---------------------------------------------------------------------------


def _read(unit: str, order: str = "order") -> Exists:
    """A filter: somebody of a unit has read what the order told it."""
    return Exists(
        Message.objects.filter(order=OuterRef(order), unit=OuterRef(unit), state__in=DONE)
    )


def call_downs_over() -> QuerySet[CallDown]:
    """Open call-downs whose order was answered, read there or by its addressee, or has moved on."""
    answered = ~Q(order__state=Order.State.ISSUED)
    elsewhere = OrderVersion.objects.filter(
        order=OuterRef("order"), replaced_at__gte=OuterRef("listed_at")
    ).exclude(unit=OuterRef("order__unit"))
    over = answered | Q(Exists(elsewhere)) | Q(_read("unit")) | Q(_read("order__unit"))
    found = CallDown.objects.filter(over, state=CallDown.State.OPEN)
    return found.select_related("order", "unit").order_by("id")


def unread_orders(since: datetime, limit: int) -> list[Order]:
    """Orders told before a moment that nobody in their unit has read, and nobody phones about.

    They are locked, and those another walker holds are left out.
    """
    listed = CallDown.objects.filter(
        Q(state=CallDown.State.OPEN) | Q(listed_at__gte=OuterRef("order__issued_at")),
        order=OuterRef("order"), unit=OuterRef("unit"),
    )  # fmt: skip
    told = Message.objects.filter(
        ~Exists(listed), ~_read("unit"), state=Message.State.UNREAD, order__isnull=False,
        made_at__lte=since, order__state=Order.State.ISSUED, unit=F("order__unit"), exercise=False,
    )  # fmt: skip
    numbers = dict.fromkeys(told.order_by("made_at", "id").values_list("order", flat=True)[:limit])
    orders = Order.objects.filter(pk__in=[n for n in numbers if n is not None])
    return list(taken(orders.select_related("unit").order_by("id")))


def call_downs_open(orders: Iterable[Order]) -> set[tuple[int, int]]:
    """Numbers of order and unit of what is on the list about these orders already."""
    found: set[tuple[int, int]] = set()
    for numbers in batches(sorted({order.pk for order in orders})):
        there = CallDown.objects.filter(state=CallDown.State.OPEN, order__in=numbers)
        found |= set(there.values_list("order_id", "unit_id"))
    return found


def call_downs_late(now: datetime) -> QuerySet[CallDown]:
    """Open call-downs whose unit was not reached in time."""
    late = CallDown.objects.filter(state=CallDown.State.OPEN, climb_at__lte=now)
    return late.select_related("order", "unit", "calling_unit").order_by("id")


@dataclass(frozen=True)
class UnitToPhone:
    """One unit on the call-down list with its unread orders; phoning it is one call for all."""

    call_downs: tuple[CallDown, ...]
    calls: tuple[PhoneCall, ...]

    @property
    def first(self) -> CallDown:
        """The call-down that climbs first."""
        return self.call_downs[0]


def call_down_list(by: Person, now: datetime) -> list[UnitToPhone]:
    """Units of one's area to be phoned about unread orders, the one that climbs first on top."""
    found = visible(CallDown, by, now).filter(state=CallDown.State.OPEN)
    grouped: dict[int, list[CallDown]] = defaultdict(list)
    for one in found.select_related("unit", "calling_unit", "order").order_by("climb_at", "id"):
        grouped[one.unit_id].append(one)
    recent = PhoneCall.objects.filter(unit__in=grouped, made_at__gte=now - timedelta(days=1))
    calls: dict[int, list[PhoneCall]] = defaultdict(list)
    for call in recent.select_related("made_by").order_by("-made_at", "-id"):
        calls[call.unit_id].append(call)
    return [UnitToPhone(tuple(downs), tuple(calls[unit])) for unit, downs in grouped.items()]


def numbers_to_call(unit: int, now: datetime) -> list[Contact]:
    """What can be dialled to reach a unit: its duty phones first, then the people on duty."""
    dialled = (Contact.ContactKind.PHONE, Contact.ContactKind.MOBILE)
    people = people_of([unit], Role.values, now).get(unit, [])
    known = [c for c in contacts_of(people, [unit]) if c.kind in dialled]
    return sorted(known, key=lambda c: (c.unit_id is None, dialled.index(c.kind), c.pk))


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: phone the units that have not read their orders."""
    mine = charges_of(by, now)
    units = [u for u in call_down_list(by, now) if u.first.calling_unit_id in mine][:MOST]
    return [
        Duty(
            title=_("Phone %(unit)s") % {"unit": unit.first.unit},
            where=str(unit.first.unit),
            due_at=unit.first.climb_at,
            why=ngettext(
                "%(number)s order there is unread.",
                "%(number)s orders there are unread.",
                len(unit.call_downs),
            )
            % {"number": len(unit.call_downs)},
            room="messages",
            verb="note_call",
            inputs={"call_down": unit.first.pk},
            subject=unit.first.ref,
        )
        for unit in units
        if may(by, "phone_unread", unit.first.calling_unit, now)
    ]


expose(
    "messages", messages=Message, deliveries=Delivery, contacts=Contact, call_downs=CallDown,
    phone_calls=PhoneCall,
)  # fmt: skip
