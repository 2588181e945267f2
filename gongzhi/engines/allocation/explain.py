"""Why each need got no more: rules over what is left in the network after the best flow.

A need that wants more is told the first of these that holds:

1. *no eligible offer* / *deadline*: no arc into it is eligible; deadline, if one would be but for
   the time.
2. *unconfirmed amount*: one confirmed piece more would raise the worth of the whole plan. (Its
   floor share is then full, or the best flow would have brought that piece.)
3. *cost*: unused supply can reach it, if need be by way of exchanges between other needs that
   leave nobody with less; the flow being best, that costs more than the piece is worth.
4. *deadline*: an offer with unused supply is only too late, and worth its cost.
5. *floor of others*: one piece now in the floor of another need would come to this one, if a floor
   piece counted no more than the tier's weight, for both.
6. *supply exhausted*: what remains. Every piece that could reach it serves a need that counts for
   as much or more.

Rules 2, 3 and 5 need the price of one more piece at each need: cheapest paths over the residual
arcs between offers and needs. As the flow is best, there is no cycle of negative cost among these.
"""

from dataclasses import dataclass

import numpy as np

from .network import Network, Truth, Whole, fill_up
from .plan import Line, Reason, Refusal, Why
from .values import POINT, Policy

NEVER = 2**60
OUT_OF_REACH = 2**59


@dataclass(frozen=True, slots=True, eq=False)
class After:
    """The network after the best flow: pieces over hops, left at offers, got by needs."""

    net: Network
    over: Whole
    left: Whole
    moved: Whole
    got: Whole


def settle(net: Network, over: Whole) -> After:
    """Add up what the flow leaves at each offer and brings to each need."""
    left = net.stock.copy()
    moved = np.zeros(len(net.needs), dtype=np.int64)
    np.subtract.at(left, net.hops.offer, over)
    np.add.at(moved, net.hops.need, over)
    return After(net, over, left, moved, net.dispatched + moved)


def cheapest(after: After, at_offers: Whole, at_needs: Whole) -> Whole:
    """Least cost, in thousandths, to bring one more piece to each need, from given start prices.

    A piece moves from an offer over a hop with room, or back over a hop in use. Bellman and Ford,
    all arcs at once: as many passes as the longest path has hops.
    """
    hops, offers, needs = after.net.hops, at_offers.copy(), at_needs.copy()
    on, back = after.over < hops.cap, after.over > 0
    for _ in range(len(offers) + len(needs) + 1):
        before = needs.copy()
        np.minimum.at(offers, hops.offer[back], needs[hops.need[back]] - hops.cost[back])
        np.minimum.at(needs, hops.need[on], offers[hops.offer[on]] + hops.cost[on])
        if np.array_equal(before, needs):
            return needs
    raise ArithmeticError("A cheaper exchange is left, so the flow explained is not the best one.")


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Price of one more piece at each need, in thousandths, and what it would be worth there.

    unused: out of unused supply alone. true: from anywhere. level: out of needs that hold it, were
    a floor piece worth no more than the tier's weight. next, next_level: the piece's worth, counted
    the same two ways, and as if the need were confirmed.
    """

    unused: Whole
    true: Whole
    level: Whole
    next: Whole
    next_level: Whole


def prices(after: After, policy: Policy) -> Prices:
    """Read the three prices and the two worths off the residual network."""
    net = after.net
    nowhere = np.full(len(net.needs), NEVER)
    free = np.where(after.left > 0, 0, NEVER)
    extra = np.zeros_like(net.worths)
    extra[:, 0] = policy.floor_value * POINT
    last, following = _edge(net, after.got)
    rows = np.arange(len(net.needs))
    holds = after.moved > 0
    lost = np.where(holds, net.worths[rows, last], NEVER)
    lost_level = np.where(holds, (net.worths - extra)[rows, last], NEVER)
    return Prices(
        unused=cheapest(after, free, nowhere),
        true=cheapest(after, free, lost),
        level=cheapest(after, np.full_like(free, NEVER), lost_level),
        next=net.worths[rows, following],
        next_level=(net.worths - extra)[rows, following],
    )


def _edge(net: Network, got: Whole) -> tuple[Whole, Whole]:
    """Index of the slice that holds each need's last piece, and of the one its next would enter.

    The next is the one it would enter if it were confirmed.
    """
    width = net.slices.shape[1]
    last = width - 1 - np.argmax(net.filled(got)[:, ::-1] > 0, axis=1)
    following = np.argmax(fill_up(net.wish, got) < net.wish, axis=1)
    return last.astype(np.int64), following.astype(np.int64)


def reasons(after: After, price: Prices) -> list[Reason]:
    """The binding reason of each need, by the rules above in their order."""
    net, arcs = after.net, after.net.arcs
    size = len(net.needs)
    eligible = np.isin(np.arange(size), arcs.need[arcs.eligible])
    late = ~arcs.barred & ~arcs.in_time
    some_late = np.isin(np.arange(size), arcs.need[late])
    worth_waiting = late & (after.left[arcs.offer] > 0) & (arcs.cost < price.next[arcs.need])
    could_wait = np.isin(np.arange(size), arcs.need[worth_waiting])
    wanted = np.array([need.quantity for need in net.needs], dtype=np.int64)
    confirmed = np.array([need.confirmed for need in net.needs], dtype=np.bool_)
    rules: list[tuple[Truth, Reason]] = [
        (after.got >= wanted, Reason.MET),
        (~eligible & some_late, Reason.DEADLINE),
        (~eligible, Reason.NO_OFFER),
        (~confirmed & (price.next > price.true), Reason.UNCONFIRMED),
        (price.unused < OUT_OF_REACH, Reason.COST),
        (could_wait, Reason.DEADLINE),
        (price.next_level > price.level, Reason.FLOOR),
        (np.ones(size, dtype=np.bool_), Reason.SUPPLY),
    ]
    return [next(reason for holds, reason in rules if holds[n]) for n in range(size)]


def refusals(after: After, price: Prices) -> list[Refusal | None]:
    """For each need the cheapest offer that gave it nothing (ties: earliest, then by key)."""
    net, arcs = after.net, after.net.arcs
    size = len(net.needs)
    sums = pair_sums(after)
    used = np.array([o * size + n for o, n in sums], dtype=np.int64)
    order = np.lexsort((arcs.offer, arcs.arrives_in_h, arcs.cost, arcs.need))
    idle = order[~np.isin(arcs.offer * size + arcs.need, used)[order]]
    first = idle[np.unique(arcs.need[idle], return_index=True)[1]]
    takers = _takers(after, sums)
    found = {int(arcs.need[row]): _refusal(after, price, takers, row) for row in first.tolist()}
    return [found.get(n) for n in range(size)]


def pair_sums(after: After) -> dict[tuple[int, int], int]:
    """Pieces per pair of offer and need, dispatched ones included; only pairs with any."""
    sums = dict(after.net.frozen)
    hops = after.net.hops
    for h in np.flatnonzero(after.over).tolist():
        pair = int(hops.offer[h]), int(hops.need[h])
        sums[pair] = sums.get(pair, 0) + int(after.over[h])
    return sums


def _takers(after: After, sums: dict[tuple[int, int], int]) -> dict[int, tuple[int, str]]:
    """The need that takes most of each offer: (pieces, key)."""
    most: dict[int, tuple[int, str]] = {}
    for (o, n), quantity in sorted(sums.items()):
        if quantity > most.get(o, (0, ""))[0]:
            most[o] = quantity, after.net.needs[n].key
    return most


def _refusal(after: After, price: Prices, takers: dict[int, tuple[int, str]], row: int) -> Refusal:
    """Why this arc's offer gave this arc's need nothing."""
    arcs = after.net.arcs
    o, n = int(arcs.offer[row]), int(arcs.need[row])
    key, need = after.net.offers[o].key, after.net.needs[n]
    if arcs.barred[row]:
        return Refusal(key, Why.BARRED, arcs.rows[row].barred)
    if not arcs.in_time[row]:
        hours = f"{arcs.arrives_in_h[row]:g} h, due in {need.due_in_h:g} h"
        return Refusal(key, Why.LATE, hours)
    if after.left[o] > 0:
        pays = price.next[n] > arcs.cost[row]
        return Refusal(key, Why.UNCONFIRMED if pays else Why.COST)
    if o not in takers:
        return Refusal(key, Why.EMPTY)
    pieces, taker = takers[o]
    return Refusal(key, Why.TAKEN, f"{pieces:,} to {taker}")


def lines(after: After, policy: Policy) -> tuple[Line, ...]:
    """One explained line per need, sorted by key."""
    price = prices(after, policy)
    why, tried = reasons(after, price), refusals(after, price)
    filled = after.net.filled(after.got)
    made = []
    for n, need in enumerate(after.net.needs):
        reached = np.flatnonzero(filled[n])
        made.append(
            Line(
                need=need.key,
                place=need.place,
                tier=need.tier,
                confirmed=need.confirmed,
                wanted=need.quantity,
                got=int(after.got[n]),
                floor=int(after.net.slices[n, 0]),
                floor_got=int(filled[n, 0]),
                segment=int(reached[-1]) if len(reached) else 0,
                reason=why[n],
                refused=None if why[n] is Reason.MET else tried[n],
                policy=policy.version,
            )
        )
    return tuple(made)
