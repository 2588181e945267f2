"""When a vehicle is where: the shortest time a round takes, and its timetable.

Rounds are put together from segments as Vidal, Crainic, Gendreau and Prins do (Computers &
Operations Research 40, 2013, 475-489): how long, how much too late, earliest and latest departure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .values import MOST, NO_WAY, Problem, Stop, Vehicle

Tours = Sequence[Sequence[Stop]]
FOREVER = MOST**2 // 4


@dataclass(frozen=True, slots=True)
class Node:
    """A place where something is done between two times; no stop: the vehicle loads or ends."""

    place: str
    opens: int
    closes: int
    service: int = 0
    stop: Stop | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A round or a part of it: its shortest duration, how late it is, when it may be begun."""

    duration: int
    late: int
    earliest: int
    latest: int

    @classmethod
    def of(cls, node: Node) -> Span:
        """The span of one place alone."""
        return cls(node.service, 0, node.opens, node.closes)

    def then(self, other: Span, seconds: int) -> Span:
        """This one and, after so many seconds on the way, the other."""
        shift = self.duration - self.late + seconds
        wait = max(other.earliest - shift - self.latest, 0)
        late = max(self.earliest + shift - other.latest, 0)
        return Span(
            self.duration + other.duration + seconds + wait,
            self.late + other.late + late,
            max(other.earliest - shift, self.earliest) - wait,
            min(other.latest - shift, self.latest) + late,
        )


class Clock:
    """Looks up the ways of one problem by the names of its places."""

    def __init__(self, problem: Problem) -> None:
        self._at = {place: number for number, place in enumerate(problem.ways.places)}
        self._metres, self._seconds = problem.ways.metres, problem.ways.seconds

    def metres(self, start: str, end: str) -> int:
        """Metres from one place to another, NO_WAY where there is none."""
        return int(self._metres[self._at[start], self._at[end]])

    def seconds(self, start: str, end: str) -> int:
        """Seconds from one place to another, NO_WAY where there is none."""
        return int(self._seconds[self._at[start], self._at[end]])

    def is_open(self, vehicle: Vehicle, start: str, end: str) -> bool:
        """Whether a vehicle may go straight from one place to the other."""
        return (start, end) not in vehicle.closed and self.metres(start, end) != NO_WAY


def nodes(vehicle: Vehicle, tours: Tours) -> list[Node]:
    """Every place of a round in order: loading, stops, loading again, …, the end."""
    shift_to = FOREVER if vehicle.shift_to is None else vehicle.shift_to
    row = []
    for tour in tours:
        ready = max((stop.ready for stop in tour), default=0)
        row.append(Node(vehicle.start, max(vehicle.shift_from, ready), shift_to))
        for stop in tour:
            closes = FOREVER if stop.closes is None else stop.closes
            row.append(Node(stop.place, stop.opens, closes, stop.service, stop))
    return [*row, Node(vehicle.end, vehicle.shift_from, shift_to)]


def span(clock: Clock, row: Sequence[Node]) -> Span:
    """The whole round in one span."""
    whole = Span.of(row[0])
    for before, node in pairwise(row):
        whole = whole.then(Span.of(node), clock.seconds(before.place, node.place))
    return whole


def loads(vehicle: Vehicle, tours: Tours) -> list[tuple[int, ...]]:
    """What is aboard on leaving each place of a round, one number for each kind of load."""
    kinds = range(len(vehicle.capacity))
    aboard = padded(vehicle.aboard, len(kinds))
    row = []
    for tour in tours:
        held = list(aboard)
        for kind in kinds:
            held[kind] += sum(_amount(stop.delivers, kind) for stop in tour)
        row.append(tuple(held))
        for stop in tour:
            for kind in kinds:
                held[kind] += _amount(stop.collects, kind) - _amount(stop.delivers, kind)
            row.append(tuple(held))
    return [*row, (0,) * len(kinds)]


def _amount(amounts: tuple[int, ...], kind: int) -> int:
    return amounts[kind] if kind < len(amounts) else 0


def padded(amounts: tuple[int, ...], length: int) -> tuple[int, ...]:
    """Amounts of every kind of load; what is not named is none."""
    return amounts + (0,) * (length - len(amounts))
