"""What the tests of the console look at: a small city in a crisis, and a strict browser."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpResponse
from django.test import Client

from gongzhi.command.actions import accept_order, give_order, raise_call
from gongzhi.command.models import Order, StreetCall
from gongzhi.decision.actions import change_level, set_measure
from gongzhi.evaluation.actions import review
from gongzhi.fieldwork.actions import HouseholdDraft, assign_doors, list_households
from gongzhi.fieldwork.models import Task
from gongzhi.ledger.actions import seal
from gongzhi.sensing.actions import claim_report, raise_signal, receive_report
from gongzhi.sensing.models import Report, Signal
from gongzhi.supply.actions import load_catalogue, match, state_need, state_offer
from gongzhi.supply.models import Item, MatchRun, Need
from tests.rooms.cast import START, City, small_city
from tests.rooms.upstream import Upstream, crisis

NOW = START + timedelta(hours=3)
"""The moment at which the pages are read: 12:00 in the city."""
SECRET_WORDS = "王小明发烧，住三号楼"
SECRET_NAME = "报告人李四"
SECRET_PHONE = "13900001111"


@dataclass
class Scene:
    """A city with something at every stage of the river."""

    city: City
    upstream: Upstream
    report: Report
    signal: Signal
    order: Order
    call: StreetCall
    need: Need
    run: MatchRun
    tasks: list[Task]

    def browser(self, login: str, language: str = "en") -> Client:
        """A browser in which this person is logged in."""
        client = Client(headers={"accept-language": language})
        client.force_login(self.city.person(login))
        return client


CHEAP = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}
"""The same hash of passwords with the least work."""


def founded() -> City:
    """The small city, its one password hashed cheaply."""
    with patch.multiple(Argon2PasswordHasher, **CHEAP):
        return small_city()


def play() -> Scene:
    """A crisis in the whole city, played by the rooms' own deeds."""
    city = founded()
    person = city.person
    load_catalogue(by=person("founder"), now=START)
    report = receive_report(
        place=city["G1111"], stream="fever", channel=Report.Channel.HOTLINE, text=SECRET_WORDS,
        reporter_name=SECRET_NAME, reporter_phone=SECRET_PHONE, by=person("city-duty"), now=START,
    )  # fmt: skip
    waiting = receive_report(
        place=city["S21"], stream="water_outage", channel=Report.Channel.FORM, text="停水",
        by=person("d2-duty"), now=START,
    )  # fmt: skip
    claim_report(report=report, by=person("s11-duty"), now=START)
    report.refresh_from_db()
    signal = raise_signal(reports=[report], title="一楼多人发热", by=person("s11-duty"), now=START)
    upstream = crisis(city)
    decision, incident, mayor = upstream.decision, upstream.incident, person("mayor")
    change_level(
        decision=decision, area=city["C"], grade=2, override_reason="上升太快", by=mayor, now=START
    )
    set_measure(
        decision=decision, area=city["C"], kind="gathering", title="停止大型聚集",
        ends_at=START + timedelta(days=5), by=mayor, now=START,
    )  # fmt: skip
    order = give_order(
        unit=city["S11"], title="设立联合值守点", minutes=60, decision=decision, by=mayor, now=START
    )
    accept_order(order=order, by=person("s11-duty"), now=START + timedelta(minutes=9))
    field_order = give_order(
        unit=city["G1111"], title="逐户走访", minutes=900, decision=decision, by=mayor, now=START
    )
    call = raise_call(
        caller=city["S11"], subject="water", text="三栋楼停水", departments=[city["WATER"]],
        incident=incident, by=person("s11-duty"), now=START,
    )  # fmt: skip
    item = Item.objects.order_by("id").first()
    assert item is not None
    state_offer(unit=city["SUP"], item=item, quantity=500, by=person("sup-clerk"), now=START)
    need = state_need(
        unit=city["H1"], item=item, amount=Need.Amount.KNOWN, quantity=300,
        needed_by=START + timedelta(days=1), incident=incident, by=person("h1-clerk"), now=START,
    )  # fmt: skip
    run = match(
        area=city["C"], group=item.group, incident=incident, by=person("city-duty"), now=START
    )
    list_households(
        grid=city["G1111"], households=[HouseholdDraft(building="三号楼", door="101")],
        by=person("g1111-worker"), now=START,
    )  # fmt: skip
    tasks = assign_doors(
        grid=city["G1111"], incident=incident, worker=person("g1111-worker"), title="上门问询",
        order=field_order, by=person("k111-worker"), now=START,
    )  # fmt: skip
    review(incident=incident, by=mayor, now=START + timedelta(minutes=90))
    seal(now=START + timedelta(hours=2))
    assert waiting.state == Report.State.NEW
    return Scene(city, upstream, report, signal, order, call, need, run, tasks)


@dataclass
class Seen(HTMLParser):
    """A page as a strict browser sees it: what the security policy would block, and its parts."""

    blocked: list[str] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    lang: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._open = tag
        if tag == "style" or "style" in given:
            self.blocked.append(f"<{tag}> carries a style of its own")
        if tag == "script" and not given.get("src"):
            self.blocked.append("a script without a file")
        self.blocked += [f"<{tag} {name}>" for name in given if name.startswith(("on", "hx-on"))]
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        if tag == "html":
            self.lang = given.get("lang") or ""
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if given.get("name") and tag in ("input", "select", "textarea"):
            self.names.append(str(given["name"]))


def seen(answer: HttpResponse | Any) -> Seen:
    """Read a page."""
    page = Seen()
    page.feed(answer.content.decode())
    return page


def words(answer: HttpResponse | Any) -> str:
    """The text of a page."""
    return str(answer.content.decode())
