"""The verb: match one item group under a policy."""

from .explain import After, lines, pair_sums, settle
from .groups import item_groups
from .network import lay_out
from .plan import Flow, Plan, summarise
from .solve import best_flow
from .values import POINT, Policy, Problem


def match(problem: Problem, *, policy: Policy) -> Plan:
    """Match the offers of one item group to its needs in the best way the policy knows.

    Same input in any order, same plan. Nothing to match is a plan without lines. Raises ValueError
    if the problem holds several item groups: `split` it first.
    Model: min-cost flow with a floor share and diminishing segments; Gutjahr and Fischer (EJOR
    270(1), 2018) on why the sum of costs alone is unfair.
    """
    groups = item_groups(problem)
    if len(groups) > 1:
        raise ValueError(
            f"The problem holds {len(groups)} item groups, which have separate floors; cut it with "
            "split() and match each part."
        )
    net = lay_out(problem, policy)
    after = settle(net, best_flow(net))
    flows, explained = _flows(after), lines(after, policy)
    cost = sum(_moves(after, after.net.arcs.cost[after.net.hops.arc].tolist()))
    promised = {(row.offer, row.need): row.quantity for row in problem.committed if not row.frozen}
    moved = {(flow.offer, flow.need): flow.quantity - flow.frozen for flow in flows}
    kept = sum(min(quantity, moved.get(pair, 0)) for pair, quantity in promised.items())
    return Plan(
        items=problem.items,
        policy=policy,
        floor_share=float(net.share),
        flows=flows,
        lines=explained,
        unused=_unused(after),
        summary=summarise(
            explained,
            cost_milli=cost,
            unused=int(after.left.sum()),
            promised=sum(promised.values()),
            kept=kept,
        ),
        worth_milli=_worth(after) - cost + kept * policy.keep_bonus * POINT,
    )


def _moves(after: After, price: list[int]) -> list[int]:
    """Pieces over each hop times its price, in Python's whole numbers, which never overflow."""
    return [pieces * each for pieces, each in zip(after.over.tolist(), price, strict=True)]


def _worth(after: After) -> int:
    """Worth of all that the needs have got, in thousandths of a point."""
    filled, worths = after.net.filled(after.got).tolist(), after.net.worths.tolist()
    return sum(
        pieces * each
        for row, worth in zip(filled, worths, strict=True)
        for pieces, each in zip(row, worth, strict=True)
    )


def _flows(after: After) -> tuple[Flow, ...]:
    """The flow per pair of offer and need, what was dispatched before included."""
    net = after.net
    return tuple(
        Flow(net.offers[o].key, net.needs[n].key, quantity, net.frozen.get((o, n), 0))
        for (o, n), quantity in sorted(pair_sums(after).items())
    )


def _unused(after: After) -> tuple[tuple[str, int], ...]:
    pairs = zip(after.net.offers, after.left.tolist(), strict=True)
    return tuple((offer.key, left) for offer, left in pairs if left)
