"""The allocation engine against its slow twin, against brute force, and against its promises."""

import itertools
import math
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gongzhi.engines.allocation import (
    Arc,
    Committed,
    Line,
    Need,
    Offer,
    Plan,
    Policy,
    Problem,
    Reason,
    Way,
    Why,
    connect,
    match,
    reference,
    split,
)
from gongzhi.engines.allocation.explain import lines
from gongzhi.engines.allocation.fairness import gini, tenth_percentile
from gongzhi.engines.allocation.network import lay_out
from gongzhi.engines.allocation.prices import settle

POLICY = Policy("test-1")
MANY = settings(deadline=None, max_examples=200)
FEW = settings(deadline=None, max_examples=60)

# Costs that pay always, sometimes and never; with decimals, and equal ones so that ties occur.
COSTS = st.sampled_from([0.0, 0.125, 1.0, 1.0, 4.0, 27.5, 90.0, 1200.0])
COUNTS = st.integers(0, 2)
POLICIES = st.builds(
    Policy,
    version=st.just("drawn"),
    floor_fraction=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    floor_cap=st.sampled_from([0.5, 0.9, 1.0]),
    floor_value=st.sampled_from([0, 20, 1000]),
    segments=st.integers(1, 4),
    keep_bonus=st.sampled_from([0, 5, 50]),
)


@st.composite
def problems(draw: st.DrawFn, most: int = 4, pieces: int = 12) -> Problem:
    """A small item group with late, barred and missing arcs, promises and dispatched pieces."""
    needs = tuple(
        Need(
            key=f"n{i}",
            place=f"at-n{i}",
            item="mask",
            quantity=draw(st.integers(1, pieces)),
            tier=draw(st.integers(1, 3)),
            due_in_h=draw(st.sampled_from([5.0, 24.0, math.inf])),
            confirmed=draw(st.booleans()),
        )
        for i in range(draw(st.integers(0, most)))
    )
    offers = tuple(
        Offer(f"o{i}", f"at-o{i}", "mask", draw(st.integers(0, pieces)), draw(st.integers(0, 3)))
        for i in range(draw(st.integers(0, most)))
    )
    arcs, committed = [], []
    for offer in offers:
        gone = 0
        for need in needs:
            if draw(st.integers(0, 3)):
                barred = draw(st.sampled_from(["", "", "", "road closed"]))
                lead_h = draw(st.sampled_from([1.0, 10.0, 40.0]))
                arcs.append(Arc(offer.key, need.key, draw(COSTS), lead_h, barred))
            if not draw(st.integers(0, 5)):
                promised = draw(st.integers(1, pieces))
                committed.append(Committed(offer.key, need.key, promised))
            if offer.quantity > gone and not draw(st.integers(0, 5)):
                sent = draw(st.integers(1, offer.quantity - gone))
                committed.append(Committed(offer.key, need.key, sent, frozen=True))
                gone += sent
    return Problem(needs, offers, tuple(arcs), tuple(committed))


@st.composite
def contests(draw: st.DrawFn) -> Problem:
    """Two needs of different tiers that two small offers can reach, but not fill."""
    high, low = draw(st.sampled_from([(1, 2), (1, 3), (2, 3)]))
    needs = (
        Need("high", "p", "mask", draw(st.integers(3, 9)), high),
        Need("low", "p", "mask", draw(st.integers(3, 9)), low, confirmed=draw(st.booleans())),
    )
    offers = tuple(Offer(key, "q", "mask", draw(st.integers(1, 4))) for key in ("o", "r"))
    ends = draw(st.permutations(["oh", "ol", "rh", "rl"]))[: draw(st.integers(2, 4))]
    arcs = tuple(
        Arc(end[0], {"h": "high", "l": "low"}[end[1]], draw(st.sampled_from([0.0, 2.0, 30.0])), 1)
        for end in ends
    )
    promised = tuple(
        Committed(arc.offer, arc.need, draw(st.integers(1, 3))) for arc in arcs[: draw(COUNTS)]
    )
    return Problem(needs, offers, arcs, promised)


def flows_of(plan: Plan) -> dict[tuple[str, str], int]:
    return {(flow.offer, flow.need): flow.quantity for flow in plan.flows}


def one_to_one(need: Need, offer: Offer, **arc: Any) -> Plan:
    """The plan of a single need and a single offer."""
    way = {"cost": 1.0, "lead_h": 1.0} | arc
    return match(Problem((need,), (offer,), (Arc(offer.key, need.key, **way),)), policy=POLICY)


class TestOptimal:
    @given(problems(), POLICIES)
    @MANY
    def test_worth_is_that_of_the_slow_twin(self, problem: Problem, policy: Policy) -> None:
        plan = match(problem, policy=policy)
        assert plan.worth_milli == reference.best_worth(problem, policy=policy)

    @given(problems(), POLICIES)
    @FEW
    def test_worth_is_what_its_flows_add_up_to(self, problem: Problem, policy: Policy) -> None:
        plan = match(problem, policy=policy)
        added = reference.worth_of_flows(problem, flows_of(plan), policy=policy)
        assert plan.worth_milli == added

    @given(problems(most=2, pieces=3), POLICIES)
    @FEW
    def test_slow_twin_is_the_best_of_all_plans_there_are(
        self, problem: Problem, policy: Policy
    ) -> None:
        worths = (
            reference.worth_of_flows(problem, flows, policy=policy)
            for flows in every_plan(problem, policy)
        )
        assert reference.best_worth(problem, policy=policy) == max(worths)


def usable(problem: Problem) -> set[tuple[str, str]]:
    """The pairs of offer and need that an unbarred arc joins in time."""
    ready = {offer.key: offer.ready_in_h for offer in problem.offers}
    due = {need.key: need.due_in_h for need in problem.needs}
    return {
        (arc.offer, arc.need)
        for arc in problem.arcs
        if not arc.barred and ready[arc.offer] + arc.lead_h <= due[arc.need]
    }


def every_plan(problem: Problem, policy: Policy) -> list[dict[tuple[str, str], int]]:
    """All flows a tiny problem allows, dispatched pieces included."""
    frozen = {(c.offer, c.need): c.quantity for c in problem.committed if c.frozen}
    stock = {offer.key: offer.quantity for offer in problem.offers}
    limit = {
        need.key: need.quantity if need.confirmed else reference.floor_of(need, problem, policy)
        for need in problem.needs
    }
    for key in limit:
        limit[key] = max(limit[key], sum(p for (_, need), p in frozen.items() if need == key))
    pairs = sorted(usable(problem))
    plans = []
    for pieces in itertools.product(*(range(stock[offer] + 1) for offer, _ in pairs)):
        flows = dict(frozen)
        for pair, moved in zip(pairs, pieces, strict=True):
            flows[pair] = flows.get(pair, 0) + moved
        if within(stock, flows, 0) and within(limit, flows, 1):
            plans.append(flows)
    return plans


def within(limit: dict[str, int], flows: dict[tuple[str, str], int], end: int) -> bool:
    """No offer (end 0) or need (end 1) has more pieces in the flows than its limit."""
    return all(
        sum(pieces for pair, pieces in flows.items() if pair[end] == key) <= most
        for key, most in limit.items()
    )


class TestPromises:
    @given(problems(), POLICIES)
    @FEW
    def test_no_offer_is_overused_and_nothing_is_lost(
        self, problem: Problem, policy: Policy
    ) -> None:
        plan = match(problem, policy=policy)
        unused = dict(plan.unused)
        for offer in problem.offers:
            given = sum(flow.quantity for flow in plan.flows if flow.offer == offer.key)
            assert given + unused.get(offer.key, 0) == offer.quantity

    @given(problems(), POLICIES)
    @FEW
    def test_only_usable_arcs_carry_more_than_was_dispatched(
        self, problem: Problem, policy: Policy
    ) -> None:
        plan = match(problem, policy=policy)
        moving = {(f.offer, f.need) for f in plan.flows if f.quantity > f.frozen}
        assert moving <= usable(problem)

    @given(problems(), POLICIES)
    @FEW
    def test_dispatched_pieces_stay_where_they_go(self, problem: Problem, policy: Policy) -> None:
        plan = match(problem, policy=policy)
        frozen = {(f.offer, f.need): f.frozen for f in plan.flows if f.frozen}
        assert frozen == {(c.offer, c.need): c.quantity for c in problem.committed if c.frozen}
        assert all(flow.quantity >= flow.frozen for flow in plan.flows)

    @given(problems(), POLICIES)
    @FEW
    def test_lines_agree_with_flows(self, problem: Problem, policy: Policy) -> None:
        plan = match(problem, policy=policy)
        assert [line.need for line in plan.lines] == sorted(need.key for need in problem.needs)
        for line in plan.lines:
            got = [flow.quantity for flow in plan.flows if flow.need == line.need]
            assert line.got == sum(got)
            assert line.floor_got == min(line.got, line.floor)
            assert (line.reason is Reason.MET) == (line.got >= line.wanted)

    @given(problems(), POLICIES)
    @FEW
    def test_unconfirmed_takes_its_floor_and_no_more(
        self, problem: Problem, policy: Policy
    ) -> None:
        plan = match(problem, policy=policy)
        for line in plan.lines:
            sent = sum(flow.frozen for flow in plan.flows if flow.need == line.need)
            if not line.confirmed:
                assert line.got <= max(line.floor, sent)

    @given(contests() | problems(), POLICIES, st.randoms(use_true_random=False))
    @MANY
    def test_order_of_input_does_not_matter(
        self, problem: Problem, policy: Policy, shuffle: random.Random
    ) -> None:
        needs, offers = list(problem.needs), list(problem.offers)
        arcs, committed = list(problem.arcs), list(problem.committed)
        shuffle.shuffle(needs)
        shuffle.shuffle(offers)
        shuffle.shuffle(arcs)
        shuffle.shuffle(committed)
        mixed = Problem(tuple(needs), tuple(offers), tuple(arcs), tuple(committed))
        assert match(mixed, policy=policy) == match(problem, policy=policy)

    @given(problems(), POLICIES)
    @FEW
    def test_a_need_no_road_leads_to_changes_nothing_for_others(
        self, problem: Problem, policy: Policy
    ) -> None:
        cut_off = Need("n0-island", "island", "mask", 1000, 1)
        plan = match(problem, policy=policy)
        wider = match(replace(problem, needs=(*problem.needs, cut_off)), policy=policy)
        assert wider.flows == plan.flows
        told = {line.need: line for line in wider.lines}
        assert told.pop(cut_off.key).reason is Reason.NO_OFFER
        assert tuple(told.values()) == plan.lines

    @given(problems(), POLICIES)
    @FEW
    def test_floors_never_promise_more_than_the_policy_sets_aside(
        self, problem: Problem, policy: Policy
    ) -> None:
        fresh = replace(problem, committed=())
        plan = match(fresh, policy=policy)
        reached = {need for _, need in usable(fresh)}
        supply = sum(offer.quantity for offer in fresh.offers)
        promised = sum(line.floor for line in plan.lines if line.need in reached)
        assert promised <= policy.floor_fraction * supply


def reason_by_brute_force(problem: Problem, plan: Plan, line: Line) -> Reason:
    """The rules of a tiny problem, read off all plans that give one need one piece more.

    Such a plan takes the piece from unused supply, or from one other need, and leaves all others
    what they have.
    """
    if line.got >= line.wanted:
        return Reason.MET
    arcs = [arc for arc in problem.arcs if arc.need == line.need and not arc.barred]
    if not any(need == line.need for _, need in usable(problem)):
        return Reason.DEADLINE if arcs else Reason.NO_OFFER
    asked, flows, level = (
        confirm(problem, line.need),
        flows_of(plan),
        replace(plan.policy, floor_value=0),
    )
    more = [other for other in every_plan(asked, plan.policy) if is_one_more(flows, other, line)]
    now = reference.worth_of_flows(asked, flows, policy=plan.policy)
    best = max((reference.worth_of_flows(asked, o, policy=plan.policy) for o in more), default=0)
    if not line.confirmed and line.got >= line.floor and more and best > now:
        return Reason.UNCONFIRMED
    if any(sum(other.values()) > sum(flows.values()) for other in more):
        return Reason.COST
    piece = reference.worth_of_flows(asked, {("", line.need): line.got + 1}, policy=plan.policy)
    piece -= reference.worth_of_flows(asked, {("", line.need): line.got}, policy=plan.policy)
    late = [arc for arc in arcs if (arc.offer, arc.need) not in usable(problem)]
    if any(dict(plan.unused).get(arc.offer) and arc.cost_milli < piece for arc in late):
        return Reason.DEADLINE
    now = reference.worth_of_flows(asked, flows, policy=level)
    wins = any(reference.worth_of_flows(asked, other, policy=level) > now for other in more)
    return Reason.FLOOR if wins else Reason.SUPPLY


def is_one_more(
    flows: dict[tuple[str, str], int], other: dict[tuple[str, str], int], line: Line
) -> bool:
    """The other flows give this need one piece more, and at most one other need one piece less."""
    got: Counter[str] = Counter()
    for (_, need), pieces in other.items():
        got[need] += pieces
    for (_, need), pieces in flows.items():
        got[need] -= pieces
    changes = sorted((need, change) for need, change in got.items() if change)
    rest = [change for need, change in changes if need != line.need]
    return got[line.need] == 1 and rest in ([], [-1])


class TestReasonsAreTrue:
    """Each reason is checked against all other plans, or by changing what it blames."""

    @given(contests() | problems(most=2, pieces=3) | problems(most=3, pieces=1), POLICIES)
    @MANY
    def test_every_reason_is_that_of_brute_force(self, problem: Problem, policy: Policy) -> None:
        plan = match(problem, policy=policy)
        for line in plan.lines:
            assert line.reason is reason_by_brute_force(problem, plan, line)

    @given(problems(), POLICIES)
    @FEW
    def test_unconfirmed_is_blamed_just_when_confirming_helps(
        self, problem: Problem, policy: Policy
    ) -> None:
        plan = match(problem, policy=policy)
        for line in plan.lines:
            if not line.confirmed and line.got >= line.floor and line.reason is not Reason.MET:
                better = match(confirm(problem, line.need), policy=policy)
                now = reference.worth_of_flows(
                    confirm(problem, line.need), flows_of(plan), policy=policy
                )
                assert (line.reason is Reason.UNCONFIRMED) == (better.worth_milli > now)

    @given(problems(), POLICIES)
    @FEW
    def test_no_line_is_unmet_while_supply_in_reach_pays(
        self, problem: Problem, policy: Policy
    ) -> None:
        plan = match(problem, policy=policy)
        left, reach = dict(plan.unused), usable(problem)
        for line in plan.lines:
            near = any(left.get(offer) for offer, need in reach if need == line.need)
            if line.reason in (Reason.SUPPLY, Reason.FLOOR):
                assert not near
            if line.reason in (Reason.NO_OFFER, Reason.DEADLINE):
                assert not near
            if line.reason is Reason.COST:
                assert left

    @given(problems(), POLICIES)
    @FEW
    def test_floor_is_blamed_only_if_another_plan_would_win_without_it(
        self, problem: Problem, policy: Policy
    ) -> None:
        plan = match(problem, policy=policy)
        level = replace(policy, floor_value=0)
        asked = [line.need for line in plan.lines if line.reason is Reason.FLOOR]
        for key in asked:
            everybody = confirm(problem, key)
            now = reference.worth_of_flows(everybody, flows_of(plan), policy=level)
            assert reference.best_worth(everybody, policy=level) > now

    @given(problems())
    @FEW
    def test_floor_is_not_blamed_where_there_is_none(self, problem: Problem) -> None:
        plan = match(problem, policy=replace(POLICY, floor_fraction=0.0))
        assert all(line.reason is not Reason.FLOOR for line in plan.lines)

    def test_met(self) -> None:
        plan = one_to_one(Need("n", "p", "mask", 5, 1), Offer("o", "q", "mask", 9))
        assert plan.lines[0].reason is Reason.MET
        assert plan.lines[0].refused is None
        assert plan.unused == (("o", 4),)

    def test_too_late(self) -> None:
        need = Need("n", "p", "mask", 5, 1, due_in_h=24)
        plan = one_to_one(need, Offer("o", "q", "mask", 9, ready_in_h=20), lead_h=6)
        assert plan.lines[0].reason is Reason.DEADLINE
        assert str(plan.lines[0].refused) == "o: late (26 h, due in 24 h)"

    def test_just_in_time(self) -> None:
        need = Need("n", "p", "mask", 5, 1, due_in_h=26)
        plan = one_to_one(need, Offer("o", "q", "mask", 9, ready_in_h=20), lead_h=6)
        assert plan.lines[0].reason is Reason.MET

    def test_late_offer_is_blamed_when_those_in_time_are_used_up(self) -> None:
        need = Need("n", "p", "mask", 10, 1, due_in_h=24)
        offers = (Offer("near", "q", "mask", 4), Offer("far", "q", "mask", 9))
        arcs = (Arc("near", "n", 1, 2), Arc("far", "n", 1, 48))
        line = match(Problem((need,), offers, arcs), policy=POLICY).lines[0]
        assert (line.got, line.reason) == (4, Reason.DEADLINE)
        assert line.refused is not None
        assert line.refused.offer == "far"

    def test_late_offer_that_would_not_pay_is_not_blamed(self) -> None:
        need = Need("n", "p", "mask", 10, 1, due_in_h=24)
        offers = (Offer("near", "q", "mask", 4), Offer("far", "q", "mask", 9))
        arcs = (Arc("near", "n", 1, 2), Arc("far", "n", 5000, 48))
        line = match(Problem((need,), offers, arcs), policy=POLICY).lines[0]
        assert (line.got, line.reason) == (4, Reason.SUPPLY)

    def test_only_the_best_flow_is_explained(self) -> None:
        needs = (Need("a", "p", "mask", 10, 2), Need("b", "p", "mask", 10, 2))
        offers = (Offer("o", "q", "mask", 5), Offer("r", "q", "mask", 5))
        arcs = (Arc("o", "a", 1, 1), Arc("o", "b", 9, 1), Arc("r", "a", 9, 1), Arc("r", "b", 1, 1))
        net = lay_out(Problem(needs, offers, arcs), POLICY)
        crossed = np.array([0, 5, 5, 0])  # sorted by need: o to a, r to a, o to b, r to b
        with pytest.raises(ArithmeticError, match="not the best"):
            lines(settle(net, crossed), POLICY)

    def test_barred(self) -> None:
        plan = one_to_one(
            Need("n", "p", "mask", 5, 1), Offer("o", "q", "mask", 9), barred="no certificate"
        )
        assert plan.lines[0].reason is Reason.NO_OFFER
        assert str(plan.lines[0].refused) == "o: barred (no certificate)"

    def test_nobody_offers(self) -> None:
        plan = match(Problem((Need("n", "p", "mask", 5, 1),), (), ()), policy=POLICY)
        assert (plan.lines[0].reason, plan.lines[0].refused) == (Reason.NO_OFFER, None)
        assert plan.summary.tiers[0].zero_share == 1

    def test_supply_exhausted(self) -> None:
        plan = one_to_one(Need("n", "p", "mask", 9, 1), Offer("o", "q", "mask", 5))
        assert (plan.lines[0].got, plan.lines[0].reason) == (5, Reason.SUPPLY)

    def test_empty_offer(self) -> None:
        plan = one_to_one(Need("n", "p", "mask", 9, 1), Offer("o", "q", "mask", 0))
        assert plan.lines[0].reason is Reason.SUPPLY
        assert plan.lines[0].refused is not None
        assert plan.lines[0].refused.why is Why.EMPTY

    def test_costs_more_than_it_brings(self) -> None:
        plan = one_to_one(Need("n", "p", "mask", 5, 3), Offer("o", "q", "mask", 9), cost=5000)
        assert (plan.lines[0].got, plan.lines[0].reason) == (0, Reason.COST)
        assert plan.lines[0].refused is not None
        assert plan.lines[0].refused.why is Why.COST

    def test_unconfirmed_amount(self) -> None:
        need = Need("n", "p", "mask", 10, 1, confirmed=False)
        plan = one_to_one(need, Offer("o", "q", "mask", 20))
        assert (plan.lines[0].got, plan.lines[0].reason) == (9, Reason.UNCONFIRMED)
        assert "estimate" in str(plan.lines[0])

    def test_floor_of_others(self) -> None:
        needs = (Need("clinic", "p", "mask", 100, 3), Need("ward", "p", "mask", 100, 1))
        arcs = (Arc("o", "clinic", 1, 1), Arc("o", "ward", 1, 1))
        plan = match(Problem(needs, (Offer("o", "q", "mask", 100),), arcs), policy=POLICY)
        clinic, ward = plan.lines
        assert (clinic.got, clinic.floor, clinic.segment) == (25, 25, 0)
        assert (ward.got, ward.reason) == (75, Reason.FLOOR)
        assert clinic.reason is Reason.SUPPLY

    def test_taken_names_who_took_most(self) -> None:
        needs = (Need("far", "p", "mask", 10, 3), Need("ward", "p", "mask", 100, 1))
        offers = (Offer("a", "q", "mask", 8),)
        arcs = (Arc("a", "far", 100, 1), Arc("a", "ward", 1, 1))
        policy = replace(POLICY, floor_fraction=0.0)
        line = match(Problem(needs, offers, arcs), policy=policy).lines[0]
        assert str(line.refused) == "a: given to others (8 to ward)"


def confirm(problem: Problem, key: str) -> Problem:
    needs = tuple(replace(n, confirmed=True) if n.key == key else n for n in problem.needs)
    return replace(problem, needs=needs)


class TestPolicy:
    def test_equal_needs_of_one_tier_fill_side_by_side(self) -> None:
        needs = tuple(Need(f"n{i}", "p", "mask", 40, 2) for i in range(4))
        arcs = tuple(Arc("o", need.key, 1, 1) for need in needs)
        plan = match(Problem(needs, (Offer("o", "q", "mask", 120),), arcs), policy=POLICY)
        assert plan.summary.gini < 0.1
        assert min(line.got for line in plan.lines) >= 25

    def test_floor_leaves_nobody_at_zero(self) -> None:
        needs = tuple(Need(f"n{i}", "p", "mask", 40, 1 + i % 3) for i in range(9))
        arcs = tuple(Arc("o", need.key, 1, 1) for need in needs)
        problem = Problem(needs, (Offer("o", "q", "mask", 60),), arcs)
        fair = match(problem, policy=POLICY)
        tiers_only = match(problem, policy=replace(POLICY, floor_fraction=0.0))
        assert all(tier.zero_share == 0 for tier in fair.summary.tiers)
        assert tiers_only.summary.tiers[2].zero_share == 1
        assert fair.summary.gini < tiers_only.summary.gini

    def test_promise_is_kept_against_a_slightly_cheaper_way(self) -> None:
        needs = (Need("a", "p", "mask", 10, 2), Need("b", "p", "mask", 10, 2))
        offers = (Offer("o", "q", "mask", 10), Offer("r", "q", "mask", 10))
        arcs = (Arc("o", "a", 1, 1), Arc("o", "b", 2, 1), Arc("r", "a", 2, 1), Arc("r", "b", 1, 1))
        promised = (Committed("o", "b", 10), Committed("r", "a", 10))
        free = match(Problem(needs, offers, arcs), policy=POLICY)
        kept = match(Problem(needs, offers, arcs, promised), policy=POLICY)
        assert flows_of(free) == {("o", "a"): 10, ("r", "b"): 10}
        assert flows_of(kept) == {("o", "b"): 10, ("r", "a"): 10}
        assert (kept.summary.kept, kept.summary.promised) == (20, 20)

    def test_small_needs_share_the_pieces_left_by_rounding(self) -> None:
        needs = tuple(Need(f"n{i:02}", "p", "mask", 1, 3) for i in range(20))
        arcs = tuple(Arc("o", need.key, 1, 1) for need in needs)
        plan = match(Problem(needs, (Offer("o", "q", "mask", 10),), arcs), policy=POLICY)
        assert sum(line.floor for line in plan.lines) == 5
        assert sum(line.got for line in plan.lines) == 10

    def test_cost_below_least_worth_never_leaves_supply_unused(self) -> None:
        need, offer = Need("n", "p", "mask", 9, 3), Offer("o", "q", "mask", 9)
        assert POLICY.least_worth == 2.5
        assert one_to_one(need, offer, cost=2.49).lines[0].reason is Reason.MET
        assert one_to_one(need, offer, cost=2.51).lines[0].reason is Reason.COST

    def test_largest_values_do_not_overflow(self) -> None:
        strict = Policy("x", tier_weights=(10**6, 10**6, 10**6), floor_value=10**6)
        needs = tuple(Need(f"n{i}", "p", "mask", 10**9, 1) for i in range(40))
        offers = tuple(Offer(f"o{i}", "q", "mask", 10**9) for i in range(40))
        arcs = tuple(Arc(o.key, n.key, 10**6 - 1, 1) for o in offers for n in needs)
        plan = match(Problem(needs, offers, arcs), policy=strict)
        assert sum(line.got for line in plan.lines) == 40 * 625 * 10**6
        assert plan.worth_milli > 2**63


class TestGroups:
    def test_split_cuts_by_item_and_loses_nothing(self) -> None:
        needs = (Need("n1", "p", "mask", 5, 1), Need("n2", "p", "gown", 5, 1))
        offers = (Offer("o1", "p", "mask", 5), Offer("o3", "p", "soap", 5))
        arcs = connect(needs, offers, {})
        groups = split(Problem(needs, offers, arcs, (Committed("o1", "n1", 2),)))
        assert [group.items for group in groups] == [("gown",), ("mask",), ("soap",)]
        assert [len(group.arcs) for group in groups] == [0, 1, 0]
        assert [len(group.committed) for group in groups] == [0, 1, 0]

    def test_substitutes_join_their_items(self) -> None:
        needs = (Need("n1", "p", "mask", 5, 1), Need("n2", "p", "gown", 5, 1))
        offers = (Offer("o1", "p", "n95", 5),)
        (gown, masks) = split(Problem(needs, offers, (Arc("o1", "n1", 1, 1),)))
        assert masks.items == ("mask", "n95")
        assert match(masks, policy=POLICY).lines[0].got == 5
        assert match(gown, policy=POLICY).lines[0].reason is Reason.NO_OFFER

    def test_several_groups_at_once_are_refused(self) -> None:
        needs = (Need("n1", "p", "mask", 5, 1), Need("n2", "p", "gown", 5, 1))
        with pytest.raises(ValueError, match=r"2 item groups.*split\(\)"):
            match(Problem(needs, (), ()), policy=POLICY)

    def test_nothing_is_a_plan(self) -> None:
        plan = match(Problem((), (), ()), policy=POLICY)
        assert str(plan) == "Plan for nothing under policy test-1: nobody asked; 0 pieces unused"
        assert split(Problem((), (), ())) == ()

    def test_connect_uses_the_table_and_keeps_items_apart(self) -> None:
        needs = (Need("n", "wuhan", "mask", 5, 1), Need("m", "wuhan", "gown", 5, 1))
        offers = (Offer("o", "ezhou", "mask", 5), Offer("p", "wuhan", "mask", 5))
        arcs = connect(needs, offers, {("ezhou", "wuhan"): Way(0.75, 2, "closed")})
        assert set(arcs) == {Arc("o", "n", 0.75, 2, "closed"), Arc("p", "n", 0, 0)}


class TestMeasures:
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
    def test_gini_is_the_mean_difference_over_twice_the_mean(self, fills: list[float]) -> None:
        assume(sum(fills) > 1e-6)
        gaps = sum(abs(a - b) for a in fills for b in fills)
        assert gini(fills) == pytest.approx(gaps / (2 * len(fills) * sum(fills)), abs=1e-9)

    def test_gini_of_equals_of_nothing_and_of_one_taker(self) -> None:
        assert (gini([0.5, 0.5]), gini([0, 0]), gini([])) == (0, 0, 0)
        assert gini([0, 0, 0, 1]) == pytest.approx(0.75)

    def test_p10_is_the_nearest_rank(self) -> None:
        assert tenth_percentile([n / 20 for n in range(20)]) == 1 / 20
        assert tenth_percentile([0.3]) == 0.3
        assert tenth_percentile([]) == 0


MASK = ("n", "p", "mask", 5, 1)


class TestWrongValues:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"quantity": 0}, "confirmed=False"),
            ({"quantity": 2.0}, "whole number"),
            ({"quantity": True}, "whole number"),
            ({"quantity": 10**10}, "whole number"),
            ({"tier": 4}, "tier is 1, 2 or 3"),
            ({"due_in_h": -1.0}, "new due time"),
            ({"due_in_h": math.nan}, "new due time"),
            ({"key": ""}, "key"),
        ],
    )
    def test_need(self, change: dict[str, Any], says: str) -> None:
        with pytest.raises(ValueError, match=says):
            replace(Need(*MASK), **change)

    @pytest.mark.parametrize(
        "change", [{"quantity": -1}, {"ready_in_h": -1}, {"ready_in_h": math.inf}, {"key": ""}]
    )
    def test_offer(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"offer|Offer"):
            replace(Offer("o", "p", "mask", 5), **change)

    @pytest.mark.parametrize(
        "numbers", [(-1, 0), (math.nan, 0), (10**7, 0), (0, -1), (0, math.inf)]
    )
    def test_arc_and_way(self, numbers: tuple[float, float]) -> None:
        with pytest.raises(ValueError, match=r"cost|lead time"):
            Arc("o", "n", *numbers)
        with pytest.raises(ValueError, match=r"cost|lead time"):
            Way(*numbers)

    @pytest.mark.parametrize(
        "change",
        [
            {"version": ""},
            {"floor_fraction": 1.1},
            {"floor_cap": -0.1},
            {"tier_weights": (10, 30, 100)},
            {"tier_weights": (10, 1, 0)},
            {"floor_value": -1},
            {"keep_bonus": 0.5},
            {"segments": 0},
        ],
    )
    def test_policy(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=rf"policy|Policy.*{next(iter(change))}"):
            replace(POLICY, **change)

    def test_problem(self) -> None:
        need, offer, arc = Need(*MASK), Offer("o", "p", "mask", 5), Arc("o", "n", 1, 1)
        sent = Committed("o", "n", 3, frozen=True)
        wrong: list[tuple[tuple[Any, ...], str]] = [
            (((need, need), (offer,), ()), "need n is given twice"),
            (((need,), (offer, offer), ()), "offer o is given twice"),
            (((need,), (offer,), (arc, arc)), "arc .* given twice"),
            (((need,), (), (arc,)), "no offer o"),
            (((), (offer,), (arc,)), "no need n"),
            (((need,), (offer,), (), (sent, sent)), "dispatched"),
            (((need,), (replace(offer, quantity=9),), (), (sent, sent)), "commitment"),
        ]
        for parts, says in wrong:
            with pytest.raises(ValueError, match=says):
                Problem(*parts)

    def test_commitment(self) -> None:
        with pytest.raises(ValueError, match="whole number from 1"):
            Committed("o", "n", 0)


def test_a_plan_reads_well() -> None:
    """The whole text of a small plan, as a logistics head would read it."""
    needs = (
        Need("jinyintan", "wuhan", "n95", 500, 1, 24),
        Need("huangpi", "wuhan", "n95", 300, 2, 72),
        Need("village", "wuhan", "n95", 100, 3, confirmed=False),
    )
    offers = (Offer("hub", "expo", "n95", 450), Offer("plant", "xiantao", "n95", 900, 48))
    ways = {("expo", "wuhan"): Way(0.5, 2), ("xiantao", "wuhan"): Way(1, 3)}
    plan = match(Problem(needs, offers, connect(needs, offers, ways)), policy=POLICY)
    assert str(plan).splitlines() == [
        "Plan for n95 under policy test-1: 3 of 3 needs get something",
        "tier 1: 90.0% of 500 pieces for 1 need, 0.0% of them at zero, p10 90.0%",
        "tier 2: 100.0% of 300 pieces for 1 need, 0.0% of them at zero, p10 100.0%",
        "tier 3: 75.0% of 100 pieces for 1 need, 0.0% of them at zero, p10 75.0%",
        "Gini 0.063, transport 600.0 points, 525 pieces unused, 0 of 0 promised kept, "
        "1 need estimated",
        "huangpi (tier 2): 300 of 300, segment 4. All that was asked for is given.",
        "jinyintan (tier 1): 450 of 500, segment 3. What could still be given would arrive after "
        "it is due. Best offer refused: plant: late (51 h, due in 24 h).",
        "village (tier 3): 75 of 100 (estimate), floor 75. The amount is an estimate; confirm it "
        "to get more than the floor share. Best offer refused: hub: given to others "
        "(450 to jinyintan).",
    ]
