"""A line of the log for requests."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from gongzhi.interfaces.log import log

SLOW = 1000
"""Milliseconds after which a request is worth a line although it went well."""


class Requests:
    """A line for every request that was refused, failed or took long; the others at debug level."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and write down how it went: the route, never the address, body or query."""
        began = time.perf_counter()
        answer = self.get_response(request)
        milliseconds = round((time.perf_counter() - began) * 1000)
        tell = log.debug
        if answer.status_code >= 500:
            tell = log.error
        elif answer.status_code >= 400 or milliseconds >= SLOW:
            tell = log.info
        match = request.resolver_match
        tell(
            "request", method=request.method, route=match.route if match else "",
            status=answer.status_code, milliseconds=milliseconds,
        )  # fmt: skip
        return answer
