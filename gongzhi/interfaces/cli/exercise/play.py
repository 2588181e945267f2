"""Play an exercise: injects come due, the river is walked, robots act, all on simulated time."""

from __future__ import annotations

import heapq
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import translation

from gongzhi.actors.queries import (
    LISTINGS,
    Duty,
    Person,
    Unit,
    roots,
    units_below,
    visible,
)
from gongzhi.command.exercise_file import ExerciseScenario, Inject
from gongzhi.errors import Refused
from gongzhi.evaluation.readiness import score, waits
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.exercise.places import Places, rooms_to_look_at
from gongzhi.interfaces.cli.exercise.robots import PLAYED, Habits, Turn
from gongzhi.interfaces.exercises import JOURNAL, RESULT, Exercise, write_whole
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.actions import seal
from gongzhi.ledger.queries import last_checkpoint, verify, written_after
from gongzhi.ledger.records import seeded_salts
from gongzhi.rounds.walk import Round, clock_person, walk

STEP = timedelta(minutes=5)
"""Simulated time between two looks when an exercise is played as fast as the machine can."""
WALK = timedelta(minutes=15)
"""Simulated time between two rounds of the clock while nobody does anything."""
RECORDS = "zh-hans"
"""The language of the sentences that robots and injects write."""
TRIES = 2
"""How often a robot tries a deed that is refused, because somebody else was faster, say."""


class Play:
    """One exercise under way: what has been injected, and what the robots have in mind."""

    def __init__(
        self, held: Exercise, scenario: ExerciseScenario, habits: Habits, present: frozenset[str]
    ) -> None:
        by = clock_person()
        if by is None:
            raise ValueError("The exercise was not made whole: nobody holds the clock's post.")
        self.held, self.habits, self.present, self.clock = held, habits, present, by
        area = next(u for root in roots() for u in units_below(root) if u.code == held.area)
        self.places = Places(area, by, held.begins_at)
        done = self._journal_counts()
        self.injects = list(scenario.injects)[done["inject"] :]
        self.not_played: Counter[str] = Counter()
        self.people = self._absent()
        self._agenda: list[tuple[datetime, int, Unit, Person, Duty, random.Random]] = []
        self._order = count()
        self._tries: Counter[tuple[int, str, str, str]] = Counter()
        self._alike: Counter[tuple[int, str, str, str, str]] = Counter()
        self._seen, self._looked = 0, held.begins_at - STEP

    def _absent(self) -> list[Any]:
        """The posts of units that no team plays; of the same desk only the first."""
        found: dict[tuple[int, int, str], Any] = {}
        for post in self.places.posts:
            if post.unit.code not in self.present:
                found.setdefault((post.unit_id, post.area_id, post.role), post)
        return list(found.values())

    def run(self) -> dict[str, Any]:
        """Play the whole exercise as fast as the machine can; returns what came of it."""
        now = self.held.begins_at
        with seeded_salts(f"exercise/{self.held.seed}"), translation.override(RECORDS):
            while now <= self.held.ends_at:
                if self._is_something_due(now):
                    with transaction.atomic():
                        self.step(now)
                now += STEP
        return self.finish(self.held.ends_at)

    def _is_something_due(self, now: datetime) -> bool:
        """Whether a step would do anything; the river is walked in any case every few steps."""
        since = now - self.held.begins_at
        acts = bool(self._agenda) and self._agenda[0][0] <= now
        return acts or since % WALK == timedelta(0) or any(i.at <= since for i in self.injects[:1])

    def step(self, now: datetime) -> Round:
        """What falls due by a moment: injects, one round of the clock, the robots."""
        while self.injects and self.held.begins_at + self.injects[0].at <= now:
            self._inject(self.injects.pop(0), now)
        made = walk(by=self.clock, now=now)
        self._look(now)
        self._act(now)
        return made

    def step_now(self) -> Round | None:
        """One step of an exercise that is served; at its end the clock stands still."""
        now = clock.now()
        reading = self.held.clock.reading()
        if reading.ended or reading.since is None:
            return None
        with translation.override(RECORDS):
            made = self.step(min(now, self.held.ends_at))
        if now >= self.held.ends_at:
            self.finish(self.held.ends_at)
        return made

    def _inject(self, inject: Inject, now: datetime) -> None:
        by = self.places.desk(self.places.unit(inject.by))
        deed = deed_named(inject.room, inject.verb)
        refusal = ""
        try:
            perform(deed, self.places.inputs(inject.inputs, now), by, now)
        except Refused as refused:
            refusal = str(refused)
        self._write("inject", now, unit=inject.by, deed=f"{inject.room}.{inject.verb}",
                    tells=vars(inject.tells), refusal=refusal)  # fmt: skip

    def _look(self, now: datetime) -> None:
        """Robots look at their duties where something was written that may concern them."""
        changes, self._seen = written_after(self._seen)
        changes |= {("command.order", path) for path in self._ordered(now)}
        self._looked = now
        for post in self.people:
            rooms = rooms_to_look_at(post, changes)
            for duty in duties_of(post.person, now, rooms=rooms) if rooms else ():
                self._plan(post.unit, post.person, duty, now)

    def _ordered(self, now: datetime) -> set[str]:
        """Paths of the units that were given an order since the last look."""
        orders = visible(LISTINGS["command", "orders"], self.clock, now)
        fresh = orders.filter(issued_at__gte=self._looked)
        return set(fresh.values_list("unit__path", flat=True))

    def _plan(self, unit: Unit, person: Person, duty: Duty, now: datetime) -> None:
        """Put a duty on the agenda, once for a unit."""
        key = (unit.pk, duty.room, duty.verb, duty.subject)
        if self._tries[key]:
            return
        self._tries[key] += 1
        row = PLAYED.get((duty.room, duty.verb))
        if row is None:
            self.not_played[f"{duty.room}.{duty.verb}"] += 1
            return
        reads = (unit.pk, duty.room, duty.verb, duty.title, duty.where)
        self._alike[reads] += 1
        dice = self.habits.dice(unit, duty, self._alike[reads])
        self._put(now, row[0], unit, person, duty, dice)

    def _put(
        self, now: datetime, kind: str, unit: Unit, person: Person, duty: Duty, dice: random.Random
    ) -> None:
        """The robot will do it after waiting as people do."""
        when = now + self.habits.delay(kind, dice)
        heapq.heappush(self._agenda, (when, next(self._order), unit, person, duty, dice))

    def _act(self, now: datetime) -> None:
        while self._agenda and self._agenda[0][0] <= now:
            _when, _number, unit, person, duty, dice = heapq.heappop(self._agenda)
            refusal = self._do(unit, person, duty, dice, now)
            key = (unit.pk, duty.room, duty.verb, duty.subject)
            if refusal and self._tries[key] < TRIES:
                self._tries[key] += 1
                self._put(now, "other", unit, person, duty, dice)

    def _do(
        self, unit: Unit, person: Person, duty: Duty, dice: random.Random, now: datetime
    ) -> str:
        """One deed of a robot; the sentence of the refusal where it is refused."""
        if not self._still(person, duty, now):
            return ""
        turn = Turn(duty, person, unit, now, dice, self.places, self.held.hazard,
                    self.habits.not_mine)  # fmt: skip
        fill = PLAYED[duty.room, duty.verb][1]
        refusal = ""
        try:
            inputs = {**duty.inputs, **fill(turn)}
            perform(deed_named(duty.room, duty.verb), inputs, person, now)
        except Refused as refused:
            refusal = str(refused)
        self._write("robot", now, unit=unit.code, deed=f"{duty.room}.{duty.verb}",
                    subject=duty.subject, title=duty.title, refusal=refusal)  # fmt: skip
        return refusal

    def _still(self, person: Person, duty: Duty, now: datetime) -> bool:
        """Whether the duty still waits: somebody else may have done it."""
        asked = duties_of(person, now, rooms={duty.room})
        return any((d.verb, d.subject) == (duty.verb, duty.subject) for d in asked)

    def finish(self, now: datetime) -> dict[str, Any]:
        """Seal the ledger and write down what came of it, for the house to record."""
        while seal(now=now) is not None:
            continue
        whole = verify()
        checkpoint = last_checkpoint()
        result = {
            "held_from": self.held.begins_at, "held_till": now, "score": score(now),
            "waits": [vars(wait) for wait in waits(now)],
            "not_played": sorted(self.not_played), "ledger_size": whole.size,
            "ledger_root": whole.root, "ledger_holds": whole.holds,
            "checkpoint": checkpoint.note if checkpoint else "",
            "present": sorted(self.present), "played_by_robots": len(self.people),
        }  # fmt: skip
        write_whole(self.held.folder / RESULT, result)
        self.held.clock.finish(now)
        return result

    # The journal: what happened, a line each, for the report ------------------------------------

    def _write(self, kind: str, now: datetime, **facts: Any) -> None:
        line = {"kind": kind, "at": now.isoformat(), **facts}
        with (self.held.folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _journal_counts(self) -> Counter[str]:
        return Counter(line["kind"] for line in journal_of(self.held))


def journal_of(held: Exercise) -> list[dict[str, Any]]:
    """What happened in an exercise so far: injects and deeds of robots, a line each."""
    path = held.folder / JOURNAL
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
