"""What a decision, a level or a mode would do now, in figures: a request keeps them (预见)."""

from __future__ import annotations

from datetime import datetime

from gongzhi.actors.models import Unit
from gongzhi.assessment.models import Assessment
from gongzhi.assessment.queries import dissents_from
from gongzhi.decision.models import Decision, Mode
from gongzhi.decision.queries import level_here, measures_lifted_with


def foreseen_decision(*, assessment: Assessment, now: datetime, **_given: object) -> dict[str, int]:
    """How many experts disagree with what the decision rests on."""
    return {"dissents": len(dissents_from(assessment))}


def foreseen_level(
    *, decision: Decision, area: Unit, now: datetime, **_given: object
) -> dict[str, int]:
    """The level that would end with it, none is 0, and who lives there."""
    current = level_here(area, decision.incident.hazard)
    return {"grade": current.grade if current else 0, "people": area.population or 0}


def foreseen_mode(
    *, area: Unit, mode: Mode.ModeKind, now: datetime, **_given: object
) -> dict[str, int]:
    """Who lives there; and how many measures going back to normal would lift."""
    figures = {"people": area.population or 0}
    if mode == Mode.ModeKind.NORMAL:
        figures["measures"] = measures_lifted_with(area).count()
    return figures
