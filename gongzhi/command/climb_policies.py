"""Who follows up what climbed to a tier, and when there is still something to press for."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.command.models import Climb, StreetCall
from gongzhi.command.queries import RUNNING, UNFINISHED, follow_up_power
from gongzhi.errors import NotNow
from gongzhi.writing import day_and_time


def pressed(climb: Climb) -> Unit:
    """The unit that is late with what climbed."""
    late = climb.order.unit if climb.order else climb.answer and climb.answer.department
    assert late is not None, "A climb is of an order or of an answer."
    return late


def check_may_follow_up(by: Person, climb: Climb, now: datetime) -> None:
    """What climbed to a unit is followed up by who may order, or rule on calls, for it."""
    check_may(by, follow_up_power(climb), climb.to_unit, now)


def check_can_follow_up(climb: Climb) -> None:
    """Once for each tier, for as long as the unit below has not done it."""
    if climb.followed_up_at is not None:
        raise NotNow(
            _("%(name)s followed this up on %(when)s. If it stays late, it climbs on.")
            % {"name": climb.followed_up_by, "when": day_and_time(climb.followed_up_at)}
        )
    if not _is_open(climb):
        raise NotNow(_("It is over, or waits for a ruling. There is nobody to press any more."))


def _is_open(climb: Climb) -> bool:
    if climb.order is not None:
        return climb.order.state in RUNNING
    answer = climb.answer
    called = answer is not None and answer.call.state == StreetCall.State.OPEN
    return answer is not None and called and answer.state in UNFINISHED
