"""The tests of plans and phases, held against the warnings, the level and the counts of an area."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.assessment.models import Incident
from gongzhi.command.models import Activation, ContingencyPlan, Phase, WindDown
from gongzhi.command.plan_file import PlanFile
from gongzhi.command.plan_values import Picture
from gongzhi.command.queries.pictures import picture_of
from gongzhi.command.queries.plans import plan_of, plans_adopted
from gongzhi.decision.policies import mode_parameters


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
