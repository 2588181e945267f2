"""Why each need got no more: rules over what is left in the network after the best flow.

A need that wants more is told the first of these that holds:

1. *no eligible offer* / *deadline*: no arc into it is eligible; deadline, if one would be but for
   the time.
2. *unconfirmed amount*: one confirmed piece more would raise the worth of the whole plan. (Its
   floor share is then full, or the best flow would have brought that piece.)
3. *lane full*: one piece more through a full lane would raise the worth of the whole plan.
4. *lot*: so would one piece from an offer that gives it nothing because of its minimum lot.
5. *cost*: unused supply can reach it, if need be by way of exchanges between other needs that
   leave nobody with less; the flow being best, that costs more than the piece is worth.
6. *deadline*: an offer with unused supply is only too late, and worth its cost.
7. *floor of others*: one piece now in the floor of another need would come to this one, if a floor
   piece counted no more than the tier's weight, for both.
8. *supply exhausted*: what remains. Every piece that could reach it serves a need that counts for
   as much or more.

Where partial substitutes serve, the plan is rounded to whole pieces, so the rules hold within one
piece; and a need that lacks less than a piece is told what the next whole piece would meet.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arcs import Truth, Whole
from .plan import Line, Reason, Refusal, Why
from .prices import After, Prices, prices
from .values import Policy


def reasons(after: After, price: Prices) -> list[Reason]:
    """The binding reason of each need, by the rules above in their order."""
    net, arcs = after.net, after.net.arcs
    size = len(net.needs)

    def of_needs(rows: Truth) -> Truth:
        found = np.zeros(size, dtype=np.bool_)
        found[arcs.need[rows]] = True
        return found

    eligible, late = of_needs(arcs.eligible), ~arcs.barred & ~arcs.in_time
    brings = price.next[arcs.need] * arcs.efficacy / 1000 if net.unit > 1 else price.next[arcs.need]
    pays = price.offer[arcs.offer] + arcs.cost < brings
    waiting = late & (after.left[arcs.offer] > 0) & (arcs.cost < brings)
    rules: list[tuple[Truth, Reason]] = [
        (after.got >= net.wanted * net.unit, Reason.MET),
        (~eligible & of_needs(late), Reason.DEADLINE),
        (~eligible, Reason.NO_OFFER),
        (~net.confirmed & (price.next > price.true + price.slack), Reason.UNCONFIRMED),
        (net.confirmed & of_needs(net.full & pays), Reason.LANE),
        (net.confirmed & of_needs(net.shut & pays), Reason.LOT),
        (price.unused, Reason.COST),
        (of_needs(waiting), Reason.DEADLINE),
        (price.next_level > price.level + price.slack, Reason.FLOOR),
    ]
    which = np.select([holds for holds, _ in rules], range(len(rules)), default=len(rules))
    names = [*(reason for _, reason in rules), Reason.SUPPLY]
    return [names[rule] for rule in which.tolist()]


def refusals(after: After, price: Prices, wanting: Truth) -> dict[int, Refusal]:
    """For each wanting need the cheapest offer that gave it nothing (ties: earliest, then key)."""
    arcs = after.net.arcs
    used = np.zeros(len(arcs.offer), dtype=np.bool_)
    used[after.carrying] = True
    idle = np.flatnonzero(~used & wanting[arcs.need])
    columns: tuple[NDArray[Any], ...] = (arcs.cost, arcs.arrives_in_h)
    for column in columns:  # sorted by need and offer, so the first is least
        idle = idle[_least(column[idle], arcs.need[idle])]
    first = idle[np.flatnonzero(np.diff(arcs.need[idle], prepend=-1))]
    takers = _takers(after)
    return {int(arcs.need[row]): _refusal(after, price, takers, row) for row in first.tolist()}


def _least(column: NDArray[Any], need: Whole) -> Truth:
    """Rows that hold their need's least value; rows of one need stand together."""
    starts = np.flatnonzero(np.diff(need, prepend=-1))
    least = np.minimum.reduceat(column, starts) if len(starts) else column
    sizes = np.diff(np.append(starts, len(need)))
    equal: Truth = column == np.repeat(least, sizes)
    return equal


def _takers(after: After) -> dict[int, tuple[int, int]]:
    """The need that takes most of each offer: (pieces, need)."""
    offer, need, pieces = after.pairs
    order = np.lexsort((need, -pieces, offer))
    first = order[np.flatnonzero(np.diff(offer[order], prepend=-1))]
    rows = zip(offer[first].tolist(), pieces[first].tolist(), need[first].tolist(), strict=True)
    return {o: (quantity, n) for o, quantity, n in rows}


def _refusal(after: After, price: Prices, takers: dict[int, tuple[int, int]], row: int) -> Refusal:
    """Why this arc's offer gave this arc's need nothing."""
    net, arcs = after.net, after.net.arcs
    o, n = int(arcs.offer[row]), int(arcs.need[row])
    offer, need = net.offers[o], net.needs[n]
    if arcs.rule[row]:
        return Refusal(offer.key, Why.BARRED, arcs.rules[arcs.rule[row]])
    if arcs.directed[row]:
        return Refusal(offer.key, Why.DIRECTED, offer.directed_to)
    if not arcs.in_time[row]:
        hours = f"{arcs.arrives_in_h[row]:g} h, due in {need.due_in_h:g} h"
        return Refusal(offer.key, Why.LATE, hours)
    if net.full[row]:
        return Refusal(offer.key, Why.LANE)
    if net.shut[row]:
        return Refusal(offer.key, Why.LOT, f"{offer.lot:,}")
    if after.left[o] > 0:
        pays = price.next[n] > arcs.cost[row]
        return Refusal(offer.key, Why.UNCONFIRMED if pays else Why.COST)
    if o not in takers:
        return Refusal(offer.key, Why.EMPTY)
    pieces, taker = takers[o]
    return Refusal(offer.key, Why.TAKEN, f"{pieces:,} to {net.needs[taker].key}")


def lines(after: After, policy: Policy) -> tuple[Line, ...]:
    """One explained line per need, sorted by key."""
    net = after.net
    price = prices(after, policy)
    why = reasons(after, price)
    tried = refusals(after, price, after.got < net.wanted * net.unit)
    filled = net.filled(after.got)
    reached = filled.shape[1] - 1 - np.argmax(filled[:, ::-1] > 0, axis=1)
    segment = np.where(filled.any(axis=1), reached, 0)
    columns = zip(
        net.needs, why, after.pieces.tolist(), (after.got / net.unit).tolist(),
        (net.slices[:, 0] // net.unit).tolist(), (filled[:, 0] // net.unit).tolist(),
        segment.tolist(), after.directed.tolist(), strict=True,
    )  # fmt: skip
    return tuple([
        Line(
            need=need.key,
            place=need.place,
            tier=need.tier,
            confirmed=need.confirmed,
            wanted=need.quantity,
            got=got,
            covers=covers,
            floor=floor,
            floor_got=floor_got,
            segment=reach,
            directed=directed,
            reason=reason,
            refused=tried.get(n),
            policy=policy.version,
        )
        for n, (need, reason, got, covers, floor, floor_got, reach, directed) in enumerate(columns)
    ])  # fmt: skip
