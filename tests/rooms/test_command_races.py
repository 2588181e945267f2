"""Two people at the same moment: nobody is left waiting, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from gongzhi.actors.models import Person
from gongzhi.command.actions import (
    accept_order,
    activate_plan,
    adopt_plan,
    climb_late_orders,
    finish_order,
)
from gongzhi.command.models import Activation, Climb, ContingencyPlan, Order
from gongzhi.errors import NotNow
from tests.rooms.cast import START, City, small_city
from tests.rooms.upstream import Upstream, crisis, plan_document, plan_order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]

TRIES = 4


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do all of these at the same moment, each on a connection of its own; refusals are results."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return deed()
        except NotNow as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.fixture
def city() -> City:
    return small_city()


def plan_in_force(city: City, number: int, above: Upstream) -> Activation:
    document = plan_document(
        plan_order("post", {"each": "street"}),
        plan_order("beds", {"each": "district"}, after=["post"]),
        code=f"plan-{number}",
    )
    mayor = city.person("mayor")
    plan = adopt_plan(document=document, by=mayor, now=START)
    return activate_plan(
        plan=plan, incident=above.incident, decision=above.decision, by=mayor, now=START
    )


def finishing(order: Order, by: Person) -> Callable[[], object]:
    return lambda: finish_order(order=order, result="Done.", by=by, now=START)


def test_the_last_two_prerequisites_finished_at_once_still_issue_what_waits(city: City) -> None:
    above, mayor = crisis(city), city.person("mayor")
    for number in range(TRIES):
        orders = plan_in_force(city, number, above).orders
        posts = orders.filter(key="post", unit__in=[city["S11"], city["S12"]])
        at_once(*(finishing(order, mayor) for order in posts))
        assert orders.get(key="beds", unit=city["D1"]).state == Order.State.ISSUED
        assert orders.get(key="beds", unit=city["D2"]).state == Order.State.WAITING


def test_one_order_is_accepted_by_one_person(city: City) -> None:
    above = crisis(city)
    order = plan_in_force(city, 0, above).orders.get(key="post", unit=city["S11"])

    def accepting(login: str) -> Callable[[], object]:
        return lambda: accept_order(order=order, by=city.person(login), now=START)

    results = at_once(accepting("s11-duty"), accepting("s11-duty-2"))
    assert sorted(isinstance(r, NotNow) for r in results) == [False, True]


def test_a_plan_is_put_into_force_once_though_two_press_the_button(city: City) -> None:
    above, mayor = crisis(city), city.person("mayor")
    document = plan_document(plan_order("post", {"each": "street"}))
    plan: ContingencyPlan = adopt_plan(document=document, by=mayor, now=START)

    def activate() -> object:
        return activate_plan(
            plan=plan, incident=above.incident, decision=above.decision, by=mayor, now=START
        )

    results = at_once(activate, activate)
    assert sorted(isinstance(r, NotNow) for r in results) == [False, True]
    assert Order.objects.count() == 3


def test_two_clocks_take_a_late_order_up_once(city: City) -> None:
    plan_in_force(city, 0, crisis(city))
    later, clock = START.replace(hour=9), city.person("founder")
    at_once(*[lambda: climb_late_orders(by=clock, now=later)] * 2)
    assert Climb.objects.count() == 3
