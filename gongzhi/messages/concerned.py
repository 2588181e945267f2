"""Whom a line of the ledger concerns: for each verb that is told, the units and the words.

What a line is about is read through the records of the rooms upstream, many lines of one verb at
once. Nothing here decides how urgent it is: `parameters/messages.yaml` does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

from gongzhi.actors.models import Delegation, PowerRequest, Unit
from gongzhi.actors.policies import power_names
from gongzhi.assessment.models import Dissent
from gongzhi.command.call_policies import answer_power, caller_power
from gongzhi.command.models import CallAnswer, Climb, Order, StreetCall
from gongzhi.command.queries import due_of
from gongzhi.command.queries.replayed import numbers_named
from gongzhi.decision.models import Measure
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import Record, number_in
from gongzhi.messages.words import Words
from gongzhi.sensing.models import Signal, Warning
from gongzhi.sensing.queries import stream_name
from gongzhi.supply.models import Need

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Concern:
    """One record that a line of the ledger is about, the unit it concerns, and the words.

    `rule` is given where it is told as another verb is, `power` where others than those of the
    rule are told.
    """

    entry: Entry
    record: Record
    unit: Unit
    words: Words
    order: Order | None = None
    rule: str = ""
    power: str = ""


Facts = dict[str, Any]
Finder = Callable[[Sequence[Entry]], Iterable[Concern]]


def facts_of(entry: Entry) -> Facts:
    """The facts that a line of the ledger states."""
    found: Facts = json.loads(entry.body).get("facts") or {}
    return found


def _records(model: type[R], entries: Iterable[Entry], *related: str) -> Iterator[tuple[Entry, R]]:
    """Each line with the record it is about, all read at once; lines about others are left out."""
    kind = f"{model._meta.label}:"
    about = [(e, number_in(e.subject)) for e in entries if e.subject.startswith(kind)]
    read = model._default_manager.select_related(*related) if related else model._default_manager
    found = read.in_bulk({number for _entry, number in about})
    for entry, number in about:
        record = found.get(number)
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
    for entry, order in _records(Order, entries, "unit"):
        yield _order(entry, order)


def _amended(entries: Sequence[Entry]) -> Iterator[Concern]:
    """Orders with another unit, time or wording; one that waits is told when it is issued.

    The unit that an order was taken from is told to stop.
    """
    issued = [entry for entry in entries if facts_of(entry)["due_at"]]
    yield from _orders(issued)
    for entry, order in _records(Order, issued):
        facts = facts_of(entry)
        before = order.versions.filter(version=facts["version"] - 1).select_related("unit").first()
        if before is not None and before.unit.path != facts["to"]:
            words = {"title": order, "unit": before.unit, "due_at": before.due_at}
            stop = "command.withdraw_order"
            yield Concern(entry, order, before.unit, words, order, rule=stop)


def _named(entries: Sequence[Entry], named: Callable[[Facts], Any]) -> Iterator[Concern]:
    """The orders that each line names together."""
    for entry in entries:
        for numbers in batches(numbers_named(named(facts_of(entry)))):
            found = Order.objects.filter(pk__in=numbers).select_related("unit")
            for order in found.order_by("id"):
                yield _order(entry, order)


def _issued(facts: Facts) -> Facts:
    """The orders that were issued with a plan or a phase of it: those that wait for nothing."""
    by_time = facts["numbers"]["issued"]
    return {"numbers": [run for runs in by_time.values() for run in runs]}


_of_plan = partial(_named, named=_issued)
_released = partial(_named, named=itemgetter("released"))
_withdrawn = partial(_named, named=itemgetter("orders"))


def _to_issuer(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, order in _records(Order, entries, "unit", "issuer"):
        yield _order(entry, order, order.issuer)


def _offered(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An order that may change hands: told to the unit it is offered to, while it is."""
    for entry, order in _records(Order, entries, "unit", "offered_to"):
        if order.offered_to is not None:
            yield _order(entry, order, order.offered_to)


def _to_place(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An order that climbed: told to the unit it climbed to."""
    places = _placed(entries)
    for entry, order in _records(Order, entries, "unit", "issuer"):
        if entry.unit_path in places:
            told = _order(entry, order, places[entry.unit_path])
            yield replace(told, words={**told.words, "issuer": order.issuer})


# Calls ------------------------------------------------------------------------------------------


def _answer(entry: Entry, answer: CallAnswer, unit: Unit, **told: str) -> Concern:
    words = {
        "street": answer.call.caller, "unit": answer.department, "about": answer.call.subject,
        "answer_at": answer.answer_by, "says": answer.get_state_display,
    }  # fmt: skip
    return Concern(entry, answer, unit, words, **told)


def _asked(entry: Entry, answer: CallAnswer) -> Concern:
    """A unit that has to answer a call, whichever way it came to be asked: told as when raised."""
    power = answer_power(answer.department)
    return _answer(entry, answer, answer.department, rule="command.raise_call", power=power)


def _called(entries: Sequence[Entry]) -> Iterator[Concern]:
    calls = dict(_records(StreetCall, entries))
    answers = CallAnswer.objects.filter(call__in=list(calls.values()))
    by_call = {call.pk: entry for entry, call in calls.items()}
    for answer in answers.select_related("department", "call__caller").order_by("id"):
        if answer.answer_by >= by_call[answer.call_id].at and answer.ruled_at is None:
            yield _asked(by_call[answer.call_id], answer)


def _let_go(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A call that was taken back: told to every unit that had not finished."""
    for entry, call in _records(StreetCall, entries):
        released = call.answers.filter(department__path__in=facts_of(entry)["released"])
        for answer in released.select_related("department", "call__caller").order_by("id"):
            power = answer_power(answer.department)
            yield _answer(entry, answer, answer.department, power=power)


def _answered(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An answer is told to the street, to whom it asks in turn, and to whoever has to rule."""
    rulers = _units_at(path for entry in entries if (path := facts_of(entry).get("to_rule")))
    for entry, answer in _records(CallAnswer, entries, "department", "call__caller"):
        yield _answer(entry, answer, answer.call.caller, power=caller_power(answer.call.caller))
        yield from _asked_now(entry, answer, [answer.named_instead_id, answer.needed_from_id])
        ruler = rulers.get(facts_of(entry).get("to_rule"))
        if ruler is not None:
            yield _answer(entry, answer, ruler, rule="command.climb_answer")


def _promised(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A new time of a called unit: told to the caller."""
    for entry, answer in _records(CallAnswer, entries, "department", "call__caller"):
        told = _answer(entry, answer, answer.call.caller, power=caller_power(answer.call.caller))
        yield replace(told, words={**told.words, "by_at": due_of(answer)})


def _asked_now(entry: Entry, answer: CallAnswer, units: Iterable[int | None]) -> Iterator[Concern]:
    """Those of some units that still have to answer the same call."""
    asked = CallAnswer.objects.filter(
        call=answer.call_id, department__in=[pk for pk in units if pk], state="waiting"
    )
    for other in asked.select_related("department", "call__caller").order_by("id"):
        yield _asked(entry, other)


def _asked_again(entries: Sequence[Entry]) -> Iterator[Concern]:
    """Who waited for what is done now has to answer once more."""
    units = _units_at(path for entry in entries for path in facts_of(entry)["asked_again"])
    for entry, answer in _records(CallAnswer, entries):
        again = [units[path].pk for path in facts_of(entry)["asked_again"] if path in units]
        yield from _asked_now(entry, answer, again)


def _ruled(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, answer in _records(CallAnswer, entries, "department", "call__caller"):
        power = answer_power(answer.department)
        yield _answer(entry, answer, answer.department, power=power)


def _answer_to_place(entries: Sequence[Entry]) -> Iterator[Concern]:
    places = _placed(entries)
    for entry, answer in _records(CallAnswer, entries, "department", "call__caller"):
        if entry.unit_path in places:
            yield _answer(entry, answer, places[entry.unit_path])


def _followed_up(entries: Sequence[Entry]) -> Iterator[Concern]:
    """That a tier presses for something late: told to who is late, and to who waits for it."""
    related = ("to_unit", "order__unit", "order__issuer", "answer__department")
    for entry, climb in _records(Climb, entries, *related, "answer__call__caller"):
        words: dict[str, object] = {"ruler": climb.to_unit}
        order, answer = climb.order, climb.answer
        if order is not None:
            words |= {"unit": order.unit, "title": order}
            yield Concern(entry, climb, order.unit, words, order)
            yield Concern(entry, climb, order.issuer, words, order, power="give_order")
        elif answer is not None:
            words |= {"unit": answer.department, "title": answer.call.subject}
            caller, late = answer.call.caller, answer.department
            yield Concern(entry, climb, late, words, power=answer_power(late))
            yield Concern(entry, climb, caller, words, power=caller_power(caller))


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
            "lender": lent.lender, "unit": lent.borrower, "end_at": lent.ends_at,
            "powers": partial(power_names, lent.powers),
        }  # fmt: skip
        yield Concern(entry, lent, lent.borrower, words)


def _requests(entries: Sequence[Entry], answered: bool = False) -> Iterator[Concern]:
    """A request is told to whoever is to answer it, its answer to the unit that asked."""
    for entry, asked in _records(PowerRequest, entries, "asking", "to_unit", "place"):
        words = {
            "unit": asked.asking, "place": asked.place, "answer_at": asked.answer_by,
            "power": partial(power_names, [asked.power]), "says": asked.get_state_display,
        }  # fmt: skip
        yield Concern(entry, asked, asked.asking if answered else asked.to_unit, words)


_answers_of_requests = partial(_requests, answered=True)


def _dissents(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A dissent is told to the units it went up to, without a word of it."""
    units = _units_at(path for entry in entries for path in facts_of(entry).get("to", ()))
    for entry, dissent in _records(Dissent, entries, "assessment__incident"):
        words = {"title": dissent.assessment.incident}
        for path in facts_of(entry).get("to", ()):
            if path in units:
                yield Concern(entry, dissent, units[path], words)


def _needs(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, need in _records(Need, entries, "unit", "item"):
        yield Concern(entry, need, need.unit, {"unit": need.unit, "item": need.item})


CONCERNED: dict[str, Finder] = {
    "command.give_order": _orders,
    "command.activate_plan": _of_plan,
    "command.begin_phase": _of_plan,
    "command.amend_order": _amended,
    "command.finish_order": _released,
    "command.release_order": _orders,
    "command.reissue_order": _orders,
    "command.extend_order": _orders,
    "command.withdraw_order": _orders,
    "command.withdraw_orders": _withdrawn,
    "command.offer_order": _offered,
    "command.fail_order": _to_issuer,
    "command.climb_order": _to_place,
    "command.raise_call": _called,
    "command.reopen_call": _called,
    "command.withdraw_call": _let_go,
    "command.answer_call": _answered,
    "command.change_promise": _promised,
    "command.finish_answer": _asked_again,
    "command.rule_call": _ruled,
    "command.climb_answer": _answer_to_place,
    "command.follow_up_climb": _followed_up,
    "sensing.issue_warning": _warnings,
    "sensing.climb_warning": _warnings,
    "sensing.climb_signal": _signals,
    "decision.announce_end": _measures,
    "actors.delegate": _powers,
    "actors.revoke": _powers,
    "actors.ask_above": _requests,
    "actors.climb_request": _requests,
    "actors.grant_request": _answers_of_requests,
    "actors.refuse_request": _answers_of_requests,
    "assessment.dissent": _dissents,
    "supply.raise_quiet_need": _needs,
    "messages.climb_unread": _to_place,
}
"""For each verb that is told: what finds whom it concerns."""

SETTLED_BY = (
    "command.accept_order", "command.finish_order", "command.fail_order", "command.amend_order",
    "command.take_over_order", "command.withdraw_order", "command.answer_call",
    "sensing.acknowledge_warning", "sensing.end_warning", "sensing.judge_signal",
    "decision.renew_measure", "decision.end_measure", "actors.revoke",
    "actors.grant_request", "actors.refuse_request", "actors.withdraw_request",
)  # fmt: skip
"""Verbs after which earlier messages about the same record need nobody any more."""
