"""Log-in for machines and phones: a signed token that ends with the password it was made from."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core import signing
from django.http import HttpRequest
from ninja.security import HttpBearer

from gongzhi.actors.queries import Person, people_active

HOURS = 12
SALT = "gongzhi.api.token"


def _mark(person: Person) -> str:
    return hashlib.sha256(person.password.encode()).hexdigest()[:12]


def issue(person: Person) -> str:
    """A token for twelve hours; a changed password ends it at once."""
    return signing.dumps([person.pk, _mark(person)], salt=SALT, compress=False)


def holder(token: str) -> Person | None:
    """The person a token was issued to, if it is still good."""
    try:
        number, mark = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    person = people_active().filter(pk=number).first()
    return person if person is not None and _mark(person) == mark else None


class Bearer(HttpBearer):
    """`Authorization: Bearer …`."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return holder(token)
