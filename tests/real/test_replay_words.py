"""The words of a replay's report: its language, and what the rows disagree about."""

from __future__ import annotations

import pytest
from django.utils import translation

from gongzhi.interfaces.cli.replay.command import of_the_terminal
from gongzhi.interfaces.cli.replay.words import subject


@pytest.mark.parametrize(
    ("active", "spoken"),
    [("en", "en"), ("zh-hant", "zh-hant"), ("fr", "zh-hans"), (None, "zh-hans")],
)
def test_the_language_is_that_of_the_terminal(active: str | None, spoken: str) -> None:
    with translation.override(active):
        assert of_the_terminal() == spoken


def test_a_disagreement_names_kind_generation_and_place_in_words() -> None:
    """Of the key of a row nothing is left that only a programmer reads."""
    with translation.override("zh-hans"):
        said = subject("count dxy page, provinces 2020-01-25 19:04:43+08:00 ('中国', '北京市', '')")
        assert said == "各市每日计数 丁香园，网页，分省 2020-01-25 19:04:43+08:00 中国 北京市"
        assert subject("relief need 2020-01-30 县医院") == "医院需求 2020-01-30 县医院"
        assert subject("420100 武汉市") == "420100 武汉市"
