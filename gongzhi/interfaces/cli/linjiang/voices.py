"""What people report in their own words: clusters, rumours, everyday trouble (主动申报)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gongzhi.interfaces.cli.linjiang.city import Area, City
from gongzhi.interfaces.cli.linjiang.naming import read_tables

CHANNELS = ("grid_worker", "hotline", "web", "clinic")
SUBJECTS = ("cluster", "rumour", "noise", "supply")
NOTICED_AFTER_DAYS = 3  # people talk about those who fell ill in the last three days
CLUSTER_FROM = 10  # newly ill in a community in that time before people talk about them
MARKET_FROM = 6  # at the market neighbours watch each other
FOUND_SHARE = 0.4  # of the ill are known to the one who reports …
FOUND_MOST = 12  # … and nobody counts many more than a dozen
QUIET_DAYS = 4  # days until the same community is talked about again
CLUSTERS_A_DAY = 3
_FIRST_GROUP = ("grid_worker", "grid_worker", "grid_worker", "hotline")


@dataclass(frozen=True)
class FreeReport:
    """One report as somebody made it, with what it truly is about (not for the duty officer).

    `minute` counts from midnight; `place` is the code of a grid (grid workers) or a
    community; `persons` is how many ill people it names, 0 if none. Reports with the same
    `cluster` tell of the same event; it is None for all others.
    """

    minute: int
    channel: str
    subject: str
    place: str
    persons: int
    text: str
    cluster: str | None

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS or self.subject not in SUBJECTS:
            raise ValueError("A report needs a known channel and subject.")
        if not 0 <= self.minute < 1440 or self.persons < 0:
            raise ValueError("A report needs a minute of the day and no negative persons.")


class Voices:
    """The people of the city; remembers which clusters were already talked about."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._communities = city.of_tier("community")
        self._market = city.market_community
        self._last_told: dict[str, int] = {}
        self._recent: deque[NDArray[np.int64]] = deque(maxlen=NOTICED_AFTER_DAYS)

    def reports(
        self, day: int, onsets: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[FreeReport, ...]:
        """The reports of one day, by minute. `onsets` is the newly ill per community.

        Nothing is noticed before `NOTICED_AFTER_DAYS` days have gone by.
        """
        self._recent.append(onsets)
        found: list[FreeReport] = []
        for area, ill in self._clusters(day):
            channels = self._who_tells(area, rng)
            self._last_told[area.code] = day
            found += self._tell_cluster(area, ill, day, channels, rng)
        found += self._everyday(rng)
        return tuple(sorted(found, key=lambda r: (r.minute, r.channel, r.text)))

    def _clusters(self, day: int) -> list[tuple[Area, int]]:
        if len(self._recent) < NOTICED_AFTER_DAYS:
            return []
        recent = np.sum(self._recent, axis=0)
        told = [
            (area, int(ill))
            for area, ill in zip(self._communities, recent, strict=True)
            if ill >= self._threshold(area) and self._is_news(area, day)
        ]
        return sorted(told, key=lambda pair: (-pair[1], pair[0].code))[:CLUSTERS_A_DAY]

    def _threshold(self, area: Area) -> int:
        first = area.code == self._market and area.code not in self._last_told
        return MARKET_FROM if first else CLUSTER_FROM

    def _is_news(self, area: Area, day: int) -> bool:
        return day - self._last_told.get(area.code, -QUIET_DAYS) >= QUIET_DAYS

    def _who_tells(self, area: Area, rng: np.random.Generator) -> Sequence[str]:
        """The first cluster at the market is told by three grid workers and a caller."""
        if area.code == self._market and area.code not in self._last_told:
            return _FIRST_GROUP
        return [str(c) for c in rng.choice(CHANNELS, int(rng.integers(1, 4)))]

    def _tell_cluster(
        self, area: Area, ill: int, day: int, channels: Sequence[str], rng: np.random.Generator
    ) -> list[FreeReport]:
        """Several people tell of one event: other words, about the same number, hours apart."""
        templates = read_tables("voices")["cluster"]
        orders = {channel: rng.permutation(len(t)).tolist() for channel, t in templates.items()}
        found = []
        for channel in channels:
            known = min(round(ill * FOUND_SHARE), FOUND_MOST)
            persons = max(2, known + int(rng.integers(-1, 2)))
            template = templates[channel][orders[channel].pop()]
            text = self._fill(template, area, persons, rng)
            place = self._grid_of(area, rng) if channel == "grid_worker" else area.code
            minute = int(rng.integers(7 * 60, 22 * 60))
            cluster = f"{area.code}/{day}"
            found.append(FreeReport(minute, channel, "cluster", place, persons, text, cluster))
        return found

    def _everyday(self, rng: np.random.Generator) -> list[FreeReport]:
        """Two to four reports a day that have nothing to do with the outbreak, or are untrue."""
        table: Mapping[str, list[str]] = read_tables("voices")
        found = []
        for subject in rng.choice(SUBJECTS[1:], int(rng.integers(2, 5)), p=(0.3, 0.5, 0.2)):
            area = self._communities[int(rng.integers(len(self._communities)))]
            text = self._fill(str(rng.choice(table[str(subject)])), area, 0, rng)
            channel = str(rng.choice(("hotline", "web")))
            minute = int(rng.integers(0, 1440))
            found.append(FreeReport(minute, channel, str(subject), area.code, 0, text, None))
        return found

    def _fill(self, template: str, area: Area, persons: int, rng: np.random.Generator) -> str:
        table = read_tables("voices")
        words = {key: str(rng.choice(table[f"{key}"])) for key in ("since", "ill")}
        return template.format(
            place=area.names.hans,
            market=self._city.market.hans,
            spot=str(rng.choice(table["spots"])),
            n=persons,
            **words,
        )

    def _grid_of(self, area: Area, rng: np.random.Generator) -> str:
        grids = self._city.children(area.code)
        return grids[int(rng.integers(len(grids)))].code
