"""Whatever is done in whatever order: nothing is promised, sent or received twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhi.errors import Refused
from gongzhi.supply.actions import (
    approve_match,
    confirm_amount,
    dispatch,
    mark_lost,
    receive_goods,
    withdraw_need,
    withdraw_offer,
)
from gongzhi.supply.facts import Ask, Facts
from gongzhi.supply.models import Allocation, Dispatch, MatchRun, Need, NeedLine, Offer
from tests.examples import on_this_database
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import (
    ask,
    give,
    plan,
    plan_of,
    stocked_city,
)

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@once
def city() -> City:
    return stocked_city()


# Whatever happens


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """Whatever an example writes is gone when it ends."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["need", "guess", "offer", "match", "approve", "send", "arrive", "lose", "confirm",
             "drop need", "drop offer"]
        ),
        st.integers(1, 60),
        st.integers(0, 5),
    ),
    min_size=6,
    max_size=24,
)  # fmt: skip


class Play:
    """Does what a drawn list of steps says; what is refused is refused, and must change nothing."""

    def __init__(self, city: City) -> None:
        self.city, self.now = city, START

    def step(self, what: str, size: int, pick: int) -> None:
        self.now += timedelta(minutes=7)
        try:
            with transaction.atomic():
                self._do(what, size, pick)
        except Refused as refusal:
            assert str(refusal)

    def _do(self, what: str, size: int, pick: int) -> None:
        city, now = self.city, self.now
        duty, mayor = city.person("city-duty"), city.person("mayor")
        unit = ["H1", "H2", "K211"][pick % 3]
        if what in ("need", "guess"):
            quantity = size if what == "need" else None
            ask(
                city,
                unit,
                quantity,
                urgency=pick % 3 + 1,
                needed_by=now + timedelta(days=2),
                now=now,
            )
        elif what == "offer":
            give(city, size, now=now)
        elif what == "match":
            plan(city, now)
        elif what == "approve" and (run := self._pick(MatchRun, pick)):
            approve_match(run=run, by=mayor, now=now)
        elif what == "send" and (row := self._pick(Allocation, pick)):
            dispatch(
                allocation=row, carrier=city["LOG"], quantity=size,
                arrive_by=now + timedelta(hours=3), by=duty, now=now,
            )  # fmt: skip
        elif what in ("arrive", "lose") and (goods := self._pick(Dispatch, pick)):
            self._end(goods, what, size)
        elif what == "confirm" and (need := self._pick(Need, pick)):
            confirm_amount(need=need, quantity=size, by=duty, now=now)
        elif what == "drop need" and (need := self._pick(Need, pick)):
            withdraw_need(need=need, reason="drawn", by=duty, now=now)
        elif what == "drop offer" and (offer := self._pick(Offer, pick)):
            withdraw_offer(offer=offer, reason="drawn", by=duty, now=now)

    def _end(self, goods: Dispatch, what: str, size: int) -> None:
        duty = self.city.person("city-duty")
        if what == "lose":
            mark_lost(dispatch=goods, reason="drawn", by=duty, now=self.now)
        else:
            good = min(size, goods.quantity)
            receive_goods(dispatch=goods, quantity_good=good, by=duty, now=self.now)

    def _pick(self, model: Any, pick: int) -> Any:
        rows = list(model.objects.order_by("-pk")[: pick + 1])
        return rows[-1] if rows else None


def check_nothing_is_given_twice() -> None:
    for offer in Offer.objects.all():
        sent = sum(d.quantity for d in Dispatch.objects.filter(allocation__offer=offer))
        live = Allocation.objects.filter(offer=offer, run__state="approved")
        live = live.filter(need__state__in=("open", "part_met"))
        unsent = sum(a.quantity - sum(d.quantity for d in a.dispatches.all()) for a in live)
        owed = sent + (unsent if offer.state != "withdrawn" else 0)
        assert owed == offer.promised_quantity <= offer.quantity
    for need in Need.objects.exclude(quantity=None):
        coming = Dispatch.objects.filter(allocation__need=need, state="sent")
        on_way = sum(d.quantity for d in coming)
        assert need.quantity is not None
        assert need.received_quantity + on_way <= need.quantity
    for row in NeedLine.objects.all():
        assert row.from_floor <= row.got <= row.wanted


@settings(
    max_examples=on_this_database(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
def test_whatever_is_done_nothing_is_promised_or_received_twice(
    city: City, steps: list[tuple[str, int, int]]
) -> None:
    with undone():
        play = Play(city)
        for opening in (("need", 50, 0), ("offer", 40, 0)):
            play.step(*opening)
        for step in steps:
            play.step(*step)
            check_nothing_is_given_twice()


@settings(
    max_examples=on_this_database(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS, st.booleans())
def test_planning_twice_without_a_change_gives_the_same_plan(
    city: City, steps: list[tuple[str, int, int]], in_force: bool
) -> None:
    with undone():
        play = Play(city)
        for step in steps:
            play.step(*step)
        first = plan(city, play.now)
        if in_force:
            approve_match(run=first, by=city.person("mayor"), now=play.now)
        second = plan(city, play.now)
        assert second.facts_digest == first.facts_digest
        if in_force:
            assert plan_of(second)[1] == plan_of(first)[1]
        else:
            assert plan_of(second) == plan_of(first)
        assert second.lines.count() == Need.objects.filter(state__in=("open", "part_met")).count()


def test_promising_or_sending_is_no_news_but_a_loss_is(city: City) -> None:
    need = ask(city)
    asked = (Ask(need, 100, True, False, "", {}),)
    before = Facts(asked, (), {}, {}).digest
    assert before == Facts(asked, (), {(1, need.pk): 5}, {(1, need.pk): 7}).digest
    assert before != Facts(asked, (), {}, {}, {need.pk: 2}).digest
