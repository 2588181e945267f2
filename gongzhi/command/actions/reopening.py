"""A call that was closed too early goes on, at the word of whoever reported what it was about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.codes import Code
from gongzhi.actors.models import Person
from gongzhi.actors.policies import Authority, check_may
from gongzhi.command.actions.calls import ask_units, link_reports
from gongzhi.command.call_policies import check_can_reopen, check_code_known, check_reported
from gongzhi.command.models import CallAnswer, CallReport, StreetCall
from gongzhi.command.policies import issued_under
from gongzhi.command.queries import duties_proposing, proposal_for
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.parameters import minutes
from gongzhi.sensing.models import Report

Sentence = Annotated[str, Field(min_length=1, max_length=300)]


@deed()
def reopen_call(
    *, call: StreetCall, report: Report, reason: Sentence, by: Person, now: datetime
) -> StreetCall:
    """Reopen a closed call for somebody who reported it and has no telephone or code at hand.

    Errors: `NotNow` when it is open, was reopened already, or was closed too long ago.
    """
    authority = check_may(by, "reopen_call", report.place, now)
    return _go_on(check_reported(call, report), reason, authority, by, now)


@deed()
def reopen_by_code(
    *, reporter_code: Code, reason: Sentence, by: Person, now: datetime
) -> StreetCall:
    """Reopen a closed call with the code that its reporter was given.

    Errors: `NotFound` for an unknown code; `NotNow` as for `reopen_call`.
    """
    link = check_code_known(reporter_code)
    authority = check_may(by, "receive_report", link.report.place, now)
    return _go_on(link, reason, authority, by, now)


def _go_on(
    link: CallReport, reason: str, authority: Authority, by: Person, now: datetime
) -> StreetCall:
    """Ask those who finished, or were silent to the end, once more; the call itself stays."""
    closed = StreetCall.objects.select_for_update(of=("self",)).get(pk=link.call_id)
    check_can_reopen(closed, minutes("reopen_call", now), now)
    call = StreetCall.objects.create(
        caller=closed.caller, incident=closed.incident, subject=closed.subject, text=reason,
        reopens=closed, reopened_for=link.report, raised_by=by, raised_at=now,
        **issued_under(authority, closed.legal_basis),
    )  # fmt: skip
    had = closed.answers.filter(state__in=(CallAnswer.State.DONE, CallAnswer.State.WAITING))
    units = [answer.department for answer in had.select_related("department").order_by("id")]
    because = duties_proposing(proposal_for(call.caller, call.subject, now), units)
    ask_units(call, units, because, now)
    link_reports(call, dict(closed.reports.values_list("report_id", "code")))
    append(
        verb="command.reopen_call", subject=call, place=call.caller, by=by, now=now,
        reopens=closed.ref, report=link.report.ref, called=[unit.path for unit in units],
    )  # fmt: skip
    return call


@deed(tells=("public", "official", "personal"))
def give_code(*, call: StreetCall, report: Report, by: Person, now: datetime) -> CallReport:
    """Give the reporter the code that reopens the call; that it was given is written down."""
    check_may(by, "reopen_call", report.place, now)
    link = check_reported(call, report)
    append(verb="command.give_code", subject=link, place=call.caller, by=by, now=now)
    return link
