"""Cases made from the API's own description: none breaks it, every answer is as described.

Schemathesis makes the cases, sound ones and broken ones, from /api/openapi.json; Hypothesis draws
who sends them and puts numbers of records that exist in the place of most invented ones, so that
deeds are done and not only refused. The suite takes a few of every operation. The whole measure:

    GONGZHI_API_CASES=2000 pytest tests/interfaces/test_api_cases.py

GONGZHI_API_SEED draws other cases (0 without it, so the same ones every time).
"""

from __future__ import annotations

import math
import os
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gongzhi.actors.queries import LISTINGS, visible
from gongzhi.interfaces.console.forms.asking import Ask, asks_of
from gongzhi.interfaces.inputs import deeds_by_hand
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.records import Record
from tests.interfaces.api_world import NOW, World, built_world, world

pytestmark = pytest.mark.long

__all__ = ["built_world", "world"]

load_rooms()
CASES = int(os.environ.get("GONGZHI_API_CASES", "600"))
SEED = int(os.environ.get("GONGZHI_API_SEED", "0"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance, allow_header_conformance,
]  # fmt: skip
PEOPLE = (
    "founder", "mayor", "city-duty", "expert", "d1-chief", "d1-duty", "d2-duty", "s11-duty",
    "k111-worker", "g1111-worker", "water", "h1-clerk", "sup-clerk", "log-clerk", "soc-lead",
    "auditor", "",
)  # fmt: skip
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@cache
def described() -> Any:
    """The API's description, with the application that answers behind it."""
    return schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())


@cache
def operations() -> list[Any]:
    return [result.ok() for result in described().get_all_operations()]


ROOMS = sorted({d.room for d in deeds_by_hand()} | {"token"})


def of_room(room: str) -> list[Any]:
    return [o for o in operations() if o.path.removeprefix("/api/").split("/")[0] == room]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The requests run in the test's own transaction, as those of Django's test client do."""
    signals = request_started, request_finished
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


# Records that exist, in the place of numbers that were made up ------------------------------------


@dataclass
class Sender:
    """Who sends a case; knows the numbers of what they see, and of some records beyond."""

    login: str
    world: World
    choose: random.Random

    def number(self, model: type[Record], made_up: int) -> int:
        """A number to name: of a record in their area mostly, else of any, else the one given."""
        luck = self.choose.randrange(10)
        if luck == 0:
            return made_up
        every = model._base_manager.all()
        if luck > 2 and self.login:
            every = visible(model, self.world.city.person(self.login), NOW)
        return self.choose.choice(list(every.order_by("pk").values_list("pk", flat=True)[:40])
                                  or [made_up])  # fmt: skip

    def fill(self, body: Any, asks: dict[str, Ask]) -> Any:
        """The body with numbers of records there are in the places that name records."""
        if not isinstance(body, dict):
            return body
        return {k: self._filled(v, asks[k]) if k in asks else v for k, v in body.items()}

    def _filled(self, value: Any, ask: Ask) -> Any:
        if isinstance(value, list):
            rows = {row.name: row for row in ask.rows if row.model}
            return [self.fill(v, rows) if rows else self._filled(v, ask) for v in value]
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return self.number(ask.model, value) if ask.model and is_number else value


@cache
def asks_at(path: str) -> dict[str, Ask]:
    """The inputs of the deed behind an address that name records, and its batches."""
    parts = tuple(path.removeprefix("/api/").split("/"))
    deed = next((d for d in deeds_by_hand() if (d.room, d.verb) == parts), None)
    return {ask.name: ask for ask in asks_of(deed) if ask.model or ask.rows} if deed else {}


def model_at(path: str) -> type[Record]:
    """The records behind the address of one of them."""
    room, name = path.removeprefix("/api/").split("/")[:2]
    return LISTINGS[room, name]


# The cases ----------------------------------------------------------------------------------------


def cases_of(operation: Any, mode: GenerationMode, number: int, send: Any) -> None:
    """So many cases of one operation, the same ones whenever the seed is the same."""

    @seed(SEED + zlib.crc32(operation.label.encode()))
    @settings(
        max_examples=number, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), choose=st.randoms())
    def one(case: Any, choose: Any) -> None:
        send(case, choose)

    one()


def answered(world: World, case: Any, choose: random.Random) -> Any:
    """Send one case as somebody, and check the answer against the description."""
    sender = Sender(choose.choice(PEOPLE), world, choose)
    case.headers.pop("Authorization", None)
    case.body = sender.fill(case.body, asks_at(case.path))
    if isinstance(case.path_parameters.get("number"), int):
        number = sender.number(model_at(case.path), case.path_parameters["number"])
        case.path_parameters["number"] = number
    with transaction.atomic():
        answer = case.call(headers=world.headers(sender.login))
        transaction.set_rollback(True)
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        check_sentence(answer)
    return answer


def check_sentence(answer: Any) -> None:
    """The refusal is a problem with sentences in it."""
    told = answer.json()
    assert answer.headers["content-type"] == ["application/problem+json"], told
    assert told["detail"].strip().endswith((".", "。", "！", "？", "…")), told
    assert all(told["fields"].values()), told


def share(operation: Any) -> int:
    """How many cases of each mode an operation gets: deeds five times as many as lists."""
    weights = {o.label: 5 if o.method == "post" else 1 for o in operations()}
    return math.ceil(CASES * weights[operation.label] / sum(weights.values()) / len(MODES))


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.usefixtures("one_connection")
def test_no_case_breaks_the_api_and_every_answer_is_as_described(world: World, room: str) -> None:
    fates: Counter[int] = Counter()
    for operation in of_room(room):
        for mode in MODES:
            cases_of(
                operation, mode, share(operation),
                lambda case, choose: fates.update([answered(world, case, choose).status_code]),
            )  # fmt: skip
    print(room, dict(fates))
    assert max(fates) < 500


def test_every_operation_is_in_one_of_the_rooms(db: None) -> None:
    assert sum(len(of_room(room)) for room in ROOMS) == len(operations())
    assert sum(share(operation) * len(MODES) for operation in operations()) >= 0.9 * CASES
