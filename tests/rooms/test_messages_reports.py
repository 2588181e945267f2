"""What the other side reports of messages: read, kept until it fits, applied once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.errors import NotNow
from gongzhi.ledger.models import Entry
from gongzhi.messages.actions import (
    apply_reports,
    list_unread,
    record_tries,
    set_contact,
    take_reports,
    try_again,
)
from gongzhi.messages.actions.delivering import Tried
from gongzhi.messages.actions.reports import WAITS
from gongzhi.messages.bounces import read_bounce
from gongzhi.messages.configured import Channels, Gateway, Reports, read_given
from gongzhi.messages.delivering import deliver_due
from gongzhi.messages.models import Channel, Contact, Delivery, DeliveryReport
from gongzhi.messages.policies import only_in_app
from gongzhi.messages.queries import contacts_to_set_anew, outbox_counts, outbox_troubles
from gongzhi.messages.reported import (
    FIELDS,
    MOST,
    Outcome,
    Reported,
    number_given,
    read_reports,
    short_code,
    value_at,
)
from tests.rooms.cast import START, City, small_city
from tests.rooms.catching import Catcher, catching_http
from tests.rooms.exercise import flood_exercise
from tests.rooms.scenes import facts, lines
from tests.rooms.test_messages_channels import clock, due, fresh, sms
from tests.rooms.upstream import crisis, orders_told

MINUTE = timedelta(minutes=1)
SECRET = "s" * 32
ALIBABA: dict[str, Any] = {
    "secret": SECRET, "key": "out_id", "status": "success", "delivered": ["true"],
    "failed": ["false"], "code": "err_code", "nowhere": ["NO_SUCH_NUMBER"],
}  # fmt: skip
TENCENT: dict[str, Any] = {
    "secret": SECRET, "key": "sid", "answer": "Response.SendStatusSet.0.SerialNo",
    "status": "report_status", "delivered": ["SUCCESS"], "failed": ["FAIL"], "code": "errmsg",
}  # fmt: skip
TWILIO: dict[str, Any] = {
    "secret": SECRET, "key": "MessageSid", "answer": "sid", "status": "MessageStatus",
    "delivered": ["delivered"], "failed": ["undelivered", "failed"], "code": "ErrorCode",
    "nowhere": ["30005"],
}  # fmt: skip
Kind = Contact.ContactKind
DELIVERED, FAILED, NOWHERE = Outcome.DELIVERED, Outcome.FAILED, Outcome.NOWHERE


@pytest.fixture
def city(db: None) -> City:
    return small_city()


@pytest.fixture
def caught() -> Iterator[Catcher]:
    with catching_http() as catcher:
        yield catcher


def rule(given: dict[str, Any]) -> Reports:
    return read_given(Reports, json.dumps(given))


def take(city: City, *reports: Reported, channel: str = "sms", after: timedelta = MINUTE) -> int:
    """Take reports and apply them; how many deliveries changed."""
    at = START + after
    take_reports(channel=Channel(channel), reports=reports, by=clock(city), now=at)
    return apply_reports(by=clock(city), now=at)


def sent(city: City, channel: str = "sms", address: str = "13900000000", **more: Any) -> Delivery:
    return due(city, channel, address, **{"state": "sent", "sent_at": START, **more})


# Settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"secret": "short"}, "reports.secret String should match"),
        ({"secret": "/" * 40}, "reports.secret String should match"),
        ({"status": ""}, "reports.status String should have"),
        ({"delivered": []}, "reports.delivered Tuple should have"),
        ({"delivered": [True]}, "reports.delivered.0 Input should be a valid string"),
        ({"failed": ["true"]}, "reports delivered and failed must not share a value"),
        ({"code": "", "nowhere": ["true"]}, "reports nowhere holds a status that means delivered"),
        ({"whatever": "x"}, "reports.whatever Extra inputs"),
    ],
)
def test_a_mistake_in_the_reports_is_named_without_its_value(
    change: dict[str, Any], fault: str
) -> None:
    text = {"url": "https://s.example", "body": {"id": "$key"}, "reports": {**ALIBABA, **change}}
    with pytest.raises(ValueError, match="must be JSON") as refused:
        read_given(Gateway, json.dumps(text))
    assert fault in str(refused.value) and "////" not in str(refused.value)


def test_reports_need_something_that_names_a_message() -> None:
    text: dict[str, Any] = {"url": "https://s.example", "body": {"to": "$phone"}}
    with pytest.raises(ValueError, match=r"reports need \$key in the body, or in reports.answer"):
        read_given(Gateway, json.dumps({**text, "reports": ALIBABA}))
    assert read_given(Gateway, json.dumps({**text, "reports": TWILIO})).reports == rule(TWILIO)
    headers = {"X-Id": "$key"}
    found = read_given(Gateway, json.dumps({**text, "headers": headers, "reports": ALIBABA}))
    assert found.reports == rule(ALIBABA)


# Reading reports ----------------------------------------------------------------------------------


def test_alibabas_list_of_reports_is_read() -> None:
    row = {"phone_number": "13900000000", "err_msg": "x", "sms_size": "1", "biz_id": "9^1"}
    raw = json.dumps([
        {**row, "out_id": "a", "success": True, "err_code": "DELIVERED"},
        {**row, "out_id": "b", "success": False, "err_code": "SIGNATURE"},
        {**row, "out_id": "c", "success": False, "err_code": "NO_SUCH_NUMBER"},
        {**row, "out_id": "d"}, {**row, "success": True}, None, 7, "x", [], {"out_id": {}},
    ]).encode()  # fmt: skip
    assert read_reports(raw, rule(ALIBABA)) == [
        Reported("a", DELIVERED),
        Reported("b", FAILED, "SIGNATURE"),
        Reported("c", NOWHERE, "NO_SUCH_NUMBER"),
    ]


def test_tencents_object_or_list_is_read() -> None:
    report = {"mobile": "13900000000", "report_status": "FAIL", "errmsg": "UNDELIV", "sid": "5:1"}
    for raw in (json.dumps(report), json.dumps([report, report]), "\ufeff " + json.dumps(report)):
        assert read_reports(raw.encode(), rule(TENCENT)) == [Reported("5:1", FAILED, "UNDELIV")]
    answer = {"Response": {"SendStatusSet": [{"SerialNo": "5:1", "Code": "Ok"}]}}
    assert number_given(answer, TENCENT["answer"]) == "5:1"
    assert number_given({}, TENCENT["answer"]) == number_given(answer, "") == ""


def test_twilios_form_is_read_and_what_is_under_way_is_left_out() -> None:
    def read(text: str) -> list[Reported]:
        return read_reports(text.encode(), rule(TWILIO))

    assert read("MessageSid=SM1&MessageStatus=delivered&To=%2B86139") == [
        Reported("SM1", DELIVERED)
    ]
    assert read("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003") == [
        Reported("SM1", FAILED, "30003")
    ]
    assert read("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005") == [
        Reported("SM1", NOWHERE, "30005")
    ]
    for under_way in ("queued", "sent", "", "new-word"):
        assert read(f"MessageSid=SM1&MessageStatus={under_way}") == []


@pytest.mark.parametrize(
    "raw",
    [b"[" * 100_000, b"{", b"[1", b"\xff\xfe", b'{"out_id": ' + b"9" * 5000 + b"}",
     json.dumps([{}] * (MOST + 1)).encode(), b"&".join([b"a=1"] * (FIELDS + 1))],
)  # fmt: skip
def test_what_is_no_report_is_refused_as_a_wrong_value(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_reports(raw, rule(ALIBABA))


@pytest.mark.parametrize(
    "reference", ["a\u0000b", "\ud800", "电话", "a" * 81, "", " a", "a b", None, [], {}, 1.5e999]
)
def test_what_no_database_could_hold_is_no_reference(reference: Any) -> None:
    raw = json.dumps([{"out_id": reference, "success": True}]).encode()
    assert {one.reference for one in read_reports(raw, rule(ALIBABA))} <= {"inf"}


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["out_id", "success", "err_code", "x"]), inner),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_garbage_is_read_or_refused_and_nothing_else(raw: bytes) -> None:
    try:
        found = read_reports(raw, rule(ALIBABA))
    except ValueError:
        return
    assert all(one.reference.isascii() and len(one.reference) <= 80 for one in found)


def test_a_code_never_holds_a_number_somebody_can_be_called_by() -> None:
    assert short_code("MK:0001") == "MK:0001" and short_code("13900000000") == ""
    assert short_code("no such number") == short_code("x" * 41) == ""
    assert value_at({"a": [{"b": True}]}, "a.0.b") == "true"
    assert value_at({"a": []}, "a.0.b") == value_at({"a": [1]}, "a.²") == value_at(7, "a") == ""


# What follows -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["sending", "retrying", "sent", "dead"])
def test_what_arrived_is_delivered_wherever_it_stood(city: City, state: str) -> None:
    """Also one whose answer was lost: it is not sent a second time."""
    delivery = sent(city, state=state, sent_at=START if state == "sent" else None, error="x")
    assert take(city, Reported(delivery.key, DELIVERED)) == 1
    found = fresh(delivery)
    wanted = START if state == "sent" else START + MINUTE
    assert (found.state, found.sent_at, found.delivered_at, found.error) == (
        "delivered", wanted, START + MINUTE, "",
    )  # fmt: skip
    assert facts("messages.take_reports") == {"reports": {"delivered": 1}, "channel": "sms"}
    assert facts("messages.apply_reports") == {"reports": {"delivered": 1}}
    assert DeliveryReport.objects.count() == 0


def test_a_failure_for_good_is_given_up_shows_and_counts(city: City) -> None:
    delivery = sent(city)
    assert take(city, Reported(delivery.key, FAILED, "UNDELIV")) == 1
    found = fresh(delivery)
    assert found.state == "dead"
    assert found.error == "The other side reports that it did not arrive (code UNDELIV)."
    mayor = city.person("mayor")
    assert [d.pk for d in outbox_troubles(mayor, START)] == [delivery.pk]
    assert outbox_counts(mayor, START)[0].by_state == {"dead": 1}
    assert Contact.objects.get().wrong_at is None
    [line] = lines("messages.report_failure")
    assert line.subject == delivery.ref and line.unit_path == city["WATER"].path
    assert facts("messages.report_failure") == {
        "channel": "sms", "wrong_contact": False, "about": "command.Order:1"
    }  # fmt: skip
    assert not any("139" in entry.body for entry in Entry.objects.filter(verb__contains="report"))


def test_the_same_report_twice_and_later_ones_change_nothing(city: City) -> None:
    arrived, failed = sent(city), sent(city, "email", "w@city.example")
    assert take(city, *[Reported(arrived.key, DELIVERED)] * 2) == 1
    assert take(city, Reported(failed.key, FAILED), channel="email") == 1
    assert take(city, Reported(arrived.key, DELIVERED), Reported(arrived.key, FAILED)) == 0
    assert take(city, Reported(failed.key, FAILED), channel="email") == 0
    assert (fresh(arrived).state, fresh(failed).state) == ("delivered", "dead")
    assert len(lines("messages.report_failure")) == 1


def test_a_report_is_of_one_channel(city: City) -> None:
    delivery = sent(city)
    assert take(city, Reported(delivery.key, FAILED), channel="email") == 0
    assert fresh(delivery).state == "sent"


@pytest.mark.parametrize("state", ["queued", "held", "dropped", "delivered"])
def test_a_failure_of_what_is_not_out_changes_nothing(city: City, state: str) -> None:
    delivery = sent(city, state=state)
    assert take(city, Reported(delivery.key, NOWHERE)) == 0
    assert fresh(delivery).state == state and Contact.objects.get().wrong_at is None


def test_a_failure_that_comes_before_its_try_is_written_waits_for_it(city: City) -> None:
    delivery = sent(city, state="sending", sent_at=None)
    assert take(city, Reported(delivery.key, FAILED)) == 0
    record_tries(tries=[Tried(delivery.pk, 0)], by=clock(city), now=START + 2 * MINUTE)
    assert apply_reports(by=clock(city), now=START + 2 * MINUTE) == 1
    assert fresh(delivery).state == "dead"


def test_a_try_written_down_after_the_report_of_its_arrival_changes_nothing(city: City) -> None:
    delivery = sent(city, state="sending", sent_at=None)
    take(city, Reported(delivery.key, DELIVERED))
    assert record_tries(tries=[Tried(delivery.pk, 0)], by=clock(city), now=START + MINUTE) == 0
    assert fresh(delivery).state == "delivered"


def test_the_gateways_own_number_is_kept_and_a_report_may_come_before_it(
    city: City, caught: Catcher
) -> None:
    delivery = due(city, "sms", "13900000000")
    caught.answers = [(200, {"code": 0, "sid": "SM1"})]
    assert take(city, Reported("SM1", FAILED, "30003"), after=-MINUTE) == 0
    with override_settings(CHANNELS=sms(caught, reports=TWILIO)):
        deliver_due(by=clock(city), now=START)
    assert fresh(delivery).given_number == "SM1"
    assert apply_reports(by=clock(city), now=START) == 1
    assert fresh(delivery).state == "dead"


@pytest.mark.parametrize(
    "said", [{"code": 0}, {"code": 0, "sid": "x" * 81}, {"code": 0, "sid": {}}]
)
def test_an_answer_without_a_usable_number_is_an_answer(
    city: City, caught: Catcher, said: dict[str, Any]
) -> None:
    delivery = due(city, "sms", "13900000000")
    caught.answers = [(200, said)]
    with override_settings(CHANNELS=sms(caught, reports=TWILIO)):
        deliver_due(by=clock(city), now=START)
    assert (fresh(delivery).state, fresh(delivery).given_number) == ("sent", "")


def test_a_number_that_several_deliveries_bear_means_none_of_them(city: City) -> None:
    both = [sent(city, given_number="0") for _n in range(2)]
    assert take(city, Reported("0", FAILED)) == 0
    assert {fresh(one).state for one in both} == {"sent"}


def test_a_report_that_nothing_fits_waits_an_hour_and_is_gone(city: City) -> None:
    assert take(city, Reported("unknown", FAILED), after=0 * MINUTE) == 0
    apply_reports(by=clock(city), now=START + WAITS)
    assert DeliveryReport.objects.count() == 1
    apply_reports(by=clock(city), now=START + WAITS + MINUTE)
    assert DeliveryReport.objects.count() == 0 and lines("messages.apply_reports") == []


# Wrong numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channel", "to"), [("sms", ""), ("sms", "WATER"), ("email", "")])
def test_a_number_that_does_not_exist_is_not_written_to_again(
    city: City, caught: Catcher, channel: str, to: str
) -> None:
    address = {"sms": "13900000000", "email": "w@city.example"}[channel]
    delivery = sent(city, channel, address, to=to)
    take(city, Reported(delivery.key, NOWHERE, "5.1.1"), channel=channel)
    assert "no such number or address (code 5.1.1)" in fresh(delivery).error
    [contact] = Contact.objects.all()
    assert contact.wrong_at == START + MINUTE
    assert facts("messages.report_failure")["wrong_contact"] is True
    water = city.person("water")
    assert contacts_to_set_anew(water, START + MINUTE) == [contact]
    assert contacts_to_set_anew(city.person("power"), START + MINUTE) == []
    later = due(city, channel, address, to=to)
    with override_settings(CHANNELS=sms(caught)):
        deliver_due(by=clock(city), now=START + MINUTE)
    assert fresh(later).state == "dropped" and caught.caught == []
    set_contact(
        way=contact.kind, address=address, unit=city[to] if to else None, by=water,
        now=START + 2 * MINUTE,
    )  # fmt: skip
    assert contacts_to_set_anew(water, START + 2 * MINUTE) == []


def test_a_number_set_anew_since_is_left_alone(city: City) -> None:
    delivery = sent(city)
    Contact.objects.update(set_at=START + MINUTE)
    assert take(city, Reported(delivery.key, NOWHERE), after=2 * MINUTE) == 1
    assert Contact.objects.get().wrong_at is None
    assert facts("messages.report_failure")["wrong_contact"] is False


def test_what_failed_can_be_tried_again_and_fail_again(city: City) -> None:
    delivery = sent(city)
    take(city, Reported(delivery.key, FAILED))
    try_again(delivery=fresh(delivery), by=city.person("d1-duty"), now=START + MINUTE)
    assert take(city, Reported(delivery.key, FAILED)) == 0, "an old report comes once more"
    assert fresh(delivery).state == "queued"


@pytest.mark.parametrize("reference", ["key", "given_number"])
def test_a_late_copy_of_an_old_report_does_not_end_the_newer_try(
    city: City, reference: str
) -> None:
    delivery = sent(city, given_number="number-1")
    old = Reported(getattr(delivery, reference), FAILED)
    assert take(city, old) == 1
    try_again(delivery=fresh(delivery), by=city.person("d1-duty"), now=START + MINUTE)
    for state in ("retrying", "sent"):
        Delivery.objects.update(state=state, sent_at=START + 2 * MINUTE)
        assert take(city, old, after=3 * MINUTE) == 0
        assert fresh(delivery).state == state
    new = fresh(delivery).key
    assert new != delivery.key and take(city, Reported(new, FAILED), after=4 * MINUTE) == 1
    assert fresh(delivery).state == "dead"


def test_an_order_whose_sms_did_not_arrive_is_phoned_as_any_unread_one(
    city: City, caught: Catcher
) -> None:
    set_contact(way=Kind.MOBILE, address="13900000000", by=city.person("water"), now=START)
    with override_settings(CHANNELS=sms(caught, reports=ALIBABA, accepted="")):
        orders_told(city, crisis(city), 1, minutes=60)
        deliver_due(by=clock(city), now=START)
    [out] = caught.caught
    assert take(city, Reported(out.content["id"], NOWHERE)) == 1
    [listed] = list_unread(by=clock(city), now=START + 20 * MINUTE)
    assert listed.unit == city["WATER"]


# Exercises ----------------------------------------------------------------------------------------


def test_no_report_is_taken_in_an_exercise_or_a_replay(city: City, tmp_path: Path) -> None:
    report = Reported(sent(city).key, DELIVERED)
    with override_settings(EXERCISE=flood_exercise(tmp_path)), pytest.raises(NotNow, match="exer"):
        take(city, report)
    with only_in_app(), pytest.raises(NotNow, match="no report is taken"):
        take(city, report)
    assert DeliveryReport.objects.count() == 0


# Bounces ------------------------------------------------------------------------------------------


KEY = "0123456789abcdef0123456789abcdef01234567"
BOUNCE = """\
From: MAILER-DAEMON@mx.example
To: duty@city.example
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I could not deliver your e-mail to water@city.example.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 1 Mar 2021 09:00:00 +0800

Original-Recipient: rfc822;water@city.example
Final-Recipient: rfc822; {final}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 water@city.example unknown

--B
Content-Type: {kind}

From: duty@city.example
To: water@city.example
Message-ID: {returned}

--B--
"""


def bounce(**given: str) -> bytes:
    """A notice about an e-mail to water@city.example."""
    words = {
        "final": "Water@city.example", "action": "failed", "status": "5.1.1", "key": KEY,
        "kind": "text/rfc822-headers", "returned": f"<{KEY}@city.example>",
    }  # fmt: skip
    return BOUNCE.format(**{**words, **given}).encode()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, [Reported(KEY, NOWHERE, "5.1.1")]),
        ({"kind": "message/rfc822"}, [Reported(KEY, NOWHERE, "5.1.1")]),
        ({"action": "Failed", "status": "5.1.10 (null MX)"}, [Reported(KEY, NOWHERE, "5.1.10")]),
        ({"status": "5.2.2"}, [Reported(KEY, FAILED, "5.2.2")]),
        ({"status": "13900000000"}, [Reported(KEY, FAILED)]),
        ({"final": "other@far.example"}, [Reported(KEY, FAILED, "5.1.1")]),
        ({"action": "delivered", "status": "2.0.0"}, [Reported(KEY, DELIVERED)]),
        ({"action": "delayed", "status": "4.4.1"}, []),
        ({"action": "relayed", "status": "2.0.0"}, []),
        ({"returned": "<no key here>"}, []),
        ({"returned": f"<{'x' * 81}@city.example>"}, []),
    ],
)
def test_a_notice_of_a_mail_server_is_read(given: dict[str, str], wanted: list[Reported]) -> None:
    assert read_bounce(bounce(**given)) == wanted


def test_a_notice_that_only_refers_to_the_e_mail_is_read_too() -> None:
    raw = bounce(returned="").replace(
        b"Subject:", f"References: <{KEY}@c.example>\nSubject:".encode()
    )
    assert read_bounce(raw) == [Reported(KEY, NOWHERE, "5.1.1")]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff", b"Subject: Re: your message\n\nThank you!", bounce()[:400],
     bounce().replace(b"message/delivery-status", b"text/plain"),
     bounce().replace(b'boundary="B"', b""), bounce().replace(b"Action", b"Auction")],
)  # fmt: skip
def test_what_is_no_notice_says_nothing(raw: bytes) -> None:
    assert read_bounce(raw) == []


@given(st.integers(0, len(bounce())), st.binary(max_size=30))
def test_a_damaged_notice_never_breaks_the_reading(place: int, damage: bytes) -> None:
    raw = bounce()
    for one in read_bounce(raw[:place] + damage + raw[place + len(damage) :]):
        assert one.reference.isascii() and one.outcome in Outcome


def test_by_default_no_gateway_reports() -> None:
    gateway = Gateway(url="https://sms.example", body={"to": "$phone"})
    assert Channels(sms=gateway).sms.reports is None  # type: ignore[union-attr]
