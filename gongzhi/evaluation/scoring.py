"""Units scored against the capability standard: what shows it, how it stands, how it changed.

Exercises cut time into stretches; what the house really did between two of them is one stretch.
The latest exercise or stretch that shows something decides, and the one before it is the
comparison. What nothing shows is not shown: neither a pass nor a fail.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import units_below
from gongzhi.command.models import Exercise
from gongzhi.evaluation.cases import CASES, Case, Tally
from gongzhi.evaluation.models import CapabilityResult, CapabilityScoring
from gongzhi.evaluation.standard import Capability, group_of
from gongzhi.evaluation.standing import STANDS, exercises_within, present_in
from gongzhi.ledger.records import digest

Outcome, Source = CapabilityResult.Outcome, CapabilityResult.Source
INCIDENTS = 20
"""Incidents that a result names at most; more than these decide nothing more."""


@dataclass
class Shown:
    """What one exercise, one stretch of real responses or the records show of one unit."""

    source: str
    at: datetime
    good: int = 0
    total: int = 0
    worst: dict[str, Any] = field(default_factory=dict)
    exercise: Exercise | None = None
    incidents: list[int] = field(default_factory=list)

    def brief(self, enough: int) -> dict[str, Any]:
        """What a later result keeps of it to compare with."""
        return {
            "source": self.source, "at": self.at.isoformat(), "good": self.good,
            "total": self.total, "outcome": str(outcome(self.good, self.total, enough)),
            "exercise": self.exercise.number if self.exercise else None,
        }  # fmt: skip


def outcome(good: int, total: int, enough: int) -> CapabilityResult.Outcome:
    """Met, not met, or not shown; `enough` is per cent."""
    if not total:
        return Outcome.NOT_SHOWN
    return Outcome.MET if 100 * good >= enough * total else Outcome.NOT_MET


def score_units(
    area: Unit, capabilities: Iterable[Capability], before: CapabilityScoring | None, now: datetime
) -> list[CapabilityResult]:
    """Every unit of an area scored against the standard; nothing is saved.

    before: the last scoring of the area, to compare with where no exercise came between.
    """
    units = [unit for unit in units_below(area) if group_of(unit)]
    scored = _scored_before(before)
    found: list[CapabilityResult] = []
    for capability in capabilities:
        mine = [unit for unit in units if group_of(unit) in capability.enough]
        show = _standing if capability.code in STANDS else _over_time
        lines = show(capability, mine, now)
        for unit in mine:
            line = lines.get(unit.pk, [])
            if len(line) == 1:
                line = [*scored.get((unit.pk, capability.code), ()), *line]
            found.append(_result(capability, unit, line, now))
    return found


def _scored_before(before: CapabilityScoring | None) -> dict[tuple[int, str], list[Shown]]:
    """What an earlier scoring found, by unit and capability, to compare with."""
    if before is None:
        return {}
    rows = before.results.filter(total__gt=0).select_related("exercise")
    return {
        (row.unit_id, row.capability): [
            Shown(row.source, row.shown_at or before.made_at, row.good, row.total,
                  exercise=row.exercise)
        ]
        for row in rows
    }  # fmt: skip


def _standing(capability: Capability, units: list[Unit], now: datetime) -> dict[int, list[Shown]]:
    """What the records show as they stand."""
    lines: dict[int, list[Shown]] = {}
    for unit, stand in STANDS[capability.code](capability, units, now).items():
        if stand.total:
            worst = {"missing": stand.missing} if stand.missing else {}
            lines[unit] = [Shown(Source.RECORDS, now, stand.good, stand.total, worst)]
    return lines


def _over_time(capability: Capability, units: list[Unit], now: datetime) -> dict[int, list[Shown]]:
    """Exercises and real responses in the order of time, for each unit that they show."""
    drilled = exercises_within(capability, now) if "drill" in capability.shown_by else []
    by_unit: dict[int, list[Case]] = defaultdict(list)
    if "real" in capability.shown_by:
        since = now - capability.within
        for case in CASES[capability.code](since, now):
            if case.at >= since:
                by_unit[case.unit].append(case)
    return {
        unit.pk: _line(_drills_of(capability.code, unit, drilled), by_unit.get(unit.pk, []))
        for unit in units
    }


def _drills_of(code: str, unit: Unit, held: list[Exercise]) -> list[Shown]:
    """What each exercise shows of a unit that played itself in it."""
    found = []
    for exercise in held:
        figures = exercise.score.get("units", {}).get(unit.code, {}).get(code)
        if figures and figures["total"] and unit.code in present_in(exercise):
            found.append(Shown(
                Source.DRILL, exercise.recorded_at, figures["good"], figures["total"],
                figures["worst"], exercise,
            ))  # fmt: skip
    return found


def _line(drills: list[Shown], cases: list[Case]) -> list[Shown]:
    """The exercises of a unit with the stretches of real responses between them."""
    ends = [drill.at for drill in drills]
    stretches: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        stretches[bisect_left(ends, case.at)].append(case)
    line: list[Shown] = []
    for number in range(len(drills) + 1):
        if number in stretches:
            line.append(_stretch(stretches[number]))
        line += drills[number : number + 1]
    return line


def _stretch(cases: list[Case]) -> Shown:
    tally = Tally()
    for case in cases:
        tally.add(case)
    incidents = sorted({case.incident for case in cases if case.incident is not None})
    figures = tally.plain()
    return Shown(
        Source.REAL, max(case.at for case in cases), tally.good, tally.total, figures["worst"],
        incidents=incidents[:INCIDENTS],
    )  # fmt: skip


def _result(
    capability: Capability, unit: Unit, line: list[Shown], now: datetime
) -> CapabilityResult:
    enough = capability.enough[group_of(unit)]
    last = line[-1] if line else Shown("", now)
    made = CapabilityResult(
        unit=unit, judged_as=group_of(unit), capability=capability.code, enough=enough,
        outcome=outcome(last.good, last.total, enough), good=last.good, total=last.total,
        source=last.source, exercise=last.exercise, incidents=last.incidents, worst=last.worst,
        shown_at=last.at if line else None,
        before=line[-2].brief(enough) if len(line) > 1 else {},
    )  # fmt: skip
    made.next_act = "" if made.outcome == Outcome.MET else capability.next_act
    return made


def sums(results: Iterable[CapabilityResult]) -> dict[str, dict[str, dict[str, int]]]:
    """The figures of each group of units and capability: how many stand how, and all cases."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in results:
        of_group = found.setdefault(row.judged_as, {})
        blank = {"met": 0, "not_met": 0, "not_shown": 0, "good": 0, "total": 0}
        one = of_group.setdefault(row.capability, blank)
        one[str(row.outcome)] += 1
        one["good"] += row.good
        one["total"] += row.total
    return found


def results_digest(results: Iterable[CapabilityResult]) -> str:
    """The digest that the ledger keeps: every unit, what was asked, what was shown and by what."""
    return digest([
        [row.unit.path, row.capability, str(row.outcome), row.good, row.total, row.enough,
         str(row.source), row.exercise.number if row.exercise else None, row.shown_at, row.worst]
        for row in sorted(results, key=lambda row: (row.unit.path, row.capability))
    ])  # fmt: skip
