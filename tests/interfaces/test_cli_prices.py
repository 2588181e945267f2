"""`gongzhi supply prices` on a CSV alone: without a database, and what it leaves out is named."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from gongzhi.interfaces.cli.commands import gongzhi

OTHERS = [
    ("a", "1", "1.2"),
    ("b", "2", "2.4"),
    ("c", "1", "1.1"),
    ("d", "3", "3.6"),
    ("e", "1", "1.2"),
]
HEAD = "seller,item,date,price"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def table(*more: tuple[str, str, str], head: str = HEAD) -> str:
    """A CSV with a price of each seller before and after."""
    rows = [
        f"{seller},口罩,{day},{price}"
        for seller, was, now in (*OTHERS, *more)
        for day, price in (("2020-01-20", was), ("2020/02/03", now))
    ]
    return "\n".join([head, *rows]) + "\n"


def run(tmp_path: Path, text: str | bytes, *options: str) -> tuple[Result, list[dict[str, str]]]:
    """The command's answer, and the rows it wrote."""
    source, out = tmp_path / "prices.csv", tmp_path / "flags.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    arguments = ["supply", "prices", str(source), "--out", str(out), *options]
    answer = CliRunner().invoke(gongzhi, arguments)
    written = out.read_text(encoding="utf-8-sig") if out.exists() else ""
    return answer, list(csv.DictReader(io.StringIO(written)))


def test_a_file_is_screened_with_the_baseline_of_the_areas_notice(tmp_path: Path) -> None:
    answer, rows = run(tmp_path, table(("x", "0.5", "1.5")), "--area", "42", "--explain")
    assert answer.exit_code == 0, answer.output
    assert "6 offers, 1 flagged" in answer.output
    [row] = rows
    assert (row["seller"], row["was"], row["now"], row["overprice"]) == (
        "x", "0.5000", "1.5000", "1.5000"
    )  # fmt: skip
    assert "no finding" in row["why"] and "6 sellers" in row["why"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_chinese_headings_and_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    text = table(("药店甲", "0.5", "1.5"), head="商家,商品,日期,价格").encode(encoding)
    answer, rows = run(tmp_path, text, "--baseline", "2020-01-21", "--all")
    assert answer.exit_code == 0, answer.output
    assert len(rows) == 6 and rows[0]["seller"] == "药店甲" and rows[0]["item"] == "口罩"


def test_rows_that_cannot_be_read_are_named_and_the_others_judged(tmp_path: Path) -> None:
    text = (
        table(("x", "0.5", "1.5"))
        + "y,口罩,yesterday,3\nz,口罩,2020-02-03,free\n,口罩,2020-02-03,3\n"
    )
    answer, rows = run(tmp_path, text, "--baseline", "2020-01-21")
    assert answer.exit_code == 11 and [row["seller"] for row in rows] == ["x"]
    assert "Row 14: “yesterday” is no date" in answer.output
    assert "Row 15: “free” is no amount" in answer.output
    assert "Row 16: a needed cell is missing" in answer.output


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("seller,item\na,b\n", ["--area", "42"], "no column date, price"),
        (table(), [], "Say the last day"),
        (HEAD + "\na,口罩,1990-01-01,1\n", ["--area", "42"], "No rule about prices"),
        (HEAD + "\n", ["--area", "42"], "There is no price in"),
        (HEAD + '\n"a,口罩', ["--area", "42"], "Line 2 of"),
        (b"\xff\xfe\x00\x01\x02\x03\x04\x05\x06", ["--area", "42"], "prices.csv"),
    ],
    ids=["columns", "baseline", "before", "empty", "quote", "bytes"],
)
def test_what_is_missing_is_said_in_a_sentence(
    tmp_path: Path, text: str | bytes, options: list[str], said: str
) -> None:
    answer, rows = run(tmp_path, text, *options)
    assert answer.exit_code == 11 and rows == [] and said in answer.output
    assert "Traceback" not in answer.output


@pytest.mark.parametrize("price", ["1,234.50", "¥1234.5", "1234.5元", "$ 1234.50"])
def test_amounts_are_read_as_people_write_them(tmp_path: Path, price: str) -> None:
    text = f'seller,item,date,price\na,口罩,2020-02-03,"{price}"\n'
    answer, [row] = run(tmp_path, text, "--area", "42", "--all")
    assert (answer.exit_code, row["now"]) == (0, "1234.5000"), answer.output


def test_the_file_itself_is_never_written_over(tmp_path: Path) -> None:
    answer, _rows = run(tmp_path, table(), "--area", "42", "--out", str(tmp_path / "prices.csv"))
    assert answer.exit_code == 11 and "must be different files" in answer.output
    assert (tmp_path / "prices.csv").read_text() == table()


@pytest.mark.parametrize(
    "cells",
    [
        '"1,5"',
        "1_000",
        "1.",
        f"2,{'0' * 19}199",
        "0",
        "-1",
        "1e9",
        "1/2",
        "2,0,0",
        "3,1.5",
        "3,1,-1",
        "3,1,x",
    ],
)
def test_figures_that_cannot_be_are_named(tmp_path: Path, cells: str) -> None:
    text = f"seller,item,date,price,pack,delivery\na,口罩,2020-02-03,{cells}\n"
    answer, _rows = run(tmp_path, text, "--area", "42")
    assert answer.exit_code == 11 and answer.output.startswith("Row 2: “"), answer.output


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    answer, _rows = run(tmp_path, table(), "--area", "42", "--out", str(tmp_path / "no" / "x"))
    assert answer.exit_code == 11 and "cannot be written" in answer.output


def test_a_formula_in_a_name_is_written_as_text(tmp_path: Path) -> None:
    _answer, rows = run(tmp_path, table(("=1+1", "0.5", "1.5")), "--baseline", "2020-01-21")
    assert rows[0]["seller"] == "'=1+1"


def test_a_market_that_rose_as_a_whole_is_named(tmp_path: Path) -> None:
    text = HEAD + "\n" + "".join(
        f"{s},口罩,2020-01-20,1\n{s},口罩,2020-02-03,3\n" for s in "abcdef"
    )  # fmt: skip
    answer, rows = run(tmp_path, text, "--baseline", "2020-01-21")
    assert rows == [] and "rose 3.0 times" in answer.output
