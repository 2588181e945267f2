"""The board of a team: put a task on it, take it up, do it, give it back; what is late climbs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db.models import prefetch_related_objects
from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.command.models import Order
from gongzhi.decision.models import TaskForce
from gongzhi.decision.team_policies import check_at_work, check_in_reach
from gongzhi.fieldwork.models import Household, Task, TaskClimb
from gongzhi.fieldwork.policies import (
    check_door_of,
    check_is_grid,
    check_is_open,
    check_later,
    check_of_team,
    check_to_take,
    check_worker,
)  # fmt: skip
from gongzhi.fieldwork.queries import does, next_climb, team_tasks_late
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.parameters import minutes

Sentence = Annotated[str, Field(min_length=1, max_length=200)]
Result = Annotated[str, Field(min_length=1, max_length=300)]


@deed()
def put_on_board(
    *,
    team: TaskForce,
    grid: Unit,
    title: Sentence,
    task_minutes: Annotated[int, Field(ge=1, le=480)] = 15,
    household: Household | None = None,
    order: Order | None = None,
    due_at: datetime | None = None,
    by: Person,
    now: datetime,
) -> Task:
    """Put a task on the board of a team, for whoever of it takes it up."""
    check_may(by, "run_team_board", team.unit, now)
    check_at_work(team, now)
    check_is_grid(grid)
    check_in_reach(team, grid)
    check_door_of(grid, household)
    due = due_at or now + minutes("task_default", now)
    check_later(due, now)
    task = Task.objects.create(
        team=team, grid=grid, incident=order.incident if order else team.incident, order=order,
        household=household, title=title, minutes=task_minutes, state=Task.State.TO_TAKE,
        assigned_by=by, assigned_at=now, due_at=due,
    )  # fmt: skip
    append(
        verb="fieldwork.put_on_board", subject=task, place=team.unit, by=by, now=now,
        grid=grid.path, order=order, due_at=due,
    )  # fmt: skip
    return task


@deed()
def take_up_task(*, task: Task, by: Person, now: datetime) -> Task:
    """Take a task from the board of one's team: only one person can."""
    team = check_of_team(task)
    check_may(by, "take_team_task", team.unit, now)
    check_at_work(team, now)
    check_to_take(task)
    task.change(worker=by, state=Task.State.OPEN)
    append(
        verb="fieldwork.take_up_task", subject=task, place=team.unit, by=by, now=now,
        due_at=task.due_at,
    )  # fmt: skip
    return task


@deed()
def finish_task(*, task: Task, result: Result, by: Person, now: datetime) -> Task:
    """Say that a task one took from the board is done, and what came of it."""
    check_of_team(task)
    check_worker(task, by)
    power, place = does(task, now)
    check_may(by, power, place, now)
    check_is_open(task)
    task.change(state=Task.State.DONE, result=result, ended_at=now)
    append(
        verb="fieldwork.finish_task", subject=task, place=place, by=by, now=now,
        minutes=task.minutes, was_due_at=task.due_at,
    )  # fmt: skip
    return task


@deed()
def give_back_task(*, task: Task, reason: Sentence, by: Person, now: datetime) -> Task:
    """Put a task one took back on the board, with the reason."""
    team = check_of_team(task)
    check_worker(task, by)
    check_may(by, "take_team_task", team.unit, now)
    check_is_open(task)
    task.change(worker=None, state=Task.State.TO_TAKE, reason_given_back=reason)
    append(
        verb="fieldwork.give_back_task", subject=task, place=team.unit, by=by, now=now,
        reason=reason,
    )  # fmt: skip
    return task


@deed(by_hand=False)
def climb_late_tasks(*, by: Person, now: datetime) -> list[TaskClimb]:
    """Let the community, then the street, know of every task of a team that is late."""
    made = []
    late = take(team_tasks_late, now=now)
    prefetch_related_objects(late, "climbs__to_unit")
    for task in late:
        step = next_climb(task, now)
        if step is None:
            continue
        silent, upper = step
        climb = task.climbs.create(
            silent=silent, to_unit=upper, was_due_at=task.due_at, climbed_at=now
        )
        append(
            verb="fieldwork.climb_task", subject=task, place=upper, by=by, now=now,
            silent=silent.path, due_at=task.due_at,
        )  # fmt: skip
        made.append(climb)
    return made
