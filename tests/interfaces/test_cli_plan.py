"""`gongzhi command plan`: check, compare and draw plan files, in three languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
from click.testing import CliRunner, Result
from django.conf import settings
from django.utils import translation

from gongzhi.actors.models import Post
from gongzhi.command.actions import adopt_plan
from gongzhi.command.models import ContingencyPlan
from gongzhi.command.plan_file import check_plan
from gongzhi.errors import Malformed, Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.commands import gongzhi
from gongzhi.interfaces.cli.demo.cast import map_city
from gongzhi.interfaces.cli.demo.load import load
from gongzhi.interfaces.cli.demo.play import BEGUN
from gongzhi.interfaces.cli.linjiang import build_city, build_people
from gongzhi.ledger.models import Entry
from tests.interfaces.api_world import cheap_passwords
from tests.interfaces.pages import NOW, browser
from tests.rooms.cast import START, City
from tests.rooms.test_plan_file import GOOD, LIBRARY, PHASED, borrowing

LANGUAGES = ("zh-hans", "zh-hant", "en")
SHIPPED = sorted((Path(settings.ROOT) / "parameters/plans").glob("*.yaml"))


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with translation.override("en"):
        yield


def run(*words: Any) -> Result:
    """What `gongzhi command plan …` prints and how it ends; a crash of ours is raised here."""
    result = CliRunner().invoke(gongzhi, ["command", "plan", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def written(folder: Path, text: str, name: str = "draft") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return path


# Check --------------------------------------------------------------------------------------------

WRONG = GOOD.replace("hazard: flood", "hazard: floods").replace("minutes: 60", "minutes: soon")


@pytest.mark.usefixtures("db")
def test_every_mistake_stands_at_its_line_and_ends_with_the_code_of_a_refusal(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, WRONG)
    result = run("check", path)
    assert result.exit_code == Malformed.exit_code == 11
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{path}:4:1: ") and "Write “flood”." in first
    assert second.startswith(f"{path}:12:5: ") and "Write digits only." in second


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("language", LANGUAGES)
def test_mistakes_are_told_in_json_in_every_language(tmp_path: Path, language: str) -> None:
    with translation.override(language):
        result = run("check", written(tmp_path, WRONG), "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (11, "")
    assert (told["plan"], told["warnings"], told["receivers_checked"]) == (None, [], False)
    assert [row["line"] for row in told["problems"]] == [4, 12]
    said = {"en": "Write “flood”.", "zh-hans": "请写“flood”", "zh-hant": "請寫「flood」"}
    assert said[language] in told["problems"][0]["sentence"]


@pytest.mark.usefixtures("db")
def test_what_is_no_text_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "draft.yaml"
    path.write_bytes(b"\x00\xff\xfe\x00" * 50)
    result = run("check", path)
    assert result.exit_code == 11 and "Traceback" not in result.stderr
    assert run("check", tmp_path / "none.yaml").exit_code == 2


@pytest.mark.usefixtures("db")
def test_without_a_city_only_the_text_is_checked_and_that_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    said = run("check", path)
    assert said.exit_code == 0
    assert "“Plan 1.0” has no mistakes; it has 2 orders. There is no city here" in said.stdout
    assert json.loads(run("check", path, "--json").stdout)["receivers_checked"] is False


def test_without_a_database_that_answers_the_text_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def silent() -> None:
        raise OperationalError("no such table")

    for name in ("roots", "plan_library"):
        monkeypatch.setattr(f"gongzhi.interfaces.cli.plans.{name}", silent)
    assert "There is no city here" in run("check", written(tmp_path, GOOD)).stdout


NOBODY = GOOD.replace("subject: police", "subject: weather")
NO_ROLE = GOOD.replace("each: district, role: officer", "each: district, role: clerk")
WARNED = [
    pytest.param(
        NOBODY, 15,
        {"en": "no unit here fits “each: department, subject: weather, tier: district”",
         "zh-hans": "没有单位会收到“bring-out”", "zh-hant": "沒有單位會收到「bring-out」"},
        id="nobody receives it",
    ),
    pytest.param(
        NO_ROLE, 9,
        {"en": "no unit that receives it has a person with the role “clerk”",
         "zh-hans": "没有角色为“clerk”的人", "zh-hant": "沒有角色為「clerk」的人"},
        id="nobody has the role",
    ),
    pytest.param(
        GOOD, 9,
        {"en": "stand in for the one person on duty in 东岸区, 西岸区 (2 in all). Appoint a deputy",
         "zh-hans": "（共2个）", "zh-hant": "無人能替換唯一的值守人"},
        id="no deputy at night",
    ),
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("text", "line", "said"), WARNED)
def test_each_warning_names_the_line_of_its_order(
    city: City, tmp_path: Path, language: str, text: str, line: int, said: dict[str, str]
) -> None:
    Post.objects.exclude(person__login__in=["d1-chief", "d1-duty", "d2-duty"]).delete()
    path = written(tmp_path, text)
    with translation.override(language):
        told = json.loads(run("check", path, "--json").stdout)
        result = run("check", path)
    assert any(
        row["line"] == line and said[language] in row["sentence"] for row in told["warnings"]
    )
    assert (result.exit_code, result.stderr, told["problems"]) == (0, "", [])
    assert f"{path}:{line}:" in result.stdout and said[language] in result.stdout


def test_an_order_that_may_wait_until_the_morning_needs_no_deputy(
    city: City, tmp_path: Path
) -> None:
    Post.objects.exclude(person__login__in=["d1-chief", "d1-duty", "d2-duty"]).delete()
    slow = GOOD.replace("minutes: 60", "minutes: 1000").replace("minutes: 180", "minutes: 1800")
    assert "at night" not in run("check", written(tmp_path, slow)).stdout


def test_who_stands_above_a_unit_is_no_deputy_of_its_one_person(city: City, tmp_path: Path) -> None:
    """The district has two people and the city more; the street has one and is named."""
    text = GOOD.replace("each: district, role: officer", "each: street")
    both = run("check", written(tmp_path, text)).stdout
    Post.objects.filter(person__login="s11-duty-2").delete()
    one = run("check", written(tmp_path, text)).stdout
    assert "at night" in both and "桥头街道" not in both
    assert "桥头街道" in one


def test_the_warnings_stand_on_the_page_too(city: City) -> None:
    page = browser(city, "mayor").post("/plans/check", {"document": NOBODY}).content.decode()
    assert "2 warnings about this draft" in page
    assert '<li id="line-15" class="has-problem">' in page
    assert "Adopt this plan" in page


def test_in_the_demo_city_the_shipped_plans_lack_nothing_but_deputies(db: None) -> None:
    """Linjiang is founded as the demo founds it; each order meets a unit and somebody to act.

    Most of its desks have one person, whom nobody of the tiers above replaces at night.
    """
    made = build_city(seed=7, scale=0.2)
    with cheap_passwords():
        load(
            map_city(made, build_people(made, seed=7)), password="a password of the play",
            now=START, mark=BEGUN, facts={}, step=lambda _step: None,
        )  # fmt: skip
    for path in SHIPPED:
        told = json.loads(run("check", path, "--json").stdout)
        assert told["problems"] == [] and told["warnings"]
        assert all("Appoint a deputy" in row["sentence"] for row in told["warnings"])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_small_city_is_told_only_which_departments_and_deputies_it_lacks(
    city: City, path: Path
) -> None:
    told = json.loads(run("check", path, "--json").stdout)
    assert told["problems"] == [] and told["receivers_checked"]
    assert all(
        row["sentence"].startswith("Nobody receives “") or "Appoint a deputy" in row["sentence"]
        for row in told["warnings"]
    )


# Includes -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
def test_a_plan_may_include_what_lies_beside_it(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "small-plan")
    text = borrowing("{plan: small-plan, orders: [shelters, bring-out]}")
    result = run("check", written(tmp_path, text))
    assert result.exit_code == 0 and "it has 3 orders" in result.stdout
    wrong = run("check", written(tmp_path, text.replace("shelters, b", "shelter, b")))
    assert wrong.exit_code == 11 and "Write “shelters”." in wrong.stderr


def test_a_plan_that_includes_is_adopted_complete(city: City) -> None:
    mayor = city.person("mayor")
    adopt_plan(document=GOOD, by=mayor, now=START)
    text = borrowing("{plan: small-plan, orders: [shelters]}")
    kept = adopt_plan(document=text, by=mayor, now=START)
    adopt_plan(document=GOOD.replace('"1.0"', '"2.0"'), by=mayor, now=START)
    stored = ContingencyPlan.objects.get(pk=kept.pk).document
    assert "include" not in stored
    read = check_plan(stored).plan
    assert read is not None and [order.key for order in read.orders] == ["own", "shelters"]
    with pytest.raises(Refused, match="no order “nothing”"):
        adopt_plan(document=text.replace("[shelters]", "[nothing]"), by=mayor, now=START)


# Differences --------------------------------------------------------------------------------------

CHANGED = (
    PHASED.replace('"1.0"', '"1.1"')
    .replace("minutes: 60", "minutes: 45")
    .replace("quantity: 500", "quantity: 700")
    .replace("subject: police, tier: district", "subject: police")
    .replace("en: The list", "en: The lists")
    .replace("days: 3", "days: 5")
    .replace("red_warnings: 1, response_grade: 2", "warnings: 4, response_grade: 2")
)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_changed_is_said_field_by_field(tmp_path: Path, language: str) -> None:
    before, after = written(tmp_path, GOOD, "before"), written(tmp_path, CHANGED, "after")
    with translation.override(language):
        result = run("diff", before, after)
    assert (result.exit_code, result.stderr) == (0, "")
    wanted = {
        "en": [
            "version: 1.0 → 1.1",
            "trigger: 1 or more red warnings or response level 2 or higher → 4 or more warnings",
            "~ order changed: Open the shelters (shelters)",
            "    minutes allowed: 60 → 45",
            "    supplies: drinking_water × 500 → drinking_water × 700",
            "    to whom: every department: police, district → every department: police",
            "    evidence wanted: “The list” → “The lists”",
            "measures: “No traffic” no_traffic (3 days) → ",
            "    phase: – → clearing up",
            "to be wound down: – → “The barriers”",
            "red warnings: at most 0 and response",
        ],
        "zh-hans": [
            "版本：1.0 → 1.1",
            "~ 修改指令：开放安置点（shelters）",
            "限时（分钟）：60 → 45",
            "阶段：– → 消",
        ],
        "zh-hant": [
            "版本：1.0 → 1.1",
            "~ 修改指令：開放安置點（shelters）",
            "時限（分鐘）：60 → 45",
            "階段：– → 消",
            '{"zh-Hans": "名单"',
        ],
    }
    for line in wanted[language]:
        assert line in result.stdout, (line, result.stdout)


@pytest.mark.usefixtures("db")
def test_orders_added_and_removed_are_named_and_the_json_is_complete(tmp_path: Path) -> None:
    before = written(tmp_path, GOOD, "before")
    after = written(tmp_path, GOOD.replace("bring-out", "lead-out"), "after")
    said = run("diff", before, after).stdout
    assert "+ order added: Bring people out (lead-out)" in said
    assert "- order removed: Bring people out (bring-out)" in said
    told = json.loads(run("diff", before, after, "--json").stdout)
    assert told == {"same": False, "added": ["lead-out"], "removed": ["bring-out"]}
    changed = json.loads(run("diff", before, written(tmp_path, CHANGED), "--json").stdout)
    [shelters, _bring_out] = changed["changed"]
    assert {"field": "minutes", "before": 60, "after": 45} in shelters["changes"]
    assert run("diff", before, before).stdout == "The two plans say the same.\n"


@pytest.mark.usefixtures("db")
def test_a_plan_with_mistakes_is_not_compared(tmp_path: Path) -> None:
    result = run("diff", written(tmp_path, GOOD, "good"), written(tmp_path, WRONG))
    assert (result.exit_code, result.stdout) == (11, "")
    assert ":4:1:" in result.stderr


# The diagram --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_diagram_is_a_file_of_its_own(tmp_path: Path, path: Path, language: str) -> None:
    out = tmp_path / "plan.svg"
    with translation.override(language):
        assert run("diagram", path, "--out", out).exit_code == 0
        assert run("diagram", path, "--out", "-").stdout == out.read_text("utf-8")
    plan = check_plan(path.read_text("utf-8"), LIBRARY).plan
    assert plan is not None
    svg = ElementTree.parse(out).getroot()
    name = "{http://www.w3.org/2000/svg}"
    assert svg.tag == f"{name}svg"
    assert len(svg.findall(f"{name}g")) == len(plan.orders)
    assert len(svg.findall(f"{name}path")) == sum(len(order.after) for order in plan.orders)
    title = {"en": plan.title.en, "zh-hans": plan.title.hans, "zh-hant": plan.title.hant}
    assert svg.findtext(f"{name}title") == f"{title[language]} 2.0"


@pytest.mark.usefixtures("db")
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    result = run("diagram", written(tmp_path, GOOD), "--out", tmp_path / "no" / "plan.svg")
    assert result.exit_code == 11 and "Choose another place." in result.stderr


# From end to end ----------------------------------------------------------------------------------


@pytest.mark.feature(32)
def test_a_plan_is_carried_elsewhere_checked_compared_drawn_and_adopted(
    city: City, tmp_path: Path
) -> None:
    """A file from another city is checked here, compared with ours, drawn, then put in force."""
    path = Path(settings.ROOT) / "parameters/plans/flood.yaml"
    theirs = path.read_text("utf-8").replace('"2.0"', '"2.1"').replace("minutes: 30", "minutes: 45")
    draft = written(tmp_path, theirs)
    entries = Entry.objects.count()
    assert run("check", draft).exit_code == 0
    assert "minutes allowed: 30 → 45" in run("diff", path, draft).stdout
    assert run("diagram", draft, "--out", tmp_path / "plan.svg").exit_code == 0
    assert Entry.objects.count() == entries, "Looking at a plan writes nothing."
    adopted = adopt_plan(document=theirs, by=city.person("mayor"), now=START)
    page = browser(city, "mayor").get(f"/plans/{adopted.pk}").content.decode()
    drawn = ElementTree.parse(tmp_path / "plan.svg").getroot()
    boxes = drawn.findall("{http://www.w3.org/2000/svg}g")
    assert page.count('class="plan-box"') == len(boxes)


def test_the_phases_and_the_end_of_a_plan_stand_on_its_page(city: City) -> None:
    adopted = adopt_plan(document=PHASED, by=city.person("mayor"), now=START)
    page = browser(city, "mayor").get(f"/plans/{adopted.pk}").content.decode()
    assert "clearing up" in page and "1 or more red warnings" in page
    assert "red warnings: at most 0 and response level 3 or lower, or none" in page
    assert "To be wound down at the end" in page and "The barriers" in page


# Import -------------------------------------------------------------------------------------------


def word_file(folder: Path, name: str = "Flood-2024.docx") -> Path:
    document = docx.Document()
    for text in ("临江市防汛应急预案", "三、应急处置", "市水务局立即巡查堤防。", "加强值守。"):
        document.add_paragraph(text)
    document.save(str(folder / name))
    return folder / name


@pytest.mark.begun(32, 72)
@pytest.mark.usefixtures("db")
def test_a_word_processors_plan_becomes_a_draft_that_the_check_completes(tmp_path: Path) -> None:
    file = word_file(tmp_path)
    answer = run("import", file)
    draft = tmp_path / "Flood-2024.yaml"
    assert answer.exit_code == 0
    assert "a draft with 1 orders; 1 passages are kept as comments." in answer.stdout
    assert f"gongzhi command plan check {draft}" in answer.stdout
    text = draft.read_text("utf-8")
    assert text.startswith("plan: flood-2024\n")
    assert "# unread: 加强值守。" in text
    again = run("check", draft)
    assert again.exit_code == Malformed.exit_code
    assert "“legal_basis” is missing here." in again.stderr


@pytest.mark.usefixtures("db")
def test_a_draft_goes_where_it_is_told_and_overwrites_nothing(tmp_path: Path) -> None:
    file = word_file(tmp_path, "防汛.docx")
    shown = run("import", file, "-o", "-")
    assert shown.stdout.startswith("plan: imported-plan\n")
    there = written(tmp_path, "kept")
    refused = run("import", file, "-o", there), run("import", file, "-o", tmp_path / "no/x.yaml")
    assert "is there already" in refused[0].stderr
    assert "cannot be written" in refused[1].stderr
    assert there.read_text() == "kept"
    wrong = run("import", there)
    assert wrong.exit_code == Malformed.exit_code
    assert "cannot be read. This is no .docx file" in wrong.stderr
