"""What came of the messages as calls: how many would have climbed, when, by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from gongzhi.interfaces.cli.replay_calls.clocks import HOUR, TIERS, Delays, Played
from gongzhi.interfaces.cli.replay_calls.reading import Material
from gongzhi.interfaces.cli.replay_calls.subjects import Subjects

DAY = timedelta(days=1)


def report_of(
    material: Material, subjects: Subjects, delays: Delays, played: list[Played], seed: int,
    compared: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """The whole report as plain values; the same input and seed give the same."""
    by_group: dict[str, list[Played]] = {}
    for one in played:
        by_group.setdefault(one.group, []).append(one)
    return {
        "seed": seed,
        "messages": len(played),
        "files": material.files,
        "set_aside": material.aside,
        "replies": len(material.replies),
        "categories": len(subjects.tree),
        "labelled": _labelled(material, subjects),
        "total": _figures(played),
        "by_category": {g: _of_group(g, delays, by_group[g]) for g in sorted(by_group)},
        "areas": dict(sorted(Counter(one.message.area or "–" for one in played).items())),
        "through_deeds": compared,
    }  # fmt: skip


def _of_group(group: str, delays: Delays, played: list[Played]) -> dict[str, Any]:
    own = delays.by_group.get(group, [])
    return {
        "replies": len(own), "clock_hours": played[0].clock // HOUR,
        **_figures(played),
    }  # fmt: skip


def _figures(played: Sequence[Played]) -> dict[str, Any]:
    firsts = [one.climbs[0] - one.message.sent_at for one in played if one.climbs]
    months = Counter(f"{localtime(m):%Y-%m}" for one in played for m in one.climbs)
    return {
        "messages": len(played),
        "median_days_to_answer": _days([one.waited for one in played]),
        "in_time": sum(not one.climbs for one in played),
        "climbed": [sum(len(one.climbs) > tier for one in played) for tier in range(TIERS)],
        "median_days_to_first_climb": _days(firsts),
        "climbs_by_month": dict(sorted(months.items())),
        "climbed_by_the_house_clock": [
            sum(one.climbs_by_house > tier for one in played) for tier in range(TIERS)
        ],
    }


def _days(times: Sequence[timedelta]) -> float | None:
    return round(median(time / DAY for time in times), 2) if times else None


def _labelled(material: Material, subjects: Subjects) -> dict[str, int]:
    """How often the first level is the one that people gave, where a file says so."""
    right = sum(subjects.of(words)[:1] == (label,) for words, label in material.labelled)
    return {"messages": len(material.labelled), "same": right}


def print_report(report: dict[str, Any], console: Console) -> None:
    """Print the figures a person reads first."""
    table = Table(
        _("Category"), _("Messages"), _("Replies"), _("Clock, days"), _("In time"),
        _("Climbed to the district"), _("Climbed to the city"), _("First climb after, days"),
    )  # fmt: skip
    for group, row in report["by_category"].items():
        table.add_row(group, *_cells(row, str(row["replies"]), f"{row['clock_hours'] / 24:.1f}"))
    table.add_row(_("All together"), *_cells(report["total"], str(report["replies"]), ""))
    console.print(table)
    for line in _lines(report):
        console.print(line, highlight=False, markup=False)


def _cells(row: dict[str, Any], replies: str, clock: str) -> list[str]:
    first = row["median_days_to_first_climb"]
    climbed = [str(count) for count in row["climbed"]]
    return [str(row["messages"]), replies, clock, str(row["in_time"]), *climbed,
            "–" if first is None else f"{first:.1f}"]  # fmt: skip


def _lines(report: dict[str, Any]) -> Iterator[str]:
    for file, rows in report["files"].items():
        facts = {"file": file, "rows": rows["rows"], "read": rows["read"], "aside": rows["aside"]}
        yield _("%(file)s: %(rows)s rows, %(read)s read, %(aside)s set aside") % facts
    house = report["total"]["climbed_by_the_house_clock"]
    yield _("By the house's own clock %(one)s would have climbed once and %(two)s twice.") % {
        "one": house[0], "two": house[1],
    }  # fmt: skip
    drawn = report["through_deeds"]
    yield _("Through the real deeds: %(same)s of %(drawn)s drawn messages climbed as said.") % drawn
    said = report["labelled"]
    yield (
        _("Categories: %(same)s of %(messages)s labelled messages as people labelled them.") % said
    )
