"""Read a duties matrix as people write it: a table (CSV) or a list (YAML), line by line.

Every mistake is named with its line and what to write instead; none is raised. Names of units
stay text here: whose they are is looked up when the matrix is adopted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gongzhi.command.models.duties import LEVELS
from gongzhi.command.plan_text import Problem, read_plan_text, words

MOST_ROWS = 5_000
LONGEST_SUBJECT, LONGEST_BASIS = 80, 300
MOST_MINUTES = 525_600
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "subject": ("subject", "事项", "职责事项", "職責事項"),
    "area": ("area", "区域", "區域", "辖区", "轄區"),
    "department": ("department", "主责单位", "主責單位", "责任单位", "責任單位"),
    "together": ("together", "配合单位", "配合單位", "协同单位", "協同單位"),
    "from": ("from", "起", "起始日期"),
    "till": ("till", "止", "截止日期"),
    "minutes": ("minutes", "时限", "時限", "应答时限", "應答時限"),
    "basis": ("basis", "依据", "依據"),
}
"""What a column or a field may be called."""
NEEDED = ("subject", "area", "department", "from")
_NAMES = {name: column for column, names in COLUMNS.items() for name in names}
_BETWEEN = re.compile(r"[;；、|]")


@dataclass(frozen=True)
class DutyDraft:
    """One row as written: whose duty a subject is in an area, with whom, from when till when."""

    line: int
    subject: str
    area: str
    department: str
    together: tuple[str, ...]
    starts_on: date
    ends_on: date | None
    answer_minutes: int | None
    basis: str


@dataclass(frozen=True)
class DutiesText:
    """What was read: rows, and what is wrong with the others."""

    drafts: tuple[DutyDraft, ...]
    problems: tuple[Problem, ...]


def subject_path(text: str) -> str:
    """A subject with its levels written in one way: “water supply/burst main”."""
    levels = (" ".join(part.split()) for part in text.replace("／", LEVELS).split(LEVELS))
    return LEVELS.join(level for level in levels if level)


def subject_and_above(text: str) -> list[str]:
    """A subject and the wider ones it belongs to, the widest first."""
    levels = subject_path(text).split(LEVELS)
    return [LEVELS.join(levels[:n]) for n in range(1, len(levels) + 1)]


def read_duties(text: str) -> DutiesText:
    """Read a matrix written as CSV (with a heading) or as YAML (a list under `rows:`)."""
    rows, problems = _table(text) if _is_table(text) else _list(text)
    drafts: list[DutyDraft] = []
    for line, row in rows:
        draft, wrong = _draft(line, row)
        problems += wrong
        drafts += [draft] if draft else []
    if len(rows) > MOST_ROWS:
        problems.append(
            _at(1, words("There are more than %(most)s rows. Split the matrix."), most=MOST_ROWS)
        )
    if not rows and not problems:
        problems.append(_at(1, words("There is no row here. Write one line for each duty.")))
    return DutiesText(tuple(drafts), tuple(sorted(problems, key=lambda p: p.line)))


def _is_table(text: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return any(mark in first for mark in (",", "\t", "，"))


Rows = list[tuple[int, dict[str, str]]]


def _table(text: str) -> tuple[Rows, list[Problem]]:
    head = text.lstrip("\ufeff\n\r").splitlines()[0]
    mark = "\t" if "\t" in head else "," if "," in head else "，"
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=mark)
    lines: Iterator[tuple[int, list[str]]] = ((reader.line_num, row) for row in reader)
    filled = [(n, row) for n, row in lines if any(cell.strip() for cell in row)]
    columns = [_NAMES.get(cell.strip().lower(), "") for cell in filled[0][1]]
    problems = [
        _at(filled[0][0], words("The column “%(name)s” is not known. Call it one of: %(known)s."),
            name=cell, known=", ".join(COLUMNS))
        for cell, column in zip(filled[0][1], columns, strict=True) if not column
    ] + [
        _at(filled[0][0], words("The column “%(name)s” is missing. Add it to the heading."),
            name=name)
        for name in NEEDED if name not in columns
    ]  # fmt: skip
    if problems:
        return [], problems
    rows = []
    for line, cells in filled[1:]:
        if len(cells) > len(columns):
            problems.append(
                _at(line, words("This line has more cells than the heading. Put quotes around "
                                "a cell that holds a comma."))
            )  # fmt: skip
            continue
        rows.append((line, dict(zip(columns, (cell.strip() for cell in cells), strict=False))))
    return rows, problems


def _list(text: str) -> tuple[Rows, list[Problem]]:
    read = read_plan_text(text)
    problems = list(read.problems)
    value = read.value.get("rows") if isinstance(read.value, dict) else read.value
    if not isinstance(value, list):
        begin = words("Begin with a heading of columns (CSV), or with “rows:” and a list (YAML).")
        return [], problems or [_at(1, begin)]
    base: tuple[str | int, ...] = ("rows",) if isinstance(read.value, dict) else ()
    rows = []
    for number, item in enumerate(value):
        line = read.place((*base, number))[0]
        if not isinstance(item, dict):
            problems.append(_at(line, words("A row is a list of “name: value”. Write it so.")))
            continue
        problems += [
            _at(line, words("The column “%(name)s” is not known. Call it one of: %(known)s."),
                name=name, known=", ".join(COLUMNS))
            for name in item if name not in _NAMES
        ]  # fmt: skip
        rows.append((line, {_NAMES[n]: _cell(v) for n, v in item.items() if n in _NAMES}))
    return rows, problems


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    return "" if value is None else str(value).strip()


def _draft(line: int, row: Mapping[str, str]) -> tuple[DutyDraft | None, list[Problem]]:
    subject = subject_path(row.get("subject", ""))
    empty = [name for name in NEEDED if not row.get(name)]
    problems = [
        _at(line, words("“%(name)s” is empty. Write it here."), name=name) for name in empty
    ]
    for name, text, most in (("subject", subject, LONGEST_SUBJECT),
                             ("basis", row.get("basis", ""), LONGEST_BASIS)):  # fmt: skip
        if len(text) > most:
            problems.append(
                _at(line, words("“%(name)s” has more than %(most)s characters. Write it shorter."),
                    name=name, most=most)
            )  # fmt: skip
    days: dict[str, date | None] = {}
    for name in ("from", "till"):
        days[name], wrong = _day(line, name, row.get(name, ""))
        problems += wrong
    starts_on, ends_on = days["from"], days["till"]
    limit, wrong = _minutes(line, row.get("minutes", ""))
    problems += wrong
    if starts_on and ends_on and ends_on < starts_on:
        problems.append(
            _at(line, words("The row ends (%(till)s) before it begins (%(start)s). Swap the days."),
                till=ends_on, start=starts_on)
        )  # fmt: skip
    if problems or starts_on is None:
        return None, problems
    together = tuple(t.strip() for t in _BETWEEN.split(row.get("together", "")) if t.strip())
    return DutyDraft(
        line, subject, row["area"], row["department"], together, starts_on, ends_on,
        limit, row.get("basis", ""),
    ), []  # fmt: skip


def _minutes(line: int, text: str) -> tuple[int | None, list[Problem]]:
    if not text:
        return None, []
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_MINUTES:
        return int(text), []
    sentence = words("“minutes” is “%(text)s”. Write a whole number from 1 to %(most)s.")
    return None, [_at(line, sentence, text=text[:40], most=MOST_MINUTES)]


def _day(line: int, name: str, text: str) -> tuple[date | None, list[Problem]]:
    if not text:
        return None, []
    try:
        return date.fromisoformat(text), []
    except ValueError:
        sentence = words("“%(name)s” is “%(text)s”, which is no day. Write it as 2021-03-31.")
        return None, [_at(line, sentence, name=name, text=text[:40])]


def _at(line: int, sentence: str, /, **facts: object) -> Problem:
    return Problem(line, 1, sentence, tuple((k, str(v)) for k, v in facts.items()))
