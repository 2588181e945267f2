"""Reads word-processor files (DOCX): paragraphs and tables in the order in which they stand."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gongzhi.exchange.reading.workbooks import PATIENCE, SANDBOX

LARGEST = 20 * 2**20
"""Bytes of a word-processor file that is read."""


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


@dataclass(frozen=True, slots=True)
class UnreadWord:
    """Why a word-processor file was not read, and what to do about it."""

    reason: str


Blocks = tuple[Paragraph | Grid, ...]


def texts_of(blocks: Iterable[Paragraph | Grid]) -> Iterator[str]:
    """Every paragraph in turn, those of tables included."""
    for block in blocks:
        if isinstance(block, Grid):
            yield from block.texts()
        else:
            yield block.text


def read_word(data: bytes) -> Blocks | UnreadWord:
    """The paragraphs and tables of a .docx file, as a process of its own reads them.

    Text boxes follow their paragraph; headers, footers and notes stand at the end.
    """
    if len(data) > LARGEST:
        return UnreadWord(f"It is larger than {LARGEST // 2**20} MiB. Take the pictures out.")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(SANDBOX), "word"], input=data, capture_output=True,
            check=False, timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return UnreadWord("It takes too long to read. Save it anew and try again.")
    if done.returncode:
        return UnreadWord("It cannot be opened: it claims more than any memory holds.")
    answer: list[tuple[Any, ...]] | str = pickle.loads(done.stdout)
    return UnreadWord(answer) if isinstance(answer, str) else _blocks(answer)


def _blocks(raw: Iterable[tuple[Any, ...]]) -> Blocks:
    return tuple(_block(one) for one in raw)


def _block(raw: tuple[Any, ...]) -> Paragraph | Grid:
    if raw[0] == "t":
        return Grid(tuple(tuple(_blocks(cell) for cell in row) for row in raw[1]))
    _kind, level, is_item, text = raw
    return Paragraph(text, level, is_item)
