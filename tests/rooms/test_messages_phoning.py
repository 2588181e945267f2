"""Who read what, where people are reached, and the call-down list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from gongzhi.actors.models import Person
from gongzhi.command.actions import (
    accept_order,
    amend_order,
    fail_order,
    give_order,
    reissue_order,
)
from gongzhi.command.models import Order
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.ledger.actions import seal
from gongzhi.ledger.models import Entry
from gongzhi.messages.actions import (
    acknowledge_message,
    climb_unread,
    end_call_downs,
    follow_ledger,
    list_unread,
    note_call,
    read_contact,
    read_message,
    remove_contact,
    set_contact,
)
from gongzhi.messages.configured import Channels, Robot
from gongzhi.messages.models import CallDown, Contact, Message, PhoneCall
from gongzhi.messages.policies import only_in_app
from gongzhi.messages.queries import (
    call_down_list,
    duties,
    inbox,
    numbers_to_call,
    unread_count,
)
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import Branch, facts, lines
from tests.rooms.upstream import Upstream, crisis

MINUTE = timedelta(minutes=1)
Kind = Contact.ContactKind


@once
def above(city: City) -> Upstream:
    made = crisis(city)
    tell(city)
    Message.objects.all().delete()
    return made


def clock(city: City) -> Person:
    return city.person("founder")


def tell(city: City, now: datetime = START) -> None:
    seal(now=now)
    follow_ledger(by=clock(city), now=now)


def ordered(city: City, above: Upstream, unit: str = "WATER", title: str = "Send pumps") -> Order:
    order = give_order(
        unit=city[unit], title=title, minutes=90, decision=above.decision,
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    tell(city)
    return order


def phone_round(city: City, minutes: int) -> tuple[int, int, int]:
    """One go of the clock at the list: how many ended, were listed, climbed."""
    now, by = START + minutes * MINUTE, clock(city)
    ended = end_call_downs(by=by, now=now)
    listed = list_unread(by=by, now=now)
    climbed = climb_unread(by=by, now=now)
    return len(ended), len(listed), len(climbed)


def message_to(city: City, login: str) -> Message:
    return Message.objects.get(person=city.person(login))


# Read and acknowledged --------------------------------------------------------------------------


def test_a_message_is_read_and_taken_on_by_the_person_it_is_to(city: City, above: Upstream) -> None:
    water = city.person("water")
    ordered(city, above)
    message = message_to(city, "water")
    assert unread_count(water) == 1 and list(inbox(water, START)) == [message]
    with pytest.raises(NotAllowed, match="is to water先生"):
        read_message(message=message, by=city.person("d1-duty"), now=START)
    read_message(message=message, by=water, now=START)
    assert (message.state, message.read_by, unread_count(water)) == ("read", water, 0)
    with pytest.raises(NotNow, match="read this message already"):
        read_message(message=message, by=water, now=START)
    acknowledge_message(message=message, by=water, now=START + MINUTE)
    assert message.read_at == START and message.acknowledged_at == START + MINUTE
    with pytest.raises(NotNow, match="nothing left to acknowledge"):
        acknowledge_message(message=message, by=water, now=START)
    assert facts("messages.read_message") == {"about": message.subject}
    assert inbox(water, START).count() == 1


def test_acknowledging_an_unread_message_reads_it(city: City, above: Upstream) -> None:
    ordered(city, above)
    message = message_to(city, "water")
    acknowledge_message(message=message, by=city.person("water"), now=START)
    assert message.read_at == START and message.state == "acknowledged"


def test_a_message_to_a_unit_is_read_by_anybody_there(city: City, above: Upstream) -> None:
    ordered(city, above, "K112")
    message = Message.objects.get()
    with pytest.raises(NotAllowed, match="is to 桥头二社区"):
        read_message(message=message, by=city.person("mayor"), now=START)
    post = city.person("k111-worker").posts.get()
    post.unit = post.area = city["K112"]
    post.save()
    worker = Person.objects.get(login="k111-worker")
    assert read_message(message=message, by=worker, now=START).read_by == worker


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "read"},
        {"state": "acknowledged", "read_at": START, "acknowledged_at": None},
        {"read_at": START},
        {"acknowledged_at": START},
    ],
)
def test_the_database_keeps_what_a_message_says(
    city: City, above: Upstream, wrong: dict[str, Any]
) -> None:
    ordered(city, above)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.update(**wrong)


def test_the_database_keeps_one_message_of_a_line(city: City, above: Upstream) -> None:
    ordered(city, above)
    ordered(city, above, "K112")
    for message in Message.objects.all():
        message.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            message.save(force_insert=True)


# Contacts ---------------------------------------------------------------------------------------


def test_a_person_says_where_they_are_reached(city: City) -> None:
    water = city.person("water")
    first = set_contact(way=Kind.MOBILE, address="139 0000 0000", by=water, now=START)
    second = set_contact(way=Kind.MOBILE, address="13911111111", by=water, now=START)
    assert first.pk == second.pk and Contact.objects.get().address == "13911111111"
    written = [entry.body for entry in lines("messages.set_contact")]
    assert not any(told in body for body in written for told in ("139 0000", "1390000", "1391111"))
    with pytest.raises(NotAllowed, match="somebody else's"):
        remove_contact(point=second, by=city.person("mayor"), now=START)
    assert remove_contact(point=second, by=water, now=START) == 1
    assert not Contact.objects.exists()


def test_a_unit_is_given_its_duty_phone_by_who_may(city: City) -> None:
    duty = city.person("d1-duty")
    with pytest.raises(NotAllowed):
        set_contact(
            way=Kind.PHONE, address="110", unit=city["S21"], by=city.person("water"), now=START
        )
    contact = set_contact(way=Kind.PHONE, address="0556-100", unit=city["D1"], by=duty, now=START)
    with pytest.raises(NotAllowed):
        remove_contact(point=contact, by=city.person("water"), now=START)
    assert remove_contact(point=contact, by=duty, now=START) == 1


@pytest.mark.parametrize(
    ("kind", "address"),
    [(Kind.MOBILE, "no number"), (Kind.PHONE, "+"), (Kind.EMAIL, "nobody"), (Kind.MOBILE, "12")],
)
def test_what_cannot_be_dialled_or_written_to_is_refused(
    city: City, kind: Contact.ContactKind, address: str
) -> None:
    with pytest.raises(Malformed, match="This is no") as refused:
        set_contact(way=kind, address=address, by=city.person("water"), now=START)
    assert "address" in refused.value.details


def test_a_robot_is_named_and_belongs_to_a_unit(city: City) -> None:
    duty = city.person("d1-duty")
    robot = Robot(style="wecom", url="https://robot.example/send?key=SECRET")
    given: dict[str, Any] = {"way": Kind.ROBOT, "by": duty, "now": START}
    with override_settings(CHANNELS=Channels(robots={"d1-group": robot})):
        with pytest.raises(Malformed, match="Give it to a unit"):
            set_contact(address="d1-group", **given)
        with pytest.raises(Malformed, match="The robots are: d1-group"):
            set_contact(address="other", unit=city["D1"], **given)
        set_contact(address="d1-group", unit=city["D1"], **given)
    assert not Contact.objects.filter(address__contains="SECRET").exists()


def test_who_looks_a_number_up_is_written_down(city: City) -> None:
    contact = set_contact(
        way=Kind.MOBILE, address="13911111111", by=city.person("water"), now=START
    )
    with pytest.raises(NotAllowed, match="Numbers are shown to those"):
        read_contact(point=contact, by=city.person("s21-duty"), now=START)
    found = read_contact(point=contact, by=city.person("d1-duty"), now=START)
    read_contact(point=contact, by=city.person("water"), now=START)
    assert found.address == "13911111111"
    readers = [entry.by_ref for entry in lines("messages.read_contact")]
    assert readers == [city.person("d1-duty").ref, city.person("water").ref]


def test_a_contact_has_one_holder(city: City) -> None:
    given: dict[str, Any] = {
        "kind": "phone", "address": "110", "set_by": clock(city), "set_at": START,
    }  # fmt: skip
    for holder in ({}, {"person": city.person("water"), "unit": city["WATER"]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.create(**given, **holder)


# The call-down list -----------------------------------------------------------------------------


def test_an_unread_order_is_listed_for_the_tier_above(city: City, above: Upstream) -> None:
    ordered(city, above)
    assert phone_round(city, 14) == (0, 0, 0)
    assert phone_round(city, 15) == (0, 1, 0)
    assert phone_round(city, 15) == (0, 0, 0)
    found = CallDown.objects.get()
    assert (found.unit, found.calling_unit) == (city["WATER"], city["D1"])
    assert found.climb_at == START + 45 * MINUTE
    [unit] = call_down_list(city.person("d1-duty"), START + 15 * MINUTE)
    assert unit.first == found
    [duty] = duties(city.person("d1-duty"), START + 15 * MINUTE)
    assert (duty.verb, duty.due_at) == ("note_call", found.climb_at)
    assert duties(city.person("mayor"), START + 15 * MINUTE) == []


def test_a_read_or_answered_order_is_not_listed_and_leaves_the_list(
    city: City, above: Upstream
) -> None:
    water = city.person("water")
    ordered(city, above, title="read")
    read_message(message=message_to(city, "water"), by=water, now=START)
    assert phone_round(city, 15) == (0, 0, 0)
    late = ordered(city, above, "POWER", "accepted later")
    read_late = ordered(city, above, "HEALTH1", "read later")
    assert phone_round(city, 16) == (0, 2, 0)
    accept_order(order=late, by=city.person("power"), now=START + 20 * MINUTE)
    message = Message.objects.get(order=read_late)
    read_message(message=message, by=city.person("health1"), now=START + 20 * MINUTE)
    assert phone_round(city, 21) == (2, 0, 0)
    assert set(CallDown.objects.values_list("state", flat=True)) == {"over"}


def test_nobody_is_phoned_about_an_exercise_or_a_replay(city: City, above: Upstream) -> None:
    ordered(city, above)
    with only_in_app():
        assert phone_round(city, 20) == (0, 0, 0)
    Message.objects.update(exercise=True)
    assert phone_round(city, 20) == (0, 0, 0)


def test_a_unit_that_is_not_reached_climbs_tier_by_tier_and_waits_at_the_top(
    city: City, above: Upstream
) -> None:
    ordered(city, above, "K111")
    steps = {minutes: phone_round(city, minutes) for minutes in (15, 45, 75, 105, 135, 165)}
    assert [steps[m] for m in (15, 45, 75, 105, 135, 165)] == [
        (0, 1, 0), (0, 0, 1), (0, 0, 1), (0, 0, 0), (0, 0, 0), (0, 0, 0),
    ]  # fmt: skip
    ladder = CallDown.objects.order_by("id").values_list(
        "unit__code", "calling_unit__code", "state"
    )
    assert list(ladder) == [
        ("K111", "S11", "climbed"), ("S11", "D1", "climbed"), ("D1", "C", "open"),
    ]  # fmt: skip
    assert [e.unit_path for e in lines("messages.climb_unread")] == [
        city[code].path for code in ("S11", "D1")
    ]


def test_the_tier_it_climbed_to_is_told_and_can_end_it_by_reading(
    city: City, above: Upstream
) -> None:
    ordered(city, above)
    phone_round(city, 15)
    phone_round(city, 45)
    tell(city, START + 45 * MINUTE)
    told = Message.objects.get(person=city.person("d1-duty"), template="unread_climbed")
    assert told.unit == city["D1"]
    read_message(message=told, by=city.person("d1-duty"), now=START + 46 * MINUTE)
    assert phone_round(city, 75) == (1, 0, 0)


def test_reached_ends_it_for_all_orders_of_the_unit(city: City, above: Upstream) -> None:
    ordered(city, above, title="one")
    ordered(city, above, title="two")
    assert phone_round(city, 15) == (0, 2, 0)
    first = CallDown.objects.order_by("id")[0]
    by = city.person("d1-duty")
    with pytest.raises(NotAllowed):
        note_call(
            call_down=first, outcome=PhoneCall.Result.REACHED, by=city.person("water"), now=START
        )
    at = START + 16 * MINUTE
    note_call(call_down=first, outcome=PhoneCall.Result.NO_ANSWER, note="rang", by=by, now=at)
    assert CallDown.objects.filter(state="open").count() == 2
    made = note_call(call_down=first, outcome=PhoneCall.Result.REACHED, by=by, now=at + MINUTE)
    assert set(CallDown.objects.values_list("state", flat=True)) == {"reached"}
    assert (made.unit, made.made_by) == (city["WATER"], by)
    first.refresh_from_db()
    with pytest.raises(NotNow, match="need not be phoned"):
        note_call(call_down=first, outcome=PhoneCall.Result.REACHED, by=by, now=at)
    assert phone_round(city, 60) == (0, 0, 0)
    results = [call.result for call in PhoneCall.objects.order_by("id")]
    assert results == ["no_answer", "reached"]


def test_a_wrong_number_is_not_offered_again(city: City, above: Upstream) -> None:
    water = city.person("water")
    mobile = set_contact(way=Kind.MOBILE, address="13911111111", by=water, now=START)
    phone = set_contact(way=Kind.PHONE, address="0556-110", unit=city["WATER"], by=water, now=START)
    set_contact(way=Kind.EMAIL, address="w@city.example", by=water, now=START)
    ordered(city, above)
    phone_round(city, 15)
    assert numbers_to_call(city["WATER"].pk, START) == [phone, mobile]
    note_call(
        call_down=CallDown.objects.get(), outcome=PhoneCall.Result.WRONG_NUMBER,
        by=city.person("d1-duty"), now=START + 16 * MINUTE,
    )  # fmt: skip
    assert numbers_to_call(city["WATER"].pk, START) == [mobile]
    phone.refresh_from_db()
    assert phone.wrong_at == START + 16 * MINUTE
    set_contact(way=Kind.PHONE, address="0556-119", unit=city["WATER"], by=water, now=START)
    assert len(numbers_to_call(city["WATER"].pk, START)) == 2


def test_an_order_issued_again_is_listed_again(city: City, above: Upstream) -> None:
    order = ordered(city, above)
    phone_round(city, 15)
    at = START + 20 * MINUTE
    fail_order(order=order, reason="No fuel", by=city.person("water"), now=at)
    assert phone_round(city, 21) == (1, 0, 0)
    reissue_order(
        order=order, minutes=90, reason="There is", by=city.person("mayor"), now=at + MINUTE
    )
    tell(city, at + MINUTE)
    assert phone_round(city, 37) == (0, 1, 0)


def test_an_order_issued_again_while_it_is_on_the_list_stays_there(
    city: City, above: Upstream
) -> None:
    order = ordered(city, above)
    assert phone_round(city, 15) == (0, 1, 0)
    at, mayor = START + 16 * MINUTE, city.person("mayor")
    fail_order(order=order, reason="No fuel", by=city.person("water"), now=at)
    reissue_order(order=order, minutes=90, reason="There is", by=mayor, now=at)
    give_order(
        unit=city["POWER"], title="Send lamps", minutes=90, decision=above.decision, by=mayor,
        now=at,
    )  # fmt: skip
    tell(city, at)
    assert phone_round(city, 31) == (0, 1, 0)
    assert CallDown.objects.filter(order=order, state="open").count() == 1


def test_an_order_given_to_another_unit_is_phoned_about_there_and_climbs_once(
    city: City, above: Upstream
) -> None:
    order = ordered(city, above)
    assert phone_round(city, 15) == (0, 1, 0)
    amend_order(
        order=order, unit=city["POWER"], reason="Nearer", by=city.person("mayor"),
        now=START + 20 * MINUTE,
    )  # fmt: skip
    tell(city, START + 20 * MINUTE)
    assert phone_round(city, 21) == (1, 0, 0)
    assert phone_round(city, 35) == (0, 1, 0)
    assert phone_round(city, 65) == (0, 0, 1)
    open_ones = CallDown.objects.filter(state="open").values_list("unit__code", flat=True)
    assert list(open_ones) == ["D1"]


def test_two_units_that_climb_with_one_order_meet_on_the_list_once(
    city: City, above: Upstream
) -> None:
    order = ordered(city, above)
    assert phone_round(city, 15) == (0, 1, 0)
    first = CallDown.objects.get()
    CallDown.objects.create(
        order=order, unit=city["POWER"], calling_unit=city["D1"], listed_at=first.listed_at,
        climb_at=first.climb_at,
    )  # fmt: skip
    assert phone_round(city, 45) == (0, 0, 2)
    open_ones = CallDown.objects.filter(state="open").values_list("unit__code", flat=True)
    assert list(open_ones) == ["D1"]


def test_one_is_asked_to_phone_ones_own_units_however_many_others_there_are(
    city: City, above: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    for unit in ("WATER", "POWER", "D1"):
        ordered(city, above, unit)
    phone_round(city, 15)
    monkeypatch.setattr("gongzhi.messages.queries.MOST", 1)
    for login, unit in (("city-duty", "D1"), ("d1-duty", "WATER")):
        [duty] = duties(city.person(login), START + 15 * MINUTE)
        assert duty.where == str(city[unit])


def test_many_unread_orders_are_listed_in_few_statements(
    city: City, above: Upstream, django_assert_max_num_queries: Any
) -> None:
    branch = Branch(city, 1)
    branch.made[type(above.incident)] = above.incident
    branch.made[type(above.decision)] = above.decision
    entry = branch.new(Entry)
    for _n in range(30):
        order = branch.new(Order, state="issued", issued_at=START, unit=city["WATER"])
        Message.objects.create(
            entry=entry, verb="command.give_order", subject=order.ref, order=order,
            unit=city["WATER"], person=city.person("water"), template="order_given",
            parameters={}, urgency="immediate", made_at=START,
        )  # fmt: skip
    with django_assert_max_num_queries(18):
        assert phone_round(city, 15) == (0, 30, 0)
    [unit] = call_down_list(city.person("d1-duty"), START)
    assert len(unit.call_downs) == 30
