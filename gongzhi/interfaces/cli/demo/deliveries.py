"""What is promised is sent with a carrier, handed over and received; one pallet arrives broken."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

from gongzhi.actors.queries import Unit
from gongzhi.interfaces.cli.demo.cast import ITEMS
from gongzhi.interfaces.cli.demo.epidemic import Epidemic
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said

VIA_HUB = 0.12
"""Share of the deliveries that change hands on the way."""
LEAST = 5
"""Pieces for which nobody sends a van; they wait for the next plan."""
KEPT_WAITING = 0.04
"""Share of the promises that the giver has not sent when the play looks away."""


class Deliveries:
    """Givers, carriers and receivers of what was promised."""

    def __init__(self, stage: Stage, epidemic: Epidemic) -> None:
        self.stage, self.epidemic = stage, epidemic
        self.dice = stage.dice("deliveries")
        self.slow: set[int] = set()
        """Numbers of units that do not receive any more: their goods are on the way at the end."""
        self._own = {code: own for own, code in ITEMS.items()}
        self._is_broken = False

    @cached_property
    def carriers(self) -> list[Unit]:
        """The logistics firms of the city."""
        return [unit for unit in self.stage.unit.values() if unit.kind == "logistics"]

    def plan(self, run: Any) -> None:
        """Put the sending of every allocation of an approved plan on the agenda."""
        rows = run.allocations.select_related("offer__unit", "offer__item", "need__unit")
        for allocation in rows.order_by("id"):
            if allocation.quantity < LEAST or self.dice.random() < KEPT_WAITING:
                continue
            when = self.stage.now + self.dice.uniform(25, 240) * MINUTE
            self.stage.at(
                self.stage.by_day(when, opens=7, closes=17),
                lambda a=allocation: self.send(a),  # type: ignore[misc]
            )

    def send(self, allocation: Any) -> None:
        """The giver sends what is left of a promise; a newer plan may have taken it back."""
        stage = self.stage
        giver = allocation.offer.unit
        carrier = self.carriers[allocation.pk % len(self.carriers)]
        minutes = self.dice.uniform(60, 260)
        refusal = stage.attempt(
            "supply", "dispatch", stage.desk(giver), allocation=allocation, carrier=carrier,
            quantity=allocation.quantity, arrive_by=stage.now + timedelta(minutes=minutes),
        )  # fmt: skip
        if refusal is not None:
            return
        sent = allocation.dispatches.order_by("-id").first()
        if self.dice.random() < VIA_HUB or allocation.offer.is_donation:
            stage.after(minutes * 0.4, lambda: self.hand_over(sent, allocation, carrier))
        stage.after(minutes * self.dice.uniform(0.7, 1.1), lambda: self.receive(sent, allocation))

    def hand_over(self, sent: Any, allocation: Any, carrier: Unit) -> None:
        """The carrier takes the goods over in good order at its own yard."""
        self.stage.attempt(
            "supply", "hand_over", self.stage.desk(carrier), dispatch=sent, place=carrier.name,
            quantity_good=sent.quantity,
        )  # fmt: skip

    def receive(self, sent: Any, allocation: Any) -> None:
        """The clerk counts what arrived; of the donors' pallet half is broken, once."""
        stage, unit = self.stage, allocation.need.unit
        if unit.pk in self.slow:
            return
        broken = 0
        gift = allocation.offer.unit.kind == "social" and unit.kind == "hospital"
        if gift and not self._is_broken and sent.quantity > 1:
            self._is_broken = True
            broken = sent.quantity // 2
        good = sent.quantity - broken
        refusal = stage.attempt(
            "supply", "receive_goods", stage.desk(unit), dispatch=sent, quantity_good=good,
            quantity_damaged=broken, note=said("goods.broken") if broken else "",
        )  # fmt: skip
        if refusal is not None:
            return
        item = allocation.offer.item
        if unit.kind == "hospital" and item.code in self._own:
            self.epidemic.receive(unit.code, self._own[item.code], good)
        if broken:
            stage.tell("broken", broken=broken, sent=sent.quantity, item=item, unit=unit)
        else:
            stage.tell("received", quantity=good, item=item, unit=unit)
