"""`gongzhi replay` on folders nobody has seen: a later month, new generations, broken files.

The folders are slices of the real one, moved to April 2020, with what no importer knows beside it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from gongzhi.exchange.importers import ReliefRecord
from gongzhi.interfaces.cli.replay.command import replay as command
from gongzhi.interfaces.cli.replay.reading import Material, read_material
from gongzhi.interfaces.cli.replay.scenario import load
from tests.real.counting import rows_of
from tests.real.made import (
    FIRST_DAY,
    LIST_DAY,
    OUTSIDE,
    Made,
    later,
    make_folder,
    tables,
    write_csv,
)
from tests.real.running import Replayed, replay
from tests.real.test_replay import check_summary

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def made(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_folder(data_dir, tmp_path_factory.mktemp("made") / "data")


@pytest.fixture(scope="module")
def played(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    place = tmp_path_factory.mktemp("one")
    return replay(
        made.folder, place, "--language", "en", PYTHONHASHSEED="1", LC_ALL="C.UTF-8", COLUMNS="80"
    )


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Path:
    """The made folder once more, for a test to change."""
    return Path(shutil.copytree(made.folder, tmp_path / "data"))


def read(folder: Path) -> Material:
    with translation.override("en"):
        return read_material(folder, load("hubei-2020"))


def run(folder: Path, out: Path, language: str = "en") -> Result:
    arguments = ["--data", str(folder), "--out", str(out), "--language", language]
    return CliRunner().invoke(command, ["hubei-2020", *arguments])


def test_the_same_data_and_seed_give_the_same_bytes(
    made: Made, played: Replayed, tmp_path: Path
) -> None:
    """Elsewhere, on a terminal of another language, with other hashes: not one byte differs."""
    moved = Path(shutil.copytree(made.folder, tmp_path / "elsewhere" / "data"))
    again = replay(
        moved, tmp_path / "two", "--language", "en", PYTHONHASHSEED="2", LC_ALL="zh_CN.UTF-8",
        COLUMNS="200", TZ="America/Lima",
    )  # fmt: skip
    assert played.code == again.code == 0, again.stderr
    assert played.json_bytes == again.json_bytes
    assert played.html_bytes == again.html_bytes
    assert played.stdout == again.stdout


def test_a_later_month_is_played_on_its_own_days(made: Made, played: Replayed) -> None:
    report = played.report
    assert report["first_day"] == later(FIRST_DAY, 1), "the first day has no day before it"
    assert report["last_day"] == made.last_day.isoformat()
    assert {city["name"] for city in report["cities"]} == set(made.cities)
    assert {h["name"] for h in report["hospitals"]} == set(made.hospitals)
    warned = {w["day"] for city in report["cities"] for w in city["warnings"]}
    assert warned and all(day[:7] == "2020-04" for day in warned)
    assert report["ledger"]["holds"]
    check_summary(report)


def test_what_is_not_understood_is_listed_and_not_lost(made: Made, played: Replayed) -> None:
    counts, relief = (
        next(f for f in played.report["data"] if f["kind"] == kind) for kind in ("counts", "relief")
    )
    reasons = {(row["file"], row["reason"]) for row in counts["quarantine"]}
    assert any("约三十" in reason for _file, reason in reasons)
    assert sum(row["file"].endswith("第四代.csv") for row in counts["quarantine"]) == 4
    assert any("broken.csv" in line for line in counts["not_understood"])
    assert any("第四代栏目" in line for line in relief["not_understood"])
    assert sum("asks.json" in row["file"] for row in relief["quarantine"]) == 3
    for folder in (counts, relief):
        for table in folder["tables"]:
            assert rows_of(made.folder / folder["folder"], table["file"]) == table["rows"]
    for words in ("第四代.csv, 4 rows", "broken.csv", "第四代栏目", "asks.json, 3 rows"):
        assert words in " ".join(played.stdout.split())


def test_the_generation_is_known_by_content_not_by_name(made: Made, played: Replayed) -> None:
    relief = next(f for f in played.report["data"] if f["kind"] == "relief")
    kinds = {k["kind"]: k["generation"] for k in relief["by_kind"]}
    assert kinds["relief need"].endswith("new columns")
    assert kinds["unknown"] == "not recognised"


def test_goods_reach_the_hospitals_without_a_carrier_on_the_lists(played: Replayed) -> None:
    known = [n for h in played.report["hospitals"] for n in h["needs"] if n["amount"] == "known"]
    assert played.report["summary"]["carriers"] == 0
    assert not known or any(need["received"] for need in known)


def test_a_missing_or_empty_folder_of_lists_leaves_the_counts_to_play(copy: Path) -> None:
    lists = copy / "relief_wuhan2020"
    shutil.rmtree(lists)
    without = read(copy)
    lists.mkdir()
    empty = read(copy)
    assert not without.relief and not empty.relief
    assert any("There is no folder “relief_wuhan2020”" in note for note in without.notes)
    assert without.cities and [c.new for c in without.cities] == [c.new for c in empty.cities]


def test_a_list_without_a_day_is_played_and_noted(copy: Path) -> None:
    for folder in (copy / "relief_wuhan2020").iterdir():
        folder.rename(folder.with_name(folder.name.partition("_")[2]))
    material = read(copy)
    assert material.relief and material.snapshots() == [material.last_day]
    assert any("name no day; they are entered on" in note for note in material.notes)


def test_a_list_after_the_last_count_is_still_played(copy: Path) -> None:
    lists = copy / "relief_wuhan2020"
    (lists / f"{LIST_DAY}_gen4").rename(lists / "2020-05-19_final")
    material = read(copy)
    assert date(2020, 5, 19) in material.snapshots() and material.ends_on > date(2020, 5, 19)


def test_a_file_whose_name_is_gb18030_is_named_readably(copy: Path) -> None:
    """Archives of that time hold such names; they must break neither the load nor the report."""
    rows = "报告日,地级市\n2020-04-05,某市\n".encode("gb18030")
    folder = os.fsencode(copy / "city_cases_cn")
    Path(os.fsdecode(folder + b"/" + "旧表.csv".encode("gb18030"))).write_bytes(rows)
    listed = map(str, read(copy).readings["counts"].not_understood)
    assert any(line.startswith("city_cases_cn/旧表.csv") for line in listed)


def test_a_slip_of_the_pen_in_a_date_does_not_stretch_the_play(copy: Path) -> None:
    """A count of 1920 and a list of 2002 would mean years of rounds: noted, and not believed."""
    lists = copy / "relief_wuhan2020"
    (lists / f"{LIST_DAY}_gen4").rename(lists / "2002-04-20_gen4")
    before = read_days(copy, lambda rows: rows)
    after = read_days(copy, lambda rows: [{**rows[0], "date": "1920-04-03"}, *rows])
    assert after.starts_on == before.starts_on and after.ends_on == before.ends_on
    assert any("days away from the other counts" in note for note in after.notes)
    assert any("away from all counts" in note for note in after.notes)
    assert all(isinstance(r, ReliefRecord) and r.snapshot_on for r in after.relief)


def read_days(
    folder: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]
) -> Material:
    """Read a folder after its counts were changed; the encoding is now another one."""
    counts = folder / "city_cases_cn"
    for path in counts.iterdir():
        if path.name == "第四代.csv" or path.name == "broken.csv":
            path.unlink()
    for path in counts.iterdir():
        text = path.read_bytes()
        path.write_text(text.decode("gb18030") if text[:3] != b"\xef\xbb\xbf" else text.decode(),
                        "utf-8")  # fmt: skip
    for path, rows in tables(counts, "date", "province", "city", "confirmed"):
        write_csv(path, change(rows), "utf-8-sig")
    return read(folder)


def test_a_hospital_that_cannot_be_placed_is_named_with_its_lines(played: Replayed) -> None:
    """Its city is of another province: the replay does not invent a place for it."""
    [outside] = played.report["hospitals_outside"]
    assert outside["name"] == OUTSIDE and outside["lines"] > 0
    assert outside["why"].endswith("Name its city.")
    assert OUTSIDE in played.stdout and OUTSIDE in played.html
    assert played.report["summary"]["need_lines_outside"] == outside["lines"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: shutil.rmtree(f), "There is no folder"),
        (lambda f: shutil.rmtree(f / "city_cases_cn"), "The data folder has no “city_cases_cn”"),
        (lambda f: empty(f / "city_cases_cn"), "Put a table there with the columns date, province"),
        (lambda f: empty(f / "admin_geo"), "Put a table of administrative divisions there"),
        (lambda f: only_junk(f / "city_cases_cn"), "No daily counts of cities of 湖北省"),
    ],
    ids=["no folder", "no counts", "empty counts", "empty divisions", "no table among the counts"],
)
def test_what_is_missing_is_said_in_one_sentence_that_says_what_to_do(
    copy: Path, tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    spoil(copy)
    result = run(copy, tmp_path / "out")
    assert result.exit_code == 13, result.output
    assert says in result.output and "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) == 1


def empty(folder: Path) -> None:
    """Take everything out of a folder."""
    shutil.rmtree(folder)
    folder.mkdir()


def only_junk(folder: Path) -> None:
    """Leave nothing in a folder but a file that is no table."""
    empty(folder)
    (folder / "broken.csv").write_bytes(b"\x00\x01\x02" * 100)


def test_an_unknown_scenario_names_those_there_are(tmp_path: Path) -> None:
    arguments = ["atlantis-2020", "--data", str(tmp_path), "--language", "en"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 13 and "hubei-2020" in result.output


def test_a_place_that_cannot_be_written_is_said_before_anything_is_played(
    copy: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file, not a folder", "utf-8")
    result = run(copy, tmp_path / "taken" / "out")
    assert result.exit_code == 10 and "Name another folder with --out" in result.output


# Its language -------------------------------------------------------------------------------------

CHINESE = ("zh-Hans", "zh-Hant")
HEADS = {
    "zh-Hans": {"预警", "缘由", "签收用时（分钟）", "承办单位", "时限", "逾期", "数量", "隔离"},
    "zh-Hant": {"預警", "緣由", "簽收用時（分鐘）", "承辦單位", "時限", "逾期", "數量", "隔離"},
}
SAID = {
    "language", "assumptions", "notes", "because_of", "title", "name", "sentence", "reasons", "why",
    "meaning", "not_understood", "duplicates", "disagreements", "refusals", "waiting_for",
}  # fmt: skip
"""Keys of the JSON report whose values are in the language of the report."""
CJK = re.compile("[\u4e00-\u9fff]")
LATIN = re.compile("[A-Za-z]{2,}")
PHRASE = re.compile(r"[A-Za-z]{2,} [A-Za-z]+ [A-Za-z]+")


@pytest.fixture(scope="module")
def chinese(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Replayed]:
    """The replay once more in both scripts: as the terminal is set, and as it is asked for."""
    place = tmp_path_factory.mktemp("chinese")
    return {
        "zh-Hans": replay(made.folder, place / "hans", LC_ALL="zh_CN.UTF-8"),
        "zh-Hant": replay(made.folder, place / "hant", "--language", "zh-hant", LC_ALL="C.UTF-8"),
    }


def texts(page: str) -> list[str]:
    """What stands between the tags of a page."""
    body = re.sub("<style>.*?</style>", "", page, flags=re.DOTALL)
    return [text.strip() for text in re.findall(">([^<]+)<", body) if text.strip()]


def heads(page: str) -> list[str]:
    """The heads of the columns and of the parts of a page."""
    return re.findall(r"<(?:th|h2)(?: [^>]*)?>([^<]+)<", page)


@pytest.mark.parametrize("language", CHINESE)
def test_a_chinese_report_has_no_english_left(
    language: str, chinese: dict[str, Replayed], played: Replayed
) -> None:
    """What has Latin letters and no Chinese beside them is a name of the data, never a phrase."""
    done = chinese[language]
    assert done.code == 0, done.stderr
    assert done.report["language"] == language.lower()
    assert f'<html lang="{language}">' in done.html
    own = {f["folder"] for f in done.report["data"]}
    own |= {k["generation"] for f in done.report["data"] for k in f["by_kind"]}
    plain = {t for t in texts(done.html) if LATIN.search(t) and not CJK.search(t)}
    assert plain <= own, "words of the page without a Chinese character"
    assert not [head for head in heads(done.html) if LATIN.search(head) and head not in own]
    assert len(heads(done.html)) == len(heads(played.html))
    assert HEADS[language] <= set(heads(done.html))
    assert not PHRASE.search(" \n".join(texts(done.html)))
    assert not PHRASE.search(done.stdout) and not PHRASE.search(done.stderr)


def test_the_english_report_says_what_the_chinese_ones_say(played: Replayed) -> None:
    """The same heads in English: so the test above would see them if they were left."""
    assert played.report["language"] == "en" and '<html lang="en">' in played.html
    assert {"Warning", "Why", "Due", "late", "Amount", "quarantined"} <= set(heads(played.html))
    assert not [head for head in heads(played.html) if CJK.search(head)]
    assert PHRASE.search(played.stdout) and PHRASE.search(" \n".join(texts(played.html)))


@pytest.mark.parametrize("language", CHINESE)
def test_another_language_gives_the_same_figures(
    language: str, chinese: dict[str, Replayed], played: Replayed
) -> None:
    other = chinese[language].report
    assert figures(other) == figures(played.report)
    assert other["ledger"]["root"] == played.report["ledger"]["root"]
    assert words_of(other) != words_of(played.report)


def figures(value: Any) -> Any:
    """A report without its sentences: figures, days, codes, and how many sentences there were."""
    if isinstance(value, dict):
        return {k: lengths(v) if _is_said(k, value) else figures(v) for k, v in value.items()}
    return [figures(v) for v in value] if isinstance(value, list) else value


def _is_said(key: str, value: dict[str, Any]) -> bool:
    """Whether a value is a sentence; the reason of a need is a code, that of a row is none."""
    return (key in SAID and value[key] is not None) or (key == "reason" and "row" in value)


def lengths(value: Any) -> int:
    """How many sentences there are."""
    return len(value) if isinstance(value, list | dict) else 1


def words_of(report: dict[str, Any]) -> list[str]:
    """Sentences of every part of a report."""
    warnings = [w["sentence"] for city in report["cities"] for w in city["warnings"]]
    needs = [need["why"] for hospital in report["hospitals"] for need in hospital["needs"]]
    rows = [row["reason"] for folder in report["data"] for row in folder["quarantine"]]
    return [*report["assumptions"], *report["notes"], *warnings, *needs, *rows]


@pytest.mark.parametrize("language", CHINESE)
def test_days_are_written_year_first_in_every_language(
    language: str, chinese: dict[str, Replayed]
) -> None:
    """Of each moment the day and the minute, so that they sort as text."""
    report, page = chinese[language].report, chinese[language].html
    declared = [i["declared_at"] for city in report["cities"] for i in city["incidents"]]
    assert declared and all(at[:16].replace("T", " ") in page for at in declared)


@pytest.mark.parametrize(
    ("language", "says"),
    [("zh-hans", "没有文件夹"), ("zh-hant", "沒有資料夾"), ("en", "no folder")],
)
def test_a_refusal_is_said_in_the_language_asked_for(
    tmp_path: Path, language: str, says: str
) -> None:
    result = run(tmp_path / "nowhere", tmp_path / "out", language)
    assert result.exit_code == 13 and says in result.output
