"""From facts to a plan: the engine's problem, and the rows that come out of its answer.

Nothing here writes. `solve` hands the facts to the allocation engine; `lines_of` and
`allocations_of` give the rows of the run, `summary_of` its figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from gongzhi.engines import allocation as engine
from gongzhi.supply.amounts import practice, rule
from gongzhi.supply.distances import Place, Roads, nearest, place_of
from gongzhi.supply.facts import Ask, Facts, by_need
from gongzhi.supply.models import Allocation, MatchRun, NeedLine, Offer


def policy_now(now: datetime) -> engine.Policy:
    """Who comes first, as the dated parameters say."""
    weights = practice("tier_weights", now)
    return engine.Policy(
        version=weights.version,
        floor_fraction=practice("floor_fraction", now).value,
        floor_cap=practice("floor_cap", now).value,
        tier_weights=tuple(weights.value),
        floor_value=practice("floor_value", now).value,
        segments=practice("segments", now).value,
        keep_bonus=practice("keep_bonus", now).value,
    )


def policy_values(policy: engine.Policy, now: datetime) -> dict[str, Any]:
    """The policy and all other figures that shaped a plan, to be kept with it."""
    roads = ("points_per_km", "speed_kmh", "handling_h", "km_when_unknown", "nearest_ways",
             "overdue_grace_h")  # fmt: skip
    return {
        **asdict(policy),
        "tier_weights": list(policy.tier_weights),
        **{name: practice(name, now).value for name in roads},
        "cover_days": rule("cover_days", now).value,
        "cap_margin": rule("cap_margin", now).value,
        "amounts_version": rule("cover_days", now).version,
    }


def _key(number: int) -> str:
    """A number as the engine's key; keys sort as the numbers do."""
    return f"{number:012d}"


def to_problem(facts: Facts, now: datetime) -> engine.Problem:
    """Lay the facts out for the engine: hours from now, points per piece, what is owed."""
    grace = practice("overdue_grace_h", now).value
    asked = [ask for ask in facts.asks if ask.wanted]
    given = [(offer, quantity) for offer, quantity in facts.offers if quantity]
    needs = [
        engine.Need(
            key=_key(ask.need.pk), place=place_of(ask.need).key, item=ask.need.item.code,
            quantity=ask.wanted, tier=ask.need.urgency, confirmed=ask.confirmed,
            due_in_h=grace if ask.is_overdue else _hours(ask.need.needed_by, now),
        )
        for ask in asked
    ]  # fmt: skip
    offers = [
        engine.Offer(
            key=_key(offer.pk), place=place_of(offer).key, item=offer.item.code, quantity=quantity,
            ready_in_h=max(0.0, _hours(offer.ready_at, now)),
        )
        for offer, quantity in given
    ]  # fmt: skip
    places = {p.key: p for p in map(place_of, [a.need for a in asked] + [o for o, _ in given])}
    committed = _committed(facts, {row.key for row in offers}, {row.key for row in needs})
    promised = {(row.offer, row.need) for row in committed}
    barred = _barred(given, asked)
    arcs: list[engine.Arc] = []
    for item in sorted({need.item for need in needs}):
        wanted = [need for need in needs if need.item == item]
        offered = [offer for offer in offers if offer.item == item]
        arcs += _arcs(wanted, offered, places, promised, barred, now)
    return engine.Problem(tuple(needs), tuple(offers), tuple(arcs), committed)


def _arcs(
    needs: list[engine.Need],
    offers: list[engine.Offer],
    places: dict[str, Place],
    promised: set[tuple[str, str]],
    barred: set[tuple[str, str]],
    now: datetime,
) -> list[engine.Arc]:
    """The ways from the offers of one item to its needs: the nearest, and those promised before."""
    roads = Roads(
        points_per_km=practice("points_per_km", now).value,
        speed_kmh=practice("speed_kmh", now).value,
        handling_h=practice("handling_h", now).value,
        km_when_unknown=practice("km_when_unknown", now).value,
    )
    cost, hours = roads.between(
        [places[offer.place] for offer in offers], [places[need.place] for need in needs]
    )
    ready = np.array([offer.ready_in_h for offer in offers])
    due = np.array([need.due_in_h for need in needs])
    in_time = ready[:, None] + hours <= due[None, :]
    row_of = {offer.key: row for row, offer in enumerate(offers)}
    column_of = {need.key: column for column, need in enumerate(needs)}
    is_open = np.ones_like(in_time)
    for start, end in barred:
        if start in row_of and end in column_of:
            is_open[row_of[start], column_of[end]] = False
    ways = nearest(cost, in_time & is_open, practice("nearest_ways", now).value) & is_open
    for start, end in promised:
        if start in row_of and end in column_of:
            ways[row_of[start], column_of[end]] = True
    return [
        engine.Arc(offers[o].key, needs[n].key, float(cost[o, n]), float(hours[o, n]))
        for o, n in np.argwhere(ways).tolist()
    ]


def _barred(given: list[tuple[Offer, int]], asked: list[Ask]) -> set[tuple[str, str]]:
    """The ways closed because a donor wished a gift for somebody else."""
    return {
        (_key(offer.pk), _key(ask.need.pk))
        for offer, _quantity in given
        if offer.meant_for is not None
        for ask in asked
        if not ask.need.unit.path.startswith(offer.meant_for.path)
    }


def _committed(facts: Facts, offers: set[str], needs: set[str]) -> tuple[engine.Committed, ...]:
    """What is owed, as far as it concerns needs and offers of the problem."""
    owed = (
        engine.Committed(_key(offer), _key(need), quantity, is_fixed)
        for part, is_fixed in ((facts.fixed, True), (facts.promised, False))
        for (offer, need), quantity in sorted(part.items())
    )
    return tuple(row for row in owed if row.offer in offers and row.need in needs)


def _hours(then: datetime, now: datetime) -> float:
    return (then - now).total_seconds() / 3600


def solve(problem: engine.Problem, policy: engine.Policy) -> list[engine.Plan]:
    """One plan per item that shares no supply with another."""
    return [engine.match(part, policy=policy) for part in engine.split(problem)]


def lines_of(run: MatchRun, facts: Facts, plans: Iterable[engine.Plan]) -> list[NeedLine]:
    """Exactly one line for each open need, with its binding reason."""
    solved = {int(line.need): (line, plan) for plan in plans for line in plan.lines}
    givers = {offer.pk: offer.unit_id for offer, _ in facts.offers}
    coming = by_need(facts.fixed)
    return [_line(run, ask, solved.get(ask.need.pk), givers, coming) for ask in facts.asks]


def _line(
    run: MatchRun,
    ask: Ask,
    solved: tuple[engine.Line, engine.Plan] | None,
    givers: dict[int, int],
    coming: dict[int, int],
) -> NeedLine:
    told = {
        **ask.note, "received": ask.need.received_quantity, "is_overdue": ask.is_overdue,
        "on_the_way": coming.get(ask.need.pk, 0), "tier": ask.need.urgency,
        "policy": run.policy_version,
    }  # fmt: skip
    if solved is None:
        return NeedLine(
            run=run, need=ask.need, wanted=0, got=0, from_floor=0, reason=ask.reason,
            explanation=told,
        )  # fmt: skip
    line, plan = solved
    told |= {
        "floor": line.floor, "floor_got": line.floor_got, "floor_share": round(plan.floor_share, 6),
        "segment": line.segment, "segments": plan.policy.segments, "refused": None,
    }  # fmt: skip
    if line.refused is not None:
        offer = int(line.refused.offer)
        told["refused"] = {"offer": offer, "unit": givers[offer], "why": str(line.refused.why)}
    return NeedLine(
        run=run, need=ask.need, wanted=ask.wanted, got=min(line.got, ask.wanted),
        from_floor=min(line.floor_got, ask.wanted), reason=str(line.reason), explanation=told,
    )  # fmt: skip


def allocations_of(run: MatchRun, plans: Iterable[engine.Plan]) -> list[Allocation]:
    """What the plan gives anew; what is on its way already stays with the run that sent it."""
    return [
        Allocation(
            run=run, offer_id=int(flow.offer), need_id=int(flow.need),
            quantity=flow.quantity - flow.frozen,
        )
        for plan in plans
        for flow in plan.flows
        if flow.quantity > flow.frozen
    ]  # fmt: skip


def summary_of(facts: Facts, plans: list[engine.Plan]) -> dict[str, Any]:
    """How every item of the group fared: fill by tier, evenness, cost, what is left unused."""
    return {
        "needs": len(facts.asks),
        "planned": sum(len(plan.lines) for plan in plans),
        "items": {
            "+".join(plan.items): {
                "floor_share": round(plan.floor_share, 6), **_rounded(asdict(plan.summary))
            }
            for plan in plans
        },
    }  # fmt: skip


def _rounded(figures: Any) -> Any:
    if isinstance(figures, dict):
        return {name: _rounded(value) for name, value in figures.items()}
    if isinstance(figures, list | tuple):
        return [_rounded(value) for value in figures]
    return round(figures, 6) if isinstance(figures, float) else figures
