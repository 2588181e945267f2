"""Has a file opened by a process of its own (`sandbox`), within a limit of time."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

SANDBOX = Path(__file__).with_name("sandbox.py")
PATIENCE = 120
"""Seconds after which a file is given up."""
OUT_OF_TIME = getattr(signal, "SIGXCPU", 0)
"""Ends a process that has used up its processor time; not on Windows, where there is no limit."""
SLOW, ENDLESS = "slow", "endless"


def opened_apart(kind: str, data: bytes) -> Any:
    """A list of what the sandbox found in the file, or a word why it did not.

    The words are those of the sandbox; `SLOW` where it took too long, by the clock or by the
    processor, `ENDLESS` where it ended without an answer.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(SANDBOX), kind], input=data, capture_output=True,
            check=False, timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return SLOW
    if OUT_OF_TIME and done.returncode == -OUT_OF_TIME:
        return SLOW
    return ENDLESS if done.returncode else pickle.loads(done.stdout)
