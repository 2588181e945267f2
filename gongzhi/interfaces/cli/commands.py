"""The tree of commands: one group per room made from the catalogue, and the house's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, get_args, get_origin

import click
from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils.translation import gettext_lazy

from gongzhi.actors.actions import log_in, look_at
from gongzhi.actors.queries import LISTINGS, Person, visible
from gongzhi.errors import Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli import given
from gongzhi.interfaces.cli.lazily import Lazily, found_at
from gongzhi.interfaces.inputs import deeds_by_hand, perform, schema_of
from gongzhi.interfaces.outputs import answer_of, present
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.policies import check_own_database

NO_DATABASE = 69
"""Exit code where the database does not answer or is not ready (EX_UNAVAILABLE of sysexits.h)."""


def speaking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print a refusal as its sentence and end with its exit code, without a traceback."""

    @wraps(command)
    def spoken(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Refused as refusal:
            click.echo(str(refusal), err=True)
            for name, sentence in refusal.details.items():
                if sentence != str(refusal):
                    click.echo(f"  {name}: {sentence}", err=True)
            sys.exit(refusal.exit_code)
        except (OperationalError, ProgrammingError, InterfaceError) as error:
            click.echo(
                f"The database does not answer or is not ready ({type(error).__name__}). Check "
                "GONGZHI_DATABASE_URL, then run `gongzhi migrate`.",
                err=True,
            )
            sys.exit(NO_DATABASE)

    return spoken


def on_own_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse to work in the house on an exercise's database, or the other way round."""

    @wraps(command)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check_own_database()
        return command(*args, **kwargs)

    return checked


class House(Lazily):
    """The root of the command line: the rooms down the river, then the house's own commands."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Two lists, each line with its whole first sentence."""
        all_of_them = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        shown = {name: one for name, one in all_of_them.items() if one and not one.hidden}
        rooms = [name for name in settings.RIVER if name in shown]
        own = [name for name in shown if name not in rooms]
        for title, names in (("Rooms, down the river", rooms), ("The house", own)):
            with formatter.section(title):
                formatter.write_dl([(n, _first_words(shown[n])) for n in names])


def _first_words(command: click.Command) -> str:
    """The first paragraph of a command's help."""
    return " ".join((command.help or "").partition("\n\n")[0].split())


@click.group(
    cls=House,
    help="gongzhi 共治: carry a public crisis from the first signal to the return to normal.\n\n"
    "`gongzhi ROOM --help` lists the verbs of a room, `gongzhi ROOM VERB --help` what one takes. "
    "A text may come from a file: write @plan.yaml. Answers are JSON; refusals are a sentence on "
    "standard error and an exit code of 10 to 15.",
)
def gongzhi() -> None:
    """The root of the command line."""


def _as(login: str, password: str) -> Person:
    return log_in(login=login, password=password, address="command line", now=clock.now())


LOGIN = click.option("--as", "me", envvar="GONGZHI_AS", required=True, help="Your log-in name.")
PASSWORD = click.option(
    "--password", "my_password", envvar="GONGZHI_PASSWORD", prompt="Password", hide_input=True,
    help="Your password; asked for where it is not given.",
)  # fmt: skip
RENAMED = {"password": "new-password"}
"""Inputs of deeds whose option would be taken for the log-in's own."""


def _option(name: str, annotation: Any, required: bool, default: Any) -> click.Option:
    many, is_file = _holds(annotation, list), _holds(annotation, bytes)
    notes = (
        "Several: repeat the option, or give JSON." if many else "",
        "A file; - for standard input." if is_file else "",
        "" if required or default in (None, "") else f"default: {default}",
    )
    return click.Option(
        [f"--{RENAMED.get(name, name).replace('_', '-')}", name],
        required=required,
        multiple=many,
        help=" ".join(filter(None, notes)) or None,
    )


def _holds(annotation: Any, kind: type) -> bool:
    """Whether an annotation says a list, or a file's bytes, however it is wrapped."""
    if annotation is kind or get_origin(annotation) is kind:
        return True
    return any(_holds(a, kind) for a in get_args(annotation) if not isinstance(a, str))


def _values(files: set[str], known: set[str], typed: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as the schema takes it; a file's own name where the deed asks for one."""
    values: dict[str, Any] = {}
    for name, value in typed.items():
        if value is None or value == ():
            continue
        if name in files:
            read = given.file_values(name, value)
            values = {**{k: v for k, v in read.items() if k in known}, **values}
        elif isinstance(value, tuple):
            values[name] = given.several(value, name)
        elif name in RENAMED:
            values[name] = value
        else:
            values[name] = given.typed(value, name)
    return values


def _deed_command(deed: Deed) -> click.Command:
    fields = schema_of(deed).model_fields
    files = {name for name, field in fields.items() if _holds(field.annotation, bytes)}
    named_by_file = {"file_name"} if files else set()

    @speaking
    @on_own_database
    def run(me: str, my_password: str, **typed: Any) -> None:
        values = _values(files, set(fields), typed)
        by = _as(me, my_password)
        answer = answer_of(perform(deed, values, by, clock.now()), deed.tells)
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))

    options = [
        _option(name, f.annotation, f.is_required(), f.default) for name, f in fields.items()
    ]
    for option in options:
        option.required &= option.name not in named_by_file
    summary: Any = gettext_lazy(deed.summary)
    command = click.Command(deed.verb, callback=run, params=list(options), help=summary)
    return PASSWORD(LOGIN(command))


def _list_command(room: str) -> click.Command:
    names = sorted(name for r, name in LISTINGS if r == room)

    @speaking
    @on_own_database
    def run(me: str, my_password: str, name: str, number: int | None, limit: int) -> None:
        by = _as(me, my_password)
        model = LISTINGS[room, name]
        if number is not None:
            found = [look_at(model, number, by, clock.now())]
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
            click.Option(
                ["--number"], type=click.IntRange(1, 2**62), help="One record, by number."
            ),
            click.Option(
                ["--limit"], type=click.IntRange(1, 10_000), default=50, show_default=True
            ),
        ],
    )
    return PASSWORD(LOGIN(command))


HERE = "gongzhi.interfaces.cli"
OF_THE_HOUSE = {
    "serve": f"{HERE}.server:serve",
    "migrate": f"{HERE}.server:migrate",
    "walk": f"{HERE}.beside:walk",
    "clock-here": f"{HERE}.beside:clock_here",
    "demo": f"{HERE}.demo.command:demo",
    "replay": f"{HERE}.replay.command:replay",
    "exercise": f"{HERE}.exercise.command:exercise",
}
OF_ROOMS = {
    "actors": {
        "verify-delegation": f"{HERE}.authority:verify_delegation",
        "verify-draw": f"{HERE}.authority:verify_draw",
    },
    "command": {"plan": f"{HERE}.plans:plan"},
    "supply": {
        "read": f"{HERE}.needs:read",
        "prices": f"{HERE}.prices:prices",
        "route": f"{HERE}.routes:route",
        "pass": f"{HERE}.passes:passes",
        "verify-receipt": f"{HERE}.receipts:verify_receipt",
    },
    "messages": {
        "deliver": f"{HERE}.beside:deliver",
        "bounces": f"{HERE}.bounces:bounces",
    },
    "ledger": {"verify": f"{HERE}.ledger:verify", "key": f"{HERE}.ledger:key"},
}
ON_OWN_DATABASE = {"serve", "walk", "deliver", "bounces"}
"""The demo, the replay and an exercise look for themselves whose database it is."""


def _grow() -> None:
    """Hang every command where it belongs; it is made when it is asked for."""
    for room in load_rooms():
        group = Lazily(room, help=_room_help(room))
        own = OF_ROOMS.get(room, {})
        group.to_make |= {name: partial(_own, name, address) for name, address in own.items()}
        if any(r == room for r, _name in LISTINGS):
            group.to_make["list"] = partial(_list_command, room)
        gongzhi.add_command(group)
    for deed in deeds_by_hand():
        room_of_deed = gongzhi.commands[deed.room]
        assert isinstance(room_of_deed, Lazily)
        room_of_deed.to_make[deed.verb] = partial(_deed_command, deed)
    gongzhi.to_make |= {n: partial(_own, n, address) for n, address in OF_THE_HOUSE.items()}


def _own(name: str, address: str) -> click.Command:
    """A command, or a group of them, that says what is refused and ends with its code."""
    command = found_at(address)
    for one in command.commands.values() if isinstance(command, click.Group) else (command,):
        guarded = on_own_database(one.callback) if name in ON_OWN_DATABASE else one.callback
        one.callback = speaking(guarded) if guarded else None
    return command


def _room_help(room: str) -> str:
    return (sys.modules[f"gongzhi.{room}"].__doc__ or "").strip()


_grow()
