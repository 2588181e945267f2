"""Reads spreadsheets (XLSX, XLSB, ODS, XLS): one table per sheet that holds anything."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

import python_calamine

from gongzhi.exchange.reading.grid import Record, table_from_grid
from gongzhi.exchange.reading.values import RawTable, UnreadFile


def read_workbook(file: str, sha256: str, data: bytes) -> list[RawTable | UnreadFile]:
    """Return a table per sheet, `file#sheet`; numbers that are whole come as whole numbers."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        return [UnreadFile(file, sha256, f"The workbook cannot be opened: {error}.")]
    if not names:
        return [UnreadFile(file, sha256, "The workbook has no sheets.")]
    return [_sheet(book, file, sha256, name) for name in names]


def _sheet(
    book: python_calamine.CalamineWorkbook, file: str, sha256: str, name: str
) -> RawTable | UnreadFile:
    part = f"{file}#{name}"
    try:
        grid = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, ValueError) as error:
        return UnreadFile(part, sha256, f"The sheet cannot be read: {error}.")
    records = list(_records(grid))
    if not records:
        return UnreadFile(part, sha256, "The sheet is empty.")
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
