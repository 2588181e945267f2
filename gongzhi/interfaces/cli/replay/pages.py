"""Write the report: tables for the terminal, a page for the browser, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent


def as_json(report: dict[str, Any]) -> str:
    """The report as JSON text; the same report gives the same bytes."""
    return json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def as_html(report: dict[str, Any]) -> str:
    """The report as one page that needs nothing else."""
    engine = Engine(dirs=[str(HERE)], builtins=["django.templatetags.i18n"])
    cities = [{**city, "bars": list(_bars(city["days"]))} for city in report["cities"]]
    title = {code.replace("-", "_").lower(): text for code, text in report["title"].items()}
    drawn = {
        "cities": cities, "title": title, "hospitals": [_worded(h) for h in report["hospitals"]],
        "needs_by_reason": [_with_word(row) for row in report["needs_by_reason"]],
        "width": BARS_WIDTH, "height": BARS_HEIGHT,
    }  # fmt: skip
    context = Context({**report, **drawn})
    return engine.get_template("report.html").render(context)


def _worded(hospital: dict[str, Any]) -> dict[str, Any]:
    return {**hospital, "needs": [_with_word(need) for need in hospital["needs"]]}


def _with_word(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "state_word": STATES.get(row["state"], row["state"])}


BARS_WIDTH, BARS_HEIGHT = 360, 48


def _bars(days: list[list[Any]]) -> Iterator[dict[str, float | str]]:
    """One bar a day of a city's new cases, scaled to its own highest day."""
    top = max((count for _, count in days), default=0) or 1
    step = BARS_WIDTH / max(1, len(days))
    for number, (day, count) in enumerate(days):
        height = BARS_HEIGHT * count / top
        yield {
            "x": round(number * step, 2), "width": round(max(0.6, step - 0.6), 2),
            "y": round(BARS_HEIGHT - height, 2), "height": round(height, 2),
            "title": f"{day}: {count}",
        }  # fmt: skip


def print_report(report: dict[str, Any], console: Console) -> None:
    """Print the figures and the lists a person reads first."""
    console.rule(f"{report['title']['zh-Hans']} · {report['first_day']} – {report['last_day']}")
    console.print(_data_table(report))
    for folder in report["data"]:
        for line in _aside(folder):
            console.print(f"  {line}", highlight=False, markup=False)
    console.print(_city_table(report))
    console.print(_need_table(report))
    rest = len(report["hospitals"]) - MOST
    if rest > 0:
        console.print(f"  and {rest} more hospitals, each in the report")
    for hospital in report["hospitals_outside"]:
        console.print(_outside(hospital), highlight=False, markup=False)
    console.print(_reason_table(report))
    for sentence in _sums(report):
        console.print(sentence, highlight=False)


MOST = 20
"""Hospitals that are shown in the terminal."""


def _aside(folder: dict[str, Any]) -> Iterator[str]:
    """What was not read of a folder, nothing left out: rows of one file and reason in one line."""
    rows: dict[tuple[str, str], list[int]] = {}
    for row in folder["quarantine"]:
        rows.setdefault((row["file"], row["reason"]), []).append(row["row"])
    for (file, reason), numbers in rows.items():
        yield f"quarantined  {file}, {_spans(numbers)}: {reason}"
    for line in folder["not_understood"]:
        yield f"not understood  {line}"
    if folder["left_out"]:
        named = ", ".join(folder["leaves_out"])
        yield (
            f"left out on purpose  {folder['folder']}: {len(folder['left_out'])} files "
            f"with {named} in their names"
        )


def _spans(numbers: list[int]) -> str:
    """Row numbers as spans: rows 4, 7–9."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    said = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)
    return f"row {said}" if len(numbers) == 1 else f"{len(numbers)} rows ({said})"


def _outside(hospital: dict[str, Any]) -> str:
    return (
        f"  not entered  {hospital['name']} ({hospital['place']}), "
        f"{hospital['lines']} need lines: {hospital['why']}"
    )


def _sums(report: dict[str, Any]) -> Iterator[str]:
    """The whole river in three lines."""
    s, ledger = report["summary"], report["ledger"]
    yield (
        f"{s['warnings']} warnings ({s['red']} red, {s['climbed_warnings']} climbed) → "
        f"{s['incidents']} incidents ({s['incidents_closed']} closed) → {s['orders']} orders "
        f"({s['orders_done']} done, {s['orders_late']} late, {s['orders_climbed']} climbed)"
    )
    yield (
        f"{s['need_lines_read']} need lines read → {s['needs']} needs "
        f"({s['needs_amount_unknown']} with unknown amount): {s['needs_met']} met, "
        f"{s['needs_met_in_part']} in part, {s['needs_unmet']} unmet"
    )
    state = "holds" if ledger["holds"] else "DOES NOT HOLD"
    yield f"Ledger: {ledger['entries']} entries, root {ledger['root']}: {state}"


def _data_table(report: dict[str, Any]) -> Table:
    table = Table("folder", "files", "rows", "read", "quarantined", "duplicate", "adds up")
    for f in report["data"]:
        table.add_row(
            f["folder"], str(f["files"]), str(f["rows"]), str(f["read"]), str(f["quarantined"]),
            str(f["duplicate"]), "yes" if f["adds_up"] else "NO",
        )  # fmt: skip
    return table


def _city_table(report: dict[str, Any]) -> Table:
    table = Table(
        "city", "cases", "first red", "why", "incidents", "orders", "done", "late", "climbed"
    )
    for city in report["cities"]:
        reds = [w for w in city["warnings"] if w["level"] == "red"]
        orders = [o for i in city["incidents"] for o in i["orders"]]
        done = sum(o["state"] == "done" for o in orders)
        late = sum(o["late"] for o in orders)
        climbed = sum(o["climbed"] > 0 for o in orders)
        table.add_row(
            city["name"], str(city["cases"]), city["first_red"] or "–",
            _why(reds), str(len(city["incidents"])), str(len(orders)), str(done), str(late),
            str(climbed),
        )  # fmt: skip
    return table


def _why(reds: list[dict[str, Any]]) -> str:
    """The gravest reason of the first red warning."""
    if not reds:
        return "no red warning"
    reasons = reds[0]["reasons"]
    return str(reasons[0]) if reasons else str(reds[0]["sentence"])


def _reason_table(report: dict[str, Any]) -> Table:
    table = Table("needs", "state", "amount", "why")
    for row in report["needs_by_reason"]:
        state = STATES.get(row["state"], row["state"])
        table.add_row(str(row["needs"]), state, row["amount"], row["meaning"])
    return table


STATES = {"met": "met", "part_met": "met in part", "open": "unmet", "withdrawn": "withdrawn"}


def _need_table(report: dict[str, Any]) -> Table:
    table = Table("hospital", "city", "lines", "needs", "met", "in part", "unmet")
    busiest = sorted(report["hospitals"], key=lambda h: (-len(h["needs"]), h["name"]))
    for h in busiest[:MOST]:
        table.add_row(
            h["name"], h["city"], str(h["lines_read"]), str(len(h["needs"])), str(h["met"]),
            str(h["met_in_part"]), str(h["unmet"]),
        )  # fmt: skip
    return table
