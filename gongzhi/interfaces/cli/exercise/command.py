"""`gongzhi exercise`: make one, play it, direct it, record it, report on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.utils.translation import gettext as _

from gongzhi.actors.actions import log_in
from gongzhi.actors.queries import find, roots, units_below
from gongzhi.command.actions import ExerciseHeld, record_exercise
from gongzhi.command.exercise_file import check_scenario
from gongzhi.command.queries import plans_adopted, problem_sentence
from gongzhi.errors import Malformed, NotNow
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli import given
from gongzhi.interfaces.cli.beside import end_with_the_outer, keep_going
from gongzhi.interfaces.cli.exercise.making import (
    deeds_known,
    exercise_numbered,
    exercises_made,
    habits_of,
    in_its_house,
    make,
    scenario_of,
    take_in,
)
from gongzhi.interfaces.cli.exercise.play import Play, present_in
from gongzhi.interfaces.cli.exercise.report import report_on
from gongzhi.interfaces.cli.server import run_server
from gongzhi.interfaces.exercises import AHEAD, RESULT, SCENARIO, Exercise
from gongzhi.ledger.policies import check_own_database
from gongzhi.ledger.records import seeded_salts

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NUMBER = click.argument("number", type=click.IntRange(1))


@click.group()
def exercise() -> None:
    """Hold an exercise: a plan against a scenario, in a house of its own."""


@exercise.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Say every mistake of a scenario with its line and what to write instead."""
    found = check_scenario(given.typed(f"@{file}", "file"), deeds_known())
    for problem in found.problems:
        place = f"{file}:{problem.line}:{problem.column}"
        click.echo(f"{place}: {problem_sentence(problem)}", err=True)
    if found.scenario is None:
        sys.exit(Malformed.exit_code)
    click.echo(
        _("The scenario has no mistakes; it has %(n)s injects.")
        % {"n": len(found.scenario.injects)}
    )


@exercise.command()
@click.argument("file", type=FILE)
@click.option("--area", default="", help="Code of the unit that exercises; else the first city.")
@click.option("--speed", default=60.0, show_default=True, type=click.FloatRange(1, 3600))
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--title", default="", help="Instead of the scenario's own.")
def new(file: Path, area: str, speed: float, seed: int, title: str) -> None:
    """Make an exercise of a scenario: a database of its own with the standing facts of this one."""
    _in_the_house()
    text = given.typed(f"@{file}", "file")
    held = make(text, area=area, speed=speed, seed=seed, title=title)
    click.echo(
        _("Exercise %(number)s is ready. Play it: gongzhi exercise run %(number)s")
        % {"number": held.number}
    )


def _in_the_house() -> None:
    if settings.EXERCISE is not None:
        raise NotNow(_("This process is an exercise already. Do this in the house itself."))
    check_own_database()


@exercise.command("take-in", hidden=True)
def take_in_here() -> None:
    """Inside the process of an exercise: build its database."""
    take_in(_held_here())


def _held_here() -> Exercise:
    held: Exercise | None = settings.EXERCISE
    if held is None:
        raise NotNow(_("This is the house itself. Run an exercise: gongzhi exercise run NUMBER."))
    return held


@exercise.command()
@NUMBER
@click.option("--present", multiple=True, help="Code of a unit whose team plays itself.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Play it as fast as the machine can.")
@click.option("--held", "is_held", is_flag=True, hidden=True, help="End with the outer process.")
def run(
    number: int, present: tuple[str, ...], host: str, port: int, no_serve: bool, is_held: bool
) -> None:
    """Play an exercise; teams that are not named as present are played by the system."""
    if settings.EXERCISE is None:
        _start(exercise_numbered(number), present, host, port, no_serve)
        return
    if is_held:
        end_with_the_outer()
    held = _held_here()
    check_own_database()
    play = _play(held, present)
    if no_serve:
        play.run()
        return
    play.begin()
    _serve(held, present, host, port)


def _start(held: Exercise, present: tuple[str, ...], host: str, port: int, no_serve: bool) -> None:
    """Start the process of the exercise, with what was asked here."""
    if held.clock.reading().ended:
        raise NotNow(
            _("Exercise %(number)s is over. Make a new one to play it again.")
            % {"number": held.number}
        )
    known = {unit.code for root in roots() for unit in units_below(root)}
    for code in present:
        if code not in known:
            raise Malformed(_("There is no unit with the code “%(code)s”.") % {"code": code})
    words = ["exercise", "run", str(held.number), "--host", host, "--port", str(port), "--held"]
    words += [word for code in present for word in ("--present", code)]
    in_its_house(held, *words, *(["--no-serve"] if no_serve else []))
    if held.clock.reading().ended:
        click.echo(
            _("Exercise %(number)s is over. Record it: gongzhi exercise record %(number)s")
            % {"number": held.number}
        )


def _play(held: Exercise, present: Iterable[str]) -> Play:
    return Play(held, _scenario(held), habits_of(held), frozenset(present))


def _serve(held: Exercise, present: tuple[str, ...], host: str, port: int) -> None:
    """Serve the console under the frame; injects, rounds and robots run beside it."""
    held.clock.reach(held.clock.now(clock.real()), clock.real())
    if held.clock.reading().since is None:
        held.clock.go_on(clock.real())
    click.echo(
        _("Exercise %(number)s is served on http://%(host)s:%(port)s (Ctrl-C stops).")
        % {"number": held.number, "host": host, "port": port}
    )
    words = ["exercise", "clock-here", *(w for code in present for w in ("--present", code))]
    with seeded_salts(f"exercise/{held.seed}"):
        run_server(host, port, workers=1, clock=words)


@exercise.command("clock-here", hidden=True)
@click.option("--present", multiple=True)
def clock_here(present: tuple[str, ...]) -> None:
    """Inside the process of an exercise's clock: play until the server is gone."""
    play = cache(lambda: _play(_held_here(), present))
    every = min(settings.ROUND_SECONDS, AHEAD.total_seconds() / _held_here().speed)
    keep_going(lambda: play().step_now(), every)


def _scenario(held: Exercise) -> Any:
    return scenario_of((held.folder / SCENARIO).read_text("utf-8"))


@exercise.command("list")
def list_made() -> None:
    """List the exercises of this house, a JSON line each."""
    for held in exercises_made():
        reading = held.clock.reading()
        state = "over" if reading.ended else "running" if reading.since else "standing"
        line = {"number": held.number, "title": held.title["zh-Hans"], "plan": held.plan,
                "seed": held.seed, "speed": held.speed, "clock": state,
                "simulated": held.clock.now(clock.real()).isoformat()}  # fmt: skip
        click.echo(json.dumps(line, ensure_ascii=False))


@exercise.command()
@NUMBER
def pause(number: int) -> None:
    """Let the simulated clock stand still."""
    _say_time(exercise_numbered(number), "pause")


@exercise.command()
@NUMBER
def resume(number: int) -> None:
    """Let the simulated clock run on."""
    _say_time(exercise_numbered(number), "go_on")


@exercise.command()
@NUMBER
def end(number: int) -> None:
    """End an exercise before its time; it is then scored as it stands."""
    held = exercise_numbered(number)
    _say_time(held, "end")
    if not (held.folder / RESULT).exists():
        in_its_house(held, "exercise", "score-here")


@exercise.command("score-here", hidden=True)
def score_here() -> None:
    """Inside the process of an exercise: write down its result."""
    held = _held_here()
    play = _play(held, present_in(held))
    play.finish(held.clock.now(clock.real()))


def _say_time(held: Exercise, act: str) -> None:
    if held.clock.reading().ended:
        raise NotNow(
            _("Exercise %(number)s is over. Make a new one to play it again.")
            % {"number": held.number}
        )
    at = getattr(held.clock, act)(clock.real())
    click.echo(_("The simulated time is %(at)s.") % {"at": at.isoformat()})


@exercise.command()
@NUMBER
@click.option("--as", "me", envvar="GONGZHI_AS", required=True, help="Your log-in name.")
@click.option(
    "--password", "my_password", envvar="GONGZHI_PASSWORD", prompt="Password", hide_input=True,
    help="Your password; asked for where it is not given.",
)  # fmt: skip
def record(number: int, me: str, my_password: str) -> None:
    """Record in the house that an exercise was held, with its score."""
    _in_the_house()
    now = clock.now()
    by = log_in(login=me, password=my_password, address="command line", now=now)
    held = exercise_numbered(number)
    result = result_of(held)
    codes = {unit.code: unit for root in roots() for unit in units_below(root)}
    made = record_exercise(
        area=find(type(codes[held.area]), codes[held.area].pk, by, now),
        plan=plans_adopted().get(code=held.plan),
        held=ExerciseHeld(
            number=held.number, title=held.title["zh-Hans"], title_hant=held.title["zh-Hant"],
            title_en=held.title["en"], scenario_digest=held.scenario_digest, seed=held.seed,
            speed=held.speed,
            **{name: result[name] for name in (
                "held_from", "held_till", "score", "not_played", "ledger_size", "ledger_root")},
        ),
        by=by, now=now,
    )  # fmt: skip
    click.echo(json.dumps({"ref": made.ref, "number": made.number}, ensure_ascii=False))


def result_of(held: Exercise) -> dict[str, Any]:
    """What came of an exercise that is over."""
    path = held.folder / RESULT
    if not path.exists():
        raise NotNow(
            _("Exercise %(number)s is not over. Play it to its end, or end it.")
            % {"number": held.number}
        )
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@exercise.command()
@NUMBER
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="HTML file.")
@click.option(
    "--language", default="zh-hans", show_default=True,
    type=click.Choice([code for code, _name in settings.LANGUAGES]),
)  # fmt: skip
def report(number: int, out: Path | None, language: str) -> None:
    """Write the report on an exercise as an HTML page that prints well."""
    held = exercise_numbered(number)
    page = report_on(held, result_of(held), language)
    target = out or held.folder / f"report.{language}.html"
    target.write_text(page, "utf-8")
    click.echo(str(target))
