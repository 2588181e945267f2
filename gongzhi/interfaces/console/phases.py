"""The phases of the plans in force for an incident: their tests, their orders, what is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gongzhi.actors.queries import LISTINGS, visible
from gongzhi.command.queries import WindDown, plan_of, spoken, trigger_state
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.offers import Offer, offers_for
from gongzhi.interfaces.console.reading import address_of
from gongzhi.interfaces.plan_words import PhaseRow, phase_rows

NEXT = {
    "ahead": "begin_phase", "proposed": "begin_phase",
    "begun": "end_phase", "leaving": "end_phase",
}  # fmt: skip
"""What a person may do next with a phase in each of its states."""


@dataclass(frozen=True)
class PhaseInForce:
    """One phase: the record, its tests in words and how they stand, and its orders by state."""

    record: Any
    href: str
    tests: PhaseRow
    orders: int
    done: int
    offer: Offer | None

    @property
    def is_asked(self) -> bool:
        """Whether its tests say that somebody should begin or end it."""
        return self.record.state in ("proposed", "leaving")


@dataclass(frozen=True)
class PlanInForce:
    """A plan in force with its phases in turn, and what is to be taken back at the end."""

    title: str
    href: str
    phases: list[PhaseInForce]
    wind_down: list[tuple[WindDown, str, Offer | None]]


def plans_in_force(incident: Any, reader: Reader) -> list[PlanInForce]:
    """The plans put into force for an incident, those the reader may see."""
    source = visible(LISTINGS["command", "activations"], reader.by, reader.now)
    found = source.filter(incident=incident).select_related("plan", "incident__area")
    return [_plan(activation, reader) for activation in found.order_by("pk")]


def _plan(activation: Any, reader: Reader) -> PlanInForce:
    plan = plan_of(activation.plan)
    tests = {
        row.phase: row
        for row in phase_rows(plan, trigger_state(plan, activation.incident, reader.now))
    }
    given, done = _orders(activation, {order.key: order.phase or "" for order in plan.orders})
    phases = [
        PhaseInForce(
            phase, address_of(phase), tests[phase.phase], given[phase.phase], done[phase.phase],
            _offer(phase, NEXT.get(phase.state, ""), reader),
        )
        for phase in activation.phases.order_by("pk")
        if phase.phase in tests
    ]  # fmt: skip
    items = [
        (item, address_of(item), _offer(item, "take_back" if item.state == "due" else "", reader))
        for item in activation.wind_down.select_related("done_by").order_by("pk")
    ]
    return PlanInForce(
        f"{spoken(plan.title)} {plan.version}", address_of(activation), phases, items
    )


def _orders(activation: Any, phase_of: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    """How many orders of each phase were given, and how many of them are done."""
    rows: Iterable[tuple[str, str]] = activation.orders.exclude(state="withdrawn").values_list(
        "key", "state"
    )
    given: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for key, state in rows:
        given[phase_of.get(key, "")] += 1
        done[phase_of.get(key, "")] += state == "done"
    return given, done


def _offer(record: Any, verb: str, reader: Reader) -> Offer | None:
    if not verb:
        return None
    return next((o for o in offers_for(record, reader) if o.deed.verb == verb), None)
