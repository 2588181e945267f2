"""The disease itself: who is infected where, day by day, on the community level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gongzhi.interfaces.cli.linjiang.city import Area
from gongzhi.interfaces.cli.linjiang.terrain import KM_PER_DEGREE_LAT, KM_PER_DEGREE_LON

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Disease:
    """An invented respiratory disease: no named one, but of a known kind.

    Days are means; latent and infectious time have two stages each (Erlang), which gives a
    generation time of about 6.75 days.
    """

    reproduction_number: float = 2.4
    latent_days: float = 3.0
    infectious_days: float = 5.0
    symptomatic_share: float = 0.7
    at_home_share: float = 0.7
    travel_km: float = 2.0
    first_infected: int = 120

    def __post_init__(self) -> None:
        if min(self.latent_days, self.infectious_days) < 1 or self.reproduction_number <= 0:
            raise ValueError("A disease needs stages of a day or more and a reproduction number.")
        if not (0 < self.symptomatic_share <= 1 and 0 <= self.at_home_share <= 1):
            raise ValueError("Shares lie between 0 and 1.")


@dataclass(frozen=True)
class SpreadDay:
    """One day of the disease, per community: newly infected, newly ill with symptoms."""

    infected: Ints
    onsets: Ints
    infectious: int


def mixing(communities: Sequence[Area], disease: Disease) -> Floats:
    """Where the residents of each community (row) spend their contacts (column); rows add to 1.

    Trips fall with distance as 1 / (1 + (d / travel_km)²), d the straight line in km, and grow
    with the residents of the place they go to (a gravity model).
    """
    x = np.array([a.lon * KM_PER_DEGREE_LON for a in communities])
    y = np.array([a.lat * KM_PER_DEGREE_LAT for a in communities])
    residents = np.array([a.residents for a in communities], dtype=float)
    distance = np.hypot(x[:, None] - x, y[:, None] - y)
    pull = residents / (1 + (distance / disease.travel_km) ** 2)
    away = (1 - disease.at_home_share) * pull / pull.sum(axis=1, keepdims=True)
    return np.asarray(away + disease.at_home_share * np.eye(len(communities)))


class Spread:
    """Stochastic SEIR with two latent and two infectious stages in linked communities.

    A chain-binomial model in steps of one day. The number of residents is conserved.
    """

    def __init__(
        self,
        residents: Ints,
        contacts: Floats,
        disease: Disease,
        origin: int,
        rng: np.random.Generator,
    ) -> None:
        self._disease = disease
        self._contacts = contacts
        self._present = residents @ contacts
        self._stages = np.zeros((4, len(residents)), dtype=np.int64)
        self.susceptible = residents.copy()
        self.recovered = np.zeros_like(residents)
        self._infect_first(origin, rng)

    def _infect_first(self, origin: int, rng: np.random.Generator) -> None:
        """Four fifths live at the market, the others come from where its visitors live."""
        weight = self._contacts[:, origin] * self.susceptible
        weight = weight / weight.sum() / 5
        weight[origin] += 4 / 5
        first = rng.multinomial(self._disease.first_infected, weight)
        first = np.minimum(first, self.susceptible)
        early = rng.binomial(first, 0.6)
        self._stages[0] += early
        self._stages[1] += first - early
        self.susceptible -= first

    @property
    def living_stages(self) -> Ints:
        """Latent and infectious persons, shape (4, communities)."""
        return self._stages.copy()

    def step(self, factor: Floats, rng: np.random.Generator) -> SpreadDay:
        """One day; `factor` multiplies transmission at each community (1 = no measures)."""
        d = self._disease
        infectious = self._stages[2] + self._stages[3]
        beta = d.reproduction_number / d.infectious_days
        pressure = beta * factor * (infectious @ self._contacts) / self._present
        infected = rng.binomial(self.susceptible, 1 - np.exp(-(self._contacts @ pressure)))
        leave_latent, leave_infectious = _leave(d.latent_days), _leave(d.infectious_days)
        rates = np.array([[leave_latent]] * 2 + [[leave_infectious]] * 2)
        moved = rng.binomial(self._stages, rates)
        self._stages -= moved
        self._stages[0] += infected
        self._stages[1:] += moved[:3]
        self.susceptible -= infected
        self.recovered += moved[3]
        onsets = rng.binomial(moved[1], d.symptomatic_share)
        return SpreadDay(infected, onsets, int((self._stages[2] + self._stages[3]).sum()))


def _leave(mean_days: float) -> float:
    """Daily chance to leave one of two equal stages that last `mean_days` together.

    In daily steps a stage lasts 1/p days, so p = 2 / mean keeps the mean exact.
    """
    return min(1.0, 2 / mean_days)
