"""Why a file or a row was not read: whoever reads Chinese sees it in Chinese, everywhere."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import translation

from gongzhi.errors import Malformed
from gongzhi.exchange.actions import adopt_standard, receive_file, register_dataset, release_row
from gongzhi.exchange.models import Dataset, Load, Row
from gongzhi.exchange.said import Said
from gongzhi.interfaces import clock
from gongzhi.interfaces.api.tokens import issue
from tests.interfaces.console_scene import founded, words
from tests.interfaces.pages import NOW, browser
from tests.rooms.cast import START, City
from tests.rooms.standards import trial_standard

PHRASE = re.compile(r"[A-Za-z]{2,} [A-Za-z]+ [A-Za-z]+")
CJK = re.compile("[\u4e00-\u9fff]")
CHINESE = ("zh-hans", "zh-hant")
RULES = (
    "{name: number, logicalType: integer, logicalTypeOptions: {minimum: 0, maximum: 9}}",
    "{name: share, logicalType: number, logicalTypeOptions: {exclusiveMinimum: 0, "
    "exclusiveMaximum: 1, multipleOf: 0.5}}",
    "{name: is_open, logicalType: boolean}",
    "{name: on, logicalType: date}",
    "{name: day, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}}",
    "{name: at, logicalType: timestamp}",
    "{name: opens, logicalType: time, logicalTypeOptions: {format: 'HH:mm'}}",
    "{name: word, logicalType: string, logicalTypeOptions: {minLength: 2, maxLength: 3}}",
    "{name: post, logicalType: string, logicalTypeOptions: {pattern: '^[0-9]{6}$'}}",
    "{name: zone, logicalType: string, logicalTypeOptions: {pattern: '^Z'}, examples: [Z1, Z2]}",
    "{name: list, logicalType: array}",
    "{name: group, logicalType: object}",
    "{name: phone, logicalType: integer, classification: personal}",
    "{name: kind, logicalType: string, quality: [{type: library, metric: invalidValues, "
    "arguments: {validValues: [a, b]}}]}",
)
"""One column for each kind of rule."""
WRONG = {
    "number": ("x", "-1", "10"), "share": ("x", "0", "1", "0.3"), "is_open": ("x",),
    "on": ("x",), "day": ("x",), "at": ("x",), "opens": ("x",), "word": ("x", "xxxx"),
    "post": ("x",), "zone": ("x",), "list": ("x",), "group": ("x",), "phone": ("x",),
    "kind": ("x",),
}  # fmt: skip
"""Values that break every rule of a column."""


def wrong_rows() -> bytes:
    """A row for each broken rule, one without its key, and one whose key is taken."""
    rows: list[dict[str, object]] = [{"code": f"{n}-{v}", n: v} for n in WRONG for v in WRONG[n]]
    return json.dumps([{"code": "A"}, {"code": "A", "number": 1}, {"number": 1}, *rows]).encode()


def packed(members: dict[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return kept.getvalue()


def workbook() -> bytes:
    kept = io.BytesIO()
    openpyxl.Workbook().save(kept)
    return kept.getvalue()


def wrapped(times: int) -> bytes:
    data = b"code,number\nA,1\n"
    for _ in range(times):
        data = gzip.compress(data)
    return data


FILES = {
    "wrong.json": wrong_rows(),
    "uneven.csv": b"code,number\nA,1\nB\nC,2\ncode,number\nD,3,4\nE,5\n",
    "open.csv": b'code,number\nA,1\n"B,2\nC,3\nD,4\n',
    "damaged.csv": "code,name\nA,武汉\nB,黄冈\nC,宜昌\n".encode().replace(b"B", b"\xff"),
    "no header.csv": b"1,2\n3,4\n5,6\n",
    "elements.json": b'[{"code":"A"},{"code" x},{"code":"B"},[],5,{"code":"C"}]',
    "lines.json": b'{"code":"A"}\n{"a"\n{"code":"B"}\n',
    "nested.json": b'{"list":[{"code":"A"}]} more',
    "items.yaml": b"head: x\n- code: A\n- code: [B\n- code: C\n",
    "many.yaml": b"- code: A\n  number: 1\n- code: B\n- c: 1\n d: 2\n",
    "empty.csv": b" \n",
    "words.txt": "没有一行像表格\n真的没有\n".encode(),
    "noise.bin": bytes(range(256)) * 40,
    "mark.csv": b"\xff\xfe" + b"\x00\x01" * 99,
    "wide.csv": b"a," * 6_000 + b"a\n1\n",
    "long.csv": b"\n" * 200_001 + b"a,b\n",
    "let.js": b"let x = [;",
    "none.json": b"{x",
    "comma.json": b'{"a":1,}',
    "colon.json": b'{"a" 1}',
    "text.json": b'{"a',
    "deep.json": b'{"a":' + b"[" * 30_000,
    "number.json": b'{"a":' + b"9" * 5_000 + b"}",
    "value.yaml": b"# only\n- \n",
    "broken.yaml": b"code: A\nnumber: b: c\nx: y\n",
    "deep.yaml": b"- " * 99 + b"x",
    "none.yaml": b"# nothing\n# here\n# at all: x\n",
    "cut.csv.gz": gzip.compress(b"code,number\nA,1\n" * 99)[:40],
    "broken.csv.bz2": b"BZh9" + b"x" * 99,
    "broken.zip": b"PK\x03\x04" + b"x" * 99,
    "matryoshka.gz": wrapped(5),
    "nothing.zip": packed({}),
    "empty.xlsx": workbook(),
    "broken.xlsx": b"\xd0\xcf\x11\xe0" + b"x" * 99,
}  # fmt: skip
"""Each kind of file and row that readers and checkers know not to read."""


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[City, Dataset, Load]]:
    """A city with one load of all these files in one archive, every row of them with a fate."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        city = founded()
        by = city.person("d1-chief")
        standard = adopt_standard(at=city["D1"], document=trial_standard(*RULES), by=by, now=START)
        dataset = register_dataset(
            supplier=city["H1"], standard=standard, title="床位", by=by, now=START
        )
        load = receive_file(
            dataset=dataset, file_name="all.zip", content=packed(FILES), by=by, now=START
        )
        yield city, dataset, load
        transaction.set_rollback(True)


@pytest.fixture
def city(built: tuple[City, Dataset, Load], db: None, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return built[0]


def rows_of(load: Load) -> list[Row]:
    return list(Row.objects.filter(load=load, state=Row.State.QUARANTINED).order_by("number"))


def heads(said: Said) -> Iterator[str]:
    """The messages of a sentence and of those within it."""
    yield said.says
    for _name, value in said.filled:
        for part in value if isinstance(value, tuple) else (value,):
            yield from heads(part) if isinstance(part, Said) else ()


def test_the_files_show_what_readers_and_checkers_can_say(
    city: City, built: tuple[City, Dataset, Load]
) -> None:
    """The other tests of this module speak for as many sentences as this one counts."""
    load = Load.objects.get(pk=built[2].pk)
    everything = [*load.not_understood, *(r for row in rows_of(load) for r in row.reasons)]
    assert all(isinstance(said, Said) for said in everything)
    assert len({head for said in everything for head in heads(said)}) >= 60
    assert load.not_understood == built[2].not_understood


@pytest.mark.parametrize("language", CHINESE)
def test_nobody_who_reads_chinese_finds_an_english_sentence_in_quarantine(
    city: City, built: tuple[City, Dataset, Load], language: str
) -> None:
    reader = browser(city, "d1-chief", language)
    load = Load.objects.get(pk=built[2].pk)
    page = facts(reader, f"/r/exchange/loads/{load.pk}", "not_understood")
    assert len(page) == len(load.not_understood)
    for row in rows_of(load):
        page += facts(reader, f"/r/exchange/rows/{row.pk}", "reasons")
    assert [said for said in page if PHRASE.search(said) or not CJK.search(said)] == []


def facts(reader: Client, path: str, name: str) -> list[str]:
    """The sentences of one fact of a record, each of which the page shows."""
    answer = reader.get(path)
    [value] = [fact.value.content for fact in answer.context["facts"] if fact.name == name]
    shown = [str(part) for part in value["items_"]]
    with translation.override(None):
        from django.utils.html import escape

        assert all(escape(said) in words(answer) for said in shown)
    return shown


@pytest.mark.parametrize("language", CHINESE)
def test_a_list_of_rows_in_quarantine_has_no_english_sentence(
    city: City, built: tuple[City, Dataset, Load], language: str
) -> None:
    page = words(browser(city, "d1-chief", language).get("/r/exchange/rows/?state=quarantined"))
    assert f"/r/exchange/rows/{rows_of(built[2])[0].pk}" in page
    text = re.sub(r"<[^>]*>", "\n", re.sub(r"(?s)<(script|style|head).*?</\1>", "", page))
    assert [line for line in text.splitlines() if PHRASE.search(line)] == []


def test_the_api_answers_with_sentences_in_the_language_that_is_asked_for(
    city: City, built: tuple[City, Dataset, Load]
) -> None:
    row = rows_of(built[2])[0]
    token = issue(city.person("d1-chief"))
    shown = {}
    for language in ("en", *CHINESE):
        headers = {"authorization": f"Bearer {token}", "accept-language": language}
        answer = Client().get(f"/api/exchange/rows/{row.pk}", headers=headers)
        shown[language] = json.loads(answer.content)["record"]["reasons"]
    assert shown["en"] == [str(reason) for reason in row.reasons]
    assert len({tuple(reasons) for reasons in shown.values()}) == 3


@pytest.mark.parametrize("language", CHINESE)
@pytest.mark.parametrize("name", [n for n in FILES if n != "wrong.json"])
def test_a_file_that_is_refused_is_refused_in_the_language_of_who_sent_it(
    city: City, built: tuple[City, Dataset, Load], name: str, language: str
) -> None:
    by = city.person("d1-chief")
    with translation.override(language):
        try:
            load = receive_file(
                dataset=built[1], file_name=name, content=FILES[name], by=by, now=NOW
            )
        except Malformed as refusal:
            sentences = [str(refusal), *refusal.details.values()]
        else:
            sentences = [said.shown() for said in load.not_understood]
    assert [said for said in sentences if PHRASE.search(said)] == []


@pytest.mark.parametrize("language", CHINESE)
def test_a_row_that_is_still_wrong_is_refused_in_the_language_of_who_corrects_it(
    city: City, built: tuple[City, Dataset, Load], language: str
) -> None:
    row, by = rows_of(built[2])[0], city.person("d1-chief")
    correction = json.dumps({name: wrong[0] for name, wrong in WRONG.items()})
    with translation.override(language), pytest.raises(Malformed) as refused:
        release_row(row=row, correction=correction, by=by, now=NOW)
    said = refused.value.details["correction"]
    assert not PHRASE.search(said) and all(name in said for name in WRONG)


CONTRACT = """
apiVersion: v9
kind: Contract
id: [x]
name: x
status: active
schema:
  - name: beds
    surplus: 1
    properties:
      - {name: a, logicalType: whole}
      - {name: b, logicalType: integer, logicalTypeOptions: {minimum: 9, maximum: 5, shortest: 1}}
      - {name: b, logicalType: number, logicalTypeOptions: {minimum: x, multipleOf: -1}}
      - {name: c, logicalType: string, logicalTypeOptions: {pattern: "["}, required: "no"}
      - {name: d, logicalType: date, logicalTypeOptions: {format: QQ}, primaryKey: true}
      - {name: e, logicalType: timestamp, logicalTypeOptions: {defaultTimezone: Moon}}
      - {name: f, logicalType: text, logicalTypeOptions: x}
      - {name: g, logicalType: array, logicalTypeOptions: x, quality: [x, {metric: [1]}]}
      - {name: h, logicalType: string, quality: [{metric: invalidValues}]}
      - {name: i, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
      - {name: j, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
      - x
"""
"""A contract with every mistake that does not hide the others."""
MISTAKES = 23
CONTRACTS = {
    "many mistakes": CONTRACT, "no table": "schema: 1", "no mapping": "- x", "no YAML": "a: b: c",
    "cut off": "a: [", "too deep": "[" * 99,
    "endless pattern": CONTRACT.replace('"["', '"x{99999999999}"'),
    "a name twice": CONTRACT.replace("name: x", "name: x\nname: y"),
    "no columns": trial_standard().partition("    prop")[0],
}  # fmt: skip


@pytest.mark.parametrize("language", CHINESE)
@pytest.mark.parametrize("name", CONTRACTS)
def test_a_standard_is_refused_in_the_language_of_who_adopts_it(
    city: City, name: str, language: str
) -> None:
    document, by = CONTRACTS[name], city.person("d1-chief")
    with translation.override(language), pytest.raises(Malformed) as refused:
        adopt_standard(at=city["D1"], document=document, by=by, now=NOW)
    said = refused.value.details["document"]
    assert name != "many mistakes" or len(said.splitlines()) == MISTAKES
    wrong = [line for line in said.splitlines() if PHRASE.search(line) or not CJK.search(line)]
    assert wrong == []
