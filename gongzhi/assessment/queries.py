"""Incidents, and the snapshot of facts that an assessment or a decision sees."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count as Counted
from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, after, charges_of, expose, visible
from gongzhi.assessment.models import Assessment, Incident
from gongzhi.sensing.models import Report, Signal, Warning
from gongzhi.sensing.queries import streams_of_others, totals_in

DAYS_SEEN = 14
"""Days of counts that a snapshot holds."""


def open_incidents(by: Person, now: datetime) -> QuerySet[Incident]:
    """Incidents of one's area that are not closed, latest first."""
    incidents = visible(Incident, by, now).filter(state=Incident.State.OPEN)
    return incidents.select_related("area", "commander", "warning").order_by("-declared_at")


def streams_apart(incident: Incident, now: datetime) -> set[str]:
    """Streams apart from an incident: they tell of other hazards, and did not cause it."""
    causes = {cause.stream for cause in (incident.warning, incident.signal) if cause is not None}
    return streams_of_others(incident.hazard, now) - causes


def facts_of(incident: Incident, now: datetime) -> dict[str, Any]:
    """What the house knows of an incident at this moment: what the deciding person saw.

    Counts per stream and day over the incident's area, open warnings, reports and signals;
    those of streams that tell of other hazards are left out.
    """
    area, apart = incident.area, streams_apart(incident, now)
    inside = {"place__path__gte": area.path, "place__path__lt": after(area.path)}
    today = localtime(now).date()
    totals = totals_in(area, today - timedelta(DAYS_SEEN), today)
    warnings = Warning.objects.filter(**inside).exclude(state=Warning.State.ENDED)
    warnings = warnings.exclude(stream__in=apart)
    levels = warnings.values("level").annotate(number=Counted("id")).order_by("level")
    reports = Report.objects.filter(**inside, received_at__lte=now).exclude(stream__in=apart)
    signals = Signal.objects.filter(**inside, raised_at__lte=now).exclude(stream__in=apart)
    return {
        "as_of": now.isoformat(),
        "area": area.path,
        "counts": [
            [stream, day.isoformat(), total] for stream, day, total in totals if stream not in apart
        ],
        "warnings": {row["level"]: row["number"] for row in levels},
        "warning_parameters": sorted(set(warnings.values_list("parameters_version", flat=True))),
        "reports": reports.count(),
        "signals": signals.count(),
        "signals_verified": signals.filter(state=Signal.State.VERIFIED).count(),
    }


def undeclared_warnings(by: Person, now: datetime) -> QuerySet[Warning]:
    """Red warnings, acknowledged, that no incident answers."""
    warnings = visible(Warning, by, now).filter(level="red", state=Warning.State.ACKNOWLEDGED)
    return warnings.filter(incidents=None).select_related("place").order_by("acknowledged_at", "id")


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: declare what a red warning says, assess what is declared."""
    mine = charges_of(by, now)
    found = [
        Duty(
            title=_("Declare an incident, or end the warning"),
            where=str(warning.place),
            due_at=warning.acknowledged_at + timedelta(hours=2)
            if warning.acknowledged_at
            else None,
            why=_("A red warning is acknowledged and no incident answers it."),
            room="assessment",
            verb="declare_incident",
            inputs={"warning": warning.pk, "area": warning.place_id},
            subject=warning.ref,
            level=warning.level,
        )
        for warning in undeclared_warnings(by, now)[:50]
        if may(by, "declare_incident", warning.place, now)
        and not open_incidents_over(warning.place.ancestor_paths())
    ]
    for incident in open_incidents(by, now).filter(assessments=None, area__in=mine)[:50]:
        if may(by, "assess", incident.area, now):
            found.append(
                Duty(
                    title=_("Assess the incident: %(title)s") % {"title": incident.title},
                    where=str(incident.area),
                    due_at=incident.declared_at + timedelta(hours=2),
                    why=_("It is declared and nobody has assessed it yet."),
                    room="assessment",
                    verb="assess",
                    inputs={"incident": incident.pk},
                    subject=incident.ref,
                )
            )
    return found


def open_incidents_over(paths: list[str]) -> bool:
    """Whether an open incident already covers a place given by its chain of paths."""
    return Incident.objects.filter(state=Incident.State.OPEN, area__path__in=paths).exists()


def latest_assessment(incident: Incident) -> Assessment | None:
    """The assessment in force: the last one made."""
    return incident.assessments.order_by("-assessed_at", "-id").first()


expose("assessment", incidents=Incident, assessments=Assessment)
