"""What a tier may settle alone has a ceiling: above it the tier above is asked, with a clock."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from gongzhi.actors.actions import climb_unanswered_requests, found_unit
from gongzhi.actors.models import PowerRequest
from gongzhi.actors.queries import duties
from gongzhi.command.actions import adopt_plan
from gongzhi.command.models import Activation, Order
from gongzhi.decision.models import Decision
from gongzhi.errors import NotNow
from gongzhi.ledger.queries import entries_of
from gongzhi.messages.models import Message
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START, City
from tests.rooms.scenes import assessed, open_incident
from tests.rooms.telling import to, told
from tests.rooms.test_requests import province
from tests.rooms.upstream import crisis, plan_document, plan_order
from tests.stories.telling import do

__all__ = ["province"]

MINUTE = timedelta(minutes=1)


def decide(city: City, yuan: int) -> Any:
    """The district decides on its incident, for so much money."""
    incident = open_incident(city)
    return do(
        city.person("d1-chief"), "decision.decide", START, incident=incident,
        assessment=assessed(city, incident), title="Test the district", reason="It spreads",
        legal_basis="Law, art. 42",
        options=[{"title": "Test all", "cost_cents": yuan * 100, "chosen": True}],
    )  # fmt: skip


@pytest.mark.begun(68)
def test_five_million_a_district_decides_and_six_the_city(city: City) -> None:
    # Within its ceiling the district acts alone.
    assert isinstance(decide(city, 5_000_000), Decision)


@pytest.mark.begun(68)
def test_above_the_ceiling_the_city_is_asked_and_its_yes_does_it(city: City) -> None:
    asked = decide(city, 6_000_000)
    assert isinstance(asked, PowerRequest) and not Decision.objects.exists()
    assert asked.to_unit == city["C"] and asked.answer_by == START + 60 * MINUTE

    # The requester sees where it stands; the mayor says yes, and in that moment it is decided.
    mayor = city.person("mayor")
    granted: PowerRequest = do(mayor, "actors.grant_request", START + 9 * MINUTE, request=asked)
    decision = Decision.objects.get()
    assert (granted.state, granted.result) == ("granted", decision.ref)
    assert decision.decided_by == mayor

    # The ledger says who asked, what was asked, who said yes, and by which power it was done.
    told = [json.loads(entry.body) for entry in entries_of(asked.ref)]
    assert [line["verb"] for line in told] == ["actors.ask_above", "actors.grant_request"]
    assert told[0]["facts"]["inputs"] == told[1]["facts"]["inputs"]
    assert told[1]["powers"] == [decision.power]


@pytest.mark.begun(68)
def test_a_no_has_a_reason_and_nothing_is_done(city: City) -> None:
    asked = decide(city, 6_000_000)
    refused: PowerRequest = do(
        city.person("mayor"), "actors.refuse_request", START + MINUTE, request=asked,
        reason="Test the two streets first",
    )  # fmt: skip
    assert refused.reason == "Test the two streets first" and not Decision.objects.exists()


@pytest.mark.begun(68)
def test_a_plan_too_dear_for_a_district_is_put_into_force_by_the_city(city: City) -> None:
    above = crisis(city, area="D1")
    plan = adopt_plan(
        document=plan_document(plan_order("test", {"each": "street"}, cost_cents=1_200_000_000)),
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    # Two streets at twelve million yuan each: more than a district spends by itself,
    # even in an emergency.
    asked = do(
        city.person("d1-chief"), "command.activate_plan", START, plan=plan,
        incident=above.incident, decision=above.decision,
    )  # fmt: skip
    assert isinstance(asked, PowerRequest) and asked.to_unit == city["C"]
    assert asked.foreseen["orders"] == 2 and not Order.objects.exists()

    # Before anybody answers a third street is founded: the mayor is told before she says yes.
    founder = city.person("founder")
    found_unit(
        parent=city["D1"], code="S13", name="新街道", kind="area", tier="street", by=founder,
        now=START + 5 * MINUTE,
    )  # fmt: skip
    mayor, soon = city.person("mayor"), START + 9 * MINUTE
    with pytest.raises(NotNow, match="has changed since it was asked for: 2 orders then, 3"):
        do(mayor, "actors.grant_request", soon, request=asked)
    granted: PowerRequest = do(
        mayor, "actors.grant_request", soon, request=asked, although_changed=True
    )
    assert granted.result == Activation.objects.get().ref
    assert {order.issuer for order in Order.objects.all()} == {city["C"]}
    assert all(order.power == granted.granted_power for order in Order.objects.all())


def test_at_the_top_a_request_waits_and_the_round_can_run_again(city: City) -> None:
    asked = decide(city, 6_000_000)
    for _again in range(2):
        walk(by=city.person("founder"), now=START + 61 * MINUTE)
    asked.refresh_from_db()
    assert asked.state == "open" and not asked.climbs.exists()


@pytest.mark.begun(68)
def test_a_request_that_nobody_answers_climbs_and_who_asked_learns_the_answer(
    province: tuple[City, PowerRequest],
) -> None:
    # A district asks its city for what goes beyond its limits; the city has an hour, and sleeps.
    city, request = province
    assert request.to_unit == city["C2"] and request.answer_by == START + 60 * MINUTE
    told(city)
    climb_unanswered_requests(by=city.person("founder"), now=START + 59 * MINUTE)
    assert not request.climbs.exists()

    # After the hour it is with the province, once, with a reason that a person can read.
    late = START + 60 * MINUTE
    for _again in range(2):
        climb_unanswered_requests(by=city.person("founder"), now=late)
    [climb] = request.climbs.all()
    assert str(climb) == "海口市 did not answer by 03-01 10:00: now it is with 江海省."
    told(city, late)
    [message] = Message.objects.filter(verb="actors.climb_request")
    assert message.person == city.person("governor")
    with override("en"):
        [duty] = [d for d in duties(city.person("governor"), late) if d.verb == "grant_request"]
    assert duty.due_at == START + 120 * MINUTE

    # The governor says yes; in that moment it is decided, and the district is told.
    granted = do(city.person("governor"), "actors.grant_request", late + MINUTE, **duty.inputs)
    assert granted.result == Decision.objects.get().ref
    answered = [m for m in told(city, late + MINUTE) if m.verb == "actors.grant_request"]
    assert to(answered) == ["d9-chief"]
