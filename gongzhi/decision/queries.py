"""Levels and measures in force, and what ends soon."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, charges_of, expose, visible
from gongzhi.assessment.queries import open_incidents
from gongzhi.decision.models import Decision, Measure, Mode, Option, ResponseLevel

ANNOUNCED_AHEAD = timedelta(days=7)
"""How long before its end a measure is announced."""


def levels_in_force(by: Person, now: datetime) -> QuerySet[ResponseLevel]:
    """Response levels of one's area that have not ended."""
    levels = visible(ResponseLevel, by, now).filter(ended_at=None)
    return levels.select_related("area", "decision").order_by("area__path")


def level_over(area: Unit, hazard: str) -> ResponseLevel | None:
    """The response level in force for an area: its own or that of the nearest tier above."""
    levels = ResponseLevel.objects.filter(
        area__path__in=area.ancestor_paths(), hazard=hazard, ended_at=None
    )
    return levels.order_by("-area__path").first()


def measures_in_force(by: Person, now: datetime) -> QuerySet[Measure]:
    """Measures of one's area in force at this moment, by their end."""
    measures = visible(Measure, by, now).filter(state=Measure.State.ACTIVE, ends_at__gt=now)
    return measures.select_related("area", "decision").order_by("ends_at", "id")


def measures_over(now: datetime) -> QuerySet[Measure]:
    """Measures whose end has come and that are still marked as in force."""
    over = Measure.objects.filter(state=Measure.State.ACTIVE, ends_at__lte=now)
    return over.select_related("area", "decision").order_by("ends_at", "id")


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: decide what is assessed, renew or let end what is ending."""
    mine = charges_of(by, now)
    found = []
    undecided = open_incidents(by, now).filter(assessments__isnull=False, decisions=None)
    for incident in undecided.filter(area__in=mine).distinct()[:50]:
        if may(by, "decide", incident.area, now):
            found.append(
                Duty(
                    title=_("Decide on the incident: %(title)s") % {"title": incident.title},
                    where=str(incident.area),
                    due_at=incident.declared_at + timedelta(hours=4),
                    why=_("It is assessed and nothing is decided yet."),
                    room="decision",
                    verb="decide",
                    inputs={"incident": incident.pk},
                    subject=incident.ref,
                )
            )
    ending = measures_in_force(by, now).filter(ends_at__lte=now + ANNOUNCED_AHEAD, area__in=mine)
    for measure in ending[:50]:
        if may(by, "set_measure", measure.area, now):
            found.append(
                Duty(
                    title=_("Renew the measure or let it end: %(title)s")
                    % {"title": measure.title},
                    where=str(measure.area),
                    due_at=measure.ends_at,
                    why=_("It ends by itself on its date unless somebody renews it with reasons."),
                    room="decision",
                    verb="renew_measure",
                    inputs={"measure": measure.pk},
                    subject=measure.ref,
                )
            )
    return found


expose(
    "decision", decisions=Decision, options=Option, levels=ResponseLevel, measures=Measure,
    modes=Mode,
)  # fmt: skip
