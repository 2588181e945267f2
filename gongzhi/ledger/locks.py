"""Sharing work between several walkers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from gongzhi.ledger.compiled import CompiledQuery, param

M = TypeVar("M", bound=Model)


def taken(rows: QuerySet[M]) -> QuerySet[M]:
    """Lock the rows for this transaction and leave out those another walker holds.

    SQLite has one writer at a time (transactions begin IMMEDIATE), so there is nothing to lock.
    """
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(of=("self",), skip_locked=True)
    return rows


def take(due: Callable[..., QuerySet[M]], **values: Any) -> list[M]:
    """Lock and read what `due(**values)` finds, as `taken` does.

    A clock asks this every minute and mostly finds nothing, so the read is kept ready: the
    values may only stand in its conditions as they are.
    """
    return _kept_ready(due).ask(**values)


@cache
def _kept_ready(due: Callable[..., QuerySet[M]]) -> CompiledQuery[M]:
    names = tuple(signature(due).parameters)
    return CompiledQuery(lambda: taken(due(**{name: param(name) for name in names})))
