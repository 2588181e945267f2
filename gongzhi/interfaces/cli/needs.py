"""`gongzhi supply read`: lists of needs as people write them, into lines; no server is needed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.engines.needs_text import Kind, Reading, State, counts_up
from gongzhi.engines.needs_text import read as read_text
from gongzhi.errors import Malformed
from gongzhi.exchange.importers import lexicon
from gongzhi.interfaces.cli import tables

LINES = ("id", "item", "item_zh", "quantity", "unit", "kind", "state", "span")
LEFT = ("id", "span", "reason", "text")
NAMED = 5
"""Ids that the summary names; the others are counted."""
OUT = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the file: whose it is, and what it says."""

    id: str
    text: str


@click.command()
@click.argument("cells")
@click.option("--out", required=True, type=OUT, help="The lines, as CSV.")
@click.option(
    "--left", type=OUT, help="What was not understood, as CSV; without it OUT as .left.csv.",
)  # fmt: skip
def read(cells: str, out: Path, left: Path | None) -> None:
    """Read lists of needs as people write them: items, amounts, stock and offers.

    CELLS is a CSV file with the columns id and text, or - for what is piped in; UTF-8, GB 18030,
    Big5 and UTF-16 are recognised. Each line of OUT is one item: quantity and unit as the text
    says them, kind (need, stock, offer), state (known, unknown, open) and its span in the text,
    first character and the one after the last. No log-in, server or database is needed.
    """
    beside = left or out.with_suffix(".left.csv")
    if not tables.apart(cells, out, beside):
        raise Malformed(_("CELLS, --out and --left must be different files. Name another one."))
    found = _cells(cells)
    readings = _read(found)
    tables.write(out, LINES, _lines(found, readings))
    tables.write(beside, LEFT, _parts(found, readings))
    for sentence in _summary(found, readings, out, beside):
        click.echo(sentence)


def _cells(path: str) -> list[Cell]:
    """The cells of the file; a file that is no such table is refused with what it has."""
    rows = tables.rows_of(path, "cells")
    head = [name.strip().casefold() for name in next(rows, [])]
    if not {"id", "text"} <= set(head):
        said = _(
            "The first row of %(file)s has the columns: %(found)s. It needs the columns id "
            "and text, separated by commas."
        )
        raise Malformed(said % {"file": path, "found": ", ".join(filter(None, head)) or "–"})
    return list(_rows(rows, head.index("id"), head.index("text")))


def _rows(rows: Iterable[list[str]], first: int, second: int) -> Iterator[Cell]:
    for row in rows:
        if any(row):
            padded = [*row, *[""] * (max(first, second) + 1 - len(row))]
            yield Cell(padded[first].strip(), padded[second])


def _read(cells: list[Cell]) -> list[Reading]:
    names = lexicon()
    counted_up = any(counts_up(cell.text) for cell in cells)
    with click.progressbar(
        cells, label=_("Reading"), file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as shown:
        return [read_text(cell.text, names, counted_up=counted_up) for cell in shown]


def _lines(cells: list[Cell], readings: list[Reading]) -> Iterator[tuple[str, ...]]:
    for cell, reading in zip(cells, readings, strict=True):
        for line in reading.lines:
            quantity = "" if line.quantity is None else str(line.quantity)
            yield (cell.id, line.item, line.name, quantity, line.unit, line.kind, line.state,
                   _span(line.span))  # fmt: skip


def _parts(cells: list[Cell], readings: list[Reading]) -> Iterator[tuple[str, ...]]:
    for cell, reading in zip(cells, readings, strict=True):
        for part in reading.left:
            yield cell.id, _span(part.span), part.reason, cell.text[slice(*part.span)]


def _span(span: tuple[int, int]) -> str:
    return f"{span[0]}-{span[1]}"


def _summary(cells: list[Cell], readings: list[Reading], out: Path, left: Path) -> Iterator[str]:
    lines = [line for reading in readings for line in reading.lines]
    parts = sum(len(reading.left) for reading in readings)
    kinds, states = Counter(x.kind for x in lines), Counter(x.state for x in lines)
    text = ngettext("%(n)s cell read", "%(n)s cells read", len(cells)) % {"n": len(cells)}
    yield _("%(cells)s: %(lines)s lines in %(file)s.") % {
        "cells": text, "lines": len(lines), "file": out,
    }  # fmt: skip
    yield _("Needs %(need)s, stock %(stock)s, offers %(offer)s.") % {
        "need": kinds[Kind.NEED], "stock": kinds[Kind.STOCK], "offer": kinds[Kind.OFFER],
    }  # fmt: skip
    yield _("Amount known %(known)s, unknown %(unknown)s, as many as possible %(open)s.") % {
        "known": states[State.KNOWN], "unknown": states[State.UNKNOWN],
        "open": states[State.OPEN],
    }  # fmt: skip
    yield _("Parts that were not understood, for a person: %(n)s, in %(file)s.") % {
        "n": parts, "file": left,
    }  # fmt: skip
    if twice := [i for i, n in Counter(cell.id for cell in cells).items() if n > 1]:
        yield _("Ids on several rows: %(n)s (%(ids)s). All rows are read; see which one holds.") % {
            "n": len(twice), "ids": ", ".join(twice[:NAMED]) + "…" * (len(twice) > NAMED),
        }  # fmt: skip
    if any(counts_up(cell.text) for cell in cells):
        yield _("A spreadsheet counted N95 up (N96, N97…); these are read as N95.")
