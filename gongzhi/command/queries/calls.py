"""Calls of the streets: who is silent, who is coming, who has to rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Person, Unit
from gongzhi.actors.queries import MOST_DUTIES, visible
from gongzhi.command.models import CallAnswer, Climb, DutyRow, StreetCall
from gongzhi.ledger.compiled import read
from gongzhi.parameters import minutes

SILENT = (CallAnswer.State.WAITING,)
BUSY = (CallAnswer.State.NEEDS, CallAnswer.State.COMING, CallAnswer.State.ARRIVED)
"""States in which a department has taken the call on and has not finished."""
UNFINISHED = (*SILENT, *BUSY)
"""States in which a called unit still has something to do."""


@dataclass(frozen=True)
class AnswerRow:
    """One called unit on the board: what it said, by when it must act, who is responsible."""

    answer: CallAnswer
    due_at: datetime | None
    late: bool
    climbs: int

    @property
    def responsible(self) -> Person | None:
        """The person responsible for this path of the call at this moment."""
        return self.answer.responsible


@dataclass(frozen=True)
class CallRow:
    """One call on the board, with its age and the answers to it."""

    call: StreetCall
    age: timedelta
    answers: tuple[AnswerRow, ...]

    @property
    def silent(self) -> int:
        """Called units that have not answered at all."""
        return sum(row.answer.state in SILENT for row in self.answers)

    def __str__(self) -> str:
        facts = {
            "call": self.call, "all": len(self.answers), "silent": self.silent,
            "minutes": int(self.age.total_seconds() // 60),
        }  # fmt: skip
        return _("%(call)s (%(minutes)s minutes, %(silent)s of %(all)s silent)") % facts


def call_board(by: Person, now: datetime) -> list[CallRow]:
    """The open calls of one's area, the oldest first, each with its answers."""
    calls = visible(StreetCall, by, now).filter(state=StreetCall.State.OPEN)
    found = list(calls.select_related("caller", "incident").order_by("raised_at", "id"))
    answers: dict[int, list[AnswerRow]] = {}
    for answer in read(_answers_of, calls=[call.pk for call in found]):
        answers.setdefault(answer.call_id, []).append(_row(answer, now))
    return [CallRow(call, now - call.raised_at, tuple(answers.get(call.pk, ()))) for call in found]


def _answers_of(calls: list[int]) -> QuerySet[CallAnswer]:
    answers = CallAnswer.objects.filter(call__in=calls)
    return answers.select_related(
        "department", "responsible", "named_instead", "call__caller"
    ).prefetch_related("climbs").order_by("id")  # fmt: skip


def _row(answer: CallAnswer, now: datetime) -> AnswerRow:
    due = due_of(answer)
    return AnswerRow(answer, due, due is not None and due <= now, len(answer.climbs.all()))


def time_to_answer(duty: DutyRow | None, now: datetime) -> timedelta:
    """How long a called unit has to answer: by its row of the matrix, else as all have."""
    own = duty.answer_minutes if duty else None
    return timedelta(minutes=own) if own else minutes("answer_call", now)


def time_to_climb(duty: DutyRow | None, now: datetime) -> timedelta:
    """The time from one climb of a silent unit to the next, by the same rule."""
    own = duty.answer_minutes if duty else None
    return timedelta(minutes=own) if own else minutes("climb_again", now)


def due_of(answer: CallAnswer) -> datetime | None:
    """By when the called unit must act next: answer, arrive as promised, go on, or finish."""
    if answer.state == CallAnswer.State.WAITING:
        return answer.answer_by
    if answer.state == CallAnswer.State.COMING:
        return answer.arrive_by
    held = answer.state in (CallAnswer.State.NEEDS, CallAnswer.State.ARRIVED)
    return answer.go_on_by if held else None


def answers_overdue(now: datetime) -> QuerySet[CallAnswer]:
    """Called units that did not answer, arrive as promised, go on or finish, for the clock."""
    late = Q(state=CallAnswer.State.WAITING, answer_by__lte=now)
    late |= Q(state=CallAnswer.State.COMING, arrive_by__lte=now)
    late |= Q(state__in=(CallAnswer.State.NEEDS, CallAnswer.State.ARRIVED), go_on_by__lte=now)
    answers = CallAnswer.objects.filter(late, call__state=StreetCall.State.OPEN)
    return answers.select_related("department", "call__caller", "duty").order_by("id")


def refusals_climbed() -> QuerySet[CallAnswer]:
    """Refused duties that have climbed; whether one still leads nowhere says `path_end`."""
    climbed = Climb.objects.filter(answer__isnull=False).values("answer")
    refused = CallAnswer.objects.filter(
        state=CallAnswer.State.NOT_MINE, pk__in=climbed, call__state=StreetCall.State.OPEN
    )
    return refused.select_related("department", "call__caller").order_by("id")


def last_climbs(answers: Iterable[CallAnswer]) -> dict[int, Climb]:
    """The last climb of each of these answers."""
    climbs = read(_climbs_of, answers=[answer.pk for answer in answers])
    return {climb.answer_id: climb for climb in climbs if climb.answer_id is not None}


def _climbs_of(answers: list[int]) -> QuerySet[Climb]:
    climbs = Climb.objects.filter(answer__in=answers)
    return climbs.select_related("to_unit").order_by("climbed_at", "id")


def path_end(answer: CallAnswer) -> CallAnswer | None:
    """The answer that has the duty in the end, following who named whom; none if all refuse."""
    seen: set[int] = set()
    here: CallAnswer | None = answer
    while here is not None and here.state == CallAnswer.State.NOT_MINE:
        if here.pk in seen or here.named_instead_id is None:
            return None
        seen.add(here.pk)
        here = here.call.answers.filter(department=here.named_instead_id).first()
    return here


def supplier_at_work(answer: CallAnswer) -> CallAnswer | None:
    """Whoever in the call has a clock of its own for what this unit waits for, if anybody has."""
    seen: set[int] = set()
    here: CallAnswer | None = answer
    while here is not None and here.state == CallAnswer.State.NEEDS:
        if here.pk in seen:
            return None
        seen.add(here.pk)
        helper = here.call.answers.filter(department=here.needed_from_id).first()
        here = path_end(helper) if helper else None
    at_work = here is not None and here.state in UNFINISHED
    return here if at_work else None


def refusing_with(answer: CallAnswer) -> list[CallAnswer]:
    """The units that refuse a duty together: each named another of them, or was named by one."""
    refused = answer.call.answers.filter(state=CallAnswer.State.NOT_MINE)
    left = {one.pk: one for one in refused.select_related("department").order_by("id")}
    found = [left.pop(answer.pk, answer)]
    for one in found:
        linked = [
            other for other in left.values()
            if one.named_instead_id == other.department_id
            or other.named_instead_id == one.department_id
        ]  # fmt: skip
        found += [left.pop(other.pk) for other in linked]
    return found


def climb_to_rule(answer: CallAnswer) -> Climb | None:
    """The last climb of a question: of the answer itself, or of those it is refused with."""
    refused = answer.state == CallAnswer.State.NOT_MINE
    asked = refusing_with(answer) if refused else [answer]
    climbs = last_climbs(asked)
    return climbs.get(answer.pk) or max(
        climbs.values(), key=lambda climb: (climb.climbed_at, climb.pk), default=None
    )


def needs_ruling(answer: CallAnswer, now: datetime) -> bool:
    """Whether an upper tier has to say whose it is: silent and climbed, or refused by all.

    Whom a ruling asked again has its time to answer first.
    """
    if answer.state == CallAnswer.State.WAITING:
        has_time = answer.ruled_at is not None and now < answer.answer_by
        return not has_time and answer.climbs.exists()
    return path_end(answer) is None


def to_be_ruled(units: set[int]) -> QuerySet[CallAnswer]:
    """Unanswered or refused duties that climbed to one of these units."""
    open_ones = (CallAnswer.State.WAITING, CallAnswer.State.NOT_MINE)
    answers = CallAnswer.objects.filter(
        climbs__to_unit__in=units, state__in=open_ones, call__state=StreetCall.State.OPEN
    )
    asked = answers.select_related("department", "call__caller")
    return asked.distinct().order_by("id")[:MOST_DUTIES]


def area_over(*units: Unit) -> Unit | None:
    """The lowest area government over all of these units, none of them itself."""
    shared = set.intersection(*(set(unit.ancestor_paths()[:-1]) for unit in units))
    areas = Unit.objects.filter(kind=Kind.AREA, path__in=shared)
    return areas.order_by("-path").first()


def calls_to_close(streets: set[int]) -> QuerySet[StreetCall]:
    """Open calls of these streets."""
    calls = StreetCall.objects.filter(state=StreetCall.State.OPEN, caller__in=streets)
    ended = calls.select_related("caller").prefetch_related("answers")
    return ended.order_by("raised_at", "id")[:MOST_DUTIES]


def unscored(streets: set[int]) -> QuerySet[CallAnswer]:
    """Answers that are done and that the street has not scored."""
    done = CallAnswer.objects.filter(
        state=CallAnswer.State.DONE, score=None, call__caller__in=streets
    )
    asked = done.select_related("department", "call__caller")
    return asked.order_by(F("done_at"), "id")[:MOST_DUTIES]
