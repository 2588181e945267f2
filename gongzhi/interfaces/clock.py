"""Where the interfaces read the time: one place, so that an exercise sets another clock."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings


def real() -> datetime:
    """The moment by the machine, in UTC: for what leaves an exercise, such as its record."""
    return datetime.now(UTC)


def now() -> datetime:
    """The moment, in UTC; in an exercise the simulated one."""
    held = settings.EXERCISE
    return real() if held is None else held.clock.now(real())
