"""A street calls departments: they come, need something, refuse or are silent; somebody answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gongzhi.actors.models import Kind, Person, Post, Unit
from gongzhi.actors.queries import commander_of, visible
from gongzhi.assessment.actions import close_incident
from gongzhi.command.actions import (
    answer_call,
    arrive,
    climb_silent_answers,
    close_call,
    finish_answer,
    give_order,
    raise_call,
    rule_call,
    score_answer,
)
from gongzhi.command.models import CallAnswer, Climb, Says, StreetCall
from gongzhi.command.queries import call_board, duties, path_end
from gongzhi.errors import Malformed, NotAllowed, NotNow
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines
from tests.rooms.upstream import crisis

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
State = CallAnswer.State


@once
def call(city: City) -> StreetCall:
    """The first street calls water, power and the city's health department."""
    return raise_call(
        caller=city["S11"], subject="burst pipe", text="Water on the road, power lines near it.",
        departments=[city["WATER"], city["POWER"], city["HEALTH"]], by=city.person("s11-duty"),
        now=START,
    )  # fmt: skip


def of(call: StreetCall, city: City, code: str) -> CallAnswer:
    """The answer of a unit, as it is now."""
    return CallAnswer.objects.select_related("call", "department").get(
        call=call, department=city[code]
    )


def comes(call: StreetCall, city: City, minutes: int = 30) -> CallAnswer:
    return answer_call(
        answer=of(call, city, "WATER"), says=Says.COMING, arrive_minutes=minutes,
        by=city.person("water"), now=START,
    )  # fmt: skip


def refuses(
    call: StreetCall, city: City, code: str, by: str, named: str | None, now: timedelta = MINUTE
) -> CallAnswer:
    return answer_call(
        answer=of(call, city, code), says=Says.NOT_MINE, reason="Not our pipe",
        named_instead=city[named] if named else None, by=city.person(by), now=START + now,
    )  # fmt: skip


def test_who_has_nobody_above_cannot_refuse_into_nothing(city: City, call: StreetCall) -> None:
    """Else nobody would be asked to rule, and the duty were lost."""
    answer_call(
        answer=of(call, city, "HEALTH"), says=Says.NEEDS, reason="Money", needed_from=city["C"],
        by=city.person("city-health"), now=START + MINUTE,
    )  # fmt: skip
    with pytest.raises(NotNow, match="Nobody stands above 临江市"):
        refuses(call, city, "C", "city-duty", None)
    assert of(call, city, "C").state == "waiting"
    assert refuses(call, city, "C", "city-duty", "WATER").state == "not_mine"


def climb(city: City, after: timedelta) -> list[tuple[str, str]]:
    """(silent unit, unit climbed to) of what climbs at this moment."""
    made = climb_silent_answers(by=city.person("founder"), now=START + after)
    return [(c.answer.department.code, c.to_unit.code) for c in made if c.answer]


# Raising ------------------------------------------------------------------------------------


def test_a_call_asks_each_department_and_names_who_is_responsible(
    city: City, call: StreetCall
) -> None:
    answers = call.answers.order_by("id")
    assert [a.department.code for a in answers] == ["WATER", "POWER", "HEALTH"]
    assert all(a.answer_by == START + 30 * MINUTE for a in answers)
    assert [a.responsible for a in answers] == [
        city.person("d1-chief"), city.person("d1-chief"), commander_of(city["C"], START),
    ]  # fmt: skip
    assert call.power.startswith("raise_call (post:") and "2018" in call.legal_basis
    told = facts("command.raise_call")
    assert told["called"] == [city[c].path for c in ("WATER", "POWER", "HEALTH")]
    assert "Water on the road" not in str(told)


def test_only_the_street_itself_calls(city: City) -> None:
    for login in ("s12-duty", "d1-duty", "water", "g1111-worker"):
        with pytest.raises(NotAllowed, match="raise call"):
            raise_call(
                caller=city["S11"], subject="pipe", text="Water", departments=[city["WATER"]],
                by=city.person(login), now=START,
            )  # fmt: skip


def test_a_community_may_call_too(city: City) -> None:
    call = raise_call(
        caller=city["K111"], subject="pipe", text="Water", departments=[city["WATER"]],
        by=city.person("k111-worker"), now=START,
    )  # fmt: skip
    assert call.caller == city["K111"]


@pytest.mark.parametrize(
    ("street", "departments", "sentence"),
    [
        ("G1111", ["WATER"], "is none of these"),
        ("S11", ["WATER", "WATER"], "named twice"),
        ("S11", ["HEALTH2"], "neither serve 桥头街道 nor belong to it: 西岸区卫生健康局"),
        ("S11", ["WATER", "SUP"], "江东医疗用品公司"),
    ],
)
def test_a_call_goes_to_departments_that_serve_the_street(
    city: City, street: str, departments: list[str], sentence: str
) -> None:
    with pytest.raises(Malformed, match=sentence):
        raise_call(
            caller=city[street], subject="pipe", text="Water",
            departments=[city[code] for code in departments], by=city.person("s11-duty"),
            now=START,
        )  # fmt: skip
    assert not StreetCall.objects.exists()


def test_a_call_may_belong_to_an_incident_or_to_the_order_one_works_on(city: City) -> None:
    above = crisis(city)
    order = give_order(
        unit=city["S11"], title="Keep the road open", minutes=60, decision=above.decision,
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    street = city.person("s11-duty")
    given = {"caller": city["S11"], "subject": "road", "text": "Snow", "by": street, "now": START}
    first = raise_call(departments=[city["WATER"]], order=order, **given)
    second = raise_call(departments=[city["POWER"]], incident=above.incident, **given)
    assert first.incident == second.incident == above.incident
    close_incident(incident=above.incident, reason="Over", by=city.person("mayor"), now=START)
    with pytest.raises(NotNow, match="is closed"):
        raise_call(departments=[city["WATER"]], order=order, **given)


# Answering ----------------------------------------------------------------------------------


def test_coming_says_when_and_who(city: City, call: StreetCall) -> None:
    colleague = Person.objects.create(login="w2", name="水务二号", password="!")
    answer = answer_call(
        answer=of(call, city, "WATER"), says=Says.COMING, arrive_minutes=45,
        responsible=colleague, by=city.person("water"), now=START + MINUTE,
    )  # fmt: skip
    assert (answer.state, answer.responsible) == (State.COMING, colleague)
    assert answer.arrive_by == START + 46 * MINUTE
    assert facts("command.answer_call")["says"] == "coming"


def test_needing_something_comes_before_coming(city: City, call: StreetCall) -> None:
    by = city.person("water")
    answer = answer_call(
        answer=of(call, city, "WATER"), says=Says.NEEDS, reason="An excavator", by=by, now=START
    )
    assert (answer.state, answer.arrive_by, answer.responsible) == (State.NEEDS, None, by)
    answer = comes(call, city)
    assert (answer.state, answer.reason) == (State.COMING, "")


@pytest.mark.parametrize(
    ("says", "given", "field"),
    [
        (Says.COMING, {}, "arrive_minutes"),
        (Says.NEEDS, {}, "reason"),
        (Says.NOT_MINE, {}, "reason"),
        (Says.COMING, {"arrive_minutes": 5, "named_instead": "SUP"}, "named_instead"),
        (Says.NOT_MINE, {"reason": "No", "named_instead": "WATER"}, "named_instead"),
    ],
)
def test_an_answer_says_enough(
    city: City, call: StreetCall, says: Says, given: dict[str, object], field: str
) -> None:
    named = given.get("named_instead")
    values = {**given, "named_instead": city[str(named)] if named else None}
    with pytest.raises(Malformed) as refused:
        answer_call(
            answer=of(call, city, "WATER"), says=says, by=city.person("water"), now=START, **values
        )  # type: ignore[arg-type]
    assert field in refused.value.details


@pytest.mark.parametrize("login", ["power", "s11-duty", "h1-clerk", "d2-chief"])
def test_a_department_answers_for_itself(city: City, call: StreetCall, login: str) -> None:
    with pytest.raises(NotAllowed, match="answer call"):
        answer_call(
            answer=of(call, city, "WATER"), says=Says.COMING, arrive_minutes=5,
            by=city.person(login), now=START,
        )  # fmt: skip


# Every step from every state ------------------------------------------------------------------


def brought_to(call: StreetCall, city: City, state: str) -> CallAnswer:
    """The answer of the water department, brought into a state by what people do."""
    water = city.person("water")
    if state in (State.COMING, State.ARRIVED, State.DONE):
        comes(call, city)
    if state in (State.ARRIVED, State.DONE):
        arrive(
            answer=of(call, city, "WATER"),
            lon=118.22,
            lat=30.9,
            proof="Photo 1",
            by=water,
            now=START,
        )
    if state == State.DONE:
        finish_answer(
            answer=of(call, city, "WATER"),
            lon=118.22,
            lat=30.9,
            result="Mended",
            by=water,
            now=START,
        )
    if state == State.NEEDS:
        answer_call(
            answer=of(call, city, "WATER"), says=Says.NEEDS, reason="A pump", by=water, now=START
        )
    if state == State.NOT_MINE:
        refuses(call, city, "WATER", "water", "SUP")
    if state == State.RELEASED:
        call.answers.filter(department=city["WATER"]).update(state=state)
    return of(call, city, "WATER")


Step = Callable[[CallAnswer, Person], CallAnswer]
STEPS: dict[str, tuple[str, Step]] = {
    "coming": (
        "water",
        lambda a, by: answer_call(
            answer=a, says=Says.COMING, arrive_minutes=5, by=by, now=START + MINUTE
        ),
    ),
    "needs": (
        "water",
        lambda a, by: answer_call(
            answer=a, says=Says.NEEDS, reason="A pump", by=by, now=START + MINUTE
        ),
    ),
    "not_mine": (
        "water",
        lambda a, by: answer_call(
            answer=a, says=Says.NOT_MINE, reason="No", by=by, now=START + MINUTE
        ),
    ),
    "arrive": (
        "water",
        lambda a, by: arrive(
            answer=a, lon=118.22, lat=30.9, proof="Photo", by=by, now=START + HOUR
        ),
    ),
    "finish": (
        "water",
        lambda a, by: finish_answer(
            answer=a, lon=118.22, lat=30.9, result="Mended", by=by, now=START + HOUR
        ),
    ),
    "score": (
        "s11-duty",
        lambda a, by: score_answer(answer=a, score=4, words="As seen", by=by, now=START + HOUR),
    ),
}
ALLOWED = {
    "coming": {"waiting": "coming", "needs": "coming"},
    "needs": {"waiting": "needs", "coming": "needs"},
    "not_mine": {"waiting": "not_mine", "needs": "not_mine"},
    "arrive": {"coming": "arrived"},
    "finish": {"arrived": "done"},
    "score": {"done": "done"},
}


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("name", STEPS)
def test_what_each_step_makes_of_each_state(
    city: City, call: StreetCall, name: str, state: str
) -> None:
    answer = brought_to(call, city, state)
    login, step = STEPS[name]
    before = len(lines())
    if state in ALLOWED[name]:
        assert step(answer, city.person(login)).state == ALLOWED[name][state]
        assert len(lines()) == before + 1
        return
    with pytest.raises(NotNow):
        step(answer, city.person(login))
    answer.refresh_from_db()
    assert answer.state == state and len(lines()) == before


@pytest.mark.parametrize("name", STEPS)
def test_strangers_take_no_step(city: City, call: StreetCall, name: str) -> None:
    for login in ("power", "s12-duty", "d2-duty"):
        with pytest.raises(NotAllowed):
            STEPS[name][1](of(call, city, "WATER"), city.person(login))


def test_arrival_and_result_keep_their_proof_and_the_score_stands(
    city: City, call: StreetCall
) -> None:
    answer = brought_to(call, city, "done")
    assert (answer.proof, answer.result, answer.done_at) == ("Photo 1", "Mended", START)
    score_answer(answer=answer, score=5, words="As seen", by=city.person("s11-duty"), now=START)
    with pytest.raises(NotNow, match="scored already"):
        score_answer(answer=answer, score=1, words="As seen", by=city.person("s11-duty"), now=START)
    assert of(call, city, "WATER").score == 5


# Not mine -----------------------------------------------------------------------------------


def test_who_is_named_instead_is_asked_once_and_answers_as_named(
    city: City, call: StreetCall
) -> None:
    refuses(call, city, "POWER", "power", "SUP")
    named = of(call, city, "SUP")
    assert (named.state, named.answer_by) == (State.WAITING, START + 31 * MINUTE)
    refuses(call, city, "WATER", "water", "SUP")
    assert call.answers.filter(department=city["SUP"]).count() == 1
    assert path_end(of(call, city, "POWER")) == path_end(of(call, city, "WATER")) == named
    answer = answer_call(
        answer=named, says=Says.COMING, arrive_minutes=60, by=city.person("sup-clerk"), now=START
    )
    assert answer.responsible == city.person("sup-clerk")
    assert not Climb.objects.exists()


def test_a_refusal_that_names_nobody_climbs_at_once(city: City, call: StreetCall) -> None:
    answer = refuses(call, city, "WATER", "water", None)
    [step] = answer.climbs.all()
    assert step.to_unit == city["D1"]
    assert "nobody has taken it" in step.reason
    assert of(call, city, "WATER").responsible == city.person("d1-chief")


def test_when_both_refuse_the_tier_over_both_must_rule(city: City, call: StreetCall) -> None:
    refuses(call, city, "WATER", "water", "POWER")
    assert not Climb.objects.exists(), "Power is still to answer."
    refuses(call, city, "POWER", "power", "WATER")
    assert [c.to_unit for c in of(call, city, "POWER").climbs.all()] == [city["D1"]]
    assert path_end(of(call, city, "WATER")) is None
    [duty] = [d for d in duties(city.person("d1-chief"), START + MINUTE) if d.verb == "rule_call"]
    assert duty.due_at == START + MINUTE + timedelta(hours=2)


def test_refusals_across_tiers_climb_to_the_area_over_both(city: City, call: StreetCall) -> None:
    refuses(call, city, "WATER", "water", "HEALTH")
    refuses(call, city, "HEALTH", "city-health", "WATER")
    assert [c.to_unit for c in of(call, city, "HEALTH").climbs.all()] == [city["C"]]


def test_a_ruling_settles_whose_it_is_and_cannot_be_refused(city: City, call: StreetCall) -> None:
    refuses(call, city, "WATER", "water", "POWER")
    refused = refuses(call, city, "POWER", "power", "WATER")
    chief = city.person("d1-chief")
    ruled = rule_call(
        answer=refused, unit=city["WATER"], reason="It is a water main.", by=chief, now=START + HOUR
    )
    assert (ruled.department, ruled.state) == (city["WATER"], State.WAITING)
    assert (ruled.ruled_by, ruled.answer_by) == (chief, START + HOUR + 30 * MINUTE)
    assert path_end(of(call, city, "POWER")) == ruled
    with pytest.raises(NotNow, match="d1-chief先生 ruled on 03-01 10:00 that this is yours"):
        refuses(call, city, "WATER", "water", "POWER")
    assert answer_call(
        answer=ruled, says=Says.COMING, arrive_minutes=20, by=city.person("water"),
        now=START + HOUR,
    ).state == State.COMING  # fmt: skip
    told = facts("command.rule_call")
    assert (told["unit"], told["instead_of"]) == (city["WATER"].path, city["POWER"].path)


def test_a_ruling_can_name_a_third_and_every_path_then_leads_there(
    city: City, call: StreetCall
) -> None:
    refuses(call, city, "WATER", "water", "POWER")
    refused = refuses(call, city, "POWER", "power", "WATER")
    rule_call(
        answer=refused, unit=city["HEALTH1"], reason="The builder's.", by=city.person("d1-chief"),
        now=START + HOUR,
    )  # fmt: skip
    third = of(call, city, "HEALTH1")
    assert path_end(of(call, city, "WATER")) == path_end(of(call, city, "POWER")) == third


@pytest.mark.parametrize("code", ["WATER", "POWER"])
def test_a_ruling_on_either_of_two_refusals_will_do(
    city: City, call: StreetCall, code: str
) -> None:
    """Only one of them climbed; whoever rules may open either."""
    refuses(call, city, "WATER", "water", "POWER")
    refuses(call, city, "POWER", "power", "WATER")
    assert not of(call, city, "WATER").climbs.exists()
    rule_call(
        answer=of(call, city, code), unit=city["HEALTH1"], reason="The builder's.",
        by=city.person("d1-chief"), now=START + HOUR,
    )  # fmt: skip
    third = of(call, city, "HEALTH1")
    assert path_end(of(call, city, "WATER")) == path_end(of(call, city, "POWER")) == third


def test_a_ruling_leads_a_refusal_there_that_named_nobody(city: City, call: StreetCall) -> None:
    refuses(call, city, "WATER", "water", "POWER")
    refuses(call, city, "POWER", "power", None)
    rule_call(
        answer=of(call, city, "WATER"), unit=city["HEALTH1"], reason="The builder's.",
        by=city.person("d1-chief"), now=START + HOUR,
    )  # fmt: skip
    assert path_end(of(call, city, "POWER")) == of(call, city, "HEALTH1")


def test_a_ruling_on_a_silent_department_can_send_another(city: City, call: StreetCall) -> None:
    climb(city, 30 * MINUTE)
    silent = of(call, city, "POWER")
    ruled = rule_call(
        answer=silent, unit=city["HEALTH1"], reason="Power is cut off.", by=city.person("d1-chief"),
        now=START + HOUR,
    )  # fmt: skip
    silent.refresh_from_db()
    assert (silent.state, silent.named_instead) == (State.NOT_MINE, city["HEALTH1"])
    assert (silent.answered_by, ruled.department) == (None, city["HEALTH1"])
    assert ruled.silent_since is None


def test_a_silent_department_that_is_ruled_on_stays_silent_since_its_first_time(
    city: City, call: StreetCall
) -> None:
    climb(city, 30 * MINUTE)
    ruled = rule_call(
        answer=of(call, city, "POWER"), unit=city["POWER"], reason="It is a cable.",
        by=city.person("d1-chief"), now=START + HOUR,
    )  # fmt: skip
    assert (ruled.silent_since, ruled.answer_by) == (START + 30 * MINUTE, START + 90 * MINUTE)


def test_a_ruling_for_somebody_already_coming_leaves_them_coming(
    city: City, call: StreetCall
) -> None:
    comes(call, city)
    refused = refuses(call, city, "POWER", "power", None)
    ruled = rule_call(
        answer=refused, unit=city["WATER"], reason="Both.", by=city.person("d1-chief"), now=START
    )
    assert (ruled.state, ruled.ruling) == (State.COMING, "Both.")


def test_only_the_tier_it_climbed_to_rules_and_only_when_needed(
    city: City, call: StreetCall
) -> None:
    refused = refuses(call, city, "POWER", "power", None)
    for login in ("power", "s11-duty", "d2-chief", "auditor"):
        with pytest.raises(NotAllowed, match="rule call"):
            rule_call(
                answer=refused, unit=city["WATER"], reason="So", by=city.person(login), now=START
            )
    with pytest.raises(NotNow, match="still has time to answer"):
        rule_call(
            answer=of(call, city, "WATER"), unit=city["POWER"], reason="So",
            by=city.person("d1-chief"), now=START,
        )  # fmt: skip


# Silence ------------------------------------------------------------------------------------


def test_silence_climbs_one_tier_for_each_interval_each_tier_once(
    city: City, call: StreetCall
) -> None:
    comes(call, city, minutes=600)
    assert climb(city, 29 * MINUTE) == []
    assert climb(city, 30 * MINUTE) == [("POWER", "D1"), ("HEALTH", "C")]
    assert climb(city, 30 * MINUTE) == [], "The same moment again changes nothing."
    assert climb(city, 89 * MINUTE) == []
    assert climb(city, 90 * MINUTE) == [("POWER", "C")]
    assert climb(city, 900 * MINUTE) == [("WATER", "D1")]
    assert of(call, city, "POWER").responsible == commander_of(city["C"], START)
    reason = Climb.objects.get(answer__department=city["HEALTH"]).reason
    assert (
        reason
        == "市卫生健康委员会 was to answer the call of 桥头街道 by 03-01 09:30 and is silent."
    )


def test_who_promised_to_come_and_does_not_is_told_upward(city: City, call: StreetCall) -> None:
    comes(call, city, minutes=20)
    assert ("WATER", "D1") in climb(city, 30 * MINUTE)
    late = Climb.objects.get(answer__department=city["WATER"])
    assert late.reason == "东岸区水务局 promised to be at 桥头街道 by 03-01 09:20 and is not."
    assert of(call, city, "WATER").responsible == city.person("water")


def test_a_refusal_nobody_rules_on_climbs_after_its_own_time(city: City, call: StreetCall) -> None:
    comes(call, city, minutes=600)
    refuses(call, city, "HEALTH", "city-health", "WATER")
    refuses(call, city, "POWER", "power", None)
    assert climb(city, HOUR) == []
    assert climb(city, 2 * HOUR + MINUTE) == [("POWER", "C")]
    assert climb(city, 9 * HOUR) == []


def test_an_answer_ends_the_climb(city: City, call: StreetCall) -> None:
    climb(city, 30 * MINUTE)
    for code, by in (("WATER", "water"), ("POWER", "power"), ("HEALTH", "city-health")):
        answer_call(
            answer=of(call, city, code), says=Says.COMING, arrive_minutes=600,
            by=city.person(by), now=START + HOUR,
        )  # fmt: skip
    assert climb(city, 5 * HOUR) == []


# Closing and reading ----------------------------------------------------------------------------


def test_a_call_is_closed_when_every_path_has_ended(city: City, call: StreetCall) -> None:
    street = city.person("s11-duty")
    with pytest.raises(NotNow, match="东岸区水务局 has not finished"):
        close_call(call=call, by=street, now=START)
    brought_to(call, city, "done")
    refuses(call, city, "POWER", "power", None)
    with pytest.raises(NotNow, match="东岸区供电局 has not finished"):
        close_call(call=call, by=street, now=START)
    rule_call(
        answer=of(call, city, "POWER"), unit=city["WATER"], reason="Done with it.",
        by=city.person("d1-chief"), now=START + MINUTE,
    )  # fmt: skip
    with pytest.raises(NotNow, match="市卫生健康委员会 has not finished"):
        close_call(call=call, by=street, now=START)
    climb(city, HOUR)
    with pytest.raises(NotAllowed):
        close_call(call=call, by=city.person("water"), now=START + HOUR)
    closed = close_call(call=call, by=street, now=START + HOUR)
    assert (closed.state, closed.closed_by) == (StreetCall.State.CLOSED, street)
    assert of(call, city, "HEALTH").responsible == commander_of(city["C"], START)
    with pytest.raises(NotNow, match="closed this call"):
        close_call(call=call, by=street, now=START + HOUR)


def test_a_closed_call_is_scored_and_nothing_else(city: City, call: StreetCall) -> None:
    brought_to(call, city, "done")
    climb(city, 30 * MINUTE)
    close_call(call=call, by=city.person("s11-duty"), now=START + HOUR)
    silent = of(call, city, "POWER")
    with pytest.raises(NotNow, match="closed this call"):
        answer_call(
            answer=silent, says=Says.COMING, arrive_minutes=5, by=city.person("power"), now=START
        )
    assert climb(city, 9 * HOUR) == []
    assert (
        score_answer(
            answer=silent, score=1, words="As seen", by=city.person("s11-duty"), now=START
        ).score
        == 1
    )


def test_the_board_shows_open_calls_with_age_lateness_and_who_is_responsible(
    city: City, call: StreetCall
) -> None:
    comes(call, city, minutes=20)
    climb(city, 30 * MINUTE)
    [row] = call_board(city.person("s11-duty"), START + 40 * MINUTE)
    assert (row.call, row.age, row.silent) == (call, 40 * MINUTE, 2)
    assert str(row) == "桥头街道 · burst pipe (40 minutes, 2 of 3 silent)"
    water, power, _health = row.answers
    assert (water.due_at, water.late, water.climbs) == (START + 20 * MINUTE, True, 1)
    assert (power.due_at, power.late, power.climbs) == (START + 30 * MINUTE, True, 1)
    assert water.responsible == city.person("water")
    assert call_board(city.person("s21-duty"), START) == []
    assert call_board(city.person("health1"), START) == []


def test_a_called_department_sees_the_call_though_the_street_is_not_its_own(
    city: City, call: StreetCall
) -> None:
    assert list(visible(StreetCall, city.person("water"), START)) == [call]
    assert list(visible(StreetCall, city.person("sup-clerk"), START)) == []
    refuses(call, city, "WATER", "water", "SUP")
    assert list(visible(StreetCall, city.person("sup-clerk"), START)) == [call]


def test_each_step_asks_the_one_who_takes_it(city: City, call: StreetCall) -> None:
    def asked(login: str) -> list[str]:
        mine = duties(city.person(login), START)
        return [d.verb for d in mine if d.verb in ("answer_call", "arrive", "finish_answer",
                                                   "score_answer", "close_call")]  # fmt: skip

    assert asked("water") == ["answer_call"]
    for state, verb in (
        ("needs", "answer_call"),
        ("coming", "arrive"),
        ("arrived", "finish_answer"),
    ):
        call.answers.filter(department=city["WATER"]).update(
            state=state, responsible=city.person("water"), go_on_by=START + HOUR
        )
        assert asked("water") == [verb]
    call.answers.update(state=State.DONE, responsible=city.person("water"))
    assert asked("water") == []
    assert asked("s11-duty") == ["score_answer"] * 3 + ["close_call"]
    assert asked("s12-duty") == []


def test_a_firm_named_instead_is_asked_in_its_own_list(city: City, call: StreetCall) -> None:
    refuses(call, city, "POWER", "power", "SUP")
    [duty] = duties(city.person("sup-clerk"), START)
    assert (duty.verb, duty.inputs) == ("answer_call", {"answer": of(call, city, "SUP").pk})
    assert duty.where == "桥头街道"


def test_a_unit_without_any_commander_still_has_somebody_when_it_climbs(city: City) -> None:
    lonely = Unit.objects.create(
        parent=city["D1"], path=city["D1"].path + "00099", kind=Kind.DEPARTMENT, tier="district",
        code="LONE", subject="market", name="无人局",
    )  # fmt: skip
    Post.objects.filter(person=city.person("d1-chief")).update(ends_at=START + MINUTE)
    call = raise_call(
        caller=city["S11"], subject="prices", text="High", departments=[lonely],
        by=city.person("s11-duty"), now=START + HOUR,
    )  # fmt: skip
    assert call.answers.get().responsible == commander_of(city["C"], START)
    assert climb(city, 2 * HOUR) == [("LONE", "D1")]
    assert call.answers.get().responsible == commander_of(city["C"], START)
