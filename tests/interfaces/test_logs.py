"""What a served house writes down: lines of JSON, and nothing that anybody told it.

A real server runs with every line switched on. It is told things about people in every way there
is - done, refused, malformed, crashing inside the database - and none of it may be in its output,
in whatever writing.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import sqlite3
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.conf import settings

from tests.browser import Site
from tests.interfaces.elsewhere import PASSWORD, Elsewhere, founded

pytestmark = pytest.mark.long

WORDS = "欧阳不存在高烧四十度"
NAME = "欧阳不存在"
PHONE = "13987654321"
SECRET = "correct-horse-battery-staple-七"
TOLD = (WORDS, NAME, PHONE, SECRET, PASSWORD, "Quetzalcoatlus")
"""Things that were told to the house; the last in addresses, headers and searches."""


@dataclass
class House:
    """A served house and the ways to talk to it."""

    site: Site
    city: Elsewhere

    def ask(
        self, path: str, body: bytes | None = None, kind: str = "application/json", **headers: str
    ) -> tuple[int, str]:
        """(status, text) of one answer; with a body it is a POST."""
        line = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=30)
        sent = {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
        line.request("GET" if body is None else "POST", path, body, sent)
        answer = line.getresponse()
        text = answer.read().decode()
        self.cookies = answer.headers.get_all("Set-Cookie") or []
        line.close()
        return answer.status, text

    def api(self, path: str, body: Any, login: str = "d1-duty") -> tuple[int, str]:
        token = f"Bearer {self.city.tokens[login]}"
        return self.ask(f"/api/{path}", json.dumps(body).encode(), Authorization=token)

    def logged_in(self) -> str:
        """The cookies of the founder's browser."""
        _status, page = self.ask("/login")
        jar = {c.split(";")[0].partition("=")[0]: c.split(";")[0] for c in self.cookies}
        form = {"login": "founder", "password": PASSWORD, "csrfmiddlewaretoken": token_in(page)}
        status, _text = self.send("/login", form, "; ".join(jar.values()))
        assert status == 302
        jar |= {c.split(";")[0].partition("=")[0]: c.split(";")[0] for c in self.cookies}
        return "; ".join(jar.values())

    def send(self, path: str, form: dict[str, Any], cookies: str) -> tuple[int, str]:
        """What a browser with these cookies is answered who sends a form."""
        kind = "application/x-www-form-urlencoded"
        return self.ask(path, urlencode(form).encode(), kind, Cookie=cookies)

    def raw(self, request: bytes) -> bytes:
        """What the server says to bytes that are no proper request."""
        with socket.create_connection(("127.0.0.1", self.site.port), timeout=30) as line:
            line.sendall(request)
            return b"".join(iter(lambda: line.recv(65536), b""))


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def house(fresh_database: str) -> Iterator[House]:
    city = founded(fresh_database)
    with Site(city.url, environment={"GONGZHI_LOG_LEVEL": "DEBUG"}) as site:
        yield House(site, city)


def report(city: Elsewhere, **more: Any) -> dict[str, Any]:
    return {
        "place": city.units["K111"], "stream": "fever", "channel": "hotline", "text": WORDS,
        "reporter_name": NAME, "reporter_phone": PHONE, **more,
    }  # fmt: skip


def break_the_database(city: Elsewhere) -> None:
    """From now on the database refuses every report, quoting the row where it does so."""
    if city.url.startswith("sqlite"):
        file = sqlite3.connect(city.url.removeprefix("sqlite:///"))
        file.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON sensing_report BEGIN "
            "SELECT RAISE(ABORT, 'planted failure'); END"
        )
        file.commit()
        file.close()
        return
    with psycopg.connect(city.url, autocommit=True) as line:
        line.execute("ALTER TABLE sensing_report ADD CHECK (length(text) > 5000) NOT VALID")


def writings(text: str) -> list[str]:
    """The ways in which a text may stand in a log."""
    plain = json.dumps(text)[1:-1]
    return [text, plain, plain.upper(), quote(text), ascii(text.encode())[2:-1],
            b64encode(text.encode()).decode()[:-4]]  # fmt: skip


def logged(house: House) -> list[dict[str, Any]]:
    """The lines of the log, each of them JSON; the one word of greeting is not one of them."""
    lines = house.site.log().splitlines()
    assert lines[0].startswith("Serving on ")
    return [json.loads(line) for line in lines[1:]]


@pytest.mark.e2e
def test_the_log_is_json_and_holds_nothing_that_was_told(house: House) -> None:
    talk_by_api(house)
    cookies = talk_by_form(house)
    talk_in_addresses(house, cookies)
    break_the_database(house.city)
    assert house.api("sensing/receive_report", report(house.city))[0] == 500
    assert house.api("sensing/receive_reports", {"reports": [report(house.city)]})[0] == 500
    form = report(house.city, csrfmiddlewaretoken=house.form_token, once="b")  # type: ignore[attr-defined]
    status, page = house.send("/do/sensing/receive_report", form, cookies)
    assert status == 500 and WORDS not in page and "planted" not in page
    house.site.stop()
    lines = logged(house)
    assert [line["status"] for line in lines if line["event"] == "request"].count(500) == 3
    crashes = [line for line in lines if "IntegrityError" in line.get("error", "")]
    assert len(crashes) >= 3 and all("sensing/actions.py" in line["where"] for line in crashes)
    assert len(lines) > 25
    for line in lines:
        assert set(line) <= settings.LOGGED_KEYS, line
        assert {"event", "level", "timestamp"} <= set(line)
    check_silence(house.site.log(), house.city, cookies)


@pytest.mark.e2e
def test_half_a_form_is_not_done(house: House) -> None:
    """A phone that loses its line in the middle of a report has not reported half of it."""
    cookies = house.logged_in()
    _status, page = house.ask("/do/sensing/receive_report", Cookie=cookies)
    given = report(house.city, csrfmiddlewaretoken=token_in(page), once="a")
    text = given.pop("text")
    for words in (text * 3, text * 20_000):  # one packet, and more than is read ahead
        body = urlencode({**given, "text": words}).encode()
        head = (
            "POST /do/sensing/receive_report HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", house.site.port), timeout=30) as line:
            line.sendall(head.encode() + body[: -len(quote(text))])
            time.sleep(0.3)
        time.sleep(0.7)
        assert house.city.rows("SELECT count(*) FROM sensing_report") == [(0,)]
    sent = {**given, "text": text}
    assert house.send("/do/sensing/receive_report", sent, cookies)[0] == 302
    assert house.city.rows("SELECT text FROM sensing_report") == [(text,)]


def check_silence(log: str, city: Elsewhere, cookies: str) -> None:
    tokens = [part.partition("=")[2] for part in cookies.split("; ") if len(part) > 25]
    assert len(tokens) == 2
    for told in (*TOLD, *tokens, *city.tokens.values(), "planted", "hidden-key"):
        for writing in writings(told):
            assert writing not in log, told


def talk_by_api(house: House) -> None:
    """Reports done, malformed, refused and not found; log-ins right and wrong."""
    city = house.city
    assert house.api("sensing/receive_report", report(city))[0] == 201
    assert house.api("sensing/receive_reports", {"reports": [report(city)] * 3})[0] == 201
    assert house.api("sensing/receive_report", report(city, stream=WORDS))[0] == 422
    assert house.api("sensing/receive_report", report(city, observed_at="2099-01-01"))[0] == 422
    assert house.api("sensing/receive_report", {NAME: PHONE})[0] == 422
    assert house.api("sensing/receive_report", report(city, place=10**9))[0] == 404
    assert house.api("sensing/receive_report", report(city), login="s21-duty")[0] == 404
    assert house.api("sensing/read_report", {"report": 1})[0] == 201
    bad = f'{{"text": "{WORDS}'.encode()
    token = f"Bearer {city.tokens['mayor']}"
    assert house.ask("/api/sensing/receive_report", bad, Authorization=token)[0] == 400
    keyed = {"Authorization": token, "Idempotency_Key": "hidden-key"}
    body = json.dumps(report(city)).encode()
    assert house.ask("/api/sensing/receive_report", body, **keyed)[0] == 201
    for login, password in (("founder", SECRET), (NAME, SECRET), ("Quetzalcoatlus", PASSWORD)):
        given = json.dumps({"login": login, "password": password}).encode()
        assert house.ask("/api/token", given)[0] == 403
    plan = {"document": f"plan: {WORDS}\n\t- {NAME}: [{PHONE}"}
    assert house.api("command/adopt_plan", plan, login="d1-chief")[0] == 422


def talk_by_form(house: House) -> str:
    """The same by the forms of the console; the cookies of the browser."""
    cookies = house.logged_in()
    _status, page = house.ask("/do/sensing/receive_report", Cookie=cookies)
    house.form_token = token_in(page)  # type: ignore[attr-defined]
    form = report(house.city, csrfmiddlewaretoken=token_in(page))
    assert house.send("/do/sensing/receive_report", {**form, "once": "a"}, cookies)[0] == 302
    refused = {**form, "stream": WORDS, "persons": NAME, "once": "c"}
    status, page = house.send("/do/sensing/receive_report", refused, cookies)
    assert status == 422 and WORDS in page
    assert (
        house.send("/do/sensing/receive_report", {**form, "csrfmiddlewaretoken": "x"}, cookies)[0]
        == 403
    )
    assert house.send("/login", {**form, "login": NAME, "password": SECRET}, cookies)[0] == 403
    new = {"unit": house.city.units["D1"], "login": "Quetzalcoatlus", "name": NAME,
           "password": SECRET, "role": "officer", "once": "d",
           "csrfmiddlewaretoken": form["csrfmiddlewaretoken"]}  # fmt: skip
    assert house.send("/do/actors/appoint", new, cookies)[0] == 302
    assert (
        house.send("/do/sensing/read_report", {**form, "report": 1, "once": "e"}, cookies)[0] == 200
    )
    return cookies


def talk_in_addresses(house: House, cookies: str) -> None:
    """Names in paths, queries, hosts and headers, and requests that are none."""
    name = quote(NAME)
    for path in (f"/r/sensing/{name}/", f"/{name}", f"/api/{name}", f"/static/{name}.js",
                 "/r/sensing/Quetzalcoatlus/"):  # fmt: skip
        assert house.ask(path, Cookie=cookies)[0] == 404, path
    for path in (f"/r/sensing/reports/?q={name}", f"/login?next=/{name}",
                 f"/pick/sensing/receive_report/place?q={name}"):  # fmt: skip
        assert house.ask(path, Cookie=cookies)[0] == 200, path
    assert house.ask("/login", Host="Quetzalcoatlus.example")[0] == 400
    assert house.ask("/login", Accept_Language="Quetzalcoatlus", Referer=f"/{name}")[0] == 200
    assert house.ask("/", Cookie=f"sessionid={name}; language=Quetzalcoatlus")[0] == 302
    for path in (NAME.encode(), b"login?q=" + NAME.encode(), b"%ff%fe", b"login?q=%ff"):
        said = house.raw(
            b"GET /" + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )
        assert said[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 200"), (path, said[:300])
    assert house.raw(NAME.encode() + b"\r\n\r\n")[:12] == b"HTTP/1.1 400"
