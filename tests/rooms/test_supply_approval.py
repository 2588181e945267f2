"""Plans in force: approval, promises, planning anew, and what became of it all."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.actions import end_post
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.supply.actions import (
    approve_match,
    confirm_amount,
    mark_lost,
    rematch_due,
    withdraw_need,
    withdraw_offer,
)
from gongzhi.supply.models import MatchRun, Offer
from gongzhi.supply.queries import (
    board,
    duties,
    unmet_by_place,
)
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import (
    approved,
    ask,
    give,
    given_to,
    hold,
    line,
    mask,
    plan,
    plan_of,
    send,
    stocked_city,
)
from tests.rooms.scenes import facts, lines, open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@once
def city() -> City:
    return stocked_city()


# Approval


def test_an_approved_plan_promises_its_quantities(city: City) -> None:
    ask(city, quantity=60)
    offer = give(city, 100)
    run = approved(city)
    offer.refresh_from_db()
    assert (offer.promised_quantity, offer.state) == (60, Offer.State.OPEN)
    assert (run.approved_by, run.approved_at) == (city.person("mayor"), START)
    assert facts("supply.approve_match")["pieces"] == 60


def test_an_offer_that_is_promised_whole_is_used_up(city: City) -> None:
    ask(city, quantity=100)
    offer = give(city, 100)
    approved(city)
    offer.refresh_from_db()
    assert offer.state == Offer.State.USED


def test_the_clock_proposes_and_never_approves(city: City) -> None:
    ask(city)
    clock = city.person("founder")
    end_post(post=clock.posts.get(role="commander"), by=clock, now=LATER)
    run = plan(city, LATER, by=clock)
    with pytest.raises(NotAllowed):
        approve_match(run=run, by=clock, now=LATER)


def test_a_plan_is_approved_once(city: City) -> None:
    ask(city)
    run = approved(city)
    with pytest.raises(NotNow, match="approved this plan already"):
        approve_match(run=run, by=city.person("mayor"), now=LATER)


def test_a_plan_that_a_newer_one_replaced_is_not_approved(city: City) -> None:
    ask(city)
    old = plan(city)
    plan(city, LATER)
    with pytest.raises(NotNow, match="newer plan"):
        approve_match(run=old, by=city.person("mayor"), now=LATER)


def test_an_approval_supersedes_what_it_covers_and_frees_its_promises(city: City) -> None:
    need = ask(city, quantity=60)
    offer = give(city, 100)
    first = approved(city)
    withdraw_need(need=need, reason="no", by=city.person("h1-clerk"), now=LATER)
    ask(city, "H2", 90)
    second = approved(city, LATER)
    first.refresh_from_db()
    offer.refresh_from_db()
    assert (first.state, second.state) == (MatchRun.State.SUPERSEDED, MatchRun.State.APPROVED)
    assert offer.promised_quantity == 90
    assert facts_of_last("supply.approve_match")["superseded"] == [first.ref]


def facts_of_last(verb: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(lines(verb)[-1].body)["facts"]
    return said


def test_another_group_s_plan_stays_in_force(city: City) -> None:
    ask(city)
    ask(city, item=mask("goggles"))
    masks, eyes = approved(city), approved(city, LATER, group="eye")
    masks.refresh_from_db()
    assert masks.state == eyes.state == MatchRun.State.APPROVED


@pytest.mark.parametrize("change", ["offer withdrawn", "need withdrawn", "need confirmed lower"])
def test_a_plan_that_no_longer_fits_is_refused(city: City, change: str) -> None:
    hold(city, "H1", 0, 100)
    need = ask(city, quantity=None)
    offer = give(city, 1000)
    run = plan(city)
    if change == "offer withdrawn":
        withdraw_offer(offer=offer, reason="no", by=city.person("sup-clerk"), now=LATER)
    elif change == "need withdrawn":
        withdraw_need(need=need, reason="no", by=city.person("h1-clerk"), now=LATER)
    else:
        confirm_amount(need=need, quantity=5, by=city.person("h1-clerk"), now=LATER)
    with pytest.raises(NotNow, match="no longer fits"):
        approve_match(run=run, by=city.person("mayor"), now=LATER)
    run.refresh_from_db()
    assert run.state == MatchRun.State.PROPOSED


@pytest.mark.parametrize("wanted", [100, 200])
def test_goods_sent_since_the_plan_was_made_are_not_promised_twice(city: City, wanted: int) -> None:
    ask(city, quantity=wanted)
    give(city, 100)
    allocation = approved(city).allocations.get()
    run = plan(city, LATER)
    send(city, allocation, 100, LATER)
    with pytest.raises(NotNow, match="no longer fits"):
        approve_match(run=run, by=city.person("mayor"), now=LATER)


def test_a_district_s_own_promises_stand_until_the_city_s_plan_replaces_them(city: City) -> None:
    need = ask(city, quantity=80)
    own = give(city, 50, unit=city["H1"], by=city.person("h1-clerk"))
    give(city, 50)
    run = plan(city, area=city["D1"], by=city.person("d1-duty"))
    district = approve_match(run=run, by=city.person("d1-chief"), now=START)
    own.refresh_from_db()
    assert own.promised_quantity == 50
    whole = approved(city, LATER)
    district.refresh_from_db()
    own.refresh_from_db()
    assert district.state == MatchRun.State.SUPERSEDED
    assert line(whole, need).got == 80
    assert own.promised_quantity == 50
    again = plan(city, area=city["D1"], by=city.person("d1-duty"), now=LATER)
    assert not again.allocations.exists()
    assert line(again, need).explanation["on_the_way"] == 80


def test_an_older_plan_for_all_does_not_overrule_a_newer_one_for_a_part(city: City) -> None:
    ask(city, quantity=80)
    give(city, 50, unit=city["H1"], by=city.person("h1-clerk"))
    whole = plan(city)
    part = plan(city, area=city["D1"], by=city.person("d1-duty"))
    approve_match(run=part, by=city.person("d1-chief"), now=START)
    with pytest.raises(NotNow, match="a part of this area"):
        approve_match(run=whole, by=city.person("mayor"), now=START)


def test_the_tier_s_officer_is_asked_to_approve(city: City) -> None:
    ask(city)
    run = plan(city)
    asked = duties(city.person("city-duty"), START)
    assert [(d.verb, d.inputs) for d in asked] == [("approve_match", {"run": run.pk})]
    assert asked[0].due_at == START + timedelta(hours=1)
    for other in ("d1-duty", "h1-clerk", "auditor", "expert"):
        assert duties(city.person(other), START) == []


# Planning anew


def test_the_same_facts_give_the_same_plan(city: City) -> None:
    ask(city, quantity=70)
    ask(city, "H2", 90)
    ask(city, "K211", None)
    give(city, 60)
    give(city, 50, unit=city["SOC"], by=city.person("soc-lead"))
    first = plan(city)
    second = plan(city)
    assert plan_of(first) == plan_of(second)
    approve_match(run=second, by=city.person("mayor"), now=START)
    third = plan(city)
    assert plan_of(third)[1] == plan_of(first)[1]
    first.refresh_from_db()
    assert first.state == MatchRun.State.SUPERSEDED


def test_what_is_on_the_way_stays_and_what_is_only_promised_may_move(city: City) -> None:
    low = ask(city, quantity=100, urgency=3)
    give(city, 100)
    send(city, approved(city).allocations.get(), 30)
    high = ask(city, "H2", 100, urgency=1, now=LATER)
    run = plan(city, LATER)
    assert line(run, low).got >= 30
    assert line(run, low).explanation["on_the_way"] == 30
    assert line(run, high).got > 0
    assert sum(given_to(run).values()) == 70


def test_what_is_sent_is_not_allocated_again_to_the_same_need(city: City) -> None:
    need = ask(city, quantity=100)
    give(city, 100)
    send(city, approved(city).allocations.get(), 30)
    run = plan(city, LATER)
    assert line(run, need).got == 100
    assert given_to(run) == {"H1": 70}


def test_goods_on_the_way_to_a_place_that_no_longer_lacks_them_are_not_given_twice(
    city: City,
) -> None:
    hold(city, "H1", 0, 100)
    first = ask(city, quantity=1000)
    give(city, 1000)
    send(city, approved(city).allocations.get(), 1000)
    hold(city, "H1", 1400, now=LATER)
    second = ask(city, "H2", 50, now=LATER)
    run = plan(city, LATER)
    row = line(run, first)
    assert (row.wanted, row.got, row.reason) == (1000, 1000, "met")
    assert line(run, second).got == 0


def test_in_an_area_with_an_incident_the_clock_proposes(city: City) -> None:
    clock = city.person("founder")
    need = ask(city, quantity=60)
    ask(city, quantity=10, item=mask("goggles"))
    assert rematch_due(by=clock, now=START) == []
    incident = open_incident(city, "C")
    made = rematch_due(by=clock, now=START)
    assert [(run.group, run.incident) for run in made] == [("eye", incident), ("mask", incident)]
    assert line(made[1], need).reason == "no eligible offer"
    assert rematch_due(by=clock, now=START) == []
    assert rematch_due(by=clock, now=START + timedelta(days=1)) == []


def test_the_clock_plans_anew_only_what_changed_and_not_too_soon(city: City) -> None:
    clock = city.person("founder")
    open_incident(city, "C")
    ask(city)
    ask(city, item=mask("goggles"))
    rematch_due(by=clock, now=START)
    give(city, now=START + timedelta(minutes=1))
    assert rematch_due(by=clock, now=START + timedelta(minutes=14)) == []
    [run] = rematch_due(by=clock, now=START + timedelta(minutes=15))
    assert run.group == "mask"
    approve_match(run=run, by=city.person("mayor"), now=LATER)
    send(city, run.allocations.get(), 50, LATER)
    assert rematch_due(by=clock, now=LATER + timedelta(hours=1)) == []


def test_a_change_in_the_very_minute_of_the_plan_is_not_missed(city: City) -> None:
    clock = city.person("founder")
    open_incident(city, "C")
    ask(city)
    rematch_due(by=clock, now=START)
    ask(city, "H2")
    [run] = rematch_due(by=clock, now=LATER)
    assert run.lines.count() == 2
    assert rematch_due(by=clock, now=LATER + timedelta(hours=1)) == []


def test_lost_goods_and_time_that_runs_out_are_changes(city: City) -> None:
    clock = city.person("founder")
    open_incident(city, "C")
    need = ask(city, needed_by=START + timedelta(days=1))
    give(city, 150)
    [run] = rematch_due(by=clock, now=START)
    approve_match(run=run, by=city.person("mayor"), now=START)
    goods = send(city, run.allocations.get(), 100)
    mark_lost(dispatch=goods, reason="翻车", by=city.person("log-clerk"), now=LATER)
    [again] = rematch_due(by=clock, now=LATER + timedelta(minutes=30))
    assert line(again, need).got == 50
    assert rematch_due(by=clock, now=START + timedelta(hours=23)) == []
    [late] = rematch_due(by=clock, now=START + timedelta(hours=25))
    assert line(late, need).explanation["is_overdue"]
    assert rematch_due(by=clock, now=START + timedelta(hours=50)) == []


def test_areas_inside_each_other_are_planned_once(city: City) -> None:
    open_incident(city, "C")
    open_incident(city, "D1")
    ask(city)
    [run] = rematch_due(by=city.person("founder"), now=START)
    assert (run.area, run.incident) == (city["C"], None)


def test_only_who_may_match_rematches(city: City) -> None:
    open_incident(city, "C")
    with pytest.raises(NotAllowed):
        rematch_due(by=city.person("h1-clerk"), now=START)


# What became of it all


@pytest.mark.feature(37, 61)
def test_wanted_promised_and_delivered_are_told_by_item_and_by_place(city: City) -> None:
    ask(city, quantity=60)
    hold(city, "H2", 0, 10)
    ask(city, "H2", None)
    give(city, 100)
    run = approved(city)
    send(city, run.allocations.get(need__unit=city["H1"]), 20)
    [row] = board(city["C"])
    assert (row.wanted, row.on_the_way, row.delivered, row.estimated) == (200, 20, 0, 1)
    assert row.promised == sum(given_to(run).values()) - 20
    places = unmet_by_place(city["C"])
    assert {p.unit.code: p.wanted for p in places if p.unit} == {"H1": 60, "H2": 140}
    assert all(p.unmet_share == 1 for p in places)
    assert unmet_by_place(city["C"], "eye") == board(city["D1"], "eye") == []
