"""Story 10: a street calls water, power and health; water comes, power says it is the builder's,
health is silent; each path ends with a person responsible. Story 11: both refuse, the district
rules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.actors.queries import commander_of
from gongzhi.command.actions import (
    answer_call,
    arrive,
    climb_silent_answers,
    close_call,
    finish_answer,
    raise_call,
    rule_call,
    score_answer,
)
from gongzhi.command.models import CallAnswer, Climb, Says, StreetCall
from gongzhi.command.queries import call_board, duties, path_end
from gongzhi.errors import NotNow
from tests.rooms.cast import START, City

pytestmark = pytest.mark.usefixtures("in_english")

MINUTE = timedelta(minutes=1)


def called(city: City, *codes: str) -> StreetCall:
    """The first street calls departments because of a burst main beside a building site."""
    return raise_call(
        caller=city["S11"], subject="burst main",
        text="Water on the road beside the building site; the power box stands in it.",
        departments=[city[code] for code in codes], by=city.person("s11-duty"), now=START,
    )  # fmt: skip


def of(call: StreetCall, city: City, code: str) -> CallAnswer:
    return call.answers.get(department=city[code])


@pytest.mark.feature(30, 31)
def test_a_street_calls_three_departments_and_each_path_ends_with_a_person(city: City) -> None:
    call = called(city, "WATER", "POWER", "HEALTH")
    water, power, street = (city.person(p) for p in ("water", "power", "s11-duty"))
    assert [d.verb for d in duties(water, START)] == ["answer_call"]

    # Water comes: who, and by when.
    answer_call(
        answer=of(call, city, "WATER"), says=Says.COMING, arrive_minutes=25, by=water,
        now=START + 5 * MINUTE,
    )  # fmt: skip

    # Power says it is the builder's; the builder is asked at once, and takes it on.
    answer_call(
        answer=of(call, city, "POWER"), says=Says.NOT_MINE, named_instead=city["SUP"],
        reason="The box belongs to the building site.", by=power, now=START + 8 * MINUTE,
    )  # fmt: skip
    builder = city.person("sup-clerk")
    [asked] = duties(builder, START + 8 * MINUTE)
    assert (asked.verb, asked.where) == ("answer_call", "桥头街道")
    answer_call(
        answer=of(call, city, "SUP"), says=Says.COMING, arrive_minutes=60, by=builder,
        now=START + 20 * MINUTE,
    )  # fmt: skip

    # Water is there after half an hour, and proves it.
    arrive(
        answer=of(call, city, "WATER"), lon=118.22, lat=30.9,
        proof="Photograph 1 at the valve", by=water,
        now=START + 29 * MINUTE,
    )  # fmt: skip

    # Health is silent: after its half hour the city is told, once.
    clock = city.person("founder")
    for minutes in (29, 30, 30, 45, 79, 79):
        climb_silent_answers(by=clock, now=START + minutes * MINUTE)
    climbed = Climb.objects.filter(answer=of(call, city, "HEALTH"))
    assert [c.to_unit for c in climbed] == [city["C"]]
    assert "is silent" in climbed.get().reason

    # Each path ends with a person responsible.
    ends = {a.department.code: path_end(a) for a in call.answers.select_related("department")}
    responsible = {code: end.responsible for code, end in ends.items() if end is not None}
    assert responsible == {
        "WATER": water, "POWER": builder, "SUP": builder, "HEALTH": commander_of(city["C"], START),
    }  # fmt: skip
    [row] = call_board(street, START + 40 * MINUTE)
    assert (row.silent, row.age) == (1, 40 * MINUTE)

    # Water reports the result; the street says how well it was done.
    finish_answer(
        answer=of(call, city, "WATER"), lon=118.22, lat=30.9,
        result="Valve shut, road dry; photograph 2", by=water,
        now=START + 90 * MINUTE,
    )  # fmt: skip
    done = score_answer(
        answer=of(call, city, "WATER"), score=5, words="As seen", by=street, now=START + 95 * MINUTE
    )
    assert (done.proof, done.score) == ("Photograph 1 at the valve", 5)

    # The call is open for as long as somebody is still on the way.
    with pytest.raises(NotNow, match="江东医疗用品公司 has not finished"):
        close_call(call=call, by=street, now=START + 100 * MINUTE)
    arrive(
        answer=of(call, city, "SUP"),
        lon=118.22,
        lat=30.9,
        proof="Photograph 3",
        by=builder,
        now=START + 100 * MINUTE,
    )
    finish_answer(
        answer=of(call, city, "SUP"),
        lon=118.22,
        lat=30.9,
        result="Box moved",
        by=builder,
        now=START + 200 * MINUTE,
    )
    close_call(call=call, by=street, now=START + 200 * MINUTE)
    silent = score_answer(
        answer=of(call, city, "HEALTH"),
        score=1,
        words="As seen",
        by=street,
        now=START + 200 * MINUTE,
    )
    assert silent.score == 1


@pytest.mark.feature(5, 30)
def test_two_departments_refuse_and_the_district_rules_in_time(city: City) -> None:
    call = called(city, "WATER", "POWER")
    chief = city.person("d1-chief")
    for code, by, other in (("WATER", "water", "POWER"), ("POWER", "power", "WATER")):
        answer_call(
            answer=of(call, city, code), says=Says.NOT_MINE, reason="Theirs.",
            named_instead=city[other], by=city.person(by), now=START + 10 * MINUTE,
        )  # fmt: skip

    # The district is asked at once and has two hours.
    [duty] = [d for d in duties(chief, START + 10 * MINUTE) if d.verb == "rule_call"]
    assert duty.due_at == START + 130 * MINUTE
    assert of(call, city, "POWER").responsible == chief

    # It rules; who is named cannot refuse a second time.
    ruled = rule_call(
        answer=of(call, city, "POWER"), unit=city["WATER"], reason="The main is the cause.",
        by=chief, now=START + 60 * MINUTE,
    )  # fmt: skip
    with pytest.raises(NotNow, match="that this is yours"):
        answer_call(
            answer=ruled, says=Says.NOT_MINE, reason="Theirs.", by=city.person("water"),
            now=START + 61 * MINUTE,
        )  # fmt: skip
    answer_call(
        answer=ruled, says=Says.COMING, arrive_minutes=15, by=city.person("water"),
        now=START + 62 * MINUTE,
    )  # fmt: skip
    assert path_end(of(call, city, "POWER")) == of(call, city, "WATER")
    assert [d for d in duties(chief, START + 62 * MINUTE) if d.verb == "rule_call"] == []


@pytest.mark.feature(5)
def test_a_refusal_on_which_nobody_rules_goes_to_the_next_tier(city: City) -> None:
    call = called(city, "POWER")
    answer_call(
        answer=of(call, city, "POWER"), says=Says.NOT_MINE, reason="Not ours.",
        by=city.person("power"), now=START,
    )  # fmt: skip
    clock = city.person("founder")
    for minutes in (60, 119, 120, 120, 240):
        climb_silent_answers(by=clock, now=START + minutes * MINUTE)
    climbs = of(call, city, "POWER").climbs.order_by("id")
    assert [(c.to_unit.code, c.climbed_at) for c in climbs] == [
        ("D1", START), ("C", START + 120 * MINUTE),
    ]  # fmt: skip
    assert [d.verb for d in duties(city.person("mayor"), START + 120 * MINUTE)] == ["rule_call"]
