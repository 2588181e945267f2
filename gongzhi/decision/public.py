"""What everybody may read of this room, without a log-in: levels and measures in force.

Every field of both records is of the class `public`; a test of the public board watches it.
"""

from __future__ import annotations

from datetime import datetime

from gongzhi.decision.models import Measure, ResponseLevel


def public_levels() -> list[ResponseLevel]:
    """All response levels in force, in the order of the tree."""
    levels = ResponseLevel.objects.filter(ended_at=None)
    return list(levels.select_related("area").order_by("area__path", "hazard"))


def public_measures(now: datetime) -> list[Measure]:
    """All measures in force at this moment, the one that ends first at the top."""
    measures = Measure.objects.filter(state=Measure.State.ACTIVE, ends_at__gt=now)
    return list(measures.select_related("area").order_by("ends_at", "id"))
