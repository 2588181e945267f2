"""Everything that waits for somebody in the whole house, and whom it asks.

`duties` of a room answers “what is asked of this person?”. To ask it of each of some thousand
people after every deed is too slow; this is the same question the other way round, one query for
each kind of thing and all people together. It names at least everybody who has the duty and may
name a few who have not: who wants to know then asks for their duties. A test holds the two against
each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from gongzhi.actors.models import STEP, AccessNotice, EmergencyAccess, PowerRequest, UseReview
from gongzhi.assessment.models import Dissent, Incident
from gongzhi.command.models import CallAnswer, Order, Phase, StreetCall, WindDown
from gongzhi.command.queries import (
    BUSY,
    NEXT,
    RUNNING,
    needs_emergency,
    orders_left,
    plans_to_activate,
)
from gongzhi.decision.models import Measure, TaskForce
from gongzhi.decision.queries import minutes_ahead
from gongzhi.evaluation.capability import deputies_missing, exercises_unscored
from gongzhi.evaluation.models import Finding
from gongzhi.exchange.models import Load, Row
from gongzhi.fieldwork.models import CallUp, CallUpPlan, Task
from gongzhi.fieldwork.queries import STANDING
from gongzhi.messages.models import CallDown
from gongzhi.parameters import minutes
from gongzhi.sensing.models import Report, Signal, SignalClimb, Warning
from gongzhi.supply.facts import OPEN, sendable
from gongzhi.supply.lists.queries import lists_to_confirm
from gongzhi.supply.models import (
    Allocation,
    Dispatch,
    ListPart,
    MatchRun,
    Need,
    PriceFlag,
    PriceReport,
)


class Waiting(NamedTuple):
    """A record that waits for a deed, and whom it asks.

    whom: the path of a unit, or the reference of a person (`person:7`). since: what has changed
    where the same deed is asked of others, or anew.
    """

    room: str
    verb: str
    record: str
    whom: str
    since: str = ""


def things_waiting(now: datetime) -> set[Waiting]:
    """All that waits in the house at a moment."""
    found = {thing for kind in _kinds(now) for thing in _asked(*kind)}
    found |= {above for kind in _kinds_for_all_above(now) for above in _asked_above(*kind)}
    return found | set(_plans(now))


Kind = tuple[str, QuerySet[Any], tuple[str, ...]]
"""What is asked (“room.verb/since”), the records, and the fields that name a path or a person."""


def _asked(name: str, records: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[Waiting]:
    deed, _slash, since = name.partition("/")
    room, _dot, verb = deed.partition(".")
    label = records.model._meta.label
    for pk, *found in records.order_by().values_list("pk", *fields):
        for one in found:
            if one is not None:
                whom = one if isinstance(one, str) else f"person:{one}"
                yield Waiting(room, verb, f"{label}:{pk}", whom, since)


def _asked_above(name: str, records: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[Waiting]:
    """The same, of each unit and of all above it."""
    for thing in _asked(name, records, fields):
        for end in range(STEP, len(thing.whom) + 1, STEP):
            yield thing._replace(whom=thing.whom[:end])


def _kinds(now: datetime) -> Iterator[Kind]:
    yield from _of_power(now)
    yield from _of_assessing_and_deciding(now)
    yield from _of_orders(now)
    yield from _of_calls()
    yield from _of_goods_and_visits(now)


def _of_power(now: datetime) -> Iterator[Kind]:
    requests = PowerRequest.objects.filter(state=PowerRequest.State.OPEN)
    yield "actors.grant_request", requests, ("to_unit__path", "climbs__silent__path")
    reviews = UseReview.objects.filter(state=UseReview.State.OPEN)
    yield "actors.review_use", reviews, ("to_unit__path", "climbs__silent__path")
    looked = EmergencyAccess.objects.filter(noticed_at=None)
    yield "actors.read_access_notice", looked, ("keeper__path", "concerned")
    owed = AccessNotice.objects.filter(state__in=("due", "nobody_in"), code_key__isnull=False)
    yield (
        "actors.hand_over_notice",
        owed,
        ("access__keeper__path", "to_unit__path", "climbs__silent__path"),
    )
    unreviewed = EmergencyAccess.objects.filter(state=EmergencyAccess.State.OPEN)
    yield "actors.review_access", unreviewed, ("to_unit__path",)
    loads = Load.objects.filter(row_set__state=Row.State.QUARANTINED)
    yield "exchange.release_row", loads, ("dataset__supplier__path",)


def _of_assessing_and_deciding(now: datetime) -> Iterator[Kind]:
    warnings = Warning.objects.filter(state=Warning.State.ISSUED)
    yield "sensing.acknowledge_warning", warnings, ("place__path", "climbed_to__path")
    climbed = SignalClimb.objects.filter(signal__state=Signal.State.OPEN)
    yield "sensing.judge_signal/climbed", climbed, ("to_unit__path",)
    taken = Report.objects.filter(state=Report.State.CLAIMED)
    yield "sensing.raise_signal", taken, ("claimed_by",)
    open_ones = Incident.objects.filter(state=Incident.State.OPEN)
    yield "assessment.assess", open_ones.filter(assessments=None), ("area__path",)
    unread = Dissent.objects.filter(copies__read_at=None)
    yield "assessment.read_dissent", unread, ("copies__unit__path",)
    undecided = open_ones.filter(assessments__isnull=False, decisions=None)
    yield "decision.decide", undecided, ("area__path",)
    last = now + timedelta(minutes=minutes_ahead(now)[-1])
    forces = TaskForce.objects.filter(
        state=TaskForce.State.ACTIVE, ends_at__gt=now, ends_at__lte=last
    )
    yield "decision.extend_task_force", forces, ("area__path",)
    closed = Incident.objects.filter(state=Incident.State.CLOSED, reviews=None)
    yield "evaluation.review", closed, ("area__path",)
    findings = Finding.objects.filter(state=Finding.State.OPEN)
    yield "evaluation.answer_finding", findings, ("unit__path",)
    yield "evaluation.score_capability", exercises_unscored(), ("area__path",)
    yield "actors.appoint", deputies_missing(), ("unit__path",)


def _of_orders(now: datetime) -> Iterator[Kind]:
    for state, verb in (("issued", "accept_order"), ("accepted", "finish_order")):
        yield f"command.{verb}", Order.objects.filter(state=state), ("unit__path",)
    offered = Order.objects.exclude(offered_to=None)
    yield "command.take_over_order", offered, ("offered_to__path",)
    late = Order.objects.filter(state__in=RUNNING, due_at__lte=now)
    yield "command.extend_order", late, ("climbs__to_unit__path",)
    yield "command.follow_up_climb", late, ("climbs__to_unit__path",)
    failed = Order.objects.filter(state=Order.State.FAILED)
    yield "command.reissue_order", failed, ("issuer__path",)
    yield "command.amend_order", orders_left(), ("issuer__path",)
    behind = Order.objects.filter(
        state=Order.State.WAITING, prerequisites__state=Order.State.WITHDRAWN
    )
    yield "command.release_order", behind, ("issuer__path",)
    for phase, verb in ((Phase.State.PROPOSED, "begin_phase"), (Phase.State.LEAVING, "end_phase")):
        phases = Phase.objects.filter(state=phase, activation__incident__state="open")
        yield f"command.{verb}", phases, ("activation__incident__area__path",)
    items = WindDown.objects.filter(state=WindDown.State.DUE)
    yield "command.take_back", items, ("activation__incident__area__path",)
    unread = CallDown.objects.filter(state=CallDown.State.OPEN)
    yield "messages.note_call", unread, ("calling_unit__path",)


def _of_calls() -> Iterator[Kind]:
    standing = CallAnswer.objects.filter(call__state=StreetCall.State.OPEN)
    for state, verb in NEXT.items():
        yield f"command.{verb}/{state}", standing.filter(state=state), ("department__path",)
    for state in (CallAnswer.State.WAITING, CallAnswer.State.NOT_MINE):
        unruled = standing.filter(state=state)
        yield f"command.rule_call/{state}", unruled, ("climbs__to_unit__path",)
    for state in BUSY:
        stuck = standing.filter(state=state)
        yield f"command.follow_up_climb/{state}", stuck, ("climbs__to_unit__path",)
    ruled = CallAnswer.objects.filter(overruled_by__isnull=False, ruling_read_at=None)
    yield "command.read_ruling", ruled, ("department__path",)
    done = CallAnswer.objects.filter(state=CallAnswer.State.DONE, score=None)
    yield "command.score_answer", done, ("call__caller__path",)
    at_work = standing.filter(state__in=list(NEXT))
    over = StreetCall.objects.filter(state=StreetCall.State.OPEN)
    yield "command.close_call", over.exclude(pk__in=at_work.values("call")), ("caller__path",)


def _of_goods_and_visits(now: datetime) -> Iterator[Kind]:
    unknown = Need.objects.filter(state__in=OPEN, quantity=None)
    yield "supply.confirm_amount", unknown, ("unit__path",)
    yield "supply.confirm_list", lists_to_confirm(), ("unit__path",)
    unnamed = ListPart.objects.filter(state=ListPart.State.TRIAGE)
    yield "supply.name_part", unnamed, ("need_list__desk__path",)
    proposed = MatchRun.objects.filter(state=MatchRun.State.PROPOSED)
    yield "supply.approve_match", proposed, ("area__path",)
    yield "supply.dispatch", sendable(Allocation.objects.all()), ("offer__unit__path",)
    coming = Dispatch.objects.filter(state=Dispatch.State.SENT)
    yield "supply.receive_goods", coming, ("allocation__need__unit__path",)
    yield from _of_prices(now)
    tasks = Task.objects.filter(state__in=STANDING)
    yield "fieldwork.record_visit", tasks.filter(team=None), ("worker",)
    of_teams = tasks.filter(team__isnull=False)
    yield "fieldwork.finish_task", of_teams, ("worker",)
    untaken = of_teams.filter(state=Task.State.TO_TAKE)
    yield "fieldwork.take_up_task", untaken, ("team__unit__path",)
    yield "fieldwork.hand_over_task", of_teams, ("team__unit__path", "team__area__path")
    late = of_teams.filter(due_at__lte=now)
    yield "fieldwork.hand_over_task/late", late, ("team__unit__path", "climbs__to_unit__path")
    called = CallUp.objects.filter(state=CallUp.State.CALLED, wanted__ends_at__gt=now)
    yield "fieldwork.accept_call_up", called, ("offer__helper",)
    plans = CallUpPlan.objects.filter(state=CallUpPlan.State.PROPOSED)
    yield "fieldwork.approve_call_ups", plans, ("area__path",)


def _of_prices(now: datetime) -> Iterator[Kind]:
    state = PriceFlag.State
    raised = PriceFlag.objects.filter(state=state.RAISED)
    yield "supply.ask_invoices", raised, ("incident__area__path",)
    asked = PriceFlag.objects.filter(state=state.ASKED)
    yield "supply.hand_in_invoices", asked, ("seller__path",)
    over = Q(state=state.HANDED_IN) | Q(state=state.ASKED, due_at__lte=now)
    yield "supply.judge_price", PriceFlag.objects.filter(over), ("incident__area__path",)
    appeals = PriceReport.objects.filter(state=PriceReport.State.APPEALED)
    yield "supply.decide_price_appeal", appeals, ("to_unit__path", "climbs__silent__path")


def _kinds_for_all_above(now: datetime) -> Iterator[Kind]:
    """What everybody sees in whose area it lies."""
    signals = Signal.objects.filter(state=Signal.State.OPEN)
    yield "sensing.judge_signal", signals, ("place__path",)
    reports = Report.objects.filter(state=Report.State.NEW)
    yield "sensing.claim_report", reports, ("place__path",)
    late = Q(received_at__lte=now - minutes("take_report", now))
    yield "sensing.claim_report/late", reports.filter(late), ("place__path",)
    red = Warning.objects.filter(level="red", state=Warning.State.ACKNOWLEDGED, incidents=None)
    yield "assessment.declare_incident", red, ("place__path",)
    last = now + timedelta(minutes=minutes_ahead(now)[-1])
    ending = Measure.objects.filter(state=Measure.State.ACTIVE, ends_at__gt=now, ends_at__lte=last)
    yield "decision.renew_measure", ending, ("area__path",)


def _plans(now: datetime) -> Iterator[Waiting]:
    """Plans whose trigger is reached by a decided incident."""
    decided = Incident.objects.filter(state=Incident.State.OPEN, decisions__isnull=False)
    for incident in decided.select_related("area").distinct().order_by("id"):
        for plan, _state in plans_to_activate(incident, now):
            record, whom = f"{incident.ref} {plan.ref}", incident.area.path
            since = "in normal mode" if needs_emergency(plan, incident, now) else ""
            yield Waiting("command", "activate_plan", record, whom, since)
