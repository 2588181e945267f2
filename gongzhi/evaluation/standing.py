"""What the records show as they stand now: drills held, deputies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from gongzhi.actors.models import Post, Role, Unit
from gongzhi.command.models import Exercise
from gongzhi.command.queries import plans_adopted
from gongzhi.evaluation.standard import Capability, group_of


@dataclass
class Stand:
    """How many of the things asked for are there, and the codes of those that are not."""

    good: int = 0
    total: int = 0
    missing: list[str] = field(default_factory=list)

    def add(self, code: str, is_there: bool) -> None:
        """Count one more thing asked for."""
        self.total += 1
        self.good += is_there
        if not is_there:
            self.missing.append(code)


def _held(units: list[Unit], now: datetime) -> dict[int, list[Post]]:
    """The posts held now in each of the units."""
    posts = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), unit__in=units, starts_at__lte=now,
        person__is_active=True,
    ).exclude(role=Role.CLOCK)  # fmt: skip
    found: dict[int, list[Post]] = defaultdict(list)
    for post in posts.order_by("id"):
        found[post.unit_id].append(post)
    return found


def deputies(capability: Capability, units: list[Unit], now: datetime) -> dict[int, Stand]:
    """Of the roles that each unit must have, those that two people hold."""
    held = _held(units, now)
    found: dict[int, Stand] = {}
    for unit in units:
        stand = found[unit.pk] = Stand()
        people = {(post.role, post.person_id) for post in held[unit.pk]}
        numbers = Counter(role for role, _person in people)
        for role in capability.roles.get(group_of(unit), ()):
            stand.add(role, numbers[role] > 1)
    return found


def drills(capability: Capability, units: list[Unit], now: datetime) -> dict[int, Stand]:
    """Of the hazards with an adopted plan, those exercised lately with the unit's own people.

    A rehearsal that the system played alone exercises nobody.
    """
    hazards = sorted(set(plans_adopted().values_list("hazard", flat=True)))
    held = exercises_within(capability, now)
    paths = dict(Unit.objects.filter(code__in=_present(held)).values_list("code", "path"))
    found: dict[int, Stand] = {}
    for unit in units:
        stand = found[unit.pk] = Stand()
        mine = {e.hazard for e in held if _took_part(e, unit, paths)}
        for hazard in hazards:
            stand.add(hazard, hazard in mine)
    return found


def exercises_within(capability: Capability, now: datetime) -> list[Exercise]:
    """The exercises recorded so lately that they still show something, the first one first."""
    held = Exercise.objects.filter(recorded_at__gt=now - capability.within, recorded_at__lte=now)
    return list(held.select_related("area").order_by("recorded_at", "id"))


def present_in(exercise: Exercise) -> list[str]:
    """Codes of the units whose teams played themselves; none where the record does not say."""
    return list(exercise.score.get("present", ()))


def _present(held: Iterable[Exercise]) -> set[str]:
    return {code for exercise in held for code in present_in(exercise)}


def _took_part(exercise: Exercise, unit: Unit, paths: dict[str, str]) -> bool:
    """Whether the unit, or for a government one below it, played itself."""
    played = present_in(exercise)
    return any(paths.get(code, "").startswith(unit.path) for code in played)


STANDS: dict[str, Callable[[Capability, list[Unit], datetime], dict[int, Stand]]] = {
    "drills_held": drills,
    "deputies": deputies,
}
"""What is read from the records as they stand, by the code of the capability."""
