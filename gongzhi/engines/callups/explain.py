"""Why each task got no more people, and why each volunteer was not called.

A task that is short is told the first of these that holds: nobody has the skill; nobody with it
offers the shift; none of those is within reach; all in reach have declined; all who can come are
called here. Else it is told what holds most of those who could come: each of them is

- in a *team* larger than all the places of the task,
- called at that time to a task as *urgent* or more,
- called at that time to a less urgent task, and was so before (*standing*),
- called at that time to a less urgent task where more would be lost (*exchange*),
- called to a shift too close by, and must *rest*,
- called to as many shifts as they may be (*limit*),
- or free, but a *team* larger than the places left.

Equal counts: the first in this list. Where a leader is missing, the same is asked of those who can
lead; a free one may also find all places *full*.
"""

from collections.abc import Mapping

import numpy as np

from .field import Chosen, Field, Group, Whole
from .plan import Short, TaskLine, Uncalled, VolunteerLine
from .settle import Settled

HELD = (
    Short.URGENT, Short.STANDING, Short.EXCHANGE, Short.REST, Short.LIMIT, Short.TEAM, Short.FULL,
)  # fmt: skip
STAGES = (
    Uncalled.NO_TASK, Uncalled.SKILL, Uncalled.FAR, Uncalled.REFUSED, Uncalled.FULL, Uncalled.TEAM,
)  # fmt: skip


def task_lines(state: Settled) -> tuple[TaskLine, ...]:
    """A line for each task, by key."""
    found = {task: _line(state, task, group, row) for task, group, row in state.net.rows()}
    return tuple(found[task] for task in sorted(found))


def _line(state: Settled, task: int, group: Group, row: int) -> TaskLine:
    net = state.net
    asked = net.tasks[task]
    reason: Short = Short.NONE
    held: Mapping[Short, int] = {}
    if state.gap(task) > 0:
        everybody = np.ones(len(net.volunteers), dtype=np.bool_)
        reason, held = _why(state, task, group, row, everybody)
    unled = None
    if asked.leader and not state.led[task]:
        unled = _why(state, task, group, row, net.leads)[0]
    return TaskLine(
        task=asked.key, urgency=asked.urgency, wanted=asked.headcount,
        staffed=int(state.staffed[task]), leader=_leader(state, task) if asked.leader else "",
        reason=reason, held=held, unled=unled, policy=net.policy.version,
    )  # fmt: skip


def _leader(state: Settled, task: int) -> str:
    """The nearest of those called who can lead."""
    net = state.net
    able = [(far, v) for (v, t), far in state.called.items() if t == task and net.leads[v]]
    return net.volunteers[min(able)[1]].key if able else ""


def _why(
    state: Settled, task: int, group: Group, row: int, among: Chosen
) -> tuple[Short, Mapping[Short, int]]:
    """The reason of a task, among some of the volunteers, and what holds those who could come."""
    mine = among[group.people]
    if not group.ready[row, mine].any():
        return _nobody(state.net, task, group, row, among), {}
    people = group.people[group.ready[row] & mine]
    here = np.array([(v, task) in state.called for v in people.tolist()], dtype=np.bool_)
    if here.all():
        return Short.ALL_HERE, {}
    kinds = _held(state, task, group.shift, people[~here])
    counts = {HELD[k]: int((kinds == k).sum()) for k in range(len(HELD))}
    held = {reason: count for reason, count in counts.items() if count}
    return max(held, key=lambda reason: held[reason]), held


def _nobody(net: Field, task: int, group: Group, row: int, among: Chosen) -> Short:
    """Why nobody at all could come."""
    if not among[group.people].any():
        skill = net.tasks[task].skill
        some = any(v.can(skill) and among[i] for i, v in enumerate(net.volunteers))
        return Short.SHIFT if some else Short.SKILL
    return Short.REFUSED if group.open[row, among[group.people]].any() else Short.FAR


def _held(state: Settled, task: int, shift: int, people: Whole) -> Whole:
    """What holds each of these, as a place in HELD."""
    net, same = state.net, state.net.overlap[shift]
    urgency = state.urgency[people][:, same].min(axis=1)
    kept = state.kept[people][:, same].any(axis=1)
    close = state.there[people][:, net.close[shift]].any(axis=1)
    large = net.people[people] > net.wanted[task]
    free = Short.TEAM if state.gap(task) > 0 else Short.FULL
    rules = (
        (large, Short.TEAM),
        (urgency <= net.urgency[task], Short.URGENT),
        ((urgency <= 3) & kept, Short.STANDING),
        (urgency <= 3, Short.EXCHANGE),
        (close, Short.REST),
        (state.used[people] >= net.limit[people], Short.LIMIT),
    )
    return np.select(
        [holds for holds, _ in rules],
        [HELD.index(reason) for _, reason in rules],
        HELD.index(free),
    ).astype(np.int64)


def volunteer_lines(state: Settled) -> tuple[VolunteerLine, ...]:
    """A line for each volunteer, by key."""
    net = state.net
    tasks: dict[int, list[str]] = {}
    for volunteer, task in sorted(state.called):
        tasks.setdefault(volunteer, []).append(net.tasks[task].key)
    stages = _stages(state)
    return tuple(
        VolunteerLine(one.key, tuple(tasks.get(i, ())), None if i in tasks else STAGES[stages[i]])
        for i, one in enumerate(net.volunteers)
    )


def _stages(state: Settled) -> list[int]:
    """How far each volunteer's offer got with any task, as a place in STAGES."""
    net = state.net
    stage = np.zeros(len(net.volunteers), dtype=np.int64)
    busy = {net.shifts[group.shift].key for group in net.groups}
    for i, one in enumerate(net.volunteers):
        stage[i] = bool(one.shifts & busy)
    for group in net.groups:
        short = net.wanted[group.tasks] > state.staffed[group.tasks]
        reached = np.full(len(group.people), 2)
        reached[group.open.any(axis=0)] = 3
        reached[group.ready.any(axis=0)] = 4
        reached[group.ready[short].any(axis=0)] = 5
        np.maximum.at(stage, group.people, reached)
    found: list[int] = stage.tolist()
    return found
