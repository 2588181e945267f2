"""What a file looks like once it is rows: raw rows, raw tables and what could not be read.

These are the only shapes the importers see. Nothing is dropped on the way: every physical
record of a file is a `RawRow` or an `Unreadable`, and a file that is no table is an
`UnreadFile`, each with its reason in one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gongzhi.exchange.said import Said


@dataclass(frozen=True, slots=True)
class RawRow:
    """One record as it stands in the file.

    `number` is the line of a text table, the row of a sheet, or the ordinal in a list, from 1.
    `marks` holds what a typed cell says beside its value: type, specification, coordinates.
    """

    file: str
    number: int
    values: Mapping[str, object]
    raw: str
    marks: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record that is there but cannot be understood, with its text and the reason."""

    number: int
    raw: str
    reason: Said


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table of a file; `file` is the path, `!member` of an archive, `#part` of a document.

    `title` are the lines above the header, `around` is what a document says beside its list.
    """

    file: str
    sha256: str
    encoding: str
    format: str
    columns: tuple[str, ...]
    rows: tuple[RawRow, ...]
    unreadable: tuple[Unreadable, ...] = ()
    title: tuple[str, ...] = ()
    around: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Said, ...] = ()

    def __post_init__(self) -> None:
        numbers = [r.number for r in self.rows] + [u.number for u in self.unreadable]
        if len(numbers) != len(set(numbers)):
            raise ValueError(f"Two records of {self.file} have the same number.")

    @property
    def size(self) -> int:
        """Physical records in the table: rows and unreadable ones."""
        return len(self.rows) + len(self.unreadable)

    def __str__(self) -> str:
        bad = f", {len(self.unreadable)} unreadable" if self.unreadable else ""
        return f"{self.file}: {self.format}, {self.encoding}, {len(self.rows)} rows{bad}"


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file, or a member of an archive, that is no table at all, with the reason."""

    file: str
    sha256: str
    reason: Said

    def __str__(self) -> str:
        return f"{self.file}: not read. {self.reason}"


@dataclass(slots=True)
class Parts:
    """Rows and unreadable records of one table while it is being read."""

    file: str
    rows: list[RawRow] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)

    def add(
        self,
        number: int,
        values: Mapping[str, object],
        raw: str,
        marks: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        """Take one record as a row."""
        self.columns.update(dict.fromkeys(values))
        self.rows.append(RawRow(self.file, number, values, raw, marks or {}))

    def refuse(self, number: int, raw: str, reason: Said) -> None:
        """Take one record as unreadable."""
        self.unreadable.append(Unreadable(number, raw, reason))
