"""Which column of a relief list is which field, what kind of list it is, and its generation.

Decided by the names of the columns, the types of typed cells and, where these are silent, the
words in the rows; never by the name of the file or its folder.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gongzhi.exchange.importers.items import find_item
from gongzhi.exchange.reading.values import RawRow, RawTable

FILE = Path(__file__).parent / "relief.yaml"
SUPPLY = "supply"
UNKNOWN = "unknown"
_OFFERED = re.compile("捐赠|捐款|供应|产能|产量|生产|donat|offer", re.IGNORECASE)
NEEDED = 3  # fields a list of an unknown kind must have to count as a relief list

GENERATION_1 = "1 YAML and CSV"
GENERATION_2 = "2 flat, Chinese keys"
GENERATION_3 = "3 typed cells"
GENERATION_3_FLAT = "3 flattened copy"
OTHER = "other platform"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is laid out: field by column, the kind, the generation, unknown columns."""

    kind: str
    generation: str
    fields: Mapping[str, str]
    unknown: tuple[str, ...]
    guessed: tuple[str, ...]

    def columns(self, field: str) -> tuple[str, ...]:
        """The columns that fill a field, in the order of the table."""
        return tuple(c for c, f in self.fields.items() if f == field)


@cache
def _document() -> Any:
    return YAML(typ="safe").load(FILE.read_text("utf-8"))


def plain_name(name: str) -> str:
    """A column's name for comparing: one width, no spaces, no case."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


@cache
def _names() -> dict[str, str]:
    index: dict[str, str] = {}
    for field, names in _document()["fields"].items():
        for name in names:
            index.setdefault(plain_name(name), str(field))
    return index


def review_of(text: str) -> str:
    """What the platform says of a row: verified, unverified, wrong; unstated if nothing."""
    for review, words in _document()["reviews"].items():
        if text.strip() in words:
            return str(review)
    return "unverified" if text.strip() else "unstated"


def layout_of(table: RawTable) -> Layout | None:
    """Return the layout of a relief list, or nothing if the table is none."""
    fields: dict[str, str] = {}
    unknown, guessed = [], []
    for column in table.columns:
        field, how = _field_of(column, table.rows)
        if field:
            fields[column] = field
        if how == "guess":
            guessed.append(column)
        elif how == "unknown":
            unknown.append(column)
    kind = _kind_of(table, fields)
    if kind == UNKNOWN and not _could_be_relief(table, fields):
        return None
    generation = _generation_of(table, fields, kind)
    return Layout(kind, generation, fields, tuple(unknown), tuple(guessed))


def _field_of(column: str, rows: tuple[RawRow, ...]) -> tuple[str, str]:
    """The field a column fills and how that is known: name, type, item, guess or unknown."""
    field = _names().get(plain_name(column))
    if field is not None:
        return field, "name"
    kinds = {str(r.marks[column].get("type")) for r in rows[:50] if column in r.marks}
    if SUPPLY in kinds or find_item(column).item is not None:
        return SUPPLY, "item"
    for kind, typed in _document()["types"].items():
        if kind in kinds:
            return str(typed), "guess"
    for pattern in _document()["patterns"]:
        if re.search(pattern["pattern"], column, re.IGNORECASE):
            return str(pattern["field"]), "guess"
    return "", "unknown"


def _kind_of(table: RawTable, fields: Mapping[str, str]) -> str:
    names = {plain_name(c) for c in table.columns}
    present = set(fields.values())
    asks = bool(present & {SUPPLY, "supplies"})
    for kind, signs in _document()["kinds"].items():
        if kind == "need" and not asks:
            continue  # a list of hospitals is no list of needs
        if names & {plain_name(c) for c in signs["columns"]}:
            return str(kind)
    for kind, signs in _document()["kinds"].items():
        if any(present.issuperset(group) for group in signs.get("groups", ())):
            return str(kind)
    wants = list(fields.values()).count(SUPPLY) >= NEEDED and "name" in present
    if wants and not any(_OFFERED.search(c) for c in table.columns):
        return "need"
    return _kind_by_words(table, fields) if _could_be_relief(table, fields) else UNKNOWN


def _kind_by_words(table: RawTable, fields: Mapping[str, str]) -> str:
    """The kind whose words stand in enough rows, for lists whose columns tell nothing."""
    for kind, sign in _document()["words"].items():
        wanted = [c for c, f in fields.items() if sign["in"] in ("any", f)]
        hits = sum(
            any(re.search(sign["pattern"], str(r.values.get(c) or "")) for c in wanted)
            for r in table.rows
        )
        if table.rows and hits >= sign["share"] * len(table.rows):
            return str(kind)
    return UNKNOWN


def _could_be_relief(table: RawTable, fields: Mapping[str, str]) -> bool:
    """Whether a table of unknown kind looks like a relief list: a name and a way to ask."""
    present = set(fields.values())
    return len(present) >= NEEDED and "name" in present and "contacts" in present


def _generation_of(table: RawTable, fields: Mapping[str, str], kind: str) -> str:
    if "typed cells" in table.format:
        return GENERATION_3
    if SUPPLY in fields.values() or (
        "json" in table.format and any("\u4e00" <= c[:1] <= "\u9fff" for c in fields)
    ):
        return GENERATION_2
    first = table.rows[0].values if table.rows else {}
    if _has_keys(first.get("contacts"), "tel") or _has_keys(first.get("supplies"), "key"):
        return GENERATION_3_FLAT
    if "contacts" in first and "id" in first and "supplies" not in first:
        return GENERATION_3_FLAT if first.get("contacts") == [] else OTHER
    known = kind != UNKNOWN and "title" not in fields.values()
    if known and table.format.startswith(("yaml", "csv")):
        return GENERATION_1
    return OTHER


def _has_keys(value: object, key: str) -> bool:
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and key in first
