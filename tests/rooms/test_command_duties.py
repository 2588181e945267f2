"""Whose duty it is: the matrix is read line by line, looked up, replaced and amended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gongzhi.command.actions import (
    adopt_duties,
    answer_call,
    climb_silent_answers,
    raise_call,
    read_ruling,
    rule_call,
)
from gongzhi.command.duties_text import read_duties, subject_and_above
from gongzhi.command.models import CallAnswer, DutiesMatrix, DutyRow, Says, StreetCall
from gongzhi.command.queries import duties, proposal_for, rows_of, subjects_for
from gongzhi.errors import Malformed, NotAllowed, NotNow
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines

pytestmark = pytest.mark.usefixtures("in_english")

DAY = timedelta(days=1)
TABLE = """subject,area,department,together,from,till,basis
water,D1,WATER,,2021-01-01,,List of 2021
water/burst main,D1,WATER,POWER;HEALTH1,2021-01-01,,
water,S12,POWER,,2021-01-01,,
flu,C,市卫生健康委员会,,2021-01-01,2021-03-31,
"""


def adopt(city: City, text: str = TABLE, area: str = "C", by: str = "mayor") -> DutiesMatrix:
    return adopt_duties(
        area=city[area], table=text, basis="Document 12", by=city.person(by), now=START
    )


def whose(city: City, place: str, subject: str, after: timedelta = timedelta(0)) -> list[str]:
    proposal = proposal_for(city[place], subject, START + after)
    return [unit.code for unit in proposal.units] if proposal else []


# Reading ------------------------------------------------------------------------------------


def test_a_table_and_a_list_say_the_same() -> None:
    listed = """
rows:
  - subject: water
    area: D1
    department: WATER
    together: [POWER, HEALTH1]
    from: 2021-01-01
    till: 2021-12-31
"""
    table = (
        "事项,区域,主责单位,配合单位,起,止\nwater,D1,WATER,POWER、HEALTH1,2021-01-01,2021-12-31\n"
    )
    [one], [other] = read_duties(listed).drafts, read_duties(table).drafts
    assert (one.line, other.line) == (3, 2)
    assert {**vars(one), "line": 0} == {**vars(other), "line": 0}
    assert one.together == ("POWER", "HEALTH1")


def test_levels_of_a_subject_are_written_in_one_way() -> None:
    assert subject_and_above(" 供水 ／管网/ 爆管 ") == ["供水", "供水/管网", "供水/管网/爆管"]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("subject,area,department,from\n,D1,WATER,2021-01-01\n", 2, "“subject” is empty"),
        ("subject,area,department,from\na,D1,WATER,1.1.2021\n", 2, "Write it as 2021-03-31"),
        ("subject,area,department,from,till\na,D1,W,2021-02-01,2021-01-01\n", 2, "Swap the days"),
        ("subject,area,unit,from\na,D1,WATER,2021-01-01\n", 1, "“unit” is not known"),
        ("subject,area,from\na,D1,2021-01-01\n", 1, "“department” is missing"),
        ("subject,area,department,from\na,D1,W,2021-01-01,x\n", 2, "more cells than the heading"),
        ("subject,area,department,from\n", 1, "There is no row"),
        ("rows: 3\n", 1, "Begin with a heading"),
        ("rows:\n- water\n", 2, "A row is a list"),
        ("rows:\n- subject: [", 2, "cannot be read as YAML"),
        ("subject,area,department,from,minutes\na,D1,W,2021-01-01,0\n", 2, "from 1 to 525600"),
        (f"subject,area,department,from\n{'a' * 81},D1,W,2021-01-01\n", 2, "more than 80"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, sentence: str) -> None:
    problem = read_duties(text).problems[0]
    assert problem.line == line and sentence in problem.sentence


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a,D9,WATER,,2021-01-01,,", "There is no “D9” here. Write the code or name: D"),
        ("a,D1,WATTER,,2021-01-01,,", "Write the code or name: WATER?"),
        ("a,D1,HEALTH2,,2021-01-01,,", "西岸区卫生健康局 does not serve 东岸区"),
        ("a,D1,D1,,2021-01-01,,", "There is no “D1” here"),
        ("water,D1,POWER,,2021-06-01,,", "stands in line 2 for the same days"),
        ("a,第一网格,WATER,,2021-01-01,,", "Several are called “第一网格”"),
    ],
)
def test_names_that_fit_nothing_are_refused_with_the_nearest(
    city: City, row: str, sentence: str
) -> None:
    with pytest.raises(Malformed, match="The matrix has 1 problems") as refused:
        adopt(city, f"{TABLE}{row}\n")
    assert refused.value.details["table"].startswith("Line 6:")
    assert sentence in refused.value.details["table"]
    assert not DutiesMatrix.objects.exists()


# Adopting -----------------------------------------------------------------------------------


def test_a_matrix_is_adopted_and_replaced_as_a_whole(city: City) -> None:
    first = adopt(city)
    assert (first.version, first.rows_added.count(), first.state) == (1, 4, "in_force")
    assert facts("command.adopt_duties")["rows"] == 4
    with pytest.raises(NotNow, match="Version 1 is in force with this very text"):
        adopt(city)
    second = adopt(city, TABLE.replace("WATER,,2021", "POWER,,2021"))
    first.refresh_from_db()
    assert (second.version, first.state, first.replaced_at) == (2, "replaced", START)
    assert [r.department.code for r in rows_of(first).filter(subject="water")] == ["WATER", "POWER"]
    assert {r.department.code for r in rows_of(second).filter(subject="water")} == {"POWER"}
    assert rows_of(second).count() == 4


def test_only_who_may_adopts(city: City) -> None:
    for login in ("city-duty", "d1-chief", "water"):
        with pytest.raises(NotAllowed, match="adopt duties"):
            adopt(city, by=login)
    assert adopt(city, "subject,area,department,from\na,D1,WATER,2021-01-01\n", "D1", "d1-chief")


# Looking up ---------------------------------------------------------------------------------


def test_the_more_specific_subject_wins_then_the_smaller_area(city: City) -> None:
    adopt(city)
    assert whose(city, "S11", "water") == ["WATER"]
    assert whose(city, "S11", "water/tap") == ["WATER"], "A wider subject stands in."
    assert whose(city, "S12", "water") == ["POWER"], "The street has a row of its own."
    assert whose(city, "S12", "water/burst main") == ["WATER", "POWER", "HEALTH1"]
    assert whose(city, "S21", "water") == []
    assert whose(city, "S11", "waterfall") == []
    assert whose(city, "S21", "flu") == ["HEALTH"]
    assert whose(city, "S21", "flu", 31 * DAY) == [], "The row has ended."
    assert whose(city, "S11", "water", -90 * DAY) == [], "It had not begun."
    assert subjects_for(city["S21"], START) == ["flu"]


def test_the_reason_names_row_version_and_basis(city: City) -> None:
    adopt(city)
    proposal = proposal_for(city["S11"], "water", START)
    assert proposal is not None
    assert str(proposal) == (
        f"“water” in 东岸区 is the duty of 东岸区水务局: row {proposal.row.pk} of version 1 of the "
        "duties matrix of 临江市 (List of 2021)."
    )


def test_a_district_may_have_a_matrix_of_its_own(city: City) -> None:
    adopt(city)
    adopt(city, "subject,area,department,from\nwater,D1,POWER,2021-01-01\n", "D1", "d1-chief")
    assert whose(city, "S11", "water") == ["POWER"], "Of equal rows the one added last holds."
    assert whose(city, "S11", "water/burst main")[0] == "WATER"


def test_a_call_keeps_which_row_named_the_called(city: City) -> None:
    adopt(city)
    call = called(city, "S11", "water", "WATER", "HEALTH1")
    rows = {a.department.code: a.duty for a in call.answers.select_related("department", "duty")}
    assert rows["HEALTH1"] is None and rows["WATER"] is not None
    assert facts("command.raise_call")["duty"] == [rows["WATER"].ref]


def test_a_duty_may_have_its_own_time_to_answer_and_to_climb(city: City) -> None:
    adopt(city, "subject,area,department,from,minutes\nlamp,D1,WATER,2021-01-01,1440\n")
    answer = called(city, "S11", "lamp", "WATER").answers.get()
    assert answer.answer_by == START + DAY
    clock = city.person("founder")
    steps = []
    for hours in (23, 24, 25, 47, 48):
        made = climb_silent_answers(by=clock, now=START + timedelta(hours=hours))
        steps += [(hours, climb.to_unit.code) for climb in made]
    assert steps == [(24, "D1"), (48, "C")]


# Ruling -------------------------------------------------------------------------------------


def called(city: City, street: str, subject: str, *codes: str) -> StreetCall:
    return raise_call(
        caller=city[street], subject=subject, text="Water on the road",
        departments=[city[code] for code in codes],
        by=city.person("s11-duty" if street == "S11" else "s12-duty"), now=START,
    )  # fmt: skip


def refuse(call: StreetCall, city: City, code: str, by: str, named: str) -> CallAnswer:
    return answer_call(
        answer=call.answers.get(department=city[code]), says=Says.NOT_MINE, reason="Theirs",
        named_instead=city[named], by=city.person(by), now=START,
    )  # fmt: skip


def ruled(city: City, unit: str, subject: str = "water/burst main") -> CallAnswer:
    call = called(city, "S11", subject, "WATER", "POWER")
    refuse(call, city, "WATER", "water", "POWER")
    answer = refuse(call, city, "POWER", "power", "WATER")
    return rule_call(
        answer=answer, unit=city[unit], reason="The main is the cause.",
        by=city.person("d1-chief"), now=START + DAY,
    )  # fmt: skip


def test_a_ruling_is_the_next_version_dated_and_cited(city: City) -> None:
    first = adopt(city)
    assert whose(city, "S11", "water/burst main") == ["WATER", "POWER", "HEALTH1"]
    answer = ruled(city, "HEALTH1")
    matrix = answer.amended
    assert matrix is not None and (matrix.area, matrix.version) == (city["C"], 2)
    assert matrix.basis == "Ruling of 东岸区 on 2021-03-02: The main is the cause."
    assert whose(city, "S12", "water/burst main", DAY) == ["HEALTH1"]
    row = matrix.rows_added.get()
    assert (row.area, row.starts_on.isoformat()) == (city["D1"], "2021-03-02")
    assert rows_of(first).filter(subject="water/burst main").get().department == city["WATER"]
    assert rows_of(matrix).count() == 4
    told = facts("command.amend_duties")
    assert (told["version"], told["unit"]) == (2, city["HEALTH1"].path)


def test_a_ruling_without_any_matrix_begins_one(city: City) -> None:
    matrix = ruled(city, "WATER").amended
    assert matrix is not None and (matrix.area, matrix.version) == (city["D1"], 1)
    assert whose(city, "S12", "water/burst main", DAY) == ["WATER"]
    assert whose(city, "S21", "water/burst main", DAY) == []


def test_whom_a_ruling_asked_again_has_its_time_before_anybody_rules_again(city: City) -> None:
    chief, now = city.person("d1-chief"), START + DAY
    answer = ruled(city, "POWER")  # the unit that climbed is told to do it itself
    assert answer.department == city["POWER"] and answer.climbs.exists()

    def asked_to_rule(at: datetime) -> list[str]:
        return [d.verb for d in duties(chief, at) if d.verb == "rule_call"]

    assert asked_to_rule(now) == []
    with pytest.raises(NotNow, match="still has time to answer"):
        rule_call(answer=answer, unit=city["WATER"], reason="No", by=chief, now=now)
    assert asked_to_rule(answer.answer_by) == ["rule_call"], "Silent again: rule again."
    again = rule_call(
        answer=answer, unit=city["WATER"], reason="No", by=chief, now=answer.answer_by
    )
    assert again.department == city["WATER"]


def test_a_district_cannot_oblige_a_unit_of_the_city(city: City) -> None:
    adopt(city)
    with pytest.raises(NotAllowed, match=r"not under 东岸区.*climbs to 临江市"):
        ruled(city, "HEALTH")
    assert DutiesMatrix.objects.count() == 1
    climb_silent_answers(by=city.person("founder"), now=START + DAY)
    answer = CallAnswer.objects.get(department=city["POWER"])
    sent = rule_call(
        answer=answer, unit=city["HEALTH"], reason="The city's.", by=city.person("mayor"),
        now=START + DAY,
    )  # fmt: skip
    assert sent.amended is not None and sent.amended.version == 2


def test_helpers_stay_but_not_those_who_refused(city: City) -> None:
    adopt(city, TABLE.replace("POWER;HEALTH1", "POWER;H1"))
    assert ruled(city, "HEALTH1")
    assert whose(city, "S11", "water/burst main", DAY) == ["HEALTH1", "H1"]


def test_the_units_that_refused_are_told_and_read_it_once(city: City) -> None:
    ruled(city, "WATER")
    [duty] = [d for d in duties(city.person("power"), START + DAY) if d.verb == "read_ruling"]
    assert duty.why == "It is the duty of 东岸区水务局: The main is the cause."
    assert all(d.verb != "read_ruling" for d in duties(city.person("water"), START + DAY))
    answer = CallAnswer.objects.get(pk=duty.inputs["answer"])
    with pytest.raises(NotAllowed):
        read_ruling(answer=answer, by=city.person("water"), now=START + DAY)
    read = read_ruling(answer=answer, by=city.person("power"), now=START + DAY)
    assert (read.ruling_read_by, read.ruling_read_at) == (city.person("power"), START + DAY)
    assert lines("command.read_ruling")
    with pytest.raises(NotNow, match="has read this ruling"):
        read_ruling(answer=answer, by=city.person("power"), now=START + DAY)


def test_who_refused_nothing_has_no_ruling_to_read(city: City) -> None:
    call = called(city, "S11", "water", "WATER")
    with pytest.raises(NotNow, match="There is nothing to read"):
        read_ruling(answer=call.answers.get(), by=city.person("water"), now=START)


def test_three_that_refuse_are_ruled_by_the_tier_over_all_of_them(city: City) -> None:
    call = called(city, "S11", "water", "WATER")
    refuse(call, city, "WATER", "water", "HEALTH")
    refuse(call, city, "HEALTH", "city-health", "POWER")
    last = refuse(call, city, "POWER", "power", "WATER")
    assert [c.to_unit for c in last.climbs.all()] == [city["C"]]


def test_a_ruling_on_silence_leaves_the_matrix_alone(city: City) -> None:
    adopt(city)
    call = called(city, "S11", "water", "WATER")
    climb_silent_answers(by=city.person("founder"), now=START + DAY)
    sent = rule_call(
        answer=call.answers.get(), unit=city["POWER"], reason="They are near.",
        by=city.person("d1-chief"), now=START + DAY,
    )  # fmt: skip
    assert sent.amended is None and DutyRow.objects.count() == 4
