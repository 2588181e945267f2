"""The account an importer gives of a table and of a folder: every row has one fate.

A row is read, quarantined with a reason, or a duplicate of another row; the shapes here
cannot be built when a row is missing or counted twice. What was not understood (columns,
kinds, files) is listed beside the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from gongzhi.exchange.said import Said, say


class Fate(StrEnum):
    """What became of a row."""

    READ = "read"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a record comes from: the file (with member and part) and the row's number."""

    file: str
    row: int

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}"


class Record(Protocol):
    """What an importer makes of a row.

    Two records with one `fingerprint` are the same record twice, if they are of different
    `form` or agree also in what stands `beside` it. Two with one `key` that are not the same
    say different things of the same subject at the same time. `rank` says which of two equal
    records is the original: the smaller one.
    """

    @property
    def origin(self) -> Origin: ...

    @property
    def fingerprint(self) -> Hashable: ...

    @property
    def form(self) -> str: ...

    @property
    def beside(self) -> Hashable: ...

    @property
    def key(self) -> Hashable: ...

    @property
    def rank(self) -> int: ...

    def as_values(self) -> dict[str, object]:
        """The record as plain values that JSON can hold, nothing personal among them."""

    def as_personal(self) -> dict[str, object]:
        """The personal part of the record, to be dropped or masked by rule."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row set aside with its text and the reason; the text may hold personal data."""

    origin: Origin
    raw: str
    reason: Said


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row that says what another row already said; both are named."""

    origin: Origin
    of: Origin
    record: Record


@dataclass(frozen=True, slots=True)
class Draft:
    """What one importer made of one table before the tables are compared with each other.

    `records` has one record per row that was understood; `derived` holds further records that
    a row implies, such as the province's total in the row of a city.
    """

    file: str
    format: str
    encoding: str
    sha256: str
    kind: str
    generation: str
    rows: int
    records: tuple[Record, ...] = ()
    derived: tuple[Record, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    notes: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class RowFate:
    """One row as the room stores it: its fate, plain values, personal values and reasons."""

    number: int
    fate: Fate
    values: Mapping[str, object]
    personal: Mapping[str, object]
    reasons: tuple[Said, ...] = ()
    duplicate_of: str = ""


@dataclass(frozen=True, slots=True)
class TableReading:
    """One table after all tables were compared: what was read, doubled and set aside."""

    file: str
    format: str
    encoding: str
    sha256: str
    kind: str
    generation: str
    rows: int
    records: tuple[Record, ...]
    derived: tuple[Record, ...]
    duplicates: tuple[Duplicate, ...]
    quarantined: tuple[Quarantined, ...]
    unknown_columns: tuple[str, ...]
    notes: tuple[Said, ...]

    def __post_init__(self) -> None:
        fates = Counter(r.origin.row for r in self.records)
        fates.update(d.origin.row for d in self.duplicates)
        fates.update(q.origin.row for q in self.quarantined)
        if len(fates) != self.rows or any(n > 1 for n in fates.values()):
            raise ValueError(
                f"{self.file} has {self.rows} rows, but {len(self.records)} were read, "
                f"{len(self.duplicates)} doubled and {len(self.quarantined)} set aside."
            )

    @property
    def is_understood(self) -> bool:
        """Whether an importer knew the table."""
        return self.kind != "unknown"

    def fates(self) -> Iterator[RowFate]:
        """Yield every row with its fate, in the order of the file."""
        found: list[RowFate] = [
            RowFate(r.origin.row, Fate.READ, r.as_values(), r.as_personal()) for r in self.records
        ]
        found += [
            RowFate(d.origin.row, Fate.DUPLICATE, d.record.as_values(), d.record.as_personal(),
                    duplicate_of=str(d.of)) for d in self.duplicates
        ]  # fmt: skip
        found += [
            RowFate(q.origin.row, Fate.QUARANTINED, {}, {"raw": q.raw}, (q.reason,))
            for q in self.quarantined
        ]
        yield from sorted(found, key=lambda f: f.number)

    def __str__(self) -> str:
        text = f"{self.file}: {self.kind}, {self.generation}, {self.rows} rows"
        text += f" = {len(self.records)} read + {len(self.quarantined)} quarantined"
        text += f" + {len(self.duplicates)} duplicate"
        if self.unknown_columns:
            text += f"; columns not understood: {', '.join(self.unknown_columns)}"
        return text


@dataclass(frozen=True, slots=True)
class FileReading:
    """One file of a folder: its tables, or why it holds none (`not_read`)."""

    path: str
    tables: tuple[TableReading, ...] = ()
    not_read: tuple[tuple[str, Said], ...] = ()

    def __str__(self) -> str:
        lines = [str(t) for t in self.tables]
        lines += [f"{part}: not read. {reason}" for part, reason in self.not_read]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Rows that say different things of the same subject at the same time; all were read."""

    subject: str
    origins: tuple[Origin, ...]

    def __str__(self) -> str:
        return f"{self.subject}: {'; '.join(str(o) for o in self.origins)}"


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows and files of a folder; rows are always read + quarantined + duplicate."""

    files: int
    files_not_read: int
    tables: int
    rows: int
    read: int
    quarantined: int
    duplicate: int

    def __post_init__(self) -> None:
        if self.rows != self.read + self.quarantined + self.duplicate:
            raise ValueError("The rows do not add up.")

    def __str__(self) -> str:
        return (
            f"{self.files} files ({self.files_not_read} not read), {self.tables} tables, "
            f"{self.rows} rows = {self.read} read + {self.quarantined} quarantined "
            f"+ {self.duplicate} duplicate"
        )


@dataclass(frozen=True, slots=True)
class FolderReading:
    """Everything found in a folder, file by file."""

    root: str
    files: tuple[FileReading, ...]
    left_out: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def tables(self) -> Iterator[TableReading]:
        """All tables of all files."""
        return (t for f in self.files for t in f.tables)

    def records(self, kind: str) -> Iterator[Record]:
        """The records of one kind, original rows first, then what they imply."""
        for table in self.tables:
            if table.kind == kind:
                yield from table.records
                yield from table.derived

    @property
    def totals(self) -> Totals:
        """Files and rows by fate."""
        tables = list(self.tables)
        return Totals(
            files=len(self.files),
            files_not_read=sum(not f.tables for f in self.files),
            tables=len(tables),
            rows=sum(t.rows for t in tables),
            read=sum(len(t.records) for t in tables),
            quarantined=sum(len(t.quarantined) for t in tables),
            duplicate=sum(len(t.duplicates) for t in tables),
        )

    @property
    def not_understood(self) -> tuple[Said, ...]:
        """Files, tables and columns that were not understood, each as a sentence."""
        not_read = [pair for file in self.files for pair in file.not_read]
        found = [say("%(file)s: %(reason)s", file=part, reason=reason) for part, reason in not_read]
        for table in self.tables:
            if table.is_understood:
                found += _columns_unknown(table)
            elif table.rows:
                what = say(
                    "%(file)s: the kind of its %(number)s rows is not understood.",
                    file=table.file,
                    number=table.rows,
                )
                found.append(what)
        return tuple(found)

    def by_kind(self) -> dict[tuple[str, str], Totals]:
        """Totals per kind and generation, in the order of their names."""
        groups: dict[tuple[str, str], list[TableReading]] = {}
        for table in self.tables:
            groups.setdefault((table.kind, table.generation), []).append(table)
        return {
            key: Totals(
                len({t.file for t in tables}), 0, len(tables), sum(t.rows for t in tables),
                sum(len(t.records) for t in tables), sum(len(t.quarantined) for t in tables),
                sum(len(t.duplicates) for t in tables),
            )
            for key, tables in sorted(groups.items())
        }  # fmt: skip

    def span(self, kind: str) -> tuple[date, date] | None:
        """The first and last day the records of a kind are for, or nothing."""
        days = [d for r in self.records(kind) if isinstance(d := getattr(r, "on", None), date)]
        return (min(days), max(days)) if days else None

    def __str__(self) -> str:
        lines = [f"{self.root}: {self.totals}"]
        for (kind, generation), totals in self.by_kind().items():
            lines.append(
                f"  {kind}, {generation}: {totals.tables} tables, {totals.rows} rows = "
                f"{totals.read} read + {totals.quarantined} quarantined "
                f"+ {totals.duplicate} duplicate"
            )
        lines += [f"  not understood: {n}" for n in self.not_understood]
        return "\n".join(lines)


def _columns_unknown(table: TableReading) -> Iterator[Said]:
    columns = table.unknown_columns
    if columns:
        yield say(
            "%(file)s: columns not understood: %(columns)s.", file=table.file, columns=columns
        )
