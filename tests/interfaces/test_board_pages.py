"""The public board: open to everybody, small, without a script, and without anything not public."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.test import Client

from gongzhi.evaluation.actions import score_capability
from gongzhi.interfaces import clock
from gongzhi.ledger.records import Record
from tests.interfaces.console_scene import (
    NOW,
    SECRET_NAME,
    SECRET_PHONE,
    SECRET_WORDS,
    founded,
    play,
    seen,
    words,
)
from tests.interfaces.pages import surge
from tests.rooms.cast import START
from tests.rooms.scenes import all_records, counted, red_warning


@pytest.fixture(autouse=True)
def at_noon(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def board(lang: str = "en") -> Any:
    return Client().get(f"/board?lang={lang}")


def test_the_board_says_what_is_in_force_until_when_and_who_is_silent() -> None:
    scene = play()
    page = words(board())
    assert scene.upstream.incident.title in page
    assert "level II" in page
    assert "停止大型聚集" in page
    assert (START + timedelta(days=5, hours=8)).strftime("%m-%d %H:%M") in page
    assert "桥头街道" in page
    assert "no answer yet, <" not in page
    assert "东岸区水务局" in page
    assert "As of 2021-03-01 12:00" in page
    assert "Source:" in page


def test_the_board_needs_no_log_in_no_script_and_sets_no_cookie() -> None:
    play()
    answer = board()
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert "<script" not in words(answer)
    assert "http://" not in words(answer).replace("http://www.w3.org", "")
    assert not answer.cookies
    assert "max-age" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("lang", "tag"), [("zh-hans", "zh-Hans"), ("zh-hant", "zh-Hant"), ("en", "en")]
)
def test_the_board_is_read_in_every_language(lang: str, tag: str) -> None:
    play()
    assert seen(board(lang)).lang == tag
    assert seen(Client(headers={"accept-language": "en"}).get("/board?lang=klingon")).lang == "en"


def test_nothing_that_is_not_public_stands_on_the_board() -> None:
    """Every official, personal and sensitive text of every record is marked, and none is shown."""
    play()
    marked = 0
    for model in all_records():
        for name in texts_of(model):
            field = model._meta.get_field(name)
            unique = field.unique or (getattr(field, "choices", None) is not None)
            if not unique:
                text = f"§{model.__name__}.{name}"[: field.max_length or 40]
                marked += model._base_manager.update(**{name: text})
    page = words(board())
    assert marked > 40
    assert "§" not in page
    for secret in (SECRET_WORDS, SECRET_NAME, SECRET_PHONE, "先生"):
        assert secret not in page


BOUND = {"waiting_for", "score_words", "reason_offered", "reason_over"}
"""A constraint keeps these empty: in an order that is not waiting or not offered, in an answer
without score, in a phase that is not over."""


def texts_of(model: type[Record]) -> list[str]:
    """Text fields of a record that are not of the class `public`."""
    closed = set(model.fields_of("official", "personal", "sensitive")) - BOUND
    fields = [model._meta.get_field(name) for name in sorted(closed)]
    return [f.name for f in fields if isinstance(f, models.CharField | models.TextField)]


def test_the_test_above_would_see_a_name() -> None:
    scene = play()
    answer = scene.browser("mayor").get("/calls")
    assert "先生" in words(answer)


def test_warnings_have_the_gravest_first_with_their_sentence() -> None:
    city = founded()
    surge(city)
    red_warning(city, "S21", level="yellow")
    red_warning(city, "S12", state="ended", ended_at=NOW)
    page = words(board())
    assert page.index("桥头一社区") < page.index("渡口街道")
    assert "14 on 3/1" in page
    assert "钟楼街道" not in page


def test_the_board_stays_below_a_hundred_kilobytes_in_a_great_crisis() -> None:
    city = founded()
    counted(city["S11"], [1] * 30, START.date())
    for number in range(300):
        red_warning(city, "S11", stream=f"stream_{number}")
    answer = board()
    assert len(answer.content) < 100_000
    assert "and 240 more" in words(answer)


def test_an_empty_house_says_so() -> None:
    page = words(board())
    for sentence in (
        "No public crisis is declared.",
        "No measure is in force.",
        "No call is open.",
    ):
        assert sentence in page


def test_the_board_sums_the_last_scoring_by_tier_and_names_no_unit() -> None:
    city = founded()
    for at in (START, START + timedelta(hours=1)):
        score_capability(area=city["C"], by=city.person("mayor"), now=at)
    score_capability(area=city["D1"], by=city.person("d1-duty"), now=NOW)
    page = words(board())
    assert "How prepared each tier is" in page and "临江市, scored 2021-03-01 10:00" in page
    rows = re.findall(r'<th scope="row">(\w+)</th><td class="number"[^>]*>(\d+)</td>', page)
    assert dict(rows)["street"] == "1" and "桥头街道" not in page


def test_only_reading_is_answered() -> None:
    assert Client().post("/board").status_code == 405
