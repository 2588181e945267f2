"""What everybody may read of this room, without a log-in: the incidents that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from gongzhi.actors.models import STEP, Unit
from gongzhi.assessment.models import Incident


@dataclass(frozen=True)
class PublicIncident:
    """An open incident: only fields of the class `public`; who commands it stays inside."""

    area: Unit
    title: str
    hazard: str
    legal_basis: str
    declared_at: datetime


def public_incidents() -> list[PublicIncident]:
    """All incidents that are open, the latest first."""
    return _told(Incident.objects.filter(state=Incident.State.OPEN))


def public_incidents_above(paths: list[str]) -> list[PublicIncident]:
    """Open incidents declared for a wider area that covers one of these, the latest first."""
    above = {path[:n] for path in paths for n in range(STEP, len(path), STEP)}
    return _told(Incident.objects.filter(state=Incident.State.OPEN, area__path__in=above))


def _told(incidents: QuerySet[Incident]) -> list[PublicIncident]:
    rows = incidents.select_related("area").order_by("-declared_at", "-id")
    return [
        PublicIncident(i.area, i.title, i.get_hazard_display(), i.legal_basis, i.declared_at)
        for i in rows
    ]
