"""What climbed to a tier that can neither give more time nor rule: it presses whoever is late."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty
from gongzhi.command.models import Climb, StreetCall
from gongzhi.command.queries.calls import BUSY, due_of
from gongzhi.command.queries.orders import RUNNING

MOST = 100
"""Duties of one kind that are shown at most."""


def follow_up_power(climb: Climb) -> str:
    """The power by which a tier follows up what climbed to it."""
    return "give_order" if climb.order_id else "rule_call"


def follow_ups(by: Person, mine: set[int], now: datetime) -> list[Duty]:
    """Late orders and called units that climbed to one's unit and that nobody there has pressed.

    Whoever can give an order more time is asked for that instead.
    """
    here = Climb.objects.filter(to_unit__in=mine, followed_up_at=None)
    late = here.filter(order__state__in=RUNNING, order__due_at__lte=now)
    stuck = here.filter(answer__state__in=BUSY, answer__call__state=StreetCall.State.OPEN)
    found = [_order(climb) for climb in _read(late) if not _extends(climb, by, now)]
    found += [_answer(climb) for climb in _read(stuck) if _is_late(climb, now)]
    powers = {(c.to_unit, follow_up_power(c)) for c, _duty in found}
    held = {(unit.pk, power) for unit, power in powers if may(by, power, unit, now)}
    return [duty for c, duty in found if (c.to_unit_id, follow_up_power(c)) in held]


def _read(climbs: QuerySet[Climb]) -> list[Climb]:
    related = climbs.select_related(
        "to_unit", "order__unit", "order__issuer", "answer__department", "answer__call__caller"
    )
    return list(related.order_by("climbed_at", "id")[:MOST])


def _extends(climb: Climb, by: Person, now: datetime) -> bool:
    return climb.order is not None and may(by, "give_order", climb.order.issuer, now)


def _is_late(climb: Climb, now: datetime) -> bool:
    due = due_of(climb.answer) if climb.answer else None
    return due is not None and due <= now


def _order(climb: Climb) -> tuple[Climb, Duty]:
    order = climb.order
    assert order is not None
    why = _(
        "It was not done in time. Press %(unit)s and write what was agreed; %(issuer)s can give "
        "more time or withdraw it."
    ) % {"unit": order.unit, "issuer": order.issuer}
    return climb, Duty(
        title=_("Follow up: %(what)s") % {"what": order},
        where=str(order.unit),
        due_at=order.due_at,
        why=why,
        room="command",
        verb="follow_up_climb",
        inputs={"climb": climb.pk},
        subject=order.ref,
    )


def _answer(climb: Climb) -> tuple[Climb, Duty]:
    answer = climb.answer
    assert answer is not None
    return climb, Duty(
        title=_("Follow up: %(what)s") % {"what": answer.call},
        where=str(answer.department),
        due_at=due_of(answer),
        why=_("%(reason)s Press them and write what was agreed.") % {"reason": climb.reason},
        room="command",
        verb="follow_up_climb",
        inputs={"climb": climb.pk},
        subject=answer.ref,
    )
