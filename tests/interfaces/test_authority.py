"""Lent powers and requests to the tier above, as the console and the command line show them."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from gongzhi.actors.actions import delegate, open_in_emergency
from gongzhi.actors.models import Delegation, Draw, EmergencyAccess, PowerRequest, Unit
from gongzhi.command.actions import adopt_plan, finish_order, give_order
from gongzhi.command.models import Activation
from gongzhi.decision.actions import set_up_task_force
from gongzhi.decision.models import Decision, TaskForce
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.interfaces.console.asked import inputs_of
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.task_board import board_of
from tests.interfaces.console_scene import NOW, founded, seen, words
from tests.rooms.cast import START, City
from tests.rooms.scenes import assessed, decided, open_incident
from tests.rooms.upstream import crisis, plan_document, plan_order


@pytest.fixture
def city(db: None, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return founded()


def browser(city: City, login: str, language: str = "en") -> Any:
    from django.test import Client

    client = Client(headers={"accept-language": language})
    client.force_login(city.person(login))
    return client


def lend(city: City, **given: Any) -> Delegation:
    return delegate(
        lender=city["D1"], borrower=city["S11"], area=city["S11"], powers=["approve_match"],
        legal_basis="District order 7", ends_at=START + timedelta(days=1),
        by=city.person("d1-chief"),
        now=START, **given,
    )  # fmt: skip


def costly(city: City) -> dict[str, Any]:
    """A district's decision for six million yuan, as its form sends it."""
    incident = open_incident(city)
    return {
        "incident": incident.pk, "assessment": assessed(city, incident).pk, "title": "Test all",
        "reason": "It spreads", "legal_basis": "Law", "options-0-title": "Test all",
        "options-0-cost_cents": "6000000", "options-0-chosen": "true", "once": "k",
    }  # fmt: skip


def test_the_form_says_beforehand_that_it_will_ask_above(city: City) -> None:
    chief, sent = browser(city, "d1-chief"), costly(city)
    page = words(chief.get("/do/decision/decide"))
    assert (
        "东岸区 does this by itself up to 5,000,000 yuan. Beyond that it asks the tier above."
        in page
    )
    answer = chief.post("/do/decision/decide", sent)
    assert answer.status_code == 403
    assert "6,000,000 yuan, and at most 5,000,000 yuan" in words(answer)
    assert "Ask 临江市 to do it" in words(answer)
    assert not PowerRequest.objects.exists()

    asked = chief.post("/do/decision/decide", {**sent, "ask_above": "1"}, follow=True)
    request = PowerRequest.objects.get()
    assert asked.redirect_chain == [(f"/r/actors/requests/{request.pk}", 302)]
    text = words(asked)
    assert "Asked of 临江市: Decide." in text and "✓ Test all" in text
    assert re.search(r"How far it goes</dt><dd>\s*6,000,000 yuan", text)
    assert not Decision.objects.exists()

    mayor = browser(city, "mayor")
    assert "Answer the request of 东岸区" in words(mayor.get("/"))
    done = mayor.post("/do/actors/grant_request", {"request": request.pk, "once": "y"}, follow=True)
    assert f">decision {Decision.objects.get().pk}</a>" in words(done)


def test_a_plan_beyond_the_limits_says_whom_to_ask_and_shows_what_became_of_it(city: City) -> None:
    above = crisis(city, area="D1")
    order = plan_order("test", {"each": "street"}, cost_cents=1_200_000_000)
    plan = adopt_plan(document=plan_document(order), by=city.person("mayor"), now=START)
    chief, mayor = browser(city, "d1-chief"), browser(city, "mayor")
    here = f"/plans/{plan.pk}?incident={above.incident.pk}"
    sentence = "24,000,000 yuan, and at most 20,000,000 yuan. Ask 临江市 (commander) to do it."
    assert sentence in words(chief.get(here))
    assert sentence not in words(mayor.get(here)), "The city has no such limit."

    sent = {
        "plan": plan.pk, "incident": above.incident.pk, "decision": above.decision.pk,
        "with_measures": "true", "once": "k",
    }  # fmt: skip
    assert sentence in words(chief.post("/do/command/activate_plan", sent))
    asked = chief.post("/do/command/activate_plan", {**sent, "ask_above": "1"}, follow=True)
    text = words(asked)
    assert re.search(
        r"What it would have done then</dt><dd>\s*"
        r"2 orders, 2 units, 24,000,000 yuan, 1,000 people, 0 measures", text
    )  # fmt: skip
    assert "waits for an answer" in words(chief.get(here)).split("Asked of the tier above:")[1]

    request = PowerRequest.objects.get()
    Unit.objects.filter(pk=city["S12"].pk).update(kind="department")  # one street is left
    given = {"request": request.pk, "once": "y"}
    told = mayor.post("/do/actors/grant_request", given)
    assert told.status_code == 409 and "2 orders then, 1 order now" in words(told)
    assert "Say yes here to grant it as it is now." in words(told)
    done = mayor.post(
        "/do/actors/grant_request", {**given, "although_changed": "true"}, follow=True
    )
    assert f">plan put into force {Activation.objects.get().pk}</a>" in words(done)
    assert "granted and done" in words(chief.get(here)).split("Asked of the tier above:")[1]


def test_the_city_has_no_such_ceiling(city: City) -> None:
    assert "by itself up to" not in words(browser(city, "mayor").get("/do/decision/decide"))
    assert browser(city, "mayor").post("/do/decision/decide", costly(city)).status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_page_of_a_lent_power_shows_its_chain_and_limits(city: City, language: str) -> None:
    lent = lend(city, limit_cents=500_00, limit_tier="street", onward=True)
    answer = browser(city, "d1-chief", language).get(f"/r/actors/delegations/{lent.pk}")
    text, page = words(answer), seen(answer)
    assert answer.status_code == 200 and page.blocked == []
    said = {"en": "signed by this site", "zh-hans": "本站签名有效", "zh-hant": "本站簽名有效"}
    assert said[language] in text and "gongzhi delegation 2" in text


def verified(number: int) -> Any:
    return CliRunner().invoke(gongzhi, ["actors", "verify-delegation", str(number)])


def test_the_terminal_checks_a_lent_power(city: City) -> None:
    lent = lend(city)
    good = verified(lent.pk)
    assert good.exit_code == 0
    assert "the signature holds; in force" in good.output and "key " in good.output
    Delegation.objects.update(ends_at=START + timedelta(days=99))
    bad = verified(lent.pk)
    assert bad.exit_code == 1 and "says something else than was signed" in bad.output
    assert verified(10**6).exit_code == 13


def test_the_terminal_repeats_the_draws(city: City) -> None:
    good = CliRunner().invoke(gongzhi, ["actors", "verify-draw"])
    assert good.exit_code == 0 and "0 draws over 0 uses" in good.output
    Draw.objects.create(first=1, upto=2, deciding_size=3, uses=0, drawn=0, drawn_at=START)
    bad = CliRunner().invoke(gongzhi, ["actors", "verify-draw"])
    assert bad.exit_code == 1 and "were never drawn from" in bad.output


def test_a_record_opened_in_an_emergency_is_read_alike_everywhere(city: City) -> None:
    other = city["D2"]
    incident = open_incident(city, "D2")
    officer = browser(city, "s11-duty")
    page, api = f"/r/assessment/incidents/{incident.pk}", f"/api/assessment/incidents/{incident.pk}"
    assert officer.get(page).status_code == officer.get(api).status_code == 404
    open_in_emergency(
        unit=city["S11"], record=incident.ref, reason="Patients come from there",
        by=city.person("s11-duty"), now=NOW,
    )  # fmt: skip
    assert "Fever in D2" in words(officer.get(page))
    assert officer.get(api).json()["record"]["area"] == other.pk
    assert EmergencyAccess.objects.get().looks == 2
    assert officer.get("/api/assessment/incidents").json()["items"] == []
    assert browser(city, "s12-duty").get(page).status_code == 404


def masks_force(city: City) -> TaskForce:
    """A task force of the health commission and a supplier, for ten days."""
    return set_up_task_force(
        area=city["C"], name="口罩保供专班", purpose="Masks", legal_basis="Order 3",
        government=city["HEALTH"], for_government=city.person("city-health"),
        firm=city["SUP"], for_firm=city.person("sup-clerk"),
        ends_at=START + timedelta(days=10), by=city.person("mayor"), now=START,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_page_of_a_task_force_is_its_board(city: City, language: str) -> None:
    force = masks_force(city)
    give_order(
        unit=force.unit, title="Bring 10,000 masks", minutes=60,
        decision=decided(city, open_incident(city, "C")), by=city.person("mayor"), now=START,
    )  # fmt: skip
    answer = browser(city, "sup-clerk", language).get(f"/r/decision/task_forces/{force.pk}")
    text = words(answer)
    said = {"en": "Task board", "zh-hans": "任务看板", "zh-hant": "任務看板"}
    assert seen(answer).blocked == [] and said[language] in text
    assert "Bring 10,000 masks" in text and "city-health先生" in text


def test_what_is_done_does_not_push_what_is_open_off_the_board(city: City) -> None:
    """However much is over: what is open has room of its own, the first due at the top."""
    force = masks_force(city)
    decision = decided(city, open_incident(city, "C"))
    orders = [
        give_order(
            unit=force.unit, title=f"Order {minutes}", minutes=minutes, decision=decision,
            by=city.person("mayor"), now=START,
        )
        for minutes in (30, 40, 90, 60)
    ]  # fmt: skip
    for order in orders[:2]:
        finish_order(order=order, result="Done", by=city.person("sup-clerk"), now=START)
    reader = Reader(city.person("mayor"), NOW)
    board = board_of(force, reader, most=2)
    assert board is not None
    assert [item.name for item in board.open] == ["Order 60", "Order 90"]
    assert {item.name for item in board.over} == {"Order 30", "Order 40"}
    asked = []
    for most in (1, 2):
        with CaptureQueriesContext(connection) as queries:
            board_of(force, reader, most=most)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_request_for_nothing_of_something_says_so() -> None:
    """Zero is an amount; only what was left open is left out."""
    given = {"title": "Go", "minutes": 0, "unit": None, "reason": ""}
    request = SimpleNamespace(deed="command.give_order", inputs=given)
    with override("en"):
        assert inputs_of(request, str) == "Title: Go · Minutes: 0"


def test_the_api_asks_once_for_one_idempotency_key(city: City) -> None:
    incident = open_incident(city)
    given = {
        "incident": incident.pk, "assessment": assessed(city, incident).pk, "title": "Test all",
        "reason": "It spreads", "legal_basis": "Law",
        "options": [{"title": "Test all", "cost_cents": 600_000_000, "chosen": True}],
    }  # fmt: skip
    chief = browser(city, "d1-chief")
    answers = [
        chief.post("/api/decision/decide", given, content_type="application/json",
                   headers={"idempotency-key": "asked-once"})
        for _again in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [201, 201]
    request = PowerRequest.objects.get()
    assert {answer.json()["record"]["ref"] for answer in answers} == {request.ref}
    assert not Decision.objects.exists()
