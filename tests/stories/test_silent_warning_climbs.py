"""Story 3. A warning is not acknowledged for 20 minutes; it climbs one tier, once.

The log shows who was silent.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.queries import entries_of, verify
from gongzhi.rounds.walk import walk
from gongzhi.sensing.models import Warning
from tests.rooms.cast import START, City
from tests.stories.telling import do

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
pytestmark = pytest.mark.usefixtures("in_english")


@pytest.mark.feature(19)
def test_a_silent_warning_climbs_one_tier_once(city: City) -> None:
    clock, duty = city.person("founder"), city.person("s11-duty")

    # Three quiet weeks in one street, then a day that is far above them.
    quiet = [
        {"place": city["S11"].pk, "stream": "fever", "day": START.date() - n * DAY, "value": 2}
        for n in range(20, 0, -1)
    ]
    today = {"place": city["S11"].pk, "stream": "fever", "day": START.date(), "value": 30}
    do(duty, "sensing.record_counts", START, source="clinics", counts=[*quiet, today])

    # The round judges the counts and warns: red for the street, by a published method.
    walk(by=clock, now=START)
    warning = Warning.objects.get(place=city["S11"])
    assert warning.level == "red" and warning.acknowledge_by == START + 20 * MINUTE
    methods = [look["method"] for look in warning.numbers["looks"]]
    assert methods == ["C1", "C2", "C3"] and warning.numbers["count"] == 30

    def waits_for(login: str, minutes: int) -> bool:
        asked = duties_of(city.person(login), START + minutes * MINUTE)
        return any(d.verb == "acknowledge_warning" and d.subject == warning.ref for d in asked)

    # The street is asked, the district is not. Nineteen minutes later nothing has moved.
    assert waits_for("s11-duty", 1) and not waits_for("d1-duty", 1)
    walk(by=clock, now=START + 19 * MINUTE)
    warning.refresh_from_db()
    assert warning.climbed_at is None

    # After twenty minutes it climbs to the district, once, however often the round comes by.
    for minutes in (20, 20, 21, 60, 24 * 60):
        walk(by=clock, now=START + minutes * MINUTE)
    warning.refresh_from_db()
    assert (warning.climbed_to, warning.climbed_at) == (city["D1"], START + 20 * MINUTE)
    climbs = [e for e in entries_of(warning.ref) if e.verb == "sensing.climb_warning"]
    assert len(climbs) == 1

    # The log says who was silent, and until when they had time.
    said = json.loads(climbs[0].body)["facts"]
    assert said["silent"] == city["S11"].path
    assert said["due_at"] == (START + 20 * MINUTE).isoformat()
    assert climbs[0].unit_path == city["D1"].path

    # Now the district is asked; a named person takes it on, and nobody is asked any more.
    assert waits_for("d1-duty", 25) and not waits_for("d2-duty", 25)
    do(
        city.person("d1-duty"), "sensing.acknowledge_warning", START + 26 * MINUTE,
        warning=warning, note="Two doctors are on their way",
    )  # fmt: skip
    warning.refresh_from_db()
    assert warning.acknowledged_by == city.person("d1-duty")
    assert not waits_for("d1-duty", 27) and not waits_for("s11-duty", 27)
    walk(by=clock, now=START + 2 * DAY)
    assert verify().holds
