"""A promise that changes, and the clocks of who needs something and of who is on site."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.command.actions import (
    answer_call,
    arrive,
    change_promise,
    climb_silent_answers,
    finish_answer,
    raise_call,
)
from gongzhi.command.models import CallAnswer, Climb, Says, StreetCall
from gongzhi.command.queries import call_board, duties
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.messages.lines import facts_of
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines
from tests.rooms.telling import english, to, told

pytestmark = pytest.mark.usefixtures("in_english")

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PLACE = {"lon": 118.22, "lat": 30.9}


@once
def call(city: City) -> StreetCall:
    return raise_call(
        caller=city["S11"], subject="water", text="Water", departments=[city["WATER"]],
        by=city.person("s11-duty"), now=START,
    )  # fmt: skip


def of(call: StreetCall, city: City, code: str = "WATER") -> CallAnswer:
    return call.answers.get(department=city[code])


def comes(call: StreetCall, city: City, code: str = "WATER", by: str = "water") -> CallAnswer:
    return answer_call(
        answer=of(call, city, code), says=Says.COMING, arrive_minutes=30, by=city.person(by),
        now=START,
    )  # fmt: skip


def changes(
    call: StreetCall, city: City, minutes: int, now: timedelta, by: str = "water"
) -> CallAnswer:
    return change_promise(
        answer=of(call, city), in_minutes=minutes, reason="The bridge is closed",
        by=city.person(by), now=START + now,
    )  # fmt: skip


def climb(city: City, after: timedelta) -> list[tuple[str, str]]:
    made = climb_silent_answers(by=city.person("founder"), now=START + after)
    return [(c.answer.department.code, c.to_unit.code) for c in made if c.answer]


# A promise changes --------------------------------------------------------------------------


def test_a_new_arrival_stands_beside_the_first_and_is_told(city: City, call: StreetCall) -> None:
    comes(call, city)
    told(city)
    with pytest.raises(NotNow, match="Change what was promised, and say why"):
        comes(call, city)
    other = city.person("d1-duty")
    changed = change_promise(
        answer=of(call, city), in_minutes=60, reason="The bridge is closed", responsible=other,
        by=city.person("water"), now=START + 20 * MINUTE,
    )  # fmt: skip
    assert (changed.first_arrive_by, changed.arrive_by, changed.responsible) == (
        START + 30 * MINUTE, START + 80 * MINUTE, other,
    )  # fmt: skip
    assert changed.reason_changed == "The bridge is closed"
    messages = told(city, START + 20 * MINUTE)
    assert to(messages) == ["s11-duty", "s11-duty-2"]
    assert english(messages[0])[0] == (
        "东岸区水务局 has a new time for your call on water: 03-01 10:20"
    )
    assert facts("command.change_promise")["reason"] == "The bridge is closed"
    again = changes(call, city, 90, 30 * MINUTE)
    assert again.first_arrive_by == START + 30 * MINUTE, "The first one stays."
    assert climb(city, 119 * MINUTE) == []
    assert climb(city, 120 * MINUTE) == [("WATER", "C")], "The district knows already."


def test_who_puts_off_again_climbs_one_tier_each_time(city: City, call: StreetCall) -> None:
    comes(call, city)
    changes(call, city, 60, 20 * MINUTE)
    changes(call, city, 30, 25 * MINUTE)  # sooner: nothing is put off
    assert of(call, city).times_put_off == 1 and not Climb.objects.exists()
    told(city, 25 * MINUTE + START)
    changes(call, city, 90, 30 * MINUTE)
    assert str(Climb.objects.get().to_unit.code) == "D1"
    assert Climb.objects.get().reason == (
        "东岸区水务局 has put off what it promised 桥头街道 2 times: The bridge is closed"
    )
    messages = told(city, START + 30 * MINUTE)
    assert {"d1-chief", "d1-duty", "s11-duty"} <= set(to(messages))
    [duty] = [
        d for d in duties(city.person("d1-chief"), START + 30 * MINUTE) if d.room == "command"
    ]
    assert duty.verb == "follow_up_climb" and "2 times" in duty.why
    changes(call, city, 120, 31 * MINUTE)
    changes(call, city, 180, 32 * MINUTE)
    assert [c.to_unit.code for c in Climb.objects.order_by("id")] == ["D1", "C"]
    here = arrive(answer=of(call, city), by=city.person("water"), now=START + HOUR, **PLACE)
    assert here.times_put_off == 0


def test_who_comes_and_needs_something_again_and_again_puts_off_too(
    city: City, call: StreetCall
) -> None:
    for _again in range(2):
        comes(call, city)
        needs = answer_call(
            answer=of(call, city), says=Says.NEEDS, reason="A pump", by=city.person("water"),
            now=START,
        )  # fmt: skip
    assert needs.times_put_off == 2
    assert of(call, city, "D1").state == "waiting", "The helper that was let go is asked anew."
    assert [c.to_unit.code for c in Climb.objects.all()] == ["D1"]
    last = lines("command.answer_call")[-1]
    assert facts_of(last)["climbed_to"] == city["D1"].path


def test_only_who_promised_changes_it_and_only_what_was_promised(
    city: City, call: StreetCall
) -> None:
    with pytest.raises(NotNow, match="has promised no time"):
        changes(call, city, 5, MINUTE)
    comes(call, city)
    with pytest.raises(NotAllowed):
        changes(call, city, 5, MINUTE, by="power")


# On site ------------------------------------------------------------------------------------


def test_who_is_on_site_and_silent_climbs_one_tier_for_each_interval(
    city: City, call: StreetCall
) -> None:
    comes(call, city)
    here = arrive(answer=of(call, city), by=city.person("water"), now=START, **PLACE)
    assert here.go_on_by == START + 12 * HOUR
    [row] = call_board(city.person("s11-duty"), START + 13 * HOUR)
    assert (row.answers[0].due_at, row.answers[0].late) == (START + 12 * HOUR, True)
    assert climb(city, 12 * HOUR - MINUTE) == []
    assert climb(city, 12 * HOUR) == [("WATER", "D1")]
    assert climb(city, 12 * HOUR) == []
    assert climb(city, 13 * HOUR) == [("WATER", "C")]
    assert climb(city, 960 * HOUR) == []
    first = Climb.objects.order_by("id")[0]
    assert first.reason == (
        "东岸区水务局 has been on site since 03-01 09:00 and has not finished, nor said why."
    )
    # The tier it climbed to is asked for what it can do, and the unit still answers for it.
    [duty] = [d for d in duties(city.person("d1-chief"), START + 13 * HOUR) if d.room == "command"]
    assert (duty.verb, duty.due_at) == ("follow_up_climb", START + 12 * HOUR)
    assert of(call, city).responsible == city.person("water")


def test_who_says_why_it_has_not_finished_gets_the_time_it_says(
    city: City, call: StreetCall
) -> None:
    comes(call, city)
    arrive(answer=of(call, city), by=city.person("water"), now=START, **PLACE)
    changed = changes(call, city, 600, 11 * HOUR)
    assert (changed.go_on_by, changed.first_arrive_by) == (START + 21 * HOUR, None)
    assert climb(city, 20 * HOUR) == []
    assert climb(city, 21 * HOUR) == [("WATER", "D1")]
    finish_answer(
        answer=of(call, city), result="Dry", by=city.person("water"), now=START + 22 * HOUR, **PLACE
    )
    assert climb(city, 40 * HOUR) == []


# In need ------------------------------------------------------------------------------------


def needs(call: StreetCall, city: City, code: str, by: str, of_whom: str) -> CallAnswer:
    return answer_call(
        answer=of(call, city, code), says=Says.NEEDS, reason="A pump", needed_from=city[of_whom],
        by=city.person(by), now=START,
    )  # fmt: skip


def test_who_is_asked_for_it_has_the_clock_not_who_waits(city: City, call: StreetCall) -> None:
    waiting = needs(call, city, "WATER", "water", "SUP")
    assert waiting.go_on_by == START + 4 * HOUR
    assert climb(city, 30 * MINUTE) == [("SUP", "C")]
    assert climb(city, 5 * HOUR) == [], "Water waits for it and is not blamed."
    comes(call, city, "SUP", "sup-clerk")
    arrive(answer=of(call, city, "SUP"), by=city.person("sup-clerk"), now=START, **PLACE)
    assert climb(city, 12 * HOUR) == [], "It is on site, and known there already."
    finish_answer(
        answer=of(call, city, "SUP"), result="Here", by=city.person("sup-clerk"),
        now=START + 13 * HOUR, **PLACE,
    )  # fmt: skip
    assert (of(call, city).state, of(call, city).go_on_by) == ("waiting", None)


def test_where_nobody_is_at_work_for_it_who_waits_climbs(city: City, call: StreetCall) -> None:
    """Two that wait for each other: neither has anybody who works for it."""
    needs(call, city, "WATER", "water", "SUP")
    needs(call, city, "SUP", "sup-clerk", "WATER")
    assert climb(city, 4 * HOUR - MINUTE) == []
    assert climb(city, 4 * HOUR) == [("WATER", "D1"), ("SUP", "C")]
    assert Climb.objects.order_by("id")[0].reason == (
        "东岸区水务局 has waited for 江东医疗用品公司 since 03-01 09:00 (A pump); nobody has "
        "supplied it."
    )
    comes(call, city)
    assert of(call, city).go_on_by is None
