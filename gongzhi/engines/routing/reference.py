"""The slow, obviously right twins: a checker that trusts no timetable, and every plan tried out.

Neither uses PyVRP nor the engine's own arithmetic of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product

from .plan import Plan, Route
from .values import Problem, Stop, Vehicle

Tour = tuple[Stop, ...]


def check(problem: Problem, plan: Plan) -> list[str]:
    """Everything that is wrong with a plan, as sentences; empty where it can be driven."""
    vehicles = {vehicle.key: vehicle for vehicle in problem.vehicles}
    stops = {stop.key: stop for stop in problem.stops}
    faults = []
    told = [key for route in plan.routes for key in route.stops]
    told += [row.stop for row in plan.unserved]
    if sorted(told) != sorted(stops):
        faults.append("Not every stop is served or left out exactly once.")
    used = [route.vehicle for route in plan.routes]
    if len(set(used)) != len(used):
        faults.append("A vehicle has two routes.")
    for route in plan.routes:
        if route.vehicle not in vehicles or not set(route.stops) <= set(stops):
            faults.append(f"{route.vehicle}: a stranger drives or is visited.")
            continue
        row = _faults(problem, vehicles[route.vehicle], stops, route)
        faults += [f"{route.vehicle}: {fault}" for fault in row]
    left = sum(stops[row.stop].prize or 0 for row in plan.unserved if row.stop in stops)
    if plan.cost != left + sum(route.cost for route in plan.routes):
        faults.append("The cost is not the sum of the routes and the prizes left out.")
    return faults


def _faults(
    problem: Problem, vehicle: Vehicle, stops: dict[str, Stop], route: Route
) -> Iterator[str]:
    first, *_, last = route.visits
    if (first.place, last.place) != (vehicle.start, vehicle.end):
        yield "begins or ends elsewhere"
    if first.stop is not None or last.stop is not None:
        yield "begins or ends with a stop"
    if len(route.tours) > vehicle.tours:
        yield "loads too often"
    shift_to = vehicle.shift_to
    if first.leaves < vehicle.shift_from or (shift_to is not None and last.begins > shift_to):
        yield "is out before or after the shift"
    if vehicle.hours is not None and last.begins - first.leaves > vehicle.hours:
        yield "drives longer than allowed"
    yield from _ways_faults(problem, vehicle, route)
    yield from _load_faults(vehicle, stops, route)
    for visit in route.visits:
        if visit.stop is not None:
            stop = stops[visit.stop]
            if visit.place != stop.place:
                yield f"{stop.key} is elsewhere"
            if visit.begins < stop.opens or (
                stop.closes is not None and visit.begins > stop.closes
            ):
                yield f"{stop.key} is closed then"
            if visit.leaves != visit.begins + stop.service:
                yield f"{stop.key} is left too early or late"
            if vehicle.only is not None and stop.key not in vehicle.only:
                yield f"{stop.key} is not allowed"


def _ways_faults(problem: Problem, vehicle: Vehicle, route: Route) -> Iterator[str]:
    at = {place: number for number, place in enumerate(problem.ways.places)}
    metres = 0
    for before, after in zip(route.visits, route.visits[1:], strict=False):
        length = int(problem.ways.metres[at[before.place], at[after.place]])
        seconds = int(problem.ways.seconds[at[before.place], at[after.place]])
        if length < 0 or (before.place, after.place) in vehicle.closed:
            yield f"no open way from {before.place} to {after.place}"
        if after.arrives != before.leaves + seconds or after.begins < after.arrives:
            yield f"is not at {after.place} when it says"
        metres += length
    if metres != route.metres:
        yield "counts its metres wrongly"
    if vehicle.max_metres is not None and metres > vehicle.max_metres:
        yield "goes too far"
    out = route.visits[-1].begins - route.visits[0].leaves
    if route.cost != vehicle.per_use + vehicle.per_metre * metres + vehicle.per_second * out:
        yield "counts its cost wrongly"


def _load_faults(vehicle: Vehicle, stops: dict[str, Stop], route: Route) -> Iterator[str]:
    """What is aboard, told anew: at each loading the goods of the stops up to the next."""
    for kind, room in enumerate(vehicle.capacity):
        held = 0
        for number, visit in enumerate(route.visits[:-1]):
            if visit.stop is None:
                tour = []
                for later in route.visits[number + 1 :]:
                    if later.stop is None:
                        break
                    tour.append(stops[later.stop])
                held = sum(_of(stop.delivers, kind) for stop in tour)
                held += _of(vehicle.aboard, kind)
                if any(stop.ready > visit.leaves for stop in tour):
                    yield "leaves before its goods are ready"
            else:
                stop = stops[visit.stop]
                held += _of(stop.collects, kind) - _of(stop.delivers, kind)
            if held != visit.load[kind] or not 0 <= held <= room:
                yield f"carries {held} of {room} at {visit.place}"


def _of(amounts: tuple[int, ...], kind: int) -> int:
    return amounts[kind] if kind < len(amounts) else 0


# Every plan ---------------------------------------------------------------------------------------


def best_cost(problem: Problem, price: int, horizon: int) -> tuple[int, int]:
    """The best any plan can do: (musts left out, cost), by trying every plan.

    If all musts can be served, the cheapest plan that does; else each one left out counts `price`.
    Departures up to `horizon` are tried, one by one.
    """
    stops = problem.stops
    everybody = range(len(problem.vehicles) + 1)
    rounds: dict[tuple[int, tuple[int, ...]], int | None] = {}
    found = []
    for who in product(everybody, repeat=len(stops)):
        total = left = 0
        for number, vehicle in enumerate(problem.vehicles):
            mine = tuple(n for n, chosen in enumerate(who) if chosen == number)
            if (number, mine) not in rounds:
                group = [stops[n] for n in mine]
                rounds[number, mine] = _cheapest(problem, vehicle, group, horizon)
            cost = rounds[number, mine]
            if cost is None:
                break
            total += cost
        else:
            for stop, chosen in zip(stops, who, strict=True):
                if chosen == len(problem.vehicles):
                    total, left = total + (stop.prize or 0), left + (stop.prize is None)
            found.append((left, total))
    whole = [row for row in found if row[0] == 0]
    return min(whole) if whole else min(found, key=lambda row: row[0] * price + row[1])


def _cheapest(
    problem: Problem, vehicle: Vehicle, stops: Sequence[Stop], horizon: int
) -> int | None:
    """The cost of the cheapest round that serves just these stops; None where there is none."""
    if not stops:
        return 0
    costs = [
        cost
        for order in permutations(stops)
        for tours in _cut(order, vehicle.tours)
        for leaves in range(vehicle.shift_from, horizon + 1)
        if (cost := _drive(problem, vehicle, tours, leaves)) is not None
    ]
    return min(costs, default=None)


def _cut(order: Tour, most: int) -> Iterator[list[Tour]]:
    """A row of stops in every way cut into tours."""
    yield [order]
    if most > 1:
        for where in range(1, len(order)):
            for rest in _cut(order[where:], most - 1):
                yield [order[:where], *rest]


def _drive(problem: Problem, vehicle: Vehicle, tours: list[Tour], leaves: int) -> int | None:
    """The cost of a round that leaves at this time, None where a rule is broken."""
    at = {place: number for number, place in enumerate(problem.ways.places)}
    now, place, metres = leaves, vehicle.start, 0
    for number, tour in enumerate([*tours, ()]):
        to_load = vehicle.start if tour else vehicle.end
        steps = [(to_load, None), *((stop.place, stop) for stop in tour)]
        for target, stop in steps if number else steps[1:]:
            length = int(problem.ways.metres[at[place], at[target]])
            if length < 0 or (place, target) in vehicle.closed:
                return None
            now += int(problem.ways.seconds[at[place], at[target]])
            metres, place = metres + length, target
            if stop is not None:
                now = max(now, stop.opens)
                if stop.closes is not None and now > stop.closes:
                    return None
                now += stop.service
            elif tour:
                now = max(now, *(later.ready for later in tour))
        if number == 0 and any(stop.ready > leaves for stop in tour):
            return None
        if not _fits(vehicle, tour):
            return None
    too_late = vehicle.shift_to is not None and now > vehicle.shift_to
    too_long = vehicle.hours is not None and now - leaves > vehicle.hours
    too_far = vehicle.max_metres is not None and metres > vehicle.max_metres
    if too_late or too_long or too_far:
        return None
    return vehicle.per_use + vehicle.per_metre * metres + vehicle.per_second * (now - leaves)


def _fits(vehicle: Vehicle, tour: Tour) -> bool:
    if vehicle.only is not None and any(stop.key not in vehicle.only for stop in tour):
        return False
    for kind, room in enumerate(vehicle.capacity):
        held = sum(_of(stop.delivers, kind) for stop in tour)
        held += _of(vehicle.aboard, kind)
        for stop in (None, *tour):
            if stop is not None:
                held += _of(stop.collects, kind) - _of(stop.delivers, kind)
            if held > room:
                return False
    return True
