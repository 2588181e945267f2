"""What the tests of the rooms share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.once import once
from tests.rooms.begun import (
    _cheap_passwords,
    _made_as_a_test_runs,
    _only_listed_moves,
    city,
    in_english,
    moves_respected,
)

if TYPE_CHECKING:
    from tests.rooms.cast import City
    from tests.rooms.upstream import Upstream

__all__ = [
    "_cheap_passwords", "_made_as_a_test_runs", "_only_listed_moves", "city", "in_english",
    "moves_respected",
]  # fmt: skip


@once
def above(city: City) -> Upstream:
    """A crisis of the whole city, up to the decision that orders rest on."""
    from tests.rooms.upstream import crisis

    return crisis(city)
