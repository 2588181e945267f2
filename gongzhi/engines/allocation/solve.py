"""The cheapest flow through a laid-out item group, by OR-tools' cost-scaling min-cost flow."""

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from .arcs import Whole
from .network import Network


def best_flow(net: Network) -> Whole:
    """Pieces over each hop that bring the most worth less cost; whole numbers, an exact optimum.

    Every offer also has a free way past all needs to the sink. So there is always a flow, an arc
    that costs more than it brings stays empty, and what goes past is unused supply. Offers and
    needs without a hop stay out. Same network, same answer: the solver uses no randomness.
    """
    givers, tails = np.unique(net.hops.offer, return_inverse=True)
    takers, heads = np.unique(net.hops.need, return_inverse=True)
    stock, offers, sink = net.stock[givers], len(givers), len(givers) + len(takers)
    room = (net.slices - net.filled(net.came))[takers]
    need, step = np.nonzero(room)
    most = np.minimum(net.hops.cap, room.sum(axis=1)[heads])  # the tighter, the quicker
    past, to_sink = np.arange(offers), np.full(len(need) + offers, sink)
    solver = SimpleMinCostFlow()
    everything = solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([tails, offers + need, past]).astype(np.int32),
        np.concatenate([offers + heads, to_sink]).astype(np.int32),
        np.concatenate([most, room[need, step], stock]),
        np.concatenate([net.hops.cost, -net.worths[takers][need, step], 0 * past]),
    )
    nodes = np.append(past, sink).astype(np.int32)
    solver.set_nodes_supplies(nodes, np.append(stock, -stock.sum()))
    status = solver.solve()
    if status != SimpleMinCostFlow.Status.OPTIMAL:
        raise ArithmeticError(
            f"The flow from {offers} offers to {len(takers)} needs ended as {status.name}: the "
            "quantities are too large to be added up; give them in packs, not pieces."
        )
    flows: Whole = np.asarray(solver.flows(everything), dtype=np.int64)[: len(tails)]
    return flows
