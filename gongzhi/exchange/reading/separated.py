"""Reads text tables: comma, tab or semicolon between the cells, quotes as RFC 4180 has them.

The csv module swallows the rest of a file when a quotation mark never closes. Here the text
is first cut into records, with a bound on how many lines one record may span, so that a
stray quotation mark costs one line and not the file.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

from gongzhi.exchange.reading.complaints import complaint
from gongzhi.exchange.reading.encodings import Decoded
from gongzhi.exchange.reading.grid import Record, table_from_grid
from gongzhi.exchange.reading.values import RawTable
from gongzhi.exchange.said import Said, say

SEPARATORS = (",", "\t", ";")
SPAN = 200  # lines one quoted record may span
NEVER_CLOSED = 100  # marks that never close, after which no more lines are looked ahead
AGREEMENT = 0.6  # share of the lines that must have the same number of cells
LOOK = 200  # lines looked at to find the separator
NAMES = {",": "csv", "\t": "tsv", ";": "csv (semicolon)"}

UNCLOSED = say("A quotation mark opens and does not close within %(lines)s lines.", lines=SPAN)

csv.field_size_limit(2**24)  # a cell may hold a long text


def read_separated(file: str, sha256: str, decoded: Decoded) -> RawTable | Said:
    """Return the text as a table, or one sentence why it is none."""
    lines = decoded.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator = find_separator(lines)
    if separator is None:
        return say("The text is no table: no comma, tab or semicolon divides its lines evenly.")
    records = list(_records(lines, separator))
    table = table_from_grid(file, sha256, decoded.encoding, NAMES[separator], records)
    return RawTable(
        table.file, sha256, table.encoding, table.format, table.columns, table.rows,
        table.unreadable, table.title, table.around, decoded.notes + table.notes,
    )  # fmt: skip


def find_separator(lines: list[str]) -> str | None:
    """The separator that cuts most lines into the same number of cells, at least two."""
    best, found = (0.0, 0), None
    for separator in SEPARATORS:
        counts = [len(r.cells) for r in _records(lines[:LOOK], separator) if r.filled]
        if not counts:
            continue
        width, times = Counter(counts).most_common(1)[0]
        score = (round(times / len(counts), 2), width)
        if width > 1 and score[0] >= AGREEMENT and score > best:
            best, found = score, separator
    return found


def _records(lines: list[str], separator: str) -> Iterator[Record]:
    at = never_closed = 0
    while at < len(lines):
        span = SPAN if never_closed < NEVER_CLOSED else 0
        end = _end_of_record(lines, at, separator, span)
        if end is None:
            never_closed += 1
            yield Record(at + 1, (), lines[at], broken=UNCLOSED)
            at += 1
            continue
        text = "\n".join(lines[at:end])
        yield _parsed(at + 1, text, separator)
        at = end


def _end_of_record(lines: list[str], at: int, separator: str, span: int) -> int | None:
    """The line after the record that begins at line `at`, or nothing if it never ends."""
    if lines[at].count('"') % 2 == 0:
        return at + 1
    is_open = _leaves_open(lines[at], separator, False)
    end = at + 1
    while is_open:
        if end >= len(lines) or end - at > span:
            return None
        is_open = _leaves_open(lines[end], separator, True)
        end += 1
    return end


def _leaves_open(line: str, separator: str, is_open: bool) -> bool:
    """Whether a quoted cell is still open at the end of the line."""
    at_start = not is_open
    index = 0
    while index < len(line):
        char = line[index]
        if is_open:
            if char == '"' and line[index + 1 : index + 2] == '"':
                index += 1  # a doubled mark stands for itself
            elif char == '"':
                is_open = False
        elif char == '"' and at_start:
            is_open = True
        at_start = not is_open and char == separator
        index += 1
    return is_open


def _parsed(number: int, text: str, separator: str) -> Record:
    try:
        cells = next(csv.reader([text], delimiter=separator, strict=False), [])
    except csv.Error as error:
        broken = say("The record cannot be cut into cells: %(error)s.", error=complaint(str(error)))
        return Record(number, (), text, broken=broken)
    return Record(number, cells, text)
