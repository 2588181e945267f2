"""`gongzhi replay` on the real data: read once from end to end, then looked at from every side.

Nothing here knows which days, files, cities or hospitals the data hold. The replay runs as a user
runs it, in a process of its own with a database of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.real.counting import files_of, rows_of
from tests.real.running import Replayed, replay_once

pytestmark = pytest.mark.long

STATES = {"met", "part_met", "open", "withdrawn"}


@pytest.fixture(scope="session")
def replayed(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """The replay of the whole of the real data, run once in a test run."""
    for name in ("admin_geo", "city_cases_cn"):
        if not (data_dir / name).is_dir():
            pytest.skip(f"GONGZHI_DATA has no {name}")
    return replay_once(data_dir, tmp_path_factory)


@pytest.fixture(scope="session")
def report(replayed: Replayed) -> dict[str, Any]:
    return replayed.report


def test_the_replay_ends_well_and_prints_what_a_person_reads_first(replayed: Replayed) -> None:
    print(f"\nwall {replayed.seconds:.0f} s")
    assert replayed.code == 0, replayed.stderr
    summary = replayed.report["summary"]
    for words in (f"{summary['warnings']} warnings", f"{summary['needs']} needs", "Ledger:"):
        assert words in replayed.stdout
    for folder in replayed.report["data"]:
        rows = Counter(row["file"] for row in folder["quarantine"])
        flat = " ".join(replayed.stdout.split())
        assert all(file in flat for file in rows), "a file with rows in quarantine is not named"


def test_every_row_of_every_file_is_accounted_for(report: dict[str, Any], data_dir: Path) -> None:
    """Counted a second time with nothing of the project, table by table and file by file."""
    for folder in report["data"]:
        place = data_dir / folder["folder"]
        counted = {table["file"]: rows_of(place, table["file"]) for table in folder["tables"]}
        said = {table["file"]: table["rows"] for table in folder["tables"]}
        wrong = {f: (n, said[f]) for f, n in counted.items() if n is not None and n != said[f]}
        assert not wrong, f"counted and said: {wrong}"
        print(f"\n{folder['folder']}: {[f for f, n in counted.items() if n is None]} not counted")
        assert all(
            t["rows"] == t["read"] + t["quarantined"] + t["duplicate"] for t in folder["tables"]
        )


def test_no_file_is_forgotten(report: dict[str, Any], data_dir: Path) -> None:
    for folder in report["data"]:
        read = {re.split("[!#]", table["file"])[0] for table in folder["tables"]}
        left_out = {f"{folder['folder']}/{name}" for name in folder["left_out"]}
        refused = {f for f in files_of(data_dir / folder["folder"]) if _is_named(f, folder)}
        assert set(files_of(data_dir / folder["folder"])) == read | left_out | refused
        assert not read & left_out
        assert folder["files"] == len(read | refused)


def _is_named(file: str, folder: dict[str, Any]) -> bool:
    return any(line.startswith(file) for line in folder["not_understood"])


def test_the_sums_of_the_report_add_up(report: dict[str, Any]) -> None:
    for folder in report["data"]:
        parts = ("rows", "read", "quarantined", "duplicate")
        for part in parts:
            assert folder[part] == sum(t[part] for t in folder["tables"]), part
            assert folder[part] == sum(k[part] for k in folder["by_kind"]), part
        assert folder["adds_up"]
        assert folder["rows"] == folder["read"] + folder["quarantined"] + folder["duplicate"]
        assert len(folder["quarantine"]) == folder["quarantined"]
        assert len(folder["duplicates"]) == folder["duplicate"]
    check_summary(report)


def check_summary(report: dict[str, Any]) -> None:
    """The figures of the summary are those of the lists below it."""
    said, cities, hospitals = report["summary"], report["cities"], report["hospitals"]
    needs = [need for hospital in hospitals for need in hospital["needs"]]
    areas = [report["province"], *cities]
    orders = [o for area in areas for incident in area["incidents"] for o in incident["orders"]]
    states = Counter(need["state"] for need in needs)
    assert said["cases"] == sum(n for city in cities for _day, n in city["days"])
    assert said["needs"] == len(needs) == sum(row["needs"] for row in report["needs_by_reason"])
    assert said["needs_met"] == states["met"]
    assert said["needs_met_in_part"] == states["part_met"]
    assert said["needs_unmet"] == states["open"]
    assert said["warnings"] == sum(len(area["warnings"]) for area in areas)
    assert said["incidents"] == sum(len(area["incidents"]) for area in areas)
    assert said["orders"] == len(orders)
    assert said["orders_late"] == sum(order["late"] for order in orders)
    phases = [p for area in areas for incident in area["incidents"] for p in incident["phases"]]
    assert said["phases"] == sum(p["from"] is not None for p in phases)
    assert said["phases_over"] == sum(p["until"] is not None for p in phases)
    assert said["orders_with_evidence"] == sum(bool(o["evidence"]) for o in orders)
    assert said["refusals"] == len(report["refusals"])
    assert said["need_lines_read"] == sum(h["lines_read"] for h in hospitals)


def test_every_row_in_quarantine_has_its_place_and_a_reason(report: dict[str, Any]) -> None:
    for folder in report["data"]:
        places = [(row["file"], row["row"]) for row in folder["quarantine"]]
        assert len(places) == len(set(places))
        assert all(row["reason"].endswith(".") for row in folder["quarantine"])


def test_the_days_are_those_of_the_data(report: dict[str, Any]) -> None:
    days = sorted(day for city in report["cities"] for day, _count in city["days"])
    assert (report["first_day"], report["last_day"]) == (days[0], days[-1])


def test_a_warning_says_why_and_what_became_of_it(report: dict[str, Any]) -> None:
    warnings = [w for city in report["cities"] for w in city["warnings"]]
    assert warnings
    for warning in warnings:
        assert warning["why"] and warning["sentence"] and warning["reasons"]
        assert warning["state"] == "ended" or warning["ended_at"] is None
        assert warning["day"] <= warning["issued_at"][:10]
    for city in report["cities"]:
        reds = [w["day"] for w in city["warnings"] if w["level"] == "red"]
        assert city["first_red"] == (min(reds) if reds else None)


def test_orders_have_a_due_time_and_what_became_of_them(report: dict[str, Any]) -> None:
    areas = [report["province"], *report["cities"]]
    orders = [o for area in areas for i in area["incidents"] for o in i["orders"]]
    assert orders
    assert all(i["because_of"] and i["declared_at"] for a in areas for i in a["incidents"])
    for order in orders:
        assert order["due_at"] or order["waiting_for"], order
        assert order["ended_at"] or order["state"] in ("waiting", "issued", "accepted"), order
        if order["due_at"] and order["ended_at"]:
            assert order["late"] == (order["ended_at"] > order["due_at"]), order


def test_plans_go_from_phase_to_phase_and_orders_are_proved(report: dict[str, Any]) -> None:
    said = report["summary"]
    assert said["phases"] >= said["phases_over"] > len(report["cities"])
    incidents = [i for area in report["cities"] for i in area["incidents"] if i["phases"]]
    for incident in incidents:
        begun = [phase for phase in incident["phases"] if phase["from"]]
        assert begun[0]["phase"] == "prevent", "Something runs from the activation on."
        assert all(p["until"] is None or p["from"] <= p["until"] for p in begun)
        assert not incident["closed_at"] or all(p["until"] for p in begun)
    later = [p for i in incidents for p in i["phases"] if p["from"] and p["phase"] == "treat"]
    assert later, "A phase began because its test came to hold."
    done = [o for i in incidents for o in i["orders"] if o["state"] == "done"]
    assert done and all(order["evidence"] for order in done), "Each order of the plan asks for it."


def test_every_need_is_met_or_says_why_not(report: dict[str, Any]) -> None:
    for hospital in report["hospitals"]:
        for need in hospital["needs"]:
            assert need["state"] in STATES and need["reason"] and need["why"], need
            if need["amount"] == "unknown":
                assert need["wanted"] is None or need["reason"] != "amount unknown"
                assert need["state"] != "met"
            elif need["state"] == "met":
                assert need["received"] >= need["wanted"]
            else:
                assert need["received"] < need["wanted"]
    unknown = [row for row in report["needs_by_reason"] if row["reason"] == "amount unknown"]
    assert all("Give a quantity" in row["meaning"] for row in unknown)


def test_every_line_of_a_hospital_is_a_need_or_is_listed(report: dict[str, Any]) -> None:
    for hospital in report["hospitals"]:
        in_needs = sum(need["lines_read"] for need in hospital["needs"])
        assert hospital["lines_read"] == in_needs + len(hospital["not_in_catalogue"])
        assert all(need["lines_read"] > 0 for need in hospital["needs"])
    assert all(h["why"].endswith(".") for h in report["hospitals_outside"])


def test_the_ledger_is_verified(report: dict[str, Any]) -> None:
    ledger = report["ledger"]
    assert ledger["holds"] and not ledger["problems"] and not ledger["unsealed"]
    assert ledger["entries"] > 0 and re.fullmatch("[0-9a-f]{64}", ledger["root"])


def test_the_page_holds_every_city_hospital_and_row_in_quarantine(replayed: Replayed) -> None:
    page, report = replayed.html, replayed.report
    for name in [c["name"] for c in report["cities"]] + [h["name"] for h in report["hospitals"]]:
        assert name.replace("&", "&amp;") in page, name
    listed = sum(len(folder["quarantine"]) for folder in report["data"])
    assert len(re.findall(r"<li>[^<]*, row \d+: ", page)) >= listed
    assert "<script" not in page and "http" not in page


def test_the_report_knows_nothing_of_the_machine(replayed: Replayed, data_dir: Path) -> None:
    for text in (json.dumps(replayed.report, ensure_ascii=False), replayed.html, replayed.stdout):
        assert str(data_dir.resolve().parent) not in text
        assert str(replayed.folder) not in text
