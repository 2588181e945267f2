"""The cheapest flow through a laid-out item group, by OR-tools' cost-scaling min-cost flow."""

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from .network import Network, Whole


def best_flow(net: Network) -> Whole:
    """Pieces over each hop that bring the most worth less cost; whole numbers, an exact optimum.

    Every offer also has a free way past all needs to the sink. So there is always a flow, an arc
    that costs more than it brings stays empty, and what goes past is unused supply. Same network,
    same answer: the solver uses no randomness.
    """
    offers, needs = len(net.offers), len(net.needs)
    sink = offers + needs
    need, step = np.nonzero(net.slices)
    already = net.filled(net.dispatched)
    past = np.arange(offers)
    to_sink = np.full(len(need) + offers, sink)
    hops = len(net.hops.cap)
    solver = SimpleMinCostFlow()
    everything = solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([net.hops.offer, offers + need, past]).astype(np.int32),
        np.concatenate([offers + net.hops.need, to_sink]).astype(np.int32),
        np.concatenate([net.hops.cap, (net.slices - already)[need, step], net.stock]),
        np.concatenate([net.hops.cost, -net.worths[need, step], 0 * past]),
    )
    nodes = np.append(np.arange(offers), sink).astype(np.int32)
    solver.set_nodes_supplies(nodes, np.append(net.stock, -net.stock.sum()))
    status = solver.solve()
    if status != SimpleMinCostFlow.Status.OPTIMAL:
        raise ArithmeticError(
            f"The min-cost flow over {offers} offers and {needs} needs ended as {status.name}: "
            "the quantities are too large to be added up; give them in packs, not pieces."
        )
    flows: Whole = np.asarray(solver.flows(everything), dtype=np.int64)[:hops]
    return flows
