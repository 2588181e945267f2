"""What matching also knows: substitutes, lots, lanes, pins, gifts, the price of fairness."""

import math
import random
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import supplies
from gongzhi.engines.allocation import (
    Arc,
    ArcTable,
    Committed,
    CurvePoint,
    Hubs,
    Lane,
    Need,
    Offer,
    Plan,
    Policy,
    Problem,
    Reason,
    Substitute,
    Way,
    Why,
    connect,
    fairness_curve,
    match,
    match_all,
    reference,
    split,
)
from gongzhi.engines.allocation.arcs import table_of
from gongzhi.engines.allocation.network import lay_out
from gongzhi.engines.allocation.program import relax

POLICY = Policy("test-1")
FEW = settings(deadline=None, max_examples=25)
SMALL = supplies.Size(suppliers=20, places=15, items=6, zones=3, hubs=2)


def flows_of(plan: Plan) -> dict[tuple[str, str], int]:
    return {(flow.offer, flow.need): flow.quantity for flow in plan.flows}


@st.composite
def mixtures(draw: st.DrawFn) -> Problem:
    """A small group in which some offers count for less than a piece, or share a lane."""
    needs = tuple(
        Need(f"n{i}", f"p{i}", "n95", draw(st.integers(1, 9)), draw(st.integers(1, 3)),
             confirmed=draw(st.booleans()))
        for i in range(draw(st.integers(1, 3)))
    )  # fmt: skip
    offers = tuple(
        Offer(f"o{i}", f"q{i}", "n95" if i % 2 else "surgical", draw(st.integers(0, 9)),
              volume=draw(st.sampled_from([0.0, 1.0, 2.5])))
        for i in range(draw(st.integers(1, 3)))
    )  # fmt: skip
    arcs, promised = [], []
    for offer in offers:
        for need in needs:
            if draw(st.integers(0, 3)):
                efficacy = 1.0 if offer.item == "n95" else draw(st.sampled_from([0.25, 0.6, 1.0]))
                cost = draw(st.sampled_from([0.0, 1.0, 4.0, 27.5, 90.0]))
                arcs.append(Arc(offer.key, need.key, cost, 1, "", efficacy))
                if not draw(st.integers(0, 3)):
                    promised.append(Committed(offer.key, need.key, draw(st.integers(1, 5))))
    return Problem(needs, offers, tuple(arcs), tuple(promised))


def grouped(problem: Problem) -> list[Problem]:
    """Its item groups that anybody asked of."""
    return [part for part in split(problem) if part.needs]


class TestSubstitutes:
    @given(mixtures())
    @FEW
    def test_bound_is_that_of_the_slow_twin_and_no_plan_passes_it(self, problem: Problem) -> None:
        for part in grouped(problem):
            plan = match(part, policy=POLICY)
            best = float(reference.best_relaxed(part, policy=POLICY))
            assert plan.bound_milli == pytest.approx(max(best, plan.worth_milli), rel=1e-6, abs=2)
            bonus = 1000 * POLICY.keep_bonus * len(part.needs)
            assert plan.worth_milli <= best + bonus
            added = reference.worth_of_flows(part, flows_of(plan), policy=POLICY)
            assert plan.worth_milli == added <= plan.bound_milli

    @given(mixtures())
    @FEW
    def test_whole_pieces_cost_less_than_one_piece_of_each_offer_and_need(
        self, problem: Problem
    ) -> None:
        dearest = 1000 * (POLICY.floor_value + POLICY.tier_weights[0] + POLICY.keep_bonus)
        for part in grouped(problem):
            plan = match(part, policy=POLICY)
            ends = len(part.offers) + len(part.needs)
            assert plan.bound_milli - plan.worth_milli <= ends * dearest
            given_by = Counter[str]()
            for flow in plan.flows:
                given_by[flow.offer] += flow.quantity
            assert all(given_by[offer.key] <= offer.quantity for offer in part.offers)

    @given(mixtures())
    @FEW
    def test_where_every_piece_counts_in_full_program_and_flow_agree(
        self, problem: Problem
    ) -> None:
        full = replace(problem, arcs=tuple(replace(arc, efficacy=1.0) for arc in problem.arcs))
        for part in grouped(full):
            plan = match(part, policy=POLICY)
            assert relax([lay_out(part, POLICY)]).worth == pytest.approx(
                plan.worth_milli, rel=1e-9, abs=1e-3
            )
            assert plan.bound_milli == plan.worth_milli

    def test_a_lesser_piece_counts_for_its_part_and_the_line_says_so(self) -> None:
        need = Need("n", "p", "n95", 10, 1)
        offer = Offer("o", "q", "surgical", 10)
        arcs = connect(
            [need], [offer], {("q", "p"): Way(1, 1)}, [Substitute("surgical", "n95", 0.5)]
        )
        plan = match(Problem((need,), (offer,), arcs), policy=POLICY)
        line = plan.lines[0]
        assert (line.got, line.covers, line.fill) == (10, 5.0, 0.5)
        assert "10 of 10, counting for 5.0" in str(line)
        assert line.reason is Reason.SUPPLY

    def test_a_substitute_serves_in_its_own_direction_only(self) -> None:
        needs = (Need("a", "p", "n95", 5, 1), Need("b", "p", "surgical", 5, 1))
        offers = (Offer("o", "p", "n95", 5), Offer("r", "p", "surgical", 5))
        arcs = connect(needs, offers, {}, [Substitute("n95", "surgical", waste=2.0)])
        assert {(arc.offer, arc.need, arc.cost) for arc in arcs} == {
            ("o", "a", 0.0), ("r", "b", 0.0), ("o", "b", 2.0),
        }  # fmt: skip

    def test_a_forbidden_substitute_is_refused_by_the_name_of_its_rule(self) -> None:
        need, offer = Need("n", "p", "n95", 5, 1), Offer("o", "p", "surgical", 5)
        rule = Substitute("surgical", "n95", 0.5, forbidden="aerosol procedures")
        arcs = connect([need], [offer], {}, [rule])
        line = match(Problem((need,), (offer,), arcs), policy=POLICY).lines[0]
        assert (line.got, line.reason) == (0, Reason.NO_OFFER)
        assert str(line.refused) == "o: barred (aerosol procedures)"

    def test_what_is_on_its_way_counts_for_its_part(self) -> None:
        need, offer = Need("n", "p", "n95", 10, 1), Offer("o", "q", "surgical", 8)
        sent = Committed("o", "n", 8, frozen=True)
        arcs = (Arc("o", "n", 1, 1, efficacy=0.5),)
        plan = match(Problem((need,), (offer,), arcs, (sent,)), policy=POLICY)
        assert (plan.lines[0].got, plan.lines[0].covers) == (8, 4.0)

    @pytest.mark.parametrize("efficacy", [0.0, 1.2, 0.0001])
    def test_an_efficacy_is_a_part_of_one(self, efficacy: float) -> None:
        with pytest.raises(ValueError, match="efficacy"):
            Arc("o", "n", 1, 1, efficacy=efficacy)
        with pytest.raises(ValueError, match="efficacy"):
            Substitute("a", "b", efficacy)


class TestTable:
    @given(mixtures(), st.randoms(use_true_random=False))
    @FEW
    def test_columns_and_objects_are_one_problem(
        self, problem: Problem, shuffle: random.Random
    ) -> None:
        arcs = list(problem.arcs)
        shuffle.shuffle(arcs)
        table = table_of(arcs, problem.offers, problem.needs)
        assert list(table) == arcs
        told = [match(part, policy=POLICY) for part in split(problem)]
        assert told == [match(p, policy=POLICY) for p in split(replace(problem, arcs=table))]

    def test_wrong_columns_are_refused(self) -> None:
        needs, offers = (Need("n", "p", "m", 1, 1),), (Offer("o", "q", "m", 1),)

        def table(offer: int = 0, cost: float = 1.0, times: int = 1) -> ArcTable:
            return ArcTable(
                offers, needs, np.full(times, offer), np.zeros(times, dtype=np.int64),
                np.full(times, cost), np.ones(times),
            )  # fmt: skip

        for wrong, says in (
            ({"offer": 1}, "names offer 1"), ({"cost": -1.0}, "cost"), ({"times": 2}, "twice"),
        ):  # fmt: skip
            with pytest.raises(ValueError, match=says):
                table(**wrong)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="other offers"):
            Problem(needs, (Offer("x", "q", "m", 1),), table())
        with pytest.raises(ValueError, match="differ in length"):
            ArcTable(offers, needs, np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64),
                     np.ones(1), np.ones(1))  # fmt: skip


class TestSeededCrisis:
    def test_the_same_seed_draws_the_same_and_another_does_not(self) -> None:
        one, two = (supplies.problem(SMALL, seed=1) for _ in range(2))
        assert list(one.arcs) == list(two.arcs)
        assert one.needs != supplies.problem(SMALL, seed=2).needs

    def test_flow_and_program_agree_on_every_group(self) -> None:
        for part in split(supplies.problem(SMALL)):
            plan = match(part, policy=POLICY)
            best = relax([lay_out(part, POLICY)]).worth
            assert abs(best - plan.worth_milli) <= 1e-6 * abs(best)

    def test_all_groups_at_once_are_the_groups_one_by_one(self) -> None:
        problem = supplies.problem(SMALL)
        found = match_all(problem, policy=POLICY)
        assert found.plans == tuple(match(part, policy=POLICY) for part in split(problem))
        assert (found.loss, found.lanes) == (0.0, ())


def two_hubs(cost: float = 1.0, hours: float = 1.0, needs: int = 3) -> Hubs:
    return Hubs(
        ("near", "far"), np.array([[cost, 9.0]]), np.array([[hours, 9.0]]),
        np.full((2, needs), cost), np.full((2, needs), hours), handling_h=2.0,
    )  # fmt: skip


def asked(*quantities: int, due: float = 24.0) -> tuple[Need, ...]:
    return tuple(Need(f"n{i}", f"p{i}", "mask", q, 2, due) for i, q in enumerate(quantities))


class TestLots:
    def test_small_consignments_go_through_a_hub_together(self) -> None:
        needs = asked(4, 5, 6)
        offer = Offer("o", "q", "mask", 40, lot=10)
        arcs = tuple(Arc("o", need.key, 1.5, 1) for need in needs)
        plan = match(Problem(needs, (offer,), arcs, hubs=two_hubs()), policy=POLICY)
        assert [(flow.quantity, flow.hub) for flow in plan.flows] == [
            (4, "near"), (5, "near"), (6, "near"),
        ]  # fmt: skip
        assert plan.summary.transport_cost == 15 * 2.0
        assert plan.bound_milli - plan.worth_milli == 15 * 500

    def test_a_larger_one_joins_them_if_they_are_no_lot_together(self) -> None:
        needs = asked(4, 30, 12)
        offer = Offer("o", "q", "mask", 60, lot=10)
        arcs = tuple(Arc("o", need.key, 1, 1) for need in needs)
        plan = match(Problem(needs, (offer,), arcs, hubs=two_hubs()), policy=POLICY)
        assert [(f.quantity, f.hub) for f in plan.flows] == [(4, "near"), (30, ""), (12, "near")]

    def test_what_no_hub_brings_in_time_is_told_its_lot(self) -> None:
        needs = asked(4, due=3.0)
        offer = Offer("o", "q", "mask", 40, lot=10)
        problem = Problem(needs, (offer,), (Arc("o", "n0", 1, 1),), hubs=two_hubs(needs=1))
        line = match(problem, policy=POLICY).lines[0]
        assert (line.got, line.reason) == (0, Reason.LOT)
        assert line.refused is not None
        assert (line.refused.why, line.refused.detail) == (Why.LOT, "10")

    def test_another_offer_takes_the_place_of_one_that_sends_no_small_lot(self) -> None:
        needs = asked(4)
        offers = (Offer("o", "q", "mask", 40, lot=10), Offer("r", "q", "mask", 40))
        arcs = (Arc("o", "n0", 1, 1), Arc("r", "n0", 2, 1))
        plan = match(Problem(needs, offers, arcs), policy=POLICY)
        assert flows_of(plan) == {("r", "n0"): 4}

    def test_no_consignment_is_below_its_lot_and_none_comes_late(self) -> None:
        problem = supplies.problem(SMALL, lots=True)
        plans = match_all(problem, policy=POLICY).plans
        lot = {offer.key: offer.lot for offer in problem.offers}
        sent = Counter[tuple[str, str]]()
        for flow in (flow for plan in plans for flow in plan.flows):
            sent[flow.offer, flow.hub or flow.need] += flow.quantity
        assert all(pieces >= lot[offer] for (offer, _), pieces in sent.items())
        assert any(flow.hub for plan in plans for flow in plan.flows)
        assert all(plan.worth_milli <= plan.bound_milli for plan in plans)

    def test_hubs_leave_fewer_with_nothing_than_cutting_does(self) -> None:
        problem = supplies.problem(SMALL, lots=True)
        nothing = [
            sum(line.got == 0 for plan in match_all(p, policy=POLICY).plans for line in plan.lines)
            for p in (problem, replace(problem, hubs=None))
        ]
        assert nothing[0] < nothing[1]

    def test_tables_of_another_size_are_refused(self) -> None:
        with pytest.raises(ValueError, match="1 offers x 2 hubs"):
            Problem(asked(4), (Offer("o", "q", "mask", 4),), (), hubs=two_hubs(needs=2))


@st.composite
def narrow(draw: st.DrawFn) -> Problem:
    """A mixture whose arcs share two lanes."""
    problem = draw(mixtures())
    lanes = tuple(Lane(key, draw(st.sampled_from([0.0, 3.0, 10.0]))) for key in ("east", "west"))
    arcs = tuple(
        replace(arc, lane=draw(st.sampled_from(["", "east", "west"])))
        for arc in problem.arcs
        if arc.efficacy < 1 or arc.offer != "o0"
    )
    return replace(problem, arcs=arcs, lanes=lanes, committed=())


def load_of(problem: Problem, plans: tuple[Plan, ...]) -> Counter[str]:
    lane = {(arc.offer, arc.need): arc.lane for arc in problem.arcs}
    volume = {offer.key: offer.volume for offer in problem.offers}
    load = Counter[str]()
    for flow in (flow for plan in plans for flow in plan.flows):
        load[lane[flow.offer, flow.need]] += flow.quantity * volume[flow.offer]  # type: ignore[assignment]
    return load


class TestLanes:
    @given(narrow())
    @FEW
    def test_no_lane_is_over_full_and_the_bound_is_that_of_the_slow_twin(
        self, problem: Problem
    ) -> None:
        found = match_all(problem, policy=POLICY)
        load = load_of(problem, found.plans)
        for lane, use in zip(problem.lanes, found.lanes, strict=True):
            assert load[lane.key] == pytest.approx(use.used)
            assert use.used <= lane.capacity + 1e-9
        assert found.worth_milli <= found.bound_milli
        if len(parts := split(problem)) == 1 and parts[0].needs:
            best = float(reference.best_relaxed(problem, policy=POLICY))
            assert found.bound_milli == pytest.approx(best, rel=1e-6, abs=2)

    def test_wide_lanes_change_nothing(self) -> None:
        problem = supplies.problem(SMALL, lanes=1000.0)
        free = match_all(supplies.problem(SMALL), policy=POLICY)
        assert match_all(problem, policy=POLICY).worth_milli == free.worth_milli

    @pytest.mark.parametrize("tight", [0.3, 1.0])
    def test_narrow_lanes_are_used_to_within_a_hundredth_of_the_bound(self, tight: float) -> None:
        found = match_all(supplies.problem(SMALL, lanes=tight), policy=POLICY)
        assert not found.over
        assert 0 <= found.loss < 0.01

    def test_steps_near_the_optimum_prove_their_own_bound(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        problem = supplies.problem(SMALL, lanes=0.5)
        exact = match_all(problem, policy=POLICY)
        monkeypatch.setattr("gongzhi.engines.allocation.program.EXACT_COLUMNS", 0)
        near = match_all(problem, policy=POLICY)
        assert near.worth_milli <= exact.bound_milli <= near.bound_milli
        assert near.loss < 0.05

    def test_a_full_lane_is_the_reason(self) -> None:
        need = Need("n", "p", "mask", 10, 1)
        offer = Offer("o", "q", "mask", 50, volume=2.0)
        problem = Problem(
            (need,), (offer,), (Arc("o", "n", 1, 1, lane="east"),), lanes=(Lane("east", 9.0),)
        )
        found = match_all(problem, policy=POLICY)
        line = found.plans[0].lines[0]
        assert (line.got, line.reason) == (4, Reason.LANE)
        assert str(found.lanes[0]) == "lane east: 8.0 of 9.0"

    def test_an_over_full_lane_says_so(self) -> None:
        need, offer = Need("n", "p", "mask", 10, 1), Offer("o", "q", "mask", 50, volume=1.0)
        problem = Problem(
            (need,), (offer,), (Arc("o", "n", 1, 1, lane="east"),),
            (Committed("o", "n", 8, pinned=True),), (Lane("east", 5.0),),
        )  # fmt: skip
        found = match_all(problem, policy=POLICY)
        assert [str(lane) for lane in found.over] == ["lane east: 8.0 of 5.0, over by 3.0"]
        assert found.plans[0].lines[0].got == 8

    def test_one_group_alone_does_not_know_the_lanes(self) -> None:
        problem = Problem(asked(3), (), (), lanes=(Lane("east", 1.0),))
        with pytest.raises(ValueError, match="match_all"):
            match(problem, policy=POLICY)
        with pytest.raises(ValueError, match="takes lane west"):
            Problem(asked(3), (Offer("o", "q", "mask", 1),), (Arc("o", "n0", 1, 1, lane="west"),))


class TestPinsAndGifts:
    def test_a_pinned_line_stays_whatever_would_be_better(self) -> None:
        needs = (Need("a", "p", "mask", 10, 3), Need("b", "r", "mask", 10, 1))
        offer = Offer("o", "q", "mask", 10)
        arcs = (Arc("o", "a", 3, 1), Arc("o", "b", 1, 1))
        pin = Committed("o", "a", 10, pinned=True)
        plan = match(Problem(needs, (offer,), arcs, (pin,)), policy=POLICY)
        assert [(f.need, f.quantity, f.pinned, f.frozen) for f in plan.flows] == [("a", 10, 10, 0)]
        assert plan.summary.transport_cost == 30.0
        added = reference.worth_of_flows(
            Problem(needs, (offer,), arcs), flows_of(plan),
            policy=replace(POLICY, floor_fraction=POLICY.floor_fraction),
        )  # fmt: skip
        assert plan.worth_milli == added

    def test_a_forbidden_line_is_refused_with_its_reason(self) -> None:
        need, offer = Need("n", "p", "mask", 5, 1), Offer("o", "q", "mask", 5)
        arcs = (Arc("o", "n", 1, 1, "forbidden by 王: expired"),)
        line = match(Problem((need,), (offer,), arcs), policy=POLICY).lines[0]
        assert str(line.refused) == "o: barred (forbidden by 王: expired)"

    def test_a_directed_gift_goes_where_the_giver_wants_or_nowhere(self) -> None:
        needs = (Need("a", "clinic", "mask", 10, 3), Need("b", "hospital", "mask", 30, 1))
        offers = (Offer("gift", "q", "mask", 20, directed_to="clinic"),)
        arcs = tuple(Arc("gift", need.key, 1, 1) for need in needs)
        plan = match(Problem(needs, offers, arcs), policy=POLICY)
        assert [(f.need, f.quantity, f.directed) for f in plan.flows] == [("a", 10, True)]
        assert plan.unused == (("gift", 10),)
        a, b = plan.lines
        assert (a.directed, "10 of them a directed gift" in str(a)) == (10, True)
        assert str(b.refused) == "gift: directed elsewhere (clinic)"

    def test_nobody_pins_more_than_there_is_or_what_has_left(self) -> None:
        pin = Committed("o", "n0", 5, pinned=True)
        with pytest.raises(ValueError, match="pinned"):
            Problem(asked(9), (Offer("o", "q", "mask", 4),), (), (pin,))
        with pytest.raises(ValueError, match="either dispatched or pinned"):
            Committed("o", "n0", 5, frozen=True, pinned=True)


@cache
def curve() -> tuple[Problem, tuple[CurvePoint, ...]]:
    problem = supplies.problem(SMALL)
    return problem, fairness_curve(problem, policy=POLICY)


class TestPriceOfFairness:
    def test_each_point_is_the_plan_under_its_fraction(self) -> None:
        problem, points = curve()
        for point in (points[0], points[-1]):
            policy = replace(POLICY, floor_fraction=point.floor_fraction)
            plans = match_all(problem, policy=policy).plans
            lines = [line for plan in plans for line in plan.lines]
            zero = sum(line.got == 0 for line in lines) / len(lines)
            cost = sum(plan.summary.transport_cost for plan in plans)
            assert (point.zero_share, point.transport_cost) == (zero, cost)

    def test_more_floor_is_more_even_and_the_urgent_pay_for_it(self) -> None:
        _, points = curve()
        none, all_of_it = points[0], points[-1]
        assert [point.floor_fraction for point in points] == [0.0, 0.25, 0.5, 0.75, 1.0]
        assert none.gini > all_of_it.gini
        assert none.zero_share >= all_of_it.zero_share
        assert none.tiers[0].fill > all_of_it.tiers[0].fill
        assert none.tiers[2].fill < all_of_it.tiers[2].fill
        assert str(none).startswith("floor 0: tier 1 ")


def test_rounding_is_told_as_a_part_of_the_bound() -> None:
    plan = match(supplies_part(), policy=POLICY)
    assert 0 <= plan.loss < 0.01
    assert math.isclose(plan.loss, 1 - plan.worth_milli / plan.bound_milli)


def supplies_part() -> Problem:
    """The largest group with a partial substitute."""
    parts = split(supplies.problem(SMALL, partial=0.6))
    return max((part for part in parts if len(part.items) > 1), key=lambda part: len(part.arcs))
