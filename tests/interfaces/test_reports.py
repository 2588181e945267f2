"""The address where gateways report, the command that reads bounces, and what people see of it."""

from __future__ import annotations

import json
import mailbox
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404
from django.test import Client, RequestFactory, override_settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from structlog.testing import capture_logs

from gongzhi.actors.models import Post
from gongzhi.interfaces import clock, reports
from gongzhi.interfaces.cli.beside import deliver_now
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.interfaces.reports import MOST_BYTES, THANKS, take_sms_reports
from gongzhi.ledger.models import Entry
from gongzhi.messages.actions import set_contact
from gongzhi.messages.configured import Channels, Gateway
from gongzhi.messages.models import Contact, Delivery, DeliveryReport
from gongzhi.messages.policies import only_in_app
from tests.interfaces.console_scene import words
from tests.interfaces.pages import NOW, browser
from tests.rooms.cast import City, small_city
from tests.rooms.exercise import flood_exercise
from tests.rooms.test_messages_channels import due
from tests.rooms.test_messages_reports import ALIBABA, KEY, SECRET, bounce

PHONE = "13987654321"
PLACE = f"/reports/sms/{SECRET}"
MINUTE = timedelta(minutes=1)
GATEWAY = Gateway.model_validate_json(
    json.dumps({"url": "https://s.example", "body": {"id": "$key"}, "reports": ALIBABA})
)
OPEN = Channels(sms=GATEWAY)


@pytest.fixture
def city(db: None, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return small_city()


@pytest.fixture
def sent(city: City) -> Delivery:
    return due(city, "sms", PHONE, now=NOW - MINUTE, state="sent", sent_at=NOW - MINUTE)


def row(key: str, code: str = "", **more: Any) -> dict[str, Any]:
    return {"phone_number": PHONE, "out_id": key, "success": not code, "err_code": code, **more}


def post(body: Any, place: str = PLACE, kind: str = "application/json", **headers: str) -> Any:
    """What a gateway is answered: it has no cookie, and tokens against forgery are looked for."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(enforce_csrf_checks=True)
    return client.post(place, raw, content_type=kind, headers=headers)


def outbox() -> None:
    """A turn of the deliverer, whatever language the last page was in."""
    with translation.override("en"):
        deliver_now()


def state(delivery: Delivery) -> tuple[str, str]:
    found = Delivery.objects.get(pk=delivery.pk)
    return found.state, found.error


# The address --------------------------------------------------------------------------------------


@override_settings(CHANNELS=OPEN)
def test_a_gateway_reports_and_the_outbox_takes_note(city: City, sent: Delivery) -> None:
    answer = post([row(sent.key), row(sent.key), row("unknown")])
    assert (answer.status_code, answer.json()) == (200, THANKS)
    assert state(sent) == ("sent", ""), "It is answered before it is worked on."
    outbox()
    assert state(sent) == ("delivered", "")
    assert post([row(sent.key, "LATE")]).json() == THANKS
    outbox()
    assert state(sent) == ("delivered", "")


@override_settings(CHANNELS=OPEN)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_forms_and_objects_are_taken_whatever_they_are_called(
    city: City, sent: Delivery, kind: str
) -> None:
    assert post(f"out_id={sent.key}&success=true".encode(), kind=kind).json() == THANKS
    assert post(row("b", "X"), kind=kind).json() == THANKS
    kept = DeliveryReport.objects.order_by("outcome").values_list("reference", "outcome", "code")
    assert list(kept) == [(sent.key, "delivered", ""), ("b", "failed", "X")]


@override_settings(CHANNELS=OPEN)
def test_it_does_not_tell_which_keys_there_are(city: City, sent: Delivery) -> None:
    known, unknown, under_way = (
        post(body) for body in ([row(sent.key)], [row("unknown")], [{"out_id": sent.key}])
    )
    for other in (unknown, under_way):
        assert (other.status_code, other.content) == (known.status_code, known.content)
        assert set(other.headers) == set(known.headers)


@override_settings(CHANNELS=OPEN)
def test_without_the_secret_it_is_an_address_that_is_not_there(
    city: City, sent: Delivery, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Nothing is read, nothing is asked of the database: whoever guesses costs next to nothing."""
    client = Client(enforce_csrf_checks=True)
    nowhere = client.post("/reports/other", headers={"X-CSRFToken": "x"})
    guesses = [SECRET[:-1], SECRET + "s", "t" * 32, "%F0%9F%98%80", "%00", "x" * 5000]
    for secret in guesses:
        place = f"/reports/sms/{secret}"
        with django_assert_num_queries(0):
            answer = client.post(place, json.dumps([row(sent.key)]), "application/json")
        assert answer.status_code == nowhere.status_code == 404, secret
        assert len(answer.content) == len(nowhere.content)
    for method in ("get", "put", "delete", "options"):
        assert getattr(client, method)(PLACE).status_code == 404
    assert DeliveryReport.objects.count() == 0


def test_where_no_gateway_reports_there_is_no_address(
    city: City, sent: Delivery, tmp_path: Path
) -> None:
    silent = Channels(sms=Gateway(url="https://s.example", body={"id": "$key"}))
    for channels in (Channels(), silent):
        with override_settings(CHANNELS=channels):
            assert post([row(sent.key)]).status_code == 404
    request = RequestFactory().post(PLACE, "[]", content_type="application/json")
    exercise = override_settings(CHANNELS=OPEN, EXERCISE=flood_exercise(tmp_path))
    with exercise, pytest.raises(Http404):
        take_sms_reports(request, SECRET)
    with override_settings(CHANNELS=OPEN), only_in_app():
        assert post([row(sent.key)]).status_code == 404
    assert DeliveryReport.objects.count() == 0


@override_settings(CHANNELS=OPEN)
def test_before_the_house_is_founded_a_report_is_about_nothing(db: None) -> None:
    assert post([row("a")]).json() == THANKS and DeliveryReport.objects.count() == 0


@override_settings(CHANNELS=OPEN)
@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 200), (b"null", 200), (b"[]", 200), (b"[[[]]]", 200), (b"<xml/>", 200),
        (b"{", 400), (b"[" * 100_000, 400), (b"\xff\xfe\x00", 400), (b"&" * 9 + b"a=1&" * 101, 400),
        (json.dumps([row("a")] * 1001).encode(), 400), (b" " * (MOST_BYTES + 1), 413),
        (json.dumps([row("a\u0000b"), row("\ud800"), row("x" * 99)]).encode(), 200),
    ],
)  # fmt: skip
def test_garbage_is_never_a_fault_of_ours(city: City, raw: bytes, status: int) -> None:
    assert post(raw).status_code == status
    assert DeliveryReport.objects.count() == 0


@given(st.binary(max_size=300) | st.text().map(lambda text: json.dumps([row(text)]).encode()))
def test_any_bytes_are_answered(raw: bytes) -> None:
    """Without a database: what would be kept is left out here."""
    request: WSGIRequest = RequestFactory().post(PLACE, raw, content_type="application/json")
    with pytest.MonkeyPatch.context() as patched, override_settings(CHANNELS=OPEN):
        patched.setattr(reports, "clock_person", lambda: None)
        assert take_sms_reports(request, SECRET).status_code in (200, 400)


@override_settings(CHANNELS=OPEN)
def test_no_log_line_and_no_ledger_line_holds_a_number_or_the_secret(
    city: City, sent: Delivery
) -> None:
    with capture_logs() as logged:
        post([row(sent.key, PHONE)])
        post(PHONE.encode() * 99_999)
        post(f'{{"{PHONE}'.encode())
        post([row(sent.key)], f"/reports/sms/{PHONE}")
        outbox()
    told = [line["status"] for line in logged if line.get("status", 200) >= 400]
    assert told == [413, 400, 404]
    written = json.dumps(logged) + "".join(Entry.objects.values_list("body", flat=True))
    assert "messages.report_failure" in written
    assert PHONE not in written and SECRET not in written
    assert PHONE not in json.dumps(list(DeliveryReport.objects.values_list("code", "reference")))
    assert state(sent) == ("dead", "The other side reports that it did not arrive (code –).")


# What people see ----------------------------------------------------------------------------------


@override_settings(CHANNELS=OPEN)
def test_a_wrong_number_shows_in_the_outbox_and_in_the_inbox_of_its_holder(
    city: City, sent: Delivery
) -> None:
    post([row(sent.key, "NO_SUCH_NUMBER")])
    outbox()
    page = words(browser(city, "d1-duty").get("/messages/outbox"))
    assert "there is no such number or address (code NO_SUCH_NUMBER)" in page
    water = browser(city, "water")
    answer = water.get("/messages")
    assert "mobile phone (SMS and calls): found wrong, nothing is sent there any more." in words(
        answer
    )
    assert 'href="/do/messages/set_contact?way=mobile"' in answer.content.decode()
    assert PHONE not in answer.content.decode()
    assert "found wrong" not in words(browser(city, "power").get("/messages"))
    set_contact(way=Contact.ContactKind.MOBILE, address=PHONE, by=city.person("water"), now=NOW)
    assert "found wrong" not in words(water.get("/messages"))


def test_a_wrong_number_of_a_unit_is_set_anew_by_whoever_may(city: City) -> None:
    set_contact(
        way=Contact.ContactKind.PHONE, address="0556-110", unit=city["WATER"],
        by=city.person("water"), now=NOW,
    )  # fmt: skip
    Contact.objects.update(wrong_at=NOW)
    page = browser(city, "water").get("/messages").content.decode()
    address = f"/do/messages/set_contact?way=phone&amp;unit={city['WATER'].pk}"
    assert address in page and "东岸区水务局" in page
    form = browser(city, "water").get(address.replace("&amp;", "&")).content.decode()
    assert 'value="phone" selected' in form or 'value="phone" checked' in form
    Post.objects.filter(person=city.person("water")).update(role="viewer")
    assert "found wrong" not in words(browser(city, "water").get("/messages"))


# Bounces ------------------------------------------------------------------------------------------


def run(*given: str, stdin: bytes | None = None) -> str:
    """What the command says, the refusals included."""
    runner = CliRunner(env={"LC_ALL": "en_US.UTF-8"})
    with translation.override("en"):
        done = runner.invoke(gongzhi, ["messages", "bounces", *given], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output.strip()


@pytest.fixture
def mailed(city: City) -> Delivery:
    before = NOW - MINUTE
    made = due(city, "email", "water@city.example", now=before, state="sent", sent_at=before)
    made.change(key=KEY)
    return made


def test_bounced_e_mails_are_read_from_files_and_from_a_pipe(
    city: City, mailed: Delivery, tmp_path: Path
) -> None:
    files = [tmp_path / "delayed.eml", tmp_path / "letter.eml"]
    files[0].write_bytes(bounce(action="delayed", status="4.4.1"))
    files[1].write_bytes(b"Subject: Hello\n\nThank you!")
    assert run(*map(str, files)) == "2 e-mails read, 0 reports found, 0 deliveries changed"
    assert state(mailed) == ("sent", "")
    said = run("-", stdin=bounce())
    assert said == "1 e-mails read, 1 reports found, 1 deliveries changed"
    assert state(mailed) == (
        "dead", "The other side reports that there is no such number or address (code 5.1.1).",
    )  # fmt: skip
    assert Contact.objects.get().wrong_at == NOW
    assert not any("water@" in body for body in Entry.objects.values_list("body", flat=True))


def test_of_a_maildir_each_notice_is_read_once(
    city: City, mailed: Delivery, tmp_path: Path
) -> None:
    box = mailbox.Maildir(tmp_path / "duty")
    box.add(bounce(action="delivered", status="2.0.0"))
    box.add(b"Subject: Hello\n\nThank you!")
    assert run(str(tmp_path / "duty")) == "2 e-mails read, 1 reports found, 1 deliveries changed"
    assert state(mailed) == ("delivered", "")
    assert run(str(tmp_path / "duty")) == "1 e-mails read, 0 reports found, 0 deliveries changed"
    seen = [letter["Subject"] for letter in box if "S" in letter.get_flags()]
    assert seen == ["Undelivered Mail"]


def test_what_cannot_be_read_is_refused_in_a_sentence(city: City, tmp_path: Path) -> None:
    assert "is no Maildir: it lacks the folders new and cur." in run(str(tmp_path))
    assert "does not exist" in run(str(tmp_path / "gone"))
    with override_settings(EXERCISE=flood_exercise(tmp_path)):
        assert "exercise" in run("-", stdin=bounce())
    Post.objects.filter(role="clock").delete()
    assert "Nobody holds the clock's post yet" in run("-", stdin=bounce())
    assert DeliveryReport.objects.count() == 0
