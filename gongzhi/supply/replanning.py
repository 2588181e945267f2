"""Which item groups of which areas ask for a new plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from gongzhi.actors.models import Unit
from gongzhi.assessment.models import Incident
from gongzhi.decision.policies import mode_parameters
from gongzhi.supply.facts import OPEN, Facts, Scope
from gongzhi.supply.models import MatchRun, Need, Offer
from gongzhi.supply.queries import incidents_open


def areas_in_crisis() -> list[tuple[Unit, Incident | None]]:
    """Areas with an open incident, none inside another; with the incident if it is the only one."""
    incidents = incidents_open()
    areas = {incident.area.path: incident.area for incident in incidents}
    outer = [
        area for path, area in sorted(areas.items())
        if not any(path != other and path.startswith(other) for other in areas)
    ]  # fmt: skip
    inside = {
        area.pk: [i for i in incidents if i.area.path.startswith(area.path)] for area in outer
    }
    return [(a, inside[a.pk][0] if len(inside[a.pk]) == 1 else None) for a in outer]


def scopes_touched(area: Unit, incident: Incident | None, now: datetime) -> Iterator[Scope]:
    """Item groups where a need or an offer may have changed since the last plan.

    A need whose time passed since then counts as changed. No group comes sooner than the pause
    of its mode after its last plan; a group that was never planned comes at once.
    """
    whole = Scope(area, "", incident)
    inside = whole.below("unit__path")
    runs = MatchRun.objects.filter(area=area, incident=incident)
    last = dict(runs.values_list("group").annotate(at=Max("made_at")).order_by())
    wanted = Need.objects.filter(inside).values("item__group").annotate(
        at=Max("changed_at"), open=Count("id", filter=Q(state__in=OPEN)),
        overdue_at=Max("needed_by", filter=Q(state__in=OPEN, needed_by__lte=now)),
    ).order_by("item__group")  # fmt: skip
    offers = Offer.objects.filter(inside).values_list("item__group")
    offered = dict(offers.annotate(at=Max("changed_at")).order_by())
    pause = timedelta(minutes=mode_parameters(area, now)["match_pause_minutes"])
    for row in wanted:
        group = row["item__group"]
        before = last.get(group)
        moved = max(filter(None, (row["at"], offered.get(group), row["overdue_at"])))
        if row["open"] and (before is None or (now - before >= pause and moved >= before)):
            yield Scope(area, group, incident)


def is_news(scope: Scope, facts: Facts) -> bool:
    """Whether the facts differ from those of the scope's last plan."""
    runs = MatchRun.objects.filter(area=scope.area, incident=scope.incident, group=scope.group)
    last = runs.order_by("-made_at", "-id").first()
    return last is None or last.facts_digest != facts.digest
