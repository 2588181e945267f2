"""Adopt a contingency plan, and put one into force: the plan becomes orders."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.actors.policies import authority_of, check_may
from gongzhi.assessment.models import Hazard, Incident
from gongzhi.command.actions.giving import give_orders
from gongzhi.command.models import Activation, ContingencyPlan, Phase, WindDown
from gongzhi.command.plan_file import PlanFile, check_plan
from gongzhi.command.policies import (
    check_can_activate,
    check_is_new,
    check_may_adopt,
    check_reaches_somebody,
)
from gongzhi.command.queries import (
    MeasureAhead,
    extent_of,
    foreseen_activation,
    measures_ahead,
    orders_for,
    phases_entered,
    plan_library,
    plan_of,
    problem_sentence,
    trigger_state,
)
from gongzhi.decision.actions import renew_measure, set_measure
from gongzhi.decision.models import Decision
from gongzhi.decision.policies import in_mode
from gongzhi.errors import Malformed, NotNow
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed

Document = Annotated[str, Field(min_length=1, max_length=60_000)]


@deed()
def adopt_plan(*, document: Document, by: Person, now: datetime) -> ContingencyPlan:
    """Adopt a plan file; the version before it retires (预案).

    What the plan includes of other adopted plans is written out: the text kept is complete.
    Errors: `Malformed` with a sentence for each line that is wrong; `NotNow` when this
    version is adopted already.
    """
    place = check_may_adopt(by, now)
    plan, document = _understood(document)
    digest = hashlib.sha256(document.encode()).hexdigest()
    check_is_new(plan.code, plan.version, digest)
    earlier = ContingencyPlan.objects.filter(code=plan.code, state=ContingencyPlan.State.ADOPTED)
    retired = sorted(earlier.values_list("version", flat=True))
    earlier.update(state=ContingencyPlan.State.RETIRED)
    adopted = _kept(plan, document, digest, by, now)
    append(
        verb="command.adopt_plan", subject=adopted, place=place, by=by, now=now, code=plan.code,
        version=plan.version, digest=digest, orders=len(plan.orders), retired=retired,
    )  # fmt: skip
    return adopted


def _understood(document: str) -> tuple[PlanFile, str]:
    """The plan, and its text with what it includes written out."""
    check = check_plan(document, plan_library())
    if check.plan is not None:
        return check.plan, check.document
    lines = [
        _("Line %(line)s, column %(column)s: %(sentence)s")
        % {"line": p.line, "column": p.column, "sentence": problem_sentence(p)}
        for p in check.problems
    ]
    raise Malformed(
        _("The plan has %(number)s problems. The first: %(first)s Mend them and adopt it again.")
        % {"number": len(lines), "first": lines[0]},
        details={"document": "\n".join(lines)},
    )


def _kept(plan: PlanFile, document: str, digest: str, by: Person, now: datetime) -> ContingencyPlan:
    try:
        with transaction.atomic():
            return ContingencyPlan.objects.create(
                code=plan.code, version=plan.version, title=plan.title.hans,
                title_hant=plan.title.hant, title_en=plan.title.en, hazard=Hazard(plan.hazard),
                document=document, digest=digest, adopted_by=by, adopted_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise NotNow(
            _("Somebody has just adopted another version of “%(code)s”. Look at it first.")
            % {"code": plan.code}
        ) from None


@deed(asks_above="activate_plan", foresees=foreseen_activation)
def activate_plan(
    *,
    plan: ContingencyPlan,
    incident: Incident,
    decision: Decision,
    with_measures: bool = True,
    by: Person,
    now: datetime,
) -> Activation:
    """Put a plan into force: every matching unit of the incident's area gets its order (预案启动).

    Orders that wait for nothing are issued at once; the others wait and say for what. Phases
    whose test does not hold yet are begun by `begin_phase`. Beyond one's limits one asks above.
    """
    authority_of(by, "activate_plan", incident.area, now)
    incident = _locked(incident)
    check_can_activate(plan, incident, decision)
    read = plan_of(plan)
    trigger = trigger_state(read, incident, now)
    begun = phases_entered(read, trigger.picture)
    reached = orders_for(read, incident.area, begun)
    check_reaches_somebody(plan, incident, reached)
    ahead = measures_ahead(read, incident, now) if with_measures else []
    extent = extent_of(reached, incident.area, ahead)
    in_this_mode = in_mode(extent, "activate_plan", incident.area, now)
    authority = check_may(by, "activate_plan", incident.area, now, in_this_mode)
    activation = Activation.objects.create(
        plan=plan, incident=incident, decision=decision, activated_by=by, activated_at=now
    )
    given = give_orders(activation, read, reached, authority, now, {})
    _keep_phases(activation, read, begun, by, now)
    _set_measures(ahead, activation, by, now)
    append(
        verb="command.activate_plan", subject=activation, place=incident.area, by=by, now=now,
        plan=f"{plan.code} {plan.version}", digest=plan.digest, incident=incident.ref,
        decision=decision.ref, power=str(authority), nobody=reached.compilation.nobody,
        trigger=trigger.reached, phases=begun, measures=len(ahead), cost_cents=extent.cents,
        **given.facts,
    )  # fmt: skip
    return activation


def _keep_phases(
    activation: Activation, plan: PlanFile, begun: Sequence[str], by: Person, now: datetime
) -> None:
    """Keep the phases of the plan, begun or still to come, and what it takes back at the end."""
    phases = [
        Phase(
            activation=activation, phase=phase.phase, tested_at=now,
            state=Phase.State.BEGUN if phase.phase in begun else Phase.State.AHEAD,
            begun_by=by if phase.phase in begun else None,
            begun_at=now if phase.phase in begun else None,
        )
        for phase in plan.phases
    ]  # fmt: skip
    Phase.objects.bulk_create(phases)
    WindDown.objects.bulk_create(
        WindDown(
            activation=activation, title=words.hans, title_hant=words.hant, title_en=words.en,
            tested_at=now,
        )
        for words in plan.wind_down
    )  # fmt: skip


def _locked(incident: Incident) -> Incident:
    """The incident as it is now; two who activate for it at once do so one after the other."""
    rows = Incident.objects.select_for_update(of=("self",))
    return rows.select_related("area", "commander").get(pk=incident.pk)


def _set_measures(
    ahead: Sequence[MeasureAhead], activation: Activation, by: Person, now: datetime
) -> None:
    """Put the measures of a plan in force; one that stands there already is renewed if need be."""
    reason = _("Put into force: %(plan)s") % {"plan": activation.plan}
    for one in ahead:
        if one.standing is None:
            set_measure(
                decision=activation.decision, area=activation.incident.area,
                kind=one.measure.kind, title=one.measure.title.hans, ends_at=one.ends_at,
                by=by, now=now,
            )  # fmt: skip
        elif one.is_renewed:
            renew_measure(measure=one.standing, ends_at=one.ends_at, reason=reason, by=by, now=now)
