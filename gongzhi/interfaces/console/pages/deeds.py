"""A form for every deed, made from its signature; and the list of all deeds by stage."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import groupby
from typing import Any, TypeVar

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from gongzhi.actors.discretion import figures_in_words, limit_in_words
from gongzhi.actors.policies import BeyondDiscretion, holds_by_kind
from gongzhi.actors.queries import PowerRequest, posts_of, visible
from gongzhi.decision.policies import limits_in_mode
from gongzhi.errors import Refused
from gongzhi.interfaces.console import offers, words
from gongzhi.interfaces.console.forms.asking import Ask, asks_of
from gongzhi.interfaces.console.forms.choices import search
from gongzhi.interfaces.console.forms.drawing import Drawing, summary
from gongzhi.interfaces.console.forms.sent import read
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.reading import address_of, facts_of, named
from gongzhi.interfaces.inputs import ahead, deed_named, deeds_by_hand, perform
from gongzhi.interfaces.outputs import SHOWN
from gongzhi.ledger.actions import keep_receipt
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.queries import receipt_of
from gongzhi.ledger.records import Record, digest

T = TypeVar("T")
ASK = "ask_above"
"""The button that asks the tier above for what goes beyond one's own limits."""
ONCE = "once"
"""The field that makes a form count once, however often it is sent."""


@page
def all_deeds(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Every deed that people do by hand, in the order of the river."""
    rooms = [
        (words.room_name(room), [_entry(deed) for deed in deeds])
        for room, deeds in groupby(deeds_by_hand(), key=lambda d: d.room)
    ]
    return show(request, "deeds.html", {"rooms": rooms}, now=reader.now)


def _entry(deed: Deed) -> dict[str, str]:
    return {
        "name": words.deed_name(deed),
        "summary": words.deed_summary(deed),
        "href": reverse("console:do", args=[deed.room, deed.verb]),
    }


@never_cache
@page
def do(request: HttpRequest, reader: Reader, room: str, verb: str) -> HttpResponse:
    """The form of one deed: shown, sent, refused with what was typed, or done."""
    deed = deed_named(room, verb)
    if request.method != "POST":
        return _form(request, reader, deed, request.GET)
    if "more" in request.POST:
        return _form(request, reader, deed, request.POST, more=request.POST["more"])
    if not _was_shown(request, reader, deed):
        return _form(request, reader, deed, request.POST)
    try:
        return _done(request, reader, deed)
    except Refused as refusal:
        return _form(request, reader, deed, request.POST, refusal=refusal)


def _form(
    request: HttpRequest,
    reader: Reader,
    deed: Deed,
    values: QueryDict,
    *,
    refusal: Refused | None = None,
    more: str = "",
) -> HttpResponse:
    problems = refusal.details if refusal else {}
    fields = Drawing(deed, reader, values, problems, more).fields()
    told = _ahead(deed.explains, request, reader, deed, values)
    context: dict[str, Any] = {
        "deed": deed,
        "name": words.deed_name(deed),
        "summary": words.deed_summary(deed),
        "room": words.room_name(deed.room),
        "fields": fields,
        "refusal": refusal,
        "problems": summary(fields, problems),
        "with_file": any(field.kind == "file" for field in fields),
        "once": values.get(ONCE) or secrets.token_urlsafe(16),
        "forbidden": None if refusal else offers.forbidden(deed, values, reader),
        "asks": str(refusal.asked) if isinstance(refusal, BeyondDiscretion) else "",
        "limits": _limits(deed, reader),
        "foreseen": figures_in_words(_ahead(deed.foresees, request, reader, deed, values) or {}),
        "explained": told,
        "shown": digest(told) if told else "",
    }
    return show(
        request, "deed.html", context, now=reader.now, status=refusal.status if refusal else 200
    )


def _done(request: HttpRequest, reader: Reader, deed: Deed) -> HttpResponse:
    """Do the deed once; the same form sent again leads to what the first one made."""
    checked = read(deed, request.POST, request.FILES, reader).checked(deed)
    if set(deed.tells) - set(SHOWN):
        return _told(request, reader, deed, perform(deed, checked, reader.by, reader.now))
    key = f"console:{request.POST.get(ONCE, '')[:80]}".replace("\x00", "")
    known = receipt_of(reader.by, key)
    if known is not None:
        return HttpResponseRedirect(known.answer)
    try:
        with transaction.atomic():
            asking = ASK in request.POST
            result = perform(deed, checked, reader.by, reader.now, asking=asking)
            where = _where_to(result, deed, reader)
            if request.POST.get(ONCE):
                keep_receipt(
                    by=reader.by, key=key, request_digest="", status=303, answer=where,
                    now=reader.now,
                )  # fmt: skip
    except IntegrityError:
        known = receipt_of(reader.by, key)
        if known is None:
            raise
        return HttpResponseRedirect(known.answer)
    messages.success(request, _what_was_done(deed, result))
    return HttpResponseRedirect(where)


def _limits(deed: Deed, reader: Reader) -> list[str]:
    """How far each unit of the reader's posts may go by itself in this deed, in its area's mode."""
    power, now = deed.asks_above, reader.now
    if not power:
        return []
    found = {
        _("%(unit)s does this by itself up to %(limits)s. Beyond that it asks the tier above.")
        % {"unit": post.unit, "limits": limits}
        for post in posts_of(reader.by, now)
        if holds_by_kind(post.unit, power, now)
        and (
            limits := limit_in_words(
                power, post.unit.tier, now, limits_in_mode(power, post.area, now)
            )
        )
    }
    return sorted(found)


def _was_shown(request: HttpRequest, reader: Reader, deed: Deed) -> bool:
    """Whether the reader saw what the deed would change as it is now, or there is nothing to say.

    It is said again where the form, or what it rests on, has changed since.
    """
    told = _ahead(deed.explains, request, reader, deed, request.POST)
    return not told or request.POST.get("shown") == digest(told)


def _ahead(
    ask: Callable[..., T] | None,
    request: HttpRequest,
    reader: Reader,
    deed: Deed,
    values: QueryDict,
) -> T | None:
    """What the deed would do, or what stands for and against it, once the form holds all of it."""
    if ask is None:
        return None
    try:
        checked = read(deed, values, request.FILES, reader).checked(deed)
        return ahead(ask, deed, checked, reader.by, reader.now)
    except Refused:
        return None


def _where_to(result: Any, deed: Deed, reader: Reader) -> str:
    """The record made or changed, where the reader sees it; else the page Now."""
    record = result[0] if isinstance(result, list) and result else result
    if isinstance(record, Record):
        address = address_of(record)
        seen = visible(type(record), reader.by, reader.now).filter(pk=record.pk).exists()
        if address and seen:
            return address
    return reverse("console:now")


def _what_was_done(deed: Deed, result: Any) -> str:
    name = words.deed_name(deed)
    if isinstance(result, PowerRequest) and deed.asks_above:
        return _("Asked of %(unit)s: %(deed)s.") % {"unit": result.to_unit, "deed": name}
    if isinstance(result, list):
        return _("Done: %(deed)s (%(count)s).") % {"deed": name, "count": len(result)}
    if isinstance(result, Record):
        return _("Done: %(deed)s · %(what)s.") % {"deed": name, "what": named(result)}
    return _("Done: %(deed)s.") % {"deed": name}


def _told(request: HttpRequest, reader: Reader, deed: Deed, record: Record) -> HttpResponse:
    """What a deed tells that no list may show: on this page only, kept nowhere."""
    media_type = getattr(record, "media_type", "")
    if media_type:  # a picture is shown as one, not as the bytes it is kept in
        content = bytes(record.content)  # type: ignore[attr-defined]
        return HttpResponse(content, media_type, headers={"Cache-Control": "no-store"})
    context = {
        "name": words.deed_name(deed),
        "record": named(record),
        "href": address_of(record),
        "facts": [f for f in facts_of(record, reader, ("personal",)) if not f.value.is_empty],
    }
    answer = show(request, "told.html", context, now=reader.now)
    answer["Cache-Control"] = "no-store"
    return answer


@page
def pick(request: HttpRequest, reader: Reader, room: str, verb: str, name: str) -> HttpResponse:
    """Records that fit what is being typed, as options of the field's list."""
    ask = _ask_named(deed_named(room, verb), name)
    found = search(ask, _typed(request, name), reader)
    return show(request, "parts/options.html", {"choices": found}, now=reader.now)


def _typed(request: HttpRequest, name: str) -> str:
    """What was typed: the one text that the field sends, whatever its row is called."""
    sent = [v for k, v in request.GET.items() if k == "q" or k.endswith(name.rpartition(".")[2])]
    return sent[0].replace("\x00", "").strip()[:80] if sent else ""


def _ask_named(deed: Deed, name: str) -> Ask:
    outer, _dot, inner = name.partition(".")
    for ask in asks_of(deed):
        if ask.name == outer:
            found = next((r for r in ask.rows if r.name == inner), None) if inner else ask
            if found is not None and found.model is not None:
                return found
    raise Http404


urlpatterns = [
    path("do", all_deeds, name="deeds"),
    path("do/<str:room>/<str:verb>", do, name="do"),
    path("pick/<str:room>/<str:verb>/<str:name>", pick, name="pick"),
]
