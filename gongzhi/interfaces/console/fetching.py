"""Records together with those that their names speak of."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from django.db.models import ForeignKey, QuerySet

from gongzhi.actors.queries import Person, Unit
from gongzhi.ledger.records import Record

R = TypeVar("R", bound=Record)


def with_names(records: QuerySet[R]) -> QuerySet[R]:
    """The same records; what their names follow comes in few queries, however many they are.

    What a record refers to is joined, what lies behind that comes in a query for each reference:
    all in one query were up to eighteen joins, for which PostgreSQL without statistics takes many
    seconds.
    """
    near, far = referred(records.model)
    return records.select_related(*near).prefetch_related(*far)


@cache
def referred(model: type[Record]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a record refers to, people left out, and what that refers to in turn."""
    near = _references(model)
    far = [
        f"{name}__{behind}"
        for name, other in near.items()
        if other is not Unit
        for behind in _references(other)
    ]
    return tuple(near), tuple(far)


def _references(model: type[Record]) -> dict[str, type[Record]]:
    return {
        field.name: field.related_model  # type: ignore[misc]
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model not in (Person, model)
    }
