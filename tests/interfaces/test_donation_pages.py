"""The way of a donation without a log-in, and the signed receipt of the hub on paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from gongzhi.interfaces import clock
from gongzhi.interfaces.inputs import deed_named, perform
from gongzhi.supply.actions import mark_lost
from gongzhi.supply.donations.public import number_typed
from gongzhi.supply.models import Donation, DonationGrade
from tests.interfaces.console_scene import seen, words
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.given import announced, counted, judged, money
from tests.rooms.goods import approved, ask, send, stocked_city

NOW = START + timedelta(hours=9)


@pytest.fixture(autouse=True)
def at_nine(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def city() -> City:
    return stocked_city()


@once
def gift(city: City) -> Donation:
    """Half of it arrived at the hub; what was sent on is lost."""
    found = counted(city, judged(city, announced(city, meant_for=city["H1"])), 500, 300)
    ask(city, quantity=400)
    goods = send(city, approved(city).allocations.get(), 400)
    mark_lost(dispatch=goods, reason="车祸，司机刘师傅", by=city.person("log-clerk"), now=NOW)
    return found


def at(address: str, **values: Any) -> Any:
    return Client().get(address, {"lang": "en", **values})


def browser(city: City, login: str) -> Client:
    client = Client()
    client.force_login(city.person(login))
    return client


def test_the_way_is_shown_without_log_in_cookie_or_script(gift: Donation) -> None:
    answer = at(f"/donations/{gift.number}")
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert not answer.cookies
    assert "<script" not in words(answer)
    assert "max-age" in answer["Cache-Control"]
    told = answer.context["gift"].pieces
    assert (told.at_hub, told.damaged, told.missing, told.counted) == (100, 300, 600, 1000)
    for word in (
        "Lost on the way",
        "Counted at the hub",
        "The donor wished it for 东岸区人民医院.",
    ):
        assert word in words(answer)
    for kept in ("刘师傅", "先生"):
        assert kept not in words(answer)


@pytest.mark.parametrize(
    ("lang", "tag", "word"),
    [("zh-hans", "zh-Hans", "捐赠去向"), ("zh-hant", "zh-Hant", "捐贈去向"),
     ("en", "en", "The way of a donation"), ("klingon", "en", "The way of a donation")],
)  # fmt: skip
def test_the_way_is_read_in_every_language(gift: Donation, lang: str, tag: str, word: str) -> None:
    client = Client(headers={"accept-language": "en"})
    answer = client.get(f"/donations/{gift.number}?lang={lang}")
    assert seen(answer).lang == tag
    assert word in words(answer)


def test_a_number_is_typed_as_it_stands_on_the_paper_or_nearly_so(gift: Donation) -> None:
    number = gift.number
    for typed in (number, number.lower(), f" {number[1:]} ", number.replace("-", " ")):
        assert at("/donations", number=typed).context["gift"].number == number


@pytest.mark.parametrize("typed", ["D000001-00", "1", "x", "D-1", "D999999-41", "<b>", "９９"])
def test_a_number_with_a_slip_finds_nothing_and_says_what_to_do(gift: Donation, typed: str) -> None:
    answer = at("/donations", number=typed)
    assert answer.status_code == 404
    assert answer.context["gift"] is None
    assert "Compare it with your receipt" in words(answer)
    assert "<b>" not in words(answer).split("“")[1][:9]


def test_the_page_to_type_a_number_is_reached_from_the_board(gift: Donation) -> None:
    assert "/donations" in words(at("/board"))
    assert at("/donations").status_code == 200
    assert number_typed("") is None


def test_money_and_a_refusal_are_told_too(city: City) -> None:
    spent = at(f"/donations/{money(city, 12_345).number}")
    assert "CNY 123.45" in words(spent)
    refused = judged(
        city,
        announced(city, item=None, words="旧衣，王芳送"),
        DonationGrade.REFUSED,
        reason="不能消毒",
    )
    page = words(at(f"/donations/{refused.number}"))
    assert "not taken: 不能消毒" in page
    assert "王芳" not in page


def test_the_hub_prints_a_receipt_with_the_address_and_the_signed_text(
    city: City, gift: Donation
) -> None:
    hub = browser(city, "sup-clerk")
    page = hub.get(f"/donations/{gift.pk}/receipt?lang=en")
    assert f"http://testserver/donations/{gift.number}" in words(page)
    assert page.context["signed"] == gift.signed
    assert "<svg" in words(page)
    assert seen(page).blocked == []
    record = hub.get(f"/r/supply/donations/{gift.pk}")
    assert f"/donations/{gift.pk}/receipt" in words(record)


def test_nobody_else_prints_it_and_nobody_before_it_was_counted(city: City, gift: Donation) -> None:
    assert Client().get(f"/donations/{gift.pk}/receipt").status_code == 302
    assert browser(city, "h2-clerk").get(f"/donations/{gift.pk}/receipt").status_code == 404
    waiting = announced(city)
    assert browser(city, "sup-clerk").get(f"/donations/{waiting.pk}/receipt").status_code == 409


def test_a_hub_is_named_by_its_number_wherever_it_lies(city: City) -> None:
    """The number of a facility, not of a unit that happens to have the same."""
    before = announced(city)
    values = {
        "hub": before.hub.pk, "donor": before.donor_id, "item": before.item_id, "quantity": 10,
    }  # fmt: skip
    deed = deed_named("supply", "announce_donation")
    given = perform(deed, values, before.announced_by, NOW)
    assert given.hub == before.hub
    donor = Client()
    donor.force_login(before.announced_by)
    form = words(donor.get("/do/supply/announce_donation"))
    assert f'value="{before.hub.pk}"' in form and str(before.hub.name) in form
