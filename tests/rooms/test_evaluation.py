"""The after-action report from the log, the answers to its findings, the burden of forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.assessment.models import Incident
from gongzhi.command.models import CallAnswer, Climb, Order, StreetCall
from gongzhi.decision.models import Measure
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.evaluation.actions import answer_finding, record_burden, review
from gongzhi.evaluation.lessons import lessons_from
from gongzhi.evaluation.models import BurdenMeasure, Finding, Review
from gongzhi.evaluation.queries import (
    NOT_FORMS,
    duties,
    figures_of,
    forms_below,
    forms_filled,
    minutes_of,
)  # fmt: skip
from gongzhi.fieldwork.models import Task, Visit
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import CATALOGUE
from gongzhi.ledger.records import digest
from gongzhi.sensing.models import Report
from gongzhi.supply.models import Item, Need, NeedLine
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import Branch, decided, facts, lines, open_incident, red_warning

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = START + 10 * DAY
pytestmark = pytest.mark.usefixtures("in_english")


@once
def incident(city: City) -> Incident:
    return open_incident(city)


def close(city: City, incident: Incident) -> None:
    incident.state, incident.closed_by = "closed", city.person("d1-chief")
    incident.closed_at = START + 9 * DAY
    incident.save()


# Figures ------------------------------------------------------------------------------------------


def order(city: City, incident: Incident, unit: str = "S11", **given: Any) -> Order:
    chief = city.person("d1-chief")
    ended = {"ended_by": chief} if "ended_at" in given else {}
    accepted = {"accepted_by": chief} if "accepted_at" in given else {}
    decision = incident.decisions.first() or decided(city, incident)
    values = {
        "incident": incident, "decision": decision, "key": "k", "title": "Open a clinic",
        "issuer": city["D1"], "unit": city[unit], "commander": chief, "power": "give_order",
        "legal_basis": "Law", "state": "issued", "minutes_allowed": 60, "created_at": START + HOUR,
        "issued_at": START + HOUR, "due_at": START + 2 * HOUR,
    }  # fmt: skip
    return Order.objects.create(**{**values, **ended, **accepted, **given})


def test_the_river_is_timed_from_its_cause(city: City, incident: Incident) -> None:
    bare = figures_of(incident, LATER)["river"]
    assert bare == {
        "cause_at": START.isoformat(), "minutes_to_declared": 0, "minutes_to_assessed": None,
        "minutes_to_decided": None, "minutes_to_ordered": None,
        "minutes_to_first_order_done": None, "minutes_to_closed": None,
    }  # fmt: skip
    decided(city, incident, START + 90 * MINUTE)
    order(city, incident, state="done", ended_at=START + 3 * HOUR)
    order(city, incident, state="done", ended_at=START + 2 * HOUR)
    close(city, incident)
    assert figures_of(incident, LATER)["river"] == {
        "cause_at": START.isoformat(), "minutes_to_declared": 0, "minutes_to_assessed": 90,
        "minutes_to_decided": 90, "minutes_to_ordered": 60, "minutes_to_first_order_done": 120,
        "minutes_to_closed": 9 * 24 * 60,
    }  # fmt: skip


def test_warnings_against_outcome(city: City, incident: Incident) -> None:
    duty = {"acknowledged_by": city.person("d1-duty"), "state": "acknowledged"}
    red_warning(city, "S11", level="yellow", acknowledged_at=START + 10 * MINUTE, **duty)
    red_warning(city, "S12", acknowledged_at=START + 30 * MINUTE, **duty)
    red_warning(city, "K112", climbed_to=city["S11"], climbed_at=START + HOUR)
    red_warning(city, "D2")
    red_warning(city, "K111", issued_at=START - 15 * DAY)
    assert figures_of(incident, LATER)["warnings"] == {
        "issued": 4, "red": 3, "acknowledged": 2, "climbed": 1,
        "median_minutes_to_acknowledge": 20.0, "led_to_an_incident": 1,
    }  # fmt: skip


def test_orders_by_tier(city: City, incident: Incident) -> None:
    order(city, incident, state="done", accepted_at=START + 70 * MINUTE, ended_at=START + 2 * HOUR)
    order(city, incident, state="done", ended_at=START + 3 * HOUR)
    order(city, incident, state="failed", ended_at=START + 3 * HOUR)
    late = order(city, incident)
    order(city, incident, due_at=LATER + HOUR)
    order(city, incident, "D1", state="waiting", due_at=None, issued_at=None)
    Climb.objects.create(order=late, to_unit=city["D1"], reason="late", climbed_at=LATER)
    assert figures_of(incident, LATER)["orders"] == {
        "district": {
            "orders": 1, "done": 0, "done_in_time": 0, "failed": 0, "late": 0, "climbed": 0,
            "median_minutes_to_accept": None, "median_minutes_to_done": None,
        },
        "street": {
            "orders": 5, "done": 2, "done_in_time": 1, "failed": 1, "late": 1, "climbed": 1,
            "median_minutes_to_accept": 10.0, "median_minutes_to_done": 90.0,
        },
    }  # fmt: skip


def test_calls_and_their_answers(city: City, incident: Incident) -> None:
    call = StreetCall.objects.create(
        caller=city["S11"], incident=incident, subject="water", text="t", power="raise_call",
        legal_basis="Law", raised_by=city.person("s11-duty"), raised_at=START,
    )  # fmt: skip
    duty = city.person("water")
    due = START + 30 * MINUTE
    CallAnswer.objects.create(
        call=call, department=city["WATER"], answer_by=due, answered_by=duty, answered_at=due,
        responsible=duty, state="done", score=4, score_words="Well done",
    )  # fmt: skip
    CallAnswer.objects.create(
        call=call, department=city["POWER"], answer_by=due, answered_by=duty,
        answered_at=due + HOUR, state="not_mine",
    )  # fmt: skip
    CallAnswer.objects.create(call=call, department=city["HEALTH1"], answer_by=due)
    assert figures_of(incident, LATER)["calls"] == {
        "calls": 1, "departments_called": 3, "answered": 2, "answered_in_time": 1, "done": 1,
        "mean_score": 4.0,
    }  # fmt: skip


def test_measures_by_how_they_ended(city: City, incident: Incident) -> None:
    decision = decided(city, incident)
    for state, renewals in (("active", [{}]), ("expired", []), ("expired", []), ("lifted", [{}])):
        Measure.objects.create(
            decision=decision, area=city["D1"], kind="k", title="t", state=state, starts_at=START,
            ends_at=LATER, ended_at=None if state == "active" else LATER, renewals=renewals,
        )  # fmt: skip
    assert figures_of(incident, LATER)["measures"] == {
        "set": 4, "in_force": 1, "ended_on_their_date": 2, "lifted_early": 1, "renewed": 2,
    }  # fmt: skip


def test_needs_and_fill_rates(city: City, incident: Incident) -> None:
    branch = Branch(city, 1)
    item = branch.of(Item)
    common = {"incident": incident, "item": item}
    met = branch.new(
        Need, amount="known", quantity=100, received_quantity=60, state="part_met", **common
    )
    branch.new(Need, amount="known", quantity=50, **common)
    branch.new(Need, amount="unknown", quantity=None, **common)
    branch.new(
        Need, amount="known", quantity=900, state="withdrawn", withdrawn_at=START,
        withdrawn_by=city.person("h1-clerk"), **common,
    )  # fmt: skip
    branch.new(NeedLine, need=met, wanted=100, got=60, reason="not_enough")
    run = branch.made[NeedLine._meta.get_field("run").related_model]
    type(run).objects.filter(pk=run.pk).update(
        state="approved", approved_by=city.person("d1-duty"), approved_at=START
    )
    assert figures_of(incident, LATER)["needs"] == {
        "stated": 3, "amount_unknown": 1, "by_state": {"open": 2, "part_met": 1},
        "wanted_known": 150, "received_known": 60, "lines_by_reason": {"not_enough": 1},
    }  # fmt: skip


def task(city: City, incident: Incident, state: str) -> Task:
    return Task.objects.create(
        grid=city["G1111"], incident=incident, worker=city.person("g1111-worker"), title="t",
        minutes=10, state=state, assigned_by=city.person("s11-duty"), assigned_at=START,
        due_at=LATER,
    )  # fmt: skip


def test_field_work_and_what_came_back(city: City, incident: Incident) -> None:
    first, _second = task(city, incident, "done"), task(city, incident, "nobody_in")
    Visit.objects.create(
        task=first, key="1", outcome="met", persons_met=1, visited_at=START, received_at=START,
        visited_by=first.worker,
    )  # fmt: skip
    for code in ("G1111", "G2111"):
        Report.objects.create(
            place=city[code], stream="fever", channel="visit", text="t", received_at=START,
            received_by=city.person("s11-duty"),
        )  # fmt: skip
    assert figures_of(incident, LATER)["field"] == {
        "tasks": 2, "done": 1, "nobody_in": 1, "visits": 1, "reports_from_visits": 1,
    }  # fmt: skip


def test_the_burden_is_that_of_the_incidents_days(city: City, incident: Incident) -> None:
    for days, forms in ((-1, 100), (0, 3), (4, 5)):
        BurdenMeasure.objects.create(
            area=city["D1"], day=START.date() + timedelta(days=days), forms=forms,
            minutes=forms * 2, by_verb={}, made_at=START,
        )  # fmt: skip
    assert figures_of(incident, LATER)["burden"] == {"forms": 8, "minutes": 16, "days": 2}
    assert figures_of(incident, START + DAY)["burden"] == {"forms": 3, "minutes": 6, "days": 1}


# Lessons ------------------------------------------------------------------------------------------


def quiet(city: City, incident: Incident) -> dict[str, Any]:
    return figures_of(incident, LATER)


def test_where_all_went_well_there_is_no_lesson(city: City, incident: Incident) -> None:
    assert lessons_from(quiet(city, incident)) == []


@pytest.mark.parametrize(
    ("stage", "row", "topic", "sentence"),
    [
        ("warnings", {"climbed": 2, "issued": 9}, "warnings", "2 of 9 warnings"),
        ("calls", {"departments_called": 5, "answered_in_time": 3}, "calls", "2 of 5 departments"),
        ("needs", {"wanted_known": 90, "received_known": 40}, "supplies", "50 of 90 units"),
        ("needs", {"amount_unknown": 4, "stated": 7}, "supplies", "4 of 7 needs never had"),
        ("field", {"nobody_in": 6}, "field", "Behind 6 doors nobody was met"),
    ],
)
def test_each_lesson_has_the_figures_it_saw(
    city: City, incident: Incident, stage: str, row: dict[str, int], topic: str, sentence: str
) -> None:
    figures = quiet(city, incident)
    figures[stage] |= row
    [(found, words)] = lessons_from(figures)
    assert found == topic and words.startswith(sentence)


def test_late_and_failed_orders_are_lessons_by_tier(city: City, incident: Incident) -> None:
    figures = quiet(city, incident)
    figures["orders"] = {
        "street": {"orders": 9, "done": 5, "done_in_time": 3, "late": 1, "failed": 2, "climbed": 1}
    }
    assert [words for _topic, words in lessons_from(figures)] == [
        "At the tier street, 3 of 9 orders were late; 1 climbed.",
        "At the tier street, 2 orders could not be done.",
    ]


# Review and answers -------------------------------------------------------------------------------


def reviewed(city: City, incident: Incident, by: str = "auditor") -> Review:
    return review(incident=incident, by=city.person(by), now=LATER)


def test_the_review_writes_itself(city: City, incident: Incident) -> None:
    red_warning(city, "S11", climbed_to=city["D1"], climbed_at=START + HOUR)
    task(city, incident, "nobody_in")
    close(city, incident)
    made = reviewed(city, incident)
    made.refresh_from_db()
    assert digest(made.figures) == made.figures_digest
    assert made.figures["warnings"]["climbed"] == 1
    findings = made.findings.order_by("id")
    assert [(f.topic, f.state, f.unit) for f in findings] == [
        ("warnings", "open", city["D1"]), ("field", "open", city["D1"]),
    ]  # fmt: skip
    assert facts("evaluation.review") == {
        "incident": incident.ref, "figures": made.figures_digest,
    }  # fmt: skip


@pytest.mark.parametrize("by", ["s11-duty", "d2-duty", "h1-clerk", "expert"])
def test_who_has_not_the_power_does_not_review(city: City, incident: Incident, by: str) -> None:
    with pytest.raises(NotAllowed):
        reviewed(city, incident, by=by)
    assert not Review.objects.exists()


@once
def finding(city: City, incident: Incident) -> Finding:
    task(city, incident, "nobody_in")
    return reviewed(city, incident).findings.get()


def answer(city: City, finding: Finding, adopted: bool = True, by: str = "d1-duty") -> Finding:
    return answer_finding(
        finding=finding, adopted=adopted, answer="Visits in the evening", by=city.person(by),
        now=LATER,
    )  # fmt: skip


@pytest.mark.parametrize(("adopted", "state"), [(True, "adopted"), (False, "declined")])
def test_a_finding_is_answered_once(
    city: City, finding: Finding, adopted: bool, state: str
) -> None:
    answer(city, finding, adopted)
    finding.refresh_from_db()
    assert (finding.state, finding.answer) == (state, "Visits in the evening")
    assert (finding.answered_by, finding.answered_at) == (city.person("d1-duty"), LATER)
    assert facts("evaluation.answer_finding") == {"adopted": adopted}
    with pytest.raises(NotNow, match="answered already"):
        answer(city, finding)


@pytest.mark.parametrize("by", ["d2-chief", "s11-duty", "h1-clerk"])
def test_who_has_not_the_power_does_not_answer(city: City, finding: Finding, by: str) -> None:
    with pytest.raises(NotAllowed):
        answer(city, finding, by=by)


def asked(city: City, login: str) -> list[tuple[str, str]]:
    return [(duty.verb, duty.subject) for duty in duties(city.person(login), LATER)]


def test_a_closed_incident_asks_for_its_review_and_a_finding_for_its_answer(
    city: City, incident: Incident
) -> None:
    task(city, incident, "nobody_in")
    assert asked(city, "d1-duty") == []
    close(city, incident)
    assert asked(city, "d1-duty") == [("review", incident.ref)]
    assert asked(city, "d2-duty") == asked(city, "s11-duty") == []
    found = reviewed(city, incident).findings.get()
    assert asked(city, "d1-duty") == [("answer_finding", found.ref)]
    answer(city, found)
    assert asked(city, "d1-duty") == []


# Burden -------------------------------------------------------------------------------------------


def write(city: City, verb: str, code: str, at: Any, count: int = 1) -> None:
    for _ in range(count):
        append(verb=verb, subject=city[code], place=city[code], by=city.person("mayor"), now=at)


def measure(city: City, now: Any) -> int:
    return record_burden(by=city.person("founder"), now=now)


def test_the_forms_of_yesterday_are_counted_by_area(city: City) -> None:
    day = START + 3 * DAY
    write(city, "sensing.receive_report", "S11", day, 4)
    write(city, "assessment.assess", "D1", day)
    write(city, "sensing.issue_warning", "D1", day)
    write(city, "sensing.receive_report", "S21", day + DAY)
    assert measure(city, day + DAY) > 0
    rows = {b.area.code: (b.forms, b.minutes) for b in BurdenMeasure.objects.all()}
    assert rows == {"S11": (4, 12), "D1": (5, 42), "C": (5, 42)}
    assert BurdenMeasure.objects.get(area=city["D1"]).by_verb == {
        "sensing.receive_report": 4, "assessment.assess": 1,
    }  # fmt: skip


def test_a_day_is_measured_once_and_the_line_says_so(city: City) -> None:
    write(city, "sensing.receive_report", "S11", START)
    assert measure(city, START + DAY) == 3
    said = facts("evaluation.record_burden")
    assert said == {"day": "2021-03-01", "count": 3}
    before = len(lines())
    for later in (DAY, DAY + HOUR, DAY + 14 * HOUR):
        assert measure(city, START + later) == 0
    assert len(lines()) == before and BurdenMeasure.objects.count() == 3


def test_a_day_is_the_citys_day_not_that_of_utc(city: City) -> None:
    """15:59 UTC is still the first of March in Shanghai, 16:00 is the second."""
    write(city, "sensing.receive_report", "S11", START.replace(hour=15, minute=59))
    write(city, "assessment.assess", "S11", START.replace(hour=16, minute=0))
    day = START.date()
    path = city["S11"].path
    assert forms_filled(day)[path] == {"sensing.receive_report": 1}
    assert forms_filled(day + DAY) == {path: {"assessment.assess": 1}}
    assert forms_below(city["D1"].path, forms_filled(day + DAY)) == {"assessment.assess": 1}
    assert forms_below(city["D2"].path, forms_filled(day + DAY)) == {}


def test_a_day_without_forms_is_measured_for_the_city_alone(city: City) -> None:
    assert measure(city, START + 5 * DAY) == 1
    row = BurdenMeasure.objects.get()
    assert (row.area, row.forms, row.minutes) == (city["C"], 0, 0)
    assert measure(city, START + 5 * DAY) == 0


def test_minutes_follow_the_dated_parameter() -> None:
    day = START.date()
    assert minutes_of({"assessment.assess": 2, "unknown.verb": 3}, day) == 2 * 30 + 3 * 2
    assert minutes_of({}, day) == 0


def test_what_the_clock_writes_is_no_form(city: City) -> None:
    """Every verb left out of the count exists, so that a renamed one is noticed."""
    from gongzhi.interfaces.rooms import load_rooms

    load_rooms()
    deeds = {f"{room}.{verb}" for room, verb in CATALOGUE}
    by_clock = {"sensing.issue_warning", "sensing.end_warning", "sensing.climb_warning",
                "sensing.climb_signal", "decision.announce_end", "decision.end_measure",
                "command.climb_order", "command.climb_answer",
                "sensing.release_stale_claim", "messages.end_call_down", "actors.climb_request",
                "messages.report_failure",
                "decision.announce_task_force_end", "fieldwork.climb_task", "actors.climb_access",
                "actors.climb_review", "actors.climb_notice", "actors.look",
                "supply.climb_price_appeal", "supply.climb_donation"}  # fmt: skip
    assert NOT_FORMS - by_clock <= deeds


def test_the_database_keeps_one_burden_of_an_area_and_day(city: City) -> None:
    measure(city, START + DAY)
    row = BurdenMeasure.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
