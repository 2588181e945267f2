"""The switch of a mode is shown before it is done; forms say where and until when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation

from gongzhi.decision.models import Measure, Mode
from gongzhi.interfaces import clock
from tests.interfaces.pages import NOW, browser
from tests.rooms.cast import City
from tests.rooms.scenes import decided, open_incident

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with translation.override("en"):
        yield


def test_a_switch_is_done_only_after_its_tests_and_changes_were_shown(city: City) -> None:
    decision = decided(city, open_incident(city))
    chief = browser(city, "d1-chief")
    form = {"decision": decision.pk, "area": city["D1"].pk, "mode": "emergency", "once": "m1"}
    page = chief.post("/do/decision/switch_mode", form)
    text = page.content.decode()
    assert page.status_code == 200 and not Mode.objects.exists()
    assert "open red warnings, at least 1 (there are: 1): met" in text
    shown = re.search(r'name="shown" value="([0-9a-f]+)"', text)
    assert shown is not None
    other = chief.post("/do/decision/switch_mode", {**form, "mode": "normal", "shown": shown[1]})
    assert "Read what it rests on" in other.content.decode() and not Mode.objects.exists()
    done = chief.post("/do/decision/switch_mode", {**form, "shown": shown[1]})
    assert done.status_code == 302 and Mode.objects.get().mode == "emergency"


def test_forms_name_the_place_of_a_decision_and_the_end_of_a_measure(city: City) -> None:
    decision = decided(city, open_incident(city))
    given = {"decision": decision, "area": city["D1"], "kind": "masks", "starts_at": NOW - 2 * DAY}
    Measure.objects.create(title="Masks", ends_at=NOW + 3 * DAY, **given)
    Measure.objects.create(
        title="Schools", ends_at=NOW - DAY, state="expired",
        ended_at=NOW - DAY, **given,
    )  # fmt: skip
    chief = browser(city, "d1-chief")
    renew = chief.get("/do/decision/renew_measure").content.decode()
    assert "Masks · 东岸区 · in force · until 20" in renew and "Schools" not in renew
    assert "Act · 东岸区 · open" in chief.get("/do/decision/set_measure").content.decode()
    form = {
        "decision": decision.pk, "area": city["D1"].pk, "kind": "戴口罩", "title": "Masks",
        "ends_at": "2021-03-09T10:00",
    }  # fmt: skip
    refused = chief.post("/do/decision/set_measure", form).content.decode()
    assert "Write a short code: small Latin letters" in refused and "[a-z]" not in refused
