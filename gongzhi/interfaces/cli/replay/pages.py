"""Write the report of a replay: a page for the browser, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from gongzhi.interfaces.cli.replay.words import (
    AMOUNTS,
    DEEDS,
    GRADES,
    KINDS,
    LANGUAGES,
    NEEDS,
    ORDERS,
    generation,
    goods,
    ledger,
    river,
    word,
)
from gongzhi.interfaces.console.reading import level_word

HERE = Path(__file__).parent
BARS_WIDTH, BARS_HEIGHT = 360, 48
MINUTE = len("2020-01-23T10:00")


def as_json(report: dict[str, Any]) -> str:
    """The report as JSON text; the same report gives the same bytes."""
    return json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def as_html(report: dict[str, Any]) -> str:
    """The report as one page that needs nothing else, in the report's language."""
    engine = Engine(dirs=[str(HERE)], builtins=["django.templatetags.i18n"])
    summary, html_language = report["summary"], LANGUAGES[report["language"]]
    drawn = {
        "lang": html_language, "title": report["title"][html_language],
        "province": _area(report["province"]), "cities": [_city(c) for c in report["cities"]],
        "hospitals": [_hospital(h) for h in report["hospitals"]],
        "needs_by_reason": [_need(row) for row in report["needs_by_reason"]],
        "data": [_folder(f) for f in report["data"]],
        "refusals": [
            {"at": _minute(at), "deed": word(DEEDS, deed), "why": why}
            for at, deed, why in report["refusals"]
        ],
        "river": " → ".join(river(summary)), "goods": " → ".join(goods(summary)),
        "ledger": ledger(report["ledger"]), "width": BARS_WIDTH, "height": BARS_HEIGHT,
    }  # fmt: skip
    return engine.get_template("report.html").render(Context({**report, **drawn}))


def _minute(moment: str | None) -> str | None:
    """A moment as YYYY-MM-DD HH:MM."""
    return moment[:MINUTE].replace("T", " ") if moment else None


def _day(moment: str | None) -> str | None:
    return moment[: len("2020-01-23")] if moment else None


def _area(area: dict[str, Any]) -> dict[str, Any]:
    warnings = [
        {**w, "level_word": level_word(w["level"]), "ended": _day(w["ended_at"])}
        for w in area["warnings"]
    ]
    return {**area, "warnings": warnings, "incidents": [_incident(i) for i in area["incidents"]]}


def _city(city: dict[str, Any]) -> dict[str, Any]:
    return {**_area(city), "bars": list(_bars(city["days"]))}


def _incident(incident: dict[str, Any]) -> dict[str, Any]:
    levels = [
        {"grade": str(GRADES[le["grade"]]), "begins": _day(le["from"]), "ends": _day(le["until"])}
        for le in incident["levels"]
    ]
    orders = [
        {**o, "due": _minute(o["due_at"]), "ended": _minute(o["ended_at"]),
         "state_word": word(ORDERS, o["state"])}
        for o in incident["orders"]
    ]  # fmt: skip
    declared, closed = _minute(incident["declared_at"]), _minute(incident["closed_at"])
    said = {"declared": declared, "closed": closed, "levels": levels, "orders": orders}
    return {**incident, **said}


def _hospital(hospital: dict[str, Any]) -> dict[str, Any]:
    return {**hospital, "needs": [_need(need) for need in hospital["needs"]]}


def _need(row: dict[str, Any]) -> dict[str, Any]:
    state, amount = word(NEEDS, row["state"]), word(AMOUNTS, row["amount"])
    return {**row, "state_word": state, "amount_word": amount}


def _folder(folder: dict[str, Any]) -> dict[str, Any]:
    kinds = [
        {**k, "kind_word": word(KINDS, k["kind"]), "generation_word": generation(k["generation"])}
        for k in folder["by_kind"]
    ]
    return {**folder, "by_kind": kinds}


def _bars(days: list[list[Any]]) -> Iterator[dict[str, float | str]]:
    """One bar a day of a city's new cases, scaled to its own highest day."""
    top = max((count for _day, count in days), default=0) or 1
    step = BARS_WIDTH / max(1, len(days))
    for number, (day, count) in enumerate(days):
        height = BARS_HEIGHT * count / top
        yield {
            "x": round(number * step, 2), "width": round(max(0.6, step - 0.6), 2),
            "y": round(BARS_HEIGHT - height, 2), "height": round(height, 2),
            "title": f"{day}: {count}",
        }  # fmt: skip
