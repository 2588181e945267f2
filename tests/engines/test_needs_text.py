"""Lists of needs as people write them: what is read, what is left, and that nothing is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gongzhi.engines.needs_text import (
    Kind,
    Left,
    Lexicon,
    Line,
    Name,
    Note,
    Reading,
    Reason,
    State,
    counts_up,
    read,
    reference,
)
from gongzhi.engines.needs_text.numbers import chinese_number, number

NAMES = (
    Name("n95", "医用防护口罩（N95）", "mask",
         ("N95口罩", "N95", "KN95", "防护口罩", "3M1860", "3M 1860")),
    Name("surgical", "医用外科口罩", "mask", ("外科口罩", "一次性医用外科口罩")),
    Name("mask", "普通医用口罩", "mask", ("普通口罩", "医用口罩"), ("口罩",)),
    Name("coverall", "医用防护服", "body", ("防护服", "醫用防護服")),
    Name("gown", "隔离衣", "body"),
    Name("goggles", "护目镜", "eye", ("眼罩", "防护眼镜")),
    Name("shield", "防护面罩", "eye", ("面罩",)),
    Name("gloves", "医用手套", "hand", ("手套",)),
    Name("nitrile", "丁腈手套", "hand"),
    Name("alcohol", "75%酒精", "disinfectant", ("酒精", "医用酒精")),
    Name("chlorine", "84消毒液", "disinfectant", ("84",)),
    Name("ventilator", "呼吸机", "device", ("无创呼吸机",)),
)  # fmt: skip
LEXICON = Lexicon(NAMES, {"口單": "口罩", "眼置": "眼罩"})


def said(text: str, *, counted_up: bool = False) -> list[str]:
    """Each line as `item kind amount unit`, in short."""
    found = read(text, LEXICON, counted_up=counted_up)
    return [
        " ".join(
            str(part)
            for part in (x.item, x.kind, x.state if x.quantity is None else x.quantity, x.unit)
            if part != ""
        )
        for x in found.lines
    ]


def left(text: str) -> list[tuple[str, Reason]]:
    return [(text[slice(*x.span)], x.reason) for x in read(text, LEXICON).left]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("N95口罩2000个、防护服（300）、护目镜若干",
         ["n95 need 2000 个", "coverall need 300", "goggles need unknown"]),
        ("1000个N95 500套防护服", ["n95 need 1000 个", "coverall need 500 套"]),
        ("防护服、隔离衣各500件", ["coverall need 500 件", "gown need 500 件"]),
        ("护目镜，2000副", ["goggles need 2000 副"]),
        ("急缺防护服", ["coverall need unknown"]),
        ("N95口罩：\n5000只", ["n95 need 5000 只"]),
        ("防护服×1000，护目镜x200，N95*50",
         ["coverall need 1000", "goggles need 200", "n95 need 50"]),
        ("N95口罩（盒）\t*50", ["n95 need 50 盒"]),
        ("手套中丁腈手套5000；口罩：N95 300", ["nitrile need 5000", "n95 need 300"]),
        ("1.N95口罩2000 2.防护服300", ["n95 need 2000", "coverall need 300"]),
        ("急需：(1)护目镜;(2)N95口罩;", ["goggles need unknown", "n95 need unknown"]),
        ("N95口罩（3M1860、3M 1860等）2000个", ["n95 need 2000 个"]),
        ("手套（乳胶、橡胶）1000双", ["gloves need 1000 双"]),
        ("护目镜：1000个  N95：5000个", ["goggles need 1000 个", "n95 need 5000 个"]),
        ("N95等医用口罩", ["n95 need unknown"]),
        ("护目镜/面罩 100", ["goggles need unknown", "shield need unknown"]),
        ("N95口罩和护目镜，越多越好", ["n95 need open", "goggles need open"]),
        ("大量N95口罩", ["n95 need open"]),
    ],
)  # fmt: skip
def test_items_and_amounts(text: str, lines: list[str]) -> None:
    assert said(text) == lines


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("2000", 2000), ("２０００", 2000), ("2,000", 2000), ("1.5万", 15000), ("3k", 3000),
        ("2w", 20000), ("两千", 2000), ("五千", 5000), ("一万二千", 12000), ("一万二", 12000),
        ("两百五十", 250), ("一百零五", 105), ("2万", 20000), ("约500", 500), ("近3百", 300),
        ("1.5萬", 15000),
    ],
)  # fmt: skip
def test_numbers(words: str, value: int) -> None:
    assert said(f"防护服{words}套") == [f"coverall need {value} 套"]


@pytest.mark.parametrize(
    ("text", "line", "note"),
    [
        ("防护服500-1000套", "coverall need 500 套", Note.RANGE),
        ("防护服1-2万套", "coverall need 10000 套", Note.RANGE),
        ("防护服至少300套", "coverall need 300 套", Note.AT_LEAST),
        ("防护服2000余套", "coverall need 2000 套", Note.AT_LEAST),
        ("N95口罩20箱（每箱500只）", "n95 need 10000 只", Note.PACKS),
        ("20箱N95口罩，500只/箱", "n95 need 10000 只", Note.PACKS),
        ("N95口罩20箱*500只", "n95 need 10000 只", Note.PACKS),
        ("每天需要N95口罩500个", "n95 need unknown", Note.A_DAY),
        ("防护服（S码100，M码200）", "coverall need unknown", Note.SEVERAL),
        ("防护服2.5套", "coverall need unknown", Note.BROKEN),
    ],
)
def test_what_a_person_should_know(text: str, line: str, note: Note) -> None:
    assert said(text) == [line]
    assert read(text, LEXICON).lines[0].notes == (note,)


def test_packs_are_counted_out_only_where_the_text_says_what_is_in_one() -> None:
    assert said("N95口罩20箱") == ["n95 need 20 箱"]
    assert said("N95口罩10000只（50只/盒）") == ["n95 need 10000 只"]


@pytest.mark.parametrize("words", ["越多越好", "不限", "数量不限", "大量", "有多少要多少"])
def test_as_many_as_possible(words: str) -> None:
    assert said(f"N95口罩{words}") == ["n95 need open"]
    assert said(f"N95口罩，{words}") == ["n95 need open"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("防护服（GB19082-2009）5000套", ["coverall need 5000 套"]),
        ("N95口罩 GB 19083-2010", ["n95 need unknown"]),
        ("医用外科口罩：YY0469-2011", ["surgical need unknown"]),
        ("普通医用口罩 YY/T 0969-2013", ["mask need unknown"]),
        ("75%酒精200瓶", ["alcohol need 200 瓶"]),
        ("酒精（浓度75%以上）", ["alcohol need unknown"]),
        ("7号手套500双", ["gloves need 500 双"]),
        ("84消毒液500ml*20瓶", ["chlorine need 20 瓶"]),
        ("酒精（500ml）", ["alcohol need unknown"]),
        ("84消毒液50桶（5L/桶）", ["chlorine need 50 桶"]),
        ("3M1860口罩3k", ["n95 need 3000"]),
        (
            "N95口罩84个，护目镜：84，急需84、75%酒精",
            ["n95 need 84 个", "goggles need 84", "chlorine need unknown", "alcohol need unknown"],
        ),
        ("N95口罩（1860或9132）", ["n95 need unknown"]),
        ("护目镜 联系电话13800001234", ["goggles need unknown"]),
        ("2020年1月25日 护目镜", ["goggles need unknown"]),
        ("床位300张的医院急需护目镜", ["goggles need unknown"]),
        ("护目镜《GB14866》", ["goggles need unknown"]),
    ],
)
def test_numbers_that_are_no_amounts(text: str, lines: list[str]) -> None:
    assert said(text) == lines


def test_n95_that_a_spreadsheet_counted_up() -> None:
    assert said("N97口罩2000") == ["n95 need 2000"]
    assert said("N121") == ["n95 need unknown"]
    assert read("N97口罩", LEXICON).lines[0].notes == (Note.COUNTED_UP,)
    assert [counts_up(t) for t in ("N97口罩", "N95口罩", "N100", "KN96")] == [
        True,
        False,
        False,
        True,
    ]


def test_n99_is_a_class_of_its_own_unless_the_list_was_counted_up() -> None:
    assert said("N99口罩200") == []
    assert left("N100口罩200、护目镜") == [("N100口罩200", Reason.OWN_CLASS)]
    assert said("N100口罩200", counted_up=True) == ["n95 need 200"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("库存：N95口罩200个，防护服50套。需要：N95口罩5000个，防护服3000套",
         ["n95 stock 200 个", "coverall stock 50 套", "n95 need 5000 个", "coverall need 3000 套"]),
        ("口罩（库存100，需求2000）", ["mask stock 100", "mask need 2000"]),
        ("护目镜剩8个，需要1000个", ["goggles stock 8 个", "goggles need 1000 个"]),
        ("防护服现有20套，缺口500套", ["coverall stock 20 套", "coverall need 500 套"]),
        ("N95库存不足", ["n95 need unknown"]),
        ("防护服（现有100套，日消耗50套，缺口1000套）",
         ["coverall stock 100 套", "coverall need 1000 套"]),
        ("需捐赠N95口罩5000个", ["n95 need 5000 个"]),
        ("库存：护目镜无，手套0双", ["goggles stock 0", "gloves stock 0"]),
        ("可提供N95口罩1000只，KN95 2000只", ["n95 offer 1000 只", "n95 offer 2000 只"]),
        ("我司捐赠口罩5000只", ["mask offer 5000 只"]),
        ("接受捐赠物资：口罩5000只", ["mask need 5000 只"]),
    ],
)  # fmt: skip
def test_stock_need_and_offer_in_one_cell(text: str, lines: list[str]) -> None:
    assert said(text) == lines


def test_what_is_not_wanted_or_was_delivered_is_left() -> None:
    assert said("普通口罩不要，防护服：无，已配送n95 1000") == []
    assert [why for _, why in left("普通口罩不要，防护服：无，已配送n95 1000")] == [
        Reason.NOT_WANTED, Reason.NOT_WANTED, Reason.DELIVERED,
    ]  # fmt: skip


def test_what_is_not_understood_stays_with_its_place() -> None:
    assert left("货车进不去，警车可以对接") == [("货车进不去，警车可以对接", Reason.NO_ITEM)]
    assert left("心电图机3台、护目镜2副") == [("心电图机3台", Reason.NO_ITEM)]
    assert left("护目镜、洗衣机3台") == [("洗衣机3台", Reason.NO_ITEM)]
    assert left("护目镜和洗衣机3台") == [("洗衣机3台", Reason.NO_ITEM)]
    assert left("儿童口罩200") == [("儿童口罩200", Reason.NO_ITEM)]
    assert left("护目镜200 300") == [("300", Reason.NO_LINE)]


def test_slips_widths_and_traditional_characters() -> None:
    assert said("外科口單两千个、防冲击眼置５副") == ["surgical need 2000 个", "goggles need 5 副"]
    assert said("醫用防護服 1.5萬套，庫存：護目鏡 3 副") == [
        "coverall need 15000 套",
        "goggles stock 3 副",
    ]


def test_a_name_of_two_items_is_refused() -> None:
    with pytest.raises(ValueError, match="is a name of a and b"):
        Lexicon((Name("a", "甲", words=("丙",)), Name("b", "乙", words=("丙",))))
    with pytest.raises(ValueError, match="as many characters"):
        Lexicon((Name("a", "甲"),), {"长": "长度"})


def test_wrong_values_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="if and only if"):
        Line("a", "甲", Kind.NEED, State.KNOWN, (0, 1))
    with pytest.raises(ValueError, match="above nothing"):
        Line("a", "甲", Kind.NEED, State.KNOWN, (0, 1), 0)
    with pytest.raises(ValueError, match="ends after"):
        Line("a", "甲", Kind.NEED, State.OPEN, (1, 1))
    with pytest.raises(ValueError, match="same text"):
        Reading((), (Left((0, 2), Reason.NO_ITEM), Left((1, 3), Reason.NO_ITEM)))


WORDS = [
    *(w for name in NAMES for w in (name.name, *name.words, *name.general)),
    " ", "、", "，", "；", "。", "\n", "\t", "：", "（", "）", "/", "*", "|", "中", "和",
    "各", "共", "2000", "500-1000", "1.5万", "两千", "半", "若干", "越多越好",
    "无", "0", "个", "箱", "只/箱",
    "每箱500只", "20箱", "库存", "需要：", "可提供", "捐赠", "不要", "已收到", "每天",
    "75%", "500ml",
    "GB19083-2010", "7号", "N97", "N100", "①", "1.", "x", "２０", "联系人", "第一医院", "口單",
]  # fmt: skip
cells = st.lists(st.sampled_from(WORDS), max_size=14).map("".join) | st.text(max_size=60)


def facts(reading: Reading) -> list[tuple[object, ...]]:
    return [(x.item, x.quantity, x.unit, x.kind, x.state) for x in reading.lines]


@settings(max_examples=300)
@given(cells, st.booleans())
@example("一" * 5000 + "个口罩" + "9" * 5000, False)
@example("口罩" + "1," * 3000 + "(" * 3000, True)
def test_nothing_breaks_it_and_spans_lie_apart_in_the_text(text: str, counted_up: bool) -> None:
    found = read(text, LEXICON, counted_up=counted_up)
    spans = sorted(x.span for x in (*found.lines, *found.left))
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


@settings(max_examples=300)
@given(cells)
def test_what_was_read_reads_back_the_same_when_printed(text: str) -> None:
    found = read(text, LEXICON)
    again = read(str(found), LEXICON)
    assert facts(again) == facts(found)
    assert again.left == ()
    assert str(again) == str(found)


@given(st.integers(1, 99_999_999))
def test_numbers_agree_with_the_twin(value: int) -> None:
    assert chinese_number(reference.spelled(value)) == value
    assert number(str(value)) == number(f"{value:,}") == value


plain_names = st.sampled_from([n.name for n in NAMES if n.name.isalpha() and n.name.isprintable()])


@given(st.lists(plain_names, max_size=6))
def test_names_agree_with_the_twin(chosen: list[str]) -> None:
    text = "；".join(chosen)
    found = [line.item for line in read(text, LEXICON).lines]
    assert found == [NAMES_BY[name] for name in chosen]
    assert {n.item for n in reference.names_in(text, LEXICON)} == set(found)


NAMES_BY = {name.name: name.item for name in NAMES}
