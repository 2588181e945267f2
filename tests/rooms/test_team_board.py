"""The board of a team: put on, taken up by one, done, given back, handed out; late tasks climb."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.queries import visible
from gongzhi.decision.actions import (
    dissolve_task_force,
    let_member_go,
    set_up_task_force,
)
from gongzhi.decision.models import TaskForce
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.fieldwork.actions import (
    HouseholdDraft,
    assign_task,
    cancel_task,
    climb_late_tasks,
    finish_task,
    give_back_task,
    hand_over_task,
    list_households,
    record_visit,
    take_up_task,
)
from gongzhi.fieldwork.models import Household, Task, TaskClimb, Visit
from gongzhi.fieldwork.queries import (
    board_of_team,
    doors_open_to,
    duties,
    minutes_by_member,
    tasks_of,
)
from gongzhi.ledger.actions import seal
from gongzhi.messages.actions import follow_ledger
from gongzhi.messages.models import Message
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.joint_team import DAY, on_board, whole_team
from tests.rooms.scenes import decided, facts, lines, open_incident
from tests.rooms.telling import english, to, told

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("in_english")


@once
def staffed(city: City) -> City:
    """The small city with a joint team of all five sides in its first community."""
    whole_team(city)
    return city


@once
def team(staffed: City) -> TaskForce:
    return TaskForce.objects.get()


@once
def task(staffed: City, team: TaskForce) -> Task:
    return on_board(staffed, team)


def take(city: City, task: Task, by: str = "vol", now: datetime = START) -> Task:
    return take_up_task(task=task, by=city.person(by), now=now)


def asked(city: City, login: str, now: datetime) -> list[str]:
    return [duty.verb for duty in duties(city.person(login), now)]


def refreshed(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


# On the board -------------------------------------------------------------------------------------


def test_a_task_waits_for_whoever_takes_it_up(staffed: City, task: Task) -> None:
    assert (task.state, task.worker, task.due_at) == ("to_take", None, START + DAY)
    assert facts("fieldwork.put_on_board") == {
        "grid": staffed["G1111"].path, "order": None, "due_at": (START + DAY).isoformat(),
    }  # fmt: skip
    assert lines("fieldwork.put_on_board")[0].unit_path == task.team.unit.path


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"grid": "K111"}, "is not a grid"),
        ({"grid": "G2111"}, "is not in the area of"),
        ({"due_at": START}, "late at once"),
    ],
)
def test_what_does_not_fit_the_board_is_refused(
    staffed: City, team: TaskForce, wrong: dict[str, Any], sentence: str
) -> None:
    given = {k: staffed[v] if k == "grid" else v for k, v in wrong.items()}
    with pytest.raises(Malformed, match=sentence):
        on_board(staffed, team, **given)


def test_a_door_of_another_grid_is_refused(staffed: City, team: TaskForce) -> None:
    [door] = list_households(
        grid=staffed["G1112"], households=[HouseholdDraft(building="1", door="1")],
        by=staffed.person("g1112-worker"), now=START,
    )  # fmt: skip
    with pytest.raises(Malformed, match="This door is in another grid"):
        on_board(staffed, team, household=door)


def test_a_team_of_one_grid_has_no_tasks_in_another(staffed: City, team: TaskForce) -> None:
    team.grids.set([staffed["G1111"]])
    on_board(staffed, team)
    with pytest.raises(Malformed, match="is not in the area of"):
        on_board(staffed, team, grid=staffed["G1112"])


def test_a_task_of_an_order_belongs_to_its_incident(staffed: City, team: TaskForce) -> None:
    from gongzhi.command.actions import give_order

    order = give_order(
        unit=staffed["K111"], title="See everybody", minutes=600,
        decision=decided(staffed, open_incident(staffed, "C")), by=staffed.person("mayor"),
        now=START,
    )  # fmt: skip
    assert on_board(staffed, team, order=order).incident == order.incident


@pytest.mark.parametrize("by", ["vol", "pm", "lead-3", "g1111-worker", "s12-duty"])
def test_who_runs_no_board_puts_nothing_on_it(staffed: City, team: TaskForce, by: str) -> None:
    with pytest.raises(NotAllowed):
        on_board(staffed, team, by=staffed.person(by))


def test_nothing_is_put_on_the_board_of_a_team_that_is_over(staffed: City, team: TaskForce) -> None:
    with pytest.raises(NotNow, match="This joint team is over"):
        on_board(staffed, team, by=staffed.person("s11-duty"), now=team.ends_at)


def test_a_task_force_of_government_and_firms_has_such_a_board_too(city: City) -> None:
    force = set_up_task_force(
        area=city["D1"], name="Masks", purpose="Masks", legal_basis="Order 3",
        government=city["D1"], for_government=city.person("d1-duty"), firm=city["H1"],
        for_firm=city.person("h1-clerk"), ends_at=START + DAY, by=city.person("mayor"), now=START,
    )  # fmt: skip
    task = on_board(city, force, by=city.person("d1-duty"))
    take(city, task, "h1-clerk")
    done = finish_task(task=task, result="x", by=city.person("h1-clerk"), now=START)
    assert done.state == "done"


# Taking it up -------------------------------------------------------------------------------------


def test_only_one_person_takes_it_up(staffed: City, task: Task) -> None:
    assert take(staffed, task).worker == staffed.person("vol")
    for again in ("vol", "soc-lead"):
        with pytest.raises(NotNow, match="vol先生 has taken up this task already"):
            take(staffed, task, again)
    assert len(lines("fieldwork.take_up_task")) == 1


@pytest.mark.parametrize("by", ["g1111-worker", "s11-duty", "h1-clerk", "mayor"])
def test_who_is_no_member_takes_nothing_up(staffed: City, task: Task, by: str) -> None:
    with pytest.raises(NotAllowed, match="take team task"):
        take(staffed, task, by)


def test_a_task_that_has_ended_is_not_taken_up(staffed: City, task: Task) -> None:
    cancel_task(task=task, reason="Moved", by=staffed.person("k111-worker"), now=START)
    with pytest.raises(NotNow, match="ended at"):
        take(staffed, task)
    assert lines("fieldwork.cancel_task")[0].unit_path == task.team.unit.path


def test_tasks_of_a_person_are_on_no_board(staffed: City) -> None:
    own = assign_task(
        grid=staffed["G1111"], incident=open_incident(staffed),
        worker=staffed.person("g1111-worker"), title="Ask", by=staffed.person("k111-worker"),
        now=START,
    )  # fmt: skip
    worker = staffed.person("g1111-worker")
    with pytest.raises(NotNow, match="on no team's board"):
        take_up_task(task=own, by=worker, now=START)
    with pytest.raises(NotNow, match="on no team's board"):
        finish_task(task=own, result="x", by=worker, now=START)
    with pytest.raises(NotNow, match="on no team's board"):
        give_back_task(task=own, reason="x", by=worker, now=START)


# Doing it and giving it back ----------------------------------------------------------------------


def test_it_is_done_with_a_result_by_who_took_it_up(staffed: City, task: Task) -> None:
    with pytest.raises(NotNow, match="Nobody has taken up this task yet"):
        finish_task(task=task, result="x", by=staffed.person("vol"), now=START)
    take(staffed, task)
    with pytest.raises(NotAllowed, match="This task is vol先生's"):
        finish_task(task=task, result="x", by=staffed.person("pm"), now=START)
    done = finish_task(task=task, result="Brought", by=staffed.person("vol"), now=START + HOUR)
    assert (done.state, done.result, done.ended_at) == ("done", "Brought", START + HOUR)
    with pytest.raises(NotNow, match="ended at"):
        finish_task(task=task, result="x", by=staffed.person("vol"), now=START + HOUR)


def test_it_is_given_back_with_the_reason_and_waits_again(staffed: City, task: Task) -> None:
    take(staffed, task)
    with pytest.raises(NotAllowed):
        give_back_task(task=task, reason="x", by=staffed.person("pm"), now=START)
    back = give_back_task(task=task, reason="Fell ill", by=staffed.person("vol"), now=START)
    assert (back.state, back.worker, back.reason_given_back) == ("to_take", None, "Fell ill")
    with pytest.raises(NotNow, match="Nobody has taken up"):
        give_back_task(task=task, reason="x", by=staffed.person("vol"), now=START)
    assert take(staffed, task, "pm").worker == staffed.person("pm")


def test_who_works_in_the_grid_may_record_a_visit_for_it(staffed: City, task: Task) -> None:
    from tests.rooms.joint_team import taken_in

    taken_in(
        staffed, task.team, "building_lead", "g1111-worker", grid=staffed["G1111"], buildings="3"
    )
    worker = staffed.person("g1111-worker")
    take(staffed, task, "g1111-worker")
    record_visit(task=task, outcome=Visit.Outcome.NOBODY_IN, by=worker, now=START + HOUR)
    assert refreshed(task).state == "nobody_in"
    back = give_back_task(task=refreshed(task), reason="x", by=worker, now=START + HOUR)
    assert back.state == "to_take"


def test_a_volunteer_records_no_visit(staffed: City, task: Task) -> None:
    take(staffed, task)
    with pytest.raises(NotAllowed, match="record visit"):
        record_visit(
            task=task, outcome=Visit.Outcome.MET, persons_met=1, by=staffed.person("vol"), now=START
        )


# Handing it out -----------------------------------------------------------------------------------


def hand(city: City, task: Task, to: str, by: str = "k111-worker", **more: Any) -> Task:
    given = {"now": START, **more}
    return hand_over_task(task=task, worker=city.person(to), by=city.person(by), **given)


def test_the_lead_hands_it_to_a_member_and_says_why_when_somebody_has_it(
    staffed: City, task: Task
) -> None:
    assert hand(staffed, task, "pm").worker == staffed.person("pm")
    with pytest.raises(Malformed, match="Somebody has this task"):
        hand(staffed, task, "vol")
    moved = hand(staffed, task, "vol", reason="Nearer")
    assert (moved.state, moved.worker) == ("open", staffed.person("vol"))
    first, second = lines("fieldwork.hand_over_task")
    assert '"before":null' in first.body and "Nearer" in second.body


def test_it_goes_to_a_member_and_a_member_hands_out_nothing(staffed: City, task: Task) -> None:
    with pytest.raises(Malformed, match="is not a member of") as refusal:
        hand(staffed, task, "g1111-worker")
    assert "worker" in refusal.value.details
    with pytest.raises(NotAllowed):
        hand(staffed, task, "pm", by="vol")
    assert hand(staffed, task, "pm", by="s11-duty").state == "open"


# Late, left, over ---------------------------------------------------------------------------------


def test_what_is_late_reaches_the_community_then_the_street_once_each(
    staffed: City, task: Task
) -> None:
    clock, late = staffed.person("founder"), task.due_at

    def climbed(now: datetime) -> list[str]:
        return [climb.to_unit.code for climb in climb_late_tasks(by=clock, now=now)]

    assert climbed(late - HOUR) == []
    assert climbed(late) == ["K111"] and climbed(late) == []
    assert asked(staffed, "s11-duty", late) == []
    assert "hand_over_task" in asked(staffed, "k111-worker", late)
    assert climbed(late + 4 * HOUR) == ["S11"]
    assert climbed(late + 9 * HOUR) == []
    assert asked(staffed, "s11-duty", late + 4 * HOUR) == ["hand_over_task"]
    assert asked(staffed, "d1-duty", late + 9 * HOUR) == []
    assert "桥头一社区 has not done it: 桥头街道 knows" in str(TaskClimb.objects.last())
    assert facts_of_climbs() == [staffed["K111"].path, staffed["S11"].path]


def test_the_team_hears_of_a_task_and_whoever_gets_it_of_its_own(staffed: City, task: Task) -> None:
    members = ["k111-worker", "lead-3", "pm", "soc-lead", "vol"]
    waiting = told(staffed)
    assert to(waiting) == members
    assert english(waiting[0]) == (
        "On the board of 桥头一社区联合小组: Bring a meal",
        "It is due 03-02 09:00. Whoever can takes it up.",
    )
    hand(staffed, task, "pm")
    [own] = told(staffed)
    assert to([own]) == ["pm"] and english(own)[0].startswith(
        "A task for you from 桥头一社区联合小组"
    )
    assert set(
        Message.objects.filter(template="task_on_board").values_list("state", flat=True)
    ) == {"settled"}
    give_back_task(task=refreshed(task), reason="Ill", by=staffed.person("pm"), now=START)
    assert to(told(staffed)) == members


def test_a_climb_is_told_to_the_government_it_climbed_to(staffed: City, task: Task) -> None:
    clock = staffed.person("founder")
    climb_late_tasks(by=clock, now=task.due_at)
    seal(now=task.due_at)
    follow_ledger(by=clock, now=task.due_at)
    message = Message.objects.get(template="task_climbed")
    assert (message.person, message.unit) == (staffed.person("k111-worker"), staffed["K111"])


def facts_of_climbs() -> list[str]:
    return [line.unit_path for line in lines("fieldwork.climb_task")]


def test_what_is_done_in_time_climbs_nowhere(staffed: City, task: Task) -> None:
    take(staffed, task)
    finish_task(task=task, result="x", by=staffed.person("vol"), now=START)
    assert climb_late_tasks(by=staffed.person("founder"), now=task.due_at + DAY) == []


def test_the_lead_is_told_when_who_took_it_up_has_left(staffed: City, task: Task) -> None:
    take(staffed, task)
    member = task.team.members.get(person=staffed.person("vol"))
    assert asked(staffed, "k111-worker", START + HOUR) == []
    let_member_go(member=member, reason="x", by=staffed.person("vol"), now=START + HOUR)
    [duty] = duties(staffed.person("k111-worker"), START + HOUR)
    assert (duty.verb, duty.why) == (
        "hand_over_task", "Whoever took it up has left 桥头一社区联合小组."
    )  # fmt: skip
    assert asked(staffed, "vol", START + HOUR) == []


def test_what_a_team_left_undone_goes_to_the_community_and_its_grid(
    staffed: City, task: Task
) -> None:
    lead, over = staffed.person("k111-worker"), START + HOUR
    take(staffed, task)
    dissolve_task_force(task_force=task.team, reason="x", by=lead, now=over)
    [duty] = duties(lead, over)
    assert duty.why == "桥头一社区联合小组 is over and this is not done."
    task = refreshed(task)
    with pytest.raises(Malformed, match="has no post that covers"):
        hand(staffed, task, "pm", reason="x", now=over)
    task = hand(staffed, task, "g1111-worker", reason="The team is over", now=over)
    worker = staffed.person("g1111-worker")
    assert asked(staffed, "g1111-worker", over) == ["finish_task"]
    with pytest.raises(NotAllowed):
        give_back_task(task=refreshed(task), reason="x", by=worker, now=over)
    assert finish_task(task=refreshed(task), result="x", by=worker, now=over).state == "done"


# Least data ---------------------------------------------------------------------------------------


def test_a_door_is_open_to_who_took_the_task_up_and_to_the_lead_of_the_building(
    staffed: City, team: TaskForce
) -> None:
    own, other = list_households(
        grid=staffed["G1111"],
        households=[HouseholdDraft(building=b, door="101") for b in ("3号楼", "9号楼")],
        by=staffed.person("g1111-worker"), now=START,
    )  # fmt: skip
    here, there = (on_board(staffed, team, household=door) for door in (own, other))
    take(staffed, there, "vol")

    def doors(login: str) -> set[int]:
        person = staffed.person(login)
        return doors_open_to(person, team, board_of_team(team, person, START))

    assert doors("lead-3") == {here.pk}
    assert doors("vol") == {there.pk}
    assert doors("pm") == doors("soc-lead") == set()
    finish_task(task=refreshed(there), result="x", by=staffed.person("vol"), now=START)
    assert doors("vol") == set()
    for login in ("lead-3", "vol", "pm", "soc-lead"):
        assert not visible(Household, staffed.person(login), START).exists()
        assert visible(Task, staffed.person(login), START).count() == 2


def test_a_member_sees_the_tasks_of_the_team_and_no_others(staffed: City, task: Task) -> None:
    assign_task(
        grid=staffed["G1111"], incident=open_incident(staffed),
        worker=staffed.person("g1111-worker"), title="Ask", by=staffed.person("k111-worker"),
        now=START,
    )  # fmt: skip
    assert list(visible(Task, staffed.person("vol"), START)) == [task]
    assert not visible(Task, staffed.person("vol"), task.team.ends_at).exists()


def test_minutes_are_counted_for_each_member(staffed: City, team: TaskForce) -> None:
    first, second = (on_board(staffed, team, task_minutes=m) for m in (20, 45))
    take(staffed, first)
    take(staffed, second)
    finish_task(task=second, result="x", by=staffed.person("vol"), now=START + HOUR)
    assert minutes_by_member(team, START) == {staffed.person("vol").pk: (20, 45)}
    assert minutes_by_member(team, START + DAY) == {staffed.person("vol").pk: (20, 0)}
    assert [t.pk for t in tasks_of(staffed.person("vol"), START)] == [first.pk]


# What the database guards -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [{"team": None}, {"state": "open"}, {"state": "done"}, {"worker": "vol"}]
)
def test_the_database_refuses_a_task_of_nobody_or_of_two(
    staffed: City, task: Task, wrong: dict[str, Any]
) -> None:
    given = {k: staffed.person(v) if k == "worker" else v for k, v in wrong.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.update(**given)
