"""A resident with a phone and no log-in: the paper's QR code opens the notice, and they object."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Page, expect

from gongzhi.actors.actions import open_in_emergency
from gongzhi.actors.models import EmergencyAccess, Person
from gongzhi.fieldwork.actions import HouseholdDraft, list_households
from gongzhi.fieldwork.models import Household
from gongzhi.interfaces import clock
from tests.browser import Site
from tests.interfaces.console_scene import founded
from tests.interfaces.test_console_browser import PASSWORD, log_in
from tests.rooms.cast import City


@pytest.fixture
def access(site: Site) -> EmergencyAccess:
    """A household's entry, opened an hour ago by the street of the other district."""
    city: City = founded()
    Person.objects.update(password=make_password(PASSWORD), language="en")
    hour_ago = clock.now() - timedelta(hours=1)
    list_households(
        grid=city["G2111"], households=[HouseholdDraft(building="三号楼", door="101")],
        by=city.person("g2111-worker"), now=hour_ago,
    )  # fmt: skip
    return open_in_emergency(
        unit=city["S11"], record=Household.objects.get().ref, reason="Found without papers",
        by=city.person("s11-duty"), now=hour_ago,
    )  # fmt: skip


@pytest.mark.e2e
@pytest.mark.feature(6)
def test_the_code_of_the_paper_opens_the_notice_and_an_objection_is_taken(
    access: EmergencyAccess, page: Page, new_page: Callable[..., Page]
) -> None:
    log_in(page, "g2111-worker", f"/notices/{access.notice.pk}/paper")
    code = page.locator(".code").inner_text()
    page.emulate_media(media="print")
    expect(page.locator(".paper-ways")).to_be_hidden()
    expect(page.locator(".qr svg")).to_be_visible()

    phone = new_page(viewport={"width": 390, "height": 844})
    phone.goto(f"/notice#{code}")
    expect(phone.locator("#told")).to_contain_text("Found without papers")
    expect(phone).to_have_url(re.compile(r"/notice$"))
    assert phone.context.cookies() == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_role("button", name="繁體中文").click()
    expect(phone.locator("html")).to_have_attribute("lang", "zh-Hant")
    phone.get_by_role("button", name="English").click()
    phone.get_by_label("What do you object to?").fill("We live next door")
    phone.get_by_role("button", name="Send the objection").click()
    expect(phone.get_by_role("status")).to_contain_text("Your objection is with")
    access.refresh_from_db()
    assert access.objection == "We live next door"
    assert phone.context.cookies() == []
