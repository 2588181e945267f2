"""Groups whose commands are made when they are asked for: a start loads only what it runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import click

Make = Callable[[], click.Command]


class Lazily(click.Group):
    """A group of commands that are made by their functions when somebody asks for them."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.to_make: dict[str, Make] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, made or not."""
        return sorted({*self.commands, *self.to_make})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None where there is none."""
        if cmd_name in self.to_make:
            self.add_command(self.to_make.pop(cmd_name)(), cmd_name)
        return super().get_command(ctx, cmd_name)


def found_at(address: str) -> click.Command:
    """The command at an address, written as module:name; the module is imported for it."""
    module, _colon, name = address.partition(":")
    command = getattr(import_module(module), name)
    assert isinstance(command, click.Command), address
    return command
