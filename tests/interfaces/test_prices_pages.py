"""The page of prices: what stands out with its reason, a plot with an equal table, no blame."""

from __future__ import annotations

import pytest
from django.test import Client

from gongzhi.interfaces import clock
from gongzhi.supply.models import PriceVerdict
from tests.interfaces.api_world import cheap_passwords
from tests.interfaces.console_scene import words
from tests.interfaces.pages import browser
from tests.once import once
from tests.rooms import priced as scene
from tests.rooms.cast import City


@pytest.fixture(autouse=True)
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: scene.LATER)


@once
def city() -> City:
    with cheap_passwords():
        return scene.priced_city()


def read(city: City, login: str) -> str:
    return words(browser(city, login).get("/supplies/prices"))


def test_an_officer_sees_why_a_price_stands_out_and_what_is_next(city: City) -> None:
    scene.flagged(city)
    told = read(city, "city-duty")
    assert "江东医疗用品公司" in told and "+150\u00a0%" in told
    assert "Ask for invoices" in told and "no finding and no penalty" in told
    assert "Compared" in told and "10\u00a0% – 25\u00a0%" in told


def test_while_the_seller_has_time_no_officer_is_pressed(city: City) -> None:
    scene.asked(city)
    told = read(city, "city-duty")
    assert "The seller has time" in told and "/do/supply/judge_price" not in told


def test_the_columns_are_the_figures_of_the_table(city: City) -> None:
    scene.flagged(city)
    page = browser(city, "city-duty").get("/supplies/prices")
    [(_look, [row])] = page.context["looks"]
    assert [c.sellers for c in row.columns] == [0, 0, 6, 0, 0, 1, 0, 0]
    assert (row.compared, row.waiting, row.columns[2].height) == (7, 1, 30)
    assert page.content.decode().count("<rect") == 8


def test_the_seller_sees_its_own_and_is_asked_to_hand_in(city: City) -> None:
    scene.asked(city)
    told = read(city, "sup-clerk")
    assert "Hand in invoices" in told and "江东医疗用品公司" in told
    assert "江东医疗用品公司" not in read(city, "h1-clerk")
    assert "waits for anything" in read(city, "h1-clerk")


def test_the_public_board_counts_by_item_and_names_no_seller(city: City) -> None:
    scene.flagged(city)
    answer = Client().get("/board?lang=en")
    told = words(answer)
    [row] = answer.context["prices"]
    assert (row.compared, row.waiting, row.middle) == (7, 1, "19.6\u00a0%")
    assert "Nobody is named" in told and "江东医疗用品公司" not in told and "药店" not in told


def test_a_few_sellers_are_not_counted_in_public(city: City) -> None:
    scene.record(city, scene.market(city)[-2:])
    scene.watched(city)
    assert Client().get("/board?lang=en").context["prices"] == []


def test_a_case_stands_below_with_the_way_to_appeal(city: City) -> None:
    scene.judge(city, scene.handed_in(city), PriceVerdict.REPORTED)
    assert "Appeal against the case" in read(city, "sup-clerk")
    assert "Cases of price gouging" in read(city, "city-duty")
