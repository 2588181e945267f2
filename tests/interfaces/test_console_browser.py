"""The console in a real browser: keys, live lists, forms with and without scripts, on a phone."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Page, expect

from gongzhi.actors.models import Person
from gongzhi.decision.models import Decision
from gongzhi.sensing.models import Report
from tests.browser import Site
from tests.interfaces.console_scene import Scene, play

pytestmark = pytest.mark.long

PASSWORD = "a long founding phrase"
BUDGET = 100 * 1024
"""Bytes of our own, compressed, that the first page may need."""


@pytest.fixture
def scene(site: Site) -> Scene:
    scene = play()
    Person.objects.update(password=make_password(PASSWORD), language="en")
    return scene


def log_in(page: Page, login: str, to: str = "/") -> None:
    page.goto(f"/login?next={to}")
    page.get_by_label("Log-in").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{to}")


@pytest.mark.e2e
def test_the_page_now_is_worked_with_keys_alone(scene: Scene, page: Page) -> None:
    log_in(page, "mayor")
    lines = page.locator("[data-duty]")
    expect(lines.first).to_be_visible()
    page.keyboard.press("j")
    expect(lines.nth(0).locator("[data-read]")).to_be_focused()
    page.keyboard.press("j")
    expect(lines.nth(1).locator("[data-read]")).to_be_focused()
    page.keyboard.press("k")
    expect(lines.nth(0).locator("[data-read]")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    act = lines.nth(0).locator("[data-act]").get_attribute("href")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("a")
    page.wait_for_url(f"**{act}")
    page.go_back()
    page.keyboard.press("j")
    read = lines.nth(0).locator("[data-read]").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{read}")


@pytest.mark.e2e
def test_the_list_is_looked_up_again_and_keeps_the_focus(scene: Scene, page: Page) -> None:
    log_in(page, "d2-duty")
    page.keyboard.press("j")
    focused = page.evaluate("document.activeElement.id")
    count = page.locator("[data-duty]").count()
    Report.objects.create(
        place=scene.city["S21"], stream="fever", channel="form", text="x",
        received_at=scene.report.received_at, received_by=scene.city.person("d2-duty"),
    )  # fmt: skip
    page.evaluate("htmx.ajax('GET', '/', '#duties')")
    expect(page.locator("[data-duty]")).to_have_count(count + 1)
    assert focused
    assert page.evaluate("document.activeElement.id") == focused
    expect(page).to_have_title(f"({count + 1}) Now · 共治")


@pytest.mark.e2e
@pytest.mark.console_allows("status of 422")
def test_a_decision_is_made_by_hand_with_rows_added(scene: Scene, page: Page) -> None:
    incident = scene.upstream.incident.pk
    log_in(page, "mayor", f"/incidents/{incident}?stage=decision")
    page.get_by_role("link", name="Decide", exact=True).click()
    page.get_by_role("button", name="Decide").click()
    expect(page.locator("#problems")).to_be_focused()
    page.get_by_label("Title").first.fill("停课一周")
    page.get_by_label("Reason", exact=True).fill("儿童病例多")
    page.get_by_label("Legal basis").fill("某法第一条")
    page.locator("#field-assessment").select_option(str(scene.upstream.assessment.pk))
    page.locator("[name=options-0-title]").fill("停课")
    page.locator("[name=options-0-chosen]").check()
    page.get_by_role("button", name="More rows").click()
    page.locator("[name=options-3-title]").fill("不停课")
    page.locator("[name=options-3-reason_refused]").fill("太慢")
    page.get_by_role("button", name="Decide").click()
    expect(page.locator(".said")).to_contain_text("Done: Decide · 停课一周.")
    assert Decision.objects.get(title="停课一周").options.count() == 2


@pytest.mark.e2e
def test_everything_works_without_scripts(scene: Scene, new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, "d2-duty")
    page.get_by_role("link", name="Take the report", exact=True).click()
    page.get_by_role("button", name="Take the report").click()
    expect(page.locator(".said")).to_contain_text("Done: Take the report")
    page = new_page(java_script_enabled=False)
    log_in(page, "mayor", f"/incidents/{scene.upstream.incident.pk}")
    page.locator(".river a", has_text="orders").click()
    expect(page.get_by_role("heading", name="orders", exact=True)).to_be_visible()
    page.get_by_role("link", name="why").first.click()
    expect(page.get_by_role("complementary", name="Why")).to_contain_text("设立联合值守点")
    page.goto("/do/decision/decide")
    page.get_by_role("button", name="More rows").click()
    expect(page.locator("fieldset.draft")).to_have_count(6)


@pytest.mark.e2e
def test_the_reasons_of_a_record_are_fetched_into_the_panel(scene: Scene, page: Page) -> None:
    log_in(page, "mayor", f"/incidents/{scene.upstream.incident.pk}?stage=orders")
    before = page.url
    page.get_by_role("link", name="why").first.click()
    panel = page.get_by_role("complementary", name="Why")
    expect(panel).to_contain_text("设立联合值守点")
    assert page.url == before
    expect(page.locator("tr[aria-current]")).to_have_count(1)


@pytest.mark.e2e
@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_no_page_is_wider_than_its_screen(
    scene: Scene, new_page: Callable[..., Page], width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 844})
    log_in(page, "mayor")
    incident = f"/incidents/{scene.upstream.incident.pk}"
    paths = [
        "/", "/incidents/", incident, f"{incident}?stage=orders", "/do", "/do/decision/decide",
        "/r/", "/r/command/orders/", f"/r/command/orders/{scene.order.pk}", "/ledger/", "/styles",
    ]  # fmt: skip
    wide = []
    for path in paths:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)
    assert wide == []


@pytest.mark.e2e
def test_the_first_page_is_light(scene: Scene, page: Page) -> None:
    log_in(page, "mayor")
    sizes: dict[str, int] = {}
    page.on("response", lambda r: sizes.update({r.url: len(gzip.compress(r.body()))}))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert len(sizes) > 4
    assert sum(sizes.values()) < BUDGET, sizes
