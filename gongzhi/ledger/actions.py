"""Write into the ledger: append a deed, seal what was appended."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from gongzhi.ledger.models import Entry, Receipt
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
    """Write the line of a deed inside the deed's own transaction.

    `facts` must hold no personal data: give `commitment=record.commitment()` instead.
    The entry gets its place in the tree when `seal` runs next.
    """
    path = place.path if place else ""
    body = {
        "at": now,
        "verb": verb,
        "subject": subject.ref,
        "unit": path,
        "by": by.ref,
        "facts": facts,
    }
    return Entry.objects.create(
        body=canonical(body), at=now, verb=verb, subject=subject.ref, unit_path=path, by_ref=by.ref
    )


def keep_receipt(
    *, by: Actor, key: str, request_digest: str, status: int, answer: str, now: datetime
) -> None:
    """Keep the answer of a write inside its own transaction, so that it is never done twice."""
    Receipt.objects.create(
        by_ref=by.ref, key=key, request_digest=request_digest, status=status, answer=answer, at=now
    )
