"""Write into the ledger: append a deed, seal what was appended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import connection

from gongzhi.engines.merkle import (
    EMPTY_ROOT,
    MAX_ENTRY_SIZE,
    Extension,
    extend,
    leaf_hash,
    make_checkpoint,
    read_frontier,
    sign_note,
)  # fmt: skip
from gongzhi.ledger.bulk import bulk_insert
from gongzhi.ledger.compiled import insert
from gongzhi.ledger.deeds import deed, powers_named
from gongzhi.ledger.models import Checkpoint, Entry, Log, Receipt, Tile
from gongzhi.ledger.queries import read_tile
from gongzhi.ledger.records import Record, canonical


class Actor(Protocol):
    """Whoever acts: known to the ledger by a plain reference only."""

    @property
    def ref(self) -> str: ...


class Place(Protocol):
    """The unit whose area a deed concerns."""

    @property
    def path(self) -> str: ...


def append(
    *, verb: str, subject: Record, place: Place | None, by: Actor, now: datetime, **facts: Any
) -> Entry:
    """Write the line of a deed inside the deed's own transaction; it names the powers used.

    `facts` must hold no personal data: give `commitment=record.commitment()` instead.
    The entry gets its place in the tree when `seal` runs next.
    """
    return insert(_line(verb, subject, place, by, now, facts))


@dataclass(frozen=True)
class Line:
    """What a line of the log says beside verb, time and person."""

    subject: Record
    place: Place | None
    facts: dict[str, Any]


def append_all(lines: Iterable[Line], *, verb: str, by: Actor, now: datetime) -> None:
    """`append` for many subjects of one deed, in a few statements."""
    rows = []
    for line in lines:
        entry = _line(verb, line.subject, line.place, by, now, line.facts)
        rows.append({"body": entry.body, "subject": entry.subject, "unit_path": entry.unit_path})
    bulk_insert(Entry, rows, at=now, verb=verb, by_ref=by.ref)


def _line(
    verb: str, subject: Record, place: Place | None, by: Actor, now: datetime, facts: dict[str, Any]
) -> Entry:
    path = place.path if place else ""
    body = {
        "at": now.astimezone(UTC), "verb": verb, "subject": subject.ref, "unit": path,
        "by": by.ref, "facts": facts,
    }  # fmt: skip
    if powers := powers_named():
        body["powers"] = powers
    text = canonical(body)
    if len(text.encode()) > MAX_ENTRY_SIZE:
        raise ValueError(f"The ledger line of {verb} is too long: put a digest in, not the list.")
    return Entry(body=text, at=now, verb=verb, subject=subject.ref, unit_path=path, by_ref=by.ref)


def keep_receipt(
    *, by: Actor, key: str, request_digest: str, status: int, answer: str, now: datetime
) -> None:
    """Keep the answer of a write inside its own transaction, so that it is never done twice."""
    receipt = Receipt(
        by_ref=by.ref, key=key, request_digest=request_digest, status=status, answer=answer, at=now
    )
    insert(receipt)


SEALED_AT_ONCE = 20_000


@deed(by_hand=False)
def seal(*, now: datetime) -> Checkpoint | None:
    """Give every new entry its place in the tree and sign the new root (C2SP tlog-checkpoint).

    Entries are sealed in the order they were committed and seen; what is sealed never moves.
    Returns None when there was nothing new.
    """
    Log.objects.get_or_create(id=1, defaults={"origin": settings.LEDGER_ORIGIN, "root": EMPTY_ROOT})
    log = Log.objects.select_for_update().get(id=1)
    fresh = list(
        Entry.objects.filter(leaf_index=None)
        .order_by("id")
        .values_list("id", "body")[:SEALED_AT_ONCE]
    )
    if not fresh:
        return None
    frontier = read_frontier(log.size, read_tile)
    grown = extend(frontier, [leaf_hash(body.encode()) for _, body in fresh])
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE ledger_entry SET leaf_index = %s WHERE id = %s",
            [(log.size + n, number) for n, (number, _) in enumerate(fresh)],
        )
    return _write_tree(log, grown, now)


def _write_tree(log: Log, grown: Extension, now: datetime) -> Checkpoint:
    Tile.objects.bulk_create(
        (Tile(level=t.level, index=t.index, hashes=t.hashes) for t in grown.tiles),
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["hashes"],
    )
    log.size, log.root = grown.size, grown.root
    log.save(update_fields=["size", "root"])
    note = sign_note(
        make_checkpoint(log.origin, size=grown.size, root=grown.root),
        name=log.origin,
        private_key=bytes.fromhex(settings.LEDGER_KEY),
    )
    return Checkpoint.objects.create(size=grown.size, note=note, at=now)
