"""Real relief lists: every row of every file has one fate, whatever the snapshots are.

Nothing here knows which snapshots lie in the folder; figures are printed (`pytest -s`).
"""

import lzma
from collections import Counter
from pathlib import Path

import pytest

from gongzhi.exchange.importers import (
    FolderReading,
    ReliefRecord,
    State,
    as_standard,
    newest,
    read_folder,
)
from gongzhi.exchange.importers.relief_lines import Line
from gongzhi.exchange.reading import RawTable, read_path
from gongzhi.exchange.standards import check_row, standards


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    found = [p for p in data_dir.glob("relief*") if p.is_dir()]
    if not found:
        pytest.skip("GONGZHI_DATA has no relief* folder")
    return found[0]


@pytest.fixture(scope="module")
def reading(folder: Path) -> FolderReading:
    return read_folder(folder)


@pytest.fixture(scope="module")
def records(reading: FolderReading) -> list[ReliefRecord]:
    return [r for t in reading.tables for r in t.records if isinstance(r, ReliefRecord)]


def test_every_row_is_read_quarantined_or_a_duplicate(reading: FolderReading) -> None:
    print(f"\n{reading}")
    assert reading.totals.rows > 0
    for table in reading.tables:
        numbers = [f.number for f in table.fates()]
        assert len(numbers) == len(set(numbers)) == table.rows, table.file
        assert all(q.reason and q.raw for q in table.quarantined), table.file


def test_the_account_agrees_with_the_raw_rows(folder: Path, reading: FolderReading) -> None:
    """Counted a second time from the raw tables, no row is missing and none was added."""
    raw = Counter[str]()
    for path in folder.rglob("*"):
        if path.is_file():
            for table in read_path(path, name=f"{folder.name}/{path.relative_to(folder)}"):
                if isinstance(table, RawTable):
                    raw[table.file] += table.size
    assert raw == Counter({t.file: t.rows for t in reading.tables if t.rows or t.file in raw})


def test_no_file_is_forgotten(folder: Path, reading: FolderReading) -> None:
    there = {f"{folder.name}/{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()}
    assert {f.path for f in reading.files} == there
    for file in reading.files:
        assert file.tables or file.not_read, file.path


def test_every_duplicate_names_a_row_that_was_read(reading: FolderReading) -> None:
    read = {r.origin for t in reading.tables for r in t.records}
    duplicates = [d for t in reading.tables for d in t.duplicates]
    assert all(d.of in read and d.origin != d.of for d in duplicates)


def test_every_list_has_its_day_or_says_that_it_has_none(
    reading: FolderReading, records: list[ReliefRecord]
) -> None:
    days = Counter((r.snapshot_on, r.generation, r.kind) for r in records)
    for (day, generation, kind), count in sorted(days.items(), key=str):
        print(f"{day}  {generation:24} {kind:10} {count}")
    undated = {r.origin.file for r in records if r.snapshot_on is None}
    notes = {t.file: " ".join(map(str, t.notes)) for t in reading.tables}
    assert all("day of the list is not known" in notes[file] for file in undated)


def test_needs_have_an_item_or_keep_their_label(records: list[ReliefRecord]) -> None:
    lines = [line for r in records if r.kind == "need" for line in r.lines]
    states = Counter(str(line.amount.state) for line in lines)
    unknown = Counter(line.label for line in lines if not line.item_id)
    print(f"\n{len(lines)} lines: {dict(states)}; without an item: {dict(unknown)}")
    assert all(line.label for line in lines)
    assert all(line.amount.state is not State.NONE for line in lines)
    assert sum(unknown.values()) <= 0.5 * len(lines)
    assert all(_is_sensible(line) for line in lines)


def _is_sensible(line: Line) -> bool:
    quantity = line.amount.quantity
    return quantity is None or 0 < quantity < 10**8


def test_hospitals_have_a_place_and_meet_again_in_later_snapshots(
    records: list[ReliefRecord],
) -> None:
    needs = [r for r in records if r.kind == "need"]
    located = sum(bool(r.place.city) for r in needs)
    inferred = sum(bool(r.place.note) for r in needs)
    days = sorted({r.snapshot_on for r in needs if r.snapshot_on})
    last = newest(needs)
    again = Counter(r.subject for r in needs)
    print(
        f"\n{len(needs)} needs of {len(last)} subjects on {len(days)} days, {located} with a city "
        f"({inferred} inferred), {sum(n > 1 for n in again.values())} subjects again"
    )
    assert located >= 0.5 * len(needs)
    assert len(last) <= len(needs)


def test_nothing_personal_is_in_the_public_part(records: list[ReliefRecord]) -> None:
    for record in records:
        public = str(record.as_values())
        phones = [c.phone for c in record.personal.contacts if len(c.phone) >= 11]
        accounts = [a.number for a in record.personal.accounts if len(a.number) >= 11]
        shown = [p for p in phones + accounts if p in public]
        assert not shown, (record.origin, shown)


def test_what_was_read_satisfies_the_standards(records: list[ReliefRecord]) -> None:
    """Nearly all rows do; what does not is a flaw of the list, named column by column."""
    rows, problems = Counter[str](), Counter[tuple[str, str, str]]()
    sound = 0
    for record in records:
        name, values = as_standard(record)
        for row in values:
            checked = check_row(standards()[name], row)
            rows[name] += 1
            sound += checked.is_sound
            problems.update((name, p.column, p.rule) for p in checked.problems)
    print(f"\n{dict(rows)}, {sound} sound; problems: {dict(problems)}")
    assert sound >= 0.9 * rows.total()


def test_a_later_snapshot_with_new_columns_still_runs(folder: Path, tmp_path: Path) -> None:
    """The same files, moved to another year, with a column nobody knows: read, and listed."""
    copied = 0
    for path in folder.rglob("*.json"):
        text = path.read_text("utf-8")
        column = '{"key":"新栏目","value":"x","type":"string"},'
        new = text.replace('{"key":"审核状态"', column + '{"key":"审核状态"')
        if '"医院名称"' in text and new != text:
            target = tmp_path / "2021-02-11_new" / path.name
            target.parent.mkdir(exist_ok=True)
            target.write_text(new, "utf-8")
            (target.parent / f"{path.name}.xz").write_bytes(lzma.compress(text.encode()))
            copied += 1
    if not copied:
        pytest.skip("GONGZHI_DATA has no relief list of typed cells")
    found = read_folder(tmp_path / "2021-02-11_new")
    print(f"\n{found}")
    assert any("新栏目" in str(line) for line in found.not_understood)
    assert all(t.kind.startswith("relief") for t in found.tables if t.rows)
    assert {r.snapshot_on.year for r in found.records("relief need")
            if isinstance(r, ReliefRecord) and r.snapshot_on} == {2021}  # fmt: skip
