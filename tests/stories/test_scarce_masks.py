"""Story 16: scarce masks; the loud hospital, the quiet village, a fair share for both."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.supply.actions import (
    approve_match,
    confirm_amount,
    raise_quiet_needs,
    receive_goods,
    rematch_due,
)
from gongzhi.supply.models import MatchRun, Need
from gongzhi.supply.queries import duties, lines_in_words, unmet_by_place
from tests.rooms.cast import START
from tests.rooms.goods import ask, give, hold, send, stocked_city
from tests.rooms.scenes import open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=2)


def told(run: MatchRun, code: str) -> tuple[int, int, str]:
    """What one place reads in a plan: wanted, got, and the sentence."""
    [found] = [(li, words) for li, words in lines_in_words(run) if li.need.unit.code == code]
    line, words = found
    return line.wanted, line.got, words


@pytest.mark.feature(35, 37)
@pytest.mark.begun(36)
def test_loud_hospital_and_quiet_village_both_get_a_fair_share_and_can_read_why(db: None) -> None:
    city = stocked_city()
    clock, duty, mayor = (city.person(p) for p in ("founder", "city-duty", "mayor"))
    incident = open_incident(city, "C")

    # The hospital uses 100 masks a day and has 200. It asks for ten times fourteen days' use.
    hold(city, "H1", 200, 100)
    loud = ask(city, "H1", 14_000)
    # The village clinic uses 20 a day, has 20, and asks for nothing.
    hold(city, "CLINIC", 20, 20)
    # There are 600 masks in the whole city.
    give(city, 600)

    # The clock asks for the village, once, and says that it is an estimate.
    [quiet] = raise_quiet_needs(area=city["C"], incident=incident, by=clock, now=START)
    assert raise_quiet_needs(area=city["C"], incident=incident, by=clock, now=START) == []
    assert (quiet.amount, quiet.estimate) == (Need.Amount.UNKNOWN, 260)
    assert quiet.estimate_reason == "Use of 20 a day for 14 days, less 20 in stock."

    # The plan counts the hospital's plausible use, not its voice; nobody is left with nothing.
    [first] = rematch_due(by=clock, now=START)
    wanted, hospital, why = told(first, "H1")
    assert (wanted, hospital) == (1200, 547)
    assert "You asked for 14,000 more; 1,200 is plausible." in why
    assert "Use of 100 a day for 14 days, less 200 in stock." in why
    wanted, village, why = told(first, "K211")
    assert (wanted, village) == (260, 53)
    assert "Confirm the amount to get more." in why
    assert "fair share that every place gets first" in why

    # A person approves; until then nothing is promised. The village's street is asked how much.
    assert [d.verb for d in duties(duty, START)] == ["approve_match"]
    approve_match(run=first, by=mayor, now=START)
    assert [d.verb for d in duties(city.person("s21-duty"), START)] == ["confirm_amount"]

    # The street names the amount. Now the village counts in full, and what was only promised moves.
    confirm_amount(need=quiet, quantity=260, by=city.person("s21-duty"), now=LATER)
    [second] = rematch_due(by=clock, now=LATER)
    _, hospital, _ = told(second, "H1")
    _, village, _ = told(second, "K211")
    assert hospital + village == 600
    assert village / 260 == pytest.approx(hospital / 1200, abs=0.02)
    assert village > 53
    approve_match(run=second, by=mayor, now=LATER)

    # The goods go out, and everybody sees what is still unmet where.
    for allocation in second.allocations.order_by("id"):
        goods = send(city, allocation, allocation.quantity, LATER)
        receive_goods(
            dispatch=goods, quantity_good=goods.quantity, by=duty, now=LATER + timedelta(hours=4)
        )
    loud.refresh_from_db()
    quiet.refresh_from_db()
    assert (loud.received_quantity, quiet.received_quantity) == (hospital, village)
    assert loud.state == quiet.state == Need.State.PART_MET
    unmet = {p.unit.code: p.unmet for p in unmet_by_place(city["C"], "mask") if p.unit}
    assert unmet == {"H1": 14_000 - hospital, "K211": 260 - village}
