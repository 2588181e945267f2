"""Checks a data contract against the Open Data Contract Standard v3.

Source: Open Data Contract Standard v3.1.0 (Bitol, LF AI & Data), JSON schema and text.
Every mistake is noted with the line it stands in; nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gongzhi.exchange.said import Said, say
from gongzhi.exchange.standards.formats import UnknownFormat, pattern_of
from gongzhi.exchange.standards.located import Located

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


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is a mapping, else one without anything in it."""
    return value if isinstance(value, dict) else {}


def members(value: object) -> list[object]:
    """The members of a list; what is no list has none."""
    return value if isinstance(value, list) else []


_NO_CONTRACT = say("A contract is a mapping that begins with apiVersion, kind, id, version.")


def check_contract(found: Located) -> None:
    """Note every mistake of a contract that was read as YAML."""
    if not isinstance(found.value, dict):
        found.wrong((), _NO_CONTRACT)
        return
    contract = found.value
    _check_keys(found, (), contract, _CONTRACT, ("apiVersion", "kind", "id", "version", "status"))
    _check_texts(found, (), contract)
    if contract.get("kind", "DataContract") != "DataContract":
        what = say("kind is %(kind)s; it must be DataContract.", kind=repr(contract["kind"]))
        found.wrong(("kind",), what)
    if contract.get("apiVersion", VERSIONS[-1]) not in VERSIONS:
        found.wrong(("apiVersion",), _none_of("apiVersion", contract["apiVersion"], VERSIONS))
    tables = members(contract.get("schema"))
    if len(tables) != 1 or not isinstance(tables[0], dict):
        what = say("schema must hold exactly one table; here are %(number)s.", number=len(tables))
        found.wrong(("schema",), what)
        return
    _check_table(found, ("schema", 0), tables[0])


def _none_of(name: str, value: object, allowed: tuple[str, ...]) -> Said:
    return say(
        "%(name)s %(value)s is none of %(values)s.", name=name, value=repr(value), values=allowed
    )


def _check_keys(
    found: Located,
    path: tuple[str | int, ...],
    value: Mapping[str, object],
    allowed: frozenset[str],
    needed: Iterable[str],
) -> None:
    for name in value.keys() - allowed:
        found.wrong((*path, name), say("%(name)s is not known here.", name=repr(name)))
    for name in needed:
        if value.get(name) in (None, ""):
            found.wrong(path, say("%(name)s is missing.", name=repr(name)))


def _check_texts(found: Located, path: tuple[str | int, ...], value: Mapping[str, object]) -> None:
    """Check that what names a thing is a text, or a plain number, of a bearable length."""
    for name, longest in _LONGEST.items():
        given = value.get(name)
        if isinstance(given, bool | dict | list) or len(str(given)) > longest:
            what = say(
                "%(name)s must be a text of at most %(number)s characters.",
                name=repr(name),
                number=longest,
            )
            found.wrong((*path, name), what)


def _check_table(found: Located, path: tuple[str | int, ...], table: Mapping[str, object]) -> None:
    _check_keys(found, path, table, _OBJECT, ("name",))
    _check_texts(found, path, table)
    columns = members(table.get("properties"))
    if not columns:
        found.wrong(path, say("The table has no properties, so no columns."))
    names: set[object] = set()
    positions: dict[object, object] = {}
    for index, column in enumerate(columns):
        here = (*path, "properties", index)
        if not isinstance(column, dict):
            found.wrong(here, say("A property is a mapping with a name and a logicalType."))
            continue
        _check_column(found, here, column)
        name = str(column.get("name"))
        if name in names:
            what = say("The column %(name)s is named twice.", name=repr(name))
            found.wrong((*here, "name"), what)
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
        what = say("A primary key column needs a primaryKeyPosition of 1 or more.")
        found.wrong(path, what)
        return
    if position in taken:
        what = say(
            "The position %(number)s in the key is already taken by %(name)s.",
            number=position,
            name=repr(taken[position]),
        )
        found.wrong((*path, "primaryKeyPosition"), what)
    taken[position] = column.get("name")


def _check_column(
    found: Located, path: tuple[str | int, ...], column: Mapping[str, object]
) -> None:
    _check_keys(found, path, column, _PROPERTY, ("name", "logicalType"))
    _check_texts(found, path, column)
    kind = column.get("logicalType")
    if kind is not None and kind not in TYPES:
        found.wrong((*path, "logicalType"), _none_of("logicalType", kind, TYPES))
        return
    for name in ("required", "unique", "primaryKey"):
        if name in column and not isinstance(column[name], bool):
            found.wrong((*path, name), say("%(name)s must be true or false.", name=repr(name)))
    if "logicalTypeOptions" in column:
        _check_options(
            found, (*path, "logicalTypeOptions"), str(kind), column["logicalTypeOptions"]
        )
    for index, rule in enumerate(members(column.get("quality"))):
        _check_rule(found, (*path, "quality", index), mapping(rule))


def _check_options(found: Located, path: tuple[str | int, ...], kind: str, options: object) -> None:
    if not isinstance(options, dict):
        found.wrong(path, say("logicalTypeOptions must be a mapping."))
        return
    _check_keys(found, path, options, _OPTIONS.get(kind, frozenset()), ())
    low, high = options.get("minimum"), options.get("maximum")
    if type(low) is type(high) and isinstance(low, int | float | str) and low > high:  # type: ignore[operator]
        what = say("minimum %(low)s is above maximum %(high)s.", low=str(low), high=str(high))
        found.wrong((*path, "minimum"), what)
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if kind in ("integer", "number") and not isinstance(options.get(name, 0), int | float):
            what = say(
                "%(name)s must be a number, not %(value)s.", name=name, value=repr(options[name])
            )
            found.wrong((*path, name), what)
    step = options.get("multipleOf", 1)
    if isinstance(step, int | float) and step <= 0:
        found.wrong((*path, "multipleOf"), say("multipleOf must be greater than 0."))
    _check_written(found, path, kind, options)


def _check_written(
    found: Located, path: tuple[str | int, ...], kind: str, options: Mapping[str, object]
) -> None:
    """Check the options written in a language of their own: patterns and date formats."""
    if "pattern" in options:
        what = _not_compiled(str(options["pattern"]))
        if what is not None:
            found.wrong((*path, "pattern"), what)
    zone = options.get("defaultTimezone")
    if kind == "timestamp" and zone is not None and not _is_zone(str(zone)):
        what = say("%(name)s is no time zone, as Asia/Shanghai is.", name=repr(str(zone)[:40]))
        found.wrong((*path, "defaultTimezone"), what)
    if kind in ("date", "time", "timestamp") and "format" in options:
        try:
            pattern_of(str(options["format"]))
        except UnknownFormat as error:
            found.wrong((*path, "format"), error.said)


def _not_compiled(pattern: str) -> Said | None:
    """Why a pattern is no regular expression; nothing where it is one."""
    try:
        re.compile(pattern)
    except re.error as error:
        return say(
            "The pattern is no regular expression: look at its character %(number)s.",
            number=(error.pos or 0) + 1,
        )
    except (OverflowError, RecursionError):
        return say("The pattern counts too far or is nested too deeply. Write it shorter.")
    return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_rule(found: Located, path: tuple[str | int, ...], rule: Mapping[str, object]) -> None:
    if not rule:
        found.wrong(path, say("A quality rule is a mapping with a type."))
    if not isinstance(rule.get("metric", ""), str):
        found.wrong((*path, "metric"), say("metric must be a word."))
    if rule.get("metric") == "invalidValues" and not allowed_values(rule):
        what = say("invalidValues needs arguments with a list validValues.")
        found.wrong(path, what)


def allowed_values(rule: Mapping[str, object]) -> tuple[object, ...]:
    """The values a quality rule allows, where it is a rule of that kind."""
    return tuple(members(mapping(rule.get("arguments")).get("validValues")))
