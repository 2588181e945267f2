"""The inbox of a person, the call-down list of a duty officer, and the outbox of the house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gongzhi.actors.policies import check_may, may
from gongzhi.actors.queries import find
from gongzhi.errors import NotNow
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.reading import address_of, address_of_ref, number_in
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.messages.queries import (
    Delivery,
    Message,
    PhoneCall,
    UnitToPhone,
    call_down_list,
    contacts_to_set_anew,
    inbox,
    numbers_to_call,
    outbox_counts,
    outbox_troubles,
    people_named,
)
from gongzhi.messages.words import sentences

SHOWN = 100
READ, ACKNOWLEDGE = "read_message", "acknowledge_message"


@dataclass(frozen=True)
class Line:
    """One message in the inbox: its sentences, its record, and what its reader can still do."""

    message: Message
    head: str
    body: str
    href: str

    @property
    def is_new(self) -> bool:
        """Whether it is unread."""
        return self.message.state == Message.State.UNREAD

    @property
    def is_open(self) -> bool:
        """Whether it can still be acknowledged."""
        return Message.State.ACKNOWLEDGED in Message.MOVES[Message.State(self.message.state)]


def _line(message: Message) -> Line:
    head, body = sentences(message.template, message.parameters, exercise=message.exercise)
    return Line(message, head, body, address_of_ref(message.subject))


@page
def read_inbox(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The messages to the reader: unread first."""
    found = list(inbox(reader.by, reader.now)[: SHOWN + 1])
    lines = [_line(message) for message in found[:SHOWN]]
    context = {
        "lines": lines,
        "total": sum(line.is_new for line in lines),
        "hidden": len(found) > SHOWN,
        "wrong": contacts_to_set_anew(reader.by, reader.now),
    }
    return show(request, "messages/inbox.html", context, now=reader.now)


@require_POST
@page
def mark(request: HttpRequest, reader: Reader, verb: str) -> HttpResponse:
    """Mark messages as read or acknowledged, and go where the reader wanted to go."""
    if verb not in (READ, ACKNOWLEDGE):
        raise Http404
    deed, wanted = deed_named("messages", verb), reverse("console:messages")
    for number in request.POST.getlist("message")[:SHOWN]:
        try:
            perform(deed, {"message": number}, reader.by, reader.now)
        except NotNow:
            if verb == ACKNOWLEDGE:
                raise  # a message that somebody else has read meanwhile is read
        if request.POST.get("then") == "open":
            message = find(Message, number, reader.by, reader.now)
            wanted = address_of_ref(message.subject) or wanted
    return HttpResponseRedirect(wanted)


# The call-down list -----------------------------------------------------------------------------


@dataclass(frozen=True)
class ToPhone:
    """One unit to be phoned: its orders, who is on duty there, and whether the reader phones."""

    unit: UnitToPhone
    orders: tuple[tuple[str, str], ...]
    people: tuple[str, ...]
    phones: bool


def _to_phone(unit: UnitToPhone, people: dict[int, list[str]], reader: Reader) -> ToPhone:
    orders = tuple((str(one.order), address_of(one.order)) for one in unit.call_downs)
    phones = may(reader.by, "phone_unread", unit.first.calling_unit, reader.now)
    return ToPhone(unit, orders, tuple(people.get(unit.first.unit_id, ())), phones)


@page
def read_call_down(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Units of the reader's area that have not read an order, the one that climbs first on top."""
    return _call_down(request, reader)


def _call_down(
    request: HttpRequest, reader: Reader, shown: int = 0, numbers: Any = ()
) -> HttpResponse:
    units = call_down_list(reader.by, reader.now)
    people = people_named([unit.first.unit_id for unit in units], reader.now)
    context = {
        "lines": [_to_phone(unit, people, reader) for unit in units[:SHOWN]],
        "hidden": max(0, len(units) - SHOWN),
        "results": [(n, r.value, r.label) for n, r in enumerate(PhoneCall.Result, 1)],
        "shown": shown,
        "numbers": numbers,
        "total": len(units),
    }
    return show(request, "messages/call_down.html", context, now=reader.now)


@never_cache
@require_POST
@page
def show_numbers(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The numbers of one unit on the list, on this page only; each look is written down."""
    units = {unit.first.unit_id: unit for unit in call_down_list(reader.by, reader.now)}
    number = number_in(request.POST.get("unit", ""))
    if number not in units:
        raise Http404
    check_may(reader.by, "phone_unread", units[number].first.calling_unit, reader.now)
    deed = deed_named("messages", "read_contact")
    found = [
        perform(deed, {"point": contact.pk}, reader.by, reader.now)
        for contact in numbers_to_call(number, reader.now)
    ]
    return _call_down(request, reader, shown=number, numbers=found)


@require_POST
@page
def note(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Note what came of a call, and go on with the list."""
    given = {name: request.POST.get(name, "") for name in ("call_down", "outcome", "note")}
    made = perform(deed_named("messages", "note_call"), given, reader.by, reader.now)
    flash.success(
        request,
        _("Noted: %(unit)s, %(result)s.")
        % {"unit": made.unit, "result": made.get_result_display()},
    )
    return HttpResponseRedirect(reverse("console:call_down"))


# The outbox -------------------------------------------------------------------------------------

STATES = tuple(Delivery.State)


@page
def read_outbox(request: HttpRequest, reader: Reader) -> HttpResponse:
    """How the outbox of the reader's area stands, channel by channel, and what goes wrong."""
    counts = {c.channel: c.by_state for c in outbox_counts(reader.by, reader.now)}
    troubles = list(outbox_troubles(reader.by, reader.now)[: SHOWN + 1])
    ways = settings.CHANNELS.open()
    rows = [
        (label, value in ways, [(s.label, counts.get(value, {}).get(s, 0)) for s in STATES])
        for value, label in Delivery.channel.field.choices
    ]
    context = {
        "states": [s.label for s in STATES],
        "rows": rows,
        "ways_out": bool(ways),
        "troubles": [
            (one, _line(one.message), one.state == Delivery.State.DEAD
             and may(reader.by, "run_messages", one.message.unit, reader.now))
            for one in troubles[:SHOWN]
        ],
        "hidden": len(troubles) > SHOWN,
    }  # fmt: skip
    return show(request, "messages/outbox.html", context, now=reader.now)


@require_POST
@page
def again(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Let a delivery that was given up be tried again."""
    given = {"delivery": request.POST.get("delivery", "")}
    perform(deed_named("messages", "try_again"), given, reader.by, reader.now)
    return HttpResponseRedirect(reverse("console:outbox"))


urlpatterns = [
    path("messages", read_inbox, name="messages"),
    path("messages/mark/<slug:verb>", mark, name="mark_messages"),
    path("messages/phone", read_call_down, name="call_down"),
    path("messages/phone/noted", note, name="note_call"),
    path("messages/phone/numbers", show_numbers, name="show_numbers"),
    path("messages/outbox", read_outbox, name="outbox"),
    path("messages/outbox/again", again, name="try_again"),
]
