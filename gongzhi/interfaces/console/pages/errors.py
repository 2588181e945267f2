"""Pages that say what went wrong: what happened, what to do, what was kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongzhi.interfaces.console.frame import bcp47


def _say(request: HttpRequest, status: int, what: str, then: str) -> HttpResponse:
    """A page that needs neither the database nor a session."""
    language = bcp47(get_language())
    context = {"status": status, "what": what, "then": then, "language": language}
    return render(request, "console/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400: the browser sent something that cannot be read."""
    return _say(
        request, 400, _("What the browser sent cannot be read."),
        _("Nothing was changed. Go back, load the page again and repeat the step."),
    )  # fmt: skip


def not_allowed(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403: this page is not for this person."""
    return _say(
        request, 403, _("You may not open this page."),
        _("Nothing was changed. Log in as the person whose duty it is, or ask them."),
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404: nothing is at this address, or it lies outside the reader's area."""
    return _say(
        request, 404, _("There is nothing at this address in your area."),
        _("Check the address, or begin at the page Now."),
    )  # fmt: skip


def broken(request: HttpRequest) -> HttpResponse:
    """500: a mistake of ours."""
    return _say(
        request, 500, _("Something broke on our side."),
        _("The step was not done and nothing was changed by half. Try again; if it breaks "
          "again, do it by telephone and tell whoever runs the platform the time of day."),
    )  # fmt: skip
