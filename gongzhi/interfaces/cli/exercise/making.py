"""Make the house of an exercise: a folder, a database of its own, the standing facts, delays."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.queries import Person, Unit, roots, units_below
from gongzhi.command.exercise_file import ExerciseScenario, Takes, check_scenario
from gongzhi.command.queries import plans_adopted, problem_sentence
from gongzhi.errors import Malformed, NotFound, NotNow
from gongzhi.evaluation.readiness import KINDS, quantiles, waits
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.exercise.places import Places
from gongzhi.interfaces.cli.exercise.robots import SHARES, Habits
from gongzhi.interfaces.exercises import (
    CLOCK,
    DELAYS,
    FOLDERS,
    MARK,
    SCENARIO,
    STANDING,
    VALUES,
    Exercise,
    ExerciseClock,
    Reading,
    exercise_in,
    write_whole,
)
from gongzhi.interfaces.inputs import deed_named, deeds_by_hand, schema_of, validate
from gongzhi.ledger.queries import last_checkpoint
from gongzhi.parameters import parameter
from gongzhi.rounds.standing import take_in_standing, write_standing
from gongzhi.rounds.walk import clock_person


def deeds_known() -> dict[str, Takes]:
    """What each deed takes that people do by hand, by “room.verb”."""
    known = {}
    for deed in deeds_by_hand():
        fields = schema_of(deed).model_fields
        needed = frozenset(name for name, field in fields.items() if field.is_required())
        known[f"{deed.room}.{deed.verb}"] = Takes(frozenset(fields), needed)
    return known


def scenario_of(text: str) -> ExerciseScenario:
    """The scenario of a text.

    Errors: `Malformed` that lists every mistake with its line and what to write instead.
    """
    found = check_scenario(text, deeds_known())
    if found.scenario is None:
        lines = [f"{p.line}:{p.column}: {problem_sentence(p)}" for p in found.problems]
        raise Malformed("\n".join(lines))
    return found.scenario


def home() -> Path:
    """The folder of all exercises of this house."""
    return Path(settings.CONFIG.var) / FOLDERS


def exercise_numbered(number: int) -> Exercise:
    """An exercise of this house by its number."""
    try:
        return exercise_in(home() / str(number))
    except ValueError:
        raise NotFound(
            _("There is no exercise %(number)s here. See them all: gongzhi exercise list.")
            % {"number": number}
        ) from None


def exercises_made() -> list[Exercise]:
    """All exercises of this house, in the order of their numbers."""
    found = [path for path in home().glob("[0-9]*") if (path / VALUES).is_file()]
    return [exercise_in(path) for path in sorted(found, key=lambda path: int(path.name))]


def make(
    text: str, *, area: str = "", speed: float = 60, seed: int = 0, title: str = ""
) -> Exercise:
    """Make an exercise of a scenario for an area of this house; nothing of the house changes.

    area: code of a unit; without one, the first city. speed: simulated seconds in a real one.
    Errors: `Malformed` for a scenario with mistakes, `NotFound` for what the city does not have.
    """
    scenario = scenario_of(text)
    seer, unit = _seer(), _area(area)
    if not plans_adopted().filter(code=scenario.plan).exists():
        raise NotNow(
            _("The plan “%(plan)s” is not adopted here. Adopt it, then make the exercise.")
            % {"plan": scenario.plan}
        )
    _try_inputs(scenario, Places(unit, seer, clock.now()))
    folder = _folder()
    values = _values(scenario, text, unit, folder, speed=speed, seed=seed, title=title)
    (folder / SCENARIO).write_text(text, "utf-8")
    write_whole(folder / DELAYS, delays_here())
    write_whole(folder / VALUES, values)
    ExerciseClock(folder / CLOCK, speed).set(Reading(scenario.begins.astimezone(UTC)))
    held = exercise_in(folder)
    if held.database:
        _create_beside(held.database)
    write_standing(folder / STANDING, clock.now())
    in_its_house(held, "exercise", "take-in")
    (folder / STANDING).unlink()
    return held


def _seer() -> Person:
    by = clock_person()
    if by is None:
        raise NotNow(_("Nobody holds the clock's post yet: found the house first."))
    return by


def _area(code: str) -> Unit:
    units = [unit for root in roots() for unit in units_below(root)]
    if not code:
        cities = [u for u in units if u.kind == "area" and u.tier == "city"]
        return (cities or units)[0]
    found = next((unit for unit in units if unit.code == code), None)
    if found is None:
        raise NotFound(_("There is no unit with the code “%(code)s”.") % {"code": code})
    return found


def _try_inputs(scenario: ExerciseScenario, places: Places) -> None:
    """Find every unit of the scenario in this city, and check every input, before anything is made.

    Errors: `NotFound`, `Malformed`, each with the time of the inject.
    """
    for inject in scenario.injects:
        try:
            places.unit(inject.by)
            given = places.inputs(inject.inputs, scenario.begins)
            validate(deed_named(inject.room, inject.verb), given)
        except (Malformed, NotFound) as refusal:
            raise type(refusal)(f"+{inject.at}: {refusal}", details=refusal.details) from None


def _folder() -> Path:
    """The next free folder; two who make an exercise at once get two."""
    home().mkdir(parents=True, exist_ok=True)
    number = max((int(path.name) for path in home().glob("[0-9]*")), default=0) + 1
    folder = home() / str(number)
    folder.mkdir(mode=0o700)
    return folder


def _values(
    scenario: ExerciseScenario, text: str, area: Unit, folder: Path, **chosen: Any
) -> dict[str, Any]:
    number, house = int(folder.name), _house_note()
    titles = {
        "zh-Hans": scenario.title.hans, "zh-Hant": scenario.title.hant, "en": scenario.title.en,
    }  # fmt: skip
    own = chosen["title"]
    begins = scenario.begins.astimezone(UTC)
    return {
        "number": number, "title": dict.fromkeys(titles, own) if own else titles,
        "hazard": scenario.hazard, "plan": scenario.plan, "area": area.code,
        "scenario_digest": hashlib.sha256(text.encode()).hexdigest(),
        "seed": chosen["seed"], "speed": chosen["speed"], "begins_at": begins.isoformat(),
        "ends_at": (begins + scenario.lasts).isoformat(), "database": _database_name(number),
        "origin": f"{settings.LEDGER_ORIGIN}{MARK}{number}",
        "house_origin": settings.LEDGER_ORIGIN, "house_root": house,
    }  # fmt: skip


def _house_note() -> str:
    """The signed statement of the house's ledger at this moment; empty before the first one."""
    last = last_checkpoint()
    return last.note if last else ""


def _database_name(number: int) -> str:
    """Beside the house's own on PostgreSQL; on SQLite it is a file in the folder."""
    if connection.vendor != "postgresql":
        return ""
    return f"{settings.DATABASES['default']['NAME']}_exercise_{number}"


def _create_beside(name: str) -> None:
    """Create a PostgreSQL database on the server of the house.

    Errors: `NotNow` where there is one of this name: nothing is ever written over.
    """
    import psycopg
    from psycopg import sql

    with psycopg.connect(settings.CONFIG.database_url, autocommit=True) as server:
        try:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.errors.DuplicateDatabase as error:
            raise NotNow(
                _("There is a database “%(name)s” already. Remove it, then make the exercise.")
                % {"name": name}
            ) from error


def delays_here() -> dict[str, Any]:
    """Minutes by kind of answer: this house's own where it has enough records, else the assumed.

    `own` names the kinds that come from the house's records.
    """
    on = localtime(clock.now()).date()
    assumed = parameter("exercises.delays", on).value
    enough = parameter("exercises.enough_records", on).value
    found = waits(clock.now())
    numbers = {kind: sum(wait.kind == kind for wait in found) for kind in KINDS}
    own = [kind for kind in KINDS if numbers[kind] >= enough and kind in assumed]
    minutes = {**assumed, **{kind: quantiles(found, kind, SHARES) for kind in own}}
    return {"minutes": minutes, "own": own, "records": numbers,
            "errs": parameter("exercises.errs", on).value}  # fmt: skip


def habits_of(held: Exercise) -> Habits:
    """How the robots of an exercise behave, from the file kept with it."""
    kept = json.loads((held.folder / DELAYS).read_text("utf-8"))
    return Habits(held.seed, kept["minutes"], kept["errs"]["late"], kept["errs"]["not_mine"])


def in_its_house(held: Exercise, *words: str) -> None:
    """Run a command of gongzhi in a process that is the exercise's own.

    This process holds the other end of its standard input and never writes: whichever way this
    one ends, that end closes, and one that serves ends with it (`beside.end_with_the_outer`).
    Errors: `NotNow` with what the process said, where it ends with a mistake.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "gongzhi.interfaces.cli", *words],
        env={**os.environ, "GONGZHI_EXERCISE": str(held.folder)}, stdin=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process, _ending_with(process):
        said = process.stderr.read() if process.stderr is not None else ""
        process.wait()
    if process.returncode not in (0, 130):
        raise NotNow(said.strip() or _("The exercise ended with a mistake."))


@contextmanager
def _ending_with(process: subprocess.Popen[str]) -> Iterator[None]:
    """Wait for a process that is asked to end: Ctrl-C reaches it by itself, SIGTERM from here."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.terminate()),
    }
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def take_in(held: Exercise) -> None:
    """Inside the exercise's process: build the database and take the standing facts in."""
    call_command("migrate", verbosity=0)
    take_in_standing(
        held.folder / STANDING, held.begins_at, number=held.number, seed=held.seed,
        plan=held.plan, scenario=held.scenario_digest,
    )  # fmt: skip
