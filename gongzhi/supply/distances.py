"""How far places lie apart and how long goods travel: straight lines, no road network yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gongzhi.actors.models import Unit
from gongzhi.supply.models import Need, Offer

EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

Table = NDArray[np.float64]
Chosen = NDArray[np.bool_]


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


def _radians(places: Sequence[Place]) -> tuple[Table, Table]:
    """Longitudes and latitudes; not a number where a place is not known."""
    known = [(p.lon, p.lat) if p.lon is not None and p.lat is not None else (np.nan, np.nan)
             for p in places]  # fmt: skip
    degrees = np.radians(np.array(known, dtype=np.float64).reshape(-1, 2))
    return degrees[:, 0], degrees[:, 1]


def great_circle_km(starts: Sequence[Place], ends: Sequence[Place]) -> Table:
    """Kilometres along the great circle from each start (row) to each end (column), by haversine.

    Not a number where one of the two is not known.
    """
    (lon_a, lat_a), (lon_b, lat_b) = _radians(starts), _radians(ends)
    d_lat = np.sin((lat_b[None, :] - lat_a[:, None]) / 2) ** 2
    d_lon = np.sin((lon_b[None, :] - lon_a[:, None]) / 2) ** 2
    h = d_lat + np.cos(lat_a)[:, None] * np.cos(lat_b)[None, :] * d_lon
    km: Table = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(1.0, h)))
    return km


@dataclass(frozen=True)
class Roads:
    """What a kilometre costs in points per piece, and how fast goods travel."""

    points_per_km: float
    speed_kmh: float
    handling_h: float
    km_when_unknown: float

    def between(self, starts: Sequence[Place], ends: Sequence[Place]) -> tuple[Table, Table]:
        """(points per piece, hours with loading) from each start to each end; 0 at one place."""
        km = great_circle_km(starts, ends)
        km = np.where(np.isnan(km), self.km_when_unknown, km)
        here = np.array([p.key for p in starts])[:, None] == np.array([p.key for p in ends])
        cost: Table = np.where(here, 0.0, np.round(km * self.points_per_km, 3))
        hours: Table = np.where(here, 0.0, self.handling_h + km / self.speed_kmh)
        return cost, hours


def nearest(cost: Table, in_time: Chosen, most: int) -> Chosen:
    """The ways worth offering to a plan: each row's and each column's `most` cheapest.

    Those in time come before those too late, so that a late one is kept only where there is room.
    """
    rows, columns = cost.shape
    if rows <= most and columns <= most:
        return np.ones_like(in_time)
    rank = np.where(in_time, cost, cost + 1e9)
    chosen = np.zeros_like(in_time)
    by_row = np.argsort(rank, axis=1, kind="stable")[:, :most]
    by_column = np.argsort(rank, axis=0, kind="stable")[:most, :]
    chosen[np.arange(rows)[:, None], by_row] = True
    chosen[by_column, np.arange(columns)[None, :]] = True
    return chosen
