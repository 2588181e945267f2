"""Set up a task force, take members in, extend it, let it end with a record (专班).

A joint team of a community is extended, announced and dissolved by the same deeds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from gongzhi.actors.actions import extend_posts, give_post, open_unit
from gongzhi.actors.models import Kind, Person, Post, Role, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import posts_in
from gongzhi.assessment.models import Incident
from gongzhi.decision.ends import announced, later_end
from gongzhi.decision.models import TaskForce
from gongzhi.decision.policies import lasting
from gongzhi.decision.queries import (
    deeds_in,
    power_of,
    stage_reached,
    task_forces_over,
    task_forces_to_announce,
)  # fmt: skip
from gongzhi.decision.team_policies import (
    check_at_work,
    check_contact,
    check_later_end,
    check_may_lead,
    check_may_set_up,
    check_no_member,
    check_sides,
    check_takes_members,
)  # fmt: skip
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.ledger.records import digest

Name = Annotated[str, Field(min_length=1, max_length=80)]
Reason = Annotated[str, Field(min_length=1, max_length=300)]


@deed(asks_above="set_up_task_force")
def set_up_task_force(
    *,
    area: Unit,
    name: Name,
    purpose: Reason,
    legal_basis: Reason,
    government: Unit,
    for_government: Person,
    firm: Unit,
    for_firm: Person,
    ends_at: datetime,
    incident: Incident | None = None,
    by: Person,
    now: datetime,
) -> TaskForce:
    """Set up a task force of government and firms, both contacts named, until a day (专班)."""
    power = str(check_may(by, "set_up_task_force", area, now, lasting(ends_at - now)))
    check_later_end(now, ends_at)
    check_sides(government, firm)
    for person, unit in ((for_government, government), (for_firm, firm)):
        check_contact(person, unit, now)
    unit = unit_of_its_own(area, name, by, now)
    force = TaskForce.objects.create(
        area=area, unit=unit, incident=incident, purpose=purpose, legal_basis=legal_basis,
        power=power, government=government, for_government=for_government, firm=firm,
        for_firm=for_firm, starts_at=now, ends_at=ends_at,
        announced_minutes=stage_reached(ends_at, now),
    )  # fmt: skip
    for person in {for_government, for_firm}:
        join(force, person, Role.OFFICER, by, now)
    append(
        verb="decision.set_up_task_force", subject=force, place=unit, by=by, now=now,
        purpose=purpose, government=government.path, firm=firm.path, ends_at=ends_at,
        contacts=[for_government.ref, for_firm.ref], legal_basis=legal_basis, power=power,
    )  # fmt: skip
    return force


def unit_of_its_own(area: Unit, name: str, by: Person, now: datetime) -> Unit:
    """The unit in which the members of a task force hold their posts."""
    return open_unit(
        parent=area, code=_next_code(area), name=name, kind=Kind.TASK_FORCE, tier=area.tier,
        by=by, now=now,
    )  # fmt: skip


def _next_code(area: Unit) -> str:
    """The code of an area's next task force; who sets up another one waits for its turn."""
    Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=area.pk)
    number = Unit.objects.filter(parent=area, kind=Kind.TASK_FORCE).count() + 1
    return f"TF{area.pk}-{number}"


def join(force: TaskForce, person: Person, role: Role, by: Person, now: datetime) -> Post:
    """Give a person a post in the task force, which ends with it."""
    return give_post(
        person=person, unit=force.unit, role=role, ends_at=force.ends_at, by=by, now=now
    )


@deed()
def take_in_member(*, task_force: TaskForce, person: Person, by: Person, now: datetime) -> Post:
    """Take a person into a task force until its end."""
    check_may_set_up(by, task_force, now)
    check_at_work(task_force, now)
    check_takes_members(task_force)
    check_no_member(task_force, person, now)
    post = join(task_force, person, Role.CLERK, by, now)
    append(
        verb="decision.take_in_member", subject=task_force, place=task_force.unit, by=by, now=now,
        person=person.ref,
    )  # fmt: skip
    return post


@deed(asks_above="set_up_task_force")
def extend_task_force(
    *, task_force: TaskForce, ends_at: datetime, reason: Reason, by: Person, now: datetime
) -> TaskForce:
    """Let a task force or joint team work until a later day, with the reason."""
    lasts = lasting(ends_at - task_force.starts_at)
    check_may(by, power_of(task_force), task_force.area, now, lasts)
    check_at_work(task_force, now)
    check_later_end(task_force.ends_at, ends_at)
    extend_posts(unit=task_force.unit, ends_at=ends_at, by=by, now=now)
    task_force.change(
        extensions=[*task_force.extensions, later_end(ends_at, reason, by, now)],
        ends_at=ends_at, announced_minutes=stage_reached(ends_at, now),
    )  # fmt: skip
    append(
        verb="decision.extend_task_force", subject=task_force, place=task_force.unit, by=by,
        now=now, ends_at=ends_at, reason=reason,
    )  # fmt: skip
    return task_force


@deed()
def dissolve_task_force(
    *, task_force: TaskForce, reason: Reason, by: Person, now: datetime
) -> TaskForce:
    """Dissolve a task force or joint team before its day, with a record of what it did."""
    check_may_lead(by, task_force, now)
    check_at_work(task_force, now)
    _dissolve(task_force, reason, by, now)
    return task_force


def _dissolve(force: TaskForce, reason: str, by: Person, now: datetime) -> None:
    """End the task force and its posts; keep what the ledger says it did."""
    done: dict[str, Any] = {
        "members": len(posts_in(force.unit, min(now, force.ends_at), including_end=True)),
        "hours": int((now - force.starts_at).total_seconds() // 3600),
        "deeds": deeds_in(force.unit, force.starts_at, now),
    }
    extend_posts(unit=force.unit, ends_at=min(now, force.ends_at), by=by, now=now)
    force.change(
        state=TaskForce.State.DISSOLVED, ended_at=now, reason_ended=reason, done=done,
        done_digest=digest(done),
    )  # fmt: skip
    append(
        verb="decision.dissolve_task_force", subject=force, place=force.unit, by=by, now=now,
        reason=reason, should_end_at=force.ends_at, done=done, digest=force.done_digest,
    )  # fmt: skip


@deed(by_hand=False)
def announce_task_force_ends(*, by: Person, now: datetime) -> list[TaskForce]:
    """Announce every task force whose end is near, once for each stage ahead of it."""
    return announced(
        task_forces_to_announce(now), lambda force: force.unit, by, now,
        verb="decision.announce_task_force_end",
    )  # fmt: skip


@deed(by_hand=False)
def dissolve_task_forces_due(*, by: Person, now: datetime) -> list[TaskForce]:
    """Dissolve every task force whose day has come, with a record of what it did."""
    over = take(task_forces_over, now=now)
    for force in over:
        _dissolve(force, "end date reached", by, now)
    return over
