"""The page of the capability standard: words and shapes, the numbers behind them, nobody else's."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from gongzhi.evaluation.actions import score_capability
from gongzhi.evaluation.models import CapabilityResult, CapabilityScoring
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.words.capability import NEXT, next_act
from tests.interfaces.console_scene import seen
from tests.interfaces.pages import browser
from tests.once import once
from tests.rooms.capability import DAY, MINUTE, a_plan, called, held, result
from tests.rooms.cast import START, City
from tests.rooms.scenes import open_incident

NOW = START + 6 * DAY


@pytest.fixture(autouse=True)
def at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def scoring(city: City) -> CapabilityScoring:
    """A drill in which one thing went well and one did not; then, in earnest, one answer late."""
    flood = a_plan(city)
    held(city, flood, 1, START + DAY, WATER={"calls_answered": (5, 5), "on_site": (1, 4)})
    incident = open_incident(city, "D1", START + 3 * DAY)
    called(city, START + 3 * DAY, after=40, incident=incident)
    return score_capability(area=city["C"], by=city.person("mayor"), now=NOW - 5 * MINUTE)


def page(city: City, login: str, path: str = "", language: str = "en") -> str:
    answer = browser(city, login, language).get(f"/capability{path}")
    assert answer.status_code == 200, answer.content.decode()
    found = seen(answer)
    assert found.blocked == [] and not [i for i, n in found.ids.items() if n > 1]
    return str(answer.content.decode())


def cells(html: str, unit: str) -> dict[str, str]:
    """What stands in the row of a unit, by capability, as it is read aloud without its shape."""
    row = re.search(rf'<th scope="row">{unit}</th>(.*?)</tr>', html, re.S)
    assert row is not None
    found = re.findall(r'<td data-label="([^"]*)">(.*?)</td>', row.group(1), re.S)
    return {name: " ".join(re.sub(r"<[^>]+>", " ", said).split()) for name, said in found}


def test_a_tier_is_a_table_of_units_with_words_and_shapes(
    city: City, scoring: CapabilityScoring
) -> None:
    html = page(city, "mayor")
    row = cells(html, "东岸区水务局")
    assert row["Calls answered in time"] == "✕ not met 0/1 worse"
    assert row["On site in time"] == "✕ not met 1/4"
    assert row["Orders accepted in time"] == "○ not shown"
    assert cells(html, "桥头街道")["A deputy for each role"] == "✓ met 1/1"
    one = page(city, "mayor", "?tier=street")
    assert "桥头街道" in one and "东岸区水务局" not in one


@pytest.mark.parametrize(
    ("language", "said"), [("zh-hans", "吹哨按时应答"), ("zh-hant", "吹哨準時應答")]
)
def test_the_standard_is_told_in_the_readers_language(
    city: City, scoring: CapabilityScoring, language: str, said: str
) -> None:
    html = page(city, "mayor", language=language)
    assert said in html and "Calls answered in time" not in html


def read(city: City, row: CapabilityResult) -> str:
    """The page about one result, without its tags."""
    html = page(city, "mayor", f"/results/{row.pk}")
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_cell_opens_to_its_numbers(city: City, scoring: CapabilityScoring) -> None:
    told = read(city, result(scoring, city, "WATER", "calls_answered"))
    for said in ("0 of 1 (0 %)", "enough is 90 %", "real responses: Fever in D1",
                 "10 minutes late", "met 5 of 5 · exercise 1", "worse",
                 "plays itself"):  # fmt: skip
        assert said in told, said
    told = read(city, result(scoring, city, "WATER", "on_site"))
    assert "Drill 1" in told and "in the exercise's own house" in told
    told = read(city, result(scoring, city, "POWER", "calls_answered"))
    assert "never tested" in told and "neither a pass nor a fail" in told


def test_every_kind_of_next_act_has_a_page(city: City, scoring: CapabilityScoring) -> None:
    open_ones = scoring.results.exclude(next_act="")
    acts = set(open_ones.values_list("next_act", flat=True))
    assert acts == set(NEXT)
    for act in sorted(acts):
        row = open_ones.filter(next_act=act).order_by("id")[0]
        told = read(city, row)
        with translation.override("en"):
            assert next_act(act, str(row.unit), row.worst) in told


def test_nobody_reads_of_another_branch(city: City, scoring: CapabilityScoring) -> None:
    html = page(city, "d2-duty")
    assert "西岸区卫生健康局" in html
    assert "东岸区水务局" not in html and "桥头街道" not in html
    assert "Record and proof" not in html
    foreign = result(scoring, city, "WATER", "on_site")
    answer = browser(city, "d2-duty").get(f"/capability/results/{foreign.pk}")
    assert answer.status_code == 404
    own = score_capability(area=city["D1"], by=city.person("d1-duty"), now=NOW)
    assert browser(city, "d2-duty").get(f"/capability?scoring={own.pk}").status_code == 404
    assert browser(city, "s11-duty").get(f"/capability?scoring={own.pk}").status_code == 200


def test_the_button_scores_or_says_whom_to_ask(city: City) -> None:
    html = page(city, "mayor")
    assert "No unit of yours was scored yet" in html
    assert f"/do/evaluation/score_capability?area={city['C'].pk}" in html
    assert "aria-disabled" in page(city, "h1-clerk")
    browser(city, "mayor").post("/do/evaluation/score_capability", {"area": city["C"].pk})
    assert CapabilityScoring.objects.get().area == city["C"]
    assert CapabilityResult.objects.count() > 50


def test_the_pages_of_exercise_and_results_lead_here(
    city: City, scoring: CapabilityScoring
) -> None:
    drilled = result(scoring, city, "WATER", "on_site")
    assert drilled.exercise is not None
    client = browser(city, "mayor")
    for path, link in (
        (f"/r/command/exercises/{drilled.exercise_id}", "/capability"),
        (f"/r/evaluation/scorings/{scoring.pk}", f"/capability?scoring={scoring.pk}"),
        (f"/r/evaluation/results/{drilled.pk}", f"/capability/results/{drilled.pk}"),
    ):
        assert f'href="{link}"' in client.get(path).content.decode()
