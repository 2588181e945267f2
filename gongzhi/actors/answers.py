"""Who may answer a request of the tier below, withdraw it, or review a use that was drawn."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.discretion import Extent
from gongzhi.actors.models import Person, PowerRequest, UseReview
from gongzhi.actors.policies import Authority, check_may
from gongzhi.actors.queries import posts_of
from gongzhi.errors import NotAllowed, NotNow


def check_request_open(request: PowerRequest) -> None:
    """A request is answered or withdrawn once."""
    if request.state != PowerRequest.State.OPEN:
        raise NotNow(
            _("This request is answered already (%(state)s). There is nothing left to do.")
            % {"state": request.get_state_display()}
        )


def check_may_answer(by: Person, request: PowerRequest, now: datetime) -> Authority:
    """A request is answered by whoever may do what it asks for, as far as it goes."""
    return check_may(by, request.power, request.place, now, Extent(**request.extent))


def check_asked(by: Person, request: PowerRequest, now: datetime) -> None:
    """A request is withdrawn by the unit that asked."""
    if request.asking_id not in {post.unit_id for post in posts_of(by, now)}:
        raise NotAllowed(
            _("%(unit)s asked for this. Only people of that unit can withdraw it.")
            % {"unit": request.asking}
        )
    check_may(by, request.power, request.place, now)


def check_may_review(by: Person, review: UseReview, now: datetime) -> None:
    """A use is reviewed where the power came from, and not by who used it."""
    check_may(by, "review", review.to_unit, now)
    if review.used_by == by.ref:
        raise NotAllowed(
            _("You used this power yourself. Somebody else of %(unit)s must review it.")
            % {"unit": review.to_unit}
        )


def check_unreviewed(review: UseReview) -> None:
    """A use is reviewed once."""
    if review.state != UseReview.State.OPEN:
        raise NotNow(
            _("This use is reviewed already (%(state)s). Its outcome stands beside it.")
            % {"state": review.get_state_display()}
        )
