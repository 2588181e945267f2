"""One pass down the river: everything that time alone moves, in the order of the rooms.

Nothing here decides: each step asks a room what is due and calls the same action a person
would. Running it twice at the same moment changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.actors.actions import (
    climb_late_notices,
    climb_overdue_reviews,
    climb_unanswered_requests,
    climb_unreviewed_accesses,
    draw_reviews,
    forget_notices,
)
from gongzhi.actors.models import Person, Post, Role
from gongzhi.assessment.models import Incident
from gongzhi.command.actions import climb_late_orders, climb_silent_answers, propose_phases
from gongzhi.decision.actions import (
    announce_ends,
    announce_task_force_ends,
    dissolve_task_forces_due,
    end_measures_due,
)
from gongzhi.evaluation.actions import record_burden
from gongzhi.fieldwork.actions import climb_late_tasks, end_help_offers
from gongzhi.ledger.actions import seal
from gongzhi.messages.actions import climb_unread, end_call_downs, follow_ledger, list_unread
from gongzhi.sensing.actions import (
    climb_silent_warnings,
    climb_unjudged_signals,
    release_stale_claims,
)  # fmt: skip
from gongzhi.supply.actions import (
    climb_donations,
    climb_price_appeals,
    end_stale_lists,
    forget_donors,
    raise_quiet_needs,
    rematch_due,
    remind_of_lists,
    state_needs_of_orders,
    watch_prices,
)
from gongzhi.supply.queries import incidents_to_watch, places_with_stock_in_use


@dataclass(frozen=True)
class Round:
    """What one pass moved: the name of each step and how many things it touched."""

    at: datetime
    moved: dict[str, int]

    @property
    def changed(self) -> int:
        """How many things were touched, the seal of the ledger not counted."""
        return sum(count for step, count in self.moved.items() if step != "seal")

    def __str__(self) -> str:
        steps = ", ".join(f"{step} {count}" for step, count in self.moved.items() if count)
        return f"round at {self.at.isoformat()}: {steps or 'nothing was due'}"


def walk(*, by: Person, now: datetime) -> Round:
    """Move everything that is due at `now`.

    Each step is its own transaction. A step that fails does not keep the later ones from
    running; what failed is raised together at the end.
    """
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("watch", lambda: _watch_all(by, now)),
        ("release_stale_claims", lambda: release_stale_claims(by=by, now=now)),
        ("climb_silent_warnings", lambda: climb_silent_warnings(by=by, now=now)),
        ("climb_unjudged_signals", lambda: climb_unjudged_signals(by=by, now=now)),
        ("climb_unanswered_requests", lambda: climb_unanswered_requests(by=by, now=now)),
        ("announce_ends", lambda: announce_ends(by=by, now=now)),
        ("end_measures_due", lambda: end_measures_due(by=by, now=now)),
        ("announce_task_force_ends", lambda: announce_task_force_ends(by=by, now=now)),
        ("dissolve_task_forces_due", lambda: dissolve_task_forces_due(by=by, now=now)),
        ("propose_phases", lambda: propose_phases(by=by, now=now)),
        ("climb_late_orders", lambda: climb_late_orders(by=by, now=now)),
        ("climb_silent_answers", lambda: climb_silent_answers(by=by, now=now)),
        ("climb_late_tasks", lambda: climb_late_tasks(by=by, now=now)),
        ("end_help_offers", lambda: end_help_offers(by=by, now=now)),
        ("state_needs_of_orders", lambda: state_needs_of_orders(by=by, now=now)),
        ("end_stale_lists", lambda: end_stale_lists(by=by, now=now)),
        ("remind_of_lists", lambda: remind_of_lists(by=by, now=now)),
        ("raise_quiet_needs", lambda: _quiet_places(by, now)),
        ("rematch_due", lambda: rematch_due(by=by, now=now)),
        ("watch_prices", lambda: _watch_prices(by, now)),
        ("climb_price_appeals", lambda: climb_price_appeals(by=by, now=now)),
        ("climb_donations", lambda: climb_donations(by=by, now=now)),
        ("forget_donors", lambda: forget_donors(by=by, now=now)),
        ("climb_unreviewed_accesses", lambda: climb_unreviewed_accesses(by=by, now=now)),
        ("climb_late_notices", lambda: climb_late_notices(by=by, now=now)),
        ("forget_notices", lambda: forget_notices(by=by, now=now)),
        ("climb_overdue_reviews", lambda: climb_overdue_reviews(by=by, now=now)),
        ("draw_reviews", lambda: draw_reviews(by=by, now=now)),
        ("record_burden", lambda: record_burden(by=by, now=now)),
        ("end_call_downs", lambda: end_call_downs(by=by, now=now)),
        ("list_unread", lambda: list_unread(by=by, now=now)),
        ("climb_unread", lambda: climb_unread(by=by, now=now)),
        ("seal", lambda: seal(now=now)),
        ("follow_ledger", lambda: follow_ledger(by=by, now=now)),
    ]
    moved: dict[str, int] = {}
    failures: list[Exception] = []
    for name, step in steps:
        try:
            moved[name] = _count(step())
        except Exception as failure:  # noqa: BLE001  (raised again below, with the others)
            failure.add_note(f"in the step {name} of a round")
            failures.append(failure)
    if failures:
        raise ExceptionGroup("Some steps of a round failed", failures)
    return Round(now, moved)


def _watch_all(by: Person, now: datetime) -> int:
    """Judge the counts of every area the clock stands for, where new counts came in."""
    from gongzhi.sensing.watch import watch, watch_due  # with numpy, which only rounds need

    posts = Post.objects.filter(person=by, role=Role.CLOCK).select_related("area")
    looks = 0
    for area in {post.area for post in posts}:
        day = watch_due(area)
        if day is not None:
            watch(area=area, on=day, by=by, now=now)
            looks += 1
    return looks


def _quiet_places(by: Person, now: datetime) -> int:
    """Raise a need for every place that runs short in silence while an incident is open."""
    incidents = Incident.objects.filter(state=Incident.State.OPEN).select_related("area")
    holding = places_with_stock_in_use()
    return sum(
        len(raise_quiet_needs(area=incident.area, incident=incident, by=by, now=now))
        for incident in incidents.order_by("id")
        if any(path.startswith(incident.area.path) for path in holding)
    )


def _watch_prices(by: Person, now: datetime) -> int:
    """Screen the prices of every open incident's area where new ones came in."""
    looks = [watch_prices(incident=one, by=by, now=now) for one in incidents_to_watch()]
    return len(looks)


def _count(result: Any) -> int:
    if result is None:
        return 0
    if isinstance(result, int):
        return result
    return len(result) if isinstance(result, list) else 1


def clock_person() -> Person | None:
    """The person in whose name the clock acts: the holder of the clock's post at the root."""
    post = Post.objects.filter(role=Role.CLOCK, ends_at=None).select_related("person").first()
    return post.person if post else None
