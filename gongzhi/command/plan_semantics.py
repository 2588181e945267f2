"""What a schema cannot say about a plan: circles, prerequisites, times and phases (预案)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import Any

from gongzhi.command.plan_text import Path, PlanText, Problem, problem_at, words
from gongzhi.command.plan_values import AREA_TIERS, PHASES, needed_minutes


@dataclass(frozen=True)
class _Row:
    """What is needed of an order to check it against the others, where it is well formed."""

    path: Path
    key: str
    minutes: int
    within: int | None
    after: tuple[str, ...]
    phase: str


def semantic_problems(read: PlanText) -> list[Problem]:
    """What a schema cannot say about orders and phases, with its line."""
    orders = read.value.get("orders")
    entries = list(enumerate(orders)) if isinstance(orders, list) else []
    found = [p for i, o in entries if isinstance(o, dict) for p in _of_receiver(read, i, o)]
    rows = [_row(i, o) for i, o in entries if isinstance(o, dict)]
    named = [row for row in rows if row.key]
    found += [*_twice(read, named), *_of_after(read, named), *_circles(read, named)]
    found += _of_ladder(read, ("escalation",), read.value)
    for i, order in entries:
        if isinstance(order, dict):
            found += _of_ladder(read, ("orders", i, "escalation"), order)
    return [*found, *_too_short(read, named), *_of_phases(read, named)]


def _of_ladder(read: PlanText, path: Path, of: dict[str, Any]) -> Iterator[Problem]:
    """Each step of a ladder names a tier or a unit, not both and not neither."""
    steps = of.get("escalation")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict) and ("tier" in step) == ("unit" in step):
            text = words("A step goes to a tier or to a unit. Write one of “tier” and “unit”.")
            yield problem_at(read, (*path, number), text)


def _row(index: int, order: dict[str, Any]) -> _Row:
    key, minutes = order.get("key"), order.get("minutes")
    after, within = order.get("after"), order.get("within_minutes")
    phase = order.get("phase")
    return _Row(
        ("orders", index),
        key if isinstance(key, str) else "",
        minutes if type(minutes) is int else 0,
        within if type(within) is int else None,
        tuple(a for a in after if isinstance(a, str)) if isinstance(after, list) else (),
        phase if isinstance(phase, str) else "",
    )


def _of_receiver(read: PlanText, index: int, order: dict[str, Any]) -> Iterator[Problem]:
    to = order.get("to")
    if not isinstance(to, dict) or not isinstance(to.get("each"), str):
        return
    path, each = ("orders", index, "to"), to["each"]
    if "subject" in to and each != "department":
        text = words("Only departments have a subject. Write “each: department” or leave it out.")
        yield problem_at(read, (*path, "subject"), text)
    if "tier" in to and each in AREA_TIERS:
        text = words("“each: %(each)s” names the tier already. Leave “tier” out.")
        yield problem_at(read, (*path, "tier"), text, each=each)


def _twice(read: PlanText, rows: list[_Row]) -> Iterator[Problem]:
    first: dict[str, _Row] = {}
    for row in rows:
        earlier = first.setdefault(row.key, row)
        if earlier is not row:
            text = words(
                "“%(key)s” is the key of the order on line %(line)s already. Choose another."
            )
            line = read.place((*earlier.path, "key"))[0]
            yield problem_at(read, (*row.path, "key"), text, key=row.key, line=line)


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
                yield problem_at(read, path, text, key=row.key)
            elif wanted not in keys:
                close = get_close_matches(wanted, keys, 1)
                text = (
                    words("There is no order “%(key)s” in this plan. Write “%(close)s”.")
                    if close
                    else words("There is no order “%(key)s” in this plan. Add it or take it out.")
                )
                yield problem_at(read, path, text, key=wanted, close="".join(close))


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
        yield problem_at(read, path, text, circle=" → ".join(circle))
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
        problem_at(
            read, (*row.path, "within_minutes"), text, key=row.key, within=row.within,
            needed=needed[row.key][0],
            chain=" → ".join(f"{key} {minutes[key]}" for key in needed[row.key][1]),
        )
        for row in known.values()
        if row.within is not None and row.key in needed and needed[row.key][0] > row.within
    ]  # fmt: skip


# Phases -------------------------------------------------------------------------------------


def _of_phases(read: PlanText, rows: list[_Row]) -> Iterator[Problem]:
    phases = read.value.get("phases")
    entries = phases if isinstance(phases, list) else []
    names = [p.get("phase") if isinstance(p, dict) else None for p in entries]
    yield from _out_of_turn(read, names)
    yield from _not_before(read, entries, names)
    known = _first(rows)
    for row in rows:
        if row.phase not in PHASES:
            continue
        if row.phase not in names:
            text = words("The plan has no phase “%(phase)s”. Add it to “phases”, or write another.")
            yield problem_at(read, (*row.path, "phase"), text, phase=row.phase)
        yield from _of_turn(read, row, known)


def _out_of_turn(read: PlanText, names: list[Any]) -> Iterator[Problem]:
    """Each phase once, in the order of the four."""
    last = -1
    for number, name in enumerate(names):
        if name not in PHASES:
            continue
        if PHASES.index(name) <= last:
            text = words(
                "“%(phase)s” stands in the wrong place. Each phase once, in turn: %(all)s."
            )
            path = ("phases", number, "phase")
            yield problem_at(read, path, text, phase=name, all=", ".join(PHASES))
        last = max(last, PHASES.index(name))


def _not_before(read: PlanText, entries: list[Any], names: list[Any]) -> Iterator[Problem]:
    """A phase begins after phases that stand before it."""
    for number, entry in enumerate(entries):
        enter = entry.get("enter") if isinstance(entry, dict) else None
        named = enter.get("phases_over") if isinstance(enter, dict) else None
        for place, name in enumerate(named if isinstance(named, list) else ()):
            if name not in names[:number]:
                text = words(
                    "“%(phase)s” does not stand before this phase. Name a phase that does, or "
                    "take it out."
                )
                path = ("phases", number, "enter", "phases_over", place)
                yield problem_at(read, path, text, phase=name)


def _of_turn(read: PlanText, row: _Row, known: dict[str, _Row]) -> Iterator[Problem]:
    """An order never waits for a phase still to come."""
    for number, wanted in enumerate(row.after):
        phase = known[wanted].phase if wanted in known else ""
        if phase in PHASES and PHASES.index(phase) > PHASES.index(row.phase):
            text = words(
                "“%(key)s” (%(phase)s) waits for “%(wanted)s” of the later phase %(later)s. Take "
                "it out of “after”, or change the phase."
            )
            yield problem_at(
                read, (*row.path, "after", number), text, key=row.key, phase=row.phase,
                wanted=wanted, later=phase,
            )  # fmt: skip
