"""Check a signed receipt of donated goods or money with a public key alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gongzhi.engines.merkle import NoteRefused
from gongzhi.ledger.queries import public_key
from gongzhi.supply.donations.receipts import read_receipt


@click.command("verify-receipt")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option("--key", help="The public key of the site that signed; this site's own if not given.")
def verify_receipt(file: Path, key: str | None) -> None:
    """Check a signed receipt off-line and print what it says; exit code 1 when it does not hold."""
    note = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    try:
        read = read_receipt(note.replace("\r\n", "\n").strip("\n") + "\n", key or public_key())
    except NoteRefused as refusal:
        click.echo(f"DOES NOT HOLD: {refusal}")
        sys.exit(1)
    click.echo(str(read))
