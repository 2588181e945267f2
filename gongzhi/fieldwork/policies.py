"""What the state of tasks allows."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Tier, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import posts_of
from gongzhi.decision.models import TaskForce
from gongzhi.decision.team_policies import check_is_member
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.fieldwork.models import Household, Task, Visit
from gongzhi.fieldwork.queries import STANDING, board_with, hands_out
from gongzhi.writing import day_and_time


def check_is_grid(grid: Unit) -> None:
    """Households and tasks lie in a grid, the lowest tier."""
    if grid.tier != Tier.GRID:
        raise Malformed(
            _("%(unit)s is not a grid. Choose one of its grids.") % {"unit": grid},
            details={"grid": _("Choose a grid.")},
        )


def check_door_of(grid: Unit, household: Household | None) -> None:
    """A door of a task lies in the grid of the task."""
    if household is not None and household.grid_id != grid.pk:
        raise Malformed(
            _("This door is in another grid. Choose a door of %(grid)s.") % {"grid": grid}
        )


def check_later(due_at: datetime, now: datetime) -> None:
    """A task leaves time to do it."""
    if due_at <= now:
        raise Malformed(_("The task would be late at once. Give a later time."))


def check_works_there(worker: Person, grid: Unit, now: datetime) -> None:
    """A task is given to somebody whose area the grid lies in."""
    if not any(grid.path.startswith(post.area.path) for post in posts_of(worker, now)):
        raise Malformed(
            _("%(name)s has no post that covers %(grid)s. Choose another person.")
            % {"name": worker.name, "grid": grid},
            details={"worker": _("Choose a person whose area this grid lies in.")},
        )


def check_can_work(task: Task, by: Person) -> None:
    """A task is done by the person it is given to, while it is open."""
    check_worker(task, by)
    check_is_open(task)


def check_worker(task: Task, by: Person) -> None:
    """A task is the worker's alone."""
    if task.worker is None:
        raise NotNow(_("Nobody has taken up this task yet. Take it up first."))
    if task.worker_id != by.pk:
        raise NotAllowed(
            _("This task is %(name)s's. Ask your officer to hand it over to you.")
            % {"name": task.worker.name}
        )


def check_of_team(task: Task) -> TaskForce:
    """The team on whose board a task stands."""
    if task.team is None:
        raise NotNow(
            _("This task is on no team's board. Record what you found as a visit instead.")
        )
    return task.team


def check_to_take(task: Task) -> None:
    """Only one person can take up a task."""
    if task.state == Task.State.TO_TAKE:
        return
    check_is_open(task)
    name = task.worker.name if task.worker else "?"
    raise NotNow(
        _("%(name)s has taken up this task already. Take another one from the board.")
        % {"name": name}
    )


def check_may_hand_out(by: Person, task: Task, now: datetime) -> None:
    """A task of a team is handed out by who runs its board, any other by who gives tasks there."""
    check_may(by, *hands_out(task, now), now)


def check_can_get(task: Task, worker: Person, now: datetime) -> None:
    """A task of a team at work goes to a member of it, any other to somebody of the area."""
    if task.team is not None and board_with(task, now):
        check_is_member(task.team, worker, now)
    else:
        check_works_there(worker, task.grid, now)


def check_says_why(task: Task, reason: str) -> None:
    """Who takes a task from somebody says why."""
    if task.worker is not None and not reason:
        raise Malformed(
            _("Somebody has this task. Say why it is handed over."),
            details={"reason": _("Say why.")},
        )


def check_is_open(task: Task) -> None:
    """A task that is done or cancelled stays so."""
    if task.state not in STANDING:
        when = day_and_time(task.ended_at) if task.ended_at else "?"
        raise NotNow(
            _("This task ended at %(when)s (%(state)s). Take the next one on your list.")
            % {"when": when, "state": task.get_state_display()}
        )


def check_same_visit(known: Visit, task: Task) -> None:
    """A key belongs to one visit: sent again for another task, it would swallow that visit."""
    if known.task_id != task.pk:
        raise Malformed(
            _("This key was used for a visit of another task. Send the visit with a new key."),
            details={"key": _("Use a new key for each visit.")},
        )


def check_times(visited_at: datetime, now: datetime) -> None:
    """A visit lies in the past."""
    if visited_at > now:
        raise Malformed(
            _("The visit lies in the future. Correct its time."),
            details={"visited_at": _("Give a time that has passed.")},
        )
