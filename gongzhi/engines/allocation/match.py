"""The verb: match one item group under a policy."""

from dataclasses import dataclass

import numpy as np

from .arcs import Whole
from .blend import best_blend
from .explain import lines
from .groups import item_groups
from .lots import Consigned, consign
from .network import Network, lay_out
from .plan import Flow, Plan, summarise
from .prices import After, got_of, settle
from .problem import Problem
from .solve import best_flow
from .values import POINT, Policy


def match(problem: Problem, *, policy: Policy) -> Plan:
    """Match the offers of one item group to its needs in the best way the policy knows.

    Same input in any order, same plan. Nothing to match is a plan without lines. Raises ValueError
    if the problem holds several item groups (`split` it first), or lanes, which groups share.
    Model: min-cost flow with a floor share and diminishing segments; Gutjahr and Fischer (EJOR
    270(1), 2018) on why the sum of costs alone is unfair. Where partial substitutes may serve it
    is a linear program, rounded to whole pieces.
    """
    check_group(problem)
    if problem.lanes:
        raise ValueError("The problem has lanes, which item groups share; use match_all().")
    return plan_of(problem, solved(lay_out(problem, policy), problem), policy)


def check_group(problem: Problem) -> None:
    """Refuse a problem of several item groups."""
    groups = item_groups(problem)
    if len(groups) > 1:
        raise ValueError(
            f"The problem holds {len(groups)} item groups, which have separate floors; cut it with "
            "split() and match each part."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The network as it was solved in the end, its flow, and the most that any flow is worth.

    bound: thousandths of a point, of what the flow moves; None if the flow is the best there is.
    consigned: what goes through hubs.
    """

    net: Network
    over: Whole
    bound: int | None
    consigned: Consigned


def solved(net: Network, problem: Problem) -> Solved:
    """The best flow of a network, with minimum lots kept."""
    if all(offer.lot == 1 for offer in net.offers):
        over, bound = best_blend(net) if net.unit > 1 else (best_flow(net), None)
        return Solved(net, over, bound, Consigned.nothing())
    over, bound = best_over(net)
    net, over, consigned = consign(net, over, problem, best=lambda n: best_over(n)[0])
    return Solved(net, over, bound, consigned)


def best_over(net: Network) -> tuple[Whole, int]:
    """The best pieces over each hop, and the most that any plan can be worth."""
    if net.unit > 1:
        return best_blend(net)
    over = best_flow(net)
    return over, moved_worth(net, over)


def moved_worth(net: Network, over: Whole) -> int:
    """Worth of what a flow moves, less its cost, in thousandths of a point."""
    return _worth(net, got_of(net, over)) - _worth(net, net.came) - times(over, net.hops.cost)


def times(pieces: Whole, each: Whole) -> int:
    """The sum of products, exact however large it is."""
    if not len(pieces):
        return 0
    if int(np.abs(pieces).max()) * int(np.abs(each).max()) * len(pieces) < 2**62:
        return int(np.dot(pieces, each))
    return sum([a * b for a, b in zip(pieces.tolist(), each.tolist(), strict=True)])


def _worth(net: Network, got: Whole) -> int:
    """Worth of all that the needs have got, in thousandths of a point."""
    filled = net.filled(got)
    _, first, tier = np.unique(net.worths[:, 0], return_index=True, return_inverse=True)
    sums = np.zeros((len(first), filled.shape[1]), dtype=np.int64)
    np.add.at(sums, tier, filled)
    rows = zip(sums.reshape(-1).tolist(), net.worths[first].reshape(-1).tolist(), strict=True)
    return sum([units * each for units, each in rows]) // net.unit


def plan_of(problem: Problem, found: Solved, policy: Policy) -> Plan:
    """The plan that a flow is, with its lines explained."""
    net, over = found.net, found.over
    after = settle(net, over)
    explained = lines(after, policy)
    kept, pinned = _kept(net, over), _pinned_cost(net)
    cost = times(over, net.arcs.cost[net.hops.arc]) + pinned + found.consigned.extra
    bonus = kept * policy.keep_bonus * POINT
    worth = _worth(net, after.got) - cost + bonus
    before = 0 if found.bound is None else _worth(net, net.came) - pinned
    return Plan(
        items=problem.items,
        policy=policy,
        floor_share=float(net.share),
        flows=_flows(after, found.consigned),
        lines=explained,
        unused=_unused(after),
        summary=summarise(
            explained,
            cost_milli=cost,
            unused=int(after.left.sum()),
            promised=sum(net.promised.values()),
            kept=kept,
        ),
        worth_milli=worth,
        bound_milli=worth if found.bound is None else max(worth, before + found.bound),
    )


def _kept(net: Network, over: Whole) -> int:
    """Promised pieces that stay where they were promised, in whichever hop of their arc."""
    if not net.promised:
        return 0
    size = max(1, len(net.offers))
    moved = np.zeros(len(net.arcs.offer), dtype=np.int64)
    np.add.at(moved, net.hops.arc, over)
    used = np.flatnonzero(moved)
    pairs = (net.arcs.need[used] * size + net.arcs.offer[used]).tolist()
    found = dict(zip(pairs, moved[used].tolist(), strict=True))
    owed = net.promised.items()
    return sum([min(quantity, found.get(n * size + o, 0)) for (o, n), quantity in owed])


def _pinned_cost(net: Network) -> int:
    """What it costs to bring the pinned pieces; nothing where there is no arc for them."""
    if not net.pinned:
        return 0
    pairs = zip(net.arcs.offer.tolist(), net.arcs.need.tolist(), strict=True)
    cost = dict(zip(pairs, net.arcs.cost.tolist(), strict=True))
    return sum([quantity * cost.get(pair, 0) for pair, quantity in net.pinned.items()])


def _flows(after: After, consigned: Consigned) -> tuple[Flow, ...]:
    """The flow per pair of offer and need, what was dispatched or pinned before included."""
    net = after.net
    columns = zip(*(column.tolist() for column in after.pairs), strict=True)
    if not (net.sent or net.pinned or consigned.hub_of or after.directed.any()):
        return tuple([Flow(net.offers[o].key, net.needs[n].key, each) for o, n, each in columns])
    return tuple([
        Flow(
            net.offers[o].key, net.needs[n].key, quantity,
            net.sent.get((o, n), 0), net.pinned.get((o, n), 0),
            bool(net.offers[o].directed_to), consigned.hub_of.get((o, n), ""),
        )
        for o, n, quantity in columns
    ])  # fmt: skip


def _unused(after: After) -> tuple[tuple[str, int], ...]:
    some = np.flatnonzero(after.left).tolist()
    return tuple([(after.net.offers[o].key, int(after.left[o])) for o in some])
