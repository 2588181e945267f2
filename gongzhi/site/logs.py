"""What is written down of what libraries say: lines of JSON that never hold personal data.

A line is cut down to where it comes from and what kind of error it tells of: messages of databases
and libraries quote the values they choke on, and a value may be a resident's name or words. Lines
of our own are made in `gongzhi.interfaces.log`.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

FRAMES = 12
"""Places of a traceback that are told at most, the innermost last."""
INNERMOST = 3
"""Places that are told whoever's they are; before them only our own."""
OURS = str(Path(__file__).resolve().parent.parent)


class Bare(logging.Formatter):
    """A library's log record without its message: the logger, the kind of error, the places."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "event": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "where": f"{record.module}:{record.lineno}",
        }
        status = getattr(record, "status_code", None)
        if isinstance(status, int):
            line["status"] = status
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = kinds(record.exc_info[1])
            line["where"] = places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def kinds(error: BaseException) -> str:
    """What failed, from the cause to the outermost, without any value."""
    cause = error.__cause__ or error.__context__
    return f"{kinds(cause)} > {type(error).__name__}" if cause else type(error).__name__


def places(trace: TracebackType | None) -> str:
    """Where it failed: file, line and function of our own frames and the innermost ones."""
    frames = list(traceback.extract_tb(trace))
    last = frames[-INNERMOST:]
    told = [f for f in frames[:-INNERMOST] if f.filename.startswith(OURS)] + last
    return " > ".join(
        f"{'/'.join(Path(f.filename).parts[-2:])}:{f.lineno} {f.name}" for f in told[-FRAMES:]
    )
