"""A contingency plan as a value (预案): who has to do what by when, and after what.

Frozen, and a wrong one cannot be made: keys are unique, every prerequisite is there and no
order waits for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

AREA_TIERS = ("province", "city", "district", "street", "community", "grid")
"""What `each` may name beside kinds of organisation: every area government of a tier."""

PHASES = ("prevent", "control", "treat", "clear")
"""The four phases of a response in turn (防、控、治、消)."""


@dataclass(frozen=True)
class Words:
    """One text as people read it: Simplified, Traditional, English."""

    hans: str
    hant: str
    en: str

    def __post_init__(self) -> None:
        if not (self.hans and self.hant and self.en):
            raise ValueError("A text is needed in all three written forms.")

    def __str__(self) -> str:
        return self.hans


@dataclass(frozen=True)
class Receiver:
    """Who receives an order: every unit of a tier, or of a kind, subject and tier.

    `role` is who in the unit is expected to act; it does not choose units.
    """

    each: str
    subject: str = ""
    tier: str = ""
    role: str = ""

    def __post_init__(self) -> None:
        if self.each in AREA_TIERS and (self.subject or self.tier):
            raise ValueError("A tier of government has neither subject nor tier beside it.")
        if self.subject and self.each != "department":
            raise ValueError("Only departments have a subject.")

    def receives(self, kind: str, tier: str, subject: str) -> bool:
        """Whether a unit of this kind, tier and subject is meant."""
        if self.each in AREA_TIERS:
            return kind == "area" and tier == self.each
        return (
            kind == self.each
            and (not self.tier or tier == self.tier)
            and (not self.subject or subject == self.subject)
        )

    def __str__(self) -> str:
        details = ", ".join(filter(None, (self.subject, self.tier)))
        return f"each {self.each}" + (f" ({details})" if details else "")


@dataclass(frozen=True)
class StockLine:
    """So much of an item, for each unit that receives the order."""

    item: str
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError("A quantity is at least 1.")


@dataclass(frozen=True)
class PlanOrder:
    """One order of a plan: for each of its receivers, `minutes` from when it is issued.

    `within_minutes` counts from the activation and includes all that the order waits for.
    """

    key: str
    title: Words
    to: Receiver
    minutes: int
    after: tuple[str, ...] = ()
    within_minutes: int | None = None
    instruction: Words | None = None
    evidence: Words | None = None
    stock: tuple[StockLine, ...] = ()
    legal_basis: str = ""
    phase: str = ""

    def __post_init__(self) -> None:
        if self.minutes < 1:
            raise ValueError("An order allows at least one minute.")
        if self.key in self.after:
            raise ValueError(f"The order {self.key!r} waits for itself.")


@dataclass(frozen=True)
class PlanMeasure:
    """A measure that is put in force with the plan and ends by itself after `days`."""

    kind: str
    title: Words
    days: int

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError("A measure lasts at least one day.")


@dataclass(frozen=True)
class Trigger:
    """When a plan is to be put into force: one of the numbers given is reached."""

    red_warnings: int | None = None
    warnings: int | None = None
    response_grade: int | None = None

    def __post_init__(self) -> None:
        if self.red_warnings is self.warnings is self.response_grade is None:
            raise ValueError("A trigger has at least one test.")

    def reached(self, *, red: int, yellow: int, grade: int | None) -> tuple[str, ...]:
        """Names of the tests that hold: open warnings by level, the response grade in force."""
        tests = {
            "red_warnings": self.red_warnings is not None and red >= self.red_warnings,
            "warnings": self.warnings is not None and red + yellow >= self.warnings,
            "response_grade": self.response_grade is not None
            and grade is not None
            and grade <= self.response_grade,
        }
        return tuple(name for name, holds in tests.items() if holds)


@dataclass(frozen=True)
class ExitTest:
    """When a phase is over: all of the numbers given are reached.

    `response_grade_at_least` holds where no level is in force, or one as low (4 is the lowest).
    """

    red_warnings_at_most: int | None = None
    warnings_at_most: int | None = None
    response_grade_at_least: int | None = None

    def __post_init__(self) -> None:
        given = (self.red_warnings_at_most, self.warnings_at_most, self.response_grade_at_least)
        if all(number is None for number in given):
            raise ValueError("An exit has at least one test.")

    def passed(self, *, red: int, yellow: int, grade: int | None) -> bool:
        """Whether every test holds: open warnings by level, the response grade in force."""
        lowest = self.response_grade_at_least
        return (
            (self.red_warnings_at_most is None or red <= self.red_warnings_at_most)
            and (self.warnings_at_most is None or red + yellow <= self.warnings_at_most)
            and (lowest is None or grade is None or grade >= lowest)
        )


@dataclass(frozen=True)
class PlanPhase:
    """One of the four phases with its test for beginning and its test for being over."""

    phase: str
    enter: Trigger
    leave: ExitTest

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise ValueError(f"There is no phase {self.phase!r}.")


@dataclass(frozen=True)
class PlanFile:
    """One version of a plan, complete and free of contradiction."""

    code: str
    version: str
    title: Words
    hazard: str
    purpose: Words
    legal_basis: str
    trigger: Trigger
    orders: tuple[PlanOrder, ...]
    measures: tuple[PlanMeasure, ...] = ()
    phases: tuple[PlanPhase, ...] = ()
    wind_down: tuple[Words, ...] = ()
    """What is taken back at the end, one thing a line."""

    def __post_init__(self) -> None:
        keys = [order.key for order in self.orders]
        if not keys or len(set(keys)) != len(keys):
            raise ValueError("A plan has orders, each with a key of its own.")
        if unknown := {key for order in self.orders for key in order.after} - set(keys):
            raise ValueError(f"There are no orders with the keys {sorted(unknown)}.")
        turns = [PHASES.index(phase.phase) for phase in self.phases]
        if turns != sorted(set(turns)):
            raise ValueError("Phases stand in turn, each once.")
        if {order.phase for order in self.orders} - {"", *(p.phase for p in self.phases)}:
            raise ValueError("An order belongs to a phase of its plan, or to none.")
        self.stages()

    def order(self, key: str) -> PlanOrder:
        """The order with this key."""
        return next(order for order in self.orders if order.key == key)

    def stages(self) -> tuple[tuple[PlanOrder, ...], ...]:
        """The orders in steps: each step waits only for the steps before it."""
        sorter = TopologicalSorter({order.key: order.after for order in self.orders})
        try:
            sorter.prepare()
        except CycleError as error:
            raise ValueError(f"Orders wait for one another: {error.args[1]}.") from None
        steps = []
        while sorter.is_active():
            ready = set(sorter.get_ready())
            steps.append(tuple(order for order in self.orders if order.key in ready))
            sorter.done(*ready)
        return tuple(steps)

    def diagram(self) -> str:
        """The plan drawn as a Mermaid flowchart: an arrow from each order to what waits for it."""
        boxes = [f'  {o.key}["{o.title.hans}<br>{o.to} · {o.minutes} min"]' for o in self.orders]
        arrows = [f"  {before} --> {o.key}" for o in self.orders for before in o.after]
        return "\n".join(["flowchart LR", *boxes, *arrows])

    def __str__(self) -> str:
        steps = "\n".join(
            f"  {number}. " + ", ".join(f"{order.key} ({order.to})" for order in step)
            for number, step in enumerate(self.stages(), 1)
        )
        return f"{self.title} {self.version} ({self.hazard})\n{steps}"


def needed_minutes(
    minutes: dict[str, int], after: dict[str, tuple[str, ...]]
) -> dict[str, tuple[int, tuple[str, ...]]]:
    """For each key, the longest time of it and all it waits for, and the chain that needs it.

    Orders that wait for one another in a circle, and those behind them, are left out.
    """
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    open_keys = set(minutes)
    while ready := {k for k in open_keys if all(a in found for a in after[k])}:
        for key in sorted(ready):
            longest = max((found[a] for a in after[key]), default=(0, ()))
            found[key] = (longest[0] + minutes[key], (*longest[1], key))
        open_keys -= ready
    return found
