"""Finds the header of a grid of cells and turns the cells below it into rows.

Serves text tables, sheets and lists of lists alike. Official tables often begin with a
title, a unit that fills in and a date; these lines are kept as the table's title.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from gongzhi.exchange.reading.encodings import is_damaged, show
from gongzhi.exchange.reading.values import Parts, RawTable
from gongzhi.exchange.said import Said, say

LOOK = 30  # records looked at for the header
_NUMBER = re.compile(r"[-+]?[\d.,:/\-年月日%\s]*\d[\d.,:/\-年月日%\s]*(e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One physical record: its number, its cells and its text; `broken` says what is wrong."""

    number: int
    cells: Sequence[object]
    raw: str
    broken: Said | None = None

    @property
    def filled(self) -> int:
        """How many cells hold anything."""
        return sum(not is_blank(c) for c in self.cells)


def is_blank(cell: object) -> bool:
    """Whether a cell is empty or holds white space only."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def table_from_grid(
    file: str, sha256: str, encoding: str, kind: str, records: Sequence[Record]
) -> RawTable:
    """Return the table in `records`: title above, header, rows below; blank records are none."""
    records = [r for r in records if r.broken or not all(is_blank(c) for c in r.cells)]
    header = _header_at([r for r in records[:200] if not r.broken])
    first = header.number if header else 0
    parts = Parts(file)
    columns = _names(header.cells if header else _longest(records))
    title = [r for r in records if r.number < first and not r.broken]
    for record in records:
        if record.number > first or record.broken:
            _take(parts, record, columns, header)
    return RawTable(
        file, sha256, encoding, kind, columns, tuple(parts.rows), tuple(parts.unreadable),
        title=tuple(show(r.raw.strip()) for r in title),
        notes=() if header else (say("No header was found; the columns are numbered."),),
    )  # fmt: skip


def _header_at(records: Sequence[Record]) -> Record | None:
    """The first record that is as wide as the table and speaks in words."""
    if not records:
        return None
    width = Counter(r.filled for r in records).most_common(1)[0][0]
    for index, record in enumerate(records[:LOOK]):
        if record.filled >= max(2, 0.6 * width) and _is_header(record, records[index + 1 :]):
            return record
    return None


def _is_header(record: Record, below: Sequence[Record]) -> bool:
    cells = [c for c in record.cells if not is_blank(c)]
    words = sum(not _is_figure(c) for c in cells)
    if words < 0.6 * len(cells) or words == 0:
        return False
    if any(isinstance(c, str) and c.strip().endswith((":", "：")) for c in cells):
        return False  # a line to fill in: 填报单位：… 日期：…
    if words == len(cells):
        return True
    # Some cells are figures: a header only if the rows below it look different.
    shapes = Counter(_shape(r) for r in below[:50])
    return not shapes or _shape(record) != shapes.most_common(1)[0][0]


def _shape(record: Record) -> str:
    return "".join("-" if is_blank(c) else "9" if _is_figure(c) else "a" for c in record.cells)


def _is_figure(cell: object) -> bool:
    if isinstance(cell, str):
        return _NUMBER.fullmatch(cell.strip()) is not None
    return isinstance(cell, int | float | date | time)


def _longest(records: Sequence[Record]) -> Sequence[object]:
    return [None] * max((len(r.cells) for r in records), default=0)


def _names(cells: Sequence[object]) -> tuple[str, ...]:
    """Column names: the words of the header, numbered where empty, told apart where equal."""
    last = max((i for i, c in enumerate(cells) if not is_blank(c)), default=len(cells) - 1)
    names: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for index, cell in enumerate(cells[: last + 1], start=1):
        name = "" if is_blank(cell) else " ".join(str(cell).split())
        names[_apart(name or f"column {index}", names, numbers)] = None
    return tuple(names)


def _apart(name: str, taken: Mapping[str, None], numbers: dict[str, int]) -> str:
    """The name, with the next free number where it is taken; `numbers` are those given last."""
    free = name
    while free in taken:
        numbers[name] = numbers.get(name, 1) + 1
        free = f"{name} ({numbers[name]})"
    return free


def _take(parts: Parts, record: Record, columns: tuple[str, ...], header: Record | None) -> None:
    reason = record.broken or _wrong_width(record, columns) or _repeated(record, header)
    if not reason and is_damaged(record.raw):
        reason = say("The record holds bytes that do not belong to the encoding of the file.")
    if reason:
        parts.refuse(record.number, show(record.raw), reason)
    else:
        parts.add(record.number, dict(zip(columns, record.cells, strict=False)), record.raw)


def _wrong_width(record: Record, columns: tuple[str, ...]) -> Said | None:
    count, width = len(record.cells), len(columns)
    if count >= width and all(is_blank(c) for c in record.cells[width:]):
        return None
    return say(
        "The record has %(cells)s cells where the header has %(width)s.", cells=count, width=width
    )


def _repeated(record: Record, header: Record | None) -> Said | None:
    if header is not None and list(record.cells) == list(header.cells):
        return say("The header of line %(line)s stands here again.", line=header.number)
    return None
