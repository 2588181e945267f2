"""The call-down list and the inbox in a real browser, worked with the keyboard alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Page, expect

from gongzhi.actors.models import Person
from gongzhi.command.actions import give_order
from gongzhi.ledger.actions import seal
from gongzhi.messages.actions import follow_ledger, list_unread, set_contact
from gongzhi.messages.models import CallDown, Contact, Message
from tests.browser import Site
from tests.interfaces.console_scene import founded
from tests.interfaces.test_console_browser import PASSWORD, log_in
from tests.rooms.cast import City
from tests.rooms.upstream import crisis


@pytest.fixture
def city(site: Site) -> City:
    """Two orders that the water department has not read for twenty minutes."""
    city = founded()
    now = datetime.now(UTC)
    at = now - timedelta(minutes=20)
    Person.objects.update(password=make_password(PASSWORD), language="en")
    for person in Person.objects.all():
        person.posts.update(starts_at=at - timedelta(days=1))
    decision = crisis(city, now=at).decision
    for title in ("Send two pumps", "Close the valve at Bridge Street"):
        give_order(
            unit=city["WATER"], title=title, minutes=90, decision=decision,
            by=city.person("mayor"), now=at,
        )  # fmt: skip
    for kind, address, unit in (
        (Contact.ContactKind.PHONE, "0556-110", city["WATER"]),
        (Contact.ContactKind.MOBILE, "13900000000", None),
    ):
        set_contact(way=kind, address=address, unit=unit, by=city.person("water"), now=at)
    seal(now=at)
    follow_ledger(by=city.person("founder"), now=at)
    list_unread(by=city.person("founder"), now=now)
    return city


@pytest.mark.e2e
def test_a_unit_is_phoned_with_keys_alone(city: City, page: Page) -> None:
    log_in(page, "d1-duty", "/messages/phone")
    page.keyboard.press("j")
    expect(page.locator("[data-duty] [data-read]").first).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("link", name="0556-110")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("no answer").first).to_be_visible()
    assert CallDown.objects.filter(state="open").count() == 2
    page.keyboard.press("1")
    expect(page.get_by_text("Nobody is to be phoned")).to_be_visible()
    assert not CallDown.objects.filter(state="open").exists()


@pytest.mark.e2e
def test_a_message_is_read_with_keys_alone(city: City, page: Page) -> None:
    log_in(page, "water", "/messages")
    expect(page.locator("#unread-count")).to_contain_text("2")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_url("**/r/command/orders/*")
    expect(page.locator("#unread-count")).to_contain_text("1")
    assert Message.objects.filter(state="read").count() == 1
