"""The pages of help: mine first, the board with a plot and an equal table, a paper with a key."""

from __future__ import annotations

import pytest

from gongzhi.fieldwork.actions import accept_call_up, certify_hours, drop_out, record_hours
from gongzhi.fieldwork.models import HelpOffer, Skill
from gongzhi.interfaces import clock
from gongzhi.ledger.queries import public_key
from tests.interfaces.api_world import cheap_passwords
from tests.interfaces.console_scene import words
from tests.interfaces.pages import browser
from tests.once import once
from tests.rooms import helping as scene
from tests.rooms.cast import START, City


@pytest.fixture(autouse=True)
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)


@once
def city() -> City:
    with cheap_passwords():
        return scene.helping_city()


def test_a_helper_answers_by_one_press_and_then_may_drop_out(city: City) -> None:
    scene.offered(city, "hua")
    scene.wanted(city, "流动测温", skill=Skill.NURSE)
    scene.called(city)
    told = words(browser(city, "hua").get("/hands"))
    assert "流动测温" in told and "Accept the call-up" in told and "Decline the call-up" in told
    accept_call_up(call_up=scene.call_up_of(city, "hua"), by=city.person("hua"), now=START)
    told = words(browser(city, "hua").get("/hands"))
    assert "I cannot come after all" in told and "Accept the call-up" not in told
    assert "流动测温" not in words(browser(city, "lin").get("/hands"))


def test_what_is_open_is_shown_with_how_many_are_still_wanted(city: City) -> None:
    task = scene.wanted(city, "搬运", headcount=3)
    page = browser(city, "hua").get("/hands")
    assert page.context["open_tasks"] == [(task, 3)]
    assert "Offer help" in words(page)
    assert browser(city, "s21-duty").get("/hands").context["open_tasks"] == []


def test_help_is_offered_by_a_form_with_several_skills_ticked(city: City) -> None:
    sent = {
        "unit": city["SOC"].pk, "place": city["S11"].pk, "skills": ["nurse", "drive"],
        "times-0-starts_at": "2021-03-01T10:00", "times-0-ends_at": "2021-03-01T18:00",
        "reach_km": "8", "once": "k1",
    }  # fmt: skip
    page = browser(city, "hua")
    form = page.get(f"/do/fieldwork/offer_help?unit={city['SOC'].pk}").content.decode()
    assert 'type="checkbox" name="skills" value="nurse"' in form and "Time 1" in form
    told = words(page.post("/do/fieldwork/offer_help", sent, follow=True))
    assert "Done: Offer help" in told
    offer = HelpOffer.objects.get()
    assert (offer.skills, offer.reach_km) == (["drive", "nurse"], 8)
    assert "driving、nursing" in words(page.get(f"/r/fieldwork/help_offers/{offer.pk}"))


def test_the_board_draws_the_figures_of_its_table(city: City) -> None:
    scene.offered(city, "hua")
    scene.wanted(city, "流动测温", headcount=4, skill=Skill.NURSE)
    scene.called(city)
    page = browser(city, "city-duty").get("/hands/board")
    [shift] = page.context["shifts"]
    assert (shift.wanted, shift.staffed, shift.short, shift.width) == (4, 1, 3, 25.0)
    told = words(page)
    assert "1 of 4. All who can come are called up" in told and "Plan the call-ups" in told
    assert 'width="25.0"' in page.content.decode()


def test_who_only_helps_is_not_asked_to_plan(city: City) -> None:
    scene.offered(city, "hua")
    scene.wanted(city)
    scene.planned(city)
    assert "Approve the call-ups" in words(browser(city, "mayor").get("/hands/board"))
    told = words(browser(city, "hua").get("/hands/board"))
    assert "Approve the call-ups" not in told and "Plan the call-ups" not in told


def test_a_place_that_falls_open_is_open_to_help_with_again(city: City) -> None:
    scene.offered(city, "hua")
    scene.wanted(city)
    scene.called(city)
    assert browser(city, "lin").get("/hands").context["open_tasks"] == []
    mine = scene.call_up_of(city, "hua")
    drop_out(call_up=mine, reason="病了", by=city.person("hua"), now=START)
    assert len(browser(city, "lin").get("/hands").context["open_tasks"]) == 1


def test_the_certificate_is_a_paper_with_its_signature_and_key(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.offered(city, "hua")
    scene.wanted(city)
    scene.called(city)
    mine = scene.call_up_of(city, "hua")
    accept_call_up(call_up=mine, by=city.person("hua"), now=START)
    monkeypatch.setattr(clock, "now", lambda: scene.NOON)
    assert "Confirm the hours" in words(browser(city, "d1-duty").get("/hands/board"))
    record_hours(call_up=mine, minutes=210, by=city.person("d1-duty"), now=scene.NOON)
    paper = certify_hours(
        offer=mine.offer, thanks="辛苦了", by=city.person("d1-duty"), now=scene.NOON
    )
    page = browser(city, "hua").get(f"/hands/certificates/{paper.pk}")
    told = words(page)
    assert "helped for 3.5 hours (shifts: 1)" in told and "辛苦了" in told
    assert public_key() in page.content.decode().replace("&#x27;", "'").replace("&#43;", "+")
    assert browser(city, "h1-clerk").get(f"/hands/certificates/{paper.pk}").status_code == 404
    assert f"/hands/certificates/{paper.pk}" in browser(city, "hua").get("/hands").content.decode()
