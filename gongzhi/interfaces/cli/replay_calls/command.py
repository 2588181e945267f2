"""`gongzhi replay calls --data DIR`: real messages as calls, with a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.utils.timezone import localdate

from gongzhi.interfaces.cli.replay_calls.clocks import MINUTE, delays_of, play
from gongzhi.interfaces.cli.replay_calls.deeds import BEGIN, as_played
from gongzhi.interfaces.cli.replay_calls.reading import read_material
from gongzhi.interfaces.cli.replay_calls.report import report_of
from gongzhi.interfaces.cli.replay_calls.subjects import Subjects
from gongzhi.parameters import parameter

NAME = "calls"
DRAWN = 60
"""Messages that go through the real deeds as well."""


def report_on_calls(folder: Path, seed: int, drawn: int = DRAWN) -> dict[str, Any]:
    """Read, play and report; writes into the database only what goes through the deeds."""
    material = read_material(folder)
    subjects = Subjects(material.categories)
    day = localdate(max((m.sent_at for m in material.messages), default=BEGIN))
    again = parameter("deadlines.climb_again", day).value
    house = (parameter("deadlines.answer_call", day).value * MINUTE, again * MINUTE)
    delays = delays_of(material, subjects)
    played = play(material, subjects, delays, seed, house)
    compared = as_played(played, seed, drawn)
    return report_of(material, subjects, delays, played, seed, compared)


def as_json(report: dict[str, Any]) -> str:
    """The report as JSON text; the same report gives the same bytes."""
    return json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
