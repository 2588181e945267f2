"""How far an input of a deed may reach beyond the actor's own area."""

from __future__ import annotations

from enum import Enum


class Reach(Enum):
    """Marker in `Annotated[Unit, Reach.…]`; without one an input lies in one's own area."""

    SERVING = "serving"
    """Departments that serve one's area: those of one's own and all upper tiers."""

    ANY = "any"
    """Any unit: the directory of units is public, their records are not."""
