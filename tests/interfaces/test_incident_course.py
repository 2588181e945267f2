"""What decisions put into force over time, and the phases of plans, on the page of an incident."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gongzhi.command.actions import begin_phase, end_phase, finish_order, propose_phases, take_back
from gongzhi.command.models import Activation, Order, Phase, WindDown
from gongzhi.decision.actions import change_level, lift_measure
from gongzhi.decision.models import Measure, Mode, ResponseLevel
from gongzhi.interfaces.console.over_time import OverTime
from gongzhi.sensing.models import Warning
from tests.interfaces.console_scene import NOW, Scene, seen, words
from tests.rooms.cast import START
from tests.rooms.upstream import in_force, plan_document, plan_order
from tests.rooms.upstream import words as in_three_forms


def page_of(scene: Scene, stage: str, login: str = "mayor") -> str:
    address = f"/incidents/{scene.upstream.incident.pk}?stage={stage}"
    answer = scene.browser(login).get(address)
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    return words(answer)


def chart_of(scene: Scene) -> OverTime:
    address = f"/incidents/{scene.upstream.incident.pk}?stage=decision"
    chart = scene.browser("mayor").get(address).context["over_time"]
    assert isinstance(chart, OverTime)
    return chart


@pytest.mark.feature(25)
def test_a_level_has_its_tests_its_declarer_its_law_a_map_and_a_past(scene: Scene) -> None:
    mayor, decision = scene.city.person("mayor"), scene.upstream.decision
    first = ResponseLevel.objects.get()
    lowered = START + timedelta(hours=1)
    change_level(
        decision=decision, area=scene.city["C"], grade=3, override_reason="势头减缓", by=mayor,
        now=lowered,
    )  # fmt: skip
    page = page_of(scene, "decision")
    assert "In force over time" in page
    for said in ("level II", "level III", "mayor先生", decision.legal_basis):
        assert said in page
    bars = [bar for bar in chart_of(scene).bars if bar.said.kind == "grade"]
    assert [(bar.since, bar.until) for bar in bars] == [(START, lowered), (lowered, None)]
    assert [bar.style for bar in bars] == ["red", "yellow"]
    first.refresh_from_db()
    assert first.ended_at == lowered
    browser = scene.browser("mayor")
    record = words(browser.get(f"/r/decision/levels/{first.pk}"))
    assert "Test for entering" in record and "Test for leaving" in record and "上升太快" in record
    areas = json.loads(browser.get("/map/areas.json?tier=city").content)["features"]
    assert [area["properties"]["grade"] for area in areas] == [3]


def test_bars_lie_in_the_order_of_time_and_what_is_to_come_is_told_apart(scene: Scene) -> None:
    chart = chart_of(scene)
    ends = Measure.objects.get().ends_at
    assert (chart.first, chart.last) == (START, ends)
    assert 0 < chart.now < 100
    level, measure = (next(b for b in chart.bars if b.style == s) for s in ("red", "kind"))
    assert (level.left, measure.left) == (0, 0)
    assert level.ahead == 0, "Only a person ends a level."
    assert measure.length + measure.ahead == pytest.approx(100, abs=0.1)
    assert not measure.is_over and measure.until == ends


def test_a_measure_that_was_lifted_ends_where_it_was_lifted(scene: Scene) -> None:
    lift_measure(
        measure=Measure.objects.get(), reason="不再需要", by=scene.city.person("mayor"), now=NOW
    )
    measure = next(bar for bar in chart_of(scene).bars if bar.style == "kind")
    assert measure.is_over and measure.ahead == 0 and measure.until == NOW


def test_an_incident_without_a_decision_shows_no_line_of_time(scene: Scene) -> None:
    Measure.objects.all().delete()
    ResponseLevel.objects.all().delete()
    Mode.objects.all().delete()
    assert "In force over time" not in page_of(scene, "decision")


PHASES = [
    {"phase": "control", "enter": {"red_warnings": 1}, "leave": {"red_warnings_at_most": 0}},
    {"phase": "clear", "enter": {"phases_over": ["control"]}, "leave": {"warnings_at_most": 0}},
]
ORDERS = (
    plan_order("seal", {"each": "district"}, 60, phase="control"),
    plan_order("wash", {"each": "street"}, 60, phase="clear"),
)


@pytest.fixture
def activation(scene: Scene) -> Activation:
    document = plan_document(*ORDERS, phases=PHASES, wind_down=[in_three_forms("Barriers")])
    return in_force(scene.city, scene.upstream, document)


@pytest.mark.feature(72)
def test_each_phase_has_its_list_and_its_tests_and_ends_one_after_the_other(
    scene: Scene, activation: Activation
) -> None:
    mayor, clock = scene.city.person("mayor"), scene.city.person("founder")
    control, clear = Phase.objects.order_by("pk")
    page = page_of(scene, "orders")
    assert "1 or more red warnings" in page and page.count("reached now") == 1
    assert "the end of: control" in page
    assert "0 / 2" in page and "0 / 0" in page
    for number, order in enumerate(Order.objects.filter(key="seal").select_related("unit"), 1):
        finish_order(
            order=order,
            result="封好了",
            by=scene.city.person(f"d{number}-chief"),
            now=NOW,
        )
    assert "2 / 2" in page_of(scene, "orders")
    Warning.objects.update(state="ended", ended_at=NOW)
    propose_phases(by=clock, now=NOW)
    page = page_of(scene, "orders")
    assert "its tests for the end hold" in page
    assert f"/do/command/end_phase?phase={control.pk}" in page
    end_phase(phase=Phase.objects.get(pk=control.pk), reason="控制住了", by=mayor, now=NOW)
    propose_phases(by=clock, now=NOW)
    page = page_of(scene, "orders")
    assert f"/do/command/begin_phase?phase={clear.pk}" in page
    begin_phase(phase=Phase.objects.get(pk=clear.pk), by=mayor, now=NOW)
    assert "/ 3" in page_of(scene, "orders"), "The orders of the phase are given with it."


def test_what_is_taken_back_at_the_end_stands_below_with_who_did_it(
    scene: Scene, activation: Activation
) -> None:
    page = page_of(scene, "orders")
    assert "To be wound down at the end" in page and "take_back?" not in page
    WindDown.objects.update(state="due")
    item = WindDown.objects.get()
    assert f"/do/command/take_back?item={item.pk}" in page_of(scene, "orders")
    take_back(item=item, result="全部拆除", by=scene.city.person("mayor"), now=NOW)
    page = page_of(scene, "orders")
    assert "全部拆除" in page and "mayor先生" in page


def test_whoever_may_not_act_on_a_phase_reads_why(scene: Scene, activation: Activation) -> None:
    page = page_of(scene, "orders", "city-duty")
    assert 'aria-disabled="true"' in page
    assert "/do/command/end_phase?" not in page
