"""Messages of citizens as calls: every row accounted for, the same twice, as the deeds do."""

from __future__ import annotations

import csv
import io
import json
import lzma
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils.translation import override

from gongzhi.errors import NotFound
from gongzhi.interfaces.cli.replay_calls.clocks import climb_times
from gongzhi.interfaces.cli.replay_calls.command import as_json, report_on_calls
from gongzhi.interfaces.cli.replay_calls.subjects import Subjects

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

HOUR = timedelta(hours=1)
TREE = "一级分类,二级分类,三级分类\n城乡建设,安全生产,安全隐患\n环境保护,噪音污染,\n"
MESSAGES = """留言编号,留言用户,留言主题,留言时间,留言详情,反对数,点赞数
1,A,A3区工地有安全隐患,2019/2/28 11:25:05,围挡倒了,0,0
2,B,A7县夜里噪音污染,2019/3/1 8:00:00,工地噪音,0,0
3,C,你好,2019/3/2 8:00:00,谢谢,0,0
4,D,没有时间,昨天,x,0,0
"""
REPLIES = """留言编号,留言用户,留言主题,留言时间,留言详情,答复意见,答复时间
9,E,安全隐患,2019/1/1 0:00:00,x,好,2019/1/3 12:00:00
8,F,噪音污染,2019/1/1 0:00:00,x,好,2019/1/1 5:30:00
7,G,噪音污染,2019/1/2 0:00:00,x,好,2019/1/1 0:00:00
"""


@pytest.fixture
def in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A small folder of the same layout, one of its files compressed."""
    (tmp_path / "category_tree.csv").write_text(TREE, "utf-8")
    (tmp_path / "messages_x.csv.xz").write_bytes(lzma.compress(MESSAGES.encode()))
    (tmp_path / "message_replies_x.csv").write_text(REPLIES, "utf-8")
    return tmp_path


def test_a_made_folder_is_played_and_what_is_wrong_in_it_is_named(made: Path) -> None:
    report = report_on_calls(made, 7)
    assert report["messages"] == 3 and set(report["by_category"]) == {"–", "城乡建设", "环境保护"}
    reasons = sorted((row["row"], row["reason"]) for row in report["set_aside"])
    assert reasons == [
        (4, "the reply is older than the message"),
        (5, "the time of the message cannot be read"),
    ]
    assert all(f["rows"] == f["read"] + f["aside"] for f in report["files"].values())
    assert report["areas"] == {"A3区": 1, "A7县": 1, "–": 1}
    assert report["through_deeds"]["same"] == report["through_deeds"]["drawn"] == 3
    total = report["total"]
    assert total["in_time"] + total["climbed"][0] == 3
    assert sum(total["climbs_by_month"].values()) == sum(total["climbed"])


def test_the_same_seed_gives_the_same_bytes(made: Path) -> None:
    reports = []
    for seed in (7, 7, 8):
        with transaction.atomic():
            reports.append(as_json(report_on_calls(made, seed, drawn=2)))
            transaction.set_rollback(True)
    assert reports[0] == reports[1] != reports[2]


def test_what_the_reader_of_files_sets_aside_is_told_in_the_language_of_the_reader(
    made: Path,
) -> None:
    (made / "messages_cut.csv").write_text(
        "留言编号,留言主题,留言时间\n5,x,2019/3/1\n6,y\n7,z,2019/3/1\n", "utf-8"
    )
    (made / "messages_none.csv").write_bytes(b"")
    with override("zh-hans"):
        report = json.loads(as_json(report_on_calls(made, 7)))
    told = {row["file"]: row["reason"] for row in report["set_aside"]}
    assert told["messages_none.csv"] == "文件是空的。"
    assert told["messages_cut.csv"] == "记录有2格，表头有3格。"


def test_a_folder_without_replies_is_refused(made: Path) -> None:
    (made / "message_replies_x.csv").unlink()
    with pytest.raises(NotFound, match="no messages, replies and categories"):
        report_on_calls(made, 7)


def test_a_climb_comes_at_each_interval_until_the_answer() -> None:
    asked = datetime(2019, 3, 1, tzinfo=UTC)
    hours = [
        [(moment - asked) // HOUR for moment in climb_times(asked, HOUR, 2 * HOUR, answered, 2)]
        for answered in (asked + HOUR, asked + 1.1 * HOUR, asked + 3.1 * HOUR, asked + 99 * HOUR)
    ]
    assert hours == [[], [1], [1, 3], [1, 3]]


def test_a_category_is_told_by_its_own_words_or_not_at_all() -> None:
    subjects = Subjects([("城乡建设", "安全生产", "安全隐患"), ("环境保护", "噪音污染")])
    assert subjects.of("这里噪音 污染严重") == ("环境保护", "噪音污染")
    assert subjects.of("工地安全隐患") == ("城乡建设", "安全生产", "安全隐患")
    assert subjects.of("谢谢") == subjects.of("") == ()


def test_the_real_messages_are_all_accounted_for(data_dir: Path) -> None:
    """Counted a second time with nothing of the project."""
    folder = data_dir / "citizen_messages"
    if not folder.is_dir():
        pytest.skip("GONGZHI_DATA has no citizen_messages")
    report = report_on_calls(data_dir, 2020, drawn=12)
    counted = {}
    for path in folder.glob("*.csv*"):
        raw = path.read_bytes()
        text = (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode("utf-8-sig")
        counted[path.name] = sum(1 for _row in csv.reader(io.StringIO(text))) - 1
    assert {name: f["rows"] for name, f in report["files"].items()} == counted
    aside = sum(f["aside"] for f in report["files"].values())
    assert aside == len(report["set_aside"])
    by_category = report["by_category"].values()
    assert sum(row["messages"] for row in by_category) == report["messages"]
    assert sum(row["climbed"][0] for row in by_category) == report["total"]["climbed"][0]
    assert report["through_deeds"]["same"] == 12
    right = report["labelled"]
    assert right["same"] > 0.6 * right["messages"]
