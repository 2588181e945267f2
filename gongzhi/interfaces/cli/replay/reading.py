"""Read the data of a replay: divisions, counts, relief lists, with an account of every row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
from gongzhi.writing import listed

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
            _(
                "No table in “%(folder)s” knows %(province)s. Put a table of administrative "
                "divisions there, with the columns code and name."
            )
            % {"folder": scenario.folders["divisions"].name, "province": scenario.province}
        )
    source, series = _series(counts, scenario, province, gazetteer, notes)
    cities = _with_figures(_cities(series, province, divisions, gazetteer, notes), notes)
    if not cities:
        raise NotFound(_no_counts(scenario))
    notes.append(
        _("Daily counts are those of %(source)s; other sources are kept for comparison.")
        % {"source": source}
    )
    material = Material(scenario, readings, province, cities, source, (), gazetteer, notes)
    relief = readings.get("relief")
    records = tuple(_relief(relief.tables)) if relief else ()
    return replace(material, relief=tuple(_dated(records, material)))


def _readings(folder: Path, scenario: Scenario, notes: list[str]) -> dict[str, FolderReading]:
    wanted = listed(source.name for source in scenario.folders.values())
    if not folder.is_dir():
        raise NotFound(
            _("There is no folder %(folder)s. Name the folder that holds: %(wanted)s.")
            % {"folder": folder, "wanted": wanted}
        )
    readings = {}
    for kind, source in scenario.folders.items():
        path, given = folder / source.name, {"folder": source.name, "wanted": wanted}
        if path.is_dir():
            readings[kind] = read_folder(path, include=source.takes)
        elif kind in NOT_WITHOUT:
            raise NotFound(
                _("The data folder has no “%(folder)s”. Name a folder that holds: %(wanted)s.")
                % given
            )
        else:
            notes.append(_("There is no folder “%(folder)s”: nothing of it is played.") % given)
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
    moved: Counter[tuple[str, date | None, date]] = Counter()
    for record in rows:
        day = record.snapshot_on
        if day is not None and first <= day <= last:
            yield record
            continue
        to = newest if day is None else material.first_day if day < first else material.last_day
        moved[record.origin.file, day, to] += 1
        yield replace(record, snapshot_on=to)
    for (file, day, to), number in moved.items():
        material.notes.append(_moved(file, day, to, number))


def _moved(file: str, day: date | None, to: date, number: int) -> str:
    given = {"file": file, "n": number, "day": day, "far": FAR, "to": to}
    if day is None:
        text = ngettext(
            "%(file)s: %(n)s row names no day; it is entered on %(to)s.",
            "%(file)s: %(n)s rows name no day; they are entered on %(to)s.",
            number,
        )
    else:
        text = ngettext(
            "%(file)s: %(n)s row is of %(day)s, more than %(far)s days away from all counts; it is "
            "entered on %(to)s.",
            "%(file)s: %(n)s rows are of %(day)s, more than %(far)s days away from all counts; "
            "they are entered on %(to)s.",
            number,
        )
    return text % given


def _one_crisis(counts: list[CityCount], notes: list[str]) -> list[CityCount]:
    """Keep the longest run of days that belong together; rows far from it are noted, not played."""
    runs: list[list[date]] = []
    for day in sorted({count.on for count in counts}):
        if not runs or (day - runs[-1][-1]).days > APART:
            runs.append([])
        runs[-1].append(day)
    kept = set(max(runs, key=len, default=[]))
    far = Counter((c.origin.file, c.on) for c in counts if c.on not in kept)
    for (file, day), number in sorted(far.items()):
        text = ngettext(
            "%(file)s: %(n)s row of %(day)s lies more than %(apart)s days away from the other "
            "counts; it is not played.",
            "%(file)s: %(n)s rows of %(day)s lie more than %(apart)s days away from the other "
            "counts; they are not played.",
            number,
        )
        notes.append(text % {"file": file, "n": number, "day": day, "apart": APART})
    return [count for count in counts if count.on in kept]


def _with_figures(cities: tuple[City, ...], notes: list[str]) -> tuple[City, ...]:
    for city in cities:
        if not city.new:
            notes.append(
                _("%(city)s: the source has no figure that says how many were new.")
                % {"city": city.name}
            )
    return tuple(city for city in cities if city.new)


def _no_counts(scenario: Scenario) -> str:
    return _(
        "No daily counts of cities of %(province)s were found in “%(folder)s”. Put a table there "
        "with the columns date, province, city and confirmed."
    ) % {"province": scenario.province, "folder": scenario.folders["counts"].name}


def _a_day(counts: list[CityCount]) -> date:
    days = sorted(c.on for c in counts)
    return days[len(days) // 2] if days else date(2020, 2, 1)


def _divisions(reading: FolderReading, on: date, notes: list[str]) -> list[Division]:
    found = [r for t in reading.tables for r in t.records if isinstance(r, Division)]
    chosen, said = nearest_vintage(found, on)
    notes += [_("Divisions, %(what)s.") % {"what": line.shown()} for line in said]
    return chosen


def _series(
    counts: list[CityCount],
    scenario: Scenario,
    province: Division,
    gazetteer: Gazetteer,
    notes: list[str],
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
    played = _one_crisis([c for c in inside if c.source == source], notes)
    return source, list(daily_series(played))


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
            notes.append(
                _("Counts of “%(name)s” belong to no known city: %(why)s")
                % {"name": one.city, "why": found.why.shown()}
            )
            continue
        code = found.division.code
        names[code] = found.division.name
        new = by_code.setdefault(code, {})
        for day in one.days:
            if day.new is None:
                continue
            given = {"city": one.city, "day": day.on, "new": abs(day.new), "days": day.days}
            if day.new < 0:
                notes.append(
                    _("%(city)s, %(day)s: the source went down by %(new)s; 0 is played.") % given
                )
            elif day.days > 1:
                notes.append(
                    _("%(city)s, %(day)s: %(new)s new in %(days)s days stand on this day.") % given
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
