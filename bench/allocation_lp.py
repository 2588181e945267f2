"""All item groups and their lanes as one linear program, for HiGHS: the bound of what is possible.

Built from the columns of the laid-out groups, not by the method it is to judge.
"""

from __future__ import annotations

import highspy
import numpy as np

from gongzhi.engines.allocation import Policy, Problem, split
from gongzhi.engines.allocation.network import Network, lay_out


def coupled(problem: Problem, policy: Policy, seconds: float) -> tuple[float | None, str]:
    """The best worth within the lanes in thousandths of a point, None if it was not found in time.

    The time is that of the clock on the wall, which is all HiGHS can be given.
    """
    nets = [lay_out(part, policy) for part in split(problem)]
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("parallel", "off"), ("time_limit", seconds)):
        solver.setOptionValue(name, value)
    solver.passModel(_program(nets, problem))
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        return None, solver.modelStatusToString(status)
    return -1000.0 * solver.getInfo().objective_function_value, "optimal"


def _program(nets: list[Network], problem: Problem) -> highspy.HighsLp:
    """Columns: hops, then slices, of each group. Rows: offers, needs of each group; then lanes."""
    place = {lane.key: i for i, lane in enumerate(problem.lanes)}
    heights = [len(net.offers) + len(net.needs) for net in nets]
    first = np.concatenate([[0], np.cumsum(heights)])
    costs, uppers, rows, entries, sizes = [], [], [], [], []
    lower, upper = [], []
    for net, base, part in zip(nets, first[:-1].tolist(), split(problem), strict=True):
        hops, offers = net.hops, len(net.offers)
        room = net.slices - net.filled(net.came)
        need, step = np.nonzero(room)
        names = np.array([place[name] if name else 0 for name in part.arcs.lanes])  # type: ignore[attr-defined]
        lane = first[-1] + names[net.arcs.lane[hops.arc]]
        volume = net.arcs.volume[hops.arc]
        costs += [hops.cost / 1000.0, -net.worths[need, step] / 1000.0]
        uppers += [hops.cap.astype(float), room[need, step].astype(float)]
        rows += [np.stack([base + hops.offer, base + offers + hops.need, lane], 1).reshape(-1),
                 base + offers + need]  # fmt: skip
        one = np.ones(len(volume))
        entries += [np.stack([one, one, volume], 1).reshape(-1), -np.ones(len(need))]
        sizes += [np.full(len(volume), 3), np.full(len(need), 1)]
        lower += [np.full(offers, -highspy.kHighsInf), np.zeros(len(net.needs))]
        upper += [net.stock.astype(float), np.full(len(net.needs), highspy.kHighsInf)]
    lower.append(np.full(len(problem.lanes), -highspy.kHighsInf))
    upper.append(np.array([lane.capacity for lane in problem.lanes]))
    lp = highspy.HighsLp()
    lp.col_cost_, lp.col_upper_ = np.concatenate(costs), np.concatenate(uppers)
    lp.num_col_ = len(lp.col_cost_)
    lp.col_lower_ = np.zeros(lp.num_col_)
    lp.row_lower_, lp.row_upper_ = np.concatenate(lower), np.concatenate(upper)
    lp.num_row_ = len(lp.row_lower_)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    lp.a_matrix_.index_ = np.concatenate(rows)
    lp.a_matrix_.value_ = np.concatenate(entries)
    return lp
