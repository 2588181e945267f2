"""Garbage in every field of every form, and in every address: a sentence, never a mistake of ours.

Each field in turn gets what it cannot take while the others hold something plausible, so that it is
this field that is read. Whatever comes of it, what was typed is still there to be corrected.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import localtime

from gongzhi.interfaces.console.forms.asking import Ask, asks_of
from gongzhi.interfaces.console.forms.choices import candidates
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.inputs import deeds_by_hand
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.models import Entry
from tests.examples import on_postgres, some_of
from tests.interfaces.console_scene import NOW, Scene, seen

pytestmark = pytest.mark.long

DEEDS = deeds_by_hand()
every_deed = pytest.mark.parametrize("deed", DEEDS, ids=lambda d: f"{d.room}-{d.verb}")
EVERYWHERE = (
    "", " \t\n", "\x00", "a\x00b", "\ufffd\u202e\ufeff", "9" * 21, "-1", "0", "1e999", "NaN", "٣",
    "0x1F", "–" * 5000, "<script>alert('x')</script>\"'", "{{ 7|add:7 }}", "%s%(x)s{0}",
    "null", "²", "①",
    "[[[", "2021-02-30", "0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "24:00", "12.345", "1,2,3", "１２", "true", "-0", "𝟙", "\r\n\r\n",
)  # fmt: skip
TYPED = ("text", "words", "number", "money", "time", "day")
"""Kinds of field into which a person may type anything; the others offer a choice."""


@dataclass
class Typed(HTMLParser):
    """What stands in the fields of a form, by name."""

    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and given.get("type") not in ("radio", "checkbox", "hidden"):
            self.values[name].append(given.get("value") or "")
        if tag == "textarea":
            self._area = name
            self.values[name].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area][-1] += data


def typed_in(answer: Any) -> dict[str, list[str]]:
    page = Typed()
    page.feed(answer.content.decode())
    return page.values


def plausible(ask: Ask, reader: Reader) -> Any:
    """Something that this field takes, as a browser sends it."""
    if ask.kind in ("record", "records"):
        first = candidates(ask, reader).values_list("pk", flat=True).first()
        return str(first or 1)
    if ask.choices is not None:
        return str(next(iter(ask.choices)).value)
    return {
        "time": f"{localtime(NOW + timedelta(days=1)):%Y-%m-%dT%H:%M}",
        "day": f"{localtime(NOW):%Y-%m-%d}",
        "number": str(int(ask.low or 1)), "money": "12.50", "yes": "true",
        "secret": "a long enough phrase",
        "file": SimpleUploadedFile("a.csv", b"place,count\nA,1\nB,2\n"),
    }.get(ask.kind, "fever" if ask.pattern else "说明")  # fmt: skip


def fields_of(deed: Deed) -> list[tuple[str, Ask]]:
    """Every field of a form by the name a browser sends, those of a first row among them."""
    return [
        pair
        for ask in asks_of(deed)
        for pair in (
            [(f"{ask.name}-0-{row.name}", row) for row in ask.rows] or [(ask.name, ask)]
        )
    ]  # fmt: skip


def garbage_of(*any_kind: str) -> tuple[str, ...]:
    """On PostgreSQL a NUL, which it alone refuses to keep; on SQLite what no field can take."""
    return ("\x00",) if on_postgres() else any_kind


def is_kept(sent: str, shown: list[str]) -> bool:
    """Whether a text still stands in its field; its white space is the browser's affair."""
    return any(sent.split() == value.split() for value in shown)


@every_deed
def test_garbage_in_any_field_is_answered_and_kept(scene: Scene, deed: Deed) -> None:
    browser, reader = scene.browser("mayor"), Reader(scene.city.person("mayor"), NOW)
    dice = random.Random(f"{deed.room}.{deed.verb}")
    fields = fields_of(deed)
    for name, _ask in fields:
        for garbage in garbage_of(dice.choice(EVERYWHERE)):
            sent = {n: plausible(a, reader) for n, a in fields} | {name: garbage, "once": garbage}
            lines = Entry.objects.count()
            answer = browser.post(f"/do/{deed.room}/{deed.verb}", sent)
            where = (name, garbage[:40], answer.status_code)
            assert answer.status_code in (200, 302, 403, 404, 409, 422), where
            if answer.status_code < 400:
                continue
            assert Entry.objects.count() == lines, where
            assert str(answer.context["refusal"]).strip(), where
            assert seen(answer).blocked == [], where
            shown = typed_in(answer)
            for other, its in fields:
                if its.kind in TYPED and other in shown:
                    assert is_kept(str(sent[other]), shown[other]), (where, other, shown[other])


@every_deed
def test_garbage_in_the_address_of_a_form_still_draws_it(scene: Scene, deed: Deed) -> None:
    browser = scene.browser("mayor")
    dice = random.Random(f"{deed.room}.{deed.verb}")
    for garbage in garbage_of("0001-01-01T00:00:00+14:00", dice.choice(EVERYWHERE)):
        given = {name: garbage for name, _ask in fields_of(deed)}
        answer = browser.get(f"/do/{deed.room}/{deed.verb}", given)
        assert answer.status_code == 200, garbage[:40]
        assert seen(answer).blocked == [], garbage[:40]


KINDS = (
    "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded; charset=nothing",
)  # fmt: skip


def test_more_than_a_form_asks_and_less_is_answered(scene: Scene) -> None:
    browser = scene.browser("mayor")
    for deed in some_of(DEEDS):
        path = f"/do/{deed.room}/{deed.verb}"
        rows = [ask.name for ask in asks_of(deed) if ask.rows]
        strange: dict[str, Any] = {"by": "1", "now": "1", "__class__": "x", "a" * 500: "x", "": "y"}
        for name in rows:
            strange |= {f"{name}-9999-text": "x", f"{name}-00-": "x", f"{name}-NEW-text": "x",
                        f"{name}--1-text": "x", f"{name}-99999999-text": "x"}  # fmt: skip
        for sent in (strange, *({"more": n} for n in ("\x00", *rows))):
            answer = browser.post(path, sent)
            assert answer.status_code in (200, 302, 403, 404, 409, 422), (path, sent)
        file = SimpleUploadedFile("\x00" * 300 + "../../x", b"\xff" * 1000)
        answer = browser.post(path, {ask.name: file for ask in asks_of(deed)})
        assert answer.status_code in (302, 403, 404, 409, 422), path
        for kind in KINDS if rows else KINDS[:1]:
            answer = browser.generic("POST", path, b"\xff\x00--x\r\n", content_type=kind)
            assert answer.status_code in (302, 400, 403, 404, 409, 422), (path, kind)


def test_a_form_with_thousands_of_fields_is_refused_not_read(scene: Scene) -> None:
    browser = scene.browser("mayor")
    browser.raise_request_exception = False
    answer = browser.post(
        "/do/sensing/receive_reports", {f"reports-{n}-text": "x" for n in range(5000)}
    )
    assert answer.status_code == 400
    answer = browser.post("/do/sensing/receive_report", {"text": "x" * 28_000_000})
    assert answer.status_code in (400, 413, 422)


# Addresses ----------------------------------------------------------------------------------------

ASKED = ("only", "before", "after", "q", "state", "lang", "stage", "record", "incident", "below",
         "tier", "all", "next", "show", "place", "warning", "document", "language")  # fmt: skip
"""What pages are asked by their addresses."""


def routes(patterns: Any, before: str = "") -> list[str]:
    """Every route of the console and the phone, with its arguments as they are written."""
    found: list[str] = []
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(("api/", "^api", "live")):
            found.append(route)
    return found


ROUTES = routes(get_resolver().url_patterns)
ARGUMENTS = ("0", "9" * 9, "9" * 19, "9" * 30, "x", "%00", "%FF", "..", "王", "'", "reports", "-1")


def written(route: str, argument: str) -> str:
    """An address of a route with an argument in each of its places."""
    parts = [argument if part.startswith("<") else part for part in route.split("/")]
    return "/" + "/".join(parts)


@pytest.mark.parametrize("route", ROUTES)
def test_garbage_in_an_address_finds_nothing_or_a_page(scene: Scene, route: str) -> None:
    for login in ("mayor", "g1111-worker") if route.startswith("tasks") else ("mayor",):
        browser = scene.browser(login)
        for argument in ARGUMENTS if "<" in route else ("",):
            answer = browser.get(written(route, argument))
            assert answer.status_code in (200, 302, 400, 403, 404, 405), (route, argument)
            answer = browser.post(written(route, argument), dict.fromkeys(ASKED, argument))
            assert answer.status_code in (200, 302, 400, 403, 404, 405, 409, 422), (route, argument)


@pytest.mark.parametrize("route", [r for r in ROUTES if not set("<^") & set(r)])
def test_garbage_in_what_a_page_is_asked_is_answered(scene: Scene, route: str) -> None:
    browser = scene.browser("mayor")
    incident = f"/incidents/{scene.upstream.incident.pk}"
    for path in (f"/{route}", {"incidents/": incident, "r/": "/r/sensing/reports/"}.get(route)):
        dice = random.Random(path)
        for garbage in ("\x00", "²", *dice.sample(EVERYWHERE, 4)) if path else ():
            answer = browser.get(path, dict.fromkeys(ASKED, garbage))
            assert answer.status_code in (200, 302, 400, 404, 405, 422), (path, garbage[:40])
    assert browser.get(f"/{route}", {"\x00[]": "x", "": "y"}).status_code in (200, 302, 405)


def test_garbage_in_cookies_is_a_stranger(scene: Scene) -> None:
    for garbage in EVERYWHERE:
        for name in ("sessionid", "csrftoken", "language"):
            stranger = Client()
            sent = garbage.replace("\x00", "").replace("\r", "").replace("\n", "")[:900]
            stranger.cookies[name] = sent.encode().decode("latin-1")
            assert stranger.get("/login").status_code == 200, (name, garbage[:40])
            assert stranger.get("/do").status_code == 302, (name, garbage[:40])
