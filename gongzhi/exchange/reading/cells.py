"""The typed cells of volunteer platforms: a row as a list of `{"key", "value", "type"}`.

In some files the line of types slipped: the key is empty and the name of the column stands
where the type should be. The name is put back and the repair is noted in the cell's marks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeGuard

TYPES = frozenset(
    {"string", "supply", "url", "address", "contact", "date", "status", "enum", "bool", "number"}
)
_TYPE = re.compile(r"[a-z]+(\{.*\})?")


def is_cells(value: object) -> TypeGuard[list[dict[str, object]]]:
    """Whether a value is a row of typed cells."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(c, dict) and "key" in c and "value" in c for c in value)
    )


def is_type_word(value: object) -> bool:
    """Whether a value is the word for a type (`supply`, `enum{已审核}`) and not a value."""
    if not isinstance(value, str) or _TYPE.fullmatch(value.strip()) is None:
        return False
    return value.strip().partition("{")[0] in TYPES


def untyped(
    cells: list[dict[str, object]],
) -> tuple[dict[str, object], dict[str, Mapping[str, object]]]:
    """Return the values by column, and what each cell says beside its value."""
    values: dict[str, object] = {}
    marks: dict[str, Mapping[str, object]] = {}
    for index, cell in enumerate(cells, start=1):
        mark = {k: v for k, v in cell.items() if k not in ("key", "value")}
        name = cell["key"]
        if name is None and isinstance(cell.get("type"), str) and not is_type_word(cell["type"]):
            name = mark.pop("type")
            mark["repaired"] = "the column's name stood in the place of its type"
        column = _free(str(name) if name not in (None, "") else f"column {index}", values)
        values[column] = cell["value"]
        marks[column] = mark
    return values, marks


def _free(name: str, taken: Mapping[str, object]) -> str:
    return name if name not in taken else f"{name} ({len(taken) + 1})"
