"""Transport passes: issued once for a vehicle and its load, signed, verified off-line, revoked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.db import IntegrityError, transaction

from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.interfaces.console.reading import address_of
from gongzhi.ledger.queries import public_key, signed
from gongzhi.supply.actions import issue_transport_pass, mark_lost, revoke_transport_pass
from gongzhi.supply.models import Dispatch, TransportPass
from gongzhi.supply.pass_notes import PassRefused, read
from gongzhi.supply.pass_queries import revoked_list
from tests.interfaces.pages import browser
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import approved, ask, give, send, stocked_city
from tests.rooms.scenes import facts, lines

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)
ENDS = START + timedelta(days=4)
PLATE = "鄂A12345"


@once
def city() -> City:
    return stocked_city()


@once
def goods(city: City) -> Dispatch:
    ask(city, quantity=60)
    give(city, 100)
    return send(city, approved(city).allocations.get(), 60)


def issued(city: City, goods: Dispatch, **values: Any) -> TransportPass:
    given = {
        "dispatch": goods, "vehicle": PLATE, "via": "长江大桥", "ends_at": ENDS,
        "by": city.person("city-duty"), "now": START,
    }  # fmt: skip
    return issue_transport_pass(**{**given, **values})


def revoked(city: City, one: TransportPass, **values: Any) -> TransportPass:
    given = {"reason": "车辆换了货。", "by": city.person("city-duty"), "now": LATER}
    return revoke_transport_pass(transport_pass=one, **{**given, **values})


def test_a_pass_says_what_a_checkpoint_compares(city: City, goods: Dispatch) -> None:
    found = read(issued(city, goods).signed, public_key(), LATER)
    assert found.holds
    assert (found.lines["vehicle"], found.lines["quantity"]) == (PLATE, "60")
    assert (found.lines["from"], found.lines["via"]) == (str(city["SUP"]), "长江大桥")
    assert facts("supply.issue_transport_pass")["dispatch"] == goods.ref


def test_a_pass_is_issued_once_for_a_vehicle_and_its_load(city: City, goods: Dispatch) -> None:
    one = issued(city, goods)
    with pytest.raises(NotNow, match=f"already: number {one.pk}"):
        issued(city, goods)
    assert issued(city, goods, vehicle="鄂B6").pk != one.pk
    revoked(city, one)
    assert issued(city, goods, now=LATER).pk != one.pk


def test_a_changed_word_or_a_strange_key_is_refused(city: City, goods: Dispatch) -> None:
    note = issued(city, goods).signed
    with pytest.raises(PassRefused):
        read(note.replace("quantity: 60", "quantity: 600"), public_key(), LATER)
    with pytest.raises(PassRefused, match="no transport pass"):
        read(signed("gongzhi delegation 2\n{}\n"), public_key(), LATER)
    with pytest.raises(PassRefused):
        read("not signed", public_key(), LATER)
    with pytest.raises(PassRefused, match="no list"):
        read(note, public_key(), LATER, revoked=note)


def test_a_name_cannot_write_a_line_of_its_own(city: City, goods: Dispatch) -> None:
    one = issued(city, goods, vehicle="鄂A1\nquantity: 9", via="桥\u2028ends: 2099")
    found = read(one.signed, public_key(), LATER)
    assert found.lines["quantity"] == "60"
    assert found.lines["vehicle"] == "鄂A1 quantity: 9"
    assert found.lines["ends"].startswith("2021")


def test_a_pass_ends_by_itself(city: City, goods: Dispatch) -> None:
    found = read(issued(city, goods).signed, public_key(), ENDS)
    assert found.is_over and not found.holds


def test_what_was_taken_back_stands_on_a_signed_list(city: City, goods: Dispatch) -> None:
    one, other = issued(city, goods), issued(city, goods, vehicle="鄂B6")
    done = revoked(city, one)
    assert (done.state, done.reason_revoked) == (TransportPass.State.REVOKED, "车辆换了货。")
    listed = revoked_list(LATER)
    assert read(one.signed, public_key(), LATER, listed).is_revoked
    assert read(other.signed, public_key(), LATER, listed).holds
    assert f"[{one.pk}]" in listed
    assert "[]" in revoked_list(ENDS)
    with pytest.raises(NotNow, match="taken back already"):
        revoked(city, one)
    assert len(lines("supply.revoke_transport_pass")) == 1


def test_a_pass_has_an_end_after_the_goods_arrive(city: City, goods: Dispatch) -> None:
    with pytest.raises(Malformed, match="ended already"):
        issued(city, goods, ends_at=START)
    with pytest.raises(Malformed, match="before the goods are to arrive"):
        issued(city, goods, ends_at=goods.arrive_by - timedelta(minutes=1))


def test_only_goods_on_the_way_get_a_pass(city: City, goods: Dispatch) -> None:
    mark_lost(dispatch=goods, reason="翻车", by=city.person("log-clerk"), now=LATER)
    with pytest.raises(NotNow, match="no longer on the way"):
        issued(city, goods, now=LATER)


def test_the_area_that_approved_the_plan_issues_and_takes_back(city: City, goods: Dispatch) -> None:
    for login in ("sup-clerk", "log-clerk", "d1-duty"):
        with pytest.raises(NotAllowed):
            issued(city, goods, by=city.person(login))
    one = issued(city, goods)
    with pytest.raises(NotAllowed):
        revoked(city, one, by=city.person("sup-clerk"))


def test_the_database_keeps_one_valid_pass(city: City, goods: Dispatch) -> None:
    one = issued(city, goods)
    with pytest.raises(IntegrityError), transaction.atomic():
        TransportPass.objects.create(
            dispatch=goods, vehicle=PLATE, issued_by=one.issued_by, issued_at=START, ends_at=ENDS
        )


# At the checkpoint --------------------------------------------------------------------------------


def verify(folder: Path, note: str, *options: str) -> Result:
    file = folder / "pass.txt"
    file.write_text(note, encoding="utf-8")
    words = ["supply", "pass", "verify", str(file), "--key", public_key(), *options]
    return CliRunner().invoke(gongzhi, words)


@pytest.mark.begun(43)
def test_a_checkpoint_verifies_a_pass_without_a_line_to_anybody(
    city: City, goods: Dispatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    one = issued(city, goods)
    held = verify(tmp_path, one.signed)
    assert held.exit_code == 0, held.output
    assert "The pass holds." in held.output and f"vehicle: {PLATE}" in held.output
    assert "Not compared" in held.stderr

    revoked(city, one)
    printed = CliRunner().invoke(gongzhi, ["supply", "pass", "revoked"])
    back = tmp_path / "back.txt"
    back.write_text(printed.stdout, encoding="utf-8")
    refused = verify(tmp_path, one.signed, "--revoked", str(back))
    assert refused.exit_code == 1
    assert "was taken back" in refused.stderr and "Do not let it pass." in refused.output

    monkeypatch.setattr(clock, "now", lambda: ENDS)
    assert "has ended" in verify(tmp_path, one.signed).stderr
    forged = verify(tmp_path, one.signed.replace("60", "90"))
    assert forged.exit_code == 1 and "does not hold" in forged.stderr


def test_the_paper_shows_the_pass_and_its_code(
    city: City, goods: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    one = issued(city, goods)
    client = browser(city, "city-duty")
    shown = client.get(f"/supplies/passes/{one.pk}/paper").content.decode()
    assert PLATE in shown and "<svg" in shown and "Let this vehicle" in shown
    record = client.get(address_of(one)).content.decode()
    assert f"/supplies/passes/{one.pk}/paper" in record
    revoked(city, one)
    assert (
        "Taken back: not valid." in client.get(f"/supplies/passes/{one.pk}/paper").content.decode()
    )
    stranger = browser(city, "h2-clerk")
    assert stranger.get(f"/supplies/passes/{one.pk}/paper").status_code == 404
