"""The map: its GeoJSON is correct, the table says the same, and nobody sees a foreign branch."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from gongzhi.decision.actions import change_level
from gongzhi.interfaces import clock
from tests.interfaces.console_scene import founded, seen
from tests.interfaces.pages import NOW, browser, outline
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import decided, open_incident, red_warning


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def city() -> City:
    made = founded()
    for number, code in enumerate(("D1", "D2", "S11", "S12", "S21", "K111")):
        outline(made[code], 118.2 + number / 50)
    return made


def areas(client: Client, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/map/areas.json?{query}")
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/geo+json"
    found: dict[str, Any] = json.loads(answer.content)
    return found


def named(collection: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {feature["properties"]["name"]: feature for feature in collection["features"]}


def test_the_geojson_holds_every_area_of_the_tier_with_its_outline(city: City) -> None:
    collection = areas(browser(city, "mayor"), "tier=street")
    features = named(collection)
    assert collection["type"] == "FeatureCollection"
    assert set(features) == {"桥头街道", "钟楼街道", "渡口街道"}
    for feature in features.values():
        [ring] = feature["geometry"]["coordinates"]
        assert feature["type"] == "Feature"
        assert feature["geometry"]["type"] == "Polygon"
        assert ring[0] == ring[-1]
        assert len(ring) >= 4
        assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)


def test_an_area_shows_the_gravest_warning_open_inside_it(city: City) -> None:
    red_warning(city, "K111", level="yellow")
    red_warning(city, "S12")
    red_warning(city, "S21", state="ended", ended_at=NOW)
    features = named(areas(browser(city, "mayor"), "tier=district"))
    east, west = features["东岸区"]["properties"], features["西岸区"]["properties"]
    assert (east["level"], east["shape"], east["warnings"]) == ("red", "▲", 2)
    assert (west["level"], west["shape"], west["warnings"]) == ("", "", 0)
    streets = named(areas(browser(city, "mayor"), "tier=street"))
    assert streets["桥头街道"]["properties"]["level"] == "yellow"
    assert streets["钟楼街道"]["properties"]["level"] == "red"


def test_the_response_level_is_the_areas_own_or_that_of_the_tier_above(city: City) -> None:
    decision = decided(city, open_incident(city, "C"))
    for code, grade in (("C", 3), ("D1", 1)):
        change_level(
            decision=decision, area=city[code], grade=grade, override_reason="x",
            by=city.person("mayor"), now=START,
        )  # fmt: skip
    features = named(areas(browser(city, "mayor"), "tier=district"))
    assert features["东岸区"]["properties"]["grade"] == 1
    assert features["西岸区"]["properties"]["grade"] == 3


def test_the_table_and_the_geojson_hold_the_same_areas(city: City) -> None:
    red_warning(city, "K111")
    client = browser(city, "mayor")
    page = client.get("/map?tier=street").content.decode()
    for feature in areas(client, "tier=street")["features"]:
        assert f'data-area="{feature["id"]}"' in page
        assert feature["properties"]["name"] in page
    assert page.count("data-area=") == 3


def test_an_area_without_an_outline_is_in_the_table_and_has_no_geometry(city: City) -> None:
    client = browser(city, "s11-duty")
    features = named(areas(client))
    assert features["桥头一社区"]["geometry"] is not None
    assert features["桥头二社区"]["geometry"] is None
    assert "桥头二社区" in client.get("/map").content.decode()


def test_a_street_sees_its_own_communities_and_nothing_else(city: City) -> None:
    red_warning(city, "S21")
    client = browser(city, "s11-duty")
    page = client.get("/map").content.decode()
    assert set(named(areas(client))) == {"桥头一社区", "桥头二社区"}
    assert "渡口" not in page
    for path in (f"/map?below={city['D2'].pk}", f"/map/areas.json?below={city['D2'].pk}"):
        assert client.get(path).status_code == 404
    assert "西岸区" not in client.get(f"/map/areas.json?below={city['D2'].pk}").content.decode()


def test_points_are_the_facilities_inside_the_area(city: City) -> None:
    every = json.loads(browser(city, "mayor").get("/map/points.json").content)["features"]
    west = json.loads(browser(city, "d2-duty").get("/map/points.json").content)["features"]
    assert {f["properties"]["kind"] for f in every} == {"hospital", "hub"}
    assert [f["properties"]["name"] for f in west] == ["西岸区人民医院"]
    assert west[0]["geometry"] == {"type": "Point", "coordinates": [
        city["H2"].lon, city["H2"].lat]}  # fmt: skip


@pytest.mark.parametrize("query", ["tier=planet", "below=0", "below=x", "below=999999"])
def test_what_is_not_there_is_refused_with_a_sentence(city: City, query: str) -> None:
    client = browser(city, "mayor")
    page, data = client.get(f"/map?{query}"), client.get(f"/map/areas.json?{query}")
    assert page.status_code == data.status_code
    assert page.status_code in (404, 422)
    assert len(json.loads(data.content)["detail"]) > 20


def test_without_a_log_in_there_is_no_map(city: City) -> None:
    assert Client().get("/map").status_code == 302
    assert Client().get("/map/areas.json").status_code == 403
    assert Client().get("/map/points.json").status_code == 403


@pytest.mark.parametrize("login", ["mayor", "d1-duty", "s11-duty", "g1111-worker", "h1-clerk"])
def test_the_page_opens_for_everybody_and_carries_no_script_or_style(
    city: City, login: str
) -> None:
    answer = browser(city, login).get("/map")
    assert answer.status_code == 200
    assert seen(answer).blocked == []
