"""Offer help, ask for hands, plan who is called up, approve it (志愿者上岗)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.reach import Reach
from gongzhi.assessment.models import Incident
from gongzhi.assessment.policies import check_is_open as check_incident_open
from gongzhi.command.models import Order
from gongzhi.fieldwork.hands_policies import (
    check_can_approve,
    check_has_position,
    check_no_other_offer,
    check_nobody_at_work,
    check_offered,
    check_own_offer,
    check_span,
    check_times,
    check_wanted,
)
from gongzhi.fieldwork.hands_queries import over_now, waiting_for
from gongzhi.fieldwork.models import CallUp, CallUpPlan, HelpOffer, HelpWanted, Skill
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.ledger.records import digest

Sentence = Annotated[str, Field(min_length=1, max_length=200)]
Few = Annotated[int, Field(ge=1, le=500)]
AnyUnit = Annotated[Unit, Reach.ANY]


class TimeDraft(BaseModel):
    """A time at which somebody can come."""

    starts_at: datetime
    ends_at: datetime


@deed()
def offer_help(
    *,
    unit: Unit,
    place: AnyUnit,
    skills: Annotated[list[Skill], Field(max_length=20)],
    times: Annotated[list[TimeDraft], Field(min_length=1, max_length=60)],
    reach_km: Annotated[int, Field(ge=1, le=200)] = 6,
    people: Few = 1,
    can_lead: bool = False,
    most_shifts: Annotated[int, Field(ge=1, le=20)] = 2,
    by: Person,
    now: datetime,
) -> HelpOffer:
    """Offer help: what you can do, when, and from which neighbourhood you come.

    To offer is to consent to being called up. No address is asked for; all of it goes when you
    withdraw, or when the times have passed.
    """
    check_may(by, "offer_help", unit, now)
    check_no_other_offer(by)
    check_has_position(place)
    spans = sorted((time.starts_at, time.ends_at) for time in times)
    check_times(spans, now)
    offer = HelpOffer.objects.create(
        unit=unit, place=place, helper=by, skills=sorted({Skill(s).value for s in skills}),
        times=[[a.isoformat(), b.isoformat()] for a, b in spans], reach_km=reach_km, people=people,
        can_lead=can_lead, most_shifts=most_shifts, offered_at=now,
        ends_at=max(ends for _starts, ends in spans),
    )  # fmt: skip
    append(
        verb="fieldwork.offer_help", subject=offer, place=unit, by=by, now=now, people=people,
    )  # fmt: skip
    return offer


@deed()
def withdraw_help(*, offer: HelpOffer, reason: Sentence, by: Person, now: datetime) -> HelpOffer:
    """Withdraw your offer of help: open call-ups fall away, what it told of you is deleted."""
    check_may(by, "offer_help", offer.unit, now)
    check_own_offer(offer, by)
    check_offered(offer)
    check_nobody_at_work(offer)
    left = list(offer.call_ups.filter(state__in=waiting_for()))
    for call_up in left:
        call_up.change(state=CallUp.State.DROPPED_OUT, reason=reason)
    _forget(offer, HelpOffer.State.WITHDRAWN, now)
    append(
        verb="fieldwork.withdraw_help", subject=offer, place=offer.unit, by=by, now=now,
        dropped=len(left),
    )  # fmt: skip
    return offer


def _forget(offer: HelpOffer, state: HelpOffer.State, now: datetime) -> None:
    """An offer that is over tells nothing of the person any more."""
    offer.change(
        state=state, ended_at=now, place=None, skills=[], times=[], can_lead=False, reach_km=0
    )


@deed(by_hand=False)
def end_help_offers(*, by: Person, now: datetime) -> list[HelpOffer]:
    """End the offers of help whose times have passed, and delete what they told."""
    over = take(over_now, now=now)
    for offer in over:
        _forget(offer, HelpOffer.State.ENDED, now)
        append(
            verb="fieldwork.end_help_offer", subject=offer, place=offer.unit, by=by, now=now
        )  # fmt: skip
    return over


@deed()
def ask_for_hands(
    *,
    place: Unit,
    title: Sentence,
    headcount: Few,
    starts_at: datetime,
    ends_at: datetime,
    skill: Skill = Skill.ANYBODY,
    urgency: Annotated[int, Field(ge=1, le=3)] = 2,
    wants_leader: bool = False,
    incident: Incident | None = None,
    order: Order | None = None,
    by: Person,
    now: datetime,
) -> HelpWanted:
    """Ask for hands for a task: how many, who can do it, where, and in which shift."""
    check_may(by, "ask_for_hands", place, now)
    if incident is not None:
        check_incident_open(incident)
    check_has_position(place)
    check_span(starts_at, ends_at, now)
    wanted = HelpWanted.objects.create(
        place=place, incident=incident, order=order, title=title, skill=skill,
        headcount=headcount, urgency=urgency, wants_leader=wants_leader, starts_at=starts_at,
        ends_at=ends_at, asked_by=by, asked_at=now,
    )  # fmt: skip
    append(
        verb="fieldwork.ask_for_hands", subject=wanted, place=place, by=by, now=now,
        incident=incident, count=headcount, skill=str(skill), urgency=urgency,
        starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    return wanted


@deed()
def cancel_hands(*, wanted: HelpWanted, reason: Sentence, by: Person, now: datetime) -> HelpWanted:
    """Cancel a task that asked for hands: who is called up and not at work need not come."""
    check_may(by, "ask_for_hands", wanted.place, now)
    check_wanted(wanted)
    wanted.change(state=HelpWanted.State.CANCELLED, reason_cancelled=reason)
    free = list(wanted.call_ups.filter(state__in=waiting_for()))
    for call_up in free:
        call_up.change(state=CallUp.State.RELEASED)
    append(
        verb="fieldwork.cancel_hands", subject=wanted, place=wanted.place, by=by, now=now,
        reason=reason, released=len(free),
    )  # fmt: skip
    return wanted


@deed()
def plan_call_ups(*, area: Unit, incident: Incident, by: Person, now: datetime) -> CallUpPlan:
    """Propose who is called up to what in an area, with a reason for every task.

    Tasks of the incident are planned, and those of none. Nobody is told before somebody approves
    it. Who has accepted stays; who is called up already is moved only for a good reason.
    """
    from gongzhi.fieldwork import rosters  # with the solver, which nothing but a plan needs

    check_may(by, "call_up", area, now)
    check_incident_open(incident)
    policy, version = rosters.policy_now(now)
    roster = rosters.read(area, incident, rosters.rest_of(policy), now)
    found = rosters.solve(roster, policy, now)
    _supersede(area, incident)
    plan = CallUpPlan.objects.create(
        area=area, incident=incident, summary=rosters.summary_of(roster, found),
        staffing=rosters.lines_of(roster, found), uncalled=rosters.uncalled_of(found),
        released=rosters.released_of(roster, found), policy_version=version, made_by=by,
        made_at=now,
    )  # fmt: skip
    made = CallUp.objects.bulk_create(rosters.call_ups_of(plan, roster, found))
    append(
        verb="fieldwork.plan_call_ups", subject=plan, place=area, by=by, now=now,
        incident=incident.ref, count=len(made), released=len(plan.released), policy=version,
        plan=digest(plan.staffing),
    )  # fmt: skip
    return plan


def _supersede(area: Unit, incident: Incident, besides: CallUpPlan | None = None) -> None:
    """Plans that this one takes the place of; what they only proposed falls away."""
    plans = CallUpPlan.objects.select_for_update().filter(area=area, incident=incident)
    for plan in plans.exclude(state=CallUpPlan.State.SUPERSEDED).order_by("id"):
        if plan.state == CallUpPlan.State.PROPOSED and plan != besides:
            plan.call_ups.filter(state=CallUp.State.PROPOSED).update(state=CallUp.State.RELEASED)
            plan.change(state=CallUpPlan.State.SUPERSEDED)
        elif besides is not None and plan != besides:
            plan.change(state=CallUpPlan.State.SUPERSEDED)


@deed()
def approve_call_ups(*, plan: CallUpPlan, by: Person, now: datetime) -> CallUpPlan:
    """Approve a plan: who is in it is called up, and answers for themselves.

    Whose offer or task is gone since it was made is left out.
    """
    check_may(by, "call_up", plan.area, now)
    plan = CallUpPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    check_can_approve(plan)
    _supersede(plan.area, plan.incident, besides=plan)
    proposed = plan.call_ups.filter(state=CallUp.State.PROPOSED)
    stands = proposed.filter(
        offer__state=HelpOffer.State.OFFERED, wanted__state=HelpWanted.State.OPEN
    )
    called = CallUp.objects.filter(pk__in=list(stands.values_list("pk", flat=True)))
    count = called.update(state=CallUp.State.CALLED, called_at=now)
    proposed.update(state=CallUp.State.RELEASED)
    gone = CallUp.objects.filter(pk__in=plan.released, state=CallUp.State.CALLED)
    released = gone.update(state=CallUp.State.RELEASED)
    plan.change(state=CallUpPlan.State.APPROVED, approved_by=by, approved_at=now)
    append(
        verb="fieldwork.approve_call_ups", subject=plan, place=plan.area, by=by, now=now,
        count=count, released=released,
    )  # fmt: skip
    return plan
