"""Orders: what is open, late or held up, what an order waits for, and why it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import may
from gongzhi.actors.queries import visible
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Order
from gongzhi.ledger.bulk import batches
from gongzhi.writing import among, day_and_time

OPEN = (Order.State.WAITING, Order.State.ISSUED, Order.State.ACCEPTED)
"""States in which an order is still to be done."""
RUNNING = (Order.State.ISSUED, Order.State.ACCEPTED)
"""States in which an order has a due time that passes."""
BROKEN = (Order.State.FAILED, Order.State.WITHDRAWN)
"""States in which an order holds up those that wait for it."""
NAMED = 3
"""How many sound prerequisites the sentence of a waiting order names; all broken ones are."""


def _with_names(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.select_related("unit", "issuer", "commander", "incident", "held_up_by__unit")


def open_orders(by: Person, now: datetime) -> QuerySet[Order]:
    """Orders of one's area still to be done, the one due first at the top."""
    orders = _with_names(visible(Order, by, now).filter(state__in=OPEN))
    return orders.order_by("due_at", "id")


def late_orders(by: Person, now: datetime) -> QuerySet[Order]:
    """Orders of one's area whose due time has passed, the longest overdue first."""
    return open_orders(by, now).filter(state__in=RUNNING, due_at__lte=now)


def orders_overdue(now: datetime) -> QuerySet[Order]:
    """All orders past their due time, for the clock; what it does not ask for is left unread."""
    late = Order.objects.filter(state__in=RUNNING, due_at__lte=now)
    asked = ("title", "title_hant", "title_en", "unit", "due_at", "escalation", "state")
    units = ("unit__path", "unit__name", "unit__name_hant", "unit__name_en")
    return late.select_related("unit").only(*asked, *units).order_by("id")


# Why an order waits -------------------------------------------------------------------------


def _with_holders(numbers: Collection[int]) -> dict[int, Order]:
    """Orders by number, with what holds them up; nothing is asked where none is wanted."""
    read = Order.objects.select_related("unit", "held_up_by__unit")
    return {order.pk: order for part in batches(numbers) for order in read.filter(pk__in=part)}


def open_prerequisites(orders: Iterable[Order]) -> dict[int, list[Order]]:
    """For each of these orders, the prerequisites that are not done, broken ones first."""
    found: dict[int, list[Order]] = {}
    for numbers in batches(order.pk for order in orders):
        links = Order.prerequisites.through.objects.filter(from_order__in=numbers)
        left = links.exclude(to_order__state=Order.State.DONE).order_by("to_order_id")
        pairs = list(left.values_list("from_order", "to_order"))
        wanted = _with_holders({before for _waiting, before in pairs})
        for waiting, before in pairs:
            found.setdefault(waiting, []).append(wanted[before])
    for waited_for in found.values():
        waited_for.sort(key=lambda order: not is_stuck(order))
    return found


@dataclass(frozen=True)
class Awaited:
    """An order that is about to be written, as far as those that wait for it speak of it."""

    unit: Unit
    title: str
    due_at: datetime | None
    state: str = Order.State.ISSUED
    held_up_by: None = None
    result: str = ""

    def __str__(self) -> str:
        return self.title


def is_stuck(order: Order | Awaited) -> bool:
    """Whether an order cannot be done as things are: itself broken, or held up by a broken one."""
    return order.state in BROKEN or order.held_up_by is not None


def allowed_for(by: Person, power: str, units: Iterable[Unit], now: datetime) -> set[int]:
    """Numbers of those units for which the person holds a power; each is asked once."""
    once = {unit.pk: unit for unit in units}
    return {pk for pk, unit in once.items() if may(by, power, unit, now)}


def waiting_sentence(prerequisites: Sequence[Order | Awaited]) -> str:
    """What an order waits for, in one sentence: all that is stuck, then what comes first."""
    stuck = [order for order in prerequisites if is_stuck(order)]
    sound = [order for order in prerequisites if not is_stuck(order)]
    parts = [_part(order) for order in (*stuck, *sound[:NAMED])]
    if len(sound) > NAMED:
        parts.append(_("and %(number)s more") % {"number": len(sound) - NAMED})
    return _("Waits for %(list)s.") % {"list": among(parts)}


def _part(order: Order | Awaited) -> str:
    facts = {"unit": order.unit, "title": order}
    if order.state == Order.State.FAILED:
        text = _("%(unit)s: “%(title)s”, which cannot be done (%(reason)s)")
        return text % {**facts, "reason": order.result}
    if order.state == Order.State.WITHDRAWN:
        return _("%(unit)s: “%(title)s”, which was withdrawn") % facts
    if order.held_up_by is not None:
        cause = {"cause": order.held_up_by, "where": order.held_up_by.unit}
        text = _("%(unit)s: “%(title)s”, held up by %(where)s: “%(cause)s”")
        return text % {**facts, **cause}
    if order.due_at is None:
        return _("%(unit)s: “%(title)s”, which waits itself") % facts
    when = day_and_time(order.due_at)
    return _("%(unit)s: “%(title)s”, due %(when)s") % {**facts, "when": when}


def why_waiting(order: Order) -> str:
    """What a waiting order waits for, in the reader's language; empty for all others."""
    if order.state != Order.State.WAITING:
        return ""
    return waiting_sentence(open_prerequisites([order]).get(order.pk, []))


# Orders of an incident ----------------------------------------------------------------------


@dataclass(frozen=True)
class OrderCounts:
    """How the orders of an incident stand: numbers by state, late and held up among them."""

    total: int
    by_state: dict[str, int]
    late: int
    held_up: int

    @property
    def done(self) -> int:
        """Orders reported done."""
        return self.by_state.get(Order.State.DONE, 0)

    @property
    def standing(self) -> int:
        """Orders that were not withdrawn: what `done` is measured against."""
        return self.total - self.by_state.get(Order.State.WITHDRAWN, 0)

    def __str__(self) -> str:
        facts = {"done": self.done, "all": self.standing, "late": self.late}
        return _("%(done)s of %(all)s orders done, %(late)s late") % facts


def orders_of(incident: Incident, by: Person, now: datetime) -> QuerySet[Order]:
    """The orders of an incident that this person may see."""
    return _with_names(visible(Order, by, now).filter(incident=incident)).order_by("id")


def order_counts(incident: Incident, by: Person, now: datetime) -> OrderCounts:
    """How the orders of an incident stand, as far as this person may see them."""
    rows = orders_of(incident, by, now).order_by().values_list("state", "due_at", "held_up_by")
    states = Counter(str(state) for state, _due, _held in rows)
    late = sum(state in RUNNING and due is not None and due <= now for state, due, _held in rows)
    held_up = sum(held is not None for _state, _due, held in rows)
    return OrderCounts(sum(states.values()), dict(states), late, held_up)


# From an order back to its cause --------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """One step of the chain from an order to what caused it."""

    kind: str
    title: str
    ref: str
    at: datetime

    def __str__(self) -> str:
        return f"{day_and_time(self.at)} {self.kind}: {self.title}"


def order_chain(order: Order) -> list[Link]:
    """From an order back to its cause: plan, decision, assessment, incident, warning, signal."""
    chain = [Link(_("order"), str(order), order.ref, order.created_at)]
    upper = order.under
    while upper is not None:
        chain.append(Link(_("order above"), str(upper), upper.ref, upper.created_at))
        upper = upper.under
    if order.activation is not None:
        plan = order.activation
        chain.append(Link(_("plan activated"), str(plan), plan.ref, plan.activated_at))
    decision, assessment = order.decision, order.decision.assessment
    incident = order.incident
    chain += [
        Link(_("decision"), str(decision), decision.ref, decision.decided_at),
        Link(_("assessment"), str(assessment), assessment.ref, assessment.assessed_at),
        Link(_("incident"), str(incident), incident.ref, incident.declared_at),
    ]
    if incident.warning is not None:
        warning = incident.warning
        chain.append(Link(_("warning"), str(warning), warning.ref, warning.issued_at))
    signal = incident.signal or (incident.warning.signal if incident.warning else None)
    if signal is not None:
        chain.append(Link(_("signal"), str(signal), signal.ref, signal.raised_at))
    return chain
