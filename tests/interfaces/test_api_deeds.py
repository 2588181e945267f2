"""Every deed as an operation of the API: who may ask, what is refused, and in which words."""

from __future__ import annotations

import base64
import json
import types
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext
from pydantic import BaseModel

from gongzhi.actors.queries import LISTINGS
from gongzhi.interfaces.inputs import deeds_by_hand, schema_of
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.models import Receipt
from gongzhi.ledger.records import Record
from gongzhi.sensing.models import Report
from tests.interfaces.api_world import (
    NOW,
    World,
    built_world,
    lines_written,
    problem_of,
    world,
)  # fmt: skip
from tests.rooms.cast import START

__all__ = ["built_world", "world"]

load_rooms()
DEEDS = deeds_by_hand()
every_deed = pytest.mark.parametrize("deed", DEEDS, ids=lambda d: f"{d.room}-{d.verb}")


def path_of(deed: Deed) -> str:
    return f"{deed.room}/{deed.verb}"


# Who may ask --------------------------------------------------------------------------------------


def test_nobody_is_let_in_without_a_log_in(world: World) -> None:
    paths = [(f"{d.room}/{d.verb}", True) for d in DEEDS]
    paths += [(f"{room}/{name}", False) for room, name in LISTINGS]
    paths += [(f"{room}/{name}/1", False) for room, name in LISTINGS]
    strict = Client(enforce_csrf_checks=True)
    for path, is_deed in paths:
        ask = strict.post if is_deed else strict.get
        for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic eDp5"}):
            answer = ask(f"/api/{path}", headers=headers)
            told = problem_of(answer, 401)
            assert "/api/token" in told["detail"]
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert len(paths) > 120


def test_a_token_ends_with_its_password_its_person_and_its_hours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = world.city.person("s12-duty")
    world.tokens.pop("s12-duty", None)
    assert world.get("s12-duty", "actors/units").status_code == 200
    type(person).objects.filter(pk=person.pk).update(password="!changed")
    problem_of(world.get("s12-duty", "actors/units"), 401)
    type(person).objects.filter(pk=person.pk).update(password="!", is_active=False)
    problem_of(world.get("s12-duty", "actors/units"), 401)
    type(person).objects.filter(pk=person.pk).update(is_active=True)
    assert world.get("s12-duty", "actors/units").status_code == 200
    monkeypatch.setattr("gongzhi.interfaces.api.tokens.HOURS", -1)
    problem_of(world.get("s12-duty", "actors/units"), 401)


def test_a_session_counts_but_not_from_another_site(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.city.person("d1-duty"))
    assert browser.get("/api/sensing/reports").status_code == 200
    body = json.dumps(report(world)).encode()
    told = problem_of(
        browser.post("/api/sensing/receive_report", body, content_type="application/json"), 403
    )
    assert "/api/token" in told["detail"]
    browser.get("/login")
    token = browser.cookies["csrftoken"].value
    answer = browser.post(
        "/api/sensing/receive_report", body, content_type="application/json",
        headers={"x-csrftoken": token},
    )  # fmt: skip
    assert answer.status_code == 201, answer.content


def test_a_token_is_given_for_the_right_password_only(world: World) -> None:
    answer = world.post("", "token", {"login": "founder", "password": "a long founding phrase"})
    assert answer.status_code == 200
    token = json.loads(answer.content)["token"]
    assert world.get("", "actors/units", authorization=f"Bearer {token}").status_code == 200
    for login, password in (("founder", "wrong"), ("nobody", "wrong"), ("mayor", "!")):
        told = problem_of(world.post("", "token", {"login": login, "password": password}), 403)
        assert told["detail"] == gettext(
            "The log-in or the password is not right. Check both and try again."
        )
    for bad in ({"login": "a\x00b", "password": "x"}, {"login": "x", "password": "\ud800"}):
        problem_of(world.post("", "token", bad), 422)


# What is refused, field by field ------------------------------------------------------------------


def wrong_values(annotation: Any) -> list[Any]:
    """Values that an input of this type cannot take, the worst a client may send."""
    kind, many = stripped(annotation)
    always: list[Any] = [{"a": {"b": 1}}, [[[]]]]
    if many:
        return [*always, "text", 5, True, [None], [{"a": 1}], ["\x00"], [2**80]]
    if issubclass(kind, Record):
        return [*always, "abc", 1.5, 0, -1, 2**63, 10**400, "9" * 5000, "\x00", []]
    if issubclass(kind, Enum):
        return [*always, "nothing of the kind", "", -7, 1.5, []]
    if kind is bool:
        return [*always, "perhaps", 5, 1.5, []]
    if kind is int:
        return [*always, "many", 1.5, -(2**63), 2**63, 10**400, "\x00", []]
    if kind is float:
        return [*always, "much", "NaN", "Infinity", -1e308, 1e308, []]
    if kind in (datetime, date):
        return [*always, "soon", "2021-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00",
                "9999-12-31T23:59:59-14:00", 10**18, -5, "\x00", []]  # fmt: skip
    if kind is bytes:
        return [*always, "äöü", "a", 5, "\x00", []]
    assert kind is str, annotation
    return [*always, 5, True, "a\x00b", "\ud800", "x" * 300_000, []]


def stripped(annotation: Any) -> tuple[type[Any], bool]:
    """The plain type behind an annotation, and whether it is a list of it."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return stripped(args[0])
    if origin in (Union, types.UnionType):
        return stripped(next(a for a in args if a is not type(None)))
    if origin is list:
        return stripped(args[0])[0], True
    return annotation, False


@every_deed
def test_a_wrong_type_in_any_field_gets_a_sentence_for_that_field(world: World, deed: Deed) -> None:
    before = lines_written()
    wrong = {i.name: wrong_values(i.annotation) for i in deed.inputs}
    for turn in range(max(map(len, wrong.values()))):
        body = {name: values[turn % len(values)] for name, values in wrong.items()}
        told = problem_of(world.post("mayor", path_of(deed), body, accept_language="en"), 422)
        blamed = {name.split(".")[0] for name in told["fields"]}
        assert blamed == set(wrong), (turn, body, told)
        for sentence in told["fields"].values():
            assert sentence[0].isupper() and sentence.endswith("."), (turn, sentence)
            assert "cannot be understood" not in sentence, (turn, body, sentence)
    assert lines_written() == before


@every_deed
def test_what_is_missing_or_unknown_is_named(world: World, deed: Deed) -> None:
    told = problem_of(world.post("mayor", path_of(deed), {"surplus": 1}, accept_language="en"), 422)
    needed = {i.name for i in deed.inputs if i.required}
    assert set(told["fields"]) == {*needed, "surplus"}
    assert {told["fields"][name] for name in needed} <= {"This is needed."}


def drafts() -> list[tuple[Deed, str, type[BaseModel]]]:
    """The inputs that are lists of drafts."""
    return [
        (deed, i.name, stripped(i.annotation)[0])
        for deed in DEEDS
        for i in deed.inputs
        if issubclass(stripped(i.annotation)[0], BaseModel)
    ]


@pytest.mark.parametrize(
    ("deed", "name", "draft"), drafts(), ids=lambda p: getattr(p, "verb", getattr(p, "__name__", p))
)
def test_a_wrong_type_in_a_line_of_a_batch_is_named_with_its_line(
    world: World, deed: Deed, name: str, draft: type[BaseModel]
) -> None:
    wrong = {
        field: wrong_values(
            Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        )
        for field, info in draft.model_fields.items()
    }
    others = {i.name: "x" for i in deed.inputs if i.required and stripped(i.annotation)[0] is str}
    for turn in range(max(map(len, wrong.values()))):
        line = {field: values[turn % len(values)] for field, values in wrong.items()}
        told = problem_of(world.post("mayor", path_of(deed), {**others, name: [line]}), 422)
        blamed = {key.split(".")[2] for key in told["fields"] if key.startswith(f"{name}.0.")}
        left = set(wrong) - blamed
        # A number of a record in a draft is a plain number there: the deed looks it up.
        assert left <= {f for f in left if line[f] in (0, -1, -(2**63))}, (turn, line, told)


def test_there_are_batches_among_the_deeds() -> None:
    assert len(drafts()) >= 6


# Bodies that are no deed at all -------------------------------------------------------------------

NOT_JSON = [b"{", b"\xff\xfe", b"nonsense", b'{"a": 1', b"[" * 200_000, b"\x00", b'"\xff"']
NOT_AN_OBJECT = [
    b"[]",
    b'"\xed\xa0\x80"',
    b'"\\ud800"',
    b"null",
    b"5",
    b'"text"',
    b"true",
    b"1e999",
    b"NaN",
    b"{}",
    b"",
]


@pytest.mark.parametrize("body", NOT_JSON, ids=range(len(NOT_JSON)))
def test_what_is_not_json_is_sent_back(world: World, body: bytes) -> None:
    told = problem_of(world.post("d1-duty", "sensing/receive_report", body), 400)
    assert told["detail"] == gettext("The body is not readable as JSON. Correct and send again.")


@pytest.mark.parametrize("body", NOT_AN_OBJECT, ids=range(len(NOT_AN_OBJECT)))
def test_json_that_is_not_a_deed_is_sent_back(world: World, body: bytes) -> None:
    problem_of(world.post("d1-duty", "sensing/receive_report", body), 422)


def test_deeply_nested_json_breaks_nothing(world: World) -> None:
    for depth in (500, 50_000, 2_000_000):
        body = b'{"place": ' + b"[" * depth + b"]" * depth + b"}"
        problem_of(world.post("d1-duty", "sensing/receive_report", body), 400, 422)
    for key in ("a" * 100_000, "\x00", "\ud800", "__proto__", "by", "now"):
        problem_of(world.post("d1-duty", "sensing/receive_report", {key: 1}), 422)


def test_a_very_large_body_is_read_or_refused_whole(world: World) -> None:
    twenty = json.dumps(report(world, text="x" * 20_000_000)).encode()
    told = problem_of(world.post("d1-duty", "sensing/receive_report", twenty), 422)
    assert "text" in told["fields"]
    told = problem_of(world.post("d1-duty", "sensing/receive_report", b" " * 30_000_000), 413)
    assert told["detail"]
    dataset = world.branches[0].of(LISTINGS["exchange", "datasets"])
    content = base64.b64encode(b"\xff" * 20_000_000).decode()
    body = {"dataset": dataset.pk, "file_name": "a.bin", "content": content}
    problem_of(world.post("d1-duty", "exchange/receive_file", body), 403, 409, 422)


def test_an_address_that_is_not_there_and_a_method_that_is_not_taken(world: World) -> None:
    for path in ("nothing", "sensing/nothing", "sensing/reports/abc", "sensing/reports/1/2",
                 "sensing/issue_warnings",
                 "ledger/seal", "", "%00", "sensing/reports/%00"):  # fmt: skip
        problem_of(world.get("mayor", path), 404, 422, 405)
    answer = world.post("mayor", "sensing/reports", {})
    told = problem_of(answer, 405)
    assert "POST" in told["detail"] and answer.headers["Allow"] == "GET"
    problem_of(Client(raise_request_exception=False).delete("/api/sensing/reports"), 405)
    problem_of(world.get("mayor", "units", host="elsewhere.example"), 400)


def test_deeds_of_the_clock_are_not_there(world: World) -> None:
    from gongzhi.ledger.deeds import CATALOGUE

    hidden = [d for d in CATALOGUE.values() if not d.by_hand]
    assert len(hidden) > 5
    for deed in hidden:
        problem_of(world.post("founder", path_of(deed), {}), 404)


# Times --------------------------------------------------------------------------------------------


def report(world: World, **more: Any) -> dict[str, Any]:
    """A report that anyone on duty in the first district may give."""
    return {
        "place": world.city["K111"].pk, "stream": "fever", "channel": "hotline", "text": "发热",
        **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2021-03-01T09:30:00", datetime(2021, 3, 1, 1, 30, tzinfo=UTC)),
        ("2021-03-01 09:30", datetime(2021, 3, 1, 1, 30, tzinfo=UTC)),
        ("2021-03-01T09:30:00+08:00", datetime(2021, 3, 1, 1, 30, tzinfo=UTC)),
        ("2021-03-01T01:30:00Z", datetime(2021, 3, 1, 1, 30, tzinfo=UTC)),
        ("2021-02-28T20:30:00-05:00", datetime(2021, 3, 1, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_the_citys(world: World, given: str, meant: datetime) -> None:
    answer = world.post("d1-duty", "sensing/receive_report", report(world, observed_at=given))
    assert answer.status_code == 201, answer.content
    number = json.loads(answer.content)["record"]["id"]
    assert Report.objects.get(pk=number).observed_at == meant
    shown = json.loads(world.get("d1-duty", f"sensing/reports/{number}").content)["record"]
    assert shown["received_at"] == "2021-03-01T12:00:00+08:00"


def test_the_future_is_refused_for_what_was_observed(world: World) -> None:
    later = (NOW + timedelta(minutes=1)).isoformat()
    told = problem_of(
        world.post("d1-duty", "sensing/receive_report", report(world, observed_at=later)), 422
    )
    assert set(told["fields"]) == {"observed_at"}


# The same thing once ------------------------------------------------------------------------------


def test_the_same_key_does_a_deed_once(world: World) -> None:
    before, lines = Report.objects.count(), lines_written()
    body = report(world)
    first = world.post("d1-duty", "sensing/receive_report", body, idempotency_key="k-1")
    again = world.post("d1-duty", "sensing/receive_report", body, idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first.headers
    assert (Report.objects.count(), lines_written()) == (before + 1, lines + 1)


def test_the_same_key_for_another_body_or_deed_is_refused(world: World) -> None:
    body = report(world)
    world.post("d1-duty", "sensing/receive_report", body, idempotency_key="k-1")
    before, lines = Report.objects.count(), lines_written()
    other = world.post(
        "d1-duty", "sensing/receive_report", report(world, text="别的"), idempotency_key="k-1"
    )
    problem_of(other, 422)
    units = {"reports": [body]}
    problem_of(world.post("d1-duty", "sensing/receive_reports", units, idempotency_key="k-1"), 422)
    assert (Report.objects.count(), lines_written()) == (before, lines)


def test_a_key_belongs_to_one_person(world: World) -> None:
    body = report(world)
    for login in ("d1-duty", "s11-duty"):
        answer = world.post(login, "sensing/receive_report", body, idempotency_key="k-1")
        assert answer.status_code == 201
        assert "Idempotent-Replay" not in answer.headers


def test_a_refused_deed_leaves_its_key_free(world: World) -> None:
    late = report(world, observed_at=(NOW + timedelta(hours=1)).isoformat())
    problem_of(world.post("d1-duty", "sensing/receive_report", late, idempotency_key="k-1"), 422)
    answer = world.post("d1-duty", "sensing/receive_report", report(world), idempotency_key="k-1")
    assert answer.status_code == 201
    assert Receipt.objects.filter(key="k-1").count() == 1


@pytest.mark.parametrize("key", [" ", "a b", "x" * 201, "ä", "a\tb", "\x7f"])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    problem_of(
        world.post("d1-duty", "sensing/receive_report", report(world), idempotency_key=key), 422
    )


# In which words -----------------------------------------------------------------------------------

LANGUAGES = ("zh-hans", "zh-hant", "en")


def test_a_refusal_speaks_the_language_of_the_header(world: World) -> None:
    """Django's own words for a bad password are translated whatever our catalogues hold."""
    body = {"unit": world.city["D1"].pk, "login": "new", "name": "新", "password": "password1234",
            "role": "officer"}  # fmt: skip
    said = {}
    for language in LANGUAGES:
        answer = world.post("d1-chief", "actors/appoint", body, accept_language=language)
        told = problem_of(answer, 422)
        assert answer.headers["Content-Language"] == language
        said[language] = told["fields"]["password"]
    assert "too common" in said["en"]
    assert "密码" in said["zh-hans"] and "密碼" in said["zh-hant"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_sentences_come_in_the_language_of_the_header(world: World, language: str) -> None:
    answers = {
        "This is needed.": world.post(
            "mayor", "sensing/claim_report", {}, accept_language=language
        ),
        "Only the founder holds the clock. Choose another role.": world.post(
            "d1-chief", "actors/appoint",
            {"unit": world.city["D1"].pk, "login": "new", "name": "新",
             "password": "a long enough phrase", "role": "clock"},
            accept_language=language,
        ),
    }  # fmt: skip
    with translation.override(language):
        for english, answer in answers.items():
            told = problem_of(answer, 422)
            assert gettext(english) in (told["detail"], told["fields"].get("report"))


def test_a_header_in_no_language_of_ours_gets_the_citys(world: World) -> None:
    for header in ("tlh", "", "x" * 500, "zh", "en-GB;q=0.9, zh;q=0.1"):
        answer = world.post("mayor", "sensing/claim_report", {}, accept_language=header)
        expected = "en" if header.startswith("en") else "zh-hans"
        assert answer.headers["Content-Language"] == expected, header


# Pages --------------------------------------------------------------------------------------------


def test_pages_give_every_record_once_in_order(world: World) -> None:
    whole = json.loads(world.get("mayor", "actors/units?limit=500").content)
    assert whole["next"] is None
    numbers = [item["id"] for item in whole["items"]]
    assert numbers == sorted(set(numbers)) and len(numbers) == 22
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = json.loads(world.get("mayor", f"actors/units?limit=4&after={after}").content)
        assert 0 < len(page["items"]) <= 4
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
    assert seen == numbers


def test_a_record_that_comes_meanwhile_is_on_a_later_page(world: World) -> None:
    first = json.loads(world.get("d1-duty", "sensing/reports?limit=1").content)
    answer = world.post("d1-duty", "sensing/receive_report", report(world))
    new = json.loads(answer.content)["record"]["id"]
    rest = json.loads(
        world.get("d1-duty", f"sensing/reports?after={first['items'][0]['id']}").content
    )
    assert rest["items"][-1]["id"] == new


def test_a_page_that_cannot_be_is_refused(world: World) -> None:
    for query in ("limit=0", "limit=501", "limit=abc", "after=-1", "after=1.5", f"after={2**63}",
                  "limit=", "after=%00"):  # fmt: skip
        problem_of(world.get("mayor", f"actors/units?{query}"), 422)
    beyond = json.loads(world.get("mayor", f"actors/units?after={2**62}").content)
    assert beyond == {"items": [], "next": None}


# What the API says of itself ----------------------------------------------------------------------


@cache
def document() -> dict[str, Any]:
    view, args, named = resolve("/api/openapi.json")
    answer = view(RequestFactory().get("/api/openapi.json"), *args, **named)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    told: dict[str, Any] = json.loads(answer.content)
    return told


@pytest.mark.django_db
def test_anybody_may_read_the_description() -> None:
    assert json.loads(Client().get("/api/openapi.json").content) == document()


def test_the_description_is_valid_openapi_3_1() -> None:
    from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

    told = document()
    assert told["openapi"].startswith("3.1")
    assert [e.message for e in OPENAPI_31_VALIDATOR.iter_errors(told)] == []


def test_the_description_holds_every_deed_and_every_list_and_nothing_else() -> None:
    wanted = {f"/api/{d.room}/{d.verb}": {"post"} for d in DEEDS}
    wanted |= {f"/api/{room}/{name}": {"get"} for room, name in LISTINGS}
    wanted |= {f"/api/{room}/{name}/{{number}}": {"get"} for room, name in LISTINGS}
    wanted["/api/token"] = {"post"}
    assert {path: set(ops) for path, ops in document()["paths"].items()} == wanted


def test_refusals_are_described_as_problems() -> None:
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                kind = "application/problem+json" if int(status) >= 400 else "application/json"
                assert list(answer["content"]) == [kind], (path, status)


@every_deed
def test_the_description_of_a_deed_is_its_schema(deed: Deed) -> None:
    """No two shapes of one name stand in each other's place."""
    told = document()
    shapes = told["components"]["schemas"]
    operation = told["paths"][f"/api/{deed.room}/{deed.verb}"]["post"]
    described = operation["requestBody"]["content"]["application/json"]["schema"]
    own = schema_of(deed).model_json_schema()
    expected = written_out({k: v for k, v in own.items() if k != "$defs"}, own.get("$defs", {}))
    assert without_titles(written_out(described, shapes)) == without_titles(expected)


def written_out(shape: Any, shapes: dict[str, Any]) -> Any:
    """A schema with what it refers to in its place."""
    if isinstance(shape, list):
        return [written_out(one, shapes) for one in shape]
    if not isinstance(shape, dict):
        return shape
    whole = dict(shape)
    if len(whole.get("allOf", ())) == 1:  # a reference beside a default is wrapped like this
        whole = {**whole.pop("allOf")[0], **whole}
    if "$ref" in whole:
        whole = {**shapes[whole.pop("$ref").rsplit("/", 1)[1]], **whole}
    return {key: written_out(value, shapes) for key, value in whole.items()}


def without_titles(shape: Any) -> Any:
    if isinstance(shape, list):
        return [without_titles(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    return {
        key: without_titles(value)
        for key, value in shape.items()
        if key not in ("title", "default") or isinstance(value, dict)
    }


def test_start_is_before_the_moment_of_the_requests() -> None:
    assert START < NOW
