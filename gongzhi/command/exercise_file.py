"""Check the text of an exercise's scenario: the scenario, or its mistakes by line (演练脚本).

The shape is that of `exercise.schema.json`, published with the project; times, deeds, inputs and
the rules that name units are checked here. Mistakes are said as those of a plan are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from gongzhi.command.plan_file import faults_of_schema, in_order
from gongzhi.command.plan_text import (
    Path,
    PlanText,
    Problem,
    missing_key,
    problem_at,
    read_plan_text,
    unknown_key,
    words,
)
from gongzhi.command.plan_values import Words

SCHEMA = FilePath(__file__).with_name("exercise.schema.json")
BEGIN = words("A scenario begins with “exercise: …”, “title: …” and “plan: …”. Begin with these.")
STANDS_FOR = ("unit", "facility", "item", "minutes", "daily")
"""One of these as the only key of an input says what the value stands for."""


@dataclass(frozen=True)
class Takes:
    """The inputs that a deed takes, and those of them that it must be given."""

    known: frozenset[str]
    needed: frozenset[str]


@dataclass(frozen=True)
class Inject:
    """One thing that happens: when, what the players are told, and the deed that brings it."""

    at: timedelta
    tells: Words
    room: str
    verb: str
    by: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class ExerciseScenario:
    """What an exercise puts before those who play it; injects in the order of their times."""

    code: str
    title: Words
    hazard: str
    plan: str
    begins: datetime
    lasts: timedelta
    aims: tuple[Words, ...]
    injects: tuple[Inject, ...]

    def __str__(self) -> str:
        return f"{self.code}: {len(self.injects)} injects in {self.lasts}"


@dataclass(frozen=True)
class ScenarioCheck:
    """The scenario, or why there is none: the problems by line."""

    scenario: ExerciseScenario | None
    problems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        return str(self.scenario) if self.scenario else "\n".join(map(str, self.problems))


@cache
def exercise_schema() -> dict[str, Any]:
    """The published JSON Schema of a scenario."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return schema


def check_scenario(text: str, deeds: Mapping[str, Takes]) -> ScenarioCheck:
    """Read and check the text of a scenario; every mistake is listed, none is raised.

    deeds: what each deed takes, by “room.verb”.
    """
    read = read_plan_text(text)
    problems = list(read.problems)
    if not isinstance(read.value, dict):
        problems += [] if problems else [Problem(1, 1, BEGIN)]
    else:
        problems += faults_of_schema(exercise_schema(), read)
        if not problems:
            problems += [*_times(read), *_deeds(read, deeds)]
    if problems:
        return ScenarioCheck(None, in_order(problems))
    return ScenarioCheck(_scenario(read.value))


def after(text: str) -> timedelta:
    """The time after the beginning that “+01:30” says."""
    hours, minutes = text.removeprefix("+").split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _times(read: PlanText) -> Iterator[Problem]:
    try:
        datetime.fromisoformat(read.value["begins"])
    except ValueError:
        text = words("“%(given)s” is no moment. Write it as 2026-07-10T22:00+08:00.")
        yield problem_at(read, ("begins",), text, given=read.value["begins"])
    end = after(read.value["ends_after"])
    if not end:
        text = words("The exercise ends when it begins. Write a later “ends_after”.")
        yield problem_at(read, ("ends_after",), text)
    for number, inject in enumerate(read.value["injects"]):
        if after(inject["at"]) > end:
            text = words(
                "This comes after the end of the exercise (%(end)s). Write an earlier time, or a "
                "later “ends_after”."
            )
            path = ("injects", number, "at")
            yield problem_at(read, path, text, end=read.value["ends_after"])


def _deeds(read: PlanText, deeds: Mapping[str, Takes]) -> Iterator[Problem]:
    for number, inject in enumerate(read.value["injects"]):
        path: Path = ("injects", number)
        takes = deeds.get(inject["deed"])
        if takes is None:
            close = get_close_matches(inject["deed"], deeds, 1)
            text = (
                words("There is no deed “%(given)s”. Write “%(close)s”.")
                if close
                else words("There is no deed “%(given)s”. Write room and verb of one there is.")
            )
            yield problem_at(
                read, (*path, "deed"), text, given=inject["deed"], close="".join(close)
            )
            continue
        yield from _inputs(read, (*path, "inputs"), inject["inputs"], takes)


def _inputs(read: PlanText, path: Path, inputs: dict[str, Any], takes: Takes) -> Iterator[Problem]:
    for name in [name for name in inputs if name not in takes.known]:
        yield unknown_key(read, path, name, sorted(takes.known))
    for name in sorted(takes.needed - set(inputs)):
        yield missing_key(read, path, name)
    for name, value in inputs.items():
        yield from _rules(read, (*path, name), value)


def _rules(read: PlanText, path: Path, value: Any) -> Iterator[Problem]:
    """Rules that name a unit, wherever they stand in an input."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _rules(read, (*path, number), one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in ("unit", "facility") and not isinstance(one, dict) and not is_rule(one):
                text = words(
                    "“%(given)s” names no unit. Write it as “street 1 of district 2”, "
                    "“department water of district 1”, “hospital 1”, “area” or “code S11”."
                )
                yield problem_at(read, (*path, key), text, given=one)
            else:
                yield from _rules(read, (*path, key), one)


def is_rule(value: Any) -> bool:
    """Whether a text names a unit by rule."""
    pattern = exercise_schema()["$defs"]["rule"]["pattern"]
    return isinstance(value, str) and re.search(pattern, value) is not None


def _scenario(value: dict[str, Any]) -> ExerciseScenario:
    injects = sorted((_inject(one) for one in value["injects"]), key=lambda i: i.at)
    return ExerciseScenario(
        code=value["exercise"],
        title=Words.of(value["title"]),
        hazard=value["hazard"],
        plan=value["plan"],
        begins=datetime.fromisoformat(value["begins"]),
        lasts=after(value["ends_after"]),
        aims=tuple(Words.of(aim) for aim in value["aims"]),
        injects=tuple(injects),
    )


def _inject(value: dict[str, Any]) -> Inject:
    room, verb = value["deed"].split(".")
    return Inject(
        at=after(value["at"]), tells=Words.of(value["tells"]), room=room, verb=verb,
        by=value["by"], inputs=value["inputs"],
    )  # fmt: skip
