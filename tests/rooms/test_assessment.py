"""Incidents: declared for a cause, assessed on facts that are kept, closed once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.assessment.actions import assess, close_incident, declare_incident
from gongzhi.assessment.models import Assessment, Hazard, Incident
from gongzhi.assessment.queries import (
    duties,
    facts_of,
    latest_assessment,
    open_incidents,
    unrelated_streams,
)
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.ledger.records import digest
from gongzhi.sensing.models import Report, Warning
from tests.rooms.cast import START, City
from tests.rooms.scenes import (
    assessed,
    counted,
    facts,
    lent_power,
    lines,
    open_incident,
    red_warning,
    verified_signal,
)  # fmt: skip

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = START.date()
pytestmark = pytest.mark.usefixtures("in_english")


def declared(city: City, by: str = "d1-chief", area: str = "D1", **given: Any) -> Incident:
    values = {
        "area": city[area], "hazard": Hazard.EPIDEMIC, "title": "Fever in the east",
        "legal_basis": "Emergency Response Law, art. 43", "now": START,
    }  # fmt: skip
    return declare_incident(by=city.person(by), **{**values, **given})


# Declaring ----------------------------------------------------------------------------------------


def test_an_incident_is_declared_because_of_a_warning(city: City) -> None:
    warning = red_warning(city)
    incident = declared(city, warning=warning)
    incident.refresh_from_db()
    assert (incident.state, incident.warning, incident.signal) == ("open", warning, None)
    assert incident.commander == city.person("d1-chief")
    post = city.person("d1-chief").posts.get()
    assert incident.power == f"declare_incident (post:{post.pk})"
    assert facts("assessment.declare_incident") == {
        "hazard": "epidemic", "cause": warning.ref, "power": incident.power,
        "legal_basis": "Emergency Response Law, art. 43",
    }  # fmt: skip
    assert list(open_incidents(city.person("mayor"), START)) == [incident]


def test_an_incident_is_declared_because_of_a_verified_signal(city: City) -> None:
    signal = verified_signal(city)
    assert declared(city, signal=signal, area="S11").signal == signal
    assert facts("assessment.declare_incident")["cause"] == signal.ref


@pytest.mark.parametrize("by", ["d1-duty", "d2-chief", "expert", "s11-duty", "auditor"])
def test_who_does_not_command_there_does_not_declare(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        declared(city, by=by, warning=red_warning(city))
    assert not Incident.objects.exists() and lines("assessment.declare_incident") == []


def test_a_lent_power_is_named_on_the_incident(city: City) -> None:
    delegation = lent_power(
        lender=city["C"], borrower=city["D2"], area=city["D1"], powers=["declare_incident"],
        legal_basis="City order 3", starts_at=START, ends_at=START + DAY,
        granted_by=city.person("mayor"),
    )  # fmt: skip
    incident = declared(city, by="d2-chief", warning=red_warning(city))
    assert incident.power == f"declare_incident (delegation:{delegation.pk})"
    assert incident.commander == city.person("d1-chief"), "the area's own commander answers for it"


def test_an_incident_needs_a_cause(city: City) -> None:
    with pytest.raises(Malformed, match="Name the warning or the verified signal") as refusal:
        declared(city)
    assert "warning" in refusal.value.details


@pytest.mark.parametrize("state", ["open", "discarded"])
def test_a_signal_that_is_not_verified_is_no_cause(city: City, state: str) -> None:
    signal = verified_signal(city)
    signal.state = state
    signal.save()
    with pytest.raises(NotNow, match=r"is not verified. Judge it first"):
        declared(city, signal=signal)


def test_the_same_cause_is_declared_once_while_it_is_open(city: City) -> None:
    warning, signal = red_warning(city), verified_signal(city)
    first = declared(city, warning=warning, signal=signal)
    for cause in ({"warning": warning}, {"signal": signal}):
        with pytest.raises(NotNow, match="declared already as “Fever in the east”"):
            declared(city, **cause)
    close_incident(incident=first, reason="Over", by=city.person("d1-chief"), now=START)
    assert declared(city, warning=warning).state == "open"


@pytest.mark.parametrize(
    ("cause", "area", "fits"),
    [
        ("D1", "D1", True),
        ("S11", "D1", True),
        ("C", "D1", True),
        ("D1", "C", True),
        ("D2", "D1", False),
        ("S12", "S11", False),
    ],
)
def test_the_cause_lies_in_the_area_or_around_it(
    city: City, cause: str, area: str, fits: bool
) -> None:
    warning = red_warning(city, cause)
    if fits:
        assert declared(city, by="mayor", area=area, warning=warning)
        return
    with pytest.raises(Malformed, match="is no part of") as refusal:
        declared(city, by="mayor", area=area, warning=warning)
    assert "warning" in refusal.value.details


@pytest.mark.parametrize(
    "values",
    [
        {"warning": None},
        {"closed_at": START},
        {"state": "closed"},
    ],
)
def test_the_database_refuses_half_a_fact(city: City, values: dict[str, Any]) -> None:
    open_incident(city)
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.update(**values)


# Assessing ----------------------------------------------------------------------------------------


def made(city: City, incident: Incident, by: str = "expert", now: Any = START) -> Assessment:
    return assess(
        incident=incident, risk=Assessment.Risk.HIGH, findings="It doubles every three days",
        advice="Test in schools", by=city.person(by), now=now,
    )  # fmt: skip


def test_an_assessment_keeps_the_facts_that_were_seen(city: City) -> None:
    counted(city["K111"], [1, 2, 4], TODAY)
    incident = open_incident(city)
    assessment = made(city, incident)
    assessment.refresh_from_db()
    assert assessment.snapshot["counts"][-1] == ["fever", TODAY.isoformat(), 4]
    assert digest(assessment.snapshot) == assessment.snapshot_digest
    assert facts("assessment.assess") == {
        "incident": incident.ref, "risk": "high", "snapshot": assessment.snapshot_digest,
    }  # fmt: skip
    assert latest_assessment(incident) == assessment
    again = made(city, incident, by="d1-duty", now=START + HOUR)
    assert latest_assessment(incident) == again


@pytest.mark.parametrize("by", ["d2-duty", "k111-worker", "h1-clerk", "auditor", "health1"])
def test_who_has_not_the_power_does_not_assess(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        made(city, open_incident(city), by=by)


def test_a_closed_incident_is_neither_assessed_nor_closed_again(city: City) -> None:
    incident = closed(city)
    with pytest.raises(NotNow, match=r"is closed. Declare a new one"):
        made(city, incident)
    with pytest.raises(NotNow, match="is closed"):
        closed(city, incident)


def test_the_facts_are_those_of_the_area_and_of_the_moment(city: City) -> None:
    counted(city["K111"], [3] * 20, TODAY)
    counted(city["K211"], [50] * 20, TODAY)
    red_warning(city, "S11", stream="cough", level="yellow")
    red_warning(city, "D2", stream="cough")
    red_warning(city, "S12", state="ended", ended_at=START)
    verified_signal(city)
    for received_at in (START, START + HOUR):
        Report.objects.create(
            place=city["G1111"], stream="fever", channel="form", text="t",
            received_at=received_at, received_by=city.person("s11-duty"),
        )  # fmt: skip
    seen = facts_of(open_incident(city), START)
    assert len(seen["counts"]) == 15 and {row[2] for row in seen["counts"]} == {3}
    assert seen["warnings"] == {"red": 1, "yellow": 1}
    assert (seen["reports"], seen["signals"], seen["signals_verified"]) == (1, 1, 1)
    assert (seen["area"], seen["as_of"]) == (city["D1"].path, START.isoformat())
    assert seen["warning_parameters"] == ["early-warning@test"]
    assert facts_of(open_incident(city, "D2"), START)["counts"][0][2] == 50


def test_the_facts_count_nobody_twice(city: City) -> None:
    """Two sources of the same place and day, and a street that adds up its communities."""
    counted(city["K111"], [3], TODAY, source="clinics")
    counted(city["K111"], [4], TODAY, source="schools")
    counted(city["S11"], [6], TODAY)
    assert facts_of(open_incident(city), START)["counts"] == [["fever", TODAY.isoformat(), 6]]


@pytest.mark.parametrize(
    ("hazard", "streams"),
    [
        ("epidemic", {"fever", "rumour"}),
        ("flood", {"fever", "flood", "rumour", "water_outage"}),
        ("blackout", {"fever", "power", "rumour", "water_outage"}),
    ],
)
def test_the_facts_leave_out_what_tells_of_another_hazard(
    city: City, hazard: str, streams: set[str]
) -> None:
    """What nobody has assigned tells of any hazard, and the cause itself always belongs."""
    for stream in ("fever", "cough", "power", "flood", "water_outage", "rumour"):
        counted(city["K111"], [3], TODAY, stream=stream)
        if stream != "fever":
            red_warning(city, "S11", stream=stream)
    incident = open_incident(city)
    Incident.objects.filter(pk=incident.pk).update(hazard=hazard)
    incident.refresh_from_db()
    seen = facts_of(incident, START)
    apart = {"cough"} if hazard != "epidemic" else {"power", "flood", "water_outage"}
    assert apart <= unrelated_streams(incident, START)
    assert streams <= {row[0] for row in seen["counts"]}
    assert not apart & {row[0] for row in seen["counts"]}
    assert seen["warnings"] == {"red": len(streams | ({"cough"} - apart))}


# Closing ------------------------------------------------------------------------------------------


def closed(city: City, incident: Incident | None = None, by: str = "d1-chief") -> Incident:
    return close_incident(
        incident=incident or open_incident(city), reason="No case for two weeks",
        by=city.person(by), now=START + HOUR,
    )  # fmt: skip


def test_an_incident_is_closed_with_the_reason(city: City) -> None:
    incident = closed(city)
    incident.refresh_from_db()
    assert (incident.state, incident.closed_by) == ("closed", city.person("d1-chief"))
    assert (incident.closed_at, incident.reason_closed) == (START + HOUR, "No case for two weeks")
    assert facts("assessment.close_incident") == {"reason": "No case for two weeks"}
    assert not open_incidents(city.person("mayor"), START).exists()


@pytest.mark.parametrize("by", ["d1-duty", "d2-chief", "expert"])
def test_who_cannot_declare_cannot_close(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        closed(city, by=by)


# Duties -------------------------------------------------------------------------------------------


def asked(city: City, login: str) -> list[tuple[str, str]]:
    return [(duty.verb, duty.subject) for duty in duties(city.person(login), START)]


def test_an_acknowledged_red_warning_asks_to_be_declared(city: City) -> None:
    warning = red_warning(city)
    wanted = ("declare_incident", warning.ref)
    assert wanted not in asked(city, "d1-chief")
    Warning.objects.update(
        state="acknowledged", acknowledged_at=START, acknowledged_by=city.person("d1-duty")
    )
    assert wanted in asked(city, "d1-chief")
    assert wanted not in asked(city, "d1-duty") + asked(city, "d2-chief")
    incident = declared(city, warning=warning)
    assert wanted not in asked(city, "d1-chief")
    assert ("assess", incident.ref) in asked(city, "d1-duty")
    assert ("assess", incident.ref) not in asked(city, "d2-duty")
    assessed(city, incident)
    assert ("assess", incident.ref) not in asked(city, "d1-duty")


def test_a_warning_inside_an_open_incident_asks_nobody_to_declare_another(city: City) -> None:
    open_incident(city)
    red_warning(
        city, "S11", state="acknowledged", acknowledged_at=START,
        acknowledged_by=city.person("s11-duty"),
    )  # fmt: skip
    assert [verb for verb, _ in asked(city, "d1-chief")] == ["assess"]
