"""Law and practice are dated data: each value with its unit, its date and its reference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import gongzhi
from gongzhi.actors.models import Kind, Role, Tier
from gongzhi.decision.models import Mode, ResponseLevel
from gongzhi.parameters import FOLDER, names, parameter

FILES = sorted(FOLDER.glob("*.yaml"))


def faults(entry: Any) -> Iterator[str]:
    """What one entry of a parameter file lacks."""
    if not isinstance(entry, dict):
        yield "no mapping"
        return
    for key in ("description", "unit"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            yield f"no {key}"
    if extra := set(entry) - {"description", "unit", "values"}:
        yield f"unknown {sorted(extra)}"
    values = entry.get("values")
    if not isinstance(values, list) or not values:
        yield "no values"
        return
    for value in values:
        yield from _value_faults(value)
    days = [v["since"] for v in values if isinstance(v, dict) and isinstance(v.get("since"), date)]
    if len(set(days)) != len(days):
        yield "two values since one day"


def _value_faults(value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or set(value) != {"since", "value", "reference"}:
        yield "a value is not since, value and reference"
        return
    if not isinstance(value["since"], date) or isinstance(value["since"], datetime):
        yield "since is no day"
    if not isinstance(value["reference"], str) or len(value["reference"].strip()) < 8:
        yield "no reference"


def test_there_are_parameters() -> None:
    assert {"powers", "deadlines", "retention", "response-levels", "modes", "early-warning"} <= {
        path.stem for path in FILES
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_says_what_it_is_since_when_and_why(path: Path) -> None:
    document = YAML(typ="safe").load(path)
    assert isinstance(document, dict) and document
    found = {name: list(faults(entry)) for name, entry in document.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_is_in_force_today_and_in_the_replayed_year(path: Path) -> None:
    for name in names(path.stem):
        for day in (date(2020, 1, 26), date(2026, 1, 1)):
            found = parameter(f"{path.stem}.{name}", day)
            assert found.unit and found.reference and found.since <= day
            assert found.version.startswith(f"{path.stem}@")


GOOD = {"since": date(2019, 1, 1), "value": 1, "reference": "Law, art. 1"}


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"unit": "days", "values": [GOOD]}, "no description"),
        ({"description": "d", "values": [GOOD]}, "no unit"),
        ({"description": "d", "unit": "days"}, "no values"),
        ({"description": "d", "unit": "days", "values": []}, "no values"),
        ({"description": "d", "unit": "days", "values": [GOOD], "note": "x"}, "unknown ['note']"),
        (
            {"description": "d", "unit": "days", "values": [{**GOOD, "reference": ""}]},
            "no reference",
        ),
        (
            {
                "description": "d",
                "unit": "days",
                "values": [{"since": date(2019, 1, 1), "value": 1}],
            },
            "a value is not since, value and reference",
        ),
        (
            {"description": "d", "unit": "days", "values": [{**GOOD, "since": "2019"}]},
            "since is no day",
        ),
        ({"description": "d", "unit": "days", "values": [GOOD, GOOD]}, "two values since one day"),
        (7, "no mapping"),
    ],
)
def test_a_planted_fault_is_caught(entry: Any, fault: str) -> None:
    assert list(faults(entry)) == [fault]
    assert list(faults({"description": "d", "unit": "days", "values": [GOOD]})) == []


# What the code reads ------------------------------------------------------------------------------

TODAY = date(2026, 1, 1)


@pytest.mark.parametrize("power", names("powers"))
def test_a_power_names_roles_kinds_and_tiers_that_exist(power: str) -> None:
    rule = parameter(f"powers.{power}", TODAY).value
    assert set(rule) == {"roles", "kinds", "tiers"}
    assert rule["roles"] and set(rule["roles"]) <= set(Role.values)
    assert rule["kinds"] and set(rule["kinds"]) <= set(Kind.values)
    assert rule["tiers"] and set(rule["tiers"]) <= {*Tier.values, "any"}


@pytest.mark.parametrize("grade", ResponseLevel.Grade.values)
def test_every_response_level_has_its_tests(grade: int) -> None:
    rule = parameter(f"response-levels.level_{grade}", TODAY).value
    assert {"enter_red", "enter_yellow"} & set(rule) and rule["leave_days_without_red"] > 0


@pytest.mark.parametrize("mode", Mode.ModeKind.values)
def test_every_mode_sets_the_same_things(mode: str) -> None:
    keys = set(parameter("modes.normal", TODAY).value)
    assert set(parameter(f"modes.{mode}", TODAY).value) == keys
    assert parameter("modes.normal", TODAY).value["measure_days_at_most"] == 0


def test_deadlines_are_minutes_above_zero() -> None:
    for name in names("deadlines"):
        found = parameter(f"deadlines.{name}", TODAY)
        assert found.unit == "minutes" and found.value > 0


def test_the_value_in_force_is_the_latest_one_begun(tmp_path: Path, monkeypatch: Any) -> None:
    from gongzhi import parameters

    (tmp_path / "trial.yaml").write_text(
        "clock:\n  description: d\n  unit: minutes\n  values:\n"
        "    - {since: 2020-02-01, value: 2, reference: Second law}\n"
        "    - {since: 2019-01-01, value: 1, reference: First law}\n"
    )
    monkeypatch.setattr(parameters, "FOLDER", tmp_path)
    assert parameter("trial.clock", date(2020, 1, 31)).value == 1
    assert parameter("trial.clock", date(2020, 2, 1)).value == 2
    with pytest.raises(KeyError, match="no value in force on 2018"):
        parameter("trial.clock", date(2018, 12, 31))
    with pytest.raises(KeyError, match="no parameter 'gone'"):
        parameter("trial.gone", TODAY)


OURS = sorted(
    path for top in (FOLDER, Path(gongzhi.__file__).parent) for path in top.rglob("*.yaml")
)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_the_quick_reader_reads_a_file_as_the_careful_one_does(path: Path) -> None:
    text = path.read_text("utf-8")
    assert YAML(typ="safe").load(text) == YAML(typ="safe", pure=True).load(text)
