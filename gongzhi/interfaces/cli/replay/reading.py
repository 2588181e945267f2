"""Read the data of a replay: divisions, counts, relief lists, with an account of every row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
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
NOT_WITHOUT = ("divisions", "counts")
"""The folders without which there is nothing to play."""
APART = 60
"""Days without any count that part one crisis from another, or from a slip of the pen."""
FAR = 120
"""Days before or after all counts beyond which the day of a list is not believed."""


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

    @property
    def starts_on(self) -> date:
        """The first day that is played: of the counts or of the lists."""
        return min([self.first_day, *self.snapshots()])

    @property
    def ends_on(self) -> date:
        """The last day that is played: two days after the last count or list."""
        return max([self.last_day, *self.snapshots()]) + timedelta(days=2)


def read_material(folder: Path, scenario: Scenario) -> Material:
    """Read the folders of a scenario below `folder`.

    Errors: `NotFound` with a sentence when a folder, the province or its counts are missing.
    """
    notes: list[str] = []
    readings = _readings(folder, scenario, notes)
    counts = [c for c in readings["counts"].records(COUNTS) if isinstance(c, CityCount)]
    divisions = _divisions(readings["divisions"], _a_day(counts), notes)
    gazetteer = Gazetteer(divisions)
    province = gazetteer.find(scenario.province, level="province").division
    if province is None:
        raise NotFound(
            f"No table in “{scenario.folders['divisions'].name}” knows {scenario.province}. Put a "
            "table of administrative divisions there, with the columns code and name."
        )
    source, series = _series(counts, scenario, province, gazetteer)
    cities = _one_crisis(_cities(series, province, divisions, gazetteer, notes), notes)
    if not cities:
        raise NotFound(_no_counts(scenario))
    notes.append(f"Daily counts are those of {source}; other sources are kept for comparison.")
    material = Material(scenario, readings, province, cities, source, (), gazetteer, notes)
    relief = readings.get("relief")
    records = tuple(_relief(relief.tables)) if relief else ()
    return replace(material, relief=tuple(_dated(records, material)))


def _readings(folder: Path, scenario: Scenario, notes: list[str]) -> dict[str, FolderReading]:
    wanted = ", ".join(source.name for source in scenario.folders.values())
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}. Name the folder that holds: {wanted}.")
    readings = {}
    for kind, source in scenario.folders.items():
        path = folder / source.name
        if path.is_dir():
            readings[kind] = read_folder(path, include=source.takes)
        elif kind in NOT_WITHOUT:
            raise NotFound(
                f"The data folder has no “{source.name}”. Name a folder that holds: {wanted}."
            )
        else:
            notes.append(f"There is no folder “{source.name}”: nothing of it is played.")
    return readings


def _relief(tables: Iterable[Any]) -> Iterable[ReliefRecord]:
    for table in tables:
        yield from (r for r in table.records if isinstance(r, ReliefRecord))


def _dated(records: Iterable[ReliefRecord], material: Material) -> Iterator[ReliefRecord]:
    """The records of the lists, each with a day on which it can be played; what moved is noted."""
    first, last = material.first_day - timedelta(FAR), material.last_day + timedelta(FAR)
    rows = list(records)
    known = [r.snapshot_on for r in rows if r.snapshot_on and first <= r.snapshot_on <= last]
    newest = max(known, default=material.last_day)
    moved: Counter[tuple[str, str, date]] = Counter()
    for record in rows:
        day = record.snapshot_on
        if day is None:
            why, to = "name no day", newest
        elif first <= day <= last:
            yield record
            continue
        else:
            why = f"are of {day}, more than {FAR} days away from all counts"
            to = material.first_day if day < first else material.last_day
        moved[record.origin.file, why, to] += 1
        yield replace(record, snapshot_on=to)
    for (file, why, to), number in moved.items():
        material.notes.append(f"{file}: {number} rows {why}; they are entered on {to}.")


def _one_crisis(cities: tuple[City, ...], notes: list[str]) -> tuple[City, ...]:
    """Keep the longest run of days that belong together; days far from it are noted, not played."""
    days = sorted({day for city in cities for day in city.new})
    runs: list[list[date]] = []
    for day in days:
        if not runs or (day - runs[-1][-1]).days > APART:
            runs.append([])
        runs[-1].append(day)
    kept = set(max(runs, key=len, default=[]))
    for city in cities:
        outside = sorted(city.new.keys() - kept)
        if outside:
            notes.append(
                f"{city.name}: {len(outside)} days from {outside[0]} to {outside[-1]} lie more "
                f"than {APART} days away from the other counts and are not played."
            )
        if not city.new:
            notes.append(f"{city.name}: the source has no figure that says how many were new.")
    played = [replace(c, new={d: n for d, n in c.new.items() if d in kept}) for c in cities]
    return tuple(city for city in played if city.new)


def _no_counts(scenario: Scenario) -> str:
    return (
        f"No daily counts of cities of {scenario.province} were found in "
        f"“{scenario.folders['counts'].name}”. Put a table there with the columns date, province, "
        "city and confirmed."
    )


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
        raise NotFound(_no_counts(scenario))
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
            if day.days > APART:
                notes.append(
                    f"{one.city}, {day.on}: {day.new} new in {day.days} days belong to no day; "
                    "they are not played."
                )
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
