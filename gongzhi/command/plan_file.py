"""Check the text of a contingency plan: the plan, or every mistake with its line (预案).

The shape is that of `plan.schema.json` (JSON Schema 2020-12), published with the project;
what a schema cannot say (circles, prerequisites, times that do not fit) is checked here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from gongzhi.command.plan_build import plan_from
from gongzhi.command.plan_include import Part, included, written_out
from gongzhi.command.plan_semantics import semantic_problems
from gongzhi.command.plan_text import (
    LONGEST,
    Path,
    PlanText,
    Problem,
    missing_key,
    problem_at,
    read_plan_text,
    unknown_key,
    words,
)
from gongzhi.command.plan_values import (
    ExitTest,
    PlanFile,
    PlanMeasure,
    PlanOrder,
    PlanPhase,
    Receiver,
    StockLine,
    Trigger,
    Words,
)

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = [
    "ExitTest", "PlanCheck", "PlanFile", "PlanMeasure", "PlanOrder", "PlanPhase", "Problem",
    "Receiver", "StockLine", "Trigger", "Words", "check_plan", "plan_schema",
]  # fmt: skip

ANYTHING = r"\S"
"""The pattern of a text that is not empty."""
SCHEMA = FilePath(__file__).with_name("plan.schema.json")
MOST_PROBLEMS = 200
"""Problems that are listed at most."""
NOTHING: Mapping[str, str] = MappingProxyType({})
TOO_LONG = words("With what it includes the plan is longer than %(most)s characters. Include less.")
BEGIN = words("A plan begins with “plan: …”, “version: …” and “title: …”. Begin with these.")


@dataclass(frozen=True)
class PlanCheck:
    """The plan, or why there is none: the problems by line."""

    plan: PlanFile | None
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each order by its key, to point at what is said about it later."""
    document: str = ""
    """The text as written; with what it includes written out, where it includes something."""

    def __post_init__(self) -> None:
        if (self.plan is None) != bool(self.problems):
            raise ValueError("A check gives either a plan or the problems with it.")

    def __str__(self) -> str:
        return str(self.plan) if self.plan else "\n".join(map(str, self.problems))


@cache
def plan_schema() -> dict[str, Any]:
    """The published JSON Schema of a plan file."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return schema


def check_plan(
    text: str, library: Mapping[str, str] = NOTHING, trail: tuple[str, ...] = ()
) -> PlanCheck:
    """Read and check the text of a plan; every mistake is listed, none is raised.

    library: texts of the plans that this one may include, by code. trail: codes of the plans
    that are being included on the way here.
    """
    read = read_plan_text(text)
    problems = list(read.problems)
    whole = read
    if not isinstance(read.value, dict):
        problems += [] if problems else [Problem(1, 1, BEGIN)]
    else:
        problems += faults_of_schema(plan_schema(), read)
        whole, missing = included(read, lambda code, way: _other(code, library, way), trail)
        problems += [*missing, *semantic_problems(whole)]
    if problems:
        return PlanCheck(None, in_order(problems))
    plan = plan_from(whole.value)
    places = {o.key: whole.place(("orders", n)) for n, o in enumerate(plan.orders)}
    document = text if whole is read else written_out(whole.value)
    if len(document) > LONGEST:
        return PlanCheck(None, (problem_at(read, ("include",), TOO_LONG, most=LONGEST),))
    return PlanCheck(plan, (), places, document)


def _other(code: str, library: Mapping[str, str], trail: tuple[str, ...]) -> Part:
    """The values of a plan that is included, as written, or the first thing wrong with it."""
    if code not in library:
        return Part(close=tuple(get_close_matches(code, library, 1)))
    check = check_plan(library[code], library, trail)
    if check.plan is None:
        return Part(wrong=check.problems[0])
    return Part(read_plan_text(check.document).value)


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """By line, each once; beyond what anybody reads, only how many more there are."""
    by_line = sorted(problems, key=lambda p: (p.line, p.column, p.sentence))
    ordered = list(dict.fromkeys(by_line))
    if len(ordered) <= MOST_PROBLEMS:
        return tuple(ordered)
    rest = ordered[MOST_PROBLEMS:]
    text = words("From here on there are %(number)s more problems. Mend those above first.")
    more = Problem(rest[0].line, rest[0].column, text, (("number", str(len(rest))),))
    return (*ordered[:MOST_PROBLEMS], more)


# What the schema says -----------------------------------------------------------------------


def faults_of_schema(schema: dict[str, Any], read: PlanText) -> list[Problem]:
    """What a schema says against a text, each as a sentence with its line."""
    from jsonschema import Draft202012Validator  # with all it brings, for a check alone

    faults = list(Draft202012Validator(schema).iter_errors(read.value))
    return [problem for fault in faults for problem in _of_schema(fault, read)]


def _of_schema(fault: ValidationError, read: PlanText) -> Iterator[Problem]:
    path: Path = tuple(fault.absolute_path)
    if fault.validator == "additionalProperties":
        yield from _unknown_keys(fault, path, read)
    elif fault.validator == "required":
        yield from _missing_keys(fault, path, read)
    else:
        say = _SAY.get(str(fault.validator), _otherwise)
        text, facts = say(fault, read.written.get(path, ""))
        yield problem_at(read, path, text, name=_name(path), **facts)


def _wanted(fault: ValidationError) -> Any:
    """What the schema asks at this place."""
    return fault.validator_value


def _instance(fault: ValidationError) -> Any:
    """What the plan says at this place."""
    return fault.instance


def _name(path: Path) -> str:
    """What a person calls the place: the nearest key, not the number in a list."""
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "plan")


def _unknown_keys(fault: ValidationError, path: Path, read: PlanText) -> Iterator[Problem]:
    allowed = list(cast("dict[str, Any]", fault.schema)["properties"])
    for key in [k for k in _instance(fault) if k not in allowed]:
        yield unknown_key(read, path, key, allowed, _instance(fault))


def _missing_keys(fault: ValidationError, path: Path, read: PlanText) -> Iterator[Problem]:
    # Each missing key makes a fault of its own that names all; what is said twice is merged.
    for key in [k for k in _wanted(fault) if k not in _instance(fault)]:
        if key == "days" and "measures" in path:
            text = words(
                "This measure has no end. Add “days: …”: after so many days it ends by itself."
            )
            yield problem_at(read, path, text, key=key)
        else:
            yield missing_key(read, path, key)


Said = tuple[str, dict[str, object]]


def _say_type(fault: ValidationError, written: str) -> Said:
    if fault.instance is None:
        return words("Nothing stands after “%(name)s:”. Fill it in or leave the line out."), {}
    if fault.validator_value == "string" and written:
        text = words('“%(name)s” is a text. Put it in quotes: "%(written)s".')
        return text, {"written": written}
    kinds = {
        "string": words("“%(name)s” is a text. Write it on this line."),
        "integer": words("“%(name)s” is a whole number. Write digits only."),
        "array": words("“%(name)s” is a list. Write each entry on a line that begins with “- ”."),
        "object": words(
            "“%(name)s” has parts of its own: %(parts)s. Write each on an indented line: “name: …”."
        ),
    }
    parts = ", ".join(cast("dict[str, Any]", fault.schema).get("properties", {})) or "…"
    return kinds[_wanted(fault)], {"parts": parts}


def _say_enum(fault: ValidationError, _written: str) -> Said:
    allowed = [str(v) for v in _wanted(fault)]
    close = get_close_matches(str(fault.instance), allowed, 1)
    if close:
        text = words("“%(given)s” is not possible for “%(name)s”. Write “%(close)s”.")
        return text, {"given": fault.instance, "close": close[0]}
    text = words("“%(given)s” is not possible for “%(name)s”. Write one of: %(allowed)s.")
    return text, {"given": fault.instance, "allowed": ", ".join(allowed)}


_FORMS = {
    "version": words('“%(given)s” is no version. Write numbers with points, such as "1.0".'),
    "at": words("“%(given)s” is no time after the beginning. Write hours and minutes: +01:30."),
    "begins": words("“%(given)s” is no moment. Write it as 2026-07-10T22:00+08:00."),
    "by": words(
        "“%(given)s” names no unit. Write it as “street 1 of district 2”, "
        "“department water of district 1”, “hospital 1”, “area” or “code S11”."
    ),
    "deed": words("“%(given)s” is no deed. Write room and verb: sensing.receive_report."),
    "item": words(
        "“%(given)s” cannot be a code. Write small letters, digits and underscores, "
        "beginning with a letter."
    ),
}
_SAME_FORM = {
    "kind": "item", "subject": "item", "stream": "item", "measures": "item", "ends_after": "at",
}  # fmt: skip
_FORM = words(
    "“%(given)s” cannot be a key. Write 2 to 59 small letters, digits and hyphens, beginning "
    "with a letter."
)


def _say_pattern(fault: ValidationError, _written: str) -> Said:
    if fault.validator_value == ANYTHING:
        return words("“%(name)s” is empty. Write something, or leave the line out."), {}
    name = _name(tuple(fault.absolute_path))
    form = _FORMS.get(_SAME_FORM.get(name, name), _FORM)
    return form, {"given": fault.instance}


def _limit(text: str) -> Callable[[ValidationError, str], Said]:
    return lambda fault, _written: (text, {"limit": fault.validator_value})


def _otherwise(fault: ValidationError, _written: str) -> Said:
    return words("This does not fit (%(what)s). Look it up in plan.schema.json."), {
        "what": fault.message
    }


def _say_no_test(fault: ValidationError, _written: str) -> Said:
    name = _name(tuple(fault.absolute_path))
    if name == "include":
        return words("Nothing is taken from this plan. Name orders, measures or wind_down."), {}
    if name == "trigger":
        return words(
            "The trigger has no test. Write red_warnings, warnings, response_grade or counts."
        ), {}
    tests = ", ".join(cast("dict[str, Any]", fault.schema)["properties"])
    return words("“%(name)s” has no test. Write one or more of: %(tests)s."), {"tests": tests}


_SAY: dict[str, Callable[[ValidationError, str], Said]] = {
    "type": _say_type,
    "enum": _say_enum,
    "pattern": _say_pattern,
    "minimum": _limit(words("“%(name)s” must be at least %(limit)s. Write a larger number.")),
    "maximum": _limit(words("“%(name)s” must be at most %(limit)s. Write a smaller number.")),
    "maxLength": _limit(words("“%(name)s” is too long. Write at most %(limit)s characters.")),
    "minItems": _limit(words("“%(name)s” is empty. Write at least one entry.")),
    "maxItems": _limit(words("“%(name)s” has too many entries. Write at most %(limit)s.")),
    "minProperties": _say_no_test,
    "uniqueItems": _limit(words("“%(name)s” names the same thing twice. Name it once.")),
}
