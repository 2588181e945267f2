"""Reads spreadsheets (XLSX, XLSB, ODS, XLS): one table per sheet that holds anything."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from gongzhi.exchange.reading.grid import Record, table_from_grid
from gongzhi.exchange.reading.values import RawTable, UnreadFile
from gongzhi.exchange.said import Said, say

SANDBOX = Path(__file__).with_name("sandbox.py")
PATIENCE = 120
"""Seconds after which a workbook is given up."""
ENDLESS = say("The workbook cannot be opened: it claims more cells than any memory holds.")
Grid = list[list[object]]


def read_workbook(file: str, sha256: str, data: bytes) -> list[RawTable | UnreadFile]:
    """Return a table per sheet, `file#sheet`; numbers that are whole come as whole numbers."""
    sheets = _opened_apart(data)
    if isinstance(sheets, Said):
        return [UnreadFile(file, sha256, sheets)]
    if not sheets:
        return [UnreadFile(file, sha256, say("The workbook has no sheets."))]
    return [_sheet(f"{file}#{name}" if name else file, sha256, rows) for name, rows in sheets]


def _opened_apart(data: bytes) -> list[tuple[str, Grid | Said]] | Said:
    """The sheets as a process of its own reads them, or why it did not."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(SANDBOX)], input=data, capture_output=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return say("The workbook cannot be opened: it takes too long.")
    if done.returncode:
        return ENDLESS
    sheets: list[tuple[str, Grid | tuple[str, str]]] = pickle.loads(done.stdout)
    return [(name, _why(*grid) if isinstance(grid, tuple) else grid) for name, grid in sheets]


def _why(what: str, number: str) -> Said:
    """Why the process apart gave no rows, as a sentence: it knows words only, not this house."""
    damaged = say("what lies in it is damaged")
    return {
        "workbook": say("The workbook cannot be opened: %(error)s.", error=damaged),
        "locked": say(
            "The workbook cannot be opened: %(error)s.", error=say("it is locked with a password")
        ),
        "memory": say("The workbook cannot be opened: it needs too much memory."),
        "cells": say(
            "It has more than %(number)s cells. Split it, or send it as CSV.", number=number
        ),
        "sheet": say("The sheet cannot be read: %(error)s.", error=damaged),
    }[what]


def _sheet(part: str, sha256: str, grid: Grid | Said) -> RawTable | UnreadFile:
    if isinstance(grid, Said):
        return UnreadFile(part, sha256, grid)
    records = list(_records(grid))
    if not records:
        return UnreadFile(part, sha256, say("The sheet is empty."))
    return table_from_grid(part, sha256, "unicode", "xlsx", records)


def _records(grid: Sequence[Sequence[object]]) -> Iterator[Record]:
    for number, line in enumerate(grid, start=1):
        cells = [_whole(c) for c in line]
        raw = "\t".join("" if c is None else str(c) for c in cells)
        if raw.strip():
            yield Record(number, cells, raw)


def _whole(cell: object) -> object:
    """A workbook keeps every number as a float; 5.0 was written as 5."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, str | int | float | bool | date | datetime | time | timedelta):
        return cell if cell != "" else None
    return cell
