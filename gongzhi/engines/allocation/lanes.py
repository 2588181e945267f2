"""All item groups at once, with the lanes that they share (运力约束).

A lane couples all groups. The coupled program in fractions is solved by HiGHS: exactly where it
is small, near the optimum (by first-order steps, whose number is limited) where it is not. Its
flows, cut to what the lanes hold and to whole pieces, become each arc's quota of its lane, and each
group is planned exactly within its quotas. What stays free of a lane is shared out anew, to the
arcs that gain most by it, and planned again, a few times: each plan is within the lanes, and none
is worse than the one before.

The bound: with the lanes' prices as tolls on the arcs, the best flows of all groups and the worth
of the room at these prices add up to more than any plan within the lanes is worth, whatever the
prices are (Lagrange). How far the plans are from it is told with them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .arcs import ArcTable, Real, Truth, Whole
from .groups import split
from .lots import Consigned, consign
from .match import Solved, best_over, moved_worth, plan_of, solved
from .network import Network, lay_out
from .plan import Plan
from .prices import prices, settle
from .problem import Problem
from .program import Answer, Load, relax
from .values import Lane, Policy

SHARE_ROUNDS = 3
"""How often what is left of the lanes is shared out anew."""


@dataclass(frozen=True, slots=True)
class LaneUse:
    """How full a lane is. over: what exceeds its capacity, by pieces that were pinned."""

    key: str
    capacity: float
    used: float

    @property
    def over(self) -> float:
        """So much more than it holds."""
        return max(0.0, self.used - self.capacity)

    def __str__(self) -> str:
        said = f"lane {self.key}: {self.used:,.1f} of {self.capacity:,.1f}"
        return said + (f", over by {self.over:,.1f}" if self.over else "")


@dataclass(frozen=True, slots=True)
class Overall:
    """The plans of all item groups, sorted by item, and the lanes they share.

    bound_milli: no plan within the lanes can be worth more.
    """

    plans: tuple[Plan, ...]
    lanes: tuple[LaneUse, ...]
    bound_milli: int

    @property
    def worth_milli(self) -> int:
        """Worth of all plans, in thousandths of a point."""
        return sum([plan.worth_milli for plan in self.plans])

    @property
    def loss(self) -> float:
        """Part of the bound that the plans miss, 0 to 1."""
        return (self.bound_milli - self.worth_milli) / max(1, abs(self.bound_milli))

    @property
    def over(self) -> tuple[LaneUse, ...]:
        """Lanes that hold less than the plans ask of them."""
        return tuple(lane for lane in self.lanes if lane.over)


def match_all(
    problem: Problem,
    *,
    policy: Policy,
    share_rounds: int = SHARE_ROUNDS,
) -> Overall:
    """Match all item groups of a problem; within its lanes, if it has any."""
    parts = split(problem)
    nets = [lay_out(part, policy) for part in parts]
    if not problem.lanes:
        found = [solved(net, part) for net, part in zip(nets, parts, strict=True)]
        plans = _plans(parts, found, policy)
        return Overall(plans, (), sum([plan.bound_milli for plan in plans]))
    shared = Shared(nets, [_lane_places(part, problem.lanes) for part in parts], problem.lanes)
    loads = [Load(*columns) for columns in zip(shared.lane, shared.volume, strict=True)]
    best = relax(nets, loads, shared.room)
    bound = shared.bound(best)
    nets, overs = shared.share_out(shared.cut(best.pieces), policy, share_rounds)
    rows = zip(nets, overs, parts, strict=True)
    found = [_with_lots(net, over, part) for net, over, part in rows]
    plans = _plans(parts, found, policy)
    fixed = sum([p.worth_milli for p in plans]) - sum([_moved(row) for row in found])
    return Overall(plans, shared.uses([(row.net, row.over) for row in found]), fixed + bound)


def _plans(parts: Sequence[Problem], found: Sequence[Solved], policy: Policy) -> tuple[Plan, ...]:
    rows = zip(parts, found, strict=True)
    return tuple([plan_of(part, row, policy) for part, row in rows])


def _moved(row: Solved) -> int:
    return moved_worth(row.net, row.over) - row.consigned.extra


def _with_lots(net: Network, over: Whole, part: Problem) -> Solved:
    if all(offer.lot == 1 for offer in net.offers):
        return Solved(net, over, None, Consigned.nothing())
    net, over, consigned = consign(net, over, part, best=lambda n: best_over(n)[0])
    return Solved(net, over, None, consigned)


def _lane_places(part: Problem, lanes: Sequence[Lane]) -> Whole:
    """Where each name of a lane in the part's table stands among the lanes; -1 for none."""
    place = {lane.key: i for i, lane in enumerate(lanes)}
    assert isinstance(part.arcs, ArcTable)
    return np.array([place.get(name, -1) for name in part.arcs.lanes], dtype=np.int64)


class Shared:
    """The groups' networks and the lanes over which they compete."""

    def __init__(
        self, nets: Sequence[Network], places: Sequence[Whole], lanes: Sequence[Lane]
    ) -> None:
        self.nets, self.lanes = nets, lanes
        self.capacity = np.array([lane.capacity for lane in lanes], dtype=np.float64)
        rows = list(zip(nets, places, strict=True))
        self.arc_lane = [place[net.arcs.lane] for net, place in rows]
        self.lane = [lane[net.hops.arc] for lane, net in zip(self.arc_lane, nets, strict=True)]
        self.volume = [net.arcs.volume[net.hops.arc] for net in nets]
        self.taken = self._pinned()
        self.room = np.maximum(0.0, self.capacity - self.taken)

    def _pinned(self) -> Real:
        """Room that pinned pieces take."""
        taken = np.zeros(len(self.lanes))
        for net, lane in zip(self.nets, self.arc_lane, strict=True):
            if net.pinned:
                pairs = zip(net.arcs.offer.tolist(), net.arcs.need.tolist(), strict=True)
                row_of = {pair: row for row, pair in enumerate(pairs)}
                for pair, quantity in net.pinned.items():
                    row = row_of.get(pair)
                    if row is not None and lane[row] >= 0:
                        taken[lane[row]] += quantity * net.arcs.volume[row]
        return taken

    def load(self, pieces: Iterable[Whole | Real]) -> Real:
        """Room that these pieces over the groups' hops take of each lane."""
        total = np.zeros(len(self.lanes))
        for over, lane, volume in zip(pieces, self.lane, self.volume, strict=True):
            some = lane >= 0
            np.add.at(total, lane[some], over[some] * volume[some])
        return total

    def tolls(self, price: Real) -> list[Whole]:
        """What each hop costs on top at these prices, in whole thousandths, rounded down."""
        return [
            np.floor(np.where(lane >= 0, price[lane], 0.0) * volume).astype(np.int64)
            for lane, volume in zip(self.lane, self.volume, strict=True)
        ]

    def bound(self, best: Answer) -> int:
        """What no plan within the lanes can be worth more than, in thousandths of a point."""
        if best.is_exact:
            return math.floor(best.worth + 1e-8 * max(1.0, abs(best.worth)))
        rows = zip(self.nets, self.tolls(best.price), strict=True)
        most = sum([best_over(net.tolled(toll))[1] for net, toll in rows])
        return most + math.ceil(best.price @ self.room)

    def cut(self, mean: Sequence[Real]) -> list[Whole]:
        """Whole pieces over each hop within the lanes, as many as the lanes hold of these."""
        load = self.load(mean)
        part = np.ones(len(self.lanes))
        np.divide(self.room, load, out=part, where=load > self.room)
        return [
            np.floor(pieces * np.where(lane >= 0, part[lane], 1.0) + 1e-9).astype(np.int64)
            for pieces, lane in zip(mean, self.lane, strict=True)
        ]

    def share_out(
        self, quotas: list[Whole], policy: Policy, rounds: int
    ) -> tuple[list[Network], list[Whole]]:
        """Plan within the quotas; then, several times, share out what is left and plan again."""
        for turn in range(rounds + 1):
            limited = [self._limit(g, quota) for g, quota in enumerate(quotas)]
            overs = [best_over(net)[0] for net in limited]
            left = self.room - self.load(overs)
            if turn < rounds:
                quotas = self._more(overs, left, policy)
        return [self._mark(g, net, left) for g, net in enumerate(limited)], overs

    def _limit(self, group: int, quota: Whole) -> Network:
        net, lane = self.nets[group], self.lane[group]
        most = np.where((lane >= 0) & (self.volume[group] > 0), quota, net.hops.cap)
        return net.limited(most, full=net.full)

    def _mark(self, group: int, net: Network, left: Real) -> Network:
        """The network with the arcs marked whose lane has no room for one piece more."""
        lane, volume = self.arc_lane[group], net.arcs.volume
        full: Truth = (lane >= 0) & (volume > 0) & (left[lane] < volume)
        return net.limited(net.hops.cap, full=full)

    def _more(self, overs: list[Whole], left: Real, policy: Policy) -> list[Whole]:
        """Quotas: what each hop carries, and its part of what its lane has left.

        The room left goes to the hops that would gain most by it, per unit of room.
        """
        wishes = [self._wish(g, over, policy) for g, over in enumerate(overs)]
        sizes = [len(over) for over in overs]
        gain, want = (np.concatenate([wish[i] for wish in wishes]) for i in (0, 1))
        lane, volume = np.concatenate(self.lane), np.concatenate(self.volume)
        given = np.zeros(len(gain), dtype=np.int64)
        rows = np.flatnonzero((lane >= 0) & (want > 0) & (gain > 0) & (volume > 0))
        order = rows[np.lexsort((-gain[rows] / volume[rows], lane[rows]))]
        asked = want[order] * volume[order]
        starts = np.flatnonzero(np.diff(lane[order], prepend=-1))
        before = np.cumsum(asked) - asked
        before -= np.repeat(before[starts], np.diff(np.append(starts, len(order))))
        room = np.clip(left[lane[order]] - before, 0.0, asked)
        given[order] = np.floor(room / volume[order] + 1e-9).astype(np.int64)
        shares = np.split(given, np.cumsum(sizes)[:-1])
        return [over + share for over, share in zip(overs, shares, strict=True)]

    def _wish(self, group: int, over: Whole, policy: Policy) -> tuple[Real, Whole]:
        """What one piece more over each hop would bring, and how many pieces could do so."""
        net = self._limit(group, over)
        after = settle(net, over)
        hops = net.hops
        room = (net.slices.sum(axis=1) - after.got) // net.unit
        effect = net.arcs.efficacy[hops.arc] / 1000
        price = prices(after, policy)
        brings = price.next[hops.need] * effect
        gain = brings - hops.cost - price.offer[hops.offer]
        want = np.minimum(room[hops.need], self.nets[group].hops.cap - over)
        return np.asarray(gain, dtype=np.float64), np.maximum(0, want)

    def uses(self, rows: Sequence[tuple[Network, Whole]]) -> tuple[LaneUse, ...]:
        """How full each lane is with these flows, pinned pieces included."""
        used = self.taken.copy()
        for (net, over), lane in zip(rows, self.arc_lane, strict=True):
            on = lane[net.hops.arc]
            some = on >= 0
            np.add.at(used, on[some], over[some] * net.arcs.volume[net.hops.arc][some])
        loads = zip(self.lanes, used.tolist(), strict=True)
        return tuple(LaneUse(lane.key, lane.capacity, load) for lane, load in loads)
