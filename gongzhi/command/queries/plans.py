"""Plans as values, whom their orders reach, and what would happen if one were activated now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongzhi.actors.models import Delegation, Kind, Person, Post, Role, Unit
from gongzhi.actors.policies import Authority, power_name
from gongzhi.actors.queries import after, government_above, units_below
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Activation, ContingencyPlan
from gongzhi.command.plan_file import PlanFile, Problem, Words, check_plan
from gongzhi.command.plan_orders import Compilation, Compiled, Member, compile_plan
from gongzhi.command.plan_values import AREA_TIERS, PlanOrder
from gongzhi.decision.queries import level_over
from gongzhi.errors import NotNow
from gongzhi.parameters import parameter
from gongzhi.sensing.models import Level, Warning


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
    language = (get_language() or "zh-hans").lower()
    if language.startswith("en"):
        return words.en
    return words.hant if language.startswith("zh-hant") else words.hans


# Whom the orders reach ----------------------------------------------------------------------


@dataclass(frozen=True)
class Reached:
    """The orders of a plan for an area, with the units they go to by path."""

    compilation: Compilation
    units: dict[str, Unit]


def orders_for(plan: PlanFile, area: Unit) -> Reached:
    """Compile a plan for all units of an area, the area itself included."""
    units = {unit.path: unit for unit in _units_meant(plan, area)}
    members = [
        Member(unit.path, _home(unit), unit.kind, unit.tier, unit.subject)
        for unit in units.values()
    ]
    return Reached(compile_plan(plan, members), units)


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


def acting_unit(authority: Authority) -> Unit:
    """The unit for which somebody acts: that of the post, or the one a power is lent to."""
    source, _colon, number = authority.source.partition(":")
    if source == "post":
        return Post.objects.select_related("unit").get(pk=number).unit
    return Delegation.objects.select_related("borrower").get(pk=number).borrower


# What would happen --------------------------------------------------------------------------


@dataclass(frozen=True)
class TriggerState:
    """What a trigger asks and what is found in the incident's area: open warnings, the grade."""

    red: int
    yellow: int
    grade: int | None
    reached: tuple[str, ...]

    def __str__(self) -> str:
        facts = {"red": self.red, "yellow": self.yellow, "grade": self.grade or "–"}
        if self.reached:
            return (
                _(
                    "The trigger is reached: %(red)s red and %(yellow)s yellow warnings, "
                    "response level %(grade)s."
                )
                % facts
            )
        return (
            _(
                "The trigger is not reached: %(red)s red and %(yellow)s yellow warnings, "
                "response level %(grade)s."
            )
            % facts
        )


def trigger_state(plan: PlanFile, incident: Incident) -> TriggerState:
    """Whether the trigger of a plan is reached in the area of an incident."""
    area = incident.area
    warnings = Warning.objects.filter(
        place__path__gte=area.path, place__path__lt=after(area.path)
    ).exclude(state=Warning.State.ENDED)
    red = warnings.filter(level=Level.RED).count()
    yellow = warnings.filter(level=Level.YELLOW).count()
    level = level_over(area, incident.hazard)
    grade = level.grade if level else None
    reached = plan.trigger.reached(red=red, yellow=yellow, grade=grade)
    return TriggerState(red, yellow, grade, reached)


@dataclass(frozen=True)
class PreviewLine:
    """One order that would be given: to whom, under whom, from when to when."""

    key: str
    title: str
    unit: Unit
    commander: Person
    begins_at: datetime
    due_at: datetime
    waits_for: int
    power: str
    legal_basis: str

    def __str__(self) -> str:
        return f"{localtime(self.due_at):%m-%d %H:%M} · {self.unit} · {self.title}"


@dataclass(frozen=True)
class Preview:
    """What would happen if a plan were activated now; nothing is written.

    Times of orders that wait are those at which they begin and are due if everything before
    them takes all the time allowed. `nobody` names orders that no unit receives,
    `without_receiver` units in which nobody holds a post that could act on them.
    """

    trigger: TriggerState
    lines: tuple[PreviewLine, ...]
    nobody: tuple[str, ...]
    without_receiver: tuple[Unit, ...]
    measures: tuple[tuple[str, datetime], ...]

    def __str__(self) -> str:
        facts = {
            "orders": len(self.lines),
            "units": len({line.unit.pk for line in self.lines}),
            "now": sum(not line.waits_for for line in self.lines),
        }
        said = [
            _("%(orders)s orders to %(units)s units, %(now)s of them at once.") % facts,
            str(self.trigger),
        ]
        if self.nobody:
            said.append(_("No unit receives: %(keys)s.") % {"keys": ", ".join(self.nobody)})
        if self.without_receiver:
            units = ", ".join(str(unit) for unit in self.without_receiver[:10])
            said.append(
                _("Nobody is on duty to receive orders in %(number)s units: %(units)s.")
                % {"number": len(self.without_receiver), "units": units}
            )
        return "\n".join(said)


def what_would_happen(plan: ContingencyPlan, incident: Incident, now: datetime) -> Preview:
    """What activating a plan for an incident would do at this moment; nothing is written."""
    read = plan_of(plan)
    reached = orders_for(read, incident.area)
    commanders = commanders_in(incident.area, now)
    lines = tuple(
        _line(read, entry, reached.units[entry.path], incident, commanders, now)
        for entry in reached.compilation.orders
    )
    measures = tuple((spoken(m.title), now + timedelta(days=m.days)) for m in read.measures)
    return Preview(
        trigger_state(read, incident), lines, reached.compilation.nobody,
        _without_receiver(reached, now), measures,
    )  # fmt: skip


def _line(
    plan: PlanFile,
    entry: Compiled,
    unit: Unit,
    incident: Incident,
    commanders: dict[str, Person],
    now: datetime,
) -> PreviewLine:
    return PreviewLine(
        key=entry.order.key,
        title=spoken(entry.order.title),
        unit=unit,
        commander=commander_over(unit, commanders) or incident.commander,
        begins_at=now + timedelta(minutes=entry.begins),
        due_at=now + timedelta(minutes=entry.due),
        waits_for=len(entry.waits),
        power=power_name("activate_plan"),
        legal_basis=entry.order.legal_basis or plan.legal_basis,
    )


def _without_receiver(reached: Reached, now: datetime) -> tuple[Unit, ...]:
    """Units in which nobody holds a post that could take one of the orders given to them."""
    able = parameter("powers.answer_order", localtime(now).date()).value["roles"]
    ids = [unit.pk for unit in reached.units.values()]
    posts = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        unit__in=ids, starts_at__lte=now, person__is_active=True,
    )  # fmt: skip
    held = {(unit, role) for unit, role in posts.values_list("unit", "role")}
    lonely = {
        entry.path
        for entry in reached.compilation.orders
        if not any((reached.units[entry.path].pk, role) in held for role in _asked(entry, able))
    }
    return tuple(unit for path, unit in reached.units.items() if path in lonely)


def _asked(entry: Compiled, able: list[str]) -> list[str]:
    order: PlanOrder = entry.order
    return [order.to.role] if order.to.role else able


def plans_to_activate(incident: Incident) -> list[tuple[ContingencyPlan, TriggerState]]:
    """Adopted plans for an incident's hazard whose trigger is reached and that are not in force."""
    active = Activation.objects.filter(incident=incident).values("plan__code")
    waiting = plans_adopted().filter(hazard=incident.hazard).exclude(code__in=active)
    states = [(plan, trigger_state(plan_of(plan), incident)) for plan in waiting]
    return [(plan, state) for plan, state in states if state.reached]
