"""How much of a file is read; what goes beyond is refused with a sentence before it is begun.

A file of half a megabyte may unpack to gigabytes, and a table of twenty megabytes takes two
gigabytes and half a minute once it is read: one upload must not stop the work of a city.
"""

from __future__ import annotations

from dataclasses import dataclass

from gongzhi.exchange.said import Said, say


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


def too_much(text: str, limits: Limits) -> Said | None:
    """Why a text is not read because of its size; nothing where it is."""
    lines = max(text.count(mark) for mark in "\n{[")
    if lines > limits.lines:
        most = f"{limits.lines:,}"
        return say(
            "It has more than %(number)s lines or records. Split it into several files.",
            number=most,
        )
    cells = max(text.count(mark) for mark in ",\t;")
    if cells > limits.cells:
        most = f"{limits.cells:,}"
        return say("It has more than %(number)s cells. Split it into several files.", number=most)
    return None


def too_wide(text: str, limits: Limits) -> Said | None:
    """Why a table is not read because of its columns; nothing where it is."""
    first = text[: 100 * limits.columns].splitlines()[:20]
    if max((line.count(mark) for line in first for mark in ",\t;"), default=0) < limits.columns:
        return None
    most = f"{limits.columns:,}"
    return say("It has more than %(number)s columns. Send a table with fewer.", number=most)
