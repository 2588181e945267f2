"""Real administrative divisions of any vintage: every row has one fate, names lead to codes.

Nothing here knows which vintages lie in the folder; figures are printed (`pytest -s`).
"""

from datetime import date
from pathlib import Path

import pytest

from gongzhi.exchange.importers import (
    Boundary,
    Division,
    FolderReading,
    Gazetteer,
    ReliefRecord,
    nearest_vintage,
    read_folder,
)
from gongzhi.exchange.importers.divisions import LEVELS, parent_of


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    found = [p for p in data_dir.glob("admin_geo*") if p.is_dir()]
    if not found:
        pytest.skip("GONGZHI_DATA has no admin_geo* folder")
    return found[0]


@pytest.fixture(scope="module")
def reading(folder: Path) -> FolderReading:
    return read_folder(folder)


@pytest.fixture(scope="module")
def divisions(reading: FolderReading) -> list[Division]:
    return [r for r in reading.records("divisions") if isinstance(r, Division)]


@pytest.fixture(scope="module")
def gazetteer(divisions: list[Division]) -> Gazetteer:
    chosen, notes = nearest_vintage(divisions, date(2020, 2, 1))
    print("\n" + "; ".join(str(note) for note in notes))
    return Gazetteer(chosen)


def test_every_row_is_read_quarantined_or_a_duplicate(folder: Path, reading: FolderReading) -> None:
    print(f"\n{reading}")
    there = {f"{folder.name}/{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()}
    assert {f.path for f in reading.files} == there
    for table in reading.tables:
        assert len(table.records) + len(table.duplicates) + len(table.quarantined) == table.rows


def test_codes_nest(divisions: list[Division]) -> None:
    assert divisions
    for division in divisions:
        assert division.level in LEVELS
        assert division.parent == parent_of(division.code)
        assert division.code.startswith(division.parent.rstrip("0")[:2])


def test_full_and_short_names_lead_back_to_their_division(
    divisions: list[Division], gazetteer: Gazetteer
) -> None:
    """Every province and city is found by its full name; cities also by their short name."""
    missed = []
    levels = [d for d in divisions if d.level in ("province", "city")]
    for division in levels:
        known = gazetteer.by_code(division.code)
        if known is None or known.name != division.name or not gazetteer.find(known.name).divisions:
            continue
        found = gazetteer.find(
            division.name, level=division.level, within=division.code[:2] + "0000"
        )
        if division.code not in {d.code for d in found.divisions}:
            missed.append(division)
    print(f"\n{len(gazetteer)} divisions, {len(gazetteer.repeated)} codes with two names, "
          f"{len(gazetteer.duplicates())} names twice under one parent, "
          f"{len(gazetteer.namesakes('county'))} county names in several places")  # fmt: skip
    assert levels
    assert not missed, missed[:5]


def test_each_vintage_can_be_the_nearest(divisions: list[Division]) -> None:
    vintages = {d.vintage for d in divisions if d.vintage and d.level == "county"}
    for vintage in vintages:
        chosen, _ = nearest_vintage(divisions, vintage)
        assert {d.vintage for d in chosen if d.level == "county"} == {vintage}


def test_boundaries_are_marked_as_gcj_02(reading: FolderReading, gazetteer: Gazetteer) -> None:
    boundaries = [r for r in reading.records("boundaries") if isinstance(r, Boundary)]
    if not boundaries:
        pytest.skip("GONGZHI_DATA has no boundaries in GeoJSON")
    known = sum(gazetteer.by_code(b.code) is not None for b in boundaries)
    print(f"\n{len(boundaries)} outlines, {known} of divisions in the gazetteer")
    assert {b.datum for b in boundaries} == {"GCJ-02"}
    assert all(b.geometry.get("coordinates") for b in boundaries)


def test_hospitals_of_relief_lists_are_found_in_the_gazetteer(
    data_dir: Path, gazetteer: Gazetteer
) -> None:
    folders = [p for p in data_dir.glob("relief*") if p.is_dir()]
    if not folders:
        pytest.skip("GONGZHI_DATA has no relief* folder")
    found = read_folder(folders[0])
    needs = [r for r in found.records("relief need") if isinstance(r, ReliefRecord)]
    places = [gazetteer.locate(r.place.province, r.place.city, r.place.district) for r in needs]
    cities = [p.division and gazetteer.city_of(p.division.code) for p in places]
    print(f"\n{sum(c is not None for c in cities)} of {len(needs)} needs have a city with a code")
    assert sum(c is not None for c in cities) >= 0.5 * len(needs)
