"""What lies in the database: nothing, a demo that was played, one cut short, or somebody's own."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

from gongzhi.actors.queries import people_active, roots
from gongzhi.ledger.queries import entries_of

BEGUN, PLAYED = "demo.begin", "demo.end"
"""Verbs of the two ledger lines between which the play lies."""


class State(Enum):
    """What a start of the demo finds."""

    EMPTY = "empty"
    PLAYED = "played"
    CUT_SHORT = "cut short"
    NOT_OURS = "not ours"


def state_now() -> State:
    """Read the state from what is there; the tables must exist."""
    if not people_active().exists():
        return State.EMPTY
    marks = {entry.verb for root in roots() for entry in entries_of(root.ref)}
    if BEGUN not in marks:
        return State.NOT_OURS
    return State.PLAYED if PLAYED in marks else State.CUT_SHORT


def mark_of_play() -> dict[str, Any]:
    """What was played: seed, days, scale and the day it ended, from the ledger's last mark."""
    entries = [entry for root in roots() for entry in entries_of(root.ref)]
    facts = next(json.loads(e.body)["facts"] for e in reversed(entries) if e.verb == PLAYED)
    return {**facts, "until": str(facts["until"])[:10]}
