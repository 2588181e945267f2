"""The tier to which something late has climbed presses whoever is late, and says what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.command.climb_policies import check_can_follow_up, check_may_follow_up, pressed
from gongzhi.command.models import Climb
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed

Sentence = Annotated[str, Field(min_length=1, max_length=300)]


@deed()
def follow_up_climb(*, climb: Climb, follow_up: Sentence, by: Person, now: datetime) -> Climb:
    """Press a unit that is late with an order or a call, and write what was agreed (督办).

    It changes neither the time nor the order: that is for whoever gave it.
    """
    rows = Climb.objects.select_for_update(of=("self",))
    climb = rows.select_related(
        "to_unit", "followed_up_by", "order__unit", "answer__department", "answer__call"
    ).get(pk=climb.pk)
    check_may_follow_up(by, climb, now)
    check_can_follow_up(climb)
    climb.change(followed_up_by=by, followed_up_at=now, follow_up=follow_up)
    append(
        verb="command.follow_up_climb", subject=climb, place=climb.to_unit, by=by, now=now,
        unit=pressed(climb).path, follow_up=follow_up,
    )  # fmt: skip
    return climb
