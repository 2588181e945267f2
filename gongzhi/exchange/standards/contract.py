"""Loads a data contract of the Open Data Contract Standard v3 and says what is wrong with it.

Source: Open Data Contract Standard v3.1.0 (Bitol, LF AI & Data), JSON schema and text.
Every mistake is reported at once, each with the line it stands in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gongzhi.exchange.standards.formats import UnknownFormat, pattern_of
from gongzhi.exchange.standards.located import Located, locate

PERSONAL = frozenset({"personal", "sensitive", "health"})
VERSIONS = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0")
TYPES = ("string", "date", "timestamp", "time", "number", "integer", "boolean", "object", "array")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTRACT = _words(
    "apiVersion kind id version status name tenant tags domain dataProduct description schema team"
    " roles support price servers slaProperties slaDefaultElement authoritativeDefinitions"
    " customProperties contractCreatedTs"
)
_OBJECT = _words(
    "id name physicalName physicalType logicalType businessName description tags properties quality"
    " dataGranularityDescription relationships authoritativeDefinitions customProperties"
)
_PROPERTY = _words(
    "id name businessName description tags logicalType logicalTypeOptions physicalType physicalName"
    " required unique primaryKey primaryKeyPosition partitioned partitionKeyPosition classification"
    " encryptedName criticalDataElement transformSourceObjects transformLogic transformDescription"
    " examples quality relationships authoritativeDefinitions customProperties items"
    " properties"
)
_LONGEST = {"id": 80, "version": 20, "status": 40, "name": 160}
"""Characters that the texts which name a contract, a table or a column may have at most."""
_LIMITS = _words("minimum maximum exclusiveMinimum exclusiveMaximum")
_OPTIONS = {
    "string": _words("minLength maxLength pattern format"),
    "integer": _LIMITS | {"multipleOf", "format"},
    "number": _LIMITS | {"multipleOf", "format"},
    "date": _LIMITS | {"format"},
    "time": _LIMITS | {"format"},
    "timestamp": _LIMITS | {"format", "timezone", "defaultTimezone"},
    "object": _words("minProperties maxProperties required"),
    "array": _words("minItems maxItems uniqueItems"),
    "boolean": frozenset(),
}


class StandardError(ValueError):
    """A contract file is wrong; `mistakes` lists every one as (line, sentence)."""

    def __init__(self, file: str, mistakes: Iterable[tuple[int, str]]) -> None:
        self.file = file
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(f"{file}, line {n}: {what}" for n, what in self.mistakes))


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
        _check_contract(found)
    if found.mistakes:
        raise StandardError(file, found.mistakes)
    return _built(found, file, hashlib.sha256(text.encode()).hexdigest())


def load_standard(path: Path) -> Standard:
    """Return the standard in a contract file; errors as `read_standard`."""
    return read_standard(path.read_text("utf-8"), file=path.name)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _check_contract(found: Located) -> None:
    if not isinstance(found.value, dict):
        found.wrong((), "A contract is a mapping that begins with apiVersion, kind, id, version.")
        return
    contract = found.value
    _check_keys(found, (), contract, _CONTRACT, ("apiVersion", "kind", "id", "version", "status"))
    _check_texts(found, (), contract)
    if contract.get("kind", "DataContract") != "DataContract":
        found.wrong(("kind",), f"kind is {contract['kind']!r}; it must be DataContract.")
    if contract.get("apiVersion", VERSIONS[-1]) not in VERSIONS:
        names = ", ".join(VERSIONS)
        found.wrong(("apiVersion",), f"apiVersion {contract['apiVersion']!r} is none of {names}.")
    tables = _list(contract.get("schema"))
    if len(tables) != 1 or not isinstance(tables[0], dict):
        found.wrong(("schema",), f"schema must hold exactly one table; here are {len(tables)}.")
        return
    _check_table(found, ("schema", 0), tables[0])


def _check_keys(
    found: Located,
    path: tuple[str | int, ...],
    value: Mapping[str, object],
    allowed: frozenset[str],
    needed: Iterable[str],
) -> None:
    for name in value.keys() - allowed:
        found.wrong((*path, name), f"{name!r} is not known here.")
    for name in needed:
        if value.get(name) in (None, ""):
            found.wrong(path, f"{name!r} is missing.")


def _check_texts(found: Located, path: tuple[str | int, ...], value: Mapping[str, object]) -> None:
    """Check that what names a thing is a text, or a plain number, of a bearable length."""
    for name, longest in _LONGEST.items():
        given = value.get(name)
        if isinstance(given, bool | dict | list) or len(str(given)) > longest:
            found.wrong((*path, name), f"{name!r} must be a text of at most {longest} characters.")


def _check_table(found: Located, path: tuple[str | int, ...], table: Mapping[str, object]) -> None:
    _check_keys(found, path, table, _OBJECT, ("name",))
    _check_texts(found, path, table)
    columns = _list(table.get("properties"))
    if not columns:
        found.wrong(path, "The table has no properties, so no columns.")
    names: set[object] = set()
    positions: dict[object, object] = {}
    for index, column in enumerate(columns):
        here = (*path, "properties", index)
        if not isinstance(column, dict):
            found.wrong(here, "A property is a mapping with a name and a logicalType.")
            continue
        _check_column(found, here, column)
        name = str(column.get("name"))
        if name in names:
            found.wrong((*here, "name"), f"The column {name!r} is named twice.")
        names.add(name)
        _check_position(found, here, column, positions)


def _check_position(
    found: Located,
    path: tuple[str | int, ...],
    column: Mapping[str, object],
    taken: dict[object, object],
) -> None:
    if not column.get("primaryKey"):
        return
    position = column.get("primaryKeyPosition")
    if not isinstance(position, int) or position < 1:
        found.wrong(path, "A primary key column needs a primaryKeyPosition of 1 or more.")
        return
    if position in taken:
        what = f"The position {position} in the key is already taken by {taken[position]!r}."
        found.wrong((*path, "primaryKeyPosition"), what)
    taken[position] = column.get("name")


def _check_column(
    found: Located, path: tuple[str | int, ...], column: Mapping[str, object]
) -> None:
    _check_keys(found, path, column, _PROPERTY, ("name", "logicalType"))
    _check_texts(found, path, column)
    kind = column.get("logicalType")
    if kind is not None and kind not in TYPES:
        found.wrong((*path, "logicalType"), f"logicalType {kind!r} is none of {', '.join(TYPES)}.")
        return
    for name in ("required", "unique", "primaryKey"):
        if name in column and not isinstance(column[name], bool):
            found.wrong((*path, name), f"{name!r} must be true or false.")
    if "logicalTypeOptions" in column:
        _check_options(
            found, (*path, "logicalTypeOptions"), str(kind), column["logicalTypeOptions"]
        )
    for index, rule in enumerate(_list(column.get("quality"))):
        _check_rule(found, (*path, "quality", index), _mapping(rule))


def _check_options(found: Located, path: tuple[str | int, ...], kind: str, options: object) -> None:
    if not isinstance(options, dict):
        found.wrong(path, "logicalTypeOptions must be a mapping.")
        return
    _check_keys(found, path, options, _OPTIONS.get(kind, frozenset()), ())
    low, high = options.get("minimum"), options.get("maximum")
    if type(low) is type(high) and isinstance(low, int | float | str) and low > high:  # type: ignore[operator]
        found.wrong((*path, "minimum"), f"minimum {low} is above maximum {high}.")
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if kind in ("integer", "number") and not isinstance(options.get(name, 0), int | float):
            found.wrong((*path, name), f"{name} must be a number, not {options[name]!r}.")
    step = options.get("multipleOf", 1)
    if isinstance(step, int | float) and step <= 0:
        found.wrong((*path, "multipleOf"), "multipleOf must be greater than 0.")
    _check_written(found, path, kind, options)


def _check_written(
    found: Located, path: tuple[str | int, ...], kind: str, options: Mapping[str, object]
) -> None:
    """Check the options written in a language of their own: patterns and date formats."""
    if "pattern" in options:
        try:
            re.compile(str(options["pattern"]))
        except (re.error, OverflowError, RecursionError) as error:
            found.wrong((*path, "pattern"), f"The pattern is no regular expression: {error}.")
    zone = options.get("defaultTimezone")
    if kind == "timestamp" and zone is not None and not _is_zone(str(zone)):
        what = f"{str(zone)[:40]!r} is no time zone, as Asia/Shanghai is."
        found.wrong((*path, "defaultTimezone"), what)
    if kind in ("date", "time", "timestamp") and "format" in options:
        try:
            pattern_of(str(options["format"]))
        except UnknownFormat as error:
            found.wrong((*path, "format"), str(error))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_rule(found: Located, path: tuple[str | int, ...], rule: Mapping[str, object]) -> None:
    if not rule:
        found.wrong(path, "A quality rule is a mapping with a type.")
    if not isinstance(rule.get("metric", ""), str):
        found.wrong((*path, "metric"), "metric must be a word.")
    if rule.get("metric") == "invalidValues" and not _allowed_values(rule):
        found.wrong(path, "invalidValues needs arguments with a list validValues.")


def _allowed_values(rule: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(_list(_mapping(rule.get("arguments")).get("validValues")))


def _built(found: Located, file: str, digest: str) -> Standard:
    contract = _mapping(found.value)
    table = _mapping(_list(contract["schema"])[0])
    columns = [_column(_mapping(c)) for c in _list(table["properties"])]
    key = sorted((c for c in columns if c.key_position), key=lambda c: c.key_position or 0)
    return Standard(
        name=str(contract["id"]),
        version=str(contract["version"]),
        status=str(contract["status"]),
        title=str(contract.get("name") or contract["id"]),
        purpose=str(_mapping(contract.get("description")).get("purpose") or ""),
        table=str(table["name"]),
        columns=tuple(columns),
        key=tuple(c.name for c in key),
        unchecked=tuple(_unchecked(table)),
        file=file,
        digest=digest,
    )


def _column(found: Mapping[str, object]) -> Column:
    rules = [_mapping(r) for r in _list(found.get("quality"))]
    metrics = {r.get("metric") for r in rules}
    extra = {
        str(_mapping(p).get("property")): _mapping(p).get("value")
        for p in _list(found.get("customProperties"))
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
        options=_mapping(found.get("logicalTypeOptions")),
        values=next((v for r in rules if (v := _allowed_values(r))), ()),
        classification=str(found.get("classification") or "public"),
        examples=tuple(str(e) for e in _list(found.get("examples"))),
        unit=str(extra.get("unit") or ""),
        synonyms=tuple(str(s) for s in _list(extra.get("synonyms"))),
    )


def _unchecked(table: Mapping[str, object]) -> Iterable[str]:
    """The rules of a contract that no single row can be checked for, as sentences."""
    for rule in _list(table.get("quality")):
        yield f"the table: {_named(_mapping(rule))}"
    for column in _list(table.get("properties")):
        for rule in _list(_mapping(column).get("quality")):
            known = ("invalidValues", "nullValues", "duplicateValues")
            if _mapping(rule).get("metric") not in known:
                yield f"{_mapping(column).get('name')}: {_named(_mapping(rule))}"


def _named(rule: Mapping[str, object]) -> str:
    return str(rule.get("name") or rule.get("metric") or rule.get("description") or "a rule")
