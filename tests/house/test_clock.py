"""Time is an argument: only interfaces and rounds read the clock."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, Module, dotted, imported_names, modules, parse

MAY_READ = ("interfaces", "rounds", "site")
READS = {
    "django.utils.timezone.now",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}
READ_WITHOUT_ARGUMENT = {"django.utils.timezone.localtime", "django.utils.timezone.localdate"}
FIELD_OPTIONS = {"auto_now", "auto_now_add"}


def clock_reads(module: Module) -> list[str]:
    """Every place in a module that takes the time from the machine."""
    names = imported_names(module.tree)
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name | ast.Attribute) and dotted(node, names) in READS:
            found.append(f"{module.name}:{node.lineno} {dotted(node, names)}")
        if isinstance(node, ast.Call):
            bare = not node.args and not node.keywords
            if bare and dotted(node.func, names) in READ_WITHOUT_ARGUMENT:
                found.append(f"{module.name}:{node.lineno} {dotted(node.func, names)}()")
            options = {k.arg for k in node.keywords} & FIELD_OPTIONS
            found += [f"{module.name}:{node.lineno} {option}" for option in sorted(options)]
    return found


def test_nobody_else_reads_the_clock() -> None:
    rooms = [module for module in modules() if module.room not in MAY_READ]
    assert len(rooms) > 60
    assert [read for module in rooms for read in clock_reads(module)] == []


PLANTS = [
    "from django.utils import timezone\nx = timezone.now()",
    "from django.utils import timezone as tz\nx = tz.now",
    "from django.utils.timezone import now\nx = now()",
    "import django.utils.timezone\nx = django.utils.timezone.now()",
    "from django.utils.timezone import localtime\nx = localtime()",
    "from django.utils import timezone\nx = timezone.localdate()",
    "from datetime import datetime\nx = datetime.now()",
    "from datetime import UTC, datetime\nx = datetime.now(UTC)",
    "import datetime\nx = datetime.datetime.now()",
    "import datetime as dt\nx = dt.datetime.utcnow()",
    "from datetime import date\nx = date.today()",
    "import time\nx = time.time()",
    "from time import time\nx = time()",
    "def f():\n    from time import time_ns\n    return time_ns()",
    "from django.db import models\nx = models.DateTimeField(auto_now_add=True)",
    "from django.db import models\nfrom django.utils.timezone import now\n"
    "x = models.DateTimeField(default=now)",
]


@pytest.mark.parametrize("text", PLANTS)
def test_a_planted_clock_read_is_caught(text: str) -> None:
    assert clock_reads(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "from django.utils.timezone import localtime\ndef f(now):\n    return localtime(now)",
        "from datetime import datetime\ndef f(now: datetime):\n    return now.time()",
        "import time\nx = time.monotonic()",
        "def now():\n    return 1\nx = now()",
    ],
)
def test_what_is_no_clock_read_is_left_alone(text: str) -> None:
    assert clock_reads(parse(text)) == []


# The same by the linter ---------------------------------------------------------------------------


def banned(folder: Path, where: str, text: str) -> set[str]:
    """The banned names that ruff finds in a file planted in a copy of the tree."""
    target = folder / where
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text + "\n")
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    done = subprocess.run(
        [Path(sys.executable).with_name("ruff"), "check", "--no-cache", "--select", "TID251",
         "--output-format", "json", where],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {row["message"].partition("`")[2].partition("`")[0] for row in json.loads(done.stdout)}


BANNED = {
    "django.utils.timezone.now": "from django.utils import timezone\nx = timezone.now()",
    "datetime.datetime.now": "from datetime import UTC, datetime\nx = datetime.now(UTC)",
    "datetime.datetime.utcnow": "from datetime import datetime\nx = datetime.utcnow()",
    "datetime.datetime.today": "from datetime import datetime\nx = datetime.today()",
    "datetime.date.today": "from datetime import date\nx = date.today()",
    "time.time": "import time\nx = time.time()",
    "django.dispatch.receiver": "from django.dispatch import receiver\nx = receiver",
    "django.apps.apps.get_model": "from django.apps import apps\nx = apps.get_model('a.B')",
}


@pytest.mark.parametrize("name", BANNED)
def test_the_linter_catches_a_planted_name_in_a_room(tmp_path: Path, name: str) -> None:
    assert banned(tmp_path, "gongzhi/sensing/planted.py", BANNED[name]) == {name}


def test_the_linter_lets_interfaces_and_rounds_read_the_clock(tmp_path: Path) -> None:
    text = BANNED["django.utils.timezone.now"]
    assert banned(tmp_path, "gongzhi/interfaces/api/planted.py", text) == set()
    assert banned(tmp_path, "gongzhi/rounds/planted.py", text) == set()
    assert banned(tmp_path, "gongzhi/engines/merkle/planted.py", text) != set()


def test_the_linter_catches_a_swallowed_exception(tmp_path: Path) -> None:
    target = tmp_path / "planted.py"
    target.write_text("try:\n    print()\nexcept Exception:\n    pass\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    program = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [program, "check", "--no-cache", "--output-format", "concise", "planted.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "S110" in done.stdout and "BLE001" in done.stdout
