"""Reads a whole folder: every file, every table, every row, each with its fate.

A table is recognised by what it holds. Rows of a table that no importer knows are set aside
with that reason. Then the tables are compared: a row that says what another row already said
is a duplicate of it, and rows that contradict each other are listed.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gongzhi.exchange.accounts import (
    Disagreement,
    Draft,
    Duplicate,
    FileReading,
    FolderReading,
    Origin,
    Quarantined,
    Record,
    TableReading,
)
from gongzhi.exchange.importers.city_counts import read_city_counts
from gongzhi.exchange.importers.divisions import read_divisions
from gongzhi.exchange.importers.listing import read_listing
from gongzhi.exchange.importers.relief import read_relief, settle_relief
from gongzhi.exchange.reading import OWN, RawTable, UnreadFile, read_bytes
from gongzhi.exchange.said import Said, say

IMPORTERS: tuple[Callable[[RawTable], Draft | None], ...] = (
    read_divisions,
    read_city_counts,
    read_listing,
    read_relief,
)


@dataclass(slots=True)
class _Sheet:
    """A file while its tables are still drafts."""

    path: str
    drafts: list[Draft]
    not_read: list[tuple[str, Said]]


def read_folder(folder: Path, *, include: Callable[[str], bool] | None = None) -> FolderReading:
    """Read every file below `folder`; `include` may leave files out by their relative path.

    The rows of every table are read + quarantined + duplicate; what was left out, not read or
    not understood is listed. Errors: `NotADirectoryError` when there is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"There is no folder {folder.name!r} to read.")
    sheets, left_out = [], []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = _readable(path.relative_to(folder).as_posix())
        if include is not None and not include(name):
            left_out.append(name)
        else:
            sheets.append(_sheet(f"{folder.name}/{name}", _bytes_of(path)))
    return _compared(folder.name, sheets, left_out)


def read_file(name: str, data: bytes) -> FolderReading:
    """Read the bytes of one file as `read_folder` reads a folder."""
    return _compared(name, [_sheet(name, data)], [])


def _readable(name: str) -> str:
    """A file's name as text: names that are not UTF-8 are mostly GB18030 (old archives)."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")


def _bytes_of(path: Path) -> bytes | Said:
    try:
        return path.read_bytes()
    except OSError as error:
        return say("The file cannot be opened: %(error)s.", error=str(error.strerror))


def _sheet(name: str, data: bytes | Said) -> _Sheet:
    if isinstance(data, Said):
        return _Sheet(name, [], [(name, data)])
    sheet = _Sheet(name, [], [])
    for table in read_bytes(name, data, limits=OWN):
        if isinstance(table, UnreadFile):
            sheet.not_read.append((table.file, table.reason))
        else:
            sheet.drafts.append(read_table(table))
    return sheet


def read_table(table: RawTable) -> Draft:
    """Return what the importer that knows the table makes of it; unknown rows are set aside."""
    for importer in IMPORTERS:
        draft = importer(table)
        if draft is not None:
            return draft
    reason = say(
        "No importer knows a table with the columns %(columns)s.", columns=table.columns[:12]
    )
    bad = [Quarantined(Origin(table.file, u.number), u.raw, u.reason) for u in table.unreadable]
    bad += [Quarantined(Origin(table.file, r.number), r.raw, reason) for r in table.rows]
    kind = "unknown" if table.size else "empty"
    return Draft(
        table.file, table.format, table.encoding, table.sha256, kind,
        "not recognised", table.size, (), (), tuple(bad), table.columns, table.notes,
    )  # fmt: skip


def _compared(root: str, sheets: Sequence[_Sheet], left_out: Sequence[str]) -> FolderReading:
    drafts = settle_relief([d for s in sheets for d in s.drafts])
    originals = _originals(drafts)
    tables = iter([_finished(d, originals) for d in drafts])
    files = [
        FileReading(s.path, tuple(islice(tables, len(s.drafts))), tuple(s.not_read)) for s in sheets
    ]
    return FolderReading(root, tuple(files), tuple(left_out), tuple(_disagreements(files)))


def _originals(drafts: Iterable[Draft]) -> dict[Origin, Origin]:
    """For every row that another row already said, that other row.

    The original has the lowest rank, then comes first. Rows of one form must also agree in
    what nobody understood of them; a copy in another form need not have it.
    """
    records = [(r.rank, i, n, r) for i, d in enumerate(drafts) for n, r in enumerate(d.records)]
    records.sort(key=lambda entry: entry[:3])
    known: dict[Hashable, list[Record]] = defaultdict(list)
    doubled: dict[Origin, Origin] = {}
    for *_, record in records:
        others = known[record.fingerprint]
        for other in others:
            if record.form != other.form or record.beside == other.beside:
                doubled[record.origin] = other.origin
                break
        else:
            others.append(record)
    return doubled


def _finished(draft: Draft, doubled: dict[Origin, Origin]) -> TableReading:
    records = tuple(r for r in draft.records if r.origin not in doubled)
    duplicates = tuple(
        Duplicate(r.origin, doubled[r.origin], r) for r in draft.records if r.origin in doubled
    )
    rows = {r.origin.row for r in records}
    return TableReading(
        draft.file, draft.format, draft.encoding, draft.sha256, draft.kind, draft.generation,
        draft.rows, records, tuple(d for d in draft.derived if d.origin.row in rows),
        duplicates, draft.quarantined, draft.unknown_columns, draft.notes,
    )  # fmt: skip


def _disagreements(files: Iterable[FileReading]) -> Iterator[Disagreement]:
    """Rows that were read and say different things of one subject at one time."""
    groups: dict[Hashable, list[Record]] = defaultdict(list)
    for file in files:
        for table in file.tables:
            for record in table.records:
                groups[record.key].append(record)
    for key, records in groups.items():
        if len(records) > 1:
            subject = " ".join(str(k) for k in key) if isinstance(key, tuple) else str(key)
            yield Disagreement(subject, tuple(r.origin for r in records))
