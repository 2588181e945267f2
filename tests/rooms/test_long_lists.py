"""However many records a deed moves, each statement asks for a bounded number of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from gongzhi.command.actions import (
    climb_late_orders,
    finish_order,
    withdraw_orders,
)
from gongzhi.command.models import Order
from gongzhi.ledger import bulk
from gongzhi.ledger.actions import seal
from gongzhi.ledger.bulk import batches
from gongzhi.messages.actions import climb_unread, end_call_downs, list_unread
from gongzhi.messages.models import CallDown, Message
from tests.rooms.cast import START, City
from tests.rooms.upstream import (
    Upstream,
    in_force,
    orders_told,
    plan_document,
    plan_order,
)

ORDERS = 70
MOST = 45
"""Values that a statement may hold when ten records are asked for at once: theirs and its own."""
MINUTE = timedelta(minutes=1)


@contextmanager
def short_statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within this ten records are asked for at once, and no statement that asks holds more."""
    monkeypatch.setattr(bulk, "AT_ONCE", 10)

    def watch(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        if not many and not sql.startswith("INSERT"):
            assert len(values or ()) <= MOST, sql[:400]
        return execute(sql, values, many, context)

    with connection.execute_wrapper(watch):
        yield


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 30])
def test_batches_hold_every_value_once_in_turn(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    made = list(batches(iter(range(number))))
    assert [value for batch in made for value in batch] == list(range(number))
    assert all(1 <= len(batch) <= 10 for batch in made) and len(made) == -(-number // 10)


def test_orders_are_issued_and_withdrawn_in_short_statements(
    city: City, above: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    mayor = city.person("mayor")
    behind = [plan_order(f"do-{n}", {"each": "city"}, after=["first"]) for n in range(ORDERS)]
    document = plan_document(plan_order("first", {"each": "city"}), *behind)
    in_force(city, above, document)
    with short_statements(monkeypatch):
        finish_order(order=Order.objects.get(key="first"), result="Done", by=mayor, now=START)
        assert Order.objects.filter(state="issued").count() == ORDERS
        seal(now=START)
        withdraw_orders(incident=above.incident, reason="Over", by=mayor, now=START + MINUTE)
    assert Order.objects.filter(state="withdrawn").count() == ORDERS


def test_late_and_unread_orders_climb_in_short_statements(
    city: City, above: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = city.person("founder")
    orders_told(city, above, ORDERS, minutes=20)
    with short_statements(monkeypatch):
        assert len(climb_late_orders(by=clock, now=START + 20 * MINUTE)) == ORDERS
        assert len(climb_late_orders(by=clock, now=START + 90 * MINUTE)) == ORDERS
    assert len(list_unread(by=clock, now=START + 15 * MINUTE)) == ORDERS
    with short_statements(monkeypatch):
        assert len(climb_unread(by=clock, now=START + 45 * MINUTE)) == ORDERS
        Message.objects.filter(order__isnull=False).update(
            state="read", read_by=city.person("water"), read_at=START
        )
        assert len(end_call_downs(by=clock, now=START + 46 * MINUTE)) == ORDERS
    assert not CallDown.objects.filter(state="open").exists()
