"""Each way out, against a server that catches what leaves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings

from gongzhi.actors.models import Person
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.ledger.models import Entry
from gongzhi.messages.actions import record_tries, try_again
from gongzhi.messages.actions.delivering import Tried
from gongzhi.messages.channels import robot_request
from gongzhi.messages.configured import Channels, Gateway, Mail, Robot, read_given
from gongzhi.messages.delivering import Delivered, deliver_due
from gongzhi.messages.models import Contact, Delivery, Message
from gongzhi.messages.policies import after_quiet, leaves, wait_after
from gongzhi.messages.queries import outbox_counts, outbox_troubles
from gongzhi.site.settings import Config
from tests.rooms.cast import START, City
from tests.rooms.catching import Catcher, Mailbox, catching_http, catching_mail
from tests.rooms.scenes import Branch, facts, lines

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WORDS = {"title": "派两台水泵", "unit": "水务局", "due_at": START.isoformat()}


@pytest.fixture
def caught() -> Iterator[Catcher]:
    with catching_http() as catcher:
        yield catcher


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with catching_mail() as box:
        yield box


def clock(city: City) -> Person:
    return city.person("founder")


def due(
    city: City, channel: str, address: str, *, to: str = "", now: datetime = START, **more: Any
) -> Delivery:
    """A delivery that is due, of a message to the water officer or to the water office."""
    person, unit = (None, city[to]) if to else (city.person("water"), city["WATER"])
    kind = {"email": "email", "sms": "mobile", "robot": "robot"}[channel]
    holder = {"unit": unit} if to else {"person": person}
    Contact.objects.get_or_create(
        **holder, kind=kind,
        defaults={"address": address, "set_by": clock(city), "set_at": START},
    )  # fmt: skip
    entry = Branch(city, 1).new(Entry)
    message = Message.objects.create(
        entry=entry, verb="command.give_order", subject="command.Order:1", unit=unit,
        person=person, template="order_given", parameters=WORDS, urgency="immediate",
        made_at=now, exercise=more.pop("exercise", False),
    )  # fmt: skip
    return Delivery.objects.create(
        message=message, channel=channel, key=f"key-{message.pk}", next_try_at=now, **more
    )


def fresh(delivery: Delivery) -> Delivery:
    return Delivery.objects.get(pk=delivery.pk)


def robots(caught: Catcher, style: str = "wecom", secret: str = "") -> Channels:
    url = f"{caught.url}/send?key=k"
    return Channels(robots={"d1": Robot(style=style, url=url, secret=secret)})  # type: ignore[arg-type]


def sms(caught: Catcher, **more: Any) -> Channels:
    given: dict[str, Any] = {
        "url": f"{caught.url}/sms", "secret": "s3",
        "headers": {"Authorization": "Bearer $secret"},
        "body": {"mobile": "$phone", "content": "$text", "id": "$key", "tpl": "$template"},
        "templates": {"order_given": "SMS_1"}, "accepted": "code=0",
    }  # fmt: skip
    return Channels(sms=Gateway(**{**given, **more}))


def mail(mailbox: Mailbox) -> Channels:
    server = Mail(host="127.0.0.1", port=mailbox.port, security="none", sender="duty@city.example")
    return Channels(mail=server, address="https://duty.city.example")


# E-mail -----------------------------------------------------------------------------------------


def test_an_e_mail_arrives_in_the_readers_language(city: City, mailbox: Mailbox) -> None:
    water = city.person("water")
    water.language = "en"
    water.save()
    delivery = due(city, "email", "water@city.example", more=2)
    with override_settings(CHANNELS=mail(mailbox)):
        assert deliver_due(by=clock(city), now=START) == Delivered(1, 0)
        assert deliver_due(by=clock(city), now=START) == Delivered(0, 0)
    [found] = mailbox.caught
    assert found["Subject"] == "New order for 水务局: 派两台水泵"
    assert found["X-Rcpt"] == "water@city.example" and found["From"] == "duty@city.example"
    assert found["Message-ID"] == f"<{delivery.key}@city.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found.get_payload(decode=True).decode().splitlines()[:2] == [  # type: ignore[union-attr]
        "Due 03-01 09:00. Open it and accept it. 2 more like it are in your inbox.",
        "https://duty.city.example/messages",
    ]
    sent = fresh(delivery)
    assert (sent.state, sent.sent_at, sent.delivered_at, sent.attempts) == ("sent", START, None, 1)
    assert facts("messages.record_tries") == {"tries": {"sent": 1}}
    assert "water@" not in Entry.objects.get(verb="messages.record_tries").body


@pytest.mark.parametrize(
    ("refusal", "state"), [("451 later", "retrying"), ("550 no such person", "dead")]
)
def test_what_the_mail_server_refuses_is_tried_again_or_given_up(
    city: City, mailbox: Mailbox, refusal: str, state: str
) -> None:
    delivery = due(city, "email", "water@city.example")
    mailbox.refusals = [refusal]
    with override_settings(CHANNELS=mail(mailbox)):
        assert deliver_due(by=clock(city), now=START) == Delivered(0, 1)
    found = fresh(delivery)
    assert found.state == state and f"(code {refusal[:3]})" in found.error
    assert mailbox.caught == []


def test_a_mail_server_that_is_away_is_tried_again(city: City) -> None:
    delivery = due(city, "email", "water@city.example")
    away = Channels(mail=Mail(host="127.0.0.1", port=9, security="none", sender="d@c.example"))
    with override_settings(CHANNELS=away):
        deliver_due(by=clock(city), now=START)
    found = fresh(delivery)
    assert (found.state, found.error) == ("retrying", "The mail server cannot be reached.")
    assert found.next_try_at == START + wait_after(delivery.key, 1, START)


# Robots -----------------------------------------------------------------------------------------


def test_a_wecom_robot_gets_its_text(city: City, caught: Catcher) -> None:
    delivery = due(city, "robot", "d1", to="WATER")
    with override_settings(CHANNELS=robots(caught)):
        deliver_due(by=clock(city), now=START)
    [found] = caught.caught
    assert found.query == {"key": "k"} and found.headers["Idempotency-Key"] == delivery.key
    assert found.content == {
        "msgtype": "text",
        "text": {"content": "水务局的新指令：派两台水泵\n时限03-01 09:00。请打开并接收。"},
    }
    done = fresh(delivery)
    assert (done.state, done.sent_at, done.delivered_at) == ("delivered", START, START)


def test_a_dingtalk_robot_is_signed_in_the_address(city: City, caught: Catcher) -> None:
    due(city, "robot", "d1", to="WATER")
    with override_settings(CHANNELS=robots(caught, "dingtalk", "SEC1")):
        deliver_due(by=clock(city), now=START)
    [found] = caught.caught
    stamp = str(int(START.timestamp() * 1000))
    wanted = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
    assert found.query["timestamp"] == stamp and found.query["key"] == "k"
    assert base64.b64decode(found.query["sign"]) == wanted


def test_a_feishu_robot_is_signed_in_the_content(city: City, caught: Catcher) -> None:
    due(city, "robot", "d1", to="WATER")
    with override_settings(CHANNELS=robots(caught, "feishu", "SEC1")):
        deliver_due(by=clock(city), now=START)
    [found] = caught.caught
    stamp = str(int(START.timestamp()))
    wanted = hmac.new(f"{stamp}\nSEC1".encode(), b"", hashlib.sha256).digest()
    assert found.content["timestamp"] == stamp and found.content["msg_type"] == "text"
    assert base64.b64decode(found.content["sign"]) == wanted


def test_signatures_are_the_published_ones() -> None:
    """Computed once with openssl: printf '1614560400000\\nthis is secret' | openssl dgst …"""
    robot = Robot(style="dingtalk", url="https://robot.example/send", secret="this is secret")
    url, _content = robot_request(robot, "x", datetime(2021, 3, 1, 1, tzinfo=UTC))
    query = parse_qs(urlsplit(url).query)
    assert query["timestamp"] == ["1614560400000"]
    assert query["sign"] == [DINGTALK]
    robot = Robot(style="feishu", url="https://robot.example/send", secret="this is secret")
    _url, content = robot_request(robot, "x", datetime(2021, 3, 1, 1, tzinfo=UTC))
    assert content["sign"] == FEISHU


DINGTALK = "hzlKeqAtA4wSrjjSQydYE3MFoj/00UY7qIGbq8pNF7k="
FEISHU = "0nONBZFqptYUAwtnNyE9kUe8gs/16kEvKQV8vwej6/Y="


def test_robots_without_a_secret_are_not_signed_and_long_texts_are_cut() -> None:
    for style in ("dingtalk", "feishu"):
        robot = Robot(style=style, url="https://robot.example/send")  # type: ignore[arg-type]
        url, content = robot_request(robot, "x", START)
        assert url == "https://robot.example/send" and "sign" not in content
    robot = Robot(style="wecom", url="https://robot.example/send")
    _url, content = robot_request(robot, "水" * 1000, START)
    assert content["text"]["content"] == "水" * 682


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        ((200, {"errcode": 310000}), "retrying", "The chat robot refused it (code 310000)."),
        ((200, b"<html>"), "retrying", "The chat robot refused it (code None)."),
        ((200, b"[]"), "retrying", "The chat robot refused it (code None)."),
        ((503, {}), "retrying", "The other side answered with the status 503."),
        ((429, {}), "retrying", "The other side answered with the status 429."),
        ((404, {}), "dead", "The other side answered with the status 404."),
    ],
)
def test_what_a_robot_refuses(
    city: City, caught: Catcher, answer: tuple[int, Any], state: str, error: str
) -> None:
    delivery = due(city, "robot", "d1", to="WATER")
    caught.answers = [answer]
    with override_settings(CHANNELS=robots(caught)):
        deliver_due(by=clock(city), now=START)
    found = fresh(delivery)
    assert (found.state, found.error) == (state, error)


def test_a_robot_that_is_not_set_up_any_more_ends_its_deliveries(
    city: City, caught: Catcher
) -> None:
    delivery = due(city, "robot", "gone", to="WATER")
    with override_settings(CHANNELS=robots(caught)):
        deliver_due(by=clock(city), now=START)
    assert fresh(delivery).state == "dead" and caught.caught == []


# SMS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [False, True])
def test_an_sms_goes_out_as_the_gateway_wants_it(city: City, caught: Catcher, form: bool) -> None:
    delivery = due(city, "sms", "139-0000 0000")
    with override_settings(CHANNELS=sms(caught, form=form)):
        deliver_due(by=clock(city), now=START)
    [found] = caught.caught
    assert found.path == "/sms" and found.headers["Authorization"] == "Bearer s3"
    assert found.content["mobile"] == "13900000000" and found.content["tpl"] == "SMS_1"
    assert found.content["id"] == delivery.key and "派两台水泵" in found.content["content"]
    assert fresh(delivery).state == "sent"


def test_an_sms_gateway_that_refuses_is_tried_again(city: City, caught: Catcher) -> None:
    delivery = due(city, "sms", "13900000000")
    caught.answers = [(200, {"code": 7})]
    with override_settings(CHANNELS=sms(caught)):
        deliver_due(by=clock(city), now=START)
        assert deliver_due(by=clock(city), now=START) == Delivered(0, 0)
        found = fresh(delivery)
        assert found.error == "The SMS gateway refused it (code 7)."
        assert deliver_due(by=clock(city), now=found.next_try_at) == Delivered(1, 0)
    assert [c.headers["Idempotency-Key"] for c in caught.caught] == [delivery.key] * 2
    assert (fresh(delivery).attempts, fresh(delivery).error) == (2, "")


def test_a_gateway_that_is_away_is_tried_again(city: City) -> None:
    delivery = due(city, "sms", "13900000000")
    away = Channels(sms=Gateway(url="http://127.0.0.1:9/sms", body={"m": "$phone"}))
    with override_settings(CHANNELS=away):
        deliver_due(by=clock(city), now=START)
    assert fresh(delivery).error == "The other side cannot be reached."


# The outbox -------------------------------------------------------------------------------------


def test_after_the_last_try_it_is_dead_and_can_be_tried_again_by_hand(
    city: City, caught: Catcher
) -> None:
    delivery = due(city, "sms", "13900000000")
    now = START
    with override_settings(CHANNELS=sms(caught)):
        for tries in range(1, 9):
            caught.answers = [(500, {})]
            deliver_due(by=clock(city), now=now)
            assert fresh(delivery).attempts == tries
            now = fresh(delivery).next_try_at
        assert fresh(delivery).state == "dead"
        assert [d.pk for d in outbox_troubles(city.person("mayor"), now)] == [delivery.pk]
        with pytest.raises(NotAllowed):
            try_again(delivery=delivery, by=city.person("water"), now=now)
        try_again(delivery=fresh(delivery), by=city.person("d1-duty"), now=now)
        with pytest.raises(NotNow, match="was not given up"):
            try_again(delivery=fresh(delivery), by=city.person("d1-duty"), now=now)
        assert deliver_due(by=clock(city), now=now) == Delivered(1, 0)
    [counts] = outbox_counts(city.person("mayor"), now)
    assert (counts.channel, counts.by_state) == ("sms", {"sent": 1})
    assert outbox_counts(city.person("d2-duty"), now) == []


def test_waits_double_are_spread_and_always_the_same() -> None:
    waits = [wait_after("key", tries, START) for tries in range(1, 9)]
    for tries, wait in enumerate(waits):
        whole = min(20 * 2**tries, 1800)
        assert whole / 2 * SECOND <= wait <= whole * SECOND
    assert waits == [wait_after("key", tries, START) for tries in range(1, 9)]
    assert len({wait_after(f"key {n}", 1, START) for n in range(20)}) > 15


@pytest.mark.parametrize(
    ("urgency", "hour", "until"),
    [("immediate", 3, 3), ("soon", 22, 22), ("soon", 23, 30), ("soon", 5, 6), ("soon", 6, 6),
     ("normal", 20, 20), ("normal", 21, 32), ("normal", 7, 8), ("normal", 12, 12)],
)  # fmt: skip
def test_quiet_hours_by_urgency(urgency: str, hour: int, until: int) -> None:
    midnight = datetime(2021, 2, 28, 16, tzinfo=UTC)
    assert after_quiet(urgency, midnight + hour * HOUR) == midnight + until * HOUR


def test_a_message_read_meanwhile_does_not_leave(city: City, caught: Catcher) -> None:
    delivery = due(city, "sms", "13900000000")
    Message.objects.update(state="read", read_by=city.person("water"), read_at=START)
    with override_settings(CHANNELS=sms(caught)):
        assert deliver_due(by=clock(city), now=START) == Delivered(0, 0)
    assert fresh(delivery).state == "dropped" and caught.caught == []


def test_what_has_no_address_or_is_too_old_does_not_leave(city: City, caught: Catcher) -> None:
    gone, old = due(city, "sms", "13900000000"), due(city, "robot", "d1", to="WATER")
    Contact.objects.filter(kind="mobile").delete()
    with override_settings(CHANNELS=sms(caught)):
        deliver_due(by=clock(city), now=START)
    with override_settings(CHANNELS=robots(caught)):
        deliver_due(by=clock(city), now=START + 25 * HOUR)
    assert (fresh(gone).state, fresh(old).state) == ("dropped", "dropped")


@pytest.mark.parametrize("channel", ["sms", "robot", "email"])
def test_nothing_leaves_in_an_exercise_by_any_channel(
    city: City, caught: Catcher, mailbox: Mailbox, channel: str
) -> None:
    """Every channel is open and catching; the deliveries are held, and stay held."""
    every = Channels(mail=mail(mailbox).mail, sms=sms(caught).sms, robots=robots(caught).robots)
    with override_settings(CHANNELS=every):
        assert leaves(channel, exercise=True) == "held"
        to = "WATER" if channel == "robot" else ""
        address = {"sms": "13900000000", "robot": "d1", "email": "w@city.example"}[channel]
        slipped = due(city, channel, address, to=to, exercise=True)
        held = due(city, channel, address, to=to, exercise=True, state="held")
        for hours in (0, 1, 12):
            deliver_due(by=clock(city), now=START + hours * HOUR)
        assert (fresh(slipped).state, fresh(held).state) == ("held", "held")
        assert (caught.caught, mailbox.caught) == ([], [])
        real = due(city, channel, address, to=to)
        assert deliver_due(by=clock(city), now=START) == Delivered(1, 0)
    assert fresh(real).state in ("sent", "delivered")


# Several deliverers, and break-downs --------------------------------------------------------------


def test_a_deliverer_that_breaks_down_loses_nothing(
    city: City, caught: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sent, but not written down: after the lease it is sent again with the same key."""
    delivery = due(city, "sms", "13900000000")

    def dies(**_: Any) -> None:
        raise KeyboardInterrupt

    with override_settings(CHANNELS=sms(caught)):
        with monkeypatch.context() as cut:
            cut.setattr("gongzhi.messages.delivering.record_tries", dies)
            with pytest.raises(KeyboardInterrupt):
                deliver_due(by=clock(city), now=START)
        assert deliver_due(by=clock(city), now=START + MINUTE) == Delivered(0, 0)
        assert deliver_due(by=clock(city), now=START + 3 * MINUTE) == Delivered(1, 0)
    assert len(caught.caught) == 2 and fresh(delivery).state == "sent"
    assert len({c.headers["Idempotency-Key"] for c in caught.caught}) == 1


def test_a_delivery_deleted_while_it_was_sent_keeps_no_other_from_being_noted(city: City) -> None:
    gone, kept = (due(city, "sms", "13900000000", state="sending") for _n in range(2))
    tries = [Tried(gone.pk, 0), Tried(kept.pk, 0)]
    gone.delete()
    assert record_tries(tries=tries, by=clock(city), now=START) == 1
    assert fresh(kept).state == "sent"


def test_a_try_overtaken_by_another_counts_only_if_it_went_out(city: City) -> None:
    delivery = due(city, "sms", "13900000000", state="sending", attempts=2)
    late = Tried(delivery.pk, 1, "The other side cannot be reached.")
    assert record_tries(tries=[late], by=clock(city), now=START) == 0
    assert fresh(delivery).state == "sending"
    assert record_tries(tries=[Tried(delivery.pk, 1)], by=clock(city), now=START) == 1
    assert record_tries(tries=[Tried(delivery.pk, 2)], by=clock(city), now=START + MINUTE) == 0
    assert fresh(delivery).sent_at == START and len(lines("messages.record_tries")) == 3


# Settings ---------------------------------------------------------------------------------------


def test_by_default_every_way_is_shut() -> None:
    assert Config(_env_file=None).channels().open() == frozenset()


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGZHI_MAIL", '{"host": "mail.example", "sender": "a@b.example"}')
    monkeypatch.setenv("GONGZHI_SMS", '{"url": "https://sms.example", "body": {"to": "$phone"}}')
    robot = {"style": "feishu", "url": "https://robot.example/x", "secret": "s"}
    monkeypatch.setenv("GONGZHI_ROBOTS", json.dumps({"d1": robot}))
    found = Config().channels()
    assert found.open() == {"email", "sms", "robot"} and found.robots["d1"].style == "feishu"


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        (Mail, '{"host": "m"}', "sender Field required"),
        (Mail, "nonsense", "must be JSON"),
        (Gateway, '{"url": "https://s.example", "body": {"a": "$who"}}', "write only $phone"),
        (Gateway, '{"url": "https://s.example", "body": {"a": "$"}}', "write only $phone"),
        (Robot, '{"style": "icq", "url": "https://r.example"}', "style Input should be"),
        (Robot, '{"style": "wecom", "url": "ftp://SECRET"}', "url String should match"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(kind: Any, text: str, fault: str) -> None:
    with pytest.raises(ValueError, match="must be JSON") as refused:
        read_given(kind, text)
    assert fault in str(refused.value) and "SECRET" not in str(refused.value)
