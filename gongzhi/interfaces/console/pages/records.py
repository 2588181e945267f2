"""Every record readable, every list with its states and pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import ForeignKey, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gongzhi.actors.actions import look_at
from gongzhi.actors.queries import LISTINGS, visible
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.fetching import with_names
from gongzhi.interfaces.console.forms.choices import fits
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.lending import links_of
from gongzhi.interfaces.console.lines import Line, Proof, proof_for
from gongzhi.interfaces.console.offers import acts_of
from gongzhi.interfaces.console.pages.donations import receipt_of
from gongzhi.interfaces.console.pages.notices import paper_of
from gongzhi.interfaces.console.reading import (
    Value,
    address_of,
    facts_of,
    listed_model,
    listing_of,
    named,
    number_in,
    value_of,
)
from gongzhi.interfaces.console.task_board import board_of
from gongzhi.interfaces.console.why import why
from gongzhi.ledger.queries import Entry
from gongzhi.ledger.records import Record

PER_PAGE = 50
FOLLOWERS = 12
"""Later records of one kind that a record's page lists."""

COLUMNS = (
    "level", "grade", "kind", "place", "area", "unit", "street", "caller", "department", "grid",
    "facility", "item", "stream", "subject", "hazard", "mode", "risk", "day", "value", "quantity",
    "wanted", "got", "received_quantity", "urgency", "tier", "role", "due_at", "acknowledge_by",
    "judge_by", "answer_by", "needed_by", "arrive_by", "ends_at", "received_at", "issued_at",
    "declared_at", "assessed_at", "decided_at", "activated_at", "raised_at", "starts_at",
    "visited_at", "adopted_at", "climbed_at", "begun_at", "filed_at", "given_at", "counted_at",
    "taken_at", "used_at", "drawn_at", "listed_at", "recorded_at", "made_at",
)  # fmt: skip
"""Fields worth a column, the most telling first."""
COLUMNS_AT_MOST = 5
PROVEN_BELOW = ("signed",)
"""Fields that a record's page shows with their proof, and not among what is known."""


@page
def all_lists(request: HttpRequest, reader: Reader) -> HttpResponse:
    """All lists, in the order of the river."""
    order = {room: n for n, room in enumerate(settings.RIVER)}
    keys = sorted(LISTINGS, key=lambda key: order[key[0]])
    rooms = [
        (
            words.room_name(room),
            [(words.list_name(*key), reverse("console:list", args=key)) for key in group],
        )
        for room, group in groupby(keys, key=lambda key: key[0])
    ]
    return show(request, "lists.html", {"rooms": rooms}, now=reader.now)


@dataclass(frozen=True)
class Cell:
    """One field of a row."""

    name: str
    label: str
    value: Value

    @property
    def is_time(self) -> bool:
        """Whether it says when."""
        return self.name.endswith(("_at", "_by"))


@dataclass(frozen=True)
class Row:
    """One record in a list."""

    number: int
    name: str
    href: str
    state: Value | None
    cells: list[Cell]


@page
def one_list(request: HttpRequest, reader: Reader, room: str, listing: str) -> HttpResponse:
    """The records of a kind that the reader may see, the latest first."""
    model = listed_model(room, listing)
    records = visible(model, reader.by, reader.now)
    states = _states(model, records, request.GET.get("state", ""))
    wanted = next((s["value"] for s in states if s["chosen"]), "")
    records = records.filter(state=wanted) if wanted else records
    text = request.GET.get("q", "").strip()[:80].replace("\x00", "")
    records = records.filter(fits(model, text)) if text else records
    before = number_in(request.GET.get("before", ""))
    total = records.count()
    if before is not None:
        records = records.filter(pk__lt=before)
    found = list(with_names(records).order_by("-pk")[: PER_PAGE + 1])
    context = {
        "title": words.list_name(room, listing),
        "room": words.room_name(room),
        "states": states,
        "state": wanted,
        "text": text,
        "total": total,
        "rows": [row_of(record) for record in found[:PER_PAGE]],
        "older": found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
        "is_first": before is None,
    }
    return show(request, "list.html", context, now=reader.now)


def _states(model: type[Record], records: QuerySet[Any], chosen: str) -> list[dict[str, Any]]:
    """The states a list can be narrowed to."""
    field = next((f for f in model._meta.get_fields() if f.name == "state"), None)
    choices = getattr(field, "choices", None) or []
    return [
        {"value": value, "word": str(word), "chosen": value == chosen} for value, word in choices
    ]


def row_of(record: Record) -> Row:
    """A record as a row of a table."""
    shown = set(record.fields_of("public", "official"))
    names = [name for name in COLUMNS if name in shown][:COLUMNS_AT_MOST]
    state = value_of(record, "state") if "state" in shown else None
    cells = [Cell(name, words.field_name(name), value_of(record, name)) for name in names]
    return Row(record.pk, named(record), address_of(record), state, cells)


@dataclass(frozen=True)
class Followers:
    """Later records that refer to this one."""

    name: str
    rows: list[Row]
    more: bool


@dataclass(frozen=True)
class Proven:
    """A line of the ledger with its proof."""

    line: Line
    proof: Proof


@page
def one_record(
    request: HttpRequest, reader: Reader, room: str, listing: str, number: int
) -> HttpResponse:
    """One record: its fields, its causes, what followed, the next acts, the ledger's lines."""
    model = listed_model(room, listing)
    whole = with_names(model._default_manager.all())
    record = look_at(whole, number, reader.by, reader.now)
    facts = [f for f in facts_of(record, reader) if f.name not in PROVEN_BELOW]
    panel = why(record, reader)
    first, others, also = acts_of(record, reader)
    context = {
        "record": record,
        "live": f"{room}.",
        "kind": words.record_name(model.__name__),
        "title": named(record),
        "list_name": words.list_name(room, listing),
        "list_href": reverse("console:list", args=[room, listing]),
        "state": value_of(record, "state") if _has(model, "state") else None,
        "level": value_of(record, "level") if _has(model, "level") else None,
        "facts": [f for f in facts if not f.value.is_empty],
        "empty": [f.label for f in facts if f.value.is_empty],
        "why": panel,
        "proven": _proven(panel.lines),
        "followers": followers_of(record, reader),
        "lent": links_of(record, reader),
        "board": board_of(record, reader),
        "paper": paper_of(record),
        "receipt": receipt_of(record),
        "shown_on": _shown_on(record),
        "first": first,
        "others": others,
        "also": also,
    }
    return show(request, "record.html", context, now=reader.now)


def _shown_on(record: Record) -> tuple[str, str] | None:
    """A page of its own on which a record, or what came of it, is better read."""
    page_of = reverse("console:capability")
    if type(record).__name__ == "TransportPass":
        return _("Print the pass"), reverse("console:transport_pass", args=[record.pk])
    return {
        "Exercise": (_("Capability standard"), page_of),
        "CapabilityScoring": (_("Capability standard"), f"{page_of}?scoring={record.pk}"),
        "CapabilityResult": (_("The numbers"), f"{page_of}/results/{record.pk}"),
    }.get(type(record).__name__)


def _has(model: type[Record], name: str) -> bool:
    return name in model.fields_of("public", "official")


def _proven(lines: list[Line]) -> list[Proven]:
    entries = Entry.objects.in_bulk([line.number for line in lines])
    return [Proven(line, proof_for(entries[line.number])) for line in lines]


def followers_of(record: Record, reader: Reader) -> list[Followers]:
    """Later records that refer to this one, by kind, in the order of the river."""
    order = {room: n for n, room in enumerate(settings.RIVER)}
    found = []
    for key, model in sorted(LISTINGS.items(), key=lambda item: order[item[0][0]]):
        fields = [f.name for f in model._meta.get_fields() if _refers(f, model, record)]
        if not fields:
            continue
        wanted = reduce(or_, (Q(**{name: record}) for name in fields))
        later = visible(model, reader.by, reader.now).filter(wanted)
        rows = list(with_names(later).order_by("-pk")[: FOLLOWERS + 1])
        if rows:
            shown = [row_of(row) for row in rows[:FOLLOWERS]]
            found.append(Followers(words.list_name(*key), shown, len(rows) > FOLLOWERS))
    return found


def _refers(field: Any, model: type[Record], record: Record) -> bool:
    """Whether a field refers to this record and may be shown."""
    if not isinstance(field, ForeignKey) or field.related_model is not type(record):
        return False
    return _tells(field.name, model, record)


def _tells(name: str, model: type[Record], record: Record) -> bool:
    """Whether a reference makes a later record worth listing: people and units have too many."""
    if type(record) in (LISTINGS.get(("actors", "people")), LISTINGS.get(("supply", "items"))):
        return False
    if listing_of(type(record)) == ("actors", "units"):
        return name in ("place", "area", "unit", "street", "caller", "department", "grid", "parent")
    return name in model.fields_of("public", "official")


urlpatterns = [
    path("r/", all_lists, name="records"),
    path("r/<str:room>/<str:listing>/", one_list, name="list"),
    path("r/<str:room>/<str:listing>/<int:number>", one_record, name="record"),
]
