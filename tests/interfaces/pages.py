"""What the tests of single pages share: a city, browsers, and warnings made by the detectors."""

from __future__ import annotations

from datetime import date, timedelta

from django.test import Client

from gongzhi.actors.models import Boundary, Unit
from gongzhi.sensing.models import Warning
from gongzhi.sensing.watch import watch
from tests.rooms.cast import START, City
from tests.rooms.scenes import counted

NOW = START + timedelta(hours=3)
"""The moment at which the pages are read: 12:00 in the city."""
TODAY = date(2021, 3, 1)


def browser(city: City, login: str, language: str = "en") -> Client:
    """A browser in which this person is logged in."""
    client = Client(headers={"accept-language": language})
    client.force_login(city.person(login))
    return client


def outline(unit: Unit, lon: float) -> Boundary:
    """A square of a hundredth of a degree as the outline of an area."""
    ring = [[lon, 30.9], [lon + 0.01, 30.9], [lon + 0.01, 30.91], [lon, 30.91], [lon, 30.9]]
    return Boundary.objects.create(unit=unit, geometry={"type": "Polygon", "coordinates": [ring]})


def surge(city: City, code: str = "K111", place: str = "C") -> Warning:
    """A warning that the detectors issue for one community: quiet weeks, then many at once."""
    counted(city[code], [1, 0, 1, 2, 1, 0, 1] * 4 + [1, 2, 14], TODAY)
    watch(area=city[place], on=TODAY, by=city.person("founder"), now=START)
    return Warning.objects.get(place=city[code])
