"""Give an order, carry it out, say that it cannot be done, give it more time, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import commander_of
from gongzhi.assessment.models import Incident
from gongzhi.assessment.policies import check_is_open
from gongzhi.command.actions.giving import spans
from gongzhi.command.actions.waiting import release_waiting, tell_waiting
from gongzhi.command.models import Order
from gongzhi.command.order_policies import check_evidence
from gongzhi.command.policies import (
    check_can_extend,
    check_can_pass_on,
    check_can_reissue,
    check_can_release,
    check_move,
    check_one_cause,
    issued_under,
)
from gongzhi.command.queries import OPEN
from gongzhi.decision.models import Decision
from gongzhi.ledger.actions import append
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.compiled import CompiledQuery, param
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import list_or_digest

Title = Annotated[str, Field(min_length=1, max_length=200)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]
MaybeWords = Annotated[str, Field(max_length=4000)]
Minutes = Annotated[int, Field(ge=1, le=525_600)]
Evidence = Annotated[str, Field(max_length=300)]
NO_OFFER: dict[str, Any] = {
    "offered_to": None, "offered_by": None, "offered_at": None, "reason_offered": "",
}  # fmt: skip
"""The order is offered to nobody, as it must be once it is over or changes hands."""


@deed()
def give_order(
    *,
    unit: Unit,
    title: Title,
    minutes: Minutes,
    instruction: MaybeWords = "",
    evidence_wanted: Annotated[str, Field(max_length=200)] = "",
    decision: Decision | None = None,
    under: Order | None = None,
    by: Person,
    now: datetime,
) -> Order:
    """Give a unit an order by hand: because of a decision, or to pass on the order one received."""
    authority = check_may(by, "give_order", unit, now)
    check_one_cause(decision, under)
    if under is not None:
        check_may(by, "give_order", under.unit, now)
        check_can_pass_on(under, unit)
    cause: Any = decision or under
    incident: Incident = cause.incident
    check_is_open(incident)
    order = Order.objects.create(
        incident=incident, decision=decision or cause.decision, under=under, key="by-hand",
        title=title, instruction=instruction, evidence_wanted=evidence_wanted,
        issuer=authority.unit, unit=unit,
        commander=commander_of(unit, now) or incident.commander, state=Order.State.ISSUED,
        minutes_allowed=minutes, created_at=now, issued_at=now,
        due_at=now + timedelta(minutes=minutes), **issued_under(authority, cause.legal_basis),
    )  # fmt: skip
    append(
        verb="command.give_order", subject=order, place=unit, by=by, now=now, title=title,
        cause=cause, power=order.power, legal_basis=order.legal_basis, due_at=order.due_at,
    )  # fmt: skip
    return order


@deed()
def accept_order(*, order: Order, by: Person, now: datetime) -> Order:
    """Accept an order by name: from now on this unit carries it out."""
    order = locked(order)
    check_may(by, "answer_order", order.unit, now)
    check_move(order, Order.State.ACCEPTED)
    order.change(state=Order.State.ACCEPTED, accepted_by=by, accepted_at=now)
    append(verb="command.accept_order", subject=order, place=order.unit, by=by, now=now)
    return order


@deed()
def finish_order(
    *,
    order: Order,
    result: Words,
    picture: Evidence = "",
    measurement: Evidence = "",
    paper: Evidence = "",
    counted: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None,
    by: Person,
    now: datetime,
) -> Order:
    """Report an order done, with the evidence; what waited only for it is issued at once.

    picture: where it lies; measurement: value and unit; paper: number and title of the
    document. The kinds of evidence that the order asks for must be there.
    """
    order = locked(order)
    check_may(by, "answer_order", order.unit, now)
    check_move(order, Order.State.DONE)
    given = {"photo": picture, "measurement": measurement, "document": paper, "count": counted}
    evidence = {kind: value for kind, value in given.items() if value not in ("", None)}
    check_evidence(order, evidence)
    order.change(
        state=Order.State.DONE, result=result, evidence=evidence, ended_by=by, ended_at=now,
        **NO_OFFER,
    )  # fmt: skip
    released = release_waiting(order, now)
    append(
        verb="command.finish_order", subject=order, place=order.unit, by=by, now=now,
        due_at=order.due_at, late=_late(order, now), evidence=sorted(evidence),
        released=_told(released),
    )  # fmt: skip
    return order


def _told(orders: Sequence[Order]) -> object:
    """Orders as the ledger names them: one by one, or number, digest and runs of numbers."""
    named = list_or_digest([order.ref for order in orders])
    if isinstance(named, list):
        return named
    return {**named, "numbers": spans([order.pk for order in orders])}


@deed()
def fail_order(*, order: Order, reason: Sentence, by: Person, now: datetime) -> Order:
    """Say that an order cannot be done, and why; everyone who waits for it is told."""
    order = locked(order)
    check_may(by, "answer_order", order.unit, now)
    check_move(order, Order.State.FAILED)
    order.change(state=Order.State.FAILED, result=reason, ended_by=by, ended_at=now, **NO_OFFER)
    told = tell_waiting([order])
    append(
        verb="command.fail_order", subject=order, place=order.unit, by=by, now=now, reason=reason,
        told=list_or_digest([o.ref for o in told]),
    )  # fmt: skip
    return order


@deed()
def reissue_order(
    *, order: Order, minutes: Minutes, reason: Sentence, by: Person, now: datetime
) -> Order:
    """Issue an order again that could not be done, with a new time and what has changed."""
    order = locked(order)
    check_may(by, "give_order", order.issuer, now)
    check_can_reissue(order)
    order.change(
        state=Order.State.ISSUED, issued_at=now, due_at=now + timedelta(minutes=minutes),
        minutes_allowed=minutes, accepted_by=None, accepted_at=None, ended_by=None, ended_at=None,
        result="",
    )  # fmt: skip
    tell_waiting([order])
    append(
        verb="command.reissue_order", subject=order, place=order.unit, by=by, now=now,
        reason=reason, due_at=order.due_at, minutes=minutes,
    )  # fmt: skip
    return order


@deed()
def extend_order(
    *, order: Order, minutes: Minutes, reason: Sentence, by: Person, now: datetime
) -> Order:
    """Give an order under way more time from now, with the reason."""
    order = locked(order)
    check_may(by, "give_order", order.issuer, now)
    check_can_extend(order)
    before = order.due_at
    order.change(due_at=now + timedelta(minutes=minutes))
    tell_waiting([order])
    append(
        verb="command.extend_order", subject=order, place=order.unit, by=by, now=now,
        reason=reason, before=before, due_at=order.due_at,
    )  # fmt: skip
    return order


@deed()
def release_order(*, order: Order, reason: Sentence, by: Person, now: datetime) -> Order:
    """Let a waiting order begin although what it waits for is not done, with the reason."""
    order = locked(order)
    check_may(by, "give_order", order.issuer, now)
    check_can_release(order)
    skipped = order.prerequisites.exclude(state=Order.State.DONE).order_by("id")
    order.change(
        state=Order.State.ISSUED, issued_at=now, waiting_for="", held_up_by=None,
        due_at=now + timedelta(minutes=order.minutes_allowed),
    )  # fmt: skip
    tell_waiting([order])
    append(
        verb="command.release_order", subject=order, place=order.unit, by=by, now=now,
        reason=reason, due_at=order.due_at, skipped=list_or_digest([o.ref for o in skipped]),
    )  # fmt: skip
    return order


@deed()
def withdraw_order(*, order: Order, reason: Sentence, by: Person, now: datetime) -> Order:
    """Take an order back, and what was passed on under it; those who wait for it are told.

    They go on waiting until `release_order` lets them go or they are withdrawn too: nothing
    begins by itself because what had to come before it was given up.
    """
    order = locked(order)
    check_may(by, "give_order", order.issuer, now)
    check_move(order, Order.State.WITHDRAWN)
    return _withdraw(order, reason, by, now)


def _withdraw(order: Order, reason: str, by: Person, now: datetime) -> Order:
    """Withdraw an order; nobody goes on with what rested on it."""
    order.change(**_withdrawal(reason, by, now))
    told = tell_waiting([order])
    append(
        verb="command.withdraw_order", subject=order, place=order.unit, by=by, now=now,
        reason=reason, told=list_or_digest([o.ref for o in told]),
    )  # fmt: skip
    passed_on = order.passed_on.filter(state__in=(*OPEN, Order.State.FAILED))
    for lower in passed_on.select_for_update(of=("self",)).order_by("id"):
        _withdraw(lower, reason, by, now)
    return order


@deed()
def withdraw_orders(*, incident: Incident, reason: Sentence, by: Person, now: datetime) -> int:
    """Take back every order of an incident that is still open, for the return to normal.

    Returns how many there were.
    """
    check_may(by, "give_order", incident.area, now)
    open_ones = Order.objects.select_for_update(of=("self",)).filter(
        incident=incident, state__in=(*OPEN, Order.State.FAILED)
    )
    orders = list(open_ones.order_by("id"))
    changes = _withdrawal(reason, by, now)
    for numbers in batches(order.pk for order in orders):
        Order.objects.filter(pk__in=numbers).update(**changes)
    append(
        verb="command.withdraw_orders", subject=incident, place=incident.area, by=by, now=now,
        reason=reason, orders=_told(orders),
    )  # fmt: skip
    return len(orders)


def _withdrawal(reason: str, by: Person, now: datetime) -> dict[str, Any]:
    return {
        "state": Order.State.WITHDRAWN, "result": reason, "ended_by": by, "ended_at": now,
        "waiting_for": "", "held_up_by": None, **NO_OFFER,
    }  # fmt: skip


_LOCKED = CompiledQuery(
    lambda: (
        Order.objects.select_for_update(of=("self",))
        .select_related("unit", "issuer")
        .filter(pk=param("pk"))
    )
)


def locked(order: Order) -> Order:
    """The order as it is now; two who change it at once do so one after the other."""
    return _LOCKED.ask(pk=order.pk)[0]


def _late(order: Order, now: datetime) -> bool:
    return order.due_at is not None and now > order.due_at
