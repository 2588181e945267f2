"""Calls: the board, the page that raises one, the figures, and the page for reporters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from gongzhi.actors.codes import with_code
from gongzhi.actors.queries import Duty, Unit, posts_of
from gongzhi.command.queries import (
    NEXT,
    AnswerRow,
    CallAnswer,
    CallRow,
    Climb,
    call_board,
    call_figures,
    last_climbs,
    proposal_for,
    subjects_for,
)
from gongzhi.command.queries import duties as command_duties
from gongzhi.errors import NotNow, Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.offers import Offer, address
from gongzhi.interfaces.console.reading import address_of
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.rounds.walk import clock_person

State = CallAnswer.State
COLUMNS: tuple[tuple[str, str | Promise], ...] = (
    ("raised", _("Raised, no answer")),
    ("answered", _("Answered")),
    ("on_site", _("On site")),
    ("done", _("Done")),
    ("climbed", _("Climbed")),
)
_COLUMN_OF = {
    State.WAITING: "raised", State.COMING: "answered", State.NEEDS: "answered",
    State.NOT_MINE: "answered", State.ARRIVED: "on_site", State.DONE: "done",
    State.RELEASED: "done",
}  # fmt: skip

ON_BOARD = {
    *NEXT.values(), "rule_call", "read_ruling", "score_answer", "close_call", "follow_up_climb",
}  # fmt: skip
"""The deeds that the board offers beside a call: only these are looked for."""


@dataclass(frozen=True)
class Chip:
    """One called unit on the board: what it said, its clock, and what the reader can do."""

    row: AnswerRow
    climb: Climb | None
    duty: Duty | None
    href: str

    @property
    def column(self) -> str:
        """Where it stands: what climbed and is not settled stands apart."""
        state = State(self.row.answer.state)
        settled = state == State.DONE or (
            state in (State.COMING, State.ARRIVED) and not self.row.late
        )
        return "climbed" if self.climb and not settled else _COLUMN_OF[state]

    @property
    def act(self) -> tuple[str, str] | None:
        """The next act of the reader for it: its word and the form."""
        if self.duty is None:
            return None
        deed = deed_named(self.duty.room, self.duty.verb)
        return words.deed_name(deed), address(deed, self.duty.inputs)


@dataclass(frozen=True)
class Line:
    """One call with its called units by column."""

    row: CallRow
    columns: tuple[tuple[str, str | Promise, tuple[Chip, ...]], ...]
    href: str
    close: tuple[str, str] | None
    withdraw: tuple[str, str] | None


def lines_of_board(reader: Reader, callers: Iterable[Unit] = ()) -> list[Line]:
    """The open calls that the reader may see, those with silent departments first.

    callers: units whose calls the reader may take back, where the board offers it.
    """
    rows = call_board(reader.by, reader.now)
    climbs = last_climbs(answer.answer for row in rows for answer in row.answers)
    asked = command_duties(reader.by, reader.now, verbs=ON_BOARD)
    duties = {duty.subject: duty for duty in asked if duty.verb != "close_call"}
    closing = {duty.inputs["call"]: duty for duty in asked if duty.verb == "close_call"}
    mine = {unit.pk for unit in callers}
    return [_line(row, climbs, duties, closing, mine) for row in rows]


def _line(
    row: CallRow,
    climbs: dict[int, Climb],
    duties: dict[str, Duty],
    closing: dict[Any, Duty],
    mine: set[int],
) -> Line:
    chips = [
        Chip(a, climbs.get(a.answer.pk), duties.get(a.answer.ref), address_of(a.answer))
        for a in row.answers
    ]
    columns = tuple(
        (name, word, tuple(chip for chip in chips if chip.column == name)) for name, word in COLUMNS
    )
    ends = row.call.pk in closing
    takes_back = not ends and row.call.caller_id in mine and row.call.reopens_id is None
    return Line(
        row, columns, address_of(row.call),
        _end("close_call", row.call.pk) if ends else None,
        _end("withdraw_call", row.call.pk) if takes_back else None,
    )  # fmt: skip


def _end(verb: str, call: int) -> tuple[str, str]:
    """How a call is ended: the word of the deed and its form."""
    deed = deed_named("command", verb)
    return words.deed_name(deed), address(deed, {"call": call})


def _callers(reader: Reader) -> list[tuple[Unit, Offer]]:
    """The reader's own units and areas, each with the act of calling for it, the allowed first."""
    posts = posts_of(reader.by, reader.now)
    own = {unit.pk: unit for post in posts for unit in (post.area, post.unit)}
    found = [(u, act("command", "raise_call", "caller", u, reader)) for u in own.values()]
    return sorted(found, key=lambda pair: bool(pair[1].refusal))


def _raise(callers: list[tuple[Unit, Offer]]) -> Offer | None:
    """The button that raises a call: for the first of the reader's units that may, or refused."""
    return replace(callers[0][1], href=reverse("console:raise")) if callers else None


@page
def raise_call(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Say what it is about; the duties matrix names departments and why; then one chooses."""
    callers = [unit for unit, offer in _callers(reader) if not offer.refusal]
    wanted = request.GET.get("caller", "")
    caller = next((u for u in callers if str(u.pk) == wanted), callers[0] if callers else None)
    subject = request.GET.get("subject", "").replace("\x00", "").strip()[:80]
    context: dict[str, Any] = {"callers": callers, "caller": caller, "subject": subject}
    if caller is not None:
        context["subjects"] = subjects_for(caller, reader.now)
        context |= _proposed(caller, subject, reader) if subject else {}
    return show(request, "calls/raise.html", context, now=reader.now)


def _proposed(caller: Unit, subject: str, reader: Reader) -> dict[str, Any]:
    """What the matrix proposes, and the forms: with these departments, or to choose oneself."""
    deed = deed_named("command", "raise_call")
    proposal = proposal_for(caller, subject, reader.now)
    given = {"caller": caller.pk, "subject": subject}
    named = [unit.pk for unit in proposal.units] if proposal else []
    return {
        "proposal": proposal,
        "with_these": address(deed, {**given, "departments": named}),
        "by_hand": address(deed, given),
    }


@page
def calls(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The call board of the reader's area."""
    callers = _callers(reader)
    lines = lines_of_board(reader, [unit for unit, offer in callers if not offer.refusal])
    context = {
        "lines": lines,
        "columns": COLUMNS,
        "silent": sum(line.row.silent for line in lines),
        "late": sum(a.late for line in lines for a in line.row.answers),
        "raise": _raise(callers),
    }
    return show(request, "calls/board.html", context, now=reader.now)


@page
def figures(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Open calls by age and by called unit, how long answers take, scores, reopened calls."""
    found = call_figures(reader.by, reader.now)
    longest = max([1, *(band.calls for band in found.ages), *(u.open for u in found.units)])
    context = {
        "figures": found,
        "ages": [(band, round(100 * band.calls / longest, 2)) for band in found.ages],
        "units": [
            (u, round(100 * u.silent / longest, 2), round(100 * u.under_way / longest, 2))
            for u in found.units
        ],
    }
    return show(request, "calls/figures.html", context, now=reader.now)


@never_cache
def again(request: HttpRequest) -> HttpResponse:
    """For whoever reported something: reopen the call about it with a code, without a log-in."""
    now = clock.now()
    context: dict[str, Any] = {"given": request.POST}
    status = 200
    if request.method == "POST":
        try:
            context["call"] = _reopened(request, now)
        except Refused as refusal:
            context["refusal"], status = refusal, refusal.status
    return show(request, "calls/again.html", context, now=now, status=status)


def _reopened(request: HttpRequest, now: datetime) -> Any:
    """The call as it goes on; the clock does it for the reporter, who has no account."""
    by = clock_person()
    if by is None:
        raise NotNow(_("Nobody keeps the clock here yet. Call your street."))
    deed = deed_named("command", "reopen_by_code")
    given = {name: request.POST.get(name, "").strip() for name in ("reporter_code", "reason")}
    address = request.META.get("REMOTE_ADDR", "")
    return with_code(lambda: perform(deed, given, by, now), address, now)


urlpatterns = [
    path("calls", calls, name="calls"),
    path("calls/raise", raise_call, name="raise"),
    path("calls/figures", figures, name="call-figures"),
    path("calls/again", again, name="again"),
]
