"""The orders of a plan for the units of an area, written in a few statements.

Nobody calls this but the deeds that put a plan or one of its phases into force, inside their
own transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gongzhi.actors.policies import Authority
from gongzhi.command.actions.waiting import tell_begun
from gongzhi.command.models import Activation, Order
from gongzhi.command.plan_file import PlanFile
from gongzhi.command.plan_orders import Compiled
from gongzhi.command.plan_values import PlanOrder, Rung
from gongzhi.command.policies import issued_under
from gongzhi.command.queries import (
    Awaited,
    Reached,
    commander_over,
    commanders_in,
    spoken,
    waiting_sentence,
)
from gongzhi.ledger.bulk import bulk_insert
from gongzhi.ledger.records import list_or_digest

IN_FULL = 500
"""Orders that the line of an activation names one by one."""
There = Mapping[tuple[str, str], Order]
"""Orders given already, by key and path of their unit."""


@dataclass(frozen=True)
class Given:
    """The orders that were written, and what the ledger says of them."""

    orders: list[Order]
    facts: dict[str, Any]


def give_orders(
    activation: Activation,
    plan: PlanFile,
    reached: Reached,
    authority: Authority,
    now: datetime,
    there: There,
) -> Given:
    """Write the orders of a compilation that are not there yet, and what each waits for."""
    entries = reached.compilation.orders
    fresh = [n for n, entry in enumerate(entries) if (entry.order.key, entry.path) not in there]
    rows = _Rows(activation, plan, reached, authority, now, there)
    made = bulk_insert(Order, [rows.row(n) for n in fresh], **rows.shared())
    by_place = dict(zip(fresh, made, strict=True))
    for n, entry in enumerate(entries):
        if n not in by_place:
            by_place[n] = there[entry.order.key, entry.path]
    _link([(by_place[n].pk, by_place[w].pk) for n in fresh for w in entries[n].waits])
    if there:
        tell_begun(made)
    return Given(made, _facts([entries[n] for n in fresh], made))


@dataclass
class _Rows:
    """Puts the rows of orders together; what many have in common is looked up once."""

    activation: Activation
    plan: PlanFile
    reached: Reached
    authority: Authority
    now: datetime
    there: There

    def __post_init__(self) -> None:
        self.entries = self.reached.compilation.orders
        self.texts = {order.key: _texts(order, self.plan) for order in self.plan.orders}
        self.spoken = {order.key: spoken(order.title) for order in self.plan.orders}
        self.commanders = commanders_in(self.activation.incident.area, self.now)
        self.commander: dict[str, int] = {}
        self.sentences: dict[tuple[int, ...], str] = {}

    def shared(self) -> dict[str, Any]:
        """What is the same for every order."""
        return {
            "incident": self.activation.incident, "decision": self.activation.decision,
            "activation": self.activation, "issuer": self.authority.unit,
            "created_at": self.now, "power": str(self.authority),
        }  # fmt: skip

    def row(self, number: int) -> dict[str, Any]:
        """One order: what it says, and whether it is issued or waits."""
        entry = self.entries[number]
        unit, minutes = self.reached.units[entry.path], entry.order.minutes
        if entry.path not in self.commander:
            found = commander_over(unit, self.commanders) or self.activation.incident.commander
            self.commander[entry.path] = found.pk
        waits = self._waits(entry)
        return {
            **self.texts[entry.order.key],
            "unit_id": unit.pk,
            "commander_id": self.commander[entry.path],
            "minutes_allowed": minutes,
            "legal_basis": issued_under(
                self.authority, entry.order.legal_basis or self.plan.legal_basis
            )["legal_basis"],
            "state": Order.State.WAITING.value if waits else Order.State.ISSUED.value,
            "waiting_for": self._sentence(waits) if waits else "",
            "issued_at": None if waits else self.now,
            "due_at": None if waits else self.now + timedelta(minutes=minutes),
        }

    def _waits(self, entry: Compiled) -> tuple[int, ...]:
        """Places of the orders it waits for that are not done."""
        if not self.there:
            return entry.waits
        return tuple(n for n in entry.waits if not self._is_done(n))

    def _is_done(self, number: int) -> bool:
        entry = self.entries[number]
        order = self.there.get((entry.order.key, entry.path))
        return order is not None and order.state == Order.State.DONE

    def _sentence(self, waits: tuple[int, ...]) -> str:
        if waits not in self.sentences:
            self.sentences[waits] = waiting_sentence([self._awaited(n) for n in waits])
        return self.sentences[waits]

    def _awaited(self, number: int) -> Order | Awaited:
        entry = self.entries[number]
        order = self.there.get((entry.order.key, entry.path))
        if order is not None:
            return order
        due_at = None if self._waits(entry) else self.now + timedelta(minutes=entry.order.minutes)
        return Awaited(self.reached.units[entry.path], self.spoken[entry.order.key], due_at)


def _texts(order: PlanOrder, plan: PlanFile) -> dict[str, Any]:
    """What an order of a plan says, in all three written forms."""
    found: dict[str, Any] = {
        "key": order.key,
        "stock": [{"item": line.item, "quantity": line.quantity} for line in order.stock],
        "evidence_kinds": list(order.evidence_kinds),
        "forms_wanted": [form.forms for form in order.forms],
        "messages": [{"to": m.to, "words": m.words.forms} for m in order.messages],
        "escalation": [_rung(rung) for rung in order.escalation or plan.escalation],
        "cost_cents": order.cost_cents,
    }
    for name, words in (
        ("title", order.title), ("instruction", order.instruction),
        ("evidence_wanted", order.evidence),
    ):  # fmt: skip
        texts = (words.hans, words.hant, words.en) if words else ("", "", "")
        found |= dict(zip((name, f"{name}_hant", f"{name}_en"), texts, strict=True))
    return found


def _rung(rung: Rung) -> dict[str, Any]:
    whom = {"tier": rung.tier} if rung.tier else {"unit": rung.unit}
    return {**whom, "minutes": rung.minutes}


def _link(pairs: Sequence[tuple[int, int]]) -> None:
    """Write which order waits for which."""
    link = Order.prerequisites.through
    rows = [{"from_order_id": waiting, "to_order_id": awaited} for waiting, awaited in pairs]
    bulk_insert(link, rows)


def _facts(entries: Sequence[Compiled], orders: Sequence[Order]) -> dict[str, Any]:
    """Who received each order, and the numbers of those issued and waiting by minutes allowed.

    With the numbers the ledger alone tells how every order stood at any time.
    """
    paths: dict[str, list[str]] = defaultdict(list)
    numbers: dict[str, dict[str, list[int]]] = {"issued": {}, "waiting": {}}
    for entry, order in zip(entries, orders, strict=True):
        paths[entry.order.key].append(entry.path)
        numbers[order.state].setdefault(str(order.minutes_allowed), []).append(order.pk)
    most = IN_FULL if len(orders) <= IN_FULL else 0
    return {
        "orders": {key: list_or_digest(found, most) for key, found in paths.items()},
        "first": orders[0].pk if orders else None,
        "count": len(orders),
        "numbers": {
            state: {time: spans(found) for time, found in by_time.items()}
            for state, by_time in numbers.items()
        },
    }


def spans(numbers: Sequence[int]) -> list[list[int]]:
    """Numbers as first and last of each run: 4, 5, 6, 9 is [[4, 6], [9, 9]]."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
