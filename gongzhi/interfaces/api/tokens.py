"""Log-in for machines and phones: a signed token that ends with the password it was made from."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie
from ninja.utils import check_csrf

from gongzhi.actors.queries import Person, person_acting
from gongzhi.errors import NotAllowed
from gongzhi.interfaces import clock

HOURS = 12
SALT = "gongzhi.api.token"


def _mark(person: Person) -> str:
    return hashlib.sha256(person.password.encode()).hexdigest()[:12]


def issue(person: Person) -> str:
    """A token for twelve hours; a changed password ends it at once."""
    return signing.dumps([person.pk, _mark(person)], salt=SALT, compress=False)


def holder(token: str, now: datetime) -> Person | None:
    """The person a token was issued to, if it is still good."""
    try:
        number, mark = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    person = person_acting(number, now)
    return person if person is not None and _mark(person) == mark else None


def moment(request: HttpRequest) -> datetime:
    """The one moment of a request: the clock is read once, so that all of it agrees."""
    known: datetime | None = request.__dict__.get("moment")
    if known is None:
        known = request.__dict__["moment"] = clock.now()
    return known


class Bearer(HttpBearer):
    """`Authorization: Bearer …`."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return holder(token, moment(request))


class Session(APIKeyCookie):
    """The browser's session, for pages of our own: a write then also needs the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        """The person logged in, or None; only a session can be misused from another site."""
        person = request.user
        if not isinstance(person, Person):
            return None
        if check_csrf(request) is not None:
            raise NotAllowed(
                _("The page was loaded too long ago, or by another site. Load it again, or ask "
                  "for a token at /api/token.")
            )  # fmt: skip
        return person

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Not asked: the session was read by the middleware."""
        return request.user
