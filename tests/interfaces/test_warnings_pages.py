"""The pages of warnings: what happened in one sentence, the series, the act and its refusals."""

from __future__ import annotations

import pytest
from django.utils import translation

from gongzhi.interfaces import clock
from gongzhi.sensing.course import course_of
from gongzhi.sensing.models import Warning
from gongzhi.sensing.words import warning_reasons, warning_sentence
from tests.interfaces.console_scene import seen, words
from tests.interfaces.pages import NOW, TODAY, browser, surge
from tests.rooms.cast import City
from tests.rooms.scenes import lines, open_incident, red_warning


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_the_sentence_names_the_count_the_expected_and_the_gravest_reason(city: City) -> None:
    warning = surge(city)
    with translation.override("en"):
        sentence = warning_sentence(warning)
        reasons = warning_reasons(warning)
    c2 = warning.numbers["looks"][1]
    assert sentence.startswith("桥头一社区, fever: 14 on 3/1, where about ")
    assert f"{c2['mean']:.1f} were expected" in sentence
    assert sentence.endswith(reasons[0])
    assert len(reasons) >= len(warning.numbers["causes"])


@pytest.mark.parametrize(
    ("cause", "words_of_it"),
    [
        ("c2_days_running", "3 days running"),
        ("far_above", "9.5 times the usual scatter"),
        ("c1_exceeded", "exceeds C1 (bound 5.2)"),
        ("c2_exceeded", "exceeds C2 (bound 4)"),
        ("c3_exceeded", "last three days together brought 21"),
        ("rising_weeks", "rising for 3 weeks: 1 → 2 → 3 → 4.5 a day"),
        ("a_cause_of_a_later_engine", "Reason: a cause of a later engine."),
    ],
)
def test_every_cause_has_its_words(city: City, cause: str, words_of_it: str) -> None:
    bounds = {"C1": 5.23, "C2": 4.0, "C3": 1.0}
    look = {"mean": 1.2, "bound": 4.0, "sd_above": 9.5}
    numbers = {
        "on": "2021-03-01", "count": 12, "causes": [cause], "c2_days": 3, "recent_cases": 21,
        "looks": [{**look, "method": m, "bound": b} for m, b in bounds.items()],
        "weeks": {"daily_means": [1.0, 2.0, 3.0, 4.5]}, "missing_days": ["2021-02-27"],
    }  # fmt: skip
    warning = Warning(place=city["S11"], stream="fever", level="yellow", numbers=numbers)
    with translation.override("en"):
        assert words_of_it in warning_sentence(warning)
        assert warning_reasons(warning)[-1] == "No count was reported on 2/27."


def test_a_warning_without_numbers_says_so(city: City) -> None:
    warning = red_warning(city)
    with translation.override("en"):
        assert "not kept here" in warning_sentence(warning)
        assert warning_reasons(warning) == []
    assert course_of(warning) == []
    assert browser(city, "mayor").get(f"/warnings/{warning.pk}").status_code == 200


def test_the_course_repeats_what_the_detectors_saw(city: City) -> None:
    warning = surge(city)
    course = course_of(warning)
    judged = [day for day in course if day.is_judged]
    c2 = warning.numbers["looks"][1]
    assert [day.count for day in course] == warning.numbers["series"]["counts"]
    assert [day.day for day in judged] == [TODAY]
    assert judged[0].expected == pytest.approx(c2["mean"])
    assert judged[0].bound == pytest.approx(c2["bound"])
    assert judged[0].is_above
    assert sum(day.used for day in course) == 9  # C1: days 1 to 7 before; C2: days 3 to 9
    assert not judged[0].used


def test_the_page_holds_the_series_as_a_table_and_the_three_methods(city: City) -> None:
    warning = surge(city)
    answer = browser(city, "mayor").get(f"/warnings/{warning.pk}")
    page = words(answer)
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert page.count("<tr data-day=") == len(warning.numbers["series"]["counts"])
    assert "data-judged" in page
    assert all(f'<th scope="row">{method}</th>' in page for method in ("C1", "C2", "C3"))
    assert "built/echarts.js" in page


def test_charts_are_loaded_only_where_there_is_a_series(city: City) -> None:
    surge(city)
    client = browser(city, "mayor")
    assert "echarts" not in words(client.get("/warnings"))
    assert "echarts" not in words(client.get(f"/warnings/{red_warning(city, 'D2').pk}"))


def test_acknowledging_writes_the_note_and_shows_who_did(city: City) -> None:
    warning = surge(city)
    answer = browser(city, "s11-duty").post(
        f"/warnings/{warning.pk}", {"note": "疾控人员已到场"}, follow=True
    )
    warning.refresh_from_db()
    assert answer.redirect_chain == [(f"/warnings/{warning.pk}", 302)]
    assert warning.state == Warning.State.ACKNOWLEDGED
    assert warning.acknowledged_by == city.person("s11-duty")
    assert "疾控人员已到场" in words(answer)
    assert len(lines("sensing.acknowledge_warning")) == 1


def test_a_second_acknowledgement_is_refused_in_words(city: City) -> None:
    warning = surge(city)
    browser(city, "s11-duty").post(f"/warnings/{warning.pk}", {"note": "first"})
    answer = browser(city, "mayor").post(f"/warnings/{warning.pk}", {"note": "second"})
    assert answer.status_code == 409
    assert "s11-duty先生 acknowledged this warning already" in words(answer)
    assert len(lines("sensing.acknowledge_warning")) == 1


@pytest.mark.parametrize("note", ["", "x" * 301])
def test_a_note_that_does_not_fit_is_refused_and_kept(city: City, note: str) -> None:
    warning = surge(city)
    answer = browser(city, "mayor").post(f"/warnings/{warning.pk}", {"note": note})
    warning.refresh_from_db()
    assert answer.status_code == 422
    assert warning.state == Warning.State.ISSUED
    assert f">{note}</textarea>" in words(answer)
    assert 'role="alert"' in words(answer)


def test_who_lacks_the_power_sees_why_instead_of_a_button(city: City) -> None:
    warning = red_warning(city, "K111")
    answer = browser(city, "g1111-worker").get("/warnings")
    assert answer.status_code == 200
    answer = browser(city, "k111-worker").get(f"/warnings/{warning.pk}")
    page = words(answer)
    assert answer.status_code == 200
    assert 'aria-disabled="true"' in page
    assert "You do not hold the power" in page
    refused = browser(city, "k111-worker").post(f"/warnings/{warning.pk}", {"note": "trying"})
    assert refused.status_code == 403


def test_a_foreign_branch_sees_nothing(city: City) -> None:
    warning = surge(city)
    client = browser(city, "d2-duty")
    assert "桥头" not in words(client.get("/warnings"))
    for answer in (
        client.get(f"/warnings/{warning.pk}"),
        client.post(f"/warnings/{warning.pk}", {"note": "not mine"}),
    ):
        assert answer.status_code == 404
        assert "桥头" not in words(answer)
    warning.refresh_from_db()
    assert warning.state == Warning.State.ISSUED


def test_what_followed_is_linked(city: City) -> None:
    incident = open_incident(city, "D1")
    page = words(browser(city, "mayor").get(f"/warnings/{incident.warning_id}"))
    assert incident.title in page
    assert "No incident was declared" not in page


def test_the_list_has_the_silent_first_and_the_ended_apart(city: City) -> None:
    known = red_warning(
        city, "S11", state="acknowledged", acknowledged_by=city.person("mayor"), acknowledged_at=NOW
    )
    red_warning(city, "S12", level="yellow")
    red_warning(city, "S21", state="ended", ended_at=NOW)
    client = browser(city, "mayor")
    page = words(client.get("/warnings"))
    assert page.index("钟楼街道") < page.index("桥头街道")
    assert "渡口街道" not in page
    assert "1 not acknowledged" in page
    assert f"/warnings/{known.pk}" in page
    assert "渡口街道" in words(client.get("/warnings?show=ended"))


def test_an_empty_list_says_that_it_is_good(city: City) -> None:
    assert "No warning is open" in words(browser(city, "mayor").get("/warnings"))
