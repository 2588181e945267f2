"""How much of a file is read; what goes beyond is refused with a sentence before it is begun.

A file of half a megabyte may unpack to gigabytes, and a table of twenty megabytes takes two
gigabytes and half a minute once it is read: one upload must not stop the work of a city.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """unpacked: bytes of all members together; members: files in an archive; lines: lines, lists
    and mappings of a text; cells: separators between cells; columns: those of one line; written:
    characters of YAML."""

    unpacked: int
    members: int
    lines: int
    cells: int
    columns: int
    written: int


RECEIVED = Limits(64 * 2**20, 500, 200_000, 4_000_000, 5_000, 300_000)
"""For what anybody sends."""
OWN = Limits(1024 * 2**20, 100_000, 20_000_000, 400_000_000, 100_000, 20_000_000)
"""For files that whoever runs the house has put on its own disk."""


def too_much(text: str, limits: Limits) -> str:
    """Why a text is not read because of its size; empty where it is."""
    lines = max(text.count(mark) for mark in "\n{[")
    if lines > limits.lines:
        return f"It has more than {limits.lines:,} lines or records. Split it into several files."
    cells = max(text.count(mark) for mark in ",\t;")
    if cells > limits.cells:
        return f"It has more than {limits.cells:,} cells. Split it into several files."
    return ""


def too_wide(text: str, limits: Limits) -> str:
    """Why a table is not read because of its columns; empty where it is."""
    first = text[: 100 * limits.columns].splitlines()[:20]
    if max((line.count(mark) for line in first for mark in ",\t;"), default=0) < limits.columns:
        return ""
    return f"It has more than {limits.columns:,} columns. Send a table with fewer."
