"""The joint team of a community for tests: its people, and a task on its board."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gongzhi.actors.actions import appoint, found_unit
from gongzhi.actors.models import Kind, Role, Tier
from gongzhi.decision.actions import set_up_joint_team, take_into_team
from gongzhi.decision.models import TaskForce, TeamMember
from gongzhi.fieldwork.actions import put_on_board
from gongzhi.fieldwork.models import Task
from tests.rooms.cast import START, City

DAY = timedelta(days=1)
PASSWORD = "a long phrase to begin with"
Part = TeamMember.Part


def neighbours(city: City) -> None:
    """A property firm of the district and a volunteer team of the city, each with a person."""
    for code, parent, name, kind, tier, login in (
        ("PM", "D1", "桥头物业公司", Kind.FIRM, Tier.DISTRICT, "pm"),
        ("VOL", "C", "临江志愿服务队", Kind.VOLUNTEERS, Tier.CITY, "vol"),
    ):
        unit = found_unit(
            parent=city[parent], code=code, name=name, kind=kind, tier=tier,
            by=city.person("founder"), now=START,
        )  # fmt: skip
        post = appoint(
            unit=unit, login=login, name=f"{login}先生", password=PASSWORD, role=Role.CLERK,
            by=city.person("founder"), now=START,
        )  # fmt: skip
        city.units[code], city.people[login] = unit, post.person


def team_set_up(city: City, **more: Any) -> TaskForce:
    """The joint team of the first community, led by its officer, for a month."""
    given = {
        "area": city["K111"], "name": "桥头一社区联合小组", "purpose": "Help who lives alone",
        "lead": city.person("k111-worker"), "ends_at": START + 30 * DAY,
        "by": city.person("k111-worker"), "now": START, **more,
    }  # fmt: skip
    return set_up_joint_team(**given)


def taken_in(city: City, team: TaskForce, part: str, login: str, **more: Any) -> TeamMember:
    """One more member of the team, by who leads it."""
    given = {"by": city.person("k111-worker"), "now": START, **more}
    member = take_into_team(team=team, part=Part(part), login=login, **given)
    city.people[login] = member.person
    return member


def whole_team(city: City, **more: Any) -> TaskForce:
    """A team with all five sides: committee, property, building lead, volunteer, social worker."""
    neighbours(city)
    team = team_set_up(city, **more)
    taken_in(city, team, "property", "pm", unit=city["PM"])
    taken_in(
        city, team, "building_lead", "lead-3", new_name="三号楼长", password=PASSWORD,
        grid=city["G1111"], buildings="3号楼、4号楼",
    )  # fmt: skip
    taken_in(city, team, "volunteer", "vol", unit=city["VOL"])
    taken_in(city, team, "social_worker", "soc-lead", unit=city["SOC"])
    return team


def on_board(city: City, team: TaskForce, **more: Any) -> Task:
    """A task on the team's board."""
    given = {
        "grid": city["G1111"], "title": "Bring a meal", "by": city.person("k111-worker"),
        "now": START, **more,
    }  # fmt: skip
    return put_on_board(team=team, **given)
