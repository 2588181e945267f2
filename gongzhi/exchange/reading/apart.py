"""Has a file opened by a process of its own (`sandbox`), within a limit of time."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

SANDBOX = Path(__file__).with_name("sandbox.py")
PATIENCE = 120
"""Seconds after which a file is given up."""
SLOW, ENDLESS = "slow", "endless"


def opened_apart(kind: str, data: bytes) -> Any:
    """A list of what the sandbox found in the file, or a word why it did not.

    The words are those of the sandbox; `SLOW` where it took too long, `ENDLESS` where it ended
    without an answer.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(SANDBOX), kind], input=data, capture_output=True,
            check=False, timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return SLOW
    return ENDLESS if done.returncode else pickle.loads(done.stdout)
