"""Who learns next that an order is late: the plan's ladder, then tier by tier to the root."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongzhi.actors.models import Kind, Unit
from gongzhi.command.models import Climb, Order
from gongzhi.ledger.bulk import batches
from gongzhi.parameters import minutes


def climbs_of(orders: Iterable[Order]) -> dict[int, list[Climb]]:
    """The climbs of each of these orders that has any, the first one first."""
    found: dict[int, list[Climb]] = {}
    for numbers in batches(sorted(order.pk for order in orders)):
        climbs = Climb.objects.filter(order__in=numbers)
        for climb in climbs.select_related("to_unit").order_by("climbed_at", "id"):
            if climb.order_id is not None:
                found.setdefault(climb.order_id, []).append(climb)
    return found


def areas_above(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    """The area governments above each unit, by the unit's path; the nearest first."""
    chains = {unit.path: unit.ancestor_paths()[-2::-1] for unit in units}
    if not chains:
        return {}
    wanted = {path for chain in chains.values() for path in chain}
    areas = {u.path: u for u in Unit.objects.filter(kind=Kind.AREA, path__in=wanted)}
    return {path: [areas[p] for p in chain if p in areas] for path, chain in chains.items()}


def governments_above(units: Iterable[Unit]) -> dict[str, Unit]:
    """The next area government above each unit, by the unit's path; the root has none."""
    return {path: above[0] for path, above in areas_above(units).items() if above}


@dataclass(frozen=True)
class Step:
    """One unit that learns of a late order, so long after the due time or the step before."""

    unit: Unit
    wait: timedelta


def ladder_of(
    order: Order, above: Sequence[Unit], by_code: dict[str, Unit], again: timedelta
) -> list[Step]:
    """All steps of an order's ladder: those of its plan, then every government further up.

    A tier that does not stand above the order's unit, and a unit that is not there, are left out.
    """
    by_tier = {area.tier: area for area in above}
    steps: list[Step] = []
    for rung in order.escalation:
        unit = by_tier.get(rung["tier"]) if "tier" in rung else by_code.get(rung["unit"])
        if unit is not None and unit.pk not in {order.unit_id, *(s.unit.pk for s in steps)}:
            steps.append(Step(unit, timedelta(minutes=rung["minutes"])))
    named = {step.unit.pk for step in steps}
    highest = max((n for n, area in enumerate(above) if area.pk in named), default=-1)
    first = timedelta(0) if not steps else again
    for area in above[highest + 1 :]:
        steps.append(Step(area, first))
        first = again
    return steps


def next_steps(orders: Sequence[Order], now: datetime) -> dict[int, Unit]:
    """The unit that each of these late orders is taken to now, by the order's number.

    Orders whose next step is not due yet, or that every step knows of, are left out.
    """
    climbs, again = climbs_of(orders), minutes("climb_again", now)
    above = areas_above(order.unit for order in orders)
    codes = {r["unit"] for order in orders for r in order.escalation if "unit" in r}
    by_code = {unit.code: unit for unit in Unit.objects.filter(code__in=codes)} if codes else {}
    ladders: dict[tuple[str, str], list[Step]] = {}
    found = {}
    for order in orders:
        key = (order.unit.path, str(order.escalation))
        if key not in ladders:
            ladders[key] = ladder_of(order, above[order.unit.path], by_code, again)
        unit = _next(order, ladders[key], climbs.get(order.pk, []), now)
        if unit is not None:
            found[order.pk] = unit
    return found


def _next(order: Order, ladder: list[Step], made: list[Climb], now: datetime) -> Unit | None:
    known = {climb.to_unit_id for climb in made}
    step = next((step for step in ladder if step.unit.pk not in known), None)
    since = made[-1].climbed_at if made else order.due_at
    if step is None or since is None:
        return None
    return step.unit if since + step.wait <= now else None
