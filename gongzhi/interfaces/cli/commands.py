"""The tree of commands: one group per room made from the catalogue, and the house's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, get_args, get_origin

import click
from django.core.management import call_command
from django.db import connection

from gongzhi.actors.actions import log_in
from gongzhi.actors.queries import LISTINGS, Person, find, visible
from gongzhi.errors import Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.demo.command import demo
from gongzhi.interfaces.cli.replay.command import replay
from gongzhi.interfaces.cli.server import serve, walk
from gongzhi.interfaces.inputs import deeds_by_hand, perform, schema_of
from gongzhi.interfaces.outputs import answer_of, present
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger import queries as ledger
from gongzhi.ledger.deeds import Deed


def speaking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print a refusal as its sentence and end with its exit code, without a traceback."""

    @wraps(command)
    def spoken(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Refused as refusal:
            click.echo(str(refusal), err=True)
            for name, sentence in refusal.details.items():
                click.echo(f"  {name}: {sentence}", err=True)
            sys.exit(refusal.exit_code)

    return spoken


@click.group(
    help="gongzhi 共治: carry a public crisis from the first signal to the return to normal."
)
def gongzhi() -> None:
    """The root of the command line."""


def _as(login: str, password: str) -> Person:
    return log_in(login=login, password=password, address="command line", now=clock.now())


LOGIN = click.option("--as", "login", envvar="GONGZHI_AS", required=True, help="Your log-in name.")
PASSWORD = click.option(
    "--password", envvar="GONGZHI_PASSWORD", prompt=True, hide_input=True, help="Your password."
)


def _option(name: str, annotation: Any, required: bool, default: Any) -> click.Option:
    many = _is_list(annotation)
    text = "Several: repeat the option, or give JSON." if many else None
    shown = None if default in (None, "") else f"default: {default}"
    return click.Option(
        [f"--{name.replace('_', '-')}", name],
        required=required,
        multiple=many,
        help=" ".join(filter(None, (text, shown))) or None,
    )


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) is list:
        return True
    return any(_is_list(a) for a in get_args(annotation) if not isinstance(a, str))


def _values(deed: Deed, given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as the schema takes it: lists from repeated options or from JSON."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or value == ():
            continue
        values[name] = _several(value) if isinstance(value, tuple) else value
    return values


def _several(parts: tuple[str, ...]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        try:
            read = json.loads(part)
        except (ValueError, RecursionError):
            read = part
        found += read if isinstance(read, list) else [read]
    return found


def _deed_command(deed: Deed) -> click.Command:
    fields = schema_of(deed).model_fields

    @speaking
    def run(login: str, password: str, **given: Any) -> None:
        by = _as(login, password)
        answer = answer_of(perform(deed, _values(deed, given), by, clock.now()), deed.tells)
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))

    options = [
        _option(name, field.annotation, field.is_required(), field.default)
        for name, field in fields.items()
    ]
    command = click.Command(deed.verb, callback=run, params=list(options), help=deed.summary)
    return PASSWORD(LOGIN(command))


def _list_command(room: str) -> click.Command:
    names = sorted(name for r, name in LISTINGS if r == room)

    @speaking
    def run(login: str, password: str, name: str, number: int | None, limit: int) -> None:
        by = _as(login, password)
        model = LISTINGS[room, name]
        if number is not None:
            found = [find(model, number, by, clock.now())]
        else:
            found = list(visible(model, by, clock.now()).order_by("-pk")[:limit])
        for record in found:
            click.echo(json.dumps(present(record), ensure_ascii=False))

    command = click.Command(
        "list",
        callback=run,
        help="List the records of this room that you may see, newest first, a JSON line each.",
        params=[
            click.Argument(["name"], type=click.Choice(names)),
            click.Option(["--number"], type=int, help="One record by its number."),
            click.Option(["--limit"], type=int, default=50, show_default=True),
        ],
    )
    return PASSWORD(LOGIN(command))


def _grow() -> None:
    for room in load_rooms():
        gongzhi.add_command(click.Group(room, help=_room_help(room)))
    for deed in deeds_by_hand():
        group = gongzhi.commands[deed.room]
        assert isinstance(group, click.Group)
        group.add_command(_deed_command(deed))
    for room in {room for room, _name in LISTINGS}:
        group = gongzhi.commands[room]
        assert isinstance(group, click.Group)
        group.add_command(_list_command(room))


def _room_help(room: str) -> str:
    return (sys.modules[f"gongzhi.{room}"].__doc__ or "").strip()


_grow()
gongzhi.add_command(serve)
gongzhi.add_command(walk)
gongzhi.add_command(replay)
gongzhi.add_command(demo)


@gongzhi.command()
def migrate() -> None:
    """Bring the database to the present shape."""
    call_command("migrate", verbosity=0)
    click.echo(f"The database is ready ({connection.vendor}).")


_ledger = gongzhi.commands["ledger"]
assert isinstance(_ledger, click.Group)


@_ledger.command("verify")
def verify() -> None:
    """Walk the whole ledger and say whether it holds; exit code 1 when it does not."""
    found = ledger.verify()
    click.echo(str(found))
    sys.exit(0 if found.holds else 1)


@_ledger.command("key")
def key() -> None:
    """Print the public key that strangers verify checkpoints with."""
    click.echo(ledger.public_key())
