"""Minimum lots: what is too small to be sent alone is put together in a hub (集并).

An offer sends no consignment below its lot. Cutting the small flows would leave many a small need
with nothing, so they are not cut: all small flows of an offer go to one hub together, and on from
there; if they are less than a lot together, a larger flow of the same offer joins them. Only what
no hub can bring in time, or for less than it is worth, is closed, and the rest is planned anew.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .arcs import FULL, Real, Truth, Whole
from .hubs import Hubs
from .network import Network
from .problem import Problem
from .values import POINT

ROUNDS = 6
"""Plans anew, before what is still too small is simply taken out."""


@dataclass(frozen=True, slots=True, eq=False)
class Consigned:
    """What goes through hubs: the hub by pair of offer and need, and what that costs on top."""

    hub_of: dict[tuple[int, int], str]
    extra: int

    @classmethod
    def nothing(cls) -> "Consigned":
        """Every flow goes straight."""
        return cls({}, 0)


def consign(
    net: Network, over: Whole, problem: Problem, *, best: Callable[[Network], Whole]
) -> tuple[Network, Whole, Consigned]:
    """The network, its flow and its consignments, with every lot kept."""
    hubs = _in_order(problem, net) if problem.hubs else None
    for _ in range(ROUNDS):
        found, stuck = _put_together(net, over, hubs)
        if not stuck.any():
            return net, over, found
        net = net.closed(stuck)
        over = best(net)
    while True:  # whoever loses a piece wants the others no less, so what is left stays the best
        found, stuck = _put_together(net, over, hubs)
        if not stuck.any():
            return net, over, found
        stays = ~stuck[net.hops.arc]
        net, over = net.closed(stuck), over[stays]
        net = net.limited(over, full=net.full)


def _in_order(problem: Problem, net: Network) -> Hubs:
    """The hubs' tables in the order of the network's offers and needs."""
    offers = {offer.key: o for o, offer in enumerate(problem.offers)}
    needs = {need.key: n for n, need in enumerate(problem.needs)}
    assert problem.hubs is not None
    return problem.hubs.part(
        np.array([offers[row.key] for row in net.offers], dtype=np.int64),
        np.array([needs[row.key] for row in net.needs], dtype=np.int64),
    )


def _put_together(net: Network, over: Whole, hubs: Hubs | None) -> tuple[Consigned, Truth]:
    """Find a hub for the small flows of each offer; and the arcs for whose flow there is none."""
    moved = np.zeros(len(net.arcs.offer), dtype=np.int64)
    np.add.at(moved, net.hops.arc, over)
    lots = np.array([offer.lot for offer in net.offers], dtype=np.int64)
    used = np.flatnonzero(moved)
    small = used[moved[used] < lots[net.arcs.offer[used]]]
    stuck = np.zeros(len(moved), dtype=np.bool_)
    hub_of: dict[tuple[int, int], str] = {}
    extra = 0
    whole, brings = _by_offer(net, used), _brings(net, moved)
    for o, arcs in _by_offer(net, small).items():
        together, cost, hub = _hub_for(net, moved, brings, arcs, whole[o], int(lots[o]), hubs)
        extra += cost
        stuck[np.setdiff1d(arcs, together)] = True
        for n in net.arcs.need[together].tolist():
            hub_of[o, n] = hub
    return Consigned(hub_of, extra), stuck


def _brings(net: Network, moved: Whole) -> Whole:
    """What the last piece over each arc is worth where it goes, in thousandths of a point."""
    got = net.came.copy()
    np.add.at(got, net.arcs.need, moved * (net.arcs.efficacy if net.unit > 1 else 1))
    last = net.slices.shape[1] - 1 - np.argmax(net.filled(got)[:, ::-1] > 0, axis=1)
    worth = net.worths[np.arange(len(got)), last]
    brings: Whole = worth[net.arcs.need] * net.arcs.efficacy // FULL
    return brings


def _by_offer(net: Network, arcs: Whole) -> dict[int, Whole]:
    order = arcs[np.argsort(net.arcs.offer[arcs], kind="stable")]
    numbers, starts = np.unique(net.arcs.offer[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, starts[1:]), strict=False))


def _hub_for(
    net: Network,
    moved: Whole,
    brings: Whole,
    small: Whole,
    whole: Whole,
    lot: int,
    hubs: Hubs | None,
) -> tuple[Whole, int, str]:
    """The arcs of one offer that go through one hub, what that costs on top, and the hub.

    Of the hubs, the one that takes most of the small pieces; ties to the cheapest, then the first.
    """
    none = small[:0], 0, ""
    if hubs is None or not hubs.keys:
        return none
    pieces, is_small = moved[whole], moved[whole] < lot
    costs, possible = _through(net, hubs, moved, brings, whole)
    takes = possible @ np.where(is_small, pieces, 0)
    takes = np.where(possible @ pieces >= lot, takes, 0)
    if not takes.any():
        return none
    best: tuple[int, int, Truth] | None = None
    for h in np.flatnonzero(takes == takes.max()).tolist():
        group = _filled_up(pieces, costs[h], possible[h], is_small, lot)
        extra = int(costs[h][group].sum())
        if best is None or extra < best[0]:
            best = extra, h, group
    assert best is not None
    return whole[best[2]], best[0], hubs.keys[best[1]]


def _through(
    net: Network, hubs: Hubs, moved: Whole, brings: Whole, rows: Whole
) -> tuple[Whole, Truth]:
    """Per hub: what each arc's pieces cost on top when they go through it, and whether they may."""
    arcs, o = net.arcs, int(net.arcs.offer[rows[0]])
    need = arcs.need[rows]
    points: Real = hubs.to_cost[o][:, None] + hubs.on_cost[:, need]
    hours = hubs.to_h[o][:, None] + hubs.on_h[:, need]
    hours += net.offers[o].ready_in_h + hubs.handling_h
    due = np.array([net.needs[n].due_in_h for n in need.tolist()], dtype=np.float64)
    possible: Truth = np.isfinite(points) & (hours <= due)
    milli = np.rint(np.where(possible, points, 0.0) * POINT).astype(np.int64)
    possible &= milli < brings[rows]
    return (milli - arcs.cost[rows]) * moved[rows], possible


def _filled_up(pieces: Whole, costs: Whole, possible: Truth, is_small: Truth, lot: int) -> Truth:
    """The small flows that may go there, with as many larger ones as make up a lot."""
    group = possible & is_small
    held = int(pieces[group].sum())
    if held < lot:
        larger = np.flatnonzero(possible & ~is_small)
        larger = larger[np.argsort(costs[larger], kind="stable")]
        before = held + np.cumsum(pieces[larger]) - pieces[larger]
        group[larger[before < lot]] = True
    return group
