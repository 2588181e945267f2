"""What routes are made of: places and the ways between them, stops, vehicles.

All quantities are whole numbers. Lengths are metres and times seconds by custom; the engine only
asks that one problem keeps to one unit of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_WAY = -1
"""Stands in a table of ways where no way leads from one place to the other."""
MOST = 2**31
"""No length, time, quantity or price may be larger, so that sums stay exact."""

Whole = NDArray[np.int64]
Leg = tuple[str, str]


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


def _is_count(number: object, least: int = 0) -> bool:
    whole = isinstance(number, int) and not isinstance(number, bool)
    return whole and least <= number <= MOST  # type: ignore[operator]


def _check_counts(owner: str, least: int, **numbers: int) -> None:
    for name, number in numbers.items():
        _demand(
            _is_count(number, least),
            f"{owner}: {name} must be a whole number from {least} to 2**31, not {number!r}.",
        )


def _check_amounts(owner: str, name: str, amounts: tuple[int, ...]) -> None:
    _demand(
        isinstance(amounts, tuple) and all(_is_count(amount) for amount in amounts),
        f"{owner}: {name} must be whole numbers from 0, one for each kind of load, not "
        f"{amounts!r}.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """How far it is from each place to each other, in metres and seconds.

    Row: from, column: to. NO_WAY in both tables bars a way to every vehicle.
    """

    places: tuple[str, ...]
    metres: Whole
    seconds: Whole

    @classmethod
    def of(
        cls,
        places: Iterable[str],
        metres: Sequence[Sequence[int]] | Whole,
        seconds: Sequence[Sequence[int]] | Whole | None = None,
    ) -> Ways:
        """Ways from lists or arrays of whole numbers; without seconds, a metre takes a second."""
        lengths = np.asarray(metres)
        times = lengths if seconds is None else np.asarray(seconds)
        for table in (lengths, times):
            _demand(
                table.size == 0 or np.issubdtype(table.dtype, np.integer),
                "A table of ways must hold whole numbers; round the lengths and times first.",
            )
        return cls(tuple(places), lengths.astype(np.int64), times.astype(np.int64))

    def __post_init__(self) -> None:
        count = len(self.places)
        _demand(count > 0, "A table of ways needs at least one place.")
        _demand(len(set(self.places)) == count, "A place is given twice in the table of ways.")
        for name, table in (("metres", self.metres), ("seconds", self.seconds)):
            _demand(
                table.shape == (count, count),
                f"The table of {name} must have a row and a column for each of the {count} places, "
                f"not the shape {table.shape}.",
            )
            _demand(
                bool(((table >= NO_WAY) & (table <= MOST)).all()),
                f"The table of {name} must hold numbers from 0 to 2**31, or -1 where no way leads.",
            )
            _demand(
                not table.diagonal().any(),
                f"The table of {name} must say 0 from each place to itself.",
            )
        _demand(
            bool(((self.metres < 0) == (self.seconds < 0)).all()),
            "A way is barred in one table and open in the other; bar it in both.",
        )


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where a vehicle is wanted (配送点).

    delivers: loads brought from the vehicle's start, collects: loads taken back to its end, one
    number for each kind of load. Work begins from `opens` to `closes` (None: at any time after)
    and takes `service` seconds. ready: when its goods can be loaded. prize: what leaving it out
    costs; None says that it is to be served whenever that can be done.
    """

    key: str
    place: str
    delivers: tuple[int, ...] = ()
    collects: tuple[int, ...] = ()
    opens: int = 0
    closes: int | None = None
    service: int = 0
    ready: int = 0
    prize: int | None = None

    def __post_init__(self) -> None:
        _demand(bool(self.key), "A stop must have a key.")
        owner = f"Stop {self.key}"
        _check_amounts(owner, "delivers", self.delivers)
        _check_amounts(owner, "collects", self.collects)
        _check_counts(owner, 0, opens=self.opens, service=self.service, ready=self.ready)
        if self.closes is not None:
            _check_counts(owner, 0, closes=self.closes)
            _demand(
                self.opens <= self.closes,
                f"{owner} closes at {self.closes}, before it opens at {self.opens}.",
            )
        if self.prize is not None:
            _check_counts(owner, 0, prize=self.prize)

    @property
    def is_optional(self) -> bool:
        """Whether it may be left out because the way is dearer than its prize."""
        return self.prize is not None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle with its driver, from `start` to `end` (车辆).

    It is out between shift_from and shift_to, at most `hours` seconds from leaving to return, at
    most max_metres. tours: how often it may load at its start, the first time included. closed:
    legs it may not use. only: keys of the stops it may serve, None for all. aboard: loads it
    carries the whole way and hands in at its end.
    """

    key: str
    start: str
    end: str
    capacity: tuple[int, ...] = ()
    shift_from: int = 0
    shift_to: int | None = None
    hours: int | None = None
    max_metres: int | None = None
    tours: int = 1
    per_use: int = 0
    per_metre: int = 1
    per_second: int = 0
    closed: frozenset[Leg] = frozenset()
    only: frozenset[str] | None = None
    aboard: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _demand(bool(self.key), "A vehicle must have a key.")
        owner = f"Vehicle {self.key}"
        _check_amounts(owner, "capacity", self.capacity)
        _check_amounts(owner, "aboard", self.aboard)
        _demand(
            len(self.aboard) <= len(self.capacity)
            and all(held <= room for held, room in zip(self.aboard, self.capacity, strict=False)),
            f"{owner} carries {self.aboard}, more than its capacity {self.capacity}.",
        )
        _check_counts(
            owner, 0, shift_from=self.shift_from, per_use=self.per_use, per_metre=self.per_metre,
            per_second=self.per_second,
        )  # fmt: skip
        _check_counts(owner, 1, tours=self.tours)
        for name in ("shift_to", "hours", "max_metres"):
            number = getattr(self, name)
            if number is not None:
                _check_counts(owner, 0, **{name: number})
        _demand(
            self.shift_to is None or self.shift_from <= self.shift_to,
            f"{owner}: the shift ends at {self.shift_to}, before it begins at {self.shift_from}.",
        )


def _check_keys(rows: Iterable[Stop | Vehicle], kind: str) -> None:
    keys: set[str] = set()
    for row in rows:
        _demand(row.key not in keys, f"The {kind} {row.key} is given twice.")
        keys.add(row.key)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Stops, vehicles and the ways between their places, in any order."""

    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    ways: Ways

    def __post_init__(self) -> None:
        _check_keys(self.stops, "stop")
        _check_keys(self.vehicles, "vehicle")
        places, kinds = set(self.ways.places), self.kinds
        for stop in self.stops:
            _demand(
                stop.place in places,
                f"Stop {stop.key} is at {stop.place}, which the table of ways does not know.",
            )
            _demand(
                not self.vehicles or max(len(stop.delivers), len(stop.collects)) <= kinds,
                f"Stop {stop.key} has more kinds of load than any vehicle has a capacity for.",
            )
        keys = {stop.key for stop in self.stops}
        longest, legs = max(int(self.ways.metres.max()), 0), 2 * len(self.stops) + 2
        for vehicle in self.vehicles:
            _check_vehicle(vehicle, places, keys, kinds)
            _check_price(vehicle, longest, legs)

    @property
    def kinds(self) -> int:
        """How many kinds of load are counted (kilograms, pallets, …)."""
        return max((len(vehicle.capacity) for vehicle in self.vehicles), default=0)


def _check_price(vehicle: Vehicle, longest: int, legs: int) -> None:
    """Refuse prices that could add up to more than whole numbers of 64 bits hold."""
    leg = vehicle.per_metre * longest + vehicle.per_second * MOST
    _demand(
        legs * leg + vehicle.per_use < 2**60,
        f"Vehicle {vehicle.key} is so dear that a plan's cost could not be added up; give its "
        "prices in a larger unit.",
    )


def _check_vehicle(vehicle: Vehicle, places: set[str], keys: set[str], kinds: int) -> None:
    owner = f"Vehicle {vehicle.key}"
    for name in ("start", "end"):
        place = getattr(vehicle, name)
        _demand(
            place in places,
            f"{owner} has its {name} at {place}, which the table of ways does not know.",
        )
    _demand(
        len(vehicle.capacity) == kinds,
        f"{owner} gives {len(vehicle.capacity)} capacities, another vehicle {kinds}; give every "
        "vehicle one for each kind of load.",
    )
    strange = sorted({place for leg in vehicle.closed for place in leg} - places)
    _demand(
        not strange,
        f"{owner} has a closed leg at {', '.join(strange)}, which the table of ways does not know.",
    )
    unknown = sorted((vehicle.only or frozenset()) - keys)
    _demand(
        not unknown,
        f"{owner} may serve only {', '.join(unknown)}, but there is no such stop.",
    )
