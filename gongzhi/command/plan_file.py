"""Check the text of a contingency plan: the plan, or every mistake with its line (预案).

The shape is that of `plan.schema.json` (JSON Schema 2020-12), published with the project;
what a schema cannot say (circles, prerequisites, times that do not fit) is checked here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path as FilePath
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from gongzhi.command.plan_text import Path, PlanText, Problem, read_plan_text, words
from gongzhi.command.plan_values import (
    AREA_TIERS,
    PlanFile,
    PlanMeasure,
    PlanOrder,
    Receiver,
    StockLine,
    Trigger,
    Words,
    needed_minutes,
)

__all__ = [
    "PlanCheck", "PlanFile", "PlanMeasure", "PlanOrder", "Problem", "Receiver", "StockLine",
    "Trigger", "Words", "check_plan", "plan_schema",
]  # fmt: skip

ANYTHING = r"\S"
"""The pattern of a text that is not empty."""
SCHEMA = FilePath(__file__).with_name("plan.schema.json")
MOST_PROBLEMS = 200
"""Problems that are listed at most."""
BEGIN = words("A plan begins with “plan: …”, “version: …” and “title: …”. Begin with these.")


@dataclass(frozen=True)
class PlanCheck:
    """The plan, or why there is none: the problems by line."""

    plan: PlanFile | None
    problems: tuple[Problem, ...] = ()

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


def check_plan(text: str) -> PlanCheck:
    """Read and check the text of a plan; every mistake is listed, none is raised."""
    read = read_plan_text(text)
    problems = list(read.problems)
    if not isinstance(read.value, dict):
        problems += [] if problems else [Problem(1, 1, BEGIN)]
    else:
        faults = list(Draft202012Validator(plan_schema()).iter_errors(read.value))
        problems += [p for fault in faults for p in _of_schema(fault, read)]
        problems += _of_sense(read)
    return PlanCheck(None, _in_order(problems)) if problems else PlanCheck(_plan(read.value))


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """By line, each once; beyond what anybody reads, only how many more there are."""
    by_line = sorted(problems, key=lambda p: (p.line, p.column, p.sentence))
    ordered = list(dict.fromkeys(by_line))
    if len(ordered) <= MOST_PROBLEMS:
        return tuple(ordered)
    rest = ordered[MOST_PROBLEMS:]
    text = words("From here on there are %(number)s more problems. Mend those above first.")
    more = Problem(rest[0].line, rest[0].column, text, (("number", str(len(rest))),))
    return (*ordered[:MOST_PROBLEMS], more)


def _problem(read: PlanText, path: Path, text: str, **facts: object) -> Problem:
    return Problem(*read.place(path), text, tuple((k, str(v)) for k, v in facts.items()))


# What the schema says -----------------------------------------------------------------------


def _of_schema(fault: ValidationError, read: PlanText) -> Iterator[Problem]:
    path: Path = tuple(fault.absolute_path)
    if fault.validator == "additionalProperties":
        yield from _unknown_keys(fault, path, read)
    elif fault.validator == "required":
        yield from _missing_keys(fault, path, read)
    else:
        say = _SAY.get(str(fault.validator), _otherwise)
        text, facts = say(fault, read.written.get(path, ""))
        yield _problem(read, path, text, name=_name(path), **facts)


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
        close = get_close_matches(key, allowed, 1)
        if close:
            text = words("“%(key)s” is not known here. Write “%(close)s”.")
            yield _problem(read, (*path, key), text, key=key, close=close[0])
        else:
            text = words("“%(key)s” is not known here. Leave it out; known are: %(allowed)s.")
            yield _problem(read, (*path, key), text, key=key, allowed=", ".join(allowed))


def _missing_keys(fault: ValidationError, path: Path, read: PlanText) -> Iterator[Problem]:
    # Each missing key makes a fault of its own that names all; what is said twice is merged.
    for key in [k for k in _wanted(fault) if k not in _instance(fault)]:
        if key == "days" and "measures" in path:
            text = words(
                "This measure has no end. Add “days: …”: after so many days it ends by itself."
            )
        else:
            text = words("“%(key)s” is missing here. Add “%(key)s: …”.")
        yield _problem(read, path, text, key=key)


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
            "“%(name)s” has parts of its own. Write each on an indented line: “name: …”."
        ),
    }
    return kinds[_wanted(fault)], {}


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
    "item": words(
        "“%(given)s” cannot be a code. Write small letters, digits and underscores, "
        "beginning with a letter."
    ),
}
_FORM = words(
    "“%(given)s” cannot be a key. Write 2 to 59 small letters, digits and hyphens, beginning "
    "with a letter."
)


def _say_pattern(fault: ValidationError, _written: str) -> Said:
    if fault.validator_value == ANYTHING:
        return words("“%(name)s” is empty. Write something, or leave the line out."), {}
    name = _name(tuple(fault.absolute_path))
    form = _FORMS["item"] if name in ("kind", "subject") else _FORMS.get(name, _FORM)
    return form, {"given": fault.instance}


def _limit(text: str) -> Callable[[ValidationError, str], Said]:
    return lambda fault, _written: (text, {"limit": fault.validator_value})


def _otherwise(fault: ValidationError, _written: str) -> Said:
    return words("This does not fit (%(what)s). Look it up in plan.schema.json."), {
        "what": fault.message
    }


_SAY: dict[str, Callable[[ValidationError, str], Said]] = {
    "type": _say_type,
    "enum": _say_enum,
    "pattern": _say_pattern,
    "minimum": _limit(words("“%(name)s” must be at least %(limit)s. Write a larger number.")),
    "maximum": _limit(words("“%(name)s” must be at most %(limit)s. Write a smaller number.")),
    "maxLength": _limit(words("“%(name)s” is too long. Write at most %(limit)s characters.")),
    "minItems": _limit(words("“%(name)s” is empty. Write at least one entry.")),
    "maxItems": _limit(words("“%(name)s” has too many entries. Write at most %(limit)s.")),
    "minProperties": _limit(
        words("The trigger has no test. Write red_warnings, warnings or response_grade.")
    ),
    "uniqueItems": _limit(words("“%(name)s” names the same thing twice. Name it once.")),
}


# What the schema cannot say -----------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """What is needed of an order to check it against the others, where it is well formed."""

    path: Path
    key: str
    minutes: int
    within: int | None
    after: tuple[str, ...]


def _of_sense(read: PlanText) -> list[Problem]:
    orders = read.value.get("orders")
    entries = list(enumerate(orders)) if isinstance(orders, list) else []
    found = [p for i, o in entries if isinstance(o, dict) for p in _of_receiver(read, i, o)]
    rows = [_row(i, o) for i, o in entries if isinstance(o, dict)]
    named = [row for row in rows if row.key]
    found += [*_twice(read, named), *_of_after(read, named), *_circles(read, named)]
    return found + _too_short(read, named)


def _row(index: int, order: dict[str, Any]) -> _Row:
    key, minutes = order.get("key"), order.get("minutes")
    after, within = order.get("after"), order.get("within_minutes")
    return _Row(
        ("orders", index),
        key if isinstance(key, str) else "",
        minutes if type(minutes) is int else 0,
        within if type(within) is int else None,
        tuple(a for a in after if isinstance(a, str)) if isinstance(after, list) else (),
    )


def _of_receiver(read: PlanText, index: int, order: dict[str, Any]) -> Iterator[Problem]:
    to = order.get("to")
    if not isinstance(to, dict) or not isinstance(to.get("each"), str):
        return
    path, each = ("orders", index, "to"), to["each"]
    if "subject" in to and each != "department":
        text = words("Only departments have a subject. Write “each: department” or leave it out.")
        yield _problem(read, (*path, "subject"), text)
    if "tier" in to and each in AREA_TIERS:
        text = words("“each: %(each)s” names the tier already. Leave “tier” out.")
        yield _problem(read, (*path, "tier"), text, each=each)


def _twice(read: PlanText, rows: list[_Row]) -> Iterator[Problem]:
    first: dict[str, _Row] = {}
    for row in rows:
        earlier = first.setdefault(row.key, row)
        if earlier is not row:
            text = words(
                "“%(key)s” is the key of the order on line %(line)s already. Choose another."
            )
            line = read.place((*earlier.path, "key"))[0]
            yield _problem(read, (*row.path, "key"), text, key=row.key, line=line)


def _first(rows: list[_Row]) -> dict[str, _Row]:
    """Orders by key; where a key is given twice, the first one."""
    return {row.key: row for row in reversed(rows)}


def _of_after(read: PlanText, rows: list[_Row]) -> Iterator[Problem]:
    keys = [row.key for row in rows]
    for row in rows:
        for number, wanted in enumerate(row.after):
            path = (*row.path, "after", number)
            if wanted == row.key:
                text = words("“%(key)s” waits for itself. Take it out of “after”.")
                yield _problem(read, path, text, key=row.key)
            elif wanted not in keys:
                close = get_close_matches(wanted, keys, 1)
                text = (
                    words("There is no order “%(key)s” in this plan. Write “%(close)s”.")
                    if close
                    else words("There is no order “%(key)s” in this plan. Add it or take it out.")
                )
                yield _problem(read, path, text, key=wanted, close="".join(close))


def _circles(read: PlanText, rows: list[_Row]) -> Iterator[Problem]:
    """One problem for each circle; its last step is taken out to look for the next one."""
    known = _first(rows)
    waits = {row.key: [a for a in row.after if a in known and a != row.key] for row in rows}
    while True:
        try:
            TopologicalSorter(waits).prepare()
            return
        except CycleError as error:
            # The circle lists each key before the one that waits for it.
            circle: list[str] = error.args[1]
        earlier, later = circle[0], circle[1]
        text = words(
            "These orders wait for one another and none can begin: %(circle)s. "
            "Take one of them out of “after”."
        )
        path = (*known[later].path, "after")
        yield _problem(read, path, text, circle=" → ".join(circle))
        waits[later].remove(earlier)


def _too_short(read: PlanText, rows: list[_Row]) -> list[Problem]:
    known = _first(rows)
    minutes = {key: row.minutes for key, row in known.items()}
    after = {k: tuple(a for a in row.after if a in known) for k, row in known.items()}
    needed = needed_minutes(minutes, after)
    text = words(
        "“%(key)s” is to be done %(within)s minutes after the activation, but needs %(needed)s "
        "with all it waits for (%(chain)s). Allow more time, or wait for less."
    )
    return [
        _problem(
            read, (*row.path, "within_minutes"), text, key=row.key, within=row.within,
            needed=needed[row.key][0],
            chain=" → ".join(f"{key} {minutes[key]}" for key in needed[row.key][1]),
        )
        for row in known.values()
        if row.within is not None and row.key in needed and needed[row.key][0] > row.within
    ]  # fmt: skip


# From checked values to the plan ------------------------------------------------------------


def _plan(value: dict[str, Any]) -> PlanFile:
    return PlanFile(
        code=value["plan"],
        version=value["version"],
        title=_words(value["title"]),
        hazard=value["hazard"],
        purpose=_words(value["purpose"]),
        legal_basis=value["legal_basis"],
        trigger=Trigger(**{name: int(number) for name, number in value["trigger"].items()}),
        orders=tuple(_order(order) for order in value["orders"]),
        measures=tuple(
            PlanMeasure(m["kind"], _words(m["title"]), int(m["days"]))
            for m in value.get("measures", ())
        ),
    )


def _words(value: dict[str, str]) -> Words:
    return Words(value["zh-Hans"], value["zh-Hant"], value["en"])


def _order(value: dict[str, Any]) -> PlanOrder:
    within = value.get("within_minutes")
    return PlanOrder(
        key=value["key"],
        title=_words(value["title"]),
        to=Receiver(**value["to"]),
        minutes=int(value["minutes"]),
        after=tuple(value.get("after", ())),
        within_minutes=None if within is None else int(within),
        instruction=_words(value["instruction"]) if "instruction" in value else None,
        evidence=_words(value["evidence"]) if "evidence" in value else None,
        stock=tuple(StockLine(s["item"], int(s["quantity"])) for s in value.get("stock", ())),
        legal_basis=value.get("legal_basis", ""),
    )
