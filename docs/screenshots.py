"""Take the documentation's pictures of a served demo: `python -m docs.screenshots URL PASSWORD`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import FLAGS, chromium_on_path

IMAGES = Path(__file__).parent / "images"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def log_in(page: Page, url: str, login: str, password: str) -> None:
    """Log a person in."""
    page.goto(f"{url}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")


def main(url: str, password: str) -> None:
    """Write one picture for each of the main pages."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_on_path(), args=list(FLAGS))
        page = browser.new_context(viewport=WIDE, locale="en").new_page()
        log_in(page, url, "city.commander", password)
        for name, path in (
            ("now", "/"), ("map", "/map"), ("warnings", "/warnings"), ("calls", "/calls"),
            ("supplies", "/supplies"),
        ):  # fmt: skip
            page.goto(f"{url}{path}")
            page.wait_for_timeout(1500)
            page.screenshot(path=IMAGES / f"{name}-1440.png")
        page.goto(f"{url}/incidents")
        page.click("main a[href*='/incidents/']")
        page.wait_for_timeout(1000)
        page.screenshot(path=IMAGES / "incident-1440.png")
        river = page.url.partition("?")[0]
        for name, path in (
            ("in-force-1440", f"{river}?stage=decision"), ("phases-1440", f"{river}?stage=orders"),
            ("plan-1440", f"{url}/plans/1"),
        ):  # fmt: skip
            page.goto(path)
            page.wait_for_timeout(1000)
            page.screenshot(path=IMAGES / f"{name}.png")
        phone = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
        phone.goto(f"{url}/board")
        phone.screenshot(path=IMAGES / "board-390.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
