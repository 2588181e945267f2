"""CSV tables that a command reads and writes, without a database: any encoding in, UTF-8 out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click
from django.utils.translation import gettext as _

from gongzhi.errors import Malformed
from gongzhi.exchange.reading import decode
from gongzhi.exchange.said import Said
from gongzhi.interfaces.cli import given


def rows_of(path: str, name: str) -> Iterator[list[str]]:
    """The rows of a table, its headings first; `-` reads what is piped in under that name.

    Errors: `Malformed` where it is no text, or where a row cannot be read as CSV.
    """
    decoded = decode(given.bytes_of(path, name))
    if isinstance(decoded, Said):
        said = _("The file %(file)s is no text. %(reason)s Save it as CSV.")
        raise Malformed(said % {"file": path, "reason": decoded.shown()})
    for note in decoded.notes:
        click.echo(note.shown(), err=True)
    text = decoded.text.removeprefix("\ufeff").replace("\0", "\ufffd")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from rows
    except csv.Error as error:
        said = _("Line %(line)s of %(file)s cannot be read as CSV: %(error)s.")
        raise Malformed(said % {"line": rows.line_num, "file": path, "error": error}) from None


def write(
    path: Path, head: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str = "utf-8"
) -> None:
    """Write a table; what a spreadsheet would take for a formula is marked as text."""
    try:
        with path.open("w", encoding=encoding, errors="replace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            writer.writerows([_harmless(cell) for cell in row] for row in rows)
    except OSError as error:
        said = _("The file %(file)s cannot be written (%(reason)s). Name another one.")
        raise Malformed(said % {"file": path, "reason": error.strerror}) from None


def apart(*paths: str | Path) -> bool:
    """Whether no two of these are the same file; `-` is none."""
    found = [Path(path).resolve() for path in paths if str(path) != "-"]
    return len(set(found)) == len(found)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell and cell[0] in "=@\t\r" else cell
