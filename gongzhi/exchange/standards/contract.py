"""Loads a data contract of the Open Data Contract Standard v3 and says what is wrong with it.

Source: Open Data Contract Standard v3.1.0 (Bitol, LF AI & Data), JSON schema and text.
Every mistake is reported at once, each with the line it stands in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gongzhi.exchange.said import Said, say
from gongzhi.exchange.standards.contract_checks import (
    allowed_values,
    check_contract,
    mapping,
    members,
)
from gongzhi.exchange.standards.located import Located, locate

PERSONAL = frozenset({"personal", "sensitive", "health"})


class StandardError(ValueError):
    """A contract file is wrong; `mistakes` lists every one as (line, sentence)."""

    def __init__(self, file: str, mistakes: Iterable[tuple[int, Said]]) -> None:
        self.file = file
        self.mistakes = tuple(sorted(mistakes, key=lambda found: (found[0], str(found[1]))))
        super().__init__("\n".join(map(str, self.said)))

    @property
    def said(self) -> tuple[Said, ...]:
        """Every mistake as a sentence that begins with where it stands."""
        return tuple(
            say("%(file)s, line %(line)s: %(reason)s", file=self.file, line=line, reason=what)
            for line, what in self.mistakes
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a standard: its type, what a value must satisfy, and its names."""

    name: str
    type: str
    title: str = ""
    description: str = ""
    required: bool = False
    unique: bool = False
    key_position: int | None = None
    options: Mapping[str, object] | None = None
    values: tuple[object, ...] = ()
    classification: str = "public"
    examples: tuple[str, ...] = ()
    unit: str = ""
    synonyms: tuple[str, ...] = ()

    @property
    def is_personal(self) -> bool:
        """Whether the column holds personal data, so that its values are never shown."""
        return self.classification in PERSONAL

    def option(self, name: str) -> object:
        """One of the logical type's options, or nothing."""
        return (self.options or {}).get(name)


@dataclass(frozen=True, slots=True)
class Standard:
    """One version of a data standard; `unchecked` are its rules that no row is checked for."""

    name: str
    version: str
    status: str
    title: str
    purpose: str
    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unchecked: tuple[str, ...]
    file: str
    digest: str

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError(f"The standard {self.name} has no columns.")

    def column(self, name: str) -> Column:
        """The column called `name`; `KeyError` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"The standard {self.name} has no column {name!r}.")

    @property
    def personal(self) -> tuple[str, ...]:
        """The names of the columns that hold personal data."""
        return tuple(c.name for c in self.columns if c.is_personal)

    def __str__(self) -> str:
        return f"{self.title or self.name} {self.version}, {len(self.columns)} columns"


def read_standard(text: str, *, file: str = "contract.odcs.yaml") -> Standard:
    """Return the standard in a contract's text.

    Errors: `StandardError` listing every mistake with its line.
    """
    found = locate(text)
    if not found.mistakes:
        check_contract(found)
    if found.mistakes:
        raise StandardError(file, found.mistakes)
    return _built(found, file, hashlib.sha256(text.encode()).hexdigest())


def load_standard(path: Path) -> Standard:
    """Return the standard in a contract file; errors as `read_standard`."""
    return read_standard(path.read_text("utf-8"), file=path.name)


def _built(found: Located, file: str, digest: str) -> Standard:
    contract = mapping(found.value)
    table = mapping(members(contract["schema"])[0])
    columns = [_column(mapping(c)) for c in members(table["properties"])]
    key = sorted((c for c in columns if c.key_position), key=lambda c: c.key_position or 0)
    return Standard(
        name=str(contract["id"]),
        version=str(contract["version"]),
        status=str(contract["status"]),
        title=str(contract.get("name") or contract["id"]),
        purpose=str(mapping(contract.get("description")).get("purpose") or ""),
        table=str(table["name"]),
        columns=tuple(columns),
        key=tuple(c.name for c in key),
        unchecked=tuple(_unchecked(table)),
        file=file,
        digest=digest,
    )


def _column(found: Mapping[str, object]) -> Column:
    rules = [mapping(r) for r in members(found.get("quality"))]
    metrics = {r.get("metric") for r in rules}
    extra = {
        str(mapping(p).get("property")): mapping(p).get("value")
        for p in members(found.get("customProperties"))
    }
    position = found.get("primaryKeyPosition") if found.get("primaryKey") else None
    return Column(
        name=str(found["name"]),
        type=str(found["logicalType"]),
        title=str(found.get("businessName") or ""),
        description=str(found.get("description") or ""),
        required=bool(found.get("required")) or "nullValues" in metrics,
        unique=bool(found.get("unique"))
        or any(r.get("metric") == "duplicateValues" for r in rules),
        key_position=position if isinstance(position, int) else None,
        options=mapping(found.get("logicalTypeOptions")),
        values=next((v for r in rules if (v := allowed_values(r))), ()),
        classification=str(found.get("classification") or "public"),
        examples=tuple(str(e) for e in members(found.get("examples"))),
        unit=str(extra.get("unit") or ""),
        synonyms=tuple(str(s) for s in members(extra.get("synonyms"))),
    )


def _unchecked(table: Mapping[str, object]) -> Iterable[str]:
    """The rules of a contract that no single row can be checked for, as sentences."""
    for rule in members(table.get("quality")):
        yield f"the table: {_named(mapping(rule))}"
    for column in members(table.get("properties")):
        for rule in members(mapping(column).get("quality")):
            known = ("invalidValues", "nullValues", "duplicateValues")
            if mapping(rule).get("metric") not in known:
                yield f"{mapping(column).get('name')}: {_named(mapping(rule))}"


def _named(rule: Mapping[str, object]) -> str:
    return str(rule.get("name") or rule.get("metric") or rule.get("description") or "a rule")
