"""What comes out: routes with their timetables, and what is left out with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .timing import Clock, Tours, loads, nodes, span
from .values import Problem, Vehicle


class Reason(StrEnum):
    """Why a stop is left out, from what rules it out for ever to what only lacks time to look."""

    NO_VEHICLE = "no_vehicle"
    NOT_ALLOWED = "not_allowed"
    NO_WAY = "no_way"
    TOO_LARGE = "too_large"
    TOO_LATE = "too_late"
    TOO_LONG = "too_long"
    FULL = "full"
    BUSY = "busy"
    NOT_WORTH_IT = "not_worth_it"
    NOT_FOUND = "not_found"

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return SENTENCES[self]


SENTENCES = {
    Reason.NO_VEHICLE: "There is no vehicle.",
    Reason.NOT_ALLOWED: "No vehicle may serve it.",
    Reason.NO_WAY: "No open road leads there and back.",
    Reason.TOO_LARGE: "Its load is larger than any vehicle that may serve it.",
    Reason.TOO_LATE: "No vehicle can be there before it closes.",
    Reason.TOO_LONG: "The way there and back is longer than any shift.",
    Reason.FULL: "The vehicles that could go there are full.",
    Reason.BUSY: "The vehicles that could go there are full or have no time left.",
    Reason.NOT_WORTH_IT: "The way there costs more than it is worth.",
    Reason.NOT_FOUND: "No place was found for it yet; look longer.",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One place of a route: when the vehicle arrives, begins and leaves, and what it then carries.

    No stop: it loads there at its start, or the route ends.
    """

    place: str
    stop: str | None
    arrives: int
    begins: int
    leaves: int
    load: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One vehicle's round from start to end, with loading in between where it has several tours."""

    vehicle: str
    visits: tuple[Visit, ...]
    metres: int
    cost: int

    @property
    def stops(self) -> tuple[str, ...]:
        """Keys of the stops in order."""
        return tuple(visit.stop for visit in self.visits if visit.stop is not None)

    @property
    def seconds(self) -> int:
        """From leaving the start to the end."""
        return self.visits[-1].begins - self.visits[0].leaves

    @property
    def tours(self) -> tuple[tuple[str, ...], ...]:
        """The stops of each tour, from one loading to the next."""
        rounds: list[list[str]] = []
        for visit in self.visits[:-1]:
            if visit.stop is None:
                rounds.append([])
            else:
                rounds[-1].append(visit.stop)
        return tuple(tuple(tour) for tour in rounds)

    def __str__(self) -> str:
        return (
            f"{self.vehicle}: {' - '.join(self.stops)} ({self.metres:,} m, "
            f"{self.seconds // 60:,} min)"
        )


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop that is left out, and why; a detour says what serving it would cost at least."""

    stop: str
    reason: Reason
    detour: int | None = None

    def __str__(self) -> str:
        cost = "" if self.detour is None else f" (at least {self.detour:,})"
        return f"{self.stop}: {self.reason.sentence}{cost}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes in the order of the vehicles, what is left out in the order of the stops, the cost.

    cost: of all routes, and the prizes of optional stops that are left out.
    """

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost: int

    @property
    def metres(self) -> int:
        """Metres of all routes."""
        return sum(route.metres for route in self.routes)

    @property
    def vehicle_of(self) -> dict[str, str]:
        """Which vehicle serves each stop."""
        return {stop: route.vehicle for route in self.routes for stop in route.stops}

    def __str__(self) -> str:
        head = f"{len(self.routes)} routes, {self.metres:,} m, cost {self.cost:,}"
        left = [f"left out: {row}" for row in self.unserved]
        return "\n".join([head, *(str(route) for route in self.routes), *left])


def timetable(clock: Clock, vehicle: Vehicle, tours: Tours) -> Route:
    """The route of a round that can be kept: it leaves as early as its shortest duration allows."""
    row, held = nodes(vehicle, tours), loads(vehicle, tours)
    now = span(clock, row).earliest
    visits = [Visit(row[0].place, None, now, now, now, held[0])]
    metres = 0
    for before, node, load in zip(row, row[1:], held[1:], strict=False):
        metres += clock.metres(before.place, node.place)
        arrives = now + clock.seconds(before.place, node.place)
        begins = max(arrives, node.opens)
        now = begins + node.service
        key = node.stop.key if node.stop else None
        visits.append(Visit(node.place, key, arrives, begins, now, load))
    seconds = visits[-1].begins - visits[0].leaves
    cost = vehicle.per_use + vehicle.per_metre * metres + vehicle.per_second * seconds
    return Route(vehicle.key, tuple(visits), metres, cost)


def assemble(
    problem: Problem, rounds: Mapping[str, Tours], unserved: Sequence[Unserved], clock: Clock
) -> Plan:
    """A plan from the rounds of its vehicles (by key) and what they leave out."""
    routes = [
        timetable(clock, vehicle, rounds[vehicle.key])
        for vehicle in problem.vehicles
        if any(rounds.get(vehicle.key, ()))
    ]
    left = {row.stop: row for row in unserved}
    prizes = sum(stop.prize or 0 for stop in problem.stops if stop.key in left)
    order = tuple(left[stop.key] for stop in problem.stops if stop.key in left)
    return Plan(tuple(routes), order, sum(route.cost for route in routes) + prizes)
