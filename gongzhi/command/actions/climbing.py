"""Take an answer to a call one tier up, each tier once; so does whoever puts off again (升级)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import commander_of
from gongzhi.command.models import CallAnswer, Climb
from gongzhi.command.queries import governments_above, last_climbs


def climb_answer(answer: CallAnswer, upper: Unit, reason: str, now: datetime) -> Climb:
    """Take an answer one tier up; where nobody came forward, its commander is responsible."""
    if answer.state in (CallAnswer.State.WAITING, CallAnswer.State.NOT_MINE):
        answer.change(responsible=commander_of(upper, now) or answer.responsible)
    return Climb.objects.create(answer=answer, to_unit=upper, reason=reason[:300], climbed_at=now)


def put_off(answer: CallAnswer, reason: str, now: datetime) -> Climb | None:
    """Count a promise that was put off; from the second time on the next tier above knows."""
    answer.change(times_put_off=answer.times_put_off + 1)
    if not answer.put_off_again:
        return None
    last = last_climbs([answer]).get(answer.pk)
    below = last.to_unit if last else answer.department
    upper = governments_above([below]).get(below.path)
    if upper is None or answer.climbs.filter(to_unit=upper).exists():
        return None
    sentence = _("%(unit)s has put off what it promised %(street)s %(times)s times: %(reason)s")
    facts = {
        "unit": answer.department, "street": answer.call.caller, "times": answer.times_put_off,
        "reason": reason,
    }  # fmt: skip
    return climb_answer(answer, upper, sentence % facts, now)
