"""A street calls by mistake and takes the call back: nobody sets out in vain, nothing climbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.command.models import CallReport, Climb
from gongzhi.command.queries import duties
from gongzhi.errors import NotNow
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START, City
from tests.rooms.scenes import taken_report
from tests.rooms.telling import english, to, told
from tests.stories.telling import do

pytestmark = pytest.mark.usefixtures("in_english")

MINUTE = timedelta(minutes=1)


@pytest.mark.begun(30)
def test_a_call_raised_by_mistake_is_taken_back_and_everybody_is_let_go(city: City) -> None:
    street, water, report = city.person("s11-duty"), city.person("water"), taken_report(city)
    call: Any = do(
        street, "command.raise_call", START, caller=city["S11"], subject="burst main",
        text="Water on the road", departments=[city["WATER"], city["POWER"]], reports=[report],
    )  # fmt: skip
    answer = call.answers.get(department=city["WATER"])
    do(
        water, "command.answer_call", START + MINUTE, answer=answer, says="coming",
        arrive_minutes=20,
    )  # fmt: skip
    told(city, START + MINUTE)

    # It was the street sprinkler. The street says so: the call is over without anybody's work.
    taken = do(
        street, "command.withdraw_call", START + 5 * MINUTE, call=call,
        reason="It was the street sprinkler",
    )  # fmt: skip
    assert (taken.state, taken.reason_withdrawn) == ("withdrawn", "It was the street sprinkler")
    assert [a.state for a in call.answers.order_by("id")] == ["released", "released"]

    # Water, on its way, and power, who had not answered, are told and have nothing left to do.
    messages = told(city, START + 5 * MINUTE)
    assert to(messages) == ["power", "water"]
    assert english(messages[0])[0].startswith("桥头街道 took its call back: burst main")
    for login in ("water", "power", "s11-duty"):
        assert not [d for d in duties(city.person(login), START + MINUTE) if d.room == "command"]

    # Nothing climbs any more, however long it is.
    for _again in range(2):
        walk(by=city.person("founder"), now=START + 600 * MINUTE)
    assert not Climb.objects.exists()

    # There is nothing to answer, to score or to reopen: each is told why.
    with pytest.raises(NotNow, match="took this call back on 03-01 09:05"):
        do(water, "command.arrive", START + 6 * MINUTE, answer=answer, lon=118.22, lat=30.9)
    with pytest.raises(NotNow, match="nothing to score"):
        do(street, "command.score_answer", START + 6 * MINUTE, answer=answer, score=1, words="-")
    code = CallReport.objects.get().code
    with pytest.raises(NotNow, match="it is not reopened"):
        do(street, "command.reopen_by_code", START + 7 * MINUTE, reporter_code=code, reason="Wet")
