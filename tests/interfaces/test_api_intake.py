"""Taking in reports asks the database little, and not more often for many reports than for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.interfaces.api.tokens import issue
from gongzhi.sensing.models import Report
from tests.rooms.cast import City


def asked_for(city: City, verb: str, body: Any, key: str) -> list[str]:
    """The statements of one write, without those that begin and end it."""
    headers = {
        "authorization": f"Bearer {issue(city.person('s11-duty'))}", "idempotency-key": key,
    }  # fmt: skip
    client = Client()
    client.get("/healthz")  # a server looks at its database once, at its first request
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(
            f"/api/sensing/{verb}", json.dumps(body), content_type="application/json",
            headers=headers,
        )  # fmt: skip
    assert answer.status_code == 201, answer.content
    return [q["sql"] for q in asked if "SAVEPOINT" not in q["sql"]]


def one(city: City, number: int = 0) -> dict[str, Any]:
    place = city[("K111", "K112", "G1111")[number % 3]].pk
    return {"place": place, "stream": "fever", "channel": "sms", "text": f"第{number}个"}


@pytest.mark.feature(17)
def test_a_single_report_takes_six_statements(city: City) -> None:
    asked_for(city, "receive_report", one(city), "first")
    statements = asked_for(city, "receive_report", one(city), "second")
    assert len(statements) == 6, statements
    assert [s.split('"')[1] for s in statements if s.startswith("INSERT")] == [
        "sensing_report", "ledger_entry", "ledger_receipt",
    ]  # fmt: skip


@pytest.mark.feature(17)
def test_a_batch_takes_as_many_statements_for_many_reports_as_for_few(city: City) -> None:
    few = asked_for(city, "receive_reports", {"reports": [one(city, n) for n in range(3)]}, "few")
    many = asked_for(city, "receive_reports", {"reports": [one(city, n) for n in range(40)]}, "m")
    number_of_the_last_row = connection.vendor == "sqlite"  # PostgreSQL tells it with the insert
    assert len(many) == len(few) <= 7 + number_of_the_last_row
    assert Report.objects.count() == 43
