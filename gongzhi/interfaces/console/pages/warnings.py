"""Warnings: the list, and for each one what happened, the numbers behind it, and the act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gongzhi.actors.queries import find, visible
from gongzhi.assessment.queries import Incident
from gongzhi.errors import Refused
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.lines import entries_about, lines_of
from gongzhi.interfaces.console.pages.map import RANK
from gongzhi.interfaces.console.reading import address_of
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.sensing.queries import Warning, open_warnings, stream_name
from gongzhi.sensing.words import number, warning_reasons, warning_sentence

SHOWN = 200
"""Warnings that one page holds at most."""


@dataclass(frozen=True)
class Row:
    """One warning of the list."""

    warning: Warning
    what: str
    sentence: str
    href: str


def _rows(warnings: Iterable[Warning]) -> list[Row]:
    return [
        Row(w, stream_name(w.stream), warning_sentence(w), reverse("console:warning", args=[w.pk]))
        for w in warnings
    ]


@page
def warnings(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The open warnings of one's area, those nobody has acknowledged first; or the ended ones."""
    ended = request.GET.get("show") == "ended"
    found = list(_ended(reader) if ended else open_warnings(reader.by, reader.now)[:SHOWN])
    if not ended:
        found.sort(
            key=lambda w: (w.state != Warning.State.ISSUED, -RANK[w.level], w.acknowledge_by)
        )
    context = {
        "rows": _rows(found),
        "ended": ended,
        "silent": sum(w.state == Warning.State.ISSUED for w in found) if not ended else 0,
        "levels": [(level, sum(w.level == level for w in found)) for level in ("red", "yellow")],
    }
    return show(request, "warnings/list.html", context, now=reader.now)


def _ended(reader: Reader) -> QuerySet[Warning]:
    seen = visible(Warning, reader.by, reader.now).filter(state=Warning.State.ENDED)
    return seen.select_related("place", "climbed_to").order_by("-ended_at", "-id")[:SHOWN]


@page
def warning(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One warning; sending the form acknowledges it, and a refusal keeps what was written."""
    found = find(Warning, pk, reader.by, reader.now)
    if request.method != "POST":
        return _shown(request, reader, found)
    deed = deed_named("sensing", "acknowledge_warning")
    try:
        given = {"warning": found.pk, "note": request.POST.get("note", "").strip()}
        perform(deed, given, reader.by, reader.now)
    except Refused as refusal:
        found.refresh_from_db()
        return _shown(request, reader, found, refusal)
    messages.success(
        request, _("You acknowledged the warning. What you wrote stands on the record.")
    )
    return HttpResponseRedirect(reverse("console:warning", args=[found.pk]))


def _shown(
    request: HttpRequest, reader: Reader, found: Warning, refusal: Refused | None = None
) -> HttpResponse:
    incidents = visible(Incident, reader.by, reader.now).filter(warning=found).order_by("id")
    refs = [found.ref, *(incident.ref for incident in incidents)]
    from gongzhi.sensing.course import course_of  # with numpy, which few pages need

    course = course_of(found)
    context = {
        "warning": found,
        "what": stream_name(found.stream),
        "sentence": warning_sentence(found),
        "reasons": warning_reasons(found),
        "course": course,
        "latest_first": course[::-1],
        "looks": [_look(look) for look in found.numbers.get("looks", ())],
        "params": found.numbers.get("params") or {},
        "missing": sum(day.count is None for day in course),
        "acknowledge": act("sensing", "acknowledge_warning", "warning", found, reader),
        "declare": act("assessment", "declare_incident", "warning", found, reader),
        "incidents": [(incident, address_of(incident)) for incident in incidents],
        "lines": lines_of(entries_about(refs, reader)[:20], reader),
        "refusal": refusal,
        "note": request.POST.get("note", "") if refusal else "",
        "record": address_of(found),
    }
    status = refusal.status if refusal else 200
    return show(request, "warnings/one.html", context, now=reader.now, status=status)


def _look(look: dict[str, Any]) -> dict[str, Any]:
    """One method's numbers as the table shows them."""
    verdicts = {True: _("exceeded"), False: _("within the bound"), None: _("could not judge")}
    shown = {name: number(look[name]) for name in ("mean", "sd", "bound", "statistic", "limit")}
    return {
        **shown,
        "method": look["method"],
        "verdict": verdicts[look["exceeded"]],
        "is_exceeded": look["exceeded"] is True,
        "missing": len(look["missing_days"]),
    }


urlpatterns = [
    path("warnings", warnings, name="warnings"),
    path("warnings/<int:pk>", warning, name="warning"),
]
