"""Ways between places for routes: straight lines made longer, and round what is closed.

There is no road network yet. A closed road or bridge is a line between two points: a way that
would cross it goes round its nearer end, or is barred where another closure lies there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gongzhi.engines.routing import NO_WAY, Ways
from gongzhi.supply.distances import Place, great_circle_km

Points = NDArray[np.float64]
Crossed = NDArray[np.bool_]


@dataclass(frozen=True)
class Closure:
    """A line that cannot be crossed, in degrees; vehicles: whom it binds, none for everybody."""

    start: tuple[float, float]
    end: tuple[float, float]
    vehicles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Driving:
    """How much longer a road is than the straight line, and how fast one drives."""

    detour: float
    speed_kmh: float

    def ways(self, places: Sequence[Place], closures: Iterable[Closure] = ()) -> Ways:
        """The ways between places, in metres and seconds, round the closures that bind all."""
        km = great_circle_km(places, places)
        shut = [row for row in closures if not row.vehicles]
        points = _points(places)
        for closure in shut:
            crossed = _crossed(points, closure)
            ends = _points([Place("start", *closure.start), Place("end", *closure.end)])
            via = great_circle_km(places, [Place("start", *closure.start)])
            via_end = great_circle_km(places, [Place("end", *closure.end)])
            round_it = np.minimum(via + via.T, via_end + via_end.T)
            others = [other for other in shut if other is not closure]
            if any(_reaches(other, ends) for other in others):
                round_it = np.full_like(km, np.nan)
            km = np.where(crossed, np.maximum(km, round_it), km)
        barred = np.isnan(km)
        metres = np.where(barred, 0, km * 1000 * self.detour).round().astype(np.int64)
        seconds = (metres * 3.6 / self.speed_kmh).round().astype(np.int64)
        for table in (metres, seconds):
            table[barred] = NO_WAY
            np.fill_diagonal(table, 0)
        return Ways.of((place.key for place in places), metres, seconds)

    def closed_to(
        self, vehicle: str, places: Sequence[Place], closures: Iterable[Closure]
    ) -> frozenset[tuple[str, str]]:
        """The ways one vehicle may not use, because a closure binds it and not everybody."""
        points, found = _points(places), set()
        for closure in closures:
            if vehicle in closure.vehicles:
                starts, ends = np.nonzero(_crossed(points, closure))
                found |= {(places[a].key, places[b].key) for a, b in zip(starts, ends, strict=True)}
        return frozenset(found)


def _points(places: Sequence[Place]) -> Points:
    return np.array([[place.lon, place.lat] for place in places], dtype=np.float64)


def _side(a: Points, b: Points, c: Points) -> Points:
    """On which side of the line from a to b each c lies, and how far off."""
    side: Points = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1])
    return side - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])


def _crossed(points: Points, closure: Closure) -> Crossed:
    """Whether the straight way from each point (row) to each other crosses the closure."""
    one, two = np.array(closure.start), np.array(closure.end)
    here = _side(one, two, points)
    apart: Crossed = here[:, None] * here[None, :] < 0
    begin, end = points[:, None, :], points[None, :, :]
    between: Crossed = _side(begin, end, one) * _side(begin, end, two) <= 0
    return apart & between


def _reaches(other: Closure, ends: Points) -> bool:
    """Whether another closure crosses this one, so that its ends cannot be gone round freely."""
    return bool(_crossed(ends, other)[0, 1])
