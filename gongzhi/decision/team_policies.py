"""Who may be in a task force or a joint team, for whom, until when, and who leads it."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.actors.models import Kind, Person, Tier, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import areas_of, posts_in, posts_of
from gongzhi.decision.models import TaskForce, TeamMember
from gongzhi.decision.queries import power_of
from gongzhi.errors import Malformed, NotNow

OFFICIAL = (Kind.AREA, Kind.DEPARTMENT)
Part = TeamMember.Part


class Side(models.TextChoices):
    """For whom somebody speaks in a task force; on the side of the government, one leads it."""

    GOVERNMENT = "government", gettext_lazy("leads it, for the government")
    FIRM = "firm", gettext_lazy("speaks for the firm")


SPEAKS_FOR: dict[str, tuple[Kind, ...]] = {
    Part.COMMITTEE: (Kind.AREA,),
    Part.PROPERTY: (Kind.FIRM, Kind.SUPPLIER, Kind.LOGISTICS),
    Part.VOLUNTEER: (Kind.VOLUNTEERS, Kind.SOCIAL),
    Part.SOCIAL_WORKER: (Kind.SOCIAL,),
}
"""Kinds of unit that a member of a joint team is there for; a building lead is for buildings."""


def check_may_set_up(by: Person, force: TaskForce, now: datetime) -> None:
    """It is extended and its members are taken in by who may set one up there."""
    check_may(by, power_of(force), force.area, now)


def check_later_end(than: datetime, ends_at: datetime) -> None:
    """A task force ends after it begins, and an extension makes it longer."""
    if ends_at <= than:
        raise Malformed(
            _("The task force would not work any longer then. Give a later end."),
            details={"ends_at": _("Give a later end.")},
        )


def check_sides(government: Unit, firm: Unit) -> None:
    """A task force has a side of government and a side that is none."""
    if government.kind not in OFFICIAL:
        raise Malformed(
            _("%(unit)s is not of the government. Choose a government or a department.")
            % {"unit": government},
            details={"government": _("Choose a government or a department.")},
        )
    if firm.kind in (*OFFICIAL, Kind.TASK_FORCE):
        raise Malformed(
            _("%(unit)s is not a firm. Choose a firm, a hospital or an organisation.")
            % {"unit": firm},
            details={"firm": _("Choose a firm, a hospital or an organisation.")},
        )


def works_in(person: Person, unit: Unit, now: datetime) -> bool:
    """Whether a person who has not left the house holds a post in a unit."""
    return person.is_active and any(post.unit_id == unit.pk for post in posts_of(person, now))


def check_contact(person: Person, unit: Unit, now: datetime) -> None:
    """A contact holds a post in the unit that it speaks for."""
    if not works_in(person, unit, now):
        raise Malformed(
            _("%(name)s holds no post in %(unit)s. Choose somebody who does.")
            % {"name": person.name, "unit": unit}
        )


def check_at_work(task_force: TaskForce, now: datetime) -> None:
    """Only a task force at work is extended, joined or dissolved; on its day it is over."""
    if task_force.state != TaskForce.State.ACTIVE or task_force.ends_at <= now:
        raise NotNow(
            _("This joint team is over. Set up a new one if it is needed.")
            if task_force.is_joint_team
            else _("This task force is over. Set up a new one if it is needed.")
        )


def check_may_lead(by: Person, task_force: TaskForce, now: datetime) -> None:
    """A task force is dissolved by its contact in the government, or by who may set one up."""
    if by.pk != task_force.for_government_id:
        check_may_set_up(by, task_force, now)


def side_of(task_force: TaskForce, side: Side) -> tuple[Unit, Person]:
    """The unit on a side of a task force, and who speaks for it; a joint team has one side."""
    if side == Side.GOVERNMENT:
        return task_force.government, task_force.for_government
    if task_force.firm is None or task_force.for_firm is None:
        raise Malformed(
            _("A joint team has no firm on its face. Say who leads it."),
            details={"side": _("Choose who leads it.")},
        )
    return task_force.firm, task_force.for_firm


def check_may_replace(by: Person, task_force: TaskForce, before: Person, now: datetime) -> None:
    """Who speaks for a side names a successor; so does who leads it or may set one up."""
    if by.pk != before.pk:
        check_may_lead(by, task_force, now)


def check_another(before: Person, person: Person) -> None:
    """Somebody is replaced by somebody else."""
    if before.pk == person.pk:
        text = _("%(name)s does so already. Choose another person.") % {"name": person.name}
        raise Malformed(text, details={"person": _("Choose another person.")})


def check_community(area: Unit, grids: list[Unit]) -> None:
    """A joint team is for a community, or for some of its grids."""
    if area.tier != Tier.COMMUNITY or area.kind != Kind.AREA:
        raise Malformed(
            _("%(unit)s is not a community. Choose one of its communities.") % {"unit": area},
            details={"area": _("Choose a community.")},
        )
    for grid in grids:
        if grid.tier != Tier.GRID or not grid.path.startswith(area.path):
            raise Malformed(
                _("%(unit)s is not a grid of %(area)s. Choose grids of it, or none for all.")
                % {"unit": grid, "area": area},
                details={"grids": _("Choose grids of this community.")},
            )


def check_in_reach(team: TaskForce, grid: Unit) -> None:
    """A team works in its own area: the whole of it, or the grids it was set up for."""
    reach = [unit.path for unit in team.grids.all()] or [team.area.path]
    if not any(grid.path.startswith(path) for path in reach):
        raise Malformed(
            _("%(grid)s is not in the area of %(team)s. Choose a grid of it.")
            % {"grid": grid, "team": team},
            details={"grid": _("Choose a grid of the team's area.")},
        )


def check_is_joint_team(team: TaskForce) -> None:
    """Parts are held in the joint team of a community only."""
    if not team.is_joint_team:
        raise NotNow(
            _("%(team)s is a task force of government and firms. Take the person in as a member.")
            % {"team": team}
        )


def check_takes_members(force: TaskForce) -> None:
    """Whoever joins the joint team of a community says for whom."""
    if force.is_joint_team:
        raise NotNow(
            _("In a joint team each member has a part. Take the person into the team with it.")
        )


def check_no_member(force: TaskForce, person: Person, now: datetime) -> None:
    """Nobody is in it twice."""
    if any(post.person_id == person.pk for post in posts_in(force.unit, now)):
        raise Malformed(
            _("%(name)s is a member already. Choose another person.") % {"name": person.name},
            details={"person": _("Choose another person.")},
        )


def check_part(
    team: TaskForce, part: str, unit: Unit | None, grid: Unit | None, buildings: list[str]
) -> None:
    """A building lead is there for buildings of a grid, everybody else for a unit of the kind."""
    if part == Part.BUILDING_LEAD:
        if grid is None or not buildings:
            raise Malformed(
                _("Say for which buildings of which grid the building lead is there."),
                details={"buildings": _("Name the buildings, and choose their grid.")},
            )
        return check_in_reach(team, grid)
    elsewhere = part == Part.COMMITTEE and unit and not unit.path.startswith(team.area.path)
    if unit is None or unit.kind not in SPEAKS_FOR[part] or elsewhere:
        raise Malformed(
            _("Say for which unit the member is there: the committee, the firm, the organisation."),
            details={"unit": _("Choose a unit that fits the part.")},
        )
    return None


def check_of_unit(person: Person | None, login: str, unit: Unit | None, now: datetime) -> Person:
    """Who is there for a unit holds a post in it; whether the log-in exists is not told."""
    if not (person and unit and works_in(person, unit, now)):
        raise Malformed(
            _("Nobody with the log-in “%(login)s” holds a post in %(unit)s. Ask there for it.")
            % {"login": login, "unit": unit},
            details={"login": _("Ask the unit for the log-in.")},
        )
    return person


def check_lives_here(person: Person | None, team: TaskForce, now: datetime) -> None:
    """A building lead is new here, or works in the area; nobody else's log-in is taken."""
    if person is None:
        return
    held = areas_of(person, now)
    elsewhere = held and not any(path.startswith(team.area.path) for path in held)
    if elsewhere or not person.is_active:
        raise Malformed(
            _("This log-in belongs to somebody who works elsewhere. Choose another one."),
            details={"login": _("Choose another log-in.")},
        )


def named_buildings(text: str) -> list[str]:
    """The buildings that somebody wrote one after the other, each once."""
    parts = (part.strip() for part in re.split(r"[,，、;；\n]", text))
    return list(dict.fromkeys(part for part in parts if part))


def check_may_let_go(by: Person, member: TeamMember, now: datetime) -> None:
    """A member leaves, or is let go by who leads the team."""
    if by.pk != member.person_id:
        check_may_lead(by, member.team, now)


def check_still_in(member: TeamMember, now: datetime) -> None:
    """Who has left, or leads the team, is not let go."""
    check_at_work(member.team, now)
    if member.left_at is not None:
        raise NotNow(_("This member has left the team already. There is nothing left to do."))
    if member.person_id == member.team.for_government_id:
        raise NotNow(
            _("This member leads the team. Let somebody else lead it first, or dissolve the team.")
        )


def check_is_member(force: TaskForce, person: Person, now: datetime) -> None:
    """A task of a team goes to somebody who holds a post in it."""
    if not works_in(person, force.unit, now):
        raise Malformed(
            _("%(name)s is not a member of %(team)s. Choose a member, or take the person in.")
            % {"name": person.name, "team": force},
            details={"worker": _("Choose a member of the team.")},
        )
