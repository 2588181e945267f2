"""A plan that uses parts of another: orders, measures and what is wound down, written out in full.

An order keeps the legal basis of the plan it comes from. What is adopted is the complete text,
so a plan in force never changes because another one did.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from ruamel.yaml import YAML

from gongzhi.command.plan_text import Path, PlanText, Problem, problem_at, words

WIDTH = 100
"""Characters in a line of a text that is written out, about."""


@dataclass(frozen=True)
class Part:
    """A plan to take parts from: its values, or what is wrong with it, or what is called alike."""

    value: dict[str, Any] | None = None
    wrong: Problem | None = None
    close: tuple[str, ...] = ()


ALL = "all"
NAMED_BY = {"orders": "key", "measures": "kind"}
"""The parts that can be taken one by one, and what each entry is called by."""
PARTS = ("orders", "measures", "wind_down")
Taken = dict[str, list[tuple[Path, Any]]]
"""The entries taken over of each part, and where the plan says so."""

Find = Callable[[str, tuple[str, ...]], Part]
"""Looks a plan up by its code, given the codes of the plans that lead to it."""


def included(
    read: PlanText, find: Find, trail: tuple[str, ...]
) -> tuple[PlanText, Sequence[Problem]]:
    """The plan with the parts that it includes, and what cannot be included, by line."""
    wanted = read.value.get("include")
    if not isinstance(wanted, list) or not wanted:
        return read, ()
    way = (*trail, str(read.value.get("plan", "")))
    problems: list[Problem] = []
    taken: Taken = {part: [] for part in PARTS}
    for number, entry in enumerate(wanted):
        path = ("include", number)
        if not isinstance(entry, dict) or not isinstance(entry.get("plan"), str):
            continue
        other = _part(read, path, entry["plan"], find, way)
        if isinstance(other, Problem):
            problems.append(other)
            continue
        for part in PARTS:
            taken[part] += _taken(read, (*path, part), entry, _with_basis(other), problems)
    return _joined(read, taken), problems


def _with_basis(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan whose orders carry the legal basis and the ladder of the plan they come from."""
    of_all = {name: plan[name] for name in ("legal_basis", "escalation") if name in plan}
    return {**plan, "orders": [{**of_all, **order} for order in plan["orders"]]}


def _part(
    read: PlanText, path: Path, code: str, find: Find, way: tuple[str, ...]
) -> dict[str, Any] | Problem:
    place = (*path, "plan")
    if code in way:
        text = words("These plans include one another: %(circle)s. Take this one out.")
        return problem_at(read, place, text, circle=" → ".join((*way[way.index(code) :], code)))
    part = find(code, way)
    if part.value is not None:
        return part.value
    if part.wrong is not None:
        text = words(
            "The plan “%(code)s” has mistakes of its own, the first on line %(line)s. Mend it "
            "first."
        )
        return problem_at(read, place, text, code=code, line=part.wrong.line)
    if part.close:
        text = words("There is no plan “%(code)s” to include. Write “%(close)s”.")
        return problem_at(read, place, text, code=code, close=part.close[0])
    text = words("There is no plan “%(code)s” to include. Adopt it first, or put it beside this.")
    return problem_at(read, place, text, code=code)


def _taken(
    read: PlanText, path: Path, entry: dict[str, Any], plan: dict[str, Any], found: list[Problem]
) -> Iterator[tuple[Path, Any]]:
    """The entries of one part that are taken over; what is not there is added to the problems."""
    part = str(path[-1])
    wanted, there = entry.get(part), plan.get(part, [])
    if wanted == ALL:
        yield from ((path, one) for one in there)
        return
    by_name = {one[NAMED_BY[part]]: one for one in there} if part in NAMED_BY else {}
    for number, name in enumerate(wanted if isinstance(wanted, list) else ()):
        here = (*path, number)
        if isinstance(name, str) and name in by_name:
            yield here, by_name[name]
        else:
            found.append(_not_there(read, here, part, entry["plan"], name, by_name))


def _not_there(
    read: PlanText, path: Path, part: str, code: str, name: object, known: Iterable[str]
) -> Problem:
    close = get_close_matches(str(name), list(known), 1)
    texts = {
        ("orders", True): words("The plan “%(code)s” has no order “%(key)s”. Write “%(close)s”."),
        ("orders", False): words(
            "The plan “%(code)s” has no order “%(key)s”. Known are: %(known)s."
        ),
        ("measures", True): words(
            "The plan “%(code)s” has no measure “%(key)s”. Write “%(close)s”."
        ),
        ("measures", False): words(
            "The plan “%(code)s” has no measure “%(key)s”. Known are: %(known)s."
        ),
    }
    facts = {"close": "".join(close), "known": ", ".join(known) or "–"}
    text = texts[part if part in NAMED_BY else "orders", bool(close)]
    return problem_at(read, path, text, code=code, key=name, **facts)


def _joined(read: PlanText, taken: Taken) -> PlanText:
    """The plan's own parts, then those taken over, which stand where they are included."""
    value = {name: part for name, part in read.value.items() if name != "include"}
    places = dict(read.places)
    for part, entries in taken.items():
        own = value.get(part)
        own = own if isinstance(own, list) else []
        if entries or part in value:
            value[part] = [*own, *(one for _path, one in entries)]
        places |= {(part, len(own) + n): read.place(path) for n, (path, _one) in enumerate(entries)}
    return replace(read, value=value, places=places)


def written_out(value: dict[str, Any]) -> str:
    """A complete plan as YAML, each thing in full: a plan is read without references."""
    writer: Any = YAML(typ="safe", pure=True)
    writer.representer.ignore_aliases = lambda _value: True
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = WIDTH
    writer.sort_base_mapping_type_on_output = False
    text = io.StringIO()
    writer.dump(value, text)
    return text.getvalue()
