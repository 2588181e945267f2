"""Requests to the tier above: asked, granted and done, refused, withdrawn, climbed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.actions import (
    climb_unanswered_requests,
    found_units,
    grant_request,
    refuse_request,
    withdraw_request,
)  # fmt: skip
from gongzhi.actors.discretion import Extent
from gongzhi.actors.models import Person, Post, PowerRequest, Role, Unit
from gongzhi.actors.policies import BeyondDiscretion, check_may
from gongzhi.actors.queries import duties
from gongzhi.assessment.models import Incident
from gongzhi.decision.models import Decision
from gongzhi.errors import NotAllowed, NotFound, NotNow
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.ledger.records import digest
from tests.once import once
from tests.rooms.cast import START, City, small_city
from tests.rooms.scenes import assessed, facts, lines, open_incident

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LIMIT = 500_000_000
"""Cents of one decision that a district takes by itself."""


@once
def incident(city: City) -> Incident:
    return open_incident(city)


def ask(
    city: City, incident: Incident, cents: int = LIMIT + 1, by: str = "d1-chief", **more: Any
) -> Any:
    """Decide for so much money, as every interface lets a person decide."""
    given = {
        "incident": incident.pk, "assessment": assessed(city, incident).pk, "title": "Test all",
        "reason": "It spreads", "legal_basis": "Law, art. 42",
        "options": [
            {"title": "Test all", "cost_cents": cents, "chosen": True},
            {"title": "Wait", "cost_cents": 0, "reason_refused": "Too slow"},
        ],
    }  # fmt: skip
    return perform(deed_named("decision", "decide"), given, city.person(by), START, **more)


@once
def request_made(city: City, incident: Incident) -> PowerRequest:
    made = ask(city, incident)
    assert isinstance(made, PowerRequest)
    return made


def test_within_the_limit_it_is_done_and_nobody_is_asked(city: City, incident: Incident) -> None:
    assert isinstance(ask(city, incident, LIMIT), Decision)
    assert isinstance(ask(city, incident, LIMIT + 1, by="mayor"), Decision)
    assert not PowerRequest.objects.exists()


def test_beyond_the_limit_the_tier_above_is_asked_with_a_clock(
    city: City, request_made: PowerRequest
) -> None:
    request = request_made
    assert not Decision.objects.exists()
    assert (request.asking, request.to_unit) == (city["D1"], city["C"])
    assert (request.deed, request.power) == ("decision.decide", "decide")
    assert request.beyond == {"cents": [LIMIT + 1, LIMIT]}
    assert request.answer_by == START + 60 * MINUTE
    assert request.inputs_digest == digest(request.inputs)
    assert request.inputs["options"][0]["cost_cents"] == LIMIT + 1
    assert facts("actors.ask_above")["inputs"] == request.inputs_digest


def test_without_an_interface_that_asks_it_is_a_refusal_that_says_whom_to_ask(
    city: City, incident: Incident
) -> None:
    with pytest.raises(BeyondDiscretion) as refusal:
        ask(city, incident, asking=False)
    assert str(refusal.value) == (
        "This goes beyond the limit of your tier for the power “decide”: 5,000,000.01 yuan, and "
        "at most 5,000,000 yuan. Ask 临江市 (commander) to do it."
    )
    assert refusal.value.status == 403 and not PowerRequest.objects.exists()


def test_a_request_that_is_granted_is_done_at_once_by_whoever_granted_it(
    city: City, request_made: PowerRequest
) -> None:
    mayor = city.person("mayor")
    granted = grant_request(request=request_made, by=mayor, now=START + 20 * MINUTE)
    decision = Decision.objects.get()
    assert granted.state == "granted" and granted.result == decision.ref
    assert decision.decided_by == mayor and decision.decided_at == START + 20 * MINUTE
    assert [o.cost_cents for o in decision.options.order_by("id")] == [LIMIT + 1, 0]
    post = f"decide (post:{mayor.posts.get().pk})"
    assert (decision.power, granted.granted_power) == (post, post)
    said = facts("actors.grant_request")
    assert said["result"] == decision.ref and said["inputs"] == granted.inputs_digest
    assert said["asked_by"] == city.person("d1-chief").ref
    with pytest.raises(NotNow, match=r"answered already \(granted and done\)"):
        grant_request(request=granted, by=mayor, now=START + 21 * MINUTE)


def test_what_is_no_longer_possible_is_not_granted_and_stays_open(
    city: City, incident: Incident, request_made: PowerRequest
) -> None:
    incident.state, incident.closed_at = Incident.State.CLOSED, START + MINUTE
    incident.closed_by = city.person("mayor")
    incident.save()
    with pytest.raises(NotNow, match="closed"):
        grant_request(request=request_made, by=city.person("mayor"), now=START + HOUR)
    request_made.refresh_from_db()
    assert request_made.state == "open" and not Decision.objects.exists()


def test_a_deed_that_is_gone_is_not_granted(city: City, request_made: PowerRequest) -> None:
    PowerRequest.objects.update(deed="decision.decide_as_before")
    with pytest.raises(NotNow, match="has changed since"):
        grant_request(request=request_made, by=city.person("mayor"), now=START + MINUTE)
    request_made.refresh_from_db()
    assert request_made.state == "open"


def test_a_request_is_refused_with_a_reason(city: City, request_made: PowerRequest) -> None:
    refused = refuse_request(
        request=request_made, reason="Too much", by=city.person("mayor"), now=START + MINUTE
    )
    assert (refused.state, refused.reason) == ("refused", "Too much")
    assert not Decision.objects.exists()
    assert facts("actors.refuse_request") == {"deed": "decision.decide", "reason": "Too much"}


@pytest.mark.parametrize("by", ["d1-chief", "d2-chief", "city-duty", "s11-duty"])
def test_a_request_is_answered_by_whoever_may_do_what_it_asks(
    city: City, request_made: PowerRequest, by: str
) -> None:
    for answer in (grant_request, refuse_request):
        with pytest.raises(NotAllowed):
            answer(request=request_made, reason="x", by=city.person(by), now=START)
    request_made.refresh_from_db()
    assert request_made.state == "open"


def test_a_request_is_withdrawn_by_who_asked_only(city: City, request_made: PowerRequest) -> None:
    with pytest.raises(NotAllowed, match="东岸区 asked for this"):
        withdraw_request(request=request_made, reason="x", by=city.person("mayor"), now=START)
    with pytest.raises(NotAllowed):
        withdraw_request(request=request_made, reason="x", by=city.person("d1-duty"), now=START)
    gone = withdraw_request(
        request=request_made, reason="Cheaper way found", by=city.person("d1-chief"), now=START
    )
    assert gone.state == "withdrawn"
    assert facts("actors.withdraw_request")["reason"] == "Cheaper way found"


def test_the_request_is_a_duty_of_the_commander_who_was_asked(
    city: City, request_made: PowerRequest
) -> None:
    [duty] = duties(city.person("mayor"), START)
    assert (duty.verb, duty.inputs) == ("grant_request", {"request": request_made.pk})
    assert duty.due_at == request_made.answer_by and "东岸区" in duty.title
    assert duties(city.person("city-duty"), START) == []
    assert duties(city.person("d1-chief"), START) == []


def test_what_was_stored_of_another_area_is_not_found_by_whoever_answers(
    city: City, request_made: PowerRequest
) -> None:
    request_made.inputs = {**request_made.inputs, "incident": 10**6}
    request_made.save(update_fields=["inputs"])
    with pytest.raises(NotFound):
        grant_request(request=request_made, by=city.person("mayor"), now=START)


@pytest.mark.parametrize("change", [{"options": "none"}, {"reason": None}])
def test_a_deed_that_takes_other_inputs_since_is_asked_for_again(
    city: City, request_made: PowerRequest, change: dict[str, Any]
) -> None:
    kept = {k: v for k, v in request_made.inputs.items() if change.get(k, v) is not None}
    request_made.inputs = {**kept, **{k: v for k, v in change.items() if v is not None}}
    request_made.save(update_fields=["inputs"])
    with pytest.raises(NotNow, match="has changed since"):
        grant_request(request=request_made, by=city.person("mayor"), now=START)


# Silence climbs -----------------------------------------------------------------------------------


@once
def province() -> tuple[City, PowerRequest]:
    """A province over the city: the request of a district can climb from one to the other."""
    city = small_city()
    top = Unit.objects.create(
        path="00002", kind="area", tier="province", code="P", name="江海省"
    )  # fmt: skip
    chief = Person.objects.create(login="governor", name="省长", password="!")
    Post.objects.create(person=chief, unit=top, area=top, role=Role.COMMANDER, starts_at=START)
    found_units(
        parent=top, by=chief, now=START,
        units=[
            {"parent_code": "P", "code": "C2", "name": "海口市", "kind": "area", "tier": "city"},
            {"parent_code": "C2", "code": "D9", "name": "港区", "kind": "area",
             "tier": "district", "population": 3_000_000},
        ],
    )  # fmt: skip
    for code, login in (("C2", "mayor2"), ("D9", "d9-chief")):
        unit = Unit.objects.get(code=code)
        city.people[login] = Person.objects.create(login=login, name=login, password="!")
        Post.objects.create(
            person=city.people[login], unit=unit, area=unit, role=Role.COMMANDER, starts_at=START
        )
        city.units[code] = unit
    city.units["P"], city.people["governor"] = top, chief
    made = ask(city, open_incident(city, "D9"), by="d9-chief")
    assert isinstance(made, PowerRequest)
    return city, made


def climbed(city: City, now: datetime) -> list[str]:
    made = climb_unanswered_requests(by=city.person("founder"), now=now)
    return [climb.to_unit.code for climb in made]


def test_a_request_not_answered_climbs_each_tier_once_with_a_reason(
    province: tuple[City, PowerRequest],
) -> None:
    city, request = province
    assert request.to_unit == city["C2"]
    assert climbed(city, START + 59 * MINUTE) == []
    assert climbed(city, START + 60 * MINUTE) == ["P"]
    assert climbed(city, START + 60 * MINUTE) == []
    request.refresh_from_db()
    assert request.to_unit == city["P"] and request.answer_by == START + 120 * MINUTE
    [climb] = request.climbs.all()
    assert str(climb) == "海口市 did not answer by 03-01 10:00: now it is with 江海省."
    assert climbed(city, START + 9 * HOUR) == []
    assert len(lines("actors.climb_request")) == 1
    assert [d.verb for d in duties(city.person("governor"), START + 2 * HOUR)] == ["grant_request"]
    grant_request(request=request, by=city.person("mayor2"), now=START + 2 * HOUR)
    assert Decision.objects.get().decided_by == city.person("mayor2")


def test_more_people_or_days_than_the_tier_decides_for_ask_above(
    province: tuple[City, PowerRequest],
) -> None:
    city, _request = province
    chief = city.person("d9-chief")
    with pytest.raises(BeyondDiscretion, match="3,000,000 people, and at most 2,000,000 people"):
        check_may(chief, "set_measure", city["D9"], START, Extent(people=3_000_000))
    with pytest.raises(BeyondDiscretion, match="61 days, and at most 60 days"):
        check_may(chief, "set_measure", city["D9"], START, Extent(days=61))
    assert check_may(chief, "set_measure", city["D9"], START, Extent(people=5, days=60))


@pytest.mark.parametrize(
    "change", [{"state": "refused"}, {"state": "granted"}, {"answered_at": START}]
)
def test_the_database_refuses_half_an_answer(
    city: City, request_made: PowerRequest, change: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PowerRequest.objects.update(**change)


def test_who_may_not_answer_is_told_who_was_asked_and_not_who_asks(
    city: City, request_made: PowerRequest
) -> None:
    for deed, more in (("grant_request", {}), ("refuse_request", {"reason": "No"})):
        with pytest.raises(NotAllowed, match=r"Let 临江市 \(commander\) answer it"):
            perform(
                deed_named("actors", deed), {"request": request_made.pk, **more},
                city.person("city-duty"), START,
            )  # fmt: skip
