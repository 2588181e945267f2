"""What every page has around it: who reads, as of when, and the ways to go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.queries import Person, Post, posts_of
from gongzhi.errors import NotFound, Refused
from gongzhi.interfaces import clock
from gongzhi.messages.queries import unread_count

P = ParamSpec("P")
MESSAGES = "console:messages"
"""The way that bears the number of unread messages."""
WALL = "wall"
"""Key of the session: the page is shown on the wall, on a near-black ground."""


@dataclass(frozen=True)
class Reader:
    """Who reads a page, and the moment all its figures are as of."""

    by: Person
    now: datetime


@dataclass(frozen=True)
class Way:
    """One entry of the navigation: the name of an address and its word."""

    name: str
    word: str | Promise
    address: str = ""
    is_here: bool = False
    unread: int | None = None


WAYS = (
    Way("console:now", _("Now")),
    Way(MESSAGES, _("Messages")),
    Way("console:warnings", _("Warnings")),
    Way("console:incidents", _("Incidents")),
    Way("console:plans", _("Plans")),
    Way("console:map", _("Map")),
    Way("console:calls", _("Calls")),
    Way("console:supplies", _("Supplies")),
    Way("console:teams", _("Teams")),
    Way("pocket:tasks", _("My tasks")),
    Way("console:capability", _("Capability")),
    Way("console:deeds", _("Deeds")),
    Way("console:records", _("Records")),
    Way("console:ledger", _("Ledger")),
)
"""In the order of the river; what has no address in this installation is left out."""


@dataclass(frozen=True)
class Frame:
    """The frame round one page."""

    ways: tuple[Way, ...]
    posts: tuple[Post, ...]
    now: datetime
    wall: bool
    language: str
    languages: tuple[tuple[str, str], ...] = tuple(settings.LANGUAGES)


def frame_of(request: HttpRequest, now: datetime) -> Frame:
    """The frame for this request; an unknown reader has no ways to go."""
    person = getattr(request, "user", None)
    known = person is not None and person.is_authenticated
    session = getattr(request, "session", {})
    return Frame(
        ways=_ways(request.path, person) if known else (),
        posts=tuple(posts_of(person, now)) if known else (),
        now=now,
        wall=bool(session.get(WALL)),
        language=bcp47(get_language()),
    )


def _ways(path: str, person: Any) -> tuple[Way, ...]:
    found = []
    for way in WAYS:
        try:
            address = reverse(way.name)
        except NoReverseMatch:
            continue
        here = path == address or (address != "/" and path.startswith(address.rstrip("/") + "/"))
        unread = unread_count(person) if way.name == MESSAGES else None
        found.append(replace(way, address=address, is_here=here, unread=unread))
    return tuple(found)


def bcp47(language: str | None) -> str:
    """A language code of Django as HTML's `lang` wants it: zh-hans → zh-Hans."""
    head, _dash, script = (language or settings.LANGUAGE_CODE).partition("-")
    return f"{head}-{script.title()}" if script else head


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    now: datetime | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page in its frame."""
    moment = now or clock.now()
    whole = {"now": moment, "frame": frame_of(request, moment), **(context or {})}
    return render(request, f"console/{template}", whole, status=status)


def page(
    view: Callable[Concatenate[HttpRequest, Reader, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for people on duty: asks for a log-in, and shows a refusal in its own words."""

    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = request.user
        if not isinstance(person, Person):
            return _to_log_in(request)
        try:
            shown = view(request, Reader(person, clock.now()), *args, **kwargs)
        except Refused as refusal:
            said = {"refusal": refusal, "missing": isinstance(refusal, NotFound)}
            shown = show(request, "refused.html", said, status=refusal.status)
        shown.headers.setdefault("Cache-Control", "private, no-cache")
        return shown

    return answer


def _to_log_in(request: HttpRequest) -> HttpResponse:
    """A page goes to the log-in; a part of a page asks the browser to take the whole page there."""
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = settings.LOGIN_URL
        return answer
    return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
