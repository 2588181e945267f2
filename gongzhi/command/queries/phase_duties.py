"""What plans in force ask of who may activate them, and who is asked to take an order over."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import may
from gongzhi.actors.queries import MOST_DUTIES, Duty
from gongzhi.command.models import Order, Phase, WindDown
from gongzhi.command.queries.orders import allowed_for
from gongzhi.ledger.compiled import read


def phase_duties(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Phases that are proposed or over by their tests, and what is to be taken back."""
    found = [_phase(phase) for phase in read(_phases_asked, mine=mine)]
    found += [_item(item) for item in read(_items_due, mine=mine)]
    areas = {record.activation.incident.area for record, _duty in found}
    allowed = allowed_for(by, "activate_plan", areas, now)
    return [duty for record, duty in found if record.activation.incident.area_id in allowed]


def _phases_asked(mine: set[int]) -> QuerySet[Phase]:
    here = Phase.objects.filter(activation__incident__area__in=mine)
    asked = (Phase.State.PROPOSED, Phase.State.LEAVING)
    phases = here.filter(state__in=asked, activation__incident__state="open")
    related = phases.select_related("activation__plan", "activation__incident__area")
    return related.order_by("id")[:MOST_DUTIES]


def _items_due(mine: set[int]) -> QuerySet[WindDown]:
    here = WindDown.objects.filter(activation__incident__area__in=mine)
    due = here.filter(state=WindDown.State.DUE)
    related = due.select_related("activation__plan", "activation__incident__area")
    return related.order_by("id")[:MOST_DUTIES]


def _phase(phase: Phase) -> tuple[Phase | WindDown, Duty]:
    proposed = phase.state == Phase.State.PROPOSED
    begin, end = _("Begin the phase: %(phase)s"), _("End the phase: %(phase)s")
    duty = Duty(
        title=(begin if proposed else end) % {"phase": phase},
        where=str(phase.activation.incident.area),
        due_at=None,
        why=(
            _("Its test for beginning holds; its orders are given when you begin it.")
            if proposed
            else _("Its tests for the end hold.")
        ),
        room="command",
        verb="begin_phase" if proposed else "end_phase",
        inputs={"phase": phase.pk},
        subject=phase.ref,
    )
    return phase, duty


def _item(item: WindDown) -> tuple[Phase | WindDown, Duty]:
    duty = Duty(
        title=_("Take back: %(what)s") % {"what": item},
        where=str(item.activation.incident.area),
        due_at=None,
        why=_("“%(plan)s” is winding down.") % {"plan": item.activation.plan},
        room="command",
        verb="take_back",
        inputs={"item": item.pk},
        subject=item.ref,
    )
    return item, duty


def offered_orders(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Orders that somebody offers to one's unit to take over."""
    return [
        Duty(
            title=_("Take over: %(order)s") % {"order": order},
            where=str(order.unit),
            due_at=order.due_at,
            why=order.reason_offered,
            room="command",
            verb="take_over_order",
            inputs={"order": order.pk},
            subject=order.ref,
        )
        for order in read(_offered, mine=mine)
        if order.offered_by_id != by.pk
        and order.offered_to is not None
        and may(by, "answer_order", order.offered_to, now)
    ]


def _offered(mine: set[int]) -> QuerySet[Order]:
    offered = Order.objects.filter(offered_to__in=mine).select_related("unit", "offered_to")
    return offered.order_by("due_at", "id")[:MOST_DUTIES]
