"""Imports what accompanies lists: an index of files, a validator's errors, a page's news."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from gongzhi.exchange.accounts import Draft, Origin, Quarantined
from gongzhi.exchange.reading.values import RawRow, RawTable


@dataclass(frozen=True, slots=True)
class Listing:
    """One row that speaks of other files or cells: its values as they were."""

    origin: Origin
    values: Mapping[str, object]
    rank: int = 0
    form: str = ""
    beside: Hashable = ()

    @property
    def key(self) -> Hashable:
        """Every row is a subject of its own."""
        return ("listing", self.origin)

    @property
    def fingerprint(self) -> Hashable:
        """Rows of one list may repeat; those of different files are different reports."""
        return ("listing", self.origin.file, repr(sorted(self.values.items())))

    def as_values(self) -> dict[str, object]:
        """The row as plain values."""
        return dict(self.values)

    def as_personal(self) -> dict[str, object]:
        """A listing names files and cells, nobody."""
        return {}


def read_listing(table: RawTable) -> Draft | None:
    """Return an index of files (lists of paths), a validator's errors, or headlines."""
    if not table.rows:
        return None
    if {"sheetName", "cell", "err"} <= set(table.columns):
        kind = "validator errors"
    elif {"title", "summary", "pubDate"} <= set(table.columns):
        kind = "news"
    elif all(_is_index(r) for r in table.rows):
        kind = "index of files"
    else:
        return None
    records = tuple(Listing(Origin(table.file, r.number), r.values) for r in table.rows)
    bad = tuple(
        Quarantined(Origin(table.file, u.number), u.raw, u.reason) for u in table.unreadable
    )
    return Draft(
        table.file, table.format, table.encoding, table.sha256, kind, "as it is", table.size,
        records, (), bad, (), table.notes,
    )  # fmt: skip


def _is_index(row: RawRow) -> bool:
    lists = list(row.values.values())
    return bool(lists) and all(
        isinstance(v, list) and v and all(isinstance(p, str) and "." in p for p in v) for v in lists
    )
