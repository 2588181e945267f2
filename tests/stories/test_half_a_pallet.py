"""Story: a donor's pallet is half broken; each hop signs what it counted, everybody can follow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.ledger.queries import public_key
from gongzhi.supply.actions import (
    announce_donation,
    dispatch,
    hand_over,
    receive_goods,
    spend_donation,
    take_in_donation,
    triage_donation,
)
from gongzhi.supply.models import DonationGrade, Handover, Need
from tests.rooms.cast import START
from tests.rooms.goods import approved, ask, given_to, mask, stocked_city

pytestmark = pytest.mark.usefixtures("in_english")
HOUR = timedelta(hours=1)


def way(number: str) -> Any:
    """What anybody reads of a donation, without a log-in."""
    page = Client().get(f"/donations/{number}?lang=en")
    assert page.status_code == 200
    assert not page.cookies
    return page


def checked(note: str, file: Path, *more: str) -> Any:
    """What the command says of a signed receipt that somebody saved."""
    file.write_text(note, encoding="utf-8")
    return CliRunner().invoke(gongzhi, ["supply", "verify-receipt", str(file), *more])


@pytest.mark.feature(39)
def test_a_donors_pallet_is_half_broken(
    db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    city = stocked_city()
    donor, hub, carrier, ward = (
        city.person(p) for p in ("soc-lead", "sup-clerk", "log-clerk", "h2-clerk")
    )
    monkeypatch.setattr(clock, "now", lambda: START + 9 * HOUR)
    near, far = ask(city, "H1", 1000), ask(city, "H2", 1000)

    # A social organisation announces a pallet of 1,000 masks and wishes it for one hospital.
    gift = announce_donation(
        hub=city.facilities["SUP"], donor=city["SOC"], item=mask(), quantity=1000,
        meant_for=city["H2"], by=donor, now=START,
    )  # fmt: skip

    # The hub judges it for medical use and keeps to the wish; at the gate half of it is broken.
    triage_donation(donation=gift, fit_for=DonationGrade.MEDICAL, by=hub, now=START + HOUR)
    gift = take_in_donation(
        donation=gift, quantity_good=500, quantity_damaged=480, by=hub, now=START + 2 * HOUR
    )

    # What is good goes on in the plan of all goods, and to nobody but whom it was wished for.
    run = approved(city, START + 3 * HOUR)
    assert given_to(run) == {"H2": 500}
    goods = dispatch(
        allocation=run.allocations.get(), carrier=city["LOG"], quantity=500,
        arrive_by=START + 8 * HOUR, by=hub, now=START + 4 * HOUR,
    )  # fmt: skip
    hand_over(
        dispatch=goods, place="渡口中转仓", quantity_good=500, by=carrier, now=START + 5 * HOUR
    )
    receive_goods(
        dispatch=goods, quantity_good=490, quantity_damaged=4, by=ward, now=START + 6 * HOUR
    )
    far.refresh_from_db()
    near.refresh_from_db()
    assert (far.received_quantity, far.state) == (490, Need.State.PART_MET)
    assert near.received_quantity == 0

    # Everybody reads with the number alone where each of the thousand pieces is.
    page = way(gift.number)
    pieces = page.context["gift"].pieces
    assert (pieces.given, pieces.arrived, pieces.damaged, pieces.missing) == (1000, 490, 484, 26)
    assert (pieces.at_hub, pieces.on_the_way, pieces.counted) == (0, 0, 1000)
    shown = page.content.decode()
    for word in ("渡口中转仓", "西岸区人民医院", "临江志愿服务联合会", "for medical use"):
        assert word in shown
    assert "先生" not in shown, "Nobody is named."

    # Each receipt is checked with the public key alone, and a changed one is found out.
    for note in (gift.signed, *Handover.objects.values_list("signed", flat=True)):
        told = checked(note, tmp_path / "receipt", "--key", public_key())
        assert told.exit_code == 0
        assert f"donation: {gift.number}" in told.output
    forged = checked(gift.signed.replace('"good":500', '"good":980'), tmp_path / "forged")
    assert (forged.exit_code, forged.output[:13]) == (1, "DOES NOT HOLD")


@pytest.mark.feature(39)
def test_donated_money_is_followed_to_the_cent(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    city = stocked_city()
    hub, ward = city.person("sup-clerk"), city.person("h1-clerk")
    monkeypatch.setattr(clock, "now", lambda: START + 9 * HOUR)
    gift = announce_donation(
        hub=city.facilities["SUP"], money_cents=1_000_05, donor_name="王芳", by=hub, now=START
    )
    triage_donation(donation=gift, fit_for=DonationGrade.MONEY, by=hub, now=START)
    take_in_donation(donation=gift, received_cents=1_000_05, by=hub, now=START + HOUR)
    spend_donation(
        donation=gift, cents=750_02, item=mask(), quantity=300, invoice_number="发票 0071",
        by=hub, now=START + 2 * HOUR,
    )  # fmt: skip
    ask(city, "H1", 300)
    goods = dispatch(
        allocation=approved(city, START + 3 * HOUR).allocations.get(), carrier=city["LOG"],
        quantity=300, arrive_by=START + 8 * HOUR, by=hub, now=START + 4 * HOUR,
    )  # fmt: skip
    receive_goods(dispatch=goods, quantity_good=300, by=ward, now=START + 5 * HOUR)
    page = way(gift.number)
    told = page.context["gift"]
    assert (told.received, told.spent, told.left) == ("CNY 1,000.05", "CNY 750.02", "CNY 250.03")
    assert (told.pieces.given, told.pieces.arrived) == (300, 300)
    assert "300 × Surgical mask for CNY 750.02" in page.content.decode()
    for kept in ("王芳", "先生", "发票"):
        assert kept not in page.content.decode()
