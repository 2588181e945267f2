"""The tasks of a worker, the load of a day, progress of an area."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.queries import Duty, expose, visible
from gongzhi.assessment.models import Incident
from gongzhi.fieldwork.models import Household, Task, Visit

STANDING = (Task.State.OPEN, Task.State.NOBODY_IN)
"""States in which a task still waits for somebody."""


def tasks_of(worker: Person, now: datetime) -> QuerySet[Task]:
    """Tasks that wait for a worker, by due time; those of a post that has ended are not shown."""
    tasks = visible(Task, worker, now).filter(worker=worker, state__in=STANDING)
    return tasks.select_related("grid", "household", "order").order_by("due_at", "id")


def load_minutes(worker: Person, now: datetime) -> int:
    """Minutes of work on a worker's list."""
    total = tasks_of(worker, now).aggregate(total=Sum("minutes"))["total"]
    return int(total or 0)


def progress_of(incident: Incident, now: datetime) -> dict[str, int]:
    """How many field tasks of an incident there are, are done, and are late."""
    tasks = Task.objects.filter(incident=incident)
    return tasks.aggregate(
        total=Count("id", filter=~Q(state=Task.State.CANCELLED)),
        done=Count("id", filter=Q(state=Task.State.DONE)),
        late=Count("id", filter=Q(state__in=STANDING, due_at__lt=now)),
    )


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: the visits on the list."""
    return [
        Duty(
            title=task.title,
            where=f"{task.grid} {task.household or ''}".strip(),
            due_at=task.due_at,
            why=_("It is on your list for the order “%(title)s”.") % {"title": task.order}
            if task.order
            else _("It is on your list."),
            room="fieldwork",
            verb="record_visit",
            inputs={"task": task.pk},
            subject=task.ref,
        )
        for task in tasks_of(by, now)[:100]
    ]


expose("fieldwork", households=Household, tasks=Task, visits=Visit)
