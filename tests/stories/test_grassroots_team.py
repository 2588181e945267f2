"""Committee, property manager, building lead, volunteer and social worker work on one board."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.actors.models import Person
from gongzhi.actors.queries import posts_in, visible
from gongzhi.decision.models import TaskForce
from gongzhi.errors import NotAllowed, NotFound, NotNow
from gongzhi.fieldwork.models import Household, Task, TaskClimb
from gongzhi.fieldwork.queries import duties, tasks_of
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START, City
from tests.rooms.joint_team import PASSWORD, neighbours
from tests.rooms.scenes import lines
from tests.stories.telling import do

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def asked(person: Person, now: object) -> list[tuple[str, int]]:
    """What field work asks of somebody: the deed and the task."""
    return [(duty.verb, duty.inputs["task"]) for duty in duties(person, now)]  # type: ignore[arg-type]


def set_up(city: City) -> TaskForce:
    """A community sets up its team for ten days and takes the four other sides in."""
    neighbours(city)
    lead = city.person("k111-worker")
    team: TaskForce = do(
        lead, "decision.set_up_joint_team", START, area=city["K111"], name="桥头一社区联合小组",
        purpose="Help who lives alone", lead=lead, ends_at=START + 10 * DAY,
    )  # fmt: skip
    for part, login, unit in (
        ("property", "pm", "PM"), ("volunteer", "vol", "VOL"), ("social_worker", "soc-lead", "SOC"),
    ):  # fmt: skip
        do(
            lead, "decision.take_into_team", START, team=team, part=part, login=login,
            unit=city[unit],
        )  # fmt: skip
    member = do(
        lead, "decision.take_into_team", START, team=team, part="building_lead", login="lead-3",
        new_name="三号楼长", password=PASSWORD, grid=city["G1111"], buildings="3号楼、4号楼",
    )  # fmt: skip
    city.people["lead-3"] = member.person
    return team


@pytest.mark.feature(81)
def test_five_sides_of_a_community_share_one_board_until_the_team_ends(city: City) -> None:
    team = set_up(city)
    lead, building, volunteer = (city.person(p) for p in ("k111-worker", "lead-3", "vol"))
    members = {post.person.login: post.ends_at for post in posts_in(team.unit, START)}
    assert members == dict.fromkeys(
        ("k111-worker", "pm", "vol", "soc-lead", "lead-3"), START + 10 * DAY
    )

    # The lead puts two things on the board; each member is asked to take one up.
    [door] = do(
        city.person("g1111-worker"), "fieldwork.list_households", START, grid=city["G1111"],
        households=[{"building": "9号楼", "door": "101", "contact": "隔壁 13900001111"}],
    )  # fmt: skip
    meal: Task = do(
        lead, "fieldwork.put_on_board", START, team=team, grid=city["G1111"], household=door,
        title="Bring a meal", task_minutes=20, due_at=START + 4 * HOUR,
    )  # fmt: skip
    lift: Task = do(
        lead, "fieldwork.put_on_board", START, team=team, grid=city["G1111"],
        title="See why the lift stands still", due_at=START + 2 * HOUR,
    )  # fmt: skip
    for person in (building, volunteer, city.person("pm"), city.person("soc-lead")):
        assert asked(person, START) == [("take_up_task", lift.pk), ("take_up_task", meal.pk)]

    # One takes it up; nobody works the same task twice, and nobody else reads whose door it is.
    do(volunteer, "fieldwork.take_up_task", START + HOUR, task=meal)
    with pytest.raises(NotNow, match="vol先生 has taken up this task already"):
        do(building, "fieldwork.take_up_task", START + HOUR, task=meal)
    assert [task.household for task in tasks_of(volunteer, START + HOUR)] == [door]
    assert not visible(Household, building, START + HOUR).exists()
    assert not visible(Household, volunteer, START + HOUR).exists()

    # Given back with the reason, handed to another member by the lead, done with a result.
    do(volunteer, "fieldwork.give_back_task", START + HOUR, task=meal, reason="My bus is late")
    assert ("take_up_task", meal.pk) in asked(building, START + HOUR)
    do(lead, "fieldwork.hand_over_task", START + HOUR, task=meal, worker=building)
    assert ("finish_task", meal.pk) in asked(building, START + HOUR)
    done = do(
        building, "fieldwork.finish_task", START + 2 * HOUR, task=meal, result="Two meals brought"
    )
    assert done.state == "done" and done.result == "Two meals brought"

    # What is late is the lead's to hand out, climbs to the community, and then to its street.
    clock, street = city.person("founder"), city.person("s11-duty")
    walk(by=clock, now=START + 2 * HOUR)
    walk(by=clock, now=START + 3 * HOUR)
    assert [climb.to_unit for climb in TaskClimb.objects.all()] == [city["K111"]]
    assert ("hand_over_task", lift.pk) in asked(lead, START + 3 * HOUR)
    assert asked(street, START + 3 * HOUR) == []
    walk(by=clock, now=START + 6 * HOUR)
    assert asked(street, START + 6 * HOUR) == [("hand_over_task", lift.pk)]

    # Its end is announced ahead; on its day all posts end, and a record says what it did.
    walk(by=clock, now=START + 9 * DAY)
    assert len(lines("decision.announce_task_force_end")) == 1
    walk(by=clock, now=START + 10 * DAY)
    team.refresh_from_db()
    assert team.state == "dissolved" and posts_in(team.unit, START + 10 * DAY) == []
    assert team.done["members"] == 5
    assert team.done["deeds"]["fieldwork.finish_task"] == 1
    with pytest.raises((NotAllowed, NotFound)):
        do(building, "fieldwork.take_up_task", START + 11 * DAY, task=lift)

    # What it left undone is not lost: the community hands it to a worker of the grid.
    assert asked(lead, START + 10 * DAY) == [("hand_over_task", lift.pk)]
    worker = city.person("g1111-worker")
    do(lead, "fieldwork.hand_over_task", START + 10 * DAY, task=lift, worker=worker)
    assert asked(worker, START + 10 * DAY) == [("finish_task", lift.pk)]


def test_beyond_half_a_year_a_community_asks_its_street(city: City) -> None:
    lead, street = city.person("k111-worker"), city.person("s11-duty")
    request = do(
        lead, "decision.set_up_joint_team", START, area=city["K111"], name="联合小组",
        purpose="For the summer", lead=lead, ends_at=START + 200 * DAY,
    )  # fmt: skip
    assert request.to_unit == city["S11"] and not TaskForce.objects.exists()
    do(street, "actors.grant_request", START + HOUR, request=request)
    team = TaskForce.objects.get()
    assert team.ends_at == START + 200 * DAY and team.is_joint_team


def test_it_is_extended_with_a_reason_and_a_member_who_left_stays_out(city: City) -> None:
    team = set_up(city)
    lead, volunteer = city.person("k111-worker"), city.person("vol")
    member = team.members.get(person=volunteer)
    do(volunteer, "decision.let_member_go", START + HOUR, member=member, reason="Moving away")
    do(
        lead, "decision.extend_task_force", START + DAY, task_force=team,
        ends_at=START + 20 * DAY, reason="The lift is still out of order",
    )  # fmt: skip
    held = {post.person.login: post.ends_at for post in posts_in(team.unit, START + 2 * DAY)}
    assert "vol" not in held and set(held.values()) == {START + 20 * DAY}
    do(lead, "decision.dissolve_task_force", START + 3 * DAY, task_force=team, reason="All done")
    team.refresh_from_db()
    assert team.reason_ended == "All done" and team.done["members"] == 4


def test_an_order_becomes_tasks_on_the_board(city: City) -> None:
    from tests.rooms.scenes import decided, open_incident

    team, lead = set_up(city), city.person("k111-worker")
    order = do(
        city.person("mayor"), "command.give_order", START, unit=city["K111"], minutes=24 * 60,
        decision=decided(city, open_incident(city, "C")), title="See everybody over 80",
    )  # fmt: skip
    task: Task = do(
        lead, "fieldwork.put_on_board", START, team=team, grid=city["G1112"], order=order,
        title="Building 7",
    )  # fmt: skip
    assert task.incident == order.incident and task.due_at == START + DAY
