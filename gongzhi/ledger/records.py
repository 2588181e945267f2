"""What every record of every room has: a reference, a scope and a classified set of fields.

Privacy classes, from open to closed:

- `public`: may stand on the public board;
- `official`: for the people on duty in the record's area;
- `personal`: tells about a person; never enters the ledger, never leaves by a list;
- `sensitive`: health, credentials, secrets; shown one record at a time, with a reason.

`keep` names the class of `parameters/retention.yaml` that says for how long the record is
kept, `keep_personal` the one for its personal and sensitive fields. The run that deletes
and the code that scrubs read the same table.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar

from django.db import models

EVERYONE: tuple[str, ...] = ()
"""Scope of records that every member may read (catalogues, standards, plans)."""

CLASSES = ("public", "official", "personal", "sensitive")

_salt_source: ContextVar[Callable[[], bytes] | None] = ContextVar("salt_source", default=None)


def new_salt() -> bytes:
    """Sixteen bytes that make a commitment unguessable; deleted with the data it hides."""
    source = _salt_source.get()
    return source() if source else secrets.token_bytes(16)


@contextmanager
def seeded_salts(seed: str) -> Iterator[None]:
    """Derive salts from a seed, so that a drill or a replay gives the same ledger twice."""
    count = 0

    def source() -> bytes:
        nonlocal count
        count += 1
        return hashlib.sha256(f"{seed}/{count}".encode()).digest()[:16]

    token = _salt_source.set(source)
    try:
        yield
    finally:
        _salt_source.reset(token)


_ALREADY = frozenset({str, int, bool, type(None)})
"""Types that are plain as they are: a batch of reports holds thousands of them."""


def plain(value: Any) -> Any:
    """Turn a value into what canonical JSON can hold (dates as ISO text, records as refs)."""
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Record):
        return value.ref
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {str(k): v if type(v) in _ALREADY else plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return round(value, 9)
    return str(value)


def storable(value: Any) -> Any:
    """A value as every database can keep it: NUL, halves of pairs and infinity written out."""
    if isinstance(value, str):
        return value.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {storable(str(k)): storable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [storable(v) for v in value]
    return value


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8 as it is."""
    return _CANONICAL.encode(plain(value))


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def list_or_digest(values: Sequence[str], most: int = 500) -> list[str] | dict[str, object]:
    """A list as a line of the ledger holds it: up to `most` in full, above it number and digest.

    Whoever has the records puts the same list together, in the same order, and compares.
    """
    if len(values) <= most:
        return list(values)
    return {"count": len(values), "digest": digest(list(values))}


def number_in(ref: str) -> int:
    """The number of the record that a reference names."""
    return int(ref.partition(":")[2])


class Record(models.Model):
    """Base of every record: `SCOPE` says in whose area it lies, `Privacy` what each field tells.

    `SCOPE` lists the lookups to a unit path; one of them in the reader's area is enough.
    `HELD_WITH` names a field where a deed on one record may change others with the same value:
    they are locked together.
    """

    SCOPE: ClassVar[tuple[str, ...]]
    HELD_WITH: ClassVar[str] = ""

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        """Plain-text reference that stays readable when the row is gone."""
        return f"{self._meta.app_label}.{type(self).__name__}:{self.pk}"

    def residents(self) -> str:
        """Where people without a log-in are found whom it tells of; empty where it tells of none.

        Personal: shown to nobody but whoever goes there to tell them of a look at it.
        """
        return ""

    def change(self, **values: Any) -> None:
        """Set these fields and save them, and no others."""
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))

    @classmethod
    @cache
    def fields_of(cls, *classes: str) -> tuple[str, ...]:
        """Names of the fields in the given privacy classes."""
        privacy = getattr(cls, "Privacy", None)
        return tuple(name for c in classes for name in getattr(privacy, c, ()))

    def commitment(self) -> str:
        """SHA-256 over the salt and the personal fields: proves them without telling them."""
        secret = {name: getattr(self, name) for name in self.fields_of("personal", "sensitive")}
        secret.pop("salt", None)
        salt = bytes(getattr(self, "salt", b"") or b"")
        return hashlib.sha256(salt + canonical(secret).encode()).hexdigest()
