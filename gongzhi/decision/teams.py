"""Set up the joint team of a community, take people into it with their part, let them go.

It is a task force of another composition (小区联合小组): residents' committee, property manager,
building leads, volunteers and social workers. Its end is that of every task force.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.actions import person_called, take_post_back
from gongzhi.actors.models import Person, Post, Role, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.reach import Reach
from gongzhi.assessment.models import Incident
from gongzhi.decision.models import TaskForce, TeamMember
from gongzhi.decision.policies import lasting
from gongzhi.decision.queries import stage_reached
from gongzhi.decision.task_forces import Name, Reason, join, unit_of_its_own
from gongzhi.decision.team_policies import (
    check_at_work,
    check_community,
    check_contact,
    check_is_joint_team,
    check_later_end,
    check_lives_here,
    check_may_lead,
    check_may_let_go,
    check_no_member,
    check_of_unit,
    check_part,
    check_still_in,
    named_buildings,
)  # fmt: skip
from gongzhi.errors import Malformed
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed

Part = TeamMember.Part
AnyUnit = Annotated[Unit, Reach.ANY]
Grids = Annotated[list[Unit], Field(max_length=50)]
Buildings = Annotated[str, Field(max_length=200)]
Login = Annotated[str, Field(min_length=1, max_length=60)]


@deed(asks_above="set_up_joint_team")
def set_up_joint_team(
    *,
    area: Unit,
    name: Name,
    purpose: Reason,
    lead: Person,
    ends_at: datetime,
    grids: Grids | None = None,
    incident: Incident | None = None,
    by: Person,
    now: datetime,
) -> TaskForce:
    """Set up the joint team of a community, with who leads it, until a day (小区联合小组)."""
    power = check_may(by, "set_up_joint_team", area, now, lasting(ends_at - now))
    check_later_end(now, ends_at)
    check_community(area, grids or [])
    check_contact(lead, area, now)
    team = TaskForce.objects.create(
        area=area, unit=unit_of_its_own(area, name, by, now), incident=incident, purpose=purpose,
        composition=TaskForce.Composition.COMMUNITY, legal_basis=_(power.legal_basis),
        power=str(power), government=area, for_government=lead, starts_at=now, ends_at=ends_at,
        announced_minutes=stage_reached(ends_at, now),
    )  # fmt: skip
    team.grids.set(grids or [])
    post = join(team, lead, Role.OFFICER, by, now)
    member_in(team, Part.COMMITTEE, post, now, unit=area)
    append(
        verb="decision.set_up_joint_team", subject=team, place=team.unit, by=by, now=now,
        purpose=purpose, ends_at=ends_at, lead=lead.ref, grids=[grid.path for grid in grids or []],
        legal_basis=team.legal_basis, power=team.power,
    )  # fmt: skip
    return team


def member_in(
    team: TaskForce, part: Part, post: Post, now: datetime, unit: Unit | None = None,
    grid: Unit | None = None, buildings: list[str] | None = None,
) -> TeamMember:  # fmt: skip
    """A member with a part, by the post that ends with the team."""
    return TeamMember.objects.create(
        team=team, person=post.person, part=part, unit=unit, grid=grid, buildings=buildings or [],
        post=post, joined_at=now,
    )  # fmt: skip


@deed()
def take_into_team(
    *,
    team: TaskForce,
    part: Part,
    login: Login,
    unit: AnyUnit | None = None,
    grid: Unit | None = None,
    buildings: Buildings = "",
    new_name: Annotated[str, Field(max_length=80)] = "",
    password: Annotated[str, Field(max_length=128)] = "",
    by: Person,
    now: datetime,
) -> TeamMember:
    """Take a person into a joint team with a part: of a unit, or as the lead of buildings."""
    check_may_lead(by, team, now)
    check_is_joint_team(team)
    check_at_work(team, now)
    houses = named_buildings(buildings) if part == Part.BUILDING_LEAD else []
    check_part(team, part, unit, grid, houses)
    known = Person.objects.filter(login=login).first()
    if part == Part.BUILDING_LEAD:
        person, unit = _resident(team, known, login, new_name, password, now), None
    else:
        person, grid = check_of_unit(known, login, unit, now), None
    check_no_member(team, person, now)
    post = join(team, person, Role.CLERK, by, now)
    member = member_in(team, part, post, now, unit, grid, houses)
    append(
        verb="decision.take_into_team", subject=member, place=team.unit, by=by, now=now,
        person=person.ref, part=part, unit=unit.path if unit else None,
        grid=grid.path if grid else None, buildings=houses,
    )  # fmt: skip
    return member


def _resident(
    team: TaskForce, known: Person | None, login: str, name: str, password: str, now: datetime
) -> Person:
    """Who lives here and has no log-in gets one; it opens nothing but the team."""
    check_lives_here(known, team, now)
    if known is None and not name:
        raise Malformed(
            _("This log-in is new. Write the name of the person too."),
            details={"new_name": _("Write the name of the person.")},
        )
    return known or person_called(login, name, password)


@deed()
def let_member_go(*, member: TeamMember, reason: Reason, by: Person, now: datetime) -> TeamMember:
    """Let a member leave a joint team, with the reason; the post ends at once."""
    check_may_let_go(by, member, now)
    check_still_in(member, now)
    take_post_back(post=member.post, by=by, now=now)
    member.change(left_at=now, reason_left=reason)
    append(
        verb="decision.let_member_go", subject=member, place=member.team.unit, by=by, now=now,
        person=member.person.ref, reason=reason,
    )  # fmt: skip
    return member
