"""The routing engine against every plan tried out, against its checker, and its promises."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.engines.routing import (
    NO_WAY,
    Plan,
    Problem,
    Progress,
    Reason,
    Stop,
    Vehicle,
    Ways,
    changed,
    improve,
    plan_in_zones,
    plan_routes,
    remaining,
    replan_routes,
    zones,
)
from gongzhi.engines.routing.reference import best_cost, check
from gongzhi.engines.routing.search import price_of_must

HORIZON = 45
LINE = Ways.of(
    ("hub", "a", "b", "c"), [[0, 2, 4, 6], [2, 0, 2, 4], [4, 2, 0, 2], [6, 4, 2, 0]]
)  # fmt: skip
TRUCK = Vehicle("truck", "hub", "hub", (10,))


def stop(key: str, *delivers: int, **more: Any) -> Stop:
    return Stop(key, more.pop("place", key), delivers or (1,), **more)


def on_the_line(*stops: Stop, vehicles: tuple[Vehicle, ...] = (TRUCK,)) -> Problem:
    return Problem(stops, vehicles, LINE)


def planned(*stops: Stop, vehicles: tuple[Vehicle, ...] = (TRUCK,), **more: Any) -> Plan:
    problem = on_the_line(*stops, vehicles=vehicles)
    plan = plan_routes(problem, **more)
    assert check(problem, plan) == []
    return plan


# Every plan tried out -----------------------------------------------------------------------------

SMALL = st.integers(0, 9)
MAYBE = st.none() | st.integers(8, 40)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    places = ("hub", "a", "b", "c")[: draw(st.integers(2, 4))]
    size = len(places)
    legs = st.lists(st.integers(-1, 9), min_size=size * size, max_size=size * size)
    metres = np.array(draw(legs)).reshape(size, size)
    seconds = np.where(metres < 0, -1, np.array(draw(legs)).reshape(size, size).clip(0))
    for table in (metres, seconds):
        np.fill_diagonal(table, 0)
    stops = tuple(
        Stop(
            f"s{number}", draw(st.sampled_from(places)), (draw(SMALL),), (draw(st.integers(0, 3)),),
            opens=(opens := draw(SMALL)), closes=draw(st.none() | st.integers(opens, 40)),
            service=draw(st.integers(0, 3)), ready=draw(st.sampled_from([0, 0, 5])),
            prize=draw(st.none() | st.integers(0, 30)),
        )
        for number in range(draw(st.integers(1, 4)))
    )  # fmt: skip
    pairs = st.tuples(st.sampled_from(places), st.sampled_from(places))
    vehicles = tuple(
        Vehicle(
            f"v{number}", draw(st.sampled_from(places)), draw(st.sampled_from(places)),
            (capacity := draw(st.integers(4, 15)),), shift_from=draw(st.sampled_from([0, 4])),
            shift_to=draw(MAYBE), hours=draw(MAYBE), max_metres=draw(MAYBE),
            tours=draw(st.sampled_from([1, 1, 2])), per_use=draw(SMALL),
            per_metre=draw(st.integers(0, 3)), per_second=draw(st.integers(0, 1)),
            closed=draw(st.frozensets(pairs, max_size=2)),
            only=draw(st.none() | st.frozensets(st.sampled_from([s.key for s in stops]))),
            aboard=(draw(st.integers(0, min(capacity, 3))),),
        )
        for number in range(draw(st.integers(1, 2)))
    )  # fmt: skip
    return Problem(stops, vehicles, Ways.of(places, metres, seconds))


@settings(max_examples=50, deadline=None)
@given(problems())
def test_no_plan_of_a_tiny_problem_is_better(problem: Problem) -> None:
    price = price_of_must(problem)
    plan = plan_routes(problem, rounds=400)
    assert check(problem, plan) == []
    musts = {stop.key for stop in problem.stops if not stop.is_optional}
    left = sum(row.stop in musts for row in plan.unserved)
    best_left, best = best_cost(problem, price, HORIZON)
    # To load again is a detour that a short search may miss; everything else it must find.
    found, possible = (left, plan.cost), (best_left, best)
    if best_left:
        found, possible = (left * price + plan.cost, 0), (best_left * price + best, 0)
    assert found >= possible
    if all(vehicle.tours == 1 for vehicle in problem.vehicles):
        assert found == possible


# What the engine promises -------------------------------------------------------------------------


def test_a_round_has_its_timetable_loads_and_cost() -> None:
    truck = replace(TRUCK, per_use=100, per_metre=3, per_second=2, shift_from=10)
    plan = planned(stop("b", 4, service=5, opens=30), stop("a", 3), vehicles=(truck,))
    (route,) = plan.routes
    assert (route.metres, route.seconds, route.cost) == (8, 13, 100 + 24 + 26)
    assert plan.cost == route.cost
    hub, *_, home = route.visits
    assert hub.load == (7,)
    assert home.load == (0,)
    [at_b] = [visit for visit in route.visits if visit.stop == "b"]
    assert (at_b.begins, at_b.leaves) == (30, 35)
    assert hub.leaves >= 10


def test_the_same_seed_and_rounds_give_the_same_plan() -> None:
    problem = _grid(40, 6)
    assert plan_routes(problem, rounds=60, seed=3) == plan_routes(problem, rounds=60, seed=3)


def test_plans_get_better_while_one_waits_and_stop_when_it_is_enough() -> None:
    problem = _grid(60, 9)
    found = list(improve(problem, rounds=300))
    costs = [row.cost for row in found]
    assert len(found) > 2
    assert costs == sorted(set(costs), reverse=True)
    assert [row.rounds for row in found] == sorted(row.rounds for row in found)
    for row in (found[0], found[-1]):
        assert check(problem, row.plan) == []
        assert (row.plan.cost, len(row.plan.unserved)) == (row.cost, row.left_out)
    asked = itertools.count()
    first = list(improve(problem, enough=lambda: next(asked) >= 0))
    assert [row.cost for row in first] == costs[:1]


def test_a_mixed_fleet_sends_the_large_truck_where_the_load_is() -> None:
    small, large = (Vehicle(k, "hub", "hub", (c,), per_use=c) for k, c in (("s", 2), ("l", 8)))
    plan = planned(stop("a", 8), stop("b", 1), vehicles=(small, large))
    assert plan.vehicle_of == {"a": "l", "b": "s"}


def test_each_depot_serves_what_is_near_it() -> None:
    east = Vehicle("east", "c", "c", (9,))
    west = Vehicle("west", "hub", "hub", (9,))
    plan = planned(stop("a"), stop("c"), vehicles=(east, west))
    assert plan.vehicle_of == {"a": "west", "c": "east"}
    assert plan.metres == 4


def test_a_truck_loads_twice_where_it_may() -> None:
    stops = stop("a", 6, closes=9), stop("b", 6, ready=20)
    once = planned(*stops)
    assert [row.reason for row in once.unserved] == [Reason.FULL]
    twice = planned(*stops, vehicles=(replace(TRUCK, tours=2),))
    (route,) = twice.routes
    assert route.tours == (("a",), ("b",))
    assert [visit.leaves for visit in route.visits if visit.stop is None][1] >= 20


def test_what_is_collected_fits_beside_what_is_delivered() -> None:
    plan = planned(stop("a", 8), Stop("b", "b", (2,), (10,)))
    assert plan.routes[0].stops == ("a", "b")


TRUCK_BY = {
    "only": replace(TRUCK, only=frozenset()),
    "closed": replace(TRUCK, closed=frozenset({("a", "hub"), ("a", "b"), ("a", "c")})),
    "hours": replace(TRUCK, hours=3),
    "metres": replace(TRUCK, max_metres=3),
    "shift": replace(TRUCK, shift_to=3),
}


@pytest.mark.parametrize(
    ("one", "vehicles", "reason"),
    [
        (stop("a"), (), Reason.NO_VEHICLE),
        (stop("a"), (TRUCK_BY["only"],), Reason.NOT_ALLOWED),
        (stop("a"), (TRUCK_BY["closed"],), Reason.NO_WAY),
        (stop("a", 11), (TRUCK,), Reason.TOO_LARGE),
        (stop("a", closes=1), (TRUCK,), Reason.TOO_LATE),
        (stop("a"), (TRUCK_BY["hours"],), Reason.TOO_LONG),
        (stop("a"), (TRUCK_BY["metres"],), Reason.TOO_LONG),
        (stop("a"), (TRUCK_BY["shift"],), Reason.TOO_LONG),
        (stop("a", 11), (replace(TRUCK_BY["only"], key="van"), TRUCK), Reason.TOO_LARGE),
        (stop("a", prize=3), (TRUCK,), Reason.NOT_WORTH_IT),
    ],
)
def test_a_stop_nobody_serves_says_why(
    one: Stop, vehicles: tuple[Vehicle, ...], reason: Reason
) -> None:
    plan = planned(one, vehicles=vehicles)
    (row,) = plan.unserved
    assert (row.stop, row.reason) == ("a", reason)
    assert reason.sentence in str(plan)


def test_of_two_stops_that_do_not_fit_one_is_told_why() -> None:
    full = planned(stop("a", 6), stop("b", 6))
    assert [(row.stop, row.reason) for row in full.unserved] == [("b", Reason.FULL)]
    busy = planned(stop("a", opens=9, closes=9), stop("c", opens=9, closes=9))
    assert [row.reason for row in busy.unserved] == [Reason.BUSY]


def test_an_optional_stop_is_served_when_it_is_worth_the_way() -> None:
    assert planned(stop("a", prize=5)).unserved == ()
    left = planned(stop("a", prize=3)).unserved
    assert [row.detour for row in left] == [4]


def test_a_closed_road_binds_the_vehicle_it_is_closed_to() -> None:
    heavy = Vehicle("heavy", "hub", "hub", (9,), closed=frozenset({("hub", "b")}))
    light = Vehicle("light", "hub", "hub", (9,), per_use=50)
    both = stop("a"), stop("b")
    assert [r.stops for r in planned(*both, vehicles=(heavy, light)).routes] == [("a", "b")]
    shut = replace(heavy, closed=heavy.closed | {("a", "b")})
    apart = planned(*both, vehicles=(shut, light))
    assert apart.vehicle_of["b"] == "light"


def test_a_way_barred_to_all_is_never_driven() -> None:
    table = LINE.metres.copy()
    table[0, 1] = NO_WAY
    problem = Problem((stop("a"),), (TRUCK,), Ways.of(LINE.places, table))
    plan = plan_routes(problem)
    assert check(problem, plan) == []
    assert plan.unserved[0].reason in (Reason.NO_WAY, Reason.BUSY)


# Zones --------------------------------------------------------------------------------------------


def _grid(count: int, vehicles: int, room: int = 30, columns: int = 20) -> Problem:
    """Stops on a grid of streets with the hub in the middle, some wanted at certain hours."""
    spots = [(0.0, 0.0)]
    spots += [((n * 7 % columns) - columns / 2, n // columns - 3.0) for n in range(count)]
    points = np.array(spots) * 100
    metres = np.abs(points[:, None, :] - points[None, :, :]).sum(axis=2).round().astype(np.int64)
    names = ("hub", *(f"p{n}" for n in range(count)))
    stops = tuple(
        Stop(f"s{n}", f"p{n}", (1 + n % 4,), opens=n % 5 * 300, closes=8000, service=20)
        for n in range(count)
    )
    fleet = tuple(Vehicle(f"v{n}", "hub", "hub", (room,), shift_to=9000) for n in range(vehicles))
    return Problem(stops, fleet, Ways.of(names, metres))


def test_a_small_city_is_one_zone() -> None:
    problem = _grid(30, 4)
    assert zones(problem) == (problem,)


@pytest.mark.parametrize(("count", "most"), [(301, 300), (700, 300), (50, 20)])
def test_zones_share_out_every_stop_and_vehicle_once(count: int, most: int) -> None:
    problem = _grid(count, count // 8)
    parts = zones(problem, most=most)
    assert max(len(part.stops) for part in parts) <= most
    assert sorted(s.key for part in parts for s in part.stops) == sorted(
        s.key for s in problem.stops
    )
    assert sorted(v.key for part in parts for v in part.vehicles) == sorted(
        v.key for v in problem.vehicles
    )
    for part in parts:
        wanted = sum(s.delivers[0] for s in part.stops)
        assert sum(v.capacity[0] for v in part.vehicles) >= wanted


def test_a_city_in_zones_has_one_plan() -> None:
    problem = _grid(90, 14)
    plan = plan_in_zones(problem, most=30, rounds=60)
    assert check(problem, plan) == []
    assert plan.unserved == ()
    whole = plan_routes(problem, rounds=60)
    assert plan.cost < 1.4 * whole.cost


def test_what_one_zone_cannot_carry_another_zones_idle_vehicle_takes() -> None:
    spots = [f"p{n}" for n in range(4)]
    far = [[0, 1, 1, 50, 50], [1, 0, 1, 50, 50], [1, 1, 0, 50, 50], [50, 50, 50, 0, 1],
           [50, 50, 50, 1, 0]]  # fmt: skip
    stops = tuple(Stop(f"s{n}", p, (9,) if n < 2 else (1,)) for n, p in enumerate(spots))
    fleet = tuple(Vehicle(f"v{n}", "hub", "hub", (10,)) for n in range(3))
    problem = Problem(stops, fleet, Ways.of(("hub", *spots), far))
    plan = plan_in_zones(problem, most=2)
    assert check(problem, plan) == []
    assert plan.unserved == ()


def test_permits_are_kept_when_a_city_is_cut() -> None:
    problem = _grid(20, 6)
    cold = replace(problem.vehicles[0], only=frozenset({"s3"}))
    parts = zones(Problem(problem.stops, (cold, *problem.vehicles[1:]), problem.ways), most=10)
    [(part, vehicle)] = [(p, v) for p in parts for v in p.vehicles if v.key == cold.key]
    assert vehicle.only == {"s3"} & {s.key for s in part.stops}


# A day that has begun -----------------------------------------------------------------------------


def test_a_day_is_planned_anew_from_where_it_is() -> None:
    problem = _grid(24, 5, room=20)
    plan = plan_routes(problem, rounds=80)
    route = plan.routes[0]
    first = route.visits[1]
    row = Progress(
        route.vehicle, (str(first.stop),), route.stops[1:], first.place, first.leaves,
        route.visits[0].leaves,
    )  # fmt: skip
    new = Stop("new", "p5", (2,), closes=9000)
    shut = frozenset({(first.place, route.visits[2].place)})
    vehicles = tuple(replace(vehicle, closed=shut) for vehicle in problem.vehicles)
    grown = Problem((*problem.stops, new), vehicles, problem.ways)
    rest = remaining(grown, [row], now=first.leaves)
    again = plan_routes(rest, rounds=80, current=plan)
    assert check(rest, again) == []
    assert first.stop not in again.vehicle_of
    assert again.vehicle_of["new"] != route.vehicle
    [onward] = [r for r in again.routes if r.vehicle == route.vehicle]
    assert onward.visits[0].place == first.place
    assert onward.visits[0].leaves >= first.leaves
    assert set(onward.stops) == set(route.stops[1:])
    assert route.vehicle in changed(plan, again, [str(first.stop)])


def test_a_plan_that_still_holds_is_kept() -> None:
    problem = _grid(24, 5, room=20)
    plan = plan_routes(problem, rounds=400)
    again = plan_routes(remaining(problem, [], now=0), rounds=1, current=plan)
    assert changed(plan, again) == ()
    assert again == plan


def test_goods_aboard_go_with_no_other_vehicle() -> None:
    problem = on_the_line(stop("a"), stop("b"), vehicles=(TRUCK, replace(TRUCK, key="van")))
    row = Progress("truck", (), ("b",), "a", 5, 0)
    rest = remaining(problem, [row], now=5)
    plan = plan_routes(rest)
    assert check(rest, plan) == []
    assert plan.vehicle_of == {"a": "van", "b": "truck"}


def test_a_vehicle_on_the_road_collects_what_is_new_there() -> None:
    pick = Stop("c", "c", (), (4,))
    row = Progress("truck", ("a",), ("b",), "a", 5, 0, back=(5,))
    rest = remaining(on_the_line(stop("a", 5), stop("b"), pick), [row], now=5)
    assert plan_routes(rest).vehicle_of == {"b": "truck", "c": "truck"}
    heavy = remaining(
        on_the_line(stop("a", 5), stop("b"), replace(pick, collects=(6,))), [row], now=5
    )
    assert [r.reason for r in plan_routes(heavy).unserved] == [Reason.TOO_LARGE]


def test_a_driver_on_the_road_has_fewer_hours_left() -> None:
    truck = replace(TRUCK, hours=12)
    problem = on_the_line(stop("a"), stop("c"), vehicles=(truck,))
    rest = remaining(problem, [Progress("truck", ("a",), ("c",), "a", 4, 0)], now=4)
    assert plan_routes(rest).unserved[0].reason == Reason.TOO_LONG
    assert rest.vehicles[0].hours == 8


def test_a_shift_that_is_over_is_planned_no_more() -> None:
    problem = on_the_line(stop("a"), vehicles=(replace(TRUCK, shift_to=9),))
    plan = plan_routes(remaining(problem, [], now=10))
    assert plan.unserved[0].reason == Reason.NO_VEHICLE


def test_only_the_routes_a_closure_cuts_are_planned_anew() -> None:
    problem = _grid(40, 8, room=20)
    plan = plan_routes(problem, rounds=150)
    cut = plan.routes[1]
    shut = frozenset({(cut.visits[1].place, cut.visits[2].place)})
    after = Problem(
        problem.stops, tuple(replace(v, closed=shut) for v in problem.vehicles), problem.ways
    )
    again = replan_routes(after, plan, rounds=100)
    assert check(after, again) == []
    assert cut.vehicle in changed(plan, again)
    idle = {v.key for v in problem.vehicles} - {route.vehicle for route in plan.routes}
    assert set(changed(plan, again)) <= {cut.vehicle} | idle
    assert again.unserved == ()


def test_every_route_may_change_where_a_stop_would_be_left_out() -> None:
    van = replace(TRUCK, key="van", capacity=(4,))
    before = planned(stop("a", 3), stop("b", 4), vehicles=(TRUCK, van))
    assert set(before.vehicle_of.values()) == {"truck"}
    shut = replace(TRUCK, closed=frozenset({("hub", "c"), ("a", "c"), ("b", "c")}))
    problem = on_the_line(stop("a", 3), stop("b", 4), stop("c", 4), vehicles=(TRUCK, van))
    again = replan_routes(problem, before)
    assert check(problem, again) == [] and again.unserved == ()
    assert changed(before, again) == ("van",)
    bigger = on_the_line(stop("a", 3), stop("b", 4), stop("c", 6), vehicles=(shut, van))
    assert [r.reason for r in replan_routes(bigger, before).unserved] == [Reason.TOO_LARGE]
    wide = on_the_line(stop("a", 3), stop("b", 4), stop("c", 6), vehicles=(TRUCK, van))
    moved = replan_routes(wide, before)
    assert check(wide, moved) == [] and moved.unserved == ()
    assert moved.vehicle_of["c"] == "truck"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([Progress("van", (), (), "a", 0, 0)], "no such vehicle"),
        ([Progress("truck", ("z",), (), "a", 0, 0)], "no such stop"),
        ([Progress("truck", ("a",), ("a",), "a", 0, 0)], "still carries it"),
        (
            [Progress("truck", ("a",), (), "a", 0, 0), Progress("bus", ("a",), (), "a", 0, 0)],
            "two vehicles",
        ),
    ],
)
def test_progress_that_cannot_be_is_refused(rows: list[Progress], said: str) -> None:
    problem = on_the_line(stop("a"), vehicles=(TRUCK, replace(TRUCK, key="bus")))
    with pytest.raises(ValueError, match=said):
        remaining(problem, rows, now=0)


# Bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Ways.of(("a", "b"), [[0, 1]]), "a row and a column for each of the 2 places"),
        (lambda: Ways.of(("a",), [[0.5]]), "whole numbers"),
        (lambda: Ways.of(("a", "a"), [[0, 1], [1, 0]]), "given twice"),
        (lambda: Ways.of((), []), "at least one place"),
        (lambda: Ways.of(("a", "b"), [[0, -2], [1, 0]]), "-1 where no way leads"),
        (lambda: Ways.of(("a",), [[3]]), "0 from each place to itself"),
        (lambda: Ways.of(("a", "b"), [[0, 1], [1, 0]], [[0, -1], [1, 0]]), "bar it in both"),
        (lambda: Stop("", "a"), "must have a key"),
        (lambda: stop("a", -1), "delivers must be whole numbers"),
        (lambda: stop("a", opens=5, closes=4), "before it opens"),
        (lambda: stop("a", service=1.5), "service must be a whole number"),
        (lambda: stop("a", prize=-1), "prize must be"),
        (lambda: replace(TRUCK, key=""), "must have a key"),
        (lambda: replace(TRUCK, tours=0), "tours must be"),
        (lambda: replace(TRUCK, shift_from=5, shift_to=4), "before it begins"),
        (lambda: replace(TRUCK, aboard=(11,)), "more than its capacity"),
        (lambda: on_the_line(stop("a"), stop("a")), "stop a is given twice"),
        (lambda: on_the_line(vehicles=(TRUCK, TRUCK)), "vehicle truck is given twice"),
        (lambda: on_the_line(stop("a", place="z")), "is at z"),
        (lambda: on_the_line(stop("a", 1, 1)), "more kinds of load"),
        (lambda: on_the_line(vehicles=(replace(TRUCK, end="z"),)), "its end at z"),
        (lambda: on_the_line(vehicles=(TRUCK, Vehicle("v", "a", "a", (1, 2)))), "one for each"),
        (lambda: on_the_line(vehicles=(replace(TRUCK, closed=frozenset({("a", "z")})),)), "at z"),
        (lambda: on_the_line(vehicles=(replace(TRUCK, only=frozenset("z")),)), "no such stop"),
        (
            lambda: on_the_line(stop("a"), vehicles=(replace(TRUCK, per_second=2**31),)),
            "larger unit",
        ),
        (lambda: zones(on_the_line(stop("a")), most=0), "at least one stop"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_nothing_to_do_is_a_plan() -> None:
    assert planned() == Plan((), (), 0)


# The checker can fail -----------------------------------------------------------------------------


def _spoilt(plan: Plan) -> list[Plan]:
    route = plan.routes[0]
    late = replace(route.visits[1], begins=route.visits[1].begins + 1)
    light = replace(route.visits[0], load=(0,))
    return [
        replace(plan, cost=plan.cost + 1),
        replace(plan, routes=()),
        replace(plan, routes=(route, route)),
        replace(plan, routes=(replace(route, metres=1),)),
        replace(plan, routes=(replace(route, vehicle="ghost"),)),
        replace(plan, routes=(replace(route, visits=route.visits[:-1]),)),
        replace(plan, routes=(replace(route, visits=(route.visits[0], late, *route.visits[2:])),)),
        replace(plan, routes=(replace(route, visits=(light, *route.visits[1:])),)),
    ]


def test_the_checker_finds_what_is_planted() -> None:
    problem = on_the_line(stop("a", 3), stop("b", 4))
    plan = plan_routes(problem)
    assert check(problem, plan) == []
    for spoilt in _spoilt(plan):
        assert check(problem, spoilt) != []
    for truck in (*TRUCK_BY.values(), replace(TRUCK, capacity=(5,))):
        assert check(on_the_line(stop("a", 3), stop("b", 4), vehicles=(truck,)), plan) != []
    for changed_stop in (stop("a", 2), stop("a", 3, ready=9), stop("a", 3, opens=99)):
        assert check(on_the_line(changed_stop, stop("b", 4)), plan) != []
