"""Levels and measures in force, and what ends soon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import governments_holding, may
from gongzhi.actors.queries import Duty, after, charges_of, expose, visible
from gongzhi.assessment.models import Incident
from gongzhi.assessment.queries import open_incidents
from gongzhi.decision.models import (
    Decision,
    Measure,
    Mode,
    Option,
    ResponseLevel,
    TaskForce,
    TeamMember,
)
from gongzhi.ledger.queries import Entry
from gongzhi.parameters import parameter

ANNOUNCED = ("announce_end_last", "announce_end_first")
"""Clocks of `parameters/deadlines.yaml`: when an end is announced, the one nearest to it first."""


def minutes_ahead(now: datetime) -> list[int]:
    """How many minutes before its end a measure is announced, the fewest first."""
    day = localtime(now).date()
    return sorted(parameter(f"deadlines.{name}", day).value for name in ANNOUNCED)


def stage_reached(ends_at: datetime, now: datetime) -> int | None:
    """The announcement whose time has come for an end; None where it is still far."""
    left = ends_at - now
    return next((m for m in minutes_ahead(now) if left <= timedelta(minutes=m)), None)


def _unannounced(now: datetime) -> Q:
    """What ends soon and was not announced at this stage yet."""
    due = Q(pk__in=[])
    for stage in minutes_ahead(now):
        unsaid = Q(announced_minutes=None) | Q(announced_minutes__gt=stage)
        due |= Q(ends_at__lte=now + timedelta(minutes=stage)) & unsaid
    return due & Q(ends_at__gt=now)


def measures_to_announce(now: datetime) -> QuerySet[Measure]:
    """Measures in force whose end is near and was not announced at this stage yet."""
    ending = Measure.objects.filter(_unannounced(now), state=Measure.State.ACTIVE)
    return ending.select_related("area").order_by("ends_at", "id")


def task_forces_to_announce(now: datetime) -> QuerySet[TaskForce]:
    """Task forces at work whose end is near and was not announced at this stage yet."""
    ending = TaskForce.objects.filter(_unannounced(now), state=TaskForce.State.ACTIVE)
    return ending.select_related("unit", "area").order_by("ends_at", "id")


def task_forces_over(now: datetime) -> QuerySet[TaskForce]:
    """Task forces whose day has come and that are still marked as at work."""
    over = TaskForce.objects.filter(state=TaskForce.State.ACTIVE, ends_at__lte=now)
    return over.select_related("unit", "area").order_by("ends_at", "id")


def deeds_in(unit: Unit, since: datetime, until: datetime) -> dict[str, int]:
    """How often each deed was done in a unit and below, as the ledger says."""
    lines = Entry.objects.filter(
        unit_path__gte=unit.path, unit_path__lt=after(unit.path), at__gte=since, at__lte=until
    )
    counted = lines.values_list("verb").annotate(number=Count("id")).order_by("verb")
    return dict(counted)


def levels_in_force(by: Person, now: datetime) -> QuerySet[ResponseLevel]:
    """Response levels of one's area that have not ended."""
    levels = visible(ResponseLevel, by, now).filter(ended_at=None)
    return levels.select_related("area", "decision").order_by("area__path")


def level_here(area: Unit, hazard: str) -> ResponseLevel | None:
    """The response level in force of an area itself."""
    return ResponseLevel.objects.filter(area=area, hazard=hazard, ended_at=None).first()


def measures_standing(area: Unit) -> QuerySet[Measure]:
    """Measures of an area and below that were not lifted and have not died."""
    inside = Measure.objects.filter(area__path__gte=area.path, area__path__lt=after(area.path))
    standing = inside.filter(state=Measure.State.ACTIVE)
    return standing.select_related("area").order_by("id")


def measures_standing_for(
    incident: Incident, area: Unit, now: datetime
) -> dict[tuple[str, str], Measure]:
    """What is in force for an incident in exactly this area, by kind and title; the longest."""
    active = Measure.objects.filter(
        decision__incident=incident, area=area, state=Measure.State.ACTIVE, ends_at__gt=now
    )
    return {(one.kind, one.title): one for one in active.order_by("ends_at", "-id")}


def measures_lifted_with(area: Unit) -> QuerySet[Measure]:
    """Measures that end when an area goes back to normal.

    Those inside an area below that declared an emergency of its own stand on with that.
    """
    below = Mode.objects.filter(
        area__path__gt=area.path, area__path__lt=after(area.path), ended_at=None,
        mode=Mode.ModeKind.EMERGENCY,
    )  # fmt: skip
    standing = measures_standing(area)
    for path in below.values_list("area__path", flat=True):
        own = Q(area__path__gte=path, area__path__lt=after(path))
        standing = standing.exclude(own & ~Q(decision__incident__area__path=area.path))
    return standing


def level_over(area: Unit, hazard: str) -> ResponseLevel | None:
    """The response level in force for an area: its own or that of the nearest tier above."""
    return levels_over([(area, hazard)])[0]


def levels_over(asked: Sequence[tuple[Unit, str]]) -> list[ResponseLevel | None]:
    """The response level in force for each area and hazard, as `level_over`, in one read."""
    paths = {path for area, _hazard in asked for path in area.ancestor_paths()}
    levels = ResponseLevel.objects.filter(area__path__in=paths, ended_at=None)
    found = {(level.area.path, level.hazard): level for level in levels.select_related("area")}
    return [
        max(
            (found[path, hazard] for path in area.ancestor_paths() if (path, hazard) in found),
            key=lambda level: level.area.path,
            default=None,
        )
        for area, hazard in asked
    ]


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
    return [*found, *_ending(by, now, mine), *_task_forces_ending(by, now, mine)]


def _task_forces_ending(by: Person, now: datetime, mine: set[int]) -> list[Duty]:
    """Task forces whose end is near: to extend or let end, for the area that set them up."""
    last = now + timedelta(minutes=minutes_ahead(now)[-1])
    near = TaskForce.objects.filter(
        state=TaskForce.State.ACTIVE, area__in=mine, ends_at__gt=now, ends_at__lte=last
    )
    return [
        Duty(
            title=_("Extend the team or let it end: %(name)s") % {"name": force.unit}
            if force.is_joint_team
            else _("Extend the task force or let it end: %(name)s") % {"name": force.unit},
            where=str(force.area),
            due_at=force.ends_at,
            why=_why_task_force_ends(force.ends_at - now),
            room="decision",
            verb="extend_task_force",
            inputs={"task_force": force.pk},
            subject=force.ref,
        )
        for force in near.select_related("unit", "area").order_by("ends_at", "id")[:50]
        if may(by, power_of(force), force.area, now)
    ]


def power_of(force: TaskForce) -> str:
    """The power by which a task force or joint team is set up, extended and dissolved."""
    return "set_up_joint_team" if force.is_joint_team else "set_up_task_force"


def _why_task_force_ends(left: timedelta) -> str:
    days = -(-left // timedelta(days=1))
    return ngettext(
        "It ends in %(days)s day, and its members' posts with it.",
        "It ends in %(days)s days, and its members' posts with it.",
        days,
    ) % {"days": days}


def _ending(by: Person, now: datetime, mine: set[int]) -> list[Duty]:
    """Measures whose end is near: to renew or let end, for whoever is nearest with the power."""
    last = now + timedelta(minutes=minutes_ahead(now)[-1])
    near = list(measures_in_force(by, now).filter(ends_at__lte=last)[:200])
    holders = {m.area: governments_holding("set_measure", m.area, now)[:1] for m in near}
    asked = [
        measure
        for measure in near
        if mine & {measure.area_id, *(unit.pk for unit in holders[measure.area])}
        and may(by, "set_measure", measure.area, now)
    ]
    return [
        Duty(
            title=_("Renew the measure or let it end: %(title)s") % {"title": measure.title},
            where=str(measure.area),
            due_at=measure.ends_at,
            why=_why_ending(measure.ends_at - now),
            room="decision",
            verb="renew_measure",
            inputs={"measure": measure.pk},
            subject=measure.ref,
        )
        for measure in asked[:50]
    ]


def _why_ending(left: timedelta) -> str:
    """In how many days a measure ends, or in how many hours on its last day; rounded up."""
    if left < timedelta(days=1):
        hours = -(-left // timedelta(hours=1))
        return ngettext(
            "It ends in %(hours)s hour: renew it with a reason or let it end.",
            "It ends in %(hours)s hours: renew it with a reason or let it end.",
            hours,
        ) % {"hours": hours}
    days = -(-left // timedelta(days=1))
    return ngettext(
        "It ends in %(days)s day: renew it with a reason or let it end.",
        "It ends in %(days)s days: renew it with a reason or let it end.",
        days,
    ) % {"days": days}


expose(
    "decision", decisions=Decision, options=Option, levels=ResponseLevel, measures=Measure,
    modes=Mode, task_forces=TaskForce, members=TeamMember,
)  # fmt: skip
