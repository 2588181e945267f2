"""What everybody may read of this room, without a log-in: the incidents that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gongzhi.actors.models import Unit
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
    rows = Incident.objects.filter(state=Incident.State.OPEN).select_related("area")
    return [
        PublicIncident(
            incident.area, incident.title, incident.get_hazard_display(), incident.legal_basis,
            incident.declared_at,
        )
        for incident in rows.order_by("-declared_at", "-id")
    ]  # fmt: skip
