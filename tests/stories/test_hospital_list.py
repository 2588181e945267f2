"""A hospital pastes its list: read, confirmed, triaged, and changed by the next day's list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.rounds.walk import walk
from gongzhi.supply.actions import approve_match, confirm_list, hand_in_list, match, name_part
from gongzhi.supply.models import ListPart, Need, NeedList
from gongzhi.supply.queries import days_left, duties, lines_in_words
from tests.rooms.cast import START
from tests.rooms.goods import ask, give, hold, mask, stocked_city
from tests.rooms.scenes import open_incident

pytestmark = pytest.mark.usefixtures("in_english")

HOUR = timedelta(hours=1)
SOON = START + timedelta(days=3)


@pytest.mark.feature(35)
def test_a_list_is_pasted_confirmed_and_changed_by_the_next_one(db: None) -> None:
    city = stocked_city()
    clock, clerk, desk = (city.person(p) for p in ("founder", "h1-clerk", "d1-duty"))
    open_incident(city, "C")
    given = {"unit": city["H1"], "needed_by": SOON, "by": clerk}

    # The hospital pastes what it sent round by telephone. Nothing of it counts yet.
    text = "需要：N95口罩2000个、护目镜若干；安宁贴布20包。库存：医用外科口罩500只"
    first = hand_in_list(text=text, now=START, **given)
    assert not Need.objects.exists()
    assert [d.verb for d in duties(clerk, START, {"confirm_list"})] == ["confirm_list"]

    # It confirms three lines with one press. What nobody understood asks the desk of the district.
    confirm_list(need_list=first, by=clerk, now=START + HOUR)
    assert Need.objects.get(item__code="mask-n95").quantity == 2000
    assert Need.objects.get(item__code="goggles").amount == Need.Amount.UNKNOWN
    [duty] = duties(desk, START + HOUR, {"name_part"})
    assert "安宁贴布" in duty.title

    # The desk says what it is; it counts when the hospital confirms that.
    piece = ListPart.objects.get(state=ListPart.State.TRIAGE)
    name_part(list_part=piece, item=mask("alcohol-75"), quantity=20, by=desk, now=START + HOUR)
    assert not Need.objects.filter(item__code="alcohol-75").exists()
    confirm_list(need_list=first, by=clerk, now=START + 2 * HOUR)
    assert first.state == NeedList.State.SETTLED

    # The next day's list asks for more of one and names the other's number; nothing is doubled.
    later = START + timedelta(days=1)
    second = hand_in_list(text="N95口罩2500个，护目镜80个", now=later, **given)
    confirm_list(need_list=second, by=clerk, now=later)
    found = dict(Need.objects.values_list("item__code", "quantity"))
    assert found == {"mask-n95": 2500, "goggles": 80, "alcohol-75": 20}

    # A third one is forgotten: the hospital is reminded once, then the list ends by itself.
    third = hand_in_list(text="N95口罩9000个", now=later, **given)
    walk(by=clock, now=third.remind_at)
    walk(by=clock, now=third.ends_at)
    third.refresh_from_db()
    assert third.state == NeedList.State.ENDED
    assert Need.objects.get(item__code="mask-n95").quantity == 2500


@pytest.mark.begun(36)
def test_a_hospital_that_inflates_its_need_gets_what_it_can_use_and_reads_why(db: None) -> None:
    city = stocked_city()
    officer, mayor = city.person("city-duty"), city.person("mayor")
    open_incident(city, "C")
    hold(city, "H1", 200, 100)
    hold(city, "H2", 200, 100)
    loud, honest = ask(city, "H1", 50_000), ask(city, "H2", 1200)
    give(city, 2400)
    run = match(area=city["C"], group="mask", by=officer, now=START)
    approve_match(run=run, by=mayor, now=START)
    told = {line.need_id: (line.got, said) for line, said in lines_in_words(run)}
    assert told[loud.pk][0] == told[honest.pk][0] == 1200
    assert "You asked for 50,000 more; 1,200 is plausible." in told[loud.pk][1]
    assert "Use of 100 a day for 14 days, less 200 in stock." in told[loud.pk][1]
    assert "plausible" not in told[honest.pk][1]


@pytest.mark.begun(36)
def test_a_quiet_village_that_runs_out_is_asked(db: None) -> None:
    city = stocked_city()
    clock, street = city.person("founder"), city.person("s21-duty")
    open_incident(city, "C")
    hold(city, "CLINIC", 60, 20)
    [row] = [row for row in days_left(street, START) if row.stock.facility.unit == city["K211"]]
    assert row.days == 3
    walk(by=clock, now=START)
    need = Need.objects.get()
    assert (need.is_quiet, need.unit, need.estimate) == (True, city["K211"], 220)
    [duty] = duties(street, START, {"confirm_amount"})
    assert duty.subject == need.ref
    assert duty.why == "Until then it gets the fair share of an estimate only."
    walk(by=clock, now=START + HOUR)
    assert Need.objects.count() == 1, "asked once"
