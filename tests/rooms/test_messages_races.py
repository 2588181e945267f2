"""Several rounds and several deliverers at the same moment: all is told and sent, nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import connection, transaction
from django.test import override_settings

from gongzhi.command.actions import accept_order, give_order
from gongzhi.command.models import Order
from gongzhi.ledger.actions import seal
from gongzhi.messages import delivering
from gongzhi.messages.actions import (
    apply_reports,
    follow_ledger,
    list_unread,
    note_call,
    phoning,
    read_message,
    record_tries,
    set_contact,
    take_reports,
)
from gongzhi.messages.actions.delivering import Tried
from gongzhi.messages.configured import Channels, Gateway
from gongzhi.messages.delivering import deliver_due
from gongzhi.messages.models import (
    CallDown,
    Channel,
    Contact,
    Delivery,
    DeliveryReport,
    Message,
    PhoneCall,
)
from gongzhi.messages.policies import check_can_note
from gongzhi.messages.reported import Outcome, Reported
from tests.rooms.cast import START, City, small_city
from tests.rooms.catching import catching_http
from tests.rooms.races import at_once
from tests.rooms.scenes import lines
from tests.rooms.upstream import crisis, orders_told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]

ORDERS = 30


@pytest.fixture
def city() -> City:
    return small_city()


def test_rounds_and_deliverers_share_the_work(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    mayor, clock = city.person("mayor"), city.person("founder")
    decision = crisis(city).decision
    set_contact(
        way=Contact.ContactKind.MOBILE, address="13900000000", by=city.person("water"), now=START
    )
    with catching_http() as caught:
        gateway = Gateway(url=f"{caught.url}/sms", body={"id": "$key", "text": "$text"})
        with override_settings(CHANNELS=Channels(sms=gateway)):
            for number in range(ORDERS):
                give_order(
                    unit=city["WATER"], title=f"Order {number}", minutes=60, decision=decision,
                    by=mayor, now=START,
                )  # fmt: skip
            seal(now=START)
            at_once(*[lambda: follow_ledger(by=clock, now=START)] * 3)
            follow_ledger(by=clock, now=START)
            told = Message.objects.filter(person=city.person("water"))
            assert sorted(told.values_list("order", flat=True)) == sorted(
                set(told.values_list("order", flat=True))
            )
            assert told.count() == Delivery.objects.count() == ORDERS
            monkeypatch.setattr(delivering, "AT_ONCE", 10)
            at_once(*[lambda: deliver_due(by=clock, now=START)] * 3)
            while deliver_due(by=clock, now=START).tried:
                pass
    assert sorted(c.content["id"] for c in caught.caught) == sorted(
        Delivery.objects.values_list("key", flat=True)
    )
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_who_reads_a_message_while_it_is_settled_has_read_it(city: City) -> None:
    water, clock = city.person("water"), city.person("founder")
    order = give_order(
        unit=city["WATER"], title="Send pumps", minutes=60, decision=crisis(city).decision,
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    seal(now=START)
    follow_ledger(by=clock, now=START)
    message = Message.objects.get(order=order)
    accept_order(order=order, by=water, now=START)
    seal(now=START)
    reading, kept = Event(), Event()

    def read() -> None:
        with transaction.atomic():
            read_message(message=message, by=water, now=START)
            reading.set()
            # SQLite has one writer at a time: there the round waits before it looks.
            if connection.vendor == "postgresql":
                kept.wait(timeout=1)

    def settle() -> None:
        assert reading.wait(timeout=30)
        follow_ledger(by=clock, now=START)
        kept.set()

    at_once(read, settle)
    message.refresh_from_db()
    assert (message.state, message.read_by) == ("read", water)


def test_rounds_put_each_unread_order_on_the_list_once(city: City) -> None:
    mayor, clock = city.person("mayor"), city.person("founder")
    decision, later = crisis(city).decision, START + timedelta(minutes=15)
    for number in range(ORDERS):
        give_order(
            unit=city["WATER"], title=f"Order {number}", minutes=60, decision=decision, by=mayor,
            now=START,
        )  # fmt: skip
    seal(now=START)
    follow_ledger(by=clock, now=START)
    at_once(*[lambda: list_unread(by=clock, now=later)] * 3)
    listed = CallDown.objects.values_list("order", flat=True)
    assert len(listed) == len(set(listed)) == ORDERS
    named = [entry.subject for entry in lines("messages.list_unread")]
    assert sorted(named) == sorted(order.ref for order in Order.objects.all())


def test_two_who_reach_the_same_unit_at_once_do_not_wait_for_each_other(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    above, clock, both = crisis(city), city.person("founder"), Barrier(2)
    orders_told(city, above, 2, minutes=60)
    later = START + timedelta(minutes=15)
    listed = list_unread(by=clock, now=later)

    def check_and_wait(call_down: CallDown) -> None:
        if connection.vendor == "postgresql":  # SQLite lets the second in when the first is done
            both.wait(timeout=30)
            check_can_note(call_down)

    monkeypatch.setattr(phoning, "check_can_note", check_and_wait)

    def reaching(call_down: CallDown, login: str) -> Callable[[], object]:
        return lambda: note_call(
            call_down=call_down, outcome=PhoneCall.Result.REACHED, by=city.person(login), now=later
        )

    at_once(*(reaching(one, by) for one, by in zip(listed, ("d1-duty", "d1-chief"), strict=True)))
    assert PhoneCall.objects.count() == 2
    assert set(CallDown.objects.values_list("state", flat=True)) == {"reached"}


def test_reports_that_come_at_once_and_while_tries_are_written_are_all_applied(city: City) -> None:
    """Some before their try is written down, all of them twice, and three who apply them."""
    clock, later = city.person("founder"), START + timedelta(minutes=1)
    orders_told(city, crisis(city), ORDERS, minutes=60)
    made = [
        Delivery.objects.create(
            message=message, channel="sms", key=f"k{message.pk}", state="sending", attempts=1,
            next_try_at=START,
        )
        for message in Message.objects.filter(person=city.person("water"))
    ]  # fmt: skip
    outcomes = (Outcome.DELIVERED, Outcome.FAILED)
    reports = [Reported(one.key, outcomes[n % 2]) for n, one in enumerate(made)]
    tries = [Tried(one.pk, 1, number=f"SM{one.pk}") for one in made]
    at_once(
        lambda: take_reports(channel=Channel.SMS, reports=reports, by=clock, now=START),
        lambda: take_reports(channel=Channel.SMS, reports=reports[::-1], by=clock, now=START),
        lambda: record_tries(tries=tries, by=clock, now=START),
        *[lambda: apply_reports(by=clock, now=later)] * 3,
    )
    apply_reports(by=clock, now=later)
    states = Delivery.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["delivered", "dead"] * (ORDERS // 2)
    assert DeliveryReport.objects.count() == 0
    assert len(lines("messages.report_failure")) == ORDERS // 2
