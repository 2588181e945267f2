"""Log in, log out, choose the language and the ground."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from gongzhi.actors.actions import log_in
from gongzhi.errors import Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import WALL, show

BACKEND = f"{ModelBackend.__module__}.{ModelBackend.__qualname__}"
"""Reads the person back from the session, and only while the person is active."""


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: an address of our own, or the page Now."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own else settings.LOGIN_REDIRECT_URL


@never_cache
@sensitive_post_parameters("password")
def enter(request: HttpRequest) -> HttpResponse:
    """The log-in page."""
    if request.method != "POST":
        return show(request, "log_in.html", {"next": _next(request)})
    given = request.POST.get("login", "")
    try:
        person = log_in(
            login=given.replace("\x00", ""), password=request.POST.get("password", ""),
            address=request.META.get("REMOTE_ADDR", ""), now=clock.now(),
        )  # fmt: skip
    except Refused as refusal:
        context = {"refusal": refusal, "given": given, "next": _next(request)}
        return show(request, "log_in.html", context, status=refusal.status)
    login(request, person, backend=BACKEND)
    answer = HttpResponseRedirect(_next(request))
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, person.language, secure=settings.SESSION_COOKIE_SECURE,
            httponly=True, samesite="Lax",
        )  # fmt: skip
    return answer


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Log out; the next person at this screen gets their own language."""
    logout(request)
    answer = HttpResponseRedirect(settings.LOGIN_URL)
    answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return answer


@require_POST
def choose_ground(request: HttpRequest) -> HttpResponse:
    """Show the pages on the wall's near-black ground, or on the desk's white one."""
    request.session[WALL] = request.POST.get("wall") == "1"
    return HttpResponseRedirect(_next(request))


urlpatterns = [
    path("login", enter, name="log_in"),
    path("logout", leave, name="log_out"),
    path("language", set_language, name="language"),
    path("ground", choose_ground, name="ground"),
]
