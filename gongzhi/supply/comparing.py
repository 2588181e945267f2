"""What a proposed plan would change, and what its fairness costs; read before it is approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.actors.models import Person
from gongzhi.actors.queries import visible
from gongzhi.supply.facts import Facts, Scope, by_need, read_facts
from gongzhi.supply.models import MatchRun, Need, NeedLine
from gongzhi.supply.queries import sentences


@dataclass(frozen=True)
class Change:
    """One need for which a plan would promise more or less than is promised now.

    before: pieces promised and not yet sent; after: pieces this plan gives. sentence: the reason
    of its line.
    """

    line: NeedLine
    before: int
    after: int
    sentence: str

    @property
    def more(self) -> int:
        """Pieces more than before; negative where it loses some."""
        return self.after - self.before


@dataclass(frozen=True)
class Changes:
    """All that a plan would change. kept: promised pieces that stay; moved: that do not."""

    rows: tuple[Change, ...]
    same: int
    kept: int
    moved: int


def facts_of(run: MatchRun, now: datetime) -> Facts:
    """What a plan of the same scope would be made from now."""
    scope = Scope(run.area, run.group, run.incident)
    return read_facts(scope, list(scope.needs()), now)


def changes(run: MatchRun, facts: Facts, by: Person, now: datetime) -> Changes:
    """Compare what a plan gives with what is promised now; of needs that this person may see."""
    given = {(a.offer_id, a.need_id): a.quantity for a in run.allocations.all()}  # type: ignore[attr-defined]
    kept = sum(min(n, given.get(pair, 0)) for pair, n in facts.promised.items())
    before, after = by_need(facts.promised), by_need(given)
    lines = run.lines.select_related("need__unit", "need__facility", "need__item")
    mine = visible(Need, by, now)
    lines = lines.filter(need__in=mine).order_by("need__urgency", "need__needed_by", "need")
    told = sentences(lines)
    rows = [
        Change(line, before.get(line.need_id, 0), after.get(line.need_id, 0), sentence)
        for line, sentence in told
    ]
    changed = [row for row in rows if row.more]
    return Changes(
        rows=tuple(sorted(changed, key=lambda row: row.more)),
        same=len(rows) - len(changed),
        kept=kept,
        moved=sum(facts.promised.values()) - kept,
    )


def price_of_fairness(facts: Facts, policy: Mapping[str, Any], now: datetime) -> tuple[Any, ...]:
    """The facts planned once for each part of the supply that might be set aside as fair share.

    policy: that of the plan compared with; only its fair share is varied, its own part among them.
    """
    from gongzhi.engines import allocation as engine  # with the solver, which only plans need
    from gongzhi.supply import planning

    problem = planning.to_problem(facts, now)
    if not problem.needs:
        return ()
    parts = sorted({*engine.FRACTIONS, float(policy["floor_fraction"])})
    return engine.fairness_curve(problem, policy=planning.policy_now(now), fractions=parts)
