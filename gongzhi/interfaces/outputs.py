"""How a record leaves the house: only the fields its privacy classes allow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Manager, Model
from django.utils.timezone import localtime

from gongzhi.exchange.said import Said
from gongzhi.ledger.records import Record

SHOWN = ("public", "official")


def present(record: Record, classes: Iterable[str] = SHOWN) -> dict[str, Any]:
    """A record as plain values: its number, its reference and the fields of these classes."""
    shown: dict[str, Any] = {"id": record.pk, "ref": record.ref}
    for name in record.fields_of(*classes):
        shown[name] = _plain(record, name)
    return shown


def _plain(record: Record, name: str) -> Any:
    field = record._meta.get_field(name)
    if field.many_to_many:
        return list(getattr(record, name).order_by("pk").values_list("pk", flat=True))
    value = getattr(record, field.attname)  # type: ignore[union-attr]
    if isinstance(value, datetime):
        return localtime(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, list):
        return [part.shown() if isinstance(part, Said) else part for part in value]
    return value


def answer_of(result: Any, classes: Iterable[str] = SHOWN) -> dict[str, Any]:
    """What a deed answers to whoever asked for it."""
    if isinstance(result, Record):
        return {"record": present(result, classes)}
    if isinstance(result, list) and all(isinstance(r, Record) for r in result):
        return {"count": len(result), "refs": [r.ref for r in result]}
    if isinstance(result, int):
        return {"count": result}
    if isinstance(result, Manager | Model):
        raise TypeError(f"A deed answered with {type(result).__name__}.")
    return {"count": 0 if result is None else 1}
