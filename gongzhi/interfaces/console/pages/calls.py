"""The call board: one row for each open call, one clock for each called department."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.queries import Duty, own_areas
from gongzhi.command.queries import AnswerRow, CallAnswer, CallRow, Climb, call_board, last_climbs
from gongzhi.command.queries import duties as command_duties
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.offers import Offer, address
from gongzhi.interfaces.console.reading import address_of
from gongzhi.interfaces.inputs import deed_named

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
}  # fmt: skip


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
        settled = state in (State.ARRIVED, State.DONE) or (
            state == State.COMING and not self.row.late
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


def lines_of_board(reader: Reader) -> list[Line]:
    """The open calls that the reader may see, those with silent departments first."""
    rows = call_board(reader.by, reader.now)
    climbs = last_climbs(answer.answer for row in rows for answer in row.answers)
    asked = command_duties(reader.by, reader.now)
    duties = {duty.inputs["answer"]: duty for duty in asked if "answer" in duty.inputs}
    closing = {duty.inputs["call"]: duty for duty in asked if duty.verb == "close_call"}
    return [_line(row, climbs, duties, closing) for row in rows]


def _line(
    row: CallRow, climbs: dict[int, Climb], duties: dict[Any, Duty], closing: dict[Any, Duty]
) -> Line:
    chips = [
        Chip(a, climbs.get(a.answer.pk), duties.get(a.answer.pk), address_of(a.answer))
        for a in row.answers
    ]
    columns = tuple(
        (name, word, tuple(chip for chip in chips if chip.column == name)) for name, word in COLUMNS
    )
    deed = deed_named("command", "close_call")
    ends = (words.deed_name(deed), address(deed, {"call": row.call.pk}))
    return Line(row, columns, address_of(row.call), ends if row.call.pk in closing else None)


def _raise(reader: Reader) -> Offer | None:
    """The button that raises a call: for the first of the reader's areas that may, or refused."""
    offered = [
        act("command", "raise_call", "street", a, reader) for a in own_areas(reader.by, reader.now)
    ]
    return next((offer for offer in offered if not offer.refusal), offered[0] if offered else None)


@page
def calls(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The call board of the reader's area."""
    lines = lines_of_board(reader)
    context = {
        "lines": lines,
        "columns": COLUMNS,
        "silent": sum(line.row.silent for line in lines),
        "late": sum(a.late for line in lines for a in line.row.answers),
        "raise": _raise(reader),
    }
    return show(request, "calls/board.html", context, now=reader.now)


urlpatterns = [path("calls", calls, name="calls")]
