"""What the house tests share."""

from tests.house.moves import moves_respected

__all__ = ["moves_respected"]
