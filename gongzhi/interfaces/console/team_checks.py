"""What the deeds of task forces, joint teams and field work will ask, as in `checks`."""

from __future__ import annotations

from typing import Any

from gongzhi.actors.policies import check_may
from gongzhi.assessment.policies import check_is_open
from gongzhi.decision.team_policies import (
    check_at_work,
    check_community,
    check_is_joint_team,
    check_may_lead,
    check_may_let_go,
    check_may_set_up,
    check_still_in,
    check_takes_members,
)
from gongzhi.fieldwork import policies as fieldwork
from gongzhi.fieldwork.queries import does
from gongzhi.interfaces.console.checking import Check, allows, dated, power, state
from gongzhi.interfaces.console.frame import Reader


def _takes_up(task: Any, reader: Reader) -> None:
    team = fieldwork.check_of_team(task)
    check_may(reader.by, "take_team_task", team.unit, reader.now)
    check_at_work(team, reader.now)
    fieldwork.check_to_take(task)


def _of_team(task: Any, _reader: Reader) -> None:
    fieldwork.check_of_team(task)


def _replaces(force: Any, reader: Reader) -> None:
    spoken_for = {force.for_government_id, force.for_firm_id}
    if reader.by.pk not in spoken_for:
        check_may_lead(reader.by, force, reader.now)


def _does(task: Any, reader: Reader) -> None:
    check_may(reader.by, *does(task, reader.now), reader.now)


def _works(task: Any, reader: Reader) -> None:
    fieldwork.check_can_work(task, reader.by)


_OPEN = state(check_is_open)
_HANDED_OUT: tuple[Check, ...] = (
    allows(fieldwork.check_may_hand_out), state(fieldwork.check_is_open),
)  # fmt: skip
_TAKEN_UP: tuple[Check, ...] = (_of_team, _works, _does)

OF_TEAMS: dict[tuple[str, str, str], tuple[Check, ...]] = {
    ("decision", "take_in_member", "task_force"): (
        allows(check_may_set_up), dated(check_at_work), state(check_takes_members),
    ),
    ("decision", "extend_task_force", "task_force"): (
        allows(check_may_set_up), dated(check_at_work),
    ),
    ("decision", "dissolve_task_force", "task_force"): (
        allows(check_may_lead), dated(check_at_work),
    ),
    ("decision", "replace_contact", "task_force"): (_replaces, dated(check_at_work)),
    ("decision", "set_up_task_force", "area"): (power("set_up_task_force", ""),),
    ("decision", "set_up_joint_team", "area"): (
        power("set_up_joint_team", ""), lambda area, _r: check_community(area, []),
    ),
    ("decision", "take_into_team", "team"): (
        allows(check_may_lead), state(check_is_joint_team), dated(check_at_work),
    ),
    ("decision", "let_member_go", "member"): (allows(check_may_let_go), dated(check_still_in)),
    ("fieldwork", "assign_task", "incident"): (_OPEN,),
    ("fieldwork", "assign_doors", "incident"): (_OPEN,),
    ("fieldwork", "cancel_task", "task"): _HANDED_OUT,
    ("fieldwork", "hand_over_task", "task"): _HANDED_OUT,
    ("fieldwork", "put_on_board", "team"): (power("run_team_board", "unit"), dated(check_at_work)),
    ("fieldwork", "take_up_task", "task"): (_takes_up,),
    ("fieldwork", "finish_task", "task"): _TAKEN_UP,
    ("fieldwork", "give_back_task", "task"): _TAKEN_UP,
    ("fieldwork", "record_visit", "task"): (power("record_visit", "grid"), _works),
    ("fieldwork", "list_households", "grid"): (power("record_visit", ""),),
    ("fieldwork", "assign_task", "grid"): (power("assign_task", ""),),
    ("fieldwork", "assign_doors", "grid"): (power("assign_task", ""),),
}  # fmt: skip
"""(room, verb, input) → what is asked, in the deed's own order."""
