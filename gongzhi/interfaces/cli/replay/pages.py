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
    drawn = {"cities": cities, "title": title, "width": BARS_WIDTH, "height": BARS_HEIGHT}
    context = Context({**report, **drawn})
    return engine.get_template("report.html").render(context)


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
    s = report["summary"]
    console.rule(f"{report['title']['zh-Hans']} · {report['first_day']} – {report['last_day']}")
    console.print(_data_table(report))
    console.print(_city_table(report))
    console.print(_need_table(report))
    for folder in report["data"]:
        for row in folder["quarantine"][:20]:
            console.print(f"  quarantined  {row['where']}: {row['reason']}", highlight=False)
        for line in folder["not_understood"]:
            console.print(f"  not understood  {line}", highlight=False)
    console.print(
        f"{s['warnings']} warnings ({s['red']} red, {s['climbed_warnings']} climbed) → "
        f"{s['incidents']} incidents ({s['incidents_closed']} closed) → {s['orders']} orders "
        f"({s['orders_done']} done, {s['orders_late']} late, {s['orders_climbed']} climbed)"
    )
    console.print(
        f"{s['need_lines_read']} need lines read → {s['needs']} needs "
        f"({s['needs_amount_unknown']} with unknown amount): {s['needs_met']} met, "
        f"{s['needs_met_in_part']} in part, {s['needs_unmet']} unmet"
    )
    ledger = report["ledger"]
    state = "holds" if ledger["holds"] else "DOES NOT HOLD"
    console.print(f"Ledger: {ledger['entries']} entries, root {ledger['root']}: {state}")


def _data_table(report: dict[str, Any]) -> Table:
    table = Table("folder", "files", "rows", "read", "quarantined", "duplicate", "adds up")
    for f in report["data"]:
        table.add_row(
            f["folder"], str(f["files"]), str(f["rows"]), str(f["read"]), str(f["quarantined"]),
            str(f["duplicate"]), "yes" if f["adds_up"] else "NO",
        )  # fmt: skip
    return table


def _city_table(report: dict[str, Any]) -> Table:
    table = Table("city", "cases", "first red", "why", "incidents", "orders done/late/climbed")
    for city in report["cities"]:
        reds = [w for w in city["warnings"] if w["level"] == "red"]
        orders = [o for i in city["incidents"] for o in i["orders"]]
        done = sum(o["state"] == "done" for o in orders)
        late = sum(o["late"] for o in orders)
        climbed = sum(o["climbed"] > 0 for o in orders)
        table.add_row(
            city["name"], str(city["cases"]), city["first_red"] or "–",
            ", ".join(reds[0]["why"]) if reds else "–", str(len(city["incidents"])),
            f"{done}/{late}/{climbed}",
        )  # fmt: skip
    return table


def _need_table(report: dict[str, Any]) -> Table:
    table = Table("hospital", "city", "lines", "needs", "met", "in part", "unmet")
    busiest = sorted(report["hospitals"], key=lambda h: (-len(h["needs"]), h["name"]))
    for h in busiest[:20]:
        table.add_row(
            h["name"], h["city"], str(h["lines_read"]), str(len(h["needs"])), str(h["met"]),
            str(h["met_in_part"]), str(h["unmet"]),
        )  # fmt: skip
    return table
