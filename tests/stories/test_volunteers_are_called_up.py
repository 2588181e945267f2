"""Volunteers offer help, are called up, one drops out and is replaced, hours are certified."""

from __future__ import annotations

import pytest

from gongzhi.assessment.models import Incident
from gongzhi.fieldwork.hands_queries import lines_said
from gongzhi.fieldwork.models import CallUp, CallUpPlan, HelpCertificate, HelpOffer, HelpWanted
from gongzhi.fieldwork.queries import duties
from gongzhi.ledger.queries import text_signed
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START
from tests.rooms.helping import HOUR, MORNING, NOON, helping_city
from tests.stories.telling import do

pytestmark = pytest.mark.usefixtures("in_english")

DAY = {"starts_at": START.isoformat(), "ends_at": (START + 24 * HOUR).isoformat()}


@pytest.mark.feature(42)
def test_a_drop_out_is_replaced_and_everybody_else_stays(db: None) -> None:
    city = helping_city()
    clock, mayor, duty = (city.person(p) for p in ("founder", "mayor", "city-duty"))
    street, incident = city.person("s11-duty"), Incident.objects.get()
    helpers = {login: city.person(login) for login in ("hua", "lin", "wen")}

    # Three people offer help: what they can do, when, from which street. No address is asked for.
    for login, place in (("hua", "S11"), ("lin", "S11"), ("wen", "S12")):
        do(helpers[login], "fieldwork.offer_help", START, unit=city["SOC"], place=city[place],
           skills=["nurse"], times=[DAY], can_lead=login == "hua")  # fmt: skip

    # A street asks for two nurses, one of whom leads. The plan takes the two who are near.
    do(street, "fieldwork.ask_for_hands", START, place=city["S11"],
       title="流动测温", headcount=2, skill="nurse", wants_leader=True, starts_at=MORNING,
       ends_at=NOON)  # fmt: skip
    task = HelpWanted.objects.get()
    do(duty, "fieldwork.plan_call_ups", START, area=city["C"], incident=incident)
    plan = CallUpPlan.objects.get()
    assert lines_said(plan) == "流动测温: 2 of 2. Fully staffed."
    assert duties(helpers["hua"], START) == []
    do(mayor, "fieldwork.approve_call_ups", START, plan=plan)
    for login in ("hua", "lin"):
        [asked] = duties(helpers[login], START)
        do(helpers[login], "fieldwork.accept_call_up", START, call_up=_mine(login))
        assert asked.where == "桥头街道"

    # One falls ill. The next plan fills that place from the next street, and moves nobody else.
    do(helpers["lin"], "fieldwork.drop_out", START, call_up=_mine("lin"), reason="发烧")
    do(duty, "fieldwork.plan_call_ups", START, area=city["C"], incident=incident)
    do(mayor, "fieldwork.approve_call_ups", START, plan=CallUpPlan.objects.get(state="proposed"))
    there = CallUp.objects.filter(wanted=task, state__in=["called", "accepted"])
    assert {c.offer.helper.login: c.state for c in there} == {"hua": "accepted", "wen": "called"}

    # Hours are confirmed by who asked, and certified with thanks; a stranger can verify the paper.
    do(helpers["hua"], "fieldwork.check_in", MORNING, call_up=_mine("hua"))
    do(street, "fieldwork.record_hours", NOON, call_up=_mine("hua"), minutes=240)
    offer = HelpOffer.objects.get(helper=helpers["hua"])
    do(street, "fieldwork.certify_hours", NOON, offer=offer, thanks="辛苦了，谢谢！")
    paper = HelpCertificate.objects.get()
    assert (paper.minutes, paper.shifts) == (240, 1)
    assert '"minutes":240' in text_signed(paper.signed)

    # The times are over: nothing is left of who could what, when and where.
    walk(by=clock, now=START + 25 * HOUR)
    over = HelpOffer.objects.filter(state="ended")
    assert over.count() == 3
    assert not any([row.skills, row.times, row.place] != [[], [], None] for row in over)


def _mine(login: str) -> CallUp:
    return CallUp.objects.get(offer__helper__login=login)
