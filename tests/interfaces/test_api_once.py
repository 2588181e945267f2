"""The same deed sent twice at the same moment is done once, on a database several write to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from gongzhi.actors.models import Unit
from gongzhi.interfaces import clock
from gongzhi.interfaces.api.tokens import issue
from gongzhi.ledger.models import Receipt
from gongzhi.sensing.models import Report
from tests.interfaces.api_world import NOW, cheap_passwords, lines_written, problem_of
from tests.rooms.cast import City, small_city

TOGETHER = 4


@pytest.fixture
def city(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with cheap_passwords():
        yield small_city()


def at_once(city: City, login: str, path: str, bodies: list[Any], key: str) -> list[HttpResponse]:
    """What each of several clients is answered who all send at the same moment."""
    token, barrier = issue(city.person(login)), Barrier(len(bodies))
    headers = {"authorization": f"Bearer {token}", **({"idempotency-key": key} if key else {})}

    def send(body: Any) -> HttpResponse:
        client = Client(raise_request_exception=False)
        barrier.wait(30)
        try:
            answer: Any = client.post(
                f"/api/{path}", json.dumps(body), content_type="application/json", headers=headers
            )
            return answer  # type: ignore[no-any-return]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))


def report(city: City, text: str = "发热") -> dict[str, Any]:
    return {
        "place": city["K111"].pk, "stream": "fever", "channel": "hotline", "text": text,
    }  # fmt: skip


@pytest.mark.feature(17)
def test_one_key_at_the_same_moment_makes_one_report(city: City) -> None:
    before = lines_written()
    bodies = [report(city)] * TOGETHER
    answers = at_once(city, "d1-duty", "sensing/receive_report", bodies, "k-1")
    assert [a.status_code for a in answers] == [201] * TOGETHER
    assert len({a.content for a in answers}) == 1
    assert sum("Idempotent-Replay" not in a.headers for a in answers) == 1
    assert Report.objects.count() == Receipt.objects.count() == 1
    assert lines_written() == before + 1


def test_one_key_with_different_bodies_at_the_same_moment_does_one_of_them(city: City) -> None:
    before = lines_written()
    bodies = [report(city, f"第{n}个") for n in range(TOGETHER)]
    answers = at_once(city, "d1-duty", "sensing/receive_report", bodies, "k-1")
    done = [a for a in answers if a.status_code == 201]
    assert len(done) == 1
    for answer in answers:
        if answer is not done[0]:
            problem_of(answer, 422)
    assert Report.objects.count() == 1
    assert lines_written() == before + 1


def test_without_a_key_each_is_a_report_of_its_own(city: City) -> None:
    answers = at_once(city, "d1-duty", "sensing/receive_report", [report(city)] * TOGETHER, "")
    assert [a.status_code for a in answers] == [201] * TOGETHER
    assert Report.objects.count() == TOGETHER


@pytest.mark.feature(17)
def test_a_report_that_two_take_at_the_same_moment_is_taken_by_one(city: City) -> None:
    made = at_once(city, "d1-duty", "sensing/receive_report", [report(city)], "")
    number = json.loads(made[0].content)["record"]["id"]
    before = lines_written()
    answers = at_once(city, "s11-duty", "sensing/claim_report", [{"report": number}] * TOGETHER, "")
    assert sorted(a.status_code for a in answers) == [201] + [409] * (TOGETHER - 1)
    assert lines_written() == before + 1


def test_two_units_with_one_code_at_the_same_moment_are_one_unit_and_a_refusal(city: City) -> None:
    """Below different parents nothing but the database itself sees that the code is taken."""
    bodies = [
        {"parent": city[parent].pk, "code": "NEW", "name": "新社区", "kind": "area",
         "tier": "community"}
        for parent in ("S11", "S12", "S21", "S11")
    ]  # fmt: skip
    before = lines_written()
    answers = at_once(city, "mayor", "actors/found_unit", bodies, "")
    assert sorted(a.status_code for a in answers) == [201] + [409] * (len(bodies) - 1)
    for answer in answers:
        if answer.status_code != 201:
            problem_of(answer, 409)
    assert Unit.objects.filter(code="NEW").count() == 1
    assert lines_written() == before + 1


def test_a_new_person_appointed_twice_at_the_same_moment_is_one_person(city: City) -> None:
    body = {"unit": city["S11"].pk, "login": "new", "name": "新", "role": "officer",
            "password": "a long enough phrase"}  # fmt: skip
    answers = at_once(city, "d1-chief", "actors/appoint", [body] * TOGETHER, "")
    assert {a.status_code for a in answers} <= {201, 409}
    assert type(city.person("mayor")).objects.filter(login="new").count() == 1
