"""The demo: its clock and words, what it finds in a database, and the command from end to end."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from django.conf import settings
from rich.console import Console

from gongzhi.actors.queries import Person, Unit, visible
from gongzhi.errors import NotNow
from gongzhi.interfaces.cli.demo import command
from gongzhi.interfaces.cli.demo.cast import FOUNDER, OWN_PLACE, map_city
from gongzhi.interfaces.cli.demo.command import demo, demo_password, make_ready
from gongzhi.interfaces.cli.demo.load import load
from gongzhi.interfaces.cli.demo.stage import Calendar, Stage
from gongzhi.interfaces.cli.demo.state import BEGUN, PLAYED, State, state_now
from gongzhi.interfaces.cli.demo.tell import LANGUAGES, Narrator, language_of, said, table
from gongzhi.interfaces.cli.linjiang import build_city, build_people
from gongzhi.ledger.actions import append
from tests.interfaces.console_scene import founded

pytestmark = pytest.mark.long

CODE = Path(command.__file__).parent
NOON = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
CITY = build_city(2020, 0.02)
PEOPLE = build_people(CITY, 2020)


@pytest.fixture
def narrator() -> Narrator:
    return Narrator(Console(file=StringIO(), width=200), "en")


def spoken(narrator: Narrator) -> str:
    text: str = narrator.console.file.getvalue()  # type: ignore[attr-defined]
    return text


# The clock ----------------------------------------------------------------------------------------


def test_the_play_begins_at_eight_so_many_days_ago_and_ends_at_the_present() -> None:
    calendar = Calendar(NOON, 30)
    assert calendar.start == datetime(2026, 2, 18, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
    assert calendar.number(calendar.start) == 0
    assert calendar.number(NOON) == 30
    assert calendar.story(8, 10.5) == calendar.day(8) + timedelta(hours=10, minutes=30)


def test_a_shorter_play_runs_through_the_story_faster() -> None:
    calendar = Calendar(NOON, 6)
    assert calendar.span(5) == timedelta(days=1)
    assert calendar.story(0, 1) == calendar.start


@pytest.mark.parametrize(
    ("end", "days"),
    [(NOON, 0), (NOON.replace(tzinfo=None), 5), (NOON.replace(second=1), 5)],
)
def test_a_play_without_days_zone_or_whole_minutes_cannot_be_made(end: datetime, days: int) -> None:
    with pytest.raises(ValueError, match=r"The play (needs|ends)"):
        Calendar(end, days)


# The words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_TW.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_terminal_says_which_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_every_line_is_there_in_both_languages_with_the_same_facts() -> None:
    lines = dict(table("lines"))
    names = lines.pop("names")
    for key, entry in {**lines, **names}.items():
        facts = [set(re.findall(r"\{(\w+)", entry[language])) for language in LANGUAGES]
        assert facts[0] == facts[1], key
        assert all(entry[language] for language in LANGUAGES), key


def test_every_sentence_the_scripts_ask_for_is_written_and_none_is_left_over() -> None:
    code = "\n".join(path.read_text("utf-8") for path in sorted(CODE.glob("*.py")))
    told = set(re.findall(r'\b(?:tell|say|word)\(\s*"(\w+)"', code))
    assert told
    assert told <= set(table("lines"))
    asked = set(re.findall(r'\bsaid\(\s*"([\w.]+)"', code))
    assert all(isinstance(_written(key), str) for key in asked)
    for key in table("lines"):
        stem = key.split("_")[0]
        assert re.search(rf'["_]{stem}[_"{{]', code), f"nobody says {key}"


def _written(key: str) -> Any:
    entry: Any = table("said")
    for part in key.split("."):
        entry = entry[part]
    return entry


def test_people_write_chinese_with_the_facts_filled_in() -> None:
    assert said("signal.fever", place="梧桐社区", persons=7).startswith("梧桐社区发热聚集")
    with pytest.raises(KeyError):
        said("signal")


def test_a_line_names_records_in_the_language_of_the_terminal(narrator: Narrator) -> None:
    street = SimpleNamespace(name="渡口街道", name_en="Dukou Sub-district")
    chinese = Narrator(Console(file=StringIO(), width=200), "zh")
    for teller in (narrator, chinese):
        for number in range(7):
            teller.tell(
                NOON, "warning", level="red", place=street, stream="fever_clinic", count=number
            )
    assert "12:00 · Red warning · Dukou Sub-district · fever-clinic visits 0" in spoken(narrator)
    assert "12:00 · 红色预警 · 渡口街道 · 发热门诊就诊 0" in spoken(chinese)
    assert len(spoken(narrator).splitlines()) == table("lines")["warning"]["most"] == 5


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(ValueError, match="zh and en"):
        Narrator(Console(file=StringIO()), "fr")


# The cast -----------------------------------------------------------------------------------------


def test_everybody_has_a_unit_and_a_role_of_the_house() -> None:
    mapped = map_city(CITY, PEOPLE)
    codes = {row["code"] for row in mapped.units} | {mapped.root["code"]}
    assert len(codes) == len(mapped.units) + 1
    assert all(row["parent_code"] in codes for row in mapped.units)
    assert all({post["unit"], post["area"]} <= codes for post in mapped.posts)
    assert {post["role"] for post in mapped.posts} == {
        "officer", "commander", "expert", "grid_worker", "clerk", "lead", "oversight",
    }  # fmt: skip
    outside = {desk.login: desk.unit for desk in PEOPLE if desk.duty in OWN_PLACE}
    posts = {post["login"]: post for post in mapped.posts}
    assert outside
    assert all(posts[login]["area"] == unit for login, unit in outside.items())


@pytest.fixture
def loaded(db: None) -> Stage:
    """Linjiang in the house, before anything has happened."""
    narrator = Narrator(Console(file=StringIO()), "en")
    calendar = Calendar(NOON, 3)
    founder, root = load(
        map_city(CITY, PEOPLE), password="a password of the play", now=calendar.start, mark=BEGUN,
        facts={"seed": 2020}, step=lambda key: narrator.say(f"load_{key}"),
    )  # fmt: skip
    return Stage(CITY, calendar, founder, root, narrator)


def test_the_city_is_founded_with_outlines_and_people_see_their_own_place(loaded: Stage) -> None:
    areas = visible(Unit, loaded.founder, NOON).filter(kind="area").exclude(pk=loaded.root.pk)
    assert areas.count() == len(CITY.areas) - 1
    assert all(area.boundary.geometry["type"] == "Polygon" for area in areas)
    clerk = loaded.desk(loaded.unit[CITY.facilities[0].code])
    assert [unit.code for unit in visible(Unit, clerk, NOON)] == [CITY.facilities[0].code]
    assert loaded.founder.login == FOUNDER


def test_an_act_beyond_the_present_stays_undone_and_a_night_waits_for_the_morning(
    loaded: Stage,
) -> None:
    done: list[datetime] = []
    loaded.at(NOON + timedelta(minutes=1), lambda: done.append(loaded.now))
    loaded.at(NOON, lambda: done.append(loaded.now))
    night = NOON.replace(hour=18)  # 02:00 in Shanghai
    assert loaded.by_day(night, opens=7) == NOON.replace(hour=23)
    assert loaded.by_day(NOON) == NOON
    loaded.run()
    assert done == [NOON]


# What lies in the database ------------------------------------------------------------------------


def test_an_empty_house_can_be_played_in(db: None, narrator: Narrator) -> None:
    assert make_ready(narrator, fresh=False) is State.EMPTY
    assert make_ready(narrator, fresh=True) is State.EMPTY


@pytest.mark.parametrize("fresh", [False, True])
def test_somebody_elses_data_are_left_alone(db: None, narrator: Narrator, fresh: bool) -> None:
    founded()
    assert state_now() is State.NOT_OURS
    with pytest.raises(NotNow, match="are left alone"):
        make_ready(narrator, fresh=fresh)
    assert Person.objects.filter(login="mayor").exists()


def test_a_play_cut_short_is_recognised_and_never_deleted_from_another_database(
    loaded: Stage, narrator: Narrator
) -> None:
    assert state_now() is State.CUT_SHORT
    with pytest.raises(NotNow, match="deletes its own SQLite file only"):
        make_ready(narrator, fresh=False)
    assert "cut short" in spoken(narrator)
    assert state_now() is State.CUT_SHORT


def test_a_finished_play_is_found_and_begins_anew_only_when_asked(
    loaded: Stage, narrator: Narrator
) -> None:
    append(verb=PLAYED, subject=loaded.root, place=loaded.root, by=loaded.founder, now=NOON)
    assert make_ready(narrator, fresh=False) is State.PLAYED
    with pytest.raises(NotNow, match="Empty it yourself"):
        make_ready(narrator, fresh=True)


def test_the_demo_does_not_write_into_production(
    db: None, narrator: Narrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PRODUCTION", True)
    with pytest.raises(NotNow, match="production"):
        make_ready(narrator, fresh=False)


# The password -------------------------------------------------------------------------------------


@pytest.fixture
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "CONFIG", settings.CONFIG.model_copy(update={"var": tmp_path}))
    monkeypatch.delenv("GONGZHI_DEMO_PASSWORD", raising=False)
    return tmp_path


def test_the_password_is_made_once_and_readable_by_its_owner_only(
    own_var: Path, narrator: Narrator
) -> None:
    first = demo_password(narrator)
    assert len(first) >= 12
    assert demo_password(narrator) == first
    mode = (own_var / "demo-password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_given_password_is_taken_if_it_is_strong(
    own_var: Path, narrator: Narrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGZHI_DEMO_PASSWORD", "a good long phrase")
    assert demo_password(narrator) == "a good long phrase"
    assert not (own_var / "demo-password").exists()
    monkeypatch.setenv("GONGZHI_DEMO_PASSWORD", "password1234")
    with pytest.raises(NotNow, match="too weak"):
        demo_password(narrator)


# The command --------------------------------------------------------------------------------------


def test_a_taken_port_is_said_before_the_play_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "make_ready", lambda *_, **__: pytest.fail("it began to play"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = CliRunner().invoke(demo, ["--port", str(port), "--language", "en"])
    assert answer.exit_code == NotNow.exit_code
    assert f"127.0.0.1:{port} is taken" in answer.stderr


@pytest.mark.parametrize("where", ["make_ready", "run_server"])
def test_ctrl_c_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, own_var: Path, where: str
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_check_port", lambda *_: None)
    if where == "run_server":
        monkeypatch.setattr(command, "_prepare", lambda *_, **__: None)
    monkeypatch.setattr(command, where, interrupted)
    answer = CliRunner().invoke(demo, ["--language", "zh"])
    assert answer.exit_code == 130
    assert "已停止" in answer.stdout
    assert answer.exception is None or isinstance(answer.exception, SystemExit)


ARGUMENTS = (
    "--no-serve", "--scale", "0.02", "--days", "1", "--language", "en",
    "--until", "2026-03-20T12:23+0800",
)  # fmt: skip


def environment(folder: Path, hash_seed: int) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GONGZHI", "DJANGO"))}
    return {**kept, "GONGZHI_VAR": str(folder), "PYTHONHASHSEED": str(hash_seed), "COLUMNS": "160"}


def run(folder: Path, *arguments: str, hash_seed: int = 1) -> str:
    """Run the command line in a process and a folder of its own; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "gongzhi.interfaces.cli", *arguments],
        env=environment(folder, hash_seed), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def root_of(folder: Path) -> str:
    found = re.search(r"root (\w+): the ledger holds", run(folder, "ledger", "verify"))
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Path, str]]]:
    """The same play twice, each in its own process and folder."""
    folders = [tmp_path_factory.mktemp("play") for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        printed = both.map(lambda n: run(folders[n], "demo", *ARGUMENTS, hash_seed=n + 1), (0, 1))
        yield list(zip(folders, printed, strict=True))


def test_the_same_seed_and_present_give_the_same_ledger(twice: list[tuple[Path, str]]) -> None:
    roots = {root_of(folder) for folder, _printed in twice}
    assert len(roots) == 1


def test_the_play_ends_with_figures_and_log_ins(twice: list[tuple[Path, str]]) -> None:
    folder, printed = twice[0]
    assert "Plan activated · Contingency plan for a flood in the city" in printed
    assert "all computed anew and" in printed
    assert "city.commander" in printed
    assert (folder / "demo-password").read_text() in printed


def test_a_second_start_changes_nothing_and_says_what_is_there(
    twice: list[tuple[Path, str]],
) -> None:
    folder, _printed = twice[1]
    before = root_of(folder)
    printed = run(folder, "demo", "--no-serve", "--language", "en")
    assert "played already (seed 2020, 1 days, scale 0.02, until 2026-03-20)" in printed
    assert (folder / "demo-password").read_text() in printed
    assert root_of(folder) == before


def hear_ctrl_c() -> None:
    """As in a terminal: a shell's background job, which a test run may be, ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_play_interrupted_by_ctrl_c_begins_anew(tmp_path: Path) -> None:
    playing = subprocess.Popen(
        [sys.executable, "-u", "-m", "gongzhi.interfaces.cli", "demo", *ARGUMENTS],
        env=environment(tmp_path, 3), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=hear_ctrl_c,
    )  # fmt: skip
    assert playing.stdout is not None
    for line in playing.stdout:
        if line.startswith("Day 1"):
            break
    time.sleep(0.3)
    playing.send_signal(signal.SIGINT)
    rest, problems = playing.communicate(timeout=60)
    # Where Ctrl-C falls into code that Python makes from text, it ends by the signal itself, which
    # a shell tells as 130 too.
    assert playing.returncode in (130, -signal.SIGINT), rest + problems
    assert "Stopped." in rest
    assert "Traceback" not in rest + problems
    again = run(tmp_path, "demo", *ARGUMENTS)
    assert "The last play was cut short" in again
    assert "all computed anew and" in again
