"""Scorings as people find them: the last one, those one may see, and what they ask of whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Role, Unit
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, charges_of, visible
from gongzhi.command.models import Exercise
from gongzhi.evaluation.models import CapabilityResult, CapabilityScoring
from gongzhi.evaluation.standard import standard
from gongzhi.evaluation.standing import deputies

Outcome = CapabilityResult.Outcome


def last_scoring(area: Unit) -> CapabilityScoring | None:
    """The last scoring of exactly this area."""
    return CapabilityScoring.objects.filter(area=area).order_by("-made_at", "-id").first()


def results_seen(
    scoring: CapabilityScoring, by: Person, now: datetime, units: Collection[int] | None = None
) -> list[CapabilityResult]:
    """The results of a scoring for the units that this person may see, in the order of the tree.

    units: only for these, by number.
    """
    rows = visible(CapabilityResult, by, now).filter(scoring=scoring)
    rows = rows if units is None else rows.filter(unit__in=units)
    return list(rows.select_related("unit").order_by("unit__path", "id"))


def units_scored(scoring: CapabilityScoring, by: Person, now: datetime) -> dict[str, list[int]]:
    """Numbers of the units of each group that this person may see, the shortest of it first."""
    rows = visible(CapabilityResult, by, now).filter(scoring=scoring)
    short = Count("id", filter=Q(outcome=Outcome.NOT_MET))
    found: dict[str, list[int]] = {}
    for group, unit in (
        rows.values("judged_as", "unit_id", "unit__path").annotate(short=short)
        .order_by("-short", "unit__path").values_list("judged_as", "unit_id")
    ):  # fmt: skip
        found.setdefault(group, []).append(unit)
    return found


def scorings_seen(by: Person, now: datetime) -> QuerySet[CapabilityScoring]:
    """The scorings that say something of a unit this person may see, the latest first."""
    mine = visible(CapabilityResult, by, now).filter(scoring=OuterRef("pk")).order_by()
    found = CapabilityScoring.objects.filter(Exists(mine)).select_related("area", "made_by")
    return found.order_by("-made_at", "-id")


def exercises_unscored() -> QuerySet[Exercise]:
    """Exercises after which their area was not scored yet."""
    later = CapabilityScoring.objects.filter(
        area=OuterRef("area"), made_at__gte=OuterRef("recorded_at")
    )
    return Exercise.objects.filter(~Exists(later)).select_related("area").order_by("id")


def deputies_missing() -> QuerySet[CapabilityResult]:
    """What the last scoring that names a unit says of its missing deputies."""
    later = CapabilityResult.objects.filter(
        unit=OuterRef("unit"), capability="deputies", pk__gt=OuterRef("pk")
    )
    rows = CapabilityResult.objects.filter(capability="deputies", outcome=Outcome.NOT_MET)
    return rows.filter(~Exists(later)).select_related("unit", "scoring").order_by("id")


def duties(by: Person, now: datetime) -> list[Duty]:
    """Score an area after its exercise, name deputies that a scoring has missed."""
    mine = charges_of(by, now)
    return [*_to_score(by, mine, now), *_to_appoint(by, mine, now)]


def _to_score(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    by_area: dict[int, Exercise] = {
        exercise.area_id: exercise for exercise in exercises_unscored().filter(area__in=mine)
    }
    return [
        Duty(
            title=_("Score the area after exercise %(number)s") % {"number": exercise.number},
            where=str(exercise.area),
            due_at=None,
            why=_("An exercise was recorded since the area was last scored."),
            room="evaluation",
            verb="score_capability",
            inputs={"area": exercise.area_id},
            subject=exercise.ref,
        )
        for exercise in by_area.values()
        if may(by, "score_capability", exercise.area, now)
    ]


def _to_appoint(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """What the scoring has missed and is missing still."""
    rows = [row for row in deputies_missing().filter(unit__in=mine)
            if may(by, "appoint", row.unit, now)]  # fmt: skip
    if not rows:
        return []
    line = next((c for c in standard(localtime(now).date()) if c.code == "deputies"), None)
    stands = deputies(line, [row.unit for row in rows], now) if line else {}
    return [
        Duty(
            title=_("Name a deputy: %(role)s") % {"role": Role(role).label},
            where=str(row.unit),
            due_at=None,
            why=_("Only one person or nobody holds this role, says the scoring of %(day)s.")
            % {"day": f"{localtime(row.scoring.made_at):%Y-%m-%d}"},
            room="actors",
            verb="appoint",
            inputs={"unit": row.unit_id, "role": role},
            subject=row.ref,
        )
        for row in rows
        for role in stands[row.unit_id].missing
    ]
