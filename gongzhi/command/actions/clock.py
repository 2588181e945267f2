"""What the clock does: late orders and silent departments climb one tier, once for each tier."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.command.actions.climbing import climb_answer
from gongzhi.command.models import CallAnswer, Climb, Order
from gongzhi.command.queries import (
    answers_overdue,
    governments_above,
    last_climbs,
    next_steps,
    orders_overdue,
    path_end,
    refusals_climbed,
    supplier_at_work,
    time_to_climb,
)
from gongzhi.ledger.actions import Line, append, append_all
from gongzhi.ledger.bulk import bulk_insert
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.parameters import minutes
from gongzhi.writing import day_and_time


@deed(by_hand=False)
def climb_late_orders(*, by: Person, now: datetime) -> list[Climb]:
    """Take every order past its time up its ladder, and on after each interval, up to the root.

    The ladder is that of its plan; without one, every government above, an interval between.
    """
    late = take(orders_overdue, now=now)
    steps = next_steps(late, now)
    due = [order for order in late if order.pk in steps]
    rows = [{"order_id": o.pk, "to_unit_id": steps[o.pk].pk, "reason": _why_late(o)} for o in due]
    made = bulk_insert(Climb, rows, climbed_at=now)
    for climb, order in zip(made, due, strict=True):
        climb.order, climb.to_unit = order, steps[order.pk]
    append_all([_told(climb) for climb in made], verb="command.climb_order", by=by, now=now)
    return made


def _told(climb: Climb) -> Line:
    order = climb.order
    facts = {"late": order.unit.path if order else "", "due_at": order.due_at if order else None}
    return Line(order or climb, climb.to_unit, facts)


def _why_late(order: Order) -> str:
    text = _("%(unit)s has not reported “%(title)s” done; it was due on %(when)s.") % {
        "unit": order.unit, "title": order, "when": day_and_time(order.due_at),
    }  # fmt: skip
    return text[:300]


@deed(by_hand=False)
def climb_silent_answers(*, by: Person, now: datetime) -> list[Climb]:
    """Take every call left unanswered, unkept or unruled one tier up, and on, up to the root."""
    answers = _to_climb(now)
    if not answers:
        return []
    last = last_climbs(answers)
    due = [a for a in answers if a.pk not in last or last[a.pk].climbed_at + _wait(a, now) <= now]
    below = {a.pk: last[a.pk].to_unit if a.pk in last else a.department for a in due}
    above = governments_above(below.values())
    made = []
    for answer in due:
        upper = above.get(below[answer.pk].path)
        if upper is None or answer.climbs.filter(to_unit=upper).exists():
            continue
        made.append(climb_answer(answer, upper, _why_silent(answer), now))
        append(
            verb="command.climb_answer", subject=answer, place=upper, by=by, now=now,
            silent=answer.department.path, state=answer.state, call=answer.call.ref,
        )  # fmt: skip
    return made


def _to_climb(now: datetime) -> list[CallAnswer]:
    """Overdue answers and refusals that lead nowhere, locked: several clocks share the work.

    Who waits for another of the call does not climb while that one's own clock runs.
    """
    overdue, refused = take(answers_overdue, now=now), take(refusals_climbed)
    late = [answer for answer in overdue if supplier_at_work(answer) in (None, answer)]
    return [*late, *(answer for answer in refused if path_end(answer) is None)]


def _wait(answer: CallAnswer, now: datetime) -> timedelta:
    if answer.state == CallAnswer.State.NOT_MINE:
        return minutes("rule_call", now)
    return time_to_climb(answer.duty, now)


def _why_silent(answer: CallAnswer) -> str:
    facts = {
        "unit": answer.department, "street": answer.call.caller,
        "asked": day_and_time(answer.answer_by), "promised": day_and_time(answer.arrive_by),
        "needed": answer.reason[:120], "supplier": answer.needed_from,
        "answered": day_and_time(answer.answered_at), "arrived": day_and_time(answer.arrived_at),
    }  # fmt: skip
    if answer.state == CallAnswer.State.NEEDS:
        return (
            _(
                "%(unit)s has waited for %(supplier)s since %(answered)s (%(needed)s); nobody has "
                "supplied it."
            )
            % facts
        )
    if answer.state == CallAnswer.State.ARRIVED:
        return (
            _("%(unit)s has been on site since %(arrived)s and has not finished, nor said why.")
            % facts
        )
    if answer.state == CallAnswer.State.COMING:
        return _("%(unit)s promised to be at %(street)s by %(promised)s and is not.") % facts
    if answer.state == CallAnswer.State.NOT_MINE:
        return _("%(unit)s refused the call of %(street)s; nobody has ruled whose it is.") % facts
    return _("%(unit)s was to answer the call of %(street)s by %(asked)s and is silent.") % facts
