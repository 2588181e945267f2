"""Plans, phases, levels, modes and task forces beyond the limits of a tier become requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.actions import climb_unanswered_requests
from gongzhi.actors.discretion import changes_in_words, figures_in_words, much_changed
from gongzhi.actors.models import Person, Post, PowerRequest, Role, Unit
from gongzhi.actors.policies import BeyondDiscretion
from gongzhi.assessment.actions import dissent
from gongzhi.command.actions import adopt_plan
from gongzhi.command.models import Activation, ContingencyPlan, Order, Phase
from gongzhi.decision.models import Decision, Measure, Mode, ResponseLevel, TaskForce
from gongzhi.errors import NotNow, Refused
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.ledger.deeds import CATALOGUE
from gongzhi.parameters import names
from tests.rooms.cast import START, City, small_city
from tests.rooms.scenes import facts, lines
from tests.rooms.upstream import Upstream, crisis, plan_document, plan_order, words

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONEY = 2_000_000_000
"""Cents that a district may spend by itself in an emergency; in ordinary times it is less."""
"""Cents of one plan that a district puts into force by itself."""


@pytest.fixture
def city(db: None, in_english: None) -> City:
    return small_city()


@pytest.fixture
def above(city: City) -> Upstream:
    """A crisis of the district of D1."""
    return crisis(city, area="D1")


def do(city: City, by: str, deed: str, now: Any = START, **inputs: Any) -> Any:
    """As every interface does it: what goes beyond the limits is asked above."""
    room, verb = deed.split(".")
    given = {k: getattr(v, "pk", v) for k, v in inputs.items()}
    return perform(deed_named(room, verb), given, city.person(by), now)


def planned(city: City, *orders: dict[str, Any], **more: Any) -> ContingencyPlan:
    return adopt_plan(document=plan_document(*orders, **more), by=city.person("mayor"), now=START)


def costing(cents: int, **more: Any) -> dict[str, Any]:
    """An order to each of the two streets of the district; both together cost so much."""
    return plan_order("post", {"each": "street"}, cost_cents=cents // 2, **more)


def activate(city: City, plan: ContingencyPlan, above: Upstream, **more: Any) -> Any:
    return do(
        city, "d1-chief", "command.activate_plan", plan=plan, incident=above.incident,
        decision=above.decision, **more,
    )  # fmt: skip


def grant(city: City, request: PowerRequest, after: timedelta = MINUTE, **more: Any) -> Any:
    return do(city, "mayor", "actors.grant_request", START + after, request=request, **more)


# Plans --------------------------------------------------------------------------------------------


def test_a_plan_within_the_limit_is_in_force_and_nobody_is_asked(
    city: City, above: Upstream
) -> None:
    assert isinstance(activate(city, planned(city, costing(MONEY)), above), Activation)
    assert not PowerRequest.objects.exists()


def test_a_dearer_plan_is_asked_of_the_city_with_what_it_would_do(
    city: City, above: Upstream
) -> None:
    plan = planned(city, costing(MONEY + 2))
    request = activate(city, plan, above)
    assert isinstance(request, PowerRequest)
    assert not Activation.objects.exists() and not Order.objects.exists()
    assert (request.deed, request.power) == ("command.activate_plan", "activate_plan")
    assert (request.asking, request.to_unit) == (city["D1"], city["C"])
    assert request.beyond == {"cents": [MONEY + 2, MONEY]}
    assert request.foreseen == {
        "orders": 2, "units": 2, "cents": MONEY + 2, "people": 1000, "measures": 0,
    }  # fmt: skip
    assert request.answer_by == START + 60 * MINUTE
    assert facts("actors.ask_above")["foreseen"] == request.foreseen


def test_granted_the_plan_is_in_force_at_that_moment_by_the_power_of_who_granted(
    city: City, above: Upstream
) -> None:
    request = activate(city, planned(city, costing(MONEY + 2)), above)
    granted = grant(city, request, 20 * MINUTE)
    made = Activation.objects.get()
    assert (granted.state, granted.result) == ("granted", made.ref)
    mayor = city.person("mayor")
    assert (made.activated_by, made.activated_at) == (mayor, START + 20 * MINUTE)
    power = f"activate_plan (post:{mayor.posts.get().pk})"
    assert granted.granted_power == power
    assert {order.power for order in Order.objects.all()} == {power}
    assert facts("actors.grant_request")["foreseen"] == request.foreseen


@pytest.mark.parametrize(
    ("more", "beyond"),
    [
        ({"measures": [{"kind": "masks", "title": words("M"), "days": 61}]}, {"days": [61, 60]}),
        ({}, {"people": [2_000_001, 2_000_000]}),
    ],
    ids=["days", "people"],
)
def test_more_days_or_people_than_a_district_answers_for_are_asked_too(
    city: City, above: Upstream, more: dict[str, Any], beyond: dict[str, list[int]]
) -> None:
    if "people" in beyond:
        Unit.objects.filter(pk=city["D1"].pk).update(population=2_000_001)
    plan = planned(city, costing(2), **more)
    request = activate(city, plan, above)
    assert isinstance(request, PowerRequest) and request.beyond == beyond
    if "days" in beyond:  # without its measures the plan is within the limits
        assert isinstance(activate(city, plan, above, with_measures=False), Activation)


def test_the_same_is_asked_once(city: City, above: Upstream) -> None:
    plan = planned(city, costing(MONEY + 2))
    request = activate(city, plan, above)
    with pytest.raises(NotNow, match=r"asked of 临江市 already.* due by 03-01 10:00"):
        activate(city, plan, above)
    do(city, "mayor", "actors.refuse_request", request=request, reason="Not yet")
    assert isinstance(activate(city, plan, above), PowerRequest), "It may be asked again."


def test_a_plan_replaced_meanwhile_is_not_put_into_force(city: City, above: Upstream) -> None:
    request = activate(city, planned(city, costing(MONEY + 2)), above)
    planned(city, costing(MONEY + 4), version="1.1")
    with pytest.raises(NotNow, match="has been replaced"):
        grant(city, request)
    request.refresh_from_db()
    assert request.state == "open" and not Activation.objects.exists()


def test_what_the_plan_would_do_now_is_said_where_it_has_changed_much(
    city: City, above: Upstream
) -> None:
    request = activate(city, planned(city, costing(MONEY + 2)), above)
    Unit.objects.create(
        parent=city["D1"], path=f"{city['D1'].path}00077", kind="area", tier="street", code="S19",
        name="新街道",
    )  # fmt: skip
    with pytest.raises(NotNow) as refusal:
        grant(city, request)
    assert str(refusal.value) == (
        "What this would do has changed since it was asked for: 2 orders then, 3 orders now; "
        "2 units then, 3 units now; 20,000,000.02 yuan then, 30,000,000.03 yuan now. "
        "Grant it as it is now, saying so, or refuse it."
    )
    assert list(refusal.value.details) == ["although_changed"]
    request.refresh_from_db()
    assert request.state == "open" and not Order.objects.exists()
    grant(city, request, although_changed=True)
    assert Order.objects.count() == 3
    assert facts("actors.grant_request")["foreseen"]["orders"] == 3


def test_a_refused_plan_gives_nobody_an_order(city: City, above: Upstream) -> None:
    request = activate(city, planned(city, costing(MONEY + 2)), above)
    refused = do(city, "mayor", "actors.refuse_request", request=request, reason="Two streets only")
    assert (refused.state, refused.reason) == ("refused", "Two streets only")
    assert not Order.objects.exists() and not Activation.objects.exists()


def test_phases_count_together(city: City, above: Upstream) -> None:
    phases = [
        {"phase": name, "enter": {"red_warnings": n}, "leave": {"red_warnings_at_most": 0}}
        for name, n in (("control", 1), ("clear", 9))
    ]
    plan = planned(
        city, costing(MONEY - 2), plan_order("wash", {"each": "district"}, phase="clear",
        cost_cents=3), phases=phases,
    )  # fmt: skip
    assert isinstance(activate(city, plan, above), Activation)
    phase = Phase.objects.get(phase="clear")
    request = do(city, "d1-chief", "command.begin_phase", phase=phase, reason="Early")
    assert isinstance(request, PowerRequest)
    assert request.beyond == {"cents": [MONEY + 1, MONEY]} and request.foreseen["orders"] == 1
    grant(city, request)
    phase.refresh_from_db()
    assert (phase.state, phase.begun_by) == ("begun", city.person("mayor"))
    assert Order.objects.filter(key="wash").count() == 1
    assert facts("command.begin_phase")["cost_cents"] == 3, "What this phase adds."


# Levels and modes ---------------------------------------------------------------------------------


@pytest.fixture
def province(city: City) -> Unit:
    """A province over a second city of eleven million people, with a mayor of its own."""
    top = Unit.objects.create(path="00002", kind="area", tier="province", code="P", name="江海省")
    great = Unit.objects.create(
        parent=top, path="0000200001", kind="area", tier="city", code="C2", name="海口市",
        population=11_000_000,
    )  # fmt: skip
    for unit, login in ((top, "governor"), (great, "mayor2")):
        person = Person.objects.create(login=login, name=login, password="!")
        Post.objects.create(
            person=person, unit=unit, area=unit, role=Role.COMMANDER, starts_at=START
        )
        city.people[login], city.units[unit.code] = person, unit
    return top


def level(city: City, above: Upstream, grade: int, now: Any = START, by: str = "mayor2") -> Any:
    return do(
        city, by, "decision.change_level", now, decision=above.decision, area=city["C2"],
        grade=grade, override_reason="The next city is at it",
    )  # fmt: skip


def test_a_level_over_more_people_than_a_city_answers_for_is_asked_of_the_province(
    city: City, province: Unit
) -> None:
    above = crisis(city, area="C2", by="mayor2")
    request = level(city, above, 2)
    assert isinstance(request, PowerRequest) and not ResponseLevel.objects.exists()
    assert request.to_unit == province
    assert request.beyond == {"people": [11_000_000, 10_000_000]}
    assert request.foreseen == {"grade": 0, "people": 11_000_000}
    do(city, "governor", "actors.grant_request", START + MINUTE, request=request)
    made = ResponseLevel.objects.get()
    assert (made.grade, made.starts_at) == (2, START + MINUTE)
    power = f"change_level (post:{city.person('governor').posts.get().pk})"
    assert facts("decision.change_level")["power"] == power


def test_another_level_in_force_since_is_told_before_it_is_granted(
    city: City, province: Unit
) -> None:
    above = crisis(city, area="C2", by="mayor2")
    request = level(city, above, 2)
    assert isinstance(level(city, above, 4, by="governor"), ResponseLevel)
    with pytest.raises(NotNow, match="no response level then, response level 4 now"):
        do(city, "governor", "actors.grant_request", START + MINUTE, request=request)
    do(
        city, "governor", "actors.grant_request", START + MINUTE, request=request,
        although_changed=True,
    )  # fmt: skip
    assert ResponseLevel.objects.get(ended_at=None).grade == 2


def test_a_level_asked_for_climbs_no_further_than_the_top(city: City, province: Unit) -> None:
    level(city, crisis(city, area="C2", by="mayor2"), 2)
    late = START + 61 * MINUTE
    assert climb_unanswered_requests(by=city.person("founder"), now=late) == []


def test_going_back_to_normal_says_how_many_measures_it_would_lift_by_then(
    city: City, above: Upstream
) -> None:
    Unit.objects.filter(pk=city["D1"].pk).update(population=2_000_001)
    given: dict[str, Any] = {"decision": above.decision, "area": city["D1"], "mode": "normal",
                             "override_reason": "It is under control"}  # fmt: skip
    request = do(city, "d1-chief", "decision.switch_mode", **given)
    assert isinstance(request, PowerRequest)
    assert request.foreseen == {"people": 2_000_001, "measures": 0}
    do(
        city, "mayor", "decision.set_measure", decision=above.decision, area=city["S11"],
        kind="masks", title="Masks", ends_at=START + DAY,
    )  # fmt: skip
    with pytest.raises(NotNow, match="0 measures then, 1 measure now"):
        grant(city, request)
    grant(city, request, although_changed=True)
    assert Mode.objects.get(ended_at=None).mode == "normal"
    assert Measure.objects.get().state == "lifted"


def test_a_decision_asked_for_is_granted_over_a_new_dissent_only_where_that_is_said(
    city: City, above: Upstream
) -> None:
    options = [{"title": "Test all", "cost_cents": MONEY + 1, "chosen": True}]
    request = do(
        city, "d1-chief", "decision.decide", incident=above.incident,
        assessment=above.assessment, title="Test all", reason="It spreads", legal_basis="Law",
        options=options,
    )  # fmt: skip
    assert isinstance(request, PowerRequest) and request.foreseen == {"dissents": 0}
    dissent(
        assessment=above.assessment, text="It does not", by=city.person("expert"),
        now=START + MINUTE,
    )  # fmt: skip
    with pytest.raises(NotNow, match="0 dissents then, 1 dissent now"):
        grant(city, request, 2 * MINUTE)
    grant(city, request, 2 * MINUTE, although_changed=True)
    assert Decision.objects.filter(title="Test all").count() == 1


# Task forces --------------------------------------------------------------------------------------


def force(city: City, days: int) -> Any:
    return do(
        city, "d1-chief", "decision.set_up_task_force", area=city["D1"], name="Masks",
        purpose="Enough masks", legal_basis="Law", government=city["HEALTH1"],
        for_government=city.person("health1"), firm=city["H1"],
        for_firm=city.person("h1-clerk"), ends_at=START + days * DAY,
    )  # fmt: skip


def test_a_task_force_that_works_longer_than_a_district_may_say_is_asked_for(city: City) -> None:
    Unit.objects.filter(pk=city["H1"].pk).update(kind="firm")
    made = force(city, 180)
    assert isinstance(made, TaskForce)
    request = do(
        city, "d1-chief", "decision.extend_task_force", task_force=made,
        ends_at=START + 181 * DAY, reason="Not done yet",
    )  # fmt: skip
    assert isinstance(request, PowerRequest) and request.beyond == {"days": [181, 180]}
    grant(city, request)
    made.refresh_from_db()
    assert made.ends_at == START + 181 * DAY
    longer = force(city, 200)
    assert isinstance(longer, PowerRequest) and TaskForce.objects.count() == 1
    assert [line.verb for line in lines("actors.ask_above")] == ["actors.ask_above"] * 2


# Every act that has limits ------------------------------------------------------------------------


def test_every_power_with_limits_is_asked_for_above_by_the_deeds_that_use_it() -> None:
    asking = {deed.asks_above for deed in CATALOGUE.values() if deed.asks_above}
    assert asking == set(names("discretion"))


def test_without_an_interface_that_asks_the_plan_is_refused(city: City, above: Upstream) -> None:
    plan = planned(city, costing(MONEY + 2))
    given = {"plan": plan.pk, "incident": above.incident.pk, "decision": above.decision.pk}
    with pytest.raises(BeyondDiscretion, match="Ask 临江市") as refusal:
        perform(
            deed_named("command", "activate_plan"), given, city.person("d1-chief"), START,
            asking=False,
        )  # fmt: skip
    assert isinstance(refusal.value, Refused) and not PowerRequest.objects.exists()


def test_what_changed_little_is_not_told() -> None:
    then = {"orders": 100, "cents": 1000, "grade": 0}
    assert much_changed(then, {"orders": 110, "cents": 900, "grade": 0}, START) == {}
    changed = much_changed(then, {"orders": 111, "cents": 899, "grade": 3}, START)
    assert changed == {"orders": (100, 111), "cents": (1000, 899), "grade": (0, 3)}
    assert changes_in_words({"grade": (0, 3)}) == "no response level then, response level 3 now"
    assert figures_in_words({"orders": 1, "dissents": 2}) == "1 order, 2 dissents"
