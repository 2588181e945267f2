"""An exercise as a process knows it: its folder, its values, and its simulated clock (演练).

An exercise is a house of its own: a database of its own, run by a process of its own, with the
same code. The folder holds what the process must know before it opens that database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

R = TypeVar("R")
VALUES, CLOCK, JOURNAL = "exercise.json", "clock.json", "journal.jsonl"
STANDING, SCENARIO, DELAYS, RESULT = "standing.jsonl", "scenario.yaml", "delays.json", "result.json"
DATABASE, REACHED = "exercise.sqlite3", "reached.json"
"""The files of an exercise's folder."""
AHEAD = timedelta(minutes=5)
"""So far the clock runs ahead of what was played: a slow machine makes no team late."""
FOLDERS = "exercises"
"""The folder, below the house's own, in which every exercise has one named by its number."""
MARK = "/exercise/"
"""What the name of an exercise's ledger holds, and that of no other house."""


class Exercise(BaseModel):
    """The values of one exercise that do not change while it runs; times are aware."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    title: dict[str, str]
    hazard: str
    plan: str
    area: str
    scenario_digest: str
    seed: int = Field(ge=0)
    speed: float = Field(gt=0, le=3600)
    begins_at: datetime
    ends_at: datetime
    database: str = ""
    """Name of its PostgreSQL database; empty for an SQLite file in its own folder."""
    origin: str = Field(pattern=f".+{MARK}[0-9]+$")
    house_origin: str
    house_root: str
    folder: Path

    @property
    def clock(self) -> ExerciseClock:
        """The simulated clock of this exercise."""
        return ExerciseClock(self.folder / CLOCK, self.speed)

    def url_beside(self, house_url: str) -> str:
        """Where its database is, given where the house has its own."""
        if not self.database:
            return f"sqlite:///{self.folder / DATABASE}"
        return urlsplit(house_url)._replace(path=f"/{self.database}").geturl()

    def spoken(self, language: str) -> str:
        """The title in a language of the house: zh-hans, zh-hant or en."""
        ending = {"zh-hant": "zh-Hant", "en": "en"}.get(language.lower(), "zh-Hans")
        return self.title[ending]


def exercise_in(folder: Path) -> Exercise:
    """The exercise whose folder this is.

    Errors: `ValueError` with a sentence where the folder holds none, or a damaged one.
    """
    path = folder / VALUES
    if not path.is_file():
        raise ValueError(f"{folder} is no folder of an exercise. Make one: gongzhi exercise new.")
    given: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return Exercise(**given, folder=folder.resolve())


def secret_in(folder: Path, name: str, length: int) -> str:
    """A secret of so many bytes in a file of its own, in hex; made when it is first asked for."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(length).hex())
    return path.read_text()


def write_whole(path: Path, value: Any) -> None:
    """Write a file of JSON so that a reader finds the old or the new one, never a part."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(value, ensure_ascii=False, indent=1, default=str), "utf-8")
    fresh.replace(path)


@dataclass(frozen=True)
class Reading:
    """How the clock stands: the simulated moment `at` at the real moment `since`.

    since: None while the clock stands still (not begun, paused, over).
    """

    at: datetime
    since: datetime | None = None
    ended: bool = False

    def moment(self, real: datetime, speed: float) -> datetime:
        """The simulated moment at a real one."""
        if self.since is None:
            return self.at
        return self.at + timedelta(seconds=(real - self.since).total_seconds() * speed)


@dataclass(frozen=True)
class Reached:
    """Up to which simulated moment all was played, and where the clock stood at a real one."""

    played: datetime
    stood: datetime
    real: datetime


_known: dict[Path, tuple[int, Any]] = {}


def _read(path: Path, understood: Callable[[Any], R]) -> R:
    """What a small file says, read anew only when it has changed."""
    stamp = path.stat().st_mtime_ns
    known = _known.get(path)
    if known is None or known[0] != stamp:
        known = _known[path] = (stamp, understood(json.loads(path.read_text("utf-8"))))
    found: R = known[1]
    return found


def _reached(said: dict[str, str]) -> Reached:
    return Reached(**{name: datetime.fromisoformat(at) for name, at in said.items()})


def _reading(said: dict[str, Any]) -> Reading:
    since = said["since"] and datetime.fromisoformat(said["since"])
    return Reading(datetime.fromisoformat(said["at"]), since, said["ended"])


@dataclass(frozen=True)
class ExerciseClock:
    """A clock that can run fast, be paused, go on, and end; it lives in a small file.

    Whoever directs the exercise writes the file; every process of the exercise reads it, and
    reads it anew only when it has changed.
    """

    path: Path
    speed: float

    def reading(self) -> Reading:
        """How the clock stands."""
        return _read(self.path, _reading)

    def now(self, real: datetime) -> datetime:
        """The simulated moment at a real one; it waits for what is played, and never goes back."""
        moment, reached = self.reading().moment(real, self.speed), self._reached()
        if reached is None:
            return moment
        on = reached.stood + timedelta(seconds=(real - reached.real).total_seconds() * self.speed)
        return min(moment, max(reached.stood, min(on, reached.played + AHEAD)))

    def _reached(self) -> Reached | None:
        """How far the exercise was played; None before it is served."""
        path = self.path.with_name(REACHED)
        return _read(path, _reached) if path.exists() else None

    def reach(self, played: datetime, real: datetime) -> None:
        """Note that everything up to a simulated moment was played: the clock may run on."""
        path, stood = self.path.with_name(REACHED), self.now(real)
        write_whole(path, {"played": played, "stood": stood, "real": real})
        _known.pop(path, None)

    def set(self, reading: Reading) -> None:
        """Let the clock stand, or run, as given."""
        since = reading.since and reading.since.isoformat()
        said = {"at": reading.at.isoformat(), "since": since, "ended": reading.ended}
        write_whole(self.path, said)
        _known.pop(self.path, None)

    def pause(self, real: datetime) -> datetime:
        """Stand still at the moment reached; returns it."""
        at = self.now(real)
        self.set(replace(self.reading(), at=at, since=None))
        return at

    def go_on(self, real: datetime) -> datetime:
        """Run from the moment at which it stands; returns it."""
        at = self.now(real)
        self.set(replace(self.reading(), at=at, since=real))
        return at

    def end(self, real: datetime) -> datetime:
        """Stand still for good; returns the last moment."""
        return self.finish(self.now(real))

    def finish(self, at: datetime) -> datetime:
        """Stand still for good at a simulated moment."""
        self.set(Reading(at, None, ended=True))
        return at
