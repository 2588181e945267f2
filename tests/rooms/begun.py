"""What the tests of rooms and the stories begin with, under the same watch.

States change only as their tables allow, passwords cost little, sentences are in English.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import translation

from tests.house.moves import moves_respected
from tests.once import once

if TYPE_CHECKING:
    from tests.rooms.cast import City

__all__ = [
    "_cheap_passwords", "_made_as_a_test_runs", "_only_listed_moves", "city", "in_english",
    "moves_respected",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _only_listed_moves(moves_respected: object) -> None:
    """Takes the watch over states into every test of this folder."""


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash with the least work: founding a city would cost a quarter of a second."""
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)
    monkeypatch.setattr(Argon2PasswordHasher, "parallelism", 1)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The language that sentences are written in, for tests that compare them."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _made_as_a_test_runs(
    _only_listed_moves: None, _cheap_passwords: None, in_english: None, standing: object
) -> None:
    """What tests begin with is made under the same watch, and before anything else."""


@once
def city() -> City:
    """The small city."""
    from tests.rooms.cast import small_city

    return small_city()
