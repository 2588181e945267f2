"""Which dated rules hold for prices in an area: how they are screened, and the legal test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from gongzhi.engines.prices import Metric, Params, Rule
from gongzhi.parameters import parameter


@dataclass(frozen=True)
class AreaRule:
    """The legal test of an area with where it is written; baseline_on None: the incident's."""

    area: str
    rule: Rule
    baseline_on: date | None
    source: str
    ends: str
    version: str

    def as_dict(self) -> dict[str, Any]:
        """What a judgement keeps of the rule it used."""
        return {
            "area": self.area, "metric": self.rule.metric.value, "cap": str(self.rule.cap),
            "source": self.source, "ends": self.ends, "version": self.version,
        }  # fmt: skip


def rule_for(code: str, on: date) -> AreaRule:
    """The rule of the area with this division code on a day; the longest code that fits wins."""
    found = parameter("prices.rules", on)
    fitting = [
        row
        for row in found.value
        if code.startswith(row["area"])
        and row["from"] <= on
        and (row["until"] is None or on <= row["until"])
    ]
    chosen: Mapping[str, Any] = max(fitting, key=lambda row: len(row["area"]))
    return AreaRule(
        chosen["area"], Rule(Metric(chosen["metric"]), Fraction(chosen["cap"])),
        chosen["baseline_on"], chosen["source"], chosen["ends"], found.version,
    )  # fmt: skip


def screening(baseline_on: date, on: date) -> tuple[Params, str]:
    """How prices are screened on a day, with the version of the rule."""
    found = parameter("prices.screening", on)
    values = found.value | {"pack_sizes": tuple(found.value["pack_sizes"])}
    return Params(baseline_on, **values), found.version
