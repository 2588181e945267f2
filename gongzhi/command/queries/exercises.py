"""Exercises held, and the one before."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from gongzhi.actors.models import Person
from gongzhi.actors.queries import visible
from gongzhi.command.models import Exercise


def exercises_held(by: Person, now: datetime) -> QuerySet[Exercise]:
    """The exercises of one's area, the last one first."""
    held = visible(Exercise, by, now).select_related("plan", "area")
    return held.order_by("-number")


def exercise_before(number: int, plan_code: str) -> Exercise | None:
    """The last exercise of any version of a plan that was recorded before this one."""
    held = Exercise.objects.filter(plan__code=plan_code, number__lt=number)
    return held.order_by("-number").first()
