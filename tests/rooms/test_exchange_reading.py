"""Files become rows: every encoding, form and wrapper, and nothing is dropped on the way."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.exchange.reading import (
    RawRow,
    RawTable,
    Unreadable,
    UnreadFile,
    apart,
    read_bytes,
    read_path,
)
from gongzhi.exchange.reading.cells import is_type_word
from gongzhi.exchange.said import say

SIMPLIFIED = (
    "区县,医院名称,防护服\n江汉区,武汉协和医院,1000\n恩施州,恩施土家族苗族自治州中心医院,若干\n"
)
TRADITIONAL = "區縣,醫院名稱,防護服\n江漢區,武漢協和醫院,1000\n新北市,臺灣大學醫學院附設醫院,二千\n"
ENCODINGS = [
    ("utf-8", "utf-8"),
    ("utf-8-sig", "utf-8 with BOM"),
    ("gb18030", "gb18030"),
    ("big5", "big5"),
    ("utf-16", "utf-16-le with BOM"),
    ("utf-16-le", "utf-16-le"),
    ("utf-16-be", "utf-16-be"),
]
PLACES = ["江岸区", "武昌区", "恩施土家族苗族自治州", "神农架林区", "石首市", "汉川市人民医院"]
ITEMS = ["医用外科口罩", "防护服", "护目镜", "乳胶手套", "手部皮肤消毒液", "若干", "已审核", "1000"]


def table(data: bytes | str, name: str = "a.file") -> RawTable:
    raw = data.encode() if isinstance(data, str) else data
    found = read_bytes(name, raw)
    assert len(found) == 1, found
    assert isinstance(found[0], RawTable), found[0]
    return found[0]


def refusal(data: bytes | str) -> str:
    found = read_bytes("a.file", data.encode() if isinstance(data, str) else data)
    assert isinstance(found[0], UnreadFile), found
    return str(found[0].reason)


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL])
@pytest.mark.parametrize(("codec", "said"), ENCODINGS)
def test_a_table_in_any_encoding_is_read_and_the_encoding_is_said(
    text: str, codec: str, said: str
) -> None:
    if codec == "big5" and text is SIMPLIFIED:
        text = TRADITIONAL  # Big5 has no simplified characters
    found = table(text.encode(codec))
    assert found.encoding == said
    lines = [line.split(",") for line in text.splitlines()]
    assert list(found.columns) == lines[0]
    assert [list(r.values.values()) for r in found.rows] == lines[1:]


@given(
    rows=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ITEMS)), min_size=1),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"]),
)
def test_lists_of_hospitals_survive_every_encoding(rows: list[tuple[str, str]], codec: str) -> None:
    text = "区县,物资\n" + "\n".join(",".join(r) for r in rows)
    found = table(text.encode(codec))
    assert [tuple(r.values.values()) for r in found.rows] == rows


def test_four_byte_characters_of_gb18030_are_read() -> None:
    found = table(("姓名,籍贯\n𠮷田,㐂村\n" + "张三,武汉市江岸区\n" * 3).encode("gb18030"))
    assert found.encoding == "gb18030"
    assert found.rows[0].values == {"姓名": "𠮷田", "籍贯": "㐂村"}


def test_a_damaged_byte_costs_its_row_and_no_other() -> None:
    lines = ["区县,医院", *[f"江岸区,第{n}医院" for n in range(40)]]
    data = "\n".join(lines).encode().replace("第7医院".encode(), b"\xff\xfe")
    found = table(data)
    assert len(found.rows) == 39
    [bad] = found.unreadable
    assert bad.number == 9
    assert "\\xff\\xfe" in bad.raw
    assert "2 bytes are not valid utf-8" in str(found.notes[0])


def test_bytes_that_are_no_text_are_refused_with_a_reason() -> None:
    assert "no text" in refusal(bytes(range(256)) * 20)
    assert "empty" in refusal(b"  \n")


def test_the_title_above_the_header_is_kept_apart() -> None:
    title = "武汉市防控物资需求表,,,\n填报单位：卫健委,,日期：,2020-01-30\n"
    text = f"{title}医院,口罩,手套,备注\n甲院,1,,急\n"
    found = table(text)
    assert found.columns == ("医院", "口罩", "手套", "备注")
    assert found.title == ("武汉市防控物资需求表,,,", "填报单位：卫健委,,日期：,2020-01-30")
    assert [(r.number, r.values["医院"]) for r in found.rows] == [(4, "甲院")]


@pytest.mark.parametrize(("mark", "form"), [(",", "csv"), ("\t", "tsv"), (";", "csv (semicolon)")])
def test_the_separator_is_found(mark: str, form: str) -> None:
    found = table(f"城市{mark}确诊\n武汉{mark}10\n黄冈{mark}5\n")
    assert found.format == form
    assert [r.values["确诊"] for r in found.rows] == ["10", "5"]


def test_quoted_cells_may_hold_separators_quotes_and_lines() -> None:
    found = table('医院,备注\n甲院,"口罩, 手套\n和""面罩"""\n乙院,无\n')
    assert found.rows[0].values["备注"] == '口罩, 手套\n和"面罩"'
    assert found.rows[1].number == 4


def test_a_stray_quotation_mark_costs_one_line() -> None:
    found = table('医院,备注\n甲院,"没有关上\n' + "乙院,好\n" * 300)
    assert [u.number for u in found.unreadable] == [2]
    assert "does not close" in str(found.unreadable[0].reason)
    assert len(found.rows) == 300


def test_rows_of_another_width_and_headers_that_repeat_are_listed() -> None:
    rows = "1,2,3\n" * 6
    found = table(f"a院,b,c\n{rows}1,2\n1,2,3,4\na院,b,c\n1,2,3,\n\n")
    assert [r.number for r in found.rows] == [2, 3, 4, 5, 6, 7, 11]
    assert {u.number: str(u.reason) for u in found.unreadable} == {
        8: "The record has 2 cells where the header has 3.",
        9: "The record has 4 cells where the header has 3.",
        10: "The header of line 1 stands here again.",
    }


def test_columns_without_a_name_or_with_the_same_name_are_told_apart() -> None:
    found = table("医院,,电话,电话\n甲,x,1,2\n")
    assert found.columns == ("医院", "column 2", "电话", "电话 (2)")


def test_a_table_without_a_header_keeps_all_its_rows() -> None:
    found = table("110000,1,2\n120000,3,4\n130000,5,6\n")
    assert found.columns == ("column 1", "column 2", "column 3")
    assert len(found.rows) == 3
    assert "No header" in str(found.notes[0])


LINES = st.lists(st.text(alphabet="ab,1\t;武 ", max_size=12), min_size=1, max_size=30)
QUOTED = st.lists(st.text(alphabet='ab,1";武', max_size=12), min_size=1, max_size=30)


def _kept(found: RawTable) -> list[str]:
    return [*(r.raw for r in found.rows), *(u.raw for u in found.unreadable), *found.title]


@given(lines=LINES)
def test_every_line_of_a_text_table_is_a_row_or_unreadable_or_above_it(lines: list[str]) -> None:
    for found in read_bytes("x.csv", "\n".join(lines).encode()):
        if isinstance(found, RawTable):
            have = Counter(raw.strip() for raw in _kept(found))
            missing = Counter(line.strip() for line in lines if line.strip(" ,\t;")) - have
            has_header = not any("No header" in str(note) for note in found.notes)
            assert missing.total() <= has_header, missing


@given(lines=QUOTED)
def test_with_quotation_marks_nothing_but_the_header_is_missing(lines: list[str]) -> None:
    """The lines found in no row and no unreadable record are one record: the header."""
    for found in read_bytes("x.csv", "\n".join(lines).encode()):
        if isinstance(found, RawTable):
            kept = _kept(found)
            missing = [
                n for n, line in enumerate(lines)
                if line.strip(' ,;"') and not any(line.strip() in raw for raw in kept)
            ]  # fmt: skip
            between = lines[missing[0] : missing[-1] + 1] if missing else []
            assert len(missing) <= 1 or '"' in "".join(between), (missing, lines)


def test_json_lists_lines_and_objects_that_hold_a_list() -> None:
    rows = [{"name": "甲院", "n": 1}, {"name": "乙院", "n": None}]
    expected = [("甲院", 1), ("乙院", None)]
    lines = "\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
    for text, form in (
        (json.dumps(rows), "json"),
        (lines, "json lines"),
        (json.dumps({"code": 0, "rows": rows}), "json"),
        (json.dumps({"code": 0, "data": {"rows": rows, "at": 5}}), "json"),
    ):
        found = table(text)
        assert found.format == form
        assert [(r.values["name"], r.values["n"]) for r in found.rows] == expected
    assert found.around == {"code": 0, "data": {"at": 5}}


def test_an_object_with_several_lists_is_several_tables() -> None:
    found = read_bytes("a.json", json.dumps({"x": [{"a": 1}], "y": [{"b": 2}], "z": []}).encode())
    assert [t.file for t in found] == ["a.json#x", "a.json#y"]


def test_a_broken_element_of_a_json_list_costs_only_itself() -> None:
    found = table('[{"a": 1, "b": 2}, {"a": 3, "b" 4}, {"a": 5, "b": 6}]')
    assert [r.values["a"] for r in found.rows] == [1, 5]
    [bad] = found.unreadable
    assert (bad.number, bad.raw) == (2, '{"a": 3, "b" 4}')


def test_a_list_that_ends_in_the_middle_keeps_what_came_before() -> None:
    found = table('[{"a": 1}, {"a": 2}, {"a": ')
    assert len(found.rows) == 2
    assert found.unreadable[0].raw == '{"a":'


def test_a_name_that_stands_twice_in_an_object_is_not_overwritten() -> None:
    assert table('[{"a": 1, "a": 2}]').rows[0].values == {"a": 1, "a (2)": 2}


def test_elements_of_another_kind_are_listed() -> None:
    found = table('[{"a": 1}, 7, []]')
    assert [str(u.reason) for u in found.unreadable] == [
        "The element is a single value where a record is expected.",
        "The element is an empty list where a record is expected.",
    ]
    assert [r.values["value"] for r in table("[1, 2]").rows] == [1, 2]


def test_typed_cells_become_columns_with_marks() -> None:
    cells = [
        {"key": "医院名称", "value": "甲院", "type": "string"},
        {"key": "防护服", "value": 1, "type": "supply", "specification": "GB 19082"},
        {"key": None, "value": "荆州市", "type": "区县"},
    ]
    found = table(json.dumps([cells]))
    assert found.format == "json, typed cells"
    assert found.rows[0].values == {"医院名称": "甲院", "防护服": 1, "区县": "荆州市"}
    assert found.rows[0].marks["防护服"]["specification"] == "GB 19082"
    assert "repaired" in found.rows[0].marks["区县"]


def test_type_words_are_known_from_values() -> None:
    assert is_type_word("supply")
    assert is_type_word("enum{已审核}")
    assert not is_type_word("已审核")
    assert not is_type_word("supply|YY 0469")


def test_javascript_data_files() -> None:
    data = "{ name: 'a', \"hospitals\": [{id: '1', n: 2,},] }"
    script = f"// list\nlet demands =\n{data};\nexport default demands;"
    found = table(script)
    assert found.format == "javascript"
    assert found.rows[0].values == {"id": "1", "n": 2}
    assert found.around == {"name": "a"}
    assert "no data" in refusal("let f = { a: function() { return 1 } };")


def test_yaml_keeps_every_scalar_as_it_was_written() -> None:
    found = table("- name: 甲院\n  phone: 0271234567\n  on: 2020-01-26\n  x: null\n- name: 乙院\n")
    assert found.rows[0].values == {
        "name": "甲院",
        "phone": "0271234567",
        "on": "2020-01-26",
        "x": None,
    }
    assert found.rows[1].raw.strip() == "name: 乙院"


def test_a_broken_item_of_a_yaml_list_costs_only_itself() -> None:
    found = table("- name: 甲\n  n: 1\n- name: 乙: 丙: [\n  n: 2\n- name: 丁\n  n: 3\n")
    assert [r.values["name"] for r in found.rows] == ["甲", "丁"]
    assert found.unreadable[0].number == 2


def test_a_yaml_document_with_fields_is_one_row() -> None:
    found = table("时间: 2020-01-20\n确诊: 291例\n确诊详情: 湖北省270例，北京市5例\n")
    assert found.rows[0].values["确诊"] == "291例"


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "需求"
    sheet.append(["某市防控物资需求汇总表"])
    sheet.append(["医院", "口罩", "日期", "比例"])
    sheet.append(["甲院", 1000, date(2020, 1, 30), 0.5])
    sheet.append([None, None, None, None])
    sheet.append(["乙院", "越多越好", None, 1])
    book.create_sheet("空表")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_workbook_is_read_sheet_by_sheet() -> None:
    sheet, empty = read_bytes("a.xlsx", _workbook())
    assert isinstance(sheet, RawTable)
    assert sheet.file == "a.xlsx#需求"
    assert sheet.title == ("某市防控物资需求汇总表",)
    first, second = sheet.rows
    assert first.values["口罩"] == 1000
    assert isinstance(first.values["口罩"], int)
    assert str(first.values["日期"]).startswith("2020-01-30")
    assert (second.number, second.values["口罩"]) == (5, "越多越好")
    assert isinstance(empty, UnreadFile)
    assert str(empty.reason) == "The sheet is empty."


def test_a_broken_workbook_is_a_value_with_a_reason() -> None:
    data = _workbook()
    assert refusal(data[:1500]).startswith(("The workbook", "The archive"))


def _tar(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return stream.getvalue()


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress, bz2.compress])
def test_a_compressed_file_is_read_and_keeps_its_name(pack: Callable[[bytes], bytes]) -> None:
    found = table(pack(SIMPLIFIED.encode()), "list.csv.packed")
    assert (found.file, len(found.rows)) == ("list.csv.packed", 2)


def test_members_of_the_same_name_are_told_apart() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for text in (SIMPLIFIED, SIMPLIFIED.replace("1000", "2000")):
            entry = tarfile.TarInfo("a.csv")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    first, second = read_bytes("x.tar", stream.getvalue())
    assert isinstance(second, RawTable)
    assert (first.file, second.file) == ("x.tar!a.csv", "x.tar!a.csv (2)")
    assert {r.file for r in second.rows} == {"x.tar!a.csv (2)"}


def test_archives_name_their_members_and_list_what_they_cannot_open() -> None:
    packed = lzma.compress(_tar({"a/list.csv": SIMPLIFIED.encode(), "b.txt": b"prose"}))
    found = {f.file: f for f in read_bytes("all.tar.xz", packed)}
    assert isinstance(found["all.tar.xz!a/list.csv"], RawTable)
    assert isinstance(found["all.tar.xz!b.txt"], UnreadFile)
    assert "link" in str(getattr(found["all.tar.xz!link"], "reason", ""))


def test_zip_names_of_chinese_tools_are_read() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("需求.csv")
        archive.writestr(info, SIMPLIFIED)
    raw = stream.getvalue()
    utf8, gbk = "需求.csv".encode(), "需求.csv".encode("gb18030")
    [found] = read_bytes("a.zip", raw)
    assert found.file == "a.zip!需求.csv"
    legacy = io.BytesIO()
    with zipfile.ZipFile(legacy, "w") as archive:
        archive.writestr("x" * len(gbk), SIMPLIFIED)
    [found] = read_bytes("a.zip", legacy.getvalue().replace(b"x" * len(gbk), gbk))
    assert found.file == "a.zip!需求.csv"
    assert utf8 != gbk


def test_a_broken_archive_is_a_value_with_a_reason() -> None:
    assert "archive" in refusal(lzma.compress(SIMPLIFIED.encode())[:40])
    assert "archive" in refusal(gzip.compress(SIMPLIFIED.encode())[:30])


def test_wrappers_inside_wrappers_end_somewhere() -> None:
    data = SIMPLIFIED.encode()
    for _ in range(5):
        data = gzip.compress(data)
    assert "wrappers" in refusal(data)


def test_prose_is_no_table() -> None:
    assert "no table" in refusal("# Title\n\nSome words, and more.\n\nThe end.\n")


def test_a_file_that_is_gone_is_a_value_with_a_reason(tmp_path: Path) -> None:
    [found] = read_path(tmp_path / "nothing.csv")
    assert isinstance(found, UnreadFile)
    assert "cannot be opened" in str(found.reason)


@given(data=st.binary(max_size=300))
def test_no_bytes_make_the_reader_fall_over(data: bytes) -> None:
    for found in read_bytes("x", data):
        assert str(found)


@given(text=st.text(alphabet="[{}]\",:- \nab1武\t'=", max_size=80))
def test_no_text_makes_the_reader_fall_over(text: str) -> None:
    for found in read_bytes("x", text.encode()):
        assert str(found)


def test_two_records_with_one_number_cannot_be() -> None:
    row = RawRow("f", 1, {"a": 1}, "1")
    with pytest.raises(ValueError, match="same number"):
        RawTable("f", "", "utf-8", "csv", ("a",), (row,), (Unreadable(1, "x", say("why")),))


BUSY = """
names = {"__name__": "sandbox"}
exec(open(%r).read(), names)
names["SECONDS"] = 1
names["confine"]()
while True:
    pass
"""


def test_a_file_that_uses_up_the_processor_is_told_as_taking_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "busy.py"
    script.write_text(BUSY % str(apart.SANDBOX), "utf-8")
    monkeypatch.setattr(apart, "SANDBOX", script)
    assert apart.opened_apart("workbook", b"") == apart.SLOW
