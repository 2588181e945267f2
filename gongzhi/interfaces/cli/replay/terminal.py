"""Print the report of a replay: the tables and lists a person reads first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from rich.console import Console
from rich.table import Table

from gongzhi.interfaces.cli.replay.words import (
    AMOUNTS,
    LANGUAGES,
    NEEDS,
    goods,
    ledger,
    river,
    word,
)
from gongzhi.writing import listed

MOST = 20
"""Hospitals that are shown in the terminal."""


def print_report(report: dict[str, Any], console: Console) -> None:
    """Print the figures and the lists a person reads first."""
    title = report["title"][LANGUAGES[report["language"]]]
    console.rule(f"{title} · {report['first_day']} – {report['last_day']}")
    console.print(_data_table(report))
    for folder in report["data"]:
        for line in _aside(folder):
            console.print(f"  {line}", highlight=False, markup=False)
    console.print(_city_table(report))
    console.print(_need_table(report))
    rest = len(report["hospitals"]) - MOST
    if rest > 0:
        text = ngettext(
            "and %(n)s more hospital in the report",
            "and %(n)s more hospitals in the report",
            rest,
        )
        console.print(f"  {text % {'n': rest}}", highlight=False)
    for hospital in report["hospitals_outside"]:
        console.print(f"  {_outside(hospital)}", highlight=False, markup=False)
    console.print(_reason_table(report))
    for sentence in _sums(report):
        console.print(sentence, highlight=False)


def _aside(folder: dict[str, Any]) -> Iterator[str]:
    """What was not read of a folder, nothing left out: rows of one file and reason in one line."""
    rows: dict[tuple[str, str], list[int]] = {}
    for row in folder["quarantine"]:
        rows.setdefault((row["file"], row["reason"]), []).append(row["row"])
    for (file, reason), numbers in rows.items():
        given = {"file": file, "rows": _spans(numbers), "reason": reason}
        yield _("quarantined: %(file)s, %(rows)s: %(reason)s") % given
    for line in folder["not_understood"]:
        yield _("not understood: %(line)s") % {"line": line}
    if folder["left_out"]:
        number = len(folder["left_out"])
        text = ngettext(
            "left out on purpose: %(folder)s, %(n)s file with %(words)s in its name",
            "left out on purpose: %(folder)s, %(n)s files with %(words)s in their names",
            number,
        )
        words = listed(folder["leaves_out"])
        yield text % {"folder": folder["folder"], "n": number, "words": words}


def _spans(numbers: list[int]) -> str:
    """Row numbers as spans: rows 4, 7–9."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    said = listed(str(a) if a == b else f"{a}–{b}" for a, b in spans)
    text = ngettext("%(n)s row (%(rows)s)", "%(n)s rows (%(rows)s)", len(numbers))
    return text % {"n": len(numbers), "rows": said}


def _outside(hospital: dict[str, Any]) -> str:
    text = ngettext(
        "not entered: %(name)s (%(place)s), %(lines)s need line: %(why)s",
        "not entered: %(name)s (%(place)s), %(lines)s need lines: %(why)s",
        hospital["lines"],
    )
    return text % hospital


def _sums(report: dict[str, Any]) -> Iterator[str]:
    """The whole river in three lines."""
    yield " → ".join(river(report["summary"]))
    yield " → ".join(goods(report["summary"]))
    yield ledger(report["ledger"])


def _data_table(report: dict[str, Any]) -> Table:
    table = Table(
        _("folder"), _("files"), _("rows"), _("read"), _("quarantined"), _("duplicate"),
        _("adds up"),
    )  # fmt: skip
    for f in report["data"]:
        table.add_row(
            f["folder"], str(f["files"]), str(f["rows"]), str(f["read"]), str(f["quarantined"]),
            str(f["duplicate"]), _("yes") if f["adds_up"] else _("NO"),
        )  # fmt: skip
    return table


def _city_table(report: dict[str, Any]) -> Table:
    table = Table(
        _("City"), _("cases"), _("first red"), _("why"), _("incidents"), _("orders"), _("done"),
        _("late"), _("climbed"),
    )  # fmt: skip
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
        return _("no red warning")
    reasons = reds[0]["reasons"]
    return str(reasons[0]) if reasons else str(reds[0]["sentence"])


def _reason_table(report: dict[str, Any]) -> Table:
    table = Table(_("needs"), _("State"), _("Amount"), _("why"))
    for row in report["needs_by_reason"]:
        state, amount = word(NEEDS, row["state"]), word(AMOUNTS, row["amount"])
        table.add_row(str(row["needs"]), state, amount, row["meaning"])
    return table


def _need_table(report: dict[str, Any]) -> Table:
    table = Table(
        _("hospital"), _("City"), _("need lines"), _("needs"), _("met"), _("met in part"),
        pgettext("need", "unmet"),
    )  # fmt: skip
    busiest = sorted(report["hospitals"], key=lambda h: (-len(h["needs"]), h["name"]))
    for h in busiest[:MOST]:
        table.add_row(
            h["name"], h["city"], str(h["lines_read"]), str(len(h["needs"])), str(h["met"]),
            str(h["met_in_part"]), str(h["unmet"]),
        )  # fmt: skip
    return table
