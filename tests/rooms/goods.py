"""What the tests of supplies begin with: the catalogue, a clinic, needs, offers, a plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gongzhi.actors.models import Facility
from gongzhi.supply.actions import (
    approve_match,
    count_stock,
    dispatch,
    load_catalogue,
    match,
    state_need,
    state_offer,
)
from gongzhi.supply.models import Allocation, Dispatch, Item, MatchRun, Need, NeedLine, Offer, Stock
from tests.rooms.cast import START, City, small_city

MASK = "mask-surgical"
SOON = START + timedelta(days=3)


def stocked_city() -> City:
    """The small city with the catalogue of supplies and a village clinic without beds."""
    city = small_city()
    load_catalogue(by=city.person("founder"), now=START)
    city.facilities["CLINIC"] = Facility.objects.create(
        unit=city["K211"], place=city["K211"], kind="health_centre", name="渡口一社区卫生站",
        lon=118.28, lat=30.9,
    )  # fmt: skip
    return city


def mask(code: str = MASK) -> Item:
    return Item.objects.get(code=code)


STATED_BY = {"H1": "h1-clerk", "H2": "h2-clerk", "K211": "s21-duty", "D1": "d1-duty"}


def ask(city: City, unit: str = "H1", quantity: int | None = 100, **values: Any) -> Need:
    """A need of a hospital or the village, of a known amount unless `quantity` is None."""
    given = {
        "unit": city[unit], "item": mask(), "quantity": quantity, "needed_by": SOON,
        "amount": Need.Amount.UNKNOWN if quantity is None else Need.Amount.KNOWN,
        "by": city.person(STATED_BY[unit]), "now": START,
    }  # fmt: skip
    return state_need(**{**given, **values})


def give(city: City, quantity: int = 100, **values: Any) -> Offer:
    """An offer of the supplier in the city."""
    given = {"item": mask(), "now": START, "unit": city["SUP"], "by": city.person("sup-clerk")}
    return state_offer(quantity=quantity, **{**given, **values})


def hold(city: City, place: str, quantity: int, per_day: float | None = None, **v: Any) -> Stock:
    """A count of the stock at one of the city's facilities."""
    given = {"item": mask(), "by": city.person("city-duty"), "now": START, **v}
    return count_stock(
        facility=city.facilities[place], quantity=quantity, used_per_day=per_day, **given
    )


def plan(city: City, now: datetime = START, **values: Any) -> MatchRun:
    """A plan for the masks of the whole city, proposed by the duty officer."""
    given = {"area": city["C"], "group": "mask", "by": city.person("city-duty"), "now": now}
    return match(**{**given, **values})


def approved(city: City, now: datetime = START, **values: Any) -> MatchRun:
    """A plan for the masks of the whole city that is in force."""
    return approve_match(run=plan(city, now, **values), by=city.person("mayor"), now=now)


def send(city: City, allocation: Allocation, quantity: int, now: datetime = START) -> Dispatch:
    """Goods on their way, sent by the supplier with the logistics firm."""
    return dispatch(
        allocation=allocation, carrier=city["LOG"], quantity=quantity,
        arrive_by=now + timedelta(hours=6), by=city.person("sup-clerk"), now=now,
    )  # fmt: skip


def line(run: MatchRun, need: Need) -> NeedLine:
    """The line of a need in a plan."""
    return run.lines.get(need=need)


def given_to(run: MatchRun) -> dict[str, int]:
    """Pieces by the code of the unit that gets them."""
    sums: dict[str, int] = {}
    for row in run.allocations.select_related("need__unit"):
        code = row.need.unit.code
        sums[code] = sums.get(code, 0) + row.quantity
    return sums


def plan_of(run: MatchRun) -> tuple[list[Any], list[Any]]:
    """A plan without its numbers: lines and allocations."""
    rows = run.lines.order_by("need").values_list("need", "wanted", "got", "reason", "explanation")
    given = run.allocations.order_by("offer", "need").values_list("offer", "need", "quantity")
    return list(rows), list(given)
