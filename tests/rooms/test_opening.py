"""Who keeps a record that is opened in an emergency."""

from __future__ import annotations

import pytest

from gongzhi.actors.models import Unit
from gongzhi.actors.opening import keeper_of
from gongzhi.command.models import Order
from tests.rooms.cast import START, City
from tests.rooms.scenes import Branch


@pytest.mark.parametrize(
    ("unit", "issuer", "keeper"),
    [("S11", "D1", "S11"), ("D2", "S11", "S11"), ("S21", "S11", "S21"), ("C", "C", "C")],
)
def test_the_lowest_unit_in_whose_area_a_record_lies_keeps_it(
    city: City, unit: str, issuer: str, keeper: str
) -> None:
    order = Branch(city, 1).new(Order, unit=city[unit], issuer=city[issuer])
    assert keeper_of(order, START) == city[keeper]


def test_nobody_keeps_what_lies_in_no_area(city: City) -> None:
    assert keeper_of(Unit(path=""), START) is None
