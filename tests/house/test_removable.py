"""Emergency powers must be removable: without the room of passes the house still stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

from tests.house.tree import ROOT


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


WITHOUT_PASSES = """
from django.apps import apps
from django.core.management import call_command
call_command("check")
call_command("migrate", verbosity=0)
from gongzhi.interfaces.rooms import load_rooms
print("rooms", apps.is_installed("gongzhi.passes"), *load_rooms())
"""


def test_without_passes_the_house_passes_its_checks_and_migrates(tmp_path: Path) -> None:
    done = manage(
        "shell", "--verbosity", "0", "-c", WITHOUT_PASSES, GONGZHI_REMOVED_ROOMS="passes",
        GONGZHI_VAR=str(tmp_path), GONGZHI_DATABASE_URL=f"sqlite:///{tmp_path / 'house.sqlite3'}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    installed, *rooms = done.stdout.partition("rooms ")[2].split()
    assert installed == "False" and "passes" not in rooms
    assert {"ledger", "sensing", "fieldwork", "evaluation"} <= set(rooms)


def test_the_models_and_the_migrations_agree(tmp_path: Path) -> None:
    house = {
        "GONGZHI_VAR": str(tmp_path),
        "GONGZHI_DATABASE_URL": f"sqlite:///{tmp_path / 'house.sqlite3'}",
    }
    done = manage("makemigrations", "--check", "--dry-run", **house)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_room_has_one_initial_migration() -> None:
    """Until 1.0 a change of a model makes the one migration anew."""
    for folder in sorted((ROOT / "gongzhi").glob("*/migrations")):
        made = sorted(path.name for path in folder.glob("[0-9]*.py"))
        assert made == ["0001_initial.py"], folder.parent.name


CUT_OFF = """
import os
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder.record_applied = lambda *_given: os._exit(9)
call_command("migrate", verbosity=0)
"""


def test_a_power_cut_while_the_tables_are_built_leaves_none(
    fresh_database: str, tmp_path: Path
) -> None:
    """Else the next go would find tables, take the long way, and fail at the first one."""
    house = {"GONGZHI_VAR": str(tmp_path), "GONGZHI_DATABASE_URL": fresh_database}
    assert manage("shell", "--verbosity", "0", "-c", CUT_OFF, **house).returncode == 9
    done = manage("migrate", "--verbosity", "0", **house)
    assert done.returncode == 0, done.stderr
    assert manage("migrate", "--check", **house).returncode == 0


def test_no_migration_carries_data() -> None:
    """An empty database gets its tables from the models; other work of migrations would be lost."""
    found = [
        f"{label}.{name}: {type(operation).__name__}"
        for (label, name), migration in MigrationLoader(None).disk_migrations.items()
        if type(migration).__module__.startswith("gongzhi")
        for operation in migration.operations
        if isinstance(operation, RunPython | RunSQL)
    ]
    assert found == []
