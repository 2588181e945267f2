"""When a silent unit's call climbs, worked out for thousands of messages at once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from gongzhi.interfaces.cli.replay_calls.reading import Material, Message
from gongzhi.interfaces.cli.replay_calls.subjects import Path, Subjects

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FEW = 8
"""Replies of a category below which the delays of all categories stand in for its own."""
LONGEST = 365 * 24 * HOUR
TIERS = 2
"""Governments above a district's department: its district and the city."""
NO_CATEGORY = "–"


@dataclass(frozen=True)
class Played:
    """One message as a call: its category, its clock, when it was answered, when it climbed."""

    message: Message
    subject: Path
    clock: timedelta
    waited: timedelta
    climbs: tuple[datetime, ...]
    climbs_by_house: int

    @property
    def group(self) -> str:
        """The first level of the category."""
        return self.subject[0] if self.subject else NO_CATEGORY


@dataclass(frozen=True)
class Delays:
    """The real times to a reply, by the first level of the category."""

    by_group: dict[str, list[timedelta]]
    every: list[timedelta]

    def of(self, group: str) -> list[timedelta]:
        """The delays of a category, or of all where it has too few."""
        own = self.by_group.get(group, [])
        return own if len(own) >= FEW else self.every

    def clock(self, group: str) -> timedelta:
        """The usual time to a reply in whole hours: half of the real ones took no longer."""
        hours = -(-timedelta(seconds=median(d.total_seconds() for d in self.of(group))) // HOUR)
        return min(LONGEST, max(1, hours) * HOUR)


def delays_of(material: Material, subjects: Subjects) -> Delays:
    """How long real replies took, by category."""
    by_group: dict[str, list[timedelta]] = {}
    for reply in material.replies:
        path = subjects.of(reply.words)
        by_group.setdefault(path[0] if path else NO_CATEGORY, []).append(reply.waited)
    return Delays(by_group, [reply.waited for reply in material.replies])


def climb_times(
    asked_at: datetime, clock: timedelta, again: timedelta, answered_at: datetime, tiers: int
) -> tuple[datetime, ...]:
    """The moments at which a call climbs: when its clock ends, then after each interval.

    tiers: governments above the called unit, each reached once. An answer ends it.
    """
    due = (asked_at + clock + n * again for n in range(tiers))
    return tuple(moment for moment in due if moment < answered_at)


def play(
    material: Material,
    subjects: Subjects,
    delays: Delays,
    seed: int,
    house: tuple[timedelta, timedelta],
) -> list[Played]:
    """Every message as a call; its time to an answer is drawn from the real ones of its category.

    house: the clock and the interval that hold where the matrix gives no time of its own.
    """
    clocks: dict[str, timedelta] = {}
    played = []
    for place, message in enumerate(material.messages):
        subject = subjects.of(message.words)
        group = subject[0] if subject else NO_CATEGORY
        clock = clocks.setdefault(group, delays.clock(group))
        waited = random.Random(f"{seed}/{place}/{message.number}").choice(delays.of(group))
        answered = message.sent_at + waited
        climbs = climb_times(message.sent_at, clock, clock, answered, TIERS)
        by_house = climb_times(message.sent_at, *house, answered, TIERS)
        played.append(Played(message, subject, clock, waited, climbs, len(by_house)))
    return played
