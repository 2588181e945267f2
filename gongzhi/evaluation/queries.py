"""What the log tells about an incident: times, fills, ends, burden; what waits for whom."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, after, charges_of, expose
from gongzhi.assessment.models import Dissent, DissentCopy, Incident
from gongzhi.assessment.queries import unrelated_streams
from gongzhi.command.models import CallAnswer, Climb, Order
from gongzhi.decision.models import Measure
from gongzhi.evaluation.capability import duties as duties_of_capability
from gongzhi.evaluation.capability import last_scoring, results_seen, scorings_seen, units_scored
from gongzhi.evaluation.models import (
    BurdenMeasure,
    CapabilityResult,
    CapabilityScoring,
    Finding,
    Review,
)
from gongzhi.fieldwork.models import Task, Visit
from gongzhi.ledger.models import Entry
from gongzhi.parameters import minutes, parameter
from gongzhi.sensing.models import Report, Warning
from gongzhi.supply.models import Need, NeedLine


def figures_of(incident: Incident, now: datetime) -> dict[str, Any]:
    """All figures of an after-action review, computed from the records and the log."""
    return {
        "as_of": now.isoformat(),
        "incident": incident.title,
        "river": _river(incident),
        "warnings": _warnings(incident, now),
        "dissents": _dissents(incident),
        "orders": _orders(incident, now),
        "calls": _calls(incident),
        "measures": _measures(incident),
        "needs": _needs(incident),
        "field": _field(incident),
        "burden": _burden(incident, now),
    }


def _minutes(earlier: datetime | None, later: datetime | None) -> int | None:
    if earlier is None or later is None:
        return None
    return int((later - earlier).total_seconds() // 60)


def _middle(values: list[int | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(median(known)) if known else None


def _river(incident: Incident) -> dict[str, Any]:
    """Minutes from the cause to each later stage."""
    cause = incident.warning.issued_at if incident.warning else None
    cause = cause or (incident.signal.raised_at if incident.signal else incident.declared_at)
    assessment = incident.assessments.order_by("assessed_at").first()
    decision = incident.decisions.order_by("decided_at").first()
    order = incident.orders.order_by("created_at").first()
    done = incident.orders.filter(state=Order.State.DONE).order_by("ended_at").first()
    stages = {
        "declared": incident.declared_at,
        "assessed": assessment.assessed_at if assessment else None,
        "decided": decision.decided_at if decision else None,
        "ordered": order.created_at if order else None,
        "first_order_done": done.ended_at if done else None,
        "closed": incident.closed_at,
    }
    return {"cause_at": cause.isoformat()} | {
        f"minutes_to_{name}": _minutes(cause, when) for name, when in stages.items()
    }


def _warnings(incident: Incident, now: datetime) -> dict[str, Any]:
    area = incident.area
    warnings = list(
        Warning.objects.filter(
            place__path__gte=area.path, place__path__lt=after(area.path),
            issued_at__gte=incident.declared_at - timedelta(days=14),
            issued_at__lte=incident.closed_at or now,
        ).exclude(stream__in=unrelated_streams(incident, now)).order_by("id")
    )  # fmt: skip
    answered = [w for w in warnings if w.acknowledged_at]
    return {
        "issued": len(warnings),
        "red": sum(w.level == "red" for w in warnings),
        "acknowledged": len(answered),
        "climbed": sum(w.climbed_at is not None for w in warnings),
        "median_minutes_to_acknowledge": _middle(
            [_minutes(w.issued_at, w.acknowledged_at) for w in answered]
        ),
        "led_to_an_incident": sum(w.incidents.exists() for w in warnings),
    }


def _dissents(incident: Incident) -> dict[str, Any]:
    """How many experts' dissents, how many stood when it was decided, and when they were read."""
    filed = Dissent.objects.filter(assessment__incident=incident)
    copies = DissentCopy.objects.filter(dissent__in=filed).select_related("dissent")
    read = [copy for copy in copies.order_by("id") if copy.read_at]
    stood = filed.filter(
        assessment__decisions__incident=incident,
        filed_at__lte=F("assessment__decisions__decided_at"),
    )
    return {
        "filed": filed.count(),
        "stood_at_a_decision": stood.values("pk").distinct().count(),
        "copies": len(copies),
        "copies_read": len(read),
        "median_minutes_to_read": _middle([_minutes(c.dissent.filed_at, c.read_at) for c in read]),
    }


def _orders(incident: Incident, now: datetime) -> dict[str, Any]:
    """By tier of the receiving unit: how many, done, in time, late now, climbed."""
    by_tier: dict[str, dict[str, Any]] = {}
    orders = incident.orders.select_related("unit").order_by("id")
    climbed = set(Climb.objects.filter(order__incident=incident).values_list("order_id", flat=True))
    grouped: dict[str, list[Order]] = {}
    for order in orders:
        grouped.setdefault(order.unit.tier, []).append(order)
    for tier, group in sorted(grouped.items()):
        done = [o for o in group if o.state == Order.State.DONE]
        by_tier[tier] = {
            "orders": len(group),
            "done": len(done),
            "done_in_time": sum(_in_time(o) for o in done),
            "failed": sum(o.state == Order.State.FAILED for o in group),
            "late": sum(
                o.state in (Order.State.ISSUED, Order.State.ACCEPTED)
                and o.due_at is not None and o.due_at < now
                for o in group
            ),
            "climbed": sum(o.pk in climbed for o in group),
            "median_minutes_to_accept": _middle(
                [_minutes(o.issued_at, o.accepted_at) for o in group]
            ),
            "median_minutes_to_done": _middle([_minutes(o.issued_at, o.ended_at) for o in done]),
        }  # fmt: skip
    return by_tier


def _in_time(order: Order) -> bool:
    return bool(order.ended_at and order.due_at and order.ended_at <= order.due_at)


def _calls(incident: Incident) -> dict[str, Any]:
    answers = list(CallAnswer.objects.filter(call__incident=incident).order_by("id"))
    return {
        "calls": len({a.call_id for a in answers}),
        "departments_called": len(answers),
        "answered": sum(a.answered_at is not None for a in answers),
        "answered_in_time": sum(
            a.answered_at is not None and a.answered_at <= a.answer_by for a in answers
        ),
        "done": sum(a.state == CallAnswer.State.DONE for a in answers),
        "mean_score": _mean([a.score for a in answers if a.score]),
    }


def _mean(values: list[int]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def _measures(incident: Incident) -> dict[str, int]:
    measures = Measure.objects.filter(decision__incident=incident)
    return {
        "set": measures.count(),
        "in_force": measures.filter(state=Measure.State.ACTIVE).count(),
        "ended_on_their_date": measures.filter(state=Measure.State.EXPIRED).count(),
        "lifted_early": measures.filter(state=Measure.State.LIFTED).count(),
        "renewed": sum(bool(m.renewals) for m in measures),
    }


def _needs(incident: Incident) -> dict[str, Any]:
    needs = Need.objects.filter(incident=incident).exclude(state=Need.State.WITHDRAWN)
    states = needs.values("state").annotate(number=Count("id")).order_by("state")
    known = needs.filter(amount=Need.Amount.KNOWN).aggregate(
        wanted=Sum("quantity"), received=Sum("received_quantity")
    )
    lines = NeedLine.objects.filter(need__incident=incident, run__state="approved")
    reasons = lines.values("reason").annotate(number=Count("id")).order_by("reason")
    return {
        "stated": needs.count(),
        "amount_unknown": needs.exclude(amount=Need.Amount.KNOWN).count(),
        "by_state": {row["state"]: row["number"] for row in states},
        "wanted_known": known["wanted"] or 0,
        "received_known": known["received"] or 0,
        "lines_by_reason": {row["reason"]: row["number"] for row in reasons},
    }


def _field(incident: Incident) -> dict[str, int]:
    tasks = Task.objects.filter(incident=incident)
    return tasks.aggregate(
        tasks=Count("id"),
        done=Count("id", filter=Q(state=Task.State.DONE)),
        nobody_in=Count("id", filter=Q(state=Task.State.NOBODY_IN)),
    ) | {
        "visits": Visit.objects.filter(task__incident=incident).count(),
        "reports_from_visits": Report.objects.filter(
            channel=Report.Channel.VISIT,
            place__path__startswith=incident.area.path,
            received_at__gte=incident.declared_at,
        ).count(),
    }


def _burden(incident: Incident, now: datetime) -> dict[str, Any]:
    until = localtime(incident.closed_at or now).date()
    days = BurdenMeasure.objects.filter(
        area=incident.area, day__range=(localtime(incident.declared_at).date(), until)
    )
    total = days.aggregate(forms=Sum("forms"), minutes=Sum("minutes"))
    return {"forms": total["forms"] or 0, "minutes": total["minutes"] or 0, "days": days.count()}


def forms_filled(day: date) -> dict[str, dict[str, int]]:
    """Deeds done by people on a day, from the log: unit path → verb → how many."""
    zone = get_current_timezone()
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    entries = Entry.objects.filter(at__gte=start, at__lt=start + timedelta(days=1))
    rows = entries.values("unit_path", "verb").annotate(number=Count("id"))
    found: dict[str, dict[str, int]] = {}
    for row in rows.order_by("unit_path", "verb"):
        if row["verb"] not in NOT_FORMS:
            found.setdefault(row["unit_path"], {})[row["verb"]] = row["number"]
    return found


def forms_below(path: str, filled: dict[str, dict[str, int]]) -> dict[str, int]:
    """Of the forms filled on a day, those of one area, by verb."""
    total: Counter[str] = Counter()
    for unit_path, by_verb in filled.items():
        if unit_path.startswith(path):
            total.update(by_verb)
    return dict(sorted(total.items()))


NOT_FORMS = {
    "sensing.issue_warning", "sensing.end_warning", "sensing.climb_warning",
    "sensing.climb_signal", "decision.announce_end",
    "sensing.release_stale_claim", "decision.end_measure",
    "command.climb_order", "command.climb_answer",
    "command.climb_late_orders", "command.climb_silent_answers", "supply.match",
    "evaluation.record_burden",
    "messages.follow_ledger", "messages.record_tries", "messages.list_unread",
    "messages.take_reports", "messages.apply_reports", "messages.report_failure",
    "messages.climb_unread", "messages.end_call_down", "messages.read_message",
    "messages.acknowledge_message",
    "actors.climb_request", "actors.climb_review", "actors.draw_reviews",
    "actors.climb_access", "actors.climb_notice", "actors.look", "actors.extend_posts",
    "decision.announce_task_force_end",
    "fieldwork.climb_task", "supply.climb_price_appeal", "supply.climb_donation",
    "supply.forget_donors",
    "actors.found_units", "actors.appoint_many", "actors.open_facilities",
}  # fmt: skip
"""Lines of the log that no person filled a form for."""


def minutes_of(by_verb: dict[str, int], day: date) -> int:
    """Minutes that so many forms took, by `parameters/burden.yaml`."""
    rule = parameter("burden.minutes_per_form", day).value
    return sum(count * rule.get(verb, rule["default"]) for verb, count in by_verb.items())


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: review an incident, answer findings, keep capability up."""
    mine = charges_of(by, now)
    found = []
    unreviewed = Incident.objects.filter(state=Incident.State.CLOSED, reviews=None, area__in=mine)
    for incident in unreviewed.select_related("area"):
        if may(by, "review", incident.area, now) and incident.closed_at:
            found.append(
                Duty(
                    title=_("Review the incident: %(title)s") % {"title": incident.title},
                    where=str(incident.area),
                    due_at=incident.closed_at + minutes("review_incident", incident.closed_at),
                    why=_("It is closed and nobody has reviewed it yet."),
                    room="evaluation",
                    verb="review",
                    inputs={"incident": incident.pk},
                    subject=incident.ref,
                )
            )
    open_findings = Finding.objects.filter(state=Finding.State.OPEN, unit__in=mine)
    for finding in open_findings.select_related("unit", "review")[:50]:
        if may(by, "review", finding.unit, now):
            found.append(
                Duty(
                    title=_("Answer the finding: %(sentence)s") % {"sentence": finding.sentence},
                    where=str(finding.unit),
                    due_at=finding.review.made_at
                    + minutes("answer_finding", finding.review.made_at),
                    why=_("A lesson is only learned when somebody says what changes."),
                    room="evaluation",
                    verb="answer_finding",
                    inputs={"finding": finding.pk},
                    subject=finding.ref,
                )
            )
    return found + duties_of_capability(by, now)


__all__ = [
    "NOT_FORMS", "CapabilityResult", "CapabilityScoring", "duties", "figures_of", "forms_below",
    "forms_filled", "last_scoring", "minutes_of", "results_seen", "scorings_seen",
    "units_scored",
]  # fmt: skip

expose(
    "evaluation", reviews=Review, findings=Finding, burdens=BurdenMeasure,
    scorings=CapabilityScoring, results=CapabilityResult,
)  # fmt: skip
