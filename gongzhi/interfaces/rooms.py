"""Load the deeds and lists of every room that is installed, once."""

from __future__ import annotations

from collections.abc import Container
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings


@cache
def load_rooms() -> tuple[str, ...]:
    """Import the actions and queries of the installed rooms; return the rooms' names."""
    rooms = tuple(r for r in settings.RIVER if apps.is_installed(f"gongzhi.{r}"))
    for room in rooms:
        for part in ("queries", "actions"):
            if find_spec(f"gongzhi.{room}.{part}"):
                import_module(f"gongzhi.{room}.{part}")
    return rooms


ASKED_BY_DEED = ("command", "supply")
"""Rooms that ask for many things, and can be asked for some of them alone."""


def duties_of(
    by: Any, now: Any, rooms: Container[str] | None = None, verbs: Container[str] | None = None
) -> list[Any]:
    """What every installed room, or each of these, asks of a person: by due time, undated last.

    verbs: only these deeds are wanted. It saves work; others may be among what is found.
    """
    found = []
    for room in load_rooms():
        if (rooms is None or room in rooms) and find_spec(f"gongzhi.{room}.queries"):
            ask = getattr(import_module(f"gongzhi.{room}.queries"), "duties", None)
            narrow = {"verbs": verbs} if verbs is not None and room in ASKED_BY_DEED else {}
            found += ask(by, now, **narrow) if ask else []
    return sorted(found, key=lambda d: (d.due_at is None, d.due_at, d.title))
