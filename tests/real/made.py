"""Makes a small data folder of the layout a replay reads: a slice of the real one, moved in time.

The days are in April 2020, the counts in GB18030, and beside what is known lie a list of a
generation nobody has seen, counts in a layout nobody has seen, rows that are wrong and a file that
is no table.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

PROVINCE, PREFIX = "湖北省", "42"
FIRST_DAY = date(2020, 4, 1)
LIST_DAY = date(2020, 4, 20)
DAYS, CITIES, HOSPITALS = 14, 3, 5
OUTSIDE = "长春市某医院"
"""A hospital of another province."""


@dataclass(frozen=True)
class Made:
    """What was put into a made folder, for the test to look for."""

    folder: Path
    cities: tuple[str, ...]
    hospitals: tuple[str, ...]
    last_day: date


def make_folder(data_dir: Path, folder: Path) -> Made:
    """Make the three folders below `folder` from slices of the real ones."""
    _divisions(data_dir / "admin_geo", folder / "admin_geo")
    cities, last = _counts(data_dir / "city_cases_cn", folder / "city_cases_cn")
    names = _lists(data_dir / "relief_wuhan2020", folder / "relief_wuhan2020")
    return Made(folder, cities, names, last)


def tables(folder: Path, *columns: str) -> Iterator[tuple[Path, list[dict[str, str]]]]:
    """The CSV tables of a folder that have all these columns."""
    for path in sorted(p for p in folder.rglob("*") if p.name.endswith((".csv", ".csv.xz"))):
        data = path.read_bytes()
        text = (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        if set(columns) <= set(rows.fieldnames or ()):
            yield path, list(rows)


def write_csv(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> None:
    """Write rows under the columns of the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _divisions(source: Path, target: Path) -> None:
    written = 0
    for path, rows in tables(source, "code", "name"):
        inside = [r for r in rows if r["code"].startswith(PREFIX) and len(r["code"]) <= 6]
        if inside:
            write_csv(target / path.name.removesuffix(".xz"), inside)
            written += 1
    if not written:
        pytest.skip(f"GONGZHI_DATA has no table of divisions of {PROVINCE}")


def _counts(source: Path, target: Path) -> tuple[tuple[str, ...], date]:
    for path, rows in tables(source, "date", "province", "city", "confirmed"):
        inside = [r for r in rows if r["province"] == PROVINCE and r["city"].endswith("市")]
        named = sorted({r["city"] for r in inside})[:CITIES]
        days = sorted({r["date"] for r in inside if r["city"] in named})
        begun = [d for d in days if {r["city"] for r in inside if r["date"] == d} >= set(named)]
        if len(named) == CITIES and len(begun) >= DAYS:
            moved = _moved(inside, named, begun[:DAYS])
            _write_counts(target, path.name.removesuffix(".xz"), moved)
            return tuple(named), max(date.fromisoformat(r["date"]) for r in moved)
    pytest.skip(f"GONGZHI_DATA has no daily counts of {CITIES} cities of {PROVINCE}")


def _moved(rows: list[dict[str, str]], cities: list[str], days: list[str]) -> list[dict[str, str]]:
    shift = FIRST_DAY - date.fromisoformat(days[0])
    return [
        {**r, "date": (date.fromisoformat(r["date"]) + shift).isoformat()}
        for r in rows
        if r["city"] in cities and r["date"] in days
    ]


def _write_counts(target: Path, name: str, rows: list[dict[str, str]]) -> None:
    wrong = {**rows[0], "confirmed": "约三十"}
    write_csv(target / name, [*rows, rows[-1], wrong], "gb18030")
    strange = [{"报告日": r["date"], "地级市": r["city"], "累计": r["confirmed"]} for r in rows[:4]]
    write_csv(target / "第四代.csv", strange, "gb18030")
    (target / "broken.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)


def _lists(source: Path, target: Path) -> tuple[str, ...]:
    for path in sorted(source.rglob("*.json")):
        rows = json.loads(path.read_text("utf-8"))
        if isinstance(rows, list) and rows and isinstance(rows[0], dict) and "医院名称" in rows[0]:
            few = [{**r, "第四代栏目": "新"} for r in rows[:HOSPITALS]]
            _write_json(target / f"{LIST_DAY}_gen4" / path.name, few)
            new = [{"who": r["医院名称"], "wants": [{"what": "口罩", "n": 7}]} for r in rows[:3]]
            _write_json(target / f"{LIST_DAY}_gen5" / "asks.json", new)
            afar = {k: v for k, v in rows[0].items() if not str(v).startswith(PROVINCE)}
            afar |= {"医院名称": OUTSIDE, "区县": "长春市"}
            _write_json(target / f"{LIST_DAY}_gen4" / "other.json", [afar])
            return tuple(r["医院名称"] for r in few)
    pytest.skip("GONGZHI_DATA has no list of hospitals in JSON")


def _write_json(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")


def later(day: date, days: int) -> str:
    """A day so many days later, as text."""
    return (day + timedelta(days)).isoformat()
