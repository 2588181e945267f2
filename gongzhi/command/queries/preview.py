"""What would happen if a plan were put into force now; nothing is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.discretion import Extent
from gongzhi.actors.models import Person, Post, Unit
from gongzhi.actors.policies import power_name
from gongzhi.assessment.models import Incident
from gongzhi.command.models import ContingencyPlan, Order
from gongzhi.command.plan_file import PlanFile
from gongzhi.command.plan_orders import Compiled
from gongzhi.command.plan_values import PlanOrder, StockLine
from gongzhi.command.queries.extents import extent_of
from gongzhi.command.queries.measures import measures_ahead
from gongzhi.command.queries.orders import OPEN
from gongzhi.command.queries.plan_tests import TriggerState, phases_entered, trigger_state
from gongzhi.command.queries.plans import (
    Reached,
    commander_over,
    commanders_in,
    orders_for,
    plan_of,
    spoken,
)
from gongzhi.decision.policies import in_mode
from gongzhi.parameters import parameter
from gongzhi.writing import day_and_time, listed


@dataclass(frozen=True)
class PreviewLine:
    """One order that would be given: to whom, under whom, from when to when."""

    key: str
    title: str
    unit: Unit
    commander: Person
    begins_at: datetime
    due_at: datetime
    waits_for: int
    power: str
    legal_basis: str
    cost_cents: int = 0
    stock: tuple[StockLine, ...] = ()

    def __str__(self) -> str:
        return f"{day_and_time(self.due_at)} · {self.unit} · {self.title}"


@dataclass(frozen=True)
class Preview:
    """What would happen if a plan were activated now; nothing is written.

    Times of orders that wait are those at which they begin and are due if everything before
    them takes all the time allowed. `nobody` names orders that no unit receives,
    `without_receiver` units in which nobody holds a post that could act on them. `phases` begin
    with the activation, the orders of those in `later` are given when somebody begins them.
    `twice` are lines whose unit works on the same order already, of this plan in force elsewhere.
    `basis` is the legal basis of the plan, on which its measures rest. `extent` is how far it all
    goes, for the limits of whoever would activate it.
    """

    trigger: TriggerState
    lines: tuple[PreviewLine, ...]
    nobody: tuple[str, ...]
    without_receiver: tuple[Unit, ...]
    measures: tuple[tuple[str, datetime], ...]
    extent: Extent
    phases: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    basis: str = ""
    twice: tuple[PreviewLine, ...] = ()

    @property
    def cost_cents(self) -> int:
        """What all orders together cost, in cents of yuan, as far as the plan says."""
        return sum(line.cost_cents for line in self.lines)

    @property
    def stock(self) -> dict[str, int]:
        """How many pieces of each item all orders together need, by the item's code."""
        wanted: Counter[str] = Counter()
        for line in self.lines:
            for entry in line.stock:
                wanted[entry.item] += entry.quantity
        return dict(sorted(wanted.items()))

    @property
    def powers(self) -> dict[str, str]:
        """Each power that would be used, with what it rests on."""
        used = {line.power: line.legal_basis for line in reversed(self.lines)}
        return used | ({power_name("set_measure"): self.basis} if self.measures else {})

    def __str__(self) -> str:
        facts = {
            "orders": len(self.lines),
            "units": len({line.unit.pk for line in self.lines}),
            "now": sum(not line.waits_for for line in self.lines),
        }
        said = [
            _("%(orders)s orders to %(units)s units, %(now)s of them at once.") % facts,
            str(self.trigger),
        ]
        if self.nobody:
            said.append(_("No unit receives: %(keys)s.") % {"keys": listed(self.nobody)})
        if self.without_receiver:
            units = listed(self.without_receiver[:10])
            said.append(
                _("Nobody is on duty to receive orders in %(number)s units: %(units)s.")
                % {"number": len(self.without_receiver), "units": units}
            )
        if self.twice:
            already = _("%(number)s of them their units have already, from this plan elsewhere.")
            said.append(already % {"number": len(self.twice)})
        return "\n".join(said)


def what_would_happen(plan: ContingencyPlan, incident: Incident, now: datetime) -> Preview:
    """What activating a plan for an incident would do at this moment; nothing is written."""
    read = plan_of(plan)
    trigger = trigger_state(read, incident, now)
    phases = phases_entered(read, trigger.picture)
    reached = orders_for(read, incident.area, phases)
    commanders = commanders_in(incident.area, now)
    lines = tuple(
        _line(read, entry, reached.units[entry.path], incident, commanders, now)
        for entry in reached.compilation.orders
    )
    ahead = measures_ahead(read, incident, now)
    measures = tuple((spoken(one.measure.title), one.ends_at) for one in ahead)
    later = tuple(phase.phase for phase in read.phases if phase.phase not in phases)
    extent = extent_of(reached, incident.area, ahead)
    return Preview(
        trigger, lines, reached.compilation.nobody, _without_receiver(reached, now), measures,
        in_mode(extent, "activate_plan", incident.area, now), phases, later,
        read.legal_basis, _given_already(plan, incident, lines),
    )  # fmt: skip


def _given_already(
    plan: ContingencyPlan, incident: Incident, lines: tuple[PreviewLine, ...]
) -> tuple[PreviewLine, ...]:
    """Lines whose unit has the same order open, from a district's or the city's own activation."""
    elsewhere = Order.objects.filter(activation__plan__code=plan.code, state__in=OPEN)
    elsewhere = elsewhere.exclude(activation__incident=incident).order_by()
    given = set(elsewhere.values_list("unit", "key"))
    return tuple(line for line in lines if (line.unit.pk, line.key) in given)


def _line(
    plan: PlanFile,
    entry: Compiled,
    unit: Unit,
    incident: Incident,
    commanders: dict[str, Person],
    now: datetime,
) -> PreviewLine:
    return PreviewLine(
        key=entry.order.key,
        title=spoken(entry.order.title),
        unit=unit,
        commander=commander_over(unit, commanders) or incident.commander,
        begins_at=now + timedelta(minutes=entry.begins),
        due_at=now + timedelta(minutes=entry.due),
        waits_for=len(entry.waits),
        power=power_name("activate_plan"),
        legal_basis=entry.order.legal_basis or plan.legal_basis,
        cost_cents=entry.order.cost_cents,
        stock=entry.order.stock,
    )


def _without_receiver(reached: Reached, now: datetime) -> tuple[Unit, ...]:
    """Units in which nobody holds a post that could take one of the orders given to them."""
    able = parameter("powers.answer_order", localtime(now).date()).value["roles"]
    ids = [unit.pk for unit in reached.units.values()]
    posts = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        unit__in=ids, starts_at__lte=now, person__is_active=True,
    )  # fmt: skip
    held = {(unit, role) for unit, role in posts.values_list("unit", "role")}
    lonely = {
        entry.path
        for entry in reached.compilation.orders
        if not any((reached.units[entry.path].pk, role) in held for role in _asked(entry, able))
    }
    return tuple(unit for path, unit in reached.units.items() if path in lonely)


def _asked(entry: Compiled, able: list[str]) -> list[str]:
    order: PlanOrder = entry.order
    return [order.to.role] if order.to.role else able
