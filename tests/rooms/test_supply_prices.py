"""Prices that stand out: recorded once, flagged once, invoices, a finding, a case, an appeal."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gongzhi.actors.models import Person, Post, Role
from gongzhi.actors.queries import visible
from gongzhi.assessment.models import Incident
from gongzhi.command.models import CallAnswer
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.messages.models import Message
from gongzhi.rounds.walk import walk
from gongzhi.supply.actions import (
    appeal_price_report,
    ask_invoices,
    call_on_price_report,
    climb_price_appeals,
    decide_price_appeal,
    hand_in_invoices,
    watch_prices,
)
from gongzhi.supply.models import PriceFlag, PriceLook, PriceQuote, PriceReport, PriceVerdict
from gongzhi.supply.prices.public import public_prices
from gongzhi.supply.prices.queries import (
    computation,
    flag_sentence,
    flags_by_item,
    incidents_to_watch,
    judged_by_sentence,
)
from gongzhi.supply.queries import duties
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.priced import (
    BEFORE,
    FIRMS,
    LATER,
    NOW_ON,
    asked,
    draft,
    flagged,
    handed_in,
    invoices,
    judge,
    market,
    priced_city,
    record,
    reported,
    watched,
)
from tests.rooms.scenes import facts, lines
from tests.rooms.telling import told

pytestmark = pytest.mark.usefixtures("in_english")


@once
def city() -> City:
    return priced_city()


# Recording and screening --------------------------------------------------------------------------


def test_the_same_prices_are_recorded_once(city: City) -> None:
    first = record(city, market(city))
    again = record(city, market(city))
    assert [q.pk for q in again] == [q.pk for q in first]
    assert PriceQuote.objects.count() == len(first) == 2 * FIRMS + 2
    assert len(lines("supply.record_prices")) == 1
    assert facts("supply.record_prices")["count"] == 14


def test_prices_are_recorded_by_those_of_the_place_and_of_sellers_only(city: City) -> None:
    with pytest.raises(NotAllowed):
        record(city, market(city), by=city.person("auditor"))
    with pytest.raises(NotFound):
        record(city, market(city), by=city.person("d2-duty"))
    with pytest.raises(Malformed, match="sells nothing"):
        record(city, [draft(city, "D1", NOW_ON, 5)])
    with pytest.raises(Malformed, match="has not come yet"):
        record(city, [draft(city, "SUP", NOW_ON + timedelta(days=9), 5)])
    assert not PriceQuote.objects.exists()


def test_a_price_that_stands_out_is_flagged_once_with_its_reason(city: City) -> None:
    flag = flagged(city)
    assert (flag.seller, flag.state) == (city["SUP"], PriceFlag.State.RAISED)
    assert "7 sellers" in flag_sentence(flag) and "+150\u00a0%" in flag_sentence(flag)
    assert flag.look.baseline_on < START.date()
    watched(city, LATER + timedelta(minutes=1))
    assert PriceFlag.objects.count() == 1
    assert flags_by_item(Incident.objects.get()) == {"mask-surgical": 1}
    row = PriceLook.objects.latest("id").summary["mask-surgical"]
    assert (row["flagged"], row["ordinary"]) == (1, 6)
    assert sum(row["rises"]["counts"]) == 7


def test_the_summary_names_no_seller(city: City) -> None:
    look = flagged(city).look
    assert "SUP" not in str(look.summary) and str(city["SUP"].pk) not in look.summary
    assert "seller" not in PriceFlag.fields_of("public")


def test_a_delivery_fee_that_hides_the_price_is_counted(city: City) -> None:
    flag = flagged(city, now_cents=120, delivery_cents=260, packs=2)
    assert flag.facts["now"] == pytest.approx(2.5)


def test_the_clock_screens_when_new_prices_came_in_and_only_then(city: City) -> None:
    founder = city.person("founder")
    Post.objects.create(
        person=founder, unit=city["C"], area=city["C"], role=Role.CLOCK, starts_at=START
    )
    record(city, market(city))
    assert walk(by=founder, now=LATER).moved["watch_prices"] == 1
    assert PriceFlag.objects.count() == 1
    assert incidents_to_watch() == []
    assert walk(by=founder, now=LATER + timedelta(minutes=5)).moved["watch_prices"] == 0


def test_what_comes_in_the_minute_of_a_screening_is_looked_at_by_the_next(city: City) -> None:
    record(city, market(city, now_cents=120))
    watched(city)
    assert incidents_to_watch() == []
    record(city, [draft(city, "SUP", NOW_ON, 300, channel="market")])
    assert [one.area for one in incidents_to_watch()] == [city["C"]]
    record(city, [draft(city, "SUP", NOW_ON, 300, place=city["D1"].pk)])
    Incident.objects.update(area=city["D2"])
    assert incidents_to_watch() == []


def test_a_seller_under_two_crises_is_asked_once(city: City) -> None:
    flag = flagged(city)
    second = Incident.objects.get()
    second.pk = None
    second.save()
    watch_prices(incident=second, by=city.person("city-duty"), now=LATER)
    assert second.price_looks.get().summary["mask-surgical"]["flagged"] == 1
    assert list(PriceFlag.objects.all()) == [flag]
    [row] = public_prices()
    assert (row.area, row.compared, row.waiting) == (city["C"], 7, 1)


def test_what_was_judged_is_flagged_again_only_by_a_newer_price(city: City) -> None:
    judge(city, flagged(city), PriceVerdict.UNFOUNDED)
    watched(city, LATER + timedelta(hours=1))
    assert PriceFlag.objects.count() == 1
    more = LATER + timedelta(days=1)
    record(city, [draft(city, "SUP", NOW_ON + timedelta(days=1), 300)], now=more)
    watched(city, more)
    assert PriceFlag.objects.count() == 2


def test_only_those_who_watch_an_open_incident_screen(city: City) -> None:
    incident = Incident.objects.get()
    with pytest.raises(NotAllowed):
        watch_prices(incident=incident, by=city.person("sup-clerk"), now=LATER)
    Incident.objects.update(
        state="closed", closed_by=city.person("mayor"), closed_at=LATER, reason_closed="结束"
    )
    incident.refresh_from_db()
    with pytest.raises(NotNow):
        watch_prices(incident=incident, by=city.person("city-duty"), now=LATER)


# Invoices and the finding -------------------------------------------------------------------------


def test_the_seller_sees_its_own_flag_and_no_other(city: City) -> None:
    flag = flagged(city)
    clerk = city.person("sup-clerk")
    assert list(visible(PriceFlag, clerk, LATER)) == [flag]
    assert not visible(PriceFlag, city.person("h1-clerk"), LATER).exists()


def test_each_step_waits_for_whom_it_is_asked_of(city: City) -> None:
    flag = flagged(city)

    def waiting(login: str, now: datetime = LATER) -> set[str]:
        return {d.verb for d in duties(city.person(login), now) if d.subject == flag.ref}

    assert waiting("city-duty") == {"ask_invoices"} and waiting("sup-clerk") == set()
    ask_invoices(flag=flag, by=city.person("city-duty"), now=LATER)
    assert waiting("sup-clerk") == {"hand_in_invoices"} and waiting("city-duty") == set()
    assert waiting("city-duty", LATER + timedelta(days=3)) == {"judge_price"}
    hand_in_invoices(flag=flag, answer="见附件", by=city.person("sup-clerk"), now=LATER)
    assert waiting("city-duty") == {"judge_price"} and waiting("sup-clerk") == set()


def test_invoices_are_asked_for_with_a_time(city: City) -> None:
    flag = flagged(city)
    duty = city.person("city-duty")
    with pytest.raises(Malformed, match="later one"):
        ask_invoices(flag=flag, due_at=LATER, by=duty, now=LATER)
    with pytest.raises(NotAllowed):
        ask_invoices(flag=flag, by=city.person("sup-clerk"), now=LATER)
    ask_invoices(flag=flag, by=duty, now=LATER)
    assert flag.due_at == LATER + timedelta(hours=48)
    with pytest.raises(NotNow, match="cannot be asked for now"):
        ask_invoices(flag=flag, by=duty, now=LATER)


def test_the_seller_hands_in_what_it_paid(city: City) -> None:
    flag = flagged(city)
    clerk = city.person("sup-clerk")
    with pytest.raises(NotNow, match="No invoices are asked for"):
        hand_in_invoices(flag=flag, answer="x", by=clerk, now=LATER)
    ask_invoices(flag=flag, by=city.person("city-duty"), now=LATER)
    with pytest.raises(Malformed, match="Nothing is handed in"):
        hand_in_invoices(flag=flag, by=clerk, now=LATER)
    with pytest.raises(Malformed, match="has not come yet"):
        ahead = invoices((NOW_ON + timedelta(days=5), 5))
        hand_in_invoices(flag=flag, invoices=ahead, by=clerk, now=LATER)
    with pytest.raises(NotAllowed):
        hand_in_invoices(flag=flag, answer="x", by=city.person("city-duty"), now=LATER)
    hand_in_invoices(flag=flag, invoices=invoices((NOW_ON, 100)), by=clerk, now=LATER)
    assert (flag.state, flag.invoices.count()) == (PriceFlag.State.HANDED_IN, 1)


def test_a_case_shows_its_computation_line_by_line(city: City) -> None:
    flag = handed_in(city)
    said = computation(flag=flag, now=LATER)
    assert "Margin now: price less cost: 2.50 − 1.00 = 1.50" in said
    assert "Margin then: price less cost: 1.00 − 0.60 = 0.40" in said
    assert judged_by_sentence(flag) == "\n".join(said)
    assert said[-2] == "outside the rule" and "鄂市监竞争" in said[-1]
    with pytest.raises(NotNow, match="do not show that it is within"):
        judge(city, flag, PriceVerdict.WITHIN)
    judge(city, flag, PriceVerdict.REPORTED)
    assert judged_by_sentence(flag) == "\n".join(said)
    assert PriceReport.objects.get().state == PriceReport.State.OPEN
    assert facts("supply.judge_price")["outcome"] == "outside"
    with pytest.raises(NotNow, match="judged this already"):
        judge(city, flag, PriceVerdict.UNFOUNDED)


def test_what_was_bought_after_the_day_of_the_price_says_nothing_of_it(city: City) -> None:
    later = LATER + timedelta(days=2)
    flag = hand_in_invoices(
        flag=asked(city), invoices=invoices((BEFORE, 60), (later.date(), 400)),
        by=city.person("sup-clerk"), now=later,
    )  # fmt: skip
    said = computation(flag=flag, now=later)
    assert "Cost of a piece now, by the invoice: 0.60" in said and said[-2] == "outside the rule"


def test_a_price_that_only_followed_its_cost_makes_no_case(city: City) -> None:
    flag = handed_in(city, now_cost=220, was_cost=60)
    with pytest.raises(NotNow, match="no case can be opened"):
        judge(city, flag, PriceVerdict.REPORTED)
    judge(city, flag, PriceVerdict.WITHIN)
    assert not PriceReport.objects.exists() and flag.state == PriceFlag.State.WITHIN


def test_a_flag_alone_makes_no_case(city: City) -> None:
    flag = flagged(city)
    with pytest.raises(NotNow, match="Only prices were compared"):
        judge(city, flag, PriceVerdict.REPORTED)
    with pytest.raises(NotAllowed):
        judge(city, flag, PriceVerdict.UNFOUNDED, by="sup-clerk")


def test_who_hands_in_nothing_is_judged_after_its_time_and_not_before(city: City) -> None:
    flag = asked(city)
    with pytest.raises(NotNow, match="the seller has time until"):
        judge(city, flag, PriceVerdict.REPORTED)
    judge(city, flag, PriceVerdict.REPORTED, now=LATER + timedelta(hours=48))
    assert flag.test["outcome"] == "open"


def test_a_new_seller_is_held_to_the_cap_or_to_the_earlier_price_it_shows(city: City) -> None:
    flag = asked(city)
    PriceQuote.objects.filter(seller=city["SUP"], asked_on=BEFORE).delete()
    clerk = city.person("sup-clerk")
    hand_in_invoices(flag=flag, invoices=invoices((NOW_ON, 200)), by=clerk, now=LATER)
    assert "Limit where nothing was sold before: 15\u00a0%" in computation(flag=flag, now=LATER)
    hand_in_invoices(
        flag=flag, invoices=invoices((BEFORE, 100)), earlier_cents=150, by=clerk, now=LATER
    )
    said = computation(flag=flag, now=LATER)
    assert "Margin then: price less cost: 1.50 − 1.00 = 0.50" in said
    assert "within the rule" in said


# Appeal and joint enforcement ---------------------------------------------------------------------


def test_another_person_decides_the_appeal(city: City) -> None:
    report = reported(city)
    clerk, mayor = city.person("sup-clerk"), city.person("mayor")
    with pytest.raises(NotNow, match="no appeal to decide"):
        decide(report, mayor)
    with pytest.raises(NotAllowed):
        appeal_price_report(report=report, words="不服", by=mayor, now=LATER)
    appeal_price_report(report=report, words="运费是承运方收的。", by=clerk, now=LATER)
    with pytest.raises(NotAllowed, match="You opened this case"):
        decide(report, city.person("city-duty"))
    assert {d.verb for d in duties(mayor, LATER)} >= {"decide_price_appeal"}
    decide(report, mayor)
    assert report.state == PriceReport.State.ANNULLED
    with pytest.raises(NotNow, match="made already"):
        appeal_price_report(report=report, words="again", by=clerk, now=LATER)


def test_an_appeal_nobody_decides_climbs_a_tier_and_stays_at_the_top(city: City) -> None:
    report = reported(city)
    Incident.objects.update(area=city["D1"])
    report = PriceReport.objects.get()
    appeal_price_report(report=report, words="不服", by=city.person("sup-clerk"), now=LATER)
    assert (report.to_unit, report.decide_by) == (city["D1"], LATER + timedelta(days=3))
    founder, due = city.person("founder"), LATER + timedelta(days=3)
    assert climb_price_appeals(by=founder, now=due - timedelta(minutes=1)) == []
    [climb] = climb_price_appeals(by=founder, now=due)
    assert climb_price_appeals(by=founder, now=due) == []
    assert str(climb) == "东岸区 did not decide it by 03-07 09:00: now it is with 临江市."
    line = facts("supply.climb_price_appeal")
    assert line["silent"] == city["D1"].path

    told(city, due)
    messages = Message.objects.filter(verb="supply.climb_price_appeal")
    assert city.person("mayor") in {message.person for message in messages}

    # Both the city and the district are asked now, and either may decide; at the top it stays.
    for person in (city.person("mayor"), city.person("d1-chief")):
        [duty] = [d for d in duties(person, due) if d.verb == "decide_price_appeal"]
        assert duty.due_at == due + timedelta(days=3)
    assert climb_price_appeals(by=founder, now=due + timedelta(days=4)) == []
    decide(PriceReport.objects.get(), city.person("d1-chief"))
    assert climb_price_appeals(by=founder, now=due + timedelta(days=9)) == []


def decide(report: PriceReport, by: Person) -> PriceReport:
    return decide_price_appeal(report=report, upheld=False, reason="证据不足", by=by, now=LATER)


def call_on(city: City, report: PriceReport) -> PriceReport:
    return call_on_price_report(
        report=report, caller=city["C"], departments=[city["HEALTH"]], text="请依职责处理。",
        by=city.person("city-duty"), now=LATER,
    )  # fmt: skip


def test_departments_are_called_together_by_the_one_kind_of_call(city: City) -> None:
    report = call_on(city, reported(city))
    assert report.call is not None and report.call.caller == city["C"]
    assert CallAnswer.objects.get().department == city["HEALTH"]
    with pytest.raises(NotNow, match="called already"):
        call_on(city, report)


def test_nothing_is_acted_on_while_an_appeal_is_open(city: City) -> None:
    report = reported(city)
    appeal_price_report(report=report, words="不服", by=city.person("sup-clerk"), now=LATER)
    with pytest.raises(NotNow, match="An appeal comes first"):
        call_on(city, report)
