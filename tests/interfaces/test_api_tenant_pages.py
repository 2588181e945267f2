"""No page of the console or the phone shows a record of a foreign branch, and no form takes one.

The records of the first district say in all their words whose they are; people of the second one
open every page there is. The cases come from the address patterns, so a new page is opened too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from gongzhi.actors.models import AccessNotice, Facility, Person, Post, Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models import ContingencyPlan
from gongzhi.decision.models import TaskForce
from gongzhi.evaluation.models import CapabilityResult
from gongzhi.fieldwork.models import HelpCertificate, Task
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import Record
from gongzhi.sensing.models import Warning
from gongzhi.supply.models import Donation, MatchRun, NeedList, TransportPass
from tests.examples import some_of
from tests.interfaces.api_world import World, built_world, lines_written, world
from tests.interfaces.test_api_tenants import (
    INPUTS,
    SCOPED,
    STRANGERS,
    every_scoped_list,
    theirs,
)  # fmt: skip

pytestmark = pytest.mark.long

__all__ = ["built_world", "world"]

WORDS = {
    "title", "text", "findings", "advice", "reason", "note", "instruction", "result", "proof",
    "judgement", "words", "answer", "sentence", "wants", "place", "file_name", "effect", "burden",
    "ruling", "contact", "building", "door", "reason_closed", "reason_ended", "reason_revoked",
    "reason_withdrawn", "reason_lost", "reporter_name", "thanks",
}  # fmt: skip
SECRET = "只有东岸区看得到"


@pytest.fixture
def marked(world: World) -> World:
    """The records of the first district say in all their words whose they are."""
    for model, record in world.branches[0].made.items():
        if not model.SCOPE or model in (Unit, Person, Post, Facility):
            continue
        words = [f.name for f in model._meta.concrete_fields
                 if f.name in WORDS
                 and isinstance(f, models.CharField | models.TextField)]  # fmt: skip
        if words:
            rows = model._base_manager.filter(pk=record.pk)
            rows.update(**dict.fromkeys(words, SECRET))
    return world


NUMBERED: dict[str, type[Record]] = {
    "console:incident": Incident, "console:warning": Warning, "console:plan": ContingencyPlan,
    "pocket:task": Task, "console:entry": Entry, "console:team": TaskForce,
    "console:certificate": HelpCertificate, "console:need_list": NeedList,
    "console:notice-paper": AccessNotice, "console:capability-result": CapabilityResult,
    "console:transport_pass": TransportPass, "console:supply-plan": MatchRun,
    "console:donation-receipt": Donation,
}  # fmt: skip
"""Pages about one record by its number, besides those of the lists."""
NOT_A_PAGE = {
    "live", "console:log_out", "console:ground", "console:language", "console:board",
    "console:note_call", "console:show_numbers", "console:try_again", "console:take_task",
}  # fmt: skip
"""A feed without an end, addresses that only take what is sent to them, and the public board."""


def pages() -> Iterator[tuple[str, str]]:
    """Name and address pattern of every page besides the API."""

    def walk(patterns: list[Any], prefix: str, space: str) -> Iterator[tuple[str, str]]:
        for one in patterns:
            address = prefix + str(one.pattern)
            if isinstance(one, URLResolver) and not address.startswith("api"):
                yield from walk(one.url_patterns, address, one.namespace or space)
            if isinstance(one, URLPattern) and not address.startswith("^api"):
                yield (f"{space}:{one.name}" if space else str(one.name)), address

    yield from walk(get_resolver().url_patterns, "", "")


PLAIN = sorted(a for n, a in pages() if "<" not in a and n not in NOT_A_PAGE)


def browser_of(world: World, login: str) -> Client:
    browser = Client(headers={"accept-language": "zh-hans"})
    browser.force_login(world.city.person(login))
    return browser


def test_every_page_about_a_number_is_known_here() -> None:
    numbered = {name for name, address in pages() if "<int:" in address}
    assert numbered - {"console:record"} == set(NUMBERED)
    assert len(PLAIN) > 15


def test_the_words_are_seen_by_whoever_may(marked: World) -> None:
    """Otherwise the tests below would prove nothing."""
    browser = browser_of(marked, "d1-chief")
    shown = {
        key for key, model in SCOPED
        if SECRET in browser.get(f"/r/{'/'.join(key)}/{theirs(marked, model).pk}").content.decode()
    }  # fmt: skip
    assert len(shown) > 12, shown
    assert SECRET in browser.get("/incidents/").content.decode()


@every_scoped_list
def test_no_page_of_a_list_or_record_shows_a_foreign_branch(
    marked: World, key: tuple[str, str], model: type[Record]
) -> None:
    foreign, path = theirs(marked, model).pk, f"/r/{'/'.join(key)}/"
    for login in STRANGERS[:2]:
        browser = browser_of(marked, login)
        page = browser.get(path).content.decode()
        assert f'href="{path}{foreign}"' not in page, login
        assert SECRET not in page, login
        assert browser.get(f"{path}{foreign}").status_code == 404, login
        own = browser.get(f"{path}{marked.branches[1].of(model).pk}")
        assert own.status_code == 200, login
        assert SECRET not in own.content.decode(), login


@pytest.mark.parametrize("name", NUMBERED)
def test_no_page_about_a_number_shows_a_foreign_branch(marked: World, name: str) -> None:
    model = NUMBERED[name]
    address = next(a for n, a in pages() if n == name)
    foreign = re.sub(r"<int:\w+>", str(theirs(marked, model).pk), f"/{address}")
    for login in STRANGERS:
        answer = browser_of(marked, login).get(foreign)
        assert SECRET not in answer.content.decode()
        if model.SCOPE:
            assert answer.status_code == 404, (login, foreign)


@pytest.mark.parametrize("address", PLAIN)
def test_no_other_page_shows_a_foreign_branch(marked: World, address: str) -> None:
    for login in STRANGERS:
        answer = browser_of(marked, login).get(f"/{address}")
        assert answer.status_code in (200, 302, 404, 503), (login, answer.status_code)
        assert SECRET not in answer.content.decode(), login


@pytest.mark.parametrize(
    ("deed", "name", "model"), some_of(INPUTS),
    ids=[f"{d.room}-{d.verb}-{name}" for d, name, _m in some_of(INPUTS)],
)  # fmt: skip
def test_no_form_offers_or_takes_a_record_of_a_foreign_branch(
    marked: World, deed: Deed, name: str, model: type[Record]
) -> None:
    outer, foreign = name.split(".")[0], theirs(marked, model).pk
    browser = browser_of(marked, "d2-chief")
    form = browser.get(f"/do/{deed.room}/{deed.verb}", {outer: foreign})
    assert form.status_code == 200
    assert SECRET not in form.content.decode()
    if model is not Unit:
        found = browser.get(f"/pick/{deed.room}/{deed.verb}/{name}", {"q": str(foreign)})
        assert found.status_code in (200, 404)
        assert f'value="{foreign}"' not in found.content.decode()
    lines = lines_written()
    browser.post(f"/do/{deed.room}/{deed.verb}", {outer: foreign, "once": "x"})
    assert lines_written() == lines
