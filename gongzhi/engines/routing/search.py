"""Looks for routes: a first answer at once, then better ones for as long as somebody waits.

PyVRP's local search inside an iterated search with late acceptance (Burke and Bykov, European
Journal of Operational Research 258, 2017, 70-78). The loop is ours, because PyVRP's own cannot be
left and taken up again. Same problem, same seed, same number of rounds: same answer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    NeighbourhoodParams,
    PerturbationManager,
    compute_neighbours,
)

from .explain import impossible, take_tours, why_left_out
from .model import Model, kinds
from .plan import Plan, Unserved, assemble
from .timing import Clock
from .values import Problem, Stop

HISTORY = 300
"""So many rounds back lies the cost that a new solution has to beat."""
RESTART = 150_000
"""After so many rounds without a better solution the search begins again from the best one."""
GRACE = 200
"""Rounds in which everything has to be served before stops may be left out."""
NEIGHBOURS = 50
MOST_PENALTY = 100_000


@dataclass(eq=False)
class Found:
    """A plan that is better than the ones before, after so many rounds of the search.

    left_out: how many stops it does not serve. The plan is put into words when it is asked for.
    """

    cost: int
    left_out: int
    rounds: int
    _tell: Callable[[], Plan] = field(repr=False)
    _told: Plan | None = field(default=None, repr=False)

    @property
    def plan(self) -> Plan:
        """The routes with their timetables, and a reason for every stop that is left out."""
        if self._told is None:
            self._told = self._tell()
        return self._told


def improve(
    problem: Problem,
    *,
    seed: int = 1,
    rounds: int | None = None,
    enough: Callable[[], bool] = lambda: False,
    current: Plan | None = None,
) -> Iterator[Found]:
    """Plans, each better than the one before; ends after so many rounds or when it is enough.

    enough: asked before every round, so that the caller's clock can end the search; the first plan
    comes in any case. current: a plan to begin with, which need not fit the problem any more.
    """
    never = impossible(problem, [alike[0] for alike in kinds(problem)])
    out = {row.stop for row in never}
    stops = [stop for stop in problem.stops if stop.key not in out]
    if not stops:
        empty = assemble(problem, {}, never, Clock(problem))
        yield Found(empty.cost, len(never), 0, lambda: empty)
        return
    search = _Search(problem, stops, seed, current)
    while True:
        if search.is_better:
            yield _found(search, never, current)
        if search.done_with(rounds) or (search.has_answer and enough()):
            return
        search.step()


def plan_routes(
    problem: Problem, *, seed: int = 1, rounds: int = 500, current: Plan | None = None
) -> Plan:
    """The best plan after a fixed number of rounds."""
    *_, last = improve(problem, seed=seed, rounds=rounds, current=current)
    return last.plan


def _found(search: _Search, never: list[Unserved], current: Plan | None) -> Found:
    model, solution, problem = search.model, search.take(), search.model.problem

    def tell() -> Plan:
        tours = model.rounds(solution, current)
        left = [why_left_out(problem, tours, s, model.clock) for s in model.left_out(tours)]
        return model.plan(tours, [*never, *left])

    left_out = len(model.stops) - solution.num_clients()
    served = {model.stops[a.idx].key for r in solution.routes() for a in r if a.is_client()}
    forgone = sum(s.prize or 0 for s in problem.stops if s.key not in served)
    cost = solution.distance_cost() + solution.duration_cost() + solution.fixed_vehicle_cost()
    return Found(cost + forgone, left_out + len(never), search.rounds, tell)


class _Search:
    """The state of one search; it first wants everything served, then lets stops be left out."""

    def __init__(
        self, problem: Problem, stops: list[Stop], seed: int, current: Plan | None
    ) -> None:
        self._rng = pyvrp.RandomNumberGenerator(seed=seed)
        self._problem, self._stops, self._current = problem, stops, current
        self._loads_again = any(vehicle.tours > 1 for vehicle in problem.vehicles)
        self.rounds = 0
        self._begin(Model(problem, stops, None), current)

    def _begin(self, model: Model, current: Plan | None) -> None:
        self.model = model
        dear = max((client.prize for client in model.data.clients()), default=0)
        params = pyvrp.PenaltyParams(max_penalty=max(MOST_PENALTY, dear))
        # What breaks a rule must cost more than a stop that is left out, or rules would be broken.
        middle = max(MOST_PENALTY / 2, dear)
        loads = [middle] * model.data.num_load_dimensions
        self._penalties = pyvrp.PenaltyManager((loads, middle, middle), params)
        near = NeighbourhoodParams(num_neighbours=NEIGHBOURS)
        self._local = LocalSearch(
            model.data, self._rng, compute_neighbours(model.data, near), PerturbationManager()
        )
        for operator in OPERATORS:
            if operator.supports(model.data):
                self._local.add_operator(operator(model.data))
        start = model.begin_with(current) if current else None
        if start is None or start.num_clients() == 0:
            start = pyvrp.Solution.make_random(model.data, self._rng)
        self._first = self._local(start, self._penalties.max_cost_evaluator(), exhaustive=True)
        if current is not None and start.is_feasible():
            evaluator = self._penalties.cost_evaluator()
            self._first = min(start, self._first, key=evaluator.cost)
        self._now = self._best = self._first
        self._history: list[pyvrp.Solution | None] = [None] * HISTORY
        self._slot = self._idle = 0
        self._take_tours(self._penalties.cost_evaluator())
        self.is_better = self._best.is_feasible()

    @property
    def has_answer(self) -> bool:
        """Whether the best so far can be driven."""
        return self._best.is_feasible()

    def done_with(self, rounds: int | None) -> bool:
        """Whether so many rounds were made and there is an answer."""
        return rounds is not None and self.rounds >= rounds and self.has_answer

    def take(self) -> pyvrp.Solution:
        """The best so far; it is new only once."""
        self.is_better = False
        return self._best

    def step(self) -> None:
        """One round: shake, repair, and keep what is good enough."""
        self.rounds += 1
        if self.rounds == GRACE and not self.has_answer:
            self._relax()
            return
        if self._idle == RESTART:
            self._history = [None] * HISTORY
            self._now, self._idle = self._best, 0
        evaluator = self._penalties.cost_evaluator()
        tried = self._local(self._now, evaluator, exhaustive=False)
        with warnings.catch_warnings():
            # A problem without room for every stop is ordinary here, and is told as such.
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            self._penalties.register(tried)
        self._idle += 1
        if evaluator.cost(tried) < evaluator.cost(self._best):
            self._best, self._idle, self.is_better = tried, 0, True
            tried = self._local(tried, evaluator, exhaustive=True)
            if evaluator.cost(tried) < evaluator.cost(self._best):
                self._best = tried
            self._take_tours(evaluator)
        self._accept(tried, evaluator)

    def _take_tours(self, evaluator: pyvrp.CostEvaluator) -> None:
        """Try whether a vehicle that may load again has time for what is left out."""
        if not self._loads_again or self._best.num_clients() == len(self._stops):
            return
        rounds = self.model.rounds(self._best, None)
        left = self.model.left_out(rounds)
        more = take_tours(self._problem, rounds, left, self.model.clock)
        if more is not None:
            fuller = self.model.solution(more)
            if evaluator.cost(fuller) < evaluator.cost(self._best):
                self._now = self._best = fuller

    def _accept(self, tried: pyvrp.Solution, evaluator: pyvrp.CostEvaluator) -> None:
        """Late acceptance: better than now, or than what was good enough some rounds ago."""
        late = self._history[self._slot]
        limit = evaluator.penalised_cost(late or self._first)
        price, now = evaluator.penalised_cost(tried), evaluator.penalised_cost(self._now)
        if price < limit or price < now:
            self._now, now = tried, price
        if now < limit or late is None:
            self._history[self._slot] = self._now
        self._slot = (self._slot + 1) % HISTORY

    def _relax(self) -> None:
        """Let stops be left out, each at a price no detour to it alone can reach."""
        self._begin(Model(self._problem, self._stops, price_of_must(self._problem)), self._current)


def price_of_must(problem: Problem) -> int:
    """What a stop that is to be served counts when not all can be: more than a way to it alone."""
    metres, seconds = (max(int(t.max()), 0) for t in (problem.ways.metres, problem.ways.seconds))
    service = max(stop.service for stop in problem.stops)
    alone = max(
        v.per_use + 2 * v.per_metre * metres + v.per_second * (2 * seconds + service)
        for v in problem.vehicles
    )
    return 1 + alone + max((stop.prize or 0 for stop in problem.stops), default=0)
