"""The wall screen: the river as the spine, figures, map and calls, dark, for one area only."""

from __future__ import annotations

import pytest

from gongzhi.assessment.models import Incident
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.pages.wall import figures_of
from gongzhi.interfaces.console.river import course_of, river_of
from gongzhi.sensing.models import Warning
from tests.interfaces.console_scene import NOW, Scene, play, seen, words
from tests.once import once
from tests.rooms.cast import City
from tests.rooms.scenes import red_warning


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def scene() -> Scene:
    return play()


def test_the_wall_shows_the_open_incident_with_its_river_and_calls(scene: Scene) -> None:
    answer = scene.browser("mayor").get("/wall")
    page = words(answer)
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert 'data-ground="wall"' in page
    assert scene.upstream.incident.title in page
    assert '<ol class="river"' in page
    assert "东岸区水务局" in page
    assert 'id="map"' in page
    assert [name for name, count in seen(answer).ids.items() if count > 1] == []


def test_the_figures_are_those_of_the_records(scene: Scene) -> None:
    red_warning(scene.city, "S21")
    figures = figures_of(scene.upstream.incident, Reader(scene.city.person("mayor"), NOW))
    assert figures.red == 2
    assert figures.yellow == 0
    assert (figures.orders_done, figures.orders, figures.orders_late) == (0, 2, 1)
    assert (figures.visits_done, figures.visits) == (0, 1)
    assert figures.delivered_percent == 0
    assert figures.measures == 1


def test_the_river_and_the_figures_count_the_same_red_warnings(scene: Scene) -> None:
    reader, incident = Reader(scene.city.person("mayor"), NOW), scene.upstream.incident
    ended = red_warning(scene.city, "S21")
    Warning.objects.filter(pk=ended.pk).update(state="ended", ended_at=NOW)
    warning = next(s for s in river_of(course_of(incident, NOW), reader) if s.key == "warning")
    assert (warning.says, figures_of(incident, reader).red) == ("red 1", 1)
    Warning.objects.update(state="ended", ended_at=NOW)
    warning = next(s for s in river_of(course_of(incident, NOW), reader) if s.key == "warning")
    assert (warning.says, warning.state) == ("red 2", "reached")


def test_another_incident_can_be_asked_for_and_a_foreign_one_not(scene: Scene) -> None:
    number = scene.upstream.incident.pk
    assert scene.browser("mayor").get(f"/wall?incident={number}").status_code == 200
    answer = scene.browser("d2-duty").get(f"/wall?incident={number}")
    assert answer.status_code == 404
    assert scene.upstream.incident.title not in words(answer)


def test_a_lower_tier_is_told_what_is_public_of_an_incident_that_covers_it(scene: Scene) -> None:
    for path in ("/wall", "/incidents/"):
        page = words(scene.browser("s21-duty").get(path))
        assert "Declared for a wider area that covers yours" in page
        assert scene.upstream.incident.title in page
        assert "No incident is open" not in page
        assert "桥头" not in page
        assert "orders done" not in page


def test_another_branch_is_not_told_of_it(scene: Scene) -> None:
    Incident.objects.update(area=scene.city["S11"])
    for path in ("/wall", "/incidents/"):
        page = words(scene.browser("s21-duty").get(path))
        assert scene.upstream.incident.title not in page
        assert "No incident is open" in page


def test_without_an_incident_the_wall_says_so(city: City) -> None:
    from tests.interfaces.pages import browser

    answer = browser(city, "mayor").get("/wall")
    assert answer.status_code == 200
    assert "No incident is open." in words(answer)
