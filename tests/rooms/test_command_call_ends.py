"""What is needed, firms called together, and calls that their reporters reopen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.actors.models import Kind, Unit
from gongzhi.command.actions import (
    adopt_duties,
    answer_call,
    arrive,
    climb_silent_answers,
    close_call,
    finish_answer,
    give_code,
    raise_call,
    reopen_by_code,
    reopen_call,
    score_answer,
    withdraw_call,
)
from gongzhi.command.models import CallAnswer, CallReport, Says, StreetCall
from gongzhi.command.queries import call_figures, duties
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.sensing.models import Report
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines, taken_report

pytestmark = pytest.mark.usefixtures("in_english")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
State = CallAnswer.State
PLACE = {"lon": 118.22, "lat": 30.9}


def called(city: City, *codes: str, reports: list[Report] | None = None) -> StreetCall:
    return raise_call(
        caller=city["S11"], subject="water", text="Water", reports=reports,
        departments=[city[code] for code in codes], by=city.person("s11-duty"), now=START,
    )  # fmt: skip


def of(call: StreetCall, city: City, code: str) -> CallAnswer:
    return call.answers.get(department=city[code])


def says(
    call: StreetCall, city: City, code: str, by: str, what: Says, **more: object
) -> CallAnswer:
    given = {"reason": "A pump"} if what != Says.COMING else {"arrive_minutes": 30}
    return answer_call(
        answer=of(call, city, code), says=what, by=city.person(by), now=START, **given, **more
    )  # type: ignore[arg-type]


def does(call: StreetCall, city: City, code: str, by: str, after: timedelta = MINUTE) -> CallAnswer:
    """A called unit comes, arrives and finishes."""
    who, now = city.person(by), START + after
    answer = of(call, city, code)
    answer = answer_call(answer=answer, says=Says.COMING, arrive_minutes=5, by=who, now=now)
    arrive(answer=answer, by=who, now=now, **PLACE)
    return finish_answer(answer=answer, result="Done", by=who, now=now, **PLACE)


# What is needed -----------------------------------------------------------------------------


def test_what_is_needed_is_asked_of_the_unit_named(city: City) -> None:
    call = called(city, "WATER")
    answer = says(call, city, "WATER", "water", Says.NEEDS, needed_from=city["SUP"])
    helper = of(call, city, "SUP")
    assert (answer.needed_from, helper.helps, helper.state) == (city["SUP"], answer, State.WAITING)
    assert [d.verb for d in duties(city.person("sup-clerk"), START)] == ["answer_call"]


def test_else_of_whose_duty_it_is_else_of_the_government_over_both(city: City) -> None:
    call = called(city, "WATER", "POWER")
    assert says(call, city, "WATER", "water", Says.NEEDS).needed_from == city["D1"]
    adopt_duties(
        area=city["C"], table="subject,area,department,from\nA pump,C,HEALTH,2021-01-01\n",
        basis="List", by=city.person("mayor"), now=START,
    )  # fmt: skip
    assert says(call, city, "POWER", "power", Says.NEEDS).needed_from == city["HEALTH"]


def test_when_it_is_there_whoever_needed_it_is_asked_again(city: City) -> None:
    call = called(city, "WATER")
    says(call, city, "WATER", "water", Says.NEEDS, needed_from=city["SUP"])
    clock = city.person("founder")
    assert climb_silent_answers(by=clock, now=START + 29 * MINUTE) == []
    does(call, city, "SUP", "sup-clerk", 20 * MINUTE)
    answer = of(call, city, "WATER")
    assert (answer.state, answer.answer_by) == (State.WAITING, START + 50 * MINUTE)
    assert [c.answer for c in climb_silent_answers(by=clock, now=START + 50 * MINUTE)] == [answer]


def test_who_supplies_in_place_of_another_counts_too(city: City) -> None:
    call = called(city, "WATER")
    says(call, city, "WATER", "water", Says.NEEDS, needed_from=city["POWER"])
    says(call, city, "POWER", "power", Says.NOT_MINE, named_instead=city["SUP"])
    does(call, city, "SUP", "sup-clerk")
    assert of(call, city, "WATER").state == State.WAITING


def test_a_helper_nobody_needs_any_more_is_let_go(city: City) -> None:
    call = called(city, "WATER")
    says(call, city, "WATER", "water", Says.NEEDS, needed_from=city["SUP"])
    says(call, city, "WATER", "water", Says.COMING)
    assert of(call, city, "SUP").state == State.RELEASED
    assert duties(city.person("sup-clerk"), START) == []
    assert climb_silent_answers(by=city.person("founder"), now=START + 29 * MINUTE) == []


def test_who_has_finished_is_not_asked_for_more(city: City) -> None:
    call = called(city, "WATER", "POWER")
    does(call, city, "POWER", "power")
    with pytest.raises(NotNow, match="东岸区供电局 has finished its part"):
        says(call, city, "WATER", "water", Says.NEEDS, needed_from=city["POWER"])
    assert of(call, city, "WATER").state == State.WAITING


@pytest.mark.parametrize("what", [Says.COMING, Says.NOT_MINE])
def test_a_supplier_is_named_only_with_a_need(city: City, what: Says) -> None:
    call = called(city, "WATER")
    with pytest.raises(Malformed, match="only when you need"):
        says(call, city, "WATER", "water", what, needed_from=city["SUP"])
    with pytest.raises(Malformed, match="You named yourself"):
        says(call, city, "WATER", "water", Says.NEEDS, needed_from=city["WATER"])


# Firms called together ----------------------------------------------------------------------


def test_a_department_calls_firms_of_its_area_together(city: City) -> None:
    call = raise_call(
        caller=city["HEALTH"], subject="masks", text="Deliver at night",
        departments=[city["SUP"], city["LOG"], city["SOC"]], by=city.person("city-health"),
        now=START,
    )  # fmt: skip
    assert call.power.startswith("raise_joint_call")
    done = does(call, city, "LOG", "log-clerk")
    with pytest.raises(NotAllowed, match="raise joint call"):
        score_answer(answer=done, score=3, words="Late", by=city.person("s11-duty"), now=START)
    scored = score_answer(
        answer=done, score=3, words="Late", by=city.person("city-health"), now=START
    )
    assert (scored.score, scored.score_words) == (3, "Late")


def test_a_district_calls_what_lies_in_it_and_nothing_else(city: City) -> None:
    given = {"caller": city["D1"], "subject": "masks", "text": "Now", "now": START,
             "by": city.person("d1-duty")}  # fmt: skip
    assert raise_call(departments=[city["H1"], city["HEALTH"]], **given)
    for code in ("H2", "S11", "SUP"):
        with pytest.raises(Malformed, match="neither serve"):
            raise_call(departments=[city[code]], **given)


def test_a_street_does_not_call_for_a_department(city: City) -> None:
    with pytest.raises(NotAllowed, match="raise joint call"):
        raise_call(
            caller=city["WATER"], subject="x", text="x", departments=[city["H1"]],
            by=city.person("s11-duty"), now=START,
        )  # fmt: skip
    hospital = Unit.objects.filter(kind=Kind.HOSPITAL).first()
    assert hospital is not None
    with pytest.raises((Malformed, NotAllowed)):
        raise_call(
            caller=hospital, subject="x", text="x", departments=[city["WATER"]],
            by=city.person("mayor"), now=START,
        )  # fmt: skip


# Reopening ----------------------------------------------------------------------------------


@once
def closed(city: City) -> StreetCall:
    """A call about one report, done by water, silent power, and closed an hour later."""
    call = called(city, "WATER", "POWER", reports=[taken_report(city)])
    does(call, city, "WATER", "water")
    climb_silent_answers(by=city.person("founder"), now=START + 30 * MINUTE)
    return close_call(call=call, by=city.person("s11-duty"), now=START + 60 * MINUTE)


def test_a_reporter_reopens_with_the_code(city: City, closed: StreetCall) -> None:
    report = Report.objects.get()
    link = give_code(call=closed, report=report, by=city.person("g1111-worker"), now=START + DAY)
    assert len(link.code) == 10 and link.code not in str([e.body for e in lines()])
    typed = f" {link.code[:5].lower()}-{link.code[5:]}"
    again = reopen_by_code(
        reporter_code=typed, reason="Water again", by=city.person("founder"), now=START + DAY
    )
    assert (again.reopens, again.reopened_for, again.text) == (closed, report, "Water again")
    asked = again.answers.order_by("id").values_list("department__code", "state")
    assert list(asked) == [("WATER", "waiting"), ("POWER", "waiting")]
    assert facts("command.reopen_call")["reopens"] == closed.ref
    assert CallReport.objects.get(call=again).code == link.code, "The reporter keeps the code."
    with pytest.raises(NotNow, match="still open"):
        reopen_by_code(
            reporter_code=typed, reason="Again", by=city.person("founder"), now=START + DAY
        )


def test_the_clerk_reopens_for_who_has_no_telephone(city: City, closed: StreetCall) -> None:
    report = Report.objects.get()
    again = reopen_call(
        call=closed, report=report, reason="Still wet", by=city.person("g1111-worker"),
        now=START + DAY,
    )  # fmt: skip
    assert again.state == "open"
    with pytest.raises(NotNow, match="was reopened on"):
        reopen_call(
            call=closed, report=report, reason="Wet", by=city.person("s11-duty"), now=START + DAY
        )


def test_reopening_has_its_limits(city: City, closed: StreetCall) -> None:
    report, street = Report.objects.get(), city.person("s11-duty")
    with pytest.raises(NotAllowed, match="reopen call"):
        reopen_call(call=closed, report=report, reason="Wet", by=city.person("water"), now=START)
    other = taken_report(city)
    with pytest.raises(Malformed, match="not what the call is about"):
        reopen_call(call=closed, report=other, reason="Wet", by=street, now=START + DAY)
    with pytest.raises(NotNow, match="more than 14 days ago"):
        reopen_call(call=closed, report=report, reason="Wet", by=street, now=START + 15 * DAY)
    with pytest.raises(NotFound, match="no call with this code"):
        reopen_by_code(reporter_code="ABCDE23456", reason="Wet", by=street, now=START + DAY)
    with pytest.raises(Malformed):
        give_code(call=closed, report=other, by=street, now=START)
    assert StreetCall.objects.count() == 1


def test_a_reopened_call_climbs_anew_from_the_first_tier(city: City, closed: StreetCall) -> None:
    again = reopen_call(
        call=closed, report=Report.objects.get(), reason="Wet", by=city.person("s11-duty"),
        now=START + DAY,
    )  # fmt: skip
    made = climb_silent_answers(by=city.person("founder"), now=START + DAY + 30 * MINUTE)
    assert {(c.answer.call_id, c.to_unit) for c in made if c.answer} == {(again.pk, city["D1"])}


# Taken back ---------------------------------------------------------------------------------


def takes_back(call: StreetCall, city: City, login: str = "s11-duty") -> StreetCall:
    return withdraw_call(call=call, reason="A mistake", by=city.person(login), now=START + HOUR)


def test_a_call_is_taken_back_by_its_caller_while_somebody_is_on_it(city: City) -> None:
    call = called(city, "WATER", "POWER")
    does(call, city, "WATER", "water")
    with pytest.raises(NotAllowed):
        takes_back(call, city, "water")
    taken = takes_back(call, city)
    assert (taken.state, taken.closed_by) == ("withdrawn", city.person("s11-duty"))
    assert facts("command.withdraw_call") == {
        "reason": "A mistake", "released": [city["POWER"].path],
    }  # fmt: skip
    # What was done stays done, and is scored.
    assert [a.state for a in call.answers.order_by("id")] == ["done", "released"]
    scored = score_answer(
        answer=of(call, city, "WATER"), score=4, words="Came", by=city.person("s11-duty"),
        now=START + DAY,
    )  # fmt: skip
    assert scored.score == 4
    with pytest.raises(NotNow, match="took this call back on"):
        takes_back(call, city)
    [water] = [u for u in call_figures(city.person("d1-duty"), START + DAY).units if u.scores]
    assert (water.unit, water.closed) == (city["WATER"], 0)


def test_where_everybody_has_finished_a_call_is_closed_not_taken_back(city: City) -> None:
    call = called(city, "WATER")
    does(call, city, "WATER", "water")
    with pytest.raises(NotNow, match="Close the call"):
        takes_back(call, city)


def test_what_a_reporter_reopened_is_not_taken_back(city: City, closed: StreetCall) -> None:
    report, street = Report.objects.get(), city.person("s11-duty")
    again = reopen_call(call=closed, report=report, reason="Wet", by=street, now=START + DAY)
    with pytest.raises(NotNow, match="A reporter reopened this call"):
        takes_back(again, city)
