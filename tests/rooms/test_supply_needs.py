"""Needs, offers and stock: the catalogue, unknown amounts, estimates, quiet places, days left."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation
from pydantic import ValidationError

from gongzhi.actors.models import Person
from gongzhi.assessment.models import Incident
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.exchange.importers.items import catalogue
from gongzhi.supply.actions import (
    NeedDraft,
    OfferDraft,
    StockDraft,
    confirm_amount,
    count_stock,
    count_stocks,
    estimate_need,
    load_catalogue,
    raise_quiet_needs,
    receive_goods,
    state_needs,
    state_offers,
    withdraw_need,
    withdraw_offer,
)
from gongzhi.supply.models import Item, Need, Offer, Stock
from gongzhi.supply.queries import days_left, duties, groups, quiet_needs
from tests.rooms.cast import START, City, small_city
from tests.rooms.goods import SOON, approved, ask, give, hold, mask, send, stocked_city
from tests.rooms.scenes import facts, lines, open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@pytest.fixture
def city(db: None) -> City:
    return stocked_city()


# The catalogue


def test_the_catalogue_is_loaded_once(db: None) -> None:
    city = small_city()
    founder = city.person("founder")
    assert load_catalogue(by=founder, now=START) == len(catalogue())
    assert load_catalogue(by=founder, now=LATER) == 0
    assert set(Item.objects.values_list("code", flat=True)) == set(catalogue())
    assert len(lines("supply.load_catalogue")) == 1


def test_a_changed_item_is_brought_up_to_date_and_an_old_one_stays(city: City) -> None:
    Item.objects.filter(code="goggles").update(name="眼镜")
    Item.objects.create(code="old", group="mask", name="旧物", unit_of_measure="只")
    assert load_catalogue(by=city.person("founder"), now=LATER) == 1
    assert Item.objects.get(code="goggles").name == "护目镜"
    assert Item.objects.filter(code="old").exists()


def test_not_everybody_loads_the_catalogue(city: City) -> None:
    with pytest.raises(NotAllowed):
        load_catalogue(by=city.person("h1-clerk"), now=START)


def test_an_item_has_a_name_in_three_languages(city: City) -> None:
    names = {}
    for language in ("zh-hans", "zh-hant", "en"):
        with translation.override(language):
            names[language] = str(mask())
    assert names == {"zh-hans": "医用外科口罩", "zh-hant": "醫用外科口罩", "en": "Surgical mask"}


# Stating a need


def test_a_known_need_is_stated_for_the_hospital_and_the_open_incident(city: City) -> None:
    incident = open_incident(city, "C")
    need = ask(city, quantity=500, urgency=1, words="急需")
    assert (need.amount, need.quantity, need.estimate) == (Need.Amount.KNOWN, 500, None)
    assert need.facility == city.facilities["H1"]
    assert need.incident == incident
    assert facts("supply.state_need")["quantity"] == 500
    assert "急需" not in lines("supply.state_need")[0].body


def test_of_two_incidents_none_is_guessed(city: City) -> None:
    open_incident(city, "C")
    open_incident(city, "D1")
    assert ask(city).incident is None


@pytest.mark.parametrize(("amount", "quantity"), [("known", None), ("unknown", 5), ("open", 5)])
def test_amount_and_quantity_go_together(city: City, amount: str, quantity: int | None) -> None:
    with pytest.raises(Malformed) as refusal:
        ask(city, quantity=quantity, amount=Need.Amount(amount))
    assert "quantity" in refusal.value.details
    assert not Need.objects.exists()


def test_the_database_itself_refuses_a_known_need_without_quantity(city: City) -> None:
    need = ask(city)
    for wrong in ({"quantity": None}, {"quantity": 0}, {"urgency": 4}, {"received_quantity": 101}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Need.objects.filter(pk=need.pk).update(**wrong)


def test_a_need_for_a_time_that_has_passed_is_refused(city: City) -> None:
    with pytest.raises(Malformed, match="later time"):
        ask(city, needed_by=START)


def test_a_need_at_somebody_else_s_facility_is_refused(city: City) -> None:
    with pytest.raises(Malformed, match="does not belong"):
        ask(city, facility=city.facilities["H2"])


def test_an_area_may_name_a_facility_that_lies_in_it(city: City) -> None:
    need = ask(city, "D1", facility=city.facilities["H1"])
    assert (need.unit, need.facility) == (city["D1"], city.facilities["H1"])


def test_a_clerk_states_needs_of_the_own_hospital_only(city: City) -> None:
    with pytest.raises(NotAllowed):
        ask(city, "H1", by=city.person("h2-clerk"))


# Many at once


def need_draft(city: City, **values: object) -> NeedDraft:
    given = {"unit": city["H1"].pk, "item": mask().pk, "amount": "known", "quantity": 5,
             "needed_by": SOON, **values}  # fmt: skip
    return NeedDraft.model_validate(given)


def test_many_needs_are_stated_with_one_line_in_the_log(city: City) -> None:
    hold(city, "H2", 0, 10)
    drafts = [
        need_draft(city),
        need_draft(city, unit=city["H2"].pk, amount="unknown", quantity=None, words="越多越好"),
    ]
    made = state_needs(needs=drafts, by=city.person("city-duty"), now=START)
    assert [n.quantity for n in made] == [5, None]
    assert made[1].estimate == 140
    assert facts("supply.state_needs")["count"] == 2
    assert "越多越好" not in lines("supply.state_needs")[0].body


@pytest.mark.parametrize("wrong", ["unit", "item", "facility", "incident", "order", "row"])
def test_a_batch_with_one_unknown_number_is_refused_whole(city: City, wrong: str) -> None:
    drafts = [need_draft(city), need_draft(city, **{wrong: 999_999})]
    with pytest.raises(NotFound, match="999999"):
        state_needs(needs=drafts, by=city.person("city-duty"), now=START)
    assert not Need.objects.exists()


def test_a_batch_may_not_reach_into_another_district(city: City) -> None:
    drafts = [need_draft(city), need_draft(city, unit=city["H2"].pk)]
    with pytest.raises(NotFound):
        state_needs(needs=drafts, by=city.person("d1-duty"), now=START)
    assert not Need.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"urgency": 0}, {"urgency": 4}, {"quantity": 0}, {"amount": "some"}]
)
def test_a_draft_that_cannot_be_understood_is_not_made(
    city: City, wrong: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        need_draft(city, **wrong)


# Amounts that nobody knows


@pytest.mark.feature(36)
@pytest.mark.parametrize("amount", [Need.Amount.UNKNOWN, Need.Amount.OPEN])
def test_an_unknown_amount_is_estimated_from_the_daily_use(city: City, amount: str) -> None:
    hold(city, "H1", 300, 50)
    need = ask(city, quantity=None, amount=amount)
    assert need.estimate == 14 * 50 - 300
    assert need.estimate_reason == "Use of 50 a day for 14 days, less 300 in stock."


def test_without_a_counted_use_the_beds_are_taken(city: City) -> None:
    need = ask(city, quantity=None)
    assert need.estimate == 200 * 6 * 14
    assert need.estimate_reason.startswith("200 beds, 6 each a day for 14 days")


def test_a_village_without_beds_is_estimated_by_its_residents(city: City) -> None:
    need = ask(city, "K211", quantity=None)
    assert need.estimate == math.ceil(1000 * 0.01 * 14)
    assert need.estimate_reason.startswith("1,000 residents")


def test_where_nothing_is_counted_there_is_no_estimate(city: City) -> None:
    need = ask(city, "K211", quantity=None, item=mask("ventilator"))
    assert (need.estimate, need.estimate_reason) == (None, "")
    with pytest.raises(NotNow, match="nothing to estimate from"):
        estimate_need(need=need, by=city.person("s21-duty"), now=START)


def test_an_estimate_follows_the_stock_and_is_written_once(city: City) -> None:
    need = ask(city, quantity=None)
    hold(city, "H1", 100, 20)
    clerk = city.person("h1-clerk")
    assert estimate_need(need=need, by=clerk, now=LATER).estimate == 180
    assert estimate_need(need=need, by=clerk, now=LATER).estimate == 180
    assert facts("supply.estimate_need")["basis"]["basis"] == "use"


def test_a_known_amount_is_not_estimated(city: City) -> None:
    with pytest.raises(NotNow, match="known"):
        estimate_need(need=ask(city), by=city.person("h1-clerk"), now=START)


def test_only_people_of_the_place_or_above_estimate(city: City) -> None:
    with pytest.raises(NotAllowed):
        estimate_need(need=ask(city, quantity=None), by=city.person("d2-duty"), now=START)


def test_a_named_person_makes_the_amount_known(city: City) -> None:
    need = ask(city, quantity=None)
    clerk = city.person("h1-clerk")
    known = confirm_amount(need=need, quantity=900, by=clerk, now=LATER)
    assert (known.amount, known.quantity) == (Need.Amount.KNOWN, 900)
    assert (known.confirmed_by, known.confirmed_at) == (clerk, LATER)
    assert facts("supply.confirm_amount") == {"quantity": 900, "estimate": 16800}


def test_an_amount_is_confirmed_once_and_by_the_place(city: City) -> None:
    need = ask(city, quantity=None)
    with pytest.raises(NotAllowed):
        confirm_amount(need=need, quantity=5, by=city.person("h2-clerk"), now=LATER)
    confirm_amount(need=need, quantity=900, by=city.person("h1-clerk"), now=LATER)
    with pytest.raises(NotNow, match="known already"):
        confirm_amount(need=need, quantity=901, by=city.person("h1-clerk"), now=LATER)


def test_an_amount_is_not_confirmed_below_what_is_on_the_way(city: City) -> None:
    need = ask(city, quantity=None)
    give(city, 1000)
    allocation = approved(city).allocations.get()
    goods = send(city, allocation, 40)
    clerk = city.person("h1-clerk")
    with pytest.raises(NotNow, match="40 have arrived or are on the way"):
        confirm_amount(need=need, quantity=39, by=clerk, now=START)
    receive_goods(dispatch=goods, quantity_good=40, by=clerk, now=LATER)
    assert confirm_amount(need=need, quantity=40, by=clerk, now=LATER).state == Need.State.MET


# Withdrawing


def test_a_need_is_withdrawn_once_with_a_reason(city: City) -> None:
    need = ask(city)
    clerk = city.person("h1-clerk")
    gone = withdraw_need(need=need, reason="已有库存", by=clerk, now=LATER)
    assert (gone.state, gone.withdrawn_by, gone.reason_withdrawn) == (
        Need.State.WITHDRAWN, clerk, "已有库存",
    )  # fmt: skip
    with pytest.raises(NotNow, match="closed"):
        withdraw_need(need=need, reason="again", by=clerk, now=LATER)
    with pytest.raises(NotNow, match="closed"):
        confirm_amount(need=need, quantity=5, by=clerk, now=LATER)
    with pytest.raises(NotAllowed):
        withdraw_need(need=need, reason="no", by=city.person("h2-clerk"), now=LATER)


def test_withdrawing_a_need_frees_what_was_promised_to_it(city: City) -> None:
    need, offer = ask(city, quantity=80), give(city, 100)
    approved(city)
    offer.refresh_from_db()
    assert offer.promised_quantity == 80
    withdraw_need(need=need, reason="过剩", by=city.person("h1-clerk"), now=LATER)
    offer.refresh_from_db()
    assert (offer.promised_quantity, offer.state) == (0, Offer.State.OPEN)


# Offers


def test_an_offer_is_ready_now_unless_said_otherwise(city: City) -> None:
    offer = give(city, 300, is_donation=True, price_cents=0)
    assert (offer.ready_at, offer.facility) == (START, city.facilities["SUP"])
    assert facts("supply.state_offer")["is_donation"] is True


@pytest.mark.parametrize("end", [START - timedelta(hours=1), START + timedelta(hours=2)])
def test_an_offer_that_ends_before_it_is_ready_is_refused(city: City, end: datetime) -> None:
    with pytest.raises(Malformed, match="end before"):
        give(city, ready_at=START + timedelta(hours=3), ends_at=end)


def test_offers_are_stated_by_the_giver(city: City) -> None:
    with pytest.raises(NotAllowed):
        give(city, by=city.person("h1-clerk"))
    with pytest.raises(Malformed, match="does not belong"):
        give(city, facility=city.facilities["H1"])


def test_many_offers_are_stated_with_one_line_in_the_log(city: City) -> None:
    draft = OfferDraft(unit=city["SUP"].pk, item=mask().pk, quantity=7)
    made = state_offers(offers=[draft, draft], by=city.person("sup-clerk"), now=START)
    assert [o.ready_at for o in made] == [START, START]
    assert facts("supply.state_offers")["count"] == 2
    stray = draft.model_copy(update={"unit": city["H1"].pk})
    with pytest.raises(NotFound):
        state_offers(offers=[draft, stray], by=city.person("sup-clerk"), now=START)
    assert Offer.objects.count() == 2


def test_an_offer_is_withdrawn_with_what_has_not_left(city: City) -> None:
    ask(city, quantity=60)
    offer, clerk = give(city, 100), city.person("sup-clerk")
    send(city, approved(city).allocations.get(), 25)
    gone = withdraw_offer(offer=offer, reason="停产", by=clerk, now=LATER)
    assert (gone.state, gone.promised_quantity) == (Offer.State.WITHDRAWN, 25)
    assert facts("supply.withdraw_offer") == {"left": 25, "released": 35}
    with pytest.raises(NotNow, match="withdrawn already"):
        withdraw_offer(offer=offer, reason="again", by=clerk, now=LATER)


def test_what_has_left_cannot_be_withdrawn(city: City) -> None:
    ask(city, quantity=60)
    offer = give(city, 60)
    send(city, approved(city).allocations.get(), 60)
    with pytest.raises(NotNow, match="has left"):
        withdraw_offer(offer=offer, reason="late", by=city.person("sup-clerk"), now=LATER)
    with pytest.raises(NotAllowed):
        withdraw_offer(offer=offer, reason="no", by=city.person("h1-clerk"), now=LATER)


# Stock and days left


@pytest.mark.feature(35)
def test_days_left_are_stock_over_daily_use(city: City) -> None:
    hold(city, "H1", 300, 50, minimum=400)
    hold(city, "H2", 2400)
    hold(city, "CLINIC", 5, None, item=mask("ventilator"))
    rows = days_left(city.person("city-duty"), START)
    assert [(r.stock.facility.unit.code, r.basis, r.days) for r in rows] == [
        ("H2", "beds", 2.0),
        ("H1", "use", 6.0),
        ("K211", "", None),
    ]
    assert [r.is_short for r in rows] == [False, True, False]
    assert [r.stock.facility.unit.code for r in days_left(city.person("h1-clerk"), START)] == ["H1"]


def test_a_new_count_keeps_minimum_and_use_unless_they_are_given(city: City) -> None:
    hold(city, "H1", 300, 50, minimum=400)
    stock = hold(city, "H1", 250, now=LATER)
    assert (stock.quantity, stock.minimum, stock.used_per_day) == (250, 400, 50)
    assert Stock.objects.count() == 1
    assert len(lines("supply.count_stock")) == 2


def test_a_count_touches_the_open_needs_of_the_place(city: City) -> None:
    mine, other = ask(city), ask(city, "H2")
    hold(city, "H1", 10, now=LATER)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.changed_at, other.changed_at) == (LATER, START)


def test_stock_is_counted_by_the_facility_or_above(city: City) -> None:
    with pytest.raises(NotAllowed):
        count_stock(
            facility=city.facilities["H1"], item=mask(), quantity=5, by=city.person("h2-clerk"),
            now=START,
        )  # fmt: skip


def test_many_counts_are_one_line_in_the_log(city: City) -> None:
    drafts = [
        StockDraft(facility=city.facilities[code].pk, item=mask().pk, quantity=9, used_per_day=2)
        for code in ("H1", "H2")
    ]
    duty = city.person("city-duty")
    assert len(count_stocks(stocks=drafts, by=duty, now=START)) == 2
    assert facts("supply.count_stocks")["count"] == 2
    with pytest.raises(NotFound):
        count_stocks(stocks=drafts, by=city.person("h1-clerk"), now=START)


# Quiet places


def quiet(city: City, now: datetime = START, by: str = "founder") -> list[Need]:
    incident = Incident.objects.first() or open_incident(city, "C")
    return raise_quiet_needs(area=city["C"], incident=incident, by=city.person(by), now=now)


@pytest.mark.feature(37)
def test_the_clock_asks_for_a_place_that_asks_for_nothing(city: City) -> None:
    hold(city, "CLINIC", 20, 20)
    hold(city, "H1", 700, 100)
    [need] = quiet(city)
    assert (need.unit, need.facility) == (city["K211"], city.facilities["CLINIC"])
    assert (need.amount, need.estimate, need.is_quiet) == (Need.Amount.UNKNOWN, 260, True)
    assert (need.urgency, need.needed_by) == (2, START + timedelta(hours=24))
    assert list(quiet_needs(city.person("city-duty"), START)) == [need]
    assert quiet(city) == []
    assert facts("supply.raise_quiet_need")["estimate"] == 260


@pytest.mark.parametrize(
    ("stock", "urgency", "hours"),
    [(0, 1, 24), (9, 1, 24), (10, 2, 24), (30, 3, 72), (69, 3, 165.6)],
)
def test_how_soon_the_stock_ends_says_how_urgent_it_is(
    city: City, stock: int, urgency: int, hours: float
) -> None:
    hold(city, "CLINIC", stock, 10)
    [need] = quiet(city)
    assert (need.urgency, need.needed_by) == (urgency, START + timedelta(hours=hours))


def test_a_place_that_has_asked_is_not_quiet(city: City) -> None:
    hold(city, "CLINIC", 20, 20)
    hold(city, "H1", 0, 20)
    ask(city, "H1", 5)
    need = ask(city, "K211", 5)
    Need.objects.filter(pk=need.pk).update(facility=None)
    assert quiet(city) == []


def test_a_quiet_place_may_say_no_and_is_left_in_peace_until_it_counts_again(city: City) -> None:
    hold(city, "CLINIC", 20, 20)
    [need] = quiet(city)
    withdraw_need(need=need, reason="够用", by=city.person("s21-duty"), now=LATER)
    assert quiet(city, LATER) == []
    hold(city, "CLINIC", 10, now=LATER)
    assert quiet(city, LATER) == []
    hold(city, "CLINIC", 10, now=LATER + timedelta(hours=1))
    assert len(quiet(city, LATER + timedelta(hours=1))) == 1


def test_only_the_clock_or_an_officer_of_the_area_raises_quiet_needs(city: City) -> None:
    hold(city, "CLINIC", 0, 5)
    with pytest.raises(NotAllowed):
        quiet(city, by="h1-clerk")
    assert len(quiet(city, by="city-duty")) == 1


# What is asked of whom


def titles(person: Person) -> list[str]:
    return [duty.verb for duty in duties(person, START)]


def test_the_place_that_did_not_say_how_much_is_asked(city: City) -> None:
    ask(city, quantity=None)
    [duty] = duties(city.person("h1-clerk"), START)
    assert (duty.verb, duty.due_at) == ("confirm_amount", SOON)
    for other in ("h2-clerk", "d1-duty", "city-duty", "auditor"):
        assert duties(city.person(other), START) == []


def test_for_a_place_without_people_the_next_above_is_asked(city: City) -> None:
    hold(city, "CLINIC", 0, 5)
    quiet(city)
    assert titles(city.person("s21-duty")) == ["confirm_amount"]
    assert titles(city.person("d2-duty")) == []
    assert titles(city.person("city-duty")) == []


def test_groups_count_what_waits(city: City) -> None:
    ask(city, quantity=None)
    ask(city)
    give(city)
    rows = {row.name: row for row in groups(city.person("city-duty"), START)}
    assert set(rows) == set(Item.objects.values_list("group", flat=True))
    row = rows["mask"]
    assert (row.needs, row.unknown, row.offers, row.run) == (2, 1, 1, None)
    assert rows["eye"].needs == 0


def test_a_clerk_sees_the_needs_of_the_own_hospital_only(city: City) -> None:
    ask(city, "H1", quantity=None)
    ask(city, "H2", quantity=None)
    [row] = [r for r in groups(city.person("h1-clerk"), START) if r.name == "mask"]
    assert row.needs == 1
