"""Compile a plan for the units of an area: one order for each unit that receives it.

The rule of prerequisites. An order of the unit U that stands `after: [k]` waits

1. for U's own order with the key k, if the plan gives U one; otherwise
2. for every order with the key k of a unit in line with U: above it or below it.

An organisation stands where it belongs: in line are those whose areas contain one another, so
the city's health department is in line with every district, and a hospital with its district
and the streets of it. Where nobody in line has such an order there is nothing to wait for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from gongzhi.command.plan_values import PlanFile, PlanOrder

STEP = 5
"""Digits per level in a unit's path."""


@dataclass(frozen=True)
class Member:
    """A unit as a plan sees it; `home` is the path of the area where it stands."""

    path: str
    home: str
    kind: str
    tier: str
    subject: str = ""

    def __post_init__(self) -> None:
        if not self.home or not self.path.startswith(self.home):
            raise ValueError("A unit stands in an area above it, or is one.")


@dataclass(frozen=True)
class Compiled:
    """One order to be: which unit, what it waits for (positions in the list), expected times.

    `begins` and `due` are minutes after the activation, if every prerequisite takes all the
    time it is allowed.
    """

    order: PlanOrder
    path: str
    waits: tuple[int, ...]
    begins: int
    due: int

    def __post_init__(self) -> None:
        if self.due <= self.begins or self.begins < 0:
            raise ValueError("An order is due after it begins.")


@dataclass(frozen=True)
class Compilation:
    """All orders of a plan for an area, prerequisites before what waits for them."""

    orders: tuple[Compiled, ...]
    nobody: tuple[str, ...]
    """Keys of the orders that no unit of the area receives."""

    def __str__(self) -> str:
        units = len({order.path for order in self.orders})
        text = f"{len(self.orders)} orders to {units} units"
        return text + (f"; nobody receives {', '.join(self.nobody)}" if self.nobody else "")


def compile_plan(
    plan: PlanFile, members: Sequence[Member], keys: Collection[str] | None = None
) -> Compilation:
    """Give every order of the plan to every unit that receives it (预案指令化).

    keys: only these orders are given; nothing waits for the others.
    """
    made: list[Compiled] = []
    given: dict[str, _Given] = defaultdict(_Given)
    for step in plan.stages():
        for order in step:
            if keys is not None and order.key not in keys:
                continue
            for member in members:
                if not order.to.receives(member.kind, member.tier, member.subject):
                    continue
                waits = {n for key in order.after for n in given[key].in_line(member)}
                begins = max((made[n].due for n in waits), default=0)
                given[order.key].add(member, len(made))
                due = begins + order.minutes
                made.append(Compiled(order, member.path, tuple(sorted(waits)), begins, due))
    asked = (order.key for order in plan.orders if keys is None or order.key in keys)
    nobody = tuple(key for key in asked if not given[key].own)
    return Compilation(tuple(made), nobody)


class _Given:
    """Positions of the orders of one key: by unit, by place, and below each place."""

    def __init__(self) -> None:
        self.own: dict[str, int] = {}
        self.at: dict[str, list[int]] = defaultdict(list)
        self.below: dict[str, list[int]] = defaultdict(list)

    def add(self, member: Member, position: int) -> None:
        self.own[member.path] = position
        self.at[member.home].append(position)
        for path in _above(member.home):
            self.below[path].append(position)

    def in_line(self, member: Member) -> Iterable[int]:
        if member.path in self.own:
            return [self.own[member.path]]
        above = [n for path in _above(member.home) for n in self.at.get(path, ())]
        return [*above, *self.at.get(member.home, ()), *self.below.get(member.home, ())]


def _above(path: str) -> list[str]:
    """Paths of the areas above a path, without itself."""
    return [path[:n] for n in range(STEP, len(path), STEP)]
