"""The call board: a clock for each department, columns by state, and nobody else's calls."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from gongzhi.actors.models import Unit
from gongzhi.command.actions import (
    adopt_duties,
    answer_call,
    arrive,
    climb_silent_answers,
    close_call,
    finish_answer,
    raise_call,
    score_answer,
)
from gongzhi.command.models import CallAnswer, CallReport, Says, StreetCall
from gongzhi.command.queries import call_figures
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.pages.calls import lines_of_board
from gongzhi.ledger.models import Entry
from tests.interfaces.console_scene import seen, words
from tests.interfaces.pages import NOW, browser
from tests.rooms.cast import START, City
from tests.rooms.scenes import taken_report
from tests.rooms.test_command_proofs import BARE, PHOTO

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def call(city: City, *departments: str, street: str = "S11", at: datetime = NOW) -> StreetCall:
    by = {"S11": "s11-duty", "S21": "s21-duty"}[street]
    units = [city[code] for code in departments]
    return raise_call(
        caller=city[street], subject="停水", text="三栋楼停水", departments=units,
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
    arrive(answer=power, lon=118.22, lat=30.9, proof="照片", by=city.person("power"), now=START)
    assert columns(city)["on_site"] == ["东岸区供电局"]
    finish_answer(
        answer=power, lon=118.22, lat=30.9, result="已恢复", by=city.person("power"), now=START
    )
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
    assert 'href="/calls/raise"' in words(street)


def test_the_button_is_refused_in_a_sentence_where_the_power_is_missing(city: City) -> None:
    page = words(browser(city, "g1111-worker").get("/calls"))
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


# Raising, figures, reopening ----------------------------------------------------------------


MATRIX = "subject,area,department,together,from\n停水,D1,WATER,POWER,2021-01-01\n"


def adopted(city: City) -> None:
    adopt_duties(
        area=city["C"],
        table=MATRIX,
        basis="临政办发〔2021〕3号",
        by=city.person("mayor"),
        now=START,
    )


def test_the_departments_are_proposed_with_the_reason_and_the_street_chooses(city: City) -> None:
    adopted(city)
    street = browser(city, "s11-duty")
    page = words(street.get("/calls/raise?subject=停水/三栋楼"))
    assert "东岸区水务局" in page and "东岸区供电局" in page
    assert "of version 1 of the duties matrix of 临江市 (临政办发〔2021〕3号)" in page
    chosen = f"departments={city['WATER'].pk}&amp;departments={city['POWER'].pk}"
    assert chosen in page
    form = street.get(f"/do/command/raise_call?subject=停水&{chosen.replace('&amp;', '&')}")
    for code in ("WATER", "POWER"):
        assert re.search(rf'<option value="{city[code].pk}" selected', words(form))


def test_a_subject_nobody_has_is_called_by_hand(city: City) -> None:
    adopted(city)
    page = words(browser(city, "s11-duty").get("/calls/raise?subject=wind"))
    assert "No row of a duties matrix fits" in page
    assert f"/do/command/raise_call?caller={city['S11'].pk}&amp;subject=wind" in page


def test_who_may_not_call_is_told(city: City) -> None:
    page = words(browser(city, "g1111-worker").get("/calls/raise"))
    assert "You may not raise a call for any unit of yours." in page


def finished(city: City, at: datetime, score: int) -> StreetCall:
    made = call(city, "WATER", at=at)
    water, place = city.person("water"), {"lon": 118.22, "lat": 30.9}
    answer = made.answers.get()
    answer = answer_call(
        answer=answer, says=Says.COMING, arrive_minutes=5, by=water, now=at + 10 * MINUTE
    )
    arrive(answer=answer, by=water, now=at + 15 * MINUTE, **place)
    finish_answer(answer=answer, result="好了", by=water, now=at + 60 * MINUTE, **place)
    street = city.person("s11-duty")
    score_answer(answer=answer, score=score, words="快", by=street, now=at + 70 * MINUTE)
    return close_call(call=made, by=street, now=at + 80 * MINUTE)


def test_figures_say_age_times_scores_and_how_many_were_reopened(city: City) -> None:
    first, _second = finished(city, START, 5), finished(city, START + 90 * MINUTE, 2)
    StreetCall.objects.create(
        caller=first.caller, subject="停水", text="又停", power="x", legal_basis="x", reopens=first,
        raised_by=city.person("s11-duty"), raised_at=NOW - 5 * HOUR,
    )  # fmt: skip
    call(city, "WATER", "HEALTH1", at=NOW - 2 * HOUR)
    found = call_figures(city.person("d1-duty"), NOW)
    assert [band.calls for band in found.ages] == [0, 1, 1, 0, 0, 0]
    water = next(unit for unit in found.units if unit.unit == city["WATER"])
    assert (water.called, water.open, water.silent, water.scores, water.score) == (3, 1, 1, 2, 3.5)
    assert (water.to_answer, water.to_done) == (10 * MINUTE, 60 * MINUTE)
    assert (water.closed, water.reopened, found.reopen_percent) == (2, 1, 50.0)
    assert [unit.unit.code for unit in found.units] == ["WATER", "HEALTH1"]
    assert call_figures(city.person("d2-duty"), NOW).units == ()
    page = browser(city, "d1-duty").get("/calls/figures")
    assert "3.5" in words(page) and "50.0 %" in words(page) and "1 / 2" in words(page)
    assert seen(page).blocked == []


def test_a_reporter_reopens_without_a_log_in(city: City, client: Client) -> None:
    made = call(city, "WATER", at=START)
    report = taken_report(city)
    CallReport.objects.create(call=made, report=report, code="ABCDE23456")
    place = {"reporter_code": "abcde 23456", "reason": "还是没水"}
    assert client.get("/calls/again").status_code == 200
    refused = client.post("/calls/again", place, headers={"accept-language": "en"})
    assert refused.status_code == 409
    assert "This call is still open" in words(refused)
    made.state, made.closed_at, made.closed_by = "closed", NOW, city.person("s11-duty")
    made.save()
    done = client.post("/calls/again", place, headers={"accept-language": "en"})
    assert "is open again" in words(done)
    assert StreetCall.objects.get(reopens=made).text == "还是没水"
    unknown = client.post(
        "/calls/again", {"reporter_code": "zzzzz22222", "reason": "x"},
        headers={"accept-language": "en"},
    )  # fmt: skip
    assert unknown.status_code == 404


def test_the_photo_of_a_proof_is_shown_as_a_picture_to_those_concerned(city: City) -> None:
    answer = call(city, "WATER", at=START).answers.get()
    water = city.person("water")
    answer = answer_call(
        answer=answer, says=Says.COMING, arrive_minutes=5, by=water, now=START + MINUTE
    )
    arrive(answer=answer, photo=PHOTO, by=water, now=START + MINUTE)
    proof = answer.proofs.get()
    form = {"proof": proof.pk, "once": "x"}
    for login in ("s11-duty", "water", "d1-duty"):
        shown = browser(city, login).post("/do/command/look_at_photo", form)
        assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
        assert "no-store" in shown["Cache-Control"] and shown.content == BARE
    assert Entry.objects.filter(verb="command.look_at_photo").count() == 3
    stranger = browser(city, "s12-duty").post("/do/command/look_at_photo", form)
    assert stranger.status_code in (404, 422)


def test_who_changes_a_promise_reads_which_call_and_what_was_promised(city: City) -> None:
    water = answer_of(call(city, "WATER", "POWER"), city["WATER"])
    answer_call(answer=water, says=Says.COMING, arrive_minutes=20, by=city.person("water"), now=NOW)
    page = words(browser(city, "water").get(f"/do/command/change_promise?answer={water.pk}"))
    assert "停水 · 东岸区水务局 · coming · promised for 03-01 12:20" in page
    assert "At most 400 characters" not in page  # that is what another deed asks for


def test_a_record_that_is_not_there_is_not_called_refused(city: City) -> None:
    english = words(browser(city, "water").get("/r/command/orders/999"))
    assert "There is nothing here" in english and "This was refused" not in english
    chinese = words(browser(city, "water", "zh-hans").get("/r/command/orders/999"))
    assert "您的辖区内没有编号为999的指令，请核对编号。" in chinese
