"""Answer a call-up, come, have hours confirmed, get a certificate; or drop out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.actors.policies import check_may, check_may_each
from gongzhi.fieldwork.hands_policies import (
    check_began,
    check_can_begin,
    check_can_confirm,
    check_can_drop_out,
    check_has_hours,
    check_hours,
    check_own_call_up,
    check_to_answer,
)
from gongzhi.fieldwork.hands_queries import certificate_text, done_by
from gongzhi.fieldwork.models import CallUp, HelpCertificate, HelpOffer
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.queries import signed

Sentence = Annotated[str, Field(min_length=1, max_length=200)]


def _log(verb: str, call_up: CallUp, by: Person, now: datetime, **facts: object) -> CallUp:
    """The line of a deed on a call-up: it lies where the task lies."""
    append(
        verb=f"fieldwork.{verb}", subject=call_up, place=call_up.wanted.place, by=by, now=now,
        wanted=call_up.wanted.ref, **facts,
    )  # fmt: skip
    return call_up


@deed()
def accept_call_up(*, call_up: CallUp, by: Person, now: datetime) -> CallUp:
    """Accept a call-up: you will be there."""
    check_may(by, "offer_help", call_up.offer.unit, now)
    check_own_call_up(call_up, by)
    check_to_answer(call_up)
    call_up.change(state=CallUp.State.ACCEPTED, answered_at=now)
    return _log("accept_call_up", call_up, by, now)


@deed()
def decline_call_up(*, call_up: CallUp, reason: Sentence, by: Person, now: datetime) -> CallUp:
    """Decline a call-up, with the reason: you will not be asked for this task again."""
    check_may(by, "offer_help", call_up.offer.unit, now)
    check_own_call_up(call_up, by)
    check_to_answer(call_up)
    call_up.change(state=CallUp.State.DECLINED, answered_at=now, reason=reason)
    return _log("decline_call_up", call_up, by, now)


@deed()
def drop_out(*, call_up: CallUp, reason: Sentence, by: Person, now: datetime) -> CallUp:
    """Say that you cannot come after all: only your own place is filled again."""
    check_may(by, "offer_help", call_up.offer.unit, now)
    check_own_call_up(call_up, by)
    check_can_drop_out(call_up)
    call_up.change(state=CallUp.State.DROPPED_OUT, reason=reason)
    return _log("drop_out", call_up, by, now)


@deed()
def check_in(*, call_up: CallUp, by: Person, now: datetime) -> CallUp:
    """Say that you are there and begin; where you are is not recorded."""
    check_may(by, "offer_help", call_up.offer.unit, now)
    check_own_call_up(call_up, by)
    check_can_begin(call_up, now)
    call_up.change(state=CallUp.State.AT_WORK, began_at=now)
    return _log("check_in", call_up, by, now)


@deed()
def record_hours(
    *, call_up: CallUp, minutes: Annotated[int, Field(ge=1, le=1440)], by: Person, now: datetime
) -> CallUp:
    """Confirm how long somebody helped; for a team the minutes of each."""
    check_may(by, "ask_for_hands", call_up.wanted.place, now)
    check_can_confirm(call_up)
    check_began(call_up, now)
    check_hours(minutes, now)
    call_up.change(state=CallUp.State.DONE, minutes=minutes, confirmed_by=by, confirmed_at=now)
    return _log("record_hours", call_up, by, now, minutes=minutes)


@deed()
def certify_hours(
    *, offer: HelpOffer, thanks: Sentence, by: Person, now: datetime
) -> HelpCertificate:
    """Certify the hours somebody helped, with thanks; the certificate is signed by this house."""
    done = done_by(offer)
    check_may_each(by, "ask_for_hands", {c.wanted.place for c in done} or {offer.unit}, now)
    check_has_hours(done, offer.helper)
    certificate = HelpCertificate.objects.create(
        unit=offer.unit, helper=offer.helper, minutes=sum(c.minutes or 0 for c in done),
        shifts=len(done), first_at=min(c.wanted.starts_at for c in done),
        last_at=max(c.wanted.ends_at for c in done), thanks=thanks, issued_by=by, issued_at=now,
    )  # fmt: skip
    certificate.change(signed=signed(certificate_text(certificate)))
    append(
        verb="fieldwork.certify_hours", subject=certificate, place=offer.unit, by=by, now=now,
        minutes=certificate.minutes, shifts=certificate.shifts,
    )  # fmt: skip
    return certificate
