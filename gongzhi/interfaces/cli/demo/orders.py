"""Orders: each unit accepts by name and reports done; some are late and climb, one fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from gongzhi.actors.queries import Person
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said, table
from gongzhi.interfaces.cli.evidence import evidence_for

LATE = 0.05
"""Share of orders that take longer than they are allowed."""
NO_NIGHT = "community"
"""Areas of this tier do not work at night; a street has a duty desk."""
STRAIGHT = 0.6
"""Share of communities that do a small thing at once and only report it done."""
FAILING = "count-stock"
"""The order of the plan that one hospital cannot carry out."""
Hook = Callable[[Any, Person], None]


class Orders:
    """Everybody who receives orders, and the city's duty desk that gave them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.dice = stage.dice("orders")
        self.by_hand: set[int] = set()
        """Orders that another script answers, or that nobody answers any more."""
        self.hooks: dict[str, Hook] = {}
        """What else is done when the order of a key is done."""
        self.takers: dict[str, Hook] = {}
        """Who takes over an order of a key once it is accepted, instead of the rule here."""
        self._seen: set[tuple[int, datetime]] = set()
        self._has_failed = False
        self._climbs = 0

    def begin(self) -> None:
        """Look at what was issued; climbs are told as they come."""
        self.stage.looks.append(self.look)

    def look(self) -> None:
        """See which orders were issued, and which climbed."""
        issued = self.stage.see("command", "orders").filter(state="issued")
        for order in issued.select_related("unit", "incident").order_by("id"):
            if order.pk in self.by_hand or (order.pk, order.issued_at) in self._seen:
                continue
            self._seen.add((order.pk, order.issued_at))
            self._notice(order)
        self._tell_climbs()

    def _notice(self, order: Any) -> None:
        """Decide when the unit accepts and when it will be done."""
        stage = self.stage
        who = stage.desk(order.unit)
        accepts = stage.now + self.dice.uniform(4, 45) * MINUTE
        allowed = timedelta(minutes=order.minutes_allowed)
        share = self.dice.uniform(1.1, 2.2) if self.dice.random() < LATE else self._share()
        done = order.issued_at + allowed * share
        is_close = order.unit.kind == "area" and order.unit.tier == NO_NIGHT
        if is_close:
            accepts = stage.by_day(accepts, opens=7)
            done = max(done, accepts + 20 * MINUTE)
        done = max(done, accepts + 5 * MINUTE)
        if share > 1 and order.due_at is not None:
            stage.round_at(order.due_at + MINUTE)
        if is_close and order.key not in self.takers and self.dice.random() < STRAIGHT:
            stage.at(done, lambda: self.finish(order, who))
        else:
            stage.at(accepts, lambda: self._accept(order, who, done))

    def _share(self) -> float:
        return min(0.95, self.dice.lognormvariate(-0.9, 0.4))

    def _accept(self, order: Any, who: Person, done: datetime) -> None:
        if self.stage.attempt("command", "accept_order", who, order=order) is not None:
            return
        taker = self.takers.get(order.key)
        if taker is not None:
            taker(order, who)
        elif order.key == FAILING and not self._has_failed and order.unit.kind == "hospital":
            self._has_failed = True
            self.stage.after(40, lambda: self._fail(order, who))
        else:
            self.stage.at(done, lambda: self.finish(order, who))

    def finish(self, order: Any, who: Person, result: str = "", counted: int | None = None) -> None:
        """Report an order done, with its evidence; whoever waited learns of it at the next look."""
        text = result or table("said")["done"].get(order.key) or said("done.any")
        inputs = {"order": order, "result": text, **self._evidence(order, counted)}
        if self.stage.attempt("command", "finish_order", who, **inputs) is None:
            if order.evidence_kinds:
                kinds = self.stage.narrator.several(order.evidence_kinds)
                self.stage.tell("evidence", unit=order.unit, order=order, kinds=kinds)
            hook = self.hooks.get(order.key)
            if hook is not None:
                hook(order, who)
            self.stage.look_soon(self.look)

    def _evidence(self, order: Any, counted: int | None) -> dict[str, Any]:
        """A photograph, a reading, the number of a document or a figure, as the order asks."""
        dice = random.Random(f"{self.stage.city.seed}/evidence/{order.key}/{order.unit.code}")
        measured = table("said")["measured"].get(order.key) or table("said")["measured"]["any"]
        reading = round(dice.uniform(measured["least"], measured["most"]), 2)
        return evidence_for(
            order, photo=said("evidence.photo", order=order.key, unit=order.unit.code),
            measured=f"{measured['what']} {reading} {measured['unit']}",
            paper=said("evidence.paper", number=dice.randint(2, 90)),
            count=dice.randint(12, 160) if counted is None else counted,
        )  # fmt: skip

    def _fail(self, order: Any, who: Person) -> None:
        """One cannot be done: everyone who waits for it is told, and the city gives it anew."""
        stage = self.stage
        reason = said("failed.reason")
        if stage.attempt("command", "fail_order", who, order=order, reason=reason) is not None:
            return
        waiting = stage.see("command", "orders").filter(held_up_by=order.pk).count()
        stage.tell("failed", unit=order.unit, order=order, reason=reason, waiting=waiting)
        stage.after(70, lambda: self._again(order))

    def _again(self, order: Any) -> None:
        duty = self.stage.person["city.duty"]
        refusal = self.stage.attempt(
            "command", "reissue_order", duty, order=order, minutes=240, reason=said("failed.again")
        )
        if refusal is None:
            self.stage.tell("reissued", unit=order.unit, order=order)
            self.stage.look_soon(self.look)

    def _tell_climbs(self) -> None:
        climbs = self.stage.see("command", "climbs").filter(
            pk__gt=self._climbs, order__isnull=False
        )
        for climb in climbs.select_related("order__unit", "to_unit").order_by("id"):
            self._climbs = climb.pk
            self.stage.tell(
                "order_climbed", order=climb.order, unit=climb.order.unit, upper=climb.to_unit
            )
