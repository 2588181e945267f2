"""One item group laid out as a flow network in columns of whole numbers.

Offers send to needs over *hops* (an arc, or the promised part of an arc), needs send to one sink
over their slices (floor first, then segments). Dispatched pieces are taken out beforehand: they
shrink the offer and fill the first slices of the need. Rows are sorted by key, so the order in
which a problem was written down cannot change the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from . import fairness
from .values import POINT, Arc, Committed, Need, Offer, Policy, Problem

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The arcs as columns, sorted by need, then offer: indices, thousandths of points, hours."""

    rows: tuple[Arc, ...]
    offer: Whole
    need: Whole
    cost: Whole
    arrives_in_h: NDArray[np.float64]
    in_time: Truth
    barred: Truth

    @property
    def eligible(self) -> Truth:
        """An arc may be used if no rule bars it and it arrives by the time the need is due."""
        return self.in_time & ~self.barred


@dataclass(frozen=True, slots=True, eq=False)
class Hops:
    """What the solver may use: eligible arcs, and before each its promised part, which is cheaper.

    arc: index into Arcs. cap: pieces. cost: thousandths of a point, less the keep bonus.
    """

    arc: Whole
    offer: Whole
    need: Whole
    cap: Whole
    cost: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The laid-out group.

    Per need a row of slices, floor first, then the segments. wish: their pieces; slices: those of
    them that are open to it, which for an unconfirmed need is the floor alone; worths: thousandths
    of a point per piece. stock: pieces not yet dispatched. share: part of each need that is floor.
    """

    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]
    arcs: Arcs
    hops: Hops
    stock: Whole
    dispatched: Whole
    frozen: dict[tuple[int, int], int]
    share: Fraction
    wish: Whole
    slices: Whole
    worths: Whole

    def filled(self, got: Whole) -> Whole:
        """Pieces in each open slice of each need when it has got so many in all."""
        return fill_up(self.slices, got)


def fill_up(slices: Whole, got: Whole) -> Whole:
    """Pieces in each slice when so many are poured into each row, first slice first."""
    before = np.cumsum(slices, axis=1) - slices
    return np.clip(got[:, None] - before, 0, slices)


def lay_out(problem: Problem, policy: Policy) -> Network:
    """Lay an item group out as a network under a policy."""
    offers = tuple(sorted(problem.offers, key=lambda offer: offer.key))
    needs = tuple(sorted(problem.needs, key=lambda need: need.key))
    number = {offer.key: o for o, offer in enumerate(offers)}
    line = {need.key: n for n, need in enumerate(needs)}
    arcs = _arcs(problem.arcs, offers, needs, number, line)
    frozen = _pairs(problem.committed, number, line, frozen=True)
    promised = _pairs(problem.committed, number, line, frozen=False)
    gone, came = _column(len(offers)), _column(len(needs))
    for (o, n), quantity in frozen.items():
        gone[o] += quantity
        came[n] += quantity
    share, reached = _share(offers, needs, arcs, gone, came, policy)
    floors = fairness.floors(needs, reached, share)
    slices = [fairness.slices(need, floors[n], policy) for n, need in enumerate(needs)]
    wish = np.array(slices, dtype=np.int64).reshape(-1, policy.segments + 1)
    shut = np.array([not need.confirmed for need in needs], dtype=np.bool_)
    worths = [fairness.worths(need.tier, policy) for need in needs]
    stock = np.array([offer.quantity for offer in offers], dtype=np.int64) - gone
    return Network(
        offers=offers,
        needs=needs,
        arcs=arcs,
        hops=_hops(arcs, promised, stock, policy),
        stock=stock,
        dispatched=came,
        frozen=frozen,
        share=share,
        wish=wish,
        slices=np.where(shut[:, None] & (np.arange(wish.shape[1]) > 0), 0, wish),
        worths=np.array(worths, dtype=np.int64).reshape(wish.shape),
    )


def _column(size: int) -> Whole:
    return np.zeros(size, dtype=np.int64)


def _pairs(
    committed: Sequence[Committed], number: dict[str, int], line: dict[str, int], *, frozen: bool
) -> dict[tuple[int, int], int]:
    rows = [row for row in committed if row.frozen is frozen]
    return {(number[row.offer], line[row.need]): row.quantity for row in rows}


def _arcs(
    rows: Sequence[Arc],
    offers: Sequence[Offer],
    needs: Sequence[Need],
    number: dict[str, int],
    line: dict[str, int],
) -> Arcs:
    offer = np.array([number[row.offer] for row in rows], dtype=np.int64)
    need = np.array([line[row.need] for row in rows], dtype=np.int64)
    order = np.lexsort((offer, need))
    offer, need = offer[order], need[order]
    ready = np.array([row.ready_in_h for row in offers], dtype=np.float64)
    due = np.array([row.due_in_h for row in needs], dtype=np.float64)
    lead = np.array([row.lead_h for row in rows], dtype=np.float64)[order]
    cost = np.array([row.cost_milli for row in rows], dtype=np.int64)[order]
    barred = np.array([bool(row.barred) for row in rows], dtype=np.bool_)[order]
    arrives = ready[offer] + lead
    in_order = tuple(rows[i] for i in order.tolist())
    return Arcs(in_order, offer, need, cost, arrives, arrives <= due[need], barred)


def _share(
    offers: Sequence[Offer],
    needs: Sequence[Need],
    arcs: Arcs,
    gone: Whole,
    came: Whole,
    policy: Policy,
) -> tuple[Fraction, list[bool]]:
    """Floor share of the group, and which needs some offer reaches.

    Only supply and demand that can meet count; so a need no road leads to changes nothing for
    the others. What has been dispatched counts on both sides.
    """
    gives = np.isin(np.arange(len(offers)), arcs.offer[arcs.eligible])
    takes = np.isin(np.arange(len(needs)), arcs.need[arcs.eligible])
    supply = sum(
        row.quantity if able else int(out)
        for row, able, out in zip(offers, gives, gone, strict=True)
    )
    demand = sum(
        row.quantity if able else min(int(came_in), row.quantity)
        for row, able, came_in in zip(needs, takes, came, strict=True)
    )
    return fairness.floor_share(supply, demand, policy), takes.tolist()


def _hops(arcs: Arcs, promised: dict[tuple[int, int], int], stock: Whole, policy: Policy) -> Hops:
    rows = np.flatnonzero(arcs.eligible)
    pairs = zip(arcs.offer[rows].tolist(), arcs.need[rows].tolist(), strict=True)
    owed = np.array([promised.get(pair, 0) for pair in pairs], dtype=np.int64)
    again = owed > 0
    arc = np.concatenate([rows[again], rows])
    cap = np.concatenate([owed[again], stock[arcs.offer[rows]]])
    bonus = np.concatenate([np.full(int(again.sum()), policy.keep_bonus * POINT), 0 * rows])
    return Hops(arc, arcs.offer[arc], arcs.need[arc], cap, arcs.cost[arc] - bonus)
