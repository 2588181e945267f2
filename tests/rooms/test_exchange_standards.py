"""Data standards: a contract is checked line by line, a row value by value."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.exchange.said import Said
from gongzhi.exchange.standards import (
    CONTRACTS,
    StandardError,
    check_row,
    check_rows,
    match_columns,
    read_standard,
    standards,
)

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: beds
name: Beds
version: 1.0.0
status: active
schema:
  - name: beds
    quality:
      - {type: library, metric: rowCount, mustBeGreaterThan: 0}
    properties:
      - name: hospital
        businessName: 医院名称
        logicalType: string
        logicalTypeOptions: {minLength: 2, maxLength: 10}
        required: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: "on"
        logicalType: date
        logicalTypeOptions: {minimum: "2020-01-01", exclusiveMaximum: "2021-01-01"}
        primaryKey: true
        primaryKeyPosition: 2
      - name: free
        logicalType: integer
        logicalTypeOptions: {minimum: 0, maximum: 500, multipleOf: 2}
        customProperties:
          - {property: synonyms, value: [空床, 可用床位]}
      - name: kind
        logicalType: string
        quality:
          - type: library
            metric: invalidValues
            arguments: {validValues: [icu, ward]}
            mustBe: 0
      - name: code
        logicalType: string
        logicalTypeOptions: {pattern: "^[0-9]{6}$"}
        examples: ["420100"]
        unique: true
      - name: at
        logicalType: timestamp
        logicalTypeOptions: {defaultTimezone: Asia/Shanghai}
      - name: share
        logicalType: number
        logicalTypeOptions: {exclusiveMinimum: 0, maximum: 1}
      - name: open
        logicalType: boolean
      - name: shift
        logicalType: time
      - name: since
        logicalType: date
        logicalTypeOptions: {format: dd.MM.yyyy}
      - name: phone
        logicalType: string
        classification: personal
        logicalTypeOptions: {maxLength: 11}
"""
BEDS = read_standard(CONTRACT)
SOUND = {"hospital": "甲医院", "on": "2020-02-03"}


def problems(**values: object) -> list[str]:
    return [str(p) for p in check_row(BEDS, SOUND | values).problems]


def mistakes(*changes: tuple[str, str]) -> list[tuple[int, Said]]:
    text = CONTRACT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(StandardError) as raised:
        read_standard(text, file="beds.yaml")
    return list(raised.value.mistakes)


def test_a_contract_is_read() -> None:
    assert (BEDS.name, BEDS.version, BEDS.key) == ("beds", "1.0.0", ("hospital", "on"))
    assert BEDS.personal == ("phone",)
    assert BEDS.column("free").synonyms == ("空床", "可用床位")
    assert BEDS.unchecked == ("the table: rowCount",)
    assert str(BEDS) == "Beds 1.0.0, 11 columns"


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        ("status: active\n", "", "apiVersion", "'status' is missing"),
        ("kind: DataContract", "kind: Contract", "kind: Contract", "must be DataContract"),
        ("v3.1.0", "v9", "v9", "none of v3.0.0"),
        ("status: active", "status: active\nstate: x", "state: x", "'state' is not known"),
        ("logicalType: integer", "logicalType: whole", "whole", "none of string"),
        (
            "minimum: 0, maximum: 500",
            "minimum: 9, maximum: 5",
            "minimum: 9",
            "9 is above",
        ),
        ("minimum: 0, max", "minimum: zero, max", "zero", "minimum must be a number"),
        ("^[0-9]{6}$", "^[0-9{6}$", "^[0-9{6}$", "no regular expression"),
        ("dd.MM.yyyy", "dd.QQ.yyyy", "QQ", "letters 'QQ'"),
        ("required: true", "required: yes please", "yes please", "must be true or false"),
        ("name: free", "name: kind", "name: kind\n        logicalType: string", "named twice"),
        ("Position: 2", "Position: 1 # again", "# again", "already taken by 'hospital'"),
        ("        primaryKeyPosition: 2\n", "", 'name: "on"', "needs a primaryKeyPosition"),
        ("{validValues: [icu, ward]}", "{}", "- type: library", "list validValues"),
        ("minLength: 2", "shortest: 2", "shortest", "'shortest' is not known"),
    ],
)
def test_each_mistake_in_a_contract_has_its_line(old: str, new: str, at: str, words: str) -> None:
    changed = CONTRACT.replace(old, new, 1)
    line = changed[: changed.index(at)].count("\n") + 1
    found = mistakes((old, new))
    assert [(n, words in str(what)) for n, what in found] == [(line, True)], found


def test_all_mistakes_are_listed_at_once() -> None:
    changes = (("id: beds", "ident: beds"), ("v3.1.0", "v9"), ("required: true", "required: 3"))
    assert len(mistakes(*changes)) == 4  # the missing id is one of its own


@pytest.mark.parametrize("text", ["a: [1,\nb: 2", "- 1\n- 2\n", "", "a: 1\na: 2\n"])
def test_what_is_no_contract_is_refused_with_a_line(text: str) -> None:
    with pytest.raises(StandardError, match=r"contract.odcs.yaml, line \d"):
        read_standard(text)


def test_a_sound_row_comes_back_typed() -> None:
    checked = check_row(
        BEDS,
        {
            "医院名称": " 甲医院 ", "on": "2020年2月3日", "空床": "１，２００".replace("，", ","),
            "kind": "icu", "code": 420100, "at": "2020-02-03 08:30", "share": "0.25",
            "open": "是", "shift": "8:30", "since": "31.01.2020", "phone": 10086, "extra": "x",
        },
    )  # fmt: skip
    assert [p.rule for p in checked.problems] == ["maximum"]  # 1,200 beds
    assert checked.values["hospital"] == "甲医院"
    assert checked.values["on"] == date(2020, 2, 3)
    assert checked.values["code"] == "420100"
    moment = checked.values["at"]
    assert isinstance(moment, datetime)
    assert moment.astimezone(UTC) == datetime(2020, 2, 3, 0, 30, tzinfo=UTC)
    assert checked.values["share"] == 0.25
    assert checked.values["open"] is True
    assert checked.values["since"] == date(2020, 1, 31)
    assert checked.values["phone"] == "10086"
    assert checked.extra == {"extra": "x"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"hospital": " "}, "Column hospital: found nothing, expected a text."),
        ({"hospital": "x"}, "Column hospital: found “x”, expected at least 2 characters."),
        ({"hospital": "x" * 11}, "expected at most 10 characters."),
        ({"free": "many"}, "Column free: found “many”, expected a whole number."),
        ({"free": 2.5}, "Column free: found “2.5”, expected a whole number."),
        ({"free": True}, "Column free: found “True”, expected a whole number."),
        ({"free": -2}, "Column free: found “-2”, expected at least 0."),
        ({"free": 3}, "Column free: found “3”, expected a multiple of 2."),
        ({"kind": "tent"}, "Column kind: found “tent”, expected one of icu, ward."),
        ({"code": "42"}, "Column code: found “42”, expected a text such as 420100."),
        ({"on": "2019-12-31"}, "Column on: found “2019-12-31”, expected at least 2020-01-01."),
        ({"on": "2021-01-01"}, "expected less than 2021-01-01."),
        ({"on": "31.1.20"}, "Column on: found “31.1.20”, expected a date such as 2020-01-31."),
        ({"on": "2020-02-30"}, "expected a date such as 2020-01-31."),
        ({"since": "2020-01-31"}, "expected a date written dd.MM.yyyy."),
        ({"share": 0}, "Column share: found “0”, expected more than 0."),
        ({"open": "maybe"}, "Column open: found “maybe”, expected yes or no"),
        ({"at": "noon"}, "expected a date and time such as"),
        ({"shift": "25:00"}, "expected a time of day such as 08:30."),
        ({"kind": ["icu"]}, "Column kind: found “['icu']”, expected a text."),
    ],
)
def test_each_problem_is_one_plain_sentence(values: dict[str, object], sentence: str) -> None:
    found = problems(**values)
    assert len(found) == 1
    assert sentence in found[0]


def test_a_personal_value_is_never_shown_in_a_problem() -> None:
    [sentence] = problems(phone="138001380001234")
    assert "1380013" not in sentence
    assert "not shown" in sentence


def test_a_value_with_a_problem_is_not_among_the_typed_values() -> None:
    assert "free" not in check_row(BEDS, SOUND | {"free": "x"}).values


def test_the_first_row_with_a_key_stands_and_later_ones_are_problems() -> None:
    rows = [
        (2, SOUND | {"code": "420100"}),
        (3, SOUND | {"on": "2020-02-04", "code": "420100"}),
        (4, SOUND),
        (5, SOUND | {"hospital": "乙医院"}),
    ]
    found = list(check_rows(BEDS, rows))
    assert [c.is_sound for c in found] == [True, False, False, True]
    assert "420100 that row 2 already has" in str(found[1].problems[0])
    assert found[2].problems[0].column == "hospital + on"


def test_columns_are_matched_by_name_title_and_synonym() -> None:
    match = match_columns(BEDS, ("医院名称", " ＯＮ", "空床", "可用床位", "天气"))
    assert match.known == {"医院名称": "hospital", " ＯＮ": "on", "空床": "free"}
    assert match.unknown == ("可用床位", "天气")
    assert match.missing == ()
    assert match_columns(BEDS, ("天气",)).missing == ("hospital",)


@given(value=st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30)))
def test_any_value_in_any_column_is_typed_or_a_problem(value: object) -> None:
    for column in BEDS.columns:
        checked = check_row(BEDS, SOUND | {column.name: value})
        wrong = {p.column for p in checked.problems}
        assert (column.name in checked.values) != (column.name in wrong)


@given(number=st.integers(min_value=0, max_value=250))
def test_even_numbers_in_range_are_sound_however_written(number: int) -> None:
    for written in (number * 2, str(number * 2), f"{number * 2:,}", f" {number * 2}.0 "):
        assert check_row(BEDS, SOUND | {"free": written}).values["free"] == number * 2


def test_the_projects_own_standards_are_sound() -> None:
    found = standards()
    assert set(found) == {
        "administrative_divisions", "city_daily_counts", "clinics", "donations",
        "hospital_needs", "lodging_offers", "logistics_offers", "reports",
    }  # fmt: skip
    for path in CONTRACTS.glob("*.odcs.yaml"):
        assert path.name.removesuffix(".odcs.yaml") in found
    for standard in found.values():
        assert standard.key, standard.name
        assert all(c.title and c.description for c in standard.columns), standard.name
        assert not standard.unchecked


def test_what_looks_personal_is_classified_so() -> None:
    for standard in standards().values():
        for column in standard.columns:
            if column.name in ("phone", "contact", "account", "account_name", "reporter"):
                assert column.is_personal, (standard.name, column.name)


def test_no_two_columns_of_a_standard_answer_to_one_name() -> None:
    for standard in standards().values():
        names = [n for c in standard.columns for n in {c.name, c.title, *c.synonyms}]
        twice = {n for n in names if names.count(n) > 1}
        assert not twice, (standard.name, twice)


def test_the_chinese_headers_of_a_bulletin_are_understood() -> None:
    checked = check_row(
        standards()["city_daily_counts"],
        {"来源": "卫健委", "日期": "2020-01-26", "省": "湖北省", "市": "武汉市", "确诊": "698"},
    )
    assert checked.is_sound
    assert checked.values["confirmed"] == 698
    assert checked.values["on"] == date(2020, 1, 26)
