"""Random small plans, random deeds, a random clock: what must hold whatever people do.

- No order is issued before its prerequisites are done, unless a person let it go by name.
- No order waits for nothing, and whoever waits behind a broken order knows of it.
- Every late order climbs each tier once, in order, with an interval between.
- Running the clock again at the same moment changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from gongzhi.actors.models import Kind, Unit
from gongzhi.command.actions import (
    accept_order,
    activate_plan,
    adopt_plan,
    climb_late_orders,
    extend_order,
    fail_order,
    finish_order,
    reissue_order,
    release_order,
    withdraw_order,
)
from gongzhi.command.models import Climb, Order
from gongzhi.command.queries import BROKEN, RUNNING
from gongzhi.errors import NotNow
from gongzhi.ledger.models import Entry
from gongzhi.parameters import minutes
from tests.rooms.cast import START, small_city
from tests.rooms.machines import Machine, play
from tests.rooms.upstream import Upstream, crisis, plan_document, plan_order

RECEIVERS = st.sampled_from(
    [
        {"each": "city"},
        {"each": "district"},
        {"each": "street"},
        {"each": "community"},
        {"each": "hospital"},
        {"each": "department", "subject": "health"},
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A plan of one to five orders, each after some of those before it."""
    orders: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 5))):
        earlier = [order["key"] for order in orders]
        after = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if number else []
        more = {"after": after} if after else {}
        time = draw(st.sampled_from([10, 60, 300]))
        orders.append(plan_order(f"do-{number}", draw(RECEIVERS), time, **more))
    return plan_document(*orders)


class Orders(Machine):
    """One activated plan, and what people and the clock do to its orders."""

    above: Upstream
    ladders: dict[str, list[str]]

    def __init__(self) -> None:
        super().__init__()
        self.let_go: set[int] = set()
        self.mayor = self.city.person("mayor")

    @initialize(document=documents())
    def activate(self, document: str) -> None:
        plan = adopt_plan(document=document, by=self.mayor, now=self.now)
        activate_plan(
            plan=plan, incident=self.above.incident, decision=self.above.decision, by=self.mayor,
            now=self.now,
        )  # fmt: skip

    @rule(passed=st.sampled_from([1, 15, 60, 400]))
    def time_passes(self, passed: int) -> None:
        self.now += timedelta(minutes=passed)

    @rule(pick=st.integers(0, 20))
    def finish(self, pick: int) -> None:
        self.try_to(finish_order, pick, result="Done.")

    @rule(pick=st.integers(0, 20))
    def finish_one_under_way(self, pick: int) -> None:
        """So that long plans are carried far."""
        running = list(Order.objects.filter(state__in=RUNNING).order_by("id"))
        if running:
            order = running[pick % len(running)]
            finish_order(order=order, result="Done.", by=self.mayor, now=self.now)

    @rule(pick=st.integers(0, 20))
    def accept(self, pick: int) -> None:
        self.try_to(accept_order, pick)

    @rule(pick=st.integers(0, 20))
    def fail(self, pick: int) -> None:
        self.try_to(fail_order, pick, reason="No staff")

    @rule(pick=st.integers(0, 20))
    def reissue(self, pick: int) -> None:
        self.try_to(reissue_order, pick, reason="Staff came", minutes=30)

    @rule(pick=st.integers(0, 20))
    def extend(self, pick: int) -> None:
        self.try_to(extend_order, pick, reason="Snow", minutes=30)

    @rule(pick=st.integers(0, 20))
    def withdraw(self, pick: int) -> None:
        self.try_to(withdraw_order, pick, reason="Not needed")

    @rule(pick=st.integers(0, 20))
    def let_go_of(self, pick: int) -> None:
        order = self.try_to(release_order, pick, reason="It must be")
        if order is not None:
            self.let_go.add(order.pk)

    @rule()
    def clock(self) -> None:
        running = set(Order.objects.filter(state__in=RUNNING, due_at__lte=self.now))
        made = climb_late_orders(by=self.mayor, now=self.now)
        assert {climb.order for climb in made} <= running
        before = everything()
        assert climb_late_orders(by=self.mayor, now=self.now) == []
        assert everything() == before

    def try_to(self, deed: Any, pick: int, **given: Any) -> Order | None:
        """Do a deed to some order; where its state refuses, nothing may have changed."""
        orders = list(Order.objects.order_by("id"))
        order = orders[pick % len(orders)]
        before = everything()
        try:
            done: Order = deed(order=order, by=self.mayor, now=self.now, **given)
        except NotNow:
            assert everything() == before
            return None
        return done

    @invariant()
    def the_rules_hold(self) -> None:
        picture = Picture()
        for order in picture.orders.values():
            self.begins_in_time(order, picture)
            if order.state == Order.State.WAITING:
                waits_for_something_and_knows(order, picture)
        for pk, steps in picture.climbs.items():
            is_climbed_step_by_step(picture.orders[pk], steps, self.ladders)

    def begins_in_time(self, order: Order, picture: Picture) -> None:
        if order.issued_at is None or order.pk in self.let_go:
            return
        early = [p for p in picture.before(order) if p.state != Order.State.DONE]
        assert not early, f"{order} at {order.unit} was issued before {early}."

    def at_the_end(self) -> None:
        """Whatever stayed undone is known at every tier up to the root."""
        self.now += timedelta(days=30)
        for _tier in range(4):
            self.clock()
            self.now += minutes("climb_again", START)
        for order in Order.objects.filter(state__in=RUNNING).select_related("unit"):
            assert order.climbs.count() == len(self.ladders[order.unit.path])


def everything() -> tuple[Any, ...]:
    """All that orders, climbs and the ledger say at this moment."""
    return (
        list(Order.objects.order_by("id").values()),
        list(Climb.objects.order_by("id").values()),
        Entry.objects.count(),
    )


class Picture:
    """All orders as they are now, what each waits for, and the climbs of each; read once."""

    def __init__(self) -> None:
        every = Order.objects.select_related("unit", "held_up_by").order_by("id")
        self.orders = {order.pk: order for order in every}
        self.links: dict[int, list[int]] = defaultdict(list)
        through = Order.prerequisites.through.objects.values_list("from_order", "to_order")
        for waiting, awaited in through:
            self.links[waiting].append(awaited)
        self.climbs: dict[int, list[Climb]] = defaultdict(list)
        for climb in Climb.objects.select_related("to_unit").order_by("climbed_at", "id"):
            self.climbs[climb.order_id or 0].append(climb)

    def before(self, order: Order) -> list[Order]:
        return [self.orders[pk] for pk in self.links[order.pk]]

    def broken_before(self, order: Order) -> set[int]:
        """Broken orders that this one waits for, directly or behind other waiting ones."""
        found: set[int] = set()
        for prerequisite in self.before(order):
            if prerequisite.state in BROKEN:
                found.add(prerequisite.pk)
            elif prerequisite.state == Order.State.WAITING:
                found |= self.broken_before(prerequisite)
        return found


def waits_for_something_and_knows(order: Order, picture: Picture) -> None:
    """A waiting order has something open before it, and names every broken order before it."""
    left = [p for p in picture.before(order) if p.state != Order.State.DONE]
    assert left and order.waiting_for
    for broken in (p for p in left if p.state in BROKEN):
        assert f"{broken.unit}: “{broken}”, which " in order.waiting_for
    behind = picture.broken_before(order)
    assert (order.held_up_by_id in behind) if behind else (order.held_up_by_id is None)
    if order.held_up_by is not None:
        assert str(order.held_up_by) in order.waiting_for


def is_climbed_step_by_step(
    order: Order, steps: list[Climb], ladders: dict[str, list[str]]
) -> None:
    """Each tier once, from the nearest upward, with an interval between."""
    ladder = ladders[order.unit.path]
    assert [step.to_unit.path for step in steps] == ladder[: len(steps)]
    wait = minutes("climb_again", START)
    times = [step.climbed_at for step in steps]
    assert all(later - earlier >= wait for earlier, later in pairwise(times))


def ladders_of_all() -> dict[str, list[str]]:
    """For each unit, the paths of the area governments above it, the nearest first."""
    paths = list(Unit.objects.values_list("path", flat=True))
    areas = set(Unit.objects.filter(kind=Kind.AREA).values_list("path", flat=True))
    return {
        path: sorted((p for p in areas if path.startswith(p) and p != path), reverse=True)
        for path in paths
    }


@pytest.mark.usefixtures("db")
def test_orders_keep_their_rules_whatever_happens() -> None:
    city = small_city()
    play(Orders, examples=30, steps=20, city=city, above=crisis(city), ladders=ladders_of_all())
