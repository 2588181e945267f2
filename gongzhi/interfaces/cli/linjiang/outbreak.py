"""A month of an invented respiratory outbreak in Linjiang, one day at a time.

`outbreak(city, seed, start)` plans it, `.begin()` gives an `OutbreakState`, and its
`step(day, factors)` plays one day under the measures in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from gongzhi.interfaces.cli.linjiang.city import City
from gongzhi.interfaces.cli.linjiang.observed import (
    STREAMS,
    DayCounts,
    Pending,
    StreamCount,
    as_counts,
    background,
)
from gongzhi.interfaces.cli.linjiang.spread import Disease, Spread, mixing
from gongzhi.interfaces.cli.linjiang.voices import FreeReport, Voices
from gongzhi.interfaces.cli.linjiang.wards import Ask, FacilityDay, SupplyDay, Wards

HISTORY_DAYS = 35
_HISTORY, _BEGIN, _DISEASE, _SEEN, _TOLD, _WARDS, _USUAL = range(10, 17)
FactorByDistrict = Mapping[str, float]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """What really happened on a day, which nobody in the city knows: for evaluation only."""

    newly_infected: int
    newly_ill: int
    infectious: int
    ever_infected: int
    newly_infected_by_district: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class DayResult:
    """One day of the outbreak as the city sees it.

    `counts` has every street and stream, zeros too; `confirmed` is (community code, newly
    confirmed cases) without zeros; `waiting` patients found no bed in the city.
    """

    day: int
    on: date
    counts: tuple[StreamCount, ...]
    confirmed: tuple[tuple[str, int], ...]
    reports: tuple[FreeReport, ...]
    facilities: tuple[FacilityDay, ...]
    supplies: tuple[SupplyDay, ...]
    asks: tuple[Ask, ...]
    waiting: int
    truth: Truth

    @property
    def confirmed_total(self) -> int:
        """Newly confirmed cases in the whole city."""
        return sum(cases for _, cases in self.confirmed)

    def __str__(self) -> str:
        seen = sum(row.count for row in self.counts if row.stream == "fever_clinic")
        in_patients = sum(row.in_patients for row in self.facilities)
        return (
            f"Day {self.day} ({self.on}): {seen} fever visits, {self.confirmed_total} confirmed, "
            f"{len(self.reports)} reports, {in_patients} in-patients, {len(self.asks)} asks"
        )


@dataclass(frozen=True)
class Outbreak:
    """The outbreak that will be played: `history` are the quiet days before day 0."""

    city: City
    seed: int
    start: date
    days: int
    disease: Disease
    history: tuple[DayCounts, ...]

    def begin(self) -> OutbreakState:
        """A fresh state before day 0; may be called again for another course of events."""
        return OutbreakState(self)

    def run(self, factors: Callable[[int], FactorByDistrict | float]) -> tuple[DayResult, ...]:
        """Play all days; `factors(day)` is one factor for all or a mapping by district."""
        state = self.begin()
        return tuple(state.step(day, factors(day)) for day in range(self.days))


def outbreak(
    city: City,
    seed: int,
    start: date,
    days: int = 30,
    disease: Disease | None = None,
) -> Outbreak:
    """Plan an outbreak that starts in the market community on `start`.

    The history before it has `HISTORY_DAYS` days of ordinary counts with their weekly
    pattern. Errors: `ValueError` when `days` is below 1.
    """
    if days < 1:
        raise ValueError("An outbreak needs at least one day.")
    streets = city.of_tier("street")
    rng = np.random.default_rng([seed, _HISTORY])
    dates = [start - timedelta(days=n) for n in range(HISTORY_DAYS, 0, -1)]
    history = tuple(as_counts(streets, on, background(streets, on, rng)) for on in dates)
    return Outbreak(city, seed, start, days, disease or Disease(), history)


class OutbreakState:
    """The running outbreak: `step` once for each day, in order, with the measures in force.

    The draws of a day depend on the seed and the day alone, so that two courses with the
    same factors are identical whatever was asked in between.
    """

    def __init__(self, plan: Outbreak) -> None:
        city = plan.city
        self._plan = plan
        self._communities = city.of_tier("community")
        self._streets = city.of_tier("street")
        self._districts = [area.code for area in city.of_tier("district")]
        row = {street.code: n for n, street in enumerate(self._streets)}
        self._street_of = np.array([row[a.code[:9]] for a in self._communities])
        self._district_of = np.array([self._districts.index(a.code[:6]) for a in self._communities])
        codes = [area.code for area in self._communities]
        self._spread = Spread(
            np.array([a.residents for a in self._communities], dtype=np.int64),
            mixing(self._communities, plan.disease),
            plan.disease,
            codes.index(city.market_community),
            self._rng(_BEGIN, 0),
        )
        self._pending = Pending(len(codes), plan.days)
        self._voices = Voices(city)
        self._wards = Wards(city.facilities, self._streets)
        self._next_day = 0
        self._ever = plan.disease.first_infected

    @property
    def next_day(self) -> int:
        """The number of the day that `step` expects next."""
        return self._next_day

    def receive(self, facility: str, item: str, quantity: int) -> None:
        """Bring supplies to a health facility before the next step.

        Errors: `KeyError` for an unknown facility, `ValueError` for a negative quantity.
        """
        self._wards.receive(facility, item, quantity)

    def step(
        self, day: int, transmission_factor_by_district: FactorByDistrict | float = 1.0
    ) -> DayResult:
        """Play one day and return what the city sees of it.

        The factor (1 = no measures, 0 = no transmission) applies where contacts take place;
        districts that are not named keep 1. Errors: `ValueError` for a day out of turn, an
        unknown district or a negative factor.
        """
        if day != self._next_day or day >= self._plan.days:
            raise ValueError(f"Day {self._next_day} of {self._plan.days} is next, not {day}.")
        factor = self._factor_at(transmission_factor_by_district)
        self._next_day += 1
        today = self._spread.step(factor, self._rng(_DISEASE, day))
        self._ever += int(today.infected.sum())
        self._pending.add(day, today.onsets, self._rng(_SEEN, day))
        on = self._plan.start + timedelta(days=day)
        counts = self._counts(day, on)
        wards = self._wards.pass_day(
            day,
            counts["fever_clinic"],
            self._per_street(self._pending.due("admitted", day)),
            self._rng(_WARDS, day),
        )
        return DayResult(
            day=day,
            on=on,
            counts=as_counts(self._streets, on, counts).counts,
            confirmed=self._confirmed(day),
            reports=self._voices.reports(day, today.onsets, self._rng(_TOLD, day)),
            facilities=wards.facilities,
            supplies=wards.supplies,
            asks=wards.asks,
            waiting=wards.waiting,
            truth=Truth(
                int(today.infected.sum()),
                int(today.onsets.sum()),
                today.infectious,
                self._ever,
                self._by_district(today.infected),
            ),
        )

    def _rng(self, purpose: int, day: int) -> np.random.Generator:
        return np.random.default_rng([self._plan.seed, purpose, day])

    def _factor_at(self, given: FactorByDistrict | float) -> NDArray[np.float64]:
        factors = given if isinstance(given, Mapping) else dict.fromkeys(self._districts, given)
        unknown = set(factors) - set(self._districts)
        if unknown:
            raise ValueError(f"There is no district {', '.join(sorted(unknown))}.")
        if any(not 0 <= value < float("inf") for value in factors.values()):
            raise ValueError("A transmission factor is a number from 0 up.")
        by_district = np.array([factors.get(code, 1.0) for code in self._districts], dtype=float)
        return np.asarray(by_district[self._district_of])

    def _counts(self, day: int, on: date) -> dict[str, Ints]:
        """Ordinary counts and what the outbreak adds; a closed stream stays at zero."""
        usual = background(self._streets, on, self._rng(_USUAL, day))
        return {
            name: usual[name] + self._per_street(self._pending.due(name, day))
            if stream.week[on.weekday()]
            else usual[name]
            for name, stream in STREAMS.items()
        }

    def _per_street(self, values: Ints) -> Ints:
        totals = np.zeros(len(self._streets), dtype=np.int64)
        np.add.at(totals, self._street_of, values)
        return totals

    def _by_district(self, values: Ints) -> tuple[tuple[str, int], ...]:
        totals = np.bincount(self._district_of, values, len(self._districts)).astype(int)
        return tuple(zip(self._districts, totals.tolist(), strict=True))

    def _confirmed(self, day: int) -> tuple[tuple[str, int], ...]:
        cases = self._pending.due("confirmed", day)
        return tuple(
            (area.code, int(n)) for area, n in zip(self._communities, cases, strict=True) if n
        )
