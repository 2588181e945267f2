"""A city in zones small enough to be planned at once, and its plan put together again (分区).

Stops are halved again and again: the two that lie furthest apart draw the others to them. Then
the zone that lacks most takes the nearest free vehicle, until every vehicle has a zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .plan import Plan
from .search import plan_routes
from .values import Problem, Stop, Vehicle, Whole

MOST_STOPS = 300
"""A zone of so many stops gets a good plan within seconds."""


def zones(problem: Problem, *, most: int = MOST_STOPS) -> tuple[Problem, ...]:
    """The problem in zones of at most so many stops: every stop and vehicle in exactly one."""
    if most < 1:
        raise ValueError(f"A zone must have room for at least one stop, not {most}.")
    if len(problem.stops) <= most:
        return (problem,)
    groups = _halved(problem, _symmetric(problem), list(problem.stops), most)
    fleets = _fleets(problem, groups)
    return tuple(
        Problem(tuple(group), tuple(_here(vehicle, group) for vehicle in fleet), problem.ways)
        for group, fleet in zip(groups, fleets, strict=True)
    )


def join(problem: Problem, plans: Sequence[Plan]) -> Plan:
    """One plan of the plans of all zones, in the order of the problem's vehicles and stops."""
    rank = {vehicle.key: number for number, vehicle in enumerate(problem.vehicles)}
    place = {stop.key: number for number, stop in enumerate(problem.stops)}
    routes = sorted((r for plan in plans for r in plan.routes), key=lambda r: rank[r.vehicle])
    left = sorted((row for plan in plans for row in plan.unserved), key=lambda r: place[r.stop])
    return Plan(tuple(routes), tuple(left), sum(plan.cost for plan in plans))


def plan_in_zones(
    problem: Problem, *, most: int = MOST_STOPS, seed: int = 1, rounds: int = 500
) -> Plan:
    """Plan each zone by itself; what is left out is offered to the vehicles nobody used."""
    plans = [plan_routes(zone, seed=seed, rounds=rounds) for zone in zones(problem, most=most)]
    whole = join(problem, plans)
    used = {route.vehicle for route in whole.routes}
    left = {row.stop for row in whole.unserved}
    idle = tuple(vehicle for vehicle in problem.vehicles if vehicle.key not in used)
    rest = tuple(stop for stop in problem.stops if stop.key in left)
    if len(plans) == 1 or not idle or not rest:
        return whole
    part = Problem(rest, tuple(_here(vehicle, rest) for vehicle in idle), problem.ways)
    more = plan_routes(part, seed=seed, rounds=rounds)
    forgone = sum(stop.prize or 0 for stop in rest)
    return Plan(
        join(problem, [replace(whole, unserved=()), replace(more, unserved=())]).routes,
        more.unserved,
        whole.cost - forgone + more.cost,
    )


def _here(vehicle: Vehicle, stops: Sequence[Stop]) -> Vehicle:
    """The vehicle, with permits for these stops only."""
    if vehicle.only is None:
        return vehicle
    return replace(vehicle, only=vehicle.only & {stop.key for stop in stops})


def _symmetric(problem: Problem) -> Whole:
    """Seconds there and back between the stops; where no way leads, further than any."""
    at = {place: number for number, place in enumerate(problem.ways.places)}
    rows = [at[stop.place] for stop in problem.stops]
    seconds = problem.ways.seconds[np.ix_(rows, rows)]
    far = 2 * int(seconds.max(initial=0)) + 1
    there = np.where(seconds < 0, far, seconds)
    both: Whole = there + there.T
    return both


def _halved(problem: Problem, apart: Whole, stops: list[Stop], most: int) -> list[list[Stop]]:
    if len(stops) <= most:
        return [stops]
    number = {stop.key: index for index, stop in enumerate(problem.stops)}
    rows = np.array([number[stop.key] for stop in stops])
    near = apart[np.ix_(rows, rows)]
    one = int(near[0].argmax())
    other = int(near[one].argmax())
    order = np.argsort(near[one] - near[other], kind="stable")
    half = len(stops) // 2
    parts = order[:half], order[half:]
    return [
        group
        for part in parts
        for group in _halved(problem, apart, [stops[i] for i in sorted(part)], most)
    ]


def _fleets(problem: Problem, groups: list[list[Stop]]) -> list[list[Vehicle]]:
    """Which vehicles each zone has."""
    at = {place: number for number, place in enumerate(problem.ways.places)}
    lacks = [sum(_share(problem, stop.delivers, stop.collects) for stop in g) for g in groups]
    total = sum(lacks)
    power = {v.key: _share(problem, v.capacity, ()) * v.tours for v in problem.vehicles}
    scale = total / (sum(power.values()) or 1)
    rows = [[at[stop.place] for stop in group] for group in groups]
    fleets: list[list[Vehicle]] = [[] for _ in groups]
    free = list(problem.vehicles)
    while free:
        zone = max(range(len(groups)), key=lambda number: (lacks[number], -number))
        mine = {stop.key for stop in groups[zone]}

        def far(vehicle: Vehicle, zone: int = zone, mine: set[str] = mine) -> tuple[bool, float]:
            is_idle = vehicle.only is not None and not vehicle.only & mine
            return is_idle, float(problem.ways.seconds[at[vehicle.start], rows[zone]].mean())

        vehicle = min(free, key=far)
        free.remove(vehicle)
        fleets[zone].append(vehicle)
        lacks[zone] -= power[vehicle.key] * scale
    return fleets


def _share(problem: Problem, *amounts: tuple[int, ...]) -> float:
    """The part of the whole fleet's room that these amounts take, and as much again for the time.

    Half by load and half by number, so that neither heavy nor many light stops are forgotten.
    """
    room = [sum(v.capacity[k] for v in problem.vehicles) for k in range(problem.kinds)]
    load = sum(row[k] / (room[k] or 1) for row in amounts for k in range(len(row)))
    return load + 1 / max(len(problem.stops), 1)
