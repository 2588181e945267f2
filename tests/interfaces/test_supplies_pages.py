"""The pages of supplies: bars that add up, quiet places by name, the reason of each line."""

from __future__ import annotations

import pytest

from gongzhi.interfaces import clock
from gongzhi.interfaces.console.pages.supplies import Bar
from gongzhi.supply.actions import receive_goods
from gongzhi.supply.models import Allocation
from gongzhi.supply.queries import Balance
from tests.interfaces.api_world import cheap_passwords
from tests.interfaces.console_scene import seen, words
from tests.interfaces.pages import NOW, browser
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import MASK, approved, ask, give, hold, mask, plan, send, stocked_city


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def city() -> City:
    with cheap_passwords():
        return stocked_city()


def balance(wanted: int, promised: int, on_the_way: int, delivered: int) -> Balance:
    return Balance(
        item=mask(), unit=None, wanted=wanted, promised=promised, on_the_way=on_the_way,
        delivered=delivered, estimated=0,
    )  # fmt: skip


def test_a_bar_shows_the_parts_one_after_the_other(city: City) -> None:
    bar = Bar(balance(200, 20, 60, 100), "x")
    assert bar.parts == [
        ("delivered", 0.0, 50.0), ("on-the-way", 50.0, 30.0), ("promised", 80.0, 10.0)
    ]  # fmt: skip
    assert bar.percent == 50


def test_a_bar_is_never_longer_than_what_is_wanted(city: City) -> None:
    parts = Bar(balance(100, 50, 50, 80), "x").parts
    assert sum(length for _what, _start, length in parts) == pytest.approx(100)
    assert Bar(balance(0, 0, 0, 0), "x").parts == []


def test_the_item_page_says_promised_delivered_and_unmet_for_each_place(city: City) -> None:
    ask(city, "H1", 100)
    ask(city, "H2", 60)
    give(city, 120)
    approved(city)
    allocation = Allocation.objects.get(need__unit=city["H1"])
    sent = send(city, allocation, 40)
    receive_goods(dispatch=sent, quantity_good=40, by=city.person("h1-clerk"), now=NOW)
    page = words(browser(city, "mayor").get(f"/supplies/{MASK}"))
    assert "东岸区人民医院" in page
    assert "西岸区人民医院" in page
    assert "40 of 100" in page
    assert "60 unmet" in page
    assert page.count('class="bar"') == 2


def test_every_line_of_the_plan_has_its_reason(city: City) -> None:
    ask(city, "H1", 100)
    ask(city, "H2", 100)
    give(city, 50)
    plan(city)
    page = words(browser(city, "mayor").get(f"/supplies/{MASK}"))
    assert page.count("There is not enough") == 2
    assert "Gini" in page


def test_fairness_is_that_of_the_plan(city: City) -> None:
    ask(city, "H1", 100)
    ask(city, "H2", 100)
    give(city, 100)
    summary = plan(city).summary["items"][MASK]
    page = words(browser(city, "mayor").get(f"/supplies/{MASK}"))
    assert f">{summary['gini']:.2f}<" in page
    assert ">50 %<" in page


def test_quiet_places_are_named(city: City) -> None:
    hold(city, "H2", 5, per_day=40.0)
    page = words(browser(city, "mayor").get(f"/supplies/{MASK}"))
    assert "Places that asked for nothing" in page
    assert "西岸区人民医院" in page
    assert "runs out soon and has not asked" in page


def test_days_left_have_the_shortest_first(city: City) -> None:
    hold(city, "H1", 400, per_day=10.0)
    hold(city, "H2", 30, per_day=10.0)
    page = words(browser(city, "mayor").get("/supplies"))
    assert page.index("西岸区人民医院") < page.index("东岸区人民医院")
    assert "<b>3.0</b>" in page


def test_a_proposed_plan_offers_approval_to_whom_may(city: City) -> None:
    ask(city, "H1", 100)
    give(city, 100)
    run = plan(city)
    button = f"/do/supply/approve_match?run={run.pk}"
    assert button in words(browser(city, "mayor").get("/supplies"))
    assert button in words(browser(city, "mayor").get(f"/supplies/{MASK}"))
    refused = words(browser(city, "auditor").get("/supplies"))
    assert button not in refused
    assert "You do not hold the power" in refused


def test_a_foreign_branch_sees_only_its_own_places(city: City) -> None:
    ask(city, "H1", 100)
    ask(city, "H2", 77)
    hold(city, "H1", 10, per_day=9.0)
    for path in ("/supplies", f"/supplies/{MASK}"):
        page = words(browser(city, "d2-duty").get(path))
        assert "东岸区人民医院" not in page
        assert "77" in page


def test_an_unknown_item_is_not_found(city: City) -> None:
    answer = browser(city, "mayor").get("/supplies/moon-dust")
    assert answer.status_code == 404
    assert "There is nothing at this address" in words(answer)


@pytest.mark.parametrize("login", ["mayor", "h1-clerk", "s11-duty", "sup-clerk"])
@pytest.mark.parametrize("path", ["/supplies", f"/supplies/{MASK}"])
def test_the_pages_open_without_inline_script_or_style(city: City, login: str, path: str) -> None:
    ask(city, "H1", None)
    hold(city, "H1", 10, per_day=9.0)
    give(city, 100)
    approved(city, START)
    answer = browser(city, login).get(path)
    assert answer.status_code == 200
    assert seen(answer).blocked == []


# A plan before it is approved


def plan_page(city: City, number: int, login: str = "mayor") -> str:
    return words(browser(city, login).get(f"/supplies/plan/{number}"))


def test_the_plan_page_says_what_would_change_and_why(city: City) -> None:
    ask(city, "H1", 100, urgency=3)
    give(city, 100)
    approved(city)
    ask(city, "H2", 100, urgency=1)
    page = plan_page(city, plan(city).pk)
    assert "25 stay where they are and 75 go elsewhere" in page
    assert "75" in page.split("东岸区人民医院")[1].split("</tr>")[0]
    assert "+" in page.split("西岸区人民医院")[1].split("</tr>")[0]
    assert "There is not enough" in page
    assert "/do/supply/approve_match" in page


def test_the_price_of_fairness_stands_as_a_table_and_a_drawing(city: City) -> None:
    ask(city, "H1", 100, urgency=1)
    ask(city, "H2", 100, urgency=3)
    give(city, 100)
    page = plan_page(city, plan(city).pk)
    for part in (0, 25, 50, 75, 100):
        assert f">{part} %</th>" in page
    assert page.count('class="chosen"') == 1
    assert page.count("<polyline") == 3
    assert "style=" not in page.split("What fairness costs")[1]


def test_a_plan_in_force_has_nothing_to_approve(city: City) -> None:
    ask(city, "H1", 100)
    give(city, 100)
    page = plan_page(city, approved(city).pk)
    assert "What it would change" not in page
    assert "/do/supply/approve_match" not in page


def test_a_plan_of_a_foreign_branch_is_not_there(city: City) -> None:
    ask(city, "H1", 100)
    give(city, 100)
    number = plan(city, area=city["D1"], by=city.person("d1-duty")).pk
    answer = browser(city, "d2-duty").get(f"/supplies/plan/{number}")
    assert answer.status_code == 404
