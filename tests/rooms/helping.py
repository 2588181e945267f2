"""What the tests of help begin with: a city in an incident, helpers, tasks that ask for hands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gongzhi.actors.models import Person, Post, Role
from gongzhi.assessment.models import Incident
from gongzhi.fieldwork.actions import (
    TimeDraft,
    approve_call_ups,
    ask_for_hands,
    offer_help,
    plan_call_ups,
)
from gongzhi.fieldwork.models import CallUp, CallUpPlan, HelpOffer, HelpWanted, Skill
from tests.rooms.cast import START, City, small_city
from tests.rooms.scenes import open_incident

HOUR = timedelta(hours=1)
MORNING, NOON, EVENING = START + HOUR, START + 5 * HOUR, START + 9 * HOUR
"""10:00, 14:00 and 18:00 in Shanghai."""
HELPERS = ("hua", "lin", "wen")


def helping_city() -> City:
    """The small city in an incident; three people of the volunteers' federation can help."""
    city = small_city()
    for login in HELPERS:
        person = Person.objects.create(login=login, name=f"{login}同志", password="!")
        Post.objects.create(
            person=person, unit=city["SOC"], area=city["SOC"], role=Role.GRID_WORKER,
            starts_at=START,
        )  # fmt: skip
        city.people[login] = person
    open_incident(city, "C")
    return city


def offered(city: City, who: str, **values: Any) -> HelpOffer:
    given: dict[str, Any] = {
        "unit": city["SOC"], "place": city["S11"], "skills": [Skill.NURSE],
        "times": [TimeDraft(starts_at=START, ends_at=START + 24 * HOUR)], "reach_km": 10,
        "now": START,
    }  # fmt: skip
    return offer_help(**{**given, **values}, by=city.person(who))


def wanted(city: City, title: str = "测温", **values: Any) -> HelpWanted:
    given: dict[str, Any] = {
        "place": city["S11"], "incident": Incident.objects.get(), "title": title, "headcount": 1,
        "starts_at": MORNING, "ends_at": NOON, "now": START, "by": city.person("d1-duty"),
    }  # fmt: skip
    return ask_for_hands(**{**given, **values})


def planned(city: City, now: Any = START) -> CallUpPlan:
    return plan_call_ups(
        area=city["C"], incident=Incident.objects.get(), by=city.person("city-duty"), now=now
    )


def called(city: City, now: Any = START) -> CallUpPlan:
    return approve_call_ups(plan=planned(city, now), by=city.person("mayor"), now=now)


def call_up_of(city: City, who: str, **which: Any) -> CallUp:
    return CallUp.objects.get(offer__helper=city.person(who), **which)
