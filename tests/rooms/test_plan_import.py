"""A plan written in a word processor becomes a draft in which no word of it is lost."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import pytest
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gongzhi.command.plan_chinese import (
    chapter_of,
    duty_bodies,
    grades_in,
    hazard_in,
    looks_like_heading,
    minutes_in,
    receiver_of,
)
from gongzhi.command.plan_draft import MOST_ORDERS, Draft, draft_of
from gongzhi.command.plan_file import check_plan
from gongzhi.exchange.reading.word import Grid, Paragraph, read_word, texts_of
from gongzhi.exchange.said import Said

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def saved(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def values_of(draft: Draft) -> dict[str, Any]:
    return YAML(typ="safe").load(draft.text)


def said(draft: Draft) -> str:
    """All that a draft says, in keys and comments, without spaces."""

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [t for one in value.values() for t in texts(one)]
        if isinstance(value, list):
            return [t for one in value for t in texts(one)]
        return [str(value)]

    comments = "".join(re.findall(r"^\s*# \w+: ?(.*)$", draft.text, re.MULTILINE))
    bodies = "".join(re.findall(r"^  # (.*)$", draft.text, re.MULTILINE))
    return "".join((comments + "\n" + bodies + "\n" + "\n".join(texts(values_of(draft)))).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


# Sentences ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("立即转移群众", 30), ("在2小时内报告", 120), ("24小时内完成", 1440), ("30分钟内到达", 30),
        ("半小时内", 30), ("二十四小时之内", 1440), ("三个工作日内", 4320), ("十日内", 14400),
        ("每日18时前报送", 1440), ("尽快办理", None), ("1个小时以内", 60),
        ("1小时30分钟内", 90), ("1.5小时内", 90), ("两个半小时内", 150), ("一百二十分钟内", 120),
        ("一百零五分钟内", 105), ("两小时三十分钟内", 150),
    ],
)  # fmt: skip
def test_times_are_read(text: str, minutes: int | None) -> None:
    assert minutes_in(text) == minutes


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ("市卫生健康委员会负责组织流行病学调查。", ("市卫生健康委员会",)),
        ("市公安局、市交通局和各街道办事处负责封控。", ("市公安局", "市交通局", "各街道办事处")),
        ("市住房和城乡建设局：排查危房。", ("市住房和城乡建设局",)),
        ("(3)由市应急局牵头组织救援。", ("市应急局",)),
        ("社区立即转移独居老人", ("社区",)),
        ("坚持人民至上,应当统一领导。", ()),
        ("各部门要密切配合。", ()),
        ("应急预案由市政府发布。", ()),
    ],
)  # fmt: skip
def test_those_responsible_are_named(text: str, bodies: tuple[str, ...]) -> None:
    assert duty_bodies(text) == bodies


@pytest.mark.parametrize(
    ("body", "receiver"),
    [
        ("各街道办事处", {"each": "street"}),
        ("社区居委会", {"each": "community"}),
        ("市卫健委", {"each": "department", "subject": "health", "tier": "city"}),
        ("区公安局", {"each": "department", "subject": "police", "tier": "district"}),
        ("市防汛抗旱指挥部", {"each": "city"}),
        ("县人民政府", {"each": "district"}),
        ("定点医院", {"each": "hospital"}),
        ("市住房和城乡建设局", {}),
    ],
)
def test_who_that_is_here(body: str, receiver: dict[str, str]) -> None:
    assert receiver_of(body) == receiver


def test_chapters_grades_hazards_and_headings_are_known() -> None:
    assert [chapter_of(t) for t in ("1.2 编制依据", "三、组织体系与职责", "四、监测预警",
            "5 应急响应", "第六章 应急保障", "附则", "1 总则", "杂项")] == [
        "basis", "duties", "watch", "response", "support", "general", "general", "",
    ]  # fmt: skip
    assert grades_in("启动Ⅳ级响应,必要时升为二级应急响应、I级响应") == (4, 2, 1)
    assert [hazard_in(t) for t in ("新冠疫情", "防汛", "地震")] == ["epidemic", "flood", ""]
    assert looks_like_heading("3.1 组织指挥机构") and looks_like_heading("二、预警")
    assert not looks_like_heading("1. 市公安局负责封路。")


# Documents --------------------------------------------------------------------------------------


def styled() -> Any:
    document = docx.Document()
    document.add_heading("临江市防汛应急预案", 0)
    document.add_heading("1 总则", 1)
    document.add_heading("1.1 编制目的", 2)
    document.add_paragraph("为有效防御洪涝灾害,保障人民生命安全,制定本预案。")
    document.add_heading("1.2 编制依据", 2)
    document.add_paragraph("《中华人民共和国防洪法》《中华人民共和国突发事件应对法》等。")
    document.add_heading("2 组织体系与职责", 1)
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("责任单位", "主要职责", "完成时限"), strict=True):
        cell.text = text
    for row in (("市水务局", "巡查堤防", "2小时内"), ("市气象台", "发布预报", "每日")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_heading("3 分级响应", 1)
    document.add_paragraph("达到下列条件之一的,启动Ⅲ级响应。")
    document.add_paragraph("各街道办事处立即组织转移低洼地带群众。", style="List Number")
    document.add_paragraph("加强值班值守。", style="List Number")
    return document


def test_a_plan_with_headings_lists_and_tables_becomes_a_draft() -> None:
    blocks = read_word(saved(styled()))
    assert not isinstance(blocks, Said)
    draft = draft_of(blocks, "linjiang-flood")
    plan = values_of(draft)
    assert (plan["plan"], plan["hazard"]) == ("linjiang-flood", "flood")
    assert plan["title"] == {"zh-Hans": "临江市防汛应急预案"}
    assert plan["purpose"]["zh-Hans"].startswith("为有效防御")
    assert plan["legal_basis"].startswith("《中华人民共和国防洪法》")
    assert plan["trigger"] == {"response_grade": 3}
    water, weather, streets = plan["orders"]
    assert water["to"] == {"each": "department", "subject": "water", "tier": "city"}
    assert (water["title"]["zh-Hans"], water["minutes"]) == ("巡查堤防", 120)
    assert "to" not in weather, "Who that is here, a person says."
    assert (streets["to"], streets["minutes"]) == ({"each": "street"}, 30)
    assert "# unread: 加强值班值守。" in draft.text.splitlines()
    assert (draft.orders, draft.unread) == (3, 2)
    before, after = draft.text.index("各街道办事处立即"), draft.text.index("加强值班值守")
    assert before < after, "What is not understood stands where it stood."


def test_the_check_of_a_draft_says_what_to_fill_in() -> None:
    blocks = read_word(saved(styled()))
    assert not isinstance(blocks, Said)
    found = [p.sentence for p in check_plan(draft_of(blocks).text).problems]
    assert "“to” is missing here. Add “to: …”." in found
    assert "“en” is missing here. Add “en: …”." in found
    assert not [s for s in found if "YAML" in s]


def test_headings_by_number_only_and_full_width_digits() -> None:
    document = docx.Document()
    for text in (
        "XX区疫情防控应急预案",
        "一、总则",
        "(一)编制目的",
        "科学有序防控。",
        "四、应急处置",
        "(1)区卫健局应在２小时内完成流调。",
        "第五章 附则",
        "自印发之日起施行。",
    ):
        document.add_paragraph(text)
    blocks = read_word(saved(document))
    assert not isinstance(blocks, Said)
    plan = values_of(draft_of(blocks))
    [order] = plan["orders"]
    assert (plan["hazard"], plan["purpose"]) == ("epidemic", {"zh-Hans": "科学有序防控。"})
    assert (order["minutes"], order["to"]["subject"]) == (120, "health")
    assert order["title"]["zh-Hans"] == "(1)区卫健局应在２小时内完成流调。", "As it was written."


def test_tables_inside_tables_text_boxes_links_and_footers_are_kept() -> None:
    document = docx.Document()
    outer = document.add_table(rows=1, cols=1).rows[0].cells[0]
    outer.text = "外表"
    outer.add_table(rows=1, cols=1).rows[0].cells[0].text = "内表"
    document.sections[0].footer.paragraphs[0].text = "页脚文字"
    paragraph = document.add_paragraph("正文")
    from lxml import etree

    box = etree.fromstring(
        f'<w:r xmlns:w="{WORD}"><w:pict><w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p>'
        f"</w:txbxContent></w:pict></w:r>"
    )
    paragraph._p.append(box)
    link = f'<w:hyperlink xmlns:w="{WORD}"><w:r><w:t>链接</w:t></w:r></w:hyperlink>'
    paragraph._p.append(etree.fromstring(link))
    sdt = (
        f'<w:sdt xmlns:w="{WORD}"><w:sdtContent><w:p><w:r><w:t>控件</w:t></w:r></w:p>'
        f"</w:sdtContent></w:sdt>"
    )
    document.element.body.insert(0, etree.fromstring(sdt))
    blocks = read_word(saved(document))
    assert not isinstance(blocks, Said)
    assert list(texts_of(blocks)) == ["控件", "外表", "内表", "", "正文链接", "框内", "页脚文字"]
    assert all(text in said(draft_of(blocks)) for text in texts_of(blocks))


# Hostile files --------------------------------------------------------------------------------


def with_part(name: str, data: bytes) -> bytes:
    file = io.BytesIO(saved(docx.Document()))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def broken(main: bytes = b"<w") -> bytes:
    """A file whose main part is no XML, or something else than a document."""
    file, whole = io.BytesIO(), zipfile.ZipFile(io.BytesIO(saved(docx.Document())))
    with zipfile.ZipFile(file, "w") as archive:
        for part in whole.namelist():
            archive.writestr(part, main if part == "word/document.xml" else whole.read(part))
    return file.getvalue()


def of_a_later_zip() -> bytes:
    """A file that says of each part that only a later version of ZIP can unpack it."""
    data = saved(docx.Document())
    return data.replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x63")


def flipped() -> bytes:
    """A file in whose packed main part some bytes are not those that were written."""
    data = bytearray(saved(docx.Document()))
    place = data.index(b"word/document.xml") + len("word/document.xml") + 20
    data[place : place + 40] = bytes(255 - n for n in data[place : place + 40])
    return bytes(data)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: b"just text", "This is no .docx file."),
        (lambda: b"", "This is no .docx file."),
        (lambda: b"PK\x03\x04 cut off", "This is no .docx file."),
        (lambda: with_part("word/vbaProject.bin", b"x"), "It holds macros."),
        (lambda: with_part("word/media/bomb", bytes(70 * 2**20)), "It unpacks to more than"),
        (broken, "The file cannot be read"),
        (lambda: broken(b"<w/>"), "The file cannot be read"),
        (of_a_later_zip, "This is no .docx file."),
        (flipped, "The file cannot be read"),
        (lambda: bytes(21 * 2**20), "It is larger than 20 MiB."),
    ],
)
def test_a_hostile_file_is_refused_with_a_reason(made: Callable[[], bytes], reason: str) -> None:
    answer = read_word(made())
    assert isinstance(answer, Said)
    assert str(answer).startswith(reason), answer
    with translation.override("zh-hans"):
        assert not re.search("[a-z]{4,} [a-z]", answer.shown())


# Nothing is lost ------------------------------------------------------------------------------

LETTERS = st.characters(
    codec="utf-8", categories=("L", "N", "P", "S", "Z"), include_characters="\t\n"
)
PIECES = st.sampled_from(
    ["市公安局负责", "社区立即", "一、总则", "1.2 编制依据", "应急处置", "Ⅳ级响应", "预案", "# ",
     "- ", ": ", '"', "\\", "'", "\u2028", "\x85", "\x7f", "2小时内", "。", "{", "%", "\ufeff"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(LETTERS, max_size=6), max_size=6).map("".join)
PARAGRAPHS = st.builds(
    Paragraph, TEXTS, level=st.sampled_from([0, 0, 0, 1, 2, -1]), is_item=st.booleans()
)
CELLS = st.recursive(
    st.lists(PARAGRAPHS, max_size=2).map(tuple),
    lambda inner: st.lists(inner, max_size=2).map(lambda c: (Grid((tuple(c),)),)),
    max_leaves=4,
)
HEADS = st.sampled_from([("责任单位", "职责", "时限"), ("姓名", "电话"), ("部门", "任务")])
TABLES = st.builds(
    lambda head, rows: Grid((tuple((Paragraph(h),) for h in head), *map(tuple, rows))),
    HEADS, st.lists(st.lists(CELLS, max_size=4), max_size=3),
)  # fmt: skip


@settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PARAGRAPHS | TABLES, max_size=12))
@example([Paragraph("x" * 2500), Paragraph("四、应急处置"), Paragraph("社区立即" + "办" * 2500)])
@example([Paragraph("四、应急处置"), *[Paragraph(f"社区立即办第{n}件") for n in range(130)]])
def test_every_paragraph_and_cell_is_somewhere_in_the_draft(blocks: list[Any]) -> None:
    draft = draft_of(tuple(blocks))
    found = said(draft)
    for text in texts_of(blocks):
        for line in text.splitlines():
            assert squeezed(line.replace("\x7f", "\\x7f")) in found, (line, draft.text)
    assert len(values_of(draft).get("orders", [])) == draft.orders <= MOST_ORDERS
    problems = check_plan(draft.text).problems
    assert not [p for p in problems if "YAML" in p.sentence or "unreadable" in p.sentence]
