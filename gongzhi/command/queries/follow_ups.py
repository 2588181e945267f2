"""What climbed to a tier that can neither give more time nor rule: it presses whoever is late."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import may
from gongzhi.actors.queries import MOST_DUTIES, Duty
from gongzhi.command.models import CallAnswer, Climb, Order, StreetCall
from gongzhi.command.queries.calls import BUSY, due_of
from gongzhi.command.queries.orders import RUNNING
from gongzhi.ledger.compiled import read
from gongzhi.ledger.records import Record


def follow_up_power(climb: Climb) -> str:
    """The power by which a tier follows up what climbed to it."""
    return "give_order" if climb.order_id else "rule_call"


def follow_ups(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Late orders and called units that climbed to one's unit and that nobody there has pressed.

    Whoever can give an order more time is asked for that instead.
    """
    found = [
        (climb, _order(climb, order))
        for climb in read(_late_orders, mine=mine, now=now)
        if (order := climb.order) and not may(by, "give_order", order.issuer, now)
    ]
    found += [
        (climb, _answer(climb, answer))
        for climb in read(_stuck_answers, mine=mine)
        if (answer := climb.answer) and (answer.put_off_again or _is_late(answer, now))
    ]
    powers = {(climb.to_unit, follow_up_power(climb)) for climb, _duty in found}
    held = {(unit.pk, power) for unit, power in powers if may(by, power, unit, now)}
    return [duty for climb, duty in found if (climb.to_unit_id, follow_up_power(climb)) in held]


def _is_late(answer: CallAnswer, now: datetime) -> bool:
    due = due_of(answer)
    return due is not None and due <= now


def _late_orders(mine: set[int], now: datetime) -> QuerySet[Climb]:
    late = _not_pressed(mine).filter(order__state__in=RUNNING, order__due_at__lte=now)
    return late.select_related("to_unit", "order__unit", "order__issuer")[:MOST_DUTIES]


def _stuck_answers(mine: set[int]) -> QuerySet[Climb]:
    here = _not_pressed(mine)
    stuck = here.filter(answer__state__in=BUSY, answer__call__state=StreetCall.State.OPEN)
    called = stuck.select_related("to_unit", "answer__department", "answer__call__caller")
    return called[:MOST_DUTIES]


def _not_pressed(mine: set[int]) -> QuerySet[Climb]:
    here = Climb.objects.filter(to_unit__in=mine, followed_up_at=None)
    return here.order_by("climbed_at", "id")


def _order(climb: Climb, order: Order) -> Duty:
    why = _(
        "It was not done in time. Press %(unit)s and write what was agreed; %(issuer)s can give "
        "more time or withdraw it."
    ) % {"unit": order.unit, "issuer": order.issuer}
    return _duty(climb, order, order, order.unit, order.due_at, why)


def _answer(climb: Climb, answer: CallAnswer) -> Duty:
    why = _("%(reason)s Press them and write what was agreed.") % {"reason": climb.reason}
    return _duty(climb, answer, answer.call, answer.department, due_of(answer), why)


def _duty(
    climb: Climb, record: Record, what: object, late: Unit, due_at: datetime | None, why: str
) -> Duty:
    return Duty(
        title=_("Follow up: %(what)s") % {"what": what}, where=str(late), due_at=due_at, why=why,
        room="command", verb="follow_up_climb", inputs={"climb": climb.pk}, subject=record.ref,
    )  # fmt: skip
