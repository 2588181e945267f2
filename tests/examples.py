"""How many examples a property test on the database takes."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def on_postgres() -> bool:
    """Whether the tests run on PostgreSQL."""
    return os.environ["GONGZHI_DATABASE_URL"].startswith("postgres")


def on_this_database(number: int) -> int:
    """So many on SQLite, a third on PostgreSQL.

    There a step costs three times as much, and the rules under test are the same code: a few
    examples show whether the database keeps them.
    """
    return max(number // 3, 5) if on_postgres() else number


def some_of(things: Sequence[T]) -> Sequence[T]:
    """All of them on SQLite, every third on PostgreSQL, where they ask the same once more."""
    return things[::3] if on_postgres() else things
