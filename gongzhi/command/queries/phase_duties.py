"""What plans in force ask of who may activate them, and who is asked to take an order over."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import may
from gongzhi.actors.queries import MOST_DUTIES, Duty
from gongzhi.command.models import Order, Phase, WindDown
from gongzhi.command.queries.orders import allowed_for


def phase_duties(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Phases that are proposed or over by their tests, and what is to be taken back."""
    here = {"activation__incident__area__in": mine}
    related = ("activation__plan", "activation__incident__area")
    asked = (Phase.State.PROPOSED, Phase.State.LEAVING)
    phases = Phase.objects.filter(state__in=asked, activation__incident__state="open", **here)
    items = WindDown.objects.filter(state=WindDown.State.DUE, **here)
    found = [_phase(p) for p in phases.select_related(*related).order_by("id")[:MOST_DUTIES]]
    found += [_item(i) for i in items.select_related(*related).order_by("id")[:MOST_DUTIES]]
    areas = {record.activation.incident.area for record, _duty in found}
    allowed = allowed_for(by, "activate_plan", areas, now)
    return [duty for record, duty in found if record.activation.incident.area_id in allowed]


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
    offered = Order.objects.filter(offered_to__in=mine).exclude(offered_by=by)
    read = offered.select_related("unit", "offered_to").order_by("due_at", "id")
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
        for order in read[:MOST_DUTIES]
        if order.offered_to is not None and may(by, "answer_order", order.offered_to, now)
    ]
