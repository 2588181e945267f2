"""Those who wait for an order: issue them when it is done, tell them when it changes.

Nobody calls this but the deeds on orders, inside their own transaction. Waiting orders are
locked before their prerequisites are read, so that of two prerequisites finished at the
same moment the second one sees the first and nobody is left waiting for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from gongzhi.command.models import Order
from gongzhi.command.queries import is_stuck, open_prerequisites, waiting_sentence
from gongzhi.ledger.bulk import batches

WRITTEN = ("state", "minutes_allowed", "waiting_for", "held_up_by")
"""What is read of an order that waits: an order has many fields."""


def release_waiting(done: Order, now: datetime) -> list[Order]:
    """Issue every order that waited only for this one; the others learn what is left."""
    waiting = _waiting_for([done])
    left = open_prerequisites(waiting)
    ready = [order for order in waiting if order.pk not in left]
    _issue(ready, now)
    _write_sentences([order for order in waiting if order.pk in left], left)
    tell_waiting(ready)
    return ready


def tell_waiting(changed: Sequence[Order]) -> list[Order]:
    """Write anew what the orders behind these wait for; returns all that were told.

    Whoever waits for a waiting order learns of a trouble further up as well: that goes on
    down the chain for as long as what holds an order up has changed.
    """
    told: dict[int, Order] = {}
    while changed:
        waiting = _waiting_for(changed)
        changed = _write_sentences(waiting, open_prerequisites(waiting))
        told |= {order.pk: order for order in waiting}
    return [told[pk] for pk in sorted(told)]


def tell_begun(orders: Sequence[Order]) -> None:
    """Write what new orders wait for, some of which was given before and may be in trouble."""
    waiting = [order for order in orders if order.state == Order.State.WAITING]
    tell_waiting(_write_sentences(waiting, open_prerequisites(waiting)))


def _waiting_for(orders: Sequence[Order]) -> list[Order]:
    # Asked for by number: in one statement PostgreSQL may look through all orders that wait.
    behind: set[int] = set()
    for numbers in batches(order.pk for order in orders):
        links = Order.prerequisites.through.objects.filter(to_order__in=numbers)
        behind |= set(links.values_list("from_order", flat=True))
    waiting: list[Order] = []
    for numbers in batches(sorted(behind)):  # locked from the lowest number up: no deadlock
        found = Order.objects.filter(pk__in=numbers, state=Order.State.WAITING)
        found = found.select_for_update(of=("self",)).only(*WRITTEN)
        waiting += found.order_by("id")
    return waiting


def _issue(orders: Iterable[Order], now: datetime) -> None:
    """Issue all of these at once: one statement for each length of time allowed."""
    alike: dict[int, list[Order]] = defaultdict(list)
    for order in orders:
        alike[order.minutes_allowed].append(order)
    for minutes, group in alike.items():
        due_at = now + timedelta(minutes=minutes)
        changes = {
            "state": Order.State.ISSUED, "issued_at": now, "due_at": due_at, "waiting_for": "",
            "held_up_by": None,
        }  # fmt: skip
        for numbers in batches(order.pk for order in group):
            Order.objects.filter(pk__in=numbers).update(**changes)
        for order in group:
            for name, value in changes.items():
                setattr(order, name, value)


def _write_sentences(waiting: Iterable[Order], left: dict[int, list[Order]]) -> list[Order]:
    """Write what these orders wait for; returns those whose holding trouble has changed."""
    rewritten, troubled = [], []
    for order in waiting:
        prerequisites = left.get(order.pk, [])
        sentence = waiting_sentence(prerequisites)
        trouble = _trouble(prerequisites)
        if trouble != order.held_up_by_id:
            troubled.append(order)
        elif sentence == order.waiting_for:
            continue
        order.waiting_for, order.held_up_by_id = sentence, trouble
        rewritten.append(order)
    Order.objects.bulk_update(rewritten, ["waiting_for", "held_up_by"], batch_size=200)
    return troubled


def _trouble(prerequisites: Sequence[Order]) -> int | None:
    """Number of the broken order that holds these up: one of them, or one further up."""
    stuck = next((order for order in prerequisites if is_stuck(order)), None)
    if stuck is None:
        return None
    return stuck.held_up_by_id or stuck.pk
