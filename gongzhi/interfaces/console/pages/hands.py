"""Help: my call-ups and what is open to help with; the coordinator's board; a certificate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language

from gongzhi.actors.queries import find, posts_of, root_unit, visible
from gongzhi.assessment.queries import Incident
from gongzhi.fieldwork.hands_queries import (
    CallUp,
    HelpCertificate,
    HelpWanted,
    call_ups_of,
    certificates_of,
    hours_of,
    hours_to_confirm,
    last_plans,
    offer_of,
    open_to_help,
    open_wanted,
    staffed,
)
from gongzhi.fieldwork.hands_words import line_in_words
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, bcp47, page, show
from gongzhi.interfaces.console.offers import Offer
from gongzhi.interfaces.console.reading import address_of
from gongzhi.ledger.queries import public_key

MOST = 100
"""Tasks and call-ups that a page shows at most."""
NEXT = {"called": ("accept_call_up", "decline_call_up"), "accepted": ("check_in", "drop_out")}
"""What a helper can do with a call-up in a state."""


@dataclass(frozen=True)
class Shift:
    """One shift of the board: people wanted, staffed and short, and the width of its bar."""

    starts_at: datetime
    ends_at: datetime
    wanted: int
    staffed: int
    tasks: tuple[tuple[HelpWanted, int, str, str], ...]

    @property
    def short(self) -> int:
        return self.wanted - self.staffed

    @property
    def width(self) -> float:
        return round(100 * self.staffed / self.wanted, 1)


@page
def hands(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What I am called up to, and what is open to help with; for the phone first."""
    offer = offer_of(reader.by, reader.now)
    open_tasks = open_to_help(reader.by, reader.now)[:MOST]
    there = staffed(open_tasks)
    context = {
        "mine": [(one, _acts(one, reader)) for one in call_ups_of(reader.by, reader.now)[:MOST]],
        "offer": offer,
        "offer_help": None if offer else _offer_help(reader),
        "withdraw": act("fieldwork", "withdraw_help", "offer", offer, reader) if offer else None,
        "open_tasks": [(task, task.headcount - there.get(task.pk, 0)) for task in open_tasks],
        "hours": f"{hours_of(reader.by) / 60:.1f}",
        "certificates": certificates_of(reader.by, reader.now)[:10],
    }
    return show(request, "hands/mine.html", context, now=reader.now)


def _acts(call_up: CallUp, reader: Reader) -> list[Offer]:
    offers = [
        act("fieldwork", verb, "call_up", call_up, reader) for verb in NEXT.get(call_up.state, ())
    ]
    return [offer for offer in offers if not offer.refusal]


def _offer_help(reader: Reader) -> Offer | None:
    """The button for the first post in whose unit the reader may offer help."""
    offers = (
        act("fieldwork", "offer_help", "unit", post.unit, reader)
        for post in posts_of(reader.by, reader.now)
    )
    return next((offer for offer in offers if not offer.refusal), None)


@page
def board(request: HttpRequest, reader: Reader) -> HttpResponse:
    """How far each shift is staffed, why no more, and what is next for the coordinator."""
    tasks = list(open_wanted(reader.by, reader.now)[:MOST])
    plans = list(last_plans(reader.by, reader.now)[:20])
    incidents = visible(Incident, reader.by, reader.now).filter(state=Incident.State.OPEN)
    context: dict[str, Any] = {
        "shifts": _shifts(tasks, plans),
        "plans": [(p, address_of(p), _approve(p, reader)) for p in plans],
        "planning": [
            act("fieldwork", "plan_call_ups", "area", one.area, reader, incident=one.pk)
            for one in incidents.select_related("area").order_by("id")
        ],
        "to_confirm": [
            (one, act("fieldwork", "record_hours", "call_up", one, reader))
            for one in hours_to_confirm(reader.by, reader.now)[:MOST]
        ],
        "ask": _ask(reader),
    }
    return show(request, "hands/board.html", context, now=reader.now)


def _ask(reader: Reader) -> Offer | None:
    """The button that asks for hands, where the reader may."""
    offers = (
        act("fieldwork", "ask_for_hands", "place", post.area, reader)
        for post in posts_of(reader.by, reader.now)
    )
    return next((offer for offer in offers if not offer.refusal), None)


def _approve(plan: Any, reader: Reader) -> Offer | None:
    offer = act("fieldwork", "approve_call_ups", "plan", plan, reader)
    return None if offer.refusal else offer


def _shifts(tasks: list[HelpWanted], plans: Iterable[Any]) -> list[Shift]:
    """The shifts of these tasks, the first one first, each task with what the last plan says."""
    there, said = staffed(tasks), _said(plans)
    spans: dict[tuple[datetime, datetime], list[HelpWanted]] = {}
    for task in tasks:
        spans.setdefault((task.starts_at, task.ends_at), []).append(task)
    return [
        Shift(
            *span, sum(t.headcount for t in rows),
            sum(min(t.headcount, there.get(t.pk, 0)) for t in rows),
            tuple(
                (t, there.get(t.pk, 0), said.get(str(t.pk), ""), address_of(t)) for t in rows
            ),
        )
        for span, rows in sorted(spans.items())
    ]  # fmt: skip


def _said(plans: Iterable[Any]) -> dict[str, str]:
    """What the latest plan says of each task; plans come latest first."""
    found: dict[str, str] = {}
    for plan in plans:
        for key, line in plan.staffing.items():
            found.setdefault(key, line_in_words(line))
    return found


@page
def certificate(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """A certificate of hours, to be printed; the signature below it can be verified off-line."""
    found = find(HelpCertificate, number, reader.by, reader.now)
    context = {
        "paper": found, "hours": f"{found.minutes / 60:.1f}", "key": public_key(),
        "now": reader.now, "language": bcp47(get_language()), "root": root_unit(),
        "record": address_of(found),
    }  # fmt: skip
    return render(request, "console/hands/certificate.html", context)


urlpatterns = [
    path("hands", hands, name="hands"),
    path("hands/board", board, name="hands-board"),
    path("hands/certificates/<int:number>", certificate, name="certificate"),
]
