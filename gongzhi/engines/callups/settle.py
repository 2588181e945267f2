"""Who is called after the program: its pairs, then whoever is free for a task still short.

The program looks only at near pairs. A task that is still short is offered everybody who could
come, so that nobody who is free is left at home while it waits.
"""

import numpy as np

from .field import Chosen, Field, Group, Whole

NOBODY = 9
"""Stands for no task in the tables of urgency."""


class Settled:
    """Call-ups as they grow: who is called where, and who is held by what."""

    def __init__(self, net: Field, chosen: Chosen) -> None:
        self.net = net
        people, shifts = len(net.volunteers), len(net.shifts)
        self.called: dict[tuple[int, int], int] = {}
        self.used = np.zeros(people, dtype=np.int64)
        self.staffed = np.zeros(len(net.tasks), dtype=np.int64)
        self.led = np.zeros(len(net.tasks), dtype=np.bool_)
        self.there = np.zeros((people, shifts), dtype=np.bool_)
        self.urgency = np.full((people, shifts), NOBODY, dtype=np.int64)
        self.kept = np.zeros((people, shifts), dtype=np.bool_)
        pairs = net.pairs
        for row in np.flatnonzero(chosen).tolist():
            self.call(int(pairs.volunteer[row]), int(pairs.task[row]), int(pairs.far[row]))

    def call(self, volunteer: int, task: int, far: int) -> None:
        """Call one volunteer to one task."""
        net, shift = self.net, int(self.net.shift_of[task])
        self.called[volunteer, task] = far
        self.used[volunteer] += 1
        self.staffed[task] += net.people[volunteer]
        self.led[task] |= net.leads[volunteer]
        self.there[volunteer, shift] = True
        before = self.urgency[volunteer, shift]
        self.urgency[volunteer, shift] = min(before, net.urgency[task])
        self.kept[volunteer, shift] |= (volunteer, task) in net.standing

    def free(self, people: Whole, shift: int) -> Chosen:
        """Which of these volunteers could take one shift more."""
        close = self.there[people][:, self.net.close[shift]].any(axis=1)
        able: Chosen = ~close & (self.used[people] < self.net.limit[people])
        return able

    def gap(self, task: int) -> int:
        """People still wanted."""
        return int(self.net.wanted[task] - self.staffed[task])


def settle(net: Field, chosen: Chosen) -> Settled:
    """Take the program's call-ups, and call whoever is still free to what is still short."""
    state = Settled(net, chosen)
    place = {task: (group, row) for task, group, row in net.rows()}
    short = [task for task in place if state.gap(task) > 0]
    for task in sorted(short, key=lambda t: (net.urgency[t], t)):
        _call_free(state, task, *place[task])
    return state


def _call_free(state: Settled, task: int, group: Group, row: int) -> None:
    """Call the free who could come to one task, a missing leader first, then the nearest."""
    net = state.net
    columns = np.flatnonzero(group.ready[row] & state.free(group.people, group.shift))
    wants = net.tasks[task].leader and not state.led[task]
    later = ~net.leads[group.people[columns]] if wants else np.zeros(len(columns), dtype=np.bool_)
    for at in np.lexsort((group.far[row, columns], later)).tolist():
        column = int(columns[at])
        volunteer = int(group.people[column])
        if net.people[volunteer] <= state.gap(task):
            state.call(volunteer, task, int(group.far[row, column]))
