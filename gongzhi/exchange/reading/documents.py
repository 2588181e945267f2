"""Reads lists out of documents: JSON, JSON lines, JavaScript data files and YAML.

Forms understood: a list of objects; one object per line; an object that holds such lists;
the typed cells `[[{"key", "value", "type"}, …], …]` of volunteer platforms; a list of lists
of cells; `let x = {…};`. A broken element costs itself, not the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gongzhi.exchange.reading.cells import is_cells, untyped
from gongzhi.exchange.reading.complaints import complaint
from gongzhi.exchange.reading.encodings import Decoded, is_damaged, show
from gongzhi.exchange.reading.grid import Record, table_from_grid
from gongzhi.exchange.reading.values import Parts, RawTable, UnreadFile
from gongzhi.exchange.said import Said, say

_SPACE = re.compile(r"[\s,]*")
_RESYNC = re.compile(r"[}\]]\s*,\s*(?=[{\[])")
_ASSIGNED = re.compile(
    r"(?:^|(?<=[;\n/]))[^\S\n]*(?:export\s+default|module\.exports\s*=|(?:export\s+)?(?:let|var|const)\s+"
    r"([\w$]+)\s*=|([\w$.]+)\s*=)\s*(?=[\[{])"
)
_COMMENTS = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
TRIES = 500  # broken places of one list at which reading goes on
ASSIGNED = 20  # broken assignments of one script at which reading goes on
_QUOTED = json.JSONEncoder(ensure_ascii=False)  # one for all the texts of a file
_JS_TOKEN = re.compile(
    r'("(?:[^"\\\n]|\\.)*")|\'((?:[^\'\\\n]|\\.)*)\'|(//[^\n]*|/\*.*?(?:\*/|\Z))'
    r"|(?<![\w$])([A-Za-z_$][\w$]*+)(?=\s*:)|(,)(?=\s*[}\]])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list: its ordinal, its text, and its value or what is wrong."""

    number: int
    raw: str
    value: object
    broken: Said | None = None


def read_json(file: str, sha256: str, decoded: Decoded) -> list[RawTable | UnreadFile]:
    """Return the tables in a JSON text: a list, one object per line, or an object with lists."""
    text = decoded.text.strip()
    if text.startswith("["):
        table = elements_table(file, sha256, decoded, "json", list(_elements(text)))
        return [table]
    value, end = _next(text, 0)
    if isinstance(value, Said):
        return _lines_or_reason(file, sha256, decoded, text, value)
    rest = text[end:].strip()
    if rest.startswith("{"):
        return [elements_table(file, sha256, decoded, "json lines", _by_line(text))]
    tables = tables_of(file, sha256, decoded, "json", value)
    return tables if not rest else [*tables, UnreadFile(f"{file}#rest", sha256, _AFTER)]


_AFTER = say("More text stands after the end of the document.")


def read_javascript(file: str, sha256: str, decoded: Decoded) -> list[RawTable | UnreadFile]:
    """Return the tables in the lists and objects a JavaScript data file assigns."""
    text = _as_json(decoded.text)
    tables: list[RawTable | UnreadFile] = []
    at, count, broken = 0, 0, 0
    while broken < ASSIGNED and (found := _ASSIGNED.search(text, at)):
        count += 1
        name = found[1] or found[2] or "default"
        part = file if count == 1 else f"{file}#{name}"
        value, end = _next(text, found.end())
        if isinstance(value, Said):
            why = say("What %(name)s is set to is no data: %(reason)s.", name=name, reason=value)
            tables.append(UnreadFile(part, sha256, why))
            at = found.end()
            broken += 1
        else:
            tables.extend(tables_of(part, sha256, decoded, "javascript", value))
            at = end
    why = say("The script assigns no list and no object.")
    return tables or [UnreadFile(file, sha256, why)]


def looks_like_javascript(text: str) -> bool:
    """Whether the text begins with an assignment of data, as `let x = {` does."""
    start = _COMMENTS.match(text)
    return _ASSIGNED.match(text, start.end() if start else 0) is not None


def tables_of(
    file: str, sha256: str, decoded: Decoded, kind: str, value: object
) -> list[RawTable | UnreadFile]:
    """Return one table per list of records in a document; a document without one is one row."""
    if isinstance(value, list):
        elements = [Element(i, _text(v), v) for i, v in enumerate(value, start=1)]
        return [elements_table(file, sha256, decoded, kind, elements)]
    if not isinstance(value, dict):
        why = say("The document holds one value, no list of records.")
        return [UnreadFile(file, sha256, why)]
    lists = dict(_lists_in(value))
    if not lists:
        one = Element(1, _text(value), value)
        return [elements_table(file, sha256, decoded, kind, [one])]
    around = {k: v for k, v in value.items() if not isinstance(v, list) or k not in lists}
    around = {k: _without(v, k, lists) for k, v in around.items()}
    return [
        elements_table(
            file if len(lists) == 1 else f"{file}#{path}", sha256, decoded, kind,
            [Element(i, _text(v), v) for i, v in enumerate(items, start=1)], around, path,
        )
        for path, items in lists.items()
    ]  # fmt: skip


def _lists_in(document: Mapping[str, object]) -> Iterator[tuple[str, list[object]]]:
    """The lists of records in a document, by their path; one level below if there are none."""
    found = [(k, v) for k, v in document.items() if isinstance(v, list) and _holds_records(v)]
    yield from found
    for key, value in () if found else document.items():
        if isinstance(value, dict):
            for inner, below in value.items():
                if isinstance(below, list) and _holds_records(below):
                    yield f"{key}.{inner}", below


def _holds_records(value: list[object]) -> bool:
    return any(isinstance(v, dict) or is_cells(v) for v in value)


def _without(value: object, key: str, lists: Mapping[str, object]) -> object:
    if not isinstance(value, dict):
        return value
    return {k: v for k, v in value.items() if f"{key}.{k}" not in lists}


def elements_table(
    file: str,
    sha256: str,
    decoded: Decoded,
    kind: str,
    elements: Sequence[Element],
    around: Mapping[str, object] | None = None,
    path: str = "",
) -> RawTable:
    """Return the table that elements make: objects, typed cells, or lines of cells."""
    if elements and all(_is_line(e.value) for e in elements if not e.broken):
        records = [Record(e.number, _cells(e), e.raw, e.broken) for e in elements]
        return table_from_grid(file, sha256, decoded.encoding, kind, records)
    parts = Parts(file)
    single = all(not isinstance(e.value, list | dict) for e in elements)
    typed = 0
    for element in elements:
        typed += _take(parts, element, single)
    notes = decoded.notes
    if path:
        notes += (say("The rows are the list %(path)s of the document.", path=repr(path)),)
    form = f"{kind}, typed cells" if typed else kind
    return RawTable(
        file, sha256, decoded.encoding, form, tuple(parts.columns), tuple(parts.rows),
        tuple(parts.unreadable), around=around or {},
        notes=notes + (() if elements else (say("The list is empty."),)),
    )  # fmt: skip


def _is_line(value: object) -> bool:
    return isinstance(value, list) and not is_cells(value) and bool(value)


def _cells(element: Element) -> list[object]:
    return element.value if isinstance(element.value, list) else []


def _take(parts: Parts, element: Element, single: bool) -> bool:
    """Take one element as a row or as unreadable; true if it was made of typed cells."""
    value, raw = element.value, show(element.raw)
    if element.broken or is_damaged(element.raw):
        parts.refuse(element.number, raw, element.broken or _DAMAGED)
    elif isinstance(value, dict):
        parts.add(element.number, {str(k): v for k, v in value.items()}, raw)
    elif is_cells(value):
        values, marks = untyped(value)
        parts.add(element.number, values, raw, marks)
        return True
    elif single:
        parts.add(element.number, {"value": value}, raw)
    else:
        kind = say("an empty list") if value == [] else say("a single value")
        why = say("The element is %(reason)s where a record is expected.", reason=kind)
        parts.refuse(element.number, raw, why)
    return False


_DAMAGED = say("The record holds bytes that do not belong to the encoding.")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object with every pair kept: a name that stands twice is numbered, not overwritten."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for name, value in pairs:
        free = name if name not in found else f"{name} (2)"
        while free in found:
            free = f"{name} ({len(found) + 1})"
        found[free] = value
    return found


def _constant(name: str) -> str | None:
    # NaN is no JSON; programs that write it mean that there is no value.
    return None if name == "NaN" else name


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, strict=False)


def _next(text: str, at: int) -> tuple[object, int]:
    """The value that begins here, or why it is no JSON; and where it ends."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        line = text.count("\n", 0, error.pos) + 1
        why = complaint(error.msg)
        return _at(line, error.pos - at + 1, why), at
    except ValueError:
        return say("a number in it has thousands of digits"), at
    except RecursionError:
        return say("it is nested too deeply"), at


def _at(line: int, character: int, why: Said) -> Said:
    return say(
        "line %(line)s, character %(character)s: %(error)s",
        line=line,
        character=character,
        error=why,
    )


def _elements(text: str) -> Iterator[Element]:
    """The elements of a JSON list, one by one, so that a broken one costs only itself."""
    number, model, tries = 0, None, [TRIES]
    at = _skip(text, 1)
    while at < len(text) and text[at] != "]":
        number += 1
        value, end = _next(text, at)
        if isinstance(value, Said):
            end = _resync(text, at, model, tries)
            reason = say("The element is no JSON (%(error)s).", error=value)
            yield Element(number, text[at:end].rstrip(", \r\n\t"), None, reason)
        else:
            model = value if model is None else model
            yield Element(number, text[at:end], value)
        at = _skip(text, end)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _resync(text: str, at: int, model: object, tries: list[int]) -> int:
    """Where the next element begins that looks like the ones before; the end if there is none."""
    while model is not None and tries[0] and (found := _RESYNC.search(text, at)):
        tries[0] -= 1
        value, _ = _next(text, found.end())
        if not isinstance(value, Said) and _alike(value, model):
            return found.end()
        at = found.start() + 1
    return len(text)


def _alike(value: object, model: object) -> bool:
    if isinstance(value, dict) and isinstance(model, dict):
        return 2 * len(value.keys() & model.keys()) >= len(model)
    return is_cells(value) and is_cells(model)


def _by_line(text: str) -> list[Element]:
    elements = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        value, end = _next(line.strip(), 0)
        broken = None
        if isinstance(value, Said) or line.strip()[end:].strip():
            broken = say("The line is no JSON object.")
        elements.append(Element(number, line, value, broken))
    return elements


def _lines_or_reason(
    file: str, sha256: str, decoded: Decoded, text: str, why: Said
) -> list[RawTable | UnreadFile]:
    lines = _by_line(text)
    good = sum(not e.broken for e in lines)
    if len(lines) > 1 and 2 * good >= len(lines):
        return [elements_table(file, sha256, decoded, "json lines", lines)]
    reason = say("The text begins like JSON but is none (%(reason)s).", reason=why)
    return [UnreadFile(file, sha256, reason)]


def _as_json(text: str) -> str:
    """JavaScript data as JSON: bare names and single quotes in double ones, no comments."""
    return _JS_TOKEN.sub(_token, text)


def _token(found: re.Match[str]) -> str:
    double, single, comment, name, comma = found.groups()
    if double is not None:
        return double
    if single is not None:
        return _QUOTED.encode(single.replace("\\'", "'"))
    if name is not None:
        return f'"{name}"'
    return " " if comment is not None or comma is not None else found[0]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
