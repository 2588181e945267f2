"""Why a stop is left out: what keeps each vehicle from it, alone or in its present round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from .plan import Reason, Unserved, timetable
from .timing import FOREVER, Clock, Tours, loads, nodes, span
from .values import NO_WAY, Problem, Stop, Vehicle, Whole

RANK = list(Reason)
"""The further down, the nearer a vehicle came to serving the stop."""


def broken(clock: Clock, vehicle: Vehicle, tours: Tours) -> Reason | None:
    """What rules a round out, None where it can be kept."""
    stops = [stop for tour in tours for stop in tour]
    if vehicle.only is not None and any(stop.key not in vehicle.only for stop in stops):
        return Reason.NOT_ALLOWED
    row = nodes(vehicle, tours)
    ways = list(pairwise(row))
    if not all(clock.is_open(vehicle, start.place, end.place) for start, end in ways):
        return Reason.NO_WAY
    if _overloaded(vehicle, tours):
        return Reason.TOO_LARGE
    return _too_long(clock, vehicle, tours)


def _too_long(clock: Clock, vehicle: Vehicle, tours: Tours) -> Reason | None:
    row = nodes(vehicle, tours)
    whole = span(clock, row)
    if whole.late:
        return Reason.TOO_LATE if span(clock, row[:-1]).late else Reason.TOO_LONG
    if vehicle.hours is not None and whole.duration > vehicle.hours:
        return Reason.TOO_LONG
    metres = sum(clock.metres(a.place, b.place) for a, b in pairwise(row))
    if vehicle.max_metres is not None and metres > vehicle.max_metres:
        return Reason.TOO_LONG
    return None


class Reach:
    """How far each place is for one vehicle by the shortest open ways, whatever lies between."""

    def __init__(self, problem: Problem, vehicle: Vehicle) -> None:
        at = {place: number for number, place in enumerate(problem.ways.places)}
        shut = problem.ways.metres == NO_WAY
        for leg in vehicle.closed:
            shut[at[leg[0]], at[leg[1]]] = True
        self._vehicle, self._at = vehicle, at
        tables = [np.where(shut, FOREVER, t) for t in (problem.ways.seconds, problem.ways.metres)]
        begin, end = at[vehicle.start], at[vehicle.end]
        self._to = [_shortest(table, begin) for table in tables]
        self._back = [_shortest(table.T, end) for table in tables]

    def never(self, stop: Stop) -> Reason | None:
        """Why the vehicle could not serve a stop even if it had nothing else to do."""
        vehicle = self._vehicle
        if vehicle.only is not None and stop.key not in vehicle.only:
            return Reason.NOT_ALLOWED
        to, to_metres = (int(row[self._at[stop.place]]) for row in self._to)
        back, back_metres = (int(row[self._at[stop.place]]) for row in self._back)
        if max(to, back) >= FOREVER:
            return Reason.NO_WAY
        if _overloaded(vehicle, [[stop]]):
            return Reason.TOO_LARGE
        begins = max(vehicle.shift_from, stop.ready) + to
        if stop.closes is not None and begins > stop.closes:
            return Reason.TOO_LATE
        home = max(begins, stop.opens) + stop.service + back
        limits = (
            (vehicle.shift_to, home),
            (vehicle.hours, to + stop.service + back),
            (vehicle.max_metres, to_metres + back_metres),
        )
        is_too_long = any(limit is not None and least > limit for limit, least in limits)
        return Reason.TOO_LONG if is_too_long else None


def _shortest(table: Whole, start: int) -> Whole:
    """The shortest sums from one place to all; a look or two where the ways are sound."""
    known: Whole = table[start]
    while True:
        nearer = np.minimum(known, (known[:, None] + table).min(axis=0))
        nearer = np.minimum(nearer, FOREVER)
        if (nearer == known).all():
            return known
        known = nearer


def _overloaded(vehicle: Vehicle, tours: Tours) -> bool:
    return any(
        amount > room
        for held in loads(vehicle, tours)
        for amount, room in zip(held, vehicle.capacity, strict=True)
    )


def impossible(problem: Problem, kinds: Iterable[Vehicle]) -> list[Unserved]:
    """The stops that no vehicle can serve at all. kinds: one vehicle of each kind."""
    alike = [Reach(problem, vehicle) for vehicle in kinds]
    found = []
    for stop in problem.stops:
        nearest = Reason.NO_VEHICLE
        for reach in alike:
            why = reach.never(stop)
            if why is None:
                break
            nearest = max(nearest, why, key=RANK.index)
        else:
            found.append(Unserved(stop.key, nearest))
    return found


def _with(vehicle: Vehicle, tours: Tours, stop: Stop) -> Iterator[Tours]:
    """Every round with one stop more: at each position, and on a tour of its own."""
    for number, tour in enumerate(tours):
        for position in range(len(tour) + 1):
            longer = [*tour[:position], stop, *tour[position:]]
            yield [*tours[:number], longer, *tours[number + 1 :]]
    if len(tours) < vehicle.tours:
        for number in range(len(tours) + 1):
            yield [*tours[:number], [stop], *tours[number:]]


def _is_full(vehicle: Vehicle, tours: Tours, stop: Stop) -> bool:
    """Whether no tour has room for what a stop wants brought, and no further tour is allowed."""
    return len(tours) >= vehicle.tours and all(
        _overloaded(vehicle, [[replace(row, collects=()) for row in (*tour, stop)]])
        for tour in tours
    )


def why_left_out(
    problem: Problem, rounds: Mapping[str, Tours], stop: Stop, clock: Clock
) -> Unserved:
    """What keeps a stop out of the present rounds, or what it would cost to take it in."""
    detours: list[int] = []
    hindrances: set[Reason] = set()
    for vehicle in problem.vehicles:
        tours = [tour for tour in rounds.get(vehicle.key, ()) if tour]
        before = timetable(clock, vehicle, tours).cost if tours else 0
        if tours and _is_full(vehicle, tours, stop):
            hindrances.add(Reason.TOO_LARGE)
            continue
        for longer in _with(vehicle, tours, stop):
            why = broken(clock, vehicle, longer)
            if why is None:
                detours.append(timetable(clock, vehicle, longer).cost - before)
            else:
                hindrances.add(why)
    if detours:
        reason = Reason.NOT_WORTH_IT if stop.is_optional else Reason.NOT_FOUND
        return Unserved(stop.key, reason, min(detours))
    is_full = Reason.TOO_LARGE in hindrances and not hindrances & {Reason.TOO_LATE, Reason.TOO_LONG}
    return Unserved(stop.key, Reason.FULL if is_full else Reason.BUSY)


def take_tours(
    problem: Problem, rounds: Mapping[str, Tours], left: Iterable[Stop], clock: Clock
) -> dict[str, Tours] | None:
    """The rounds with a tour more for stops left out, where vehicles may load again; None if none.

    The search itself finds a second loading only by way of an overloaded vehicle, which it may
    not pass by when stops may be left out.
    """
    taken, is_new = dict(rounds), False
    for stop in left:
        best: tuple[int, str, Tours] | None = None
        for vehicle in problem.vehicles:
            tours = taken.get(vehicle.key, ())
            if not 0 < len(tours) < vehicle.tours:
                continue
            before = timetable(clock, vehicle, tours).cost
            for number in range(len(tours) + 1):
                longer = [*tours[:number], [stop], *tours[number:]]
                if broken(clock, vehicle, longer) is None:
                    dearer = timetable(clock, vehicle, longer).cost - before
                    if best is None or dearer < best[0]:
                        best = dearer, vehicle.key, longer
        if best is not None and (stop.prize is None or best[0] < stop.prize):
            taken[best[1]], is_new = best[2], True
    return taken if is_new else None
