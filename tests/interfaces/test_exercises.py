"""Exercises: the simulated clock, the mark of the database, scenarios, robots, the frame."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from gongzhi.command.exercise_file import check_scenario
from gongzhi.engines.merkle import EMPTY_ROOT
from gongzhi.errors import NotNow
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.exercise.making import deeds_known, delays_here
from gongzhi.interfaces.cli.exercise.robots import PLAYED, drawn
from gongzhi.interfaces.exercises import (
    AHEAD,
    CLOCK,
    Exercise,
    ExerciseClock,
    Reading,
    exercise_in,
)
from gongzhi.interfaces.inputs import deed_named, schema_of
from gongzhi.ledger.models import Log
from gongzhi.ledger.policies import check_own_database
from gongzhi.parameters import FOLDER, parameter
from gongzhi.sensing.actions import acknowledge_warning
from gongzhi.sensing.models import Warning
from tests.interfaces.console_scene import founded
from tests.rooms.cast import START
from tests.rooms.exercise import BEGINS, flood_exercise
from tests.rooms.upstream import red_warning

REAL = datetime(2030, 1, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHIPPED = sorted((FOLDER / "exercises").glob("*.yaml"))


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exercise]:
    """This process becomes that of an exercise."""
    made = flood_exercise(tmp_path)
    made.clock.set(Reading(BEGINS))
    monkeypatch.setattr(settings, "EXERCISE", made)
    yield made


# The clock ----------------------------------------------------------------------------------------


def test_the_clock_runs_at_its_speed_pauses_goes_on_and_ends(tmp_path: Path) -> None:
    simulated = ExerciseClock(tmp_path / CLOCK, speed=60)
    simulated.set(Reading(BEGINS))
    assert simulated.now(REAL) == BEGINS, "It stands until it is started."
    simulated.go_on(REAL)
    assert simulated.now(REAL + MINUTE) == BEGINS + 60 * MINUTE
    assert simulated.pause(REAL + MINUTE) == BEGINS + 60 * MINUTE
    assert simulated.now(REAL + 9 * MINUTE) == BEGINS + 60 * MINUTE
    simulated.go_on(REAL + 9 * MINUTE)
    assert simulated.now(REAL + 10 * MINUTE) == BEGINS + 120 * MINUTE
    simulated.end(REAL + 10 * MINUTE)
    assert simulated.now(REAL + 99 * MINUTE) == BEGINS + 120 * MINUTE
    assert simulated.reading().ended


def test_a_clock_faster_than_the_machine_waits_for_what_is_played(tmp_path: Path) -> None:
    simulated, second = ExerciseClock(tmp_path / CLOCK, speed=600), timedelta(seconds=1)
    simulated.set(Reading(BEGINS))
    simulated.reach(BEGINS, REAL)
    simulated.go_on(REAL)

    # A step takes a minute: not ten hours pass meanwhile, but five minutes.
    assert simulated.now(REAL + MINUTE) == BEGINS + AHEAD
    simulated.reach(BEGINS + MINUTE, REAL + MINUTE)

    # It goes on from where it stood at its own speed: nothing is caught up.
    assert simulated.now(REAL + MINUTE) == BEGINS + AHEAD
    assert simulated.now(REAL + MINUTE + 0.1 * second) == BEGINS + AHEAD + MINUTE
    assert simulated.now(REAL + 2 * MINUTE) == BEGINS + AHEAD + MINUTE
    simulated.reach(BEGINS + AHEAD, REAL + 2 * MINUTE)

    # The director can stop it where it stands.
    stood = simulated.pause(REAL + 2 * MINUTE + 0.1 * second)
    assert stood == BEGINS + AHEAD + 2 * MINUTE == simulated.now(REAL + 99 * MINUTE)


def test_another_process_that_pauses_the_clock_is_noticed(tmp_path: Path) -> None:
    mine, directors = (ExerciseClock(tmp_path / CLOCK, 60) for _ in range(2))
    mine.set(Reading(BEGINS, since=REAL))
    assert mine.now(REAL + MINUTE) == BEGINS + 60 * MINUTE
    directors.set(Reading(BEGINS + 5 * MINUTE))
    os.utime(mine.path, ns=(1, 1))  # however coarse the clock of the disk is
    assert mine.now(REAL + 2 * MINUTE) == BEGINS + 5 * MINUTE


def test_in_an_exercise_every_interface_reads_the_simulated_time(held: Exercise) -> None:
    assert clock.now() == BEGINS
    assert clock.real() > BEGINS - 365 * 24 * 60 * MINUTE and clock.real() != BEGINS


# The mark of the database -------------------------------------------------------------------------


def mark(origin: str) -> None:
    Log.objects.create(id=1, origin=origin, root=EMPTY_ROOT)


def test_the_house_works_on_its_own_database(db: None) -> None:
    check_own_database()
    mark(settings.LEDGER_ORIGIN)
    check_own_database()


def test_the_house_refuses_a_database_with_the_mark_of_an_exercise(
    db: None, client: Client
) -> None:
    mark("house.example/ledger/exercise/3")
    with pytest.raises(NotNow, match="belongs to an exercise"), translation.override("en"):
        check_own_database()
    answer = client.get("/board")
    assert answer.status_code == 503, "Not one page of it is shown."


def test_an_exercise_refuses_the_database_of_the_house(db: None, held: Exercise) -> None:
    for origin in (settings.CONFIG.ledger_origin, "house.example/ledger/exercise/4"):
        Log.objects.all().delete()
        mark(origin)
        with pytest.raises(NotNow, match="mark of exercise 3"), translation.override("en"):
            check_own_database()
    Log.objects.all().delete()
    with pytest.raises(NotNow), translation.override("en"):
        check_own_database()
    mark(held.origin)
    check_own_database()


def test_a_folder_that_is_none_and_a_house_named_like_an_exercise_are_wrong_settings(
    tmp_path: Path,
) -> None:
    with pytest.raises(ValueError, match="no folder of an exercise"):
        exercise_in(tmp_path)
    for wrong in ({"GONGZHI_EXERCISE": str(tmp_path)},
                  {"GONGZHI_LEDGER_ORIGIN": "me.example/exercise/1"}):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", "import gongzhi.site.settings"], capture_output=True, text=True,
            env={**os.environ, "GONGZHI_VAR": str(tmp_path), **wrong}, check=False,
        )  # fmt: skip
        assert done.returncode != 0 and next(iter(wrong)) in done.stderr


# Scenarios ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_scenarios_have_no_mistakes(path: Path) -> None:
    check = check_scenario(path.read_text("utf-8"), deeds_known())
    assert check.problems == () and check.scenario is not None
    assert (FOLDER / "plans" / f"{check.scenario.plan}.yaml").is_file()


GOOD = SHIPPED[0].read_text("utf-8")
MISTAKES = [
    ("hazard: epidemic", "hazard: epidemics", "Write “epidemic”"),
    ("at: +02:00", "at: 2 hours", "no time after the beginning"),
    ("at: +02:00", "at: +99:00", "after the end of the exercise"),
    ("by: hospital 1", "by: the hospital", "names no unit"),
    ("unit: {unit: hospital 1}", "unit: {unit: any hospital}", "names no unit"),
    ("deed: supply.state_need", "deed: supply.state_needz", "Write “supply.state_need"),
    ("urgency: 3", "urgent: 3", "Write “urgency”"),
    ("amount: known, ", "", "“amount” is missing here"),
    ("begins: 2026-01-15", "begins: 2026-13-15", "is no moment"),
    ("ends_after: +12:00", "ends_after: +00:00", "ends when it begins"),
]


@pytest.mark.parametrize(("right", "wrong", "says"), MISTAKES, ids=lambda text: str(text)[:24])
def test_a_mistake_is_named_with_its_line_and_what_to_write(
    right: str, wrong: str, says: str
) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong, 1)
    check = check_scenario(text, deeds_known())
    assert check.scenario is None
    problem = next(p for p in check.problems if says in p.sentence)
    pairs = enumerate(zip(GOOD.splitlines(), text.splitlines(), strict=True), 1)
    changed = next(number for number, (old, new) in pairs if old != new)
    assert abs(problem.line - changed) <= 1


# Robots -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PLAYED, ids=lambda key: ".".join(key))
def test_every_deed_that_robots_play_is_one_that_people_do(key: tuple[str, str]) -> None:
    assert schema_of(deed_named(*key)).model_fields


def test_a_drawn_delay_lies_where_its_share_says() -> None:
    quantiles = [2.0, 4.0, 8.0, 16.0, 32.0]
    assert [drawn(quantiles, share) for share in (0.1, 0.25, 0.5, 0.75, 0.9)] == quantiles
    assert drawn(quantiles, 0.0) == 1.0 and drawn(quantiles, 1.0) == 48.0
    assert drawn(quantiles, 0.3) == pytest.approx(4.8)


def test_delays_are_the_houses_own_where_it_has_enough_records(db: None) -> None:
    city = founded()
    for number in range(30):
        kept = delays_here()
        assert kept["own"] == [], "Not from so few."
        assert kept["minutes"]["acknowledge"] != [9.0] * 5
        now = START + number * 60 * MINUTE
        warning = red_warning(city, "D1", now=now)
        acknowledge_warning(
            warning=warning, note="收到", by=city.person("d1-chief"), now=now + 9 * MINUTE
        )
        Warning.objects.update(state=Warning.State.ENDED, ended_at=now + 30 * MINUTE)
    kept = delays_here()
    assert kept["own"] == ["acknowledge"] and kept["records"]["acknowledge"] == 30
    assert kept["minutes"]["acknowledge"] == [9.0] * 5
    assert kept["minutes"]["accept"] == parameter("exercises.delays", BEGINS.date()).value["accept"]


# The frame ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_page_stands_in_the_frame_with_the_word_and_the_simulated_time(
    db: None, held: Exercise, language: str
) -> None:
    mark(held.origin)
    client = Client(headers={"accept-language": language})
    for address in ("/login", f"/board?lang={language}", "/nothing-here"):
        page = client.get(address).content.decode()
        assert "EXERCISE" in page and "演练" in page, address
        assert "exercise" in page.partition("<body")[2].partition(">")[0], address
        assert held.spoken(language) in page
        assert "2026-07-10 20:00" in page, "The simulated time, as the people's clocks show it."


def test_the_house_itself_has_no_frame(db: None) -> None:
    page: Any = Client().get("/login").content.decode()
    assert "EXERCISE" not in page
