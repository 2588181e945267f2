"""Write down that an exercise was held, and how it went."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.command.models import ContingencyPlan, Exercise
from gongzhi.errors import Malformed, NotNow
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest

Title = Annotated[str, Field(min_length=1, max_length=200)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ExerciseHeld(BaseModel):
    """What is kept of an exercise; both times are simulated ones.

    `not_played` names the duties that nobody could play, `ledger_root` is that of its own ledger.
    """

    number: Annotated[int, Field(ge=1)]
    title: Title
    title_hant: Title
    title_en: Title
    scenario_digest: Digest
    seed: Annotated[int, Field(ge=0)]
    speed: Annotated[float, Field(gt=0, le=3600)]
    held_from: datetime
    held_till: datetime
    score: dict[str, Any]
    not_played: list[str]
    ledger_size: Annotated[int, Field(ge=0)]
    ledger_root: Digest


@deed(by_hand=False)
def record_exercise(
    *, area: Unit, plan: ContingencyPlan, held: ExerciseHeld, by: Person, now: datetime
) -> Exercise:
    """Record an exercise that is over, its score and the root of its own ledger (演练).

    `now` is the real time. Errors: `NotNow` when an exercise of this number is recorded already.
    """
    authority = check_may(by, "record_exercise", area, now)
    _check_can_record(held)
    exercise = Exercise.objects.create(
        area=area, plan=plan, hazard=plan.hazard, recorded_by=by, recorded_at=now,
        **held.model_dump(),
    )  # fmt: skip
    append(
        verb="command.record_exercise", subject=exercise, place=area, by=by, now=now,
        number=held.number, plan=plan.ref, scenario=held.scenario_digest, seed=held.seed,
        score=digest(held.score), ledger_size=held.ledger_size, ledger_root=held.ledger_root,
        power=str(authority),
    )  # fmt: skip
    return exercise


def _check_can_record(held: ExerciseHeld) -> None:
    if held.held_till < held.held_from:
        raise Malformed(_("An exercise cannot end before it begins. Correct the times."))
    if Exercise.objects.filter(number=held.number).exists():
        raise NotNow(
            _("Exercise %(number)s is recorded already. There is nothing left to do.")
            % {"number": held.number}
        )
