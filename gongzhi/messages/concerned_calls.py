"""Whom the lines of calls concern: the called, the caller, whoever rules or presses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gongzhi.actors.models import Unit
from gongzhi.command.call_policies import answer_power, caller_power
from gongzhi.command.models import CallAnswer, Climb, StreetCall
from gongzhi.command.queries import due_of
from gongzhi.ledger.models import Entry
from gongzhi.messages.lines import Concern, Finder, facts_of, placed, records_of, units_at


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
    calls = dict(records_of(StreetCall, entries))
    answers = CallAnswer.objects.filter(call__in=list(calls.values()))
    by_call = {call.pk: entry for entry, call in calls.items()}
    for answer in answers.select_related("department", "call__caller").order_by("id"):
        if answer.answer_by >= by_call[answer.call_id].at and answer.ruled_at is None:
            yield _asked(by_call[answer.call_id], answer)


def _let_go(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A call that was taken back: told to every unit that had not finished."""
    for entry, call in records_of(StreetCall, entries):
        released = call.answers.filter(department__path__in=facts_of(entry)["released"])
        for answer in released.select_related("department", "call__caller").order_by("id"):
            power = answer_power(answer.department)
            yield _answer(entry, answer, answer.department, power=power)


def _answered(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An answer is told to the street, to whom it asks in turn, and to whoever has to rule."""
    upper = _units_above(entries)
    for entry, answer in records_of(CallAnswer, entries, "department", "call__caller"):
        yield _answer(entry, answer, answer.call.caller, power=caller_power(answer.call.caller))
        yield from _asked_now(entry, answer, [answer.named_instead_id, answer.needed_from_id])
        for unit in _climbed_to(entry, upper):
            yield _answer(entry, answer, unit, rule="command.climb_answer")


def _units_above(entries: Sequence[Entry]) -> dict[str, Unit]:
    """The units that have to rule now, and those that learn of a promise put off again."""
    facts = [facts_of(entry) for entry in entries]
    return units_at(path for said in facts for name in _UPPER if (path := said.get(name)))


_UPPER = ("to_rule", "climbed_to")


def _climbed_to(entry: Entry, upper: dict[str, Unit]) -> list[Unit]:
    facts = facts_of(entry)
    return [upper[facts[name]] for name in _UPPER if facts.get(name) in upper]


def _promised(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A new time of a called unit: told to the caller, and where it climbed if put off again."""
    upper = _units_above(entries)
    for entry, answer in records_of(CallAnswer, entries, "department", "call__caller"):
        told = _answer(entry, answer, answer.call.caller, power=caller_power(answer.call.caller))
        yield replace(told, words={**told.words, "by_at": due_of(answer)})
        for unit in _climbed_to(entry, upper):
            yield _answer(entry, answer, unit, rule="command.climb_answer")


def _asked_now(entry: Entry, answer: CallAnswer, units: Iterable[int | None]) -> Iterator[Concern]:
    """Those of some units that still have to answer the same call."""
    asked = CallAnswer.objects.filter(
        call=answer.call_id, department__in=[pk for pk in units if pk], state="waiting"
    )
    for other in asked.select_related("department", "call__caller").order_by("id"):
        yield _asked(entry, other)


def _asked_again(entries: Sequence[Entry]) -> Iterator[Concern]:
    """Who waited for what is done now has to answer once more."""
    units = units_at(path for entry in entries for path in facts_of(entry)["asked_again"])
    for entry, answer in records_of(CallAnswer, entries):
        again = [units[path].pk for path in facts_of(entry)["asked_again"] if path in units]
        yield from _asked_now(entry, answer, again)


def _ruled(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, answer in records_of(CallAnswer, entries, "department", "call__caller"):
        power = answer_power(answer.department)
        yield _answer(entry, answer, answer.department, power=power)


def _answer_to_place(entries: Sequence[Entry]) -> Iterator[Concern]:
    places = placed(entries)
    for entry, answer in records_of(CallAnswer, entries, "department", "call__caller"):
        if entry.unit_path in places:
            yield _answer(entry, answer, places[entry.unit_path])


def _followed_up(entries: Sequence[Entry]) -> Iterator[Concern]:
    """That a tier presses for something late: told to who is late, and to who waits for it."""
    related = ("to_unit", "order__unit", "order__issuer", "answer__department")
    for entry, climb in records_of(Climb, entries, *related, "answer__call__caller"):
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


OF_CALLS: dict[str, Finder] = {
    "command.raise_call": _called,
    "command.reopen_call": _called,
    "command.withdraw_call": _let_go,
    "command.answer_call": _answered,
    "command.change_promise": _promised,
    "command.finish_answer": _asked_again,
    "command.rule_call": _ruled,
    "command.climb_answer": _answer_to_place,
    "command.follow_up_climb": _followed_up,
}
"""For each verb of calls that is told: what finds whom it concerns."""
