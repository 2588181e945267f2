"""A drawn part of the messages through the real deeds and the real clock, to compare with."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime
from typing import Any

from gongzhi.actors.actions import appoint_many, found_house, found_root, found_units
from gongzhi.actors.queries import Kind, Person, Role, Tier, Unit, units_below
from gongzhi.command.actions import (
    adopt_duties,
    answer_call,
    arrive,
    climb_silent_answers,
    finish_answer,
    raise_call,
)
from gongzhi.command.queries import Climb, StreetCall, proposal_for
from gongzhi.interfaces.cli.replay_calls.clocks import MINUTE, NO_CATEGORY, TIERS, Played
from gongzhi.ledger.records import seeded_salts

BEGIN = datetime(2019, 1, 1, tzinfo=UTC)
"""From when on powers are written down: earlier messages do not go through the deeds."""
CITY, DISTRICT, STREET = "CITY", "DISTRICT", "STREET"
PLACE = {"lon": 112.9, "lat": 28.2}


class World:
    """A city with one district and street, and a department for each first-level category."""

    def __init__(self, played: list[Played]) -> None:
        self.clock = found_house(
            login="clock", password="nobody logs in here", name="clock", now=BEGIN
        )
        root = found_root(code=CITY, name="A市", tier=Tier.CITY, by=self.clock, now=BEGIN)
        groups = sorted({one.group for one in played})
        self.code = {group: f"D{number:02d}" for number, group in enumerate(groups)}
        rows = [_area(DISTRICT, CITY, Tier.DISTRICT), _area(STREET, DISTRICT, Tier.STREET)]
        rows += [_department(code, group) for group, code in self.code.items()]
        found_units(parent=root, units=rows, by=self.clock, now=BEGIN)
        self.unit = {unit.code: unit for unit in units_below(root)}
        self.desk = self._appoint(root)
        self._adopt(root, played)

    def _appoint(self, root: Unit) -> dict[str, Person]:
        staffed = [unit for unit in self.unit.values() if unit.code not in (CITY, DISTRICT)]
        posts = [
            {"login": u.code.lower(), "name": u.name, "unit": u, "area": u, "role": Role.OFFICER}
            for u in staffed
        ]
        appoint_many(area=root, posts=posts, password_hash="!", by=self.clock, now=BEGIN)
        people = {p.login: p for p in Person.objects.filter(login__in=[p["login"] for p in posts])}
        return {unit.code: people[unit.code.lower()] for unit in staffed}

    def _adopt(self, root: Unit, played: list[Played]) -> None:
        adopt_duties(
            area=root, table=matrix_table(played, self.code), basis="category_tree.csv",
            by=self.clock, now=BEGIN,
        )  # fmt: skip

    def play(self, drawn: list[Played]) -> dict[str, list[datetime]]:
        """Raise, climb and answer in the order of time; gives the climbs of each message."""
        agenda: list[tuple[datetime, int, Played]] = []
        for one in drawn:
            sent = one.message.sent_at
            agenda.append((sent, 0, one))
            agenda.append((sent + one.waited, 1, one))
            agenda += [(sent + n * one.clock, 2, one) for n in range(1, TIERS + 2)]
        calls: dict[str, StreetCall] = {}
        for moment, act, one in sorted(agenda, key=lambda a: (a[0], a[1], a[2].message.number)):
            if act == 0:
                calls[one.message.number] = self._raise(one, moment)
            elif act == 1:
                self._answer(calls[one.message.number], moment)
            else:
                climb_silent_answers(by=self.clock, now=moment)
        climbs = Climb.objects.filter(answer__isnull=False).order_by("climbed_at", "id")
        found: dict[int, list[datetime]] = {}
        for call, moment in climbs.values_list("answer__call", "climbed_at"):
            found.setdefault(call, []).append(moment)
        return {number: found.get(call.pk, []) for number, call in calls.items()}

    def _raise(self, one: Played, now: datetime) -> StreetCall:
        street, subject = self.unit[STREET], subject_of(one)
        proposal = proposal_for(street, subject, now)
        if proposal is None:
            raise LookupError(f"The matrix knows no {subject}.")
        return raise_call(
            caller=street, subject=subject, text="…", departments=list(proposal.units),
            by=self.desk[STREET], now=now,
        )  # fmt: skip

    def _answer(self, call: StreetCall, now: datetime) -> None:
        answer = call.answers.select_related("department").get()
        given: dict[str, Any] = {"answer": answer, "by": self.desk[answer.department.code]}
        answer_call(**given, says="coming", arrive_minutes=1, now=now)  # type: ignore[arg-type]
        arrive(**given, **PLACE, now=now)
        finish_answer(**given, **PLACE, result="…", now=now)


def subject_of(one: Played) -> str:
    """The subject of a call: the levels of its category."""
    return "/".join(one.subject)[:80] or NO_CATEGORY


def matrix_table(played: list[Played], code: dict[str, str]) -> str:
    """The duties matrix made of the categories: a row for each first level, with its clock."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(("subject", "area", "department", "from", "minutes"))
    clocks = {one.group: one.clock for one in played}
    for group, department in sorted(code.items()):
        minutes = clocks[group] // MINUTE
        table.writerow((group, DISTRICT, department, BEGIN.date(), minutes))
    return written.getvalue()


def as_played(played: list[Played], seed: int, count: int) -> dict[str, Any]:
    """How many drawn messages climbed through the deeds exactly as was worked out."""
    later = [one for one in played if one.message.sent_at >= BEGIN]
    unique = list({one.message.number: one for one in later}.values())
    drawn = random.Random(f"{seed}/drawn").sample(unique, min(count, len(unique)))
    with seeded_salts(f"calls/{seed}"):
        found = World(played).play(drawn)
    same = sum(found[one.message.number] == list(one.climbs) for one in drawn)
    return {"drawn": len(drawn), "same": same, "climbs": sum(map(len, found.values()))}


def _area(code: str, above: str, tier: Tier) -> dict[str, Any]:
    return {"parent_code": above, "code": code, "name": code, "kind": Kind.AREA, "tier": tier}


def _department(code: str, name: str) -> dict[str, Any]:
    return {
        "parent_code": DISTRICT, "code": code, "name": name, "kind": Kind.DEPARTMENT,
        "tier": Tier.DISTRICT, "subject": code.lower(),
    }  # fmt: skip
