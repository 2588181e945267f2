"""What anybody at the terminal can ask of the ledger, without a log-in."""

from __future__ import annotations

import sys

import click

from gongzhi.ledger import queries


@click.command()
def verify() -> None:
    """Walk the whole ledger and say whether it holds; exit code 1 when it does not."""
    found = queries.verify()
    click.echo(str(found))
    sys.exit(0 if found.holds else 1)


@click.command()
def key() -> None:
    """Print the public key that strangers verify checkpoints with."""
    click.echo(queries.public_key())
