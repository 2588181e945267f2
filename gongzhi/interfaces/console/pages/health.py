"""Whether the process lives and whether it can work, for machines; no log-in, plain JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache

from gongzhi.interfaces import clock
from gongzhi.ledger.queries import Entry, last_checkpoint

ROUNDS_MISSED = 20
"""Rounds that may be missed before the clock counts as stopped."""


@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers, its tables are up to date, and the rounds seal what is written."""
    try:
        checks = _checks()
    except (DatabaseError, InterfaceError):
        checks = {"database": False}
    good = all(value is not False for value in checks.values())
    body = {"status": "ok" if good else "not ready", "checks": checks}
    return JsonResponse(body, status=200 if good else 503)


def _checks() -> dict[str, Any]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        return {"database": True, "migrations": False}
    return {"database": True, "migrations": True, "rounds": _rounds_keep_up()}


def _rounds_keep_up() -> bool | None:
    """Whether rounds run: what is written is sealed within a few of them. None: nothing written.

    A round leaves no other trace; an entry that waits long for its seal means that none runs.
    """
    waiting = Entry.objects.filter(leaf_index=None).order_by("id").first()
    if waiting is None:
        return True if last_checkpoint() else None
    patience = timedelta(seconds=max(60.0, ROUNDS_MISSED * settings.ROUND_SECONDS))
    return clock.now() - waiting.at < patience


urlpatterns = [
    path("healthz", alive, name="alive"),
    path("readyz", ready, name="ready"),
]
