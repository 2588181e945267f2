"""Every page of the console: it opens, in three languages, with nothing a strict policy blocks."""

from __future__ import annotations

import re

import pytest
from django.test import Client, override_settings

from gongzhi.actors.queries import LISTINGS
from gongzhi.fieldwork.models import Household, Visit
from gongzhi.interfaces import clock
from tests.interfaces.console_scene import (
    NOW,
    SECRET_NAME,
    SECRET_PHONE,
    SECRET_WORDS,
    Scene,
    seen,
    words,
)
from tests.rooms.cast import START

PAGES = ["/", "/incidents/", "/do", "/r/", "/ledger/", "/styles"]
LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_in_every_language(scene: Scene, language: str) -> None:
    browser = scene.browser("mayor", language)
    incident = scene.upstream.incident.pk
    for path in [*PAGES, f"/incidents/{incident}", f"/incidents/{incident}?stage=orders"]:
        answer = browser.get(path)
        page = seen(answer)
        assert answer.status_code == 200, path
        assert page.lang == LANGUAGES[language], path
        assert page.blocked == [], path


BUILDING = "三号楼"


def visited(scene: Scene) -> set[str]:
    """What somebody told or was noted about somebody; a visit is noted here too."""
    assert Household.objects.filter(building=BUILDING).exists()
    Visit.objects.create(
        task=scene.tasks[0], key="k", outcome="met", persons_met=2, persons_ill=1,
        wants="想要退烧药", note="王奶奶", visited_at=START, received_at=START,
        visited_by=scene.city.person("g1111-worker"),
    )  # fmt: skip
    return {SECRET_WORDS, SECRET_NAME, SECRET_PHONE, "想要退烧药", "王奶奶", BUILDING}


@pytest.mark.parametrize("login", ["mayor", "s11-duty", "g1111-worker", "h1-clerk", "auditor"])
def test_every_list_and_record_opens_for_whoever_sees_it_and_tells_nothing_personal(
    scene: Scene, login: str
) -> None:
    told = visited(scene)
    browser = scene.browser(login)
    opened = 0
    for room, listing in LISTINGS:
        personal = told - ({BUILDING} if (room, listing) == ("actors", "units") else set())
        answer = browser.get(f"/r/{room}/{listing}/")
        page = seen(answer)
        assert answer.status_code == 200, (room, listing)
        assert page.blocked == []
        assert [one for one in personal if one in words(answer)] == [], (room, listing)
        records = [link for link in page.links if link.startswith(f"/r/{room}/{listing}/")]
        for link in [link for link in records if link.rsplit("/", 1)[1].isdigit()][:2]:
            answer = browser.get(link)
            page = seen(answer)
            assert answer.status_code == 200, link
            assert page.blocked == [], link
            assert [i for i, count in page.ids.items() if count > 1] == [], link
            assert [one for one in personal if one in words(answer)] == [], link
            opened += 1
    assert opened > 4


def test_every_link_of_the_main_pages_leads_somewhere(scene: Scene) -> None:
    browser = scene.browser("mayor")
    incident = f"/incidents/{scene.upstream.incident.pk}"
    found = {
        link.split("#")[0]: path
        for path in ["/", "/incidents/", incident, "/ledger/", "/r/command/orders/"]
        for link in seen(browser.get(path)).links
        if link.startswith("/") and not link.startswith("/do/")
    }
    one_of_a_kind = {re.sub(r"%3A\d+$", "", link): link for link in found}
    assert len(one_of_a_kind) > 25
    for link in one_of_a_kind.values():
        assert browser.get(link).status_code == 200, (found[link], link)


def test_without_a_log_in_every_page_leads_to_it(scene: Scene) -> None:
    stranger = Client()
    for path in ["/", "/incidents/", "/do", "/r/", "/r/command/orders/", "/do/decision/decide"]:
        answer = stranger.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"] == f"/login?next={path}"


def test_a_part_of_a_page_sends_the_whole_page_to_the_log_in(db: None) -> None:
    answer = Client().get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/login"


def test_now_lists_by_due_time_and_offers_the_form_filled_in(scene: Scene) -> None:
    answer = scene.browser("d2-duty").get("/")
    text = words(answer)
    assert "Take the report: water outage" in text
    assert "2 h late · since 10:00" in text
    assert "It waits in the queue of your area." in text
    assert "/do/sensing/claim_report?report=" in text
    keys = [line.duty.due_at for line in answer.context["lines"]]
    assert keys == sorted(keys)


def test_the_list_of_now_is_kept_fresh_by_the_live_feed(scene: Scene) -> None:
    text = words(scene.browser("d2-duty").get("/"))
    assert 'id="duties" data-live' in text
    assert 'id="live"' in text


def test_the_filter_of_now_is_kept(scene: Scene) -> None:
    browser = scene.browser("mayor")
    browser.get("/?only=supply")
    answer = browser.get("/")
    assert answer.context["chosen"] == "supply"
    assert {line.duty.room for line in answer.context["lines"]} <= {"supply"}


def test_an_empty_list_says_what_is_due_next_in_the_area(scene: Scene) -> None:
    answer = scene.browser("auditor").get("/?only=exchange")
    text = words(answer)
    assert "Nothing of this kind needs you." in text
    assert "The next thing due in your area:" in text
    assert answer.context["next"]["at"] > NOW


def test_times_are_as_of_the_clock_and_exact_on_hover(scene: Scene) -> None:
    text = words(scene.browser("d2-duty").get("/"))
    assert "As of 2021-03-01 12:00:00" in text
    assert 'title="2021-03-01 10:00:00 Beijing time (UTC+08:00)"' in text


def test_the_wall_is_chosen_and_kept(scene: Scene) -> None:
    browser = scene.browser("mayor")
    assert 'data-ground="wall"' not in words(browser.get("/"))
    answer = browser.post("/ground", {"wall": "1", "next": "/incidents/"})
    assert answer["Location"] == "/incidents/"
    assert 'data-ground="wall"' in words(browser.get("/"))
    assert browser.post("/ground", {"wall": "0", "next": "//elsewhere.test/"})["Location"] == "/"


def test_what_is_not_there_is_said_in_words(scene: Scene) -> None:
    browser = scene.browser("mayor")
    answer = browser.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing at this address in your area." in words(answer)
    assert seen(answer).blocked == []
    answer = browser.get("/r/command/nothing/")
    assert answer.status_code == 404
    assert "There is no list “nothing” in the room “command”." in words(answer)


def test_a_mistake_of_ours_is_said_in_words(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("planted")

    browser = scene.browser("mayor")
    browser.raise_request_exception = False
    monkeypatch.setattr(clock, "now", broken)
    answer = browser.get("/incidents/")
    assert answer.status_code == 500
    assert "Something broke on our side." in words(answer)
    assert "planted" not in words(answer)


def test_a_form_without_its_token_is_refused_in_words(scene: Scene) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = strict.post("/login", {"login": "mayor", "password": "x"})
    assert answer.status_code == 403
    assert "This form is no longer valid." in words(answer)
    assert seen(answer).blocked == []


def test_the_components_are_shown_where_they_are_worked_on_only(scene: Scene) -> None:
    browser = scene.browser("mayor")
    assert browser.get("/styles").status_code == 200
    with override_settings(PRODUCTION=True):
        assert browser.get("/styles").status_code == 404
