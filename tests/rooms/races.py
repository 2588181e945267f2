"""Several people at the same moment, each with a connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from gongzhi.errors import Refused


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do all of these in threads that start together; what each gave, or the refusal it met."""
    barrier = Barrier(len(deeds))

    def one(deed: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return deed()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))
