"""The form of every deed: it is drawn, it refuses in sentences, it does the deed once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localtime

from gongzhi.actors.models import Delegation, Unit
from gongzhi.decision.models import Decision, Measure
from gongzhi.exchange.models import Dataset
from gongzhi.interfaces.console.forms.asking import asks_of
from gongzhi.interfaces.inputs import deeds_by_hand
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.models import Entry, Receipt
from gongzhi.parameters import names
from gongzhi.sensing.models import Report
from tests.examples import some_of
from tests.interfaces.console_scene import SECRET_PHONE, SECRET_WORDS, Scene, seen, words

DEEDS = deeds_by_hand()
ASKING = [deed for deed in DEEDS if any(ask.required for ask in asks_of(deed))]


def name(deed: Deed) -> str:
    return f"{deed.room}/{deed.verb}"


@pytest.fixture
def mayor(scene: Scene) -> Client:
    return scene.browser("mayor")


def test_every_deed_has_a_form_in_every_language(scene: Scene) -> None:
    for language in some_of(("zh-hans", "zh-hant", "en")):
        browser = scene.browser("mayor", language)
        for deed in DEEDS:
            answer = browser.get(f"/do/{name(deed)}")
            page = seen(answer)
            assert answer.status_code == 200, name(deed)
            assert page.blocked == [], name(deed)
            assert [i for i, count in page.ids.items() if count > 1] == [], name(deed)
            for ask in asks_of(deed):
                asked = [n for n in page.names if n == ask.name or n.startswith(f"{ask.name}-")]
                assert asked, (name(deed), ask.name)


FEW = 8
"""PostgreSQL weighs up to so many joins in every order (join_collapse_limit)."""


def joins(statement: str) -> int:
    """Joins of the longest part of a query; a query within it is planned by itself."""
    return max(part.count(" JOIN ") for part in statement.split("SELECT"))


def test_no_form_takes_more_than_a_few_joins_in_one_query(mayor: Client, scene: Scene) -> None:
    """With everything a name follows in one query, a form took twenty seconds."""
    with CaptureQueriesContext(connection) as queries:
        for deed in DEEDS:
            assert mayor.get(f"/do/{deed.room}/{deed.verb}").status_code == 200
    assert {q["sql"] for q in queries if joins(q["sql"]) > FEW} == set()


def test_every_form_refuses_to_be_sent_empty_with_a_sentence_for_each_field(scene: Scene) -> None:
    browser = scene.browser("mayor")
    before = Entry.objects.count()
    for deed in ASKING:
        answer = browser.post(f"/do/{name(deed)}", {"once": name(deed)})
        text = words(answer)
        assert answer.status_code == 422, name(deed)
        assert "This was not done" in text
        assert answer.context["problems"], name(deed)
        for link, label, sentence in answer.context["problems"]:
            assert link.startswith("#field-"), (name(deed), label)
            assert sentence.endswith("."), (name(deed), sentence)
            assert f'id="{link[1:]}"' in text, (name(deed), link)
    assert Entry.objects.count() == before


@pytest.mark.parametrize("rubbish", ["\x00", "999999999999999999999", "–" * 5000])
def test_rubbish_in_every_field_is_refused_and_breaks_nothing(scene: Scene, rubbish: str) -> None:
    browser = scene.browser("mayor")
    for deed in DEEDS if rubbish == "\x00" else some_of(DEEDS):
        sent: dict[str, Any] = {}
        for ask in asks_of(deed):
            parts = [f"{ask.name}-0-{row.name}" for row in ask.rows] or [ask.name]
            sent |= dict.fromkeys(parts, rubbish)
        answer = browser.post(f"/do/{name(deed)}", sent)
        assert 400 <= answer.status_code < 500, (name(deed), answer.status_code)
        assert str(answer.context["refusal"]).strip(), name(deed)


def test_what_was_typed_is_kept_when_a_form_is_refused(mayor: Client, scene: Scene) -> None:
    answer = mayor.post(
        "/do/decision/decide",
        {
            "incident": scene.upstream.incident.pk, "title": "停课一周", "reason": "",
            "legal_basis": "某法第一条", "options-0-title": "停课", "options-0-cost_cents": "12.5",
            "options-0-chosen": "true", "options-2-title": "不停课",
        },
    )  # fmt: skip
    text = words(answer)
    assert answer.status_code == 422
    assert 'value="停课一周"' in text
    assert "某法第一条" in text
    assert 'name="options-0-title" value="停课"' in text
    assert 'name="options-0-cost_cents" value="12.5"' in text
    assert 'name="options-2-title" value="不停课"' in text
    assert f'<option value="{scene.upstream.incident.pk}" selected>' in text


def test_a_deed_is_done_and_leads_to_its_record_with_a_word(mayor: Client, scene: Scene) -> None:
    upstream = scene.upstream
    answer = mayor.post(
        "/do/decision/decide",
        {
            "incident": upstream.incident.pk, "assessment": upstream.assessment.pk,
            "title": "停课一周", "reason": "儿童病例多", "legal_basis": "某法第一条",
            "options-0-title": "停课", "options-0-cost_cents": "1,200.50",
            "options-0-chosen": "true", "options-2-title": "不停课",
            "options-2-reason_refused": "太慢", "options-5-title": "", "once": "k1",
        },
        follow=True,
    )  # fmt: skip
    decision = Decision.objects.get(title="停课一周")
    assert answer.redirect_chain == [(f"/r/decision/decisions/{decision.pk}", 302)]
    assert "Done: Decide · 停课一周." in words(answer)
    options = {o.title: o for o in decision.options.all()}
    assert options["停课"].cost_cents == 120_050
    assert options["停课"].chosen
    assert options["不停课"].reason_refused == "太慢"
    assert len(options) == 2


def test_the_same_form_sent_twice_is_done_once(mayor: Client, scene: Scene) -> None:
    sent = {
        "place": scene.city["S11"].pk, "stream": "fever", "channel": "hotline", "text": "又一例",
        "once": "twice",
    }  # fmt: skip
    first = mayor.post("/do/sensing/receive_report", sent)
    second = mayor.post("/do/sensing/receive_report", sent)
    assert first["Location"] == second["Location"]
    assert Report.objects.filter(text="又一例").count() == 1
    assert Receipt.objects.filter(key="console:twice").count() == 1


def test_a_time_is_read_in_the_zone_of_the_city(mayor: Client, scene: Scene) -> None:
    sent = {
        "decision": scene.upstream.decision.pk, "area": scene.city["D1"].pk, "kind": "testing",
        "title": "检测", "ends_at": "2021-03-05T18:30", "once": "k",
    }  # fmt: skip
    assert mayor.post("/do/decision/set_measure", sent).status_code == 302
    measure = Measure.objects.get(title="检测")
    assert f"{localtime(measure.ends_at):%Y-%m-%d %H:%M}" == "2021-03-05 18:30"
    answer = mayor.get("/do/decision/renew_measure?ends_at=2021-03-05T10:30:00%2B00:00")
    assert 'value="2021-03-05T18:30"' in words(answer)


def test_a_refusal_of_the_deed_stands_over_the_form_in_its_own_sentence(
    mayor: Client, scene: Scene
) -> None:
    level = {
        "decision": scene.upstream.decision.pk, "area": scene.city["C"].pk, "grade": "2",
        "once": "k",
    }  # fmt: skip
    answer = mayor.post("/do/decision/change_level", level)
    assert answer.status_code == 409
    assert "This level is in force already. There is nothing to change." in words(answer)


def test_a_form_says_beforehand_what_would_be_refused(scene: Scene) -> None:
    order = scene.order
    browser = scene.browser("d2-duty")
    assert browser.get(f"/do/command/finish_order?order={order.pk}").status_code == 200
    text = words(scene.browser("k111-worker").get(f"/do/command/accept_order?order={order.pk}"))
    assert "You cannot do this now" not in text
    text = words(scene.browser("s11-duty").get(f"/do/command/accept_order?order={order.pk}"))
    assert "You cannot do this now" in text
    assert "s11-duty先生 accepted this order on" in text


def test_a_foreign_record_cannot_be_named_in_a_form(scene: Scene) -> None:
    browser = scene.browser("d2-duty")
    sent = {"order": scene.order.pk, "result": "done", "once": "k"}
    answer = browser.post("/do/command/finish_order", sent)
    assert answer.status_code == 404
    assert f'<option value="{scene.order.pk}"' not in words(answer)
    scene.order.refresh_from_db()
    assert scene.order.state == "accepted"


def test_a_draft_of_many_gets_more_rows_without_scripts(mayor: Client) -> None:
    answer = mayor.post("/do/sensing/receive_reports", {"reports-0-text": "一", "more": "reports"})
    assert answer.status_code == 200
    rows = [n for n in seen(answer).names if n.endswith("-text") and "NEW" not in n]
    assert rows == [f"reports-{n}-text" for n in range(4)]
    assert ">一</textarea>" in words(answer)


def test_many_reports_are_taken_in_and_a_wrong_row_is_named(mayor: Client, scene: Scene) -> None:
    place = str(scene.city["S11"].pk)
    row = {"place": place, "stream": "fever", "channel": "form", "text": "多例"}
    sent = {f"reports-{n}-{k}": v for n in (0, 2) for k, v in row.items()} | {"once": "a"}
    answer = mayor.post("/do/sensing/receive_reports", sent | {"reports-2-persons": "many"})
    assert answer.status_code == 422
    assert answer.context["problems"] == [
        ("#field-reports-2-persons", "Persons", "Give a whole number.")
    ]
    assert mayor.post("/do/sensing/receive_reports", sent).status_code == 302
    assert Report.objects.filter(text="多例").count() == 2


def test_a_name_or_a_code_does_for_a_number(mayor: Client, scene: Scene) -> None:
    sent = {"stream": "fever", "channel": "form", "text": "按名字", "once": "k"}
    assert mayor.post("/do/sensing/receive_report", sent | {"place": "桥头街道"}).status_code == 302
    assert Report.objects.get(text="按名字").place.code == "S11"
    answer = mayor.post("/do/sensing/receive_report", sent | {"place": "第一网格", "once": "l"})
    assert answer.status_code == 422
    assert "“第一网格” fits no record here, or several." in words(answer)


def test_where_there_are_many_one_searches(
    mayor: Client, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gongzhi.interfaces.console.forms.choices.LISTED", 3)
    text = words(mayor.get("/do/sensing/receive_report"))
    assert "/pick/sensing/receive_report/place" in text
    assert "/pick/sensing/receive_reports/reports.place" in words(
        mayor.get("/do/sensing/receive_reports")
    )
    found = words(mayor.get("/pick/sensing/receive_report/place", {"place": "桥头"}))
    assert f'<option value="{scene.city["S11"].pk}">桥头街道 · S11</option>' in found
    assert "渡口街道" not in found
    rows = mayor.get("/pick/sensing/receive_reports/reports.place", {"reports-0-place": "渡口"})
    assert "渡口街道" in words(rows)
    assert mayor.get("/pick/sensing/receive_report/text").status_code == 404


def test_a_search_ends_at_the_own_area(scene: Scene) -> None:
    browser = scene.browser("d1-duty")
    assert words(browser.get("/pick/sensing/receive_report/place", {"q": "渡口"})).strip() == ""


def test_reading_personal_words_shows_them_once_and_is_written_down(scene: Scene) -> None:
    browser = scene.browser("s11-duty")
    record = words(browser.get(f"/r/sensing/reports/{scene.report.pk}"))
    assert SECRET_WORDS not in record
    answer = browser.post("/do/sensing/read_report", {"report": scene.report.pk, "once": "k"})
    assert answer.status_code == 200
    assert SECRET_WORDS in words(answer)
    assert SECRET_PHONE in words(answer)
    assert "no-store" in answer["Cache-Control"]
    assert Entry.objects.filter(verb="sensing.read_report").count() == 1
    assert not Receipt.objects.filter(answer__contains=SECRET_WORDS).exists()


def test_a_file_is_loaded_by_its_own_name(mayor: Client, scene: Scene) -> None:
    standard = """
apiVersion: v3.0.2
kind: DataContract
id: places
version: 1.0.0
status: active
"""
    answer = mayor.post(
        "/do/exchange/adopt_standard",
        {"at": scene.city["C"].pk, "document": standard, "once": "s"},
    )
    assert answer.status_code == 422
    assert not Dataset.objects.exists()
    answer = mayor.post("/do/exchange/receive_file", {"once": "f"})
    labels = [label for _link, label, _sentence in answer.context["problems"]]
    assert labels == ["Data set", "Name of the file", "File"]
    answer = mayor.post(
        "/do/exchange/receive_file",
        {"content": SimpleUploadedFile("counts.csv", b"place,value\n"), "once": "f"},
    )
    assert [label for _l, label, _s in answer.context["problems"]] == ["Data set"]


def test_a_power_is_lent_by_hand_with_its_limit_in_yuan(mayor: Client, scene: Scene) -> None:
    units = {u.code: u.pk for u in Unit.objects.all()}
    answer = mayor.post(
        "/do/actors/delegate",
        {
            "lender": units["C"], "borrower": units["D1"], "area": units["D1"],
            "powers": ["activate_plan", "decide"],
            "legal_basis": "授权书", "ends_at": "2021-03-02T00:00", "limit_cents": "500",
            "once": "d",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    lent = Delegation.objects.get()
    assert (lent.limit_cents, lent.powers) == (50_000, ["activate_plan", "decide"])
    page = words(mayor.get(f"/r/actors/delegations/{lent.pk}"))
    assert "activate plan, decide · 临江市 → 东岸区" in page
    assert re.search(r"Powers</dt><dd>\s*activate plan, decide", page)


def test_several_powers_are_ticked_and_stay_ticked_after_a_refusal(
    mayor: Client, scene: Scene
) -> None:
    page = words(mayor.get("/do/actors/delegate"))
    boxes = re.findall(r'type="checkbox" name="powers" value="(\w+)"', page)
    assert sorted(boxes) == sorted(names("powers"))
    answer = mayor.post("/do/actors/delegate", {"powers": ["decide", "set_measure"], "once": "d"})
    assert answer.status_code == 422
    ticked = re.findall(r'name="powers" value="(\w+)" checked', words(answer))
    assert sorted(ticked) == ["decide", "set_measure"]
    answer = mayor.post("/do/actors/delegate", {"once": "d"})
    assert "Powers" in [label for _link, label, _s in answer.context["problems"]]
    assert not Delegation.objects.exists()


def test_an_unknown_deed_is_not_there(mayor: Client) -> None:
    assert mayor.get("/do/sensing/climb_silent_warnings").status_code == 404
    answer = mayor.get("/do/nothing/at_all")
    assert answer.status_code == 404
    assert "There is no deed “at_all” in the room “nothing”." in words(answer)
