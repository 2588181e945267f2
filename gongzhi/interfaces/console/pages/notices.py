"""Notice of an emergency access for people without a log-in: the paper, and the page of its code.

The paper is drawn up by the unit that keeps the record. The page needs no log-in and sets no
cookie: the code is sent in the body of a request and stands in no address, so in no log either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from gongzhi.actors.actions import print_notice
from gongzhi.actors.codes import with_code
from gongzhi.actors.noticing import Told, code_on, notice_with, told_of
from gongzhi.actors.opening import record_meant
from gongzhi.actors.queries import AccessNotice, find, root_unit
from gongzhi.errors import NotNow, Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.frame import Reader, bcp47, page
from gongzhi.interfaces.console.offers import address
from gongzhi.interfaces.console.reading import address_of
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.ledger.records import Record
from gongzhi.rounds.walk import clock_person
from gongzhi.writing import listed


def _language(asked: Mapping[str, str]) -> str:
    """The language chosen on the page, else the one that the browser asks for."""
    wanted = asked.get("lang", "")
    return wanted if wanted in dict(settings.LANGUAGES) else str(get_language())


def _show(
    request: HttpRequest, template: str, now: datetime, more: dict[str, Any], status: int = 200
) -> HttpResponse:
    context = {"now": now, "language": bcp47(get_language()), "root": root_unit(), **more}
    return render(request, f"console/notices/{template}", context, status=status)


def _facts(told: Told) -> dict[str, Any]:
    """What is told, with the names of its fields in the language at hand."""
    names = listed(words.field_name(name) for name in told.fields)
    return {"told": told, "kind": words.singular(told.kind), "fields": names}


@never_cache
@page
def paper(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """The notice to print and hand over, in the language chosen on the page."""
    notice = find(AccessNotice, number, reader.by, reader.now)
    print_notice(notice=notice, by=reader.by, now=reader.now)
    own = settings.CHANNELS.address or request.build_absolute_uri("/").rstrip("/")
    place, code = own + reverse("console:notice"), code_on(notice)
    with override(_language(request.GET)):
        more = {
            **_facts(told_of(notice.access, reader.now)),
            "place": place, "code": code, "qr": drawn(f"{place}#{code}"), "notice": notice,
            "record": address_of(notice), "whom": record_meant(notice.access.record).residents(),
            "hand_over": address(deed_named("actors", "hand_over_notice"), {"notice": number}),
        }  # fmt: skip
        return _show(request, "paper.html", reader.now, more)


def drawn(text: str) -> SafeString:
    """A QR code as a drawing inside the page: nobody outside is asked to draw it."""
    drawing = segno.make_qr(text, error="m").svg_inline(border=2, omitsize=True)
    return mark_safe(drawing)  # dots only: what they say stands nowhere as text


@csrf_exempt  # no log-in opens it and none is looked at: the code in the body is the whole key
@never_cache
@sensitive_post_parameters("notice_code", "objection")
def notice(request: HttpRequest) -> HttpResponse:
    """What the paper says, and what came of it since, for whoever types its code; and to object."""
    now = clock.now()
    given = request.POST if request.method == "POST" else {}
    with override(_language(request.POST if "lang" in request.POST else request.GET)):
        more: dict[str, Any] = {"given": given}
        status = 200
        if "notice_code" in given:
            try:
                _answer(request, more, now)
            except Refused as refusal:
                more["refusal"], status = refusal, refusal.status
        return _show(request, "notice.html", now, more, status)


def _answer(request: HttpRequest, more: dict[str, Any], now: datetime) -> None:
    """Tell what the code opens; an objection is taken first, and what is refused of it is said."""
    code = request.POST["notice_code"].strip()
    found = with_code(lambda: notice_with(code), request.META.get("REMOTE_ADDR", ""), now)
    more |= {"code": code, **_facts(told_of(found.access, now))}
    if "objection" not in request.POST:
        return
    by = clock_person()
    if by is None:
        raise NotNow(_("Nobody keeps the clock here yet. Call your street."))
    deed = deed_named("actors", "object_by_code")
    objection = request.POST["objection"].strip().replace("\r\n", "\n")
    access = perform(deed, {"notice_code": code, "objection": objection}, by, now)
    more |= {"objected": True, **_facts(told_of(access, now))}


def paper_of(record: Record) -> str:
    """Where the paper of a notice is drawn up, while its code holds; empty for other records."""
    owed = isinstance(record, AccessNotice) and record.code_key is not None
    return reverse("console:notice-paper", args=[record.pk]) if owed else ""


urlpatterns = [
    path("notice", notice, name="notice"),
    path("notices/<int:number>/paper", paper, name="notice-paper"),
]
