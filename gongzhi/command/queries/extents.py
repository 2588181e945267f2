"""How far a plan goes: its money, its people, its days; and what putting it into force would do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gongzhi.actors.discretion import Extent
from gongzhi.actors.models import Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models import ContingencyPlan, Order, Phase
from gongzhi.command.plan_file import PlanFile
from gongzhi.command.queries.measures import MeasureAhead
from gongzhi.command.queries.pictures import picture_of
from gongzhi.command.queries.plan_tests import phases_entered
from gongzhi.command.queries.plans import Reached, orders_for, plan_of


def extent_of(reached: Reached, area: Unit, measures: Iterable[MeasureAhead] = ()) -> Extent:
    """How far a plan reaches with these orders: the days are those its longest measure stands."""
    days = max((one.days for one in measures), default=0)
    cents = sum(entry.order.cost_cents for entry in reached.compilation.orders)
    return Extent(cents=cents, people=area.population or 0, days=days)


def phases_with(phase: Phase) -> set[str]:
    """The phases of a plan in force that were begun, and this one."""
    begun = phase.activation.phases.filter(begun_at__isnull=False)
    return {*begun.values_list("phase", flat=True), phase.phase}


def foreseen_activation(
    *,
    plan: ContingencyPlan,
    incident: Incident,
    with_measures: bool = True,
    now: datetime,
    **_given: object,
) -> dict[str, int]:
    """What putting a plan into force would do now: orders, units, money, people, measures."""
    read, reached = _reached(plan, incident, now)
    return {
        **_figures(reached, incident.area),
        "measures": len(read.measures) if with_measures else 0,
    }


def foreseen_phase(*, phase: Phase, now: datetime, **_given: object) -> dict[str, int]:
    """What a plan in force would do with one more phase, and how many orders of it are given."""
    activation = phase.activation
    read = plan_of(activation.plan)
    reached = orders_for(read, activation.incident.area, phases_with(phase))
    figures = _figures(reached, activation.incident.area)
    given = Order.objects.filter(activation=activation).count()
    return {**figures, "orders": max(figures["orders"] - given, 0)}


def _reached(plan: ContingencyPlan, incident: Incident, now: datetime) -> tuple[PlanFile, Reached]:
    read = plan_of(plan)
    begun = phases_entered(read, picture_of(read, incident, now))
    return read, orders_for(read, incident.area, begun)


def _figures(reached: Reached, area: Unit) -> dict[str, int]:
    orders = reached.compilation.orders
    extent = extent_of(reached, area)
    units = len({entry.path for entry in orders})
    return {
        "orders": len(orders), "units": units, "cents": extent.cents, "people": extent.people,
    }  # fmt: skip
