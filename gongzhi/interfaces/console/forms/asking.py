"""What a deed asks: each input as a question of one kind, worked out from its annotation."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gongzhi.actors.reach import Reach
from gongzhi.ledger.deeds import CATALOGUE, Deed
from gongzhi.ledger.records import Record

UNASKED = frozenset({"key"})
UNASKED_IN_ROWS = frozenset({"row"})
"""Inputs that a person is not asked for: they serve programs that send the same thing again."""

LONG = 200
"""Characters from which a text gets a field of several lines."""


@dataclass(frozen=True)
class Ask:
    """One question of a form.

    kind: text, words (several lines), secret, file, number, money, yes, choice, time, day,
    record, records, texts (several of a known set), drafts. `low` and `high` bound numbers,
    `most` the characters or rows.
    """

    name: str
    kind: str
    required: bool
    default: Any = None
    low: float | None = None
    high: float | None = None
    most: int | None = None
    pattern: str = ""
    choices: type[Enum] | None = None
    model: type[Record] | None = None
    reach: Reach | None = None
    rows: tuple[Ask, ...] = ()


@cache
def asks_of(deed: Deed) -> tuple[Ask, ...]:
    """The questions of a deed's form, in the order of its signature."""
    return tuple(
        _ask(i.name, i.annotation, i.required, i.default)
        for i in deed.inputs
        if i.name not in UNASKED
    )


def _ask(name: str, annotation: Any, required: bool, default: Any) -> Ask:
    base, marks, many = _unwrap(annotation)
    default = None if required else default
    ask = Ask(name, "text", required, default, reach=_reach(marks), **_limits(marks))
    if isinstance(base, type) and issubclass(base, Record):
        return replace(ask, kind="records" if many else "record", model=base)
    if isinstance(base, type) and issubclass(base, BaseModel):
        return replace(ask, kind="drafts", rows=_rows(base))
    if isinstance(base, type) and issubclass(base, Enum):
        return replace(ask, kind="texts" if many else "choice", choices=base)
    return replace(ask, kind="texts" if many else _plain_kind(name, base, ask.most))


def _plain_kind(name: str, base: Any, most: int | None) -> str:
    if base is bool:
        return "yes"
    if base is bytes:
        return "file"
    if base is datetime:
        return "time"
    if base is date:
        return "day"
    if base in (int, float):
        return "money" if name.endswith("_cents") else "number"
    if name == "password":
        return "secret"
    return "words" if most is None or most > LONG else "text"


def _unwrap(annotation: Any) -> tuple[Any, list[Any], bool]:
    """(innermost type, all marks on the way, whether a list was on the way)."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        base, marks, many = _unwrap(args[0])
        return base, [*args[1:], *marks], many
    if origin in (Union, types.UnionType):
        return _unwrap(next(a for a in args if a is not type(None)))
    if origin is list:
        base, marks, _many = _unwrap(args[0])
        return base, marks, True
    return annotation, [], False


def _reach(marks: Iterable[Any]) -> Reach | None:
    return next((m for m in marks if isinstance(m, Reach)), None)


LIMITS = {"ge": "low", "le": "high", "max_length": "most", "pattern": "pattern"}
"""pydantic's names of bounds, and ours."""


def _limits(marks: Iterable[Any]) -> dict[str, Any]:
    """Bounds from pydantic's field infos and the marks inside them."""
    flat = [m for mark in marks for m in (mark.metadata if isinstance(mark, FieldInfo) else [mark])]
    found: dict[str, Any] = {}
    for name, key in LIMITS.items():
        values = [getattr(m, name) for m in flat if getattr(m, name, None) is not None]
        if values:
            found[key] = values[0]
    if "pattern" in found:
        found.setdefault("most", 40)
    return found


def _rows(draft: type[BaseModel]) -> tuple[Ask, ...]:
    """The questions of one row of a batch; numbers that name records become choices of records."""
    asks = []
    for name, info in draft.model_fields.items():
        if name in UNASKED_IN_ROWS:
            continue
        annotation = Annotated[(info.annotation, *info.metadata, None)]
        default = None if info.is_required() else info.get_default()
        ask = _ask(name, annotation, info.is_required(), default)
        model = _model_called(name) if ask.kind == "number" else None
        asks.append(replace(ask, kind="record", model=model) if model else ask)
    return tuple(asks)


@cache
def _model_called(name: str) -> type[Record] | None:
    """The class of records that deeds mean by an input of this name."""
    for deed in CATALOGUE.values():
        for given in deed.inputs:
            base, _marks, many = _unwrap(given.annotation)
            if given.name == name and not many and isinstance(base, type):
                return base if issubclass(base, Record) else None
    return None
