"""EARS C1, C2 and C3 give what the R package surveillance gave (earsC), number for number.

Every file `*.ears.*.json` under the golden folder is a case; its data set stands beside it as
`<dataset>.input.csv` (one column per series after `t` and, where there is one, `epoch`).
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import isnan, nan
from pathlib import Path
from typing import Any

import pytest

from gongzhi.engines.early_warning import C3Rule, EarsParams, Method, Series, detect, detect_many

RELATIVE_ERROR = 1e-9
FIRST_DAY = date(2000, 1, 1)  # earsC works on positions; the calendar does not matter to it


@dataclass(frozen=True)
class Case:
    name: str
    params: EarsParams
    positions: list[int]
    series: list[Series]
    bounds: list[list[float]]
    alarms: list[list[bool | None]]


@pytest.fixture(scope="module")
def cases(golden_dir: Path) -> list[Case]:
    found = [_case(path) for path in sorted(golden_dir.rglob("*.ears.*.json"))]
    if not found:
        pytest.skip(f"GONGZHI_GOLDEN has no *.ears.*.json under {golden_dir}")
    return found


def test_bounds_and_alarms_equal_those_of_the_r_package(cases: list[Case]) -> None:
    """Each bound agrees within 1e-9 of itself; each alarm, and each "no value", is the same."""
    wrong = [line for case in cases for line in _differences(case)]
    assert not wrong, f"{len(wrong)} differences in {len(cases)} files:\n" + "\n".join(wrong[:20])


def test_every_day_the_package_could_judge_is_judged(cases: list[Case]) -> None:
    """The first day we judge is the first day of the package's full range, never later."""
    for case in cases:
        for series in case.series:
            days = detect(series, params=case.params).bound
            assert all(isnan(bound) for bound in days[: case.params.history])
        assert min(case.positions) >= case.params.history, case.name


def test_the_cases_hold_alarms_and_quiet_days_of_every_method(cases: list[Case]) -> None:
    """The comparison means something: every method has both alarms and days without one."""
    for method in {case.params.method for case in cases}:
        alarms = [
            alarm
            for case in cases
            if case.params.method is method
            for column in case.alarms
            for alarm in column
        ]
        assert True in alarms, method
        assert False in alarms, method


def _differences(case: Case) -> Iterator[str]:
    if len(case.series) != len(case.bounds):
        yield f"{case.name}: {len(case.series)} series, but results for {len(case.bounds)}"
    detections = detect_many(case.series, params=case.params)
    for detection, bounds, alarms in zip(detections, case.bounds, case.alarms, strict=True):
        for position, theirs, alarm in zip(case.positions, bounds, alarms, strict=True):
            ours = float(detection.bound[position])
            exceeded = bool(detection.exceeded[position])
            same = (isnan(ours) and isnan(theirs)) or (
                abs(ours - theirs) <= RELATIVE_ERROR * abs(theirs)
            )
            # where the package has no alarm value (NA), the day must not count as an alarm
            if not same or exceeded != bool(alarm):
                yield (
                    f"{case.name} series {detection.series.place} position {position + 1}: "
                    f"bound {ours} (package {theirs}), alarm {exceeded} (package {alarm})"
                )


def _case(path: Path) -> Case:
    golden = json.loads(path.read_text(encoding="utf-8"))
    params, result = golden["params"], golden["result"]
    source = path.with_name(f"{golden['dataset']}.input.csv")
    return Case(
        name=path.name,
        params=EarsParams(
            method=Method(params["method"]),
            baseline=int(params["baseline"]),
            alpha=float(params["alpha"]),
            min_sigma=float(params["minSigma"]),
            max_missing=0,
            c3_rule=C3Rule.SURVEILLANCE,
        ),
        positions=[position - 1 for position in _vector(params["range"])],
        series=_series(source),
        bounds=[
            [nan if v is None else float(v) for v in c] for c in _columns(result["upperbound"])
        ],
        alarms=[[None if v is None else bool(v) for v in c] for c in _columns(result["alarm"])],
    )


def _series(source: Path) -> list[Series]:
    with source.open(encoding="utf-8", newline="") as lines:
        header, *rows = list(csv.reader(lines))
    names = [name for name in header if name not in ("t", "epoch")]
    return [
        Series(name, "golden", FIRST_DAY, tuple(_count(row[header.index(name)]) for row in rows))
        for name in names
    ]


def _count(text: str) -> int | None:
    return None if text in ("NA", "") else int(text)


def _vector(value: object) -> list[int]:
    return [int(v) for v in value] if isinstance(value, list) else [int(str(value))]


def _columns(matrix: list[Any]) -> list[list[Any]]:
    """[time x series] as one list per series; a plain vector is one series."""
    rows = [row if isinstance(row, list) else [row] for row in matrix]
    return [list(column) for column in zip(*rows, strict=True)]
