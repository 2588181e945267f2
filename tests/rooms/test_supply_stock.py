"""Offers and stock, days left, quiet places, and what is asked of whom."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gongzhi.actors.models import Person
from gongzhi.assessment.models import Incident
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.supply.actions import (
    OfferDraft,
    StockDraft,
    count_stock,
    count_stocks,
    raise_quiet_needs,
    state_offers,
    withdraw_need,
    withdraw_offer,
)
from gongzhi.supply.models import Item, Need, Offer, Stock
from gongzhi.supply.queries import days_left, duties, groups, quiet_needs
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import SOON, approved, ask, give, hold, mask, send, stocked_city
from tests.rooms.scenes import facts, lines, open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)


@once
def city() -> City:
    return stocked_city()


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
