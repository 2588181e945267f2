"""What this room asks of a person: activate, carry out, answer, rule, close, score."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import may
from gongzhi.actors.queries import MOST_DUTIES, Duty, charges_of
from gongzhi.assessment.models import Incident
from gongzhi.assessment.queries import open_incidents
from gongzhi.command.models import CallAnswer, ContingencyPlan, Order
from gongzhi.command.queries.calls import (
    UNFINISHED,
    calls_to_close,
    due_of,
    last_climbs,
    needs_ruling,
    to_be_ruled,
    unscored,
)
from gongzhi.command.queries.follow_ups import follow_ups
from gongzhi.command.queries.left_orders import left_orders
from gongzhi.command.queries.orders import RUNNING, allowed_for
from gongzhi.command.queries.phase_duties import offered_orders, phase_duties
from gongzhi.command.queries.plan_tests import (
    TriggerState,
    needs_emergency,
    plans_to_activate,
)
from gongzhi.ledger.compiled import read
from gongzhi.parameters import minutes


def duties(by: Person, now: datetime, verbs: Container[str] | None = None) -> list[Duty]:
    """What this room asks of a person at this moment; only these deeds where some are named."""
    mine = charges_of(by, now)
    asked = [ask for ask, named in ASKS.items() if verbs is None or any(v in verbs for v in named)]
    return [duty for ask in asked for duty in ask(by, mine, now)]


def _plans(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    found = []
    decided = open_incidents(by, now).filter(area__in=mine, decisions__isnull=False).distinct()
    for incident in decided[:20]:
        if not may(by, "activate_plan", incident.area, now):
            continue
        switches = may(by, "switch_mode", incident.area, now)
        for plan, state in plans_to_activate(incident, now):
            first = switches and needs_emergency(plan, incident, now)
            found.append((_emergency_first if first else _activation)(plan, incident, state))
    return found


def _activation(plan: ContingencyPlan, incident: Incident, state: TriggerState) -> Duty:
    return Duty(
        title=_("Activate the plan: %(plan)s") % {"plan": plan},
        where=str(incident.area),
        due_at=None,
        why=str(state),
        room="command",
        verb="activate_plan",
        inputs={"plan": plan.pk, "incident": incident.pk, "decision": _last_decision(incident)},
        subject=plan.ref,
    )


def _emergency_first(plan: ContingencyPlan, incident: Incident, state: TriggerState) -> Duty:
    """A plan with measures cannot be activated in normal mode: what comes before it."""
    return Duty(
        title=_("Switch to emergency, then activate the plan: %(plan)s") % {"plan": plan},
        where=str(incident.area),
        due_at=None,
        why=_("%(state)s Its measures cannot be set in normal mode.") % {"state": state},
        room="decision",
        verb="switch_mode",
        inputs={
            "decision": _last_decision(incident), "area": incident.area_id, "mode": "emergency",
        },
        subject=plan.ref,
    )  # fmt: skip


def _last_decision(incident: Incident) -> int:
    return incident.decisions.order_by("-decided_at", "-id")[0].pk


def _orders(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    orders = read(_orders_of, mine=mine)
    allowed = allowed_for(by, "answer_order", (o.unit for o in orders), now)
    found = []
    for order in orders:
        if order.unit_id not in allowed:
            continue
        new = order.state == Order.State.ISSUED
        late = order.due_at is not None and order.due_at <= now
        found.append(
            Duty(
                title=str(order),
                where=str(order.unit),
                due_at=order.due_at,
                why=_overdue() if late else _("Accept it.") if new else _("Report it done."),
                room="command",
                verb="accept_order" if new else "finish_order",
                inputs={"order": order.pk},
                subject=order.ref,
            )
        )
    return found


def _orders_of(mine: set[int]) -> QuerySet[Order]:
    given = Order.objects.filter(unit__in=mine, state__in=RUNNING).select_related("unit")
    return given.order_by("due_at", "id")[:MOST_DUTIES]


def _overdue() -> str:
    return _("Its time is over; the tier above knows.")


def _late_below(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Late orders that climbed to one's unit: give more time with a reason, or withdraw them."""
    orders = read(_late_orders, mine=mine, now=now)
    allowed = allowed_for(by, "give_order", (o.issuer for o in orders), now)
    return [
        Duty(
            title=_("Late: %(order)s") % {"order": order},
            where=str(order.unit),
            due_at=order.due_at,
            why=_("It was not done in time and has climbed to you."),
            room="command",
            verb="extend_order",
            inputs={"order": order.pk},
            subject=order.ref,
        )
        for order in orders
        if order.issuer_id in allowed
    ]


def _late_orders(mine: set[int], now: datetime) -> QuerySet[Order]:
    climbed = Order.objects.filter(climbs__to_unit__in=mine, state__in=RUNNING, due_at__lte=now)
    late = climbed.select_related("unit", "issuer").distinct()
    return late.order_by("due_at", "id")[:MOST_DUTIES]


def _orders_given(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Orders one's unit gave that cannot be done, or that wait for one that was withdrawn."""
    asked = [(o, "reissue_order", o.result) for o in read(_failed, mine=mine)]
    asked += [(o, "release_order", o.waiting_for) for o in read(_left_waiting, mine=mine)]
    allowed = allowed_for(by, "give_order", (o.issuer for o, _verb, _why in asked), now)
    return [
        Duty(
            title=_("Held up: %(order)s") % {"order": order},
            where=str(order.unit),
            due_at=order.due_at,
            why=why,
            room="command",
            verb=verb,
            inputs={"order": order.pk},
            subject=order.ref,
        )
        for order, verb, why in asked
        if order.issuer_id in allowed
    ]


def _given_by(mine: set[int]) -> QuerySet[Order]:
    return Order.objects.filter(issuer__in=mine).select_related("unit", "issuer")


def _failed(mine: set[int]) -> QuerySet[Order]:
    failed = _given_by(mine).filter(state=Order.State.FAILED)
    return failed.order_by("ended_at", "id")[:MOST_DUTIES]


def _left_waiting(mine: set[int]) -> QuerySet[Order]:
    behind = _given_by(mine).filter(
        state=Order.State.WAITING, prerequisites__state=Order.State.WITHDRAWN
    )
    return behind.distinct().order_by("id")[:MOST_DUTIES]


NEXT: dict[str, str] = {
    CallAnswer.State.WAITING: "answer_call",
    CallAnswer.State.NEEDS: "answer_call",
    CallAnswer.State.COMING: "arrive",
    CallAnswer.State.ARRIVED: "finish_answer",
}


def _answers(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    answers = read(_unfinished, mine=mine)
    allowed = _answering(by, answers, now)
    return [
        Duty(
            title=str(answer.call),
            where=str(answer.call.caller),
            due_at=due_of(answer),
            why=answer.ruling or _("%(street)s calls you.") % {"street": answer.call.caller},
            room="command",
            verb=NEXT[answer.state],
            inputs={"answer": answer.pk},
            subject=answer.ref,
        )
        for answer in answers
        if answer.department_id in allowed
    ]


def _unfinished(mine: set[int]) -> QuerySet[CallAnswer]:
    open_ones = CallAnswer.objects.filter(
        department__in=mine, state__in=UNFINISHED, call__state="open"
    )
    called = open_ones.select_related("department", "call__caller")
    return called.order_by("answer_by", "id")[:MOST_DUTIES]


def _answering(by: Person, answers: Iterable[CallAnswer], now: datetime) -> set[int]:
    """Numbers of the called units for which the person may answer."""
    units = [answer.department for answer in answers]
    allowed = allowed_for(by, "answer_call", units, now)
    return allowed | allowed_for(by, "answer_as_named", units, now)


def _rulings_made(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Rulings on a duty that one's unit refused, until somebody there has read them."""
    answers = read(_overruled, mine=mine)
    allowed = _answering(by, answers, now)
    return [
        Duty(
            title=_("Read the ruling: %(call)s") % {"call": answer.call},
            where=str(answer.call.caller),
            due_at=None,
            why=_("It is the duty of %(unit)s: %(ruling)s")
            % {"unit": ruled.department, "ruling": ruled.ruling},
            room="command",
            verb="read_ruling",
            inputs={"answer": answer.pk},
            subject=answer.ref,
        )
        for answer in answers
        if answer.department_id in allowed and (ruled := answer.overruled_by)
    ]


def _overruled(mine: set[int]) -> QuerySet[CallAnswer]:
    told = CallAnswer.objects.filter(
        department__in=mine, overruled_by__isnull=False, ruling_read_at=None
    )
    called = told.select_related("department", "call__caller", "overruled_by__department")
    return called.order_by("id")[:MOST_DUTIES]


def _rulings(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    answers = [a for a in read(to_be_ruled, units=mine) if needs_ruling(a, now)]
    climbs = last_climbs(answers)
    wait = minutes("rule_call", now)
    allowed = allowed_for(by, "rule_call", (climbs[a.pk].to_unit for a in answers), now)
    return [
        Duty(
            title=_("Say whose it is: %(call)s") % {"call": answer.call},
            where=str(answer.call.caller),
            due_at=climbs[answer.pk].climbed_at + wait,
            why=climbs[answer.pk].reason,
            room="command",
            verb="rule_call",
            inputs={"answer": answer.pk},
            subject=answer.ref,
        )
        for answer in answers
        if climbs[answer.pk].to_unit_id in allowed
    ]


def _calls(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    done = read(unscored, streets=mine)
    ended = [c for c in read(calls_to_close, streets=mine) if _is_over(c.answers.all())]
    streets = [a.call.caller for a in done] + [call.caller for call in ended]
    allowed = allowed_for(by, "raise_call", streets, now)
    allowed |= allowed_for(by, "raise_joint_call", streets, now)
    found = [
        Duty(
            title=_("Score the answer of %(unit)s") % {"unit": answer.department},
            where=str(answer.call.caller),
            due_at=None,
            why=_("It reports that the work is done."),
            room="command",
            verb="score_answer",
            inputs={"answer": answer.pk},
            subject=answer.ref,
        )
        for answer in done
        if answer.call.caller_id in allowed
    ]
    return found + [
        Duty(
            title=_("Close the call: %(call)s") % {"call": call},
            where=str(call.caller),
            due_at=None,
            why=_("Everybody who was called has finished."),
            room="command",
            verb="close_call",
            inputs={"call": call.pk},
            subject=call.ref,
        )
        for call in ended
        if call.caller_id in allowed
    ]


def _is_over(answers: Iterable[CallAnswer]) -> bool:
    ends = (CallAnswer.State.DONE, CallAnswer.State.NOT_MINE, CallAnswer.State.RELEASED)
    return all(answer.state in ends for answer in answers)


ASKS: dict[Callable[[Person, set[int], datetime], list[Duty]], tuple[str, ...]] = {
    _plans: ("activate_plan", "switch_mode"),
    phase_duties: ("begin_phase", "end_phase", "take_back"),
    _orders: ("accept_order", "finish_order"),
    offered_orders: ("take_over_order",),
    _late_below: ("extend_order",),
    follow_ups: ("follow_up_climb",),
    left_orders: ("amend_order",),
    _orders_given: ("reissue_order", "release_order"),
    _answers: tuple(NEXT.values()),
    _rulings: ("rule_call",),
    _rulings_made: ("read_ruling",),
    _calls: ("score_answer", "close_call"),
}
"""What is looked for, and the deeds that answer it."""
