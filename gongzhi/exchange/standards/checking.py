"""Checks rows against a standard; each problem is one plain sentence.

How duplicates count, once for the whole house: the first row with a key stands, and every
later row with the same key is a problem of that later row.
"""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from gongzhi.exchange.said import Said, say
from gongzhi.exchange.standards.contract import Column, Standard
from gongzhi.exchange.standards.formats import read_date, read_time, read_timestamp
from gongzhi.ledger.records import storable

_YES = frozenset({"true", "yes", "y", "1", "是", "有", "√"})
_NO = frozenset({"false", "no", "n", "0", "否", "无", "×"})
_INTEGER = re.compile(r"[-+]?\d{1,3}(,\d{3})+|[-+]?\d+(\.0+)?")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST = 40  # digits and signs of a number that anybody has counted
_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)
MOST_EXAMPLES = 5  # of a column, which a problem shows
_EXPECTED = {
    "integer": say("a whole number"),
    "number": say("a number"),
    "boolean": say("yes or no (是/否, true/false)"),
    "date": say("a date such as 2020-01-31"),
    "timestamp": say("a date and time such as 2020-01-31T08:30:00+08:00"),
    "time": say("a time of day such as 08:30"),
    "string": say("a text"),
    "object": say("a group of values"),
    "array": say("a list"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value: the rule broken, what was found and what is expected."""

    column: str
    rule: str
    found: Said | str
    expected: Said

    @property
    def said(self) -> Said:
        """The problem as one sentence."""
        return say(
            "Column %(column)s: found %(found)s, expected %(expected)s.",
            column=self.column,
            found=self.found,
            expected=self.expected,
        )

    def __str__(self) -> str:
        return str(self.said)


@dataclass(frozen=True, slots=True)
class Checked:
    """One row after the check: typed values by column name, problems, and unknown columns.

    A value with a problem is not among `values`; `extra` keeps the columns the standard does
    not know, as they were.
    """

    values: Mapping[str, object]
    problems: tuple[Problem, ...]
    extra: Mapping[str, object] = field(default_factory=dict)
    number: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether the row has no problem."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Which column of a file is which of the standard, what is unknown and what is missing."""

    known: Mapping[str, str]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{len(self.known)} columns known"
        text += f"; not known: {', '.join(self.unknown)}" if self.unknown else ""
        return text + (f"; missing: {', '.join(self.missing)}" if self.missing else "")


def match_columns(standard: Standard, columns: Sequence[str]) -> ColumnMatch:
    """Match the columns of a file to the standard by name, title or synonym."""
    names = {_plain(n): c.name for c in standard.columns for n in (c.title, *c.synonyms) if n}
    names.update({_plain(c.name): c.name for c in standard.columns})
    known: dict[str, str] = {}
    for column in columns:
        name = names.get(_plain(column))
        if name is not None and name not in known.values():
            known[column] = name
    needed = [c.name for c in standard.columns if c.required]
    return ColumnMatch(
        known,
        tuple(c for c in columns if c not in known),
        tuple(n for n in needed if n not in known.values()),
    )


def _plain(name: str) -> str:
    """A column's name without case, width and spaces, for comparing."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def check_row(standard: Standard, values: Mapping[str, object], *, number: int = 0) -> Checked:
    """Check one row: columns by name, title or synonym; returns typed values and problems.

    Uniqueness needs the other rows: see `check_rows`.
    """
    return _checked(standard, match_columns(standard, tuple(values)), values, number)


def check_rows(
    standard: Standard, rows: Iterable[tuple[int, Mapping[str, object]]]
) -> Iterator[Checked]:
    """Check rows given as (number, values), and that keys and unique columns do not repeat."""
    seen: dict[tuple[object, ...], int] = {}
    match, columns = None, None
    for number, values in rows:
        if match is None or columns != tuple(values):
            columns = tuple(values)
            match = match_columns(standard, columns)
        checked = _checked(standard, match, values, number)
        repeats = tuple(_repeats(standard, checked, seen))
        yield checked if not repeats else _with(checked, repeats)


def _with(checked: Checked, problems: tuple[Problem, ...]) -> Checked:
    return Checked(checked.values, checked.problems + problems, checked.extra, checked.number)


def _repeats(
    standard: Standard, checked: Checked, seen: dict[tuple[object, ...], int]
) -> Iterator[Problem]:
    keys = [standard.key] if standard.key else []
    keys += [(c.name,) for c in standard.columns if c.unique and (c.name,) not in keys]
    for names in keys:
        values = tuple(checked.values.get(n) for n in names)
        wrong = {p.column for p in checked.problems}
        if wrong.intersection(names) or all(v is None for v in values):
            continue
        first = seen.setdefault((names, values), checked.number)
        if first != checked.number:
            hidden = any(standard.column(n).is_personal for n in names)
            given = say("a value") if hidden else tuple(str(v) for v in values)
            found = say("%(value)s that row %(row)s already has", value=given, row=first)
            yield Problem(" + ".join(names), "unique", found, say("a value of its own"))


def _checked(
    standard: Standard, match: ColumnMatch, values: Mapping[str, object], number: int
) -> Checked:
    given = {name: values[column] for column, name in match.known.items() if column in values}
    sound: dict[str, object] = {}
    problems: list[Problem] = []
    for column in standard.columns:
        result = check_value(column, given.get(column.name))
        if isinstance(result, Problem):
            problems.append(result)
        else:
            sound[column.name] = result
    extra = {c: values[c] for c in match.unknown if c in values}
    return Checked(sound, tuple(problems), extra, number)


def check_value(column: Column, value: object) -> object | Problem:
    """Return the value in the column's type, nothing for an empty one, or the problem."""
    if value is None or (isinstance(value, str) and not value.strip()):
        if not column.required:
            return None
        return Problem(column.name, "required", say("nothing"), _what(column))
    result = _typed(column, value)
    if result is None:
        return Problem(column.name, "type", _shown(column, value), _what(column))
    for rule, expected in _broken_rules(column, result):
        return Problem(column.name, rule, _shown(column, value), expected)
    return result


def _what(column: Column) -> Said:
    written = str(column.option("format") or "")
    match column.type:
        case "date" if written:
            return say("a date written %(format)s", format=written)
        case "timestamp" if written:
            return say("a timestamp written %(format)s", format=written)
        case "time" if written:
            return say("a time written %(format)s", format=written)
    return _EXPECTED[column.type]


def _shown(column: Column, value: object) -> Said | str:
    if column.is_personal:
        return say("a value that is not shown (personal)")
    text = " ".join(str(storable(value)).split())
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"


def _typed(column: Column, value: object) -> object | None:
    """The value in the column's type, or nothing if it is of another."""
    text = unicodedata.normalize("NFKC", str(value)).strip()
    written = str(column.option("format") or "")
    match column.type:
        case "string":
            return None if isinstance(value, dict | list) else _readable(str(value).strip())
        case "integer":
            return _integer(value, text)
        case "number":
            return _number(value, text)
        case "boolean":
            return _boolean(value, text)
        case "date":
            return _date(value, written)
        case "timestamp":
            return _timestamp(column, value, written)
        case "time":
            return value if isinstance(value, time) else read_time(text, written)
        case "object":
            return value if isinstance(value, dict) else None
    return value if isinstance(value, list) else None


def _readable(text: str) -> str | None:
    """The text, unless it holds what nothing can show or keep: NUL, half of a pair."""
    return None if _UNREADABLE.search(text) else text


def _integer(value: object, text: str) -> int | None:
    if isinstance(value, bool) or len(text) > _LONGEST:
        return None
    return int(text.replace(",", "").partition(".")[0]) if _INTEGER.fullmatch(text) else None


def _number(value: object, text: str) -> float | None:
    if isinstance(value, bool) or not any(c.isdigit() for c in text):
        return None
    found = float(text.replace(",", "")) if _NUMBER.fullmatch(text) else None
    return found if found is not None and math.isfinite(found) else None


def _boolean(value: object, text: str) -> bool | None:
    if isinstance(value, bool):
        return value
    return True if text.lower() in _YES else False if text.lower() in _NO else None


def _date(value: object, written: str) -> date | None:
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else None
    return value if isinstance(value, date) else read_date(str(value), written)


def _timestamp(column: Column, value: object, written: str) -> datetime | None:
    moment = value if isinstance(value, datetime) else read_timestamp(str(value), written)
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=ZoneInfo(str(column.option("defaultTimezone") or "UTC")))


def _broken_rules(column: Column, value: object) -> Iterator[tuple[str, Said]]:
    if column.values and str(value) not in {str(v) for v in column.values}:
        yield "enum", say("one of %(values)s", values=tuple(str(v) for v in column.values))
    if isinstance(value, str):
        yield from _text_rules(column, value)
    elif isinstance(value, int | float | date | time) and not isinstance(value, bool):
        yield from _limits(column, value)


def _text_rules(column: Column, value: str) -> Iterator[tuple[str, Said]]:
    low, high = column.option("minLength"), column.option("maxLength")
    pattern = column.option("pattern")
    if isinstance(low, int) and len(value) < low:
        yield "length", say("at least %(number)s characters", number=low)
    if isinstance(high, int) and len(value) > high:
        yield "length", say("at most %(number)s characters", number=high)
    if pattern is not None and re.search(str(pattern), value) is None:
        yield "pattern", _formed(str(pattern), column.examples)


def _formed(pattern: str, examples: Sequence[str]) -> Said:
    """A text of some form: shown by examples where the standard has any."""
    if not examples:
        return say("a text of the form %(pattern)s", pattern=pattern)
    either: Said | str = examples[0]
    for other in examples[1:MOST_EXAMPLES]:
        either = say("%(one)s or %(other)s", one=either, other=other)
    return say("a text such as %(examples)s", examples=either)


_COMPARED: tuple[tuple[str, Callable[..., Said], Callable[[Any, Any], bool]], ...] = (
    ("minimum", lambda limit: say("at least %(limit)s", limit=limit), operator.ge),
    ("maximum", lambda limit: say("at most %(limit)s", limit=limit), operator.le),
    ("exclusiveMinimum", lambda limit: say("more than %(limit)s", limit=limit), operator.gt),
    ("exclusiveMaximum", lambda limit: say("less than %(limit)s", limit=limit), operator.lt),
)


def _limits(column: Column, value: int | float | date | time) -> Iterator[tuple[str, Said]]:
    for name, expected, holds in _COMPARED:
        limit = column.option(name)
        bound = limit if isinstance(value, int | float) else _bound(column, limit)
        if bound is not None and not holds(value, bound):
            yield name, expected(str(limit))
    step = column.option("multipleOf")
    if isinstance(step, int | float) and isinstance(value, int | float) and value % step:
        yield "multipleOf", say("a multiple of %(step)s", step=str(step))


def _bound(column: Column, limit: object) -> object | None:
    return None if limit is None else _typed(column, limit)
