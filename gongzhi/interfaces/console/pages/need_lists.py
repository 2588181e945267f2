"""Lists of needs as people write them: paste one, check what was read, confirm; name the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from gongzhi.actors.policies import may
from gongzhi.actors.queries import Unit, find, posts_of
from gongzhi.errors import Malformed, Refused
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.offers import Offer
from gongzhi.interfaces.console.reading import address_of, number_in
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.supply.lists.queries import (
    Change,
    ListPart,
    NeedList,
    changes,
    counted_as,
    marked,
    need_lists,
    not_named,
    parts_of,
    to_name,
    waits_in_words,
)
from gongzhi.supply.lists.words import notes_in_words, reason_in_words
from gongzhi.supply.queries import Item, Need

SHOWN = 50
HOURS = 48
"""From now, the time by which a list is needed where its writer changes nothing."""
POWERS = ("state_need", "state_offer")


@dataclass(frozen=True)
class Row:
    """One line of a list as it stands in the table: what was read, or what was typed since."""

    part: ListPart
    item: str
    kind: str
    quantity: str
    ticked: bool
    change: Change | None
    counted: str = ""
    notes: list[str] = field(default_factory=list)
    drop: Offer | None = None
    name: Offer | None = None
    became: str = ""
    reason: str = ""


@never_cache
@page
def lists(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Hand in a list, and the lists of one's area with what still waits of them."""
    refusal = None
    if request.method == "POST":
        try:
            return _handed_in(request.POST, reader)
        except Refused as refused:
            refusal = refused
    found = list(need_lists(reader.by, reader.now)[:SHOWN])
    found.sort(key=lambda one: one.state != NeedList.State.OPEN)
    due = localtime(reader.now + timedelta(hours=HOURS)).replace(minute=0)
    context = {
        "refusal": refusal,
        "problems": _problems(refusal),
        "units": _units(reader),
        "typed": request.POST,
        "needed_by": request.POST.get("needed_by") or due.strftime("%Y-%m-%dT%H:%M"),
        "urgency": request.POST.get("urgency") or "2",
        "rows": [(one, reverse("console:need_list", args=[one.pk]), waits_in_words(one))
                 for one in found],
        "to_name": to_name(reader.by, reader.now).count(),
    }  # fmt: skip
    status = refusal.status if refusal else 200
    return show(request, "lists/lists.html", context, now=reader.now, status=status)


def _units(reader: Reader) -> list[Unit]:
    """The units for which the reader may hand in a list, the own ones first."""
    posts = posts_of(reader.by, reader.now)
    units = {unit.pk: unit for unit in [*(p.unit for p in posts), *(p.area for p in posts)]}
    return [
        unit for unit in units.values()
        if any(may(reader.by, power, unit, reader.now) for power in POWERS)
    ]  # fmt: skip


def _handed_in(post: QueryDict, reader: Reader) -> HttpResponse:
    given = {name: post[name] for name in ("needed_by", "urgency") if post.get(name)}
    given |= {"unit": number_in(post.get("unit", "")), "text": post.get("text", "")}
    handed = perform(deed_named("supply", "hand_in_list"), given, reader.by, reader.now)
    return HttpResponseRedirect(reverse("console:need_list", args=[handed.pk]))


def _problems(refusal: Refused | None) -> list[tuple[str, str, str]]:
    """What is wrong with which field: where it stands, its name, the sentence."""
    details = refusal.details if refusal else {}
    return [
        (f"#{where}", words.field_name(where.rpartition(".")[2]), sentence)
        for where, sentence in details.items()
    ]


@never_cache
@page
def need_list(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """One list: its text with what was read marked, the same as a table, one press to confirm."""
    found = find(NeedList, number, reader.by, reader.now)
    refusal = None
    if request.method == "POST":
        try:
            return _confirmed(found, request, reader)
        except Refused as refused:
            refusal = refused
    parts = parts_of(found)
    rows = _rows(found, parts, request.POST, reader)
    waiting = [row for row in rows if row.part.state == ListPart.State.READ]
    confirm = act("supply", "confirm_list", "need_list", found, reader)
    context: dict[str, Any] = {
        "list": found,
        "refusal": refusal,
        "problems": _problems(refusal),
        "marks": marked(found, parts),
        "waiting": waiting,
        "unnamed": [row for row in rows if row.part.state == ListPart.State.TRIAGE],
        "over": [row for row in rows if row.part.ended_at is not None],
        "kinds": ListPart.PartKind.choices,
        "items": _item_names(),
        "confirm": confirm,
        "read": act("supply", "read_list", "need_list", found, reader),
        "left_out": [(need, address_of(need)) for need in not_named(found, parts)]
        if found.state == NeedList.State.OPEN
        else [],
        "is_late": found.needed_by <= reader.now and bool(waiting),
        "href": address_of(found),
    }
    status = refusal.status if refusal else 200
    return show(request, "lists/list.html", context, now=reader.now, status=status)


def _rows(found: NeedList, parts: list[ListPart], post: QueryDict, reader: Reader) -> list[Row]:
    change = changes(found, parts)
    counted = counted_as(found, parts, reader.now)
    return [
        replace(_row(part, change.get(part.pk), post, reader), counted=counted.get(part.pk, ""))
        for part in parts
    ]


def _row(part: ListPart, change: Change | None, post: QueryDict, reader: Reader) -> Row:
    """What was typed stays; a stock or an offer without a number is not ticked by itself."""
    waits = part.ended_at is None
    became = part.need or part.offer or part.stock
    read = {
        "item": str(part.item or ""), "kind": part.kind,
        "quantity": "" if part.quantity is None else str(part.quantity),
    }  # fmt: skip
    blank = part.kind != ListPart.PartKind.NEED and part.quantity is None
    typed = {name: post.get(f"{name}-{part.pk}", value) for name, value in read.items()}
    return Row(
        part=part, **typed, ticked=f"take-{part.pk}" in post if post else not blank, change=change,
        notes=notes_in_words(part.notes), reason=reason_in_words(part.reason_dropped),
        drop=act("supply", "drop_part", "list_part", part, reader) if waits else None,
        name=act("supply", "name_part", "list_part", part, reader)
        if part.state == ListPart.State.TRIAGE
        else None,
        became=address_of(became) if became else "",
    )  # fmt: skip


def _item_names() -> list[str]:
    return sorted(str(item) for item in Item.objects.all())


def _item_called(name: str) -> int:
    """The item of this name; a refusal where the catalogue has none."""
    wanted = name.strip()
    for item in Item.objects.all():
        if wanted in (str(item), item.name, item.name_hant, item.name_en, item.code):
            return int(item.pk)
    raise Malformed(
        _("There is no item “%(name)s” in the catalogue. Choose one of those that are offered.")
        % {"name": wanted[:80]}
    )


def _confirmed(found: NeedList, request: HttpRequest, reader: Reader) -> HttpResponse:
    """Confirm the lines that are ticked, with what was corrected in them."""
    post = request.POST
    lines = [p for p in parts_of(found) if f"take-{p.pk}" in post]
    if not lines:
        raise Malformed(_("No line is ticked. Tick those that are right, or drop them."))
    given: dict[str, Any] = {"need_list": found.pk, "parts": [_draft(p, post) for p in lines]}
    if post.get("needed_by"):
        given["needed_by"] = post["needed_by"]
    perform(deed_named("supply", "confirm_list"), given, reader.by, reader.now)
    count = ngettext("%(n)s line confirmed.", "%(n)s lines confirmed.", len(lines))
    messages.success(request, count % {"n": len(lines)})
    return HttpResponseRedirect(reverse("console:need_list", args=[found.pk]))


def _draft(part: ListPart, post: QueryDict) -> dict[str, Any]:
    """One line as the form has it; an emptied quantity makes the amount unknown."""
    draft: dict[str, Any] = {"list_part": part.pk}
    if kind := post.get(f"kind-{part.pk}"):
        draft["kind"] = kind
    name = post.get(f"item-{part.pk}", "")
    if name and name.strip() != str(part.item):
        draft["item"] = _item_called(name)
    quantity = post.get(f"quantity-{part.pk}", "").strip().replace(",", "")
    if quantity:
        draft["quantity"] = quantity
    elif part.amount == Need.Amount.KNOWN:
        draft["amount"] = Need.Amount.UNKNOWN
    return draft


@never_cache
@page
def triage(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What nobody understood, piece by piece: say which item it means, or that it means none."""
    refusal = None
    if request.method == "POST":
        try:
            return _sorted(request, reader)
        except Refused as refused:
            refusal = refused
    pieces = list(to_name(reader.by, reader.now)[:SHOWN])
    context = {
        "refusal": refusal,
        "problems": _problems(refusal),
        "pieces": [
            (
                piece,
                act("supply", "name_part", "list_part", piece, reader),
                act("supply", "read_list", "need_list", piece.need_list, reader),
                reverse("console:need_list", args=[piece.need_list_id]),
            )
            for piece in pieces
        ],
        "kinds": ListPart.PartKind.choices,
        "items": _item_names(),
        "typed": request.POST,
        "at": number_in(request.POST.get("list_part", "")),
    }
    status = refusal.status if refusal else 200
    return show(request, "lists/triage.html", context, now=reader.now, status=status)


def _sorted(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Name one piece, or drop it with its reason; then the next one."""
    post = request.POST
    given: dict[str, Any] = {"list_part": number_in(post.get("list_part", ""))}
    if "drop" in post:
        given["reason"] = post.get("reason", "")
        perform(deed_named("supply", "drop_part"), given, reader.by, reader.now)
        messages.success(request, _("Dropped. Its place reads your reason."))
    else:
        given |= {"item": _item_called(post.get("item", "")), "kind": post.get("kind", "need")}
        if quantity := post.get("quantity", "").strip().replace(",", ""):
            given["quantity"] = quantity
        perform(deed_named("supply", "name_part"), given, reader.by, reader.now)
        messages.success(request, _("Named. Its place is asked to confirm it."))
    return HttpResponseRedirect(reverse("console:triage"))


urlpatterns = [
    path("supplies/lists", lists, name="need_lists"),
    path("supplies/lists/<int:number>", need_list, name="need_list"),
    path("supplies/triage", triage, name="triage"),
]
