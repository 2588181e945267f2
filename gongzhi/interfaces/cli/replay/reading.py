"""Read the data of a replay: divisions, counts, relief lists, with an account of every row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from gongzhi.errors import NotFound
from gongzhi.exchange.importers import (
    CityCount,
    Division,
    FolderReading,
    Gazetteer,
    PlaceSeries,
    ReliefRecord,
    daily_series,
    nearest_vintage,
    read_folder,
)
from gongzhi.exchange.importers.divisions import parent_of
from gongzhi.exchange.importers.gazetteer import NOT_NAMES
from gongzhi.interfaces.cli.replay.scenario import Scenario

NEED = "need"
LOGISTICS = "logistics"
COUNTS = "city counts"
COUNTRY = ("", "中国", "CN")


@dataclass(frozen=True, eq=False)
class City:
    """A city of the province, with its districts and its daily new cases."""

    code: str
    name: str
    districts: tuple[Division, ...]
    new: dict[date, int]


@dataclass(frozen=True)
class Material:
    """All that is played: places, counts by day, relief records by snapshot, the accounts."""

    scenario: Scenario
    readings: dict[str, FolderReading]
    province: Division
    cities: tuple[City, ...]
    source: str
    relief: tuple[ReliefRecord, ...]
    gazetteer: Gazetteer
    notes: list[str] = field(default_factory=list)

    @property
    def first_day(self) -> date:
        """The first day the data of the province cover."""
        return min(d for city in self.cities for d in city.new)

    @property
    def last_day(self) -> date:
        """The last day the data of the province cover."""
        return max(d for city in self.cities for d in city.new)

    def snapshots(self) -> list[date]:
        """The days on which a relief list was taken, in order."""
        return sorted({r.snapshot_on for r in self.relief if r.snapshot_on is not None})


def read_material(folder: Path, scenario: Scenario) -> Material:
    """Read the folders of a scenario below `folder`.

    Errors: `NotFound` with a sentence when a folder or the province is missing.
    """
    readings = {}
    for kind, source in scenario.folders.items():
        path = folder / source.name
        if not path.is_dir():
            raise NotFound(
                f"The data folder has no “{source.name}”. Name a folder that holds: "
                f"{', '.join(s.name for s in scenario.folders.values())}."
            )
        readings[kind] = read_folder(path, include=source.takes)
    notes: list[str] = []
    counts = [c for c in readings["counts"].records(COUNTS) if isinstance(c, CityCount)]
    relief = tuple(_relief(readings["relief"].tables))
    divisions = _divisions(readings["divisions"], _a_day(counts), notes)
    gazetteer = Gazetteer(divisions)
    province = gazetteer.find(scenario.province, level="province").division
    if province is None:
        raise NotFound(f"The divisions do not know the province {scenario.province}.")
    source, series = _series(counts, scenario, province, gazetteer)
    cities = _cities(series, province, divisions, gazetteer, notes)
    notes.append(f"Daily counts are those of {source}; other sources are kept for comparison.")
    return Material(scenario, readings, province, cities, source, relief, gazetteer, notes)


def _relief(tables: Iterable[Any]) -> Iterable[ReliefRecord]:
    for table in tables:
        yield from (r for r in table.records if isinstance(r, ReliefRecord))


def _a_day(counts: list[CityCount]) -> date:
    days = sorted(c.on for c in counts)
    return days[len(days) // 2] if days else date(2020, 2, 1)


def _divisions(reading: FolderReading, on: date, notes: list[str]) -> list[Division]:
    found = [r for t in reading.tables for r in t.records if isinstance(r, Division)]
    chosen, said = nearest_vintage(found, on)
    notes += [f"Divisions, {line}." for line in said]
    return chosen


def _series(
    counts: list[CityCount], scenario: Scenario, province: Division, gazetteer: Gazetteer
) -> tuple[str, list[PlaceSeries]]:
    """The series of the one source that is played: preferred, else the one of most city-days."""
    inside = [
        c
        for c in counts
        if c.city and c.country in COUNTRY and _same_province(c.province, province, gazetteer)
    ]
    days: dict[str, set[tuple[str, date]]] = defaultdict(set)
    for count in inside:
        days[count.source].add((count.city, count.on))
    if not days:
        raise NotFound(f"No daily counts of cities of {province.name} were found in the data.")
    ranked = sorted(days, key=lambda s: (s not in scenario.sources_preferred, -len(days[s]), s))
    best = max(len(d) for d in days.values())
    source = next(s for s in ranked if len(days[s]) * 2 >= best)
    return source, list(daily_series(c for c in inside if c.source == source))


def _same_province(name: str, province: Division, gazetteer: Gazetteer) -> bool:
    found = gazetteer.find(name, level="province").division
    return found is not None and found.code == province.code


def _cities(
    series: list[PlaceSeries],
    province: Division,
    divisions: list[Division],
    gazetteer: Gazetteer,
    notes: list[str],
) -> tuple[City, ...]:
    by_code: dict[str, dict[date, int]] = {}
    names: dict[str, str] = {}
    for one in series:
        found = gazetteer.locate(province.name, one.city)
        if found.division is None or found.division.code == province.code:
            notes.append(f"Counts of “{one.city}” belong to no known city: {found.why}")
            continue
        code = found.division.code
        names[code] = found.division.name
        new = by_code.setdefault(code, {})
        for day in one.days:
            if day.new is None:
                continue
            if day.new < 0:
                notes.append(
                    f"{one.city}, {day.on}: the source went down by {-day.new}; 0 is played."
                )
            elif day.days > 1:
                notes.append(
                    f"{one.city}, {day.on}: {day.new} new in {day.days} days stand on this day."
                )
            new[day.on] = new.get(day.on, 0) + max(0, day.new)
    return tuple(
        City(code, names[code], _districts(code, divisions), by_code[code])
        for code in sorted(by_code)
    )


def _districts(code: str, divisions: list[Division]) -> tuple[Division, ...]:
    inside = {
        d.code: d
        for d in divisions
        if d.level == "county" and parent_of(d.code) == code and d.name not in NOT_NAMES
    }
    return tuple(inside[c] for c in sorted(inside))
