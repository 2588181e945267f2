"""The measures that a plan brings, beside those that stand in its area already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gongzhi.assessment.models import Incident
from gongzhi.command.plan_values import PlanFile, PlanMeasure
from gongzhi.decision.models import Measure
from gongzhi.decision.policies import lasting
from gongzhi.decision.queries import measures_standing_for


@dataclass(frozen=True)
class MeasureAhead:
    """A measure of a plan: until when it would stand, and the same one that stands there now."""

    measure: PlanMeasure
    standing: Measure | None
    ends_at: datetime
    days: int
    """Days that it stands in all by this activation; none where it is left as it is."""

    @property
    def is_renewed(self) -> bool:
        """Whether what stands there has to be renewed for it."""
        return self.standing is not None and self.standing.ends_at < self.ends_at


def measures_ahead(plan: PlanFile, incident: Incident, now: datetime) -> list[MeasureAhead]:
    """What activating a plan does about each of its measures: set it, renew it, or leave it."""
    standing = measures_standing_for(incident, incident.area, now) if plan.measures else {}
    each = {(measure.kind, measure.title.hans): measure for measure in plan.measures}
    return [_ahead(measure, standing.get(key), now) for key, measure in each.items()]


def _ahead(measure: PlanMeasure, standing: Measure | None, now: datetime) -> MeasureAhead:
    ends_at = now + timedelta(days=measure.days)
    if standing is None:
        return MeasureAhead(measure, None, ends_at, measure.days)
    if standing.ends_at >= ends_at:
        return MeasureAhead(measure, standing, standing.ends_at, 0)
    return MeasureAhead(measure, standing, ends_at, lasting(ends_at - standing.starts_at).days)
