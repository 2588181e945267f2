"""A contingency plan as a value (预案): who has to do what by when, and after what.

Frozen, and a wrong one cannot be made: keys are unique, every prerequisite is there and no
order waits for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

AREA_TIERS = ("province", "city", "district", "street", "community", "grid")
"""What `each` may name beside kinds of organisation: every area government of a tier."""

PHASES = ("prevent", "control", "treat", "clear")
"""The four phases of a response in turn (防、控、治、消)."""

EVIDENCE = ("photo", "measurement", "document", "count")
"""Kinds of evidence that an order may ask for; without them it is not finished."""

TOLD = ("residents", "organisations", "units_below", "unit_above", "commander", "public")
"""Whom a message of an order is for."""

NOT_BEGUN = {"ahead", "proposed"}
"""States of a phase before somebody begins it."""

Counted = Mapping[tuple[str, int], int]
"""How many were counted, by stream and number of days up to today."""


@dataclass(frozen=True)
class Words:
    """One text as people read it: Simplified, Traditional, English."""

    hans: str
    hant: str
    en: str

    def __post_init__(self) -> None:
        if not (self.hans and self.hant and self.en):
            raise ValueError("A text is needed in all three written forms.")

    @classmethod
    def of(cls, forms: Mapping[str, str]) -> Words:
        """A text from its written forms by language."""
        return cls(forms["zh-Hans"], forms["zh-Hant"], forms["en"])

    @property
    def forms(self) -> dict[str, str]:
        """The written forms by language."""
        return {"zh-Hans": self.hans, "zh-Hant": self.hant, "en": self.en}

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
class Message:
    """Who is told what with an order, in these very words."""

    to: str
    words: Words

    def __post_init__(self) -> None:
        if self.to not in TOLD:
            raise ValueError(f"Nobody is called {self.to!r}.")


@dataclass(frozen=True)
class Rung:
    """One step of an escalation ladder: the government of a tier above, or a unit by its code.

    `minutes` count from the due time, on later steps from the step before.
    """

    minutes: int
    tier: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if bool(self.tier) == bool(self.unit) or self.minutes < 0:
            raise ValueError("A step names a tier or a unit, and a time that is not negative.")


@dataclass(frozen=True)
class PlanOrder:
    """One order of a plan: for each of its receivers, `minutes` from when it is issued.

    `within_minutes` counts from the activation and includes all that the order waits for.
    `cost_cents` is what carrying it out costs each receiver, in cents of yuan.
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
    evidence_kinds: tuple[str, ...] = ()
    forms: tuple[Words, ...] = ()
    messages: tuple[Message, ...] = ()
    escalation: tuple[Rung, ...] = ()
    cost_cents: int = 0

    def __post_init__(self) -> None:
        if self.minutes < 1 or self.cost_cents < 0:
            raise ValueError("An order allows at least one minute and costs nothing or more.")
        if unknown := set(self.evidence_kinds) - set(EVIDENCE):
            raise ValueError(f"There is no evidence of the kind {sorted(unknown)}.")
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
class AtLeast:
    """So many of a stream were counted in the last days, today included."""

    stream: str
    days: int
    at_least: int

    def holds(self, counted: Counted) -> bool:
        """Whether as many were counted; what nobody counted is zero."""
        return counted.get((self.stream, self.days), 0) >= self.at_least


@dataclass(frozen=True)
class AtMost:
    """No more than so many of a stream were counted in the last days, today included."""

    stream: str
    days: int
    at_most: int

    def holds(self, counted: Counted) -> bool:
        """Whether it was counted and is as low; silence is no sign that it is over."""
        found = counted.get((self.stream, self.days))
        return found is not None and found <= self.at_most


@dataclass(frozen=True)
class Picture:
    """How things stand in the area of an incident: open warnings, grade in force, counts.

    `phases` holds the states of the phases of a plan in force, by name.
    """

    red: int
    yellow: int
    grade: int | None
    counted: Counted
    phases: Mapping[str, str] = field(default_factory=dict)

    def are_over(self, named: Collection[str]) -> bool:
        """Whether those of these phases that were begun are over or could end, and one was."""
        begun = {self.phases[name] for name in named if name in self.phases} - NOT_BEGUN
        return bool(begun) and begun <= {"leaving", "over"}


@dataclass(frozen=True)
class Trigger:
    """When a plan or a phase is to begin: one of the numbers given is reached."""

    red_warnings: int | None = None
    warnings: int | None = None
    response_grade: int | None = None
    counts: tuple[AtLeast, ...] = ()
    phases_over: tuple[str, ...] = ()
    """Earlier phases after which a phase begins; a plan has none of these in its own trigger."""

    def __post_init__(self) -> None:
        numbers = (self.red_warnings, self.warnings, self.response_grade)
        if numbers == (None, None, None) and not (self.counts or self.phases_over):
            raise ValueError("A trigger has at least one test.")

    def reached(self, now: Picture) -> tuple[str, ...]:
        """Names of the tests that hold."""
        tests = {
            "red_warnings": self.red_warnings is not None and now.red >= self.red_warnings,
            "warnings": self.warnings is not None and now.red + now.yellow >= self.warnings,
            "response_grade": self.response_grade is not None
            and now.grade is not None
            and now.grade <= self.response_grade,
            "counts": any(test.holds(now.counted) for test in self.counts),
            "phases_over": now.are_over(self.phases_over),
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
    counts: tuple[AtMost, ...] = ()

    def __post_init__(self) -> None:
        given = (self.red_warnings_at_most, self.warnings_at_most, self.response_grade_at_least)
        if all(number is None for number in given) and not self.counts:
            raise ValueError("An exit has at least one test.")

    def passed(self, now: Picture) -> bool:
        """Whether every test holds."""
        lowest = self.response_grade_at_least
        return (
            (self.red_warnings_at_most is None or now.red <= self.red_warnings_at_most)
            and (self.warnings_at_most is None or now.red + now.yellow <= self.warnings_at_most)
            and (lowest is None or now.grade is None or now.grade >= lowest)
            and all(test.holds(now.counted) for test in self.counts)
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
    escalation: tuple[Rung, ...] = ()
    """The ladder of every order that has none of its own."""

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

    def phases_by_key(self) -> dict[str, str]:
        """The phase with which each order is given; without one of its own, the last it waits for.

        Empty for orders that are given as soon as the plan is in force.
        """
        found: dict[str, str] = {}
        for step in self.stages():
            for order in step:
                behind = [p for p in map(found.__getitem__, order.after) if p]
                found[order.key] = order.phase or max(behind, key=PHASES.index, default="")
        return found

    def counts_asked(self) -> set[tuple[str, int]]:
        """Streams and numbers of days that the tests of the plan look at."""
        tests = [*self.trigger.counts]
        exits = [test for phase in self.phases for test in phase.leave.counts]
        tests += [test for phase in self.phases for test in phase.enter.counts]
        return {(test.stream, test.days) for test in (*tests, *exits)}

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
