"""Every test of a room also checks that states change only as their tables allow."""

import pytest

from tests.house.moves import moves_respected

__all__ = ["moves_respected"]


@pytest.fixture(autouse=True)
def _only_listed_moves(moves_respected: object) -> None:
    """Takes the watch into every test of this folder."""
