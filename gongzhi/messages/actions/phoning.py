"""The call-down list: an unread order is phoned by the tier above, and climbs (电话催办)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.command.models import Order
from gongzhi.command.queries import governments_above
from gongzhi.ledger.actions import Line, append, append_all
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take, taken
from gongzhi.messages.models import CallDown, PhoneCall
from gongzhi.messages.policies import check_can_note, clock_is_simulated, setting
from gongzhi.messages.queries import (
    call_downs_late,
    call_downs_open,
    call_downs_over,
    numbers_to_call,
    unread_orders,
)

LISTED_AT_ONCE = 500
"""Orders put on the list in one round: more than people can phone, and the round stays short."""


def _end(call_downs: Iterable[CallDown], state: CallDown.State, now: datetime) -> None:
    for numbers in batches(one.pk for one in call_downs):
        CallDown.objects.filter(pk__in=numbers).update(state=state, ended_at=now)


@deed(by_hand=False)
def end_call_downs(*, by: Person, now: datetime) -> list[CallDown]:
    """Take off the call-down list whatever was read or answered meanwhile."""
    over = take(call_downs_over)
    _end(over, CallDown.State.OVER, now)
    lines = [Line(one.order, one.unit, {"unit": one.unit.path}) for one in over]
    append_all(lines, verb="messages.end_call_down", by=by, now=now)
    return over


@deed(by_hand=False)
def list_unread(*, by: Person, now: datetime) -> list[CallDown]:
    """Put every order that its unit has not read in time on the list of the tier above."""
    if clock_is_simulated():
        return []
    since = now - timedelta(minutes=setting("unread_order", now))
    unread = unread_orders(since, LISTED_AT_ONCE)
    return _listed(((order, order.unit) for order in unread), by, now)


def _listed(unread: Iterable[tuple[Order, Unit]], by: Person, now: datetime) -> list[CallDown]:
    """Write new lines of the list: each unit is phoned by the government above it.

    A unit stands on the list once for an order, whatever way the order came to it.
    """
    pairs = {(order.pk, unit.pk): (order, unit) for order, unit in unread}
    there = call_downs_open(order for order, _unit in pairs.values())
    call_downs = [
        CallDown(order=order, unit=unit) for key, (order, unit) in pairs.items() if key not in there
    ]
    above = governments_above(one.unit for one in call_downs)
    for one in call_downs:
        one.calling_unit = above.get(one.unit.path, one.unit)
        one.listed_at = now
        one.climb_at = now + timedelta(minutes=setting("phone_unread", now))
    made = CallDown.objects.bulk_create(call_downs)
    lines = [Line(m.order, m.calling_unit, {"unit": m.unit.path, "by": m.climb_at}) for m in made]
    append_all(lines, verb="messages.list_unread", by=by, now=now)
    return made


@deed(by_hand=False)
def climb_unread(*, by: Person, now: datetime) -> list[CallDown]:
    """Take every unit that was not reached in time one tier up: now who phoned is phoned.

    At the top nobody is above to be told: it stays on the list there, late.
    """
    due = take(call_downs_late, now=now)
    above = governments_above(one.calling_unit for one in due)
    late = [one for one in due if one.calling_unit.path in above]
    _end(late, CallDown.State.CLIMBED, now)
    told = [Line(one.order, one.calling_unit, {"unit": one.unit.path}) for one in late]
    append_all(told, verb="messages.climb_unread", by=by, now=now)
    _listed(((one.order, one.calling_unit) for one in late), by, now)
    return late


@deed()
def note_call(
    *,
    call_down: CallDown,
    outcome: PhoneCall.Result,
    note: Annotated[str, Field(max_length=200)] = "",
    by: Person,
    now: datetime,
) -> PhoneCall:
    """Say what came of phoning a unit: reached, no answer, or a wrong number.

    Reached holds for all its unread orders. A wrong number is not dialled or written to again.
    """
    check_may(by, "phone_unread", call_down.calling_unit, now)
    check_can_note(call_down)
    made = PhoneCall.objects.create(
        unit=call_down.unit, result=outcome, note=note, made_by=by, made_at=now
    )
    if outcome == PhoneCall.Result.REACHED:
        # Not waited for: who holds one of the others now is on the telephone to the same unit.
        same = taken(CallDown.objects.filter(unit=call_down.unit, state=CallDown.State.OPEN))
        _end(same.order_by("id"), CallDown.State.REACHED, now)
    if outcome == PhoneCall.Result.WRONG_NUMBER:
        _mark_wrong(call_down.unit, now)
    append(
        verb="messages.note_call", subject=made, place=call_down.unit, by=by, now=now,
        result=outcome, order=call_down.order.ref,
    )  # fmt: skip
    return made


def _mark_wrong(unit: Unit, now: datetime) -> None:
    """The number that stood first on the list is the one that was dialled."""
    for contact in numbers_to_call(unit.pk, now)[:1]:
        contact.change(wrong_at=now)
