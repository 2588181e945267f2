"""Sharing work between several walkers."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def taken(rows: QuerySet[M]) -> QuerySet[M]:
    """Lock the rows for this transaction and leave out those another walker holds.

    SQLite has one writer at a time (transactions begin IMMEDIATE), so there is nothing to lock.
    """
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(of=("self",), skip_locked=True)
    return rows
