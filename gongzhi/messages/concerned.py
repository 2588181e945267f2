"""Whom a line of the ledger concerns: for each verb that is told, the units and the words.

What a line is about is read through the records of the rooms upstream, many lines of one verb at
once. Nothing here decides how urgent it is: `parameters/messages.yaml` does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Q

from gongzhi.actors.models import Delegation, Unit
from gongzhi.actors.policies import power_name
from gongzhi.assessment.models import Dissent
from gongzhi.command.models import CallAnswer, Order, StreetCall
from gongzhi.decision.models import Measure
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import Record
from gongzhi.messages.policies import in_exercise
from gongzhi.messages.words import Words
from gongzhi.sensing.models import Signal, Warning
from gongzhi.sensing.queries import stream_name
from gongzhi.supply.models import Need

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Concern:
    """One record that a line of the ledger is about, the unit it concerns, and the words.

    `template` is given only where the words are not those of the verb.
    """

    entry: Entry
    record: Record
    unit: Unit
    words: Words
    order: Order | None = None
    template: str = ""

    @property
    def exercise(self) -> bool:
        """Whether it belongs to an exercise."""
        return in_exercise(self.record, facts_of(self.entry))


Finder = Callable[[Sequence[Entry]], Iterable[Concern]]


def facts_of(entry: Entry) -> dict[str, Any]:
    """The facts that a line of the ledger states."""
    found: dict[str, Any] = json.loads(entry.body).get("facts") or {}
    return found


def _records(model: type[R], entries: Iterable[Entry], *related: str) -> Iterator[tuple[Entry, R]]:
    """Each line with the record it is about, all read at once; lines about others are left out."""
    kind = f"{model._meta.label}:"
    about = [(entry, entry.subject) for entry in entries if entry.subject.startswith(kind)]
    numbers = {int(subject.removeprefix(kind)) for _entry, subject in about}
    read = model._default_manager.select_related(*related) if related else model._default_manager
    found = read.in_bulk(numbers)
    for entry, subject in about:
        record = found.get(int(subject.removeprefix(kind)))
        if record is not None:
            yield entry, record


def _units_at(paths: Iterable[str]) -> dict[str, Unit]:
    return {unit.path: unit for unit in Unit.objects.filter(path__in=set(paths))}


def _placed(entries: Iterable[Entry]) -> dict[str, Unit]:
    """The units at which these lines were written, by path."""
    return _units_at(entry.unit_path for entry in entries)


# Orders -----------------------------------------------------------------------------------------


def _order(entry: Entry, order: Order, unit: Unit | None = None) -> Concern:
    words = {"title": order, "unit": order.unit, "due_at": order.due_at}
    return Concern(entry, order, unit or order.unit, words, order)


def _orders(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, order in _records(Order, entries, "unit", "incident"):
        yield _order(entry, order)


def _of_plan(entries: Sequence[Entry]) -> Iterator[Concern]:
    """The orders that were issued with a plan or with one of its phases: they wait for nothing."""
    for entry in entries:
        by_minutes = facts_of(entry)["numbers"]["issued"]
        runs = [Q(pk__range=run) for found in by_minutes.values() for run in found]
        found = Order.objects.filter(reduce(or_, runs, Q(pk__in=[])))
        for order in found.select_related("unit", "incident").order_by("id"):
            yield _order(entry, order)


def _released(entries: Sequence[Entry]) -> Iterator[Concern]:
    """The orders that waited only for one that was reported done."""
    for entry in entries:
        told = facts_of(entry).get("released", [])
        if isinstance(told, list):  # of very many only a digest stands in the line
            about: dict[str, Any] = {"pk__in": [int(ref.partition(":")[2]) for ref in told]}
        else:
            about = {"prerequisites": _number(entry), "issued_at": entry.at}
        found = Order.objects.filter(**about) if told else Order.objects.none()
        for order in found.select_related("unit", "incident").order_by("id"):
            yield _order(entry, order)


def _number(entry: Entry) -> int:
    """The number of the record that a line is about."""
    return int(entry.subject.partition(":")[2])


def _withdrawn(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry in entries:
        found = Order.objects.filter(
            incident=_number(entry), state=Order.State.WITHDRAWN, ended_at=entry.at
        )
        for order in found.select_related("unit", "incident").order_by("id"):
            yield _order(entry, order)


def _to_issuer(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, order in _records(Order, entries, "unit", "issuer", "incident"):
        yield _order(entry, order, order.issuer)


def _to_place(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An order that climbed: told to the unit it climbed to."""
    places = _placed(entries)
    for entry, order in _records(Order, entries, "unit", "incident"):
        if entry.unit_path in places:
            yield _order(entry, order, places[entry.unit_path])


# Calls ------------------------------------------------------------------------------------------


def _answer(entry: Entry, answer: CallAnswer, unit: Unit, template: str = "") -> Concern:
    words = {
        "street": answer.call.caller, "unit": answer.department, "about": answer.call.subject,
        "answer_at": answer.answer_by, "says": answer.get_state_display,
    }  # fmt: skip
    return Concern(entry, answer, unit, words, template=template)


def _called(entries: Sequence[Entry]) -> Iterator[Concern]:
    calls = dict(_records(StreetCall, entries))
    answers = CallAnswer.objects.filter(call__in=list(calls.values()))
    by_call = {call.pk: entry for entry, call in calls.items()}
    for answer in answers.select_related("department", "call__caller").order_by("id"):
        if answer.answer_by >= by_call[answer.call_id].at and answer.ruled_at is None:
            yield _answer(by_call[answer.call_id], answer, answer.department)


def _answered(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An answer is told to the street; whoever is named instead is called in turn."""
    for entry, answer in _records(CallAnswer, entries, "department", "call__caller"):
        yield _answer(entry, answer, answer.call.caller)
        if answer.named_instead_id is not None:
            asked = CallAnswer.objects.filter(
                call=answer.call_id, department=answer.named_instead_id, state="waiting"
            )
            for other in asked.select_related("department", "call__caller"):
                yield _answer(entry, other, other.department, "call_raised")


def _ruled(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, answer in _records(CallAnswer, entries, "department", "call__caller"):
        yield _answer(entry, answer, answer.department)


def _answer_to_place(entries: Sequence[Entry]) -> Iterator[Concern]:
    places = _placed(entries)
    for entry, answer in _records(CallAnswer, entries, "department", "call__caller"):
        if entry.unit_path in places:
            yield _answer(entry, answer, places[entry.unit_path])


# Warnings, measures, powers, dissents, needs ----------------------------------------------------


def _warnings(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A warning is told where it was written to: its own place, or the tier it climbed to."""
    places = _placed(entries)
    for entry, warning in _records(Warning, entries, "place"):
        words = {
            "place": warning.place, "stream": partial(stream_name, warning.stream),
            "level": warning.get_level_display, "acknowledge_at": warning.acknowledge_by,
        }  # fmt: skip
        yield Concern(entry, warning, places.get(entry.unit_path, warning.place), words)


def _signals(entries: Sequence[Entry]) -> Iterator[Concern]:
    places = _placed(entries)
    for entry, signal in _records(Signal, entries, "place"):
        words = {"place": signal.place, "stream": partial(stream_name, signal.stream)}
        yield Concern(entry, signal, places.get(entry.unit_path, signal.place), words)


def _measures(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, measure in _records(Measure, entries, "area"):
        words = {"title": measure, "place": measure.area, "end_at": measure.ends_at}
        yield Concern(entry, measure, measure.area, words)


def _powers(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, lent in _records(Delegation, entries, "lender", "borrower"):
        words = {
            "lender": lent.lender, "unit": lent.borrower, "power": partial(power_name, lent.power),
            "end_at": lent.ends_at,
        }  # fmt: skip
        yield Concern(entry, lent, lent.borrower, words)


def _dissents(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A dissent is told to the units it went up to, without a word of it."""
    units = _units_at(path for entry in entries for path in facts_of(entry).get("to", ()))
    for entry, dissent in _records(Dissent, entries, "assessment__incident"):
        words = {"title": dissent.assessment.incident}
        for path in facts_of(entry).get("to", ()):
            if path in units:
                yield Concern(entry, dissent, units[path], words)


def _needs(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, need in _records(Need, entries, "unit", "item", "incident"):
        yield Concern(entry, need, need.unit, {"unit": need.unit, "item": need.item})


CONCERNED: dict[str, Finder] = {
    "command.give_order": _orders,
    "command.activate_plan": _of_plan,
    "command.begin_phase": _of_plan,
    "command.finish_order": _released,
    "command.release_order": _orders,
    "command.reissue_order": _orders,
    "command.extend_order": _orders,
    "command.withdraw_order": _orders,
    "command.withdraw_orders": _withdrawn,
    "command.fail_order": _to_issuer,
    "command.climb_order": _to_place,
    "command.raise_call": _called,
    "command.answer_call": _answered,
    "command.rule_call": _ruled,
    "command.climb_answer": _answer_to_place,
    "sensing.issue_warning": _warnings,
    "sensing.climb_warning": _warnings,
    "sensing.climb_signal": _signals,
    "decision.announce_end": _measures,
    "actors.delegate": _powers,
    "actors.revoke": _powers,
    "assessment.dissent": _dissents,
    "supply.raise_quiet_need": _needs,
    "messages.climb_unread": _to_place,
}
"""For each verb that is told: what finds whom it concerns."""

SETTLED_BY = (
    "command.accept_order", "command.finish_order", "command.fail_order",
    "command.withdraw_order", "command.answer_call", "sensing.acknowledge_warning",
    "sensing.end_warning", "sensing.judge_signal", "decision.renew_measure",
    "decision.end_measure", "actors.revoke",
)  # fmt: skip
"""Verbs after which earlier messages about the same record need nobody any more."""
