"""Write many new records of one kind at once, and ask for many by number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Field, Model
from django.db.models.base import ModelState

from gongzhi.ledger.compiled import real_connection

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Row = Mapping[str, Any]
AT_ONCE = 5_000
"""Values asked for in one statement; a database takes only so many."""


def batches(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists that are short enough for one statement, in the order given."""
    every = iter(values)
    while batch := list(islice(every, AT_ONCE)):
        yield batch


def bulk_insert(model: type[M], rows: Sequence[Row], **same: Any) -> list[M]:
    """Insert a new record for each row with one statement; each comes back with its number.

    `rows` hold values by column name of the record (`place_id`), each row the same names and at
    least one; `same` holds what all share, and defaults fill in the rest. On PostgreSQL what
    differs goes as one JSON text and what is the same goes once: building every record with its
    placeholders costs more there than the database needs to write it. SQLite is given the same
    short statement over and over: a long one holds a thousand values at most.
    """
    if not rows:
        return []
    fields = model._meta.concrete_fields
    rows = _with_own_defaults(fields, rows, same)
    first = model(**same, **rows[0])
    shared = {f.attname: getattr(first, f.attname) for f in fields if not f.primary_key}
    differing = [f for f in fields if _differs(f.attname, rows)]
    if not differing:
        differing = [f for f in fields if f.attname in rows[0]][:1]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(*_statement(model, differing, shared, rows))
            numbers = [number for (number,) in cursor.fetchall()]
    else:
        numbers = _one_by_one(model, differing, shared, rows)
    return _records(model, numbers, shared, [f.attname for f in differing], rows)


def _with_own_defaults(
    fields: Sequence[Field[Any, Any]], rows: Sequence[Row], same: Row
) -> Sequence[Row]:
    """The rows with what each must get of its own, such as a salt, where it was not given."""
    fresh = [f for f in fields if f.has_default() and callable(f.default)]
    fresh = [f for f in fresh if f.attname not in same and f.attname not in rows[0]]
    return [{**{f.attname: f.get_default() for f in fresh}, **row} for row in rows]


def _differs(name: str, rows: Sequence[Row]) -> bool:
    if name not in rows[0]:
        return False
    values = [row[name] for row in rows]
    return values.count(values[0]) != len(values)


def _statement(
    model: type[Model],
    differing: Sequence[Field[Any, Any]],
    shared: Row,
    rows: Sequence[Row],
) -> tuple[str, list[Any]]:
    """The one INSERT of all rows, and its parameters."""
    constant = [f for f in model._meta.concrete_fields if f.attname in shared]
    constant = [f for f in constant if f not in differing]
    quote: Any = connection.ops.quote_name
    names = ", ".join(quote(f.column) for f in (*constant, *differing))
    chosen = ", ".join(["%s"] * len(constant) + [f"given.{quote(f.attname)}" for f in differing])
    shape = ", ".join(f"{quote(f.attname)} {f.db_type(connection)}" for f in differing)
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {chosen} "
        f"FROM json_to_recordset(%s::json) AS given({shape}) "
        f"RETURNING {quote(model._meta.pk.column)}"
    )
    attnames = [f.attname for f in differing]
    text = json.dumps(
        [{n: row[n] for n in attnames} for row in rows],
        ensure_ascii=False, default=_plain,
    )  # fmt: skip
    values = [f.get_db_prep_save(shared[f.attname], connection) for f in constant]
    return statement, [*values, text]


def _one_by_one(
    model: type[Model],
    differing: Sequence[Field[Any, Any]],
    shared: Row,
    rows: Sequence[Row],
) -> Sequence[int]:
    """Insert by one prepared statement; the numbers of the rows, in their order.

    SQLite has one writer at a time, so that what one transaction inserts is numbered in a row.
    """
    constant = [f for f in model._meta.concrete_fields if f.attname in shared]
    constant = [f for f in constant if f not in differing]
    quote: Any = connection.ops.quote_name
    names = ", ".join(quote(f.column) for f in (*constant, *differing))
    places = ", ".join(["%s"] * (len(constant) + len(differing)))
    here = real_connection()
    same = [f.get_db_prep_save(shared[f.attname], here) for f in constant]
    values = (
        [*same, *(f.get_db_prep_save(row[f.attname], here) for f in differing)] for row in rows
    )
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        table = quote(model._meta.db_table)
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", values)
        cursor.execute("SELECT last_insert_rowid()")
        last = cursor.fetchone()[0]
    return range(last - len(rows) + 1, last + 1)


def _records(
    model: type[M],
    numbers: Sequence[int],
    shared: Row,
    differing: Sequence[str],
    rows: Sequence[Row],
) -> list[M]:
    """The records as they were written, put together as unpickling does: no field by field."""
    key, alias = model._meta.pk.attname, connection.alias
    made = []
    for number, row in zip(numbers, rows, strict=True):
        record = model.__new__(model)
        record.__dict__.update(shared)
        record.__dict__.update({name: row[name] for name in differing}, **{key: number})
        record._state = ModelState()
        record._state.adding, record._state.db = False, alias
        made.append(record)
    return made


def _plain(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written in bulk.")
