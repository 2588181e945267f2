"""How far an input of a deed may reach beyond the actor's own area."""

from __future__ import annotations

from enum import Enum


class Reach(Enum):
    """Marker in `Annotated[Unit, Reach.…]`; without one an input lies in one's own area."""

    SERVING = "serving"
    """Whom somebody of one's area may call: departments that serve it, organisations inside it."""

    ANY = "any"
    """Any unit, or any facility: their directory is public, their records are not."""
