"""The Content-Security-Policy of every answer, put into words once."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

EXPLAINED = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)
"""Answers that Django explains on a page with styles of its own, while it is being debugged."""


class Policy:
    """Sets the policy of the settings; no page has another, so it is not built per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under the policy."""
        answer = self.get_response(request)
        if not (settings.DEBUG and answer.status_code in EXPLAINED):
            answer.headers.setdefault(HEADER, self.policy)
        return answer
