"""The living page of components: each with its states, in the three languages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _

from gongzhi.actors.queries import Duty
from gongzhi.errors import Malformed
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.forms.choices import Choice
from gongzhi.interfaces.console.forms.drawing import Field, Row
from gongzhi.interfaces.console.frame import bcp47, show
from gongzhi.interfaces.console.lines import Line as LedgerLine
from gongzhi.interfaces.console.lines import Proof
from gongzhi.interfaces.console.pages.now import Line
from gongzhi.interfaces.console.pages.records import Proven
from gongzhi.interfaces.console.reading import Cause, Fact, Value, level_word
from gongzhi.interfaces.console.river import NAMES, Stage
from gongzhi.interfaces.console.why import Act, Why


def styles(request: HttpRequest) -> HttpResponse:
    """All components; only while developing and on the embedded machine."""
    if settings.PRODUCTION and not settings.DEBUG:
        raise Http404
    now = clock.now()
    samples = []
    for code, name in settings.LANGUAGES:
        with translation.override(code):
            samples.append({"code": code, "lang": bcp47(code), "name": name, **_samples(now)})
    return show(request, "styles.html", {"samples": samples}, now=now)


def _samples(now: datetime) -> dict[str, Any]:
    """One of each component, in the language that is active."""
    return {
        "lines": [_duty(now, -25, "red"), _duty(now, 40, "yellow"), _duty(now, 4000, "")],
        "next": {"at": now + timedelta(hours=7), "name": _("Incidents"), "href": "#"},
        "stages": _stages(),
        "why": _why(now),
        "chain": _chain(),
        "fields": _fields(),
        "refusal": Malformed(_("This is needed.")),
        "problems": [("#field-note", _("Note"), _("This is needed."))],
        "proven": [
            Proven(_line(now), Proof(True, _("verified"), 200, ())),
            Proven(_line(now), Proof(False, _("not verified"), 200, ())),
        ],
        "times": [now + timedelta(minutes=m) for m in (40, -25, -4320)],
        "numbers": [7, 2311, 45_000, 1_200_000, 340_000_000],
        "tomorrow": now + timedelta(days=1),
    }


def _duty(now: datetime, minutes: int, level: str) -> Line:
    duty = Duty(
        title=_("Acknowledge the warning"), where="桥头街道",
        due_at=now + timedelta(minutes=minutes), why=_("Nobody has acknowledged it yet."),
        room="sensing", verb="acknowledge_warning", level=level,
    )  # fmt: skip
    return Line(duty, f"sample-{minutes}", "#", "#", _("Acknowledge the warning"))


def _stages() -> list[Stage]:
    red, risk = f"{level_word('red')} 3", _("risk %(risk)s") % {"risk": "…"}
    says = ["312", red, risk, "II", "148/160", "71 %", "2,311/2,900", "·"]
    states = ["reached", "running", "reached", "running", "running", "running", "running", "idle"]
    return [
        Stage(
            key, str(name), states[n], says[n],
            level={1: "red", 3: "red"}.get(n, ""),
            late="12 ✕" if n == 4 else "", is_chosen=n == 4, is_near=3 <= n <= 5,
        )
        for n, (key, name) in enumerate(NAMES.items())
    ]  # fmt: skip


def _line(now: datetime) -> LedgerLine:
    return LedgerLine(
        1, now - timedelta(minutes=9), _("The warning ended."), "", "", 41, "#"
    )  # fmt: skip


def _chain() -> list[Cause]:
    return [
        Cause(_("warning"), "桥头街道", "#"),
        Cause(_("assessment"), "…", "#"),
        Cause(_("decision"), "…", "#"),
    ]


def _why(now: datetime) -> Why:
    return Why(
        name="桥头街道", kind=_("warning"), href="#",
        rules=[Fact("power", _("Power"), Value("text", "acknowledge_warning (post:7)"))],
        reasons=[Fact("note", _("Note"), Value("text", "…"))],
        data=[Fact("numbers", _("What was counted"), Value("tree", {"pairs": [("z", 3.4)]}))],
        acts=[Act(_("Acknowledged by"), "王", now - timedelta(minutes=9))],
        chain=_chain(), lines=[_line(now)], inherited=False,
    )  # fmt: skip


def _fields() -> list[Field]:
    some = (Choice("1", "桥头街道 · S11", True), Choice("2", "钟楼街道 · S12"))
    row = Row("0", _("Report"), (Field("text", "r-0-title", _("Title"), value="…"),))
    return [
        Field("text", "title", _("Title"), value="…"),
        Field("words", "note", _("Note"), _("It stands on the record."),
              problem=_("This is needed."), most=300),
        Field("number", "persons", _("Persons"), step="1", value="3", required=False),
        Field("list", "place", _("Place"), choices=some),
        Field("several", "reports", _("Reports"), choices=some),
        Field("buttons", "amount", _("How much is known"), choices=some),
        Field("yes", "adopted", _("Adopted"), value="true", required=False),
        Field("time", "ends_at", _("Ends"), value="2021-03-01T09:00"),
        Field("drafts", "rows", _("Reports"), rows=(row,), blank=row),
    ]  # fmt: skip


urlpatterns = [path("styles", styles, name="styles")]
