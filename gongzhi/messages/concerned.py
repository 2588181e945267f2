"""Whom a line of the ledger concerns: for each verb that is told, the units and the words.

What a line is about is read through the records of the rooms upstream, many lines of one verb at
once. Nothing here decides how urgent it is: `parameters/messages.yaml` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Any

from gongzhi.actors.models import (
    AccessNotice,
    Delegation,
    Draw,
    EmergencyAccess,
    PowerRequest,
    Unit,
    UseReview,
)
from gongzhi.actors.policies import power_names
from gongzhi.assessment.models import Dissent
from gongzhi.command.models import Activation, Order, Phase, WindDown
from gongzhi.command.queries import orders_left
from gongzhi.command.queries.replayed import numbers_named
from gongzhi.decision.models import Measure, TaskForce
from gongzhi.fieldwork.models import Task
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import number_in
from gongzhi.messages.concerned_calls import OF_CALLS
from gongzhi.messages.lines import Concern, Facts, Finder, facts_of, placed, records_of, units_at
from gongzhi.sensing.models import Signal, Warning
from gongzhi.sensing.queries import stream_name
from gongzhi.supply.models import Donation, Need, NeedList, PriceReport

# Orders -----------------------------------------------------------------------------------------


def _order(entry: Entry, order: Order, unit: Unit | None = None) -> Concern:
    words = {"title": order, "unit": order.unit, "due_at": order.due_at}
    return Concern(entry, order, unit or order.unit, words, order)


def _orders(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, order in records_of(Order, entries, "unit"):
        yield _order(entry, order)


def _amended(entries: Sequence[Entry]) -> Iterator[Concern]:
    """Orders with another unit, time or wording; one that waits is told when it is issued.

    The unit that an order was taken from is told to stop.
    """
    issued = [entry for entry in entries if facts_of(entry)["due_at"]]
    yield from _orders(issued)
    for entry, order in records_of(Order, issued):
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
    for entry, order in records_of(Order, entries, "unit", "issuer"):
        yield _order(entry, order, order.issuer)


def _offered(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An order that may change hands: told to the unit it is offered to, while it is."""
    for entry, order in records_of(Order, entries, "unit", "offered_to"):
        if order.offered_to is not None:
            yield _order(entry, order, order.offered_to)


def _declined(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An offer that was not taken: told to the unit that keeps the order."""
    units = units_at(facts_of(entry)["to"] for entry in entries)
    for entry, order in records_of(Order, entries, "unit"):
        told = _order(entry, order)
        yield replace(told, words={**told.words, "to": units.get(facts_of(entry)["to"], "?")})


def _taken_over(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An order in other hands: told to the unit that had it, and to who gave it."""
    units = units_at(path for e in entries for path in itemgetter("from", "to")(facts_of(e)))
    for entry, order in records_of(Order, entries, "issuer"):
        had, has = (units.get(facts_of(entry)[end]) for end in ("from", "to"))
        if had is None or has is None:
            continue
        words = {"title": order, "unit": had, "to": has, "due_at": order.due_at}
        yield Concern(entry, order, had, words, order)
        if had.pk != has.pk:
            yield Concern(entry, order, order.issuer, words, order, power="give_order")


def _to_place(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An order that climbed: told to the unit it climbed to."""
    places = placed(entries)
    for entry, order in records_of(Order, entries, "unit", "issuer"):
        if entry.unit_path in places:
            told = _order(entry, order, places[entry.unit_path])
            yield replace(told, words={**told.words, "issuer": order.issuer})


def _left(entries: Sequence[Entry]) -> Iterator[Concern]:
    """Orders that a dissolved task force leaves undone: told to whoever gave them."""
    for entry, force in records_of(TaskForce, entries, "unit"):
        for order in orders_left().filter(unit=force.unit):
            yield _order(entry, order, order.issuer)


# Plans ------------------------------------------------------------------------------------------


def _phases(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A phase that is proposed, or over by its tests: told to the area that has the plan."""
    asks = (Phase.State.PROPOSED, Phase.State.LEAVING)
    related = ("activation__plan", "activation__incident__area")
    for entry, phase in records_of(Phase, entries, *related):
        if facts_of(entry)["state"] in asks:
            words = {
                "phase": phase.get_phase_display, "plan": phase.activation.plan,
                "says": Phase.State(facts_of(entry)["state"]).label,
            }  # fmt: skip
            yield Concern(entry, phase, phase.activation.incident.area, words)


def _wind_downs(entries: Sequence[Entry]) -> Iterator[Concern]:
    """What a plan brought is to be taken back: told to the area that has the plan."""
    for entry, activation in records_of(Activation, entries, "plan", "incident__area"):
        if facts_of(entry)["state"] == WindDown.State.DUE:
            words = {"plan": activation.plan}
            yield Concern(entry, activation, activation.incident.area, words)


# Warnings, measures, powers, dissents, needs ----------------------------------------------------


def _warnings(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A warning is told where it was written to: its own place, or the tier it climbed to."""
    places = placed(entries)
    for entry, warning in records_of(Warning, entries, "place"):
        words = {
            "place": warning.place, "stream": partial(stream_name, warning.stream),
            "level": warning.get_level_display, "acknowledge_at": warning.acknowledge_by,
        }  # fmt: skip
        yield Concern(entry, warning, places.get(entry.unit_path, warning.place), words)


def _signals(entries: Sequence[Entry]) -> Iterator[Concern]:
    places = placed(entries)
    for entry, signal in records_of(Signal, entries, "place"):
        words = {"place": signal.place, "stream": partial(stream_name, signal.stream)}
        yield Concern(entry, signal, places.get(entry.unit_path, signal.place), words)


def _tasks(entries: Sequence[Entry]) -> Iterator[Concern]:
    places = placed(entries)
    for entry, task in records_of(Task, entries, "team__unit"):
        words = {"unit": task.team, "title": task, "due_at": task.due_at}
        yield Concern(entry, task, places[entry.unit_path], words)


def _on_board(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A task that waits on the board of a team is told to everybody in it who may take it up."""
    for entry, task in records_of(Task, entries, "team__unit"):
        if task.team is not None and task.state == Task.State.TO_TAKE:
            words = {"unit": task.team, "title": task, "due_at": task.due_at}
            yield Concern(entry, task, task.team.unit, words)


def _handed(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A task that was handed to somebody is told to that person alone."""
    for entry, task in records_of(Task, entries, "team__unit", "grid"):
        worker = number_in(facts_of(entry)["worker"])
        if task.worker_id == worker:
            unit = task.team.unit if task.team else task.grid
            words = {"unit": task.team or task.grid, "title": task, "due_at": task.due_at}
            yield Concern(entry, task, unit, words, person=worker)


def _measures(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, measure in records_of(Measure, entries, "area"):
        words = {"title": measure, "place": measure.area, "end_at": measure.ends_at}
        yield Concern(entry, measure, measure.area, words)


def _powers(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, lent in records_of(Delegation, entries, "lender", "borrower"):
        words = {
            "lender": lent.lender, "unit": lent.borrower, "end_at": lent.ends_at,
            "powers": partial(power_names, lent.powers),
        }  # fmt: skip
        yield Concern(entry, lent, lent.borrower, words)


def _requests(entries: Sequence[Entry], answered: bool = False) -> Iterator[Concern]:
    """A request is told to whoever is to answer it, its answer to the unit that asked."""
    for entry, asked in records_of(PowerRequest, entries, "asking", "to_unit", "place"):
        words = {
            "unit": asked.asking, "place": asked.place, "answer_at": asked.answer_by,
            "power": partial(power_names, [asked.power]), "says": asked.get_state_display,
        }  # fmt: skip
        yield Concern(entry, asked, asked.asking if answered else asked.to_unit, words)


_answers_of_requests = partial(_requests, answered=True)


def _reviews(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A drawn use of a lent power is told to whoever it climbed to and must review it."""
    for entry, review in records_of(UseReview, entries, "delegation__borrower", "to_unit"):
        yield _review(entry, review)


def _drawn(entries: Sequence[Entry]) -> Iterator[Concern]:
    """Uses that were drawn are told to whoever lent the power."""
    draws = {draw.pk: entry for entry, draw in records_of(Draw, entries)}
    asked = UseReview.objects.filter(draw__in=list(draws))
    for review in asked.select_related("delegation__borrower", "to_unit").order_by("id"):
        yield _review(draws[review.draw_id], review)


def _review(entry: Entry, review: UseReview) -> Concern:
    words = {"unit": review.delegation.borrower, "review_at": review.review_by}
    return Concern(entry, review, review.to_unit, words)


def _access(
    entry: Entry, access: EmergencyAccess, unit: Unit, template: str = "", power: str = ""
) -> Concern:
    words = {
        "unit": access.unit, "keeper": access.keeper, "review_at": access.review_by,
        "says": access.get_state_display,
    }  # fmt: skip
    return Concern(entry, access, unit, words, template=template, power=power)


def _accesses(entries: Iterable[Entry]) -> Iterator[tuple[Entry, EmergencyAccess]]:
    return records_of(EmergencyAccess, entries, "unit", "keeper", "to_unit", "notice")


def _opened(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An access is told to the unit that keeps the record, and to whoever has to review it."""
    for entry, access in _accesses(entries):
        owed = "access_notice_owed" if hasattr(access, "notice") else ""
        yield _access(entry, access, access.keeper, owed)
        yield _access(entry, access, access.to_unit, "access_to_review", "review")


def _access_to_reviewer(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A review that climbed, or an objection, is told to whoever has to review now."""
    for entry, access in _accesses(entries):
        yield _access(entry, access, access.to_unit)


def _late_notices(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A notice that was not handed over is told to whoever has to see to it now."""
    places = placed(entries)
    for entry, notice in records_of(AccessNotice, entries, "access__unit", "access__keeper"):
        if entry.unit_path in places:
            words = {"unit": notice.access.unit, "keeper": notice.access.keeper}
            yield Concern(entry, notice, places[entry.unit_path], words)


def _reviewed_access(entries: Sequence[Entry]) -> Iterator[Concern]:
    """The outcome is told to the unit that opened the record, and to the one that keeps it."""
    for entry, access in _accesses(entries):
        for unit in {access.unit_id: access.unit, access.keeper_id: access.keeper}.values():
            yield _access(entry, access, unit)


def _dissents(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A dissent is told to the units it went up to, without a word of it."""
    units = units_at(path for entry in entries for path in facts_of(entry).get("to", ()))
    for entry, dissent in records_of(Dissent, entries, "assessment__incident"):
        words = {"title": dissent.assessment.incident}
        for path in facts_of(entry).get("to", ()):
            if path in units:
                yield Concern(entry, dissent, units[path], words)


def _needs(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, need in records_of(Need, entries, "unit", "item"):
        yield Concern(entry, need, need.unit, {"unit": need.unit, "item": need.item})


def _lists(entries: Sequence[Entry]) -> Iterator[Concern]:
    for entry, one in records_of(NeedList, entries, "unit"):
        yield Concern(entry, one, one.unit, {"unit": one.unit, "ends_at": one.ends_at})


def _price_appeals(entries: Sequence[Entry]) -> Iterator[Concern]:
    """An appeal that climbed is told to the tier that has to decide it now."""
    places = placed(entries)
    for entry, report in records_of(PriceReport, entries, "flag__seller", "flag__item", "to_unit"):
        words = {
            "seller": report.flag.seller, "item": report.flag.item, "decide_at": report.decide_by,
        }  # fmt: skip
        yield Concern(entry, report, places.get(entry.unit_path, report.to_unit), words)


def _donations(entries: Sequence[Entry]) -> Iterator[Concern]:
    """A donation that climbed is told to the tier that has to judge it now."""
    places = placed(entries)
    for entry, gift in records_of(Donation, entries, "item", "hub", "to_unit"):
        words = {"donation": gift.number, "hub": gift.hub, "judge_at": gift.triage_by}
        yield Concern(entry, gift, places.get(entry.unit_path, gift.to_unit), words)


CONCERNED: dict[str, Finder] = {
    **OF_CALLS,
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
    "command.take_over_order": _taken_over,
    "command.decline_order": _declined,
    "command.fail_order": _to_issuer,
    "decision.dissolve_task_force": _left,
    "command.propose_phase": _phases,
    "command.wind_down_due": _wind_downs,
    "command.climb_order": _to_place,
    "sensing.issue_warning": _warnings,
    "sensing.climb_warning": _warnings,
    "sensing.climb_signal": _signals,
    "decision.announce_end": _measures,
    "fieldwork.put_on_board": _on_board,
    "fieldwork.give_back_task": _on_board,
    "fieldwork.hand_over_task": _handed,
    "fieldwork.climb_task": _tasks,
    "actors.delegate": _powers,
    "actors.revoke": _powers,
    "actors.ask_above": _requests,
    "actors.climb_request": _requests,
    "actors.grant_request": _answers_of_requests,
    "actors.refuse_request": _answers_of_requests,
    "actors.draw_reviews": _drawn,
    "actors.climb_review": _reviews,
    "actors.open_in_emergency": _opened,
    "actors.climb_notice": _late_notices,
    "actors.climb_access": _access_to_reviewer,
    "actors.object_to_access": _access_to_reviewer,
    "actors.review_access": _reviewed_access,
    "assessment.dissent": _dissents,
    "supply.raise_quiet_need": _needs,
    "supply.remind_of_list": _lists,
    "supply.climb_price_appeal": _price_appeals,
    "supply.climb_donation": _donations,
    "messages.climb_unread": _to_place,
}
"""For each verb that is told: what finds whom it concerns."""

SETTLED_BY = (
    "command.accept_order", "command.finish_order", "command.fail_order", "command.amend_order",
    "command.take_over_order", "command.withdraw_order", "command.answer_call",
    "command.begin_phase", "command.end_phase",
    "fieldwork.take_up_task", "fieldwork.hand_over_task", "fieldwork.finish_task",
    "fieldwork.give_back_task", "fieldwork.cancel_task",
    "sensing.acknowledge_warning", "sensing.end_warning", "sensing.judge_signal",
    "decision.renew_measure", "decision.end_measure", "actors.revoke",
    "actors.grant_request", "actors.refuse_request", "actors.withdraw_request",
    "actors.review_use", "actors.review_access", "supply.triage_donation",
)  # fmt: skip
"""Verbs after which earlier messages about the same record need nobody any more."""
