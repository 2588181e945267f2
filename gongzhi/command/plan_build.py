"""From the checked values of a plan file to the plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gongzhi.command.plan_values import (
    AtLeast,
    AtMost,
    ExitTest,
    Message,
    PlanFile,
    PlanMeasure,
    PlanOrder,
    PlanPhase,
    Receiver,
    Rung,
    StockLine,
    Trigger,
    Words,
)


def plan_from(value: dict[str, Any]) -> PlanFile:
    """The plan of values in which the check found no mistake."""
    return PlanFile(
        code=value["plan"],
        version=value["version"],
        title=Words.of(value["title"]),
        hazard=value["hazard"],
        purpose=Words.of(value["purpose"]),
        legal_basis=value["legal_basis"],
        trigger=_trigger(value["trigger"]),
        orders=tuple(_order(order) for order in value["orders"]),
        measures=tuple(
            PlanMeasure(m["kind"], Words.of(m["title"]), int(m["days"]))
            for m in value.get("measures", ())
        ),
        phases=tuple(
            PlanPhase(p["phase"], _trigger(p["enter"]), _exit(p["leave"]))
            for p in value.get("phases", ())
        ),
        wind_down=tuple(Words.of(text) for text in value.get("wind_down", ())),
        escalation=_ladder(value.get("escalation", ())),
    )


def _trigger(value: dict[str, Any]) -> Trigger:
    lists = ("counts", "phases_over")
    numbers = {name: int(number) for name, number in value.items() if name not in lists}
    counts = (
        AtLeast(c["stream"], int(c["days"]), int(c["at_least"])) for c in value.get("counts", ())
    )
    return Trigger(**numbers, counts=tuple(counts), phases_over=tuple(value.get("phases_over", ())))


def _exit(value: dict[str, Any]) -> ExitTest:
    numbers = {name: int(number) for name, number in value.items() if name != "counts"}
    counts = (
        AtMost(c["stream"], int(c["days"]), int(c["at_most"])) for c in value.get("counts", ())
    )
    return ExitTest(**numbers, counts=tuple(counts))


def _ladder(value: Iterable[dict[str, Any]]) -> tuple[Rung, ...]:
    return tuple(
        Rung(int(step["minutes"]), step.get("tier", ""), step.get("unit", "")) for step in value
    )


def _order(value: dict[str, Any]) -> PlanOrder:
    within = value.get("within_minutes")
    return PlanOrder(
        key=value["key"],
        title=Words.of(value["title"]),
        to=Receiver(**value["to"]),
        minutes=int(value["minutes"]),
        after=tuple(value.get("after", ())),
        within_minutes=None if within is None else int(within),
        instruction=Words.of(value["instruction"]) if "instruction" in value else None,
        evidence=Words.of(value["evidence"]) if "evidence" in value else None,
        evidence_kinds=tuple(value.get("evidence_kinds", ())),
        stock=tuple(StockLine(s["item"], int(s["quantity"])) for s in value.get("stock", ())),
        forms=tuple(Words.of(form) for form in value.get("forms", ())),
        messages=tuple(Message(m["to"], Words.of(m["words"])) for m in value.get("messages", ())),
        escalation=_ladder(value.get("escalation", ())),
        cost_cents=int(value.get("cost_cents", 0)),
        legal_basis=value.get("legal_basis", ""),
        phase=value.get("phase", ""),
    )
