"""Statements of every request: put into SQL once, asked with other values each time.

Building a query and writing its SQL costs Django several times what the database needs to answer
it. Reads that stand before every deed, and those of the pages that everybody has open, are
therefore kept ready, still defined by a query set, so that fields and conditions are named in one
place. So is the insert of one record, which every deed needs for its line in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model, QuerySet, prefetch_related_objects
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


def real_connection() -> BaseDatabaseWrapper:
    """The connection of this thread: Django's stand-in for it looks it up at every use."""
    return connections[DEFAULT_DB_ALIAS]


@dataclass(frozen=True)
class Param:
    """The place of a value in a statement, by name."""

    name: str


def param(name: str) -> RawSQL:
    """Stands in a query set's filter for a value that is given when the read is asked."""
    return RawSQL("%s", [Param(name)])


@dataclass(frozen=True)
class Statement:
    """A read as SQL, and what turns a row of its answer into records."""

    sql: str
    parameters: tuple[Any, ...]
    model: type[Model]
    fields: tuple[str, ...]
    converters: tuple[tuple[int, Any, Any], ...]
    related: tuple[Any, ...]
    ahead: tuple[Any, ...]

    def record(self, row: Sequence[Any], here: BaseDatabaseWrapper) -> Any:
        """The record of one row, those it was asked together with in place."""
        if self.converters:
            row = list(row)
            for place, convert, expression in self.converters:
                row[place] = convert(row[place], expression, here)
        made = self.model.from_db(here.alias, self.fields, row[: len(self.fields)])
        for populator in self.related:
            populator.populate(row, made)
        return made


class CompiledQuery(Generic[M]):
    """A read kept ready; `define` gives its query set, with `param(name)` for what changes.

    The records of the query set must be whole (no `defer`, no annotations).
    """

    def __init__(self, define: Callable[[], QuerySet[M]]) -> None:
        self.define = define
        self._statements: dict[str, Statement] = {}

    def ask(self, **values: Any) -> list[M]:
        """The records for these values, from the database as it is now."""
        here = real_connection()
        statement = self._statements.get(here.vendor) or self._written()
        parameters = [
            _adapted(values[p.name]) if isinstance(p, Param) else p for p in statement.parameters
        ]
        with here.cursor() as cursor:
            cursor.execute(statement.sql, parameters)
            found = [statement.record(row, here) for row in cursor.fetchall()]
        if statement.ahead:
            prefetch_related_objects(found, *statement.ahead)
        return found

    def _written(self) -> Statement:
        rows = self.define()
        compiler = rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        select, info = compiler.select, compiler.klass_info
        expressions = [expression for expression, _sql, _alias in select]
        statement = Statement(
            sql=sql,
            parameters=tuple(parameters),
            model=info["model"],
            fields=tuple(select[n][0].target.attname for n in info["select_fields"]),
            converters=tuple(
                (place, convert, expression)
                for place, (found, expression) in compiler.get_converters(expressions).items()
                for convert in found
            ),
            related=tuple(get_related_populators(info, select, connection.alias)),  # type: ignore[call-arg]
            ahead=tuple(rows._prefetch_related_lookups),  # type: ignore[attr-defined]
        )
        self._statements[connection.vendor] = statement
        return statement


MOST_READY = 512
"""Numbers in one set above which a read is not kept ready: Django writes it anew."""
NOBODY = -1
"""The number of no record, where a set has fewer numbers than places are kept."""


def read(find: Callable[..., QuerySet[M]], **values: Any) -> list[M]:
    """What `find(**values)` finds, by a statement that is kept ready for whoever asks next.

    `find` is a function of a module, not made anew for each call. The values may only stand in
    conditions, as they are; a set or list of numbers stands for what a field is `__in`.
    """
    sets = {name: list(v) for name, v in values.items() if isinstance(v, set | list)}
    sizes = {name: _places_for(len(numbers)) for name, numbers in sets.items()}
    if max(sizes.values(), default=0) > MOST_READY:
        return list(find(**values))
    given = {name: value for name, value in values.items() if name not in sets}
    ready = _ready(find, tuple(given), tuple(sizes.items()))
    for name, numbers in sets.items():
        numbers += [NOBODY] * (sizes[name] - len(numbers))
        given |= {_place(name, n): number for n, number in enumerate(numbers)}
    return ready.ask(**given)


def _places_for(count: int) -> int:
    """Places kept for so many numbers, a power of two: few sizes need few statements."""
    return 1 << max(count - 1, 0).bit_length()


def _place(name: str, number: int) -> str:
    return f"{name}[{number}]"


@cache
def _ready(
    find: Callable[..., QuerySet[M]], single: tuple[str, ...], sizes: tuple[tuple[str, int], ...]
) -> CompiledQuery[M]:
    stands: dict[str, Any] = {name: param(name) for name in single}
    for name, size in sizes:
        places = [Param(_place(name, n)) for n in range(size)]
        stands[name] = RawSQL(", ".join(["%s"] * size), places)
    return CompiledQuery(lambda: find(**stands))


def _adapted(value: Any) -> Any:
    """A value as the driver of this database takes it (SQLite keeps times as text)."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


@cache
def _insert_of(model: type[Model], vendor: str) -> str:
    """The statement that inserts a record of a kind, all but its number."""
    quote: Any = connection.ops.quote_name
    columns = [quote(field.column) for field in _written_fields(model)]
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) "
        f"VALUES ({', '.join(['%s'] * len(columns))})"
    )
    if vendor == "postgresql":
        statement += f" RETURNING {quote(model._meta.pk.column)}"
    return statement


@cache
def _written_fields(model: type[Model]) -> tuple[Field[Any, Any], ...]:
    return tuple(field for field in model._meta.concrete_fields if not field.primary_key)


def insert(record: M) -> M:
    """Write a new record that the database numbers; returns it with its number."""
    model, here = type(record), real_connection()
    values = [
        field.get_db_prep_save(field.pre_save(record, True), here)
        for field in _written_fields(model)
    ]
    with here.cursor() as cursor:
        cursor.execute(_insert_of(model, here.vendor), values)
        record.pk = cursor.fetchone()[0] if here.vendor == "postgresql" else cursor.lastrowid
    record._state.adding, record._state.db = False, here.alias
    return record
