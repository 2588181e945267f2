"""Story 7. A district goes to emergency mode in one act, and nine days later back in one act.

It needs something that calls for it, or a reason. Counts are due daily and the district spends more
by itself; tariff and retention are recorded. When it goes back, by its own test or with a reason,
every measure that was not renewed is gone, and what was renewed ends with the emergency.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.models import PowerRequest
from gongzhi.decision.models import Decision, Measure
from gongzhi.decision.policies import mode_of, mode_parameters
from gongzhi.decision.queries import measures_in_force
from gongzhi.errors import NotNow
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.queries import entries_of, verify
from gongzhi.rounds.walk import walk
from gongzhi.sensing.models import Warning
from tests.rooms.cast import START, City
from tests.rooms.scenes import red_warning
from tests.stories.telling import do

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.usefixtures("in_english")


def decided_on(city: City) -> Decision:
    """From a red warning to the commander's decision, each step by whom it belongs to."""
    chief = city.person("d1-chief")
    warning = red_warning(city)
    do(city.person("d1-duty"), "sensing.acknowledge_warning", START, warning=warning, note="Seen")
    incident = do(
        chief, "assessment.declare_incident", START, area=city["D1"], hazard="epidemic",
        title="Fever in the east", legal_basis="Emergency Response Law, art. 43", warning=warning,
    )  # fmt: skip
    assessment = do(
        city.person("expert"), "assessment.assess", START + HOUR, incident=incident, risk="high",
        findings="It doubles every three days",
    )  # fmt: skip
    options: list[dict[str, Any]] = [
        {
            "title": "Emergency mode with masks and testing",
            "cost_cents": 80_000_000,
            "chosen": True,
        },
        {"title": "Wait a week", "reason_refused": "Every day doubles the beds needed"},
    ]
    decision: Decision = do(
        chief, "decision.decide", START + 2 * HOUR, incident=incident, assessment=assessment,
        title="Act now", reason="Beds are full in two weeks", options=options,
        legal_basis="Law on Prevention and Treatment of Infectious Diseases, art. 42",
    )  # fmt: skip
    return decision


@pytest.mark.feature(26, 27)
def test_into_the_emergency_in_one_act_and_back_in_one(city: City) -> None:
    chief, clock = city.person("d1-chief"), city.person("founder")
    decision = decided_on(city)
    begins = START + 3 * HOUR

    def set_measure(title: str, days: int) -> Any:
        return do(
            chief, "decision.set_measure", begins, decision=decision, area=city["D1"], kind="rule",
            title=title, ends_at=begins + days * DAY,
        )  # fmt: skip

    # In ordinary times no such measure can be set at all.
    ordinary = mode_parameters(city["G1111"], START)
    with pytest.raises(NotNow, match="in normal mode, where no such measure can be set"):
        set_measure("Masks indoors", 7)

    # Sixteen million yuan are more than a district spends by itself: the city would be asked.
    spend = {
        "incident": decision.incident, "assessment": decision.assessment, "title": "Test all",
        "reason": "It spreads", "legal_basis": "Law, art. 42",
        "options": [{"title": "Test all", "cost_cents": 1_600_000_000, "chosen": True}],
    }  # fmt: skip
    asked = do(chief, "decision.decide", begins, **spend)
    assert isinstance(asked, PowerRequest)
    do(chief, "actors.withdraw_request", begins, request=asked, reason="Later")

    # One act, and in every grid of the district everything is different at once.
    do(chief, "decision.switch_mode", begins, decision=decision, area=city["D1"], mode="emergency")
    now_there = mode_parameters(city["G1111"], begins)
    assert (ordinary["report_interval_hours"], now_there["report_interval_hours"]) == (168, 24)
    assert (ordinary["tariff"], now_there["tariff"]) == ("commercial", "audited_cost")
    assert (ordinary["retention"], now_there["retention"]) == ("ordinary", "shortened")
    assert (ordinary["measure_days_at_most"], now_there["measure_days_at_most"]) == (0, 30)
    assert mode_parameters(city["G2111"], begins) == ordinary, "the other district is as before"

    # What called for it stands beside the switch, with its numbers.
    stored = mode_of(city["G1111"]).switch_test
    assert [t["name"] for t in stored["tests"] if t["holds"]] == ["red_open"]

    # The same decision is now the district's own.
    assert isinstance(do(chief, "decision.decide", begins, **spend), Decision)

    # Three measures, each with its last day.
    masks, gatherings, schools = (
        set_measure("Masks indoors", 5),
        set_measure("No gatherings", 7),
        set_measure("Schools by shifts", 7),
    )

    # A week before its end each is announced; one is renewed, with the reason.
    asked = duties_of(chief, begins + 4 * DAY)
    assert {duty.subject for duty in asked if duty.verb == "renew_measure"} == {
        masks.ref, gatherings.ref, schools.ref,
    }  # fmt: skip
    do(
        chief, "decision.renew_measure", begins + 4 * DAY, measure=schools,
        ends_at=begins + 14 * DAY, reason="Classes are still half ill",
    )  # fmt: skip

    # Days go by. What was not renewed dies by itself on its day, without anybody.
    for day in range(1, 10):
        walk(by=clock, now=begins + day * DAY)
    states = dict(Measure.objects.values_list("title", "state"))
    assert states == {
        "Masks indoors": "expired", "No gatherings": "expired", "Schools by shifts": "active",
    }  # fmt: skip
    masks.refresh_from_db()
    assert masks.ended_at == begins + 5 * DAY
    with pytest.raises(NotNow, match=r"is over \(ended on its date\)"):
        do(
            chief, "decision.renew_measure", begins + 9 * DAY, measure=masks,
            ends_at=begins + 12 * DAY, reason="We forgot",
        )  # fmt: skip

    # Nine days later one act takes the district back, and nothing is left in force.
    ends = begins + 9 * DAY
    # While the red warning is open it is too early, unless somebody says why.
    back = {"decision": decision, "area": city["D1"], "mode": "normal"}
    with pytest.raises(NotNow, match="too early to go back to normal: open red warnings, at most"):
        do(chief, "decision.switch_mode", ends, **back)
    do(chief, "decision.switch_mode", ends, **back, override_reason="The figures fell for a week")
    assert mode_parameters(city["G1111"], ends) == ordinary
    assert mode_of(city["G1111"]).switch_test["reason"] == "The figures fell for a week"
    assert isinstance(do(chief, "decision.decide", ends, **spend), PowerRequest)
    assert not measures_in_force(chief, ends).exists()
    schools.refresh_from_db()
    assert (schools.state, schools.reason_ended) == ("lifted", "the area went back to normal")
    with pytest.raises(NotNow, match="in normal mode already"):
        do(chief, "decision.switch_mode", ends, decision=decision, area=city["D1"], mode="normal")

    # The log tells the whole life of each measure.
    verbs = {m.title: [e.verb.partition(".")[2] for e in entries_of(m.ref)] for m in
             (masks, gatherings, schools)}  # fmt: skip
    assert verbs == {
        "Masks indoors": ["set_measure", "announce_end", "end_measure"],
        "No gatherings": ["set_measure", "announce_end", "end_measure"],
        "Schools by shifts": ["set_measure", "renew_measure", "announce_end", "end_measure"],
    }
    walk(by=clock, now=ends)
    assert verify().holds


@pytest.mark.begun(26)
def test_no_emergency_without_anything_that_calls_for_it(city: City) -> None:
    chief, decision = city.person("d1-chief"), decided_on(city)
    begins = START + 3 * HOUR
    switch = {"decision": decision, "area": city["D1"], "mode": "emergency"}

    # The warning has ended and nobody says why there should be an emergency: nothing happens.
    Warning.objects.update(state="ended")
    with pytest.raises(NotNow, match="Nothing here calls for an emergency"):
        do(chief, "decision.switch_mode", begins, **switch)

    # And once the incident is closed, no reason opens one on its decision.
    do(
        chief, "assessment.close_incident", begins, incident=decision.incident,
        reason="A false alarm",
    )  # fmt: skip
    with pytest.raises(NotNow, match="is closed"):
        do(chief, "decision.switch_mode", begins, **switch, override_reason="To be safe")
