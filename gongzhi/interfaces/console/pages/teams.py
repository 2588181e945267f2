"""Teams and their boards: what is to be taken up, who has what, what is done today (任务板)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gongzhi.actors.queries import find, posts_in, posts_of, visible
from gongzhi.decision.queries import TaskForce, TeamMember
from gongzhi.errors import Refused
from gongzhi.fieldwork.queries import (
    STANDING,
    Task,
    board_of_team,
    doors_open_to,
    last_climbed_to,
    members_of,
    minutes_by_member,
)
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import WALL, Reader, page, show
from gongzhi.interfaces.console.offers import Offer
from gongzhi.interfaces.console.reading import address_of, number_in
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.writing import listed

State = Task.State
MOST = 100
"""Tasks that a column of a board shows at most."""


@dataclass(frozen=True)
class Card:
    """One task on the board: where to, what became of it, and what the reader can do."""

    task: Task
    href: str
    door: bool
    climbed_to: Any
    may_take: bool
    acts: tuple[Offer, ...]


@dataclass(frozen=True)
class Row:
    """A member: for whom, and how many minutes of work."""

    name: str
    part: str
    unit: Any
    buildings: str
    in_hand: int
    done: int
    href: str


@page
def teams(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The teams of the reader's area, those at work first."""
    found = visible(TaskForce, reader.by, reader.now).select_related("unit", "area")
    waiting = Q(tasks__state__in=STANDING)
    counted = found.annotate(
        to_take=Count("tasks", filter=Q(tasks__state=State.TO_TAKE)),
        taken=Count("tasks", filter=waiting & ~Q(tasks__state=State.TO_TAKE)),
        late=Count("tasks", filter=waiting & Q(tasks__due_at__lt=reader.now)),
    )
    rows = list(counted.order_by("state", "ends_at", "id")[:MOST])
    return show(
        request, "teams/list.html", {"teams": rows, "set_up": _set_up(reader)}, now=reader.now
    )


def _set_up(reader: Reader) -> Offer | None:
    """The button that sets up a joint team, for the first community of the reader's that may."""
    areas = {post.area.pk: post.area for post in posts_of(reader.by, reader.now)}
    offers = [
        act("decision", "set_up_joint_team", "area", area, reader)
        for area in areas.values()
        if area.tier == "community"
    ]
    return next((offer for offer in offers if not offer.refusal), None)


@page
def team(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """The board of one team: to be taken up, taken up, done; the first due at the top."""
    found = find(TaskForce, number, reader.by, reader.now)
    tasks = board_of_team(found, reader.by, reader.now)
    today = localtime(reader.now).replace(hour=0, minute=0, second=0, microsecond=0)
    standing = list(tasks.filter(state__in=STANDING)[:MOST])
    done = tasks.filter(state=State.DONE, ended_at__gte=today).order_by("-ended_at")[:MOST]
    cards = _cards(found, [*standing, *done], request, reader)
    context = {
        "team": found,
        "columns": _columns(cards),
        "late": sum(task.due_at < reader.now for task in standing),
        "to_take": sum(task.state == State.TO_TAKE for task in standing),
        "members": _rows(found, today, reader),
        "put": act("fieldwork", "put_on_board", "team", found, reader),
        "take_in": act("decision", "take_into_team", "team", found, reader),
        "is_over": found.state != TaskForce.State.ACTIVE or found.ends_at <= reader.now,
        "href": address_of(found),
    }
    return show(request, "teams/board.html", context, now=reader.now)


def _columns(cards: list[Card]) -> list[tuple[str, str, list[Card]]]:
    """The three columns of a board with their words."""
    words = (("to-take", _("To be taken up")), ("taken", _("Taken up")), ("done", _("Done today")))
    column = {State.TO_TAKE: "to-take", State.DONE: "done"}
    return [
        (name, word, [c for c in cards if column.get(State(c.task.state), "taken") == name])
        for name, word in words
    ]


def _cards(team: TaskForce, tasks: list[Task], request: HttpRequest, reader: Reader) -> list[Card]:
    """Doors stand on the board only for who may read them, and never on a wall."""
    on_wall = request.session.get(WALL)
    doors = set() if on_wall else doors_open_to(reader.by, team, tasks)
    climbed = last_climbed_to(tasks)
    takes = _allowed("take_up_task", next(iter(_in(tasks, State.TO_TAKE)), None), reader)
    hands = _allowed("hand_over_task", next(iter(_in(tasks, *STANDING)), None), reader)
    return [
        Card(
            task, address_of(task), task.pk in doors, climbed.get(task.pk),
            takes and task.state == State.TO_TAKE, tuple(_acts(task, hands, reader)),
        )
        for task in tasks
    ]  # fmt: skip


def _in(tasks: Iterable[Task], *states: str) -> Iterable[Task]:
    return (task for task in tasks if task.state in states)


def _allowed(verb: str, task: Task | None, reader: Reader) -> bool:
    """Whether the reader may do it to the tasks of this board: asked of one for all."""
    return task is not None and not act("fieldwork", verb, "task", task, reader).refusal


def _acts(task: Task, hands: bool, reader: Reader) -> Iterable[Offer]:
    """What the reader can do with a task that is not to be taken up by pressing a button."""
    if task.state not in STANDING:
        return
    if task.worker_id == reader.by.pk:
        for verb in ("finish_task", "give_back_task"):
            yield act("fieldwork", verb, "task", task, reader)
    elif hands:
        yield act("fieldwork", "hand_over_task", "task", task, reader)


def _rows(team: TaskForce, since: datetime, reader: Reader) -> list[Row]:
    """The members of a team, with the minutes of work that each has in hand and has done today."""
    minutes = minutes_by_member(team, since)
    if not team.is_joint_team:
        return [
            Row(post.person.name, post.get_role_display(), None, "",
                *minutes.get(post.person_id, (0, 0)), "")
            for post in posts_in(team.unit, reader.now)
        ]  # fmt: skip
    return [_row(member, *minutes.get(member.person_id, (0, 0))) for member in members_of(team)]


def _row(member: TeamMember, in_hand: int, done: int) -> Row:
    return Row(
        member.person.name, member.get_part_display(), member.unit or member.grid,
        listed(member.buildings), in_hand, done, address_of(member),
    )  # fmt: skip


@require_POST
@page
def take(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take up a task by one press; who comes second is told who has it."""
    task, team = (number_in(request.POST.get(name, "")) for name in ("task", "team"))
    try:
        taken = perform(
            deed_named("fieldwork", "take_up_task"), {"task": task}, reader.by, reader.now
        )
        messages.success(request, _("You have it: %(title)s") % {"title": taken})
    except Refused as refusal:
        messages.error(request, str(refusal))
    back = reverse("console:team", args=[team]) if team else reverse("console:teams")
    return HttpResponseRedirect(back)


urlpatterns = [
    path("teams", teams, name="teams"),
    path("teams/<int:number>", team, name="team"),
    path("teams/take", take, name="take_task"),
]
