"""Robots of an exercise overlook nobody: what waits, and everybody's duties, say the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.actors.queries import find
from gongzhi.assessment.actions import dissent
from gongzhi.command.actions import (
    answer_call,
    arrive,
    fail_order,
    finish_answer,
    give_order,
    offer_order,
    raise_call,
)
from gongzhi.command.models import CallAnswer, StreetCall
from gongzhi.decision.actions import let_member_go
from gongzhi.fieldwork.actions import take_up_task
from gongzhi.interfaces.cli.exercise.places import Places
from gongzhi.interfaces.rooms import duties_of
from gongzhi.rounds.waiting import things_waiting
from gongzhi.rounds.walk import clock_person, walk
from gongzhi.supply.actions import approve_match, dispatch
from gongzhi.supply.models import Allocation, MatchRun
from tests.interfaces.console_scene import NOW, Scene, play
from tests.rooms.cast import City
from tests.rooms.joint_team import on_board, whole_team
from tests.rooms.scenes import red_warning

pytestmark = pytest.mark.long

HOUR = timedelta(hours=1)


@pytest.fixture
def scene(db: None) -> Scene:
    """A crisis with something at every stage, and on top of it all that goes wrong."""
    scene = play()
    city, person = scene.city, scene.city.person
    red_warning(city, "D2", NOW)
    dissent(assessment=scene.upstream.assessment, text="只是检测多了", by=person("expert"), now=NOW)
    offer_order(
        order=scene.order, unit=city["S12"], reason="人手不够", by=person("s11-duty"), now=NOW
    )
    failed = give_order(
        unit=city["S12"], title="开放避难所", minutes=60, decision=scene.upstream.decision,
        by=person("mayor"), now=NOW,
    )  # fmt: skip
    fail_order(order=failed, reason="钥匙找不到", by=person("s12-duty"), now=NOW)
    proof = {"measured": "水压", "measured_value": 3, "measured_unit": "巴"}
    answer = scene.call.answers.get()
    answer_call(
        answer=answer, says="coming", responsible=person("water"), arrive_minutes=30,
        by=person("water"), now=NOW,
    )  # fmt: skip
    arrive(answer=_fresh(answer), proof="到了", by=person("water"), now=NOW, **proof)
    finish_answer(answer=_fresh(answer), result="修好了", by=person("water"), now=NOW, **proof)
    refused = raise_call(
        caller=city["S12"], subject="road", text="路塌了", departments=[city["WATER"]],
        by=person("s12-duty"), now=NOW,
    )  # fmt: skip
    answer_call(
        answer=refused.answers.get(), says="not_mine", reason="不归水务",
        named_instead=city["POWER"], by=person("water"), now=NOW,
    )  # fmt: skip
    work_in_a_team(city)
    return scene


def work_in_a_team(city: City) -> None:
    """A joint team whose board has something to be taken up, something taken, and somebody gone."""
    team = whole_team(city)
    for login in ("vol", "pm"):
        take_up_task(task=on_board(city, team, now=NOW), by=city.person(login), now=NOW)
    on_board(city, team, now=NOW)
    member = team.members.get(person=city.person("pm"))
    let_member_go(member=member, reason="走了", by=city.person("pm"), now=NOW)


def _fresh(answer: CallAnswer) -> CallAnswer:
    return CallAnswer.objects.get(pk=answer.pk)


def send_goods(scene: Scene) -> None:
    """The plan of who gets what is approved, and half of a promise is on its way."""
    city, person = scene.city, scene.city.person
    run = MatchRun.objects.filter(state=MatchRun.State.PROPOSED).order_by("-id")[0]
    approve_match(run=run, by=person("city-health"), now=NOW)
    promise = find(Allocation, run.allocations.order_by("id")[0].pk, person("mayor"), NOW)
    dispatch(
        allocation=promise, quantity=1, carrier=city["LOG"], arrive_by=NOW + 4 * HOUR,
        by=person("sup-clerk"), now=NOW,
    )  # fmt: skip


def test_whoever_has_a_duty_is_asked_for_it(scene: Scene) -> None:
    city, clock = scene.city, clock_person()
    assert clock is not None
    seen: set[str] = set()
    send_goods(scene)
    for hours in (0, 1, 3, 30, 100):
        now = NOW + hours * HOUR
        walk(by=clock, now=now)
        places = Places(city["C"], clock, now)
        asked = {
            (post.person_id, thing.room, record)
            for thing in things_waiting(now)
            for record in thing.record.split()
            for post in places.asked(thing.whom)
        }
        for person in city.people.values():
            for duty in duties_of(person, now):
                assert (person.pk, duty.room, duty.subject) in asked, (person.login, duty)
                seen.add(f"{duty.room}.{duty.verb}")
    assert StreetCall.objects.filter(state="open").exists()
    missing = {
        "sensing.claim_report", "sensing.judge_signal", "sensing.acknowledge_warning",
        "assessment.read_dissent", "decision.renew_measure", "command.finish_order",
        "command.extend_order", "command.reissue_order", "command.take_over_order",
        "command.answer_call", "command.rule_call", "command.score_answer",
        "supply.dispatch", "supply.receive_goods", "fieldwork.record_visit",
        "fieldwork.take_up_task", "fieldwork.finish_task", "fieldwork.hand_over_task",
        "evaluation.answer_finding", "messages.note_call",
    } - seen  # fmt: skip
    assert not missing, "The test no longer shows these."


def test_a_room_asked_for_some_deeds_answers_as_when_asked_for_all(scene: Scene) -> None:
    send_goods(scene)
    for person in scene.city.people.values():
        every = duties_of(person, NOW)
        for verb in {duty.verb for duty in every}:
            some = [duty for duty in duties_of(person, NOW, verbs={verb}) if duty.verb == verb]
            assert some == [duty for duty in every if duty.verb == verb]
