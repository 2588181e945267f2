"""`gongzhi demo`: play thirty days of an outbreak in Linjiang, then serve the console."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from datetime import datetime
from pathlib import Path

import click
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from rich.console import Console

from gongzhi.errors import NotNow, Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.demo.closing import Closing
from gongzhi.interfaces.cli.demo.play import Wish, play
from gongzhi.interfaces.cli.demo.state import State, mark_of_play, state_now
from gongzhi.interfaces.cli.demo.tell import LANGUAGES, Narrator, language_of
from gongzhi.interfaces.cli.server import run_server
from gongzhi.rounds.walk import clock_person

STOPPED = 130
"""Exit code after Ctrl-C, as a shell expects it."""


@click.command()
@click.option("--fresh", is_flag=True, help="Begin anew: delete the demo's own database first.")
@click.option("--seed", default=2020, show_default=True, type=click.IntRange(0))
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 60))
@click.option(
    "--scale", default=1.0, show_default=True, type=click.FloatRange(0, 1, min_open=True),
    help="Size of the city: 1 has 1.2 million residents.",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Play only, do not serve the console.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the commentary.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%dT%H:%M%z"]), hidden=True,
    help="End the play at this moment instead of the present.",
)  # fmt: skip
def demo(
    fresh: bool,
    seed: int,
    days: int,
    scale: float,
    host: str,
    port: int,
    no_serve: bool,
    language: str | None,
    until: datetime | None,
) -> None:
    """Play thirty days of an outbreak in the invented city of Linjiang, then serve it."""
    narrator = Narrator(Console(), language or language_of(os.environ))
    try:
        if not no_serve:
            _check_port(narrator, host, port)
        present = clock.now()
        end = min(until or present, present).replace(second=0, microsecond=0)
        _prepare(narrator, Wish(seed, days, scale, end), fresh=fresh)
        if not no_serve:
            narrator.say("serving", address=f"http://{host}:{port}")
            run_server(host, port, workers=1)
    except KeyboardInterrupt:
        narrator.say("stopped")
        sys.exit(STOPPED)
    except Refused as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(refusal.exit_code)


def _prepare(narrator: Narrator, wish: Wish, *, fresh: bool) -> None:
    """Play if nothing is there, or begin anew; then say what there is and who can log in."""
    found = make_ready(narrator, fresh=fresh)
    password = demo_password(narrator)
    if found is State.PLAYED:
        mark = mark_of_play()
        narrator.say("found", **mark)
    else:
        stage = play(wish, password=password, narrator=narrator)
        Closing(narrator, stage.founder, stage.now).show_figures()
    founder = clock_person()
    if founder is not None:
        same = founder.check_password(password)
        Closing(narrator, founder, clock.now()).show_log_ins(password if same else None)


def make_ready(narrator: Narrator, *, fresh: bool) -> State:
    """Bring the database to where the play can begin or is over; returns which of the two.

    Deletes nothing but the demo's own SQLite file, and that only when asked or when the play in
    it was cut short. Errors: `NotNow` with a sentence that says what to do instead.
    """
    if settings.PRODUCTION:
        raise NotNow(narrator.word("refused_production"))
    try:
        call_command("migrate", verbosity=0)
        found = state_now()
    except DatabaseError as error:
        raise NotNow(narrator.word("refused_unreadable", database=_database())) from error
    if found is State.NOT_OURS:
        raise NotNow(narrator.word("refused_not_ours", database=_database()))
    if found is State.CUT_SHORT or (fresh and found is State.PLAYED):
        if found is State.CUT_SHORT:
            narrator.say("cut_short")
        _begin_anew(narrator)
        return State.EMPTY
    return found


def _begin_anew(narrator: Narrator) -> None:
    """Delete the demo's own SQLite file and make an empty one."""
    own = settings.CONFIG.var / "gongzhi.sqlite3"
    if connection.vendor != "sqlite" or Path(_database()).resolve() != own.resolve():
        raise NotNow(narrator.word("refused_fresh", database=_database()))
    connections.close_all()
    for ending in ("", "-wal", "-shm"):
        own.with_name(own.name + ending).unlink(missing_ok=True)
    call_command("migrate", verbosity=0)


def _database() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def demo_password(narrator: Narrator) -> str:
    """The one password of everybody in the demo: from the environment, or of this machine.

    Errors: `NotNow` when the given one is too weak.
    """
    given = os.environ.get("GONGZHI_DEMO_PASSWORD", "")
    if given:
        try:
            validate_password(given)
        except ValidationError as error:
            sentence = narrator.word("refused_password", why=" ".join(error.messages))
            raise NotNow(sentence) from None
        return given
    path: Path = settings.CONFIG.var / "demo-password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("-".join(secrets.token_hex(2) for _ in range(3)))
    return path.read_text().strip()


def _check_port(narrator: Narrator, host: str, port: int) -> None:
    """Say before the play, not after it, that somebody else serves there."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotNow(narrator.word("refused_port", host=host, port=port)) from error
