"""Runs `gongzhi replay` as a user does: as a process, with a folder and a database of its own."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Replayed:
    """What a replay left behind: its exit code, what it said, and its two reports as bytes."""

    folder: Path
    code: int
    stdout: str
    stderr: str
    json_bytes: bytes
    html_bytes: bytes
    seconds: float

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report."""
        found: dict[str, Any] = json.loads(self.json_bytes)
        return found

    @property
    def html(self) -> str:
        """The page."""
        return self.html_bytes.decode("utf-8")


def replay(data: Path, folder: Path, *arguments: str, **environment: str) -> Replayed:
    """Replay the data; var folder, working folder and report lie below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("GONGZHI_", "DJANGO_"))}
    environ |= {"GONGZHI_VAR": str(folder / "var"), **environment}
    command = [sys.executable, "-m", "gongzhi.interfaces.cli", "replay", "hubei-2020"]
    begun = time.monotonic()
    done = subprocess.run(
        [*command, "--data", str(data), "--out", "report", *arguments],
        cwd=folder, env=environ | {"PYTHONPATH": str(CHECKOUT)}, capture_output=True, check=False,
    )  # fmt: skip
    return Replayed(
        folder, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"),
        _bytes(folder / "report" / "report.json"), _bytes(folder / "report" / "report.html"),
        time.monotonic() - begun,
    )  # fmt: skip


def replay_once(data: Path, factory: pytest.TempPathFactory) -> Replayed:
    """Replay the data once, in English, for all parallel workers of a test run: others wait."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    kept = shared / "replayed.pickle"
    with (shared / "replayed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(replay(data, shared / "replay", "--language", "en")))
        found: Replayed = pickle.loads(kept.read_bytes())
        return found


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
