"""Every way in which the capability standard counts, refuses, asks and keeps what it found."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.models import Person, Post, Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models import CallAnswer, OrderVersion
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.evaluation.actions import review, score_capability
from gongzhi.evaluation.cases import CASES, Case
from gongzhi.evaluation.models import CapabilityResult, CapabilityScoring, Finding
from gongzhi.evaluation.queries import duties, last_scoring
from gongzhi.evaluation.readiness import score
from gongzhi.evaluation.scoring import outcome, results_digest
from gongzhi.evaluation.standard import GROUPS, SOURCES, TONGUES, group_of, standard, version
from gongzhi.evaluation.standing import STANDS
from gongzhi.fieldwork.models import Task, Visit
from gongzhi.interfaces.console.words.capability import NEXT
from gongzhi.ledger.actions import append
from gongzhi.parameters import parameter
from gongzhi.rounds.waiting import Waiting, things_waiting
from gongzhi.sensing.models import Signal
from gongzhi.supply.models import Item, Need
from tests.once import once
from tests.rooms.capability import DAY, MINUTE, a_plan, called, held, result, said
from tests.rooms.cast import START, City
from tests.rooms.scenes import Branch, facts, open_incident, red_warning
from tests.rooms.test_evaluation import order

HOUR = timedelta(hours=1)
LATER = START + 10 * DAY
TODAY = date(2026, 1, 1)
BEFORE = START - DAY


@once
def incident(city: City) -> Incident:
    return open_incident(city)


def scored(city: City, area: str = "C", by: str = "mayor", now: Any = LATER) -> CapabilityScoring:
    return score_capability(area=city[area], by=city.person(by), now=now)


# The standard -------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [date(2020, 1, 26), TODAY])
def test_every_line_of_the_standard_can_be_measured_shown_and_told(on: date) -> None:
    lines = standard(on)
    assert {line.code for line in lines} == {*CASES, *STANDS}
    for line in lines:
        assert set(line.words) == set(line.measured) == set(TONGUES), line.code
        assert set(line.enough) <= set(GROUPS) and line.enough, line.code
        assert all(0 < share <= 100 for share in line.enough.values()), line.code
        assert set(line.shown_by) <= set(SOURCES) and line.shown_by, line.code
        assert (line.shown_by == ("records",)) == (line.code in STANDS), line.code
        assert line.next_act in NEXT and line.within >= 30 * DAY, line.code
    assert version(on).startswith("capability@")


def test_a_later_text_of_the_standard_holds_from_its_day() -> None:
    old, new = (parameter("capability.drills_held", day) for day in (date(2020, 1, 26), TODAY))
    assert old.since < new.since and "2013" in old.reference and "2024" in new.reference


def test_by_which_part_each_unit_is_judged(city: City) -> None:
    found = {code: group_of(city[code]) for code in ("C", "D1", "S11", "K111", "G1111", "WATER",
                                                     "H1", "SUP", "LOG", "SOC")}  # fmt: skip
    assert found == {
        "C": "city", "D1": "district", "S11": "street", "K111": "community", "G1111": "",
        "WATER": "department", "H1": "firm", "SUP": "firm", "LOG": "firm", "SOC": "firm",
    }  # fmt: skip
    assert group_of(Unit(kind="task_force", tier="city")) == ""


@pytest.mark.parametrize(
    ("good", "total", "enough", "is_"),
    [(0, 0, 90, "not_shown"), (9, 10, 90, "met"), (8, 9, 90, "not_met"), (0, 1, 80, "not_met"),
     (1, 1, 100, "met"), (99, 100, 100, "not_met")],
)  # fmt: skip
def test_no_data_is_no_pass_and_no_fail(good: int, total: int, enough: int, is_: str) -> None:
    assert outcome(good, total, enough) == is_


# Cases --------------------------------------------------------------------------------------------


def cases(code: str, now: Any = LATER) -> list[tuple[int, bool, float]]:
    return [(c.unit, c.good, c.by) for c in CASES[code](BEFORE, now)]


def test_a_warning_counts_when_it_is_acknowledged_or_its_time_is_over(city: City) -> None:
    duty = {"acknowledged_by": city.person("d1-duty"), "state": "acknowledged"}
    red_warning(city, "S11", acknowledged_at=START + 10 * MINUTE, **duty)
    red_warning(city, "S12", acknowledged_at=START + 50 * MINUTE, **duty)
    red_warning(city, "D1")
    red_warning(city, "D2", state="ended", ended_at=START + 5 * MINUTE)
    first = (city["S11"].pk, True, -10.0)
    assert cases("warnings_acknowledged", START + 15 * MINUTE) == [first]
    assert cases("warnings_acknowledged", START + HOUR) == [
        first, (city["S12"].pk, False, 30.0), (city["D1"].pk, False, 40.0),
    ]  # fmt: skip


def test_a_signal_counts_for_whoever_is_asked_first_to_judge_it(city: City) -> None:
    by = city.person("s11-duty")
    given = {"place": city["G1111"], "stream": "fever", "raised_by": by, "raised_at": START,
             "judge_by": START + 2 * HOUR}  # fmt: skip
    Signal.objects.create(title="a", judged_by=by, judged_at=START + HOUR, state="verified",
                          **given)  # fmt: skip
    Signal.objects.create(title="b", **given)
    assert cases("signals_judged", START + 3 * HOUR) == [
        (city["S11"].pk, True, -60.0), (city["S11"].pk, False, 60.0),
    ]  # fmt: skip


def test_orders_are_accepted_finished_and_answered_for(city: City, incident: Incident) -> None:
    at, s11 = START + HOUR, city["S11"].pk
    order(city, incident, state="done", accepted_at=at + 44 * MINUTE, ended_at=at + 50 * MINUTE)
    order(city, incident, state="done", ended_at=at + 90 * MINUTE)
    order(city, incident, state="failed", accepted_at=at + 46 * MINUTE, ended_at=at + 55 * MINUTE)
    order(city, incident)
    order(city, incident, due_at=START + 99 * HOUR, minutes_allowed=9999)
    order(city, incident, state="withdrawn", ended_at=at + MINUTE)
    order(city, incident, state="waiting", issued_at=None, due_at=None)
    now = START + 3 * HOUR
    assert cases("orders_accepted", now) == [
        (s11, True, -1.0), (s11, False, 45.0), (s11, False, 1.0), (s11, False, 75.0),
        (s11, False, 75.0),
    ]  # fmt: skip
    assert [good for _u, good, _b in cases("orders_finished", now)] == [True, False, False, False]
    assert [good for _u, good, _b in cases("orders_answered_for", now)] == [True, True, True, False]


def test_an_order_that_was_changed_is_accepted_anew(city: City, incident: Incident) -> None:
    at = START + HOUR
    changed = order(city, incident, state="accepted", accepted_at=at + 50 * MINUTE)
    assert cases("orders_accepted", START + 3 * HOUR) == [(city["S11"].pk, False, 5.0)]
    OrderVersion.objects.create(
        order=changed, version=1, unit=city["S12"], title="t", minutes_allowed=60, reason="r",
        replaced_by=city.person("d1-chief"), replaced_at=at + 49 * MINUTE,
    )  # fmt: skip
    assert cases("orders_accepted", START + 3 * HOUR) == [(city["S11"].pk, True, -10.0)]


def test_calls_are_answered_reached_and_meant_for_the_right_one(city: City) -> None:
    water, s11 = city["WATER"].pk, city["S11"].pk
    answer = called(city, START, after=20)
    CallAnswer.objects.filter(pk=answer.pk).update(
        arrive_by=START + HOUR, arrived_at=START + 70 * MINUTE, state="arrived",
        go_on_by=START + 13 * HOUR,
    )  # fmt: skip
    called(city, START, after=None)
    CallAnswer.objects.filter(pk=answer.pk).update(silent_since=START + 10 * MINUTE)
    assert cases("calls_answered", START + HOUR)[0] == (water, False, 10.0), "ruled on while silent"
    CallAnswer.objects.filter(pk=answer.pk).update(silent_since=None)
    wrong = called(city, START, after=5)
    CallAnswer.objects.filter(pk=wrong.pk).update(state="not_mine", arrive_by=None)
    now = START + 2 * HOUR
    assert cases("calls_answered", now) == [
        (water, True, -10.0), (water, False, 90.0), (water, True, -25.0),
    ]  # fmt: skip
    assert cases("on_site", now) == [(water, False, 10.0)]
    put_off = {"arrive_by": START + 2 * HOUR, "first_arrive_by": START + HOUR}
    CallAnswer.objects.filter(pk=answer.pk).update(**put_off)
    assert cases("on_site", now) == [(water, False, 10.0)], "a later promise is no excuse"
    assert cases("addressees_right", now) == [(s11, True, 0.0), (s11, False, 0.0)]


def test_a_need_counts_for_its_city_and_district(city: City, incident: Incident) -> None:
    branch = Branch(city, 1)
    common = {"incident": incident, "item": branch.of(Item), "amount": "known", "quantity": 100}
    branch.new(Need, received_quantity=100, state="met", needed_by=START, **common)
    branch.new(Need, received_quantity=60, state="part_met", needed_by=START, **common)
    branch.new(Need, needed_by=START + 99 * DAY, **common)
    over = (city["C"].pk, city["D1"].pk)
    assert sorted(cases("needs_met")) == sorted(
        [(unit, short <= 0, short) for unit in over for short in (0, 40)]
    )


def test_doors_and_findings_have_their_own_time(city: City, incident: Incident) -> None:
    given = {"grid": city["G1111"], "incident": incident, "worker": city.person("g1111-worker"),
             "minutes": 10, "assigned_by": city.person("s11-duty"), "assigned_at": START,
             "due_at": START + DAY}  # fmt: skip
    gone = Task.objects.create(title="a", state="nobody_in", **given)
    Task.objects.create(title="b", **given)
    Task.objects.create(title="c", state="cancelled", **given)
    Visit.objects.create(
        task=gone, key="1", outcome="nobody_in", persons_met=0, visited_at=START + HOUR,
        received_at=START + HOUR, visited_by=gone.worker,
    )  # fmt: skip
    k111 = city["K111"].pk
    assert [(u, g) for u, g, _b in cases("doors_visited")] == [(k111, True), (k111, False)]
    review(incident=incident, by=city.person("auditor"), now=LATER)
    [finding] = Finding.objects.all()
    assert cases("findings_answered", LATER + 29 * DAY) == []
    assert cases("findings_answered", LATER + 31 * DAY) == [(finding.unit_id, False, 1440.0)]
    assert {type(case) for case in CASES["findings_answered"](BEFORE, LATER + 31 * DAY)} == {Case}


def test_a_unit_is_reached_by_telephone_or_not(city: City) -> None:
    for outcome_of, code in (("reached", "S11"), ("wrong_number", "S11"), ("no_answer", "S12")):
        append(verb="messages.note_call", subject=city[code], place=city[code],
               by=city.person("d1-duty"), now=START, result=outcome_of)  # fmt: skip
    s11, s12 = city["S11"].pk, city["S12"].pk
    assert cases("contacts_work") == [(s11, True, 0.0), (s11, False, 0.0), (s12, False, 0.0)]
    assert said(result(scored(city), city, "S11", "contacts_work")) == ("not_met", 1, 2, "real")


# What stands in the records -----------------------------------------------------------------------


def test_a_role_needs_two_people(city: City) -> None:
    before = scored(city, now=START + HOUR)
    assert said(result(before, city, "S11", "deputies")) == ("met", 1, 1, "records")
    lone = result(before, city, "D1", "deputies")
    assert said(lone) == ("not_met", 0, 2, "records")
    assert (lone.worst, lone.next_act) == ({"missing": ["commander", "officer"]}, "name_deputy")
    Post.objects.create(person=city.person("d2-duty"), unit=city["D1"], area=city["D1"],
                        role="officer", starts_at=START)  # fmt: skip
    changed = result(scored(city), city, "D1", "deputies")
    assert (changed.good, changed.before["good"], changed.worst) == (
        1, 0, {"missing": ["commander"]},
    )  # fmt: skip


def test_a_drill_counts_for_those_who_played_themselves(city: City) -> None:
    flood = a_plan(city)
    a_plan(city, "epidemic")
    held(city, flood, 1, START + DAY, present=("S11",))
    found = scored(city)
    stands = {code: said(result(found, city, code, "drills_held"))
              for code in ("C", "D1", "S11", "D2", "S12")}  # fmt: skip
    half, none = ("not_met", 1, 2, "records"), ("not_met", 0, 2, "records")
    assert stands == {"C": half, "D1": half, "S11": half, "D2": none, "S12": none}
    assert result(found, city, "C", "drills_held").worst == {"missing": ["epidemic"]}
    assert result(scored(city, now=START + 1200 * DAY), city, "C", "drills_held").good == 0


# What shows it ------------------------------------------------------------------------------------


def test_what_the_system_played_or_an_old_record_shows_nothing(city: City) -> None:
    flood = a_plan(city)
    made = held(city, flood, 1, START + DAY, present=(), WATER={"calls_answered": (5, 5)})
    assert result(scored(city), city, "WATER", "calls_answered").outcome == "not_shown"
    type(made).objects.filter(pk=made.pk).update(score={"times": {}, "counts": {}})
    assert result(scored(city), city, "WATER", "calls_answered").outcome == "not_shown"


def test_what_is_too_old_shows_nothing_any_more(city: City) -> None:
    held(city, a_plan(city), 1, START + DAY, WATER={"calls_answered": (5, 5)})
    called(city, START, after=99)
    for days, shown in ((9, "drill"), (365, "drill"), (366, "")):
        found = result(scored(city, now=START + days * DAY), city, "WATER", "calls_answered")
        assert found.source == shown


def test_real_responses_between_two_exercises_are_one_stretch(city: City) -> None:
    flood = a_plan(city)
    called(city, START, after=5)
    early = result(scored(city, now=START + DAY), city, "WATER", "calls_answered")
    assert said(early) == ("met", 1, 1, "real") and early.before == {}
    held(city, flood, 1, START + 2 * DAY, WATER={"calls_answered": (1, 2)})
    for day in (3, 4):
        called(city, START + day * DAY, after=5)
    found = result(scored(city), city, "WATER", "calls_answered")
    assert said(found) == ("met", 2, 2, "real") and found.before["source"] == "drill"
    assert found.shown_at == START + 4 * DAY + 5 * MINUTE
    assert found.worst["good"] and found.worst["by"] == -25.0


def test_without_an_exercise_between_the_last_scoring_is_compared_with(city: City) -> None:
    called(city, START, after=5)
    scored(city, now=START + DAY)
    called(city, START + 2 * DAY, after=99)
    found = result(scored(city), city, "WATER", "calls_answered")
    assert said(found) == ("not_met", 1, 2, "real")
    assert (found.before["good"], found.before["total"]) == (1, 1)


def test_the_score_of_an_exercise_keeps_its_tiers_and_those_present(city: City) -> None:
    called(city, START, after=12)
    called(city, START, after=None, code="POWER")
    whole = score(START + HOUR, {"WATER"})
    assert whole["tiers"]["department"]["calls_answered"] == {"good": 1, "total": 2}
    assert whole["tiers"]["street"]["addressees_right"] == {"good": 1, "total": 1}
    assert whole["present"] == ["WATER"] and set(whole["units"]) == {"WATER"}
    assert whole["units"]["WATER"]["calls_answered"]["total"] == 1
    assert "units" not in score(START + HOUR)


# The deed -----------------------------------------------------------------------------------------


def test_a_scoring_stands_with_its_standard_and_its_digest(city: City) -> None:
    made = scored(city)
    made.refresh_from_db()
    rows = list(made.results.select_related("unit", "exercise"))
    assert results_digest(rows) == made.results_digest
    assert set(made.lines) == {line.code for line in standard(LATER.date())}
    assert made.tiers["district"]["deputies"] == {
        "met": 0, "not_met": 2, "not_shown": 0, "good": 0, "total": 4,
    }  # fmt: skip
    told = facts("evaluation.score_capability")
    assert (told["results"], told["digest"]) == (len(rows), made.results_digest)
    assert told["power"].startswith("score_capability")
    assert last_scoring(city["C"]) == made and last_scoring(city["D1"]) is None


def test_a_scoring_reaches_no_further_than_its_area(city: City) -> None:
    rows = scored(city, "D1", "d1-duty").results.select_related("unit")
    assert {row.unit.path.startswith(city["D1"].path) for row in rows} == {True}
    street = scored(city, "S11", "s11-duty").results.select_related("unit")
    assert {row.unit.code for row in street} == {"S11", "K111", "K112"} & {*city.units}


@pytest.mark.parametrize("by", ["d2-chief", "s11-duty", "h1-clerk", "expert", "water"])
def test_who_has_not_the_power_does_not_score(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        scored(city, "D1", by)
    assert not CapabilityScoring.objects.exists()


@pytest.mark.parametrize("code", ["HEALTH1", "G1111"])
def test_what_is_no_area_of_government_is_scored_with_its_area(city: City, code: str) -> None:
    with pytest.raises(NotNow, match="Choose the area"):
        scored(city, code)


# Duties and rows ----------------------------------------------------------------------------------


def asked(by: Person, now: Any = LATER) -> list[tuple[str, dict[str, Any]]]:
    return [(duty.verb, duty.inputs) for duty in duties(by, now)]


def test_whoever_may_is_asked_for_a_deputy_until_there_is_one(city: City) -> None:
    chief = city.person("d1-chief")
    assert asked(chief) == []
    scored(city, "D1", "d1-duty")
    d1 = city["D1"]
    wanted = [("appoint", {"unit": d1.pk, "role": role}) for role in ("commander", "officer")]
    assert asked(chief) == wanted
    assert asked(city.person("d1-duty")) == asked(city.person("d2-chief")) == []
    for role, login in (("commander", "d2-chief"), ("officer", "d2-duty")):
        Post.objects.create(person=city.person(login), unit=d1, area=d1, role=role,
                            starts_at=START)  # fmt: skip
        wanted = [duty for duty in wanted if duty[1]["role"] != role]
        assert asked(chief) == wanted


def test_an_exercise_asks_the_government_of_its_area_to_score(city: City) -> None:
    made = held(city, a_plan(city), 1, START + DAY, area="D1")
    duty = ("score_capability", {"area": city["D1"].pk})
    assert asked(city.person("d1-duty")) == [duty]
    assert asked(city.person("d2-duty")) == asked(city.person("health1")) == []
    assert [d.subject for d in duties(city.person("d1-duty"), LATER)] == [made.ref]
    d1 = city["D1"].path
    wanted = Waiting("evaluation", "score_capability", f"command.Exercise:{made.pk}", d1)
    assert wanted in things_waiting(LATER)
    lone = result(scored(city, "D1", "d1-duty"), city, "D1", "deputies")
    assert asked(city.person("d1-duty")) == []
    waiting = things_waiting(LATER)
    assert wanted not in waiting and Waiting("actors", "appoint", lone.ref, d1) in waiting


@pytest.mark.parametrize(
    "wrong",
    [{"good": 3, "total": 2}, {"outcome": "not_shown", "total": 2}, {"total": 0, "good": 0},
     {"source": "drill"}, {"shown_at": None}],
)  # fmt: skip
def test_the_database_keeps_a_result_whole(city: City, wrong: dict[str, Any]) -> None:
    scoring = CapabilityScoring.objects.create(
        area=city["C"], standard_version="v", lines={}, tiers={}, results_digest="0" * 64,
        made_by=city.person("mayor"), made_at=START,
    )  # fmt: skip
    right = {"scoring": scoring, "unit": city["S11"], "judged_as": "street", "capability": "c",
             "outcome": "met", "good": 1, "total": 2, "enough": 50, "source": "real",
             "shown_at": START}  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        CapabilityResult.objects.create(**{**right, **wrong})
    CapabilityResult.objects.create(**right)
