"""What the city sees of the disease: visits, purchases, calls, confirmed cases, admissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from gongzhi.interfaces.cli.linjiang.city import Area

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stream:
    """One daily count: its usual level, its week, and what ill people add to it.

    `per_10k` is the usual count a day per 10,000 residents; `week` multiplies it from Monday
    to Sunday (0 = closed); `steadiness` is the size of the negative binomial; `share` of the
    ill show up, after 0, 1, 2 … days with the chances in `delays`.
    """

    per_10k: float
    week: tuple[float, ...]
    steadiness: float
    share: float
    delays: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not 0 <= self.share <= 1:
            raise ValueError("A stream needs seven weekday factors and a share of 0 to 1.")
        if abs(sum(self.delays) - 1) > 1e-9:
            raise ValueError("The chances of a stream's delays must add up to 1.")


# Own round figures; only their order of size is meant to be credible.
STREAMS: Mapping[str, Stream] = {
    "fever_clinic": Stream(
        1.2, (1.2, 1.05, 1.0, 1.0, 1.0, 0.9, 0.85), 25, 0.6, (0.05, 0.3, 0.3, 0.2, 0.1, 0.05)
    ),
    "ili_school": Stream(
        0.9, (1.35, 1.1, 1.0, 0.95, 0.9, 0.0, 0.0), 15, 0.12, (0.0, 0.6, 0.3, 0.1)
    ),
    "pharmacy_antipyretics": Stream(
        6.0, (1.05, 0.95, 0.95, 0.95, 1.0, 1.1, 1.0), 40, 0.6, (0.3, 0.5, 0.2)
    ),
    "hotline_fever": Stream(
        0.4, (1.15, 1.0, 1.0, 1.0, 1.0, 0.9, 0.9), 12, 0.2, (0.0, 0.4, 0.3, 0.2, 0.1)
    ),
}
CONFIRMED_SHARE = 0.65
CONFIRMED_DELAYS = (0.0, 0.0, 0.05, 0.15, 0.25, 0.2, 0.15, 0.1, 0.06, 0.04)
ADMITTED_SHARE = 0.18
ADMITTED_DELAYS = (0.0, 0.0, 0.05, 0.15, 0.25, 0.25, 0.15, 0.1, 0.05)


@dataclass(frozen=True)
class StreamCount:
    """How many, of one stream, in one street (by residence), on one day."""

    street: str
    stream: str
    count: int


@dataclass(frozen=True)
class DayCounts:
    """All street counts of one day, zeros included, in street and stream order."""

    on: date
    counts: tuple[StreamCount, ...]


def background(streets: Sequence[Area], on: date, rng: np.random.Generator) -> dict[str, Ints]:
    """The counts of an ordinary day per stream and street: negative binomial with a week."""
    residents = np.array([street.residents for street in streets], dtype=float)
    found = {}
    for name, stream in STREAMS.items():
        mean = residents / 10_000 * stream.per_10k * stream.week[on.weekday()]
        chance = stream.steadiness / (stream.steadiness + mean)
        found[name] = np.asarray(rng.negative_binomial(stream.steadiness, chance), dtype=np.int64)
    return found


def as_counts(streets: Sequence[Area], on: date, counts: Mapping[str, Ints]) -> DayCounts:
    """Write the counts of one day as rows."""
    rows = [
        StreamCount(street.code, stream, int(values[i]))
        for i, street in enumerate(streets)
        for stream, values in counts.items()
    ]
    return DayCounts(on, tuple(rows))


class Pending:
    """What will come of those who fell ill, put down for the day on which it shows."""

    def __init__(self, communities: int, days: int) -> None:
        names = [*STREAMS, "confirmed", "admitted"]
        self._due = {name: np.zeros((days + 12, communities), dtype=np.int64) for name in names}

    def add(self, day: int, onsets: Ints, rng: np.random.Generator) -> None:
        """Put down what becomes of today's newly ill."""
        for name, stream in STREAMS.items():
            self._put(name, day, onsets, stream.share, stream.delays, rng)
        self._put("confirmed", day, onsets, CONFIRMED_SHARE, CONFIRMED_DELAYS, rng)
        self._put("admitted", day, onsets, ADMITTED_SHARE, ADMITTED_DELAYS, rng)

    def _put(
        self,
        name: str,
        day: int,
        onsets: Ints,
        share: float,
        delays: tuple[float, ...],
        rng: np.random.Generator,
    ) -> None:
        split = rng.multinomial(rng.binomial(onsets, share), delays)
        self._due[name][day : day + len(delays)] += split.T

    def due(self, name: str, day: int) -> Ints:
        """What shows on this day, per community."""
        return np.asarray(self._due[name][day], dtype=np.int64)
