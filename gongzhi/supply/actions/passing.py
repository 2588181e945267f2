"""Issue the transport pass of a vehicle with its load, and take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.actors.policies import check_may
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.supply.actions.inputs import Note, Sentence
from gongzhi.supply.models import Dispatch, TransportPass
from gongzhi.supply.pass_notes import sign
from gongzhi.supply.pass_policies import (
    check_can_revoke_pass,
    check_has_no_pass,
    check_pass_ends,
)
from gongzhi.supply.policies import check_on_the_way

Plate = Annotated[str, Field(min_length=1, max_length=40)]


@deed()
def issue_transport_pass(
    *,
    dispatch: Dispatch,
    vehicle: Plate,
    ends_at: datetime,
    via: Note = "",
    by: Person,
    now: datetime,
) -> TransportPass:
    """Issue one pass for a vehicle, its load and its way, valid at every checkpoint (通行证)."""
    area = dispatch.allocation.run.area
    check_may(by, "issue_transport_pass", area, now)
    dispatch = Dispatch.objects.select_for_update(of=("self",)).get(pk=dispatch.pk)
    check_on_the_way(dispatch)
    check_pass_ends(ends_at, dispatch, now)
    check_has_no_pass(dispatch, vehicle)
    issued = TransportPass.objects.create(
        dispatch=dispatch, vehicle=vehicle, via=via, issued_by=by, issued_at=now, ends_at=ends_at,
    )  # fmt: skip
    sign(issued)
    issued.save(update_fields=["signed"])
    append(
        verb="supply.issue_transport_pass", subject=issued, place=area, by=by, now=now,
        dispatch=dispatch.ref, ends_at=ends_at,
    )  # fmt: skip
    return issued


@deed()
def revoke_transport_pass(
    *, transport_pass: TransportPass, reason: Sentence, by: Person, now: datetime
) -> TransportPass:
    """Take a transport pass back; checkpoints learn it from the signed list."""
    area = transport_pass.dispatch.allocation.run.area
    check_may(by, "issue_transport_pass", area, now)
    locked = TransportPass.objects.select_for_update(of=("self",))
    transport_pass = locked.get(pk=transport_pass.pk)
    check_can_revoke_pass(transport_pass)
    transport_pass.state, transport_pass.reason_revoked = TransportPass.State.REVOKED, reason
    transport_pass.revoked_by, transport_pass.revoked_at = by, now
    transport_pass.save()
    append(
        verb="supply.revoke_transport_pass", subject=transport_pass, place=area, by=by, now=now,
        dispatch=transport_pass.dispatch.ref,
    )  # fmt: skip
    return transport_pass
