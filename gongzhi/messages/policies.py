"""Whether a message may leave and when, and what contacts, messages and call-downs allow."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may, may
from gongzhi.actors.queries import charges_of, posts_of
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.messages.models import CallDown, Channel, Contact, Delivery, Message, Urgency
from gongzhi.parameters import parameter

# What leaves the house ------------------------------------------------------------------------

_only_in_app: ContextVar[bool] = ContextVar("only_in_app", default=False)


@contextmanager
def only_in_app() -> Iterator[None]:
    """Within this, messages reach the inbox and nothing else: the clock is a simulated one."""
    token = _only_in_app.set(True)
    try:
        yield
    finally:
        _only_in_app.reset(token)


def clock_is_simulated() -> bool:
    """Whether a replay or a demo moves the clock: then nobody sits at an inbox or a telephone."""
    return _only_in_app.get()


def leaves(channel: str, *, exercise: bool) -> Delivery.State:
    """The one answer to whether a message may leave by a channel: the state its delivery takes.

    Held in an exercise, whatever is configured; dropped where the channel is shut; else queued.
    """
    if exercise:
        return Delivery.State.HELD
    shut = _only_in_app.get() or channel not in settings.CHANNELS.open()
    return Delivery.State.DROPPED if shut else Delivery.State.QUEUED


def takes_reports() -> bool:
    """Whether reports of deliveries are taken: not in an exercise and not in a replay."""
    return settings.EXERCISE is None and not _only_in_app.get()


def check_takes_reports() -> None:
    """Nothing leaves an exercise, so nothing can be reported of it."""
    if not takes_reports():
        raise NotNow(
            _("Nothing leaves an exercise or a replay, and no report is taken. Give it to the "
              "house itself.")
        )  # fmt: skip


def setting(name: str, now: datetime) -> Any:
    """A value of `parameters/messages.yaml` in force now."""
    return parameter(f"messages.{name}", localtime(now).date()).value


def after_quiet(urgency: str, at: datetime) -> datetime:
    """The first moment from `at` on that is outside the quiet hours of an urgency."""
    hours = setting("quiet_hours", at)[Urgency(urgency)]
    here = localtime(at)
    if hours is None:
        return at
    start, end = hours["from"], hours["until"]
    quiet = start <= here.hour or here.hour < end if start > end else start <= here.hour < end
    if not quiet:
        return at
    morning = here.replace(hour=end, minute=0, second=0, microsecond=0)
    return (morning if morning > here else morning + timedelta(days=1)).astimezone(at.tzinfo)


def wait_after(key: str, tries: int, now: datetime) -> timedelta:
    """How long to wait after so many tries: doubled each time, and spread by the delivery's key.

    The spread (between half and the whole) keeps deliveries that failed together from coming
    back together; it is derived from the key, so that a replay waits as long. Source of the
    idea: M. Brooker, "Exponential Backoff And Jitter" (2015), the variant "equal jitter".
    """
    rule = setting("retries", now)
    whole = min(rule["first_seconds"] * 2 ** (tries - 1), rule["most_seconds"])
    drawn = int.from_bytes(hashlib.sha256(f"{key}/{tries}".encode()).digest()[:4], "big")
    return timedelta(seconds=whole * (1 + drawn / 2**32) / 2)


# Messages -------------------------------------------------------------------------------------


def check_is_mine(message: Message, by: Person, now: datetime) -> None:
    """A message is read by the person it is to; one to a unit by anybody of the unit."""
    mine = message.person_id == by.pk
    if message.person_id is None:
        mine = message.unit_id in charges_of(by, now)
    if not mine:
        raise NotAllowed(
            _("This message is to %(whom)s. Only they can say that they have read it.")
            % {"whom": message.person or message.unit}
        )


def check_unread(message: Message) -> None:
    """A message is read once."""
    if Message.State.READ not in Message.MOVES[Message.State(message.state)]:
        raise NotNow(_("You have read this message already. There is nothing left to do."))


def check_can_acknowledge(message: Message) -> None:
    """A message is acknowledged once, as long as it asks for something."""
    if Message.State.ACKNOWLEDGED not in Message.MOVES[Message.State(message.state)]:
        raise NotNow(
            _("This message is done with (%(state)s). There is nothing left to acknowledge.")
            % {"state": message.get_state_display()}
        )


def check_can_try(delivery: Delivery) -> None:
    """Only what was given up is tried again by hand."""
    if delivery.state != Delivery.State.DEAD:
        raise NotNow(
            _("This delivery was not given up (%(state)s). It needs no help.")
            % {"state": delivery.get_state_display()}
        )


# Contacts -------------------------------------------------------------------------------------

Kind = Contact.ContactKind
FORMS = {
    Kind.MOBILE: re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]"),
    Kind.PHONE: re.compile(r"\+?[0-9][0-9 -]{1,18}[0-9]"),
    Kind.EMAIL: re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
}


def check_address(kind: str, address: str, unit: Unit | None) -> None:
    """A number, an address or the name of a robot must be one; robots belong to units."""
    if kind == Kind.ROBOT:
        check_robot(address, unit)
    elif not FORMS[Kind(kind)].fullmatch(address):
        text = _("This is no %(kind)s. Write it as one would dial or write it.")
        text %= {"kind": Kind(kind).label}
        raise Malformed(text, details={"address": text})


def check_robot(name: str, unit: Unit | None) -> None:
    """A robot is named as the settings name it: its address and key stand only there."""
    if unit is None:
        text = _("A chat robot speaks to a group. Give it to a unit, not to yourself.")
        raise Malformed(text, details={"unit": text})
    known = sorted(settings.CHANNELS.robots)
    if name not in known:
        text = _("No robot of this name is set up here. The robots are: %(names)s.")
        text %= {"names": ", ".join(known) or "–"}
        raise Malformed(text, details={"address": text})


def check_may_change(contact: Contact, by: Person, now: datetime) -> None:
    """One's own contacts are one's own; a unit's are changed by whoever may."""
    if contact.unit is not None:
        check_may(by, "set_contact", contact.unit, now)
    elif contact.person_id != by.pk:
        raise NotAllowed(_("This is somebody else's. Only they can change it."))


def check_may_read(contact: Contact, by: Person, now: datetime) -> Unit:
    """Who phones units may see the numbers of units and people below. Returns for which unit."""
    if contact.unit is not None:
        check_may(by, "phone_unread", contact.unit, now)
        return contact.unit
    person = contact.person
    units = [post.unit for post in posts_of(person, now)] if person else []
    allowed = [unit for unit in units if may(by, "phone_unread", unit, now)]
    if allowed:
        check_may(by, "phone_unread", allowed[0], now)
        return allowed[0]
    if units and contact.person_id == by.pk:
        return units[0]
    raise NotAllowed(
        _("Numbers are shown to those who phone units about unread orders. Ask your duty officer.")
    )


# Call-downs -----------------------------------------------------------------------------------


def check_can_note(call_down: CallDown) -> None:
    """What came of phoning is noted while the unit is still to be reached."""
    if call_down.state != CallDown.State.OPEN:
        raise NotNow(
            _("%(unit)s need not be phoned about this any more (%(state)s). Take the next one.")
            % {"unit": call_down.unit, "state": call_down.get_state_display()}
        )


CHANNEL_OF = {Kind.MOBILE: Channel.SMS, Kind.EMAIL: Channel.EMAIL, Kind.ROBOT: Channel.ROBOT}
"""By which channel a contact of a kind is written to; a telephone is only called."""

KIND_OF = {channel: kind for kind, channel in CHANNEL_OF.items()}
"""The kind of contact that a channel writes to."""
