"""Which counts are late: how often an area must report depends on its mode (报表间隔)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import after
from gongzhi.assessment.models import Incident
from gongzhi.decision.policies import mode_parameters
from gongzhi.sensing.models import Count
from gongzhi.sensing.queries import stream_name, streams_of_other_hazards

REPORTING_DAYS = 30
"""A place that has counted within so many days is one that reports."""


@dataclass(frozen=True)
class LateCount:
    """A place that has reported a stream before and is past the interval of its mode."""

    place: Unit
    stream: str
    last_at: datetime
    due_at: datetime

    def __str__(self) -> str:
        return f"{self.place} · {stream_name(self.stream)}"


def late_counts(area: Unit, now: datetime) -> list[LateCount]:
    """What is late in an area by the interval of its mode, the longest late first."""
    return places_late(area, now, mode_parameters(area, now)["report_interval_hours"])


def late_counts_of(incident: Incident, now: datetime) -> list[LateCount]:
    """What is late in the area of an open incident and tells of its hazard, or of any."""
    if incident.state != Incident.State.OPEN:
        return []
    others = streams_of_other_hazards(incident.hazard, now)
    return [one for one in late_counts(incident.area, now) if one.stream not in others]


def places_late(area: Unit, now: datetime, hours: int) -> list[LateCount]:
    """What would be late in an area if counts were due so many hours after the last ones."""
    counts = Count.objects.filter(
        place__path__gte=area.path, place__path__lt=after(area.path),
        received_at__gt=now - timedelta(days=REPORTING_DAYS), received_at__lte=now,
    )  # fmt: skip
    by_place = counts.order_by().values_list("place", "stream")
    last = by_place.annotate(at=Max("received_at")).order_by("at", "place", "stream")
    interval = timedelta(hours=hours)
    late = [(place, stream, at) for place, stream, at in last if at + interval < now]
    places = Unit.objects.in_bulk({place for place, _stream, _at in late})
    return [LateCount(places[place], stream, at, at + interval) for place, stream, at in late]
