"""What the state of tasks allows."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Tier, Unit
from gongzhi.actors.queries import posts_of
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.fieldwork.models import Task, Visit


def check_is_grid(grid: Unit) -> None:
    """Households and tasks lie in a grid, the lowest tier."""
    if grid.tier != Tier.GRID:
        raise Malformed(
            _("%(unit)s is not a grid. Choose one of its grids.") % {"unit": grid},
            details={"grid": _("Choose a grid.")},
        )


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
    if task.worker_id != by.pk:
        raise NotAllowed(
            _("This task is %(name)s's. Ask your officer to hand it over to you.")
            % {"name": task.worker.name}
        )
    check_is_open(task)


def check_is_open(task: Task) -> None:
    """A task that is done or cancelled stays so."""
    if task.state not in (Task.State.OPEN, Task.State.NOBODY_IN):
        when = f"{localtime(task.ended_at):%m-%d %H:%M}" if task.ended_at else "?"
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
