"""The call board: a clock for each department, columns by state, and nobody else's calls."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gongzhi.actors.models import Unit
from gongzhi.command.actions import (
    answer_call,
    arrive,
    climb_silent_answers,
    finish_answer,
    raise_call,
)
from gongzhi.command.models import CallAnswer, Says, StreetCall
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.pages.calls import lines_of_board
from tests.interfaces.console_scene import seen, words
from tests.interfaces.pages import NOW, browser
from tests.rooms.cast import START, City, small_city


@pytest.fixture
def city(db: None, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return small_city()


def call(city: City, *departments: str, street: str = "S11", at: datetime = NOW) -> StreetCall:
    by = {"S11": "s11-duty", "S21": "s21-duty"}[street]
    units = [city[code] for code in departments]
    return raise_call(
        street=city[street], subject="停水", text="三栋楼停水", departments=units,
        by=city.person(by), now=at,
    )  # fmt: skip


def answer_of(made: StreetCall, unit: Unit) -> CallAnswer:
    return made.answers.get(department=unit)


def columns(city: City, login: str = "mayor") -> dict[str, list[str]]:
    """Which departments stand in which column of the first row."""
    [line, *_others] = lines_of_board(Reader(city.person(login), NOW))
    return {name: [str(c.row.answer.department) for c in chips] for name, _w, chips in line.columns}


def test_each_answer_stands_in_the_column_of_its_state(city: City) -> None:
    made = call(city, "WATER", "POWER", "HEALTH1", at=START)
    water, power = answer_of(made, city["WATER"]), answer_of(made, city["POWER"])
    assert columns(city)["raised"] == ["东岸区水务局", "东岸区供电局", "东岸区卫生健康局"]
    answer_call(
        answer=water, says=Says.COMING, arrive_minutes=600, by=city.person("water"), now=START
    )
    answer_call(
        answer=power, says=Says.COMING, arrive_minutes=30, by=city.person("power"), now=START
    )
    assert columns(city)["answered"] == ["东岸区水务局", "东岸区供电局"]
    arrive(answer=power, proof="照片", by=city.person("power"), now=START)
    assert columns(city)["on_site"] == ["东岸区供电局"]
    finish_answer(answer=power, result="已恢复", by=city.person("power"), now=START)
    assert columns(city)["done"] == ["东岸区供电局"]
    climb_silent_answers(by=city.person("founder"), now=NOW)
    assert columns(city) == {
        "raised": [], "answered": ["东岸区水务局"], "on_site": [], "done": ["东岸区供电局"],
        "climbed": ["东岸区卫生健康局"],
    }  # fmt: skip


def test_a_late_department_is_bold_and_says_by_how_much(city: City) -> None:
    made = call(city, "WATER", at=START)
    late = NOW - made.answers.get().answer_by
    page = words(browser(city, "mayor").get("/calls"))
    assert 'class="due late"' in page
    assert f"{late // timedelta(hours=1)} h" in page
    assert "1 department silent" in page
    assert "1 late" in page


def test_a_department_gets_its_button_and_the_street_the_one_to_call(city: City) -> None:
    made = call(city, "WATER")
    number = made.answers.get().pk
    department, street = (
        browser(city, "water").get("/calls"),
        browser(city, "s11-duty").get("/calls"),
    )
    assert f"/do/command/answer_call?answer={number}" in words(department)
    assert f"/do/command/answer_call?answer={number}" not in words(street)
    assert f"/do/command/raise_call?street={city['S11'].pk}" in words(street)


def test_the_button_is_refused_in_a_sentence_where_the_power_is_missing(city: City) -> None:
    page = words(browser(city, "mayor").get("/calls"))
    assert 'aria-disabled="true"' in page
    assert "You do not hold the power" in page


def test_a_street_sees_its_own_calls_a_district_all_and_a_stranger_none(city: City) -> None:
    call(city, "WATER")
    call(city, "HEALTH2", street="S21")
    own, other = "桥头街道", "渡口街道"
    assert own in words(browser(city, "d1-duty").get("/calls"))
    assert other not in words(browser(city, "d1-duty").get("/calls"))
    assert other not in words(browser(city, "s11-duty").get("/calls"))
    assert own not in words(browser(city, "s12-duty").get("/calls"))
    both = words(browser(city, "mayor").get("/calls"))
    assert own in both
    assert other in both


@pytest.mark.parametrize("login", ["mayor", "s11-duty", "water", "g1111-worker", "auditor"])
def test_the_page_opens_without_inline_script_or_style(city: City, login: str) -> None:
    call(city, "WATER", "POWER")
    answer = browser(city, login).get("/calls")
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert [name for name, count in seen(answer).ids.items() if count > 1] == []


def test_no_open_call_is_said_in_words(city: City) -> None:
    assert "No call is open in your area." in words(browser(city, "mayor").get("/calls"))
