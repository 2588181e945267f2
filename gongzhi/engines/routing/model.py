"""A problem in the words of PyVRP, and its solutions back in ours. Nothing of PyVRP goes further.

Every stop has a location of its own, so that a vehicle may be barred from one stop and not from
another at the same place. A barred way takes longer than any round lasts: a round that uses it
cannot be kept, whatever it would cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyvrp
from numpy.typing import NDArray

from .plan import Plan, Unserved, assemble
from .timing import Clock, Tours, padded
from .values import NO_WAY, Problem, Stop, Vehicle, Whole

Barred = NDArray[np.bool_]
FOR_EVER = int(np.iinfo(np.int64).max)


def kinds(problem: Problem) -> list[list[Vehicle]]:
    """Vehicles that differ in nothing but their key, together."""
    alike: dict[Vehicle, list[Vehicle]] = {}
    for vehicle in problem.vehicles:
        alike.setdefault(replace(vehicle, key="any"), []).append(vehicle)
    return list(alike.values())


class Model:
    """One problem as PyVRP reads it.

    must_prize: None where every stop without a prize has to be served; otherwise what leaving such
    a stop out costs, so that there always is a plan.
    """

    def __init__(self, problem: Problem, stops: Sequence[Stop], must_prize: int | None) -> None:
        self.problem, self.stops, self.clock = problem, tuple(stops), Clock(problem)
        self.kinds = kinds(problem)
        ends = {place for alike in self.kinds for place in (alike[0].start, alike[0].end)}
        self._depots = sorted(ends)
        self._number = {stop.key: number for number, stop in enumerate(self.stops)}
        self.data = self._data(must_prize)

    def _data(self, must_prize: int | None) -> pyvrp.ProblemData:
        first, problem = len(self._depots), self.problem
        at = {place: number for number, place in enumerate(problem.ways.places)}
        rows = [at[place] for place in self._depots] + [at[stop.place] for stop in self.stops]
        pick = np.ix_(rows, rows)
        metres, seconds = problem.ways.metres[pick], problem.ways.seconds[pick]
        barred = {index: self._barred(alike[0], metres) for index, alike in enumerate(self.kinds)}
        bound = self._longest_round(seconds) if any(b.any() for b in barred.values()) else None
        profiles: dict[bytes, int] = {}
        lengths: list[Any] = []
        times: list[Any] = []
        types = []
        for index, alike in enumerate(self.kinds):
            mark = barred[index].tobytes()
            if mark not in profiles:
                profiles[mark] = len(profiles)
                table = _shut(metres, seconds, barred[index], bound)
                lengths.append(table[0])
                times.append(table[1])
            types.append(self._vehicle_type(alike, profiles[mark], bound))
        clients = [self._client(stop, first + n, must_prize) for n, stop in enumerate(self.stops)]
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in rows], clients,
            [pyvrp.Depot(number) for number in range(first)], types,
            lengths, times,
        )  # fmt: skip

    def _barred(self, vehicle: Vehicle, metres: Whole) -> Barred:
        """Which ways a vehicle may not use."""
        shut: Barred = metres == NO_WAY
        places = [*self._depots, *(stop.place for stop in self.stops)]
        if vehicle.closed:
            where: dict[str, list[int]] = {}
            for number, place in enumerate(places):
                where.setdefault(place, []).append(number)
            for start, end in vehicle.closed:
                if start in where and end in where:
                    shut[np.ix_(where[start], where[end])] = True
        if vehicle.only is not None:
            away = [
                len(self._depots) + number
                for number, stop in enumerate(self.stops)
                if stop.key not in vehicle.only
            ]
            shut[away, :] = shut[:, away] = True
        np.fill_diagonal(shut, False)
        return shut

    def _longest_round(self, seconds: Whole) -> int:
        """No round that uses open ways only can end later."""
        begins = [vehicle.shift_from for vehicle in self.problem.vehicles]
        latest = max([*begins, *(max(stop.opens, stop.ready) for stop in self.stops)])
        legs = 2 * len(self.stops) + 2
        return latest + legs * int(seconds.max()) + sum(stop.service for stop in self.stops)

    def _vehicle_type(
        self, alike: Sequence[Vehicle], profile: int, bound: int | None
    ) -> pyvrp.VehicleType:
        like = alike[0]
        ends = [end for end in (like.shift_to, bound) if end is not None]
        start = self._depots.index(like.start)
        aboard = padded(like.aboard, len(like.capacity))
        return pyvrp.VehicleType(
            num_available=len(alike),
            capacity=[room - held for room, held in zip(like.capacity, aboard, strict=True)],
            start_depot=start,
            end_depot=self._depots.index(like.end),
            fixed_cost=like.per_use,
            tw_early=like.shift_from,
            tw_late=min(ends, default=FOR_EVER),
            shift_duration=FOR_EVER if like.hours is None else like.hours,
            max_distance=FOR_EVER if like.max_metres is None else like.max_metres,
            unit_distance_cost=like.per_metre,
            unit_duration_cost=like.per_second,
            profile=profile,
            reload_depots=[start] if like.tours > 1 else [],
            max_reloads=like.tours - 1,
        )

    def _client(self, stop: Stop, location: int, must_prize: int | None) -> pyvrp.Client:
        count = self.problem.kinds
        is_must = stop.prize is None and must_prize is None
        prize = (must_prize or 0) if stop.prize is None else stop.prize
        return pyvrp.Client(
            location,
            delivery=list(padded(stop.delivers, count)),
            pickup=list(padded(stop.collects, count)),
            service_duration=stop.service,
            tw_early=stop.opens,
            tw_late=FOR_EVER if stop.closes is None else stop.closes,
            release_time=stop.ready,
            prize=prize,
            required=is_must,
        )

    def begin_with(self, plan: Plan) -> pyvrp.Solution:
        """The solution that keeps as much of a plan as this problem still has."""
        here = {stop.key: stop for stop in self.stops}
        kept = {
            route.vehicle: [[here[key] for key in tour if key in here] for tour in route.tours]
            for route in plan.routes
        }
        return self.solution(kept)

    def solution(self, rounds: Mapping[str, Tours]) -> pyvrp.Solution:
        """The solution of these rounds, by vehicle, as far as the vehicles are there."""
        kind_of = {v.key: number for number, alike in enumerate(self.kinds) for v in alike}
        routes = []
        for vehicle, tours in rounds.items():
            rows = [[self._number[stop.key] for stop in tour] for tour in tours if tour]
            if vehicle in kind_of and rows:
                routes.append(self._route(rows, kind_of[vehicle]))
        return pyvrp.Solution(self.data, routes)

    def _route(self, tours: list[list[int]], kind: int) -> pyvrp.Route:
        start = self._depots.index(self.kinds[kind][0].start)
        load = pyvrp.Activity(pyvrp.ActivityType.DEPOT, start)
        row: list[pyvrp.Activity] = []
        for tour in tours[: self.kinds[kind][0].tours]:
            row += [load] if row else []
            row += [pyvrp.Activity(pyvrp.ActivityType.CLIENT, number) for number in tour]
        return pyvrp.Route(self.data, row, kind)

    def rounds(self, solution: pyvrp.Solution, like: Plan | None) -> dict[str, Tours]:
        """The tours of each vehicle used; among equal ones the vehicle that had most of them."""
        held = like.vehicle_of if like else {}
        free = [[vehicle.key for vehicle in alike] for alike in self.kinds]
        found: dict[str, Tours] = {}
        wanted: list[tuple[int, int, str, int, Tours]] = []
        for order, route in enumerate(solution.routes()):
            tours = self._tours(route)
            kind = route.vehicle_type()
            votes: dict[str, int] = {}
            for stop in (stop for tour in tours for stop in tour):
                votes[held.get(stop.key, "")] = votes.get(held.get(stop.key, ""), 0) + 1
            best = max(sorted(set(votes) & set(free[kind])), key=votes.__getitem__, default="")
            wanted.append((-votes.get(best, 0), order, best, kind, tours))
        for _, _, best, kind, tours in sorted(wanted, key=lambda row: row[:2]):
            key = best if best in free[kind] else free[kind][0]
            free[kind].remove(key)
            found[key] = tours
        return found

    def _tours(self, route: pyvrp.Route) -> Tours:
        tours: list[list[Stop]] = []
        for activity in list(route)[:-1]:
            if activity.is_depot():
                tours.append([])
            else:
                tours[-1].append(self.stops[activity.idx])
        return [tour for tour in tours if tour]

    def left_out(self, rounds: dict[str, Tours]) -> list[Stop]:
        """The stops that no round serves."""
        served = {stop.key for tours in rounds.values() for tour in tours for stop in tour}
        return [stop for stop in self.stops if stop.key not in served]

    def plan(self, rounds: dict[str, Tours], unserved: Sequence[Unserved]) -> Plan:
        """The plan of these rounds."""
        return assemble(self.problem, rounds, unserved, self.clock)


def _shut(metres: Whole, seconds: Whole, barred: Barred, bound: int | None) -> tuple[Whole, Whole]:
    """The tables of one kind of vehicle, with its barred ways too long for any round."""
    if bound is None or not barred.any():
        return metres, seconds
    detour = 2 * int(metres.max()) + 1
    return np.where(barred, detour, metres), np.where(barred, bound + 1, seconds)
