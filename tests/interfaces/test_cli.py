"""`gongzhi <room> <verb>`: every deed has its command, with the refusals of every interface."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from django.contrib.auth.hashers import make_password
from django.utils import translation
from django.utils.translation import gettext

from gongzhi.actors.models import Person
from gongzhi.errors import NotNow, Refused
from gongzhi.exchange.models import Load, Row
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli import WRONG_SETTINGS, language_of
from gongzhi.interfaces.cli.commands import NO_DATABASE, gongzhi
from gongzhi.interfaces.inputs import deeds_by_hand, perform, schema_of
from gongzhi.ledger.actions import seal
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.models import Entry, Log
from gongzhi.sensing.models import Report
from tests.interfaces import elsewhere
from tests.interfaces.api_world import NOW, cheap_passwords
from tests.interfaces.console_scene import CHEAP, Scene, play
from tests.once import once
from tests.rooms.cast import City, small_city
from tests.rooms.standards import trial_standard
from tests.rooms.upstream import plan_document, plan_order

DEEDS = deeds_by_hand()
LANGUAGES = ("zh-hans", "zh-hant", "en")
every_deed = pytest.mark.parametrize("deed", DEEDS, ids=lambda d: f"{d.room}-{d.verb}")
PASSWORD = "a password for the terminal"


@once
def with_password() -> City:
    """The small city; one password is everybody's."""
    with cheap_passwords():
        made = small_city()
        Person.objects.update(password=make_password(PASSWORD))
    return made


@pytest.fixture
def city(with_password: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with cheap_passwords(), translation.override("en"):
        yield with_password


def run(login: str, *words: Any, password: str = PASSWORD, piped: bytes | None = None) -> Result:
    """What a command prints and how it ends; a crash of ours is raised here."""
    environment = {"GONGZHI_AS": login or None, "GONGZHI_PASSWORD": password}
    result = CliRunner().invoke(gongzhi, [str(w) for w in words], env=environment, input=piped)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def done(result: Result) -> dict[str, Any]:
    """The answer of a deed that was done."""
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return dict(json.loads(result.stdout))


def refused(result: Result, exit_code: int) -> str:
    """The sentence of a refusal: on standard error only."""
    assert result.exit_code == exit_code, (result.exit_code, result.stderr, result.stdout)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return str(result.stderr.splitlines()[0])


def options_of(deed: Deed) -> list[str]:
    """The options of a deed's command; those of the log-in come before them."""
    flags = {name: f"--{name.replace('_', '-')}" for name in schema_of(deed).model_fields}
    return list((flags | {"password": "--new-password"} if "password" in flags else flags).values())


# The tree of commands -----------------------------------------------------------------------------


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_deed_has_a_command_that_explains_itself_in_every_language(language: str) -> None:
    with translation.override(language):
        for deed in DEEDS:
            result = run("", deed.room, deed.verb, "--help")
            assert result.exit_code == 0, (deed.verb, result.output)
            assert squeezed(gettext(deed.summary)) in squeezed(result.stdout), deed.verb
            for option in options_of(deed):
                assert option in result.stdout, (deed.verb, option)
            assert "Undefined" not in result.stdout


def test_every_command_explains_itself() -> None:
    seen = 0
    waiting: list[tuple[list[str], click.Command]] = [([], gongzhi)]
    while waiting:
        words, command = waiting.pop()
        result = run("", *words, "--help")
        assert result.exit_code == 0, words
        assert result.stdout.startswith("Usage: gongzhi"), words
        assert command.help, words
        seen += 1
        if isinstance(command, click.Group):
            shown = click.Context(command)
            for name in command.list_commands(shown):
                below = command.get_command(shown, name)
                assert below is not None, (words, name)
                waiting.append(([*words, name], below))
    assert seen > len(DEEDS) + 20


def test_the_help_of_the_house_is_readable() -> None:
    text = run("", "--help").stdout
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "..." not in text.partition("\n")[2]
    rooms = [
        line.split()[0] for line in text.partition("river:")[2].splitlines() if line[2:3] > " "
    ]
    assert rooms[:4] == ["ledger", "actors", "exchange", "sensing"]
    assert {"serve", "walk", "migrate", "demo", "replay"} <= set(rooms)


def test_the_terminal_chooses_the_language() -> None:
    said = {"zh_CN.UTF-8": "zh-hans", "zh_TW.UTF-8": "zh-hant", "zh_HK": "zh-hant", "C": "en",
            "en_GB.UTF-8": "en", "": "en"}  # fmt: skip
    assert {locale: language_of({"LANG": locale}) for locale in said} == said
    assert language_of({"LANG": "zh_CN", "LC_ALL": "en_US"}) == "en"


# Deeds and lists ----------------------------------------------------------------------------------


def report(city: City, *more: Any) -> list[Any]:
    return ["sensing", "receive_report", "--place", city["K111"].pk, "--stream", "fever",
            "--channel", "hotline", "--text", "楼里三人发热", *more]  # fmt: skip


def test_a_deed_answers_in_json(city: City) -> None:
    told = done(run("d1-duty", *report(city, "--persons", 3)))["record"]
    kept = Report.objects.get(pk=told["id"])
    assert (told["persons"], kept.text, kept.received_by.login) == (3, "楼里三人发热", "d1-duty")
    assert "text" not in told
    listed = run("d1-duty", "sensing", "list", "reports")
    assert [json.loads(line)["id"] for line in listed.stdout.splitlines()] == [kept.pk]
    one = run("d1-duty", "sensing", "list", "reports", "--number", kept.pk)
    assert json.loads(one.stdout)["ref"] == kept.ref
    assert run("d2-duty", "sensing", "list", "reports").stdout == ""


def test_a_person_is_appointed_with_a_password_of_their_own(city: City) -> None:
    words = ["actors", "appoint", "--unit", city["S11"].pk, "--login", "new", "--name", "新人",
             "--role", "officer", "--new-password", "@ long enough phrase"]  # fmt: skip
    assert done(run("d1-chief", *words))["record"]["role"] == "officer"
    listed = run("new", "actors", "list", "units", password="@ long enough phrase")
    assert "桥头街道" in listed.stdout


def test_the_language_of_the_answer_leaves_the_json_alone(city: City) -> None:
    with translation.override("zh-hant"):
        assert done(run("d1-duty", *report(city)))["record"]["channel"] == "hotline"


def refusal_of(deed_words: tuple[str, str], values: dict[str, Any], by: Person) -> Refused:
    """The refusal that the deed itself gives."""
    deed = next(d for d in DEEDS if (d.room, d.verb) == deed_words)
    with pytest.raises(Refused) as caught:
        perform(deed, values, by, NOW)
    return caught.value


def test_a_refusal_is_the_same_sentence_with_its_exit_code(city: City) -> None:
    number = done(run("d1-duty", *report(city)))["record"]["id"]
    claim = ["sensing", "claim_report", "--report", number]
    assert run("s11-duty", *claim).exit_code == 0
    named = ("sensing", "claim_report")
    cases = (("s11-duty-2", 14), ("s21-duty", 13), ("auditor", 12))
    for login, code in cases:
        refusal = refusal_of(named, {"report": number}, city.person(login))
        assert refusal.exit_code == code
        assert refused(run(login, *claim), code) == str(refusal)
    wrong = {"place": city["K111"].pk, "stream": "No!", "channel": "pigeon", "text": ""}
    refusal = refusal_of(("sensing", "receive_report"), wrong, city.person("d1-duty"))
    options = [part for name, value in wrong.items() for part in (f"--{name}", value)]
    result = run("d1-duty", "sensing", "receive_report", *options)
    assert refused(result, 11) == str(refusal)
    for field, sentence in refusal.details.items():
        assert f"  {field}: {sentence}" in result.stderr


@pytest.mark.parametrize(
    "words", [("walk",), ("messages", "deliver"), ("sensing", "list", "counts")]
)
def test_nothing_of_the_house_works_on_the_database_of_an_exercise(
    city: City, words: tuple[str, ...]
) -> None:
    """A message of an exercise that the house sends would be taken for real."""
    Log.objects.update_or_create(id=1, defaults={"origin": "house.example/ledger/exercise/3"})
    result = run("mayor", *words)
    assert result.exit_code == NotNow.exit_code
    assert "belongs to an exercise" in result.stderr


def test_guessing_a_password_is_slowed_down_here_too(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["actors", "list", "units"]
    for _try in range(5):
        assert "password is not right" in refused(run("mayor", *words, password="guess"), 12)
    assert "Wait fifteen minutes" in refused(run("mayor", *words), 15)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=15, seconds=1))
    assert run("mayor", *words).exit_code == 0


# Bad input ----------------------------------------------------------------------------------------

GARBAGE = ("", "\x00", "\udc80", "-1", "9" * 400, "1e999", "nan", "{", "[[[", '{"a": [null]}', "@",
           "@/", "@/nowhere", "@@", "–" * 3000,
           "2021-02-30", "0001-01-01T00:00:00+14:00", "-")  # fmt: skip


@every_deed
def test_garbage_in_every_option_is_one_sentence_and_no_traceback(city: City, deed: Deed) -> None:
    before = Entry.objects.count()
    for number, value in enumerate(GARBAGE):
        words = [word for option in options_of(deed) for word in (option, value)]
        result = run("mayor", deed.room, deed.verb, *words, piped=b"\x00\xff")
        assert refused(result, 11 if words else result.exit_code).strip(), (number, value)
        assert "cannot be understood (" not in result.stderr, (value, result.stderr)
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"], ["sensing", "nothing"], ["sensing", "receive_report"],
        ["sensing", "list", "x"], ["sensing", "list", "reports", "--limit", "-5"],
        ["sensing", "list", "reports", "--limit", "x"], ["sensing", "claim_report", "--bogus"],
        ["sensing", "list", "reports", "--number", "9" * 50],
        ["serve", "--port", "99999999"], ["walk", "--every", "soon"], ["demo", "--days", "0"],
        ["replay", "nowhere"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_that_cannot_be_understood_says_how_to_write_it(
    city: City, words: list[str]
) -> None:
    result = run("mayor", *words)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Error: " in result.stderr


def test_nobody_in_particular_is_asked_for_a_log_in(city: City) -> None:
    result = run("", *report(city))
    assert result.exit_code == 2
    assert "--as" in result.stderr


# Files --------------------------------------------------------------------------------------------

STANDARD = trial_standard("{name: words, logicalType: string}", description="试用标准")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_texts_and_files_come_in_chinese_encodings(
    city: City, tmp_path: Path, encoding: str
) -> None:
    standard, plan, rows = (tmp_path / name for name in ("标准.yaml", "plan.yaml", "人数.csv"))
    standard.write_text(STANDARD, encoding=encoding)
    plan.write_text(plan_document(plan_order("watch", {"each": "street"})), encoding=encoding)
    table = io.StringIO()
    csv.writer(table).writerows([["code", "words"], *([f"A{n}", "发热门诊"] for n in range(9))])
    rows.write_text(table.getvalue(), encoding=encoding)
    adopted = done(run("d1-chief", "exchange", "adopt_standard", "--at", city["D1"].pk,
                       "--document", f"@{standard}"))  # fmt: skip
    assert "发热" not in json.dumps(adopted)
    assert done(run("d1-chief", "command", "adopt_plan", "--document", f"@{plan}"))["record"]["id"]
    dataset = done(run("d1-chief", "exchange", "register_dataset", "--supplier", city["H1"].pk,
                       "--standard", adopted["record"]["id"], "--title", "试"))  # fmt: skip
    words = ["exchange", "receive_file", "--dataset", dataset["record"]["id"], "--content"]
    load = Load.objects.get(pk=done(run("d1-chief", *words, rows))["record"]["id"])
    assert (load.rows_read, load.file_name) == (9, "人数.csv")
    assert Row.objects.filter(load=load).first().values["words"] == "发热门诊"  # type: ignore[union-attr]
    piped = run("d1-chief", *words, "-", piped=b"code,words\nB,x\nC,y\n")
    assert Load.objects.get(pk=done(piped)["record"]["id"]).file_name == "standard input"


def test_a_file_that_cannot_be_read_is_named(city: City, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    for path in ("missing.yaml", ".", "picture.png", "x" * 300):
        result = run("d1-chief", "command", "adopt_plan", "--document", f"@{tmp_path / path}")
        assert "file" in refused(result, 11).lower()
    told = run("d1-duty", *report(city)[:-1], "@@所有人 请注意")
    assert Report.objects.get(pk=done(told)["record"]["id"]).text == "@所有人 请注意"


def test_a_batch_comes_from_a_file_or_from_repeated_options(city: City, tmp_path: Path) -> None:
    row = {"place": city["K111"].pk, "stream": "fever", "channel": "hotline", "text": "发热"}
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps([row, row], ensure_ascii=False), encoding="gb18030")
    assert (
        done(run("d1-duty", "sensing", "receive_reports", "--reports", f"@{batch}"))["count"] == 2
    )
    options = ["--reports", json.dumps(row), "--reports", json.dumps(row)]
    assert done(run("d1-duty", "sensing", "receive_reports", *options))["count"] == 2
    assert set(Report.objects.values_list("text", flat=True)) == {"发热"}


def test_base64_is_not_asked_of_people(city: City, tmp_path: Path) -> None:
    content = base64.b64encode(b"code\nA\n").decode()
    words = ["exchange", "receive_file", "--dataset", 1, "--content", content]
    assert "cannot be opened" in refused(run("d1-chief", *words), 11)


# The ledger ---------------------------------------------------------------------------------------


@pytest.fixture
def scene(db: None, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return play()


@pytest.mark.begun(15)
def test_the_ledger_is_verified_by_a_command_and_tampering_is_named(scene: Scene) -> None:
    good = run("", "ledger", "verify")
    assert good.exit_code == 0, good.output
    assert "the ledger holds" in good.stdout
    seal(now=NOW)
    entry = Entry.objects.filter(verb="decision.decide").get()
    Entry.objects.filter(pk=entry.pk).update(body=entry.body.replace("decide", "decode"))
    bad = run("", "ledger", "verify")
    assert bad.exit_code == 1
    assert "DOES NOT HOLD" in bad.stdout
    Entry.objects.filter(pk=entry.pk).update(body=entry.body)
    assert run("", "ledger", "verify").exit_code == 0
    Entry.objects.filter(pk=entry.pk).delete()
    assert run("", "ledger", "verify").exit_code == 1
    assert run("", "ledger", "key").stdout.startswith("gongzhi.example/ledger+")


def test_the_password_hash_of_these_tests_is_the_cheap_one() -> None:
    assert CHEAP["memory_cost"] < 1000


# As a process of its own --------------------------------------------------------------------------


def test_in_a_terminal_without_chinese_letters_nothing_breaks(fresh_database: str) -> None:
    city = elsewhere.founded(fresh_database)
    narrow = {"PYTHONIOENCODING": "latin-1", "LC_ALL": "zh_CN.UTF-8", "GONGZHI_AS": "founder",
              "GONGZHI_PASSWORD": elsewhere.PASSWORD}  # fmt: skip
    listed = city.gongzhi("actors", "list", "units", "--number", str(city.units["S11"]), **narrow)
    assert listed.returncode == 0, listed.stderr
    assert json.loads(listed.stdout)["name"] == "桥头街道"
    refusal = city.gongzhi("sensing", "claim_report", "--report", "5", **narrow)
    assert refusal.returncode == 13
    assert refusal.stderr.startswith("\\u"), refusal.stderr
    assert city.gongzhi("--help", **narrow).returncode == 0


def test_wrong_settings_and_an_absent_database_are_one_sentence(tmp_path: Path) -> None:
    away = {"GONGZHI_DATABASE_URL": "postgresql://somebody:hidden-word@127.0.0.1:1/x"}
    for words in (["ledger", "verify"], ["walk"], ["serve", "--no-clock"], ["migrate"]):
        result = elsewhere.gongzhi(*words, **away)
        assert result.returncode == NO_DATABASE, (words, result.stderr)
        assert len(result.stderr.splitlines()) == 1
        assert "hidden-word" not in result.stderr
    empty = {"GONGZHI_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    result = elsewhere.gongzhi("ledger", "verify", **empty)
    assert (result.returncode, len(result.stderr.splitlines())) == (NO_DATABASE, 1)
    wrong = {"GONGZHI_DATABASE_URL": "mysql://x", "GONGZHI_ROUND_SECONDS": "soon"}
    result = elsewhere.gongzhi("--help", **wrong)
    assert result.returncode == WRONG_SETTINGS
    assert {"GONGZHI_DATABASE_URL:", "GONGZHI_ROUND_SECONDS:"} <= set(result.stderr.split())
    assert "Traceback" not in result.stderr
