"""Story 13: the flood exercise runs with two absent teams played by the system; not one record of
it is in the real house; its score is compared with the last one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from gongzhi.command.models import Exercise
from gongzhi.interfaces.cli.exercise.making import exercise_numbered
from gongzhi.interfaces.exercises import DELAYS, STANDING
from gongzhi.parameters import FOLDER
from gongzhi.sensing.actions import acknowledge_warning
from tests.exercise_house import (  # noqa: F401  (a fixture)
    city_with_a_plan,
    exercise_folder,
    of_the_house,
    played,
    run,
)
from tests.rooms.cast import START, City
from tests.rooms.upstream import red_warning

pytestmark = pytest.mark.long

SEVEN = START + timedelta(minutes=7)
SCENARIO = FOLDER / "exercises" / "flood-night.yaml"


@pytest.fixture
def city(db: None, exercise_folder: Path) -> City:  # noqa: F811
    """The small city with plan and catalogue; once, a real warning waited seven minutes."""
    made = city_with_a_plan()
    warning = red_warning(made, "D1")
    acknowledge_warning(warning=warning, note="收到", by=made.person("d1-chief"), now=SEVEN)
    return made


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """The shipped scenario, cut short after four hours."""
    text = SCENARIO.read_text("utf-8")
    assert "ends_after: +10:00" in text
    path = tmp_path / "short.yaml"
    path.write_text(text.replace("ends_after: +10:00", "ends_after: +04:00"), "utf-8")
    return str(path)


@pytest.mark.feature(33)
@pytest.mark.begun(83)
def test_the_flood_exercise_is_played_scored_and_compared_and_leaves_no_trace(
    city: City, tmp_path: Path, scenario: str
) -> None:
    before = of_the_house()

    # Last year's exercise and this year's: the same scenario, the same seed. Only the water
    # department is there to play itself.
    for number in ("1", "2"):
        run("new", scenario, "--seed", "1")
        run("run", number, "--no-serve", "--present", "WATER")

    # The system played the absent teams: a warning was acknowledged, a plan became orders, calls
    # were answered and somebody arrived.
    first, second = played(1), played(2)
    times = first["score"]["times"]
    for kind in ("acknowledge", "order", "accept", "answer", "arrive"):
        assert times[kind]["count"] > 0, kind
        assert times[kind]["median"] <= times[kind]["worst"]
    assert times["answer"]["ref"].startswith("command.CallAnswer:")
    assert first["score"]["counts"]["orders"] > 0
    assert first["ledger_holds"]

    # Power was played and answered its call; water was present, and in this test nobody sat
    # there; in the health department of the other district nobody holds a post.
    answered = {wait["unit"] for wait in first["waits"] if wait["kind"] == "answer"}
    assert answered == {"东岸区供电局"}
    assert first["present"] == ["WATER"]

    # The score keeps every tier against the standard; of units it keeps those that were there, and
    # the silence of the water department is its own.
    tiers, units = first["score"]["tiers"], first["score"]["units"]
    assert tiers["department"]["calls_answered"]["total"] > 1 and "street" in tiers
    assert set(units) == {"WATER"} and units["WATER"]["calls_answered"]["good"] == 0

    # This house has too few records of its own, so the assumed delays were used, and it is said.
    kept = json.loads((exercise_numbered(1).folder / DELAYS).read_text())
    assert kept["own"] == [] and kept["minutes"]["answer"] == [5, 10, 18, 30, 70]

    # One seed, one exercise: the very same score, from a ledger of the same length.
    assert second["score"] == first["score"]
    assert second["ledger_size"] == first["ledger_size"]

    # Not one record of it is in the real house, and its log-ins are not left lying about.
    assert of_the_house() == before
    assert not list(tmp_path.rglob(STANDING))

    # Recorded, the house knows that it was held; the report compares the two and is readable
    # in three languages.
    run("record", "1")
    run("record", "2")
    held = Exercise.objects.get(number=2)
    assert held.score == first["score"] and held.ledger_root == second["ledger_root"]
    assert set(of_the_house().items()) - set(before.items()) == {("Entry", before["Entry"] + 2)}
    for language, said in (("en", "Exercise 1 before it"), ("zh-hans", "此前的第1次演练"),
                           ("zh-hant", "此前的第1次演練")):  # fmt: skip
        page = Path(run("report", "2", "--language", language).strip()).read_text()
        assert "EXERCISE 演练" in page and said in page and "<svg" in page
        assert 'style="' not in page

    # Side by side stand this exercise, the last one, and the one real response of the house.
    page = Path(run("report", "2", "--language", "en").strip()).read_text()
    [asked, *_more] = [row["title"] for row in second["waits"] if row["kind"] == "accept"]
    assert second["titles"][asked]["en"] in page, "orders are called as the reader calls them"
    row = page.partition('scope="row">A warning is acknowledged</th>')[2].partition("</tr>")[0]
    drilled = tuple(f"{times['acknowledge'][of]:g}" for of in ("median", "worst"))
    assert re.findall(r"([\d.]+) · ([\d.]+) <", row) == [drilled, drilled, ("7", "7")]
