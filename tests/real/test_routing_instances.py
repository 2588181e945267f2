"""Published routing problems: all are read, their best routes hold, and ours can be driven."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from gongzhi.engines.routing import plan_routes
from gongzhi.engines.routing.reference import check
from tests.real.routing_files import ROUND, instances

SMALL = 110
"""Instances of so many stops are all solved; of a kind that has none so small, the first."""
ROUNDS = 5


@dataclass(frozen=True)
class Found:
    """What came of one instance: faults of the published and of our plan, and their costs."""

    name: str
    kind: str
    stops: int
    published: tuple[str, ...]
    best: int
    best_told: int
    ours: tuple[str, ...] | None
    cost: int
    left_out: int
    has_fewer: bool


@cache
def found(folder: Path) -> tuple[Found, ...]:
    """Every instance read once, its published routes checked, the small ones solved briefly."""
    rows, seen = [], Counter[str]()
    for instance in instances(folder):
        size = len(instance.problem.stops)
        published, best, told, used = [], 0, 0, 0
        if instance.published:
            plan = instance.best_plan
            published, best = check(instance.problem, plan), plan.cost
            told, used = instance.best_cost, len(plan.routes)
        ours, cost, left, fewer = None, 0, 0, False
        if size <= SMALL or not seen[instance.kind]:
            mine = plan_routes(instance.problem, rounds=ROUNDS)
            ours, cost = tuple(check(instance.problem, mine)), mine.cost
            left = sum(1 for row in mine.unserved if row.stop in _musts(instance.problem))
            seen[instance.kind] += 1
            fewer = len(mine.routes) <= used
        rows.append(
            Found(
                instance.name,
                instance.kind,
                size,
                tuple(published),
                best,
                told,
                ours,
                cost,
                left,
                fewer,
            )
        )
    return tuple(rows)


def _musts(problem: object) -> set[str]:
    return {stop.key for stop in problem.stops if not stop.is_optional}  # type: ignore[attr-defined]


@pytest.fixture
def read(data_dir: Path) -> tuple[Found, ...]:
    folder = data_dir / "routing"
    if not any(folder.glob("*.xz")):
        pytest.skip("GONGZHI_DATA holds no routing archives")
    return found(folder)


def test_every_kind_we_support_is_read(read: tuple[Found, ...]) -> None:
    kinds = Counter(row.kind for row in read)
    assert set(kinds) <= {*ROUND, "parcels"}
    assert len(read) >= 10
    assert all(row.stops > 0 for row in read)


def test_the_best_known_routes_hold_and_cost_what_is_told(read: tuple[Found, ...]) -> None:
    """One collection's file tells a cost that its own routes miss by half a percent."""
    told = [row for row in read if row.best_told]
    assert [(row.name, row.published) for row in told if row.published] == []
    wrong = [row for row in told if abs(row.best - row.best_told) > row.best_told * 1e-6]
    assert len(wrong) <= 0.01 * len(told)
    assert all(abs(row.best - row.best_told) < 0.01 * row.best_told for row in wrong)


def test_our_routes_can_be_driven_and_are_not_far_from_the_best(read: tuple[Found, ...]) -> None:
    solved = [row for row in read if row.ours is not None]
    assert {row.kind for row in solved} == {row.kind for row in read}
    assert [(row.name, row.ours) for row in solved if row.ours] == []
    whole = [row for row in solved if row.best_told and not row.left_out]
    gaps = sorted(row.cost / row.best - 1 for row in whole)
    assert len(whole) > 0.8 * len(solved)
    # The best known may be for a given number of vehicles; with no more than that we cannot win.
    assert min(row.cost / row.best - 1 for row in whole if row.has_fewer) > -1e-5
    assert gaps[len(gaps) // 2] < 0.15
