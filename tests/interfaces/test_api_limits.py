"""What a deed takes fits into what it is kept in: no input is longer or larger than its column.

SQLite would keep too long a text without a word, PostgreSQL answers with an error that nobody can
use. So the limits of a deed's inputs are compared with the columns of the same name of the record
that the deed makes or changes.
"""

from __future__ import annotations

import re._parser as pattern_parser  # type: ignore[import-not-found]
import types
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from django.db import connection, models
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gongzhi.actors.models import Person
from gongzhi.decision.models import Option
from gongzhi.interfaces.inputs import LARGEST, deeds_by_hand
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.records import Record
from gongzhi.sensing.models import Count

load_rooms()
DEEDS = deeds_by_hand()


def limits_of(annotation: Any) -> tuple[Any, dict[str, Any]]:
    """The plain type of an input and the limits its annotation sets."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        kind, limits = limits_of(args[0])
        for meta in args[1:]:
            for one in getattr(meta, "metadata", [meta]):
                for name in ("max_length", "ge", "le", "pattern"):
                    if getattr(one, name, None) is not None:
                        limits[name] = getattr(one, name)
        return kind, limits
    if origin in (Union, types.UnionType):
        return limits_of(next(a for a in args if a is not type(None)))
    if origin is list:
        kind, _limits = limits_of(args[0])
        return kind, {}
    return annotation, {}


def longest(limits: dict[str, Any]) -> float:
    """How long a text may be at most."""
    by_pattern = (
        pattern_parser.parse(limits["pattern"]).getwidth()[1] if "pattern" in limits else 10**9
    )
    return min(limits.get("max_length", 10**9), int(by_pattern))


ALSO: dict[str, type[Record]] = {"appoint": Person, "record_counts": Count, "decide": Option}
"""Records that a deed makes besides or instead of the one it answers with."""


def made_by(deed: Deed) -> list[type[Record]]:
    """The records that a deed makes or changes, as far as its answer tells."""
    kind, _limits = limits_of(get_type_hints(deed.function, include_extras=True)["return"])
    answered = [kind] if isinstance(kind, type) and issubclass(kind, Record) else []
    return [*answered, *filter(None, [ALSO.get(deed.verb)])]


def inputs_of(deed: Deed) -> list[tuple[str, Any]]:
    """The inputs of a deed, those of its drafts among them."""
    found: list[tuple[str, Any]] = []
    for one in deed.inputs:
        kind, _limits = limits_of(one.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += [(name, _whole(info)) for name, info in kind.model_fields.items()]
        found.append((one.name, one.annotation))
    return found


def _whole(info: FieldInfo) -> Any:
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def columns(deed: Deed, name: str) -> list[models.Field[Any, Any]]:
    """The columns an input goes into: `reason` into `reason` or else into `reason_withdrawn`."""
    every = [f for model in made_by(deed) for f in model._meta.concrete_fields]
    same = [f for f in every if f.name == name]
    return same or [f for f in every if f.name.startswith(f"{name}_")]


PAIRS = [
    (deed, name, annotation, field)
    for deed in DEEDS
    for name, annotation in inputs_of(deed)
    for field in columns(deed, name)
]
pairs = pytest.mark.parametrize(
    ("deed", "name", "annotation", "field"),
    PAIRS,
    ids=[f"{deed.verb}-{name}-{field.name}" for deed, name, _annotation, field in PAIRS],
)


@pairs
def test_no_text_is_longer_than_its_column(
    deed: Deed, name: str, annotation: Any, field: models.Field[Any, Any]
) -> None:
    kind, limits = limits_of(annotation)
    if kind is str and isinstance(field, models.CharField):
        assert longest(limits) <= (field.max_length or 0), f"{field} holds {field.max_length}"


@pairs
def test_no_number_is_larger_than_its_column(
    deed: Deed, name: str, annotation: Any, field: models.Field[Any, Any]
) -> None:
    kind, limits = limits_of(annotation)
    if kind is int and isinstance(field, models.IntegerField):
        largest = {
            models.SmallIntegerField: 2**15 - 1,
            models.PositiveSmallIntegerField: 2**15 - 1,
            models.BigIntegerField: 2**63 - 1,
        }.get(type(field), 2**31 - 1)
        assert limits.get("le", LARGEST) <= largest, field
        if isinstance(field, models.PositiveIntegerField | models.PositiveSmallIntegerField):
            assert limits.get("ge", -LARGEST) >= 0, field


def test_enough_inputs_are_compared() -> None:
    assert len(PAIRS) > 80
    assert sum(limits_of(a)[0] is str for _d, _n, a, _f in PAIRS) > 40


@pytest.mark.django_db
def test_the_database_has_no_narrower_column_than_the_models_say() -> None:
    """The largest whole number that any input may be is kept by the plainest column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(%s AS integer)", [LARGEST])
        assert cursor.fetchone() == (LARGEST,)
