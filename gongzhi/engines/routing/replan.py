"""A day that has begun, planned anew: what is done stays done, what is aboard stays aboard.

A vehicle on the road keeps the goods it carries and takes no new ones until it is back where it
loads; on its way it may pick up what others want collected. New stops go to vehicles that have
not left. A vehicle that broke down is left out: its stops are open again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .explain import broken
from .plan import Plan, assemble
from .search import plan_routes
from .timing import Clock, Tours
from .values import Problem, Stop, Vehicle


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one vehicle on the road has come.

    done: the stops it has served or failed at. carries: keys of the stops whose goods are aboard.
    place, free_at: where and when it can take its next way. left_at: when it left. back: loads
    that could not be delivered and go back with it.
    """

    vehicle: str
    done: tuple[str, ...]
    carries: tuple[str, ...]
    place: str
    free_at: int
    left_at: int
    back: tuple[int, ...] = ()


def remaining(problem: Problem, progress: Sequence[Progress], *, now: int) -> Problem:
    """What is still to be planned at this time, with new stops and closed legs as `problem` says.

    problem: all stops of the zone, those done included, and its vehicles as they began.
    """
    on_road = {row.vehicle: row for row in progress}
    _check(problem, progress)
    done = {key for row in progress for key in row.done}
    bound = {key: row.vehicle for row in progress for key in row.carries}
    stops = tuple(stop for stop in problem.stops if stop.key not in done)
    vehicles = []
    for vehicle in problem.vehicles:
        row = on_road.get(vehicle.key)
        begins = max(vehicle.shift_from, now, row.free_at if row else 0)
        if vehicle.shift_to is None or begins <= vehicle.shift_to:
            begun = _on_the_road(vehicle, row, begins) if row else vehicle
            permits = _permits(vehicle, row, stops, bound)
            vehicles.append(replace(begun, shift_from=begins, only=permits))
    return Problem(stops, tuple(vehicles), problem.ways)


def changed(before: Plan, after: Plan, done: Iterable[str] = ()) -> tuple[str, ...]:
    """Vehicles whose driver needs a new sheet: another order of stops than was left to do."""
    gone = set(done)
    was = {r.vehicle: tuple(s for s in r.stops if s not in gone) for r in before.routes}
    now = {route.vehicle: route.stops for route in after.routes}
    return tuple(sorted(key for key in was | now if was.get(key, ()) != now.get(key, ())))


def _check(problem: Problem, progress: Sequence[Progress]) -> None:
    vehicles = {vehicle.key for vehicle in problem.vehicles}
    stops = {stop.key for stop in problem.stops}
    seen: set[str] = set()
    for row in progress:
        if row.vehicle not in vehicles:
            raise ValueError(f"{row.vehicle} is on the road, but the problem has no such vehicle.")
        if strange := sorted({*row.done, *row.carries} - stops):
            raise ValueError(
                f"{row.vehicle} has to do with {', '.join(strange)}, but there is no such stop."
            )
        if twice := sorted({*row.done, *row.carries} & seen):
            raise ValueError(f"{', '.join(twice)} is with two vehicles at once.")
        if both := sorted(set(row.done) & set(row.carries)):
            raise ValueError(f"{row.vehicle} has done {', '.join(both)} and still carries it.")
        seen |= {*row.done, *row.carries}


def _on_the_road(vehicle: Vehicle, row: Progress, begins: int) -> Vehicle:
    hours = None if vehicle.hours is None else max(vehicle.hours - (begins - row.left_at), 0)
    return replace(vehicle, start=row.place, hours=hours, tours=1, per_use=0, aboard=row.back)


def _permits(
    vehicle: Vehicle, row: Progress | None, stops: Sequence[Stop], bound: dict[str, str]
) -> frozenset[str] | None:
    """The stops a vehicle may serve: none that another carries, and on the road no new goods."""
    if not bound and row is None:
        there = {stop.key for stop in stops}
        return None if vehicle.only is None else vehicle.only & there
    may = {
        stop.key
        for stop in stops
        if bound.get(stop.key, vehicle.key) == vehicle.key
        and (row is None or stop.key in row.carries or not any(stop.delivers))
    }
    return frozenset(may if vehicle.only is None else may & vehicle.only)


def replan_routes(problem: Problem, current: Plan, *, seed: int = 1, rounds: int = 500) -> Plan:
    """Plan anew the routes that no longer hold; the others stay as they are.

    Stops without a place go to the vehicles that have to change and to idle ones. Only if these
    cannot take a stop that has to be served, every route of the zone is open to change.
    """
    clock = Clock(problem)
    kept = _kept(problem, current, clock)
    served = {stop.key for tours in kept.values() for tour in tours for stop in tour}
    rest = Problem(
        tuple(stop for stop in problem.stops if stop.key not in served),
        tuple(_without(v, served) for v in problem.vehicles if v.key not in kept),
        problem.ways,
    )
    part = plan_routes(rest, seed=seed, rounds=rounds, current=current)
    must = {stop.key for stop in rest.stops if not stop.is_optional}
    if kept and any(row.stop in must for row in part.unserved):
        return plan_routes(problem, seed=seed, rounds=rounds, current=current)
    whole = assemble(problem, kept, (), clock)
    rank = {vehicle.key: number for number, vehicle in enumerate(problem.vehicles)}
    routes = sorted((*whole.routes, *part.routes), key=lambda route: rank[route.vehicle])
    return Plan(tuple(routes), part.unserved, sum(r.cost for r in whole.routes) + part.cost)


def _kept(problem: Problem, current: Plan, clock: Clock) -> dict[str, Tours]:
    """The routes of a plan that can be driven as they are, without what is done."""
    stops = {stop.key: stop for stop in problem.stops}
    vehicles = {vehicle.key: vehicle for vehicle in problem.vehicles}
    kept: dict[str, Tours] = {}
    for route in current.routes:
        tours = [[stops[key] for key in tour if key in stops] for tour in route.tours]
        tours = [tour for tour in tours if tour]
        vehicle = vehicles.get(route.vehicle)
        fits = vehicle is not None and len(tours) <= vehicle.tours
        if vehicle and tours and fits and broken(clock, vehicle, tours) is None:
            kept[route.vehicle] = tours
    return kept


def _without(vehicle: Vehicle, stops: set[str]) -> Vehicle:
    return vehicle if vehicle.only is None else replace(vehicle, only=vehicle.only - stops)
