"""`gongzhi replay SCENARIO --data DIR`: real data through the whole river, with a report."""

from __future__ import annotations

import gc
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gongzhi.errors import Refused
from gongzhi.interfaces.cli.replay import pages, scenario
from gongzhi.interfaces.cli.replay.play import Played, play
from gongzhi.interfaces.cli.replay.reading import Material, read_material
from gongzhi.interfaces.cli.replay.report import report_of
from gongzhi.interfaces.cli.replay.terminal import print_report
from gongzhi.interfaces.cli.replay.words import FOLDERS, LANGUAGES, totals, word
from gongzhi.interfaces.cli.replay_calls.command import NAME as CALLS
from gongzhi.interfaces.cli.replay_calls.command import as_json, report_on_calls
from gongzhi.interfaces.cli.replay_calls.report import print_report as print_calls

WIDE = 120
"""Columns of what is piped into a file."""
THROW_AWAY = {
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
        " PRAGMA cache_size=-64000; PRAGMA temp_store=MEMORY"
    ),
}
"""SQLite for a file that is made anew each time: all guarantees but that of a power cut."""


@click.command()
@click.argument("name", metavar="SCENARIO")
@click.option(
    "--data", "folder", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="The folder that holds the data sets.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where to write.")
@click.option("--seed", default=2020, show_default=True, help="Decides everything that is drawn.")
@click.option(
    "--language", type=click.Choice(list(LANGUAGES)),
    help="The language of the report; that of the terminal where it is not given.",
)  # fmt: skip
@click.option("--open", "show", is_flag=True, help="Open the report in the browser.")
def replay(
    name: str, folder: Path, out: Path | None, seed: int, language: str | None, show: bool
) -> None:
    """Play real data through the river on a simulated clock and report what became of it.

    SCENARIO is the name of a file in parameters/replays, or `calls`: messages of citizens, played
    as calls. The replay has a database of its own; it never touches the one the house is served
    from.
    """
    target = out or settings.CONFIG.var / f"replay-{name}"
    if name == CALLS:
        with translation.override(language or of_the_terminal()):
            replay_calls(folder, seed, target)
        return
    with translation.override(language or of_the_terminal()):
        holds = replay_in_words(name, folder, seed, target)
    if show:
        webbrowser.open((target / "report.html").resolve().as_uri())
    sys.exit(0 if holds else 1)


def replay_calls(folder: Path, seed: int, target: Path) -> None:
    """Play messages of citizens as calls and report in the language that is active."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    _make(target)
    own_database(settings.CONFIG.var / f"replay-{CALLS}.sqlite3")
    report = report_on_calls(folder, seed)
    (target / "report.json").write_text(as_json(report), encoding="utf-8")
    print_calls(report, console)
    click.echo(_("Report: %(json)s") % {"json": target / "report.json"}, err=True)


def of_the_terminal() -> str:
    """The language the command line speaks; zh-hans where it speaks none of the three."""
    spoken = (translation.get_language() or "").lower()
    return spoken if spoken in LANGUAGES else "zh-hans"


def replay_in_words(name: str, folder: Path, seed: int, target: Path) -> bool:
    """Replay and report in the language that is active; give whether the ledger holds."""
    # What is piped is for keeping: as wide everywhere, and without what moves.
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    try:
        report = report_on(name, folder, seed, target, console)
    except Refused as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(refusal.exit_code)
    print_report(report, console)
    written = {"page": target / "report.html", "json": "report.json"}
    click.echo(_("Report: %(page)s and %(json)s") % written, err=True)
    return bool(report["ledger"]["holds"])


def report_on(name: str, folder: Path, seed: int, target: Path, console: Console) -> dict[str, Any]:
    """Read, play, and write the report; the same data, seed and language give the same report."""
    plan = scenario.load(name)
    _make(target)
    material = _read(folder, plan, console)
    own_database(settings.CONFIG.var / f"replay-{name}.sqlite3")
    report = report_of(_play(material, seed, console), seed)
    write(report, target)
    return report


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            _(
                "The report cannot be written to %(folder)s: %(error)s. Name another folder with "
                "--out."
            )
            % {"folder": folder, "error": error.strerror}
        ) from error


def own_database(path: Path) -> None:
    """Work on a new SQLite file of the replay's own; the report is its result, so it need not
    survive a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    connection.close()
    connection.settings_dict |= {"NAME": str(path), "OPTIONS": THROW_AWAY}
    if connection.vendor != "sqlite":
        raise Refused(
            _(
                "A replay runs on SQLite. Unset GONGZHI_DATABASE_URL for it; the served database "
                "is not needed."
            )
        )
    call_command("migrate", verbosity=0)


def _read(folder: Path, plan: scenario.Scenario, console: Console) -> Material:
    with console.status(_("Reading the data")), nothing_thrown_away():
        material = read_material(folder, plan)
    for kind, reading in material.readings.items():
        given = {"file": word(FOLDERS, kind), "reason": totals(reading.totals)}
        console.print(_("%(file)s: %(reason)s") % given, highlight=False)
    return material


@contextmanager
def nothing_thrown_away() -> Iterator[None]:
    """Keep Python from looking for rubbish among a million values of which none is: a quarter of
    the time of reading."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _play(material: Material, seed: int, console: Console) -> Played:
    days = (material.ends_on - material.starts_on).days + 1
    columns = (
        TextColumn(_("day") + " {task.completed:.0f}/{task.total:.0f}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    is_watched = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not is_watched) as bar:
        task = bar.add_task("play", total=days)
        return play(
            material, seed,
            tell=lambda line: bar.console.print(line, highlight=False, markup=False),
            progress=lambda day: bar.update(task, completed=day),
        )  # fmt: skip


def write(report: dict[str, object], target: Path) -> None:
    """Write the report as a page and as JSON."""
    (target / "report.json").write_text(pages.as_json(report), encoding="utf-8")
    (target / "report.html").write_text(pages.as_html(report), encoding="utf-8")
