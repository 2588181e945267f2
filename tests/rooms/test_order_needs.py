"""What orders need becomes needs of their units, once, and is taken back with the order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongzhi.command.actions import (
    amend_order,
    finish_order,
    withdraw_order,
)
from gongzhi.command.models import Order
from gongzhi.ledger.models import Entry
from gongzhi.supply.actions import load_catalogue, ordered, state_need, state_needs_of_orders
from gongzhi.supply.models import Item, Need
from tests.once import once
from tests.rooms.cast import START, City, small_city
from tests.rooms.test_command_races import at_once
from tests.rooms.upstream import crisis, in_force, plan_document, plan_order

HOUR = timedelta(hours=1)


@once
def orders(city: City) -> list[Order]:
    """Two hospitals and a street have orders that need things; the catalogue knows the goods."""
    up = crisis(city)
    load_catalogue(by=city.person("founder"), now=START)
    stock = [{"item": "goggles", "quantity": 40}, {"item": "no-such-thing", "quantity": 1}]
    computing = [{"item": "compute-hours", "quantity": 20}]
    document = plan_document(
        plan_order("clinic", {"each": "hospital"}, 120, stock=stock),
        plan_order("map", {"each": "department", "subject": "health", "tier": "city"}, 60 * 48,
                   stock=computing),
        plan_order("later", {"each": "city"}, after=["clinic"], stock=stock),
    )  # fmt: skip
    in_force(city, up, document)
    return list(Order.objects.order_by("id"))


def stated(city: City, hours: int = 0) -> list[Need]:
    """The clock states needs; a second look at the same moment finds nothing to do."""
    clock, now = city.person("founder"), START + hours * HOUR
    made = state_needs_of_orders(by=clock, now=now)
    before = Entry.objects.count()
    assert state_needs_of_orders(by=clock, now=now) == []
    assert Entry.objects.count() == before
    return made


def the(key: str, code: str) -> Order:
    return Order.objects.get(key=key, unit__code=code)


def test_each_order_under_way_states_its_needs_once_digital_ones_too(
    city: City, orders: list[Order]
) -> None:
    found = {(n.unit.code, n.item.code): n for n in stated(city)}
    assert set(found) == {("H1", "goggles"), ("H2", "goggles"), ("HEALTH", "compute-hours")}
    need = found["H1", "goggles"]
    assert (need.quantity, need.amount, need.state) == (40, "known", "open")
    assert (need.order, need.incident) == (the("clinic", "H1"), orders[0].incident)
    assert (need.needed_by, need.urgency) == (START + 2 * HOUR, 1)
    assert need.facility == city.facilities["H1"]
    assert found["HEALTH", "compute-hours"].urgency == 2
    assert stated(city, 1) == []


def test_a_waiting_order_states_its_needs_when_it_begins(city: City, orders: list[Order]) -> None:
    stated(city)
    for code in ("H1", "H2"):
        finish_order(
            order=the("clinic", code), result="Done", by=city.person("mayor"), now=START + HOUR
        )
    [need] = stated(city, 1)
    assert (need.unit, need.order) == (city["C"], the("later", "C"))


def test_needs_go_with_the_order(city: City, orders: list[Order]) -> None:
    stated(city)
    mayor = city.person("mayor")
    withdraw_order(order=the("clinic", "H1"), reason="Not needed.", by=mayor, now=START)
    amend_order(
        order=the("clinic", "H2"), unit=city["D2"], reason="They do it.", by=mayor, now=START
    )
    changed = {(n.unit.code, n.state) for n in stated(city)}
    assert changed == {("H1", "withdrawn"), ("H2", "withdrawn"), ("D2", "open")}


def test_as_many_statements_take_back_many_needs_as_one(city: City, orders: list[Order]) -> None:
    stated(city)
    clock, asked = city.person("founder"), []
    for codes in (["H1"], ["H2", "HEALTH"]):
        Order.objects.filter(unit__code__in=codes).update(state=Order.State.WITHDRAWN)
        with CaptureQueriesContext(connection) as queries:
            back = state_needs_of_orders(by=clock, now=START)
        assert {need.unit.code for need in back} == set(codes)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_who_has_stated_a_need_for_an_order_is_left_alone(city: City, orders: list[Order]) -> None:
    own = state_need(
        unit=city["H1"], item=Item.objects.get(code="goggles"), amount=Need.Amount.KNOWN,
        quantity=7, needed_by=START + HOUR, order=the("clinic", "H1"),
        by=city.person("h1-clerk"), now=START,
    )  # fmt: skip
    assert city["H1"] not in {need.unit for need in stated(city)}
    withdraw_order(
        order=the("clinic", "H1"), reason="Not needed.", by=city.person("mayor"), now=START
    )
    stated(city)
    own.refresh_from_db()
    assert own.state == "open", "Only what the clock stated is taken back by it."


def test_a_late_order_needs_its_things_within_the_hour(city: City, orders: list[Order]) -> None:
    needs = {need.unit.code: need for need in stated(city, 5)}
    assert needs["H1"].needed_by == START + 6 * HOUR


def test_orders_for_what_no_catalogue_knows_do_not_hold_up_the_others(
    city: City, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay unstated for good, and would take the places of a round before all others."""
    unknown = [{"item": "no-such-thing", "quantity": 1}]
    Order.objects.filter(key="clinic").update(stock=unknown, due_at=START)
    monkeypatch.setattr(ordered, "AT_ONCE", 1)
    assert [need.unit.code for need in stated(city)] == ["HEALTH"]


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_state_each_need_once(transactional_db: None, in_english: None) -> None:
    city = small_city()
    up, clock = crisis(city), city.person("founder")
    load_catalogue(by=clock, now=START)
    stock = [{"item": "goggles", "quantity": 40}]
    document = plan_document(plan_order("clinic", {"each": "hospital"}, 120, stock=stock))
    in_force(city, up, document)
    at_once(*[lambda: state_needs_of_orders(by=clock, now=START)] * 4)
    assert sorted(Need.objects.values_list("unit__code", flat=True)) == ["H1", "H2"]
