"""Phases of a plan in force: proposed by the clock, begun and ended by people, then wound down."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db.models import Prefetch, prefetch_related_objects
from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.actors.policies import authority_of, check_may
from gongzhi.command.actions.giving import give_orders
from gongzhi.command.models import Activation, Order, OrderVersion, Phase, WindDown
from gongzhi.command.order_policies import (
    check_can_begin,
    check_can_end,
    check_can_take_back,
)
from gongzhi.command.plan_file import PlanFile
from gongzhi.command.plan_values import Picture
from gongzhi.command.queries import (
    activations_to_test,
    extent_of,
    foreseen_phase,
    is_winding_down,
    orders_for,
    phases_due,
    phases_with,
    pictures_of,
    plan_of,
)
from gongzhi.decision.policies import in_mode
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take

Sentence = Annotated[str, Field(min_length=1, max_length=300)]
MaybeSentence = Annotated[str, Field(max_length=300)]


@deed(by_hand=False)
def propose_phases(*, by: Person, now: datetime) -> int:
    """Hold the tests of plans in force: propose phases, and say when they are over (阶段研判).

    Nothing is begun or ended by it: a proposal is a duty of who may activate the plan. Returns
    how many phases and lists changed.
    """
    held = take(activations_to_test)
    if not held:
        return 0
    prefetch_related_objects(held, Prefetch("phases", Phase.objects.order_by("id")), "wind_down")
    plans = [plan_of(activation.plan) for activation in held]
    asked = [(plan, activation.incident) for plan, activation in zip(plans, held, strict=True)]
    changed = 0
    for activation, plan, picture in zip(held, plans, pictures_of(asked, now), strict=True):
        changed += _propose(activation, plan, picture, by, now)
        changed += _wind_down(activation, plan, picture, by, now)
    return changed


def _propose(
    activation: Activation, plan: PlanFile, picture: Picture, by: Person, now: datetime
) -> int:
    if activation.incident.state != "open":
        return 0
    moved = 0
    for phase, state in phases_due(activation.phases.all(), plan, picture):
        if state != phase.state:
            phase.change(state=state, tested_at=now)
            append(
                verb="command.propose_phase", subject=phase, place=activation.incident.area,
                by=by, now=now, phase=phase.phase, state=state, red=picture.red,
                yellow=picture.yellow, grade=picture.grade,
            )  # fmt: skip
            moved += 1
    return moved


def _wind_down(
    activation: Activation, plan: PlanFile, picture: Picture, by: Person, now: datetime
) -> int:
    """Make the list of what is taken back due, or put it off again when the crisis comes back."""
    states = [phase.state for phase in activation.phases.all()]
    due = is_winding_down(activation.incident, plan, states, picture)
    state = WindDown.State.DUE if due else WindDown.State.AHEAD
    if all(item.state in (state, WindDown.State.DONE) for item in activation.wind_down.all()):
        return 0
    items = activation.wind_down.exclude(state__in=(state, WindDown.State.DONE))
    number = items.update(state=state, tested_at=now)
    if number:
        append(
            verb="command.wind_down_due", subject=activation, place=activation.incident.area,
            by=by, now=now, state=state, things=number,
        )  # fmt: skip
    return int(number > 0)


@deed(asks_above="activate_plan", foresees=foreseen_phase)
def begin_phase(*, phase: Phase, reason: MaybeSentence = "", by: Person, now: datetime) -> Phase:
    """Begin a phase of a plan in force: its orders are given in one act (启动阶段).

    Before its test holds, say why. Orders of it that wait for others, of this phase or of one
    begun before, wait and say for what. One's own limits count for all phases together: what a
    plan costs more than that is asked of the tier above.
    """
    activation, area = phase.activation, phase.activation.incident.area
    authority_of(by, "activate_plan", area, now)
    check_can_begin(phase, reason)
    read = plan_of(activation.plan)
    reached = orders_for(read, area, phases_with(phase))
    there = _orders_there(activation)
    cents = sum(
        entry.order.cost_cents
        for entry in reached.compilation.orders
        if (entry.order.key, entry.path) not in there
    )
    in_all = in_mode(extent_of(reached, area), "activate_plan", area, now)
    authority = check_may(by, "activate_plan", area, now, in_all)
    given = give_orders(activation, read, reached, authority, now, there)
    phase.change(state=Phase.State.BEGUN, begun_by=by, begun_at=now)
    append(
        verb="command.begin_phase", subject=phase, place=area, by=by, now=now, phase=phase.phase,
        reason=reason, activation=activation.ref, power=str(authority), cost_cents=cents,
        **given.facts,
    )  # fmt: skip
    return phase


def _orders_there(activation: Activation) -> dict[tuple[str, str], Order]:
    """The orders given before, as they are now, by key and path of the unit the plan gave them to.

    They are locked: none is done while others come to wait.
    """
    rows = Order.objects.filter(activation=activation).select_for_update(of=("self",))
    read = rows.select_related("unit", "held_up_by__unit").order_by("id")
    first: dict[int, str] = {}
    before = OrderVersion.objects.filter(order__activation=activation).select_related("unit")
    for version in before.order_by("version"):
        first.setdefault(version.order_id, version.unit.path)
    return {(order.key, first.get(order.pk, order.unit.path)): order for order in read}


@deed()
def end_phase(*, phase: Phase, reason: Sentence, by: Person, now: datetime) -> Phase:
    """Say that a phase is over, and why; its orders still open are withdrawn one by one or done."""
    area = phase.activation.incident.area
    check_may(by, "activate_plan", area, now)
    check_can_end(phase)
    phase.change(state=Phase.State.OVER, over_by=by, over_at=now, reason_over=reason)
    append(
        verb="command.end_phase", subject=phase, place=area, by=by, now=now, phase=phase.phase,
        reason=reason,
    )  # fmt: skip
    return phase


@deed()
def take_back(*, item: WindDown, result: Sentence, by: Person, now: datetime) -> WindDown:
    """Say that something a plan brought is taken back, and how (收尾)."""
    area = item.activation.incident.area
    check_may(by, "activate_plan", area, now)
    check_can_take_back(item)
    item.change(state=WindDown.State.DONE, done_by=by, done_at=now, result=result)
    append(
        verb="command.take_back", subject=item, place=area, by=by, now=now, what=item.title,
        result=result,
    )  # fmt: skip
    return item
