"""Safe by default: secrets, passwords, guessing, headers, pages without inline code, probes."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from gongzhi.actors.codes import PAUSE, TRIES
from gongzhi.actors.models import LogInAttempt, Person
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli import WRONG_SETTINGS
from tests.browser import Site
from tests.interfaces import elsewhere
from tests.interfaces.api_world import problem_of
from tests.interfaces.console_scene import NOW, Scene, seen
from tests.interfaces.test_kill import wait_until
from tests.postgres import PostgresServer
from tests.rooms.cast import City

ROOT = elsewhere.ROOT
HOW_TO = ROOT / "docs" / "how-to" / "run-for-a-city.md"
HOST = "linjiang.example"


def production(var: Path, database_url: str = "postgresql://u:p@127.0.0.1:1/x") -> dict[str, str]:
    """The environment of a city's installation, as the how-to describes it."""
    return {
        "GONGZHI_MODE": "production",
        "GONGZHI_DATABASE_URL": database_url,
        "GONGZHI_SECRET_KEY": secrets.token_urlsafe(60),
        "GONGZHI_LEDGER_KEY": secrets.token_hex(32),
        "GONGZHI_LEDGER_ORIGIN": f"{HOST}/ledger",
        "GONGZHI_ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "GONGZHI_TRUSTED_ORIGINS": f"https://{HOST}",
        "GONGZHI_VAR": str(var),
    }


# Settings -----------------------------------------------------------------------------------------


def test_the_production_settings_are_clean_by_djangos_own_check(tmp_path: Path) -> None:
    environment = production(tmp_path)
    assert all(name in HOW_TO.read_text() for name in environment)
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


NEEDED = {
    "GONGZHI_SECRET_KEY": "at least 50 characters",
    "GONGZHI_LEDGER_KEY": "64 hex digits",
    "GONGZHI_DATABASE_URL": "PostgreSQL",
}


def test_it_refuses_to_start_without_a_secret_and_names_all_that_is_missing(tmp_path: Path) -> None:
    for name in ("secret-key", "ledger-key"):  # those of an embedded house are not taken
        (tmp_path / name).write_text("ab" * 32)
    whole = production(tmp_path)
    for missing in [(name,) for name in NEEDED] + [tuple(NEEDED)]:
        done = elsewhere.gongzhi("--help", **{**whole, **dict.fromkeys(missing, "")})
        assert done.returncode == WRONG_SETTINGS
        assert "Traceback" not in done.stderr
        for name, sentence in NEEDED.items():
            told = [line for line in done.stderr.splitlines() if name in line]
            assert len(told) == (name in missing), done.stderr
            assert all(sentence in line for line in told)
    done = elsewhere.gongzhi(
        "--help", **{**whole, "GONGZHI_DEBUG": "1", "GONGZHI_ROUND_SECONDS": "x"}
    )
    assert {"GONGZHI_DEBUG", "GONGZHI_ROUND_SECONDS:"} <= set(done.stderr.split())
    assert not any(value in done.stderr for name, value in whole.items() if name in NEEDED)


def test_an_embedded_house_makes_its_own_secrets_which_only_its_owner_reads(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        done = elsewhere.gongzhi("ledger", "key", GONGZHI_VAR=str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        for secret in ("secret-key", "ledger-key"):
            file = tmp_path / name / secret
            assert file.stat().st_mode & 0o777 == 0o600
            assert len(bytes.fromhex(file.read_text())) == 32
            made.append(file.read_text())
        made.append(done.stdout)
    assert len(set(made)) == len(made)


# Passwords and guessing ---------------------------------------------------------------------------

PASSWORD = "a long founding phrase"


def test_new_passwords_are_hashed_with_argon2(city: City) -> None:
    """At least the memory and passes that OWASP's Password Storage Cheat Sheet asks for."""
    mayor = Client()
    mayor.force_login(city.person("mayor"))
    sent = {"unit": city["C"].pk, "login": "new", "name": "新人", "role": "officer",
            "password": "七个字的口令好不好呀真长", "once": "k"}  # fmt: skip
    assert mayor.post("/do/actors/appoint", sent).status_code == 302
    kept = Person.objects.get(login="new").password
    found = re.fullmatch(r"argon2\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$[^$]+\$[^$]+", kept)
    assert found is not None, kept
    assert int(found[1]) >= 19_456 and int(found[2]) >= 2
    assert [h.rpartition(".")[2] for h in settings.PASSWORD_HASHERS] == ["Argon2PasswordHasher"]
    for weak in ("short", "password1234", "qwertyuiop"):
        answer = mayor.post(
            "/do/actors/appoint", {**sent, "login": "weak", "password": weak, "once": weak}
        )
        assert answer.status_code == 422, weak
    assert not Person.objects.filter(login="weak").exists()


def by_form(login: str, password: str, address: str) -> int:
    sent = {"login": login, "password": password}
    return Client(REMOTE_ADDR=address).post("/login", sent).status_code


def by_token(login: str, password: str, address: str) -> int:
    sent = json.dumps({"login": login, "password": password}).encode()
    client = Client(REMOTE_ADDR=address)
    answer: Any = client.post("/api/token", sent, content_type="application/json")
    if answer.status_code >= 400:
        problem_of(answer)
    return int(answer.status_code)


@pytest.fixture
def city(scene: Scene) -> City:
    return scene.city


@pytest.mark.parametrize("knock", [by_form, by_token], ids=["form", "token"])
@pytest.mark.parametrize("login", ["founder", "nobody"])
def test_guessing_one_name_is_paused_and_goes_on_after_the_time(
    city: City, knock: Any, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for attempt in range(TRIES):
        assert knock(login, f"guess {attempt}", f"10.0.0.{attempt}") == 403
    assert knock(login, PASSWORD, "10.0.0.9") == 429
    other = by_token if knock is by_form else by_form
    assert other(login, PASSWORD, "10.0.0.9") == 429, "the pause holds at every entrance"
    assert LogInAttempt.objects.count() == TRIES
    monkeypatch.setattr(clock, "now", lambda: NOW + PAUSE - timedelta(seconds=1))
    assert knock(login, PASSWORD, "10.0.0.9") == 429
    monkeypatch.setattr(clock, "now", lambda: NOW + PAUSE)
    good = 403 if login == "nobody" else 302 if knock is by_form else 200
    assert knock(login, PASSWORD, "10.0.0.9") == good


def test_guessing_many_names_from_one_address_is_paused_for_that_address_only(city: City) -> None:
    LogInAttempt.objects.bulk_create(
        LogInAttempt(login=f"name {n}", address="10.0.0.1", at=NOW) for n in range(10 * TRIES)
    )
    assert by_form("founder", PASSWORD, "10.0.0.1") == 429
    assert by_token("founder", PASSWORD, "10.0.0.1") == 429
    assert by_token("founder", PASSWORD, "10.0.0.2") == 200


# Pages --------------------------------------------------------------------------------------------


def routes(patterns: Any, before: str = "") -> Iterator[str]:
    """Every address of the house that takes no argument."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not set("<(^") & set(route):
            yield f"/{route}"


NO_PAGES = {"/live", "/logout", "/language", "/ground", "/api/token"}
"""The live feed never ends (tests/interfaces/test_live_pages.py); the others take POST only."""


def pages_of(scene: Scene) -> list[str]:
    """Every address without an argument, one of each kind that has some, and mistakes.

    That no list, record or form holds what the policy would block is tested with each of them.
    """
    return [
        *(path for path in routes(get_resolver().url_patterns) if path not in NO_PAGES),
        f"/incidents/{scene.upstream.incident.pk}", f"/r/command/orders/{scene.order.pk}",
        f"/r/sensing/reports/{scene.report.pk}", f"/r/sensing/reports/{10**9}",
        "/r/command/orders/", "/do/sensing/receive_report", "/nothing", "/api/x",
        "/do/sensing/nothing",
    ]  # fmt: skip


def policy(answer: Any) -> dict[str, set[str]]:
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {words[0]: set(words[1:]) for words in parts}


@pytest.mark.parametrize("login", ["mayor", "g1111-worker", ""])
def test_every_page_has_a_strict_policy_and_nothing_it_would_block(
    scene: Scene, login: str
) -> None:
    browser = scene.browser(login) if login else Client()
    browser.raise_request_exception = False
    pages = pages_of(scene)
    assert len(pages) > 25
    for path in pages:
        answer = browser.get(path)
        assert answer.status_code in (200, 302, 404, 403, 401, 405), (path, answer.status_code)
        told = policy(answer)
        assert told["script-src"] == told["default-src"] == told["style-src"] == {"'self'"}, path
        assert told["object-src"] == told["frame-ancestors"] == {"'none'"}, path
        assert told["base-uri"] == told["form-action"] == {"'self'"}, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
            assert seen(answer).blocked == [], path
            assert answer.headers["X-Frame-Options"] == "DENY", path


def test_pages_of_mistakes_are_as_strict(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    answers = [
        strict.post("/login", {"login": "a"}),
        strict.get("/", headers={"host": "elsewhere"}),
    ]
    monkeypatch.setattr("gongzhi.interfaces.console.pages.entrance._next", lambda _: 1 / 0)
    answers += [strict.get("/login"), strict.get("/login", headers={"accept": "text/plain"})]
    assert [answer.status_code for answer in answers] == [403, 400, 500, 500]
    for answer in answers:
        assert policy(answer)["script-src"] == {"'self'"}
        assert seen(answer).blocked == []
        assert "Traceback" not in answer.content.decode()


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on|\|safe\b",
    re.IGNORECASE,
)


def test_no_template_holds_code_or_style_of_its_own() -> None:
    templates = sorted((ROOT / "gongzhi").glob("**/templates/**/*.html"))
    assert len(templates) > 40
    found = [
        f"{file.name}: {match[0]}"
        for file in templates
        for match in INLINE.finditer(file.read_text())
    ]
    assert found == []


# Probes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_readiness_fails_when_the_database_is_away_and_health_does_not(
    db: None, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Client().get("/readyz").status_code == 200

    def away(*_: Any, **__: Any) -> None:
        raise error("could not connect to 10.1.2.3 as gongzhi")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", away)
        answer = Client().get("/readyz")
        assert Client().get("/healthz").status_code == 200
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "checks": {"database": False}}


# A city's installation, served --------------------------------------------------------------------


def asked(site: Site, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
    """One request to a served house, as the proxy before it sends it on."""
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    line.request("POST" if body else "GET", path, body or None, sent)
    answer = line.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    line.close()
    return answer


@pytest.mark.e2e
def test_a_citys_installation_is_served_safely(tmp_path: Path) -> None:
    with PostgresServer() as server:
        environment = production(tmp_path, server.create_database("city"))
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            city = elsewhere.founded(environment["GONGZHI_DATABASE_URL"])
        with Site(city.url, environment=environment, clock=True) as site:
            check_answers(site)
            check_cookies(site, city)
            wait_until(lambda: asked(site, "/readyz").status == 200, site.log())
            server.stop()
            assert asked(site, "/readyz").status == 503
            assert asked(site, "/healthz").status == 200
            told = asked(
                site, "/api/sensing/reports", Authorization=f"Bearer {city.tokens['mayor']}"
            )
            assert (told.status, told.headers["Content-Type"]) == (500, "application/problem+json")


def check_answers(site: Site) -> None:
    """Over TLS only, with a year of HSTS; probes from inside are answered without."""
    plain = asked(site, "/login", X_Forwarded_Proto="http")
    assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/login")
    assert asked(site, "/healthz", X_Forwarded_Proto="http").status == 200
    page = asked(site, "/login")
    assert page.status == 200
    assert (
        page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    )
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in page.headers
    assert asked(site, "/login", Host="elsewhere.example").status == 400
    links = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.content.decode())  # type: ignore[attr-defined]
    assert len(links) > 3
    for link in links:
        file = asked(site, link)
        assert file.status == 200, link
        assert "immutable" in file.headers["Cache-Control"], link


def check_cookies(site: Site, city: elsewhere.Elsewhere) -> None:
    """The cookies of a log-in: for this site, over TLS, out of the reach of scripts."""
    page = asked(site, "/login")
    csrf = page.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())  # type: ignore[attr-defined]
    assert token is not None
    given = {"login": "founder", "password": elsewhere.PASSWORD, "csrfmiddlewaretoken": token[1]}
    form = urlencode(given)
    kind = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": csrf,
            "Origin": f"https://{HOST}"}  # fmt: skip
    assert (
        asked(site, "/login", form.encode(), **{**kind, "Origin": "https://evil.example"}).status
        == 403
    )
    answer = asked(site, "/login", form.encode(), **kind)
    assert answer.status == 302, answer.content  # type: ignore[attr-defined]
    set_by_name = {c.partition("=")[0]: c for c in answer.headers.get_all("Set-Cookie") or []}
    assert {"sessionid", "language"} <= set(set_by_name)
    for name, cookie in set_by_name.items():
        assert "Secure" in cookie and "SameSite=Lax" in cookie, cookie
        assert "HttpOnly" in cookie or name == "csrftoken", cookie
    bad = form.replace("login=founder", "login=nobody")
    assert asked(site, "/login", bad.encode(), **kind).status == 403
    assert city.rows("SELECT address FROM actors_loginattempt") == [("203.0.113.9",)]
