"""Whether a point lies in an area: inside its outline, or near enough to it.

Points are WGS 84 in degrees, lengths metres. Within some tens of kilometres the ground is taken
as flat; the error is far below that of a phone's position.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, hypot, radians
from typing import Any

Point = tuple[float, float]
METRES_PER_DEGREE = 111_195.0
"""Length of one degree of a great circle on a sphere of 6,371 km."""


def metres_outside(point: Point, geometry: dict[str, Any]) -> float:
    """How far a point (lon, lat) lies outside a GeoJSON Polygon or MultiPolygon; 0 inside."""
    shapes = geometry["coordinates"]
    polygons = [shapes] if geometry["type"] == "Polygon" else shapes
    flat = [[[_flat(point, corner) for corner in ring] for ring in rings] for rings in polygons]
    if any(_inside(rings) for rings in flat):
        return 0.0
    return min(_to_segment(a, b) for rings in flat for ring in rings for a, b in _sides(ring))


def metres_between(one: Point, other: Point) -> float:
    """The distance of two points (lon, lat)."""
    return hypot(*_flat(one, other))


def _flat(origin: Point, point: Any) -> Point:
    """A point in metres east and north of the origin."""
    east = (point[0] - origin[0]) * cos(radians(origin[1])) * METRES_PER_DEGREE
    return east, (point[1] - origin[1]) * METRES_PER_DEGREE


def _inside(rings: list[list[Point]]) -> bool:
    """Whether the origin lies inside: a ray from it crosses the sides an odd number of times."""
    crossed = sum(_crosses(a, b) for ring in rings for a, b in _sides(ring))
    return crossed % 2 == 1


def _crosses(a: Point, b: Point) -> bool:
    if (a[1] > 0) == (b[1] > 0):
        return False
    return a[0] + (b[0] - a[0]) * a[1] / (a[1] - b[1]) > 0


def _sides(ring: list[Point]) -> Iterator[tuple[Point, Point]]:
    return zip(ring, ring[1:] + ring[:1], strict=True)


def _to_segment(a: Point, b: Point) -> float:
    """The distance of the origin from a side."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    long = dx * dx + dy * dy
    along = 0.0 if long == 0 else max(0.0, min(1.0, -(a[0] * dx + a[1] * dy) / long))
    return hypot(a[0] + along * dx, a[1] + along * dy)
