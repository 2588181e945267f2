"""The integer program, solved by HiGHS: which pairs are called, for the most points.

Columns: one for each pair, 0 or 1; one for each task that wants a leader, how far none is there.
Rows: places of a task; its leader; for each volunteer the most shifts, and one of each crowd of
shifts. Where firm call-ups break a limit already, the limit is what they take: facts are facts.

The linear relaxation bounds the answer and is nearly whole. So it is solved first; then only
those volunteers are decided anew who are split between tasks, then those around them, until the
answer is as near to the bound as the policy asks. The whole program comes last, and rarely.
"""

from collections.abc import Iterator

import highspy
import numpy as np
from numpy.typing import NDArray

from .field import Chosen, Field, Whole

Reals = NDArray[np.float64]

WHOLE = 1e-6
"""How near to 0 or 1 counts as whole."""

_OPTIONS = {
    "output_flag": False,
    "parallel": "off",
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_zi_round": False,
    "mip_heuristic_run_shifting": False,
}
"""The rings are our own search for good answers: the solver's took most of the time."""


def best_pairs(net: Field) -> tuple[Chosen, float]:
    """Which pairs are called, and how far from the best answer this may be (0 to 1)."""
    if not len(net.pairs.volunteer):
        return np.zeros(0, dtype=np.bool_), 0.0
    solver = highspy.Highs()
    for name, value in _OPTIONS.items():
        solver.setOptionValue(name, value)
    solver.setOptionValue("random_seed", net.policy.seed)
    solver.setOptionValue("mip_rel_gap", net.policy.gap / 2)
    solver.setOptionValue("mip_max_nodes", net.policy.nodes)
    solver.passModel(_model(net))
    return _search(net, solver)


def _search(net: Field, solver: highspy.Highs) -> tuple[Chosen, float]:
    """Solve the relaxation, then rings around what it leaves split, then the whole."""
    size = len(net.pairs.volunteer)
    solver.setOptionValue("solve_relaxation", True)
    bound, relaxed = _solved(solver)
    price = np.array(solver.getSolution().col_dual)[:size]
    solver.setOptionValue("solve_relaxation", False)
    best, most, gap = net.pairs.firm.copy(), -np.inf, 1.0
    for free in _rings(net, relaxed[:size], np.abs(price)):
        low = np.where(free, net.pairs.firm, relaxed[:size] > 0.5).astype(np.float64)
        high = np.where(free, 1.0, low)
        solver.changeColsBounds(size, np.arange(size, dtype=np.int32), low, high)
        points, values = _solved(solver)
        if free.all():
            bound = min(bound, float(solver.getInfo().mip_dual_bound))
        if len(values) and points > most:
            best, most = values[:size] > 0.5, points
        gap = max(0.0, (bound - most) / max(1.0, abs(most)))
        if gap <= net.policy.gap:
            break
    return best, min(1.0, gap)


def _solved(solver: highspy.Highs) -> tuple[float, Reals]:
    """Points and values of the columns; no values where the search stopped without an answer."""
    solver.run()
    found = solver.getInfo()
    if found.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return -np.inf, np.zeros(0)
    return float(found.objective_function_value), np.array(solver.getSolution().col_value)


def _rings(net: Field, relaxed: Reals, price: Reals) -> Iterator[Chosen]:
    """Pairs to decide anew, each ring wider than the last, at the end all.

    1. Those of volunteers who are split, and of the tasks they are split between. 2. Also who
    could nearly as well come to the other tasks of those volunteers. 3. All of these tasks, and
    who could nearly as well come to the first ones, with all that they could do.
    """
    pairs = net.pairs
    split = (relaxed > WHOLE) & (relaxed < 1 - WHOLE)
    mine = np.isin(pairs.volunteer, pairs.volunteer[split])
    tasks = np.isin(pairs.task, pairs.task[split])
    nearly = price <= net.policy.distance_cost / 2
    others = np.isin(pairs.task, pairs.task[mine])
    first: Chosen = mine | tasks
    yield first
    yield first | (others & nearly)
    yield first | others | np.isin(pairs.volunteer, pairs.volunteer[tasks & nearly])
    yield np.ones(len(relaxed), dtype=np.bool_)


class _Rows:
    """Rows of the program as they are gathered, each with a lower and an upper bound."""

    def __init__(self) -> None:
        self.columns: list[Whole] = []
        self.values: list[Reals] = []
        self.counts: list[Whole] = []
        self.low: list[Reals] = []
        self.high: list[Reals] = []

    def add(self, counts: Whole, columns: Whole, values: Reals, low: Reals, high: Reals) -> None:
        """Add a block of rows: so many columns each, one row after the other."""
        self.counts.append(counts)
        self.columns.append(columns)
        self.values.append(values)
        self.low.append(low)
        self.high.append(high)

    def at_most(self, keys: Whole, columns: Whole, values: Reals, limit: Reals) -> None:
        """A row for each key: its columns, times their values, at most the limit of the key."""
        order = np.argsort(keys, kind="stable")
        found, counts = np.unique(keys[order], return_counts=True)
        above = limit[found]
        tight = np.add.reduceat(values[order], np.cumsum(counts) - counts) > above
        keep = np.repeat(tight, counts)
        low = np.full(int(tight.sum()), -np.inf)
        self.add(counts[tight], columns[order][keep], values[order][keep], low, above[tight])


def _model(net: Field) -> highspy.HighsLp:
    wants = np.array([i for i, t in enumerate(net.tasks) if t.leader], dtype=np.int64)
    size, rows = len(net.pairs.volunteer), _rows(net, wants)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = size + len(wants), sum(map(len, rows.low))
    model.sense_ = highspy.ObjSense.kMaximize
    missing = -net.policy.leader_counts * net.weight[wants]
    model.col_cost_ = np.concatenate([net.pairs.worth, missing]).astype(np.float64)
    model.col_lower_ = np.concatenate([net.pairs.firm, np.zeros(len(wants))]).astype(np.float64)
    model.col_upper_ = np.ones(size + len(wants))
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger] * size + [kinds.kContinuous] * len(wants)
    model.row_lower_, model.row_upper_ = np.concatenate(rows.low), np.concatenate(rows.high)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    begins = np.cumsum(np.concatenate([[0], *rows.counts]))
    matrix.start_ = begins.astype(np.int32)
    matrix.index_ = np.concatenate(rows.columns).astype(np.int32)
    matrix.value_ = np.concatenate(rows.values)
    return model


def _rows(net: Field, wants: Whole) -> _Rows:
    """Places, leaders, limits and crowds; a row that can never bind is left out."""
    pairs, rows = net.pairs, _Rows()
    all_of = np.arange(len(pairs.volunteer))
    ones = np.ones(len(all_of))
    people = net.people[pairs.volunteer].astype(np.float64)
    rows.at_most(pairs.task, all_of, people, _limits(net.wanted, pairs.task, pairs.firm * people))
    _add_leaders(net, wants, rows)
    rows.at_most(
        pairs.volunteer, all_of, ones, _limits(net.limit, pairs.volunteer, 1.0 * pairs.firm)
    )
    shift = net.shift_of[pairs.task]
    for crowd in net.crowds:
        of = np.flatnonzero(np.isin(shift, crowd))
        if len(of):
            who, once = pairs.volunteer[of], np.ones_like(net.limit)
            rows.at_most(who, of, ones[of], _limits(once, who, 1.0 * pairs.firm[of]))
    return rows


def _limits(limit: Whole, keys: Whole, firm: NDArray[np.floating]) -> Reals:
    """The limit of each key, or what firm call-ups take where that is more."""
    taken = np.bincount(keys, weights=firm, minlength=len(limit))
    high: Reals = np.maximum(limit.astype(np.float64), taken)
    return high


def _add_leaders(net: Field, wants: Whole, rows: _Rows) -> None:
    """Somebody called leads, or a leader is missed."""
    pairs, size = net.pairs, len(net.pairs.volunteer)
    of = np.flatnonzero(net.leads[pairs.volunteer] & np.isin(pairs.task, wants))
    keys = np.concatenate([pairs.task[of], wants])
    columns = np.concatenate([of, size + np.arange(len(wants))])
    order = np.argsort(keys, kind="stable")
    counts = np.unique(keys, return_counts=True)[1]
    one = np.ones(len(wants))
    rows.add(counts, columns[order], np.ones(len(columns)), one, np.full(len(wants), np.inf))
