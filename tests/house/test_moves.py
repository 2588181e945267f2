"""Tables of moves: complete, and a move outside of them is noticed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from gongzhi.ledger.records import Record
from gongzhi.sensing.models import Report
from tests.house.moves import Moves
from tests.rooms.cast import City, small_city
from tests.rooms.scenes import taken_report

PACKAGE = Path(__file__).resolve().parents[2] / "gongzhi"
MODELS = [m for m in apps.get_models() if issubclass(m, Record)]
WITH_STATE = [m for m in MODELS if "state" in {f.name for f in m._meta.concrete_fields}]


def plant(text: str) -> Any:
    """A function `planted(record)` that looks as if a room of the product had it."""
    names: dict[str, Any] = {"__name__": "gongzhi.planted.actions"}
    exec(compile(text, "planted", "exec"), names)
    return names["planted"]


@pytest.fixture
def city(db: None) -> City:
    return small_city()


def test_there_are_models_with_states() -> None:
    assert {"Report", "Signal", "Warning", "Order", "Need", "Task"} <= {
        m.__name__ for m in WITH_STATE
    }


@pytest.mark.parametrize("model", WITH_STATE, ids=lambda m: m._meta.label)
def test_a_table_of_moves_covers_all_states(model: Any) -> None:
    states = {value for value, _label in model._meta.get_field("state").choices}
    assert set(model.MOVES) == states
    assert all(targets <= states for targets in model.MOVES.values())
    assert all(state not in targets for state, targets in model.MOVES.items())


@pytest.mark.parametrize("model", WITH_STATE, ids=lambda m: m._meta.label)
def test_a_table_of_moves_has_a_beginning(model: Any) -> None:
    """At least one state is where a record begins, and from it every other can be reached."""
    field = model._meta.get_field("state")
    begins = {field.default} if field.has_default() else set(model.MOVES)
    reached, fresh = set(begins), set(begins)
    while fresh:
        fresh = {t for state in fresh for t in model.MOVES[state]} - reached
        reached |= fresh
    assert reached == set(model.MOVES)


@pytest.mark.parametrize(
    "model", [m for m in MODELS if hasattr(m, "MOVES")], ids=lambda m: m._meta.label
)
def test_a_table_of_moves_belongs_to_a_state(model: Any) -> None:
    assert model in WITH_STATE


def states_assigned(tree: ast.AST) -> set[tuple[str, str]]:
    """(model, STATE) of every `Model.State.STATE` that is written out."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            model = node.value.value
            if node.value.attr == "State" and isinstance(model, ast.Name):
                found.add((model.id, node.attr))
    return found


def test_every_state_named_by_an_action_exists() -> None:
    by_name = {m.__name__: m for m in WITH_STATE}
    named = set()
    for path in PACKAGE.glob("*/actions*"):
        files = [path] if path.suffix == ".py" else path.glob("*.py")
        for file in files:
            named |= states_assigned(ast.parse(file.read_text()))
    assert len(named) > 15
    for model, state in named:
        assert state in by_name[model].State.__members__, f"{model}.State.{state}"


def test_a_move_of_the_table_is_fine(city: City, moves_respected: Moves) -> None:
    report = taken_report(city)
    plant("def planted(r):\n r.state = 'folded'\n r.state = 'dismissed'\n r.save()")(report)
    assert moves_respected.seen == {("sensing.Report", "claimed", "dismissed")}


@pytest.mark.parametrize(
    "text",
    [
        "def planted(r):\n r.state = 'new'\n r.save()",
        "def planted(r):\n r.state = 'new'\n r.save(update_fields=['state'])",
        "def planted(r):\n type(r).objects.filter(pk=r.pk).update(state='new')",
    ],
)
def test_a_planted_move_outside_the_table_is_caught(
    city: City, moves_respected: Moves, text: str
) -> None:
    report = taken_report(city)
    Report.objects.filter(pk=report.pk).update(state="dismissed")  # a scene, not the product
    assert moves_respected.seen == set()
    report.refresh_from_db()
    plant(text)(report)
    assert moves_respected.forbidden == ["sensing.Report: dismissed → new"]
    moves_respected.forbidden.clear()
