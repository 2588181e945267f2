"""Reads word-processor files (DOCX): paragraphs and tables in the order in which they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gongzhi.exchange.reading.apart import ENDLESS, SLOW, opened_apart
from gongzhi.exchange.reading.sandbox import UNPACKED
from gongzhi.exchange.said import Said, say

LARGEST = 20 * 2**20
"""Bytes of a word-processor file that is read."""
_MEGABYTE = 2**20
_WHY = {
    SLOW: say("It takes too long to read. Save it anew and try again."),
    ENDLESS: say("It cannot be opened: it claims more than any memory holds."),
    "memory": say("The file cannot be opened: it needs too much memory."),
    "broken": say("The file cannot be read: what lies in it is damaged. Save it anew as .docx."),
    "foreign": say("This is no .docx file. Open it in a word processor and save it as .docx."),
    "macros": say("It holds macros. Save it as a .docx file without them."),
    "unpacked": say(
        "It unpacks to more than %(number)s MiB. Take the pictures out.",
        number=UNPACKED // _MEGABYTE,
    ),
    "large": say(
        "It is larger than %(number)s MiB. Take the pictures out.", number=LARGEST // _MEGABYTE
    ),
}
"""Why a file was not read, and what to do about it, by the words of the process apart."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `level` is 1 to 9 for a heading, -1 for the title, 0 for plain text."""

    text: str
    level: int = 0
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of cells, each with the paragraphs and tables that stand in it."""

    rows: tuple[tuple[tuple[Paragraph | Grid, ...], ...], ...]

    def texts(self) -> Iterator[str]:
        """Every paragraph of the table, those of tables inside it included."""
        for row in self.rows:
            for cell in row:
                yield from texts_of(cell)


Blocks = tuple[Paragraph | Grid, ...]


def texts_of(blocks: Iterable[Paragraph | Grid]) -> Iterator[str]:
    """Every paragraph in turn, those of tables included."""
    for block in blocks:
        if isinstance(block, Grid):
            yield from block.texts()
        else:
            yield block.text


def read_word(data: bytes) -> Blocks | Said:
    """The paragraphs and tables of a .docx file, or why it is not read.

    Text boxes follow their paragraph; headers, footers and notes stand at the end.
    """
    answer = "large" if len(data) > LARGEST else opened_apart("word", data)
    return _WHY[answer] if isinstance(answer, str) else _blocks(answer)


def _blocks(raw: Iterable[tuple[Any, ...]]) -> Blocks:
    return tuple(_block(one) for one in raw)


def _block(raw: tuple[Any, ...]) -> Paragraph | Grid:
    if raw[0] == "t":
        return Grid(tuple(tuple(_blocks(cell) for cell in row) for row in raw[1]))
    _kind, level, is_item, text = raw
    return Paragraph(text, level, is_item)
