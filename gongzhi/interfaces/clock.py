"""Where the interfaces read the time: one place, so that a drill can set another clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)
