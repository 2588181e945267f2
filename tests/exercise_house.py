"""What tests of whole exercises share: a city that can hold one, its commands, what is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

from gongzhi.actors.models import Person
from gongzhi.command.actions import adopt_plan
from gongzhi.command.models import Order, StreetCall
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.interfaces.cli.exercise.making import exercise_numbered
from gongzhi.interfaces.exercises import RESULT
from gongzhi.ledger.models import Entry
from gongzhi.messages.models import Delivery, Message
from gongzhi.parameters import FOLDER
from gongzhi.sensing.models import Count, Warning
from gongzhi.supply.actions import load_catalogue
from tests.interfaces.console_scene import CHEAP
from tests.rooms.cast import START, City, small_city

PASSWORD = "a password for the exercise"


@pytest.fixture
def exercise_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Exercises lie in a folder of the test; their databases on PostgreSQL are taken away again."""
    monkeypatch.setattr(settings.CONFIG, "var", tmp_path)
    yield tmp_path
    name = str(settings.DATABASES["default"]["NAME"])
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"]:
        return
    import psycopg
    from psycopg import sql

    with psycopg.connect(settings.CONFIG.database_url, autocommit=True) as server:
        rows = server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}_exercise_%"]
        ).fetchall()
        for (made,) in rows:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(made)))


def city_with_a_plan() -> City:
    """The small city with the plan for a flood, the catalogue, and one password for all."""
    with patch.multiple(Argon2PasswordHasher, **CHEAP):
        made = small_city()
        Person.objects.update(password=make_password(PASSWORD), language="en")
    adopt_plan(
        document=(FOLDER / "plans" / "flood.yaml").read_text("utf-8"), by=made.person("mayor"),
        now=START,
    )  # fmt: skip
    load_catalogue(by=made.person("founder"), now=START)
    return made


def run(*words: str) -> str:
    """What a command of exercises prints; every refusal fails the test."""
    given = {"GONGZHI_AS": "mayor", "GONGZHI_PASSWORD": PASSWORD}
    result = CliRunner().invoke(gongzhi, ["exercise", *words], env=given)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def of_the_house() -> dict[str, int]:
    """How many records of each kind the real house has."""
    kinds = (Entry, Count, Warning, Order, StreetCall, Message, Delivery)
    return {kind.__name__: kind.objects.count() for kind in kinds}


def played(number: int) -> dict[str, Any]:
    """What came of an exercise that is over."""
    result: dict[str, Any] = json.loads((exercise_numbered(number).folder / RESULT).read_text())
    return result
