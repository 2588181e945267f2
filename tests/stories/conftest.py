"""What the stories share."""

from tests.rooms.begun import (
    _cheap_passwords,
    _made_as_a_test_runs,
    _only_listed_moves,
    city,
    in_english,
    moves_respected,
)

__all__ = [
    "_cheap_passwords", "_made_as_a_test_runs", "_only_listed_moves", "city", "in_english",
    "moves_respected",
]  # fmt: skip
