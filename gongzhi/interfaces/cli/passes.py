"""`gongzhi supply pass`: verify a transport pass off-line, and the list of those taken back."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.utils.translation import gettext as _

from gongzhi.interfaces import clock
from gongzhi.interfaces.cli import given
from gongzhi.supply.pass_notes import PassRefused, read
from gongzhi.supply.pass_queries import revoked_list

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("pass")
def passes() -> None:
    """Verify transport passes off-line, and print the list of those taken back."""


@passes.command()
@click.argument("file", type=FILE)
@click.option("--key", required=True, help="The site's public key, from `gongzhi ledger key`.")
@click.option("--revoked", type=FILE, help="The signed list of passes taken back.")
def verify(file: Path, key: str, revoked: Path | None) -> None:
    """Say whether a pass holds, from its text or its code's; exit code 1 when it does not.

    Needs no server, no database and no line to anybody.
    """
    back = _text(revoked) if revoked else ""
    try:
        found = read(_text(file), key.strip(), clock.now(), back)
    except (PassRefused, ValueError) as refusal:
        click.echo(_("This pass does not hold: %(why)s") % {"why": refusal}, err=True)
        sys.exit(1)
    for name, value in found.lines.items():
        click.echo(f"{name}: {value}")
    if found.is_revoked:
        click.echo(_("This pass was taken back."), err=True)
    if found.is_over:
        click.echo(_("This pass has ended."), err=True)
    if not revoked:
        click.echo(_("Not compared with the list of passes taken back (--revoked)."), err=True)
    click.echo(_("The pass holds.") if found.holds else _("Do not let it pass."))
    sys.exit(0 if found.holds else 1)


def _text(file: Path) -> str:
    return given.typed(f"@{file}", "file").replace("\r\n", "\n")


@passes.command()
def revoked() -> None:
    """Print the signed list of passes taken back, to be carried to the checkpoints."""
    click.echo(revoked_list(clock.now()), nl=False)
