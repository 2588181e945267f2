"""Inbox, call-down list and outbox: what stands on them, for whom, and what can be pressed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.test import override_settings

from gongzhi.command.actions import give_order
from gongzhi.command.models import Order
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.beside import deliver_now
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.ledger.actions import seal
from gongzhi.messages.actions import follow_ledger, list_unread, set_contact
from gongzhi.messages.configured import Channels, Gateway
from gongzhi.messages.models import CallDown, Contact, Delivery, Message, PhoneCall
from tests.interfaces.console_scene import seen, words
from tests.interfaces.pages import NOW, browser
from tests.once import once
from tests.rooms.cast import City
from tests.rooms.catching import catching_http
from tests.rooms.scenes import lines
from tests.rooms.upstream import crisis

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def order(city: City) -> Order:
    """An order to the water department, told twenty minutes ago and read by nobody."""
    at = NOW - 20 * MINUTE
    decision = crisis(city, now=at).decision
    made = give_order(
        unit=city["WATER"], title="Send two pumps", minutes=60, decision=decision,
        by=city.person("mayor"), now=at,
    )  # fmt: skip
    seal(now=at)
    follow_ledger(by=city.person("founder"), now=at)
    return made


@once
def to_phone(city: City, order: Order) -> CallDown:
    """The water department on the call-down list, with its duty phone."""
    set_contact(
        way=Contact.ContactKind.PHONE, address="0556-110", unit=city["WATER"],
        by=city.person("water"), now=NOW,
    )  # fmt: skip
    [made] = list_unread(by=city.person("founder"), now=NOW)
    return made


def test_an_inbox_shows_the_unread_and_counts_them_on_every_page(city: City, order: Order) -> None:
    client = browser(city, "water")
    page = client.get("/messages")
    assert "New order for 东岸区水务局: Send two pumps" in words(page)
    assert 'id="unread-count"' in page.content.decode() and "1 unread" in words(page)
    assert "1 unread" in words(client.get("/"))
    assert "No message has come to you yet." in words(browser(city, "power").get("/messages"))


def test_a_message_is_read_and_its_record_opened_in_one_press(city: City, order: Order) -> None:
    client = browser(city, "water")
    message = Message.objects.get(order=order)
    answer = client.post("/messages/mark/read_message", {"message": message.pk, "then": "open"})
    assert answer["Location"] == f"/r/command/orders/{order.pk}"
    assert client.get(answer["Location"]).status_code == 200
    message.refresh_from_db()
    assert message.state == "read" and "0 unread" in words(client.get("/messages"))
    answer = client.post("/messages/mark/acknowledge_message", {"message": message.pk})
    assert answer["Location"] == "/messages"
    message.refresh_from_db()
    assert message.state == "acknowledged"


def test_what_a_colleague_has_read_meanwhile_is_no_refusal(city: City, order: Order) -> None:
    """Two look at the inbox of one unit: who presses second goes on all the same."""
    second = give_order(
        unit=city["WATER"], title="Send a boat", minutes=60, decision=order.decision,
        by=city.person("mayor"), now=NOW,
    )  # fmt: skip
    seal(now=NOW)
    follow_ledger(by=city.person("founder"), now=NOW)
    client = browser(city, "water")
    numbers = [Message.objects.get(order=one).pk for one in (order, second)]
    client.post("/messages/mark/read_message", {"message": numbers[0]})
    answer = client.post("/messages/mark/read_message", {"message": numbers})
    assert answer["Location"] == "/messages"
    assert set(Message.objects.filter(pk__in=numbers).values_list("state", flat=True)) == {"read"}
    answer = client.post("/messages/mark/read_message", {"message": numbers[0], "then": "open"})
    assert answer["Location"] == f"/r/command/orders/{order.pk}"
    done = {"message": numbers[0]}
    assert client.post("/messages/mark/acknowledge_message", done).status_code == 302
    assert client.post("/messages/mark/acknowledge_message", done).status_code == 409


def test_nobody_reads_for_another_and_no_other_deed_is_done_there(city: City, order: Order) -> None:
    message = Message.objects.get(order=order)
    refused = browser(city, "d1-duty").post("/messages/mark/read_message", {"message": message.pk})
    assert refused.status_code == 403 and "is to water先生" in words(refused)
    foreign = browser(city, "d2-duty").post("/messages/mark/read_message", {"message": message.pk})
    assert foreign.status_code == 404
    client = browser(city, "water")
    assert client.post("/messages/mark/try_again", {"message": message.pk}).status_code == 404
    assert client.post("/messages/mark/read_message").status_code == 302
    assert client.get("/messages/mark/read_message").status_code == 405
    message.refresh_from_db()
    assert message.state == "unread"


def test_the_call_down_list_tells_whom_to_phone_but_not_the_number(
    city: City, to_phone: CallDown
) -> None:
    page = words(browser(city, "d1-duty").get("/messages/phone"))
    for said in ("东岸区水务局", "Send two pumps", "water先生", "Show the numbers", "Wrong"):
        assert said.lower() in page.lower()
    assert "0556-110" not in page
    assert "Nobody is to be phoned" in words(browser(city, "d2-duty").get("/messages/phone"))
    own = words(browser(city, "water").get("/messages/phone"))
    assert "Send two pumps" in own and "Show the numbers" not in own


def test_the_numbers_are_shown_on_demand_and_the_look_is_written_down(
    city: City, to_phone: CallDown
) -> None:
    url, given = "/messages/phone/numbers", {"unit": to_phone.unit_id}
    answer = browser(city, "d1-duty").post(url, given)
    assert 'href="tel:0556-110"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    [line] = lines("messages.read_contact")
    assert line.by_ref == city.person("d1-duty").ref
    assert browser(city, "water").post(url, given).status_code == 403
    assert browser(city, "d2-duty").post(url, given).status_code == 404
    assert browser(city, "d1-duty").post(url, {"unit": "x"}).status_code == 404
    Contact.objects.all().delete()
    assert "No number is known" in words(browser(city, "d1-duty").post(url, given))


def test_what_came_of_a_call_is_noted_with_one_press(city: City, to_phone: CallDown) -> None:
    client = browser(city, "d1-duty")
    given = {"call_down": to_phone.pk, "outcome": "no_answer", "note": "Rang long"}
    assert client.post("/messages/phone/noted", given)["Location"] == "/messages/phone"
    page = words(client.get("/messages/phone"))
    assert "Noted: 东岸区水务局, no answer." in page and "Rang long" in page
    client.post("/messages/phone/noted", {**given, "outcome": "reached"})
    assert "Nobody is to be phoned" in words(client.get("/messages/phone"))
    again = client.post("/messages/phone/noted", {**given, "outcome": "reached"})
    assert again.status_code == 409 and "need not be phoned" in words(again)
    assert client.post("/messages/phone/noted", {"call_down": "x"}).status_code == 422
    assert PhoneCall.objects.count() == 2


def test_the_outbox_shows_what_failed_and_lets_it_be_tried_again(city: City, order: Order) -> None:
    message = Message.objects.get(order=order)
    dead = Delivery.objects.create(
        message=message, channel="sms", key="k", state="dead", attempts=8, next_try_at=NOW,
        error="The SMS gateway refused it (code 7).",
    )  # fmt: skip
    page = words(browser(city, "d1-duty").get("/messages/outbox"))
    for said in ("The SMS gateway refused it (code 7).", "8 tries", "Try again", "not set up"):
        assert said in page
    assert "Nothing failed." in words(browser(city, "d2-duty").get("/messages/outbox"))
    own = browser(city, "water")
    assert "Try again" not in words(own.get("/messages/outbox"))
    assert own.post("/messages/outbox/again", {"delivery": dead.pk}).status_code == 403
    client = browser(city, "d1-duty")
    client.post("/messages/outbox/again", {"delivery": dead.pk})
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("queued", 0)


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("page", ["messages", "messages/phone", "messages/outbox"])
def test_the_pages_speak_three_languages(
    city: City, to_phone: CallDown, language: str, page: str
) -> None:
    answer = browser(city, "d1-duty", language).get(f"/{page}")
    assert answer.status_code == 200 and "%(" not in words(answer)
    found = seen(answer)
    assert found.blocked == [] and [i for i, n in found.ids.items() if n > 1] == []
    heading = {"zh-hans": "消息", "zh-hant": "訊息", "en": "Messages"}[language]
    assert heading in words(answer)


def test_the_command_line_empties_the_outbox(city: City, order: Order) -> None:
    set_contact(
        way=Contact.ContactKind.MOBILE, address="13900000000", by=city.person("water"), now=NOW
    )
    message = Message.objects.get(order=order)
    for number in range(60):  # more than one deliverer takes at a time
        copied = Message.objects.get(pk=message.pk)
        copied.pk, copied.subject = None, f"command.Order:{1000 + number}"
        copied.save(force_insert=True)
        Delivery.objects.create(message=copied, channel="sms", key=f"k{number}", next_try_at=NOW)
    with catching_http() as caught:
        gateway = Gateway(url=f"{caught.url}/sms", body={"to": "$phone", "text": "$text"})
        with override_settings(CHANNELS=Channels(sms=gateway)):
            done = CliRunner().invoke(gongzhi, ["messages", "deliver"])
            assert (done.exit_code, done.output) == (0, "60 sent, 0 failed\n")
            assert deliver_now().tried == 0
    assert len(caught.caught) == 60
