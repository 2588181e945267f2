"""Story. An order nobody read is phoned by the tier above, then climbs; and nothing leaves in an
exercise, whatever ways out are open.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.actions import append
from gongzhi.ledger.queries import verify
from gongzhi.messages.configured import Channels, Gateway, Mail, Robot
from gongzhi.messages.delivering import deliver_due
from gongzhi.messages.models import CallDown, Delivery, Message
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START, City
from tests.rooms.catching import catching_http, catching_mail
from tests.rooms.exercise import flood_exercise
from tests.rooms.upstream import crisis
from tests.stories.telling import do

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("in_english")


@pytest.mark.begun(73)
def test_an_order_nobody_read_is_phoned_then_climbs(city: City) -> None:
    clock, mayor, duty = city.person("founder"), city.person("mayor"), city.person("d1-duty")
    decision = crisis(city).decision
    do(
        city.person("water"), "messages.set_contact", START, way="phone", address="0556-110",
        unit=city["WATER"],
    )  # fmt: skip

    # The mayor orders pumps of the district's water department. A round later it is told.
    order = do(
        mayor, "command.give_order", START, unit=city["WATER"], title="Send two pumps",
        minutes=240, decision=decision,
    )  # fmt: skip
    walk(by=clock, now=START)
    message = Message.objects.get(order=order)
    assert (message.person, message.state) == (city.person("water"), "unread")

    def phones(login: str, minutes: int) -> bool:
        asked = duties_of(city.person(login), START + minutes * MINUTE)
        return any(duty.verb == "note_call" for duty in asked)

    # For a quarter of an hour nobody reads it. Then the district's officer finds it on the list.
    walk(by=clock, now=START + 14 * MINUTE)
    assert not phones("d1-duty", 14)
    for _again in range(2):
        walk(by=clock, now=START + 15 * MINUTE)
    assert phones("d1-duty", 15) and not phones("city-duty", 15) and not phones("water", 15)
    call_down = CallDown.objects.get()

    # The officer looks the number up, which is written down, dials, and nobody answers.
    contact = city["WATER"].contacts.get()
    told = do(duty, "messages.read_contact", START + 16 * MINUTE, point=contact)
    assert told.address == "0556-110"
    do(
        duty, "messages.note_call", START + 17 * MINUTE, call_down=call_down,
        outcome="no_answer", note="Rang for two minutes",
    )  # fmt: skip

    # Half an hour after it was listed it climbs, once: the district answers to the city for it.
    for minutes in (44, 45, 45, 46):
        walk(by=clock, now=START + minutes * MINUTE)
    assert list(CallDown.objects.order_by("id").values_list("unit__code", "state")) == [
        ("WATER", "climbed"), ("D1", "open"),
    ]  # fmt: skip
    upward = Message.objects.filter(template="unread_climbed")
    assert {m.person.login for m in upward if m.person} == {"d1-chief", "d1-duty"}
    assert phones("city-duty", 46) and not phones("d1-duty", 46)

    # The city reaches the district; from then on nobody is phoned about it any more.
    second = CallDown.objects.get(state="open")
    do(
        city.person("city-duty"), "messages.note_call", START + 50 * MINUTE,
        call_down=second, outcome="reached",
    )  # fmt: skip
    walk(by=clock, now=START + 80 * MINUTE)
    assert not phones("city-duty", 80) and CallDown.objects.count() == 2
    assert verify().holds


@pytest.mark.begun(73)
def test_nothing_leaves_in_an_exercise(city: City, tmp_path: Path) -> None:
    clock, water = city.person("founder"), city.person("water")
    decision = crisis(city).decision
    with catching_http() as caught, catching_mail() as mailbox:
        server = Mail(
            host="127.0.0.1", port=mailbox.port, security="none", sender="duty@city.example"
        )
        gateway = Gateway(url=caught.url, body={"to": "$phone", "text": "$text"})
        robot = Robot(style="dingtalk", url=caught.url, secret="SEC")
        every = Channels(mail=server, sms=gateway, robots={"water": robot})
        with override_settings(CHANNELS=every):
            # The water department is reached by mail, SMS and robot.
            do(water, "messages.set_contact", START, way="email", address="w@city.example")
            do(water, "messages.set_contact", START, way="mobile", address="13900000000")
            do(
                water, "messages.set_contact", START, way="robot", address="water",
                unit=city["WATER"],
            )  # fmt: skip

            # An order in the house of an exercise is in the inbox, marked, and goes nowhere else.
            with override_settings(EXERCISE=flood_exercise(tmp_path)):
                order = do(
                    city.person("mayor"), "command.give_order", START, unit=city["WATER"],
                    title="Send two pumps", minutes=60, decision=decision,
                )  # fmt: skip
                walk(by=clock, now=START)
                assert {m.exercise for m in Message.objects.all()} == {True}
                assert set(Delivery.objects.values_list("state", flat=True)) == {"held"}
                for minutes in (0, 15, 60, 600):
                    walk(by=clock, now=START + minutes * MINUTE)
                    deliver_due(by=clock, now=START + minutes * MINUTE)
                assert (caught.caught, mailbox.caught) == ([], [])
                assert not CallDown.objects.exists()

            # The same order in earnest leaves by all three ways at once.
            append(
                verb="command.give_order", subject=order, place=city["WATER"], by=water, now=START,
            )  # fmt: skip
            walk(by=clock, now=START)
            assert deliver_due(by=clock, now=START).sent == 3
            assert (len(caught.caught), len(mailbox.caught)) == (2, 1)


@pytest.mark.feature(73)
def test_a_message_goes_out_by_several_ways_rests_at_night_and_comes_back_as_read(
    city: City,
) -> None:
    clock, mayor, water = city.person("founder"), city.person("mayor"), city.person("water")
    decision = crisis(city).decision
    night, morning = START + 14 * HOUR, START + 23 * HOUR  # 23:00, and 08:00 of the next day
    with catching_http() as caught:
        gateway = Gateway(url=caught.url, body={"to": "$phone", "text": "$text"})
        robot = Robot(style="wecom", url=caught.url)
        with override_settings(CHANNELS=Channels(sms=gateway, robots={"water": robot})):
            do(water, "messages.set_contact", START, way="mobile", address="13900000000")
            do(
                water, "messages.set_contact", START, way="robot", address="water",
                unit=city["WATER"],
            )  # fmt: skip

            # An order leaves at any hour: by SMS to the officer, by robot to the group.
            order = do(
                mayor, "command.give_order", night, unit=city["WATER"], title="Send two pumps",
                minutes=60, decision=decision,
            )  # fmt: skip
            walk(by=clock, now=night)
            caught.answers = [(503, {})]  # the first try fails, and is made again
            assert deliver_due(by=clock, now=night).failed == 1
            assert deliver_due(by=clock, now=night + MINUTE).sent == 1
            assert len(caught.caught) == 3
            receipts = {d.channel: d for d in Delivery.objects.all()}
            assert receipts["sms"].state == "sent" and receipts["sms"].sent_at
            assert receipts["robot"].state == "delivered" and receipts["robot"].delivered_at

            # The officer reads it and says so: that is the receipt that counts.
            message = Message.objects.get(order=order, person=water)
            do(water, "messages.read_message", night + 2 * MINUTE, message=message)
            do(water, "messages.acknowledge_message", night + 3 * MINUTE, message=message)
            message.refresh_from_db()
            assert (message.state, message.read_at) == ("acknowledged", night + 2 * MINUTE)
            walk(by=clock, now=night + 20 * MINUTE)
            assert not CallDown.objects.exists()

            # More time for it is no reason to wake anybody: that waits for the morning.
            do(
                mayor, "command.extend_order", night + 30 * MINUTE, order=order, minutes=900,
                reason="The road is closed",
            )  # fmt: skip
            walk(by=clock, now=night + 30 * MINUTE)
            assert deliver_due(by=clock, now=morning - MINUTE).tried == 0
            assert deliver_due(by=clock, now=morning).sent == 1
            assert len(caught.caught) == 4
