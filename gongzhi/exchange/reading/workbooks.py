"""Reads spreadsheets (XLSX, XLSB, ODS, XLS): one table per sheet that holds anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from gongzhi.exchange.reading.apart import ENDLESS, SLOW, opened_apart
from gongzhi.exchange.reading.grid import Record, table_from_grid
from gongzhi.exchange.reading.sandbox import CELLS
from gongzhi.exchange.reading.values import RawTable, UnreadFile
from gongzhi.exchange.said import say

_DAMAGED = say("what lies in it is damaged")
_WHY = {
    SLOW: say("The workbook cannot be opened: it takes too long."),
    ENDLESS: say("The workbook cannot be opened: it claims more cells than any memory holds."),
    "memory": say("The workbook cannot be opened: it needs too much memory."),
    "broken": say("The workbook cannot be opened: %(error)s.", error=_DAMAGED),
    "locked": say(
        "The workbook cannot be opened: %(error)s.", error=say("it is locked with a password")
    ),
    "cells": say(
        "It has more than %(number)s cells. Split it, or send it as CSV.", number=f"{CELLS:,}"
    ),
    "sheet": say("The sheet cannot be read: %(error)s.", error=_DAMAGED),
}
"""Why the process apart gave no rows, by its words."""
Grid = list[list[object]]


def read_workbook(file: str, sha256: str, data: bytes) -> list[RawTable | UnreadFile]:
    """Return a table per sheet, `file#sheet`; numbers that are whole come as whole numbers."""
    sheets: list[tuple[str, Grid | str]] | str = opened_apart("workbook", data)
    if isinstance(sheets, str):
        return [UnreadFile(file, sha256, _WHY[sheets])]
    if not sheets:
        return [UnreadFile(file, sha256, say("The workbook has no sheets."))]
    return [_sheet(f"{file}#{name}", sha256, rows) for name, rows in sheets]


def _sheet(part: str, sha256: str, grid: Grid | str) -> RawTable | UnreadFile:
    if isinstance(grid, str):
        return UnreadFile(part, sha256, _WHY[grid])
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
