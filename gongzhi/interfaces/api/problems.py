"""Refusals as problem+json (RFC 9457), with the refusal's own sentence."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled
from ninja.errors import ValidationError as NinjaValidationError

from gongzhi.errors import Malformed, NotAllowed, NotFound, Refused
from gongzhi.interfaces.inputs import malformed


class Problem(Schema):
    """What was refused, why, and what to do next."""

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, str] = {}


REFUSALS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


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
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, status=code, content_type="application/problem+json")


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
        return problem(
            NotAllowed(_("Log in first: ask for a token at /api/token with login and password.")),
            status=401,
        )

    @api.exception_handler(HttpError)
    def unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error, Throttled) or error.status_code != 400:
            return problem(Refused(str(error)), status=error.status_code)
        return problem(
            Malformed(_("The body is not readable as JSON. Correct and send again.")), 400
        )


def not_here(request: HttpRequest) -> HttpResponse:
    """An address of the API that leads nowhere."""
    return problem(
        NotFound(
            _("There is nothing at %(path)s. The list of addresses is at /api/openapi.json.")
            % {"path": request.path}
        )
    )
