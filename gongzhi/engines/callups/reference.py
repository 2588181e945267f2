"""The slow, obviously right twin: every set of pairs is tried; and a checker of any plan.

It shares the values and the words with the engine, and none of its arrays or its program.
"""

from collections import Counter
from itertools import combinations

from .plan import Plan, Short, Uncalled
from .values import Policy, Problem, Task, Volunteer, metres

Pair = tuple[str, str]


def best_points(problem: Problem, *, policy: Policy) -> int:
    """The most points that any plan has; only for a dozen pairs or so."""
    firm = {row.pair for row in problem.standing if row.firm}
    open_pairs = sorted(_possible(problem, policy) - firm)
    plans = (
        firm | set(extra)
        for size in range(len(open_pairs) + 1)
        for extra in combinations(open_pairs, size)
    )
    return max(points_of(problem, p, policy) for p in plans if not broken(problem, p, policy))


def points_of(problem: Problem, pairs: set[Pair], policy: Policy) -> int:
    """Points of a plan: people by urgency, less journeys and missing leaders, and what is kept."""
    points = sum(_worth(problem, pair, policy) for pair in pairs)
    for task in problem.tasks:
        if task.leader and not any(v.leads for v in _called(problem, pairs, task)):
            points -= policy.leader_counts * policy.weight(task)
    return points


def _worth(problem: Problem, pair: Pair, policy: Policy) -> int:
    who, task = problem.by_volunteer[pair[0]], problem.by_task[pair[1]]
    kept = pair in {row.pair for row in problem.standing}
    way = policy.journey(metres(who.at, task.at), who.people)
    return policy.weight(task) * who.people - way + kept * policy.keep_value


def broken(problem: Problem, pairs: set[Pair], policy: Policy) -> list[str]:
    """Every rule that a plan breaks, as sentences; a firm call-up is a fact and breaks none."""
    firm = {row.pair for row in problem.standing if row.firm}
    said = [f"{v} is firmly called to {t} and was left out." for v, t in sorted(firm - pairs)]
    able = _possible(problem, policy)
    for volunteer, task in sorted(pairs - firm):
        if (volunteer, task) not in able:
            said.append(f"{volunteer} may not be called to {task}.")
    for task_row in problem.tasks:
        added = sum(v.people for v in _called(problem, pairs - firm, task_row))
        people = added + sum(v.people for v in _called(problem, firm, task_row))
        if added and people > task_row.headcount:
            said.append(f"{people} are called to {task_row.key}, {task_row.headcount} wanted.")
    for one in problem.volunteers:
        said += _overworked(problem, one, pairs, firm, policy)
    return said


def _overworked(
    problem: Problem, one: Volunteer, pairs: set[Pair], firm: set[Pair], policy: Policy
) -> list[str]:
    mine = sorted(pair for pair in pairs if pair[0] == one.key)
    added = [pair for pair in mine if pair not in firm]
    said = []
    if added and len(mine) > policy.shifts_of(one):
        said.append(f"{one.key} is called to {len(mine)} shifts.")
    for a, b in combinations(mine, 2):
        if a in firm and b in firm:
            continue
        first, second = (problem.by_shift[problem.by_task[p[1]].shift] for p in (a, b))
        if not policy.apart(first, second):
            said.append(f"{one.key} has no rest between {a[1]} and {b[1]}.")
    return said


def _called(problem: Problem, pairs: set[Pair], task: Task) -> list[Volunteer]:
    return [problem.by_volunteer[v] for v, t in sorted(pairs) if t == task.key]


def _near(one: Volunteer, task: Task, policy: Policy) -> bool:
    return metres(one.at, task.at) <= policy.reach_m(one)


def _suits(one: Volunteer, task: Task, policy: Policy) -> bool:
    return one.can(task.skill) and task.shift in one.shifts and _near(one, task, policy)


def _possible(problem: Problem, policy: Policy) -> set[Pair]:
    """Who may be called to what, as far as one pair can tell."""
    return {
        (v.key, t.key)
        for v in problem.volunteers
        for t in problem.tasks
        if _suits(v, t, policy) and (v.key, t.key) not in problem.refused
        and v.people <= t.headcount
    }  # fmt: skip


def check(problem: Problem, plan: Plan, *, policy: Policy) -> list[str]:
    """Everything wrong with a plan and what it says of itself, as sentences; none if all is well.

    Rules, sums, that nobody free is left out while a task is short, and each line's reason.
    """
    pairs = set(plan.pairs)
    said = broken(problem, pairs, policy)
    if plan.summary.points != points_of(problem, pairs, policy):
        said.append(f"{plan.summary.points} points are claimed.")
    if plan.summary.kept != sum(row.pair in pairs for row in problem.standing):
        said.append(f"{plan.summary.kept} call-ups are said to be kept.")
    for row in plan.call_ups:
        far = metres(problem.by_volunteer[row.volunteer].at, problem.by_task[row.task].at)
        if far != row.distance_m:
            said.append(f"{row.volunteer} is {far} m from {row.task}, not {row.distance_m}.")
    for line in plan.tasks:
        task = problem.by_task[line.task]
        called = _called(problem, pairs, task)
        if line.staffed != sum(v.people for v in called):
            said.append(f"{line.staffed} are said to be called to {task.key}.")
        leads = {v.key for v in called if v.leads} if task.leader else set()
        if line.leader not in (leads or {""}):
            said.append(f"{line.leader} is said to lead {task.key}.")
        reason, held = _reason(problem, task, pairs, policy)
        if Short.FULL in held:
            said.append(f"Somebody is free for {task.key}, and was not called.")
        if (line.reason, Counter(line.held)) != (reason, held):
            said.append(f"{task.key} is told {line.reason} ({line.held}).")
    for row_of in plan.volunteers:
        one = problem.by_volunteer[row_of.volunteer]
        tasks = {t for v, t in pairs if v == one.key}
        if set(row_of.tasks) != tasks or row_of.why != _why_not(problem, one, pairs, policy):
            said.append(f"{one.key} is told {row_of.tasks}, {row_of.why}.")
    return said


def _gap(problem: Problem, task: Task, pairs: set[Pair]) -> int:
    return task.headcount - sum(v.people for v in _called(problem, pairs, task))


def _reason(
    problem: Problem, task: Task, pairs: set[Pair], policy: Policy
) -> tuple[Short, Counter[Short]]:
    """Why a task is short, and what holds those who could come."""
    nothing: Counter[Short] = Counter()
    if _gap(problem, task, pairs) <= 0:
        return Short.NONE, nothing
    skilled = [v for v in problem.volunteers if v.can(task.skill)]
    there = [v for v in skilled if task.shift in v.shifts]
    near = [v for v in there if _near(v, task, policy)]
    willing = [v for v in near if (v.key, task.key) not in problem.refused]
    for left, reason in (
        (skilled, Short.SKILL), (there, Short.SHIFT), (near, Short.FAR), (willing, Short.REFUSED),
    ):  # fmt: skip
        if not left:
            return reason, nothing
    others = [v for v in willing if (v.key, task.key) not in pairs]
    if not others:
        return Short.ALL_HERE, nothing
    held = Counter(_holds(problem, task, v, pairs, policy) for v in others)
    order = list(Short)
    return min(held, key=lambda reason: (-held[reason], order.index(reason))), held


def _holds(problem: Problem, task: Task, one: Volunteer, pairs: set[Pair], policy: Policy) -> Short:
    """What holds one volunteer who could come; *full* if nothing does: then a rule is broken."""
    if one.people > task.headcount:
        return Short.TEAM
    shift = problem.by_shift[task.shift]
    mine = [problem.by_task[t] for v, t in pairs if v == one.key]
    same, close = [], []
    for other in mine:
        at = problem.by_shift[other.shift]
        if at.begins_h < shift.ends_h and shift.begins_h < at.ends_h:
            same.append(other)
        elif not policy.apart(at, shift):
            close.append(other)
    standing = {row.pair for row in problem.standing}
    if any(other.urgency <= task.urgency for other in same):
        return Short.URGENT
    if any((one.key, other.key) in standing for other in same):
        return Short.STANDING
    if same:
        return Short.EXCHANGE
    if close:
        return Short.REST
    if len(mine) >= policy.shifts_of(one):
        return Short.LIMIT
    if one.people > _gap(problem, task, pairs):
        return Short.TEAM
    return Short.FULL


def _why_not(problem: Problem, one: Volunteer, pairs: set[Pair], policy: Policy) -> Uncalled | None:
    """Why a volunteer is not called; None if they are."""
    if any(v == one.key for v, _ in pairs):
        return None
    then = [t for t in problem.tasks if t.shift in one.shifts]
    able = [t for t in then if one.can(t.skill)]
    near = [t for t in able if _near(one, t, policy)]
    open_tasks = [t for t in near if (one.key, t.key) not in problem.refused]
    for left, why in (
        (then, Uncalled.NO_TASK), (able, Uncalled.SKILL), (near, Uncalled.FAR),
        (open_tasks, Uncalled.REFUSED),
    ):  # fmt: skip
        if not left:
            return why
    short = any(_gap(problem, t, pairs) > 0 for t in open_tasks)
    return Uncalled.TEAM if short else Uncalled.FULL
