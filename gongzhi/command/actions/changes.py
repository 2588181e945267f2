"""Orders change: amended by who gave them, handed over by who carries them out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import commander_of
from gongzhi.actors.reach import Reach
from gongzhi.command.actions.orders import (
    NO_OFFER,
    MaybeWords,
    Minutes,
    Sentence,
    locked,
)
from gongzhi.command.actions.waiting import tell_waiting
from gongzhi.command.models import Order, OrderVersion
from gongzhi.command.order_policies import check_can_amend, check_can_offer, check_is_offered
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed

AnyUnit = Annotated[Unit, Reach.ANY]
KEPT = (
    "version", "unit", "title", "title_hant", "title_en", "instruction", "instruction_hant",
    "instruction_en", "minutes_allowed", "due_at", "accepted_by",
)  # fmt: skip
"""What is kept of an order as it was before a change."""


@deed()
def amend_order(
    *,
    order: Order,
    reason: Sentence,
    minutes: Minutes | None = None,
    unit: Unit | None = None,
    title: Annotated[str, Field(max_length=200)] = "",
    instruction: MaybeWords = "",
    by: Person,
    now: datetime,
) -> Order:
    """Change an order that is not done: its time from now, its unit or its words (变更指令).

    Whoever receives it must accept it again; how it was before is kept with the reason.
    """
    order = locked(order)
    check_may(by, "give_order", order.issuer, now)
    if unit is not None:
        check_may(by, "give_order", unit, now)
    changes = _changes(order, minutes, unit, title, instruction, now)
    check_can_amend(order, changes)
    _keep_version(order, reason, by, now)
    waits = order.state == Order.State.WAITING
    state = Order.State.WAITING if waits else Order.State.ISSUED
    order.change(
        state=state, version=order.version + 1, accepted_by=None, accepted_at=None, **NO_OFFER,
        **changes,
    )  # fmt: skip
    tell_waiting([order])
    append(
        verb="command.amend_order", subject=order, place=order.unit, by=by, now=now,
        reason=reason, version=order.version, due_at=order.due_at,
        minutes=order.minutes_allowed, to=order.unit.path, changed=sorted(changes),
    )  # fmt: skip
    return order


def _changes(
    order: Order,
    minutes: int | None,
    unit: Unit | None,
    title: str,
    instruction: str,
    now: datetime,
) -> dict[str, Any]:
    """The fields that become others; words given by hand stand for all three written forms."""
    changes: dict[str, Any] = {}
    if minutes is not None:
        changes["minutes_allowed"] = minutes
        if order.state != Order.State.WAITING:
            changes["due_at"] = now + timedelta(minutes=minutes)
    if unit is not None and unit.pk != order.unit_id:
        changes |= {"unit": unit, "commander": commander_of(unit, now) or order.incident.commander}
    for name, text in (("title", title), ("instruction", instruction)):
        if text and text != getattr(order, name):
            changes |= {name: text, f"{name}_hant": "", f"{name}_en": ""}
    return changes


def _keep_version(order: Order, reason: str, by: Person, now: datetime) -> None:
    kept = {name: getattr(order, name) for name in KEPT}
    OrderVersion.objects.create(order=order, reason=reason, replaced_by=by, replaced_at=now, **kept)


@deed()
def offer_order(
    *, order: Order, unit: AnyUnit, reason: Sentence, by: Person, now: datetime
) -> Order:
    """Offer an order under way to another unit, or to a colleague of one's own (移交).

    Until somebody there takes it over, whoever has it answers for it and its clock goes on.
    """
    order = locked(order)
    check_may(by, "answer_order", order.unit, now)
    check_can_offer(order, unit)
    order.change(
        offered_to=unit, offered_by=by, offered_at=now,
        reason_offered=reason,
    )  # fmt: skip
    append(
        verb="command.offer_order", subject=order, place=order.unit, by=by, now=now,
        reason=reason, to=unit.path,
    )  # fmt: skip
    return order


@deed()
def take_over_order(*, order: Order, by: Person, now: datetime) -> Order:
    """Take over by name an order that was offered: from now on one's own unit answers for it."""
    order = locked(order)
    unit = check_is_offered(order, by)
    check_may(by, "answer_order", unit, now)
    before = order.unit
    _keep_version(order, order.reason_offered, by, now)
    order.change(
        state=Order.State.ACCEPTED, version=order.version + 1, accepted_by=by, accepted_at=now,
        unit=unit, commander=commander_of(unit, now) or order.incident.commander, **NO_OFFER,
    )  # fmt: skip
    tell_waiting([order])
    append(
        verb="command.take_over_order", subject=order, place=unit, by=by, now=now,
        version=order.version, to=unit.path, **{"from": before.path},
    )  # fmt: skip
    return order


@deed()
def decline_order(*, order: Order, reason: Sentence, by: Person, now: datetime) -> Order:
    """Say that one does not take an offered order over, and why; it stays where it was."""
    order = locked(order)
    unit = check_is_offered(order, by)
    check_may(by, "answer_order", unit, now)
    order.change(**NO_OFFER)
    append(
        verb="command.decline_order", subject=order, place=order.unit, by=by, now=now,
        reason=reason, to=unit.path,
    )  # fmt: skip
    return order
