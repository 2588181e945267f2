"""Routes against the best that are known, beside OR-tools on the same instances and as much CPU.

Two targets: on the X collection up to 200 stops a mean gap of 1 %, on 1,000 stops with time windows
3 % in 60 s of one core. The instances lie in GONGZHI_DATA/routing; where they are not, nothing is
measured and that is said. CPU seconds, both solvers on one thread in one process, one after the
other. OR-tools: guided local search after savings or parallel cheapest insertion, asked by a
callback whether its CPU time is over, which costs it a little.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

from tests.real.routing_files import Instance, instances

CHECKOUT = Path(__file__).resolve().parents[1]
SMALL_SECONDS, LARGE_SECONDS = 10.0, 60.0
SMALL_GAP, LARGE_GAP = 1.0, 3.0


def measure() -> bool:
    """Print a line for each instance and the means; whether both targets were reached."""
    data = Path(os.environ.get("GONGZHI_DATA", CHECKOUT.parent / "shared/data")) / "routing"
    if not any(data.glob("*.xz")):
        print(f"\nroutes: not measured, {data} holds no instances")
        return True
    print(f"\n{'routes':16}{'stops':>7}{'CPU s':>7}{'first %':>9}{'gap %':>8}{'OR-tools %':>12}")
    small = [i for i in instances(data, _is_x) if len(i.problem.stops) <= 200]
    large = [i for i in instances(data, _one_of_each()) if len(i.problem.stops) == 1000]
    reached = _part(small, SMALL_SECONDS, SMALL_GAP, "X up to 200 stops")
    return _part(large, LARGE_SECONDS, LARGE_GAP, "1,000 stops, windows") and reached


def _is_x(kind: str, name: str) -> bool:
    return kind == "CVRP" and name.startswith("X-")


def _one_of_each() -> Callable[[str, str], bool]:
    """Wants the first instance of each class with time windows: clustered, random, mixed."""
    seen: set[str] = set()

    def wanted(kind: str, name: str) -> bool:
        sort = name.partition("_")[0]
        if kind != "VRPTW" or sort in seen:
            return False
        seen.add(sort)
        return True

    return wanted


def _part(rows: list[Instance], seconds: float, target: float, title: str) -> bool:
    ours, theirs = [], []
    for instance in rows:
        first, gap = _ours(instance, seconds)
        other = _or_tools(instance, seconds)
        told = "none" if other is None else f"{other:.2f}"
        print(
            f"{instance.name:16}{len(instance.problem.stops):>7,}{seconds:>7.0f}{first:>9.2f}"
            f"{gap:>8.2f}{told:>12}",
            flush=True,
        )
        ours.append(gap)
        theirs += [] if other is None else [other]
    mean = fmean(ours)
    beside = f"{fmean(theirs):.2f}" if theirs else "none"
    verdict = "reached" if mean <= target else "MISSED"
    print(f"{title}: mean gap {mean:.2f} % (OR-tools {beside} %), target {target:.0f} %: {verdict}")
    return mean <= target


def _gap(cost: float, instance: Instance) -> float:
    return 100 * (cost / instance.best_cost - 1)


def _ours(instance: Instance, seconds: float) -> tuple[float, float]:
    """Gap of the first answer and after so many seconds; the routes are checked."""
    from gongzhi.engines.routing import improve
    from gongzhi.engines.routing.reference import check

    end = time.process_time() + seconds
    found = list(improve(instance.problem, enough=lambda: time.process_time() >= end))
    faults = check(instance.problem, found[-1].plan)
    if faults or found[-1].left_out:
        raise RuntimeError(f"{instance.name}: {faults}, {found[-1].left_out} left out")
    return _gap(found[0].cost, instance), _gap(found[-1].cost, instance)


def _fleet(instance: Instance) -> int:
    """Vehicles for OR-tools, which idle ones slow down: a fifth more than the best plan uses."""
    return min(len(instance.problem.vehicles), math.ceil(1.2 * len(instance.best_plan.routes)))


def _or_tools(instance: Instance, seconds: float) -> float | None:
    """The gap of OR-tools' routing library; None where it found nothing in that time."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    end = time.process_time() + seconds
    problem = instance.problem
    vehicle, stops = problem.vehicles[0], problem.stops
    manager = pywrapcp.RoutingIndexManager(len(stops) + 1, _fleet(instance), 0)
    routing = pywrapcp.RoutingModel(manager)
    metres = routing.RegisterTransitMatrix(problem.ways.metres.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(metres)
    load = routing.RegisterUnaryTransitVector([0, *(stop.delivers[0] for stop in stops)])
    routing.AddDimension(load, 0, vehicle.capacity[0], True, "load")
    if vehicle.shift_to is not None:
        service = [0, *(stop.service for stop in stops)]
        table = (problem.ways.seconds + [[seconds] for seconds in service]).tolist()
        latest = vehicle.shift_to
        routing.AddDimension(routing.RegisterTransitMatrix(table), latest, latest, False, "time")
        clock = routing.GetDimensionOrDie("time")
        for number, stop in enumerate(stops, 1):
            closes = latest if stop.closes is None else stop.closes
            clock.CumulVar(manager.NodeToIndex(number)).SetRange(stop.opens, closes)
    first = routing_enums_pb2.FirstSolutionStrategy
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = (
        first.SAVINGS if vehicle.shift_to is None else first.PARALLEL_CHEAPEST_INSERTION
    )
    asked.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    asked.time_limit.FromSeconds(24 * 3600)
    limit = routing.solver().CustomLimit(lambda: time.process_time() >= end)
    routing.AddSearchMonitor(limit)
    answer = routing.SolveWithParameters(asked)
    return None if answer is None else _gap(answer.ObjectiveValue(), instance)


if __name__ == "__main__":
    sys.exit(0 if measure() else 1)
