"""Random plans, random events: the rows, a slow interpreter and the ledger say the same."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from gongzhi.command.actions import (
    accept_order,
    activate_plan,
    adopt_plan,
    amend_order,
    begin_phase,
    climb_late_orders,
    decline_order,
    extend_order,
    fail_order,
    finish_order,
    offer_order,
    reissue_order,
    release_order,
    take_over_order,
    withdraw_order,
)
from gongzhi.command.models import Climb, Order, Phase
from gongzhi.command.queries.replayed import Told, orders_told
from gongzhi.errors import NotNow
from gongzhi.ledger.models import Entry
from tests.rooms.cast import small_city
from tests.rooms.machines import Machine, play
from tests.rooms.order_twin import Name, Twin, TwinOrder
from tests.rooms.test_command_machine import RECEIVERS
from tests.rooms.upstream import Upstream, crisis, plan_document, plan_order

TESTS = [
    {"phase": "control", "enter": {"red_warnings": 1}, "leave": {"red_warnings_at_most": 0}},
    {"phase": "clear", "enter": {"red_warnings": 99}, "leave": {"red_warnings_at_most": 0}},
]
"""The first phase begins with the activation, the second when a person begins it."""
RUNGS = st.fixed_dictionaries(
    {"minutes": st.sampled_from([0, 20, 90])}
).flatmap(
    lambda m: st.sampled_from(
        [{"tier": "district", **m}, {"tier": "city", **m}, {"unit": "WATER", **m},
         {"unit": "NOBODY", **m}]
    )
)  # fmt: skip
LADDERS = st.lists(RUNGS, max_size=3)
UNITS = st.sampled_from(["S11", "S21", "D1", "H2", "WATER", "K111"])
MINUTES = st.sampled_from([10, 45])
PICK = st.integers(0, 40)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A plan of two to five orders in up to two phases, some with a ladder of their own."""
    orders: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 5))):
        phase = draw(st.sampled_from(["", "control", "clear"]))
        allowed = {"": ("",), "control": ("", "control"), "clear": ("", "control", "clear")}[phase]
        earlier = [o["key"] for o in orders if not phase or o.get("phase", "") in allowed]
        after = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
        ladder = draw(LADDERS)
        more = {
            **({"after": after} if after else {}), **({"phase": phase} if phase else {}),
            **({"escalation": ladder} if ladder else {}),
        }  # fmt: skip
        time = draw(st.sampled_from([10, 60, 300]))
        orders.append(plan_order(f"do-{number}", draw(RECEIVERS), time, **more))
    orders.append(plan_order("at-once", {"each": "city"}, 60))
    ladder = draw(LADDERS)
    return plan_document(*orders, phases=TESTS, **({"escalation": ladder} if ladder else {}))


class Both(Machine):
    """The same events for the rows and for the twin; refused by one, refused by both."""

    above: Upstream

    def __init__(self) -> None:
        super().__init__()
        self.mayor, self.duty = self.city.person("mayor"), self.city.person("city-duty")
        self.numbers: dict[Name, int] = {}
        self.first_entry = Entry.objects.order_by("-id").values_list("id", flat=True)[0]

    @initialize(document=documents())
    def activate(self, document: str) -> None:
        plan = adopt_plan(document=document, by=self.mayor, now=self.now)
        activate_plan(
            plan=plan, incident=self.above.incident, decision=self.above.decision, by=self.mayor,
            now=self.now,
        )  # fmt: skip
        self.twin = Twin(json.loads(document))
        self.are_given({"control"})

    def are_given(self, phases: set[str]) -> None:
        """The twin gives the same orders; from now on each has the number of its row."""
        new = self.twin.give(phases, self.now)
        rows = Order.objects.exclude(pk__in=self.numbers.values()).select_related("unit")
        found = {(row.key, row.unit.code): row.pk for row in rows}
        assert set(found) == new
        self.numbers |= found

    @rule(passed=st.sampled_from([1, 15, 60, 400]))
    def time_passes(self, passed: int) -> None:
        self.now += timedelta(minutes=passed)

    @rule()
    def clock(self) -> None:
        climb_late_orders(by=self.mayor, now=self.now)
        self.twin.clock(self.now)

    @rule()
    def begin(self) -> None:
        phase, given = Phase.objects.get(phase="clear"), {"by": self.mayor, "now": self.now}
        if "clear" in self.twin.begun:
            with pytest.raises(NotNow):
                begin_phase(phase=phase, reason="Early.", **given)
            return
        begin_phase(phase=phase, reason="Early.", **given)
        self.are_given({"clear"})

    @rule(pick=PICK)
    def accept(self, pick: int) -> None:
        self.both(pick, accept_order, self.twin.accept)

    @rule(pick=PICK)
    def finish(self, pick: int) -> None:
        self.both(self.some(pick), finish_order, self.twin.finish, result="Done.")

    @rule(pick=PICK)
    def finish_one_under_way(self, pick: int) -> None:
        """So that long plans are carried far."""
        names = sorted(self.twin.orders)
        running = [n for n, name in enumerate(names) if self.twin.orders[name].state == "issued"]
        if running:
            self.both(running[pick % len(running)], finish_order, self.twin.finish, result="Done.")

    @rule(pick=PICK)
    def fail(self, pick: int) -> None:
        self.both(self.some(pick), fail_order, self.twin.fail, reason="No staff")

    @rule(pick=PICK, minutes=MINUTES)
    def reissue(self, pick: int, minutes: int) -> None:
        self.both(
            pick, reissue_order, lambda o, now: self.twin.reissue(o, now, minutes),
            reason="Staff came", minutes=minutes,
        )  # fmt: skip

    @rule(pick=PICK, minutes=MINUTES)
    def extend(self, pick: int, minutes: int) -> None:
        self.both(
            pick, extend_order, lambda o, now: self.twin.extend(o, now, minutes), reason="Snow",
            minutes=minutes,
        )  # fmt: skip

    @rule(pick=PICK)
    def release(self, pick: int) -> None:
        self.both(pick, release_order, self.twin.release, reason="It must be")

    @rule(pick=PICK)
    def withdraw(self, pick: int) -> None:
        self.both(self.some(pick), withdraw_order, self.twin.withdraw, reason="Not needed")

    @rule(pick=PICK, minutes=MINUTES, code=UNITS)
    def amend(self, pick: int, minutes: int, code: str) -> None:
        """Always in its words as well, so that every amendment changes something."""
        self.both(
            self.some(pick), amend_order, lambda o, now: self.twin.amend(o, now, minutes, code),
            reason="It changed", minutes=minutes, unit=self.city[code],
            instruction=f"Look again at {self.now} {Entry.objects.count()}",
        )  # fmt: skip

    @rule(pick=PICK, code=UNITS)
    def offer(self, pick: int, code: str) -> None:
        self.both(
            pick, offer_order, lambda o, now: self.twin.offer(o, now, code), reason="Flooded",
            unit=self.city[code],
        )  # fmt: skip

    @rule(pick=PICK)
    def take_over(self, pick: int) -> None:
        self.both(self.offered(pick), take_over_order, self.twin.take_over, by=self.duty)

    @rule(pick=PICK)
    def decline(self, pick: int) -> None:
        self.both(self.offered(pick), decline_order, self.twin.decline, by=self.duty, reason="No")

    def offered(self, pick: int) -> int:
        """An order that is offered to somebody, where there is one."""
        names = sorted(self.twin.orders)
        open_ones = [n for n, name in enumerate(names) if self.twin.orders[name].offered_to]
        return open_ones[pick % len(open_ones)] if open_ones else pick

    def some(self, pick: int) -> int:
        """Any order, every other time one that is offered: what is offered changes in all ways."""
        return self.offered(pick) if pick % 2 else pick

    def both(self, pick: int, deed: Any, twin_deed: Any, **given: Any) -> None:
        """Do it to one order in both worlds; one refuses if and only if the other does."""
        names = sorted(self.twin.orders)
        name = names[pick % len(names)]
        possible = twin_deed(self.twin.orders[name], self.now)
        order = Order.objects.get(pk=self.numbers[name])
        try:
            deed(**{"order": order, "by": self.mayor, "now": self.now, **given})
        except NotNow:
            assert not possible, f"{deed.__name__} of {name} was refused."
        else:
            assert possible, f"{deed.__name__} of {name} was not refused."

    @invariant()
    def all_say_the_same(self) -> None:
        rows = {o.pk: o for o in Order.objects.select_related("unit", "offered_to")}
        climbs: dict[int, list[str]] = {pk: [] for pk in rows}
        for order, code in Climb.objects.order_by("id").values_list("order", "to_unit__code"):
            climbs[order].append(code)
        assert set(rows) == set(self.numbers.values())
        told = orders_told(Entry.objects.filter(id__gt=self.first_entry).order_by("id"))
        assert told == {
            pk: Told(row.state, row.minutes_allowed, row.due_at, row.version)
            for pk, row in rows.items()
        }
        for name, number in self.numbers.items():
            self.is_alike(rows[number], self.twin.orders[name], name, climbs[number])

    def is_alike(self, row: Order, twin: TwinOrder, name: Name, climbs: list[str]) -> None:
        assert (row.state, row.due_at, row.minutes_allowed, row.version) == (
            twin.state, twin.due_at, twin.minutes, twin.version,
        ), name  # fmt: skip
        assert row.unit.code == twin.unit, name
        assert (row.offered_to.code if row.offered_to else "") == twin.offered_to, name
        assert climbs == [code for code, _at in twin.climbs], name
        waits = row.state == "waiting"
        assert bool(row.waiting_for) == waits
        assert (row.held_up_by_id is not None) == (waits and self.twin.broken_behind(name)), name


@pytest.mark.usefixtures("db")
def test_rows_twin_and_ledger_say_the_same_whatever_happens() -> None:
    city = small_city()
    play(Both, examples=25, steps=20, city=city, above=crisis(city))
