"""Refusals as problem+json (RFC 9457), with the refusal's own sentence."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled
from ninja.errors import ValidationError as NinjaValidationError

from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow, Refused
from gongzhi.interfaces.inputs import malformed

TYPE = "application/problem+json"


class Problem(Schema):
    """What was refused, why, and what to do next."""

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, str] = {}


def responses(*statuses: int) -> dict[int, dict[str, Any]]:
    """How the API's description tells that these statuses are answered with a problem.

    Told here and not to ninja: it would make a model for each status of each operation, half the
    time that starting takes.
    """
    content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": http.client.responses[status], "content": content}
        for status in statuses
    }


RESPONSES = responses(400, 401, 403, 404, 409, 413, 422)
"""Every operation may answer with these."""


def problem(refusal: Refused, status: int | None = None) -> HttpResponse:
    """The answer to a refused request."""
    code = status or refusal.status
    body: dict[str, Any] = {
        "type": f"urn:gongzhi:{refusal.slug}",
        "title": type(refusal).__name__,
        "status": code,
        "detail": str(refusal),
        "fields": refusal.details,
    }
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return HttpResponse(text, status=code, content_type=TYPE)


def install(api: NinjaAPI) -> None:
    """Answer every kind of refusal in the same shape."""

    @api.exception_handler(Refused)
    def refused(_request: HttpRequest, refusal: Refused) -> HttpResponse:
        return problem(refusal)

    @api.exception_handler(NinjaValidationError)
    def invalid(_request: HttpRequest, error: NinjaValidationError) -> HttpResponse:
        return problem(malformed(error.errors))

    @api.exception_handler(AuthenticationError)
    def unknown(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        answer = problem(
            NotAllowed(_("Log in first: ask for a token at /api/token with login and password.")),
            status=401,
        )
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(RequestDataTooBig)
    def too_big(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
        return problem(_too_big(), status=413)

    @api.exception_handler(IntegrityError)
    @api.exception_handler(OperationalError)
    def collided(_request: HttpRequest, error: IntegrityError | OperationalError) -> HttpResponse:
        if not at_once(error):
            raise error
        return problem(
            NotNow(
                _("Somebody did the same at this very moment. Nothing of yours was changed: look "
                  "at what is there now, then send it again if it is still needed.")
            )
        )  # fmt: skip

    @api.exception_handler(HttpError)
    def unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error, Throttled) or error.status_code != 400:
            return problem(Refused(str(error)), status=error.status_code)
        return problem(
            Malformed(_("The body is not readable as JSON. Correct and send again.")), 400
        )


def _too_big() -> Refused:
    return Malformed(_("This is too large to be sent at once. Send it in several smaller parts."))


SQLITE_AT_ONCE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_BUSY")
POSTGRES_AT_ONCE = ("23505", "40001", "40P01")
"""Unique violation, serialization failure, deadlock (PostgreSQL manual, appendix A)."""


def at_once(error: Exception) -> bool:
    """Whether the database refused because two wrote the same at the same moment."""
    cause = error.__cause__
    return (
        getattr(cause, "sqlite_errorname", "") in SQLITE_AT_ONCE
        or getattr(cause, "sqlstate", "") in POSTGRES_AT_ONCE
    )


class Everywhere:
    """Whatever is refused under /api before or beside its operations is a problem too.

    That is: an address or method that is not there, a host that is not ours, a mistake of ours.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and put an answer of another kind into the common shape."""
        answer = self.get_response(request)
        if not request.path.startswith("/api/") or answer.status_code < 400:
            return answer
        if answer.headers.get("Content-Type") == TYPE:
            return answer
        told = problem(_sentence_for(request, answer.status_code), status=answer.status_code)
        for name in ("Allow", "Retry-After"):
            if name in answer:
                told[name] = answer[name]
        return told


def _sentence_for(request: HttpRequest, status: int) -> Refused:
    texts = {
        404: _("There is nothing here. The list of addresses is at /api/openapi.json."),
        405: _("This address does not take %(method)s. See /api/openapi.json for what it takes."),
        413: str(_too_big()),
    }
    other = (
        _("Something broke on our side and nothing was changed. "
          "Try again; if it breaks again, tell "
          "whoever runs the platform the time of day.")
        if status >= 500
        else _("This request cannot be read. Correct it and send it again.")
    )  # fmt: skip
    return Refused(texts.get(status, other) % {"method": request.method})


def not_here(request: HttpRequest) -> HttpResponse:
    """An address of the API that leads nowhere."""
    return problem(
        NotFound(
            _("There is nothing at %(path)s. The list of addresses is at /api/openapi.json.")
            % {"path": request.path}
        )
    )
