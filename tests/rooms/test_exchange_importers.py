"""Relief lists, city counts and divisions are known by what they hold; every row has a fate."""

import json
import lzma
import unicodedata
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.exchange.importers import (
    Amount,
    BulletinText,
    CityCount,
    Division,
    Fate,
    FolderReading,
    Gazetteer,
    Origin,
    ReliefRecord,
    Remark,
    State,
    TableReading,
    Totals,
    as_standard,
    catalogue,
    daily_series,
    find_item,
    nearest_vintage,
    newest,
    read_amounts,
    read_file,
    read_folder,
)
from gongzhi.exchange.importers.gazetteer import short_names
from gongzhi.exchange.importers.personal import Contact, read_contacts, shows_personal
from gongzhi.exchange.importers.places import Place, parse_address, settle
from gongzhi.exchange.importers.quantities import filled_down
from gongzhi.exchange.standards import check_row, standards

Json = object  # what a JSON document may hold

GENERATION_1 = """\
- city: 武汉市
  name: 武汉市中心医院（设备科）
  address: 湖北省武汉市江岸区胜利街26号
  url: https://example.org/1
  remark: 防护服：GB19082-2003
  supplies:
    - N95口罩
    - 护目镜/防护眼镜：视野开阔
    - 透亮度好
    - N95口罩
  contact:
    - name: 设备科 张某
      numbers:
        - 027-00000001
        - 00000000002
- city: 仙桃市
  name: 仙桃市第一人民医院
  address: 湖北省仙桃市沔州大道中段29号
"""
LOGISTICS_1 = (
    "- area: 武汉寄入\n  capability: 不限\n  name: 某物流\n  phones:\n    - 95338\n  url: x\n"
)
FLAT = {
    "区县": "江岸区",
    "医院名称": "武汉市中心医院",
    "医用外科口罩": 1,
    "医用防护口罩 | N95口罩": 500,
    "防护服": "YY 0469-2011",
    "测体温设备": "10台",
    "乳胶手套": None,
    "官方链接": "https://example.org/2",
    "医院地址": "湖北省武汉市江岸区胜利街26号",
    "联系方式": "张某：00000000003 | 027-00000004",
    "备注": "另需双氧水，联系张某",
    "审核状态": "已审核",
}


def cell(key: str | None, value: Json, kind: str = "string", **marks: Json) -> dict[str, Json]:
    return {"key": key, "value": value, "type": kind} | marks


def hospital(name: str, **changes: Json) -> list[dict[str, Json]]:
    cells = [
        cell("区县", "江岸区"),
        cell("医院名称", name),
        cell("医用外科口罩", 1, "supply", specification="YY 0469-2010"),
        cell("防护服", 200, "supply"),
        cell("手术衣", 0, "supply"),
        cell("官方链接", "https://example.org/3", "url"),
        cell("医院地址", "湖北省武汉市江岸区某路1号", "address", coord=[114.3, 30.6]),
        cell("联系方式", [{"name": "李某", "tel": "00000000005"}], "contact"),
        cell("备注", None),
        cell("审核状态", "已审核", "enum"),
    ]
    return [c | {"value": changes[str(c["key"])]} if c["key"] in changes else c for c in cells]


def flattened(number: int, name: str) -> dict[str, Json]:
    return {
        "id": number,
        "province": "湖北",
        "city": "武汉市",
        "district": "江岸区",
        "name": name,
        "supplies": [
            {"key": "医用外科口罩", "value": 1, "specification": "YY 0469-2010"},
            {"key": "防护服", "value": 200},
        ],
        "address": "湖北省武汉市江岸区某路1号",
        "url": "https://example.org/3",
        "remark": None,
        "contacts": [{"name": "李某", "tel": "00000000005"}],
    }


def write(folder: Path, files: dict[str, Json | bytes]) -> FolderReading:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, "utf-8")
        else:
            path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return read_folder(folder)


def one(content: Json | bytes, name: str = "2020-02-03/data.json") -> FolderReading:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return read_file(name, content if isinstance(content, bytes) else text.encode())


def relief(found: FolderReading) -> list[ReliefRecord]:
    return [r for t in found.tables for r in t.records if isinstance(r, ReliefRecord)]


def counts(found: FolderReading) -> list[CityCount]:
    return [r for r in found.records("city counts") if isinstance(r, CityCount)]


def kinds(found: FolderReading) -> set[tuple[str, str]]:
    return {(t.kind, t.generation) for t in found.tables}


class TestRelief:
    """Lists of needs, carriers, houses, accounts and clinics."""

    def test_the_first_generation(self, tmp_path: Path) -> None:
        found = write(
            tmp_path / "x" / "2020-01-26_a",
            {
                "H.yml": GENERATION_1,
                "L.yml": LOGISTICS_1,
                "C.csv": "义诊单位或个人,联系方式,备注\n",
            },
        )
        assert kinds(found) == {
            ("relief need", "1 YAML and CSV"),
            ("relief logistics", "1 YAML and CSV"),
            ("relief clinic", "1 YAML and CSV"),
        }
        first, second, carrier = sorted(
            relief(found), key=lambda r: (r.kind == "logistics", r.origin)
        )
        assert first.snapshot_on == date(2020, 1, 26)
        assert [(x.label, x.item_id, str(x.amount)) for x in first.lines] == [
            ("N95口罩", "mask-n95", "unknown"),
            ("护目镜/防护眼镜", "goggles", "unknown"),
            ("透亮度好", "", "unknown"),
        ]
        assert first.lines[1].specification == "视野开阔"
        assert first.subject == "武汉市中心医院"
        assert [c.phone for c in first.personal.contacts] == ["027-00000001", "00000000002"]
        assert (second.place.city, second.lines) == ("仙桃市", ())
        assert carrier.details == {"area": "武汉寄入", "capability": "不限"}
        assert [c.phone for c in carrier.personal.contacts] == ["95338"]

    def test_the_second_generation(self) -> None:
        found = one([FLAT])
        assert kinds(found) == {("relief need", "2 flat, Chinese keys")}
        [record] = relief(found)
        assert record.review == "verified"
        assert (record.place.province, record.place.city) == ("湖北省", "武汉市")
        assert [(x.item_id, str(x.amount), x.specification) for x in record.lines] == [
            ("mask-surgical", "unknown", ""),
            ("mask-n95", "500", ""),
            ("coverall", "unknown", "YY 0469-2011"),
            ("thermometer", "10 台", ""),
            ("hydrogen-peroxide", "unknown", ""),  # 另需双氧水 of the remark
        ]

    def test_a_remark_says_what_the_columns_do_not(self) -> None:
        remark = (
            "另需过氧化氢2万瓶、医用外科口罩300个、N95口罩9个；库存：手套5双。防护服：GB19082-2003"
        )
        [record] = relief(one([FLAT | {"备注": remark}]))
        said = [(x.item_id, str(x.amount)) for x in record.lines if "remark" in x.note]
        assert said == [("hydrogen-peroxide", "20000 瓶"), ("mask-surgical", "300 个")]

    def test_what_is_personal_is_kept_apart(self) -> None:
        [record] = relief(one([FLAT]))
        assert record.personal.contacts == (
            Contact("张某", "00000000003"),
            Contact("", "027-00000004"),
        )
        assert record.personal.remark == "另需双氧水，联系张某"
        public = json.dumps(record.as_values(), ensure_ascii=False)
        assert "00000000003" not in public
        assert "张某" not in public
        assert "00000000003" in json.dumps(record.as_personal(), ensure_ascii=False)
        [plain] = relief(one([FLAT | {"备注": "需要中药饮片"}]))
        assert (plain.remark, plain.personal.remark) == ("需要中药饮片", "")

    def test_the_third_generation_and_its_flattened_copy(self, tmp_path: Path) -> None:
        names = ["武汉甲医院", "武汉乙医院"]
        found = write(
            tmp_path / "2020-02-03_typed",
            {
                "json/wuhan.json": [hospital(n) for n in names],
                "fe/wuhan.json": [flattened(i, n) for i, n in enumerate(names)],
                "fe/empty.json": [],
                "index.json": {"hospital": ["json/wuhan.json"]},
            },
        )
        empty, copy, index, original = found.tables
        assert (original.kind, original.generation) == ("relief need", "3 typed cells")
        assert len(original.records) == 2
        assert (copy.generation, len(copy.records)) == ("3 flattened copy", 0)
        assert [(d.origin.row, d.of.file, d.of.row) for d in copy.duplicates] == [
            (1, original.file, 1),
            (2, original.file, 2),
        ]
        assert (empty.kind, empty.rows, index.kind) == ("empty", 0, "index of files")
        [record, _] = relief(found)
        assert record.lines[0].specification == "YY 0469-2010"
        assert (record.place.longitude, record.place.latitude) == (114.3, 30.6)
        assert found.totals == Totals(4, 0, 4, 5, 3, 0, 2)

    def test_a_template_row_and_a_row_without_a_name_are_set_aside(self) -> None:
        template = hospital("string", 区县="string", 防护服="supply")
        found = one([template, hospital("-"), hospital("武汉甲医院", 防护服="supply|GB 19082")])
        reasons = {q.origin.row: str(q.reason) for t in found.tables for q in t.quarantined}
        assert set(reasons) == {1, 2}
        assert "template" in reasons[1]
        assert "name is empty or a dash" in reasons[2]
        [record] = relief(found)
        assert [x.label for x in record.lines] == ["医用外科口罩"]

    def test_names_of_columns_that_slipped_into_the_type_are_put_back(self) -> None:
        row = hospital("荆州市某医院")
        row[0] = cell(None, "沙市区", "区县")
        [record] = relief(one([row]))
        assert record.place.district == "沙市区"
        assert any("stood in the place of its type" in n for n in record.notes)

    def test_the_same_row_twice_is_a_duplicate_and_a_different_one_a_disagreement(self) -> None:
        found = one([FLAT, FLAT, FLAT | {"防护服": 99}])
        [table] = found.tables
        assert [(d.origin.row, d.of.row) for d in table.duplicates] == [(2, 1)]
        [disagreement] = found.disagreements
        assert [o.row for o in disagreement.origins] == [1, 3]

    def test_rows_that_differ_only_in_a_new_column_are_both_read(self) -> None:
        found = one([FLAT | {"新列": "x"}, FLAT | {"新列": "y"}, FLAT | {"新列": "x"}])
        [table] = found.tables
        assert [(d.origin.row, d.of.row) for d in table.duplicates] == [(3, 1)]

    def test_a_file_and_its_compressed_copy_stay_two_files(self, tmp_path: Path) -> None:
        text = json.dumps([FLAT], ensure_ascii=False)
        files: dict[str, Json | bytes] = {"a.json": text, "a.json.xz": lzma.compress(text.encode())}
        found = write(tmp_path / "2020-01-30", files)
        assert found.totals == Totals(2, 0, 2, 2, 1, 0, 1)
        assert {t.file for t in found.tables} == {"2020-01-30/a.json", "2020-01-30/a.json.xz"}

    def test_each_generation_keeps_its_day_and_the_newest_is_found(self, tmp_path: Path) -> None:
        found = write(
            tmp_path / "r",
            {
                "2020-01-26_a/H.yml": GENERATION_1,
                "2020-01-30_b/w.json": [FLAT],
                "2020-02-03_c/w.json": [hospital("武汉市中心医院")],
            },
        )
        days = {r.snapshot_on for r in relief(found) if r.subject == "武汉市中心医院"}
        assert days == {date(2020, 1, 26), date(2020, 1, 30), date(2020, 2, 3)}
        last = newest(relief(found))[("need", "武汉市中心医院")]
        assert last.snapshot_on == date(2020, 2, 3)
        assert found.totals.duplicate == 0

    def test_a_list_without_a_date_in_its_path_takes_the_newest_inside(self) -> None:
        row = [
            cell("物流名称", "某物流"),
            cell("出发地", "全国"),
            cell("目的地", "武汉"),
            cell("联系方式", [], "contact"),
            cell("发布时间", "2020-01-25T16:00:00.000Z", "date"),
            cell("是否接受个人捐赠", "否", "bool{是,否}"),
        ]
        [record] = relief(one([row], "somewhere/data.json"))
        assert record.published_on == date(2020, 1, 26)  # 16:00 UTC is the next day in China
        assert record.snapshot_on == date(2020, 1, 26)
        assert record.details["accepts_private"] is False

    def test_a_month_in_the_path_is_taken_as_its_end_and_said_so(self) -> None:
        found = one([FLAT], "list_2020-02.json")
        assert relief(found)[0].snapshot_on == date(2020, 2, 29)
        assert any("end of the month" in str(n) for t in found.tables for n in t.notes)

    def test_donations_keep_accounts_personal(self) -> None:
        row = {
            "受赠组织": "某红十字会|某慈善总会", "联系电话": 2787654321, "账户名": "甲|乙",
            "开户行": "某行一|某行二", "账号": "6200 0001|6200 0002", "邮箱": "a@example.org",
            "当前状态": "进行中", "审核状态": "未证实",
        }  # fmt: skip
        [record] = relief(one([row]))
        assert (record.kind, record.review) == ("donation", "unverified")
        assert [(a.holder, a.number) for a in record.personal.accounts] == [
            ("甲", "6200 0001"),
            ("乙", "6200 0002"),
        ]
        assert record.personal.contacts == (Contact("", "2787654321"),)
        assert "6200" not in json.dumps(record.as_values())

    def test_lodging_is_known_by_its_words_when_its_columns_are_silent(self) -> None:
        rows = [
            {"id": i, "province": "云南", "city": "昆明市-官渡区", "name": f"某{w}",
             "address": "x", "contacts": [{"name": "", "tel": "0871-1234567"}], "url": "u"}
            for i, w in enumerate(["大酒店", "宾馆", "民宿"])
        ]  # fmt: skip
        found = one(rows)
        assert kinds(found) == {("relief lodging", "3 flattened copy")}
        assert {r.place.city for r in relief(found)} == {"昆明市"}
        assert {r.place.district for r in relief(found)} == {"官渡区"}

    def test_another_platform_with_named_amounts(self) -> None:
        wishes = [
            {"name": "N95口罩", "amount": "2000"},
            {"name": "医用帽", "amount": "0"},
            {"name": "防护服", "amount": "-1"},
            {"name": "某种设备", "amount": "3", "unit": "台"},
        ]
        text = "let m = " + json.dumps(
            {"hospitals": [{"id": "1", "city": "武汉市", "area": "江岸区", "hospital": "百步亭医院",
             "street": "华隆路79号", "mobile": "00000000006", "contacts": "吴某",
             "supplies": wishes}], "total": 1}, ensure_ascii=False)  # fmt: skip
        [record] = relief(one(text, "demands_2020-02.js"))
        assert [(x.label, str(x.amount)) for x in record.lines] == [
            ("N95口罩", "2000"), ("防护服", "unknown"), ("某种设备", "3 台"),
        ]  # fmt: skip

    def test_records_satisfy_the_standards(self) -> None:
        donation = {
            "受赠组织": "某会",
            "账户名": "甲|乙",
            "开户行": "x|y",
            "账号": "1|2",
            "联系电话": "1",
        }
        house = {"酒店名称": "某酒店", "酒店可提供房间数": 20, "联系方式": 2787654321}
        for rows, standard, count in (
            ([FLAT], "hospital_needs", 5),
            ([donation], "donations", 2),
            ([house], "lodging_offers", 1),
            (
                [{"物流名称": "某物流", "物流区域": "武汉", "联系方式": 95338}],
                "logistics_offers",
                1,
            ),
            ([{"义诊单位或个人": "某诊所", "联系方式": "x"}], "clinics", 1),
        ):
            [record] = relief(one(rows))
            name, values = as_standard(record)
            assert (name, len(values)) == (standard, count)
            for row in values:
                assert check_row(standards()[name], row).is_sound

    def test_a_list_in_one_cell_with_requirements_beside_it(self) -> None:
        text = (
            "name,province,city,address,phone,supplies,requirements\n"
            "某医院,湖北,武汉,某路1号,027-12345678,N95口罩、防护服1000件,GB 19083-2010、GB 19082\n"
        )
        [record] = relief(one(text, "needs_2020-01-25.csv"))
        assert [(x.item_id, str(x.amount), x.specification) for x in record.lines] == [
            ("mask-n95", "unknown", "GB 19083-2010"),
            ("coverall", "1000 件", "GB 19082"),
        ]


class TestFourthGeneration:
    """A generation nobody has seen: it runs, and what is new is listed and kept."""

    def test_new_columns_are_listed_and_kept_raw(self) -> None:
        row = [
            *hospital("武汉甲医院"),
            cell("负压隔离舱", 2, "supply"),
            cell("床位占用率", "93%"),
            cell("物资联系电话", "00000000007"),
        ]
        found = one([row], "2020-02-11/data.json")
        [table] = found.tables
        assert (table.kind, table.generation) == ("relief need", "3 typed cells, new columns")
        assert table.unknown_columns == ("床位占用率",)
        [record] = relief(found)
        assert record.unread == {"床位占用率": "93%"}
        assert ("负压隔离舱", "", "2") in [
            (x.label, x.item_id, str(x.amount)) for x in record.lines
        ]
        assert Contact("", "00000000007") in record.personal.contacts
        assert any("床位占用率" in str(line) for line in found.not_understood)
        assert any("物资联系电话" in str(n) for n in table.notes)

    def test_unknown_kinds_of_relief_lists_are_read_as_such(self) -> None:
        rows = [
            [
                cell("捐赠企业名称", f"某公司{i}"),
                cell("捐赠内容", "口罩一批"),
                cell("联系人电话", [{"name": "", "tel": "00000000008"}], "contact"),
                cell("来源链接", "https://example.org", "url"),
            ]
            for i in range(3)
        ]
        found = one(rows, "2020-05-19/data.json")
        [table] = found.tables
        assert (table.kind, table.generation) == ("relief unknown", "3 typed cells, new columns")
        assert table.unknown_columns == ("捐赠内容",)
        assert [r.name for r in relief(found)] == ["某公司0", "某公司1", "某公司2"]
        assert relief(found)[0].as_personal()["unread"] == {"捐赠内容": "口罩一批"}

    def test_factories_of_a_later_snapshot(self) -> None:
        rows = [
            {"厂商名称": "某厂", "厂商地址": "浙江省某市", "N95口罩": 5000, "联系方式": "x",
             "产能备注": "日产"}
        ]  # fmt: skip
        [record] = relief(one(rows, "2020-02-11/f.json"))
        assert record.kind == "factory"
        assert [(x.item_id, x.amount.quantity) for x in record.lines] == [("mask-n95", 5000)]

    def test_a_table_of_no_known_set_is_quarantined_whole_with_its_text(self) -> None:
        found = one("a,b\n1,2\n3,4\n", "x.csv")
        [table] = found.tables
        assert not table.is_understood
        assert [(q.raw, q.origin.row) for q in table.quarantined] == [("1,2", 2), ("3,4", 3)]
        assert "columns a, b" in str(table.quarantined[0].reason)
        assert any("kind of its 2 rows" in str(line) for line in found.not_understood)

    def test_a_list_of_patients_or_hospitals_is_no_list_of_needs(self) -> None:
        patients = one(
            "case_id,hospital,gender,date\n1,某医院,f,2014-05-01\n2,某医院,m,2014-05-02\n"
        )
        assert kinds(patients) == {("unknown", "not recognised")}
        listed = one("医院名称,医院地址,联系电话,等级\n某医院,某路1号,027-12345678,三甲\n")
        assert {k for k, _ in kinds(listed)} == {"relief unknown"}

    def test_the_name_of_file_and_folder_decides_nothing(self) -> None:
        found = one([hospital("武汉甲医院")], "clinic/logistics/travel_hotel.json")
        assert kinds(found) == {("relief need", "3 typed cells")}


class TestAmounts:
    """An amount is known only when the text says one number."""

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            (None, "none"), (0, "none"), ("", "none"), ("无", "none"), ("0", "none"),
            ("supply", "none"), ("supply|GB 19083", "none"), (1, "unknown"), (True, "unknown"),
            ("1", "unknown"), ("1|YY 0469-2011", "unknown"), ("若干", "unknown"),
            ("YY 0469-2011", "unknown"), ("GB 19082-2009", "unknown"), ("N95", "unknown"),
            ("红外检测枪", "unknown"), (-1, "unknown"), (0.5, "unknown"), ("库存8个", "unknown"),
            ("500件,手套20双", "unknown"), ("一万二", "unknown"), ("越多越好", "open"),
            ("大量", "open"), (2000, "2000"), ("2000", "2000"), ("1台", "1 台"),
            ("10台", "10 台"), ("2000个", "2000 个"), ("1,000", "1000"), ("１万", "10000"),
            ("2.5万只", "25000 只"), ("五千", "5000"), ("两百五十套", "250 套"),
            ("500-1000个", "500 个"), ("1000以上", "1000"), ("红外线体温枪1200支", "1200 支"),
            ("N95口罩 2000", "2000"), ("75%酒精500瓶", "500 瓶"), ("*5000", "5000"),
        ],
    )  # fmt: skip
    def test_amounts_as_people_write_them(self, written: object, said: str) -> None:
        [amount] = read_amounts(written)
        assert str(amount) == said
        kept = "" if written is None else unicodedata.normalize("NFKC", str(written))
        assert amount.raw == kept.strip()

    def test_two_amounts_in_one_cell_are_two(self) -> None:
        one, two = read_amounts("护目镜1000; 防冲击眼罩 500")
        assert (one.specification, one.quantity) == ("护目镜", 1000)
        assert (two.specification, two.quantity) == ("防冲击眼罩", 500)

    def test_a_wrong_amount_cannot_be(self) -> None:
        with pytest.raises(ValueError, match="if and only if"):
            Amount(State.UNKNOWN, 5)
        with pytest.raises(ValueError, match="above nothing"):
            Amount(State.KNOWN, -5)

    @given(number=st.integers(min_value=2, max_value=10**9), unit=st.sampled_from(["", "个", "套"]))
    def test_every_whole_number_above_one_is_known(self, number: int, unit: str) -> None:
        for written in (f"{number}{unit}", f"{number:,}{unit}", f" {number} {unit} "):
            [amount] = read_amounts(written)
            assert (amount.quantity, amount.unit) == (number, unit)

    @given(text=st.text(max_size=40))
    def test_no_text_makes_it_fall_over(self, text: str) -> None:
        for amount in read_amounts(text):
            assert (amount.state is State.KNOWN) == (amount.quantity is not None)


class TestFilledDown:
    """A spreadsheet counted a text up instead of repeating it."""

    def test_runs_are_found(self) -> None:
        cells = [(2, "YY 0469-2010"), (3, "YY 0469-2011"), (4, "YY 0469-2012"), (5, "无"), (6, 1)]
        [run] = filled_down(cells)
        assert (run.rows, run.first) == ((2, 3, 4), "YY 0469-2010")
        assert "counted up to 'YY 0469-2012'" in str(run)
        assert not list(filled_down([(1, "A1"), (2, "A2"), (3, "A2")]))

    def test_the_first_text_is_taken_for_all_rows_and_the_table_says_so(self) -> None:
        rows = [
            FLAT | {"医院名称": f"武汉第{n}医院", "防护服": f"GB 19082-{2009 + n}"}
            for n in range(4)
        ]
        found = one(rows)
        lines = [x for r in relief(found) for x in r.lines if x.item_id == "coverall"]
        assert {x.specification for x in lines} == {"GB 19082-2009"}
        assert any("filled down" in str(n) for t in found.tables for n in t.notes)

    def test_n95_counted_up_is_read_as_n95(self) -> None:
        text = "".join(
            f"- name: 武汉第{n}医院\n  supplies:\n    - N{n}口罩\n" for n in range(95, 101)
        )
        found = one(text, "2020-01-26/x.yml")
        lines = [x for r in relief(found) for x in r.lines]
        assert {x.item_id for x in lines} == {"mask-n95"}
        assert any("counted it up" in x.note for x in lines)

    def test_n99_alone_is_a_class_of_its_own(self) -> None:
        assert find_item("N99口罩").item is None
        assert "class of its own" in find_item("N100").note


class TestItems:
    """A label finds one item of the catalogue, or none."""

    @pytest.mark.parametrize(
        ("label", "item"),
        [
            ("医用防护口罩 | N95口罩", "mask-n95"), ("ｎ９５", "mask-n95"),
            ("防护面罩等", "face-shield"),
            ("防护眼镜/眼罩/护目镜", "goggles"), ("一次性医用外科口罩", "mask-surgical"),
            ("75%酒精", "alcohol-75"), ("84消毒液", "disinfectant-chlorine"), ("手消", "hand-rub"),
            ("可重复使用胶靴", "boots"), ("双氧水", "hydrogen-peroxide"),
            ("小儿呼吸机", "ventilator"),
        ],
    )  # fmt: skip
    def test_labels_that_mean_one_item(self, label: str, item: str) -> None:
        found = find_item(label).item
        assert found is not None
        assert found.id == item

    @pytest.mark.parametrize("label", ["透亮度好", "防污染鞋套/胶靴", "3M口罩", "医疗设备", ""])
    def test_labels_that_do_not(self, label: str) -> None:
        assert find_item(label).item is None

    def test_the_catalogue_is_whole(self) -> None:
        items = catalogue()
        assert len(items) >= 23
        for item in items.values():
            assert item.units and item.names["zh-Hant"] and item.group and item.grade
            for name in (item.names["zh-Hans"], *item.synonyms):
                assert find_item(name).item is item, name

    def test_a_unit_the_item_is_not_counted_in_is_noted(self) -> None:
        [record] = relief(one([FLAT | {"防护服": "20箱"}]))
        [line] = [x for x in record.lines if x.item_id == "coverall"]
        assert (line.amount.quantity, line.amount.unit) == (20, "箱")
        assert line.note == "counted in 箱, not in 件"


class TestPlacesAndPeople:
    """Where something is, and what may not be shown."""

    @pytest.mark.parametrize(
        ("address", "place"),
        [
            ("湖北省武汉市江汉区解放大道1277号", ("湖北省", "武汉市", "江汉区")),
            ("湖北黄冈市红安县城关镇", ("湖北省", "黄冈市", "红安县")),
            ("北京市朝阳区某路", ("北京市", "北京市", "朝阳区")),
            ("广西壮族自治区南宁市青秀区", ("广西壮族自治区", "南宁市", "青秀区")),
            ("海南藏族自治州共和县", ("", "海南藏族自治州", "共和县")),
            ("吉林市昌邑区", ("", "吉林市", "昌邑区")),
            ("重庆路12号", ("", "", "")),
            ("湖北省大悟县城关镇", ("湖北省", "", "大悟县")),
        ],
    )
    def test_addresses(self, address: str, place: tuple[str, str, str]) -> None:
        found = parse_address(address)
        assert (found.province, found.city, found.district) == place

    def test_a_missing_city_comes_from_the_other_rows(self) -> None:
        rows = [
            Place("湖北省", "荆州市", "沙市区"),
            Place("湖北省", "荆州市", "荆州区"),
            Place("", "石首市", "石首市"),
            Place("", "", "", "文峰路十号"),
        ]
        found = settle(rows)
        assert {p.city for p in found} == {"荆州市"}
        assert [bool(p.note) for p in found] == [False, False, True, True]
        assert found[3].province == "湖北省"

    def test_the_name_of_the_file_is_the_last_resort_and_said_so(self) -> None:
        [record] = relief(one([FLAT | {"医院地址": "胜利街26号"}], "2020-01-30/鄂州市.json"))
        assert record.place.city == "鄂州市"
        assert "name of the file" in record.place.note

    @pytest.mark.parametrize(
        ("written", "contacts"),
        [
            (13800000000, [("", "13800000000")]),
            ("张某：13800000000 | 027-12345678", [("张某", "13800000000"), ("", "027-12345678")]),
            ([{"name": "李某", "numbers": ["138000", "139000"]}],
             [("李某", "138000"), ("李某", "139000")]),
            ("联系电话:0716-8466465", [("", "0716-8466465")]),
            ("货拉拉app客服留言", [("货拉拉app客服留言", "")]),
            (None, []),
            ([], []),
        ],
    )  # fmt: skip
    def test_contacts(self, written: object, contacts: list[tuple[str, str]]) -> None:
        assert [(c.name, c.phone) for c in read_contacts(written)] == contacts

    def test_signs_of_personal_data(self) -> None:
        assert shows_personal("户名：某红十字会")
        assert shows_personal("请打 027 8765 4321")
        assert not shows_personal("医院官方公告，发布于2020年1月26日")


DAILY = """\
date,country,countryCode,province,provinceCode,city,cityCode,confirmed,suspected,cured,dead
2021-03-01,中国,CN,湖北省,420000,,,30,0,0,0
2021-03-01,中国,CN,湖北省,420000,武汉市,420100,20,0,1,0
2021-03-02,中国,CN,湖北省,420000,武汉市,420100,25,,1,0
2021-03-02,中国,CN,湖北省,420000,黄冈市,421100,4,,0,0
2021-03-03,中国,CN,湖北省,420000,武汉市,420100,24,0,2,0
2021-03-06,中国,CN,湖北省,420000,武汉市,420100,40,0,2,1
2021-03-06,中国,CN,湖北省,420000,黄冈市,421100,many,0,0,0
2021-13-06,中国,CN,湖北省,420000,黄冈市,421100,5,0,0,0
"""
CRAWL = """\
provinceName,cityName,province_confirmedCount,province_suspectedCount,province_curedCount,\
province_deadCount,city_confirmedCount,city_suspectedCount,city_curedCount,city_deadCount,updateTime
湖北省,武汉,100,0,3,1,60,0,2,1,2020-01-26 21:28:35.115
湖北省,黄冈,100,0,3,1,40,0,1,0,2020-01-26 21:28:35.115
湖北省,武汉,90,0,3,1,50,0,2,1,2020-01-26 09:00:00.000
"""


CLEANED = """\
省,省确诊,省治愈,省死亡,市,新增确诊,新增治愈,新增死亡,确诊,治愈,死亡,日期
广东省,53,2,0,深圳,15,2,0,15,2,0,2020-01-23
"""
SUMMED = """\
cityName,city_confirmedCount,city_curedCount,city_suspectedCount,provinceName,updateTime
上海,53,3,0,上海市,2020-01-26
"""


class TestCityCounts:
    """Counts of several sources, recognised by their columns, and what is new per day."""

    def test_a_daily_table_of_any_month(self) -> None:
        found = one(DAILY, "whatever.csv")
        [table] = found.tables
        assert (table.kind, table.generation) == ("city counts", "canghailan")
        assert found.span("city counts") == (date(2021, 3, 1), date(2021, 3, 6))
        assert {q.origin.row: str(q.reason) for q in table.quarantined} == {
            8: "confirmed is 'many', not a whole number of people.",
            9: "The date '2021-13-06' cannot be read.",
        }
        second = counts(found)[2]
        assert (second.confirmed, second.suspected, second.city_code) == (25, None, "420100")

    def test_crawls_give_the_provinces_total_beside_the_city(self) -> None:
        found = one(CRAWL)
        [table] = found.tables
        assert (table.generation, len(table.records), len(table.derived)) == ("dxy crawl", 3, 2)
        totals = {(c.at, c.confirmed) for c in counts(found) if not c.city}
        assert {c for _, c in totals} == {100, 90}

    def test_codes_of_a_sources_own_making_are_no_division_codes(self) -> None:
        text = "\n".join(DAILY.splitlines()[:2]).replace(",,,30", ",未公布来源,4200xx,30")
        [count] = counts(one(text))
        assert (count.city_code, count.extra) == ("", (("cityCode", "4200xx"),))

    def test_a_row_that_an_earlier_crawl_already_had_is_a_duplicate(self, tmp_path: Path) -> None:
        lines = CRAWL.splitlines()
        found = write(tmp_path / "c", {"1.csv": CRAWL, "2.csv": "\n".join([lines[0], lines[2]])})
        first, second = found.tables
        assert (len(first.duplicates), len(second.duplicates)) == (0, 1)
        assert second.duplicates[0].of == Origin("c/1.csv", 3)

    def test_cleaned_and_summed_tables(self) -> None:
        assert [(c.city, c.confirmed) for c in counts(one(CLEANED))] == [("深圳", 15), ("", 53)]
        assert kinds(one(SUMMED)) == {("city counts", "lindsaymorgan")}

    def test_new_columns_of_a_count_table_are_listed_and_kept(self) -> None:
        lines = DAILY.splitlines()[:3]
        text = "\n".join([lines[0] + ",severe", lines[1] + ",2", lines[2] + ","])
        found = one(text)
        assert next(iter(found.tables)).unknown_columns == ("severe",)
        assert counts(found)[0].extra == (("severe", "2"),)

    def test_a_table_under_the_projects_own_standard(self) -> None:
        found = one("来源,日期,省,市,确诊\n疾控,2022年3月1日,浙江省,杭州市,7\n", "x.csv")
        [count] = counts(found)
        assert (count.on, count.city, count.confirmed) == (date(2022, 3, 1), "杭州市", 7)

    def test_page_snapshots(self) -> None:
        area = {"provinceName": "湖北省", "confirmedCount": 9, "suspectedCount": 0, "curedCount": 0,
                "deadCount": 0, "cities": [{"cityName": "武汉", "confirmedCount": 9,
                "suspectedCount": 0, "curedCount": 0, "deadCount": 0}]}  # fmt: skip
        page = {"data": {"areaList": [area], "statistics": {"modifyTime": 1579874337000}}}
        found = one(page)
        assert [(c.city, c.on) for c in counts(found)] == [
            ("", date(2020, 1, 24)),
            ("武汉", date(2020, 1, 24)),
        ]

    def test_bulletins_stay_texts(self) -> None:
        found = one("时间: 2020-01-22\n省: 海南省\n确诊: 5例\n地址: http://example.org\n", "r.yaml")
        [bulletin] = found.records("bulletin text")
        assert isinstance(bulletin, BulletinText)
        assert (bulletin.province, bulletin.texts) == ("海南省", {"确诊": "5例"})

    def test_a_count_below_nothing_cannot_be(self) -> None:
        with pytest.raises(ValueError, match="below nothing"):
            CityCount("x", Origin("f", 1), date(2020, 1, 1), "中国", "", "", -1, None, None, None)

    def test_what_is_new_per_day_with_decreases_and_gaps(self) -> None:
        series = {s.city: s for s in daily_series(counts(one(DAILY)))}
        assert [(d.on.day, d.new, d.days, d.remark) for d in series["武汉市"].days] == [
            (1, None, 1, Remark.FIRST),
            (2, 5, 1, Remark.NONE),
            (3, -1, 1, Remark.DECREASE),
            (6, 16, 3, Remark.GAP),
        ]
        assert [(d.on.day, d.new, d.remark) for d in series["黄冈市"].days] == [
            (2, 4, Remark.APPEARS)
        ]
        assert series["武汉市"].between(date(2021, 3, 3), date(2021, 3, 6)) == [
            (date(2021, 3, 3), -1),
            (date(2021, 3, 4), None),
            (date(2021, 3, 5), None),
            (date(2021, 3, 6), 16),
        ]
        assert str(series["武汉市"]).endswith("4 days, 1 decreases, 1 gaps")

    def test_the_last_count_of_a_day_stands(self) -> None:
        [wuhan] = [s for s in daily_series(counts(one(CRAWL))) if s.city == "武汉"]
        assert [d.cumulative for d in wuhan.days] == [60]

    def test_a_field_that_is_no_figure_is_refused(self) -> None:
        with pytest.raises(ValueError, match="none of confirmed"):
            daily_series([], field="tested")

    @given(values=st.lists(st.integers(min_value=0, max_value=9999), min_size=1, max_size=40))
    def test_the_new_cases_sum_up_to_the_last_count(self, values: list[int]) -> None:
        made = [
            CityCount(
                "s", Origin("f", n), date.fromordinal(737000 + n), "中国", "p", "c", v, 0, 0, 0
            )
            for n, v in enumerate(values)
        ]
        [series] = daily_series(made)
        total = values[0] + sum(d.new or 0 for d in series.days)
        assert total == values[-1]
        assert len(series.decreases) == sum(b < a for a, b in pairwise(values))

    def test_counts_satisfy_the_standard(self) -> None:
        for count in counts(one(DAILY)):
            checked = check_row(standards()["city_daily_counts"], count.as_values())
            assert checked.is_sound, checked.problems


AREAS = """\
code,name,cityCode,provinceCode
420102,"江岸区",4201,42
422801,"恩施市",4228,42
441900,"东莞市",4419,44
"""
CITIES = """\
code,name,provinceCode
4201,"武汉市",42
4228,"恩施土家族苗族自治州",42
4290,省直辖县级行政区划,42
2202,吉林市,22
"""
PROVINCES = "code,name\n42,湖北省\n22,吉林省\n11,北京市\n"
ALL_TIERS = "code,name\n420000,湖北省\n420100,武汉市\n420102,江岸区\n810000,香港特别行政区\n"
VILLAGES = """\
code,name,streetCode,provinceCode,cityCode,areaCode
420102002003,保成社区,420102002,42,4201,420102
12,坏码,1,1,1,1
"""


def divisions(found: FolderReading) -> list[Division]:
    return [r for r in found.records("divisions") if isinstance(r, Division)]


class TestDivisions:
    """Codes of any vintage, names to codes, boundaries."""

    def test_levels_come_from_the_codes(self) -> None:
        found = one(ALL_TIERS, "codes.csv")
        assert [(d.code, d.level, d.parent) for d in divisions(found)] == [
            ("420000", "province", ""),
            ("420100", "city", "420000"),
            ("420102", "county", "420100"),
            ("810000", "province", ""),
        ]

    def test_a_community_and_a_code_that_is_none(self) -> None:
        rows = VILLAGES + "420102002004,泰宁社区,420102002,42,4201,420102\n"
        found = one(rows.replace("12,坏码", "1x,坏码"), "v.csv")
        assert [(d.level, d.parent) for d in divisions(found)] == [("community", "420102002")] * 2
        [bad] = [q for t in found.tables for q in t.quarantined]
        assert "no division code" in str(bad.reason)

    def test_the_nearest_vintage_is_chosen_per_level(self, tmp_path: Path) -> None:
        found = write(
            tmp_path / "g",
            {
                "2018-10_areas.csv": AREAS.replace("江岸区", "旧岸区"),
                "2020-06_areas.csv.xz": lzma.compress(AREAS.encode()),
                "2022-10_cities.csv": CITIES,
                "2022-10_provinces.csv": PROVINCES,
                "codes.csv": ALL_TIERS,
            },
        )
        chosen, notes = nearest_vintage(divisions(found), date(2020, 2, 1))
        vintages = {d.level: d.vintage for d in chosen if d.vintage}
        assert vintages == {
            "province": date(2022, 10, 1), "city": date(2022, 10, 1), "county": date(2020, 6, 1),
        }  # fmt: skip
        assert [d.name for d in chosen if d.vintage is None] == ["香港特别行政区"]
        assert str(notes[-1]).startswith("1 provinces and cities")
        assert Gazetteer(chosen).by_code("420102") is not None

    @pytest.fixture
    def gazetteer(self, tmp_path: Path) -> Gazetteer:
        found = write(
            tmp_path / "g",
            {"2020-06_areas.csv": AREAS + "429004,仙桃市,4290,42\n", "2020-06_c.csv": CITIES,
             "2020-06_p.csv": PROVINCES},
        )  # fmt: skip
        return Gazetteer(divisions(found))

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("武汉", "420100"), ("武汉市", "420100"), ("湖北", "420000"), ("恩施州", "422800"),
            ("恩施", "422800"), ("恩施市", "422801"), ("吉林", "220000"), ("吉林市", "220200"),
            ("恩施自治州", "422800"), ("江岸", "420102"),
        ],
    )  # fmt: skip
    def test_short_names(self, gazetteer: Gazetteer, name: str, code: str) -> None:
        found = gazetteer.find(name).division
        assert found is not None
        assert found.code == code

    def test_places_lead_to_the_lowest_division(self, gazetteer: Gazetteer) -> None:
        found = gazetteer.locate("湖北省", "武汉", "江岸区").division
        assert found is not None
        assert [d.name for d in gazetteer.path(found.code)] == ["湖北省", "武汉市", "江岸区"]
        town = gazetteer.locate("湖北省", "仙桃市", "仙桃市").division
        assert town is not None
        city = gazetteer.city_of(town.code)
        assert city is not None
        assert (town.code, city.name) == ("429004", "仙桃市")
        in_wuhan = gazetteer.city_of("420102002003")
        assert in_wuhan is not None
        assert in_wuhan.name == "武汉市"

    def test_what_is_not_found_or_not_clear_is_said(self, gazetteer: Gazetteer) -> None:
        assert gazetteer.find("长安").division is None
        assert "No division is called 长安" in str(gazetteer.find("长安"))
        assert gazetteer.locate("湖北省", "未公布来源").division is None

    def test_names_that_several_bear_are_answered_with_all(self) -> None:
        text = "code,name,cityCode,provinceCode\n110105,朝阳区,1101,11\n220104,朝阳区,2201,22\n"
        book = Gazetteer(divisions(one(text, "2020-06_a.csv")))
        found = book.find("朝阳区")
        assert found.division is None
        assert [d.code for d in found.divisions] == ["110105", "220104"]
        assert list(book.namesakes("county")) == ["朝阳区"]
        assert book.find("朝阳", within="110000").division is not None
        assert not book.duplicates()

    def test_one_code_with_two_names_is_reported(self) -> None:
        text = "code,name\n420000,湖北省\n420000,湖广省\n"
        found = one(text, "c.csv")
        assert len(found.disagreements) == 1
        assert "湖广省" in Gazetteer(divisions(found)).repeated[0]

    def test_names_of_peoples_are_taken_off(self) -> None:
        assert "积石山" in short_names("积石山保安族东乡族撒拉族自治县")
        assert "伊犁州" in short_names("伊犁哈萨克自治州")
        assert short_names("内蒙古自治区") == ("内蒙古",)
        assert short_names("林县") == ()

    def test_boundaries_say_that_they_are_gcj_02(self) -> None:
        feature = {"type": "Feature", "properties": {"adcode": 420102, "name": "江岸区",
                   "level": "district", "parent": {"adcode": 420100}},
                   "geometry": {"type": "Polygon", "coordinates": []}}  # fmt: skip
        found = one({"type": "FeatureCollection", "features": [feature]}, "b.json")
        [boundary] = found.records("boundaries")
        assert boundary.as_values()["datum"] == "GCJ-02"
        assert boundary.as_values()["parent_code"] == "420100"
        assert any("GCJ-02" in str(n) for t in found.tables for n in t.notes)

    def test_points_without_coordinates_are_set_aside(self) -> None:
        rows = [
            {"area": "江岸区", "city": "武汉市", "country": "中国", "lat": "30.6", "lng": "114.3",
             "province": "湖北省"},
            {"area": "x", "city": "y", "country": "中国", "lat": "", "lng": "", "province": "z"},
        ]  # fmt: skip
        [table] = one(rows).tables
        assert (table.kind, len(table.records), len(table.quarantined)) == ("division points", 1, 1)

    def test_divisions_satisfy_the_standard(self) -> None:
        for division in divisions(one(ALL_TIERS, "c.csv")):
            checked = check_row(standards()["administrative_divisions"], division.as_values())
            assert checked.is_sound, checked.problems


class TestAccounts:
    """Every row has one fate, and the sums cannot be wrong."""

    def test_a_folder_adds_up_and_lists_what_it_left_out(self, tmp_path: Path) -> None:
        write(
            tmp_path / "f",
            {
                "a/2020-02-03/h.json": [hospital("武汉甲医院"), hospital("武汉甲医院")],
                "b.md": "# Notes\n\nSome words.\n",
                "c.csv": DAILY,
                "d.bin": bytes(range(256)) * 10,
                "skip.csv": "a,b\n1,2\n",
            },
        )
        found = read_folder(tmp_path / "f", include=lambda name: name != "skip.csv")
        assert found.left_out == ("skip.csv",)
        assert found.totals == Totals(4, 2, 2, 10, 7, 2, 1)
        assert (
            sum("b.md" in str(line) or "d.bin" in str(line) for line in found.not_understood) == 2
        )
        text = str(found)
        assert "10 rows = 7 read + 2 quarantined + 1 duplicate" in text
        assert "relief need, 3 typed cells" in text

    def test_every_row_of_a_table_has_one_fate_in_the_order_of_the_file(self) -> None:
        [table] = one([FLAT, FLAT, FLAT | {"医院名称": ""}, 7]).tables
        fates = list(table.fates())
        assert [(f.number, f.fate) for f in fates] == [
            (1, Fate.READ), (2, Fate.DUPLICATE), (3, Fate.QUARANTINED), (4, Fate.QUARANTINED),
        ]  # fmt: skip
        assert fates[1].duplicate_of == "2020-02-03/data.json, row 1"
        assert fates[2].values == {}
        assert "胜利街" in str(fates[2].personal["raw"])
        json.dumps([[dict(f.values), dict(f.personal)] for f in fates])

    def test_an_account_that_misses_a_row_cannot_be(self) -> None:
        [table] = one([FLAT]).tables
        with pytest.raises(ValueError, match="has 2 rows, but 1 were read"):
            TableReading(
                table.file, table.format, table.encoding, table.sha256, table.kind,
                table.generation, 2, table.records, (), (), (), (), (),
            )  # fmt: skip
        with pytest.raises(ValueError, match="do not add up"):
            Totals(1, 0, 1, 3, 1, 1, 0)

    def test_a_folder_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(NotADirectoryError, match="no folder"):
            read_folder(tmp_path / "nowhere")

    @given(
        rows=st.lists(
            st.dictionaries(
                st.sampled_from(["医院名称", "防护服", "联系方式", "备注", "新列", "医院地址"]),
                st.recursive(
                    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                    max_leaves=4,
                ),
            ),
            max_size=8,
        )
    )
    def test_any_rows_add_up(self, rows: list[dict[str, Json]]) -> None:
        found = one(rows)
        assert found.totals.rows == len(rows)
        assert sum(1 for t in found.tables for _ in t.fates()) == len(rows)

    def test_the_same_bytes_give_the_same_account(self, tmp_path: Path) -> None:
        files: dict[str, Json | bytes] = {"a.json": [FLAT], "b.csv": CRAWL, "c.yml": GENERATION_1}
        one_time, again = (write(tmp_path / "f", files) for _ in range(2))
        assert one_time == again
        assert _names(one_time) == ["f/a.json", "f/b.csv", "f/c.yml"]


def _names(found: FolderReading) -> Iterable[str]:
    return [f.path for f in found.files]
