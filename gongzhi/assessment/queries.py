"""Incidents, and the snapshot of facts that an assessment or a decision sees."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count as Counted
from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Person, Unit
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, after, charges_of, expose, visible
from gongzhi.assessment.models import Assessment, Dissent, DissentCopy, Hazard, Incident
from gongzhi.sensing.models import Report, Signal, Warning
from gongzhi.sensing.queries import streams_of_other_hazards, totals_in

DAYS_SEEN = 14
"""Days of counts that a snapshot holds."""


def open_incidents(by: Person, now: datetime) -> QuerySet[Incident]:
    """Incidents of one's area that are not closed, latest first."""
    incidents = visible(Incident, by, now).filter(state=Incident.State.OPEN)
    return incidents.select_related("area", "commander", "warning").order_by("-declared_at")


def unrelated_streams(incident: Incident, now: datetime) -> set[str]:
    """Streams unrelated to an incident: they tell of other hazards, and did not cause it."""
    causes = {cause.stream for cause in (incident.warning, incident.signal) if cause is not None}
    return streams_of_other_hazards(incident.hazard, now) - causes


def facts_of(incident: Incident, now: datetime) -> dict[str, Any]:
    """What the house knows of an incident at this moment: what the deciding person saw.

    Counts per stream and day over the incident's area, open warnings, reports and signals;
    those of streams that tell of other hazards are left out.
    """
    area, unrelated = incident.area, unrelated_streams(incident, now)
    inside = {"place__path__gte": area.path, "place__path__lt": after(area.path)}
    today = localtime(now).date()
    totals = totals_in(area, today - timedelta(DAYS_SEEN), today)
    warnings = Warning.objects.filter(**inside).exclude(state=Warning.State.ENDED)
    warnings = warnings.exclude(stream__in=unrelated)
    levels = warnings.values("level").annotate(number=Counted("id")).order_by("level")
    reports = Report.objects.filter(**inside, received_at__lte=now).exclude(stream__in=unrelated)
    signals = Signal.objects.filter(**inside, raised_at__lte=now).exclude(stream__in=unrelated)
    return {
        "as_of": now.isoformat(),
        "area": area.path,
        "counts": [
            [stream, day.isoformat(), total]
            for stream, day, total in totals
            if stream not in unrelated
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


def dissents_from(assessment: Assessment) -> list[Dissent]:
    """Who does not agree with an assessment, the first one first."""
    return list(assessment.dissents.select_related("filed_by").order_by("filed_at", "id"))


def hearers_above(area: Unit) -> list[Unit]:
    """The area governments of the two tiers above an area; at the top of the tree the area itself.

    The nearest first. Where there is only one tier above, that one.
    """
    over = Unit.objects.filter(path__in=area.ancestor_paths(), kind=Kind.AREA).order_by("-path")
    above = [unit for unit in over if unit.pk != area.pk][:2]
    return above or list(over)


def copies_for(dissent: Dissent, by: Person, now: datetime) -> list[DissentCopy]:
    """The copies of a dissent that reached the units a person answers for."""
    copies = DissentCopy.objects.filter(dissent=dissent, unit__in=charges_of(by, now))
    return list(copies.select_related("unit", "read_by").order_by("id"))


def unread_copies(by: Person, now: datetime) -> QuerySet[DissentCopy]:
    """Dissents that reached a person's units and that nobody there has read, oldest first."""
    copies = visible(DissentCopy, by, now).filter(read_at=None, unit__in=charges_of(by, now))
    related = ("unit", "dissent__assessment__incident__area", "dissent__filed_by")
    return copies.select_related(*related).order_by("dissent__filed_at", "id")


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
    return found + _dissent_duties(by, now)


def _dissent_duties(by: Person, now: datetime) -> list[Duty]:
    return [
        Duty(
            title=_("An expert disagrees: %(title)s") % {"title": copy.dissent.assessment.incident},
            where=str(copy.dissent.assessment.incident.area),
            due_at=copy.dissent.filed_at + timedelta(hours=2),
            why=_("%(name)s does not agree with the assessment; nobody here has read it yet.")
            % {"name": copy.dissent.filed_by},
            room="assessment",
            verb="read_dissent",
            inputs={"dissent": copy.dissent_id},
            subject=copy.dissent.ref,
        )
        for copy in unread_copies(by, now)[:50]
        if may(by, "read_dissent", copy.unit, now)
    ]


def open_incidents_over(paths: list[str]) -> bool:
    """Whether an open incident already covers a place given by its chain of paths."""
    return Incident.objects.filter(state=Incident.State.OPEN, area__path__in=paths).exists()


def latest_assessment(incident: Incident) -> Assessment | None:
    """The assessment in force: the last one made."""
    return incident.assessments.order_by("-assessed_at", "-id").first()


def hazard_name(code: str) -> str:
    """A hazard in words a person reads; a code nobody knows as it stands."""
    return str(Hazard(code).label) if code in Hazard.values else code


expose(
    "assessment", incidents=Incident, assessments=Assessment, dissents=Dissent,
    dissent_copies=DissentCopy,
)  # fmt: skip
