"""A keyboard alone raises a call and answers it, in a real browser; and the pages fit a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Page, expect

from gongzhi.actors.models import Person
from gongzhi.command.actions import adopt_duties
from gongzhi.command.models import CallAnswer, StreetCall
from tests.browser import Site
from tests.interfaces.console_scene import founded
from tests.interfaces.keys import answer_coming, tab_to
from tests.interfaces.test_console_browser import PASSWORD, log_in
from tests.rooms.cast import START, City

MATRIX = "subject,area,department,together,from\nwater,D1,WATER,POWER,2021-01-01\n"


@pytest.fixture
def city(site: Site) -> City:
    city = founded()
    adopt_duties(
        area=city["C"], table=MATRIX, basis="List of 2021", by=city.person("mayor"), now=START
    )
    Person.objects.update(password=make_password(PASSWORD), language="en")
    return city


@pytest.mark.e2e
def test_a_keyboard_alone_raises_and_answers_a_call(city: City, page: Page) -> None:
    log_in(page, "s11-duty", "/calls")
    tab_to(page, "Call departments")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/raise")
    expect(page.locator("#subject")).to_be_focused()
    page.keyboard.type("water/burst main")
    page.keyboard.press("Enter")
    expect(page.locator(".why")).to_contain_text("row")
    tab_to(page, "Call these")
    page.keyboard.press("Enter")
    page.wait_for_url("**/do/command/raise_call?**")
    expect(page.get_by_label("In their own words")).to_be_focused()  # the rest is filled in
    page.keyboard.type("Water on the road")
    tab_to(page, "Call departments")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Done: Call departments")
    call = StreetCall.objects.get()
    assert call.answers.count() == 2

    page.context.clear_cookies()
    log_in(page, "water", "/calls")
    tab_to(page, "Answer the call")
    page.keyboard.press("Enter")
    answer_coming(page, 20)
    assert CallAnswer.objects.get(department=city["WATER"]).state == "coming"


@pytest.mark.e2e
def test_the_pages_of_calls_fit_a_phone(city: City, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    log_in(page, "s11-duty", "/calls")
    wide = []
    for path in ("/calls", "/calls/raise?subject=water", "/calls/figures", "/calls/again"):
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)
    assert wide == []
