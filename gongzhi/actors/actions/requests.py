"""Ask the tier above for what goes beyond one's limits; answer, withdraw, climb (请示)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from gongzhi.actors.actions.climbing import take_up
from gongzhi.actors.answers import (
    check_asked,
    check_may_answer,
    check_not_asked,
    check_request_open,
    check_still_the_same,
)  # fmt: skip
from gongzhi.actors.discretion import Extent
from gongzhi.actors.models import Person, PowerRequest, RequestClimb, Unit
from gongzhi.actors.policies import BeyondDiscretion, tiers_to_ask
from gongzhi.actors.queries import find, requests_unanswered
from gongzhi.errors import NotNow
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import CATALOGUE, Deed, deed, hold, record_in
from gongzhi.ledger.locks import take
from gongzhi.ledger.records import Record, digest
from gongzhi.parameters import minutes

Reason = Annotated[str, Field(min_length=1, max_length=300)]
MaybeReason = Annotated[str, Field(max_length=300)]


def stored(value: Any) -> Any:
    """An input of a deed as JSON holds it: a record by its number."""
    if isinstance(value, Record):
        return value.pk
    if isinstance(value, list):
        return [stored(one) for one in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return TypeAdapter(Any).dump_python(value, mode="json")


def restored(asked: Deed, given: Mapping[str, Any], by: Person, now: datetime) -> dict[str, Any]:
    """The inputs of a deed as they were stored, records as they are now.

    Errors: `NotFound` where a record is gone or lies outside the area of whoever answers,
    `NotNow` where the deed takes other inputs than when it was asked for.
    """
    values: dict[str, Any] = {}
    for declared in asked.inputs:
        if declared.name not in given:
            if declared.required:
                raise _outgrown()
            continue
        value, model = given[declared.name], record_in(declared.annotation)
        if model is None:
            try:
                values[declared.name] = TypeAdapter(declared.annotation).validate_python(value)
            except ValidationError:
                raise _outgrown() from None
        elif isinstance(value, list):
            values[declared.name] = [find(model, pk, by, now) for pk in value]
        else:
            values[declared.name] = value if value is None else find(model, value, by, now)
    return values


def _outgrown() -> NotNow:
    return NotNow(_("The deed asked for has changed since. Refuse it and let it be asked again."))


@deed(by_hand=False)
def ask_above(
    *, asked: Deed, inputs: dict[str, Any], beyond: BeyondDiscretion, by: Person, now: datetime
) -> PowerRequest:
    """Ask the tier above to do what goes beyond one's limits, as it was meant to be done."""
    values = {name: stored(value) for name, value in inputs.items()}
    check_not_asked(beyond.asking, f"{asked.room}.{asked.verb}", digest(values))
    request = PowerRequest.objects.create(
        asking=beyond.asking, requested_by=by, requested_at=now, power=beyond.power,
        place=beyond.place, deed=f"{asked.room}.{asked.verb}", inputs=values,
        inputs_digest=digest(values), extent=vars(beyond.extent), beyond=beyond.beyond,
        foreseen=dict(asked.foresees(**inputs, now=now)) if asked.foresees else {},
        to_unit=beyond.asked, answer_by=now + minutes("answer_request", now),
    )  # fmt: skip
    append(
        verb="actors.ask_above", subject=request, place=beyond.place, by=by, now=now,
        deed=request.deed, inputs=request.inputs_digest, beyond=beyond.beyond,
        foreseen=request.foreseen,
        asked=beyond.asked.path, answer_by=request.answer_by,
    )  # fmt: skip
    return request


@deed()
def grant_request(
    *,
    request: PowerRequest,
    reason: MaybeReason = "",
    although_changed: bool = False,
    by: Person,
    now: datetime,
) -> PowerRequest:
    """Say yes to a request: what it asks for is done at once, by your power.

    What it would do now may be much more or less than when it was asked for: then it is granted
    only where that is said.
    """
    check_request_open(request)
    authority = check_may_answer(by, request, now)
    room, verb = request.deed.split(".")
    asked = CATALOGUE.get((room, verb))
    if asked is None:
        raise _outgrown()
    values = restored(asked, request.inputs, by, now)
    hold(values.values())
    foreseen = dict(asked.foresees(**values, now=now)) if asked.foresees else {}
    if not although_changed:
        check_still_the_same(request, foreseen, now)
    done = asked.function(**values, by=by, now=now)
    result = done.ref if isinstance(done, Record) else ""
    request.change(result=result, granted_power=str(authority))
    _answer(
        request, PowerRequest.State.GRANTED, reason, by, now, verb="actors.grant_request",
        inputs=request.inputs_digest, result=result, asked_by=request.requested_by.ref,
        foreseen=foreseen,
    )  # fmt: skip
    return request


@deed()
def refuse_request(
    *, request: PowerRequest, reason: Reason, by: Person, now: datetime
) -> PowerRequest:
    """Say no to a request, with the reason: nothing of it is done."""
    check_request_open(request)
    check_may_answer(by, request, now)
    _answer(request, PowerRequest.State.REFUSED, reason, by, now, verb="actors.refuse_request")
    return request


@deed()
def withdraw_request(
    *, request: PowerRequest, reason: Reason, by: Person, now: datetime
) -> PowerRequest:
    """Take a request of your unit back before it is answered."""
    check_request_open(request)
    check_asked(by, request, now)
    _answer(request, PowerRequest.State.WITHDRAWN, reason, by, now, verb="actors.withdraw_request")
    return request


def _answer(
    request: PowerRequest,
    state: PowerRequest.State,
    reason: str,
    by: Person,
    now: datetime,
    *,
    verb: str,
    **facts: Any,
) -> None:
    """End a request by an answer, and write it down."""
    request.change(state=state, reason=reason, answered_by=by, answered_at=now)
    append(
        verb=verb, subject=request, place=request.place, by=by, now=now, deed=request.deed,
        reason=reason, **facts,
    )  # fmt: skip


@deed(by_hand=False)
def climb_unanswered_requests(*, by: Person, now: datetime) -> list[RequestClimb]:
    """Take every request not answered in time one tier up, and on after each interval."""
    return take_up(
        take(requests_unanswered, now=now),
        lambda request: _next_above(request, now),
        due="answer_by", clock="answer_request",
        verb="actors.climb_request", by=by, now=now,
    )  # fmt: skip


def _next_above(request: PowerRequest, now: datetime) -> Unit | None:
    """The tier above the one that was silent; None at the top."""
    above = tiers_to_ask(request.power, request.to_unit, Extent(**request.extent), now)
    return above[0] if above else None
