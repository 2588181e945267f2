"""Plans as values, and whom their orders reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Person, Post, Role, Unit
from gongzhi.actors.queries import after, government_above, units_below
from gongzhi.command.models import ContingencyPlan
from gongzhi.command.plan_file import PlanFile, Problem, Words, check_plan
from gongzhi.command.plan_orders import Compilation, Member, compile_plan
from gongzhi.command.plan_values import AREA_TIERS
from gongzhi.errors import NotNow
from gongzhi.writing import tongue


def plans_adopted() -> QuerySet[ContingencyPlan]:
    """Plans that may be activated: the version adopted last of each code."""
    return ContingencyPlan.objects.filter(state=ContingencyPlan.State.ADOPTED).order_by("code")


def plan_library() -> dict[str, str]:
    """The texts of the adopted plans by code: what a draft may include."""
    return dict(plans_adopted().values_list("code", "document"))


@lru_cache(maxsize=128)
def _read(document: str) -> PlanFile | str:
    check = check_plan(document)
    return check.plan or str(check)


def plan_of(plan: ContingencyPlan) -> PlanFile:
    """The plan as a value.

    Errors: `NotNow` when the text was adopted under an older shape that is no longer read.
    """
    read = _read(plan.document)
    if isinstance(read, PlanFile):
        return read
    raise NotNow(
        _("“%(plan)s” is written in a shape that is no longer read (%(why)s). Adopt a new version.")
        % {"plan": plan, "why": read.splitlines()[0]}
    )


def problem_sentence(problem: Problem) -> str:
    """A problem of a plan in the reader's language."""
    return _(problem.text) % dict(problem.facts)


def spoken(words: Words) -> str:
    """A text of a plan in the reader's language."""
    said: str = getattr(words, tongue())
    return said


# Whom the orders reach ----------------------------------------------------------------------


@dataclass(frozen=True)
class Reached:
    """The orders of a plan for an area, with the units they go to by path."""

    compilation: Compilation
    units: dict[str, Unit]


def orders_for(plan: PlanFile, area: Unit, phases: Collection[str] | None = None) -> Reached:
    """Compile a plan for all units of an area, the area itself included.

    phases: only the orders given with these phases, and those of no phase.
    """
    units = {unit.path: unit for unit in _units_meant(plan, area)}
    keys = None
    if phases is not None:
        keys = {key for key, phase in plan.phases_by_key().items() if not phase or phase in phases}
    members = [
        Member(unit.path, _home(unit), unit.kind, unit.tier, unit.subject)
        for unit in units.values()
    ]
    return Reached(compile_plan(plan, members, keys), units)


def _units_meant(plan: PlanFile, area: Unit) -> QuerySet[Unit]:
    """Units that can receive one of the orders: a grid is not read for a plan without grids."""
    wanted = Q(pk__in=[])
    for order in plan.orders:
        each = order.to.each
        is_tier = each in AREA_TIERS
        wanted |= Q(kind=Kind.AREA, tier=each) if is_tier else Q(kind=each)
    return units_below(area).filter(wanted).select_related("parent")


def _home(unit: Unit) -> str:
    if unit.kind == Kind.AREA:
        return unit.path
    if unit.parent is not None and unit.parent.kind == Kind.AREA:
        return unit.parent.path
    upper = government_above(unit)
    return upper.path if upper else unit.path


def commanders_in(area: Unit, now: datetime) -> dict[str, Person]:
    """The commanders of an area, of all units below it and of all tiers above, by unit path.

    With `commander_over`, the same answer as `actors.queries.commander_of`, for many units.
    """
    held = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        Q(unit__path__in=area.ancestor_paths())
        | Q(unit__path__gte=area.path, unit__path__lt=after(area.path)),
        role=Role.COMMANDER, starts_at__lte=now, person__is_active=True,
    )  # fmt: skip
    found: dict[str, Person] = {}
    for post in held.select_related("person", "unit").order_by("-starts_at", "-id"):
        found.setdefault(post.unit.path, post.person)
    return found


def commander_over(unit: Unit, commanders: dict[str, Person]) -> Person | None:
    """The responsible commander of a unit: its own, or that of the next tier up."""
    chain = (commanders.get(path) for path in reversed(unit.ancestor_paths()))
    return next((person for person in chain if person), None)
