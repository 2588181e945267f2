"""Call-ups against brute force, against an independent checker, and against their promises."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.engines.callups import (
    Plan,
    Policy,
    Problem,
    Shift,
    Short,
    Standing,
    Task,
    Uncalled,
    Volunteer,
    call_up,
    crowds,
    metres,
    reference,
)

EXACT = Policy("test", gap=0.0, nearest=100)
NIGHT, DAY, EVENING = Shift("a", 0, 8), Shift("b", 8, 16), Shift("c", 16, 24)
SHIFTS = (NIGHT, DAY, EVENING)
HERE = (114.300, 30.600)
PLACES = (HERE, (114.301, 30.600), (114.330, 30.610), (114.355, 30.600), (114.500, 30.600))
"""0, 0.1, 3.1, 5.3 and 19 km apart from the first."""
FEW = settings(deadline=None, max_examples=60)

SOME_SHIFTS = st.frozensets(st.sampled_from("abc"), max_size=3)
SKILLS = st.frozensets(st.sampled_from(["nurse", "drive"]), max_size=2)


@st.composite
def problems(draw: st.DrawFn, volunteers: int = 3, tasks: int = 3) -> Problem:
    """Teams, leaders, overlapping and close shifts, far places, refusals and standing call-ups."""
    shifts = (*SHIFTS[:2], draw(st.sampled_from([EVENING, Shift("c", 4, 12)])))
    people = tuple(
        Volunteer(
            key=f"v{i}", at=draw(st.sampled_from(PLACES)), skills=draw(SKILLS),
            shifts=draw(SOME_SHIFTS), reach_km=draw(st.sampled_from([0.5, 5.0, 30.0])),
            people=draw(st.sampled_from([1, 1, 2, 3])), leads=draw(st.booleans()),
            most_shifts=draw(st.sampled_from([1, 2])),
        )
        for i in range(draw(st.integers(0, volunteers)))
    )  # fmt: skip
    wanted = tuple(
        Task(
            key=f"t{i}", shift=draw(st.sampled_from("abc")), at=draw(st.sampled_from(PLACES)),
            headcount=draw(st.integers(1, 4)), urgency=draw(st.integers(1, 3)),
            skill=draw(st.sampled_from(["", "nurse", "drive"])), leader=draw(st.booleans()),
        )
        for i in range(draw(st.integers(0, tasks)))
    )  # fmt: skip
    all_pairs = list(itertools.product([v.key for v in people], [t.key for t in wanted]))
    some = (
        st.lists(st.sampled_from(all_pairs), max_size=2, unique=True) if all_pairs else st.just([])
    )
    standing = tuple(Standing(*pair, firm=draw(st.booleans())) for pair in draw(some))
    refused = frozenset(draw(some)) - {row.pair for row in standing if row.firm}
    return Problem(shifts, people, wanted, standing, refused)


POLICIES = st.builds(
    Policy,
    version=st.just("drawn"),
    gap=st.just(0.0),
    nearest=st.just(100),
    keep_value=st.sampled_from([0, 100, 2000]),
    leader_counts=st.sampled_from([0, 2]),
    rest_h=st.sampled_from([0.0, 8.0, 12.0]),
    reach_km=st.sampled_from([4.0, 25.0]),
)


@FEW
@given(problems(), POLICIES)
def test_as_good_as_the_best_of_all_sets_of_pairs(problem: Problem, policy: Policy) -> None:
    plan = call_up(problem, policy=policy)
    assert plan.summary.points == reference.best_points(problem, policy=policy)


@FEW
@given(problems(volunteers=7, tasks=5), POLICIES, st.sampled_from([1, 100]))
def test_an_independent_checker_finds_nothing(
    problem: Problem, policy: Policy, nearest: int
) -> None:
    """With few near pairs too: whoever is free is still called to what is short."""
    policy = replace(policy, nearest=nearest, gap=5e-4)
    plan = call_up(problem, policy=policy)
    assert reference.check(problem, plan, policy=policy) == []


@FEW
@given(problems(volunteers=5, tasks=4), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(problem: Problem, order: random.Random) -> None:
    shuffled = Problem(
        *(
            tuple(order.sample(rows, len(rows)))
            for rows in (problem.shifts, problem.volunteers, problem.tasks, problem.standing)
        ),  # type: ignore[arg-type]
        refused=problem.refused,
    )
    assert call_up(shuffled, policy=EXACT) == call_up(problem, policy=EXACT)


@FEW
@given(problems(volunteers=5, tasks=4))
def test_a_plan_made_again_is_the_same_plan(problem: Problem) -> None:
    plan = call_up(problem, policy=EXACT)
    firm = {row.pair for row in problem.standing if row.firm}
    rows = tuple(Standing(*pair, firm=pair in firm) for pair in sorted(plan.pairs))
    again = replace(problem, standing=rows)
    assert call_up(again, policy=EXACT).pairs == plan.pairs


@pytest.mark.parametrize("spoil", ["double", "far", "points", "reason", "leave_out"])
def test_the_checker_finds_what_is_wrong(spoil: str) -> None:
    problem = Problem(SHIFTS, (_one("v"), _one("w", at=PLACES[4])), (_task("t"), _task("u")))
    plan = call_up(problem, policy=EXACT)
    assert reference.check(problem, plan, policy=EXACT) == []
    assert reference.check(problem, _spoilt(plan, spoil), policy=EXACT) != []


def _spoilt(plan: Plan, how: str) -> Plan:
    [call], line = plan.call_ups, plan.tasks[0]
    other = "u" if call.task == "t" else "t"
    if how == "double":
        return replace(plan, call_ups=(call, replace(call, task=other)))
    if how == "far":
        return replace(plan, call_ups=(replace(call, volunteer="w"),))
    if how == "points":
        return replace(plan, summary=replace(plan.summary, points=plan.summary.points + 1))
    if how == "reason":
        return replace(plan, tasks=(replace(line, reason=Short.SKILL), *plan.tasks[1:]))
    return replace(plan, call_ups=())


def _one(key: str, **others: Any) -> Volunteer:
    given_by_default: dict[str, Any] = {
        "at": HERE, "skills": frozenset({"nurse"}), "shifts": frozenset("abc"),
    }  # fmt: skip
    return Volunteer(key, **{**given_by_default, **others})


def _task(key: str, **others: Any) -> Task:
    given_by_default: dict[str, Any] = {
        "shift": "b", "at": HERE, "headcount": 1, "urgency": 2, "skill": "nurse",
    }  # fmt: skip
    return Task(key, **{**given_by_default, **others})


ALONE: list[tuple[Short, dict[str, Any], dict[str, Any]]] = [
    (Short.NONE, {}, {}),
    (Short.SKILL, {"skills": frozenset({"drive"})}, {}),
    (Short.SHIFT, {"shifts": frozenset("ac")}, {}),
    (Short.FAR, {"at": PLACES[4]}, {}),
    (Short.FAR, {"at": PLACES[2], "reach_km": 1.0}, {}),
    (Short.ALL_HERE, {}, {"headcount": 2}),
    (Short.TEAM, {"people": 3}, {"headcount": 2}),
]


@pytest.mark.parametrize(("reason", "one", "task"), ALONE)
def test_a_task_is_told_why_it_is_short(
    reason: Short, one: dict[str, Any], task: dict[str, Any]
) -> None:
    plan = call_up(Problem(SHIFTS, (_one("v", **one),), (_task("t", **task),)), policy=EXACT)
    assert plan.tasks[0].reason is reason
    assert reason.sentence in str(plan.tasks[0])


def test_who_declined_is_not_asked_again() -> None:
    problem = Problem(SHIFTS, (_one("v"),), (_task("t"),), refused=frozenset({("v", "t")}))
    plan = call_up(problem, policy=EXACT)
    assert (plan.tasks[0].reason, plan.volunteers[0].why) == (Short.REFUSED, Uncalled.REFUSED)


def test_the_more_urgent_task_comes_first_and_the_other_is_told() -> None:
    problem = Problem(SHIFTS, (_one("v"),), (_task("calm"), _task("grave", urgency=1)))
    plan = call_up(problem, policy=EXACT)
    assert plan.pairs == {("v", "grave")}
    assert plan.tasks[0].held == {Short.URGENT: 1}


@pytest.mark.parametrize(("rest_h", "called"), [(0.0, 2), (8.0, 1)])
def test_between_two_shifts_there_is_rest(rest_h: float, called: int) -> None:
    problem = Problem(SHIFTS, (_one("v"),), (_task("t", shift="a"), _task("u", shift="b")))
    plan = call_up(problem, policy=replace(EXACT, rest_h=rest_h))
    assert len(plan.call_ups) == called
    assert [line.reason for line in plan.tasks if line.staffed == 0] == [Short.REST] * (2 - called)


def test_nobody_is_called_to_more_shifts_than_allowed() -> None:
    problem = Problem(SHIFTS, (_one("v"),), (_task("t", shift="a"), _task("u", shift="c")))
    assert len(call_up(problem, policy=EXACT).call_ups) == 2
    plan = call_up(problem, policy=replace(EXACT, most_shifts=1))
    assert [line.reason for line in plan.tasks if not line.staffed] == [Short.LIMIT]


def test_each_task_gets_its_leader_before_the_nearest() -> None:
    near, far = _one("near"), _one("far", at=PLACES[2], leads=True)
    plan = call_up(Problem(SHIFTS, (near, far), (_task("t", leader=True),)), policy=EXACT)
    assert plan.pairs == {("far", "t")}
    assert plan.tasks[0].leader == "far"


def test_a_missing_leader_is_said() -> None:
    plan = call_up(Problem(SHIFTS, (_one("v"),), (_task("t", leader=True),)), policy=EXACT)
    assert (plan.tasks[0].reason, plan.tasks[0].unled) == (Short.NONE, Short.SKILL)


def test_a_team_comes_whole_or_not_at_all() -> None:
    people = (_one("team", people=3, leads=True), _one("v"))
    plan = call_up(Problem(SHIFTS, people, (_task("t", headcount=3),)), policy=EXACT)
    assert plan.pairs == {("team", "t")}
    assert plan.volunteers[1].why is Uncalled.FULL


def test_who_has_accepted_stays_even_where_a_rule_has_changed() -> None:
    problem = Problem(
        SHIFTS, (_one("v", skills=frozenset()),), (_task("t"),), (Standing("v", "t", firm=True),)
    )
    [call] = call_up(problem, policy=EXACT).call_ups
    assert (call.kept, call.firm) == (True, True)


def test_a_nearer_volunteer_does_not_push_out_who_is_called() -> None:
    people = (_one("called", at=PLACES[2]), _one("nearer"))
    problem = Problem(SHIFTS, people, (_task("t"),))
    assert call_up(problem, policy=EXACT).pairs == {("nearer", "t")}
    kept = replace(problem, standing=(Standing("called", "t"),))
    assert call_up(kept, policy=EXACT).pairs == {("called", "t")}


def test_a_drop_out_moves_nobody_else() -> None:
    draw = random.Random(5)
    people = tuple(
        _one(f"v{i:03}", at=(114.30 + draw.uniform(0, 0.05), 30.60 + draw.uniform(0, 0.05)),
             shifts=frozenset(draw.sample("abc", 2)), leads=i % 2 == 0)
        for i in range(120)
    )  # fmt: skip
    tasks = tuple(
        _task(f"t{i:02}", shift="abc"[i % 3], at=people[i].at, headcount=4, urgency=1 + i % 3,
              leader=True)
        for i in range(30)
    )  # fmt: skip
    problem = Problem(SHIFTS, people, tasks)
    before = call_up(problem, policy=EXACT)
    gone = {one.key for one in people[::30]}
    stay = sorted(pair for pair in before.pairs if pair[0] not in gone)
    left = Problem(
        SHIFTS, tuple(v for v in people if v.key not in gone), tasks,
        tuple(Standing(*pair) for pair in stay),
    )  # fmt: skip
    after = call_up(left, policy=EXACT)
    assert reference.check(left, after, policy=EXACT) == []
    assert len(after.pairs & set(stay)) >= 0.98 * len(stay)
    reshuffled = call_up(replace(left, standing=()), policy=EXACT)
    assert len(reshuffled.pairs & set(stay)) < len(after.pairs & set(stay))


def test_nothing_to_do_is_a_plan_without_call_ups() -> None:
    plan = call_up(Problem((), (), ()), policy=EXACT)
    assert (plan.call_ups, plan.tasks, plan.volunteers) == ((), (), ())
    assert str(plan) == "0 call-ups. ."


@FEW
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=6), st.integers(0, 12))
def test_crowds_are_the_shifts_one_person_cannot_share(
    spans: list[tuple[int, int]], rest: int
) -> None:
    """Two shifts are in one crowd exactly if they are not apart, and no crowd holds another."""
    shifts = [Shift(f"s{i}", b, b + length) for i, (b, length) in enumerate(spans)]
    policy = replace(EXACT, rest_h=float(rest))
    groups = [set(group) for group in crowds(shifts, policy)]
    for one, other in itertools.combinations(shifts, 2):
        together = any({one.key, other.key} <= group for group in groups)
        assert together is not policy.apart(one, other)
    assert not any(a < b for a, b in itertools.permutations(groups, 2))


def test_metres_along_the_great_circle() -> None:
    assert metres((0.0, 0.0), (1.0, 0.0)) == 111_195
    assert metres(HERE, HERE) == 0


REFUSED: list[tuple[str, Any]] = [
    ("it must end after it begins", lambda: Shift("s", 8, 8)),
    ("a longitude from -180", lambda: _one("v", at=(190.0, 0.0))),
    ("leave out whoever cannot come", lambda: _one("v", most_shifts=0)),
    ("people must be a whole number", lambda: _one("v", people=0)),
    ("headcount must be a whole number", lambda: _task("t", headcount=True)),
    ("urgency is 1, 2 or 3", lambda: _task("t", urgency=4)),
    ("there is no shift 'z'", lambda: Problem(SHIFTS, (), (_task("t", shift="z"),))),
    ("there is no shift", lambda: Problem((), (_one("v"),), ())),
    ("Two tasks are the same", lambda: Problem(SHIFTS, (), (_task("t"), _task("t")))),
    ("leave out the call-ups", lambda: Problem(SHIFTS, (), (), (Standing("v", "t"),))),
    (
        "both accepted and refused",
        lambda: Problem(
            SHIFTS, (_one("v"),), (_task("t"),), (Standing("v", "t", firm=True),),
            frozenset({("v", "t")}),
        ),
    ),
    ("must have a version", lambda: Policy("")),
    ("or somebody near is left uncalled", lambda: Policy("p", weights=(9, 5, 1))),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "make"), REFUSED)
def test_what_is_wrong_is_refused_with_a_sentence(sentence: str, make: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refusal:
        make()
    assert sentence in str(refusal.value)
