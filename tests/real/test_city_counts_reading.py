"""Real counts per city: every source is recognised and every row has one fate.

The days come from the data: nothing here knows which days or sources lie in the folder. Figures are
printed (`pytest -s`).
"""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from gongzhi.exchange.importers import (
    CityCount,
    FolderReading,
    PlaceSeries,
    daily_series,
    read_folder,
)
from gongzhi.exchange.standards import check_rows, standards


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    found = [p for p in data_dir.glob("city_cases*") if p.is_dir()]
    if not found:
        pytest.skip("GONGZHI_DATA has no city_cases* folder")
    return found[0]


@pytest.fixture(scope="module")
def reading(folder: Path) -> FolderReading:
    return read_folder(folder)


@pytest.fixture(scope="module")
def counts(reading: FolderReading) -> list[CityCount]:
    return [r for r in reading.records("city counts") if isinstance(r, CityCount)]


@pytest.fixture(scope="module")
def series(counts: list[CityCount]) -> tuple[PlaceSeries, ...]:
    return daily_series(counts)


def test_every_row_is_read_quarantined_or_a_duplicate(folder: Path, reading: FolderReading) -> None:
    print(f"\n{reading}\n{len(reading.disagreements)} disagreements inside one source")
    there = {f"{folder.name}/{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()}
    assert {f.path for f in reading.files} == there
    for table in reading.tables:
        assert len(table.records) + len(table.duplicates) + len(table.quarantined) == table.rows


def test_every_source_says_which_days_it_covers(counts: list[CityCount]) -> None:
    assert counts
    for source in sorted({c.source for c in counts}):
        days = [c.on for c in counts if c.source == source]
        places = {c.place for c in counts if c.source == source}
        print(f"{source:24} {min(days)} to {max(days)}: {len(days)} counts of {len(places)} places")


def test_no_count_is_made_up(counts: list[CityCount]) -> None:
    for count in counts:
        assert count.country or count.province or count.city
        figures = (count.confirmed, count.suspected, count.cured, count.dead)
        assert any(f is not None for f in figures)


def test_decreases_and_gaps_are_reported_and_the_sums_are_right(
    series: tuple[PlaceSeries, ...],
) -> None:
    sources = Counter(s.source for s in series)
    for source in sorted(sources):
        mine = [s for s in series if s.source == source]
        print(f"{source:24} {len(mine)} series, {sum(len(s.decreases) for s in mine)} decreases, "
              f"{sum(len(s.gaps) for s in mine)} gaps")  # fmt: skip
    for one in series:
        first, last = one.days[0], one.days[-1]
        new = sum(d.new or 0 for d in one.days[1:])
        assert first.cumulative + new == last.cumulative, str(one)
        days = timedelta(days=sum(d.days for d in one.days[1:]))
        assert first.on + days == last.on, str(one)


def test_the_widest_source_satisfies_the_standard_row_by_row(counts: list[CityCount]) -> None:
    """Daily tables give each place once a day: no repeated key, no value out of range."""
    daily = Counter(c.source for c in counts if c.at is None and c.city)
    if not daily:
        pytest.skip("GONGZHI_DATA has no daily table among its city counts")
    widest, _ = daily.most_common(1)[0]
    rows = [(n, c.as_values()) for n, c in enumerate(counts) if c.source == widest and c.province]
    checked = list(check_rows(standards()["city_daily_counts"], rows))
    broken = Counter((p.column, p.rule) for c in checked for p in c.problems)
    print(f"\n{widest}: {len(checked)} rows, problems {dict(broken)}")
    assert len(checked) == len(rows)
    assert sum(c.is_sound for c in checked) >= 0.9 * len(checked)
