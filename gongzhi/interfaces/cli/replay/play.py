"""Play the material of a replay through the river, day by day, on a simulated clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gongzhi.command.actions import adopt_plan
from gongzhi.exchange.actions import adopt_standard, register_dataset, store_table
from gongzhi.exchange.standards import CONTRACTS
from gongzhi.interfaces.cli.replay.agenda import Agenda, moment
from gongzhi.interfaces.cli.replay.people import People
from gongzhi.interfaces.cli.replay.phases import Phases
from gongzhi.interfaces.cli.replay.reading import City, Material
from gongzhi.interfaces.cli.replay.stage import Stage, set_stage
from gongzhi.interfaces.cli.replay.supplies import Supplies
from gongzhi.ledger.records import seeded_salts
from gongzhi.messages.policies import only_in_app
from gongzhi.rounds.walk import walk
from gongzhi.sensing.actions import CountDraft, record_counts
from gongzhi.supply.actions import load_catalogue

ROUNDS = ((8, 0), (14, 0), (20, 5), (20, 45), (23, 30))
ASSUMED = "assumed: none on record"
Looks = tuple[Callable[[], None], ...]
QUIET_DAYS = 28
"""Days of no cases before a city's first figure, so that the detectors have a history."""
CONTRACT_OF = {
    "divisions": "administrative_divisions", "counts": "city_daily_counts",
    "relief": "hospital_needs",
}  # fmt: skip


@dataclass
class Played:
    """A replay that was played: its stage, its people, its supplies and how often it walked."""

    stage: Stage
    people: People
    supplies: Supplies
    rounds: int
    until: datetime


def play(
    material: Material, seed: int, *, tell: Callable[[str], None], progress: Callable[[int], None]
) -> Played:
    """Play everything; the same material and seed give the same ledger."""
    with seeded_salts(f"{material.scenario.code}/{seed}"), only_in_app():
        begin = moment(material.starts_on - timedelta(days=1), 8)
        until = moment(material.ends_on, 23, 59)
        stage = set_stage(material, begin)
        load_catalogue(by=stage.clock, now=begin)
        _load_files(stage, begin)
        plan = adopt_plan(document=material.scenario.plan_text(), by=stage.clock, now=begin)
        agenda = Agenda(seed, until)
        agenda.now = begin
        people = People(stage, agenda, plan, tell)
        supplies, phases = Supplies(people), Phases(people)
        looks = (people.notice, phases.notice, supplies.notice)
        rounds = _enter_days(stage, agenda, people, supplies, looks, progress)
        agenda.run()
        return Played(stage, people, supplies, rounds, until)


def _load_files(stage: Stage, now: datetime) -> None:
    """Put every table that was read into the exchange, each row with its fate."""
    clock = stage.clock
    for kind, reading in stage.material.readings.items():
        text = (CONTRACTS / f"{CONTRACT_OF[kind]}.odcs.yaml").read_text(encoding="utf-8")
        standard = adopt_standard(at=stage.root, document=text, by=clock, now=now)
        dataset = register_dataset(
            supplier=stage.root, standard=standard, title=reading.root, by=clock, now=now
        )
        for table in reading.tables:
            store_table(dataset=dataset, table=table, by=clock, now=now)


def _enter_days(
    stage: Stage, agenda: Agenda, people: People, supplies: Supplies, looks: Looks,
    progress: Callable[[int], None],
) -> int:  # fmt: skip
    """Enter the rounds, counts and lists of every day into the agenda; give the rounds' number."""
    material = stage.material
    snapshots = set(material.snapshots())
    agenda.at(moment(material.first_day, 7), lambda: _record_history(stage, agenda))
    rounds = 0
    for number, day in enumerate(_days(material.starts_on, material.ends_on), start=1):
        agenda.at(moment(day, 0, 1), lambda n=number: progress(n))
        if day in snapshots:
            agenda.at(moment(day, 10), lambda d=day: supplies.take_snapshot(d))
        if material.first_day <= day <= material.last_day:
            agenda.at(moment(day, 20), lambda d=day: _record_day(stage, agenda, d))
        agenda.at(moment(day, 21, 30), people.look_back)
        for hour, minute in ROUNDS:
            agenda.at(moment(day, hour, minute), lambda: _round(stage, agenda, people, looks))
            rounds += 1
    return rounds


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def _round(stage: Stage, agenda: Agenda, people: People, looks: Looks) -> None:
    passed = walk(by=stage.clock, now=agenda.now)
    if passed.changed or people.stirred:
        for look in looks:
            look()


def _record_history(stage: Stage, agenda: Agenda) -> None:
    """Before the first day of the data there were no cases on record: say so, marked."""
    first = stage.material.first_day
    days = [first - timedelta(days=n) for n in range(QUIET_DAYS, 0, -1)]
    _record(stage, agenda, ASSUMED, {(c, d): 0 for c in stage.material.cities for d in days})


def _record_day(stage: Stage, agenda: Agenda, day: date) -> None:
    """Record a day's counts; a city that has had no figure so far has no cases on record."""
    cities = stage.material.cities
    _record(
        stage, agenda, stage.material.source, {(c, day): c.new[day] for c in cities if day in c.new}
    )
    _record(stage, agenda, ASSUMED, {(c, day): 0 for c in cities if day < min(c.new)})


def _record(stage: Stage, agenda: Agenda, source: str, found: dict[tuple[City, date], int]) -> None:
    stream = stage.material.scenario.stream
    counts = [
        CountDraft(place=stage.units[city.code].pk, stream=stream, day=day, value=value)
        for (city, day), value in found.items()
    ]
    if counts:
        record_counts(source=source[:40], counts=counts, by=stage.clock, now=agenda.now)
