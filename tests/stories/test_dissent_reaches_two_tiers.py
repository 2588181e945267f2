"""A signal nobody judges climbs; an expert who disagrees is heard two tiers up, word for word.

The words stand beside the decision for ever.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gongzhi.errors import NotNow
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.queries import entries_of, verify
from gongzhi.ledger.records import digest
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START, City
from tests.stories.telling import do

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("in_english")


def asked(city: City, login: str, verb: str, minutes: float) -> list[str]:
    """Why a person is asked to do something at a time."""
    found = duties_of(city.person(login), START + minutes * MINUTE)
    return [duty.why for duty in found if duty.verb == verb]


@pytest.mark.feature(22)
def test_a_signal_nobody_judges_climbs_tier_by_tier(city: City) -> None:
    clock, street = city.person("founder"), city.person("s11-duty")

    # A street makes a signal of a report. It has two hours to judge it.
    report = do(
        street, "sensing.receive_report", START, place=city["S11"], stream="fever",
        channel="hotline", text="Nine people of one kitchen are ill",
    )  # fmt: skip
    do(street, "sensing.claim_report", START, report=report)
    signal = do(street, "sensing.raise_signal", START, reports=[report], title="One kitchen")
    walk(by=clock, now=START + 119 * MINUTE)
    assert asked(city, "d1-duty", "judge_signal", 119) == []

    # Nobody does. It climbs to the district, and an hour later to the city; each tier once.
    for minutes in (120, 121, 179, 180, 181, 600):
        walk(by=clock, now=START + minutes * MINUTE)
    climbs = [e for e in entries_of(signal.ref) if e.verb == "sensing.climb_signal"]
    assert [e.unit_path for e in climbs] == [city["D1"].path, city["C"].path]
    assert json.loads(climbs[0].body)["facts"]["silent"] == city["S11"].path

    # Each tier reads who was silent below it.
    assert asked(city, "d1-duty", "judge_signal", 600) == [
        f"It was not judged in time in {city['S11']}; it has climbed to you."
    ]
    assert asked(city, "city-duty", "judge_signal", 600) == [
        f"It was not judged in time in {city['D1']}; it has climbed to you."
    ]

    # An officer there judges it, and nobody is asked any more.
    do(
        city.person("city-duty"), "sensing.judge_signal", START + 601 * MINUTE, signal=signal,
        verified=True, judgement="The hospital confirms nine cases",
    )  # fmt: skip
    for login in ("s11-duty", "d1-duty", "city-duty"):
        assert asked(city, login, "judge_signal", 602) == []
    walk(by=clock, now=START + 700 * MINUTE)
    assert len([e for e in entries_of(signal.ref) if e.verb == "sensing.climb_signal"]) == 2


@pytest.mark.feature(22)
def test_an_expert_who_disagrees_is_heard_two_tiers_up(city: City) -> None:
    street, district, mayor = (city.person(x) for x in ("s11-duty", "d1-chief", "mayor"))
    doubter, clock = city.person("d1-duty"), city.person("founder")
    words = "The cases share one kitchen. Closing the street helps nobody. 关街无益。"

    # A verified signal becomes an incident of the street; the city's expert calls the risk high.
    report = do(
        street, "sensing.receive_report", START, place=city["S11"], stream="fever",
        channel="hotline", text="Nine people are ill",
    )  # fmt: skip
    do(street, "sensing.claim_report", START, report=report)
    signal = do(street, "sensing.raise_signal", START, reports=[report], title="One kitchen")
    do(street, "sensing.judge_signal", START, signal=signal, verified=True, judgement="Confirmed")
    incident = do(
        district, "assessment.declare_incident", START, area=city["S11"], hazard="epidemic",
        title="Fever in one street", legal_basis="Law, art. 1", signal=signal,
    )  # fmt: skip
    assessment = do(
        city.person("expert"), "assessment.assess", START, incident=incident, risk="high",
        findings="It spreads in the street",
    )  # fmt: skip

    # The officer of the district's duty desk sees it differently, and says so.
    dissent = do(doubter, "assessment.dissent", START + HOUR, assessment=assessment, text=words)

    # It reaches the district and the city, not the street: two tiers up, word for word.
    assert asked(city, "mayor", "read_dissent", 61) == [
        f"{doubter} does not agree with the assessment; nobody here has read it yet."
    ]
    assert asked(city, "d1-chief", "read_dissent", 61) and not asked(
        city, "s11-duty", "read_dissent", 61
    )
    dissent.refresh_from_db()
    assert dissent.text == words and dissent.text_digest == digest(words)

    # The mayor has read it: by name, with the time, once.
    do(mayor, "assessment.read_dissent", START + 62 * MINUTE, dissent=dissent)
    assert asked(city, "mayor", "read_dissent", 63) == []
    with pytest.raises(NotNow, match="has read this dissent"):
        do(mayor, "assessment.read_dissent", START + 63 * MINUTE, dissent=dissent)

    # The decision is made all the same; the dissent stands in what was seen, and in the ledger.
    decision = do(
        mayor, "decision.decide", START + 2 * HOUR, incident=incident, assessment=assessment,
        title="Close the street", reason="To be safe", legal_basis="Law, art. 2",
        options=[{"title": "Close the street", "chosen": True}],
    )  # fmt: skip
    assert decision.snapshot["dissents"] == [[dissent.ref, digest(words)]]
    walk(by=clock, now=START + 3 * HOUR)
    [line] = [e for e in entries_of(dissent.ref) if e.verb == "assessment.dissent"]
    assert digest(words) in line.body and verify().holds

    # Nobody can alter it afterwards.
    dissent.text = "It spreads."
    with pytest.raises(TypeError, match="written once"):
        dissent.save()
