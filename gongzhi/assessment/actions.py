"""Declare an incident, assess it, close it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import commander_of
from gongzhi.assessment.models import Assessment, Dissent, DissentCopy, Hazard, Incident
from gongzhi.assessment.policies import (
    check_can_dissent,
    check_cause_fits,
    check_has_cause,
    check_is_open,
    check_not_declared,
    check_unread,
)  # fmt: skip
from gongzhi.assessment.queries import copies_for, facts_of, hearers_above
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest
from gongzhi.sensing.models import Signal, Warning

Sentence = Annotated[str, Field(min_length=1, max_length=200)]
Basis = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]


@deed()
def declare_incident(
    *,
    area: Unit,
    hazard: Hazard,
    title: Sentence,
    legal_basis: Basis,
    warning: Warning | None = None,
    signal: Signal | None = None,
    by: Person,
    now: datetime,
) -> Incident:
    """Declare a public crisis in an area because of a warning or a verified signal."""
    authority = check_may(by, "declare_incident", area, now)
    check_has_cause(warning, signal)
    check_cause_fits(area, warning, signal)
    check_not_declared(warning, signal)
    incident = Incident.objects.create(
        area=area, hazard=hazard, title=title, warning=warning, signal=signal,
        legal_basis=legal_basis, power=str(authority), commander=commander_of(area, now) or by,
        declared_by=by, declared_at=now,
    )  # fmt: skip
    append(
        verb="assessment.declare_incident", subject=incident, place=area, by=by, now=now,
        hazard=hazard, cause=(warning or signal), power=str(authority), legal_basis=legal_basis,
    )  # fmt: skip
    return incident


@deed()
def assess(
    *,
    incident: Incident,
    risk: Assessment.Risk,
    findings: Words,
    advice: Annotated[str, Field(max_length=4000)] = "",
    by: Person,
    now: datetime,
) -> Assessment:
    """Say what the facts mean; the facts seen are stored with it (研判)."""
    check_may(by, "assess", incident.area, now)
    check_is_open(incident)
    snapshot = facts_of(incident, now)
    assessment = Assessment.objects.create(
        incident=incident, risk=risk, findings=findings, advice=advice, snapshot=snapshot,
        snapshot_digest=digest(snapshot), assessed_by=by, assessed_at=now,
    )  # fmt: skip
    append(
        verb="assessment.assess", subject=assessment, place=incident.area, by=by, now=now,
        incident=incident.ref, risk=risk, snapshot=assessment.snapshot_digest,
    )  # fmt: skip
    return assessment


@deed()
def dissent(*, assessment: Assessment, text: Words, by: Person, now: datetime) -> Dissent:
    """Say that you do not agree with an assessment; it goes two tiers up unaltered (异议)."""
    area = assessment.incident.area
    check_may(by, "assess", area, now)
    Assessment.objects.select_for_update(of=("self",)).get(pk=assessment.pk)
    check_can_dissent(assessment, by, text)
    filed = Dissent.objects.create(
        assessment=assessment, text=text, text_digest=digest(text), filed_by=by, filed_at=now
    )
    hearers = hearers_above(area)
    DissentCopy.objects.bulk_create(DissentCopy(dissent=filed, unit=unit) for unit in hearers)
    append(
        verb="assessment.dissent", subject=filed, place=area, by=by, now=now,
        assessment=assessment.ref, text=filed.text_digest, to=[unit.path for unit in hearers],
    )  # fmt: skip
    return filed


@deed()
def read_dissent(*, dissent: Dissent, by: Person, now: datetime) -> Dissent:
    """Say by name that you have read a dissent that reached your unit."""
    DissentCopy.objects.select_for_update(of=("self",)).filter(dissent=dissent).first()
    copies = copies_for(dissent, by, now)
    for unit in [copy.unit for copy in copies] or [dissent.assessment.incident.area]:
        check_may(by, "read_dissent", unit, now)
    check_unread(dissent, copies)
    for copy in copies:
        if copy.read_by_id is None:
            copy.read_by, copy.read_at = by, now
            copy.save(update_fields=["read_by", "read_at"])
            append(
                verb="assessment.read_dissent", subject=dissent, place=copy.unit, by=by, now=now,
                text=dissent.text_digest,
            )  # fmt: skip
    return dissent


@deed()
def close_incident(*, incident: Incident, reason: Basis, by: Person, now: datetime) -> Incident:
    """Close an incident: the area goes back to normal (正常化)."""
    check_may(by, "declare_incident", incident.area, now)
    check_is_open(incident)
    incident.state = Incident.State.CLOSED
    incident.closed_by, incident.closed_at, incident.reason_closed = by, now, reason
    incident.save(update_fields=["state", "closed_by", "closed_at", "reason_closed"])
    append(
        verb="assessment.close_incident", subject=incident, place=incident.area, by=by, now=now,
        reason=reason,
    )  # fmt: skip
    return incident
