"""Propose who gets what, approve it, and propose anew when something changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.assessment.models import Incident
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest
from gongzhi.supply.actions.needs import estimate
from gongzhi.supply.actions.promises import refresh_promises
from gongzhi.supply.facts import Facts, Scope, read_facts
from gongzhi.supply.models import Allocation, MatchRun, Need, NeedLine, Offer
from gongzhi.supply.policies import check_can_approve, check_fits, check_group
from gongzhi.supply.replanning import areas_in_crisis, is_news, scopes_touched

Group = Annotated[str, Field(min_length=1, max_length=40)]


@deed()
def match(
    *, area: Unit, group: Group, incident: Incident | None = None, by: Person, now: datetime
) -> MatchRun:
    """Propose who gets what of one item group in an area, with a reason for every need (供需对接).

    Nothing is promised before somebody approves it. With an incident its needs and those of no
    incident are planned, without one all needs of the area. Of what an earlier plan promised,
    pieces already sent stay where they go, the others move only for a good reason.
    """
    check_may(by, "match_supply", area, now)
    check_group(group)
    scope = Scope(area, group, incident)
    return _propose(scope, _facts(scope, now), by, now)


def _facts(scope: Scope, now: datetime) -> Facts:
    """The facts of a scope, after its unknown amounts were estimated anew."""
    needs = list(scope.needs())
    changed = estimate(needs, now)
    Need.objects.bulk_update(changed, ["estimate", "estimate_basis"], batch_size=500)
    return read_facts(scope, needs, now)


def _propose(scope: Scope, facts: Facts, by: Person, now: datetime) -> MatchRun:
    from gongzhi.supply import planning  # with the solver, which nothing but a plan needs

    policy = planning.policy_now(now)
    plans = planning.solve(planning.to_problem(facts, now), policy)
    _supersede(scope, [MatchRun.State.PROPOSED])
    run = MatchRun.objects.create(
        area=scope.area, incident=scope.incident, group=scope.group,
        policy_version=policy.version, policy=planning.policy_values(policy, now),
        summary=planning.summary_of(facts, plans), facts_digest=facts.digest, made_by=by,
        made_at=now,
    )  # fmt: skip
    lines = NeedLine.objects.bulk_create(planning.lines_of(run, facts, plans))
    given = Allocation.objects.bulk_create(planning.allocations_of(run, plans))
    append(
        verb="supply.match", subject=run, place=scope.area, by=by, now=now, group=scope.group,
        incident=scope.incident, policy=policy.version, lines=len(lines), allocations=len(given),
        pieces=sum(a.quantity for a in given),
        plan=digest([[line.need_id, line.wanted, line.got, line.reason] for line in lines]),
    )  # fmt: skip
    return run


def _supersede(
    scope: Scope, states: list[MatchRun.State], besides: MatchRun | None = None
) -> list[MatchRun]:
    """Let the runs that a plan of this scope takes the place of be superseded."""
    runs = MatchRun.objects.select_for_update(of=("self",)).filter(
        scope.below("area__path"), group=scope.group, state__in=states
    )
    rows = runs.select_related("area").order_by("id")
    gone = [run for run in rows if scope.covers(run) and run != besides]
    for run in gone:
        run.state = MatchRun.State.SUPERSEDED
        run.save(update_fields=["state"])
    return gone


@deed()
def approve_match(*, run: MatchRun, by: Person, now: datetime) -> MatchRun:
    """Approve a plan of who gets what: from now on its quantities are promised.

    Earlier plans of the group are superseded; what they promised and did not send is free again.
    """
    check_may(by, "approve_match", run.area, now)
    locked = MatchRun.objects.select_for_update(of=("self",)).select_related("approved_by")
    run = locked.select_related("area", "incident").get(pk=run.pk)
    check_can_approve(run)
    offers = Offer.objects.select_for_update(of=("self",)).filter(item__group=run.group)
    list(offers.order_by("pk"))
    scope = Scope(run.area, run.group, run.incident)
    earlier = _supersede(scope, [MatchRun.State.PROPOSED, MatchRun.State.APPROVED], besides=run)
    check_fits(run, earlier)
    run.state = MatchRun.State.APPROVED
    run.approved_by, run.approved_at = by, now
    run.save(update_fields=["state", "approved_by", "approved_at"])
    touched = Allocation.objects.filter(run__in=[run, *earlier]).values_list("offer", flat=True)
    refresh_promises(touched)
    append(
        verb="supply.approve_match", subject=run, place=run.area, by=by, now=now, group=run.group,
        superseded=[old.ref for old in earlier if old.approved_at],
        pieces=sum(run.allocations.values_list("quantity", flat=True)),
    )  # fmt: skip
    return run


@deed(by_hand=False)
def rematch_due(*, by: Person, now: datetime) -> list[MatchRun]:
    """Propose new plans where needs or offers changed since the last, in areas with an incident."""
    made = []
    for area, incident in areas_in_crisis():
        check_may(by, "match_supply", area, now)
        for scope in scopes_touched(area, incident, now):
            facts = _facts(scope, now)
            if is_news(scope, facts):
                made.append(_propose(scope, facts, by, now))
    return made
