"""What the health facilities use up in a day, what they have left, and what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gongzhi.interfaces.cli.linjiang.city import Area, Facility
from gongzhi.interfaces.cli.linjiang.distance import distance_km
from gongzhi.interfaces.cli.linjiang.naming import items, read_tables
from gongzhi.interfaces.cli.linjiang.partition import shares

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ISOLATION_SHARE = 0.15  # of all beds may take patients of the outbreak
SEVERE_SHARE = 0.2  # of in-patients
STAY_DAYS = 10.0
COVER_DAYS = 4.0  # below this many days of stock a facility asks …
ASK_FOR_DAYS = 7  # … for this many days of use
LOUD_FACTOR = 10
_PAUSE_DAYS = 4  # before a facility asks for the same item again
_VISITOR_WEIGHT = {
    "hospital": 6.0,
    "fever_clinic": 6.0,
    "community_health_centre": 2.0,
    "village_clinic": 0.6,
}
_OPENING_DAYS = {"steady": (6, 14), "vague": (4, 10), "loud": (18, 24), "quiet": (3, 4)}


@dataclass(frozen=True)
class FacilityDay:
    """One facility on one day: fever visits, admissions, in-patients of the outbreak."""

    facility: str
    fever_visits: int
    admitted: int
    discharged: int
    in_patients: int
    severe: int
    isolation_beds: int


@dataclass(frozen=True)
class SupplyDay:
    """One item at one facility on one day: wanted, used (at most the stock), stock left."""

    facility: str
    item: str
    wanted: int
    used: int
    stock: int

    @property
    def days_left(self) -> float:
        """Days the stock lasts at today's need; infinite when nothing is needed."""
        return self.stock / self.wanted if self.wanted else float("inf")


@dataclass(frozen=True)
class Ask:
    """A facility asks for an item in its own words; `quantity` None = it states no amount."""

    facility: str
    item: str
    quantity: int | None
    text: str


@dataclass(frozen=True)
class WardsDay:
    """All facilities on one day; `waiting` patients found no bed in the city."""

    facilities: tuple[FacilityDay, ...]
    supplies: tuple[SupplyDay, ...]
    asks: tuple[Ask, ...]
    waiting: int


def _used_items() -> list[str]:
    return [item.code for item in items() if item.use]


def use_rates() -> Floats:
    """Quantity used per day, shape (items, 4): per staff, fever visit, in-patient, severe."""
    return np.array([item.use for item in items() if item.use], dtype=float)


def usual_use(beds: int, staff: int) -> Floats:
    """What a facility uses of each item on a quiet day, in the order of the items."""
    return np.asarray(use_rates() @ np.array([staff, 1 + 0.01 * beds, 0.005 * beds, 0.0]))


def opening_stock(
    beds: int, staff: int, asking: str, rng: np.random.Generator
) -> tuple[tuple[str, int], ...]:
    """What a facility has before the outbreak: some days of what it uses in quiet times."""
    usual = usual_use(beds, staff)
    days = rng.uniform(*_OPENING_DAYS[asking], len(usual))
    amounts = np.ceil(usual * days).astype(int).tolist()
    return tuple(zip(_used_items(), amounts, strict=True))


class Wards:
    """All health facilities of the city, day after day; deliveries come in by `receive`."""

    def __init__(self, facilities: Sequence[Facility], streets: Sequence[Area]) -> None:
        self._facilities = facilities
        self._index = {facility.code: n for n, facility in enumerate(facilities)}
        self._items = _used_items()
        self._stock = np.array([[q for _, q in f.stock] for f in facilities], dtype=np.int64)
        self._in_patients = np.zeros(len(facilities), dtype=np.int64)
        self._beds = np.array([_isolation_beds(f) for f in facilities], dtype=np.int64)
        self._staff = np.array([f.staff for f in facilities], dtype=np.int64)
        self._ordinary = np.array([f.resupply * usual_use(f.beds, f.staff) for f in facilities])
        turns = np.add.outer(np.arange(len(facilities)), np.arange(len(self._items)))
        self._asked = -1 - turns % _PAUSE_DAYS  # not all on the same day
        self._waiting = 0
        near = _nearness(facilities, streets)
        weights = np.array([_VISITOR_WEIGHT[f.kind] for f in facilities])
        self._visit_weight = near * weights
        self._bed_weight = near * self._beds

    def receive(self, facility: str, item: str, quantity: int) -> None:
        """Put a delivery into stock; an item that is not used in the wards changes nothing.

        Errors: `KeyError` for an unknown facility, `ValueError` for a negative quantity.
        """
        if quantity < 0:
            raise ValueError("A delivery cannot be negative.")
        row = self._index[facility]
        if item in self._items:
            self._stock[row, self._items.index(item)] += quantity

    def pass_day(
        self, day: int, visits: Ints, admissions: Ints, rng: np.random.Generator
    ) -> WardsDay:
        """One day: `visits` and `admissions` are whole numbers per street, in street order."""
        came = _send(visits, self._visit_weight)
        discharged = rng.binomial(self._in_patients, 1 / STAY_DAYS)
        self._in_patients -= discharged
        admitted = self._admit(admissions)
        severe = np.round(self._in_patients * SEVERE_SHARE).astype(np.int64)
        self._stock += rng.poisson(self._ordinary)
        drivers = np.stack([self._staff, came, self._in_patients, severe], axis=1)
        wanted = np.ceil(drivers @ use_rates().T).astype(np.int64)
        used = np.minimum(wanted, self._stock)
        self._stock -= used
        rows = zip(came, admitted, discharged, self._in_patients, severe, self._beds, strict=True)
        return WardsDay(
            tuple(
                FacilityDay(facility.code, *(int(value) for value in row))
                for facility, row in zip(self._facilities, rows, strict=True)
            ),
            self._supplies(wanted, used),
            self._asks(day, wanted, rng),
            self._waiting,
        )

    def _admit(self, admissions: Ints) -> Ints:
        """Fill the nearest hospitals first, then any free bed; who finds none waits."""
        free = np.maximum(0, self._beds - self._in_patients)
        wanted = _send(admissions, self._bed_weight)
        admitted = np.minimum(wanted, free)
        left = int((wanted - admitted).sum()) + self._waiting
        spare = free - admitted
        moved = min(left, int(spare.sum()))
        if moved:
            extra = np.array(shares(moved, spare.tolist()), dtype=np.int64)
            admitted = admitted + extra
            left -= int(extra.sum())
        self._waiting = left
        self._in_patients += admitted
        return np.asarray(admitted, dtype=np.int64)

    def _supplies(self, wanted: Ints, used: Ints) -> tuple[SupplyDay, ...]:
        return tuple(
            SupplyDay(
                facility.code, item, int(wanted[i, k]), int(used[i, k]), int(self._stock[i, k])
            )
            for i, facility in enumerate(self._facilities)
            for k, item in enumerate(self._items)
        )

    def _asks(self, day: int, wanted: Ints, rng: np.random.Generator) -> tuple[Ask, ...]:
        found = []
        for i, facility in enumerate(self._facilities):
            for k in range(len(self._items)):
                if self._is_due(facility.asking, day, i, k, int(wanted[i, k])):
                    self._asked[i, k] = day
                    found.append(self._ask(facility, i, k, int(wanted[i, k]), rng))
        return tuple(found)

    def _is_due(self, asking: str, day: int, i: int, k: int, wanted: int) -> bool:
        """The loud ask every other day, the quiet never, the rest when stock runs low."""
        if asking == "quiet" or wanted == 0:
            return False
        pause = day - int(self._asked[i, k])
        low = int(self._stock[i, k]) < COVER_DAYS * wanted
        return pause >= 2 if asking == "loud" else pause >= _PAUSE_DAYS and low

    def _ask(
        self, facility: Facility, i: int, k: int, wanted: int, rng: np.random.Generator
    ) -> Ask:
        item = next(item for item in items() if item.code == self._items[k])
        stock = int(self._stock[i, k])
        quantity: int | None = max(1, ASK_FOR_DAYS * wanted - stock)
        if facility.asking == "loud":
            quantity = LOUD_FACTOR * ASK_FOR_DAYS * wanted
        texts = read_tables("voices")["asks"][facility.asking]
        text = str(rng.choice(texts)).format(
            item=item.names.hans,
            stock=stock,
            measure=item.measure,
            days=stock // wanted,
            quantity=quantity,
        )
        return Ask(facility.code, item.code, None if facility.asking == "vague" else quantity, text)


def _isolation_beds(facility: Facility) -> int:
    return round(facility.beds * ISOLATION_SHARE) if facility.kind == "hospital" else 0


def _nearness(facilities: Sequence[Facility], streets: Sequence[Area]) -> Floats:
    """How easily a street goes to a facility, shape (streets, facilities): halves in 2 km."""
    return np.array(
        [
            [0.5 ** (distance_km(s.lon, s.lat, f.lon, f.lat) / 2) for f in facilities]
            for s in streets
        ]
    )


def _send(people: Ints, weight: Floats) -> Ints:
    """Share out the people of each street over the facilities by weight, as whole persons."""
    total = int(people.sum())
    if total == 0:
        return np.zeros(weight.shape[1], dtype=np.int64)
    part = weight / weight.sum(axis=1, keepdims=True)
    return np.array(shares(total, (people @ part).tolist()), dtype=np.int64)
