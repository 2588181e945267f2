"""Story 13: the flood exercise runs with two absent teams played by the system; not one record of
it is in the real house; its score is compared with the last one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.contrib.auth.hashers import make_password

from gongzhi.actors.models import Person
from gongzhi.command.actions import adopt_plan
from gongzhi.command.models import Exercise, Order, StreetCall
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.interfaces.cli.exercise.making import exercise_numbered
from gongzhi.interfaces.exercises import DELAYS, RESULT, STANDING
from gongzhi.ledger.models import Entry
from gongzhi.parameters import FOLDER
from gongzhi.sensing.models import Count, Warning
from gongzhi.supply.actions import load_catalogue
from tests.rooms.cast import START, City, small_city

SCENARIO = FOLDER / "exercises" / "flood-night.yaml"
PASSWORD = "a password for the exercise"


@pytest.fixture
def city(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    """The small city with plan and catalogue; exercises lie in a folder of it."""
    monkeypatch.setattr(settings.CONFIG, "var", tmp_path)
    made = small_city()
    Person.objects.filter(login="mayor").update(password=make_password(PASSWORD))
    adopt_plan(
        document=(FOLDER / "plans" / "flood.yaml").read_text("utf-8"), by=made.person("mayor"),
        now=START,
    )  # fmt: skip
    load_catalogue(by=made.person("founder"), now=START)
    return made


@pytest.fixture(autouse=True)
def no_database_is_left(request: pytest.FixtureRequest) -> Any:
    """Databases made beside the house's own on PostgreSQL are taken away again."""
    yield
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


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """The shipped scenario, cut short after four hours."""
    text = SCENARIO.read_text("utf-8")
    assert "ends_after: +10:00" in text
    path = tmp_path / "short.yaml"
    path.write_text(text.replace("ends_after: +10:00", "ends_after: +04:00"), "utf-8")
    return str(path)


def run(*words: str) -> str:
    """What a command prints; every refusal fails the test."""
    given = {"GONGZHI_AS": "mayor", "GONGZHI_PASSWORD": PASSWORD}
    result = CliRunner().invoke(gongzhi, ["exercise", *words], env=given)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def of_the_house() -> dict[str, int]:
    """How many records of each kind the real house has."""
    kinds = (Entry, Count, Warning, Order, StreetCall)
    return {kind.__name__: kind.objects.count() for kind in kinds}


def played(number: int) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((exercise_numbered(number).folder / RESULT).read_text())
    return result


@pytest.mark.feature(33)
@pytest.mark.begun(83)
def test_the_flood_exercise_is_played_scored_and_compared_and_leaves_no_trace(
    city: City, tmp_path: Path, scenario: str
) -> None:
    before = of_the_house()

    # Last year's exercise and this year's: the same scenario, the same seed. Only the water
    # department is there to play itself.
    for number in ("1", "2"):
        run("new", scenario, "--seed", "7")
        run("run", number, "--no-serve", "--present", "WATER")

    # The system played the absent teams: a warning was acknowledged, a plan became orders, calls
    # were answered and somebody arrived.
    first, second = played(1), played(2)
    times = first["score"]["times"]
    for kind in ("acknowledge", "order", "accept", "answer", "arrive"):
        assert times[kind]["count"] > 0, kind
        assert times[kind]["median"] <= times[kind]["worst"]
    assert times["answer"]["ref"].startswith("command.CallAnswer:")
    assert first["score"]["counts"]["orders"] > 0
    assert first["ledger_holds"]

    # Power was played and answered its call; water was present, and in this test nobody sat
    # there; in the health department of the other district nobody holds a post.
    answered = {wait["unit"] for wait in first["waits"] if wait["kind"] == "answer"}
    assert answered == {"东岸区供电局"}
    assert first["present"] == ["WATER"]

    # This house has too few records of its own, so the assumed delays were used, and it is said.
    kept = json.loads((exercise_numbered(1).folder / DELAYS).read_text())
    assert kept["own"] == [] and kept["minutes"]["answer"] == [5, 10, 18, 30, 70]

    # One seed, one exercise: the very same score, from a ledger of the same length.
    assert second["score"] == first["score"]
    assert second["ledger_size"] == first["ledger_size"]

    # Not one record of it is in the real house, and its log-ins are not left lying about.
    assert of_the_house() == before
    assert not list(tmp_path.rglob(STANDING))

    # Recorded, the house knows that it was held; the report compares the two and is readable
    # in three languages.
    run("record", "1")
    run("record", "2")
    held = Exercise.objects.get(number=2)
    assert held.score == first["score"] and held.ledger_root == second["ledger_root"]
    assert set(of_the_house().items()) - set(before.items()) == {("Entry", before["Entry"] + 2)}
    for language, said in (("en", "Exercise 1 before it"), ("zh-hans", "此前的第1次演练"),
                           ("zh-hant", "此前的第1次演練")):  # fmt: skip
        page = Path(run("report", "2", "--language", language).strip()).read_text()
        assert "EXERCISE 演练" in page and said in page and "<svg" in page
        assert 'style="' not in page
