"""Plans of who gets what: lines with reasons, caps, promises, approval, and planning anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhi.actors.actions import end_post
from gongzhi.errors import Malformed, NotAllowed, NotNow, Refused
from gongzhi.supply import planning
from gongzhi.supply.actions import (
    approve_match,
    confirm_amount,
    dispatch,
    mark_lost,
    receive_goods,
    rematch_due,
    withdraw_need,
    withdraw_offer,
)
from gongzhi.supply.distances import Place, Roads, great_circle_km, nearest
from gongzhi.supply.facts import Ask, Facts
from gongzhi.supply.models import Allocation, Dispatch, MatchRun, Need, NeedLine, Offer
from gongzhi.supply.queries import (
    board,
    duties,
    line_sentence,
    lines_in_words,
    unmet_by_place,
)
from tests.rooms.cast import START, City
from tests.rooms.goods import SOON, approved, ask, give, hold, mask, plan, send, stocked_city
from tests.rooms.scenes import facts, lines, open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@pytest.fixture
def city(db: None) -> City:
    return stocked_city()


def line(run: MatchRun, need: Need) -> NeedLine:
    return run.lines.get(need=need)


def given_to(run: MatchRun) -> dict[str, int]:
    """Pieces by the code of the unit that gets them."""
    sums: dict[str, int] = {}
    for row in run.allocations.select_related("need__unit"):
        code = row.need.unit.code
        sums[code] = sums.get(code, 0) + row.quantity
    return sums


# A plan


@pytest.mark.feature(36)
def test_every_open_need_has_one_line_with_its_reason(city: City) -> None:
    met, late = ask(city, quantity=60), ask(city, "H2", 50, needed_by=START + timedelta(hours=1))
    other = ask(city, "K211", 5, item=mask("mask-n95"))
    gone = ask(city, "H2", 7)
    withdraw_need(need=gone, reason="no", by=city.person("h2-clerk"), now=START)
    give(city, 100)
    run = plan(city)
    assert {n.need: n.reason for n in run.lines.select_related("need")} == {
        met: "met",
        late: "deadline",
        other: "no eligible offer",
    }
    assert given_to(run) == {"H1": 60}
    assert run.state == MatchRun.State.PROPOSED


def test_a_plan_is_proposed_and_promises_nothing(city: City) -> None:
    ask(city)
    offer = give(city)
    run = plan(city)
    offer.refresh_from_db()
    assert offer.promised_quantity == 0
    assert facts("supply.match")["pieces"] == 100
    assert run.policy_version.startswith("allocation@")
    assert run.policy["version"] == run.policy_version
    assert run.policy["tier_weights"] == [100, 30, 10]
    assert run.policy["cover_days"] == 14
    assert run.policy["amounts_version"].startswith("supply@")


def test_the_summary_says_how_each_item_fared(city: City) -> None:
    ask(city, quantity=200)
    give(city, 100)
    figures = plan(city).summary["items"]["mask-surgical"]
    assert figures["tiers"][0]["fill"] == 0.5
    assert figures["unused"] == 0


def test_items_of_one_group_do_not_stand_in_for_each_other(city: City) -> None:
    need = ask(city, quantity=10, item=mask("mask-n95"))
    give(city, 1000)
    assert line(plan(city), need).reason == "no eligible offer"


def test_an_offer_comes_only_as_far_as_its_own_area_is_planned(city: City) -> None:
    need = ask(city)
    give(city)
    run = plan(city, area=city["D1"], by=city.person("d1-duty"))
    assert line(run, need).reason == "no eligible offer"


def test_an_offer_that_has_ended_or_was_withdrawn_gives_nothing(city: City) -> None:
    need = ask(city)
    give(city, 40, ends_at=LATER)
    gone = give(city, 50)
    withdraw_offer(offer=gone, reason="no", by=city.person("sup-clerk"), now=START)
    assert line(plan(city, LATER), need).reason == "no eligible offer"


def test_goods_that_are_ready_too_late_are_not_planned(city: City) -> None:
    need = ask(city)
    give(city, 100, ready_at=SOON)
    row = line(plan(city), need)
    assert (row.reason, row.explanation["refused"]["why"]) == ("deadline", "late")
    assert "it would come too late" in line_sentence(row)


def test_an_overdue_need_is_still_planned_and_says_so(city: City) -> None:
    need = ask(city, needed_by=LATER)
    give(city)
    row = line(plan(city, LATER + timedelta(days=1)), need)
    assert (row.got, row.explanation["is_overdue"]) == (100, True)
    assert "Its time has passed" in line_sentence(row)


def test_with_an_incident_its_needs_and_those_of_none_are_planned(city: City) -> None:
    free = ask(city, quantity=1)
    first, second = open_incident(city, "C"), open_incident(city, "D1")
    mine = ask(city, quantity=2, incident=first)
    ask(city, quantity=3, incident=second)
    run = plan(city, incident=first)
    assert set(run.lines.values_list("need", flat=True)) == {free.pk, mine.pk}


def test_a_group_that_is_not_in_the_catalogue_is_refused(city: City) -> None:
    with pytest.raises(Malformed, match="The groups are: body, device"):
        plan(city, group="masks")


@pytest.mark.parametrize("who", ["h1-clerk", "d1-duty", "sup-clerk", "auditor", "s11-duty"])
def test_a_plan_is_made_by_an_officer_of_the_area(city: City, who: str) -> None:
    with pytest.raises(NotAllowed):
        plan(city, by=city.person(who))


# What is plausible


@pytest.mark.feature(37)
def test_a_stated_quantity_is_capped_at_the_days_of_cover(city: City) -> None:
    hold(city, "H1", 200, 100)
    need = ask(city, quantity=14_000)
    give(city, 5000)
    row = line(plan(city), need)
    assert (row.wanted, row.got, row.reason) == (1200, 1200, "met")
    assert row.explanation["stated"] == 14_000
    assert row.explanation["capped_at"] == 1200
    assert "You asked for 14,000 more; 1,200 is plausible." in line_sentence(row)
    assert "Use of 100 a day for 14 days, less 200 in stock." in line_sentence(row)


def test_an_average_per_bed_may_be_wrong_by_three(city: City) -> None:
    fair, loud = ask(city, quantity=3 * 200 * 6 * 14), ask(city, "H2", 3 * 200 * 6 * 14 + 1)
    run = plan(city)
    assert line(run, fair).explanation["capped_at"] is None
    assert line(run, loud).explanation["capped_at"] == 3 * 200 * 6 * 14


def test_a_place_whose_stock_lasts_gets_nothing_and_reads_why(city: City) -> None:
    hold(city, "H1", 1400, 100)
    need = ask(city, quantity=500)
    give(city)
    row = line(plan(city), need)
    assert (row.wanted, row.got, row.reason) == (0, 0, "stock lasts")
    assert "Your own stock lasts" in line_sentence(row)


def test_an_amount_nobody_can_estimate_has_a_line_of_its_own(city: City) -> None:
    need = ask(city, "K211", None, item=mask("respirator-full-face"))
    give(city, 100, item=mask("respirator-full-face"))
    row = line(plan(city), need)
    assert (row.wanted, row.reason) == (0, "amount unknown")
    assert "Give a quantity" in line_sentence(row)


@pytest.mark.feature(36)
def test_an_estimate_takes_from_the_fair_share_only_until_it_is_confirmed(city: City) -> None:
    hold(city, "H1", 0, 10)
    need = ask(city, quantity=None)
    give(city, 100)
    row = line(plan(city), need)
    assert (row.wanted, row.got, row.from_floor) == (140, 50, 50)
    assert row.reason == "unconfirmed amount"
    assert "Confirm the amount to get more." in line_sentence(row)
    confirm_amount(need=need, quantity=140, by=city.person("h1-clerk"), now=LATER)
    assert line(plan(city, LATER), need).got == 100


def test_a_plan_estimates_anew_what_was_counted_since(city: City) -> None:
    need = ask(city, quantity=None)
    hold(city, "H1", 0, 1)
    run = plan(city)
    need.refresh_from_db()
    assert (need.estimate, line(run, need).wanted) == (14, 14)


# Sentences


def test_every_reason_has_a_sentence_in_every_language(city: City) -> None:
    hold(city, "H1", 0, 10)
    ask(city, quantity=None)
    ask(city, "H2", 100, needed_by=START + timedelta(hours=1))
    give(city, 40)
    run = plan(city)
    for language in ("zh-hans", "zh-hant", "en"):
        with translation.override(language):
            for row, sentence in lines_in_words(run):
                assert sentence == line_sentence(row)
                assert str(row.got) in sentence


def test_the_least_served_stand_first(city: City) -> None:
    ask(city, quantity=10, urgency=1)
    ask(city, "H2", 1000, urgency=3)
    give(city, 100)
    assert [row.need.unit.code for row, _ in lines_in_words(plan(city))] == ["H2", "H1"]


def test_the_refused_supplier_is_named(city: City) -> None:
    ask(city, quantity=300, urgency=1)
    need = ask(city, "H2", 300, urgency=3, needed_by=START + timedelta(hours=1))
    give(city, 100)
    row = line(plan(city), need)
    assert row.explanation["refused"]["unit"] == city["SUP"].pk
    assert "江东医疗用品公司" in line_sentence(row)


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


def plan_of(run: MatchRun) -> tuple[list[Any], list[Any]]:
    """A plan without its numbers: lines and allocations."""
    rows = run.lines.order_by("need").values_list("need", "wanted", "got", "reason", "explanation")
    given = run.allocations.order_by("offer", "need").values_list("offer", "need", "quantity")
    return list(rows), list(given)


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


# Distance


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    places = [
        Place("a", 118.0, 30.0), Place("b", 118.0, 31.0),
        Place("shanghai", 121.4737, 31.2304), Place("beijing", 116.4074, 39.9042),
    ]  # fmt: skip
    km = great_circle_km(places, places)
    assert km[0, 1] == pytest.approx(111.195, abs=0.001)
    assert km[2, 3] == pytest.approx(1068, abs=2)
    assert km[3, 2] == km[2, 3]
    assert km[0, 0] == 0


def test_ways_cost_points_and_hours() -> None:
    roads = Roads(points_per_km=0.01, speed_kmh=40, handling_h=2, km_when_unknown=30)
    known, unknown = Place("a", 118.0, 30.0), Place("b", None, None)
    cost, hours = roads.between([known, unknown], [known, unknown])
    assert cost.tolist() == [[0.0, 0.3], [0.3, 0.0]]
    assert hours.tolist() == [[0.0, 2.75], [2.75, 0.0]]


def test_of_many_ways_the_nearest_in_time_are_kept_for_both_ends() -> None:
    cost = np.arange(40.0).reshape(8, 5)
    in_time = np.ones((8, 5), dtype=bool)
    in_time[:, 0] = False
    kept = nearest(cost, in_time, 2)
    assert kept.sum(axis=1).min() >= 2
    assert kept.sum(axis=0).min() >= 2
    assert kept[2:, 1:3].all()
    assert not kept[2:, 0].any()
    assert nearest(cost, in_time, 8).all()


def test_a_promise_keeps_its_way_although_others_are_nearer(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "nearest", lambda cost, in_time, most: nearest(cost, in_time, 1))
    need = ask(city, quantity=10)
    far = give(city, 10, unit=city["SOC"], by=city.person("soc-lead"))
    approved(city)
    ask(city, "H2", 10, now=LATER)
    give(city, 10, unit=city["H1"], by=city.person("h1-clerk"), now=LATER)
    kept = plan(city, LATER).allocations.get(need=need)
    assert (kept.offer, kept.quantity) == (far, 10)


# Whatever happens


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """Whatever an example writes is gone when it ends."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["need", "guess", "offer", "match", "approve", "send", "arrive", "lose", "confirm",
             "drop need", "drop offer"]
        ),
        st.integers(1, 60),
        st.integers(0, 5),
    ),
    min_size=6,
    max_size=24,
)  # fmt: skip


class Play:
    """Does what a drawn list of steps says; what is refused is refused, and must change nothing."""

    def __init__(self, city: City) -> None:
        self.city, self.now = city, START

    def step(self, what: str, size: int, pick: int) -> None:
        self.now += timedelta(minutes=7)
        try:
            with transaction.atomic():
                self._do(what, size, pick)
        except Refused as refusal:
            assert str(refusal)

    def _do(self, what: str, size: int, pick: int) -> None:
        city, now = self.city, self.now
        duty, mayor = city.person("city-duty"), city.person("mayor")
        unit = ["H1", "H2", "K211"][pick % 3]
        if what in ("need", "guess"):
            quantity = size if what == "need" else None
            ask(
                city,
                unit,
                quantity,
                urgency=pick % 3 + 1,
                needed_by=now + timedelta(days=2),
                now=now,
            )
        elif what == "offer":
            give(city, size, now=now)
        elif what == "match":
            plan(city, now)
        elif what == "approve" and (run := self._pick(MatchRun, pick)):
            approve_match(run=run, by=mayor, now=now)
        elif what == "send" and (row := self._pick(Allocation, pick)):
            dispatch(
                allocation=row, carrier=city["LOG"], quantity=size,
                arrive_by=now + timedelta(hours=3), by=duty, now=now,
            )  # fmt: skip
        elif what in ("arrive", "lose") and (goods := self._pick(Dispatch, pick)):
            self._end(goods, what, size)
        elif what == "confirm" and (need := self._pick(Need, pick)):
            confirm_amount(need=need, quantity=size, by=duty, now=now)
        elif what == "drop need" and (need := self._pick(Need, pick)):
            withdraw_need(need=need, reason="drawn", by=duty, now=now)
        elif what == "drop offer" and (offer := self._pick(Offer, pick)):
            withdraw_offer(offer=offer, reason="drawn", by=duty, now=now)

    def _end(self, goods: Dispatch, what: str, size: int) -> None:
        duty = self.city.person("city-duty")
        if what == "lose":
            mark_lost(dispatch=goods, reason="drawn", by=duty, now=self.now)
        else:
            good = min(size, goods.quantity)
            receive_goods(dispatch=goods, quantity_good=good, by=duty, now=self.now)

    def _pick(self, model: Any, pick: int) -> Any:
        rows = list(model.objects.order_by("-pk")[: pick + 1])
        return rows[-1] if rows else None


def check_nothing_is_given_twice() -> None:
    for offer in Offer.objects.all():
        sent = sum(d.quantity for d in Dispatch.objects.filter(allocation__offer=offer))
        live = Allocation.objects.filter(offer=offer, run__state="approved")
        live = live.filter(need__state__in=("open", "part_met"))
        unsent = sum(a.quantity - sum(d.quantity for d in a.dispatches.all()) for a in live)
        owed = sent + (unsent if offer.state != "withdrawn" else 0)
        assert owed == offer.promised_quantity <= offer.quantity
    for need in Need.objects.exclude(quantity=None):
        coming = Dispatch.objects.filter(allocation__need=need, state="sent")
        on_way = sum(d.quantity for d in coming)
        assert need.quantity is not None
        assert need.received_quantity + on_way <= need.quantity
    for row in NeedLine.objects.all():
        assert row.from_floor <= row.got <= row.wanted


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
def test_whatever_is_done_nothing_is_promised_or_received_twice(
    city: City, steps: list[tuple[str, int, int]]
) -> None:
    with undone():
        play = Play(city)
        for opening in (("need", 50, 0), ("offer", 40, 0)):
            play.step(*opening)
        for step in steps:
            play.step(*step)
            check_nothing_is_given_twice()


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS, st.booleans())
def test_planning_twice_without_a_change_gives_the_same_plan(
    city: City, steps: list[tuple[str, int, int]], in_force: bool
) -> None:
    with undone():
        play = Play(city)
        for step in steps:
            play.step(*step)
        first = plan(city, play.now)
        if in_force:
            approve_match(run=first, by=city.person("mayor"), now=play.now)
        second = plan(city, play.now)
        assert second.facts_digest == first.facts_digest
        if in_force:
            assert plan_of(second)[1] == plan_of(first)[1]
        else:
            assert plan_of(second) == plan_of(first)
        assert second.lines.count() == Need.objects.filter(state__in=("open", "part_met")).count()


def test_promising_or_sending_is_no_news_but_a_loss_is(city: City) -> None:
    need = ask(city)
    asked = (Ask(need, 100, True, False, "", {}),)
    before = Facts(asked, (), {}, {}).digest
    assert before == Facts(asked, (), {(1, need.pk): 5}, {(1, need.pk): 7}).digest
    assert before != Facts(asked, (), {}, {}, {need.pk: 2}).digest
