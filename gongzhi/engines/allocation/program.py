"""Item groups as one linear program in fractions of pieces, solved by HiGHS.

Columns: of each group its hops in pieces, then the open room of its slices in pieces. Rows: of each
group the offers' stock, then the needs (what comes in is what is counted); then the lanes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arcs import FULL, Real, Whole
from .network import Network
from .values import POINT

EXACT_COLUMNS = 150_000
"""Above so many columns only an approximation is asked for."""
STEPS = 2500
"""Steps of the approximation; counted, not timed, so that the same problem gives the same plan."""


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """What one group's hops take of the lanes: the lane of each, -1 for none, and the volume."""

    lane: Whole
    volume: Real


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Pieces over each group's hops, price of a unit of each lane and the worth, in thousandths.

    is_exact: the worth is the optimum; otherwise all figures are near it only.
    """

    pieces: list[Real]
    price: Real
    worth: float
    is_exact: bool


def relax(nets: Sequence[Network], loads: Sequence[Load] = (), room: Real | None = None) -> Answer:
    """The best fractions of pieces over all hops of these groups within the lanes' room."""
    import highspy  # heavy, and few plans need it

    lanes = 0 if room is None else len(room)
    counts = [len(net.hops.arc) for net in nets]
    if not sum(counts):
        return Answer([np.zeros(0) for _ in nets], np.zeros(lanes), 0.0, True)
    lp = _program(nets, loads, np.zeros(0) if room is None else room, highspy.kHighsInf)
    is_exact = lp.num_col_ <= EXACT_COLUMNS or not lanes
    solver = highspy.Highs()
    options: dict[str, Any] = {"output_flag": False, "parallel": "off", "solver": "simplex"}
    if not is_exact:
        options |= {"solver": "pdlp", "kkt_tolerance": 1e-3, "pdlp_iteration_limit": STEPS}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    solver.run()
    status = solver.getModelStatus()
    if is_exact and status != highspy.HighsModelStatus.kOptimal:
        raise ArithmeticError(
            f"The program of {lp.num_row_} rows ended as {solver.modelStatusToString(status)}."
        )
    found = solver.getSolution()
    values = np.asarray(found.col_value, dtype=np.float64)
    dual = np.asarray(found.row_dual, dtype=np.float64)[lp.num_row_ - lanes :]
    worth = -float(solver.getInfo().objective_function_value) * POINT
    return Answer(_pieces(nets, values), np.maximum(0.0, -dual) * POINT, worth, is_exact)


def _pieces(nets: Sequence[Network], values: Real) -> list[Real]:
    pieces, start = [], 0
    for net in nets:
        count = len(net.hops.arc)
        pieces.append(np.clip(values[start : start + count], 0.0, net.hops.cap))
        start += count + int(np.count_nonzero(_room(net)))
    return pieces


def _room(net: Network) -> Real:
    """Pieces that may still be counted in each slice of each need."""
    room: Real = (net.slices - net.filled(net.came)) / net.unit
    return room


def _program(nets: Sequence[Network], loads: Sequence[Load], room: Real, endless: float) -> Any:
    """The columns and rows of all groups."""
    import highspy

    heights = [len(net.offers) + len(net.needs) for net in nets]
    first = np.concatenate([[0], np.cumsum(heights)]).astype(np.int64)
    parts = [
        _columns(net, int(first[g]), loads[g] if loads else None, int(first[-1]))
        for g, net in enumerate(nets)
    ]
    costs, uppers, rows, entries, sizes = (
        np.concatenate([part[i] for part in parts]) for i in range(5)
    )
    lower = [x for net in nets for x in (np.full(len(net.offers), -endless),
                                         np.zeros(len(net.needs)))]  # fmt: skip
    upper = [x for net in nets for x in (net.stock.astype(np.float64),
                                         np.zeros(len(net.needs)))]  # fmt: skip
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(costs), int(first[-1]) + len(room)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = costs, np.zeros(len(costs)), uppers
    lp.row_lower_ = np.concatenate([*lower, np.full(len(room), -endless)])
    lp.row_upper_ = np.concatenate([*upper, room])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    lp.a_matrix_.index_ = rows.astype(np.int32)
    lp.a_matrix_.value_ = entries
    return lp


def _columns(
    net: Network, base: int, load: Load | None, first_lane: int
) -> tuple[Real, Real, Whole, Real, Whole]:
    """Of one group's columns: costs, upper bounds, row indices, entries, entries per column."""
    hops, offers = net.hops, len(net.offers)
    room = _room(net)
    need, step = np.nonzero(room)
    effect = net.arcs.efficacy[hops.arc] / FULL
    rows = [base + hops.offer, base + offers + hops.need]
    entries = [np.ones(len(effect)), effect]
    taken = np.ones((len(effect), 2 if load is None else 3), dtype=np.bool_)
    if load is not None:
        rows.append(first_lane + load.lane)
        entries.append(load.volume)
        taken[:, 2] = (load.lane >= 0) & (load.volume > 0)
    return (
        np.concatenate([hops.cost / POINT, -net.worths[need, step] / POINT]),
        np.concatenate([hops.cap.astype(np.float64), room[need, step]]),
        np.concatenate([np.stack(rows, axis=1)[taken], base + offers + need]),
        np.concatenate([np.stack(entries, axis=1)[taken], -np.ones(len(need))]),
        np.concatenate([taken.sum(axis=1), np.ones(len(need), dtype=np.int64)]),
    )
