"""A tier is measured against the standard: a drill shows one thing met and one not, a real response
changes it, what was never tested says so, and the next drill scores better."""

from __future__ import annotations

from datetime import datetime

import pytest

from gongzhi.actors.queries import find
from gongzhi.errors import NotFound
from gongzhi.evaluation.actions import score_capability
from gongzhi.evaluation.models import CapabilityScoring
from gongzhi.evaluation.queries import duties, results_seen, scorings_seen
from tests.rooms.capability import DAY, MINUTE, a_plan, called, held, result, said
from tests.rooms.cast import START, City
from tests.rooms.scenes import lines, open_incident


def score(city: City, now: datetime) -> CapabilityScoring:
    return score_capability(area=city["C"], by=city.person("mayor"), now=now)


def asked(city: City, login: str, now: datetime) -> list[str]:
    return [d.title for d in duties(city.person(login), now) if d.verb == "score_capability"]


@pytest.mark.feature(83)
def test_a_unit_is_measured_in_drills_and_in_earnest(city: City) -> None:
    flood = a_plan(city)

    # In the first drill the water department answered all calls in time, but was at the place in
    # time only once in four. The city is asked to score what the exercise has shown.
    held(city, flood, 1, START + DAY,
         WATER={"calls_answered": (5, 5), "on_site": (1, 4)})  # fmt: skip
    assert asked(city, "mayor", START + DAY) == ["Score the area after exercise 1"]
    first = score(city, START + DAY + 10 * MINUTE)
    assert asked(city, "mayor", START + DAY + 20 * MINUTE) == []

    # One thing is met, one is not; each with its numbers, and what shows them.
    answered = result(first, city, "WATER", "calls_answered")
    assert said(answered) == ("met", 5, 5, "drill")
    on_site = result(first, city, "WATER", "on_site")
    assert said(on_site) == ("not_met", 1, 4, "drill")
    assert on_site.exercise is not None and on_site.exercise.number == 1
    assert (on_site.enough, on_site.next_act) == (80, "exercise")

    # What was never tested says so, and says what to do: the power department was not there.
    never = result(first, city, "POWER", "calls_answered")
    assert said(never) == ("not_shown", 0, 0, "") and never.next_act == "exercise"
    assert first.tiers["department"]["calls_answered"] == {
        "met": 1, "not_met": 0, "not_shown": 4, "good": 5, "total": 5,
    }  # fmt: skip

    # In earnest it goes otherwise: of two calls one was answered ten minutes too late.
    incident = open_incident(city, "D1", START + 5 * DAY)
    called(city, START + 5 * DAY, after=12, incident=incident)
    late = called(city, START + 5 * DAY, after=40, incident=incident)
    second = score(city, START + 6 * DAY)
    answered = result(second, city, "WATER", "calls_answered")
    assert said(answered) == ("not_met", 1, 2, "real")
    assert answered.incidents == [incident.pk]
    assert (answered.worst["ref"], answered.worst["by"]) == (late.ref, 10.0)
    assert (answered.before["outcome"], answered.before["exercise"]) == ("met", 1)

    # The next drill scores better, and the page can say than what.
    held(city, flood, 2, START + 20 * DAY,
         WATER={"calls_answered": (6, 6), "on_site": (4, 4)})  # fmt: skip
    third = score(city, START + 21 * DAY)
    answered, on_site = (
        result(third, city, "WATER", name) for name in ("calls_answered", "on_site")
    )
    assert said(answered) == ("met", 6, 6, "drill")
    assert (answered.before["source"], answered.before["good"]) == ("real", 1)
    assert said(on_site) == ("met", 4, 4, "drill") and on_site.before["good"] == 1

    # What was scored stands as it was, and the ledger keeps its digest.
    assert said(result(first, city, "WATER", "on_site")) == ("not_met", 1, 4, "drill")
    assert len(lines("evaluation.score_capability")) == 3
    assert third.results_digest in lines("evaluation.score_capability")[-1].body

    # The other district sees its own units in it, and nobody else's.
    stranger = city.person("d2-duty")
    seen = {row.unit.code for row in results_seen(third, stranger, START + 21 * DAY)}
    assert "HEALTH2" in seen and not seen & {"WATER", "POWER", "D1", "S11", "C"}
    assert third in scorings_seen(stranger, START + 21 * DAY)
    with pytest.raises(NotFound):
        find(type(answered), answered.pk, stranger, START + 21 * DAY)
