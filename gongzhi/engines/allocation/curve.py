"""What fairness costs: the same problem under several floor fractions (公平的代价)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .arcs import ArcTable, table_of
from .fairness import gini
from .groups import split
from .match import match
from .plan import Line, TierFill, tier_fills
from .problem import Problem
from .values import Policy

FRACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How everybody fares under one floor fraction.

    zero_share: part of all needs that get nothing. gini: of all fill ratios. transport_cost:
    points; unused: pieces.
    """

    floor_fraction: float
    tiers: tuple[TierFill, ...]
    zero_share: float
    gini: float
    transport_cost: float
    unused: int

    def __str__(self) -> str:
        fills = ", ".join(f"tier {t.tier} {t.fill:.1%}" for t in self.tiers)
        return (
            f"floor {self.floor_fraction:g}: {fills}; {self.zero_share:.1%} at zero, "
            f"Gini {self.gini:.3f}, transport {self.transport_cost:,.1f} points"
        )


def fairness_curve(
    problem: Problem, *, policy: Policy, fractions: Sequence[float] = FRACTIONS
) -> tuple[CurvePoint, ...]:
    """Plan a problem, of one item group or several, once for each floor fraction.

    Lanes are left aside: they would hide what is due to the fractions.
    """
    parts = split(replace(problem, arcs=_without_lanes(problem), lanes=()))
    return tuple(_point(parts, replace(policy, floor_fraction=part)) for part in fractions)


def _without_lanes(problem: Problem) -> ArcTable:
    table = table_of(problem.arcs, problem.offers, problem.needs)
    return replace(table, lane=None, lanes=("",))


def _point(parts: Sequence[Problem], policy: Policy) -> CurvePoint:
    plans = [match(part, policy=policy) for part in parts]
    lines: list[Line] = [line for plan in plans for line in plan.lines]
    return CurvePoint(
        floor_fraction=policy.floor_fraction,
        tiers=tier_fills(lines),
        zero_share=sum([line.got == 0 for line in lines]) / max(1, len(lines)),
        gini=gini([line.fill for line in lines]),
        transport_cost=sum([plan.summary.transport_cost for plan in plans]),
        unused=sum([plan.summary.unused for plan in plans]),
    )
