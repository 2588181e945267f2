"""What is made once for several tests is found by each of them as it was made."""

from __future__ import annotations

import pytest
from django.db import connection

from gongzhi.actors.models import Unit
from gongzhi.decision.models import Decision
from gongzhi.ledger.models import Entry
from tests.once import Ground, once
from tests.rooms.cast import City
from tests.rooms.upstream import Upstream

MADE: list[str] = []
"""What was made for the tests of this file, each time it was."""


@once
def renamed(city: City) -> City:
    """The city after something that changes what it stands on, in the database and in hand."""
    MADE.append("renamed")
    city["D1"].name = "新区"
    city["D1"].save()
    return city


@once
def district(city: City) -> Unit:
    return city["D1"]


@pytest.mark.parametrize("_time", range(3))
def test_what_a_test_does_is_undone(city: City, _time: int) -> None:
    assert Unit.objects.get(code="D1").name == city["D1"].name == "东岸区"
    city["D1"].name = "西区"
    city["D1"].save()
    del city.units["S11"]


@pytest.mark.parametrize("_time", range(3))
def test_it_is_made_once(renamed: City, _time: int) -> None:
    assert MADE.count("renamed") == 1
    assert Unit.objects.get(code="D1").name == renamed["D1"].name == "新区"


def test_who_asks_for_less_finds_less(city: City) -> None:
    assert Unit.objects.get(code="D1").name == city["D1"].name == "东岸区"
    assert not Decision.objects.exists()


def test_who_asks_for_more_finds_more(above: Upstream) -> None:
    assert Decision.objects.get() == above.decision


def test_who_asks_for_nothing_finds_nothing(db: None) -> None:
    assert not Unit.objects.exists() and not Entry.objects.exists()


def test_what_was_one_thing_still_is(city: City, district: Unit) -> None:
    assert district is city["D1"]


def test_what_cannot_be_made_leaves_nothing_behind(db: None) -> None:
    depth, ground = len(connection.atomic_blocks), Ground(len(connection.atomic_blocks))

    def half() -> None:
        Unit.objects.create(path="00001", kind="area", tier="city", code="C", name="市")
        raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        ground.build({half: []})
    assert not Unit.objects.exists() and len(connection.atomic_blocks) == depth
    assert ground.floors == []


def test_nothing_is_made_inside_a_test_that_runs_already(db: None) -> None:
    with pytest.raises(pytest.UsageError, match="must take `db`"):
        Ground().build({lambda: None: []})
