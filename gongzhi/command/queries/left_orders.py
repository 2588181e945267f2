"""Orders that a dissolved task force leaves undone: who gave them gives them to another unit."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.queries import MOST_DUTIES, Duty
from gongzhi.command.models import Order
from gongzhi.command.queries.orders import OPEN, allowed_for
from gongzhi.decision.models import TaskForce
from gongzhi.ledger.compiled import read


def orders_left() -> QuerySet[Order]:
    """Orders still to be done by task forces and joint teams that are dissolved."""
    gone = TaskForce.objects.filter(state=TaskForce.State.DISSOLVED)
    left = Order.objects.filter(unit__in=gone.values("unit"), state__in=OPEN)
    return left.select_related("unit", "issuer").order_by("due_at", "id")


def left_orders(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Orders of one's unit that nobody has any more."""
    left = read(_left_of, mine=mine)
    allowed = allowed_for(by, "give_order", (order.issuer for order in left), now)
    return [
        Duty(
            title=_("Give to another unit: %(order)s") % {"order": order},
            where=str(order.unit),
            due_at=order.due_at,
            why=_("%(unit)s is dissolved and has not done it. Nobody has it now.")
            % {"unit": order.unit},
            room="command",
            verb="amend_order",
            inputs={"order": order.pk},
            subject=order.ref,
        )
        for order in left
        if order.issuer_id in allowed
    ]


def _left_of(mine: set[int]) -> QuerySet[Order]:
    return orders_left().filter(issuer__in=mine)[:MOST_DUTIES]
