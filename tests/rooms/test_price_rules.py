"""The notices of 2020 and 2022 as dated rules: which one holds where and when."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from gongzhi.engines.prices import Metric
from gongzhi.parameters import parameter
from gongzhi.supply.prices.rules import rule_for, screening


@pytest.mark.parametrize(
    ("code", "on", "metric", "cap", "baseline"),
    [
        ("420100", date(2020, 2, 1), Metric.MARGIN, "0.15", date(2020, 1, 21)),
        ("460100", date(2020, 1, 26), Metric.MARGIN, "0.15", date(2020, 1, 23)),
        ("430100", date(2020, 2, 10), Metric.MARGIN, "0.15", date(2020, 1, 23)),
        ("610100", date(2020, 2, 10), Metric.RATE, "0.35", date(2020, 1, 19)),
        ("370700", date(2022, 3, 20), Metric.RATE, "0.35", date(2022, 3, 9)),
        ("430100", date(2020, 1, 30), Metric.MARGIN, "0.15", None),
        ("420100", date(2021, 6, 1), Metric.MARGIN, "0.15", None),
        ("C", date(2026, 1, 1), Metric.MARGIN, "0.15", None),
    ],
)
def test_the_notice_of_the_area_holds_in_its_time_and_no_longer(
    code: str, on: date, metric: Metric, cap: str, baseline: date | None
) -> None:
    found = rule_for(code, on)
    assert (found.rule.metric, found.rule.cap, found.baseline_on) == (
        metric, Fraction(cap), baseline
    )  # fmt: skip
    assert found.as_dict()["version"].startswith("prices@") and found.source


def test_every_rule_says_where_it_is_written_and_ends_after_it_begins() -> None:
    rules = parameter("prices.rules", date(2026, 1, 1)).value
    assert len({row["area"] for row in rules}) == len(rules) > 5
    for row in rules:
        assert len(row["source"]) > 20
        assert row["until"] is None or row["until"] > row["from"]
        assert row["until"] is not None or row["area"] == ""
        assert row["baseline_on"] is None or row["baseline_on"] < row["from"]


def test_the_screening_of_the_parameters_is_one_the_engine_takes() -> None:
    params, version = screening(date(2020, 1, 21), date(2020, 2, 3))
    assert params.limit == 3.5 and params.pack_sizes[0] == 10
    assert version.startswith("prices@")
