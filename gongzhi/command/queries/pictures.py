"""What the tests of plans look at: open warnings, the grade in force and counts, area by area.

The clock holds the tests of every plan in force in each round, so what they look at is read for
all of them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.utils.timezone import localtime

from gongzhi.actors.queries import within
from gongzhi.assessment.models import Incident
from gongzhi.command.plan_file import PlanFile
from gongzhi.command.plan_values import Counted, Picture
from gongzhi.decision.queries import levels_over
from gongzhi.sensing.models import Level, Warning
from gongzhi.sensing.queries import streams_of_other_hazards, totals_of

Asked = tuple[str, int]
"""A stream, and over how many days up to today it is added up."""


def picture_of(plan: PlanFile, incident: Incident, now: datetime) -> Picture:
    """What the tests of one plan find in the area of an incident."""
    return pictures_of([(plan, incident)], now)[0]


def pictures_of(asked: Sequence[tuple[PlanFile, Incident]], now: datetime) -> list[Picture]:
    """What the tests of each plan find in the area of its incident, in the same order.

    Warnings from streams that tell of other hazards only are left out.
    """
    areas = {incident.area.path for _plan, incident in asked}
    warnings = _open_warnings(areas)
    levels = levels_over([(incident.area, incident.hazard) for _plan, incident in asked])
    sums = _sums({pair for plan, _incident in asked for pair in plan.counts_asked()}, areas, now)
    found = []
    for (plan, incident), level in zip(asked, levels, strict=True):
        path, others = incident.area.path, streams_of_other_hazards(incident.hazard, now)
        inside = [
            grade for at, stream, grade in warnings if at.startswith(path) and stream not in others
        ]
        found.append(
            Picture(
                red=inside.count(Level.RED),
                yellow=inside.count(Level.YELLOW),
                grade=level.grade if level else None,
                counted=_of(plan, sums.get(path, {})),
            )
        )
    return found


def _open_warnings(areas: Collection[str]) -> list[tuple[str, str, str]]:
    """(path, stream, level) of every warning that has not ended."""
    warnings = Warning.objects.filter(within(["place__path"], areas))
    warnings = warnings.exclude(state=Warning.State.ENDED)
    return list(warnings.values_list("place__path", "stream", "level"))


def _sums(
    asked: Collection[Asked], areas: Collection[str], now: datetime
) -> dict[str, dict[Asked, int]]:
    """The sums asked for, by path of the area; a stream that nobody counted there is left out."""
    today = localtime(now).date()
    found: dict[str, dict[Asked, int]] = {path: {} for path in areas}
    for days in sorted({days for _stream, days in asked}):
        streams = sorted(stream for stream, over in asked if over == days)
        first = today - timedelta(days=days - 1)
        for path, totals in totals_of(streams, areas, first, today).items():
            for stream, _day, value in totals:
                found[path][stream, days] = found[path].get((stream, days), 0) + value
    return found


def _of(plan: PlanFile, sums: dict[Asked, int]) -> Counted:
    return {pair: sums[pair] for pair in sorted(plan.counts_asked()) if pair in sums}
