"""What a matching is made of: needs, offers, the arcs between them, promises and the policy.

Quantities are whole pieces. Worth and cost share one currency, the *point*: a policy says how many
points one piece is worth to a need, an arc says how many points it costs to bring one piece there.
Inside the engine points are counted in whole thousandths, so that equal inputs give equal sums.
"""

import math
from dataclasses import dataclass

POINT = 1000
"""Thousandths in one point, the engine's unit of account."""

MOST_PIECES = 10**9
MOST_POINTS = 10**6


def demand(holds: bool, sentence: str) -> None:
    """Refuse a value in words."""
    if not holds:
        raise ValueError(sentence)


def _is_count(number: object, least: int, most: int = MOST_PIECES) -> bool:
    whole = isinstance(number, int) and not isinstance(number, bool)
    return whole and least <= number <= most  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Need:
    """What one place asks for, of one item, by a time (需求).

    quantity: pieces wanted in all, those already under way included. tier: 1 is the most urgent.
    due_in_h: hours from now, `math.inf` where there is no deadline. confirmed: False says that the
    quantity is an estimate because the amount is unknown; such a need takes from its floor share
    only, until somebody confirms it.
    """

    key: str
    place: str
    item: str
    quantity: int
    tier: int
    due_in_h: float = math.inf
    confirmed: bool = True

    def __post_init__(self) -> None:
        demand(bool(self.key), "A need must have a key.")
        demand(
            _is_count(self.quantity, 1),
            f"Need {self.key}: the quantity must be a whole number from 1 to {MOST_PIECES}, not "
            f"{self.quantity!r}; an unknown amount is given as an estimate with confirmed=False.",
        )
        demand(
            _is_count(self.tier, 1, 3), f"Need {self.key}: tier is 1, 2 or 3, not {self.tier!r}."
        )
        demand(
            self.due_in_h >= 0,
            f"Need {self.key}: due_in_h is {self.due_in_h!r}; give an overdue need a new due time, "
            "or it could never be served.",
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What one place can give of one item (供给).

    quantity: pieces in all, those already dispatched from it included. ready_in_h: hours from now.
    lot: the least number of pieces it sends in one consignment. volume: what one piece takes of a
    lane, in the unit of the lanes' capacity. directed_to: the one place that the giver wants it to
    go to (a directed gift); empty for all.
    """

    key: str
    place: str
    item: str
    quantity: int
    ready_in_h: float = 0.0
    lot: int = 1
    volume: float = 0.0
    directed_to: str = ""

    def __post_init__(self) -> None:
        demand(bool(self.key), "An offer must have a key.")
        demand(
            _is_count(self.quantity, 0),
            f"Offer {self.key}: the quantity must be a whole number from 0 to {MOST_PIECES}, not "
            f"{self.quantity!r}.",
        )
        demand(
            0 <= self.ready_in_h < math.inf,
            f"Offer {self.key}: ready_in_h must be a number of hours from 0, not "
            f"{self.ready_in_h!r}.",
        )
        demand(
            _is_count(self.lot, 1),
            f"Offer {self.key}: the lot must be a whole number from 1, not {self.lot!r}.",
        )
        demand(
            0 <= self.volume < math.inf,
            f"Offer {self.key}: the volume of a piece must be a number from 0, not "
            f"{self.volume!r}.",
        )


@dataclass(frozen=True, slots=True)
class Lane:
    """Room that the arcs of several items share, such as lorries between two zones (运力)."""

    key: str
    capacity: float

    def __post_init__(self) -> None:
        demand(bool(self.key), "A lane must have a key.")
        demand(
            0 <= self.capacity < math.inf,
            f"Lane {self.key}: the capacity must be a number from 0, not {self.capacity!r}.",
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """Pieces that an offer already owes to a need.

    frozen=True: dispatched, on the road; the plan takes it as a fact, and its cost is spent.
    pinned=True: a person decided that it goes there, whatever else would be better; it has not
    been dispatched, so its cost still counts.
    Neither: promised and not yet dispatched; the plan prefers to keep it (the keep bonus).
    These do not overlap: what has been dispatched is no longer counted as promised or pinned.
    """

    offer: str
    need: str
    quantity: int
    frozen: bool = False
    pinned: bool = False

    def __post_init__(self) -> None:
        demand(
            not (self.frozen and self.pinned),
            f"A commitment of {self.offer} to {self.need} is either dispatched or pinned.",
        )
        demand(
            _is_count(self.quantity, 1),
            f"A commitment of {self.offer} to {self.need} must be a whole number from 1, not "
            f"{self.quantity!r}.",
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """Who comes first, in numbers fit for publication (分配规则).

    floor_fraction: part of the supply kept for everybody's floor share, 0 to 1. floor_cap: largest
    part of one need that may be floor. tier_weights: points for a piece to tier 1, 2, 3.
    floor_value: extra points for a piece of the floor; 1000 puts every floor before every tier,
    0 switches the precedence off. segments: equal slices of what a need wants beyond its floor,
    each worth less than the one before, so that needs of one tier fill up side by side.
    keep_bonus: points for each promised piece that stays where it was promised.
    A piece is brought only if that costs less than it is worth: see `least_worth`.
    """

    version: str
    floor_fraction: float = 0.5
    floor_cap: float = 0.9
    tier_weights: tuple[int, int, int] = (100, 30, 10)
    floor_value: int = 1000
    segments: int = 4
    keep_bonus: int = 5

    def __post_init__(self) -> None:
        demand(bool(self.version), "A policy must have a version, because decisions cite it.")
        for name, part in (("floor_fraction", self.floor_fraction), ("floor_cap", self.floor_cap)):
            demand(0 <= part <= 1, f"Policy {name} must be between 0 and 1, not {part!r}.")
        urgent, middle, low = self.tier_weights
        demand(
            all(_is_count(weight, 1, MOST_POINTS) for weight in self.tier_weights)
            and urgent >= middle >= low,
            f"Policy tier_weights must be whole points, tier 1 first, none larger than the one "
            f"before, not {self.tier_weights!r}.",
        )
        for name, points in (("floor_value", self.floor_value), ("keep_bonus", self.keep_bonus)):
            demand(
                _is_count(points, 0, MOST_POINTS),
                f"Policy {name} must be whole points from 0 to {MOST_POINTS}, not {points!r}.",
            )
        demand(
            _is_count(self.segments, 1, 20),
            f"Policy segments must be a whole number from 1 to 20, not {self.segments!r}.",
        )

    @property
    def least_worth(self) -> float:
        """Points for the last slice of the least urgent tier: arcs cheaper than that always pay."""
        return self.tier_weights[2] / self.segments
