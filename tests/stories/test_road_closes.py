"""A road closes at 02:00: the routes it cuts change, the rest stay, the sheet is reissued."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interfaces.test_cli_routes import WALL, run, visited

pytestmark = pytest.mark.usefixtures("in_english")

STOPS = """id,name,lon,lat,quantity,minutes
w1,西一,114.10,30.58,40,10
w2,西二,114.05,30.57,40,10
e1,东一,114.45,30.66,30,10
e2,东二,114.52,30.56,30,10
e3,东三,114.58,30.62,30,10
"""
TRUCKS = """id,lon,lat,capacity,from,to,hours
west,114.29,30.58,90,00:30,08:00,6
east,114.29,30.58,90,00:30,08:00,6
"""


@pytest.mark.begun(38)
def test_a_road_closes_at_two_and_only_the_driver_it_stops_gets_a_new_sheet(tmp_path: Path) -> None:
    day = {"stops": STOPS, "vehicles": TRUCKS}
    sheets = str(tmp_path / "sheets")
    answer, before = run(tmp_path, "--sheets", sheets, **day)
    assert answer.exit_code == 0, answer.output
    [far] = [key for key, stops in visited(before).items() if "e1" in stops]
    [other] = [key for key, stops in visited(before).items() if "w1" in stops]
    assert far != other
    first, second, third = visited(before)[far]
    at = {row["stop"]: row for row in before if row["stop"]}

    # One of three has its goods when the straight road to the second is closed to that truck.
    now = at[first]["leaves"]
    rows = [row.split(",") for row in STOPS.split()[1:]]
    spot = {row[0]: (float(row[2]), float(row[3])) for row in rows}
    lon, lat = ((spot[first][side] + spot[second][side]) / 2 for side in (0, 1))
    again, after = run(
        tmp_path, "--before", str(tmp_path / "routes.csv"), "--at", now,
        "--sheets", str(tmp_path / "new"),
        closed=f"{WALL}{lon},{lat - 0.003},{lon},{lat + 0.003},{far}\n",
        out="after.csv", **day,
    )  # fmt: skip
    assert again.exit_code == 0, again.output

    # What is served stays served; the truck goes the other way about, and its sheet is reissued.
    assert visited(after)[far] == [third, second]
    assert next(row for row in after if row["vehicle"] == far)["leaves"] == now
    assert (tmp_path / "new" / f"{far}.txt").read_text(encoding="utf-8-sig").count("[ ]") == 2

    # The other driver keeps route and sheet.
    served = [row["stop"] for row in before if row["vehicle"] == other and row["arrives"] > now]
    assert visited(after)[other] == [stop for stop in served if stop]
    assert not (tmp_path / "new" / f"{other}.txt").exists()
    assert [row for row in after if not row["vehicle"]] == []
