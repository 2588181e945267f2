"""Play an exercise: injects come due, the river is walked, robots act, all on simulated time."""

from __future__ import annotations

import heapq
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import translation

from gongzhi.actors.queries import Duty, Person, Unit, roots, units_below
from gongzhi.command.exercise_file import ExerciseScenario, Inject
from gongzhi.errors import Refused
from gongzhi.evaluation.readiness import missed, score, titles, waits
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.exercise.places import Places
from gongzhi.interfaces.cli.exercise.robots import ANEW, PLAYED, Habits, Turn
from gongzhi.interfaces.exercises import JOURNAL, RESULT, Exercise, write_whole
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.actions import seal
from gongzhi.ledger.queries import last_checkpoint, verify
from gongzhi.ledger.records import seeded_salts
from gongzhi.rounds.waiting import Waiting, things_waiting
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
        left = [line for line in journal_of(held) if line["kind"] == "not_played"]
        self.not_played = {line["deed"] for line in left}
        self.people = self._absent()
        self._agenda: list[tuple[datetime, int, Unit, Person, Duty, random.Random]] = []
        self._order = count()
        self._tries: Counter[tuple[int, str, str, str]] = Counter()
        self._alike: Counter[tuple[int, str, str]] = Counter()
        self._waiting: set[Waiting] = set()

    def _absent(self) -> list[Any]:
        """The posts of units that no team plays; of the same desk only the first."""
        found: dict[tuple[int, int, str], Any] = {}
        for post in self.places.posts:
            if post.unit.code not in self.present:
                found.setdefault((post.unit_id, post.area_id, post.role), post)
        return list(found.values())

    def begin(self) -> None:
        """Note which teams play themselves, for whoever scores the exercise."""
        for code in sorted(self.present):
            self._write("present", self.held.clock.now(clock.real()), unit=code)

    def run(self) -> dict[str, Any]:
        """Play the whole exercise as fast as the machine can; returns what came of it."""
        self.begin()
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
        self.held.clock.reach(now, clock.real())
        if now >= self.held.ends_at:
            self.finish(self.held.ends_at)
        return made

    def _inject(self, inject: Inject, now: datetime) -> None:
        unit = self.places.unit(inject.by)
        by = self.places.desk(unit)
        deed = deed_named(inject.room, inject.verb)
        refusal = ""
        try:
            perform(deed, self.places.inputs(inject.inputs, now), by, now)
        except Refused as refused:
            refusal = str(refused)
        self._write("inject", now, unit=unit.name, deed=f"{inject.room}.{inject.verb}",
                    tells=vars(inject.tells), refusal=refusal)  # fmt: skip

    def _look(self, now: datetime) -> None:
        """Robots look at their duties in the rooms where something new waits for them."""
        waiting = things_waiting(now)
        fresh, self._waiting = waiting - self._waiting, waiting
        asked: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for thing in fresh:
            for post in self.places.asked(thing.whom):
                asked[post.pk].add((thing.room, thing.verb))
        for post in self.people:
            rooms, verbs = ({each[n] for each in asked[post.pk]} for n in (0, 1))
            for duty in duties_of(post.person, now, rooms, verbs) if rooms else ():
                self._plan(post.unit, post.person, duty, now)

    def _plan(self, unit: Unit, person: Person, duty: Duty, now: datetime) -> None:
        """Put a duty on the agenda, once for a unit."""
        key = (unit.pk, duty.room, duty.verb, duty.subject)
        if self._tries[key]:
            return
        self._tries[key] += 1
        row = PLAYED.get((duty.room, duty.verb))
        if row is None:
            self._leave(f"{duty.room}.{duty.verb}", now)
            return
        kind = (unit.pk, duty.room, duty.verb)
        self._alike[kind] += 1
        dice = self.habits.dice(unit, duty, self._alike[kind])
        self._put(now, row[0], unit, person, duty, dice)

    def _leave(self, deed: str, now: datetime) -> None:
        """Note a kind of duty that only people can play."""
        if deed not in self.not_played:
            self.not_played.add(deed)
            self._write("not_played", now, deed=deed)

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
        key = (duty.room, duty.verb)
        fill = PLAYED[key][1]
        refusal, _made = self._deed(turn, key, lambda: {**duty.inputs, **fill(turn)})
        if refusal and key in ANEW:
            first, scope, name = ANEW[key]
            refusal, made = self._deed(turn, first, lambda: scope(turn))
            if made is not None:
                refusal, _made = self._deed(turn, key, lambda: {name: made.pk, **fill(turn)})
        return refusal

    def _deed(
        self, turn: Turn, key: tuple[str, str], inputs: Callable[[], dict[str, Any]]
    ) -> tuple[str, Any]:
        """Do it and write it down; the sentence of the refusal, if any, and what was made."""
        refusal, made = "", None
        try:
            made = perform(deed_named(*key), inputs(), turn.by, turn.now)
        except Refused as refused:
            refusal = str(refused)
        self._write("robot", turn.now, unit=turn.unit.code, deed=".".join(key),
                    subject=turn.duty.subject, title=turn.duty.title, refusal=refusal)  # fmt: skip
        return refusal, made

    def _still(self, person: Person, duty: Duty, now: datetime) -> bool:
        """Whether the duty still waits: somebody else may have done it."""
        rooms = {duty.room, duty.subject.partition(".")[0]}
        asked = duties_of(person, now, rooms, {duty.verb})
        return any((d.verb, d.subject) == (duty.verb, duty.subject) for d in asked)

    def finish(self, now: datetime) -> dict[str, Any]:
        """Seal the ledger and write down what came of it, for the house to record."""
        while seal(now=now) is not None:
            continue
        whole = verify()
        checkpoint = last_checkpoint()
        result = {
            "held_from": self.held.begins_at, "held_till": now, "score": score(now, self.present),
            "waits": [vars(wait) for wait in waits(now)], "missed": missed(now),
            "titles": titles(), "not_played": sorted(self.not_played), "ledger_size": whole.size,
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


def present_in(held: Exercise) -> frozenset[str]:
    """Codes of the units whose teams have played themselves so far."""
    return frozenset(line["unit"] for line in journal_of(held) if line["kind"] == "present")


def journal_of(held: Exercise) -> list[dict[str, Any]]:
    """What happened in an exercise so far: injects and deeds of robots, a line each."""
    path = held.folder / JOURNAL
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
