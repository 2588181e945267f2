"""What tests of the capability standard share: an exercise as it is recorded, calls, results."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gongzhi.assessment.models import Incident
from gongzhi.command.actions import ExerciseHeld, adopt_plan, record_exercise
from gongzhi.command.models import CallAnswer, ContingencyPlan, Exercise, StreetCall
from gongzhi.evaluation.models import CapabilityResult, CapabilityScoring
from tests.rooms.cast import START, City
from tests.rooms.upstream import plan_document, plan_order

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def a_plan(city: City, hazard: str = "flood") -> ContingencyPlan:
    """An adopted plan for a hazard."""
    document = plan_document(
        plan_order("go", {"each": "street"}), code=f"plan-{hazard}", hazard=hazard
    )
    return adopt_plan(document=document, by=city.person("mayor"), now=START)


def held(
    city: City, plan: ContingencyPlan, number: int, now: datetime, *, area: str = "C",
    present: tuple[str, ...] = ("WATER",), **units: dict[str, tuple[int, int]],
) -> Exercise:  # fmt: skip
    """An exercise as it is recorded: of each unit that played itself, what was good of how many."""
    figures = {
        code: {name: shown(*pair) for name, pair in by_name.items()}
        for code, by_name in units.items()
    }
    score = {"times": {}, "counts": {}, "tiers": {}, "present": list(present), "units": figures}
    made = ExerciseHeld(
        number=number, title="演练", title_hant="演練", title_en="Drill", scenario_digest="0" * 64,
        seed=1, speed=60.0, held_from=START, held_till=START + 4 * 60 * MINUTE, score=score,
        not_played=[], ledger_size=9, ledger_root="1" * 64,
    )  # fmt: skip
    return record_exercise(area=city[area], plan=plan, held=made, by=city.person("mayor"), now=now)


def shown(good: int, total: int) -> dict[str, Any]:
    """Figures of one capability as an exercise keeps them."""
    worst = {"ref": "command.CallAnswer:1", "title": "停水", "by": 12.5, "good": good == total}
    return {"good": good, "total": total, "worst": worst}


def called(
    city: City, at: datetime, *, after: int | None, code: str = "WATER",
    incident: Incident | None = None,
) -> CallAnswer:  # fmt: skip
    """A call that a department answered after so many minutes, or not yet; thirty were allowed."""
    call = StreetCall.objects.create(
        caller=city["S11"], incident=incident, subject="停水", text="t", power="raise_call",
        legal_basis="Law", raised_by=city.person("s11-duty"), raised_at=at,
    )  # fmt: skip
    duty = city.person("water")
    answered = {} if after is None else {
        "answered_by": duty, "answered_at": at + after * MINUTE, "responsible": duty,
        "state": "coming", "arrive_by": at + 999 * DAY,
    }  # fmt: skip
    return CallAnswer.objects.create(
        call=call, department=city[code], answer_by=at + 30 * MINUTE, **answered
    )


def result(scoring: CapabilityScoring, city: City, code: str, capability: str) -> CapabilityResult:
    """How a unit stands by one line."""
    found: CapabilityResult = scoring.results.get(unit=city[code], capability=capability)
    return found


def said(found: CapabilityResult) -> tuple[str, int, int, str]:
    """A result in short: outcome, numbers, by what."""
    return found.outcome, found.good, found.total, found.source
