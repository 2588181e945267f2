"""The share by what was lent, and the draw by a root that nobody knew before.

The draw follows the usual form of publicly verifiable sampling (RFC 3797: announce the method,
take the randomness from a source that is fixed later, hash it with the number of each candidate).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

PER_MILLE = 1000
HASH_SIZE = 32
DOMAIN = b"gongzhi oversight draw 1\x00"


@dataclass(frozen=True, slots=True)
class Lent:
    """How far powers were lent: cents, people and days of one use, None without a limit.

    `hours` is how long they were lent for, `onward` whether they may be lent on or were, `powers`
    how many were lent together.
    """

    cents: int | None
    people: int | None
    days: int | None
    hours: int
    onward: bool
    powers: int = 1

    def __post_init__(self) -> None:
        if any(n is not None and n < 0 for n in (self.cents, self.people, self.days, self.hours)):
            raise ValueError("A limit is a number of at least 0.")
        if self.powers < 1:
            raise ValueError("At least one power is lent.")


@dataclass(frozen=True, slots=True)
class Step:
    """From this limit on, so many per mille more are drawn."""

    limit: int
    more: int

    def __post_init__(self) -> None:
        if self.limit < 0 or self.more < 0:
            raise ValueError("A step has a limit and an addition of at least 0.")


@dataclass(frozen=True, slots=True)
class Scale:
    """How the share grows: a base for every lent power, additions by what was lent, a ceiling.

    All in per mille of the uses. A power without a limit gets every step of it.
    """

    base: int
    most: int
    onward: int
    cents: tuple[Step, ...] = ()
    people: tuple[Step, ...] = ()
    days: tuple[Step, ...] = ()
    hours: tuple[Step, ...] = ()
    powers: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.base <= self.most <= PER_MILLE or self.onward < 0:
            raise ValueError("A share lies between 0 and 1000 per mille, the base below the most.")


def share(lent: Lent, scale: Scale) -> int:
    """The share of the uses of a lent power that are drawn, in per mille: more lent, more drawn."""
    total = scale.base + (scale.onward if lent.onward else 0)
    total += _steps(lent.cents, scale.cents) + _steps(lent.people, scale.people)
    total += _steps(lent.days, scale.days) + _steps(lent.hours, scale.hours)
    total += _steps(lent.powers, scale.powers)
    return min(total, scale.most)


def _steps(limit: int | None, steps: Sequence[Step]) -> int:
    return sum(step.more for step in steps if limit is None or limit >= step.limit)


def is_drawn(*, root: bytes, place: int, leaf: bytes, per_mille: int) -> bool:
    """Whether the use at this place of the ledger is drawn for review.

    `root` is that of the deciding checkpoint, `leaf` the hash of the use's line (32 bytes each).
    Raises ValueError for a wrong length, a negative place or a share outside 0 to 1000.
    """
    if len(root) != HASH_SIZE or len(leaf) != HASH_SIZE:
        raise ValueError("A root and a leaf hash are 32 bytes each.")
    if not 0 <= place < 1 << 64 or not 0 <= per_mille <= PER_MILLE:
        raise ValueError("A place is a number in the ledger, a share is 0 to 1000 per mille.")
    ticket = sha256(DOMAIN + root + place.to_bytes(8, "big") + leaf).digest()
    return int.from_bytes(ticket[:8], "big") * PER_MILLE < per_mille << 64
