"""Plans: the text as written, the diagram, what would happen now, a draft's mistakes by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from gongzhi.actors.policies import BeyondDiscretion, authority_of
from gongzhi.actors.queries import Unit, find, requests_for, visible
from gongzhi.assessment.queries import Incident, open_incidents
from gongzhi.command.plan_file import MOST_PROBLEMS, check_plan
from gongzhi.command.plan_values import PlanFile
from gongzhi.command.policies import check_not_in_force
from gongzhi.command.queries import (
    Activation,
    ContingencyPlan,
    Preview,
    PreviewLine,
    plan_library,
    plan_of,
    plan_warnings,
    plans_adopted,
    problem_sentence,
    spoken,
    what_would_happen,
)
from gongzhi.errors import NotAllowed, NotNow, Refused
from gongzhi.interfaces.console import figures
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.offers import Offer
from gongzhi.interfaces.console.reading import address_of, named, number_in
from gongzhi.interfaces.order_needs import stock_words
from gongzhi.interfaces.plan_drawing import Drawing, drawing_of
from gongzhi.interfaces.plan_words import phase_name, phase_rows

LONGEST = 60_000
"""Characters of a plan that are read; the deed that adopts it has the same limit."""


@dataclass(frozen=True)
class TextLine:
    """One line of a plan as written, with the problems found in it."""

    number: int
    text: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Foreseen:
    """One order of the plan as it would be given now: to how many units, from when to when."""

    title: str
    units: tuple[str, ...]
    commanders: int
    begins_at: datetime
    due_at: datetime
    waits: bool
    legal_basis: str


@page
def plans(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The plans in force, and where to check a draft."""
    active = visible(Activation, reader.by, reader.now).filter(incident__state="open")
    running: dict[int, list[Activation]] = {}
    for activation in active.select_related("incident").order_by("activated_at"):
        running.setdefault(activation.plan_id, []).append(activation)
    rows = [(plan, running.get(plan.pk, []), _count(plan)) for plan in plans_adopted()]
    return show(request, "plans/list.html", {"rows": rows}, now=reader.now)


def _count(plan: ContingencyPlan) -> int | None:
    """How many orders a plan has; None where its text is no longer read."""
    try:
        return len(plan_of(plan).orders)
    except Refused:
        return None


@page
def plan(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One plan: its text, its diagram, and what it would do now for an incident."""
    found = find(ContingencyPlan, pk, reader.by, reader.now)
    incidents = list(open_incidents(reader.by, reader.now).filter(hazard=found.hazard))
    chosen = _chosen(request, reader, incidents)
    context: dict[str, Any] = {
        "plan": found,
        "lines": text_lines(found.document),
        "incidents": incidents,
        "chosen": chosen,
        "record": address_of(found),
        **_read(found, chosen, reader),
    }
    return show(request, "plans/one.html", context, now=reader.now)


def _chosen(request: HttpRequest, reader: Reader, incidents: list[Incident]) -> Incident | None:
    number = number_in(request.GET.get("incident", ""))
    if number is not None:
        return find(Incident, number, reader.by, reader.now)
    return incidents[0] if incidents else None


def _read(found: ContingencyPlan, chosen: Incident | None, reader: Reader) -> dict[str, Any]:
    """The plan as a value with its diagram, or why it cannot be read any more."""
    try:
        read = plan_of(found)
    except Refused as refusal:
        return {"unread": str(refusal)}
    preview = what_would_happen(found, chosen, reader.now) if chosen else None
    standing = _standing(found, chosen) if chosen else ""
    return {
        **_drawn(read),
        "preview": preview,
        "phases": phase_rows(read, preview.trigger if preview else None),
        "wind_down": [spoken(text) for text in read.wind_down],
        "foreseen": foreseen(preview) if preview else [],
        "units": len({line.unit.pk for line in preview.lines}) if preview else 0,
        **(_costs(preview) if preview else {}),
        "having": list(dict.fromkeys(line.unit for line in preview.twice)) if preview else [],
        "activate": _activate(found, chosen, standing, reader) if chosen else None,
        "standing": standing,
        "nobody": [spoken(o.title) for o in read.orders if preview and o.key in preview.nobody],
        "beyond": _beyond(preview, chosen.area, reader) if preview and chosen else "",
        "requests": _requests(found, reader),
    }


def _beyond(preview: Preview, area: Unit, reader: Reader) -> str:
    """Whom the reader would have to ask, where it goes beyond the limits of the reader's tier."""
    try:
        authority_of(reader.by, "activate_plan", area, reader.now, preview.extent)
    except BeyondDiscretion as beyond:
        return str(beyond)
    except NotAllowed:
        pass  # who may not activate at all is told so by the button
    return ""


def _requests(found: ContingencyPlan, reader: Reader) -> list[tuple[str, str, str]]:
    """What was asked of the tiers above about this plan: name, address and what became of it."""
    asked = visible(requests_for("command.activate_plan", "plan", found), reader.by, reader.now)
    return [(named(r), address_of(r), r.get_state_display()) for r in asked[:5]]


def _costs(preview: Preview) -> dict[str, Any]:
    """What it would cost, and which phases begin with it or later, in the reader's words."""
    stock = [{"item": item, "quantity": n} for item, n in preview.stock.items()]
    return {
        "cost": figures.money(preview.cost_cents),
        "needs": stock_words(stock),
        "beginning": [phase_name(phase) for phase in preview.phases],
        "later": [phase_name(phase) for phase in preview.later],
    }


def _drawn(read: PlanFile) -> dict[str, Drawing | str]:
    return {"drawing": drawing_of(read), "purpose": spoken(read.purpose), "basis": read.legal_basis}


def _activate(found: ContingencyPlan, incident: Incident, standing: str, reader: Reader) -> Offer:
    """The button that puts the plan into force, on the latest decision about the incident."""
    decision = incident.decisions.order_by("-decided_at", "-id").first()
    more = {"incident": incident.pk} | ({"decision": decision.pk} if decision else {})
    by_plan = act("command", "activate_plan", "plan", found, reader, **more)
    by_incident = act("command", "activate_plan", "incident", incident, reader, **more)
    offer = by_plan if by_plan.refusal or not by_incident.refusal else by_incident
    return replace(offer, refusal=standing) if standing and not offer.refusal else offer


def _standing(found: ContingencyPlan, incident: Incident) -> str:
    """That the plan is in force for the incident already, since when; else nothing."""
    try:
        check_not_in_force(found, incident)
    except NotNow as refusal:
        return str(refusal)
    return ""


def foreseen(preview: Preview) -> list[Foreseen]:
    """The orders that would be given, one row for each order of the plan, by due time."""
    by_key: dict[str, list[PreviewLine]] = {}
    for line in preview.lines:
        by_key.setdefault(line.key, []).append(line)
    rows = [
        Foreseen(
            title=lines[0].title,
            units=tuple(str(line.unit) for line in lines),
            commanders=len({line.commander.pk for line in lines}),
            begins_at=min(line.begins_at for line in lines),
            due_at=max(line.due_at for line in lines),
            waits=any(line.waits_for for line in lines),
            legal_basis=lines[0].legal_basis,
        )
        for lines in by_key.values()
    ]
    return sorted(rows, key=lambda row: (row.due_at, row.title))


def text_lines(text: str, problems: Iterable[tuple[int, str]] = ()) -> list[TextLine]:
    """A text by line, each with the problems found in it."""
    found: dict[int, list[str]] = {}
    written = text.splitlines() or [""]
    for number, sentence in problems:
        found.setdefault(min(max(number, 1), len(written)), []).append(sentence)
    return [TextLine(n, line, tuple(found.get(n, ()))) for n, line in enumerate(written, 1)]


@page
def check(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Check a draft without adopting it: every mistake at its line, or the diagram."""
    text = request.POST.get("document", "").replace("\r\n", "\n")
    context: dict[str, Any] = {"document": text, "sent": request.method == "POST"}
    if request.method == "POST" and len(text) > LONGEST:
        context["refusal"] = _("A plan has at most %(most)s characters. Shorten it.") % {
            "most": LONGEST
        }
    elif request.method == "POST":
        context |= _checked(text, reader.now)
    return show(request, "plans/check.html", context, now=reader.now)


def _checked(text: str, now: datetime) -> dict[str, Any]:
    result = check_plan(text, plan_library())
    warnings = [(w.line, problem_sentence(w)) for w in plan_warnings(result, now)]
    problems = [(p.line, problem_sentence(p)) for p in result.problems[:MOST_PROBLEMS]]
    drawn = _drawn(result.plan) if result.plan else {}
    return {
        "lines": text_lines(text, problems or warnings),
        "problems": problems,
        "warnings": warnings,
        "fits": not problems,
        **drawn,
    }


urlpatterns = [
    path("plans", plans, name="plans"),
    path("plans/check", check, name="plan_check"),
    path("plans/<int:pk>", plan, name="plan"),
]
