"""`gongzhi supply read`: lists of needs into lines, without a server or a database."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from gongzhi.engines.needs_text import read
from gongzhi.errors import Malformed
from gongzhi.exchange.importers import catalogue, lexicon
from gongzhi.exchange.importers.items_file import read_items_file
from gongzhi.interfaces.cli.commands import gongzhi

CELLS = (
    "id,text\n"
    'h1,"N95口罩2000个、防护服（300）、护目镜若干，库存：口罩100个"\n'
    "h2,防護服越多越好\n"
    "h2,联系人：张某\n"
)
LINES = [
    ["id", "item", "item_zh", "quantity", "unit", "kind", "state", "span"],
    ["h1", "mask-n95", "医用防护口罩（N95）", "2000", "个", "need", "known", "0-10"],
    ["h1", "coverall", "医用防护服", "300", "", "need", "known", "11-19"],
    ["h1", "goggles", "护目镜", "", "", "need", "unknown", "20-25"],
    ["h1", "mask-medical", "普通医用口罩", "100", "个", "stock", "known", "29-35"],
    ["h2", "coverall", "医用防护服", "", "", "need", "open", "0-7"],
]


def run(folder: Path, data: bytes, *words: str, language: str = "en") -> Result:
    (folder / "cells.csv").write_bytes(data)
    args = ["supply", "read", str(folder / "cells.csv"), "--out", str(folder / "lines.csv"), *words]
    with translation.override(language):
        result = CliRunner().invoke(gongzhi, args)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text("utf-8").splitlines()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_lines_are_written_whatever_the_encoding(tmp_path: Path, encoding: str) -> None:
    result = run(tmp_path, CELLS.encode(encoding))
    assert result.exit_code == 0, result.stderr
    assert rows(tmp_path / "lines.csv") == LINES
    assert rows(tmp_path / "lines.left.csv") == [
        ["id", "span", "reason", "text"], ["h2", "0-6", "no_item", "联系人：张某"],
    ]  # fmt: skip


def test_the_summary_counts_everything(tmp_path: Path) -> None:
    said = run(tmp_path, CELLS.encode()).stdout.splitlines()
    assert said[0].startswith("3 cells read: 5 lines in ")
    assert said[1] == "Needs 4, stock 1, offers 0."
    assert said[2] == "Amount known 3, unknown 1, as many as possible 1."
    assert said[3].startswith("Parts that were not understood, for a person: 1, in ")
    assert said[4].startswith("Ids on several rows: 1 (h2).")


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "需求4条"), ("zh-hant", "需求4筆"), ("en", "Needs 4")]
)
def test_three_languages(tmp_path: Path, language: str, words: str) -> None:
    assert words in run(tmp_path, CELLS.encode(), language=language).stdout


def test_what_was_left_goes_where_it_is_told_to(tmp_path: Path) -> None:
    run(tmp_path, CELLS.encode(), "--left", str(tmp_path / "triage.csv"))
    assert len(rows(tmp_path / "triage.csv")) == 2
    assert not (tmp_path / "lines.left.csv").exists()


def test_a_list_that_a_spreadsheet_counted_up(tmp_path: Path) -> None:
    result = run(tmp_path, "ID, Text\n1,N98口罩\n2,N99口罩\n3,N100口罩\n".encode())
    assert [row[1] for row in rows(tmp_path / "lines.csv")[1:]] == ["mask-n95"] * 3
    assert "counted N95 up" in result.stdout


def test_other_columns_and_short_rows_do_no_harm(tmp_path: Path) -> None:
    result = run(tmp_path, "city,id,text\n武汉,1,护目镜\n武汉,2\n\n".encode())
    assert "2 cells read: 1 lines" in result.stdout


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"id,words\n1,a\n", "has the columns: id, words. It needs the columns id and text"),
        (b"", "no text"),
        (b"PK\x03\x04" + bytes(range(256)) * 40, "no text"),
        (b'id,text\n1,"a\n2,b\n', "cannot be read as CSV: unexpected end of data"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    result = run(tmp_path, data)
    assert result.exit_code == Malformed.exit_code
    assert words in result.stderr or "has the columns: –" in result.stderr
    assert not (tmp_path / "lines.csv").exists()


def test_files_that_cannot_be_are_refused(tmp_path: Path) -> None:
    words = ["supply", "read", "none.csv", "--out", str(tmp_path / "lines.csv")]
    with translation.override("en"):
        gone = CliRunner().invoke(gongzhi, words)
    assert gone.exit_code == Malformed.exit_code
    assert "cannot be opened" in gone.stderr
    same = run(tmp_path, CELLS.encode(), "--left", str(tmp_path / "cells.csv"))
    assert "must be different files" in same.stderr
    nowhere = run(tmp_path, CELLS.encode(), "--left", str(tmp_path / "no" / "left.csv"))
    assert "cannot be written" in nowhere.stderr


ITEM = (
    "items:\n- {id: a, group: g, grade: public, units: [个], zh-Hans: 甲, zh-Hant: 甲, en: A%s}\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ITEM % ", unit: [个]", "item a: unit is no key of an item"),
        (ITEM.replace("public", "good") % "", "grade must be 'medical', 'industrial'"),
        (ITEM.replace("en: A", "de: A") % "", "item a: en is missing; write it"),
        (ITEM % ", stands_in_for: [{item: b, efficacy: 1.0}]", "names b; write the id of another"),
        (ITEM % ", stands_in_for: [{item: b, efficacy: 2.0}]", "efficacy must be at most 1"),
        (ITEM % "" + ITEM.removeprefix("items:\n") % "", "item a: its id stands twice"),
        ("slips: {甲: 甲乙}\n" + ITEM % "", "the same number of characters"),
        ("items: [", "is no YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_catalogue_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"items\.yaml") as refused:
        read_items_file("items.yaml", text)
    assert words in str(refused.value)


def test_every_name_of_the_catalogue_is_read_with_every_unit() -> None:
    wrong = []
    for item in catalogue().values():
        for name in (*item.names.values(), *item.synonyms, *item.exact):
            for unit in item.units:
                space = " " if name[-1].isdigit() else ""
                lines = read(f"{name}{space}20{unit}", lexicon()).lines
                if [(x.item, x.quantity, x.unit) for x in lines] != [(item.id, 20, unit)]:
                    wrong.append((name, unit))
    assert wrong == []


def test_the_catalogue_is_broad_and_its_substitutes_go_one_way() -> None:
    items = catalogue()
    assert len(items) >= 120
    assert {i.grade for i in items.values()} == {"medical", "industrial", "public"}
    weak = {s.item: s for s in items["mask-surgical"].stands_in_for}["mask-n95"]
    strong = {s.item: s for s in items["mask-n95"].stands_in_for}["mask-surgical"]
    assert (strong.efficacy, strong.not_for) == (1.0, ())
    assert weak.efficacy < 1
    assert "aerosol-procedures" in weak.not_for
    assert all(set(i.codes) == {"gb38565", "who", "unspsc"} for i in items.values())
