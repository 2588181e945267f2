"""A team plays in the same console under the frame: served, by keyboard, paused, resumed, ended."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from gongzhi.interfaces.cli.exercise.making import exercise_numbered
from gongzhi.interfaces.cli.exercise.play import journal_of
from tests.browser import Site
from tests.exercise_house import (  # noqa: F401  (a fixture)
    PASSWORD,
    city_with_a_plan,
    exercise_folder,
    of_the_house,
    played,
    run,
)
from tests.interfaces.keys import answer_coming
from tests.rooms.cast import City
from tests.rooms.catching import Catcher, catching_http

pytestmark = pytest.mark.long

SCENARIO = """
exercise: burst-main
title: {zh-Hans: 水管爆裂演练, zh-Hant: 水管爆裂演練, en: A burst main}
hazard: flood
plan: flood
begins: 2026-07-10T20:00+08:00
ends_after: +10:00
aims:
  - {zh-Hans: 有人回应, zh-Hant: 有人回應, en: Somebody answers}
injects:
  - at: +00:00
    tells: {zh-Hans: 街道吹哨, zh-Hant: 街道吹哨, en: A street calls water and power}
    deed: command.raise_call
    by: code S11
    inputs:
      caller: {unit: code S11}
      subject: 水管爆裂
      text: 路面积水。
      departments: [{unit: code WATER}, {unit: code POWER}]
  - at: +00:20
    tells: {zh-Hans: 再次吹哨, zh-Hant: 再次吹哨, en: The other street calls water}
    deed: command.raise_call
    by: code S12
    inputs:
      caller: {unit: code S12}
      subject: 地铁进水
      text: 站厅积水。
      departments: [{unit: code WATER}]
"""
SPEED = 120


@pytest.fixture
def caught() -> Iterator[Catcher]:
    with catching_http() as catcher:
        yield catcher


@pytest.fixture
def city(transactional_db: None, exercise_folder: Path) -> City:  # noqa: F811
    return city_with_a_plan()


@pytest.fixture
def site(
    city: City, exercise_folder: Path, caught: Catcher, worker_database_url: str  # noqa: F811
) -> Iterator[Site]:  # fmt: skip
    """The exercise, served: water is there, the others are played; a gateway for SMS is open."""
    file = exercise_folder / "scenario.yaml"
    file.write_text(SCENARIO, "utf-8")
    run("new", str(file), "--speed", str(SPEED), "--seed", "3")
    environment = {
        "GONGZHI_VAR": str(exercise_folder), "GONGZHI_ROUND_SECONDS": "0.3",
        "GONGZHI_SMS": json.dumps({"url": f"{caught.url}/sms", "body": {"mobile": "$phone"}}),
    }  # fmt: skip
    words = ("exercise", "run", "1", "--present", "WATER")
    with Site(worker_database_url, environment=environment, words=words) as served:
        yield served


def shown(page: Page) -> datetime:
    """The simulated time in the frame of a page."""
    page.reload()
    text = page.locator(".exercise-word").inner_text()
    found = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", text)
    assert found, text
    return datetime.fromisoformat(f"{found.group()}+08:00")


def comes(page: Page, what: Locator) -> None:
    """Wait until a page, looked at again and again, shows something."""
    for _look in range(60):
        if what.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{what} does not come.")


@pytest.mark.e2e
@pytest.mark.feature(33)
def test_a_team_plays_under_the_frame_and_the_director_has_the_clock(
    city: City, page: Page, site: Site, caught: Catcher
) -> None:
    before = of_the_house()
    page.goto("/login?next=/")
    expect(page.locator("body.exercise .exercise-word")).to_contain_text("EXERCISE 演练")
    page.get_by_label("Log-in").fill("water")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r":\d+/$"))
    begun = shown(page)
    assert begun >= datetime.fromisoformat("2026-07-10T20:00+08:00")
    expect(page.locator(".exercise-word")).to_contain_text(f"{SPEED} × speed")

    # The team can be reached by SMS, so it believes: the gateway is open, and this is an exercise.
    page.goto("/do/messages/set_contact")
    page.locator("#field-way input[value=mobile]").check()
    page.locator("#field-address").fill("13900000000")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_be_visible()

    # One deed with keys alone: the call of the street is the first line of the page Now.
    page.goto("/")
    expect(page.locator("[data-duty]").first).to_contain_text("水管爆裂")
    page.keyboard.press("j")
    page.keyboard.press("a")
    answer_coming(page, 20)

    # The second call comes on the exercise's own time, as a message of its inbox.
    page.goto("/calls")
    comes(page, page.get_by_text("地铁进水"))
    comes(page, page.locator("#unread-count", has_text=re.compile("[1-9]")))

    run("pause", "1")
    stood = shown(page)
    expect(page.locator(".exercise-word")).to_contain_text("the clock stands still")
    assert stood > begun and shown(page) == stood
    run("resume", "1")
    page.wait_for_timeout(1500)
    assert shown(page) > stood
    expect(page.locator(".exercise-word")).not_to_contain_text("the clock stands still")
    run("end", "1")
    over = shown(page)
    expect(page.locator(".exercise-word")).to_contain_text("over")
    assert shown(page) == over

    result = played(1)
    answered = {w["unit"] for w in result["waits"] if w["kind"] == "answer"}
    assert "东岸区水务局" in answered and result["present"] == ["WATER"]
    assert result["ledger_holds"] and result["ledger_size"] > 4
    tells = [line for line in journal_of(exercise_numbered(1)) if line["kind"] == "inject"]
    assert [line["refusal"] for line in tells] == ["", ""]
    assert of_the_house() == before, "Nothing of it is in the real house."
    assert caught.caught == [], "Nothing leaves."

    # The process that was begun by hand is killed: the exercise's own, and its clock, end with it.
    page.goto("about:blank")
    assert len(site.processes()) == 3
    os.kill(site.server, signal.SIGKILL)
    assert site.ends(), site.log()
    site.kill()  # what has ended is not asked to end again
