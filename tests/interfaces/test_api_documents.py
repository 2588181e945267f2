"""Whole documents sent to the API - plans, data standards, files, corrected rows - however broken.

What cannot be read is refused with a sentence; nothing breaks, and nothing is kept by half.
"""

from __future__ import annotations

import base64
import io
import json
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gongzhi.exchange.models import Dataset, Load, Row
from tests.examples import on_this_database
from tests.interfaces.api_world import World, built_world, lines_written, problem_of, world
from tests.rooms.standards import trial_standard

__all__ = ["built_world", "world"]

ROOT = Path(__file__).resolve().parents[2]
PLANS = sorted((ROOT / "parameters" / "plans").glob("*.yaml"))
STANDARDS = sorted((ROOT / "gongzhi" / "exchange" / "contracts").glob("*.yaml"))
SECONDS = 20
"""No document may keep the server busy for longer, however slow the machine."""

LAUGHS = "\n".join(
    ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)
NONSENSE = [
    "", " ", "-", "{", "]", "a: b: c", "\t", "---\n---\n", "%YAML 9.9\n---\na: 1",
    "&a [*a]", "*nowhere",
    "!!python/object/apply:os.system ['true']", "!!binary '%%%'", "2021-02-30", ".inf", ".nan",
    "? [a, b]\n: c", "a: 1\na: 2", "\ufeffplan: x", "plan: |\n  " + "x" * 50_000, "[" * 4000,
    "{a: " * 4000, "- " * 4000, "'", '"\\ud800"', '"\\x00"', '{"plan": "\\u0000"}',
    "plan: 1" + "0" * 5000,
    "null", "[]", "5", "true", "<<: 5", "a: !unknown 1", "a: " + "&x" * 3000, LAUGHS,
    "plan: 0o7777777777777777777777777777", "k: 1:60:60:60", "\u2028: \u2029", "= : =",
]  # fmt: skip
ODD = [
    None, "", 0, -1, 2**70, 1e308, float("inf"), float("nan"), True, [], {}, [None], {"a": None},
    "\ud7ff",
    "x" * 5000, "(", "(" * 5000, "a{99999999999}", "[a", "2021-02-30", {"zh-Hans": 5},
    [[]], "\u0000",
    "1" * 5000,
]  # fmt: skip


def sent(world: World, path: str, body: Any) -> Any:
    """The answer to a document, which must come soon and never be a mistake of ours."""
    began = time.process_time()
    answer = world.post("d1-chief", path, body)
    assert answer.status_code < 500, (body, answer.content[:500])
    assert time.process_time() - began < SECONDS
    if answer.status_code >= 400:
        problem_of(answer)
    return answer


@pytest.mark.parametrize("document", NONSENSE, ids=range(len(NONSENSE)))
def test_a_document_that_makes_no_sense_is_refused(world: World, document: str) -> None:
    before = lines_written()
    plan = sent(world, "command/adopt_plan", {"document": document})
    problem_of(plan, 422)
    at = world.city["D1"].pk
    problem_of(sent(world, "exchange/adopt_standard", {"at": at, "document": document}), 422)
    assert lines_written() == before


def places_in(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document where something stands."""
    children = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    below = [place for key, value in children for place in places_in(value, (*path, key))]
    return [path, *below] if path else below


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a document with another value in one place."""
    copy: Any = json.loads(json.dumps(tree, default=str))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return copy


@pytest.mark.parametrize("file", PLANS + STANDARDS, ids=lambda f: f.stem)
def test_a_document_with_one_odd_value_is_adopted_or_refused(world: World, file: Path) -> None:
    tree = json.loads(json.dumps(YAML(typ="safe").load(file), default=str))
    is_plan = file in PLANS
    dice = random.Random(file.name)
    fates: set[int] = set()
    for _turn in range(on_this_database(12)):
        broken = changed(tree, dice.choice(places_in(tree)), dice.choice(ODD))
        # JSON is YAML, but for NaN and infinity: there they are plain words.
        body = {"document": json.dumps(broken, ensure_ascii=dice.random() < 0.5)}
        path = "command/adopt_plan" if is_plan else "exchange/adopt_standard"
        fates.add(
            sent(world, path, body if is_plan else {**body, "at": world.city["D1"].pk}).status_code
        )
    assert fates <= {201, 409, 422}
    assert fates & {409, 422}


# Files --------------------------------------------------------------------------------------------

STANDARD = trial_standard(
    "{name: number, logicalType: integer}",
    "{name: share, logicalType: number}",
    "{name: day, logicalType: date}",
    "{name: words, logicalType: string, classification: personal}",
)


@pytest.fixture
def dataset(world: World) -> Dataset:
    """A data set of a hospital in the first district, under a standard adopted by the API."""
    adopted = sent(
        world, "exchange/adopt_standard", {"at": world.city["D1"].pk, "document": STANDARD}
    )
    assert adopted.status_code == 201, adopted.content
    body = {"supplier": world.city["H1"].pk, "title": "试", "standard": numbered(adopted)}
    registered = sent(world, "exchange/register_dataset", body)
    return Dataset.objects.get(pk=numbered(registered))


def numbered(answer: Any) -> int:
    return int(json.loads(answer.content)["record"]["id"])


def workbook(*parts: tuple[str, bytes]) -> bytes:
    """A ZIP archive with these members."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return kept.getvalue()


FILES = {
    "empty.csv": b"",
    "blank.csv": b"\n\n\n",
    "nul.csv": b"code,number\nA\x00B,1\n",
    "nul2.csv": b"code,words\nA,\x00\nB,\x01\x02\n",
    "quotes.csv": b'code,words\nA,"never ends\n1,2\n',
    "wide.csv": b",".join(b"c%d" % n for n in range(20_000)) + b"\n1\n",
    "long.csv": b"code,words\nA," + b"x" * 3_000_000 + b"\n",
    "many.csv": b"code,number\n" + b"".join(b"%d,%d\n" % (n, n) for n in range(3000)),
    "numbers.csv": b"code,number,share\nA,1e999,inf\nB,NaN,nan\nC,%s,-0\n" % (b"9" * 6000),
    "days.csv": b"code,day\nA,0001-01-01\nB,9999-12-31\nC,2021-02-30\nD,99999\n",
    "surrogate.csv": b"code,words\nA,\xed\xa0\x80\nB,\xff\xfe\n",
    "utf16.csv": "code,words\nA,中\n".encode("utf-16"),
    "cut.csv": "code,words\nA,中文".encode("gb18030")[:-1],
    "nul.json": b'[{"code": "A\\u0000", "words": "\\u0000"}]',
    "surrogate.json": b'[{"code": "A", "words": "\\ud800"}, {"\\udfff": 1}]',
    "numbers.json": b'[{"code": "A", "number": 1e999, "share": NaN}, {"code": "B", "number": '
    + b"9" * 6000 + b"}]",
    "deep.json": b"[" * 100_000,
    "deep2.json": b'{"a": ' * 5000 + b"1" + b"}" * 5000,
    "scalar.json": b"5",
    "mixed.json": b'[1, null, "a", [], {"code": {"a": [1]}}]',
    "not.json": b"{'code': 1}",
    "keys.json": b'[{"": 1, " ": 2, "code": "A", "' + b"k" * 5000 + b'": 3}]',
    "not.xlsx": b"PK\x03\x04 broken",
    "empty.xlsx": workbook(),
    "strange.xlsx": workbook(("xl/workbook.xml", b"<workbook/>"), ("[Content_Types].xml", b"<x/>")),
    "bomb.xlsx": workbook(("xl/worksheets/sheet1.xml", b"0" * 60_000_000)),
    "entities.xlsx": workbook(
        ("xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><workbook>&b;</workbook>')
    ),
    "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "picture.png": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    "page.html": b"<table><tr><td>code</td></tr></table>",
    "archive.zip": workbook(("a.csv", b"code\nA\n"), ("../../etc/b.csv", b"code\nB\n")),
    "nested.zip": workbook(("a.zip", workbook(("b.csv", b"code\nA\n")))),
    "lines.yaml": LAUGHS.encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_refused_or_every_row_of_it_has_a_fate(
    world: World, dataset: Dataset, name: str
) -> None:
    content = base64.b64encode(FILES[name]).decode()
    body = {"dataset": dataset.pk, "file_name": name, "content": content}
    before = lines_written()
    answer = sent(world, "exchange/receive_file", body)
    if answer.status_code != 201:
        problem_of(answer, 422)
        assert lines_written() == before
        return
    load = Load.objects.get(pk=numbered(answer))
    assert load.rows == Row.objects.filter(load=load).count()
    assert load.rows == load.rows_read + load.rows_quarantined + load.rows_duplicate
    for listing in ("loads", "rows"):
        shown = world.get("d1-chief", f"exchange/{listing}?limit=500")
        assert shown.status_code == 200
        json.loads(shown.content, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "a" * 300, "文件.csv", "a\nb.csv", "\u202egnp.csv", "CON", "."]
)
def test_a_files_name_is_only_a_name(world: World, dataset: Dataset, name: str) -> None:
    body = {"dataset": dataset.pk, "file_name": name,
            "content": base64.b64encode(b"code,number\nA,1\n").decode()}  # fmt: skip
    answer = sent(world, "exchange/receive_file", body)
    if answer.status_code == 201:
        assert Load.objects.get(pk=numbered(answer)).file_name == name


CORRECTIONS = [
    "", "x", "[]", "5", "null", "{}", '{"code": "\\u0000"}', '{"code": "\\ud800"}', '{"code": NaN}',
    '{"code": "A", "share": Infinity}', '{"code": "A", "number": ' + "9" * 5000 + "}",
    '{"code": "A", "number": 1e999}', '{"code": ' + "[" * 50_000, '{"code": {"a": {"b": [1]}}}',
    '{"code": "A", "surplus\\u0000": 1}', '{"code": "A", "surplus": "\\udfff"}',
    '{"code": "A", "surplus": NaN}', '{"code": "A", "surplus": ' + "9" * 5000 + "}",
    '{"code": "A", "day": "9999-99-99"}', '{"code": true}', '{"code": "' + "x" * 190_000 + '"}',
]  # fmt: skip


@pytest.mark.parametrize("correction", CORRECTIONS, ids=range(len(CORRECTIONS)))
def test_a_corrected_row_however_odd_is_kept_or_refused(
    world: World, dataset: Dataset, correction: str
) -> None:
    content = base64.b64encode(b"code,number\n,1\n").decode()
    body = {"dataset": dataset.pk, "file_name": "a.csv", "content": content}
    load = numbered(sent(world, "exchange/receive_file", body))
    row = Row.objects.get(load=load)
    assert row.state == Row.State.QUARANTINED
    given = {"row": row.pk, "correction": correction}
    answer = sent(world, "exchange/release_row", given)
    row.refresh_from_db()
    assert (row.state == Row.State.RELEASED) == (answer.status_code == 201)
    shown = world.get("d1-chief", f"exchange/rows/{row.pk}")
    json.loads(shown.content, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
