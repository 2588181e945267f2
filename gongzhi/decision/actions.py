"""Decide, change the response level, set, renew and lift measures, switch the mode."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from gongzhi.actors.discretion import Extent
from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import commander_of
from gongzhi.assessment.models import Assessment, Incident
from gongzhi.assessment.policies import check_is_open
from gongzhi.assessment.queries import dissents_from, facts_of
from gongzhi.decision.contacts import replace_contact
from gongzhi.decision.ends import announced, later_end
from gongzhi.decision.foresight import foreseen_decision, foreseen_level, foreseen_mode
from gongzhi.decision.mode_tests import check_mode_test_or_reason, mode_test
from gongzhi.decision.mode_words import explained_mode
from gongzhi.decision.models import Decision, Measure, Mode, Option, ResponseLevel
from gongzhi.decision.policies import (
    check_active,
    check_belongs,
    check_cost_known,
    check_decision_covers,
    check_end,
    check_mode_changes,
    check_not_standing,
    check_options,
    check_same_hazard,
    check_test_or_reason,
    entry_test,
    exit_test,
    in_mode,
    power_used,
)  # fmt: skip
from gongzhi.decision.queries import (
    level_here,
    measures_lifted_with,
    measures_over,
    measures_to_announce,
    stage_reached,
)  # fmt: skip
from gongzhi.decision.task_forces import (
    announce_task_force_ends,
    dissolve_task_force,
    dissolve_task_forces_due,
    extend_task_force,
    set_up_task_force,
    take_in_member,
)  # fmt: skip
from gongzhi.decision.teams import let_member_go, set_up_joint_team, take_into_team
from gongzhi.errors import NotNow
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.ledger.records import digest
from gongzhi.parameters import parameter

__all__ = [
    "OptionDraft", "announce_ends", "announce_task_force_ends", "change_level", "decide",
    "dissolve_task_force", "dissolve_task_forces_due", "end_level", "end_measures_due",
    "extend_task_force", "let_member_go", "lift_measure", "renew_measure",
    "replace_contact", "set_measure", "set_up_joint_team", "set_up_task_force", "switch_mode",
    "take_in_member", "take_into_team",
]  # fmt: skip

Sentence = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]
MaybeReason = Annotated[str, Field(max_length=300)]


class OptionDraft(BaseModel):
    """One way that was weighed."""

    title: Sentence
    effect: MaybeReason = ""
    burden: MaybeReason = ""
    cost_cents: Annotated[int, Field(ge=0, le=10**15)] | None = None
    chosen: bool = False
    reason_refused: MaybeReason = ""


@deed(asks_above="decide", foresees=foreseen_decision)
def decide(
    *,
    incident: Incident,
    assessment: Assessment,
    title: Sentence,
    reason: Words,
    legal_basis: Reason,
    options: Annotated[list[OptionDraft], Field(min_length=1, max_length=12)],
    by: Person,
    now: datetime,
) -> Decision:
    """Choose one option, keep the others with the reason, store the facts that were seen."""
    costs = [o.cost_cents for o in options if o.chosen]
    extent = in_mode(Extent(cents=sum(c or 0 for c in costs)), "decide", incident.area, now)
    authority = check_may(by, "decide", incident.area, now, extent)
    check_cost_known(by, incident.area, costs, now)
    check_is_open(incident)
    check_belongs(incident, assessment)
    check_options([o.chosen for o in options], [o.reason_refused for o in options])
    dissents = dissents_from(assessment)
    snapshot = facts_of(incident, now) | {"dissents": [[d.ref, d.text_digest] for d in dissents]}
    decision = Decision.objects.create(
        incident=incident, assessment=assessment, title=title, reason=reason,
        power=str(authority), legal_basis=legal_basis,
        commander=commander_of(incident.area, now) or by, snapshot=snapshot,
        snapshot_digest=digest(snapshot), decided_by=by, decided_at=now,
    )  # fmt: skip
    Option.objects.bulk_create(Option(decision=decision, **o.model_dump()) for o in options)
    append(
        verb="decision.decide", subject=decision, place=incident.area, by=by, now=now,
        incident=incident.ref, assessment=assessment.ref, title=title, power=str(authority),
        legal_basis=legal_basis, snapshot=decision.snapshot_digest,
        options=[[o.title, o.chosen, o.reason_refused] for o in options],
        dissents=[d.ref for d in dissents],
    )  # fmt: skip
    return decision


@deed(asks_above="change_level", foresees=foreseen_level)
def change_level(
    *,
    decision: Decision,
    area: Unit,
    grade: ResponseLevel.Grade,
    override_reason: MaybeReason = "",
    by: Person,
    now: datetime,
) -> ResponseLevel:
    """Enter a response level; the one in force for this hazard ends with it."""
    power = power_used(by, "change_level", area, now)
    check_is_open(decision.incident)
    check_decision_covers(decision, area)
    hazard = decision.incident.hazard
    current = level_here(area, hazard)
    if current is not None and current.grade == grade:
        raise NotNow(_("This level is in force already. There is nothing to change."))
    test = entry_test(area, grade, now)
    easing = current is not None and grade > current.grade
    asked = exit_test(current, now) if easing and current is not None else test
    check_test_or_reason(asked, override_reason)
    if current is not None:
        _end_level(current, decision, exit_test(current, now), now)
    level = ResponseLevel.objects.create(
        area=area, hazard=hazard, grade=grade, decision=decision,
        entry_test={**test, "reason": override_reason}, exit_test={}, starts_at=now,
    )  # fmt: skip
    append(
        verb="decision.change_level", subject=level, place=area, by=by, now=now, grade=int(grade),
        before=current.grade if current else None, decision=decision.ref, test=asked,
        reason=override_reason, power=power,
    )  # fmt: skip
    return level


@deed(asks_above="change_level")
def end_level(
    *,
    level: ResponseLevel,
    decision: Decision,
    override_reason: MaybeReason = "",
    by: Person,
    now: datetime,
) -> ResponseLevel:
    """Leave a response level altogether, when its exit test is passed or with a reason."""
    power = power_used(by, "change_level", level.area, now)
    check_decision_covers(decision, level.area)
    check_same_hazard(decision, level)
    if level.ended_at is not None:
        raise NotNow(_("This level has ended already. There is nothing left to do."))
    test = exit_test(level, now)
    check_test_or_reason(test, override_reason)
    _end_level(level, decision, {**test, "reason": override_reason}, now)
    append(
        verb="decision.end_level", subject=level, place=level.area, by=by, now=now,
        decision=decision.ref, test=test, reason=override_reason, power=power,
    )  # fmt: skip
    return level


def _end_level(
    level: ResponseLevel, decision: Decision, test: dict[str, object], now: datetime
) -> None:
    level.ended_at, level.ended_by_decision, level.exit_test = now, decision, test
    level.save(update_fields=["ended_at", "ended_by_decision", "exit_test"])


@deed(asks_above="set_measure")
def set_measure(
    *,
    decision: Decision,
    area: Unit,
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,38}$")],
    title: Sentence,
    ends_at: datetime,
    by: Person,
    now: datetime,
) -> Measure:
    """Put a measure in force until a time; it dies then by itself."""
    power = power_used(by, "set_measure", area, now, ends_at - now)
    check_is_open(decision.incident)
    check_decision_covers(decision, area)
    check_end(now, ends_at, area, now)
    check_not_standing(decision.incident, area, kind, title, now)
    measure = Measure.objects.create(
        decision=decision, area=area, kind=kind, title=title, starts_at=now, ends_at=ends_at,
        announced_minutes=stage_reached(ends_at, now),
    )  # fmt: skip
    append(
        verb="decision.set_measure", subject=measure, place=area, by=by, now=now, kind=kind,
        title=title, ends_at=ends_at, decision=decision.ref, power=power,
    )  # fmt: skip
    return measure


@deed(asks_above="set_measure")
def renew_measure(
    *, measure: Measure, ends_at: datetime, reason: Reason, by: Person, now: datetime
) -> Measure:
    """Let a measure in force run to a later end, with the reason."""
    lasts = ends_at - measure.starts_at
    power = power_used(by, "set_measure", measure.area, now, lasts)
    check_active(measure, now)
    check_end(now, ends_at, measure.area, now)
    if ends_at <= measure.ends_at:
        raise NotNow(_("It runs until then anyway. Give a later end, or lift it."))
    measure.change(
        renewals=[*measure.renewals, later_end(ends_at, reason, by, now)],
        ends_at=ends_at, announced_minutes=stage_reached(ends_at, now),
    )  # fmt: skip
    append(
        verb="decision.renew_measure", subject=measure, place=measure.area, by=by, now=now,
        ends_at=ends_at, reason=reason, power=power,
    )  # fmt: skip
    return measure


@deed(asks_above="set_measure")
def lift_measure(*, measure: Measure, reason: Reason, by: Person, now: datetime) -> Measure:
    """End a measure before its date, with the reason."""
    power = power_used(by, "set_measure", measure.area, now)
    check_active(measure, now)
    _end_measure(measure, Measure.State.LIFTED, reason, by, now, power)
    return measure


def _end_measure(
    measure: Measure, state: Measure.State, reason: str, by: Person, now: datetime, power: str
) -> None:
    measure.change(state=state, ended_at=now, reason_ended=reason)
    append(
        verb="decision.end_measure", subject=measure, place=measure.area, by=by, now=now,
        state=state, reason=reason, should_end_at=measure.ends_at, power=power,
    )  # fmt: skip


@deed(by_hand=False)
def announce_ends(*, by: Person, now: datetime) -> list[Measure]:
    """Announce every measure whose end is near, once for each stage ahead of it."""
    return announced(
        measures_to_announce(now), lambda measure: measure.area, by, now,
        verb="decision.announce_end",
    )  # fmt: skip


@deed(by_hand=False)
def end_measures_due(*, by: Person, now: datetime) -> list[Measure]:
    """Let every measure die whose end has come (落日)."""
    over = take(measures_over, now=now)
    for measure in over:
        _end_measure(measure, Measure.State.EXPIRED, "end date reached", by, now, "")
    return over


@deed(asks_above="switch_mode", foresees=foreseen_mode, explains=explained_mode)
def switch_mode(
    *,
    decision: Decision,
    area: Unit,
    mode: Mode.ModeKind,
    override_reason: MaybeReason = "",
    by: Person,
    now: datetime,
) -> Mode:
    """Switch an area to emergency or back to normal, everything together (平急转换).

    Into an emergency only while the incident is open. Going back lifts every measure of the area
    that is still in force, but for those of places below that declared an emergency of their own.
    """
    power = power_used(by, "switch_mode", area, now)
    if mode == Mode.ModeKind.EMERGENCY:
        check_is_open(decision.incident)
    check_decision_covers(decision, area)
    check_mode_changes(area, mode)
    test = mode_test(decision, area, mode, now)
    check_mode_test_or_reason(test, mode, override_reason)
    rule = parameter(f"modes.{mode}", localtime(now).date())
    Mode.objects.filter(area=area, ended_at=None).update(ended_at=now)
    new = Mode.objects.create(
        area=area, mode=mode, decision=decision, parameters=dict(rule.value), starts_at=now,
        switch_test={**test, "reason": override_reason},
    )  # fmt: skip
    lifted = _lift_all(area, by, now, power) if mode == Mode.ModeKind.NORMAL else 0
    append(
        verb="decision.switch_mode", subject=new, place=area, by=by, now=now, mode=mode,
        parameters=new.parameters, version=rule.version, decision=decision.ref, lifted=lifted,
        test=test, reason=override_reason, power=power,
    )  # fmt: skip
    return new


def _lift_all(area: Unit, by: Person, now: datetime, power: str) -> int:
    active = list(measures_lifted_with(area))
    for measure in active:
        _end_measure(measure, Measure.State.LIFTED, "the area went back to normal", by, now, power)
    return len(active)
