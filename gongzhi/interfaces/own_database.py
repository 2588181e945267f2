"""No page of the house shows an exercise's figures, and no page of an exercise the house's."""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse

from gongzhi.errors import NotNow
from gongzhi.ledger.policies import check_own_database


class OwnDatabase:
    """Looks at the mark of the database at the first request; a wrong one is never served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.is_ours = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or say that this database is not ours.

        Where no database answers there is nothing to tell apart: the pages say it themselves,
        and the next request looks again.
        """
        if not self.is_ours:
            try:
                check_own_database()
                self.is_ours = True
            except NotNow as refusal:
                return HttpResponse(str(refusal), status=503, content_type="text/plain")
            except (OperationalError, ProgrammingError, InterfaceError):
                pass
        return self.get_response(request)
