"""From offers of help and tasks to the engine's problem, and back to a plan of call-ups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.timezone import localtime

from gongzhi.actors.models import Unit
from gongzhi.assessment.models import Incident
from gongzhi.engines import callups as engine
from gongzhi.fieldwork.models import CallUp, CallUpPlan, HelpOffer, HelpWanted, Skill
from gongzhi.parameters import parameter

STATE = CallUp.State
FIRM = (STATE.ACCEPTED, STATE.AT_WORK, STATE.DONE)
REFUSED = (STATE.DECLINED, STATE.DROPPED_OUT)


@dataclass(frozen=True)
class Roster:
    """What a plan of an area looks at: tasks of it, offers, and call-ups that stand anywhere."""

    wanted: dict[str, HelpWanted]
    offers: dict[str, HelpOffer]
    standing: tuple[CallUp, ...]
    refused: frozenset[tuple[str, str]]

    def elsewhere(self) -> tuple[CallUp, ...]:
        """Call-ups to tasks that are not planned here; they hold their people all the same."""
        return tuple(c for c in self.standing if str(c.wanted_id) not in self.wanted)


def policy_now(now: datetime) -> tuple[engine.Policy, str]:
    """The policy in force, with the version of the rule."""
    found = parameter("callups.planning", localtime(now).date())
    values = found.value | {"weights": tuple(found.value["weights"])}
    return engine.Policy(found.version, **values), found.version


def read(area: Unit, incident: Incident, rest: timedelta, now: datetime) -> Roster:
    """The open tasks of an incident or of none in an area, offers there, who is held by what."""
    wanted = HelpWanted.objects.filter(
        Q(incident=incident) | Q(incident=None), place__path__startswith=area.path,
        state=HelpWanted.State.OPEN, ends_at__gt=now,
    ).select_related("place")  # fmt: skip
    there = Q(state=HelpOffer.State.OFFERED, ends_at__gt=now, place__path__startswith=area.path)
    busy = CallUp.objects.filter(wanted__in=wanted, state__in=[STATE.CALLED, *FIRM])
    offers = HelpOffer.objects.filter(there | Q(pk__in=busy.values("offer")))
    offers = offers.select_related("place")
    tasks = {str(row.pk): row for row in wanted}
    calls = CallUp.objects.filter(offer__in=offers).select_related("wanted__place", "offer")
    mine = Q(wanted__in=wanted, state__in=[STATE.CALLED, *FIRM])
    others = Q(state__in=[STATE.CALLED, *FIRM], wanted__ends_at__gt=now - rest)
    refused = calls.filter(wanted__in=wanted, state__in=REFUSED)
    return Roster(
        tasks,
        {str(row.pk): row for row in offers},
        tuple(calls.filter(mine | others).order_by("id")),
        frozenset((str(row.offer_id), str(row.wanted_id)) for row in refused),
    )


def to_problem(roster: Roster, now: datetime) -> engine.Problem:
    """The problem for the engine; hours count from now."""
    apart = {str(c.wanted_id): c.wanted for c in roster.elsewhere()}
    everything = [*roster.wanted.values(), *apart.values()]
    shifts = {_span(w): engine.Shift(_span(w), *_hours(w, now)) for w in everything}
    planned = {str(c.wanted_id) for c in roster.standing} & roster.wanted.keys()
    held = {
        key: sum(c.people for c in roster.elsewhere() if str(c.wanted_id) == key) for key in apart
    }
    return engine.Problem(
        shifts=tuple(shifts.values()),
        volunteers=tuple(_volunteer(o, everything) for o in roster.offers.values()),
        tasks=(
            *(_task(w) for w in roster.wanted.values()),
            *(engine.Task(key, _span(w), _at(w.place), held[key], 3) for key, w in apart.items()),
        ),
        standing=tuple(
            engine.Standing(
                str(c.offer_id), str(c.wanted_id),
                firm=c.state in FIRM or str(c.wanted_id) not in planned,
            )
            for c in roster.standing
        ),
        refused=roster.refused,
    )  # fmt: skip


def _span(wanted: HelpWanted) -> str:
    return f"{wanted.starts_at.isoformat()}/{wanted.ends_at.isoformat()}"


def _hours(wanted: HelpWanted, now: datetime) -> tuple[float, float]:
    hour = timedelta(hours=1)
    return (wanted.starts_at - now) / hour, (wanted.ends_at - now) / hour


def _at(place: Unit | None) -> tuple[float, float]:
    """Where a place lies; only places with a position are let in."""
    return (place.lon or 0.0, place.lat or 0.0) if place is not None else (0.0, 0.0)


def _volunteer(offer: HelpOffer, tasks: Iterable[HelpWanted]) -> engine.Volunteer:
    times = [tuple(map(datetime.fromisoformat, pair)) for pair in offer.times]
    fitting = {
        _span(w) for w in tasks if any(a <= w.starts_at and w.ends_at <= b for a, b in times)
    }
    return engine.Volunteer(
        key=str(offer.pk), at=_at(offer.place), skills=frozenset(offer.skills),
        shifts=frozenset(fitting), reach_km=offer.reach_km, people=offer.people,
        leads=offer.can_lead, most_shifts=offer.most_shifts,
    )  # fmt: skip


def _task(wanted: HelpWanted) -> engine.Task:
    skill = engine.ANYBODY if wanted.skill == Skill.ANYBODY else wanted.skill
    return engine.Task(
        str(wanted.pk), _span(wanted), _at(wanted.place), wanted.headcount, wanted.urgency, skill,
        wanted.wants_leader,
    )  # fmt: skip


def solve(roster: Roster, policy: engine.Policy, now: datetime) -> engine.Plan:
    """The engine's plan."""
    return engine.call_up(to_problem(roster, now), policy=policy)


def rest_of(policy: engine.Policy) -> timedelta:
    """Time between two shifts of one person."""
    return timedelta(hours=policy.rest_h)


def lines_of(roster: Roster, plan: engine.Plan) -> dict[str, dict[str, Any]]:
    """What a plan keeps of each task: how far it is staffed, and why no more."""
    return {
        line.task: {
            "wanted": line.wanted, "staffed": line.staffed, "reason": line.reason.name,
            "held": {reason.name: count for reason, count in line.held.items()},
            "leader": line.leader, "unled": line.unled.name if line.unled else "",
        }
        for line in plan.tasks if line.task in roster.wanted
    }  # fmt: skip


def uncalled_of(plan: engine.Plan) -> dict[str, str]:
    """Of each offer that is not called, why not."""
    return {row.volunteer: row.why.name for row in plan.volunteers if row.why is not None}


def summary_of(roster: Roster, plan: engine.Plan) -> dict[str, Any]:
    """The plan in figures, by urgency; nobody can be told from them."""
    lines = [line for line in plan.tasks if line.task in roster.wanted]
    rows = {
        str(urgency): {
            "tasks": len(some), "wanted": sum(line.wanted for line in some),
            "staffed": sum(line.staffed for line in some),
            "unled": sum(line.unled is not None for line in some),
        }
        for urgency in sorted({line.urgency for line in lines})
        for some in [[line for line in lines if line.urgency == urgency]]
    }  # fmt: skip
    known = {(str(c.offer_id), str(c.wanted_id)) for c in roster.standing}
    return {
        "urgencies": rows, "offers": len(roster.offers), "standing": len(known),
        "kept": len(known & plan.pairs), "new": len(plan.pairs - known),
    }  # fmt: skip


def call_ups_of(saved: CallUpPlan, roster: Roster, plan: engine.Plan) -> list[CallUp]:
    """The call-ups that a plan adds to those that stand."""
    known = {(str(c.offer_id), str(c.wanted_id)) for c in roster.standing}
    return [
        CallUp(
            plan=saved, offer=roster.offers[row.volunteer], wanted=roster.wanted[row.task],
            people=row.people,
        )
        for row in plan.call_ups if (row.volunteer, row.task) not in known
    ]  # fmt: skip


def released_of(roster: Roster, plan: engine.Plan) -> list[int]:
    """Call-ups that stand, are not answered, and that the plan does without."""
    return [
        c.pk for c in roster.standing
        if c.state == STATE.CALLED and (str(c.offer_id), str(c.wanted_id)) not in plan.pairs
    ]  # fmt: skip
