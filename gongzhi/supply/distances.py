"""How far places lie apart and how long goods travel: straight lines, no road network yet."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gongzhi.actors.models import Unit
from gongzhi.supply.models import Need, Offer

EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True)
class Place:
    """Where goods are or are wanted; lon and lat in degrees (WGS 84), None where unknown."""

    key: str
    lon: float | None
    lat: float | None


def place_of(record: Need | Offer) -> Place:
    """The place of a need or an offer: its facility, or else its unit."""
    if record.facility is not None and record.facility.lon is not None:
        return Place(f"f{record.facility.pk}", record.facility.lon, record.facility.lat)
    unit: Unit = record.unit
    return Place(f"u{unit.pk}", unit.lon, unit.lat)


def great_circle_km(a: Place, b: Place) -> float | None:
    """Kilometres along the great circle (haversine); None where a place is not known."""
    if a.lon is None or a.lat is None or b.lon is None or b.lat is None:
        return None
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    d_lat, d_lon = lat_b - lat_a, math.radians(b.lon - a.lon)
    h = math.sin(d_lat / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(d_lon / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, h)))


@dataclass(frozen=True)
class Roads:
    """What a kilometre costs in points per piece, and how fast goods travel."""

    points_per_km: float
    speed_kmh: float
    handling_h: float
    km_when_unknown: float

    def between(self, a: Place, b: Place) -> tuple[float, float]:
        """(points per piece, hours with loading) between two places; inside one place, nothing."""
        if a.key == b.key:
            return 0.0, 0.0
        km = great_circle_km(a, b)
        km = self.km_when_unknown if km is None else km
        return round(km * self.points_per_km, 3), self.handling_h + km / self.speed_kmh
