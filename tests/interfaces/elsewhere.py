"""A small city in a database of its own, founded and looked at from other processes.

`python -m tests.interfaces.elsewhere` brings the database that the environment names to its present
shape, founds the small city there and prints its people's tokens and its units' numbers as JSON.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long founding phrase"
"""The founder's, in `tests.rooms.cast`."""


@dataclass(frozen=True)
class Elsewhere:
    """A founded city: tokens by log-in, numbers of units by code."""

    url: str
    tokens: dict[str, str]
    units: dict[str, int]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database itself answers, without a line of ours between."""
        if self.url.startswith("sqlite"):
            file = sqlite3.connect(self.url.removeprefix("sqlite:///"))
            try:
                return file.execute(statement).fetchall()
            finally:
                file.close()
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[arg-type]

    def gongzhi(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours on this database."""
        return gongzhi(*words, GONGZHI_DATABASE_URL=self.url, **environment)


def gongzhi(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours as a user does, with these variables added."""
    return _run([str(Path(sys.executable).with_name("gongzhi")), *words], environment)


def _run(command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def founded(url: str) -> Elsewhere:
    """Found the small city in an empty database."""
    done = _run([sys.executable, "-m", __name__], {"GONGZHI_DATABASE_URL": url})
    if done.returncode:
        raise RuntimeError(f"The city was not founded.\n{done.stderr}")
    told = json.loads(done.stdout)
    return Elsewhere(url, told["tokens"], told["units"])


def _found() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from gongzhi.interfaces.api.tokens import issue
    from tests.rooms.cast import small_city

    call_command("migrate", verbosity=0)
    city = small_city()
    told = {
        "tokens": {login: issue(person) for login, person in city.people.items()},
        "units": {code: unit.pk for code, unit in city.units.items()},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    _found()
