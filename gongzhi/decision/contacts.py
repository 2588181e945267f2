"""Let somebody else lead a task force or joint team, or speak for its firm (更换负责人)."""

from __future__ import annotations

from datetime import datetime

from gongzhi.actors.actions import take_post_back
from gongzhi.actors.models import Person, Post, Role, Unit
from gongzhi.actors.queries import posts_in
from gongzhi.decision.models import TaskForce, TeamMember
from gongzhi.decision.task_forces import Reason, join
from gongzhi.decision.team_policies import (
    Side,
    check_another,
    check_at_work,
    check_contact,
    check_may_replace,
    side_of,
    works_in,
)  # fmt: skip
from gongzhi.decision.teams import member_in
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed


@deed()
def replace_contact(
    *,
    task_force: TaskForce,
    person: Person,
    reason: Reason,
    side: Side = Side.GOVERNMENT,
    by: Person,
    now: datetime,
) -> TaskForce:
    """Let another person lead a task force or joint team, or speak for its firm, and say why.

    Whoever did so before stays as a member while holding a post in the unit.
    """
    unit, before = side_of(task_force, side)
    check_may_replace(by, task_force, before, now)
    check_at_work(task_force, now)
    check_another(before, person)
    check_contact(person, unit, now)
    task_force.change(**{f"for_{side}": person})
    _step_back(task_force, before, unit, reason, by, now)
    _lead(task_force, person, unit, by, now)
    append(
        verb="decision.replace_contact", subject=task_force, place=task_force.unit, by=by, now=now,
        side=side, before=before.ref, person=person.ref, reason=reason,
    )  # fmt: skip
    return task_force


def _posts(force: TaskForce, person: Person, now: datetime) -> list[Post]:
    return [post for post in posts_in(force.unit, now) if post.person_id == person.pk]


def _membership(force: TaskForce, person: Person) -> TeamMember | None:
    return force.members.filter(person=person, left_at=None).first()


def _lead(force: TaskForce, person: Person, unit: Unit, by: Person, now: datetime) -> None:
    """The post of whoever leads or speaks for a side; in a joint team with a part as well."""
    member = _membership(force, person)
    post = _in_role(force, person, Role.OFFICER, by, now)
    if member is not None:
        member.change(post=post)
    elif force.is_joint_team:
        member_in(force, TeamMember.Part.COMMITTEE, post, now, unit=unit)


def _step_back(
    force: TaskForce, person: Person, unit: Unit, reason: str, by: Person, now: datetime
) -> None:
    """Whoever led stays as a member while still at work there, and leaves otherwise."""
    if person.pk in (force.for_government_id, force.for_firm_id):  # speaks for the other side
        return
    member = _membership(force, person)
    if works_in(person, unit, now):
        post = _in_role(force, person, Role.CLERK, by, now)
        if member is not None:
            member.change(post=post)
        return
    for post in _posts(force, person, now):
        take_post_back(post=post, by=by, now=now)
    if member is not None:
        member.change(left_at=now, reason_left=reason)


def _in_role(force: TaskForce, person: Person, role: Role, by: Person, now: datetime) -> Post:
    """The person's post in the task force in this role; one in another role ends with it."""
    held = _posts(force, person, now)
    for post in held:
        if post.role == role:
            return post
        take_post_back(post=post, by=by, now=now)
    return join(force, person, role, by, now)
