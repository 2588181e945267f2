"""The joint team of a community: who may set it up, who is in it for whom, how it is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.actions import appoint
from gongzhi.actors.models import Person, Post, Role
from gongzhi.actors.policies import BeyondDiscretion
from gongzhi.actors.queries import forget_posts, posts_in, posts_of
from gongzhi.decision.actions import (
    dissolve_task_force,
    extend_task_force,
    let_member_go,
    replace_contact,
    set_up_task_force,
    take_in_member,
    take_into_team,
)
from gongzhi.decision.models import TaskForce, TeamMember
from gongzhi.decision.queries import duties
from gongzhi.decision.team_policies import Side
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.rounds.walk import walk
from tests.once import once
from tests.rooms.cast import START, City, small_city
from tests.rooms.joint_team import PASSWORD, neighbours, on_board, taken_in, team_set_up
from tests.rooms.scenes import Branch, facts, lines

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.usefixtures("in_english")


@once
def city() -> City:
    """The small city with a property firm and a volunteer team."""
    city = small_city()
    neighbours(city)
    return city


@once
def team(city: City) -> TaskForce:
    return team_set_up(city)


# Setting it up ------------------------------------------------------------------------------------


def test_it_has_a_unit_a_lead_and_an_end_and_its_legal_basis_of_itself(city: City) -> None:
    team = team_set_up(city, grids=[city["G1111"]])
    assert team.unit.parent == city["K111"] and team.unit.kind == "task_force"
    assert "primary-level governance" in team.legal_basis
    [post] = posts_in(team.unit, START)
    assert (post.person.login, post.role, post.ends_at) == ("k111-worker", "officer", team.ends_at)
    member = team.members.get()
    assert (member.part, member.unit) == ("committee", city["K111"])
    said = facts("decision.set_up_joint_team")
    assert said["lead"] == city.person("k111-worker").ref
    assert said["grids"] == [city["G1111"].path]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"area": "S11", "by": "s11-duty", "lead": "s11-duty"}, "is not a community"),
        ({"grids": ["G2111"]}, "is not a grid of 桥头一社区"),
        ({"grids": ["K111"]}, "is not a grid of 桥头一社区"),
        ({"lead": "s11-duty"}, "holds no post in 桥头一社区"),
        ({"ends_at": START}, "would not work any longer"),
    ],
)
def test_what_does_not_fit_is_refused(city: City, wrong: dict[str, Any], sentence: str) -> None:
    given = dict(wrong)
    for name in ("by", "lead"):
        if name in given:
            given[name] = city.person(given[name])
    if "area" in given:
        given["area"] = city[given["area"]]
    if "grids" in given:
        given["grids"] = [city[code] for code in given["grids"]]
    with pytest.raises(Malformed, match=sentence):
        team_set_up(city, **given)
    assert not TaskForce.objects.exists()


@pytest.mark.parametrize("by", ["g1111-worker", "s12-duty", "h1-clerk", "pm"])
def test_nobody_else_sets_one_up(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        team_set_up(city, by=city.person(by))


@pytest.mark.parametrize("by", ["s11-duty", "d1-chief"])
def test_the_tiers_above_may_set_one_up_for_a_community(city: City, by: str) -> None:
    assert team_set_up(city, by=city.person(by)).for_government == city.person("k111-worker")


def test_beyond_the_days_of_its_tier_the_tier_above_is_asked(city: City) -> None:
    with pytest.raises(BeyondDiscretion, match="桥头街道"):
        team_set_up(city, ends_at=START + 181 * DAY)
    team = team_set_up(city, ends_at=START + 180 * DAY)
    with pytest.raises(BeyondDiscretion):
        extend_task_force(
            task_force=team, ends_at=START + 181 * DAY, reason="x",
            by=city.person("k111-worker"), now=START + DAY,
        )  # fmt: skip


# Members ------------------------------------------------------------------------------------------


def test_all_five_sides_are_members_with_posts_that_end_with_it(city: City) -> None:
    team = team_set_up(city)
    taken_in(city, team, "property", "pm", unit=city["PM"])
    taken_in(city, team, "volunteer", "vol", unit=city["VOL"])
    taken_in(city, team, "social_worker", "soc-lead", unit=city["SOC"])
    taken_in(
        city, team, "building_lead", "lead-3", new_name="三号楼长", password=PASSWORD,
        grid=city["G1111"], buildings="3号楼、4号楼，3号楼",
    )  # fmt: skip
    parts = {m.part: (m.unit, m.grid, m.buildings) for m in team.members.all()}
    assert parts == {
        "committee": (city["K111"], None, []), "property": (city["PM"], None, []),
        "volunteer": (city["VOL"], None, []), "social_worker": (city["SOC"], None, []),
        "building_lead": (None, city["G1111"], ["3号楼", "4号楼"]),
    }  # fmt: skip
    assert {post.ends_at for post in posts_in(team.unit, START)} == {team.ends_at}
    lead = city.person("lead-3")
    assert lead.check_password(PASSWORD)
    assert posts_of(lead, team.ends_at) == []
    assert "三号楼长" not in "".join(line.body for line in lines())


@pytest.mark.parametrize(
    ("part", "login", "more", "sentence"),
    [
        ("property", "pm", {}, "Say for which unit"),
        ("property", "soc-lead", {"unit": "SOC"}, "Say for which unit"),
        ("volunteer", "pm", {"unit": "PM"}, "Say for which unit"),
        ("social_worker", "vol", {"unit": "VOL"}, "Say for which unit"),
        ("committee", "s12-duty", {"unit": "S12"}, "Say for which unit"),
        ("property", "vol", {"unit": "PM"}, "Nobody with the log-in “vol” holds a post in 桥头"),
        ("property", "nobody", {"unit": "PM"}, "Nobody with the log-in “nobody” holds a post"),
        ("committee", "k111-worker", {"unit": "K111"}, "is a member already"),
        ("building_lead", "new", {"buildings": "3号楼"}, "Say for which buildings"),
        ("building_lead", "new", {"grid": "G1111"}, "Say for which buildings"),
        ("building_lead", "new", {"grid": "G1111", "buildings": "、 ,"}, "Say for which buildings"),
        ("building_lead", "new", {"grid": "G2111", "buildings": "3"}, "is not in the area of"),
        ("building_lead", "new", {"grid": "G1111", "buildings": "3"}, "Write the name"),
        (
            "building_lead", "new", {"grid": "G1111", "buildings": "3", "new_name": "x"},
            "too short|This password",
        ),
        ("building_lead", "mayor", {"grid": "G1111", "buildings": "3"}, "works elsewhere"),
        ("building_lead", "gone", {"grid": "G1111", "buildings": "3"}, "works elsewhere"),
    ],
)  # fmt: skip
def test_who_does_not_fit_the_part_is_not_taken_in(
    city: City, team: TaskForce, part: str, login: str, more: dict[str, str], sentence: str
) -> None:
    Person.objects.create(login="gone", name="x", password="!", is_active=False)
    given = {k: city[v] if k in ("unit", "grid") else v for k, v in more.items()}
    with pytest.raises(Malformed, match=sentence):
        taken_in(city, team, part, login, **given)
    assert team.members.count() == 1 and not Person.objects.filter(login="new").exists()


def test_a_grid_worker_of_the_community_may_lead_a_building(city: City, team: TaskForce) -> None:
    member = taken_in(
        city, team, "building_lead", "g1111-worker", grid=city["G1111"], buildings="3号楼"
    )
    assert member.person == city.person("g1111-worker")


def test_only_who_leads_it_takes_people_in(city: City, team: TaskForce) -> None:
    for by in ("pm", "g1111-worker", "s12-duty"):
        with pytest.raises(NotAllowed):
            taken_in(city, team, "property", "pm", unit=city["PM"], by=city.person(by))
    taken_in(city, team, "property", "pm", unit=city["PM"], by=city.person("s11-duty"))


def test_nobody_joins_a_team_that_is_over_nor_a_task_force_by_a_part(
    city: City, team: TaskForce
) -> None:
    with pytest.raises(NotNow, match="This joint team is over"):
        taken_in(city, team, "property", "pm", unit=city["PM"], now=team.ends_at)
    with pytest.raises(NotNow, match="each member has a part"):
        take_in_member(
            task_force=team, person=city.person("g1111-worker"), by=city.person("k111-worker"),
            now=START,
        )  # fmt: skip
    with pytest.raises(NotNow, match="is a task force of government and firms"):
        take_into_team(
            team=Branch(city, 1).of(TaskForce), part=TeamMember.Part.PROPERTY, login="pm",
            unit=city["PM"], by=city.person("mayor"), now=START,
        )  # fmt: skip


def test_a_member_leaves_or_is_let_go_and_the_post_ends_at_once(
    city: City, team: TaskForce
) -> None:
    pm = taken_in(city, team, "property", "pm", unit=city["PM"])
    vol = taken_in(city, team, "volunteer", "vol", unit=city["VOL"])
    now = START + HOUR
    with pytest.raises(NotAllowed):
        let_member_go(member=vol, reason="x", by=city.person("pm"), now=now)
    let_member_go(member=vol, reason="Moving", by=city.person("vol"), now=now)
    let_member_go(member=pm, reason="Another firm", by=city.person("k111-worker"), now=now)
    assert {post.person.login for post in posts_in(team.unit, now)} == {"k111-worker"}
    assert (pm.left_at, pm.reason_left) == (now, "Another firm")
    with pytest.raises(NotNow, match="has left the team already"):
        let_member_go(member=pm, reason="x", by=city.person("k111-worker"), now=now)
    assert taken_in(city, team, "property", "pm", unit=city["PM"], now=now).left_at is None


def test_the_lead_is_not_let_go(city: City, team: TaskForce) -> None:
    with pytest.raises(NotNow, match="This member leads the team"):
        let_member_go(
            member=team.members.get(), reason="x", by=city.person("k111-worker"), now=START + HOUR
        )


def test_somebody_else_leads_it_and_who_led_stays_or_leaves(city: City, team: TaskForce) -> None:
    now, old = START + HOUR, city.person("k111-worker")
    given = {"task_force": team, "reason": "On leave", "now": now}
    with pytest.raises(Malformed, match="holds no post in"):
        replace_contact(person=city.person("s12-duty"), by=old, **given)
    with pytest.raises(Malformed, match="does so already"):
        replace_contact(person=old, by=old, **given)
    with pytest.raises(Malformed, match="has no firm"):
        replace_contact(person=old, side=Side.FIRM, by=old, **given)
    new = appoint(
        unit=city["K111"], login="k111-new", name="新主任", password=PASSWORD, role=Role.OFFICER,
        by=city.person("founder"), now=START,
    ).person  # fmt: skip
    with pytest.raises(NotAllowed):
        replace_contact(person=new, by=city.person("pm"), **given)
    Person.objects.filter(pk=new.pk).update(is_active=False)
    with pytest.raises(Malformed, match="holds no post in"):  # who has left the house leads nothing
        replace_contact(person=Person.objects.get(pk=new.pk), by=old, **given)
    Person.objects.filter(pk=new.pk).update(is_active=True)
    led = replace_contact(person=new, by=old, **given)
    assert led.for_government == new and facts("decision.replace_contact")["reason"] == "On leave"
    roles = {post.person.login: post.role for post in posts_in(team.unit, now)}
    assert roles == {"k111-new": "officer", "k111-worker": "clerk"}
    assert on_board(city, team, by=new, now=now).state == "to_take"
    let_member_go(member=team.members.get(person=old), reason="Moved", by=new, now=now + HOUR)

    # Back again, and whoever has no post there any more leaves the team with it.
    Post.objects.filter(person=new, unit=city["K111"]).update(ends_at=now + HOUR)
    forget_posts()
    again = {**given, "task_force": TaskForce.objects.get(), "now": now + 2 * HOUR}
    replace_contact(person=old, by=city.person("s11-duty"), **again)
    assert [post.person.login for post in posts_in(team.unit, now + 2 * HOUR)] == ["k111-worker"]
    assert team.members.get(person=new).reason_left == "On leave"


def test_another_speaks_for_the_firm_of_a_task_force(city: City) -> None:
    force = set_up_task_force(
        area=city["D1"], name="Masks", purpose="Masks", legal_basis="Order 3",
        government=city["D1"], for_government=city.person("d1-duty"), firm=city["H1"],
        for_firm=city.person("h1-clerk"), ends_at=START + DAY, by=city.person("mayor"), now=START,
    )  # fmt: skip
    new = appoint(
        unit=city["H1"], login="h1-new", name="新联系人", password=PASSWORD, role=Role.CLERK,
        by=city.person("founder"), now=START,
    ).person  # fmt: skip
    replaced = replace_contact(
        task_force=force, side=Side.FIRM, person=new, reason="Ill", by=city.person("h1-clerk"),
        now=START + HOUR,
    )  # fmt: skip
    assert (replaced.for_firm, replaced.for_government) == (new, city.person("d1-duty"))
    roles = {post.person.login: post.role for post in posts_in(force.unit, START + HOUR)}
    assert roles == {"d1-duty": "officer", "h1-new": "officer", "h1-clerk": "clerk"}


# Its end ------------------------------------------------------------------------------------------


def test_its_end_is_a_duty_of_the_community_with_the_power_of_its_own(
    city: City, team: TaskForce
) -> None:
    near = team.ends_at - DAY
    [duty] = [d for d in duties(city.person("k111-worker"), near) if d.verb == "extend_task_force"]
    assert duty.title == "Extend the team or let it end: 桥头一社区联合小组"
    assert not duties(city.person("s11-duty"), near)
    walk(by=city.person("founder"), now=near)
    assert len(lines("decision.announce_task_force_end")) == 1


def test_the_lead_and_the_street_may_dissolve_it_and_a_member_may_not(
    city: City, team: TaskForce
) -> None:
    taken_in(city, team, "property", "pm", unit=city["PM"])
    with pytest.raises(NotAllowed):
        dissolve_task_force(task_force=team, reason="x", by=city.person("pm"), now=START + HOUR)
    gone = dissolve_task_force(
        task_force=team, reason="Done", by=city.person("s11-duty"), now=START + HOUR
    )
    assert gone.done["members"] == 2 and posts_in(team.unit, START + HOUR) == []


# What the database guards -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"part": "building_lead"}, {"unit": None}, {"left_at": START}, {"reason_left": "x"},
    ],
)  # fmt: skip
def test_the_database_refuses_a_member_for_nobody(
    city: City, team: TaskForce, wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TeamMember.objects.update(**wrong)


def test_the_database_refuses_a_joint_team_with_a_firm_on_its_face(
    city: City, team: TaskForce
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TaskForce.objects.update(firm=city["PM"], for_firm=city.person("pm"))
    with pytest.raises(IntegrityError), transaction.atomic():
        TaskForce.objects.update(composition="firms")
