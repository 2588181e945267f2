"""What everybody may read of this room, without a log-in: the open warnings and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gongzhi.actors.models import Unit
from gongzhi.sensing.models import Level, Warning
from gongzhi.sensing.queries import stream_name
from gongzhi.sensing.words import warning_sentence

GRAVEST_FIRST = {Level.RED: 0, Level.YELLOW: 1, Level.GREEN: 2}


@dataclass(frozen=True)
class PublicWarning:
    """An open warning as everybody may read it: where, what, how grave, and why.

    Only fields of the class `public`: who acknowledged it and what they wrote stay inside.
    """

    place: Unit
    what: str
    level: str
    day: date
    issued_at: datetime
    sentence: str


def public_warnings() -> list[PublicWarning]:
    """All warnings that have not ended, the gravest first, then the latest."""
    rows = Warning.objects.exclude(state=Warning.State.ENDED).select_related("place")
    found = [_public(warning) for warning in rows.order_by("-issued_at", "place__path")]
    return sorted(found, key=lambda warning: GRAVEST_FIRST[Level(warning.level)])


def _public(warning: Warning) -> PublicWarning:
    return PublicWarning(
        place=warning.place, what=stream_name(warning.stream), level=warning.level,
        day=warning.day, issued_at=warning.issued_at, sentence=warning_sentence(warning),
    )  # fmt: skip
