"""The words of a replay's report: its language, and what the readers of files say."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from gongzhi.interfaces.cli.replay.command import of_the_terminal
from gongzhi.interfaces.cli.replay.told import OF_FILES, SENTENCES, told, told_of_file
from gongzhi.interfaces.cli.replay.words import subject

CJK = re.compile("[\u4e00-\u9fff]")
PHRASE = re.compile(r"[A-Za-z]{2,} [A-Za-z]+ [A-Za-z]+")


@pytest.mark.parametrize(
    ("active", "spoken"),
    [("en", "en"), ("zh-hant", "zh-hant"), ("fr", "zh-hans"), (None, "zh-hans")],
)
def test_the_language_is_that_of_the_terminal(active: str | None, spoken: str) -> None:
    with translation.override(active):
        assert of_the_terminal() == spoken


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
@pytest.mark.parametrize("text", [*SENTENCES, *OF_FILES])
def test_what_the_readers_say_is_known_by_its_shape(language: str, text: str) -> None:
    """Whatever is filled in comes through whole, and nothing of the English is left."""
    places = re.findall(r"%\((\w+)\)s", text)
    said = text % {place: f"<{number}>" for number, place in enumerate(places)}
    with translation.override(language):
        answer = told_of_file(said) if text in OF_FILES else told(said)
    assert CJK.search(answer) and not PHRASE.search(answer)
    assert all(f"<{number}>" in answer for number in range(len(places)))


def test_what_the_readers_say_anew_stays_as_it_was_said() -> None:
    with translation.override("zh-hans"):
        assert told("The row is green, and nobody knows why") == (
            "The row is green, and nobody knows why"
        )
        both = told("No name was given. No division is called 境外 within 42.")
    assert both == "没有写名称。42之下没有叫境外的区划。"


def test_a_disagreement_names_kind_generation_and_place_in_words() -> None:
    """Of the key of a row nothing is left that only a programmer reads."""
    with translation.override("zh-hans"):
        said = subject("count dxy page, provinces 2020-01-25 19:04:43+08:00 ('中国', '北京市', '')")
        assert said == "各市每日计数 丁香园，网页，分省 2020-01-25 19:04:43+08:00 中国 北京市"
        assert subject("relief need 2020-01-30 县医院") == "医院需求 2020-01-30 县医院"
        assert subject("420100 武汉市") == "420100 武汉市"
