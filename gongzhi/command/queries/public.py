"""What everybody may read of this room, without a log-in: open calls and how far orders are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from gongzhi.actors.models import Unit
from gongzhi.command.models import CallAnswer, Order, StreetCall
from gongzhi.command.queries.orders import OPEN, RUNNING


@dataclass(frozen=True)
class PublicAnswer:
    """A called unit and the state of its answer; its reasons and its people stay inside."""

    department: Unit
    state: str
    word: str
    is_late: bool


@dataclass(frozen=True)
class PublicCall:
    """An open call of a street: who called about what, for how long, and who has answered.

    Only fields of the class `public`: the words of the call and who answers for it stay inside.
    """

    caller: Unit
    about: str
    raised_at: datetime
    age: timedelta
    answers: tuple[PublicAnswer, ...]

    @property
    def silent(self) -> int:
        """Called units that have not answered at all."""
        return sum(answer.state == CallAnswer.State.WAITING for answer in self.answers)


def public_calls(now: datetime) -> list[PublicCall]:
    """All open calls, the oldest first."""
    calls = StreetCall.objects.filter(state=StreetCall.State.OPEN).select_related("caller")
    read = calls.prefetch_related("answers__department").order_by("raised_at", "id")
    return [
        PublicCall(
            call.caller, call.subject, call.raised_at, now - call.raised_at,
            tuple(_answer(answer, now) for answer in call.answers.all()),
        )
        for call in read
    ]  # fmt: skip


def _answer(answer: CallAnswer, now: datetime) -> PublicAnswer:
    late = answer.state == CallAnswer.State.WAITING and answer.answer_by <= now
    return PublicAnswer(answer.department, answer.state, answer.get_state_display(), late)


@dataclass(frozen=True)
class PublicOrders:
    """How many orders were given, are done, are open and are late, all areas together."""

    total: int
    done: int
    open: int
    late: int


def public_orders(now: datetime) -> PublicOrders:
    """How far the orders of all open incidents are."""
    orders = Order.objects.filter(incident__state="open")
    return PublicOrders(
        **orders.aggregate(
            total=Count("id", filter=~Q(state=Order.State.WITHDRAWN)),
            done=Count("id", filter=Q(state=Order.State.DONE)),
            open=Count("id", filter=Q(state__in=OPEN)),
            late=Count("id", filter=Q(state__in=RUNNING, due_at__lte=now)),
        )
    )
