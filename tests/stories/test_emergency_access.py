"""A file opened in an emergency leaves a reason, closes by itself and is looked at again later.

Its keeper is told; whoever it is about can see it and object: on duty by name, as a resident with
the paper that the grid worker brings, and its code.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import segno
from django.test import Client

from gongzhi.actors.actions import climb_unreviewed_accesses, look_at
from gongzhi.actors.models import AccessNotice, EmergencyAccess, LogInAttempt, Person, Post
from gongzhi.actors.noticing import code_on
from gongzhi.actors.queries import duties, find, forget_posts, visible
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.fieldwork.actions import HouseholdDraft, list_households
from gongzhi.fieldwork.models import Household
from gongzhi.interfaces import clock
from gongzhi.interfaces.inputs import deed_named
from gongzhi.interfaces.outputs import answer_of
from gongzhi.ledger.models import Entry
from gongzhi.rounds.walk import walk
from gongzhi.sensing.actions import receive_report
from tests.interfaces.console_scene import words
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


@pytest.mark.feature(6)
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


TYPED = re.compile(r'(?<=name="notice_code" )value="[^"]*"')
"""What was typed is kept in the field: the rest of the page is the same for every wrong code."""


def read_as_resident(code: str, **more: str) -> tuple[int, str]:
    """The page without a log-in, with the code that stands on the paper."""
    answer = Client(headers={"accept-language": "en"}).post(
        "/notice", {"notice_code": code, **more}
    )
    assert not answer.cookies
    return answer.status_code, words(answer)


@pytest.mark.feature(6)
def test_residents_are_told_on_paper_object_and_are_answered(
    city: City, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = START
    monkeypatch.setattr(clock, "now", lambda: now)
    access = open_it(city, household)
    look_at(Household, household.pk, city.person("s11-duty"), START + HOUR)
    worker = city.person("g2111-worker")

    # The grid worker owes a notice on paper, and finds nobody in; the next day it is taken.
    [duty] = [d for d in duties(worker, START) if d.verb == "hand_over_notice"]
    notice = access.notice
    assert duty.inputs == {"notice": notice.pk}
    assert duty.due_at == access.ends_at + 2 * DAY
    do(worker, "actors.hand_over_notice", START + DAY, notice=notice, outcome="nobody_in")
    [again] = [d for d in duties(worker, START + DAY) if d.verb == "hand_over_notice"]
    assert again.due_at == START + 3 * DAY
    do(worker, "actors.hand_over_notice", START + 2 * DAY, notice=notice, outcome="taken")
    assert not [d for d in duties(worker, START + 2 * DAY) if d.verb == "hand_over_notice"]
    with pytest.raises(NotNow, match="dealt with already"):
        do(worker, "actors.hand_over_notice", START + 2 * DAY, notice=notice, outcome="declined")

    # With the code on it they read, without a log-in, who looked and why, and what comes of it.
    notice.refresh_from_db()
    code, now = code_on(notice), START + 2 * DAY
    status, page = read_as_resident(code.lower().replace("-", " "))
    assert status == 200
    for said in (
        "桥头街道, in the post of duty officer",
        "without papers",
        "1 time",
        "2021-03-01 09:00",
        "2021-03-01 13:00",
        "东岸区, by 2021-03-04 09:00",
        "It is not made yet",
    ):
        assert said in page

    # They object; the reviewer must read that and answer it.
    status, page = read_as_resident(code, objection="Our neighbour could have been asked")
    assert status == 200 and "Your objection is with 东岸区" in page
    assert "neighbour" not in page
    access.refresh_from_db()
    assert access.objected_by is None and access.objected_at == now
    chief = city.person("d1-chief")
    [asked] = [d for d in duties(chief, now) if d.verb == "review_access"]
    assert "The people concerned object" in asked.why
    told = do(chief, "actors.read_objection", now, access=access)
    deed = deed_named("actors", "read_objection")
    assert "neighbour" in str(answer_of(told, deed.tells)) and "neighbour" not in str(
        answer_of(told)
    )
    with pytest.raises(Malformed, match="answer it"):
        do(chief, "actors.review_access", now, access=access, justified=True, outcome="Needed")
    do(chief, "actors.review_access", now, access=access, justified=False,
       outcome="It was needed, but asked too late", objection_answer="You are right")  # fmt: skip
    status, page = read_as_resident(code)
    for said in ("It was not justified", "but asked too late", "You are right"):
        assert said in page
    assert "What do you object to?" not in page
    with pytest.raises(NotNow, match="already"):
        do(worker, "actors.object_to_access", now, access=access, objection="And again")

    # Nothing of it stands in the ledger: neither the code, nor the objection.
    body = "".join(line.body for line in Entry.objects.all())
    assert code.replace("-", "") not in body and "neighbour" not in body and "三号楼" not in body

    # Thirty days after the review the code and the words are deleted: it says nothing any more.
    walk(by=city.person("founder"), now=now + 30 * DAY)
    access.refresh_from_db()
    notice.refresh_from_db()
    assert (access.objection, notice.code_key, bytes(notice.salt)) == ("", None, b"")
    now = now + 30 * DAY
    assert read_as_resident(code)[0] == 404
    walk(by=city.person("founder"), now=now)
    assert len(lines("actors.forget_notices")) == 1


def test_whoever_cannot_read_or_has_no_telephone_objects_at_the_door(
    city: City, household: Household
) -> None:
    """An objection after the review: it is made again, one tier up and by somebody else."""
    access = open_it(city, household)
    chief = city.person("d1-chief")
    do(chief, "actors.review_access", START + DAY, access=access, justified=True, outcome="Needed")
    with pytest.raises(NotFound):
        do(city.person("g1111-worker"), "actors.object_to_access", START + DAY, access=access,
           objection="x")  # fmt: skip
    worker = city.person("g2111-worker")
    done = do(worker, "actors.object_to_access", START + 2 * DAY, access=access,
              objection="Nobody was in danger")  # fmt: skip
    assert (done.state, done.to_unit, done.objected_to) == ("open", city["C"], "Needed")
    assert done.review_by == START + 5 * DAY and done.reviewed_before == chief
    with pytest.raises(NotAllowed):
        do(chief, "actors.review_access", START + 3 * DAY, access=access, justified=True,
           outcome="x", objection_answer="x")  # fmt: skip
    EmergencyAccess.objects.filter(pk=access.pk).update(reviewed_before=city.person("mayor"))
    with pytest.raises(NotAllowed, match="your own review"):
        do(city.person("mayor"), "actors.review_access", START + 3 * DAY, access=access,
           justified=True, outcome="x", objection_answer="x")  # fmt: skip
    EmergencyAccess.objects.filter(pk=access.pk).update(reviewed_before=chief)
    done = do(
        city.person("mayor"), "actors.review_access", START + 3 * DAY, access=access,
        justified=True, outcome="A life was at stake", objection_answer="Hers was",
    )  # fmt: skip
    assert done.objection_answer == "Hers was"


def test_the_time_to_object_ends(city: City, household: Household) -> None:
    access = open_it(city, household)
    do(city.person("d1-chief"), "actors.review_access", START + DAY, access=access, justified=True,
       outcome="Needed")  # fmt: skip
    with pytest.raises(NotNow, match="The time to object ended on 2021-04-01"):
        do(city.person("g2111-worker"), "actors.object_to_access", START + 31 * DAY, access=access,
           objection="x")  # fmt: skip


def test_the_page_tells_no_word_of_the_record_and_a_wrong_code_nothing(
    city: City, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)
    code = code_on(open_it(city, household).notice)
    hotline = receive_report(
        place=city["G2111"], stream="fever", channel="hotline", text="王小明发烧",
        reporter_name="报告人李四", reporter_phone="13900001111", by=city.person("s21-duty"),
        now=START,
    )  # fmt: skip
    report_code = code_on(open_it(city, hotline).notice)
    own = {key: read_as_resident(key)[1] for key in (code, report_code)}
    for page in own.values():
        for secret in ("三号楼", "王小明", "李四", "13900001111", "s11-duty", "g2111", "101"):
            assert secret not in page.replace(f"number {household.pk}", "")
    assert "Household" in own[code] and "Report" in own[report_code]

    wrong = [read_as_resident(typed) for typed in ("AAAAA-AAAAA", "x", "", code[:-1], "' OR 1=1")]
    [(status, page)] = {(status, TYPED.sub("", page)) for status, page in wrong}
    assert status == 404 and "Nothing is told for this code" in page
    assert "桥头街道" not in page and "without papers" not in page
    assert read_as_resident("AAAAA-AAAAA", objection="x")[0] == 404
    assert not EmergencyAccess.objects.exclude(objected_at=None).exists()

    # Guessing is slowed down, and does not keep people on duty from logging in.
    address, tries = "127.0.0.1", LogInAttempt.objects.count()
    LogInAttempt.objects.bulk_create(
        LogInAttempt(login="#", address=address, at=START) for _more in range(50 - tries)
    )
    status, page = read_as_resident(code)
    assert status == 429 and "Too many wrong codes" in page and "without papers" not in page
    again = Client(headers={"accept-language": "en"}).post(
        "/calls/again", {"reporter_code": "ABCDE23456", "reason": "x"}
    )
    assert again.status_code == 429
    entrance = Client(headers={"accept-language": "en"}).post("/login", {"login": "x"})
    assert "Too many" not in words(entrance)


def test_nobody_is_owed_a_notice_where_nobody_can_be_told(city: City) -> None:
    nameless = receive_report(
        place=city["G2111"], stream="fever", channel="hotline", text="发烧",
        by=city.person("s21-duty"), now=START,
    )  # fmt: skip
    access = open_it(city, nameless)
    assert not AccessNotice.objects.exists()
    with pytest.raises(NotNow, match="about nobody"):
        do(city.person("g2111-worker"), "actors.object_to_access", START, access=access,
           objection="x")  # fmt: skip
    own = open_it(city, city.person("s21-duty"))
    assert not AccessNotice.objects.exists()
    with pytest.raises(NotAllowed, match="can object in person"):
        do(city.person("d2-duty"), "actors.object_to_access", START, access=own, objection="x")
    objected = do(city.person("s21-duty"), "actors.object_to_access", START, access=own,
                  objection="It is mine")  # fmt: skip
    assert objected.objected_by == city.person("s21-duty")


def test_where_a_grid_is_worked_from_its_community_that_one_owes_the_notice(
    city: City, household: Household
) -> None:
    Post.objects.filter(unit=city["G2111"]).update(unit=city["K211"], area=city["K211"])
    forget_posts()
    access = open_it(city, household)
    assert access.keeper == city["K211"]
    asked = {d.verb for d in duties(city.person("g2111-worker"), START)}
    assert asked == {"read_access_notice", "hand_over_notice"}


def test_the_keeper_draws_the_paper_up_in_three_languages(
    city: City, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)
    notice = open_it(city, household).notice
    worker, stranger = Client(), Client()
    worker.force_login(city.person("g2111-worker"))
    stranger.force_login(city.person("d1-duty"))
    place = f"/notices/{notice.pk}/paper"
    for language, said in (("en", "opened in an emergency"), ("zh-hans", "紧急调阅"),
                           ("zh-hant", "緊急調閱")):  # fmt: skip
        paper = words(worker.get(place, {"lang": language}))
        beside, printed = paper.split("<main")
        assert said in printed and code_on(notice) in printed
        assert "三号楼 101" in beside and "三号楼" not in printed
    drawn = worker.get(place).content.decode()
    leads_to = segno.make_qr(f"http://testserver/notice#{code_on(notice)}", error="m")
    assert leads_to.svg_inline(border=2, omitsize=True) in drawn
    assert len(lines("actors.print_notice")) == 4
    # On the phone it stands above the doors to go to.
    assert f"/r/actors/access_notices/{notice.pk}" in words(worker.get("/tasks"))
    # Whoever reviews it sees that the notice is owed, and never the code.
    assert stranger.get(place).status_code == 403
    assert code_on(notice) not in words(stranger.get(f"/r/actors/access_notices/{notice.pk}"))


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
