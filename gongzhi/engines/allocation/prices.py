"""What one piece more would cost each need, read off what is left in the network after a flow."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arcs import FULL, Real, Truth, Whole
from .network import Network, fill_up
from .values import POINT, Policy

NEVER = 2**60
OUT_OF_REACH = 2**59
ROUNDS = 60
"""Passes over a network with partial substitutes, whose prices only come closer and closer."""

Column = NDArray[Any]
"""Thousandths: whole numbers, or fractions where partial substitutes serve."""
Pairs = tuple[Whole, Whole, Whole]


@dataclass(frozen=True, slots=True, eq=False)
class After:
    """The network after the best flow.

    over: pieces over hops. left: at offers. pieces, got: what each need has, in pieces and in
    units. pairs: offer, need and pieces, sorted, what was dispatched or pinned included. carrying:
    arcs that carry something. directed: pieces of each need that are gifts directed to it.
    """

    net: Network
    over: Whole
    left: Whole
    moved: Whole
    pieces: Whole
    got: Whole
    pairs: Pairs
    carrying: Whole
    directed: Whole


def settle(net: Network, over: Whole) -> After:
    """Add up what the flow leaves at each offer and brings to each need."""
    size = len(net.needs)
    left, got = net.stock.copy(), got_of(net, over)
    np.subtract.at(left, net.hops.offer, over)
    pieces = np.zeros(size, dtype=np.int64)
    offer, need, quantity = pairs = _pairs(net, over)
    np.add.at(pieces, need, quantity)
    gift = np.array([bool(row.directed_to) for row in net.offers], dtype=np.bool_)
    directed = np.zeros(size, dtype=np.int64)
    given = gift[offer]
    np.add.at(directed, need[given], quantity[given])
    width = max(1, len(net.offers))
    known, pair = net.arcs.need * width + net.arcs.offer, need * width + offer
    place = np.minimum(np.searchsorted(known, pair), max(0, len(known) - 1))
    carrying = place[known[place] == pair] if len(known) else place[:0]
    return After(net, over, left, got - net.came, pieces, got, pairs, carrying, directed)


def got_of(net: Network, over: Whole) -> Whole:
    """Units that each need has with this flow."""
    got = net.came.copy()
    counts = over * net.arcs.efficacy[net.hops.arc] if net.unit > 1 else over
    np.add.at(got, net.hops.need, counts)
    return got


def _pairs(net: Network, over: Whole) -> Pairs:
    """Pieces per pair of offer and need, sorted by both; only pairs with any."""
    size = max(1, len(net.needs))
    used = np.flatnonzero(over)
    codes, pieces = net.hops.offer[used] * size + net.hops.need[used], over[used]
    for part in (net.sent, net.pinned):
        if part:
            codes = np.append(codes, [o * size + n for o, n in part])
            pieces = np.append(pieces, list(part.values()))
    pair, where = np.unique(codes, return_inverse=True)
    total = np.zeros(len(pair), dtype=np.int64)
    np.add.at(total, where, pieces)
    return pair // size, pair % size, total


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Where a piece may still move: over hops with room, and back over hops in use.

    Sorted by where the piece arrives: by need on the way, by offer back. starts, homes: where a
    need's, an offer's begin. gain, loss: the efficacy on the way there and back, None where every
    piece counts in full.
    """

    on: tuple[Whole, Whole, Whole]
    back: tuple[Whole, Whole, Whole]
    starts: Whole
    homes: Whole
    gain: Real | None
    loss: Real | None

    def free(self) -> "Ways":
        """The same ways, as if none cost anything: to see what can be reached at all."""
        (offer, need, cost), (home, origin, saved) = self.on, self.back
        return replace(self, on=(offer, need, 0 * cost), back=(home, origin, 0 * saved))


def ways(after: After) -> Ways:
    """Read off the hops of a flow where a piece may still move."""
    hops, net = after.net.hops, after.net
    on, back = np.flatnonzero(after.over < hops.cap), np.flatnonzero(after.over > 0)
    back = back[np.argsort(hops.offer[back], kind="stable")]
    effect = net.arcs.efficacy[hops.arc] / FULL if net.unit > 1 else None
    return Ways(
        on=(hops.offer[on], hops.need[on], hops.cost[on]),
        back=(hops.offer[back], hops.need[back], hops.cost[back]),
        starts=np.flatnonzero(np.diff(hops.need[on], prepend=-1)),
        homes=np.flatnonzero(np.diff(hops.offer[back], prepend=-1)),
        gain=None if effect is None else effect[on],
        loss=None if effect is None else effect[back],
    )


def cheapest(open_ways: Ways, at_offers: Column, at_needs: Column) -> tuple[Column, Column]:
    """Least cost, in thousandths, of one more piece at each offer and need, from given prices.

    A piece moves from an offer over a hop with room, or back over a hop in use. Bellman and Ford,
    all arcs at once: as many passes as the longest path has hops. Where pieces count in part the
    prices are those of a full piece at the need, and only come closer, so the passes are limited.
    """
    offers, needs = at_offers.copy(), at_needs.copy()
    (offer, need, cost), (home, origin, saved) = open_ways.on, open_ways.back
    takers, givers = need[open_ways.starts], home[open_ways.homes]
    exact = open_ways.gain is None
    for _ in range(len(offers) + len(needs) + 1 if exact else ROUNDS):
        if len(givers):
            back: Column = needs[origin]
            if open_ways.loss is not None:
                back = back * open_ways.loss
            least = np.minimum.reduceat(back - saved, open_ways.homes)
            offers[givers] = np.minimum(offers[givers], least)
        if not len(takers):
            return offers, needs
        there: Column = offers[offer] + cost
        if open_ways.gain is not None:
            there = there / open_ways.gain
        least = np.minimum.reduceat(there, open_ways.starts)
        better = least < needs[takers] - (0 if exact else 1e-6)
        if not better.any():
            return offers, needs
        needs[takers] = np.minimum(needs[takers], least)
    if exact:
        raise ArithmeticError(
            "A cheaper exchange is left, so the flow explained is not the best one."
        )
    return offers, needs


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Price of one more piece at each need, in thousandths, and what it would be worth there.

    unused: whether unused supply can reach it at all. true: out of anywhere; offer: the same at
    each offer. level: out of needs that hold it, were a floor piece worth no more than the tier's
    weight. next, next_level: the piece's worth, counted the same two ways, and as if the need were
    confirmed.
    slack: thousandths within which two prices count as equal.
    """

    unused: Truth
    true: Column
    offer: Column
    level: Column
    next: Whole
    next_level: Whole
    slack: int


def prices(after: After, policy: Policy) -> Prices:
    """Read the prices and the two worths off the residual network."""
    net, open_ways = after.net, ways(after)
    kind = np.int64 if net.unit == 1 else np.float64
    never = NEVER if net.unit == 1 else np.inf
    nowhere = np.full(len(net.needs), never, dtype=kind)
    free = np.where(after.left > 0, 0, never).astype(kind)
    extra = np.zeros_like(net.worths)
    extra[:, 0] = policy.floor_value * POINT
    last, following = _edge(net, after.got)
    rows = np.arange(len(net.needs))
    holds = after.moved > 0
    lost = np.where(holds, net.worths[rows, last], never).astype(kind)
    lost_level = np.where(holds, (net.worths - extra)[rows, last], never).astype(kind)
    at_offer, true = cheapest(open_ways, free, lost)
    return Prices(
        unused=cheapest(open_ways.free(), free, nowhere)[1] < OUT_OF_REACH,
        true=true,
        offer=at_offer,
        level=cheapest(open_ways, np.full_like(free, never), lost_level)[1],
        next=net.worths[rows, following],
        next_level=(net.worths - extra)[rows, following],
        slack=0 if net.unit == 1 else 1,
    )


def _edge(net: Network, got: Whole) -> tuple[Whole, Whole]:
    """Index of the slice that holds each need's last piece, and of the one its next would enter.

    The next is the one it would enter if it were confirmed.
    """
    width = net.slices.shape[1]
    last = width - 1 - np.argmax(net.filled(got)[:, ::-1] > 0, axis=1)
    following = np.argmax(fill_up(net.wish, got) < net.wish, axis=1)
    return last.astype(np.int64), following.astype(np.int64)
