"""My tasks: the list, the form of one visit, what a team asks, and the paper slips."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from gongzhi.errors import NotFound, Refused
from gongzhi.fieldwork.queries import (
    Task,
    Visit,
    board_with,
    load_minutes,
    tasks_of,
    tasks_to_take,
    teams_of,
)  # fmt: skip
from gongzhi.interfaces.console.frame import Reader, frame_of, page
from gongzhi.interfaces.console.reading import address_of_ref
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.interfaces.rooms import duties_of

FIELDS = ("outcome", "persons_met", "persons_ill", "wants", "note", "visited_at", "key")
NUMBERS = ("persons_met", "persons_ill")


def _show(
    request: HttpRequest, template: str, reader: Reader, more: dict[str, Any], status: int = 200
) -> HttpResponse:
    context = {"now": reader.now, "frame": frame_of(request, reader.now), **more}
    return render(request, f"pocket/{template}", context, status=status)


@never_cache
@page
def tasks(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What waits for the reader, by due time."""
    waiting = list(tasks_of(reader.by, reader.now))
    on_boards = Counter(tasks_to_take(reader.by, reader.now).values_list("team", flat=True))
    notices = [
        (duty, address_of_ref(duty.subject))
        for duty in duties_of(reader.by, reader.now, rooms={"actors"})
        if duty.verb == "hand_over_notice"
    ]
    context = {
        "tasks": waiting,
        "minutes": load_minutes(reader.by, reader.now),
        "teams": [(team, on_boards[team.pk]) for team in teams_of(reader.by, reader.now)],
        "notices": notices,
    }
    return _show(request, "tasks.html", reader, context)


@never_cache
@page
def slips(request: HttpRequest, reader: Reader) -> HttpResponse:
    """A paper slip for each task, for a day without a phone."""
    context = {"tasks": list(tasks_of(reader.by, reader.now)), "outcomes": Visit.Outcome.choices}
    return _show(request, "slips.html", reader, context)


@never_cache
@page
def task(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """The form of one visit; a refusal keeps what was typed."""
    found = tasks_of(reader.by, reader.now).filter(pk=pk).first()
    if request.method == "POST":
        of_team = found is not None and found.team is not None
        return _answer(request, reader, found) if of_team else _record(request, reader, pk, found)
    if found is None:
        raise NotFound(_not_on_list())
    if found.team is not None:
        return _for_team(request, reader, found, {})
    return _form(request, reader, found, {"key": secrets.token_urlsafe(12)})


def _not_on_list() -> str:
    return _("This task is not on your list: it is done, or somebody else's. Open your list.")


def _record(request: HttpRequest, reader: Reader, pk: int, found: Task | None) -> HttpResponse:
    """Record the visit once; the same form sent again by a phone is no mistake."""
    given = _given(request.POST)
    try:
        perform(
            deed_named("fieldwork", "record_visit"), {"task": pk, **given}, reader.by, reader.now
        )
    except Refused as refusal:
        if found is None:
            raise
        return _form(request, reader, found, request.POST, refusal)
    left = tasks_of(reader.by, reader.now).exclude(pk=pk).count()
    messages.success(request, _("Recorded. %(left)s left.") % {"left": left})
    return HttpResponseRedirect(reverse("pocket:tasks"))


ANSWERS = {"done": ("finish_task", "result"), "back": ("give_back_task", "reason")}
"""What can be said of a task of a team: the deed, and what it asks for."""


def _answer(request: HttpRequest, reader: Reader, found: Task) -> HttpResponse:
    """A task of a team is done with a result, or given back with a reason."""
    verb, field = ANSWERS["back" if "back" in request.POST else "done"]
    given = {"task": found.pk, field: request.POST.get(field, "").strip()}
    try:
        perform(deed_named("fieldwork", verb), given, reader.by, reader.now)
    except Refused as refusal:
        return _for_team(request, reader, found, request.POST, refusal)
    messages.success(
        request, _("Recorded.") if verb == "finish_task" else _("It is back on the board.")
    )
    return HttpResponseRedirect(reverse("pocket:tasks"))


def _for_team(
    request: HttpRequest,
    reader: Reader,
    found: Task,
    values: Mapping[str, str],
    refusal: Refused | None = None,
) -> HttpResponse:
    """The page of a task of a team: who took it up reads the door, nobody else does."""
    more = {"gives_back": "back" in values, "on_board": board_with(found, reader.now) is not None}
    asked = (field for _verb, field in ANSWERS.values())
    return _sheet(request, reader, "team_task.html", found, asked, values, refusal, **more)


def _sheet(
    request: HttpRequest, reader: Reader, template: str, found: Task, asked: Iterable[str],
    values: Mapping[str, str], refusal: Refused | None, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The page of one task with what it asks for, as it was typed, and what is wrong with it."""
    context = {
        "task": found,
        "values": {name: values.get(name, "") for name in asked},
        "refusal": refusal,
        "problems": refusal.details if refusal else {},
        **more,
    }
    return _show(request, template, reader, context, refusal.status if refusal else 200)


def _given(sent: Mapping[str, str]) -> dict[str, Any]:
    """What was sent, without the empty fields; numbers that nobody was met with are left out."""
    given = {name: sent.get(name, "").strip() for name in FIELDS}
    if given["outcome"] != Visit.Outcome.MET:
        given |= dict.fromkeys((*NUMBERS, "wants"), "")
    return {name: value for name, value in given.items() if value}


def _form(
    request: HttpRequest,
    reader: Reader,
    found: Task,
    values: Mapping[str, str],
    refusal: Refused | None = None,
) -> HttpResponse:
    more = {"outcomes": Visit.Outcome.choices}
    return _sheet(request, reader, "task.html", found, FIELDS, values, refusal, **more)
