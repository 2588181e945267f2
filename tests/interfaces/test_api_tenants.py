"""Whoever logs in sees the own branch of the tree and nothing else: every endpoint, by a stranger.

The first district holds one record of every model; people of the second one ask for them at every
list, every record, every deed and every page. What is new is walked too: the cases come from the
catalogue of deeds, the exposed lists and the address patterns. Only records whose own `SCOPE` says
that everyone may read them are exempt, and inputs marked as reaching any unit.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

import pytest
from django.apps import apps
from django.db import transaction
from pydantic import BaseModel

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import LISTINGS
from gongzhi.actors.reach import Reach
from gongzhi.interfaces.inputs import deeds_by_hand
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.deeds import Deed, Input
from gongzhi.ledger.records import Record
from tests.interfaces.api_world import (
    NOW,
    World,
    built_world,
    lines_written,
    problem_of,
    world,
)  # fmt: skip
from tests.interfaces.test_api_deeds import stripped
from tests.rooms.scenes import Branch

pytestmark = pytest.mark.long

__all__ = ["built_world", "world"]

load_rooms()
DEEDS = deeds_by_hand()
STRANGERS = ("d2-chief", "d2-duty", "s21-duty", "g2111-worker", "h2-clerk")
MODELS = {m.__name__.lower(): m for m in apps.get_models() if issubclass(m, Record)}
SCOPED = sorted((key, model) for key, model in LISTINGS.items() if model.SCOPE)

every_list = pytest.mark.parametrize(
    ("key", "model"), sorted(LISTINGS.items()), ids=["-".join(key) for key in sorted(LISTINGS)]
)
every_scoped_list = pytest.mark.parametrize(
    ("key", "model"), SCOPED, ids=["-".join(key) for key, _model in SCOPED]
)


def theirs(world: World, model: type[Record]) -> Record:
    """The record of a model in the first district."""
    record = world.branches[0].of(model)
    assert model._default_manager.filter(pk=record.pk).exists(), f"no {model.__name__} to ask for"
    return record


# Lists and records --------------------------------------------------------------------------------


@every_list
def test_there_is_a_record_to_ask_for_in_every_list(
    world: World, key: tuple[str, str], model: type[Record]
) -> None:
    record = theirs(world, model)
    listed = world.get("d1-chief", f"{'/'.join(key)}?limit=500")
    assert record.pk in {item["id"] for item in json.loads(listed.content)["items"]}
    shown = world.get("d1-chief", f"{'/'.join(key)}/{record.pk}")
    assert json.loads(shown.content)["record"]["id"] == record.pk


@pytest.mark.feature(1)
@every_scoped_list
def test_no_list_holds_a_record_of_a_foreign_branch(
    world: World, key: tuple[str, str], model: type[Record]
) -> None:
    foreign = theirs(world, model).pk
    for login in STRANGERS:
        answer = world.get(login, f"{'/'.join(key)}?limit=500")
        assert answer.status_code == 200
        assert foreign not in {item["id"] for item in json.loads(answer.content)["items"]}, login
        around = world.get(login, f"{'/'.join(key)}?after={foreign - 1}&limit=1")
        assert foreign not in {item["id"] for item in json.loads(around.content)["items"]}, login


@pytest.mark.feature(1)
@every_scoped_list
def test_a_foreign_record_is_not_there(
    world: World, key: tuple[str, str], model: type[Record]
) -> None:
    foreign = theirs(world, model).pk
    for login in STRANGERS:
        told = problem_of(world.get(login, f"{'/'.join(key)}/{foreign}"), 404)
        nothing = problem_of(world.get(login, f"{'/'.join(key)}/{10**12}"), 404)
        assert told["detail"].replace(str(foreign), "N") == nothing["detail"].replace(
            str(10**12), "N"
        )


# Deeds --------------------------------------------------------------------------------------------

NUMBERS: dict[str, type[Record]] = {
    "place": Unit, "area": Unit, "grid": Unit, "seller": Unit, **MODELS,
    "list_part": MODELS["listpart"],
}  # fmt: skip
"""What a number in a line of a batch names, by the field's name."""


def named_model(annotation: Any) -> type[Record] | None:
    kind, _many = stripped(annotation)
    return kind if isinstance(kind, type) and issubclass(kind, Record) else None


def reach_of(annotation: Any) -> Reach | None:
    """How far an input may reach, wherever in its annotation that stands."""
    if get_origin(annotation) is Annotated:
        marks = [m for m in get_args(annotation)[1:] if isinstance(m, Reach)]
        return marks[0] if marks else reach_of(get_args(annotation)[0])
    return next(filter(None, map(reach_of, get_args(annotation))), None)


def draft_of(declared: Input) -> type[BaseModel] | None:
    kind, _many = stripped(declared.annotation)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def number_fields(draft: type[BaseModel]) -> dict[str, type[Record]]:
    """The fields of a batch's line that name a record: whole numbers without an upper limit."""
    found = {}
    for name, info in draft.model_fields.items():
        if stripped(info.annotation)[0] is int and not _has_upper_limit(
            info.annotation, info.metadata
        ):
            assert name in NUMBERS, f"{draft.__name__}.{name}: which record does this number name?"
            found[name] = NUMBERS[name]
    return found


def _has_upper_limit(annotation: Any, metadata: list[Any]) -> bool:
    inner = [m for a in (annotation, *get_args(annotation)) if get_origin(a) is Annotated
             for m in get_args(a)[1:]]  # fmt: skip
    limits = [one for m in [*metadata, *inner] for one in getattr(m, "metadata", [m])]
    return any(getattr(one, "le", None) is not None for one in limits)


def record_inputs() -> Iterator[tuple[Deed, str, type[Record]]]:
    """Every input of every deed that names a record inside the actor's own area."""
    for deed in DEEDS:
        for declared in deed.inputs:
            model, draft = named_model(declared.annotation), draft_of(declared)
            if model is not None and model.SCOPE and reach_of(declared.annotation) is not Reach.ANY:
                yield deed, declared.name, model
            for name, kind in (number_fields(draft) if draft else {}).items():
                if kind.SCOPE:
                    yield deed, f"{declared.name}.{name}", kind


INPUTS = list(record_inputs())


def fitting(annotation: Any, branch: Branch) -> Any:
    """A value that an input of this type takes, with records of one's own."""
    kind, many = stripped(annotation)
    if issubclass(kind, BaseModel):
        return [{name: own_field(kind, name, branch) for name in kind.model_fields}]
    value = one_fitting(annotation, kind, branch)
    return [value] if many else value


def own_field(draft: type[BaseModel], name: str, branch: Branch) -> Any:
    info = draft.model_fields[name]
    numbers = number_fields(draft)
    if name in numbers:
        return branch.of(numbers[name]).pk
    whole = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    return fitting(whole, branch)


def one_fitting(annotation: Any, kind: type[Any], branch: Branch) -> Any:
    if issubclass(kind, Record):
        reach = reach_of(annotation)
        return branch.department.pk if reach is Reach.SERVING else branch.of(kind).pk
    if issubclass(kind, Enum):
        return next(iter(kind)).value
    samples: dict[type[Any], Any] = {
        str: "fever", bool: True, int: 1, float: 1.0,
        datetime: (NOW + timedelta(days=1)).isoformat(),
        date: NOW.date().isoformat(), bytes: base64.b64encode(b"code\nA\n").decode(),
    }  # fmt: skip
    return samples[kind]


def body_of(deed: Deed, branch: Branch) -> dict[str, Any]:
    return {i.name: fitting(i.annotation, branch) for i in deed.inputs}


def with_number(body: dict[str, Any], name: str, number: int) -> dict[str, Any]:
    """The body with another record in one input, or in one field of a batch's line."""
    outer, _dot, inner = name.partition(".")
    if inner:
        return {**body, outer: [{**body[outer][0], inner: number}]}
    return {**body, outer: [number] if isinstance(body[outer], list) else number}


def counts() -> dict[str, int]:
    """How many records of every kind there are."""
    return {name: model._default_manager.count() for name, model in MODELS.items()}


def as_stored(record: Record) -> dict[str, Any]:
    [row] = type(record)._default_manager.filter(pk=record.pk).values()
    return dict(row)


@pytest.mark.feature(1)
@pytest.mark.parametrize(
    ("deed", "name", "model"), INPUTS, ids=[f"{d.room}-{d.verb}-{name}" for d, name, _m in INPUTS]
)
def test_no_deed_takes_a_record_of_a_foreign_branch(
    world: World, deed: Deed, name: str, model: type[Record]
) -> None:
    """With a record of one's own in the same place the deed finds it: it is that record alone."""
    own, foreign = world.branches[1], theirs(world, model)
    if reach_of(next(i.annotation for i in deed.inputs if i.name == name.split(".")[0])):
        foreign = world.branches[0].department
    body, path = body_of(deed, own), f"{deed.room}/{deed.verb}"
    before, lines, stored = counts(), lines_written(), as_stored(foreign)
    for login in ("d2-chief", "d2-duty"):
        answer = world.post(login, path, with_number(body, name, foreign.pk))
        told = problem_of(answer, 404)
        assert str(foreign.pk) in told["detail"]
        assert set(told["fields"]) <= {name.split(".")[0]}
        with transaction.atomic():
            control = world.post(login, path, body)
            transaction.set_rollback(True)
        assert control.status_code in (201, 403, 409, 422), control.content
        if control.status_code == 422:
            fields = json.loads(control.content)["fields"]
            assert not {"This is needed.", "*"} & {*fields, *fields.values()}
    assert (counts(), lines_written(), as_stored(foreign)) == (before, lines, stored)


def test_enough_deeds_and_lists_are_walked() -> None:
    assert len(INPUTS) > 90 and len(SCOPED) > 35
    assert {deed.room for deed, _n, _m in INPUTS} == {deed.room for deed in DEEDS}
    unwalked = {deed.verb for deed in DEEDS} - {deed.verb for deed, _n, _m in INPUTS}
    assert unwalked == {"adopt_plan", "reopen_by_code", "object_by_code"}, (
        "deeds that name no record of an area"
    )
