"""What somebody does in a real browser with a keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

FOCUSED = """(() => {
  const here = document.activeElement;
  if (!here || here === document.body) return '';
  return (here.labels?.[0] ?? here).textContent;
})()"""


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what is focused says this; nothing else is used to get there."""
    for _press in range(80):
        if text in page.evaluate(FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"No Tab leads to “{text}”.")


def answer_coming(page: Page, minutes: int) -> None:
    """Fill in the form that answers a call: coming, in so many minutes."""
    page.wait_for_url("**/do/command/answer_call?**")
    tab_to(page, "coming")
    page.keyboard.press("Space")
    tab_to(page, "Minutes until you are there")
    page.keyboard.type(str(minutes))
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Done: Answer the call")
