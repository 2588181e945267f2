"""List households, give tasks, record visits; what was found comes back as a report."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.assessment.models import Incident
from gongzhi.assessment.policies import check_is_open as check_incident_open
from gongzhi.command.models import Order
from gongzhi.errors import Malformed, NotNow
from gongzhi.fieldwork.boards import (
    climb_late_tasks,
    finish_task,
    give_back_task,
    put_on_board,
    take_up_task,
)  # fmt: skip
from gongzhi.fieldwork.hands import (
    TimeDraft,
    approve_call_ups,
    ask_for_hands,
    cancel_hands,
    end_help_offers,
    offer_help,
    plan_call_ups,
    withdraw_help,
)  # fmt: skip
from gongzhi.fieldwork.models import Household, Task, Visit
from gongzhi.fieldwork.policies import (
    check_can_get,
    check_can_work,
    check_door_of,
    check_is_grid,
    check_is_open,
    check_later,
    check_may_hand_out,
    check_same_visit,
    check_says_why,
    check_times,
    check_works_there,
)  # fmt: skip
from gongzhi.fieldwork.queries import STANDING, hands_out
from gongzhi.fieldwork.shifts import (
    accept_call_up,
    certify_hours,
    check_in,
    decline_call_up,
    drop_out,
    record_hours,
)  # fmt: skip
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.parameters import minutes
from gongzhi.sensing.actions import receive_report
from gongzhi.sensing.models import Report

__all__ = [
    "HouseholdDraft", "TimeDraft", "accept_call_up", "approve_call_ups", "ask_for_hands",
    "assign_doors", "assign_task", "cancel_hands", "cancel_task", "certify_hours", "check_in",
    "climb_late_tasks", "decline_call_up", "drop_out", "end_help_offers", "finish_task",
    "give_back_task", "hand_over_task", "list_households", "offer_help", "plan_call_ups",
    "put_on_board", "record_hours", "record_visit", "take_up_task", "withdraw_help",
]  # fmt: skip

Sentence = Annotated[str, Field(min_length=1, max_length=200)]
MaybeSentence = Annotated[str, Field(max_length=200)]
Door = Annotated[str, Field(min_length=1, max_length=40)]
Few = Annotated[int, Field(ge=0, le=200)]
Note = Annotated[str, Field(max_length=300)]


class HouseholdDraft(BaseModel):
    """One door of a grid."""

    building: Door
    door: Door
    persons: Annotated[int, Field(ge=1, le=200)] = 1
    has_phone: bool = True
    contact: Annotated[str, Field(max_length=80)] = ""


@deed()
def list_households(
    *,
    grid: Unit,
    households: Annotated[list[HouseholdDraft], Field(min_length=1, max_length=500)],
    by: Person,
    now: datetime,
) -> list[Household]:
    """Write down the doors of a grid; a door already listed is left as it is."""
    check_may(by, "record_visit", grid, now)
    check_is_grid(grid)
    known = set(Household.objects.filter(grid=grid).values_list("building", "door"))
    drafts = {(h.building, h.door): h for h in households}
    fresh = [
        Household(grid=grid, listed_at=now, **h.model_dump())
        for key, h in drafts.items()
        if key not in known
    ]
    made = Household.objects.bulk_create(fresh)
    append(
        verb="fieldwork.list_households", subject=grid, place=grid, by=by, now=now,
        count=len(made), commitments=[h.commitment() for h in made],
    )  # fmt: skip
    return made


@deed()
def assign_task(
    *,
    grid: Unit,
    incident: Incident,
    worker: Person,
    title: Sentence,
    task_minutes: Annotated[int, Field(ge=1, le=480)] = 15,
    household: Household | None = None,
    order: Order | None = None,
    due_at: datetime | None = None,
    by: Person,
    now: datetime,
) -> Task:
    """Give a person one thing to do in a grid by a time."""
    check_may(by, "assign_task", grid, now)
    check_is_grid(grid)
    check_incident_open(incident)
    check_works_there(worker, grid, now)
    check_door_of(grid, household)
    due = due_at or now + minutes("task_default", now)
    check_later(due, now)
    task = Task.objects.create(
        grid=grid, incident=incident, order=order, household=household, worker=worker,
        title=title, minutes=task_minutes, assigned_by=by, assigned_at=now, due_at=due,
    )  # fmt: skip
    append(
        verb="fieldwork.assign_task", subject=task, place=grid, by=by, now=now, worker=worker.ref,
        order=order, incident=incident.ref, due_at=due,
    )  # fmt: skip
    return task


@deed()
def assign_doors(
    *,
    grid: Unit,
    incident: Incident,
    worker: Person,
    title: Sentence,
    task_minutes: Annotated[int, Field(ge=1, le=480)] = 10,
    order: Order | None = None,
    due_at: datetime | None = None,
    by: Person,
    now: datetime,
) -> list[Task]:
    """Give a worker one task for each listed door of a grid that has none open."""
    check_may(by, "assign_task", grid, now)
    check_is_grid(grid)
    check_incident_open(incident)
    check_works_there(worker, grid, now)
    due = due_at or now + minutes("task_default", now)
    check_later(due, now)
    busy = Task.objects.filter(incident=incident, state__in=STANDING, household__grid=grid)
    doors = Household.objects.filter(grid=grid).exclude(pk__in=busy.values("household"))
    tasks = Task.objects.bulk_create(
        Task(
            grid=grid, incident=incident, order=order, household=door, worker=worker, title=title,
            minutes=task_minutes, assigned_by=by, assigned_at=now, due_at=due,
        )
        for door in doors.order_by("id")
    )  # fmt: skip
    if not tasks:
        raise NotNow(
            _("Every listed door of %(grid)s has a task. List doors first.") % {"grid": grid}
        )
    append(
        verb="fieldwork.assign_doors", subject=tasks[0], place=grid, by=by, now=now,
        worker=worker.ref, count=len(tasks), order=order, due_at=due,
    )  # fmt: skip
    return tasks


@deed()
def hand_over_task(
    *, task: Task, worker: Person, reason: MaybeSentence = "", by: Person, now: datetime
) -> Task:
    """Give a task to another person, or one on a team's board to a member; says why."""
    check_may_hand_out(by, task, now)
    check_is_open(task)
    check_says_why(task, reason)
    check_can_get(task, worker, now)
    before = task.worker.ref if task.worker else None
    state = Task.State.OPEN if task.state == Task.State.TO_TAKE else task.state
    task.change(worker=worker, state=state)
    append(
        verb="fieldwork.hand_over_task", subject=task, place=hands_out(task, now)[1], by=by,
        now=now, before=before, worker=worker.ref, reason=reason,
    )  # fmt: skip
    return task


@deed()
def cancel_task(*, task: Task, reason: Sentence, by: Person, now: datetime) -> Task:
    """Take a task off a person's list or a team's board, with the reason."""
    check_may_hand_out(by, task, now)
    check_is_open(task)
    _end(task, Task.State.CANCELLED, now)
    append(
        verb="fieldwork.cancel_task", subject=task, place=hands_out(task, now)[1], by=by, now=now,
        reason=reason,
    )  # fmt: skip
    return task


@deed()
def record_visit(
    *,
    task: Task,
    outcome: Visit.Outcome,
    persons_met: Few = 0,
    persons_ill: Few = 0,
    wants: Note = "",
    note: Note = "",
    visited_at: datetime | None = None,
    key: Annotated[str, Field(max_length=64)] = "",
    by: Person,
    now: datetime,
) -> Visit:
    """Record what was found at a door; illness found comes back as a report (走访).

    The same `key` of the same person is recorded once: a phone may send it again.
    """
    check_may(by, "record_visit", task.grid, now)
    own_key = key or f"task-{task.pk}-{now.isoformat()}"
    known = Visit.objects.filter(visited_by=by, key=own_key).first()
    if known is not None:
        check_same_visit(known, task)
        return known
    check_can_work(task, by)
    when = visited_at or now
    check_times(when, now)
    _check_counts(outcome, persons_met, persons_ill)
    visit = Visit.objects.create(
        task=task, key=own_key, outcome=outcome, persons_met=persons_met, persons_ill=persons_ill,
        wants=wants, note=note, visited_at=when, received_at=now, visited_by=by,
    )  # fmt: skip
    met = outcome != Visit.Outcome.NOBODY_IN
    _end(task, Task.State.DONE if met else Task.State.NOBODY_IN, now)
    append(
        verb="fieldwork.record_visit", subject=visit, place=task.grid, by=by, now=now,
        task=task.ref, outcome=outcome, commitment=visit.commitment(),
    )  # fmt: skip
    if persons_ill:
        _report_illness(visit, by, now)
    return visit


def _check_counts(outcome: str, persons_met: int, persons_ill: int) -> None:
    if persons_ill > persons_met:
        raise Malformed(
            _("More people are ill than were met. Correct the numbers."),
            details={"persons_ill": _("At most as many as were met.")},
        )
    if outcome == Visit.Outcome.NOBODY_IN and persons_met:
        raise Malformed(
            _("Nobody was in, and yet people were met. Correct one of the two."),
            details={"persons_met": _("0 when nobody was in.")},
        )


def _report_illness(visit: Visit, by: Person, now: datetime) -> None:
    receive_report(
        place=visit.task.grid, stream="fever", channel=Report.Channel.VISIT,
        text=visit.note or _("Ill persons found on a household visit."),
        persons=visit.persons_ill, observed_at=visit.visited_at, by=by, now=now,
    )  # fmt: skip


def _end(task: Task, state: Task.State, now: datetime) -> None:
    task.state, task.ended_at = state, now if state != Task.State.NOBODY_IN else None
    task.save(update_fields=["state", "ended_at"])
