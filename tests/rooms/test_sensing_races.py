"""Two people at the same moment, each with a connection of their own: one of them wins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.actions import found_unit
from gongzhi.actors.models import Person, Unit
from gongzhi.errors import NotNow
from gongzhi.ledger.actions import seal
from gongzhi.ledger.queries import verify
from gongzhi.sensing.actions import (
    acknowledge_warning,
    claim_report,
    climb_unjudged_signals,
    judge_signal,
)  # fmt: skip
from gongzhi.sensing.models import Report, Signal, Warning
from tests.rooms.cast import START, City, small_city
from tests.rooms.races import at_once
from tests.rooms.scenes import Branch, lines, red_warning

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]


@pytest.fixture
def city(transactional_db: None) -> City:
    return small_city()


def test_one_report_is_taken_by_one_of_many(city: City) -> None:
    report = Report.objects.create(
        place=city["G1111"], stream="fever", channel="form", text="t", received_at=START,
        received_by=city.person("s11-duty"),
    )  # fmt: skip

    def claim(login: str) -> Callable[[], Any]:
        mine, by = Report.objects.get(pk=report.pk), Person.objects.get(login=login)
        return lambda: claim_report(report=mine, by=by, now=START)

    found = at_once(*(claim(login) for login in ("s11-duty", "s11-duty-2", "d1-duty", "mayor")))
    refused = [one for one in found if isinstance(one, NotNow)]
    assert len(refused) == 3
    assert len(lines("sensing.claim_report")) == 1


def test_one_signal_is_judged_once(city: City) -> None:
    signal = Branch(city, 1).of(Signal)

    def judge(login: str, verified: bool) -> Callable[[], Any]:
        mine, by = Signal.objects.get(pk=signal.pk), Person.objects.get(login=login)
        return lambda: judge_signal(
            signal=mine, verified=verified, judgement="Seen", by=by, now=START
        )

    found = at_once(judge("d1-duty", True), judge("d1-chief", False))
    assert sum(isinstance(one, NotNow) for one in found) == 1
    [line] = lines("sensing.judge_signal")
    signal.refresh_from_db()
    assert line.by_ref == signal.judged_by.ref  # type: ignore[union-attr]


def test_two_walkers_take_a_signal_up_once(city: City) -> None:
    signal = Branch(city, 1).of(Signal)
    clock = city.person("founder")
    now = signal.judge_by + timedelta(minutes=1)
    at_once(*(lambda: climb_unjudged_signals(by=clock, now=now) for _ in range(3)))
    assert signal.climbs.count() == 1
    assert len(lines("sensing.climb_signal")) == 1


def test_one_warning_is_acknowledged_by_one(city: City) -> None:
    warning = red_warning(city)

    def acknowledge(login: str) -> Callable[[], Any]:
        mine, by = Warning.objects.get(pk=warning.pk), Person.objects.get(login=login)
        return lambda: acknowledge_warning(warning=mine, note="Mine", by=by, now=START)

    found = at_once(acknowledge("d1-duty"), acknowledge("d1-chief"), acknowledge("mayor"))
    assert sum(isinstance(one, NotNow) for one in found) == 2
    assert len(lines("sensing.acknowledge_warning")) == 1


def test_units_founded_at_once_get_paths_of_their_own(city: City) -> None:
    chief, parent = city.person("d1-chief"), city["D1"]

    def add(number: int) -> Callable[[], Any]:
        return lambda: found_unit(
            parent=parent, code=f"S9{number}", name=f"街道{number}", kind="area", tier="street",
            by=chief, now=START,
        )  # fmt: skip

    made = at_once(*(add(number) for number in range(4)))
    assert all(isinstance(unit, Unit) for unit in made)
    assert len({unit.path for unit in made}) == 4


def test_two_walkers_who_seal_at_once_number_every_line_once(city: City) -> None:
    before = len(lines())
    found = at_once(*(lambda: seal(now=START) for _ in range(3)))
    assert sum(one is not None for one in found) == 1
    assert [entry.leaf_index for entry in lines()] == list(range(before))
    assert verify().holds
