"""What orders need becomes needs, and what orders no longer need is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import check_may_each
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Order
from gongzhi.command.queries import RUNNING
from gongzhi.ledger.actions import Line, append_all
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take, taken
from gongzhi.supply.actions.needs import take_away, take_in
from gongzhi.supply.models import Item, Need

AT_ONCE = 5_000
"""Orders whose needs one round states; the next round goes on."""
LATEST = timedelta(hours=1)
"""What an order that is late already needs is wanted within this time."""
URGENT = timedelta(hours=24)
"""Needs of an order that is due sooner are urgent."""


@deed(by_hand=False)
def state_needs_of_orders(*, by: Person, now: datetime) -> list[Need]:
    """State what the orders under way need, once for each; take back what none needs any more.

    The amounts are those of the plan. Items that the catalogue does not hold stay on the order,
    and an order whose unit has stated a need for it is left to that unit. Returns the needs that
    were stated or withdrawn.
    """
    back = _withdraw_unneeded(by, now)
    waiting = dict(_not_stated().values_list("pk", "stock"))
    return [*back, *_state_needs(waiting, by, now)] if waiting else back


def _state_needs(waiting: dict[int, list[dict[str, Any]]], by: Person, now: datetime) -> list[Need]:
    """State what is waiting: for each order by number, the lines of stock that it needs."""
    items = {item.code: item for item in Item.objects.all()}
    known = (pk for pk, stock in waiting.items() if any(line["item"] in items for line in stock))
    made = [
        _need(order, items[line["item"]], line["quantity"], now)
        for order in _held(list(islice(known, AT_ONCE)))
        for line in order.stock
        if line["item"] in items
    ]
    check_may_each(by, "state_need", (need.unit for need in made), now)
    take_in(made, by, now)
    Need.objects.bulk_create(made, batch_size=500)
    told = (Line(need, need.unit, _facts(need)) for need in made)
    append_all(told, verb="supply.state_need_of_order", by=by, now=now)
    return made


def _facts(need: Need) -> dict[str, object]:
    return {"order": need.order, "item": need.item.code, "amount": need.quantity}


def _not_stated() -> QuerySet[Order]:
    """Orders under way that need something and whose unit has not stated it, itself or by us."""
    stated = Need.objects.filter(order=OuterRef("pk"), unit=OuterRef("unit"))
    orders = Order.objects.filter(
        ~Exists(stated), state__in=RUNNING, incident__state=Incident.State.OPEN
    )
    return orders.exclude(stock=[]).select_related("unit", "incident").order_by("due_at", "id")


def _held(orders: list[int]) -> list[Order]:
    """Orders that are not stated yet, held so that no other round states them too."""
    mine = [order.pk for order in taken(_not_stated().filter(pk__in=orders))] if orders else []
    # Another round may have stated them before these were held: asked again, the answer stays.
    return list(_not_stated().filter(pk__in=mine)) if mine else []


def _need(order: Order, item: Item, quantity: int, now: datetime) -> Need:
    due_at = max(order.due_at or now, now + LATEST)
    return Need(
        unit=order.unit, item=item, amount=Need.Amount.KNOWN, quantity=quantity, order=order,
        incident=order.incident, urgency=1 if due_at - now <= URGENT else 2, needed_by=due_at,
    )  # fmt: skip


def _unneeded(stated_by: int) -> QuerySet[Need]:
    """Needs stated by the clock for orders that are withdrawn now, or another unit's."""
    needs = Need.objects.filter(
        Q(order__state=Order.State.WITHDRAWN) | ~Q(order__unit=F("unit")), order__isnull=False,
        state__in=(Need.State.OPEN, Need.State.PART_MET), stated_by=stated_by,
    )  # fmt: skip
    return needs.select_related("unit", "item", "order").order_by("id")[:AT_ONCE]


def _withdraw_unneeded(by: Person, now: datetime) -> list[Need]:
    """Withdraw what this deed stated for orders that are withdrawn now, or another unit's."""
    found = take(_unneeded, stated_by=by.pk)
    if not found:
        return []
    take_away(found, _("The order it was for is not to be carried out here."), by, now)
    lines = (Line(need, need.unit, {"order": need.order}) for need in found)
    append_all(lines, verb="supply.withdraw_need_of_order", by=by, now=now)
    return found
