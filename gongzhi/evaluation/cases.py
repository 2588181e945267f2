"""Single cases that show what a unit can do: each with the deadline that stood on its record.

A case counts once it is answered or its deadline is over; what still has time shows nothing yet.
The same functions read an exercise in its own house and the real responses in the real one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import IntegerField, Max, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.timezone import localtime

from gongzhi.actors.models import Kind, Tier, Unit
from gongzhi.actors.policies import holds_by_kind
from gongzhi.command.models import CallAnswer, Order
from gongzhi.evaluation.models import Finding
from gongzhi.fieldwork.models import Task
from gongzhi.ledger.models import Entry
from gongzhi.parameters import minutes, parameter
from gongzhi.sensing.models import Signal, Warning
from gongzhi.supply.models import Need


class Case(NamedTuple):
    """One thing that a unit did, or did not, as the standard counts it.

    at: when it counted. by: how much too late in minutes, or how much short in pieces; below zero
    where there was time left. incident: number of the incident it belongs to, where it names one.
    """

    unit: int
    at: datetime
    good: bool
    by: float
    ref: str
    title: str
    incident: int | None


@dataclass
class Tally:
    """How many cases were good, and the worst of them."""

    good: int = 0
    total: int = 0
    worst: Case | None = None

    def add(self, case: Case) -> None:
        """Count one more."""
        self.total += 1
        self.good += case.good
        rank = (not case.good, case.by, case.ref)
        if self.worst is None or rank > (not self.worst.good, self.worst.by, self.worst.ref):
            self.worst = case

    def plain(self) -> dict[str, Any]:
        """The figures as an exercise's score and a scoring keep them."""
        worst = self.worst and {
            "ref": self.worst.ref, "title": self.worst.title, "by": round(self.worst.by, 1),
            "good": self.worst.good,
        }  # fmt: skip
        return {"good": self.good, "total": self.total, "worst": worst or {}}


Row = tuple[int, int, datetime | None, datetime | None, str, int | None]
"""Number of the record, number of the unit, deadline, answer, title, number of the incident."""


def _timed(record: str, rows: Iterable[Row], now: datetime) -> Iterator[Case]:
    """Cases that are good when the answer came by the deadline."""
    for pk, unit, due, ended, title, incident in rows:
        if due is None or ((ended is None or ended > now) and due > now):
            continue
        end = ended if ended is not None and ended <= now else None
        by = ((end or now) - due).total_seconds() / 60
        yield Case(unit, end or due, end is not None and end <= due, by, f"{record}:{pk}", title,
                   incident)  # fmt: skip


def _plain(
    record: str, found: QuerySet[Any], *fields: str
) -> Callable[[datetime, datetime], Iterator[Case]]:
    """Timed cases of records whose fields hold everything; `fields` are those of a `Row`."""
    due, names = fields[1], [name or Value(None, IntegerField()) for name in fields]

    def cases(since: datetime, now: datetime) -> Iterator[Case]:
        rows = found.all().filter(**{f"{due}__gte": since}).order_by("pk")
        yield from _timed(record, rows.values_list("pk", *names).iterator(), now)

    return cases


def _asked_first(
    power: str, found: Callable[[datetime, datetime], Iterator[Case]]
) -> Callable[[datetime, datetime], Iterator[Case]]:
    """Cases at a place, as those of the nearest government over it that holds the power."""

    def cases(since: datetime, now: datetime) -> Iterator[Case]:
        at_places = list(found(since, now))
        places = Unit.objects.in_bulk({case.unit for case in at_places})
        above = {path for place in places.values() for path in place.ancestor_paths()}
        areas = Unit.objects.filter(path__in=above, kind=Kind.AREA)
        holders = {area.path: area.pk for area in areas if holds_by_kind(area, power, now)}
        for case in at_places:
            over = reversed(places[case.unit].ancestor_paths())
            asked = next((holders[path] for path in over if path in holders), None)
            if asked is not None:
                yield case._replace(unit=asked)

    return cases


_GIVEN = (Order.State.WAITING, Order.State.WITHDRAWN)
"""States of orders that nobody has to carry out."""


def _orders(since: datetime) -> QuerySet[Any]:
    given = Order.objects.exclude(state__in=_GIVEN).exclude(issued_at=None)
    return given.filter(due_at__gte=since).order_by("pk")


def _accepted(since: datetime, now: datetime) -> Iterator[Case]:
    """Accepted, or ended at once, before an unread order would have been phoned and climbed.

    An order that was amended or taken over is accepted anew: its time begins again.
    """
    changed = Coalesce(Max("versions__replaced_at"), "issued_at")
    orders = _orders(since).annotate(
        taken=Coalesce("accepted_at", "ended_at"), begun=Greatest("issued_at", changed)
    )
    fields = ("pk", "unit_id", "begun", "due_at", "title", "incident_id", "taken")
    for pk, unit, begun, due, title, incident, ended in orders.values_list(*fields):
        limit = max(begun, min(due, begun + _to_reach(begun)))
        yield from _timed("command.Order", [(pk, unit, limit, ended, title, incident)], now)


def _to_reach(at: datetime) -> timedelta:
    """How long an order may stay unread before its unit must have been reached by telephone."""
    on = localtime(at).date()
    waits = [parameter(f"messages.{name}", on).value for name in ("unread_order", "phone_unread")]
    return timedelta(minutes=sum(waits))


_ORDER = ("pk", "unit_id", "due_at", "ended_at", "title", "incident_id", "state")


def _finished(since: datetime, now: datetime) -> Iterator[Case]:
    """Carried out by the time; what the unit said to be impossible was not."""
    for *row, state in _orders(since).values_list(*_ORDER):
        for case in _timed("command.Order", [tuple(row)], now):  # type: ignore[list-item]
            yield case._replace(good=case.good and state == Order.State.DONE)


def _answered_for(since: datetime, now: datetime) -> Iterator[Case]:
    """Orders past their time, good where the unit ended them at all."""
    for *row, _state in _orders(since).filter(due_at__lte=now).values_list(*_ORDER):
        for case in _timed("command.Order", [tuple(row)], now):  # type: ignore[list-item]
            yield case._replace(good=row[3] is not None and row[3] <= now)


def _addressees(since: datetime, now: datetime) -> Iterator[Case]:
    """Those called who have answered; good where they did not end with “not mine”."""
    answered = CallAnswer.objects.filter(answered_at__gte=since, answered_at__lte=now)
    fields = ("pk", "call__caller_id", "answered_at", "department__name", "call__incident_id")
    for pk, unit, at, name, incident, state in answered.order_by("pk").values_list(
        *fields, "state"
    ):
        good = state != CallAnswer.State.NOT_MINE
        yield Case(unit, at, good, 0.0, f"command.CallAnswer:{pk}", name, incident)


def _needs(since: datetime, now: datetime) -> Iterator[Case]:
    """Known needs whose time has come, for every city and district they lie in."""
    areas = Unit.objects.filter(kind=Kind.AREA, tier__in=(Tier.CITY, Tier.DISTRICT))
    by_path = dict(areas.values_list("path", "pk"))
    due = Need.objects.filter(needed_by__gte=since, needed_by__lte=now, amount=Need.Amount.KNOWN)
    due = due.exclude(state=Need.State.WITHDRAWN).order_by("pk")
    fields = ("pk", "unit__path", "needed_by", "quantity", "received_quantity", "item__name",
              "incident_id")  # fmt: skip
    for pk, path, at, wanted, got, title, incident in due.values_list(*fields):
        short = (wanted or 0) - got
        for above, unit in by_path.items():
            if path.startswith(above):
                yield Case(unit, at, short <= 0, short, f"supply.Need:{pk}", title, incident)


def _doors(since: datetime, now: datetime) -> Iterator[Case]:
    """Field tasks of the grids of a community, by the first time somebody stood at the door."""
    given = Task.objects.exclude(state=Task.State.CANCELLED).filter(due_at__gte=since)
    given = given.annotate(first=Min("visits__visited_at")).order_by("pk")
    rows = given.values_list("pk", "grid__parent_id", "due_at", "first", "title", "incident_id")
    yield from _timed("fieldwork.Task", rows.iterator(), now)


def _findings(since: datetime, now: datetime) -> Iterator[Case]:
    """Findings of reviews, answered by the time that was in force when they were made."""
    made = Finding.objects.filter(review__made_at__gte=since).order_by("pk")
    fields = ("pk", "unit_id", "review__made_at", "answered_at", "sentence", "review__incident_id")
    for pk, unit, at, answered, title, incident in made.values_list(*fields):
        due = at + minutes("answer_finding", at)
        yield from _timed("evaluation.Finding", [(pk, unit, due, answered, title, incident)], now)


def _reached(since: datetime, now: datetime) -> Iterator[Case]:
    """Telephone calls about unread orders, as the ledger has them: whether anybody was reached."""
    made = Entry.objects.filter(verb="messages.note_call", at__gte=since, at__lte=now)
    rows = list(made.order_by("id").values_list("unit_path", "at", "subject", "body"))
    paths = {path for path, *_ in rows}
    units = dict(Unit.objects.filter(path__in=paths).values_list("path", "pk"))
    for path, at, subject, body in rows:
        result = json.loads(body)["facts"]["result"]
        if path in units:
            yield Case(units[path], at, result == "reached", 0.0, subject, result, None)


def _asked_to_answer() -> QuerySet[Any]:
    """Those who were called, by the time they were first given: a ruling on the silent is none."""
    called = CallAnswer.objects.exclude(state="released")
    return called.annotate(first_asked=Coalesce("silent_since", "answer_by"))


def _promised() -> QuerySet[Any]:
    """Those who said that they come, by the time they said first: a later one is no excuse."""
    said = CallAnswer.objects.exclude(Q(state="released") | Q(arrive_by=None))
    return said.annotate(promised=Coalesce("first_arrive_by", "arrive_by"))


CASES: dict[str, Callable[[datetime, datetime], Iterator[Case]]] = {
    "warnings_acknowledged": _asked_first("acknowledge_warning", _plain(
        "sensing.Warning", Warning.objects.exclude(state="ended", acknowledged_at=None),
        "place_id", "acknowledge_by", "acknowledged_at", "stream", "",
    )),
    "signals_judged": _asked_first("judge_signal", _plain(
        "sensing.Signal", Signal.objects.all(),
        "place_id", "judge_by", "judged_at", "title", "",
    )),
    "orders_accepted": _accepted,
    "orders_finished": _finished,
    "orders_answered_for": _answered_for,
    "calls_answered": _plain(
        "command.CallAnswer", _asked_to_answer(),
        "department_id", "first_asked", "answered_at", "call__subject", "call__incident_id",
    ),
    "on_site": _plain(
        "command.CallAnswer", _promised(),
        "department_id", "promised", "arrived_at", "call__subject", "call__incident_id",
    ),
    "addressees_right": _addressees,
    "needs_met": _needs,
    "doors_visited": _doors,
    "findings_answered": _findings,
    "contacts_work": _reached,
}  # fmt: skip
"""What is counted in cases, by the code of the capability: since when, and until now."""


def tallies(codes: Iterable[str], since: datetime, now: datetime) -> dict[str, dict[int, Tally]]:
    """The figures of every unit, by capability and number of the unit."""
    found: dict[str, dict[int, Tally]] = {}
    for code in codes:
        by_unit: dict[int, Tally] = defaultdict(Tally)
        for case in CASES[code](since, now):
            by_unit[case.unit].add(case)
        found[code] = by_unit
    return found
