"""Read the log: receipts of writes, entries in their sealed order."""

from __future__ import annotations

from typing import Any, Protocol

from gongzhi.ledger.models import Entry, Receipt


class Reader(Protocol):
    """Whoever reads, known by a plain reference."""

    @property
    def ref(self) -> str: ...


def receipt_of(by: Reader, key: str) -> Receipt | None:
    """The answer already given to this person for this idempotency key."""
    return Receipt.objects.filter(by_ref=by.ref, key=key).first()


def entries_of(subject: str) -> list[Entry]:
    """All entries about one record, oldest first."""
    return list(Entry.objects.filter(subject=subject).order_by("id"))


def sealed_after(leaf_index: int, within: Any, limit: int = 200) -> list[Entry]:
    """Sealed entries after a place in the log, inside some areas (a filter), in log order."""
    entries = Entry.objects.filter(within, leaf_index__gt=leaf_index)
    return list(entries.order_by("leaf_index")[:limit])


def last_sealed() -> int:
    """The place of the last sealed entry, -1 in an empty log."""
    last = Entry.objects.exclude(leaf_index=None).order_by("-leaf_index").first()
    return last.leaf_index if last and last.leaf_index is not None else -1
