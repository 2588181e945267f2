"""A problem laid out as arrays: who can do which task, how far away, and the nearest pairs.

Volunteers, tasks and shifts are in the order of their keys, so that the order in which they were
given changes nothing. Tasks of one shift and one skill share their candidates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .values import EARTH_M, Policy, Problem, Standing, Task, Volunteer, crowds

Whole = NDArray[np.int64]
Chosen = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Group:
    """Tasks of one shift and one skill, and all who offer the shift and have the skill.

    far: metres from each task (row) to each candidate (column). open: whether the candidate is
    within reach of the task. ready: open, and not refused.
    """

    shift: int
    skill: str
    tasks: Whole
    people: Whole
    far: Whole
    open: Chosen
    ready: Chosen


@dataclass(frozen=True, eq=False)
class Pairs:
    """Volunteers who may be called to tasks, one row each: numbers, metres, points, whether firm.

    worth: what the call-up brings in points, its journey paid, the bonus of keeping it included.
    """

    volunteer: Whole
    task: Whole
    far: Whole
    worth: Whole
    firm: Chosen


class Field:
    """A problem under a policy, as arrays."""

    def __init__(self, problem: Problem, policy: Policy) -> None:
        self.problem, self.policy = problem, policy
        self.shifts = tuple(sorted(problem.shifts, key=lambda s: s.key))
        self.volunteers = tuple(sorted(problem.volunteers, key=lambda v: v.key))
        self.tasks = tuple(sorted(problem.tasks, key=lambda t: t.key))
        self.number = {v.key: i for i, v in enumerate(self.volunteers)}
        self.line = {t.key: i for i, t in enumerate(self.tasks)}
        self.column = {s.key: i for i, s in enumerate(self.shifts)}
        self.people = _whole([v.people for v in self.volunteers])
        self.leads = np.array([v.leads for v in self.volunteers], dtype=np.bool_)
        self.limit = _whole([policy.shifts_of(v) for v in self.volunteers])
        self.reach = _whole([policy.reach_m(v) for v in self.volunteers])
        self.wanted = _whole([t.headcount for t in self.tasks])
        self.urgency = _whole([t.urgency for t in self.tasks])
        self.weight = _whole([policy.weight(t) for t in self.tasks])
        self.shift_of = _whole([self.column[t.shift] for t in self.tasks])
        self.crowds = tuple(
            tuple(self.column[key] for key in group) for group in crowds(problem.shifts, policy)
        )

    @cached_property
    def close(self) -> Chosen:
        """Whether one person can be called to only one of two shifts."""
        rows = [[not self.policy.apart(a, b) for b in self.shifts] for a in self.shifts]
        return np.array(rows, dtype=np.bool_).reshape(len(self.shifts), len(self.shifts))

    @cached_property
    def overlap(self) -> Chosen:
        """Whether two shifts have some time in common."""
        rows = [
            [a.begins_h < b.ends_h and b.begins_h < a.ends_h for b in self.shifts]
            for a in self.shifts
        ]
        return np.array(rows, dtype=np.bool_).reshape(len(self.shifts), len(self.shifts))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Tasks with the same candidates, with those candidates."""
        found: dict[tuple[int, str], list[int]] = {}
        for number, task in enumerate(self.tasks):
            found.setdefault((self.column[task.shift], task.skill), []).append(number)
        refused: dict[int, list[int]] = {}
        for volunteer, task_key in self.problem.refused:
            if volunteer in self.number and task_key in self.line:
                refused.setdefault(self.line[task_key], []).append(self.number[volunteer])
        return tuple(self._group(*key, tasks, refused) for key, tasks in sorted(found.items()))

    def _group(
        self, shift: int, skill: str, tasks: list[int], refused: dict[int, list[int]]
    ) -> Group:
        name = self.shifts[shift].key
        people = _whole(
            [i for i, v in enumerate(self.volunteers) if name in v.shifts and v.can(skill)]
        )
        far = _metres([self.tasks[t] for t in tasks], [self.volunteers[v] for v in people.tolist()])
        near = far <= self.reach[people]
        ready = near.copy()
        for row, task in enumerate(tasks):
            ready[row] &= ~np.isin(people, _whole(refused.get(task, [])))
        return Group(shift, skill, _whole(tasks), people, far, near, ready)

    def rows(self) -> Iterator[tuple[int, Group, int]]:
        """Each task with its group and its row there."""
        for group in self.groups:
            for row, task in enumerate(group.tasks.tolist()):
                yield task, group, row

    @cached_property
    def standing(self) -> dict[tuple[int, int], Standing]:
        """Call-ups of the plan before, by the numbers of volunteer and task."""
        rows = self.problem.standing
        return {(self.number[row.volunteer], self.line[row.task]): row for row in rows}

    @cached_property
    def pairs(self) -> Pairs:
        """The pairs worth looking at: each task's nearest, its nearest leaders, what stands."""
        chosen: dict[tuple[int, int], int] = {}
        for task, group, row in self.rows():
            for column in self._nearest(task, group, row):
                chosen[int(group.people[column]), task] = int(group.far[row, column])
        self._add_standing(chosen)
        keys = sorted(chosen)
        volunteer, task_of = _whole([v for v, _ in keys]), _whole([t for _, t in keys])
        far = _whole([chosen[key] for key in keys])
        firm = [key in self.standing and self.standing[key].firm for key in keys]
        kept = _whole([key in self.standing for key in keys])
        worth = self.weight[task_of] * self.people[volunteer] + kept * self.policy.keep_value
        worth -= self._journeys(far) * self.people[volunteer]
        return Pairs(volunteer, task_of, far, worth, np.array(firm, dtype=np.bool_))

    def _journeys(self, far: Whole) -> Whole:
        share = np.minimum(1.0, far / (1000 * self.policy.reach_km))
        cost: Whole = np.rint(self.policy.distance_cost * share).astype(np.int64)
        return cost

    def _nearest(self, task: int, group: Group, row: int) -> list[int]:
        """Columns of those looked at for a task: so many for each person wanted, nearest first."""
        fits = group.ready[row] & (self.people[group.people] <= self.wanted[task])
        columns = np.flatnonzero(fits)
        columns = columns[np.argsort(group.far[row, columns], kind="stable")]
        most = self.policy.nearest * int(self.wanted[task])
        taken: list[int] = columns[:most].tolist()
        if self.tasks[task].leader:
            able = columns[self.leads[group.people[columns]]]
            taken += able[: self.policy.nearest].tolist()
        return taken

    def _add_standing(self, chosen: dict[tuple[int, int], int]) -> None:
        """Add who is called already: a firm call-up always, another one while it is possible."""
        place = {task: (group, row) for task, group, row in self.rows()}
        for (volunteer, task), row in self.standing.items():
            group, at = place[task]
            column = int(np.searchsorted(group.people, volunteer))
            known = column < len(group.people) and group.people[column] == volunteer
            if known and group.ready[at, column] and self.people[volunteer] <= self.wanted[task]:
                chosen[volunteer, task] = int(group.far[at, column])
            elif row.firm:
                far = _metres([self.tasks[task]], [self.volunteers[volunteer]])
                chosen[volunteer, task] = int(far[0, 0])


def _whole(numbers: list[int] | list[bool]) -> Whole:
    return np.array(numbers, dtype=np.int64)


def _metres(tasks: list[Task], volunteers: list[Volunteer]) -> Whole:
    """Whole metres from each task (row) to each volunteer (column), by haversine."""
    a = np.radians(np.array([t.at for t in tasks], dtype=np.float64).reshape(-1, 2))
    b = np.radians(np.array([v.at for v in volunteers], dtype=np.float64).reshape(-1, 2))
    lon_a, lat_a, lon_b, lat_b = a[:, :1], a[:, 1:], b[:, 0], b[:, 1]
    h = np.sin((lat_b - lat_a) / 2) ** 2
    h = h + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    far: Whole = np.rint(2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(1.0, h)))).astype(np.int64)
    return far
