"""Donations: announced, judged in time, counted at the hub, given on; to the piece and the cent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gongzhi.actors.queries import visible
from gongzhi.engines.merkle import NoteRefused
from gongzhi.errors import Malformed, NotAllowed, NotNow, Refused
from gongzhi.ledger.queries import public_key
from gongzhi.messages.models import Message
from gongzhi.supply.actions import (
    climb_donations,
    forget_donors,
    mark_lost,
    receive_goods,
    spend_donation,
)
from gongzhi.supply.donations.receipts import read_receipt
from gongzhi.supply.models import (
    Dispatch,
    Donation,
    DonationGrade,
    DonorContact,
    Handover,
    Item,
    Offer,
    Purchase,
    Stock,
)
from gongzhi.supply.queries import duties
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.given import announced, counted, judged, money, where
from tests.rooms.goods import approved, ask, given_to, line, mask, send, stocked_city
from tests.rooms.scenes import facts
from tests.rooms.telling import told

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)
CLOTH = "mask-civil"


@once
def city() -> City:
    return stocked_city()


# Announcing


def test_a_unit_announces_goods_and_the_hub_is_asked_to_judge(city: City) -> None:
    gift = announced(city)
    assert (gift.state, gift.to_unit, gift.currency) == ("announced", city["SUP"], "")
    [duty] = [d for d in duties(city.person("sup-clerk"), START) if d.verb == "triage_donation"]
    assert (duty.inputs, duty.due_at) == ({"donation": gift.pk}, START + timedelta(hours=4))
    assert facts("supply.announce_donation")["number"] == gift.number
    assert list(visible(Donation, city.person("soc-lead"), START)) == [gift]
    assert not visible(Donation, city.person("h1-clerk"), START).exists()


def test_the_number_of_a_donation_catches_a_slip(city: City) -> None:
    for number in (1, 12, 96, 97, 98, 123456):
        shown = Donation(pk=number).number
        assert int(shown[1:7] + shown[8:]) % 97 == 1


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"quantity": None}, "one of the two"),
        ({"money_cents": 5}, "one of the two"),
        ({"item": None}, "Say what is given"),
        ({"currency": "CNY"}, "no currency"),
        ({"quantity": None, "money_cents": 5, "currency": "￥"}, "three capital letters"),
        ({"quantity": None, "money_cents": 5, "item": "mask"}, "Money is no item"),
        ({"donor_name": "王芳"}, "keep no name"),
        ({"hub": "H1"}, "is no hub"),
    ],
)
def test_a_donation_that_makes_no_sense_is_refused(
    city: City, values: dict[str, Any], match: str
) -> None:
    if "hub" in values:
        values = {"hub": city.facilities[values["hub"]]}
    if values.get("item") == "mask":
        values = {**values, "item": mask()}
    with pytest.raises(Malformed, match=match):
        announced(city, **values)


def test_for_a_private_donor_the_hub_announces_and_nobody_else(city: City) -> None:
    gift = announced(city, donor=None, words="三轮车送来", by=city.person("sup-clerk"))
    assert gift.donor is None
    assert not DonorContact.objects.exists()
    with pytest.raises(NotAllowed):
        announced(city, donor=None)
    with pytest.raises(NotAllowed):
        announced(city, by=city.person("h1-clerk"))


def test_a_private_donor_is_forgotten_in_time_and_stands_nowhere_else(city: City) -> None:
    clerk = city.person("sup-clerk")
    gift = announced(city, donor=None, donor_name="王芳", donor_phone="139", by=clerk)
    counted(city, judged(city, gift), 1000)
    contact = DonorContact.objects.get()
    assert (contact.residents(), str(contact)) == ("王芳 139", str(gift))
    said = [facts(f"supply.{verb}_donation") for verb in ("announce", "triage", "take_in")]
    assert "王芳" not in json.dumps(said, ensure_ascii=False)
    clock = city.person("founder")
    assert forget_donors(by=clock, now=START + timedelta(days=29)) == 0
    assert forget_donors(by=clock, now=START + timedelta(days=30)) == 1
    contact.refresh_from_db()
    assert (contact.residents(), bytes(contact.salt)) == ("", b"")
    assert forget_donors(by=clock, now=START + timedelta(days=31)) == 0


# Judging


def test_what_is_not_judged_in_time_climbs_once_and_the_tier_above_is_asked(city: City) -> None:
    gift, clock = announced(city), city.person("founder")
    due = gift.triage_by
    assert climb_donations(by=clock, now=due - timedelta(minutes=1)) == []
    [climb] = climb_donations(by=clock, now=due)
    assert (climb.silent, climb.to_unit) == (city["SUP"], city["C"])
    assert climb_donations(by=clock, now=due) == []
    assert facts("supply.climb_donation")["silent"] == city["SUP"].path
    told(city, due)
    messages = Message.objects.filter(verb="supply.climb_donation")
    assert city.person("city-duty") in {message.person for message in messages}
    for person in ("sup-clerk", "city-duty"):
        asked = [d.verb for d in duties(city.person(person), due)]
        assert "triage_donation" in asked
    assert climb_donations(by=clock, now=due + timedelta(days=1)) == [], "Nobody is above."
    judged(city, gift, by=city.person("city-duty"), now=due)
    assert [d.verb for d in duties(city.person("sup-clerk"), due)] == ["take_in_donation"]


def test_what_is_not_for_medical_use_is_never_counted_as_medical(city: City) -> None:
    gift = announced(city)
    with pytest.raises(Malformed, match="does not fit this grade"):
        judged(city, gift, DonationGrade.PUBLIC)
    cloth = Item.objects.get(code=CLOTH)
    with pytest.raises(Malformed, match="does not fit this grade"):
        judged(city, gift, item=cloth)
    assert judged(city, gift, DonationGrade.PUBLIC, item=cloth).item == cloth
    ask(city, quantity=500)
    counted(city, gift, 1000)
    assert given_to(approved(city)) == {}, "The hospital asked for medical masks."


def test_what_is_refused_has_a_reason_and_is_never_taken_in(city: City) -> None:
    gift = announced(city, item=None, words="旧棉衣")
    with pytest.raises(Malformed, match="Say why"):
        judged(city, gift, DonationGrade.REFUSED)
    with pytest.raises(Malformed, match="Name the item"):
        judged(city, gift, DonationGrade.PUBLIC)
    assert judged(city, gift, DonationGrade.REFUSED, reason="无人需要").state == "refused"
    with pytest.raises(NotNow, match="cannot be taken in"):
        counted(city, gift, 1000)
    with pytest.raises(NotNow, match="judged already"):
        judged(city, gift)


def test_only_the_hub_or_above_judges_and_counts(city: City) -> None:
    gift = announced(city)
    for person in ("soc-lead", "h1-clerk", "log-clerk"):
        with pytest.raises(NotAllowed):
            judged(city, gift, by=city.person(person))
        with pytest.raises(NotAllowed):
            counted(city, gift, 1, by=city.person(person))
    with pytest.raises(NotNow, match="Nobody has judged"):
        counted(city, gift, 1)
    with pytest.raises(Malformed, match="money as money"):
        judged(city, gift, DonationGrade.MONEY)


def test_a_gift_for_somebody_goes_to_nobody_else(city: City) -> None:
    ask(city, "H1", 400)
    far = ask(city, "H2", 300)
    gift = judged(city, announced(city, meant_for=city["H2"]))
    assert gift.is_directed
    assert facts("supply.triage_donation")["wish_kept"] is True
    counted(city, gift, 1000)
    run = approved(city)
    assert given_to(run) == {"H2": 300}, "H1 gets nothing of it, though it lacks 400."
    assert line(run, far).got == 300
    assert Offer.objects.get().meant_for == city["H2"]


def test_a_wish_is_refused_with_a_reason(city: City) -> None:
    with pytest.raises(Malformed, match="No wish"):
        judged(city, announced(city), wish_refused="已满足")
    ask(city, "H1", 400)
    gift = judged(city, announced(city, meant_for=city["H2"]), wish_refused="已满足")
    assert not gift.is_directed
    counted(city, gift, 1000)
    assert given_to(approved(city)) == {"H1": 400}


# Counting at the hub


def test_the_hub_counts_good_broken_and_short_and_signs_for_it(city: City) -> None:
    gift = counted(city, judged(city, announced(city)), 600, 300)
    assert (gift.quantity_good, gift.quantity_damaged, gift.quantity_short) == (600, 300, 100)
    offer = Offer.objects.get()
    assert (offer.quantity, offer.is_donation, offer.unit) == (600, True, city["SUP"])
    assert Stock.objects.get().quantity == 600
    read = read_receipt(gift.signed, public_key())
    assert [read.terms[n] for n in ("given", "good", "damaged", "short")] == [1000, 600, 300, 100]
    assert read.terms["donation"] == gift.number
    assert gift.number in str(read)


def test_a_donation_that_never_came_is_short_and_offers_nothing(city: City) -> None:
    gift = counted(city, judged(city, announced(city)), 0)
    assert (gift.quantity_short, gift.offer) == (1000, None)
    assert where(gift).missing == 1000


def test_no_more_is_counted_than_was_announced(city: City) -> None:
    gift = judged(city, announced(city))
    with pytest.raises(NotNow, match="1000 were announced"):
        counted(city, gift, 900, 101)
    for good, cents in ((None, None), (1, 5)):
        with pytest.raises(Malformed, match="no money"):
            counted(city, gift, good, received_cents=cents)


def test_a_changed_receipt_is_found_out(city: City) -> None:
    gift = counted(city, judged(city, announced(city)), 600, 300)
    with pytest.raises(NoteRefused):
        read_receipt(gift.signed.replace('"good":600', '"good":900'), public_key())
    from gongzhi.ledger.queries import signed

    with pytest.raises(NoteRefused, match="no receipt"):
        read_receipt(signed('gongzhi delegation 2\n{"a":1}\n'), public_key())


def test_every_hop_after_the_hub_is_signed_too(city: City) -> None:
    ask(city, quantity=500)
    gift = counted(city, judged(city, announced(city)), 500, 500)
    goods = send(city, approved(city).allocations.get(), 500)
    receive_goods(dispatch=goods, quantity_good=440, quantity_damaged=50,
                  by=city.person("h1-clerk"), now=LATER)  # fmt: skip
    terms = read_receipt(Handover.objects.get().signed, public_key()).terms
    assert [terms[n] for n in ("given", "good", "damaged", "short")] == [500, 440, 50, 10]
    assert terms["donation"] == gift.number
    pieces = where(gift)
    assert (pieces.arrived, pieces.damaged, pieces.missing) == (440, 550, 10)
    assert pieces.counted == 1000


# Money


def test_money_becomes_goods_and_not_a_cent_more_is_spent(city: City) -> None:
    gift = money(city, 1_000_00, received=999_99)
    bought = buy(city, gift, 600_00, 300)
    assert (bought.offer.quantity, bought.offer.is_donation) == (300, True)
    gift.refresh_from_db()
    assert (gift.currency, gift.received_cents, gift.left_cents) == ("CNY", 999_99, 399_99)
    with pytest.raises(NotNow, match=r"CNY 399\.99 are left"):
        buy(city, gift, 400_00, 1)
    buy(city, gift, 399_99, 100)
    with pytest.raises(NotNow, match="All money"):
        buy(city, gift, 1, 1)
    gift.refresh_from_db()
    assert gift.spent_cents == sum(p.cents for p in Purchase.objects.all()) == 999_99
    terms = read_receipt(bought.signed, public_key()).terms
    assert (terms["cents"], terms["currency"], terms["donation"]) == (600_00, "CNY", gift.number)
    assert where(gift).at_hub == 400


def buy(city: City, gift: Donation, cents: int, quantity: int) -> Purchase:
    return spend_donation(
        donation=gift, cents=cents, item=mask(), quantity=quantity, invoice_number="发票 7",
        by=city.person("sup-clerk"), now=LATER,
    )  # fmt: skip


def test_money_that_has_not_come_in_is_not_spent(city: City) -> None:
    goods = counted(city, judged(city, announced(city)), 1000)
    waiting = judged(city, announced(city, None, money_cents=5), DonationGrade.MONEY)
    for gift in (goods, waiting):
        with pytest.raises(NotNow, match="No money"):
            buy(city, gift, 1, 1)
    with pytest.raises(Malformed, match="no pieces"):
        counted(city, waiting, 5)
    with pytest.raises(NotNow, match="More came in"):
        counted(city, waiting, None, received_cents=6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity_good": 601}, {"quantity_short": 99}, {"spent_cents": 1}, {"currency": "CNY"},
        {"received_cents": 5}, {"taken_by": None}, {"judged_at": None}, {"fit_for": ""},
        {"state": "refused", "taken_by": None, "taken_at": None, "reason": ""},
        {"wish_refused": "x"}, {"quantity_good": None, "quantity_damaged": None,
                                "quantity_short": None},
    ],
)  # fmt: skip
def test_the_database_keeps_the_sums(city: City, wrong: dict[str, Any]) -> None:
    gift = counted(city, judged(city, announced(city)), 600, 300)
    with pytest.raises(IntegrityError), transaction.atomic():
        Donation.objects.filter(pk=gift.pk).update(**wrong)


def test_the_database_lets_no_cent_be_spent_twice(city: City) -> None:
    gift = money(city, 100)
    for wrong in ({"spent_cents": 101}, {"received_cents": 101}, {"spent_cents": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Donation.objects.filter(pk=gift.pk).update(**wrong)


class Giving(RuleBasedStateMachine):
    """Nothing given is ever lost or doubled, whatever is done in whatever order."""

    city: City

    @initialize(pieces=st.integers(1, 9), cents=st.integers(1, 9))
    def give(self, pieces: int, cents: int) -> None:
        self.goods = judged(self.city, announced(self.city, pieces))
        self.money = judged(
            self.city, announced(self.city, None, money_cents=cents), DonationGrade.MONEY
        )

    def _try(self, deed: Any, *args: Any, **values: Any) -> None:
        try:
            with transaction.atomic():
                deed(*args, **values)
        except Refused:
            return

    @rule(good=st.integers(0, 9), damaged=st.integers(0, 4), cents=st.integers(0, 9))
    def count(self, good: int, damaged: int, cents: int) -> None:
        self._try(counted, self.city, self.goods, good, damaged)
        self._try(counted, self.city, self.money, None, received_cents=cents)

    @rule(cents=st.integers(1, 9), quantity=st.integers(1, 5))
    def spend(self, cents: int, quantity: int) -> None:
        self._try(buy, self.city, self.money, cents, quantity)

    @rule(wanted=st.integers(1, 5))
    def plan_and_send(self, wanted: int) -> None:
        ask(self.city, quantity=wanted)
        for row in approved(self.city).allocations.all():
            self._try(send, self.city, row, row.quantity)

    @rule(good=st.integers(0, 5), damaged=st.integers(0, 3), lost=st.booleans())
    def arrive(self, good: int, damaged: int, lost: bool) -> None:
        goods = Dispatch.objects.filter(state="sent").order_by("id").first()
        if goods is not None and lost:
            self._try(mark_lost, dispatch=goods, reason="翻车", by=self.city.person("log-clerk"),
                      now=LATER)  # fmt: skip
        elif goods is not None:
            self._try(receive_goods, dispatch=goods, quantity_good=good, quantity_damaged=damaged,
                      by=self.city.person("h1-clerk"), now=LATER)  # fmt: skip

    @invariant()
    def every_piece_and_every_cent_is_somewhere(self) -> None:
        if not hasattr(self, "goods"):
            return
        for gift in (self.goods, self.money):
            pieces = where(gift)
            assert pieces.counted == pieces.given
            assert min(pieces.at_hub, pieces.on_the_way, pieces.arrived) >= 0
            spent = sum(gift.purchases.values_list("cents", flat=True))
            assert gift.spent_cents == spent <= (gift.received_cents or 0)


def test_nothing_given_is_lost_or_doubled(city: City) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    class Held(Giving):
        def __init__(self) -> None:
            super().__init__()
            self.city = city
            self.inside = transaction.atomic()
            self.inside.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.inside.__exit__(None, None, None)

    run_state_machine_as_test(
        Held, settings=settings(max_examples=12, stateful_step_count=8, deadline=None)
    )


@settings(max_examples=50)
@given(st.integers(1, 10**9), st.integers(0, 9), st.integers(0, 7))
def test_one_wrong_digit_is_always_noticed(pk: int, digit: int, at: int) -> None:
    shown = Donation(pk=pk).number
    digits = shown[1:].replace("-", "")
    at %= len(digits)
    changed = digits[:at] + str(digit) + digits[at + 1 :]
    assert (int(changed) % 97 == 1) == (changed == digits)
