"""Doors, tasks and visits; what is found at a door comes back as a report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.assessment.models import Incident
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.fieldwork.actions import (
    HouseholdDraft,
    assign_doors,
    assign_task,
    cancel_task,
    hand_over_task,
    list_households,
    record_visit,
)  # fmt: skip
from gongzhi.fieldwork.models import Household, Task, Visit
from gongzhi.fieldwork.queries import duties, load_minutes, progress_of, tasks_of
from gongzhi.sensing.models import Report
from gongzhi.sensing.queries import report_queue
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines, open_incident

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Outcome = Visit.Outcome
pytestmark = pytest.mark.usefixtures("in_english")


@once
def incident(city: City) -> Incident:
    return open_incident(city)


def close(incident: Incident, city: City) -> None:
    incident.state, incident.closed_at = "closed", START
    incident.closed_by = city.person("mayor")
    incident.save()


# Doors --------------------------------------------------------------------------------------------


def doors(*names: str, **given: Any) -> list[HouseholdDraft]:
    return [HouseholdDraft(building="3号楼", door=name, **given) for name in names]


def listed(city: City, *names: str, by: str = "g1111-worker", grid: str = "G1111") -> list[Any]:
    return list_households(grid=city[grid], households=doors(*names), by=city.person(by), now=START)


def test_doors_are_listed_with_commitments_and_no_address_in_the_line(city: City) -> None:
    made = listed(city, "101", "102")
    assert [h.door for h in made] == ["101", "102"] and {h.grid for h in made} == {city["G1111"]}
    said = facts("fieldwork.list_households")
    stored = [h.commitment() for h in Household.objects.order_by("id")]
    assert said == {"count": 2, "commitments": stored}
    assert "3号楼" not in lines("fieldwork.list_households")[0].body


def test_a_door_listed_already_stays_as_it_is(city: City) -> None:
    listed(city, "101")
    Household.objects.update(persons=5)
    made = listed(city, "101", "102", "102")
    assert [h.door for h in made] == ["102"]
    assert Household.objects.get(door="101").persons == 5
    assert listed(city, "101", "102") == []


def test_the_same_door_in_another_grid_is_another_door(city: City) -> None:
    listed(city, "101")
    assert len(listed(city, "101", by="g1112-worker", grid="G1112")) == 1


@pytest.mark.parametrize(
    ("by", "grid"), [("g1112-worker", "G1111"), ("s21-duty", "G1111"), ("h1-clerk", "G1111")]
)
def test_doors_are_listed_by_who_works_there(city: City, by: str, grid: str) -> None:
    with pytest.raises(NotAllowed):
        listed(city, "101", by=by, grid=grid)
    assert not Household.objects.exists()


@pytest.mark.parametrize("unit", ["K111", "S11"])
def test_doors_lie_in_a_grid(city: City, unit: str) -> None:
    with pytest.raises(Malformed, match="is not a grid") as refusal:
        listed(city, "101", by="s11-duty", grid=unit)
    assert "grid" in refusal.value.details


def test_the_longest_list_fits_one_line(city: City) -> None:
    names = [f"{n:03}" for n in range(500)]
    assert len(listed(city, *names)) == 500


# Tasks --------------------------------------------------------------------------------------------


def given_task(city: City, incident: Incident, **given: Any) -> Task:
    values = {
        "grid": city["G1111"], "worker": city.person("g1111-worker"), "title": "Ask for fever",
        "by": city.person("s11-duty"), "now": START,
    }  # fmt: skip
    return assign_task(incident=incident, **{**values, **given})


def test_a_task_has_a_person_and_a_time(city: City, incident: Incident) -> None:
    task = given_task(city, incident)
    task.refresh_from_db()
    assert (task.state, task.worker) == ("open", city.person("g1111-worker"))
    assert (task.due_at, task.minutes) == (START + DAY, 15)
    assert facts("fieldwork.assign_task") == {
        "worker": task.worker.ref, "order": None, "incident": incident.ref,
        "due_at": (START + DAY).isoformat(),
    }  # fmt: skip
    assert given_task(city, incident, due_at=START + HOUR).due_at == START + HOUR


@pytest.mark.parametrize("by", ["g1111-worker", "s12-duty", "d2-duty", "h1-clerk", "health1"])
def test_who_leads_nobody_there_gives_no_task(city: City, incident: Incident, by: str) -> None:
    with pytest.raises(NotAllowed):
        given_task(city, incident, by=city.person(by))
    with pytest.raises(NotAllowed):
        given_doors(city, incident, by=city.person(by))


@pytest.mark.parametrize("due_at", [START, START - HOUR])
def test_a_task_is_not_late_at_once(city: City, incident: Incident, due_at: Any) -> None:
    with pytest.raises(Malformed, match="late at once"):
        given_task(city, incident, due_at=due_at)
    listed(city, "101")
    with pytest.raises(Malformed, match="late at once"):
        given_doors(city, incident, due_at=due_at)


@pytest.mark.parametrize("worker", ["g1112-worker", "s12-duty", "h1-clerk"])
def test_a_task_goes_to_somebody_who_works_there(
    city: City, incident: Incident, worker: str
) -> None:
    with pytest.raises(Malformed, match="has no post that covers") as refusal:
        given_task(city, incident, worker=city.person(worker))
    assert "worker" in refusal.value.details
    with pytest.raises(Malformed, match="has no post that covers"):
        given_doors(city, incident, worker=city.person(worker))


def test_a_task_lies_in_a_grid_at_a_door_of_it(city: City, incident: Incident) -> None:
    with pytest.raises(Malformed, match="is not a grid"):
        given_task(city, incident, grid=city["K111"])
    [door] = listed(city, "101")
    [foreign] = listed(city, "101", by="g1112-worker", grid="G1112")
    assert given_task(city, incident, household=door).household == door
    with pytest.raises(Malformed, match="This door is in another grid"):
        given_task(city, incident, household=foreign)


def test_no_task_for_a_closed_incident(city: City, incident: Incident) -> None:
    listed(city, "101")
    close(incident, city)
    with pytest.raises(NotNow, match="is closed"):
        given_task(city, incident)
    with pytest.raises(NotNow, match="is closed"):
        given_doors(city, incident)


def given_doors(city: City, incident: Incident, **given: Any) -> list[Task]:
    values = {
        "grid": city["G1111"], "worker": city.person("g1111-worker"), "title": "Ask for fever",
        "by": city.person("s11-duty"), "now": START,
    }  # fmt: skip
    return assign_doors(incident=incident, **{**values, **given})


def test_each_listed_door_gets_one_task(city: City, incident: Incident) -> None:
    listed(city, "101", "102", "103")
    listed(city, "101", by="g1112-worker", grid="G1112")
    tasks = given_doors(city, incident)
    assert [str(task.household) for task in tasks] == ["3号楼-101", "3号楼-102", "3号楼-103"]
    assert facts("fieldwork.assign_doors")["count"] == 3
    with pytest.raises(NotNow, match="Every listed door of 第一网格 has a task"):
        given_doors(city, incident)
    visit(city, tasks[0])
    assert [str(task.household) for task in given_doors(city, incident)] == ["3号楼-101"]


def test_a_door_where_nobody_was_met_still_has_its_task(city: City, incident: Incident) -> None:
    listed(city, "101")
    [task] = given_doors(city, incident)
    visit(city, task, Outcome.NOBODY_IN)
    with pytest.raises(NotNow):
        given_doors(city, incident)


def test_doors_that_are_not_listed_get_no_task(city: City, incident: Incident) -> None:
    with pytest.raises(NotNow, match="List doors first"):
        given_doors(city, incident)
    with pytest.raises(Malformed, match="is not a grid"):
        given_doors(city, incident, grid=city["S11"])


def hand_over(city: City, task: Task, to: str = "s11-duty", by: str = "s11-duty") -> Task:
    return hand_over_task(
        task=task, worker=city.person(to), reason="Fell ill", by=city.person(by), now=START
    )


def test_a_task_is_handed_over_with_the_reason(city: City, incident: Incident) -> None:
    task = hand_over(city, given_task(city, incident))
    task.refresh_from_db()
    assert task.worker == city.person("s11-duty")
    assert facts("fieldwork.hand_over_task") == {
        "before": city.person("g1111-worker").ref, "worker": city.person("s11-duty").ref,
        "reason": "Fell ill",
    }  # fmt: skip


def test_a_task_is_handed_over_to_somebody_who_works_there(city: City, incident: Incident) -> None:
    with pytest.raises(Malformed, match="has no post that covers"):
        hand_over(city, given_task(city, incident), to="g1112-worker")
    with pytest.raises(NotAllowed):
        hand_over(city, given_task(city, incident), by="g1111-worker")


def cancel(city: City, task: Task, by: str = "s11-duty") -> Task:
    return cancel_task(task=task, reason="Moved away", by=city.person(by), now=START + HOUR)


def test_a_task_is_cancelled_with_the_reason(city: City, incident: Incident) -> None:
    task = cancel(city, given_task(city, incident))
    task.refresh_from_db()
    assert (task.state, task.ended_at) == ("cancelled", START + HOUR)
    assert facts("fieldwork.cancel_task") == {"reason": "Moved away"}
    with pytest.raises(NotAllowed):
        cancel(city, given_task(city, incident), by="g1111-worker")


def test_a_task_that_has_ended_stays_so(city: City, incident: Incident) -> None:
    task = cancel(city, given_task(city, incident))
    for deed in (cancel, hand_over):
        with pytest.raises(NotNow, match=r"ended at 03-01 10:00 \(cancelled\)"):
            deed(city, task)
    with pytest.raises(NotNow, match="Take the next one"):
        visit(city, task)


# Visits -------------------------------------------------------------------------------------------


def visit(
    city: City, task: Task, outcome: Outcome = Outcome.MET, by: str = "g1111-worker", **given: Any
) -> Visit:
    met = 2 if outcome == Outcome.MET else 0
    values = {"persons_met": met, "now": START + HOUR, "by": city.person(by), **given}
    return record_visit(task=task, outcome=outcome, **values)


@pytest.mark.parametrize(
    ("outcome", "state", "ended"),
    [("met", "done", True), ("declined", "done", True), ("nobody_in", "nobody_in", False)],
)
def test_a_visit_ends_its_task_when_somebody_was_met(
    city: City, incident: Incident, outcome: str, state: str, ended: bool
) -> None:
    task = given_task(city, incident)
    made = visit(city, task, Outcome(outcome))
    task.refresh_from_db()
    assert task.state == state and (task.ended_at is not None) is ended
    assert facts("fieldwork.record_visit") == {
        "task": task.ref, "outcome": outcome, "commitment": made.commitment(),
    }  # fmt: skip
    assert not Report.objects.exists()


def test_a_door_is_tried_again_until_somebody_is_met(city: City, incident: Incident) -> None:
    task = given_task(city, incident)
    for hours in (1, 2, 3):
        visit(city, task, Outcome.NOBODY_IN, now=START + hours * HOUR)
    visit(city, task, now=START + 4 * HOUR)
    task.refresh_from_db()
    assert task.state == "done" and task.visits.count() == 4


def test_illness_found_comes_back_as_a_report(city: City, incident: Incident) -> None:
    task = given_task(city, incident)
    seen_at = START + HOUR / 2
    visit(city, task, persons_met=3, persons_ill=2, note="Cough and fever", visited_at=seen_at)
    report = Report.objects.get()
    assert (report.channel, report.persons, report.text) == ("visit", 2, "Cough and fever")
    assert (report.place, report.observed_at) == (city["G1111"], seen_at)
    assert list(report_queue(city.person("s11-duty"), START + HOUR)) == [report]
    assert len(lines("sensing.receive_report")) == 1


def test_illness_without_words_is_reported_all_the_same(city: City, incident: Incident) -> None:
    visit(city, given_task(city, incident), persons_ill=1)
    assert Report.objects.get().text == "Ill persons found on a household visit."


def test_a_visit_sent_again_is_recorded_once(city: City, incident: Incident) -> None:
    """A phone that got no answer sends the same visit with the same key."""
    task = given_task(city, incident)
    first = visit(city, task, key="phone-7", persons_ill=1)
    again = visit(city, task, key="phone-7", persons_ill=1, now=START + 2 * HOUR)
    assert again == first and Visit.objects.count() == Report.objects.count() == 1
    assert len(lines("fieldwork.record_visit")) == 1


def test_a_key_of_another_visit_is_refused_and_swallows_nothing(
    city: City, incident: Incident
) -> None:
    visit(city, given_task(city, incident), key="phone-7")
    other = given_task(city, incident)
    with pytest.raises(Malformed, match="used for a visit of another task") as refusal:
        visit(city, other, key="phone-7")
    assert "key" in refusal.value.details
    assert visit(city, other, key="phone-8")


def test_two_workers_may_use_the_same_key(city: City, incident: Incident) -> None:
    visit(city, given_task(city, incident), key="1")
    task = given_task(city, incident, grid=city["G1112"], worker=city.person("g1112-worker"))
    assert visit(city, task, by="g1112-worker", key="1")


@pytest.mark.parametrize("by", ["s11-duty", "k111-worker"])
def test_a_task_is_done_by_whom_it_is_given_to(city: City, incident: Incident, by: str) -> None:
    with pytest.raises(NotAllowed, match="This task is g1111-worker先生's"):
        visit(city, given_task(city, incident), by=by)


@pytest.mark.parametrize("by", ["g1112-worker", "s21-duty", "h1-clerk"])
def test_a_visit_needs_the_power_there(city: City, incident: Incident, by: str) -> None:
    with pytest.raises(NotAllowed, match="do not hold the power"):
        visit(city, given_task(city, incident), by=by)


@pytest.mark.parametrize(
    ("given", "sentence", "field"),
    [
        ({"persons_met": 1, "persons_ill": 2}, "More people are ill", "persons_ill"),
        ({"outcome": "nobody_in", "persons_met": 1}, "Nobody was in, and yet", "persons_met"),
        ({"visited_at": START + 2 * HOUR}, "lies in the future", "visited_at"),
    ],
)
def test_a_visit_that_contradicts_itself_is_refused(
    city: City, incident: Incident, given: dict[str, Any], sentence: str, field: str
) -> None:
    task = given_task(city, incident)
    outcome = Outcome(given.pop("outcome", "met"))
    with pytest.raises(Malformed, match=sentence) as refusal:
        visit(city, task, outcome, **given)
    assert field in refusal.value.details
    task.refresh_from_db()
    assert task.state == "open" and not Visit.objects.exists()


def test_a_visit_whose_report_is_refused_is_not_recorded_either(
    city: City, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Visit, report and both lines stand or fall together."""
    from gongzhi.fieldwork import actions

    def refuse(**_: Any) -> None:
        raise NotNow("No report now.")

    monkeypatch.setattr(actions, "receive_report", refuse)
    task = given_task(city, incident)
    with pytest.raises(NotNow):
        visit(city, task, persons_ill=1)
    task.refresh_from_db()
    assert task.state == "open" and not Visit.objects.exists()
    assert lines("fieldwork.record_visit") == []


def test_the_database_refuses_more_ill_than_met(city: City, incident: Incident) -> None:
    visit(city, given_task(city, incident))
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.update(persons_ill=9)


# Lists --------------------------------------------------------------------------------------------


def test_a_worker_sees_the_own_list_by_due_time(city: City, incident: Incident) -> None:
    later = given_task(city, incident, due_at=START + 9 * HOUR, task_minutes=30)
    sooner = given_task(city, incident, due_at=START + 2 * HOUR)
    given_task(city, incident, grid=city["G1112"], worker=city.person("g1112-worker"))
    worker = city.person("g1111-worker")
    assert list(tasks_of(worker, START)) == [sooner, later] and load_minutes(worker, START) == 45
    assert [(d.verb, d.inputs["task"]) for d in duties(worker, START)] == [
        ("record_visit", sooner.pk), ("record_visit", later.pk),
    ]  # fmt: skip
    visit(city, sooner)
    assert list(tasks_of(worker, START)) == [later] and load_minutes(worker, START) == 30
    assert load_minutes(city.person("mayor"), START) == 0
    assert duties(city.person("s11-duty"), START) == []


def test_progress_counts_what_is_left_done_and_late(city: City, incident: Incident) -> None:
    tasks = [given_task(city, incident) for _ in range(5)]
    visit(city, tasks[0])
    visit(city, tasks[1], Outcome.NOBODY_IN)
    cancel(city, tasks[2])
    assert progress_of(incident, START) == {"total": 4, "done": 1, "late": 0}
    assert progress_of(incident, START + 2 * DAY) == {"total": 4, "done": 1, "late": 3}
