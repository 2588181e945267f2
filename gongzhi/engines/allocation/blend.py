"""The best use of partial substitutes: a linear program by HiGHS, then whole pieces.

A piece that counts for less than a piece makes the flow one with losses, which no longer comes out
in whole numbers. So the program is solved in fractions, all flows are rounded down, and pieces left
over are given out one by one where they raise the worth most, while they raise it. The program's
worth is a bound: no plan in whole pieces can be worth more (but for the keep bonus of a last piece
that only a part of counts), so what rounding cost is known for each plan. A corner of the program
has at most one fraction per offer and need (its columns in the basis are independent), so rounding
down takes back less than one piece of each.
"""

import math

import numpy as np

from .arcs import Whole
from .network import Network, fill_up
from .program import relax

ALMOST = 1e-6
"""What the solver may be off a whole number."""


def best_blend(net: Network) -> tuple[Whole, int]:
    """Whole pieces over each hop, and the most that any plan can be worth, in thousandths.

    The worth is that of what still moves: without what was dispatched or pinned before.
    """
    best = relax([net])
    over = np.floor(best.pieces[0] + ALMOST).astype(np.int64)
    return hand_out(net, over), math.floor(best.worth + 1e-8 * max(1.0, abs(best.worth)))


def hand_out(net: Network, over: Whole) -> Whole:
    """Give pieces left over one by one to where they raise the worth most, while they raise it."""
    over, hops = over.copy(), net.hops
    left, covered = net.stock.copy(), net.came.copy()
    effect = net.arcs.efficacy[hops.arc] if net.unit > 1 else np.ones_like(hops.arc)
    np.subtract.at(left, hops.offer, over)
    np.add.at(covered, hops.need, over * effect)
    room, plain = net.slices.sum(axis=1), net.arcs.cost[hops.arc]
    while True:
        free = np.flatnonzero((over < hops.cap) & (left[hops.offer] > 0))
        fits = covered[hops.need[free]] + effect[free] <= room[hops.need[free]]
        cost = np.where(fits, hops.cost[free], plain[free])  # no bonus for what nobody counts
        gain = one_more(net, covered, hops.need[free], effect[free]) - cost * net.unit
        pays = gain > 0
        if not pays.any():
            return over
        chosen = _best_apart(free[pays], gain[pays], hops.offer, hops.need)
        over[chosen] += 1
        left[hops.offer[chosen]] -= 1
        covered[hops.need[chosen]] += effect[chosen]


def one_more(net: Network, covered: Whole, need: Whole, effect: Whole) -> Whole:
    """Worth of so many units more at each of these needs, in thousandths of a point per unit."""
    slices, worths, before = net.slices[need], net.worths[need], covered[need]
    more = fill_up(slices, before + effect) - fill_up(slices, before)
    gained: Whole = (more * worths).sum(axis=1)
    return gained


def _best_apart(hops: Whole, gain: Whole, offer: Whole, need: Whole) -> Whole:
    """The best hops, no two of the same offer or need; ties to the first."""
    order = hops[np.argsort(-gain, kind="stable")]
    order = order[np.sort(np.unique(need[order], return_index=True)[1])]
    first: Whole = order[np.sort(np.unique(offer[order], return_index=True)[1])]
    return first
