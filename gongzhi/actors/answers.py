"""Who may answer a request of the tier below, withdraw it, or review a use that was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.discretion import Extent, changes_in_words, much_changed
from gongzhi.actors.models import Person, PowerRequest, Unit, UseReview
from gongzhi.actors.policies import (
    Authority,
    BeyondDiscretion,
    check_may,
    check_may_by_one,
    holder,
    holder_above,
    holds_by_kind,
    power_name,
)  # fmt: skip
from gongzhi.actors.queries import posts_of
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.writing import day_and_time


def check_not_asked(asking: Unit, deed: str, inputs_digest: str) -> None:
    """The same thing is asked for once: it waits for its answer."""
    same = PowerRequest.objects.filter(
        asking=asking, deed=deed, inputs_digest=inputs_digest, state=PowerRequest.State.OPEN
    ).first()
    if same is not None:
        raise NotNow(
            _("This is asked of %(unit)s already. Wait for the answer, due by %(when)s.")
            % {"unit": same.to_unit, "when": day_and_time(same.answer_by)}
        )


def check_request_open(request: PowerRequest) -> None:
    """A request is answered or withdrawn once."""
    if request.state != PowerRequest.State.OPEN:
        raise NotNow(
            _("This request is answered already (%(state)s). There is nothing left to do.")
            % {"state": request.get_state_display()}
        )


def check_may_answer(by: Person, request: PowerRequest, now: datetime) -> Authority:
    """A request is answered by whoever may do what it asks for, as far as it goes.

    Errors: `NotAllowed`, which names who was asked, and never who asked.
    """
    try:
        return check_may(by, request.power, request.place, now, Extent(**request.extent))
    except BeyondDiscretion:
        raise
    except NotAllowed:
        raise NotAllowed(
            _("You do not hold the power “%(power)s” that this asks for. Let %(whom)s answer it.")
            % {
                "power": power_name(request.power),
                "whom": holder(request.to_unit, request.power, now),
            }
        ) from None


def check_still_the_same(request: PowerRequest, foreseen: Mapping[str, int], now: datetime) -> None:
    """What is granted is what was asked for: what changed much since is said before it is done."""
    changed = much_changed(request.foreseen, foreseen, now)
    if changed:
        raise NotNow(
            _(
                "What this would do has changed since it was asked for: %(changes)s. "
                "Grant it as it is now, saying so, or refuse it."
            )
            % {"changes": changes_in_words(changed)},
            details={"although_changed": _("Say yes here to grant it as it is now.")},
        )


def check_asked(by: Person, request: PowerRequest, now: datetime) -> None:
    """A request is withdrawn by the unit that asked."""
    if request.asking_id not in {post.unit_id for post in posts_of(by, now)}:
        raise NotAllowed(
            _("%(unit)s asked for this. Only people of that unit can withdraw it.")
            % {"unit": request.asking}
        )
    check_may(by, request.power, request.place, now)


def check_may_review(by: Person, review: UseReview, now: datetime) -> None:
    """A use is reviewed where the power came from or it climbed to, and not by who used it."""
    silent = [("review", climb.silent) for climb in review.climbs.select_related("silent")]
    check_may_by_one(by, [*silent, ("review", review.to_unit)], now)
    if review.used_by == by.ref:
        raise NotAllowed(
            _("You used this power yourself. Somebody else of %(unit)s must review it.")
            % {"unit": review.to_unit}
        )


def reviewer_of(lender: Unit, now: datetime) -> Unit:
    """Who reviews uses of what a unit lent: itself, or the nearest above that may."""
    if holds_by_kind(lender, "review", now):
        return lender
    return holder_above("review", lender, now) or lender


def check_unreviewed(review: UseReview) -> None:
    """A use is reviewed once."""
    if review.state != UseReview.State.OPEN:
        raise NotNow(
            _("This use is reviewed already (%(state)s). Its outcome stands beside it.")
            % {"state": review.get_state_display()}
        )
