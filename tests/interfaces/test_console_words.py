"""The words of the console: every deed, field and line has its own; times and figures read well."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.utils import translation

from gongzhi import writing
from gongzhi.actors.queries import LISTINGS
from gongzhi.interfaces.console import figures, times, words
from gongzhi.interfaces.console.forms.asking import asks_of
from gongzhi.interfaces.console.reading import tree
from gongzhi.interfaces.console.words.deeds import BY_CLOCK, DEEDS
from gongzhi.interfaces.console.words.fields import FIELDS
from gongzhi.interfaces.console.words.help import HELP
from gongzhi.interfaces.console.words.said import SAID
from gongzhi.interfaces.console.words.things import LISTS, RECORDS, ROOMS
from gongzhi.interfaces.inputs import deeds_by_hand

GONGZHI = Path(__file__).parents[2] / "gongzhi"
AT = datetime(2021, 3, 1, 6, 20, tzinfo=UTC)
"""14:20 in the city."""


@pytest.fixture(autouse=True)
def _in_english() -> object:
    with translation.override("en"):
        yield


def test_every_deed_has_a_name() -> None:
    missing = [(d.room, d.verb) for d in deeds_by_hand() if (d.room, d.verb) not in DEEDS]
    assert missing == []


def test_every_list_and_its_records_have_a_name() -> None:
    assert [key for key in LISTINGS if key not in LISTS] == []
    assert [m.__name__ for m in LISTINGS.values() if m.__name__ not in RECORDS] == []
    assert [room for room, _listing in LISTINGS if room not in ROOMS] == []


def test_every_field_and_input_has_a_name() -> None:
    shown = {f for model in LISTINGS.values() for f in model.fields_of("public", "official")}
    asked = {a.name for deed in deeds_by_hand() for a in asks_of(deed)}
    rows = {r.name for deed in deeds_by_hand() for a in asks_of(deed) for r in a.rows}
    assert sorted((shown | asked | rows) - set(FIELDS)) == []
    assert sorted({name.rpartition(".")[2] for name in HELP} - set(FIELDS)) == []


def test_help_for_one_deed_alone_belongs_to_an_input_of_it() -> None:
    asked = {
        f"{deed.verb}.{one.name}"
        for deed in deeds_by_hand()
        for ask in asks_of(deed)
        for one in (ask, *ask.rows)
    }
    assert [name for name in HELP if "." in name and name not in asked] == []


def test_what_stands_inside_nested_facts_has_words() -> None:
    with translation.override("zh-hans"):
        said = tree({
            "causes": ["far_above", "c1_exceeded"], "sensing.claim_report": 3, "by": "person:3",
            "river": {"minutes_to_closed": 7}, "command.climb_order": 1,
        })  # fmt: skip
    assert not re.findall("[A-Za-z]{3,}", str(said).replace("pairs", ""))


def test_every_line_that_a_room_writes_has_a_sentence() -> None:
    written = set()
    for path in GONGZHI.glob("*/**/*.py"):
        if "interfaces" not in path.parts:
            written |= set(re.findall(r'verb="([a-z]+\.[a-z_]+)"', path.read_text()))
    assert sorted(written - set(SAID)) == []
    assert len(written) > 50


def test_whatever_the_ledger_tells_of_has_a_name_too() -> None:
    """It stands in messages, in reviews of uses and in what a team did."""
    assert sorted(set(SAID) - {f"{room}.{name}" for room, name in DEEDS | BY_CLOCK}) == []


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (40, "in 40 min · 15:00"),
        (-25, "25 min late · since 13:55"),
        (0.5, "in under 1 min · 14:20"),
        (90, "in 1 h 30 min · 15:50"),
        (120, "in 2 h · 16:20"),
        (60 * 30, "in 1 d 6 h · 03-02 20:20"),
        (60 * 24 * 9 + 61, "in 9 d · 03-10 15:21"),
        (-60 * 24 * 90, "90 d late · since 2020-12-01 14:20"),
    ],
)
def test_due_times_read_at_a_glance(minutes: float, said: str) -> None:
    moment = times.due(AT + timedelta(minutes=minutes), AT)
    assert moment.text == said
    assert moment.is_late == (minutes < 0)


def test_what_happened_says_how_long_ago_and_exactly_when() -> None:
    assert times.when(AT - timedelta(minutes=12), AT).text == "12 min ago · 14:08"
    assert times.when(AT - timedelta(days=2), AT).text == "02-27 14:20"
    assert times.when(AT + timedelta(minutes=5), AT).text == "in 5 min · 14:25"
    assert times.exact(AT) == "2021-03-01 14:20:00 Beijing time (UTC+08:00)"


def test_large_figures_are_said_in_ten_thousands_where_chinese_is_read() -> None:
    assert figures.spoken(1_200_000) == "1,200,000"
    with translation.override("zh-hans"):
        assert figures.spoken(9_999) == "9,999"
        assert figures.spoken(1_200_000) == "120万"
        assert figures.spoken(12_345) == "1.23万"
        assert figures.spoken(340_000_000) == "3.4亿"
    assert figures.money(120_050) == "¥1,200.50"
    assert figures.money(12_000) == "¥120"


def test_an_unknown_name_is_shown_as_words() -> None:
    assert words.plainly("waiting_for") == "Waiting for"
    assert words.field_name("some_new_field") == "Some new field"


def test_lists_pairs_and_sentences_have_the_marks_of_the_readers_language() -> None:
    assert writing.listed(["masks", 3]) == "masks, 3"
    assert writing.among(["a, b", "c"]) == "a, b; c"
    assert writing.pair("masks", 20) == "masks: 20"
    assert writing.in_a_row(["One.", "Two.", "Three."]) == "One. Two. Three."
    assert writing.in_a_row([]) == ""
    with translation.override("zh-hant"):
        assert writing.listed(["口罩", 3]) == "口罩、3"
        assert writing.among(["甲、乙", "丙"]) == "甲、乙；丙"
        assert writing.pair("口罩", 20) == "口罩：20"
        assert writing.in_a_row(["一。", "二。", "三。"]) == "一。二。三。"


def test_times_in_sentences_are_those_of_the_city_whatever_zone_they_are_kept_in() -> None:
    kept = AT.astimezone(timezone(timedelta(hours=-5)))
    assert writing.day_and_time(kept) == "03-01 14:20"
    assert writing.day_and_time(None) == "?"
    assert writing.year_and_time(kept) == "2021-03-01 14:20"


@pytest.mark.parametrize(
    ("language", "known"),
    [("en", "en"), ("zh-hans", "hans"), ("zh-hant", "hant"), ("fr", "hans")],
)
def test_records_are_read_in_one_of_three_languages(language: str, known: str) -> None:
    with translation.override(language):
        assert writing.tongue() == known
