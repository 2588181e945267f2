"""A plan that uses parts of another: orders taken over by their keys, then written out in full.

An order keeps the legal basis of the plan it comes from. What is adopted is the complete text,
so a plan in force never changes because another one did.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from ruamel.yaml import YAML

from gongzhi.command.plan_text import Path, PlanText, Problem, problem_at, words

WIDTH = 100
"""Characters in a line of a text that is written out, about."""


@dataclass(frozen=True)
class Part:
    """A plan to take orders from: its values, or what is wrong with it, or what is called alike."""

    value: dict[str, Any] | None = None
    wrong: Problem | None = None
    close: tuple[str, ...] = ()


Find = Callable[[str, tuple[str, ...]], Part]
"""Looks a plan up by its code, given the codes of the plans that lead to it."""


def included(
    read: PlanText, find: Find, trail: tuple[str, ...]
) -> tuple[PlanText, Sequence[Problem]]:
    """The plan with the orders that it includes, and what cannot be included, by line."""
    wanted = read.value.get("include")
    if not isinstance(wanted, list) or not wanted:
        return read, ()
    way = (*trail, str(read.value.get("plan", "")))
    problems: list[Problem] = []
    taken: list[tuple[Path, dict[str, Any]]] = []
    for number, entry in enumerate(wanted):
        path = ("include", number)
        if isinstance(entry, dict) and isinstance(entry.get("plan"), str):
            part = _part(read, path, entry["plan"], find, way)
            if isinstance(part, Problem):
                problems.append(part)
            else:
                taken += _taken(read, path, entry, part, problems)
    return _joined(read, taken), problems


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
    read: PlanText, path: Path, entry: dict[str, Any], part: dict[str, Any], found: list[Problem]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The orders that are taken over; keys that are not there are added to the problems."""
    by_key = {order["key"]: order for order in part["orders"]}
    keys = entry.get("orders")
    for number, key in enumerate(keys if isinstance(keys, list) else ()):
        here = (*path, "orders", number)
        if isinstance(key, str) and key in by_key:
            yield here, {"legal_basis": part["legal_basis"], **by_key[key]}
            continue
        close = get_close_matches(str(key), by_key, 1)
        text = (
            words("The plan “%(code)s” has no order “%(key)s”. Write “%(close)s”.")
            if close
            else words("The plan “%(code)s” has no order “%(key)s”. Known are: %(known)s.")
        )
        facts = {"close": "".join(close), "known": ", ".join(by_key)}
        found.append(problem_at(read, here, text, code=entry["plan"], key=key, **facts))


def _joined(read: PlanText, taken: list[tuple[Path, dict[str, Any]]]) -> PlanText:
    """The orders of the plan and those taken over, which stand where they are included."""
    own = read.value.get("orders")
    orders = [*(own if isinstance(own, list) else ()), *(order for _path, order in taken)]
    value = {name: part for name, part in read.value.items() if name != "include"}
    first = len(orders) - len(taken)
    places: dict[Path, tuple[int, int]] = {
        ("orders", first + n): read.place(path) for n, (path, _order) in enumerate(taken)
    }
    return replace(read, value={**value, "orders": orders}, places={**read.places, **places})


def written_out(value: dict[str, Any]) -> str:
    """A complete plan as YAML."""
    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = WIDTH
    writer.sort_base_mapping_type_on_output = False
    text = io.StringIO()
    writer.dump(value, text)
    return text.getvalue()
