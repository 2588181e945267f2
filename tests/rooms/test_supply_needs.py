"""Needs: the catalogue, known and unknown amounts, estimates, confirming, withdrawing."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation
from pydantic import ValidationError

from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.exchange.importers.items import catalogue
from gongzhi.supply.actions import (
    NeedDraft,
    confirm_amount,
    estimate_need,
    load_catalogue,
    receive_goods,
    state_needs,
    withdraw_need,
)
from gongzhi.supply.models import Item, Need, Offer
from tests.once import once
from tests.rooms.cast import START, City, small_city
from tests.rooms.goods import SOON, approved, ask, give, hold, mask, send, stocked_city
from tests.rooms.scenes import facts, lines, open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@once
def city() -> City:
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


@pytest.mark.begun(36)
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
