"""One item group laid out as a flow network in columns of whole numbers.

Offers send to needs over *hops* (an arc, or the promised part of an arc), needs send to one sink
over their slices (floor first, then segments). Dispatched and pinned pieces are taken out
beforehand: they shrink the offer and fill the first slices of the need. Rows are sorted by key, so
the order in which a problem was written down cannot change the plan.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

import numpy as np

from . import fairness
from .arcs import FULL, ArcTable, Real, Truth, Whole, table_of
from .problem import Problem
from .values import POINT, Committed, Need, Offer, Policy

Row = TypeVar("Row", Need, Offer)


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The arcs as columns, sorted by need, then offer: indices, thousandths of points, hours.

    rule: why it is barred, a place in `rules`; 0 = it is not. efficacy: thousandths of a piece.
    directed: it would bring a gift elsewhere than the giver wants. volume: what one piece over it
    takes of its lane, a place in the problem's names of lanes.
    """

    offer: Whole
    need: Whole
    cost: Whole
    arrives_in_h: Real
    in_time: Truth
    rule: Whole
    rules: tuple[str, ...]
    directed: Truth
    efficacy: Whole
    lane: Whole
    volume: Real

    @property
    def barred(self) -> Truth:
        """A rule forbids it, or a gift is directed elsewhere."""
        return (self.rule > 0) | self.directed

    @property
    def eligible(self) -> Truth:
        """An arc may be used if no rule bars it and it arrives by the time the need is due."""
        return self.in_time & ~self.barred


@dataclass(frozen=True, slots=True, eq=False)
class Hops:
    """What the solver may use: eligible arcs, and before each its promised part, which is cheaper.

    Sorted as the arcs are. arc: index into Arcs. cap: pieces. cost: thousandths of a point, less
    the keep bonus. kept: it is the promised part.
    """

    arc: Whole
    offer: Whole
    need: Whole
    cap: Whole
    cost: Whole
    kept: Truth

    def where(self, chosen: Truth) -> "Hops":
        """Only some of them."""
        return Hops(
            self.arc[chosen], self.offer[chosen], self.need[chosen], self.cap[chosen],
            self.cost[chosen], self.kept[chosen],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The laid-out group.

    What needs have got is counted in units: whole pieces, or thousandths of a piece where a
    partial substitute may serve (`unit` is 1 or 1000). Per need a row of slices, floor first, then
    the segments. wish: their units; slices: those of them that are open to it, which for an
    unconfirmed need is the floor alone; worths: thousandths of a point per piece. stock: pieces
    not yet dispatched or pinned. came: units dispatched or pinned. sent, pinned: pieces by pair of
    offer and need. share: part of each need that is floor. shut, full: arcs that a minimum lot or
    a lane keeps from carrying more.
    """

    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]
    arcs: Arcs
    hops: Hops
    stock: Whole
    came: Whole
    sent: dict[tuple[int, int], int]
    pinned: dict[tuple[int, int], int]
    promised: dict[tuple[int, int], int]
    share: Fraction
    wanted: Whole
    confirmed: Truth
    wish: Whole
    slices: Whole
    worths: Whole
    unit: int
    shut: Truth
    full: Truth

    def filled(self, got: Whole) -> Whole:
        """Units in each open slice of each need when it has got so many in all."""
        return fill_up(self.slices, got)

    def tolled(self, toll: Whole) -> "Network":
        """The same with each hop dearer by so many thousandths of a point per piece."""
        return replace(self, hops=replace(self.hops, cost=self.hops.cost + toll))

    def limited(self, most: Whole, *, full: Truth) -> "Network":
        """The same with at most so many pieces over each hop; the arcs that a lane limits."""
        hops = replace(self.hops, cap=np.minimum(self.hops.cap, most))
        return replace(self, hops=hops, full=full)

    def closed(self, shut: Truth) -> "Network":
        """The same without the arcs that a minimum lot keeps from being used."""
        return replace(self, hops=self.hops.where(~shut[self.hops.arc]), shut=self.shut | shut)


def fill_up(slices: Whole, got: Whole) -> Whole:
    """Units in each slice when so many are poured into each row, first slice first."""
    before = np.cumsum(slices, axis=1) - slices
    return np.clip(got[:, None] - before, 0, slices)


def lay_out(problem: Problem, policy: Policy) -> Network:
    """Lay an item group out as a network under a policy."""
    table = table_of(problem.arcs, problem.offers, problem.needs)
    offers, offer_place = _sorted(problem.offers)
    needs, need_place = _sorted(problem.needs)
    arcs = _arcs(table, offers, needs, offer_place, need_place)
    number = {offer.key: o for o, offer in enumerate(offers)} if problem.committed else {}
    line = {need.key: n for n, need in enumerate(needs)} if problem.committed else {}

    def pairs(chosen: Callable[[Committed], bool]) -> dict[tuple[int, int], int]:
        rows = filter(chosen, problem.committed)
        return {(number[row.offer], line[row.need]): row.quantity for row in rows}

    sent, pinned = pairs(lambda row: row.frozen), pairs(lambda row: row.pinned)
    promised = pairs(lambda row: not (row.frozen or row.pinned))
    eligible = arcs.eligible
    unit = FULL if (arcs.efficacy[eligible] < FULL).any() else 1
    gone, came = _fixed(arcs, (sent, pinned), len(offers), len(needs), unit)
    supply = np.array([offer.quantity for offer in offers], dtype=np.int64)
    wanted = np.array([need.quantity for need in needs], dtype=np.int64)
    share, reached = _share(arcs, eligible, supply, wanted, gone, came // unit, policy)
    floors = np.array(fairness.floors(needs, reached, share), dtype=np.int64)
    wish = fairness.slices(wanted, floors, policy.segments) * unit
    confirmed = np.array([need.confirmed for need in needs], dtype=np.bool_)
    worths = np.array([fairness.worths(tier, policy) for tier in (1, 2, 3)], dtype=np.int64)
    tiers = np.array([need.tier for need in needs], dtype=np.int64)
    stock = supply - gone
    nothing = np.zeros(len(arcs.offer), dtype=np.bool_)
    return Network(
        offers=offers,
        needs=needs,
        arcs=arcs,
        hops=_hops(arcs, eligible, promised, stock, policy),
        stock=stock,
        came=came,
        sent=sent,
        pinned=pinned,
        promised=promised,
        share=share,
        wanted=wanted,
        confirmed=confirmed,
        wish=wish,
        slices=np.where(~confirmed[:, None] & (np.arange(wish.shape[1]) > 0), 0, wish),
        worths=worths[tiers - 1],
        unit=unit,
        shut=nothing,
        full=nothing,
    )


def _sorted(rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], Whole | None]:
    """The rows by key, and where each of them stands then; None if they were in order."""
    keys = [row.key for row in rows]
    if all(low < high for low, high in pairwise(keys)):
        return rows, None
    order = sorted(range(len(rows)), key=keys.__getitem__)
    places = np.zeros(len(rows), dtype=np.int64)
    places[order] = np.arange(len(rows))
    return tuple([rows[i] for i in order]), places


def _arcs(
    table: ArcTable,
    offers: tuple[Offer, ...],
    needs: tuple[Need, ...],
    offer_place: Whole | None,
    need_place: Whole | None,
) -> Arcs:
    offer = table.offer if offer_place is None else offer_place[table.offer]
    need = table.need if need_place is None else need_place[table.need]
    pair = need * max(1, len(offers)) + offer
    order: Whole | slice = slice(None)
    if not (np.diff(pair) > 0).all():
        order = np.argsort(pair)
    offer, need = offer[order], need[order]
    ready = np.array([row.ready_in_h for row in offers], dtype=np.float64)
    due = np.array([row.due_in_h for row in needs], dtype=np.float64)
    size = np.array([row.volume for row in offers], dtype=np.float64)
    arrives = ready[offer] + table.lead_h[order]
    empty = np.zeros(len(offer), dtype=np.int64)
    return Arcs(
        offer=offer,
        need=need,
        cost=table.cost_milli[order],
        arrives_in_h=arrives,
        in_time=arrives <= due[need],
        rule=empty if table.barred is None else table.barred[order],
        rules=table.rules,
        directed=_directed(offers, needs, offer, need),
        efficacy=empty + FULL if table.efficacy is None else table.efficacy[order],
        lane=empty if table.lane is None else table.lane[order],
        volume=size[offer],
    )


def _directed(
    offers: tuple[Offer, ...], needs: tuple[Need, ...], offer: Whole, need: Whole
) -> Truth:
    """Arcs that would bring a directed gift elsewhere."""
    names = {row.directed_to for row in offers} - {""}
    if not names:
        return np.zeros(len(offer), dtype=np.bool_)
    codes = {name: code for code, name in enumerate(sorted(names), start=1)}
    goal = np.array([codes.get(row.directed_to, 0) for row in offers], dtype=np.int64)
    place = np.array([codes.get(row.place, 0) for row in needs], dtype=np.int64)
    aim = goal[offer]
    elsewhere: Truth = (aim > 0) & (aim != place[need])
    return elsewhere


def _fixed(
    arcs: Arcs,
    fixed: tuple[dict[tuple[int, int], int], ...],
    offers: int,
    needs: int,
    unit: int,
) -> tuple[Whole, Whole]:
    """Pieces that have left each offer, units that have come to each need, or are pinned to."""
    gone, came = np.zeros(offers, dtype=np.int64), np.zeros(needs, dtype=np.int64)
    effect: dict[tuple[int, int], int] = {}
    if unit > 1 and any(fixed):
        pairs = zip(arcs.offer.tolist(), arcs.need.tolist(), strict=True)
        effect = dict(zip(pairs, arcs.efficacy.tolist(), strict=True))
    for part in fixed:
        for (o, n), quantity in part.items():
            gone[o] += quantity
            came[n] += quantity * (effect.get((o, n), FULL) if unit > 1 else 1)
    return gone, came


def _share(
    arcs: Arcs,
    eligible: Truth,
    quantity: Whole,
    wanted: Whole,
    gone: Whole,
    came: Whole,
    policy: Policy,
) -> tuple[Fraction, list[bool]]:
    """Floor share of the group, and which needs some offer reaches.

    Only supply and demand that can meet count; so a need no road leads to changes nothing for
    the others. What has been dispatched or pinned counts on both sides.
    """
    gives, takes = np.zeros(len(quantity), dtype=np.bool_), np.zeros(len(wanted), dtype=np.bool_)
    gives[arcs.offer[eligible]] = True
    takes[arcs.need[eligible]] = True
    supply = int(np.where(gives, quantity, gone).sum())
    demand = int(np.where(takes, wanted, np.minimum(came, wanted)).sum())
    return fairness.floor_share(supply, demand, policy), takes.tolist()


def _hops(
    arcs: Arcs,
    eligible: Truth,
    promised: dict[tuple[int, int], int],
    stock: Whole,
    policy: Policy,
) -> Hops:
    rows = np.flatnonzero(eligible)
    offer, need = arcs.offer[rows], arcs.need[rows]
    if not promised:
        kept = np.zeros(len(rows), dtype=np.bool_)
        return Hops(rows, offer, need, stock[offer], arcs.cost[rows], kept)
    width = len(stock)
    pair = need * width + offer
    owed = sorted((n * width + o, quantity) for (o, n), quantity in promised.items())
    codes, pieces = np.array(owed, dtype=np.int64).T
    place = np.minimum(np.searchsorted(pair, codes), max(0, len(pair) - 1))
    there = (pair[place] == codes) if len(pair) else np.zeros(len(codes), dtype=np.bool_)
    place, pieces = place[there], pieces[there]
    again = np.insert(np.arange(len(rows)), place, place)  # each promised hop just before its own
    kept = np.zeros(len(again), dtype=np.bool_)
    kept[place + np.arange(len(place))] = True
    cap = stock[offer][again]
    cap[kept] = pieces
    cost = arcs.cost[rows][again] - kept * (policy.keep_bonus * POINT)
    return Hops(rows[again], offer[again], need[again], cap, cost, kept)
