"""A street calls departments; each says what it does, arrives, finishes and is scored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import commander_of
from gongzhi.actors.reach import Reach
from gongzhi.assessment.models import Incident
from gongzhi.command.models import CallAnswer, Climb, Order, Says, StreetCall
from gongzhi.command.policies import (
    answer_power,
    check_answer_moves,
    check_call_open,
    check_can_answer,
    check_can_call,
    check_can_close,
    check_can_rule,
    check_can_score,
    check_says_enough,
    issued_under,
)
from gongzhi.command.queries import area_over, last_climbs, minutes, path_end
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed

Subject = Annotated[str, Field(min_length=1, max_length=40)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
MaybeSentence = Annotated[str, Field(max_length=300)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
AnyUnit = Annotated[Unit, Reach.ANY]
Called = Annotated[list[Annotated[Unit, Reach.SERVING]], Field(min_length=1, max_length=20)]


@deed()
def raise_call(
    *,
    street: Unit,
    subject: Subject,
    text: Words,
    departments: Called,
    incident: Incident | None = None,
    order: Order | None = None,
    by: Person,
    now: datetime,
) -> StreetCall:
    """Call departments to the street: each must say that it comes, what it needs, or whose it is.

    (街乡吹哨.) A street that cannot see the incident itself names the order it works on.
    """
    authority = check_may(by, "raise_call", street, now)
    about = incident or (order.incident if order else None)
    check_can_call(street, departments, about)
    call = StreetCall.objects.create(
        street=street, incident=about, subject=subject, text=text, raised_by=by, raised_at=now,
        **issued_under(authority, ""),
    )  # fmt: skip
    for department in departments:
        _ask(call, department, now)
    append(
        verb="command.raise_call", subject=call, place=street, by=by, now=now,
        called=[unit.path for unit in departments], incident=about, power=call.power,
        legal_basis=call.legal_basis,
    )  # fmt: skip
    return call


def _ask(call: StreetCall, unit: Unit, now: datetime) -> CallAnswer:
    """Ask a unit to answer; until it names somebody, its commander is responsible."""
    return CallAnswer.objects.create(
        call=call, department=unit, answer_by=now + minutes("answer_call", now),
        responsible=commander_of(unit, now),
    )  # fmt: skip


@deed()
def answer_call(
    *,
    answer: CallAnswer,
    says: Says,
    responsible: Person | None = None,
    arrive_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None,
    reason: MaybeSentence = "",
    named_instead: AnyUnit | None = None,
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Answer the call of a street: coming, needing something first, or not mine but theirs (报到).

    Whoever is named instead is asked in turn, once. Where all refuse, the area government
    over them has to rule.
    """
    answer = _locked(answer)
    check_may(by, answer_power(answer.department), answer.department, now)
    check_can_answer(answer, says)
    check_says_enough(says, arrive_minutes, reason, named_instead, answer.department)
    coming = says == Says.COMING and arrive_minutes is not None
    _move(
        answer, CallAnswer.State(says), answered_by=by, answered_at=now, reason=reason,
        responsible=responsible or by, named_instead=named_instead,
        arrive_by=now + timedelta(minutes=arrive_minutes or 0) if coming else None,
    )  # fmt: skip
    climb = _pass_on(answer, named_instead, now) if says == Says.NOT_MINE else None
    append(
        verb="command.answer_call", subject=answer, place=answer.call.street, by=by, now=now,
        unit=answer.department.path, says=says, arrive_by=answer.arrive_by,
        named=named_instead.path if named_instead else None,
        climbed_to=climb.to_unit.path if climb else None,
    )  # fmt: skip
    return answer


def _pass_on(answer: CallAnswer, named: Unit | None, now: datetime) -> Climb | None:
    """Ask whoever was named, once; a refusal that leads nowhere climbs to who must rule."""
    if named and not answer.call.answers.filter(department=named).exists():
        _ask(answer.call, named, now)
    if path_end(answer) is not None:
        return None
    street = answer.call.street
    upper = area_over(answer.department, named or street) or area_over(answer.department)
    if upper is None or answer.climbs.filter(to_unit=upper).exists():
        return None
    reason = _("%(unit)s says it is not theirs, and nobody has taken it. Say whose it is.")
    return climb_answer(answer, upper, reason % {"unit": answer.department}, now)


def climb_answer(answer: CallAnswer, upper: Unit, reason: str, now: datetime) -> Climb:
    """Take an answer one tier up; where nobody came forward, its commander is responsible."""
    if answer.state != CallAnswer.State.COMING:
        answer.responsible = commander_of(upper, now) or answer.responsible
        answer.save(update_fields=["responsible"])
    return Climb.objects.create(answer=answer, to_unit=upper, reason=reason[:300], climbed_at=now)


@deed()
def rule_call(
    *,
    answer: CallAnswer,
    unit: AnyUnit,
    reason: Sentence,
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Say whose duty it is when called units refuse it or are silent; that unit cannot refuse."""
    answer = _locked(answer)
    check_call_open(answer.call)
    climb = last_climbs([answer]).get(answer.pk)
    check_may(by, "rule_call", climb.to_unit if climb else answer.call.street, now)
    check_can_rule(answer)
    existing = answer.call.answers.filter(department=unit).first()
    ruled = _locked(existing or _ask(answer.call, unit, now))
    if ruled.pk != answer.pk:
        _move(answer, CallAnswer.State.NOT_MINE, named_instead=unit)
    silent = ruled.state in (CallAnswer.State.NOT_MINE, CallAnswer.State.WAITING)
    asked_again = {
        "answer_by": now + minutes("answer_call", now), "answered_by": None, "answered_at": None,
        "named_instead": None, "responsible": commander_of(unit, now),
    }  # fmt: skip
    _move(
        ruled, CallAnswer.State.WAITING if silent else CallAnswer.State(ruled.state),
        ruled_by=by, ruled_at=now, ruling=reason, **(asked_again if silent else {}),
    )  # fmt: skip
    append(
        verb="command.rule_call", subject=ruled, place=answer.call.street, by=by, now=now,
        unit=unit.path, instead_of=answer.department.path, reason=reason,
    )  # fmt: skip
    return ruled


@deed()
def arrive(*, answer: CallAnswer, proof: Sentence, by: Person, now: datetime) -> CallAnswer:
    """Report on site, with a proof of arrival."""
    answer = _locked(answer)
    check_may(by, answer_power(answer.department), answer.department, now)
    check_call_open(answer.call)
    check_answer_moves(answer, CallAnswer.State.ARRIVED)
    _move(answer, CallAnswer.State.ARRIVED, arrived_at=now, proof=proof)
    append(
        verb="command.arrive", subject=answer, place=answer.call.street, by=by, now=now,
        unit=answer.department.path, promised=answer.arrive_by,
        minutes=int((now - answer.call.raised_at).total_seconds() // 60),
    )  # fmt: skip
    return answer


@deed()
def finish_answer(*, answer: CallAnswer, result: Sentence, by: Person, now: datetime) -> CallAnswer:
    """Report the work of a call done, with what came of it."""
    answer = _locked(answer)
    check_may(by, answer_power(answer.department), answer.department, now)
    check_call_open(answer.call)
    check_answer_moves(answer, CallAnswer.State.DONE)
    _move(answer, CallAnswer.State.DONE, done_at=now, result=result)
    append(
        verb="command.finish_answer", subject=answer, place=answer.call.street, by=by, now=now,
        unit=answer.department.path,
    )  # fmt: skip
    return answer


@deed()
def score_answer(
    *, answer: CallAnswer, score: Annotated[int, Field(ge=1, le=5)], by: Person, now: datetime
) -> CallAnswer:
    """Say as the street how well a called unit did, from 1 (badly) to 5 (very well)."""
    answer = _locked(answer)
    check_may(by, "raise_call", answer.call.street, now)
    check_can_score(answer)
    _move(answer, CallAnswer.State(answer.state), score=score)
    append(
        verb="command.score_answer", subject=answer, place=answer.call.street, by=by, now=now,
        unit=answer.department.path, score=score,
    )  # fmt: skip
    return answer


@deed()
def close_call(*, call: StreetCall, by: Person, now: datetime) -> StreetCall:
    """Close a call as the street, when every path of it has ended."""
    call = StreetCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
    check_may(by, "raise_call", call.street, now)
    check_can_close(call)
    call.state, call.closed_by, call.closed_at = StreetCall.State.CLOSED, by, now
    call.save(update_fields=["state", "closed_by", "closed_at"])
    append(
        verb="command.close_call", subject=call, place=call.street, by=by, now=now,
        minutes=int((now - call.raised_at).total_seconds() // 60),
    )  # fmt: skip
    return call


def _locked(answer: CallAnswer) -> CallAnswer:
    """The answer as it is now; two who change it at once do so one after the other."""
    rows = CallAnswer.objects.select_for_update(of=("self",))
    return rows.select_related("department", "call__street", "ruled_by").get(pk=answer.pk)


def _move(answer: CallAnswer, state: CallAnswer.State, **changes: Any) -> None:
    answer.state = state
    for name, value in changes.items():
        setattr(answer, name, value)
    answer.save(update_fields=["state", *changes])
