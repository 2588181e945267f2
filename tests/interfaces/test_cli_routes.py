"""`gongzhi supply route` on CSV alone: routes, sheets, what is left out, a road that closes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from gongzhi.interfaces.cli.commands import gongzhi

STOPS = """id,name,lon,lat,quantity,opens,closes,minutes,worth
h1,一医院,114.30,30.60,40,08:00,12:00,15,
h2,二医院,114.33,30.62,30,08:00,10:00,15,
h3,三医院,114.27,30.55,50,,,10,
h4,四医院,114.40,30.65,20,,,10,
far,远村,114.60,30.50,5,,,5,3
"""
VEHICLES = """id,lon,lat,capacity,from,to,hours
t1,114.29,30.58,100,07:30,18:00,6
t2,114.29,30.58,80,07:30,18:00,6
"""
WALL = "lon1,lat1,lon2,lat2,vehicles\n"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def run(
    folder: Path, *options: str, stops: str = STOPS, vehicles: str = VEHICLES, closed: str = "",
    out: str = "routes.csv",
) -> tuple[Result, list[dict[str, str]]]:  # fmt: skip
    """The command's answer, and the rows it wrote."""
    for name, text in (("stops", stops), ("vehicles", vehicles), ("closed", closed)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    words = [str(folder / "stops.csv"), str(folder / "vehicles.csv"), "--out", str(folder / out)]
    if closed:
        words += ["--closed", str(folder / "closed.csv")]
    if "--seconds" not in options:
        words += ["--rounds", "60"]
    answer = CliRunner().invoke(gongzhi, ["supply", "route", *words, *options])
    file = folder / out
    written = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    return answer, list(csv.DictReader(io.StringIO(written)))


def visited(rows: list[dict[str, str]]) -> dict[str, list[str]]:
    """The stops of each vehicle in order."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["vehicle"] and row["stop"]:
            found.setdefault(row["vehicle"], []).append(row["stop"])
    return found


def test_every_stop_is_on_a_route_or_left_out_with_a_reason(tmp_path: Path) -> None:
    answer, rows = run(tmp_path, "--sheets", str(tmp_path / "sheets"))
    assert answer.exit_code == 0, answer.output
    served = [stop for stops in visited(rows).values() for stop in stops]
    assert sorted(served) == ["h1", "h2", "h3", "h4"]
    [left] = [row for row in rows if not row["vehicle"]]
    assert (left["stop"], left["why"]) == ("far", "The way there costs more than it is worth.")
    assert "远村: The way there costs more" in answer.output
    at = {row["stop"]: row["arrives"] for row in rows if row["stop"]}
    assert "08:00" <= at["h2"] <= "10:00"
    for key, stops in visited(rows).items():
        sheet = (tmp_path / "sheets" / f"{key}.txt").read_text(encoding="utf-8-sig")
        assert sheet.count("[ ]") == len(stops)
        assert f"Driver's sheet: {key}" in sheet


def test_the_time_given_ends_the_search_and_progress_is_shown(tmp_path: Path) -> None:
    answer, rows = run(tmp_path, "--seconds", "0")
    assert answer.exit_code == 0, answer.output
    assert "so far" in answer.stderr
    assert visited(rows)


def test_routes_do_not_cross_what_is_closed_to_them(tmp_path: Path) -> None:
    wall = "114.345,30.50,114.345,30.70,"
    _, before = run(tmp_path)
    _, free = run(tmp_path, closed=f"{WALL}{wall}t1 t2\n")
    assert "h4" in [stop for stops in visited(before).values() for stop in stops]
    assert {row["stop"]: row["why"] for row in free if not row["vehicle"]}["h4"] == (
        "No open road leads there and back."
    )
    _, one = run(tmp_path, closed=f"{WALL}{wall}t1\n")
    [carrier] = [key for key, stops in visited(one).items() if "h4" in stops]
    assert carrier == "t2"
    round_it, _ = run(tmp_path, closed=f"{WALL}{wall}\n")
    plain, _ = run(tmp_path)

    def km(answer: Result) -> float:
        return float(answer.output.partition(" km")[0].rpartition(" ")[2])

    assert km(round_it) > km(plain) + 5


@pytest.mark.parametrize(
    ("stops", "vehicles", "closed", "said"),
    [
        ("id,lon\na,1\n", VEHICLES, "", "has no column lat, quantity"),
        ("id,lon,lat,quantity\na,1,x,3\n", VEHICLES, "", "row 2: “x” is no degree"),
        ("id,lon,lat,quantity\na,1,1,3.5\n", VEHICLES, "", "“3.5” is no whole number"),
        ("id,lon,lat,quantity\na,1,1,3\na,1,1,3\n", VEHICLES, "", "row 3: “a” is given twice"),
        ("id,lon,lat,quantity,opens\na,1,1,3,9\n", VEHICLES, "", "Write 08:30"),
        ("id,lon,lat,quantity,worth\na,1,1,3,-1\n", VEHICLES, "", "“-1” is no number"),
        (STOPS, VEHICLES, "lon1,lat1\n1,1\n", "has no column lon2, lat2"),
        (STOPS, VEHICLES, f"{WALL}1,1,2,2,t9\n", "t9, which is no vehicle"),
        (STOPS, VEHICLES, f"{WALL}1,1,200,2,\n", "“200” is no degree"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, stops: str, vehicles: str, closed: str, said: str
) -> None:
    answer, rows = run(tmp_path, stops=stops, vehicles=vehicles, closed=closed)
    assert answer.exit_code == 11, answer.output
    assert said in answer.output + answer.stderr
    assert rows == []


def test_chinese_headings_are_read(tmp_path: Path) -> None:
    stops = "编号,名称,经度,纬度,数量\n甲,甲院,114.3,30.6,5\n"
    vehicles = "編號,經度,緯度,容量\n车一,114.29,30.58,10\n"
    _, rows = run(tmp_path, stops=stops, vehicles=vehicles)
    assert visited(rows) == {"车一": ["甲"]}


def test_a_city_too_large_for_one_plan_is_planned_in_zones(tmp_path: Path) -> None:
    spots = [f"s{n},{114 + n % 20 / 100},{30 + n // 20 / 100},1" for n in range(310)]
    stops = "\n".join(["id,lon,lat,quantity", *spots]) + "\n"
    trucks = "\n".join(["id,lon,lat,capacity", *(f"t{n},114.1,30.1,60" for n in range(8))]) + "\n"
    answer, rows = run(tmp_path, "--seconds", "0", stops=stops, vehicles=trucks)
    assert answer.exit_code == 0, answer.output
    assert sum(len(stops) for stops in visited(rows).values()) == 310
