"""Plans of who gets what: lines with reasons, caps, estimates, sentences, distances."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import translation

from gongzhi.errors import Malformed, NotAllowed
from gongzhi.supply import planning
from gongzhi.supply.actions import (
    confirm_amount,
    withdraw_need,
    withdraw_offer,
)
from gongzhi.supply.distances import Place, Roads, great_circle_km, nearest
from gongzhi.supply.models import MatchRun
from gongzhi.supply.queries import (
    line_sentence,
    lines_in_words,
)
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import (
    SOON,
    approved,
    ask,
    give,
    given_to,
    hold,
    line,
    mask,
    plan,
    stocked_city,
)
from tests.rooms.scenes import facts, open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@once
def city() -> City:
    return stocked_city()


# A plan


@pytest.mark.begun(36)
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


@pytest.mark.begun(36)
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
