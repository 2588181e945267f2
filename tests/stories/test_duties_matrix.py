"""A ruling makes the next call go right; three firms are called together; a resident without a
telephone has a call reopened."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

import pytest

from gongzhi.actors.models import Unit
from gongzhi.command.actions import climb_silent_answers
from gongzhi.command.models import CallAnswer, DutiesMatrix, StreetCall
from gongzhi.command.queries import call_figures, duties, proposal_for
from gongzhi.errors import NotNow
from tests.rooms.cast import START, City
from tests.rooms.test_command_proofs import BARE, PHOTO
from tests.stories.telling import do

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HERE = {"lon": 118.22, "lat": 30.9}
MATRIX = """事项,区域,主责单位,配合单位,起,依据
供水,东岸区,东岸区水务局,,2021-01-01,区权责清单2021版
供水/爆管,东岸区,东岸区供电局,,2021-01-01,区权责清单2021版
"""


def proposed(city: City, street: str, subject: str, after: timedelta) -> list[Unit]:
    proposal = proposal_for(city[street], subject, START + after)
    assert proposal is not None
    return list(proposal.units)


def answer_of(call: StreetCall, city: City, code: str) -> CallAnswer:
    return call.answers.get(department=city[code])


def refuse(call: StreetCall, city: City, code: str, by: str, theirs: str) -> None:
    do(
        city.person(by), "command.answer_call", START + 10 * MINUTE, says="not_mine",
        answer=answer_of(call, city, code), reason="Theirs.", named_instead=city[theirs],
    )  # fmt: skip


@pytest.mark.feature(5)
def test_two_refuse_the_district_rules_and_the_next_call_goes_right(city: City) -> None:
    chief, street = city.person("d1-chief"), city.person("s11-duty")
    do(
        city.person("mayor"), "command.adopt_duties", START, area=city["C"], table=MATRIX,
        basis="区权责清单2021版",
    )  # fmt: skip

    # The matrix proposes power for a burst main, and says why; the street calls both.
    assert proposed(city, "S11", "供水/爆管", HOUR) == [city["POWER"]]
    call = do(
        street, "command.raise_call", START, caller=city["S11"], subject="供水/爆管",
        text="Water on the road.", departments=[city["POWER"], city["WATER"]],
    )  # fmt: skip

    # Both refuse the same duty and name each other: the district has two hours.
    refuse(call, city, "POWER", "power", "WATER")
    refuse(call, city, "WATER", "water", "POWER")
    [owed] = [d for d in duties(chief, START + 10 * MINUTE) if d.verb == "rule_call"]
    assert owed.due_at == START + 10 * MINUTE + 2 * HOUR

    # It rules for water; the matrix has a second version that cites the ruling.
    do(
        chief, "command.rule_call", START + HOUR, answer=answer_of(call, city, "WATER"),
        unit=city["WATER"], reason="A main is a water main.",
    )  # fmt: skip
    matrix = DutiesMatrix.objects.get(state="in_force")
    assert matrix.version == 2 and "A main is a water main." in matrix.basis

    # Power is told and says so; it is not asked again.
    [told] = [d for d in duties(city.person("power"), START + HOUR) if d.verb == "read_ruling"]
    do(city.person("power"), "command.read_ruling", START + 2 * HOUR, **told.inputs)
    assert duties(city.person("power"), START + 2 * HOUR) == []

    # The next street that calls about it is proposed the right one, with the ruling as reason.
    assert proposed(city, "S12", "供水/爆管", DAY) == [city["WATER"]]
    reason = str(proposal_for(city["S12"], "供水/爆管", START + DAY))
    assert "version 2" in reason and "A main is a water main." in reason


@pytest.mark.begun(5)
def test_three_delivery_firms_are_called_together(city: City) -> None:
    firms = []
    for number in (1, 2, 3):
        firms.append(
            do(
                city.person("mayor"), "actors.found_unit", START, parent=city["C"],
                kind="logistics", tier="city", code=f"F{number}", name=f"快送{number}号公司",
            )
        )  # fmt: skip
        do(
            city.person("mayor"), "actors.appoint", START, login=f"f{number}", role="clerk",
            unit=firms[-1], area=firms[-1], name=f"站长{number}", password="a long phrase to keep",
        )  # fmt: skip
    # The city's department calls them; each has its own clock and answers for itself.
    officer = city.person("city-health")
    call = do(
        officer, "command.raise_call", START, caller=city["HEALTH"], subject="夜间送药",
        text="Medicine for 40 closed buildings by 22:00.", departments=firms,
    )  # fmt: skip
    people = {unit.code: unit.posts.get().person for unit in firms}
    asked = [duties(person, START)[0].verb for person in people.values()]
    assert asked == ["answer_call"] * 3

    # One comes, one names a fourth, one is silent and climbs to the city: one board, one rule.
    do(
        people["F1"], "command.answer_call", START + 5 * MINUTE, says="coming",
        answer=answer_of(call, city_of(city, firms), "F1"), arrive_minutes=60,
    )  # fmt: skip
    do(
        people["F2"], "command.answer_call", START + 9 * MINUTE, says="not_mine",
        answer=answer_of(call, city_of(city, firms), "F2"), reason="No night shift",
        named_instead=city["LOG"],
    )  # fmt: skip
    climb_silent_answers(by=city.person("founder"), now=START + 30 * MINUTE)
    states = dict(call.answers.values_list("department__code", "state"))
    assert states == {"F1": "coming", "F2": "not_mine", "F3": "waiting", "LOG": "waiting"}
    assert answer_of(call, city_of(city, firms), "F3").climbs.get().to_unit == city["C"]


def city_of(city: City, more: list[Unit]) -> City:
    """The city with further units by code."""
    return City({**city.units, **{unit.code: unit for unit in more}}, city.people, city.facilities)


@pytest.mark.feature(34)
def test_arrival_is_proved_and_a_resident_without_a_telephone_reopens(city: City) -> None:
    street, water, clerk = (city.person(p) for p in ("s11-duty", "water", "s11-duty-2"))
    report = do(
        clerk, "sensing.receive_report", START, place=city["G1111"], stream="water",
        channel="visit", text="No water since the morning.",
    )  # fmt: skip
    call = do(
        street, "command.raise_call", START, caller=city["S11"], subject="停水",
        text="Three buildings.", departments=[city["WATER"]], reports=[report],
    )  # fmt: skip
    answer = call.answers.get()
    do(water, "command.answer_call", START, answer=answer, says="coming", arrive_minutes=30)

    # Arrival and result are proved: by place and photo, and by a measurement.
    photo = b64encode(PHOTO).decode()
    do(water, "command.arrive", START + HOUR, answer=answer, photo=photo, **HERE)
    assert bytes(answer.proofs.get().photo.content) == BARE
    do(
        water, "command.finish_answer", START + 2 * HOUR, answer=answer, result="Valve mended",
        measured="water pressure", measured_value=0.28, measured_unit="MPa",
    )  # fmt: skip
    do(
        street, "command.score_answer", START + 3 * HOUR, answer=answer, score=4,
        words="Came late, mended well.",
    )  # fmt: skip
    do(street, "command.close_call", START + 3 * HOUR, call=call)

    # Next day it is dry again; the resident goes to the street, whose desk reopens the call.
    again = do(
        clerk, "command.reopen_call", START + DAY, call=call, report=report,
        reason="No water again since six.",
    )  # fmt: skip
    assert [a.department for a in again.answers.all()] == [city["WATER"]]
    assert [d.verb for d in duties(water, START + DAY)] == ["answer_call"]

    # It counts, and the tier above sees it beside the score.
    found = call_figures(city.person("d1-duty"), START + DAY)
    [figures] = found.units
    assert (figures.score, figures.reopened, figures.closed) == (4.0, 1, 1)
    assert (found.open, found.reopen_percent) == (1, 100.0)

    # After fourteen days it would be a new report.
    again.state, again.closed_at, again.closed_by = "closed", START + DAY, street
    again.save()
    with pytest.raises(NotNow, match="more than 14 days ago"):
        do(
            clerk, "command.reopen_call", START + 16 * DAY, call=again, report=report,
            reason="Dry.",
        )  # fmt: skip
