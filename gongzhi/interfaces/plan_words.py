"""Plans in the reader's language: what changed between two of them, and their phases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.actors.queries import Kind, Tier
from gongzhi.command.plan_diff import Change, PlanDiff, plain
from gongzhi.command.plan_values import (
    AtLeast,
    AtMost,
    ExitTest,
    Message,
    PlanFile,
    PlanMeasure,
    PlanPhase,
    Receiver,
    Rung,
    StockLine,
    Trigger,
    Words,
)
from gongzhi.command.queries import TriggerState, spoken
from gongzhi.interfaces.order_needs import ladder_words, told_names
from gongzhi.sensing.queries import stream_name
from gongzhi.writing import listed, pair


def diff_lines(diff: PlanDiff, before: PlanFile, after: PlanFile) -> Iterator[str]:
    """What changed, a line each: the plan itself, then orders added, removed and changed."""
    if diff.same:
        yield _("The two plans say the same.")
        return
    yield from (_changed(change) for change in diff.head)
    for key in diff.added:
        yield "+ " + _("order added: %(title)s (%(key)s)") % _named(after, key)
    for key in diff.removed:
        yield "- " + _("order removed: %(title)s (%(key)s)") % _named(before, key)
    for order in diff.changed:
        yield "~ " + _("order changed: %(title)s (%(key)s)") % _named(after, order.key)
        yield from (f"    {_changed(change)}" for change in order.changes)


def _named(plan: PlanFile, key: str) -> dict[str, str]:
    return {"title": spoken(plan.order(key).title), "key": key}


def _changed(change: Change) -> str:
    say = phase_name if change.field == "phase" else _value
    before, after = say(change.before), say(change.after)
    if before == after:
        before, after = _all_forms(change.before), _all_forms(change.after)
    name = _fields().get(change.field, change.field)
    return _("%(name)s: %(before)s → %(after)s") % {
        "name": name, "before": before, "after": after,
    }  # fmt: skip


def _all_forms(value: Any) -> str:
    """A value in all written forms, where what changed is not seen in the reader's own."""
    return json.dumps(plain(value), ensure_ascii=False)


def _fields() -> dict[str, str]:
    """What people call the fields of a plan and of an order; asked for in each language anew."""
    return {
        "code": _("code"),
        "version": _("version"),
        "title": _("title"),
        "hazard": _("hazard"),
        "purpose": _("purpose"),
        "legal_basis": _("legal basis"),
        "trigger": _("trigger"),
        "measures": _("measures"),
        "to": _("to whom"),
        "minutes": _("minutes allowed"),
        "within_minutes": _("minutes from the activation"),
        "after": _("waits for"),
        "instruction": _("instruction"),
        "evidence": _("evidence wanted"),
        "stock": _("supplies"),
        "phase": _("phase"),
        "phases": _("phases"),
        "wind_down": _("to be wound down"),
        "evidence_kinds": _("evidence wanted"),
        "forms": _("forms"),
        "messages": _("who is told what"),
        "escalation": _("who learns that it is late"),
        "cost_cents": _("cost in cents"),
    }


def _value(value: Any) -> str:
    """One value; all of a text is shown in the reader's language only."""
    if value is None:
        return "–"
    if isinstance(value, Words):
        return f"“{spoken(value)}”"
    if isinstance(value, tuple):
        return listed(map(_value, value))
    if isinstance(value, Receiver):
        return receiver_words(value)
    if isinstance(value, Message):
        return f"{told_names()[value.to]}: “{spoken(value.words)}”"
    if isinstance(value, Rung):
        whom = {"tier": value.tier} if value.tier else {"unit": value.unit}
        return ladder_words([{**whom, "minutes": value.minutes}])
    if isinstance(value, StockLine):
        return f"{value.item} × {value.quantity}"
    if isinstance(value, PlanMeasure):
        days = _("%(days)s days") % {"days": value.days}
        return f"“{spoken(value.title)}” {value.kind} ({days})"
    if isinstance(value, PlanPhase):
        return _phase(value)
    return begins_words(value) if isinstance(value, Trigger) else str(value)


def _phase(phase: PlanPhase) -> str:
    tests = {"enter": begins_words(phase.enter), "leave": ends_words(phase.leave)}
    return phase_name(phase.phase) + " (" + _("from %(enter)s until %(leave)s") % tests + ")"


def begins_words(trigger: Trigger) -> str:
    """The tests of a trigger: any of them is enough."""
    tests = [
        (_("%(number)s or more red warnings"), trigger.red_warnings),
        (_("%(number)s or more warnings"), trigger.warnings),
        (_("response level %(number)s or higher"), trigger.response_grade),
    ]
    said = [text % {"number": n} for text, n in tests if n is not None]
    today = _("%(number)s or more of %(stream)s today")
    text = _("%(number)s or more of %(stream)s in %(days)s days")
    said += [
        (today if test.days == 1 else text) % _counted(test, test.at_least)
        for test in trigger.counts
    ]
    if trigger.phases_over:
        names = listed(map(phase_name, trigger.phases_over))
        said.append(_("the end of: %(phases)s") % {"phases": names})
    return _(" or ").join(said)


def _counted(test: AtLeast | AtMost, number: int) -> dict[str, object]:
    return {"number": number, "stream": stream_name(test.stream), "days": test.days}


def ends_words(leave: ExitTest) -> str:
    """The tests of an exit: all of them are needed."""
    tests = [
        (_("red warnings: at most %(number)s"), leave.red_warnings_at_most),
        (_("warnings: at most %(number)s"), leave.warnings_at_most),
        (_("response level %(number)s or lower, or none"), leave.response_grade_at_least),
    ]
    said = [text % {"number": n} for text, n in tests if n is not None]
    today = _("%(stream)s today: at most %(number)s")
    text = _("%(stream)s in %(days)s days: at most %(number)s")
    said += [
        (today if test.days == 1 else text) % _counted(test, test.at_most) for test in leave.counts
    ]
    return _(" and ").join(said)


def receiver_words(to: Receiver) -> str:
    """Who receives an order, in the reader's language: "every department: health, city"."""
    each = Tier(to.each).label if to.each in Tier.values else Kind(to.each).label
    more = [
        _(to.subject.replace("_", " ")) if to.subject else "",
        Tier(to.tier).label if to.tier else "",
    ]
    details = listed(filter(None, map(str, more)))
    said = _("every %(each)s") % {"each": each}
    return pair(said, details) if details else said


# Phases -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PhaseRow:
    """One phase for a reader: its tests, its orders, and how the tests stand now.

    `entered` and `over` are None where there is no incident to test.
    """

    phase: str
    name: str
    enter: str
    leave: str
    orders: tuple[str, ...]
    entered: bool | None
    over: bool | None


def phase_name(phase: str | None) -> str:
    """The name of a phase in the reader's language; a dash where there is none."""
    names = {
        "prevent": _("prevention"),
        "control": _("control"),
        "treat": _("treatment"),
        "clear": _("clearing up"),
    }
    return names[phase] if phase else "–"


def phase_rows(plan: PlanFile, state: TriggerState | None) -> list[PhaseRow]:
    """The phases of a plan, tested against the warnings and the level over an incident's area."""
    return [
        PhaseRow(
            phase=phase.phase,
            name=phase_name(phase.phase),
            enter=begins_words(phase.enter),
            leave=ends_words(phase.leave),
            orders=tuple(spoken(o.title) for o in plan.orders if o.phase == phase.phase),
            entered=None if state is None else bool(_entered(phase, state)),
            over=None if state is None else _over(phase, state),
        )
        for phase in plan.phases
    ]


def _entered(phase: PlanPhase, state: TriggerState) -> tuple[str, ...]:
    return phase.enter.reached(state.picture)


def _over(phase: PlanPhase, state: TriggerState) -> bool:
    return phase.leave.passed(state.picture)
