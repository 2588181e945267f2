"""The verb: call volunteers and teams up to tasks."""

from .explain import task_lines, volunteer_lines
from .field import Field
from .plan import CallUp, Plan, Summary, TaskLine, fills
from .program import best_pairs
from .settle import Settled, settle
from .values import Policy, Problem


def call_up(problem: Problem, *, policy: Policy) -> Plan:
    """Call up volunteers so that the fewest people are missing where it is most urgent.

    Same input in any order, same plan. Near pairs are solved as one integer program; whoever is
    free is then called to what is still short, however far within reach.
    """
    net = Field(problem, policy)
    chosen, gap = best_pairs(net)
    state = settle(net, chosen)
    lines = task_lines(state)
    kept = sum(pair in state.called for pair in net.standing)
    return Plan(
        policy=policy.version,
        call_ups=_call_ups(state),
        tasks=lines,
        volunteers=volunteer_lines(state),
        summary=Summary(
            fills=fills(lines),
            called=len(state.called),
            standing=len(net.standing),
            kept=kept,
            points=_points(state, lines, kept),
            gap=gap,
        ),
    )


def _call_ups(state: Settled) -> tuple[CallUp, ...]:
    net = state.net
    rows = []
    for (volunteer, task), far in state.called.items():
        before = net.standing.get((volunteer, task))
        rows.append(
            CallUp(
                task=net.tasks[task].key,
                volunteer=net.volunteers[volunteer].key,
                distance_m=far,
                people=net.volunteers[volunteer].people,
                kept=before is not None,
                firm=before is not None and before.firm,
            )
        )
    return tuple(sorted(rows))


def _points(state: Settled, lines: tuple[TaskLine, ...], kept: int) -> int:
    """Worth of the whole plan in points."""
    net, policy = state.net, state.net.policy
    people = sum(int(net.weight[t] * net.people[v]) for v, t in state.called)
    ways = sum(policy.journey(far, int(net.people[v])) for (v, _), far in state.called.items())
    unled = sum(
        int(weight)
        for weight, line in zip(net.weight, lines, strict=True)
        if line.unled is not None
    )
    return people - ways + kept * policy.keep_value - policy.leader_counts * unled
