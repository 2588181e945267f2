"""The page of an incident: its river, its timeline, the chosen stage, the reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.assessment.actions import close_incident
from gongzhi.interfaces.console.river import NAMES, SOURCES
from gongzhi.ledger.actions import seal
from tests.interfaces.console_scene import NOW, Scene, seen, words
from tests.rooms.cast import START


def address(scene: Scene) -> str:
    return f"/incidents/{scene.upstream.incident.pk}"


def test_the_river_says_where_each_stage_stands_and_what_is_late(scene: Scene) -> None:
    answer = scene.browser("mayor").get(address(scene))
    stages = {stage.key: stage for stage in answer.context["stages"]}
    assert list(stages) == list(NAMES)
    assert stages["reports"].says == "1"  # the other one tells of a water outage
    assert (stages["warning"].says, stages["warning"].level) == ("red 1", "red")
    assert stages["assessment"].says == "risk high"
    assert (stages["decision"].says, stages["decision"].level) == ("level II", "red")
    assert stages["orders"].says == "0/2"
    assert stages["orders"].late == "2 late, up to 2 h 30 min"
    assert stages["supplies"].says == "0 %"
    assert stages["field"].says == "0/1"
    assert stages["evaluation"].state == "reached"
    assert stages["reports"].late == "1 late, by 1 h"


@pytest.mark.parametrize("stage", NAMES)
def test_every_stage_lists_its_records_with_their_causes(scene: Scene, stage: str) -> None:
    answer = scene.browser("mayor").get(f"{address(scene)}?stage={stage}")
    page = seen(answer)
    assert answer.status_code == 200
    assert page.blocked == []
    assert answer.context["chosen"] == stage
    assert answer.context["groups"], stage
    for group in answer.context["groups"]:
        for entry in group.entries:
            assert entry.row.href in page.links
    chosen = [s for s in answer.context["stages"] if s.is_chosen]
    assert [s.key for s in chosen] == [stage]


def test_the_records_are_linked_to_what_caused_them(scene: Scene) -> None:
    browser = scene.browser("mayor")
    causes = {}
    for stage in NAMES:
        for group in browser.get(f"{address(scene)}?stage={stage}").context["groups"]:
            causes[group.key] = next((e.cause for e in group.entries if e.cause), None)
    assert causes["reports"].name == "一楼多人发热"
    assert causes["assessments"] is None  # the incident, whose page this is
    assert causes["decisions"].kind == "assessment"
    assert causes["orders"].kind == "decision"
    assert causes["needs"] is None
    assert causes["tasks"].name == "逐户走访"
    assert causes["reviews"] is None


def test_the_timeline_is_one_sentence_a_line_and_is_filtered_by_stage(scene: Scene) -> None:
    browser = scene.browser("mayor")
    every = [line.sentence for line in browser.get(address(scene)).context["lines"]]
    assert "mayor先生 declared the incident." in every
    assert "s11-duty先生 accepted an order." in every
    assert "mayor先生 wrote the review." in every
    assert "city-duty先生 took in a report." in every
    assert "d2-duty先生 took in a report." not in every  # of a water outage, not of this epidemic
    answer = browser.get(f"{address(scene)}?stage=orders&only=decision")
    only = [line.sentence for line in answer.context["lines"]]
    assert set(only) <= set(every)
    assert "mayor先生 decided: 启动预案" in only
    assert "s11-duty先生 accepted an order." not in only
    assert answer.context["chosen"] == "orders"


def test_the_reasons_of_a_chosen_record_stand_at_the_side(scene: Scene) -> None:
    browser = scene.browser("mayor")
    answer = browser.get(f"{address(scene)}?stage=orders&record={scene.order.ref}")
    why = answer.context["why"]
    assert why.name == "设立联合值守点"
    assert {fact.label for fact in why.rules} == {"Legal basis", "Power", "Minutes allowed"}
    assert "s11-duty先生" in [act.who for act in why.acts]
    assert "verify entry" in words(answer)
    assert browser.get(f"{address(scene)}?record=command.Order:999").status_code == 404
    assert browser.get(f"{address(scene)}?record=nonsense").status_code == 200


def test_scripts_ask_for_a_part_of_the_page(scene: Scene) -> None:
    browser = scene.browser("mayor")
    chosen = f"{address(scene)}?stage=orders&record={scene.order.ref}"
    panel = words(browser.get(chosen, headers={"HX-Request": "true", "HX-Target": "why"}))
    assert "设立联合值守点" in panel
    assert "<html" not in panel


def test_river_timeline_and_stage_are_kept_fresh_by_the_live_feed(scene: Scene) -> None:
    text = words(scene.browser("mayor").get(address(scene)))
    for part in ("river", "course", "stage"):
        assert f'id="{part}" data-live' in text


def test_a_person_of_a_branch_sees_only_the_branch(scene: Scene) -> None:
    """The incident is the city's: a district is not shown it, but its own orders."""
    assert scene.browser("d1-duty").get(address(scene)).status_code == 404
    listed = scene.browser("d1-duty").get("/r/command/orders/")
    assert listed.context["total"] == 2
    assert scene.browser("d2-duty").get("/r/command/orders/").context["total"] == 0


def test_the_list_shows_open_incidents_with_their_rivers_and_closed_ones_below(
    scene: Scene,
) -> None:
    browser = scene.browser("mayor")
    answer = browser.get("/incidents/")
    assert [i["incident"].pk for i in answer.context["shown"]] == [scene.upstream.incident.pk]
    assert "2 late, up to 2 h 30 min" in words(answer)
    close_incident(
        incident=scene.upstream.incident, reason="两周无新发", by=scene.city.person("mayor"),
        now=START + timedelta(hours=2),
    )  # fmt: skip
    answer = browser.get("/incidents/")
    assert answer.context["shown"] == []
    assert "No incident is open in your area." in words(answer)
    assert scene.upstream.incident.title in words(answer)
    assert "closed the incident: 两周无新发" in words(browser.get(address(scene)))


def test_a_line_not_sealed_yet_says_so(scene: Scene) -> None:
    close_incident(
        incident=scene.upstream.incident, reason="结束", by=scene.city.person("mayor"), now=NOW
    )
    browser = scene.browser("mayor")
    page = f"/r/assessment/incidents/{scene.upstream.incident.pk}"
    assert "not sealed yet" in words(browser.get(page))
    seal(now=NOW)
    assert "not sealed yet" not in words(browser.get(page))


def test_every_source_names_a_list_that_is_there() -> None:
    from gongzhi.actors.queries import LISTINGS

    for source in SOURCES:
        assert (source.room, source.listing) in LISTINGS
        assert source.stage in NAMES
