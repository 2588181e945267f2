"""The tests of plans and phases, held against the warnings, the level and the counts of an area."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import after
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Activation, ContingencyPlan, Phase, WindDown
from gongzhi.command.plan_file import PlanFile
from gongzhi.command.plan_values import Counted, Picture
from gongzhi.command.queries.plans import plan_of, plans_adopted
from gongzhi.decision.policies import mode_parameters
from gongzhi.decision.queries import level_over
from gongzhi.sensing.models import Level, Warning
from gongzhi.sensing.queries import streams_of_other_hazards, totals_in


@dataclass(frozen=True)
class TriggerState:
    """What is found in the incident's area, and which tests of the plan's trigger hold."""

    picture: Picture
    reached: tuple[str, ...]

    def __str__(self) -> str:
        found = self.picture
        facts = {"red": found.red, "yellow": found.yellow, "grade": found.grade or "–"}
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


def trigger_state(plan: PlanFile, incident: Incident, now: datetime) -> TriggerState:
    """Whether the trigger of a plan is reached in the area of an incident."""
    picture = picture_of(plan, incident, now)
    return TriggerState(picture, plan.trigger.reached(picture))


def picture_of(plan: PlanFile, incident: Incident, now: datetime) -> Picture:
    """Open warnings, the grade in force and the counts that the tests of a plan ask for.

    Warnings from streams that tell of other hazards only are left out.
    """
    area = incident.area
    warnings = Warning.objects.filter(
        place__path__gte=area.path, place__path__lt=after(area.path)
    ).exclude(state=Warning.State.ENDED)
    warnings = warnings.exclude(stream__in=streams_of_other_hazards(incident.hazard, now))
    levels = list(warnings.values_list("level", flat=True))
    level = level_over(area, incident.hazard)
    return Picture(
        red=levels.count(Level.RED),
        yellow=levels.count(Level.YELLOW),
        grade=level.grade if level else None,
        counted=_counted(area, plan.counts_asked(), now),
    )


def _counted(area: Unit, asked: Iterable[tuple[str, int]], now: datetime) -> Counted:
    """The sums asked for; a stream that nobody counted in those days is left out."""
    today = localtime(now).date()
    found: dict[tuple[str, int], int] = {}
    for stream, days in sorted(asked):
        first = today - timedelta(days=days - 1)
        values = [value for _s, _day, value in totals_in(area, first, today, stream=stream)]
        if values:
            found[stream, days] = sum(values)
    return found


def plans_to_activate(
    incident: Incident, now: datetime
) -> list[tuple[ContingencyPlan, TriggerState]]:
    """Adopted plans for an incident's hazard whose trigger is reached and that are not in force."""
    active = Activation.objects.filter(incident=incident).values("plan__code")
    waiting = plans_adopted().filter(hazard=incident.hazard).exclude(code__in=active)
    states = [(plan, trigger_state(plan_of(plan), incident, now)) for plan in waiting]
    return [(plan, state) for plan, state in states if state.reached]


def needs_emergency(plan: ContingencyPlan, incident: Incident, now: datetime) -> bool:
    """Whether a plan sets measures and the area is in a mode in which none can be set."""
    allowed = mode_parameters(incident.area, now)["measure_days_at_most"]
    return allowed == 0 and bool(plan_of(plan).measures)


def phases_entered(plan: PlanFile, picture: Picture) -> tuple[str, ...]:
    """The phases that begin with the activation: those whose test holds, else the first one."""
    names = tuple(phase.phase for phase in plan.phases if phase.enter.reached(picture))
    return names or tuple(phase.phase for phase in plan.phases[:1])


def activations_to_test() -> QuerySet[Activation]:
    """Plans in force with a phase that is not over, or with something still to be taken back."""
    phases = Phase.objects.exclude(state=Phase.State.OVER).values("activation")
    left = WindDown.objects.exclude(state=WindDown.State.DONE).values("activation")
    found = Activation.objects.filter(pk__in=phases.union(left, all=True))
    return found.select_related("plan", "incident__area").order_by("id")


def phases_due(
    phases: Iterable[Phase], plan: PlanFile, picture: Picture
) -> Iterator[tuple[Phase, Phase.State]]:
    """The state in which the tests put each phase, in turn: later ones look at those before."""
    rows = list(phases)
    states: dict[str, str] = {phase.phase: phase.state for phase in rows}
    for phase in rows:
        state = _phase_due(phase, plan, replace(picture, phases=dict(states)))
        states[phase.phase] = state
        yield phase, state


def _phase_due(phase: Phase, plan: PlanFile, picture: Picture) -> Phase.State:
    """The state in which the tests put a phase; what a person has begun or ended stays so."""
    tests = next(p for p in plan.phases if p.phase == phase.phase)
    if phase.state in (Phase.State.AHEAD, Phase.State.PROPOSED):
        return Phase.State.PROPOSED if tests.enter.reached(picture) else Phase.State.AHEAD
    if phase.state in (Phase.State.BEGUN, Phase.State.LEAVING):
        return Phase.State.LEAVING if tests.leave.passed(picture) else Phase.State.BEGUN
    return Phase.State.OVER


def is_winding_down(
    incident: Incident, plan: PlanFile, states: Iterable[str], picture: Picture
) -> bool:
    """Whether a plan is to be wound down: no phase runs on or is proposed, or the incident is over.

    A plan without phases is over when its trigger is not reached any more.
    """
    if incident.state == Incident.State.CLOSED:
        return True
    found = set(states)
    if not found:
        return not plan.trigger.reached(picture)
    return bool(found & {"leaving", "over"}) and not found & {"begun", "proposed"}
