"""Incidents: the list, and one incident as its river with timeline and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse

from gongzhi.actors.queries import LISTINGS, areas_of, find, visible
from gongzhi.assessment.public import public_incidents_above
from gongzhi.decision.intervals import late_counts_of
from gongzhi.errors import NotFound
from gongzhi.interfaces.console import river, words
from gongzhi.interfaces.console.causes import CAUSES
from gongzhi.interfaces.console.fetching import with_names
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.lines import lines_of
from gongzhi.interfaces.console.offers import Offer, acts_of
from gongzhi.interfaces.console.over_time import over_time
from gongzhi.interfaces.console.pages.records import Cell, Row, row_of
from gongzhi.interfaces.console.phases import plans_in_force
from gongzhi.interfaces.console.reading import Cause, address_of, named, number_in
from gongzhi.interfaces.console.why import why
from gongzhi.ledger.records import Record

WITH_RIVER = 12
"""Incidents that the list shows with their river; the rest by name."""
LISTED = 15
"""Records of a list that a stage shows at first."""
LINES = 25


def _incidents() -> Any:
    return LISTINGS["assessment", "incidents"]


@page
def all_incidents(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Open incidents with their rivers, the latest first; closed ones below."""
    incidents = visible(_incidents(), reader.by, reader.now)
    incidents = incidents.select_related("area", "warning", "signal", "commander")
    running = list(incidents.filter(state="open").order_by("-declared_at", "-pk")[:200])
    over = list(incidents.filter(state="closed").order_by("-closed_at", "-pk")[:50])
    shown = [
        {"incident": i, "stages": river.river_of(river.course_of(i, reader.now), reader)}
        for i in running[:WITH_RIVER]
    ]
    above = public_incidents_above(areas_of(reader.by, reader.now))
    context = {"shown": shown, "further": running[WITH_RIVER:], "over": over, "above": above}
    return show(request, "incidents.html", context, now=reader.now)


@dataclass(frozen=True)
class Entry:
    """A record in a stage: its row, the telling cells, its cause, the link to its reasons."""

    row: Row
    cells: list[Cell]
    ref: str
    cause: Cause | None
    why_href: str
    is_chosen: bool


@dataclass(frozen=True)
class Group:
    """The records of one list in a stage."""

    key: str
    name: str
    entries: list[Entry]
    total: int
    all_href: str

    @property
    def caused(self) -> bool:
        """Whether anything here has a cause that the page does not name at its top already."""
        return any(entry.cause for entry in self.entries)


@page
def one_incident(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """One incident: the river bar, the timeline, the chosen stage, the reasons."""
    source = visible(_incidents(), reader.by, reader.now)
    source = source.select_related("area", "warning", "signal", "commander", "declared_by")
    incident: Any = find(source, number, reader.by, reader.now)
    if request.headers.get("HX-Target") == "why":  # a script asks for the reasons of a record
        record = _chosen_record(request, reader) or incident
        return show(request, "parts/why.html", {"why": why(record, reader)}, now=reader.now)
    return _whole(request, reader, incident)


def _whole(request: HttpRequest, reader: Reader, incident: Any) -> HttpResponse:
    course = river.course_of(incident, reader.now)
    asked = request.GET.get("stage", "")
    stages = river.river_of(course, reader)
    chosen = asked if asked in river.NAMES else river.furthest(stages)
    record = _chosen_record(request, reader) or incident
    view = View(request, reader, incident, course, chosen, record)
    first, others, also = acts_of(incident, reader)
    offers = [o for o in [first, *others, *also] if o is not None]
    only, before = request.GET.get("only", ""), request.GET.get("before", "")
    lines = lines_of(river.entries_of_river(course, reader, only, before)[:LINES], reader)
    context = {
        "incident": incident,
        "stages": river.marked(stages, chosen),
        "chosen": chosen,
        "chosen_name": river.NAMES[chosen],
        "groups": view.groups(),
        "over_time": over_time(course, reader) if chosen == "decision" else None,
        "late": late_counts_of(incident, reader.now) if chosen == "reports" else [],
        "plans": plans_in_force(incident, reader) if chosen == "orders" else [],
        "first": first,
        "offers": _offers_of(chosen, offers, first),
        "lines": lines,
        "only": only,
        "earlier": lines[-1].number if len(lines) == LINES else None,
        "why": why(record, reader),
    }
    return show(request, "incident.html", context, now=reader.now)


def _offers_of(stage: str, offers: list[Offer], first: Offer | None) -> list[Offer]:
    room = river.ROOM_OF[stage]
    return [o for o in offers if o.deed.room == room and o is not first]


def _chosen_record(request: HttpRequest, reader: Reader) -> Record | None:
    """The record whose reasons are asked for, if the reader may see it."""
    ref = request.GET.get("record", "")
    kind, _colon, text = ref.partition(":")
    number = number_in(text)
    for (room, _listing), model in LISTINGS.items():
        if kind == f"{room}.{model.__name__}" and number is not None:
            try:
                return find(model, number, reader.by, reader.now)
            except NotFound:
                raise Http404 from None
    return None


@dataclass(frozen=True)
class View:
    """What is looked at on the page of an incident."""

    request: HttpRequest
    reader: Reader
    incident: Any
    course: river.Course
    stage: str
    record: Record

    def groups(self) -> list[Group]:
        """The lists of the chosen stage, those with something in them."""
        found = []
        for source in river.sources_of(self.stage):
            records = river.records_of(source, self.course, self.reader)
            total = records.count() if records is not None else 0
            if records is not None and total:
                found.append(self._group(source, records, total))
        return found

    def _group(self, source: river.Source, records: Any, total: int) -> Group:
        whole = self.request.GET.get("all") == source.listing
        ordered = with_names(records).order_by(*_order(source))
        entries = [self._entry(record) for record in ordered[: 1000 if whole else LISTED]]
        href = self._href(all=source.listing) if total > len(entries) and not whole else ""
        return Group(source.listing, river.list_title(source), entries, total, href)

    def _entry(self, record: Record) -> Entry:
        row = row_of(record)
        plain = [cell for cell in row.cells if not cell.is_time][:2]
        timed = [cell for cell in row.cells if cell.is_time][:1]
        return Entry(
            row=row,
            cells=plain + timed,
            ref=record.ref,
            cause=_cause(record, self.incident),
            why_href=self._href(record=record.ref),
            is_chosen=record.ref == self.record.ref,
        )

    def _href(self, **query: str) -> str:
        base = reverse("console:incident", args=[self.incident.pk])
        kept = {k: v for k in ("all", "only") if (v := self.request.GET.get(k))}
        return f"{base}?{urlencode({'stage': self.stage, **kept, **query})}"


def _order(source: river.Source) -> tuple[Any, ...]:
    """Under way before over, due first; without due times the latest first."""
    if not source.due:
        return ("-pk",)
    rank = Case(When(source.running, then=Value(0)), default=Value(1))
    return (rank, source.due, "-pk")


def _cause(record: Record, incident: Record) -> Cause | None:
    """The nearest cause, which lies in the same incident and so is seen by the same people.

    None where it is the incident itself, whose page this is.
    """
    for name in CAUSES.get(type(record).__name__, ()):
        other = getattr(record, name, None)
        if other == incident:
            return None
        if other is not None:
            return Cause(words.record_name(type(other).__name__), named(other), address_of(other))
    return None


urlpatterns = [
    path("incidents/", all_incidents, name="incidents"),
    path("incidents/<int:number>", one_incident, name="incident"),
]
