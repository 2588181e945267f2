"""What a matching is made of: needs, offers, the arcs between them, promises and the policy.

Quantities are whole pieces. Worth and cost share one currency, the *point*: a policy says how many
points one piece is worth to a need, an arc says how many points it costs to bring one piece there.
Inside the engine points are counted in whole thousandths, so that equal inputs give equal sums.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

POINT = 1000
"""Thousandths in one point, the engine's unit of account."""

MOST_PIECES = 10**9
MOST_POINTS = 10**6


def _demand(holds: bool, sentence: str) -> None:
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
        _demand(bool(self.key), "A need must have a key.")
        _demand(
            _is_count(self.quantity, 1),
            f"Need {self.key}: the quantity must be a whole number from 1 to {MOST_PIECES}, not "
            f"{self.quantity!r}; an unknown amount is given as an estimate with confirmed=False.",
        )
        _demand(
            _is_count(self.tier, 1, 3), f"Need {self.key}: tier is 1, 2 or 3, not {self.tier!r}."
        )
        _demand(
            self.due_in_h >= 0,
            f"Need {self.key}: due_in_h is {self.due_in_h!r}; give an overdue need a new due time, "
            "or it could never be served.",
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What one place can give of one item (供给).

    quantity: pieces in all, those already dispatched from it included. ready_in_h: hours from now.
    """

    key: str
    place: str
    item: str
    quantity: int
    ready_in_h: float = 0.0

    def __post_init__(self) -> None:
        _demand(bool(self.key), "An offer must have a key.")
        _demand(
            _is_count(self.quantity, 0),
            f"Offer {self.key}: the quantity must be a whole number from 0 to {MOST_PIECES}, not "
            f"{self.quantity!r}.",
        )
        _demand(
            0 <= self.ready_in_h < math.inf,
            f"Offer {self.key}: ready_in_h must be a number of hours from 0, not "
            f"{self.ready_in_h!r}.",
        )


def _check_way(cost: float, lead_h: float) -> None:
    """Refuse a cost or a lead time that no road can have (called once per arc, so kept quick)."""
    if not 0 <= cost <= MOST_POINTS:
        raise ValueError(f"A cost must be 0 to {MOST_POINTS} points per piece, not {cost!r}.")
    if not 0 <= lead_h < math.inf:
        raise ValueError(f"A lead time must be a number of hours from 0, not {lead_h!r}.")


@dataclass(frozen=True, slots=True)
class Way:
    """How goods get from one place to another: points per piece, hours, and why not, if barred."""

    cost: float
    lead_h: float
    barred: str = ""

    def __post_init__(self) -> None:
        _check_way(self.cost, self.lead_h)


@dataclass(frozen=True, slots=True)
class Arc:
    """The possibility that one offer serves one need.

    cost: points per piece, rounded to thousandths. lead_h: hours on the way. The engine itself
    refuses an arc that arrives too late. Every other rule (certificate, closed road, permit) is
    the caller's: it names the rule in `barred`, so that the plan can explain it, or leaves the
    arc out. An arc between different items is a substitute of equal effect.
    """

    offer: str
    need: str
    cost: float
    lead_h: float
    barred: str = ""

    def __post_init__(self) -> None:
        _check_way(self.cost, self.lead_h)

    @property
    def cost_milli(self) -> int:
        """Cost of one piece in thousandths of a point."""
        return round(self.cost * POINT)


@dataclass(frozen=True, slots=True)
class Committed:
    """Pieces that an offer already owes to a need.

    frozen=True: dispatched, on the road; the plan takes it as a fact, and its cost is spent.
    frozen=False: promised and not yet dispatched; the plan prefers to keep it (the keep bonus).
    The two do not overlap: what has been dispatched is no longer counted as promised.
    """

    offer: str
    need: str
    quantity: int
    frozen: bool = False

    def __post_init__(self) -> None:
        _demand(
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
        _demand(bool(self.version), "A policy must have a version, because decisions cite it.")
        for name, part in (("floor_fraction", self.floor_fraction), ("floor_cap", self.floor_cap)):
            _demand(0 <= part <= 1, f"Policy {name} must be between 0 and 1, not {part!r}.")
        urgent, middle, low = self.tier_weights
        _demand(
            all(_is_count(weight, 1, MOST_POINTS) for weight in self.tier_weights)
            and urgent >= middle >= low,
            f"Policy tier_weights must be whole points, tier 1 first, none larger than the one "
            f"before, not {self.tier_weights!r}.",
        )
        for name, points in (("floor_value", self.floor_value), ("keep_bonus", self.keep_bonus)):
            _demand(
                _is_count(points, 0, MOST_POINTS),
                f"Policy {name} must be whole points from 0 to {MOST_POINTS}, not {points!r}.",
            )
        _demand(
            _is_count(self.segments, 1, 20),
            f"Policy segments must be a whole number from 1 to 20, not {self.segments!r}.",
        )

    @property
    def least_worth(self) -> float:
        """Points for the last slice of the least urgent tier: arcs cheaper than that always pay."""
        return self.tier_weights[2] / self.segments


def _keys(rows: Iterable[Need | Offer], kind: str) -> set[str]:
    keys: set[str] = set()
    for row in rows:
        _demand(row.key not in keys, f"The {kind} {row.key} is given twice.")
        keys.add(row.key)
    return keys


def _check_ends(rows: Iterable[Arc | Committed], needs: set[str], offers: set[str]) -> None:
    for row in rows:
        if row.offer not in offers:
            raise ValueError(f"{row.offer} to {row.need}: there is no offer {row.offer}.")
        if row.need not in needs:
            raise ValueError(f"{row.offer} to {row.need}: there is no need {row.need}.")


def _check_dispatched(offers: Iterable[Offer], committed: Iterable[Committed]) -> None:
    gone: dict[str, int] = {}
    for row in committed:
        if row.frozen:
            gone[row.offer] = gone.get(row.offer, 0) + row.quantity
    for offer in offers:
        out = gone.get(offer.key, 0)
        _demand(
            out <= offer.quantity,
            f"Offer {offer.key} counts {offer.quantity} pieces, but {out} have been dispatched "
            "from it; correct the offer first.",
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """Needs and offers with the arcs between them and what is already committed, in any order."""

    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    arcs: tuple[Arc, ...]
    committed: tuple[Committed, ...] = ()

    def __post_init__(self) -> None:
        needs, offers = _keys(self.needs, "need"), _keys(self.offers, "offer")
        _check_ends(self.arcs, needs, offers)
        _check_ends(self.committed, needs, offers)
        _check_dispatched(self.offers, self.committed)
        pairs = {(arc.offer, arc.need) for arc in self.arcs}
        _demand(len(pairs) == len(self.arcs), "An arc from an offer to a need is given twice.")
        debts = {(row.offer, row.need, row.frozen) for row in self.committed}
        _demand(len(debts) == len(self.committed), "A commitment is given twice; add it up first.")

    @property
    def items(self) -> tuple[str, ...]:
        """The items that are needed or offered, sorted."""
        return tuple(sorted({row.item for row in self.needs} | {row.item for row in self.offers}))


def connect(
    needs: Iterable[Need], offers: Iterable[Offer], ways: Mapping[tuple[str, str], Way]
) -> tuple[Arc, ...]:
    """Give each offer an arc to each need of the same item that its place has a way to.

    ways: (from place, to place) -> Way. Inside one place goods move free and at once unless the
    table says otherwise; between places without an entry there is no arc.
    """
    here = Way(0.0, 0.0)
    wanted: dict[str, list[Need]] = {}
    for need in needs:
        wanted.setdefault(need.item, []).append(need)
    arcs = []
    for offer in offers:
        for need in wanted.get(offer.item, ()):
            same = here if offer.place == need.place else None
            way = ways.get((offer.place, need.place), same)
            if way is not None:
                arcs.append(Arc(offer.key, need.key, way.cost, way.lead_h, way.barred))
    return tuple(arcs)
