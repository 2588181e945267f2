"""Straight-line distance between two points on the globe, for a city without a road map."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius


def distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Return the great-circle distance of two points in km (haversine formula).

    Takes degrees (WGS 84); the globe is taken as a sphere, so the error is below 0.6 %.
    """
    lat_1, lat_2 = radians(lat_a), radians(lat_b)
    half_lat, half_lon = (lat_2 - lat_1) / 2, radians(lon_b - lon_a) / 2
    h = sin(half_lat) ** 2 + cos(lat_1) * cos(lat_2) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))
