"""What the tests of the API share: a city in a crisis, people with tokens, and short ways to ask.

The city is built once per module inside a transaction that stays open; each test has a savepoint
of it (pytest-django leaves the connection open for that), so what it did is undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from gongzhi.command.models import ContingencyPlan
from gongzhi.decision.models import Mode
from gongzhi.interfaces import clock
from gongzhi.interfaces.api.problems import TYPE
from gongzhi.interfaces.api.tokens import issue
from gongzhi.ledger.actions import append
from gongzhi.ledger.models import Entry
from gongzhi.parameters import parameter
from gongzhi.supply.models import Item
from tests.interfaces.conftest import clear_away, tell_the_planner
from tests.rooms.cast import START, City, small_city
from tests.rooms.scenes import Branch, all_records
from tests.rooms.upstream import plan_document, plan_order

NOW = START + timedelta(hours=3)
"""The moment of every request."""


@dataclass
class World:
    """A city with one record of every model in each of its two districts."""

    city: City
    branches: tuple[Branch, Branch]
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, login: str) -> dict[str, str]:
        """The headers by which this person is known; nobody's are empty."""
        if not login:
            return {}
        if login not in self.tokens:
            self.tokens[login] = issue(self.city.person(login))
        return {"authorization": f"Bearer {self.tokens[login]}"}

    def get(self, login: str, path: str, **headers: str) -> HttpResponse:
        """What this person is answered at an address of the API."""
        given = {**self.headers(login), **headers}
        return Client(raise_request_exception=False).get(f"/api/{path}", headers=given)  # type: ignore[return-value]

    def post(self, login: str, path: str, body: Any, **headers: str) -> HttpResponse:
        """What this person is answered who sends this body (bytes go as they are)."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {**self.headers(login), **{k.replace("_", "-"): v for k, v in headers.items()}}
        return Client(raise_request_exception=False).post(  # type: ignore[return-value]
            f"/api/{path}", sent, content_type="application/json", headers=given
        )


def build() -> World:
    """The small city, and in each district one record of every model there is."""
    city = small_city()
    branches = Branch(city, 1), Branch(city, 2)
    for branch in branches:
        rule = parameter("modes.emergency", START.date()).value
        branch.made[Mode] = branch.new(Mode, mode="emergency", parameters=dict(rule))
        branch.made[Item] = branch.new(Item, code=f"item-{branch.number}")
        plan = plan_document(plan_order("watch", {"each": "street"}), code=f"plan-{branch.number}")
        branch.made[ContingencyPlan] = branch.new(ContingencyPlan, document=plan)
        branch.made[Entry] = append(
            verb="actors.found_unit", subject=branch.street, place=branch.street, by=branch.officer,
            now=START,
        )  # fmt: skip
        for model in all_records():
            branch.of(model)
    return World(city, branches)


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """The same hash with the least work."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("time_cost", 1), ("memory_cost", 64), ("parallelism", 1)):
            patch.setattr(Argon2PasswordHasher, name, value)
        yield


@pytest.fixture(scope="module")
def built_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        clear_away()
    with django_db_blocker.unblock(), cheap_passwords(), transaction.atomic():
        world = build()
        tell_the_planner()
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(built_world: World, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The city of this module; what a test does to it is undone."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with cheap_passwords():
        yield built_world


def problem_of(answer: Any, *statuses: int) -> dict[str, Any]:
    """The problem in an answer, after checking its shape."""
    assert answer.headers["Content-Type"] == TYPE, (answer.status_code, answer.content[:300])
    told: dict[str, Any] = json.loads(answer.content)
    assert set(told) == {"type", "title", "status", "detail", "fields"}
    assert told["status"] == answer.status_code
    assert told["detail"] and all(told["fields"].values())
    if statuses:
        assert answer.status_code in statuses, told
    return told


def lines_written() -> int:
    """How many lines the ledger has."""
    return Entry.objects.count()


__all__ = [
    "NOW", "World", "build", "built_world", "cheap_passwords", "lines_written", "problem_of",
    "world",
]  # fmt: skip
