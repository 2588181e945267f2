"""The tasks of a worker, the load of a day, progress of an area."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Person, Post, Tier, Unit
from gongzhi.actors.policies import may
from gongzhi.actors.queries import (
    Duty,
    charges_of,
    expose,
    government_above,
    posts_of,
    visible,
)
from gongzhi.assessment.models import Incident
from gongzhi.decision.models import TaskForce, TeamMember
from gongzhi.fieldwork.hands_queries import help_duties
from gongzhi.fieldwork.models import (
    CallUp,
    CallUpPlan,
    HelpCertificate,
    HelpOffer,
    HelpWanted,
    Household,
    Task,
    TaskClimb,
    Visit,
)
from gongzhi.parameters import minutes

STANDING = (Task.State.TO_TAKE, Task.State.OPEN, Task.State.NOBODY_IN)
"""States in which a task still waits for somebody."""


def tasks_of(worker: Person, now: datetime) -> QuerySet[Task]:
    """Tasks that wait for a worker, by due time; those of a post that has ended are not shown."""
    tasks = visible(Task, worker, now).filter(worker=worker, state__in=STANDING)
    return tasks.select_related("grid", "household", "order", "team__unit").order_by("due_at", "id")


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


# Teams ------------------------------------------------------------------------------------------


def teams_of(by: Person, now: datetime) -> QuerySet[TaskForce]:
    """Teams at work in which a person holds a post."""
    return _at_work(now).filter(unit__in=_units_of(by, now)).select_related("unit").order_by("id")


def _units_of(by: Person, now: datetime) -> list[int]:
    """The teams' units in which a person holds a post; most people hold none, and ask nothing."""
    return [post.unit_id for post in posts_of(by, now) if post.unit.kind == Kind.TASK_FORCE]


def _at_work(now: datetime) -> QuerySet[TaskForce]:
    return TaskForce.objects.filter(state=TaskForce.State.ACTIVE, ends_at__gt=now)


def board_of_team(team: TaskForce, by: Person, now: datetime) -> QuerySet[Task]:
    """The tasks on the board of a team that a person may see, the first due at the top."""
    tasks = visible(Task, by, now).filter(team=team).order_by("due_at", "id")
    return tasks.select_related("grid", "household", "order", "worker")


def tasks_to_take(by: Person, now: datetime) -> QuerySet[Task]:
    """Tasks that wait on the boards of a person's teams for whoever takes them up."""
    teams = _at_work(now).filter(unit__in=_units_of(by, now))
    waiting = Task.objects.filter(state=Task.State.TO_TAKE, team__in=teams)
    return waiting.select_related("grid", "team__unit").order_by("due_at", "id")


def members_of(team: TaskForce) -> list[TeamMember]:
    """Who is in a joint team now, the lead first."""
    members = team.members.filter(left_at=None).select_related("person", "unit", "grid")
    return sorted(members, key=lambda m: (m.person_id != team.for_government_id, m.pk))


def minutes_by_member(team: TaskForce, since: datetime) -> dict[int, tuple[int, int]]:
    """Minutes of work that each person has in hand from a board, and has done since a moment."""
    tasks = Task.objects.filter(team=team, worker__isnull=False).order_by()
    rows = tasks.values("worker").annotate(
        in_hand=Sum("minutes", filter=Q(state__in=STANDING), default=0),
        done=Sum("minutes", filter=Q(state=Task.State.DONE, ended_at__gte=since), default=0),
    )
    return {row["worker"]: (row["in_hand"], row["done"]) for row in rows}


def doors_open_to(by: Person, team: TaskForce, tasks: Iterable[Task]) -> set[int]:
    """The tasks of a board whose door a person may read: one's own, and of one's own buildings."""
    own = {
        (member.grid_id, building)
        for member in team.members.filter(person=by, left_at=None)
        for building in member.buildings
    }
    return {
        task.pk
        for task in tasks
        if task.household is not None
        and (
            (task.worker_id == by.pk and task.state in STANDING)
            or (task.household.grid_id, task.household.building) in own
        )
    }


def team_tasks_late(now: datetime) -> QuerySet[Task]:
    """Tasks of teams at work that are late and that the street does not know of yet."""
    late = Task.objects.filter(state__in=STANDING, due_at__lte=now, team__in=_at_work(now))
    unknown = late.exclude(climbs__to_unit__tier=Tier.STREET)
    return unknown.select_related("team__unit", "team__area").order_by("due_at", "id")


def next_climb(task: Task, now: datetime) -> tuple[Unit, Unit] | None:
    """Who was silent about a late task of a team, and who is to know now; None while it waits."""
    last = max(task.climbs.all(), key=lambda climb: climb.pk, default=None)
    if task.team is None:
        return None
    if last is None:
        return task.team.unit, task.team.area
    if last.climbed_at + minutes("climb_team_task", now) > now:
        return None
    upper = government_above(last.to_unit)
    return (last.to_unit, upper) if upper is not None and upper.tier == Tier.STREET else None


def last_climbed_to(tasks: Iterable[Task]) -> dict[int, Unit]:
    """The government that each of these tasks has climbed to, if it has."""
    numbers = [task.pk for task in tasks]
    climbs = TaskClimb.objects.filter(task__in=numbers).select_related("to_unit").order_by("id")
    return {climb.task_id: climb.to_unit for climb in climbs}


def _to_hand_out(by: Person, now: datetime) -> list[Task]:
    """Tasks of teams that are late, or that nobody is there for any more, for who must act."""
    mine = charges_of(by, now)
    held = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), unit=OuterRef("team__unit"), starts_at__lte=now,
        person=OuterRef("worker"),
    )  # fmt: skip
    at_work = Q(team__state=TaskForce.State.ACTIVE, team__ends_at__gt=now)
    gone = Q(worker__isnull=False) & ~Exists(held)
    climbed = Exists(TaskClimb.objects.filter(task=OuterRef("pk"), to_unit__in=mine))
    asked = (
        (at_work & (gone | Q(due_at__lte=now)) & Q(team__unit__in=mine))
        | (at_work & Q(due_at__lte=now) & climbed)
        | (~at_work & Q(team__area__in=mine))
    )
    tasks = Task.objects.filter(asked, state__in=STANDING, team__isnull=False)
    found = tasks.select_related("grid", "team__unit", "worker").order_by("due_at", "id")[:50]
    return [task for task in found if may(by, *hands_out(task, now), now)]


def hands_out(task: Task, now: datetime) -> tuple[str, Unit]:
    """The power to hand out a task, and where: over the board of a team at work, or over a grid."""
    unit = board_with(task, now)
    return ("run_team_board", unit) if unit else ("assign_task", task.grid)


def does(task: Task, now: datetime) -> tuple[str, Unit]:
    """The power to do a task, and where: in a team at work, or in a grid."""
    unit = board_with(task, now)
    return ("take_team_task", unit) if unit else ("record_visit", task.grid)


def board_with(task: Task, now: datetime) -> Unit | None:
    """The unit of the team at work on whose board a task stands, if it stands on one."""
    team = task.team
    at_work = team is not None and team.state == TaskForce.State.ACTIVE and team.ends_at > now
    return team.unit if team is not None and at_work else None


# What waits for whom ------------------------------------------------------------------------------


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: the list, the boards of one's teams, and what is late."""
    return [
        *(_own(task) for task in tasks_of(by, now)[:100]),
        *(_taking(task) for task in tasks_to_take(by, now)[:20]),
        *(_handing_out(task, now) for task in _to_hand_out(by, now)),
        *help_duties(by, now),
    ]


def _own(task: Task) -> Duty:
    why = _("It is on your list.")
    if task.team is not None:
        why = _("You took it from the board of %(team)s.") % {"team": task.team}
    elif task.order is not None:
        why = _("It is on your list for the order “%(title)s”.") % {"title": task.order}
    where = f"{task.grid} {task.household or ''}".strip()
    return _duty(task, task.title, where, why, "finish_task" if task.team else "record_visit")


def _taking(task: Task) -> Duty:
    why = _("It waits on the board of %(team)s for whoever takes it up.") % {"team": task.team}
    return _duty(task, task.title, str(task.grid), why, "take_up_task")


def _handing_out(task: Task, now: datetime) -> Duty:
    title = _("Hand out the task: %(title)s") % {"title": task.title}
    if hands_out(task, now)[0] == "assign_task":
        why = _("%(team)s is over and this is not done.") % {"team": task.team}
    elif task.due_at > now:
        why = _("Whoever took it up has left %(team)s.") % {"team": task.team}
    elif task.worker is None:
        why = _("It is late, and nobody of %(team)s has taken it up.") % {"team": task.team}
    else:
        why = _("It is late. %(name)s of %(team)s has it.") % {
            "name": task.worker.name, "team": task.team,
        }  # fmt: skip
    return _duty(task, title, str(task.grid), why, "hand_over_task")


def _duty(task: Task, title: str, where: str, why: str, verb: str) -> Duty:
    return Duty(
        title=title, where=where, due_at=task.due_at, why=why, room="fieldwork", verb=verb,
        inputs={"task": task.pk}, subject=task.ref,
    )  # fmt: skip


expose(
    "fieldwork", households=Household, tasks=Task, visits=Visit, task_climbs=TaskClimb,
    help_offers=HelpOffer, help_wanted=HelpWanted, call_up_plans=CallUpPlan, call_ups=CallUp,
    help_certificates=HelpCertificate,
)  # fmt: skip
