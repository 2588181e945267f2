"""A street calls departments; each says what it does, and where all refuse a tier rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.codes import code_of
from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import commander_of
from gongzhi.actors.reach import Reach
from gongzhi.assessment.models import Incident
from gongzhi.command.actions.climbing import climb_answer, put_off
from gongzhi.command.actions.duties import amend_duties
from gongzhi.command.call_policies import (
    answer_power,
    caller_power,
    check_call_open,
    check_can_answer,
    check_can_call,
    check_can_close,
    check_can_help,
    check_can_oblige,
    check_can_read_ruling,
    check_can_rule,
    check_can_withdraw,
    check_says_enough,
)
from gongzhi.command.models import CallAnswer, CallReport, Climb, DutyRow, Order, Says, StreetCall
from gongzhi.command.policies import issued_under
from gongzhi.command.queries import (
    UNFINISHED,
    area_over,
    climb_to_rule,
    duties_proposing,
    path_end,
    proposal_for,
    refusing_with,
    time_to_answer,
)
from gongzhi.errors import NotNow
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import new_salt
from gongzhi.parameters import minutes
from gongzhi.sensing.models import Report

Subject = Annotated[str, Field(min_length=1, max_length=80)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
MaybeSentence = Annotated[str, Field(max_length=300)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
AnyUnit = Annotated[Unit, Reach.ANY]
Called = Annotated[list[Annotated[Unit, Reach.SERVING]], Field(min_length=1, max_length=20)]
Reports = Annotated[list[Report], Field(max_length=50)]


@deed()
def raise_call(
    *,
    caller: Unit,
    subject: Subject,
    text: Words,
    departments: Called,
    incident: Incident | None = None,
    order: Order | None = None,
    reports: Reports | None = None,
    by: Person,
    now: datetime,
) -> StreetCall:
    """Call departments to the street: each must say that it comes, what it needs, or whose it is.

    (街乡吹哨.) A department or a district calls firms together in the same way. A street that
    cannot see the incident itself names the order it works on.
    """
    authority = check_may(by, caller_power(caller), caller, now)
    about = incident or (order.incident if order else None)
    check_can_call(caller, departments, about)
    call = StreetCall.objects.create(
        caller=caller, incident=about, subject=subject, text=text, raised_by=by, raised_at=now,
        **issued_under(authority, ""),
    )  # fmt: skip
    because = duties_proposing(proposal_for(caller, subject, now), departments)
    ask_units(call, departments, because, now)
    link_reports(call, {report.pk: code_of(new_salt()) for report in reports or ()})
    append(
        verb="command.raise_call", subject=call, place=caller, by=by, now=now,
        called=[unit.path for unit in departments], incident=about, power=call.power,
        legal_basis=call.legal_basis, duty=sorted({row.ref for row in because.values()}),
        reports=[report.ref for report in reports or ()],
    )  # fmt: skip
    return call


def ask_units(
    call: StreetCall, units: Sequence[Unit], because: dict[int, DutyRow], now: datetime
) -> None:
    """Ask each of these units to answer, with the row of the matrix that names it."""
    for unit in units:
        _ask(call, unit, now, duty=because.get(unit.pk))


def link_reports(call: StreetCall, codes: dict[int, str]) -> None:
    """Note which reports a call is about, each with its reporter's code."""
    CallReport.objects.bulk_create(
        CallReport(call=call, report_id=pk, code=code) for pk, code in codes.items()
    )


def _ask(
    call: StreetCall, unit: Unit, now: datetime, duty: DutyRow | None = None, **more: Any
) -> CallAnswer:
    """Ask a unit to answer; until it names somebody, its commander is responsible."""
    return CallAnswer.objects.create(
        call=call, department=unit, duty=duty, answer_by=now + time_to_answer(duty, now),
        responsible=commander_of(unit, now), **more,
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
    needed_from: AnyUnit | None = None,
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Answer the call of a street: coming, needing something first, or not mine but theirs (报到).

    Whoever is named instead is asked in turn, once. Where all refuse, the lowest area government
    over them has to rule. What is needed is asked of the unit named, else of whose duty it is by
    the matrix, else of the government over both.
    """
    answer = locked(answer)
    check_may(by, answer_power(answer.department), answer.department, now)
    check_can_answer(answer, says)
    check_says_enough(says, arrive_minutes, reason, named_instead, needed_from, answer.department)
    needed_from = needed_from or (_supplier(answer, reason, now) if says == Says.NEEDS else None)
    promised = answer.state == CallAnswer.State.COMING
    answer.change(
        state=CallAnswer.State(says), answered_by=by, answered_at=now, reason=reason,
        responsible=responsible or by, named_instead=named_instead, needed_from=needed_from,
        **_clocks(says, arrive_minutes, now),
    )  # fmt: skip
    climb = _follow(answer, now)
    put_off_to = put_off(answer, reason, now) if promised else None
    append(
        verb="command.answer_call", subject=answer, place=answer.call.caller, by=by, now=now,
        says=says, unit=answer.department.path, arrive_by=answer.arrive_by,
        instead=named_instead.path if named_instead else None,
        needed_from=needed_from.path if needed_from else None,
        to_rule=climb.to_unit.path if climb else None,
        climbed_to=put_off_to.to_unit.path if put_off_to else None,
    )  # fmt: skip
    return answer


def _clocks(says: Says, arrive_minutes: int | None, now: datetime) -> dict[str, Any]:
    """By when who comes is there, and by when who needs something must have gone on."""
    coming = says == Says.COMING and arrive_minutes is not None
    return {
        "arrive_by": now + timedelta(minutes=arrive_minutes or 0) if coming else None,
        "first_arrive_by": None, "reason_changed": "",
        "go_on_by": now + minutes("supply_need", now) if says == Says.NEEDS else None,
    }  # fmt: skip


def _supplier(answer: CallAnswer, needed: str, now: datetime) -> Unit | None:
    """Who is asked for what is needed: by the matrix, else the government over both."""
    caller, own = answer.call.caller, answer.department
    proposal = proposal_for(caller, needed, now)
    units = [u for u in (proposal.units if proposal else ()) if u.pk != own.pk]
    return next(iter(units), None) or area_over(own, caller) or area_over(own)


def _follow(answer: CallAnswer, now: datetime) -> Climb | None:
    """What an answer sets off: a helper is asked or let go, whoever is named is asked, or a tier
    has to rule."""
    if answer.state == CallAnswer.State.NEEDS:
        _ask_helper(answer, now)
    else:
        let_go = answer.helpers.filter(state=CallAnswer.State.WAITING)
        let_go.update(state=CallAnswer.State.RELEASED)
    if answer.state != CallAnswer.State.NOT_MINE:
        return None
    return _pass_on(answer, answer.named_instead, now)


def _ask_helper(answer: CallAnswer, now: datetime) -> None:
    if answer.needed_from is None:
        return
    known = answer.call.answers.filter(department=answer.needed_from).first()
    if known is None:
        _ask(answer.call, answer.needed_from, now, helps=answer)
    elif known.helps_again:
        again = now + time_to_answer(known.duty, now)
        known.change(state=CallAnswer.State.WAITING, answer_by=again, helps=answer)
    else:
        check_can_help(known)


def _pass_on(answer: CallAnswer, named: Unit | None, now: datetime) -> Climb | None:
    """Ask whoever was named, once; a refusal that leads nowhere climbs to who must rule."""
    if named and not answer.call.answers.filter(department=named).exists():
        _ask(answer.call, named, now)
    if path_end(answer) is not None:
        return None
    refusing = [one.department for one in refusing_with(answer)]
    over = refusing if len(refusing) > 1 else [answer.department, answer.call.caller]
    upper = area_over(*over) or area_over(answer.department)
    if upper is None:
        raise NotNow(
            _(
                "Nobody stands above %(unit)s to rule whose it is. Take it on, or name a unit that "
                "has not refused it."
            )
            % {"unit": answer.department}
        )
    if answer.climbs.filter(to_unit=upper).exists():
        return None
    reason = _("%(unit)s says it is not theirs, and nobody has taken it. Say whose it is.")
    return climb_answer(answer, upper, reason % {"unit": answer.department}, now)


@deed()
def rule_call(
    *,
    answer: CallAnswer,
    unit: AnyUnit,
    reason: Sentence,
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Say whose duty it is when called units refuse it or are silent; that unit cannot refuse.

    Where units refused it together, a ruling on any of them will do. It goes into the duties
    matrix as its next version, and the units that refused are told.
    """
    answer = locked(answer)
    check_call_open(answer.call)
    climb = climb_to_rule(answer)
    ruler = climb.to_unit if climb else answer.call.caller
    check_may(by, "rule_call", ruler, now)
    check_can_rule(answer, now)
    check_can_oblige(ruler, unit)
    refused = refusing_with(answer) if answer.state == CallAnswer.State.NOT_MINE else []
    existing = answer.call.answers.filter(department=unit).first()
    ruled = locked(existing or _ask(answer.call, unit, now))
    if ruled.pk != answer.pk:
        answer.change(state=CallAnswer.State.NOT_MINE, named_instead=unit)
    matrix = None
    if refused:
        matrix = amend_duties(
            answer=answer, refusers=[one.department for one in refused], unit=unit, ruler=ruler,
            reason=reason, by=by, now=now,
        )  # fmt: skip
    _give(ruled, now, ruled_by=by, ruled_at=now, ruling=reason, amended=matrix)
    _lead_there(refused, ruled)
    _tell(refused, ruled)
    append(
        verb="command.rule_call", subject=ruled, place=answer.call.caller, by=by, now=now,
        unit=unit.path, instead_of=answer.department.path, reason=reason,
        matrix=matrix.ref if matrix else None, told=[one.department.path for one in refused],
    )  # fmt: skip
    return ruled


def _give(ruled: CallAnswer, now: datetime, **ruling: Any) -> None:
    """Ask the unit of a ruling again, unless it has taken the duty on already."""
    silent = ruled.state in (CallAnswer.State.NOT_MINE, CallAnswer.State.WAITING)
    if ruled.state == CallAnswer.State.WAITING and ruled.answer_by <= now:
        ruled.change(silent_since=ruled.silent_since or ruled.answer_by)
    asked_again = {
        "answer_by": now + time_to_answer(ruled.duty, now), "answered_by": None,
        "answered_at": None, "named_instead": None, "helps": None,
        "responsible": commander_of(ruled.department, now),
    }  # fmt: skip
    state = CallAnswer.State.WAITING if silent else CallAnswer.State(ruled.state)
    ruled.change(state=state, **ruling, **(asked_again if silent else {}))


def _lead_there(refused: Iterable[CallAnswer], ruled: CallAnswer) -> None:
    """Let every refusal lead to the unit of the ruling that would lead nowhere still."""
    for one in refused:
        one.refresh_from_db(fields=["state", "named_instead"])
        if one.pk != ruled.pk and path_end(one) is None:
            one.change(named_instead=ruled.department)


def _tell(refused: Iterable[CallAnswer], ruled: CallAnswer) -> None:
    """Let the units that refused know of the ruling; the one that got the duty is asked anyway."""
    told = [one.pk for one in refused if one.pk != ruled.pk]
    CallAnswer.objects.filter(pk__in=told).update(
        overruled_by=ruled, ruling_read_by=None, ruling_read_at=None
    )


@deed()
def read_ruling(*, answer: CallAnswer, by: Person, now: datetime) -> CallAnswer:
    """Say for a unit that refused that it has read whose duty it is."""
    answer = locked(answer)
    check_may(by, answer_power(answer.department), answer.department, now)
    check_can_read_ruling(answer)
    answer.change(ruling_read_by=by, ruling_read_at=now)
    append(
        verb="command.read_ruling", subject=answer, place=answer.call.caller, by=by, now=now,
        unit=answer.department.path,
    )  # fmt: skip
    return answer


@deed()
def close_call(*, call: StreetCall, by: Person, now: datetime) -> StreetCall:
    """Close a call as the street, when every path of it has ended."""
    call = StreetCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
    check_may(by, caller_power(call.caller), call.caller, now)
    check_can_close(call)
    call.change(state=StreetCall.State.CLOSED, closed_by=by, closed_at=now)
    append(
        verb="command.close_call", subject=call, place=call.caller, by=by, now=now,
        minutes=int((now - call.raised_at).total_seconds() // 60),
    )  # fmt: skip
    return call


@deed()
def withdraw_call(*, call: StreetCall, reason: Sentence, by: Person, now: datetime) -> StreetCall:
    """Take back as the street a call that was raised by mistake, and say why (撤回吹哨).

    Every called unit that has not finished is released and told; nothing climbs any more, and
    the call is not reopened.
    """
    call = StreetCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
    check_may(by, caller_power(call.caller), call.caller, now)
    check_can_withdraw(call)
    working = call.answers.filter(state__in=UNFINISHED).select_for_update(of=("self",))
    let_go = list(working.select_related("department").order_by("id"))
    for answer in let_go:
        answer.change(state=CallAnswer.State.RELEASED)
    call.change(
        state=StreetCall.State.WITHDRAWN, closed_by=by, closed_at=now, reason_withdrawn=reason
    )
    append(
        verb="command.withdraw_call", subject=call, place=call.caller, by=by, now=now,
        reason=reason, released=[answer.department.path for answer in let_go],
    )  # fmt: skip
    return call


def locked(answer: CallAnswer) -> CallAnswer:
    """The answer as it is now; two who change it at once do so one after the other."""
    rows = CallAnswer.objects.select_for_update(of=("self",))
    return rows.select_related("department", "call__caller", "ruled_by", "overruled_by").get(
        pk=answer.pk
    )
