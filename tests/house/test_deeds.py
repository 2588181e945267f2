"""All writes are deeds: keyword-only, small, explained, and each leaves a line in the ledger."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Iterator
from datetime import datetime
from math import inf
from typing import Annotated, Any, get_args, get_type_hints

import pytest
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.interfaces.inputs import schema_of
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger import actions as ledger
from gongzhi.ledger import deeds
from gongzhi.ledger.deeds import CATALOGUE, Deed
from gongzhi.ledger.records import Record
from gongzhi.parameters import names
from gongzhi.sensing.models import Signal
from tests.house.tree import dotted, imported_names, modules, parse

LINES = 40
load_rooms()
DEEDS = [CATALOGUE[key] for key in sorted(CATALOGUE)]
WRITES_NO_LINE = {("ledger", "seal")}
"""Sealing is about the lines that are there already; a line about it would have to be sealed."""


def test_there_are_deeds_in_every_room_that_acts() -> None:
    rooms = {deed.room for deed in DEEDS}
    assert {"actors", "sensing", "assessment", "decision", "fieldwork", "evaluation"} <= rooms
    assert len(DEEDS) > 40


def name(deed: Deed) -> str:
    return f"{deed.room}.{deed.verb}"


def source_of(deed: Deed) -> Any:
    return inspect.unwrap(deed.function)


@pytest.mark.parametrize("deed", DEEDS, ids=name)
def test_a_deed_takes_keywords_and_ends_with_by_and_now(deed: Deed) -> None:
    parameters = list(inspect.signature(source_of(deed)).parameters.values())
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters)
    given = [p.name for p in parameters]
    assert given[-1] == "now"
    assert given[-2:] == ["by", "now"] if deed.by_hand else "by" not in given[:-2]
    hints = inspect.get_annotations(source_of(deed), eval_str=True)
    assert hints["now"] is datetime and hints.get("by", Person) is Person
    assert "return" in hints


@pytest.mark.parametrize("deed", DEEDS, ids=name)
def test_a_deed_is_explained_in_one_plain_sentence(deed: Deed) -> None:
    assert deed.summary.endswith((".", "。", ").")) and 10 < len(deed.summary) <= 100
    assert deed.summary[0].isupper()


@pytest.mark.parametrize("deed", DEEDS, ids=name)
def test_a_deed_is_small(deed: Deed) -> None:
    lines, _start = inspect.getsourcelines(source_of(deed))
    while lines and lines[0].lstrip().startswith("@"):
        lines = lines[1:]
    assert len(lines) <= LINES, f"{name(deed)} has {len(lines)} lines"


def called_names(code: types.CodeType) -> Iterator[str]:
    """Every name a piece of code looks up, its inner functions included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from called_names(constant)


def reaches(function: Any, target: Any, seen: set[Any] | None = None) -> bool:
    """Whether a function of the product calls another one, itself or through its helpers."""
    seen = seen if seen is not None else set()
    function = inspect.unwrap(function)
    if function in seen or not inspect.isfunction(function):
        return False
    seen.add(function)
    for called in called_names(function.__code__):
        value = function.__globals__.get(called)
        if value is target:
            return True
        ours = inspect.isfunction(value) and value.__module__.startswith("gongzhi.")
        if ours and reaches(value, target, seen):
            return True
    return False


@pytest.mark.parametrize("deed", DEEDS, ids=name)
def test_a_deed_leaves_a_line_in_the_ledger(deed: Deed) -> None:
    writes = any(reaches(deed.function, way) for way in (ledger.append, ledger.append_all))
    assert writes is ((deed.room, deed.verb) not in WRITES_NO_LINE)


def test_a_planted_deed_without_a_line_is_caught() -> None:
    def helper(now: datetime) -> datetime:
        return now

    def silent(*, by: Person, now: datetime) -> None:
        """Change something and tell nobody."""
        helper(now)

    assert not reaches(silent, ledger.append)


@pytest.mark.parametrize("deed", DEEDS, ids=name)
def test_the_inputs_of_a_deed_by_hand_can_be_given_over_every_interface(deed: Deed) -> None:
    if deed.by_hand:
        schema = schema_of(deed).model_json_schema()
        assert set(schema["properties"]) == {i.name for i in deed.inputs}
    else:
        assert deed.inputs is not None


def columns_of(deed: Deed) -> dict[str, models.Field[Any, Any]]:
    """The columns of the record a deed gives back, by the name of the input that fills them."""
    answer = get_type_hints(source_of(deed)).get("return")
    record = next(
        (a for a in get_args(answer) or (answer,) if isinstance(a, type) and issubclass(a, Record)),
        None,
    )
    return {f.name: f for f in record._meta.concrete_fields} if record else {}


def too_wide(deed: Deed) -> Iterator[str]:
    """Inputs that a deed takes and the column of the same name cannot hold."""
    columns = columns_of(deed)
    shaped = {i.name for i in deed.inputs if "pattern=" in repr(i.annotation)}
    for given, said in schema_of(deed).model_json_schema()["properties"].items():
        column = columns.get(given)
        for kind in [said, *said.get("anyOf", [])]:
            if isinstance(column, models.CharField) and kind.get("type") == "string":
                free = given not in shaped and not {"enum", "format"} & set(kind)
                if free and kind.get("maxLength", inf) > (column.max_length or inf):
                    yield f"{name(deed)}: {given} is longer than its column"
            if isinstance(column, models.IntegerField) and kind.get("type") == "integer":
                low, high = RANGES[column.get_internal_type()]
                if kind.get("minimum", -inf) < low or kind.get("maximum", inf) > high:
                    yield f"{name(deed)}: {given} is wider than its column"


RANGES = BaseDatabaseOperations.integer_field_ranges


def test_no_deed_takes_more_than_its_columns_hold() -> None:
    """SQLite would keep what is too long; PostgreSQL would break off with an error."""
    by_hand = [deed for deed in DEEDS if deed.by_hand]
    assert sum(len(columns_of(deed)) > 0 for deed in by_hand) > 30
    assert [found for deed in by_hand for found in too_wide(deed)] == []


def test_a_planted_input_that_is_too_wide_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "CATALOGUE", {})

    @deeds.deed()
    def rename(
        *, title: Annotated[str, Field(max_length=201)], persons: int, by: Person, now: datetime
    ) -> Signal:
        """Give a signal another title."""
        raise AssertionError(title, persons)

    [planted] = deeds.CATALOGUE.values()
    assert list(too_wide(planted)) == ["house.rename: title is longer than its column"]


WAYS = ("append", "append_all")


def test_only_one_room_has_a_verb_of_each_name_written_to_the_ledger() -> None:
    """A line's verb begins with the room that wrote it."""
    wrong = []
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and dotted_end(node.func) in WAYS:
                verb = next((k.value for k in node.keywords if k.arg == "verb"), None)
                if isinstance(verb, ast.Constant) and not str(verb.value).startswith(
                    f"{module.room}."
                ):
                    wrong.append(f"{module.name}:{node.lineno} {verb.value}")
    assert wrong == []


def dotted_end(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


# Powers -------------------------------------------------------------------------------------------

ASKS = {"check_may", "check_may_each", "may"}


def powers_asked(text_modules: Any) -> Iterator[tuple[str, str | None]]:
    """(place, power) of every question for a power; None where it is not written out."""
    for module in text_modules:
        known = imported_names(module.tree)
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            asked = dotted(node.func, known)
            own = module.name == "gongzhi.actors.policies" and node.func.id in ASKS
            if own or asked.removeprefix("gongzhi.actors.policies.") in ASKS:
                power = node.args[1] if len(node.args) > 1 else None
                value = power.value if isinstance(power, ast.Constant) else None
                yield f"{module.name}:{node.lineno}", value


def test_every_power_asked_for_is_in_the_parameters() -> None:
    asked = list(powers_asked(modules()))
    assert len(asked) > 50
    known = names("powers")
    assert [(where, power) for where, power in asked if power and power not in known] == []


def test_every_power_of_the_parameters_is_asked_for_somewhere() -> None:
    """A power that no code asks for promises a protection that is not there."""
    written = {
        node.value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    of_no_deed = {"walk_round"}  # a round is no deed: each of its steps is one of the clock's
    assert [p for p in names("powers") if p not in written | of_no_deed] == []


def test_a_planted_question_for_an_unknown_power_is_caught() -> None:
    planted = parse(
        "from gongzhi.actors.policies import check_may\n"
        "def f(by, unit, now):\n    check_may(by, 'fly', unit, now)\n"
    )
    assert [power for _where, power in powers_asked([planted])] == ["fly"]


def test_every_deed_by_hand_asks_for_a_power_or_for_who_holds_the_record() -> None:
    from gongzhi.actors import policies
    from gongzhi.messages.policies import check_is_mine
    from gongzhi.sensing.policies import check_holds

    unguarded = [
        name(deed)
        for deed in DEEDS
        if deed.by_hand
        and not any(
            reaches(deed.function, guard)
            for guard in (policies.check_may, policies.check_may_each, check_holds, check_is_mine)
        )
    ]
    assert unguarded == []
