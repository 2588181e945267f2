"""Adopt a contingency plan, and put one into force: the plan becomes orders."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.actors.policies import Authority, check_may
from gongzhi.assessment.models import Hazard, Incident
from gongzhi.command.models import Activation, ContingencyPlan, Order
from gongzhi.command.plan_file import PlanFile, check_plan
from gongzhi.command.plan_orders import Compiled
from gongzhi.command.policies import (
    check_can_activate,
    check_is_new,
    check_may_adopt,
    issued_under,
)
from gongzhi.command.queries import (
    Reached,
    acting_unit,
    commander_over,
    commanders_in,
    orders_for,
    plan_library,
    plan_of,
    problem_sentence,
    trigger_state,
    waiting_sentence,
)
from gongzhi.decision.actions import set_measure
from gongzhi.decision.models import Decision
from gongzhi.errors import Malformed, NotNow
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import list_or_digest

IN_FULL = 500
"""Orders that the line of an activation names one by one."""
Document = Annotated[str, Field(min_length=1, max_length=60_000)]


@deed()
def adopt_plan(*, document: Document, by: Person, now: datetime) -> ContingencyPlan:
    """Adopt a plan file; the version before it retires (预案).

    What the plan includes of other adopted plans is written out: the text kept is complete.
    Errors: `Malformed` with a sentence for each line that is wrong; `NotNow` when this
    version is adopted already.
    """
    place = check_may_adopt(by, now)
    plan, document = _understood(document)
    digest = hashlib.sha256(document.encode()).hexdigest()
    check_is_new(plan.code, plan.version, digest)
    earlier = ContingencyPlan.objects.filter(code=plan.code, state=ContingencyPlan.State.ADOPTED)
    retired = sorted(earlier.values_list("version", flat=True))
    earlier.update(state=ContingencyPlan.State.RETIRED)
    adopted = _kept(plan, document, digest, by, now)
    append(
        verb="command.adopt_plan", subject=adopted, place=place, by=by, now=now, code=plan.code,
        version=plan.version, digest=digest, orders=len(plan.orders), retired=retired,
    )  # fmt: skip
    return adopted


def _understood(document: str) -> tuple[PlanFile, str]:
    """The plan, and its text with what it includes written out."""
    check = check_plan(document, plan_library())
    if check.plan is not None:
        return check.plan, check.document
    lines = [
        _("Line %(line)s, column %(column)s: %(sentence)s")
        % {"line": p.line, "column": p.column, "sentence": problem_sentence(p)}
        for p in check.problems
    ]
    raise Malformed(
        _("The plan has %(number)s problems. The first: %(first)s Mend them and adopt it again.")
        % {"number": len(lines), "first": lines[0]},
        details={"document": "\n".join(lines)},
    )


def _kept(plan: PlanFile, document: str, digest: str, by: Person, now: datetime) -> ContingencyPlan:
    try:
        with transaction.atomic():
            return ContingencyPlan.objects.create(
                code=plan.code, version=plan.version, title=plan.title.hans,
                title_hant=plan.title.hant, title_en=plan.title.en, hazard=Hazard(plan.hazard),
                document=document, digest=digest, adopted_by=by, adopted_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise NotNow(
            _("Somebody has just adopted version %(version)s of “%(code)s”. Look at it first.")
            % {"version": plan.version, "code": plan.code}
        ) from None


@deed()
def activate_plan(
    *,
    plan: ContingencyPlan,
    incident: Incident,
    decision: Decision,
    with_measures: bool = True,
    by: Person,
    now: datetime,
) -> Activation:
    """Put a plan into force: every matching unit of the incident's area gets its order (预案启动).

    Orders that wait for nothing are issued at once; the others wait and say for what.
    """
    authority = check_may(by, "activate_plan", incident.area, now)
    incident = _locked(incident)
    check_can_activate(plan, incident, decision)
    read = plan_of(plan)
    reached = orders_for(read, incident.area)
    if not reached.compilation.orders:
        raise NotNow(
            _("No unit of %(area)s receives an order of “%(plan)s”. Check its “to” lines.")
            % {"area": incident.area, "plan": plan}
        )
    activation = Activation.objects.create(
        plan=plan, incident=incident, decision=decision, activated_by=by, activated_at=now
    )
    orders = _order_rows(activation, read, reached, authority, now)
    _keep(orders, [entry.waits for entry in reached.compilation.orders])
    measures = _set_measures(read, activation, by, now) if with_measures else 0
    append(
        verb="command.activate_plan", subject=activation, place=incident.area, by=by, now=now,
        plan=f"{plan.code} {plan.version}", digest=plan.digest, incident=incident.ref,
        decision=decision.ref, power=str(authority), orders=_by_key(orders),
        first=orders[0].pk, count=len(orders), nobody=reached.compilation.nobody,
        trigger=trigger_state(read, incident).reached, measures=measures,
    )  # fmt: skip
    return activation


def _locked(incident: Incident) -> Incident:
    """The incident as it is now; two who activate for it at once do so one after the other."""
    rows = Incident.objects.select_for_update(of=("self",))
    return rows.select_related("area", "commander").get(pk=incident.pk)


def _order_rows(
    activation: Activation, plan: PlanFile, reached: Reached, authority: Authority, now: datetime
) -> list[Order]:
    """The orders of an activation, not yet written, in the order of the compilation."""
    incident = activation.incident
    commanders = commanders_in(incident.area, now)
    issuer = acting_unit(authority)
    rows: list[Order] = []
    for entry in reached.compilation.orders:
        unit = reached.units[entry.path]
        basis = entry.order.legal_basis or plan.legal_basis
        row = Order(
            incident=incident, decision=activation.decision, activation=activation,
            issuer=issuer, unit=unit, created_at=now,
            commander=commander_over(unit, commanders) or incident.commander,
            minutes_allowed=entry.order.minutes,
            **issued_under(authority, basis), **_texts(entry),
        )  # fmt: skip
        if entry.waits:
            row.state = Order.State.WAITING
            row.waiting_for = waiting_sentence([rows[n] for n in entry.waits])
        else:
            row.state = Order.State.ISSUED
            row.issued_at = now
            row.due_at = now + timedelta(minutes=entry.order.minutes)
        rows.append(row)
    return rows


def _texts(entry: Compiled) -> dict[str, object]:
    """What an order of a plan says, in all three written forms."""
    order = entry.order
    texts: dict[str, object] = {
        "key": order.key,
        "stock": [{"item": line.item, "quantity": line.quantity} for line in order.stock],
    }
    for name, words in (
        ("title", order.title), ("instruction", order.instruction),
        ("evidence_wanted", order.evidence),
    ):  # fmt: skip
        if words is not None:
            texts |= {name: words.hans, f"{name}_hant": words.hant, f"{name}_en": words.en}
    return texts


def _keep(orders: list[Order], waits: Iterable[Iterable[int]]) -> None:
    """Write all orders and what they wait for, in a few statements."""
    Order.objects.bulk_create(orders, batch_size=500)
    link = Order.prerequisites.through
    link.objects.bulk_create(
        (
            link(from_order_id=order.pk, to_order_id=orders[n].pk)
            for order, positions in zip(orders, waits, strict=True)
            for n in positions
        ),
        batch_size=2000,
    )


def _set_measures(plan: PlanFile, activation: Activation, by: Person, now: datetime) -> int:
    for measure in plan.measures:
        set_measure(
            decision=activation.decision, area=activation.incident.area, kind=measure.kind,
            title=measure.title.hans, ends_at=now + timedelta(days=measure.days), by=by, now=now,
        )  # fmt: skip
    return len(plan.measures)


def _by_key(orders: Sequence[Order]) -> dict[str, object]:
    """Paths of the units that received each order of the plan; of a great plan their digests."""
    found: dict[str, list[str]] = defaultdict(list)
    for order in orders:
        found[order.key].append(order.unit.path)
    most = IN_FULL if len(orders) <= IN_FULL else 0
    return {key: list_or_digest(paths, most) for key, paths in found.items()}
