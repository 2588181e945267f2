"""A file opened in an emergency leaves a reason, closes by itself and is looked at again later.

Its keeper is told; whoever it is about can see it, where that is a person on duty.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.actions import climb_unreviewed_accesses, look_at
from gongzhi.actors.models import EmergencyAccess, Person
from gongzhi.actors.queries import duties, find, visible
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.fieldwork.actions import HouseholdDraft, list_households
from gongzhi.fieldwork.models import Household
from gongzhi.interfaces.inputs import deed_named
from gongzhi.interfaces.outputs import answer_of
from gongzhi.ledger.models import Entry
from gongzhi.rounds.walk import walk
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import lines
from tests.stories.telling import do

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@once
def household(city: City) -> Household:
    """A household of the other district, listed by its grid worker."""
    list_households(
        grid=city["G2111"], households=[HouseholdDraft(building="三号楼", door="101")],
        by=city.person("g2111-worker"), now=START,
    )  # fmt: skip
    return Household.objects.get()


def open_it(city: City, record: Any, by: str = "s11-duty", unit: str = "S11") -> EmergencyAccess:
    made: EmergencyAccess = do(
        city.person(by), "actors.open_in_emergency", START, unit=city[unit], record=record.ref,
        reason="Its grandmother was found in our street without papers",
    )  # fmt: skip
    return made


@pytest.mark.begun(6)
def test_a_file_is_opened_for_a_reason_closes_by_itself_and_is_reviewed(
    city: City, household: Household
) -> None:
    officer = city.person("s11-duty")
    with pytest.raises(NotFound):
        look_at(Household, household.pk, officer, START)

    # With a reason it opens, for four hours; every look is written down.
    access = open_it(city, household)
    assert access.ends_at == START + 4 * HOUR and access.keeper == city["G2111"]
    assert look_at(Household, household.pk, officer, START + HOUR) == household
    look_at(Household, household.pk, officer, START + 2 * HOUR)
    told = [json.loads(line.body) for line in lines("actors.look")]
    assert [line["by"] for line in told] == [officer.ref] * 2
    assert {line["facts"]["record"] for line in told} == {household.ref}
    access.refresh_from_db()
    assert access.looks == 2

    # Its personal words are told one at a time, and that is written down too.
    whole = do(officer, "actors.read_opened_record", START + 3 * HOUR, access=access)
    deed = deed_named("actors", "read_opened_record")
    assert answer_of(whole, deed.tells)["record"]["building"] == "三号楼"
    assert len(lines("actors.look")) == 3

    # It is for looking and not for acting, for one person, and it shows in no list.
    assert not visible(Household, officer, START).exists()
    with pytest.raises(NotFound):
        find(Household, household.pk, officer, START)
    with pytest.raises(NotFound):
        look_at(Household, household.pk, city.person("s11-duty-2"), START + HOUR)
    with pytest.raises(NotAllowed, match="Ask for it yourself"):
        do(city.person("s11-duty-2"), "actors.read_opened_record", START + HOUR, access=access)

    # The grid that keeps it gets notice; its worker takes it by name.
    worker = city.person("g2111-worker")
    [notice] = [d for d in duties(worker, START) if d.verb == "read_access_notice"]
    assert "without papers" in notice.why
    seen = do(worker, "actors.read_access_notice", START + 5 * HOUR, access=access)
    assert seen.noticed_by == worker

    # After four hours it is closed.
    with pytest.raises(NotFound):
        look_at(Household, household.pk, officer, START + 4 * HOUR)
    with pytest.raises(NotNow, match="This access has ended"):
        do(officer, "actors.read_opened_record", START + 4 * HOUR, access=access)

    # The district reviews it. Nobody does so for three days: it climbs to the city, once.
    clock = city.person("founder")
    assert access.to_unit == city["D1"]
    for _again in range(2):
        walk(by=clock, now=START + 3 * DAY)
    access.refresh_from_db()
    assert access.to_unit == city["C"] and len(lines("actors.climb_access")) == 1
    assert str(access.climbs.get()) == (
        "东岸区 did not review it by 03-04 09:00: now it is with 临江市."
    )
    assert climb_unreviewed_accesses(by=clock, now=START + 90 * DAY) == []
    done = do(
        city.person("mayor"), "actors.review_access", START + 4 * DAY, access=access,
        justified=True, outcome="The woman was brought home",
    )  # fmt: skip
    assert done.state == "justified"
    with pytest.raises(NotNow, match="reviewed already"):
        do(city.person("mayor"), "actors.review_access", START + 4 * DAY, access=access,
           justified=False, outcome="x")  # fmt: skip


def test_whoever_it_is_about_gets_notice_too(city: City) -> None:
    other = city.person("s21-duty")
    access = open_it(city, other)
    assert access.concerned == other and access.keeper == city["S21"]
    assert look_at(Person, other.pk, city.person("s11-duty"), START) == other
    [notice] = [d for d in duties(other, START) if d.verb == "read_access_notice"]
    assert do(other, "actors.read_access_notice", START, access=access).noticed_by == other
    assert notice.inputs == {"access": access.pk}
    with pytest.raises(NotNow, match="read already"):
        do(other, "actors.read_access_notice", START, access=access)


def test_what_lies_in_ones_area_needs_no_emergency(city: City, household: Household) -> None:
    with pytest.raises(NotNow, match="lies in your area"):
        open_it(city, household, by="s21-duty", unit="S21")


@pytest.mark.parametrize(("by", "unit"), [("g1111-worker", "G1111"), ("sup-clerk", "SUP")])
def test_not_everybody_opens_files(city: City, household: Household, by: str, unit: str) -> None:
    with pytest.raises(NotAllowed):
        open_it(city, household, by=by, unit=unit)
    assert not EmergencyAccess.objects.exists()


@pytest.mark.parametrize(
    "ref", ["fieldwork.Household:999999", "fieldwork.Nothing:1", "ledger.Receipt:1"]
)
def test_what_is_not_there_cannot_be_opened(city: City, ref: str) -> None:
    with pytest.raises(NotFound, match="There is no record"):
        do(city.person("s11-duty"), "actors.open_in_emergency", START, unit=city["S11"],
           record=ref, reason="x")  # fmt: skip


def test_what_is_no_reference_is_said_so(city: City) -> None:
    with pytest.raises(Malformed, match=r"Write it as fieldwork\.Household:12"):
        do(city.person("s11-duty"), "actors.open_in_emergency", START, unit=city["S11"],
           record="the house at the corner", reason="x")  # fmt: skip


def test_whoever_opened_a_file_does_not_review_that(city: City, household: Household) -> None:
    access = open_it(city, household, by="d1-duty", unit="D1")
    assert access.to_unit == city["C"]
    own = open_it(city, household)
    EmergencyAccess.objects.filter(pk=own.pk).update(opened_by=city.person("d1-chief"))
    with pytest.raises(NotAllowed, match="You opened this record yourself"):
        do(city.person("d1-chief"), "actors.review_access", START, access=own, justified=True,
           outcome="x")  # fmt: skip
    with pytest.raises(NotAllowed):
        do(city.person("s11-duty"), "actors.review_access", START, access=own, justified=True,
           outcome="x")  # fmt: skip


def test_the_personal_words_of_a_file_never_enter_the_ledger(
    city: City, household: Household
) -> None:
    access = open_it(city, household)
    do(city.person("s11-duty"), "actors.read_opened_record", START, access=access)
    assert not Entry.objects.filter(body__contains="三号楼").exists()
