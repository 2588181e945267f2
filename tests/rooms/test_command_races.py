"""Two people at the same moment: nobody is left waiting, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Event

import pytest
from django.db import connection

from gongzhi.actors.models import Kind, Person, Unit
from gongzhi.command.actions import (
    accept_order,
    activate_plan,
    adopt_plan,
    answer_call,
    calls,
    climb_late_orders,
    climb_silent_answers,
    finish_order,
    plans,
    raise_call,
    rule_call,
)
from gongzhi.command.call_policies import check_can_rule
from gongzhi.command.models import (
    Activation,
    CallAnswer,
    Climb,
    ContingencyPlan,
    DutiesMatrix,
    Order,
    Says,
    StreetCall,
)
from gongzhi.command.policies import check_is_new
from gongzhi.command.queries import path_end, rows_in_force
from gongzhi.decision.actions import set_up_task_force
from gongzhi.errors import NotNow
from gongzhi.fieldwork.actions import take_up_task
from gongzhi.fieldwork.models import Task
from tests.rooms.cast import START, City, small_city
from tests.rooms.joint_team import on_board, whole_team
from tests.rooms.races import at_once
from tests.rooms.upstream import Upstream, crisis, in_force, plan_document, plan_order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]

TRIES = 4


@pytest.fixture
def city() -> City:
    return small_city()


def plan_in_force(city: City, number: int, above: Upstream) -> Activation:
    document = plan_document(
        plan_order("post", {"each": "street"}),
        plan_order("beds", {"each": "district"}, after=["post"]),
        code=f"plan-{number}",
    )
    return in_force(city, above, document)


def finishing(order: Order, by: Person) -> Callable[[], object]:
    return lambda: finish_order(order=order, result="Done.", by=by, now=START)


def test_the_last_two_prerequisites_finished_at_once_still_issue_what_waits(city: City) -> None:
    above, mayor = crisis(city), city.person("mayor")
    for number in range(TRIES):
        orders = plan_in_force(city, number, above).orders
        posts = orders.filter(key="post", unit__in=[city["S11"], city["S12"]])
        at_once(*(finishing(order, mayor) for order in posts))
        assert orders.get(key="beds", unit=city["D1"]).state == Order.State.ISSUED
        assert orders.get(key="beds", unit=city["D2"]).state == Order.State.WAITING


def test_one_order_is_accepted_by_one_person(city: City) -> None:
    above = crisis(city)
    order = plan_in_force(city, 0, above).orders.get(key="post", unit=city["S11"])

    def accepting(login: str) -> Callable[[], object]:
        return lambda: accept_order(order=order, by=city.person(login), now=START)

    results = at_once(accepting("s11-duty"), accepting("s11-duty-2"))
    assert sorted(isinstance(r, NotNow) for r in results) == [False, True]


def test_a_plan_is_put_into_force_once_though_two_press_the_button(city: City) -> None:
    above, mayor = crisis(city), city.person("mayor")
    document = plan_document(plan_order("post", {"each": "street"}))
    plan: ContingencyPlan = adopt_plan(document=document, by=mayor, now=START)

    def activate() -> object:
        return activate_plan(
            plan=plan, incident=above.incident, decision=above.decision, by=mayor, now=START
        )

    results = at_once(activate, activate)
    assert sorted(isinstance(r, NotNow) for r in results) == [False, True]
    assert Order.objects.count() == 3


def test_of_two_versions_of_a_plan_adopted_at_once_one_is_in_force(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    mayor, both = city.person("mayor"), Barrier(2)
    first = plan_document(plan_order("post", {"each": "street"}))
    adopt_plan(document=first, by=mayor, now=START)

    def check_and_wait(code: str, version: str, digest: str) -> None:
        check_is_new(code, version, digest)
        if connection.vendor == "postgresql":  # SQLite lets the second in when the first is done
            both.wait(timeout=30)

    monkeypatch.setattr(plans, "check_is_new", check_and_wait)

    def adopting(version: str) -> Callable[[], object]:
        document = first.replace('"1.0"', f'"{version}"')
        return lambda: adopt_plan(document=document, by=mayor, now=START)

    at_once(adopting("1.1"), adopting("1.2"))
    assert ContingencyPlan.objects.filter(state="adopted").count() == 1


def test_two_clocks_take_a_late_order_up_once(city: City) -> None:
    plan_in_force(city, 0, crisis(city))
    later, clock = START.replace(hour=9), city.person("founder")
    at_once(*[lambda: climb_late_orders(by=clock, now=later)] * 2)
    assert Climb.objects.count() == 3


def silent_call(city: City) -> StreetCall:
    return raise_call(
        caller=city["S11"], subject="water", text="Water", by=city.person("s11-duty"), now=START,
        departments=[city["WATER"], city["POWER"], city["HEALTH"]],
    )  # fmt: skip


def test_two_clocks_take_each_silent_unit_up_once(city: City) -> None:
    silent_call(city)
    clock = city.person("founder")
    for hours in (1, 2, 3):
        later = START.replace(hour=START.hour + hours)
        at_once(*[lambda later=later: climb_silent_answers(by=clock, now=later)] * 3)
    climbs = sorted(Climb.objects.values_list("answer__department__code", "to_unit__code"))
    assert climbs == [("HEALTH", "C"), ("POWER", "C"), ("POWER", "D1"), ("WATER", "C"),
                      ("WATER", "D1")]  # fmt: skip


def test_an_answer_and_the_clock_at_once_leave_one_of_both_first(city: City) -> None:
    answer = silent_call(city).answers.get(department=city["WATER"])
    later, water, clock = START.replace(hour=2), city.person("water"), city.person("founder")
    at_once(
        lambda: answer_call(
            answer=answer, says=Says.COMING, arrive_minutes=600, by=water, now=later
        ),
        lambda: climb_silent_answers(by=clock, now=later),
        lambda: climb_silent_answers(by=clock, now=later),
    )
    answer.refresh_from_db()
    assert answer.state == "coming" and answer.responsible == water
    assert answer.climbs.count() <= 1


def test_two_rulings_at_once_make_two_versions_or_one_is_refused(city: City) -> None:
    call, chief = silent_call(city), city.person("d1-chief")
    for code, by, other in (("WATER", "water", "POWER"), ("POWER", "power", "WATER")):
        answer_call(
            answer=call.answers.get(department=city[code]), says=Says.NOT_MINE, reason="Theirs",
            named_instead=city[other], by=city.person(by), now=START,
        )  # fmt: skip
    refused = call.answers.get(department=city["POWER"])

    def ruling() -> object:
        return rule_call(answer=refused, unit=city["WATER"], reason="So", by=chief, now=START)

    results = at_once(ruling, ruling)
    assert sorted(isinstance(r, NotNow) for r in results) == [False, True]
    assert DutiesMatrix.objects.count() == 1


def test_two_rulings_with_the_units_exchanged_wait_for_each_other_in_one_order(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    chief = city.person("d1-chief")

    def linger(answer: CallAnswer, now: datetime) -> None:
        """Give the other ruling time to hold its own answer too, where nothing keeps it from it."""
        check_can_rule(answer, now)
        Event().wait(0.3)

    monkeypatch.setattr(calls, "check_can_rule", linger)
    for _try in range(2):
        call = silent_call(city)
        for code, by, other in (("WATER", "water", "POWER"), ("POWER", "power", "WATER")):
            answer_call(
                answer=call.answers.get(department=city[code]), says=Says.NOT_MINE,
                reason="Theirs", named_instead=city[other], by=city.person(by), now=START,
            )  # fmt: skip

        # The refusal that was first does not climb: whoever refused second made the circle.
        calls.climb_answer(call.answers.get(department=city["WATER"]), city["D1"], "-", START)

        def ruling(code: str, other: str, call: StreetCall = call) -> Callable[[], object]:
            answer = call.answers.get(department=city[code])
            return lambda: rule_call(
                answer=answer, unit=city[other], reason="So", by=chief, now=START
            )

        results = at_once(ruling("WATER", "POWER"), ruling("POWER", "WATER"))
        assert sorted(isinstance(r, NotNow) for r in results) == [False, True]
        asked = call.answers.exclude(department=city["HEALTH"]).order_by("state")
        assert [one.state for one in asked] == ["not_mine", "waiting"]
        assert asked[0].named_instead == asked[1].department
        [duty] = rows_in_force().filter(subject="water")
        assert duty.department == asked[1].department


def test_two_refusals_at_once_that_name_each_other_still_come_to_whoever_must_rule(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def linger(answer: CallAnswer) -> object:
        """Let the other refuse too before this one looks who else has."""
        Event().wait(0.3)
        return path_end(answer)

    monkeypatch.setattr(calls, "path_end", linger)
    call = silent_call(city)

    def refusing(code: str, by: str, other: str) -> Callable[[], object]:
        answer = call.answers.get(department=city[code])
        return lambda: answer_call(
            answer=answer, says=Says.NOT_MINE, reason="Theirs", named_instead=city[other],
            by=city.person(by), now=START,
        )  # fmt: skip

    at_once(refusing("WATER", "water", "POWER"), refusing("POWER", "power", "WATER"))
    climb = Climb.objects.get()
    assert climb.to_unit == city["D1"] and climb.answer in call.answers.filter(state="not_mine")


def test_task_forces_set_up_in_two_areas_at_once_have_codes_of_their_own(city: City) -> None:
    mayor = city.person("mayor")

    def setting_up(code: str) -> Callable[[], object]:
        return lambda: set_up_task_force(
            area=city[code], name=f"Masks {code}", purpose="Masks", legal_basis="City order 3",
            government=city["HEALTH"], for_government=city.person("city-health"),
            firm=city["SUP"], for_firm=city.person("sup-clerk"),
            ends_at=START + timedelta(days=10), by=mayor, now=START,
        )  # fmt: skip

    for _try in range(TRIES):
        at_once(*(setting_up(code) for code in ("C", "D1", "D2")))
    made = Unit.objects.filter(kind=Kind.TASK_FORCE)
    assert made.count() == len(set(made.values_list("code", flat=True))) == 3 * TRIES


def test_one_task_of_a_team_is_taken_up_by_one_person(city: City) -> None:
    task = on_board(city, whole_team(city))

    def taking(login: str) -> Callable[[], object]:
        return lambda: take_up_task(
            task=Task.objects.get(pk=task.pk), by=city.person(login), now=START
        )

    results = at_once(*(taking(login) for login in ("vol", "pm", "soc-lead")))
    assert sorted(isinstance(r, NotNow) for r in results) == [False, True, True]
    [taken] = [r for r in results if isinstance(r, Task)]
    assert Task.objects.get().worker == taken.worker
