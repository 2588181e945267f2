"""The page Now: one list of what needs the person who looks at it, by due time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from gongzhi.actors.queries import LISTINGS, Duty, visible
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.offers import address
from gongzhi.interfaces.console.reading import address_of, address_of_ref, named
from gongzhi.interfaces.inputs import deed_named
from gongzhi.interfaces.rooms import duties_of

FILTER = "now_filter"
"""Key of the session: which duties the person wants to see; saved, not entered anew."""
SHOWN_AT_ONCE = 100

AHEAD: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("sensing", "warnings", "acknowledge_by", {"state": "issued"}),
    ("sensing", "signals", "judge_by", {"state": "open"}),
    ("decision", "measures", "ends_at", {"state": "active"}),
    ("command", "orders", "due_at", {"state__in": ("issued", "accepted")}),
    ("command", "answers", "answer_by", {"state": "waiting"}),
    ("supply", "dispatches", "arrive_by", {"state": "sent"}),
    ("fieldwork", "tasks", "due_at", {"state__in": ("to_take", "open")}),
)
"""Where the next due time of an area is looked for: room, list, time, still under way."""


@dataclass(frozen=True)
class Line:
    """A duty with its addresses: to read the record, and to do the deed."""

    duty: Duty
    key: str
    read: str
    act: str
    verb: str


@page
def now(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What needs this person, by due time."""
    duties = duties_of(reader.by, reader.now)
    chosen = _chosen(request)
    kept = [d for d in duties if _fits(d, chosen, reader.now)]
    context = {
        "lines": [_line(d) for d in kept[:SHOWN_AT_ONCE]],
        "hidden": max(0, len(kept) - SHOWN_AT_ONCE),
        "filters": _filters(duties, chosen, reader.now),
        "chosen": chosen,
        "total": len(duties),
        "late": sum(_is_late(d, reader.now) for d in duties),
        "next": None if kept else next_due(reader),
    }
    return show(request, "now.html", context, now=reader.now)


def _chosen(request: HttpRequest) -> str:
    """The filter: as asked for now, or as it was left the last time."""
    if "only" in request.GET:
        request.session[FILTER] = request.GET["only"][:20]
    chosen: str = request.session.get(FILTER, "")
    return chosen


def _is_late(duty: Duty, at: datetime) -> bool:
    return duty.due_at is not None and duty.due_at < at


def _fits(duty: Duty, chosen: str, at: datetime) -> bool:
    if chosen == "late":
        return _is_late(duty, at)
    return not chosen or duty.room == chosen


def _filters(duties: list[Duty], chosen: str, at: datetime) -> list[dict[str, Any]]:
    """(word, count) of the filters that would show something, and of the one that is set."""
    rooms = Counter(d.room for d in duties)
    late = sum(_is_late(d, at) for d in duties)
    found = [{"key": "", "word": "", "count": len(duties)}]
    if late or chosen == "late":
        found.append({"key": "late", "word": "", "count": late})
    keys = list(rooms) + ([chosen] if chosen and chosen != "late" and chosen not in rooms else [])
    found += [{"key": k, "word": words.room_name(k), "count": rooms[k]} for k in keys]
    return found


def _line(duty: Duty) -> Line:
    deed = deed_named(duty.room, duty.verb)
    return Line(
        duty=duty,
        key=f"{duty.subject}-{duty.verb}".replace(".", "-").replace(":", "-"),
        read=address_of_ref(duty.subject),
        act=address(deed, duty.inputs),
        verb=words.deed_name(deed),
    )


def next_due(reader: Reader) -> dict[str, Any] | None:
    """The next thing of the area that falls due, whoever must do it."""
    soonest: tuple[datetime, Any] | None = None
    for room, listing, time, running in AHEAD:
        model = LISTINGS.get((room, listing))
        if model is None:
            continue
        coming = visible(model, reader.by, reader.now).filter(**running)
        record = coming.filter(**{f"{time}__gt": reader.now}).order_by(time).first()
        if record is not None and (soonest is None or getattr(record, time) < soonest[0]):
            soonest = (getattr(record, time), record)
    if soonest is None:
        return None
    return {"at": soonest[0], "name": named(soonest[1]), "href": address_of(soonest[1])}


urlpatterns = [path("", now, name="now")]
