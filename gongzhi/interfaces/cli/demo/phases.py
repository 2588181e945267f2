"""Phases of the plans in force: the round proposes, the commander begins and ends, and at the end
everything that a plan brought is taken back."""

from __future__ import annotations

from typing import Any

from gongzhi.actors.queries import Person
from gongzhi.interfaces.cli.demo.stage import Stage
from gongzhi.interfaces.cli.demo.tell import said

BEGINS_AFTER, ENDS_AFTER, BACK_AFTER = (20, 50), (45, 90), (30, 240)
"""Minutes until a commander acts on a proposal, ends what is over, takes a thing back."""


class Phases:
    """The commanders of the incidents, as far as their plans move from phase to phase."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.dice = stage.dice("phases")
        self._coming: set[int] = set()
        self._items: set[int] = set()
        self._needs = 0

    def begin(self) -> None:
        """Look every time the house is looked at."""
        self.stage.looks.append(self.look)

    def look(self) -> None:
        """See what is proposed, what could end, what is to be taken back, what orders need."""
        phases = self.stage.see("command", "phases").filter(
            state__in=("proposed", "leaving"), activation__incident__state="open"
        )
        phases = phases.select_related("activation__plan", "activation__incident__area")
        for phase in phases.exclude(pk__in=self._coming).order_by("id"):
            self._coming.add(phase.pk)
            proposed = phase.state == "proposed"
            self._tell("phase_proposed" if proposed else "phase_leaving", phase)
            wait = self.dice.uniform(*(BEGINS_AFTER if proposed else ENDS_AFTER))
            self.stage.after(wait, lambda p=phase: self._act(p))  # type: ignore[misc]
        items = self.stage.see("command", "wind_down").filter(state="due")
        for item in items.exclude(pk__in=self._items).order_by("id"):
            self._items.add(item.pk)
            wait = self.dice.uniform(*BACK_AFTER)
            self.stage.after(wait, lambda i=item: self._take_back(i))  # type: ignore[misc]
        self._tell_needs()

    def _tell(self, key: str, phase: Any, **facts: Any) -> None:
        self.stage.tell(key, plan=phase.activation.plan, phase=phase.phase, **facts)

    def _commander(self, activation: Any) -> Person:
        return self.stage.desk(activation.incident.area, "commander")

    def _act(self, phase: Any) -> None:
        """Begin or end a phase, if the tests still say so; else it is looked at again."""
        self._coming.discard(phase.pk)
        phase.refresh_from_db()
        if phase.state == "proposed":
            self.begin_phase(phase)
        elif phase.state == "leaving":
            self.end_phase(phase, said("phases.over"))

    def begin_phase(self, phase: Any, reason: str = "") -> None:
        """Begin a phase; before its test holds, with a reason."""
        stage, by = self.stage, self._commander(phase.activation)
        before = phase.activation.orders.count()
        refusal = stage.attempt("command", "begin_phase", by, phase=phase, reason=reason)
        if refusal is None:
            orders = phase.activation.orders.count() - before
            key = "phase_begun_early" if reason else "phase_begun"
            self._tell(key, phase, orders=orders, reason=reason)
            stage.look_soon(stage.look)

    def end_phase(self, phase: Any, reason: str) -> None:
        """Say that a phase is over."""
        by = self._commander(phase.activation)
        if self.stage.attempt("command", "end_phase", by, phase=phase, reason=reason) is None:
            self._tell("phase_over", phase)

    def end_all(self, activation: Any, reason: str) -> None:
        """End whatever of a plan still runs, because its incident is over."""
        for phase in activation.phases.filter(state__in=("begun", "leaving")).order_by("id"):
            self.end_phase(phase, reason)

    def _take_back(self, item: Any) -> None:
        item.refresh_from_db()
        by, result = self._commander(item.activation), said("phases.taken_back")
        if item.state != "due":
            self._items.discard(item.pk)
        elif self.stage.attempt("command", "take_back", by, item=item, result=result) is None:
            self.stage.tell("taken_back", item=item)

    def _tell_needs(self) -> None:
        """Say once a day what the stock of orders has become."""
        needs = self.stage.see("supply", "needs").filter(pk__gt=self._needs, order__isnull=False)
        found = list(needs.select_related("unit", "item", "order").order_by("id"))
        if found:
            self._needs = found[-1].pk
            self.stage.tell(
                "needs_of_orders", needs=len(found), order=found[0].order, unit=found[0].unit,
                item=found[0].item, quantity=found[0].quantity,
            )  # fmt: skip
