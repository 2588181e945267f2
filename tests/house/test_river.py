"""One river: imports and foreign keys point upstream, and a planted one downstream is caught."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps

from gongzhi.actors.models import Unit
from gongzhi.ledger.records import Record
from tests.house.tree import ROOT, copy_of_the_package, modules

RIVER = settings.RIVER


def lint_imports(folder: Path) -> tuple[bool, str]:
    """Whether the import contracts hold in a folder, and what was said."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


def test_the_import_contracts_hold() -> None:
    kept, said = lint_imports(ROOT)
    assert kept, said
    assert "0 broken" in said


PLANTS = [
    ("sensing/planted.py", "from gongzhi.decision.models import Decision", "Every room imports"),
    ("ledger/planted.py", "import gongzhi.actors.models", "Every room imports"),
    ("evaluation/planted.py", "import gongzhi.passes", "Every room imports"),
    ("passes/planted.py", "import gongzhi.evaluation.models", "Every room imports"),
    ("supply/planted.py", "def late():\n    import gongzhi.rounds.walk", "Every room imports"),
    ("engines/merkle/planted.py", "from django.db import models", "Engines are pure"),
    ("engines/merkle/planted.py", "from gongzhi.parameters import names", "Engines are pure"),
    (
        "engines/merkle/planted.py", "from gongzhi.engines.allocation import match",
        "Engines do not know each other",
    ),
    ("sensing/policies.py", "from gongzhi.sensing.actions import claim_report", "Inside a room"),
    ("decision/queries.py", "from gongzhi.decision.policies import mode_of", "Inside a room"),
    (
        "interfaces/api/planted.py", "from gongzhi.sensing.models import Report",
        "Interfaces write through actions",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("where", "line", "contract"), PLANTS)
def test_a_planted_import_is_caught(tmp_path: Path, where: str, line: str, contract: str) -> None:
    folder = copy_of_the_package(tmp_path)
    target = folder / "gongzhi" / where
    before = target.read_text() if target.exists() else ""
    target.write_text(f"{before}\n{line}\n")
    kept, said = lint_imports(folder)
    assert not kept
    broken = [row for row in said.splitlines() if row.endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), said


def test_a_room_that_stands_nowhere_in_the_river_is_caught(tmp_path: Path) -> None:
    folder = copy_of_the_package(tmp_path)
    (folder / "gongzhi" / "planted").mkdir()
    (folder / "gongzhi" / "planted" / "__init__.py").write_text('"""A new room."""\n')
    kept, said = lint_imports(folder)
    assert not kept and "planted" in said


# Foreign keys -------------------------------------------------------------------------------------


def room_of(related: Any) -> str:
    """The room of a related model, given as a class or, unresolved, as text."""
    label = related if isinstance(related, str) else related._meta.label
    return str(label).partition(".")[0]


def links_of(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """(field, room pointed to) of every foreign key, one-to-one and many-to-many of a model."""
    for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
        related = getattr(field.remote_field, "model", None)
        if related is not None and related not in ("self", model):
            yield field.name, room_of(related)


def downstream(model: type[models.Model]) -> list[str]:
    """The fields of a model that point to a room further down, or outside of the river."""
    here = model._meta.app_label
    return [
        f"{here}.{model.__name__}.{name} → {there}"
        for name, there in links_of(model)
        if there not in RIVER or RIVER.index(there) > RIVER.index(here)
    ]


def test_foreign_keys_point_upstream() -> None:
    rooms = [model for model in apps.get_models() if issubclass(model, Record)]
    assert len(rooms) > 30
    assert [link for model in rooms for link in downstream(model)] == []


def test_every_model_of_a_room_is_a_record() -> None:
    """Otherwise the walks over all records would pass it by."""
    foreign = [
        model._meta.label
        for model in apps.get_models(include_auto_created=False)
        if model._meta.app_label in RIVER and not issubclass(model, Record)
    ]
    assert foreign == []


@isolate_apps("gongzhi.sensing")
def test_a_planted_foreign_key_by_name_is_caught() -> None:
    """A name in quotes escapes the import contracts: it is only text."""

    class Planted(models.Model):
        place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
        decision = models.ForeignKey("decision.Decision", models.PROTECT, related_name="+")
        only = models.OneToOneField("evaluation.Review", models.PROTECT, related_name="+")
        many = models.ManyToManyField("supply.Need", related_name="+")
        any_model = models.ForeignKey("contenttypes.ContentType", models.CASCADE)
        under = models.ForeignKey("self", models.PROTECT)

        class Meta:
            app_label = "sensing"

    assert downstream(Planted) == [
        "sensing.Planted.decision → decision",
        "sensing.Planted.only → evaluation",
        "sensing.Planted.any_model → contenttypes",
        "sensing.Planted.many → supply",
    ]


def test_nobody_imports_the_room_that_must_be_removable() -> None:
    users = [
        module.name
        for module in modules()
        if module.room != "passes" and "gongzhi.passes" in module.text
    ]
    assert users == []
