"""Read what mail servers send back about our e-mails: from files, a Maildir or a pipe."""

from __future__ import annotations

import mailbox
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from django.utils.translation import gettext as _

from gongzhi.errors import NotFound, NotNow
from gongzhi.interfaces import clock
from gongzhi.messages.actions import apply_reports, take_reports
from gongzhi.messages.bounces import read_bounce
from gongzhi.messages.policies import Channel, check_takes_reports
from gongzhi.rounds.walk import clock_person

MOST_BYTES = 5_000_000
"""Of a longer file only so much is read: what is reported stands in front."""
Letter = tuple[bytes, Callable[[], None] | None]
"""An e-mail, and how it is marked as dealt with; a file of no Maildir stays as it is."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True))
def bounces(files: tuple[str, ...]) -> None:
    """Read notices of mail servers about our e-mails: files, a Maildir folder, or - for a pipe.

    Of a Maildir what is not marked as seen is read, and each notice is marked so.
    """
    check_takes_reports()
    by = clock_person()
    if by is None:
        raise NotNow(_("Nobody holds the clock's post yet: found the house first."))
    letters = reports = 0
    for raw, mark in (letter for name in files for letter in _letters(name)):
        letters += 1
        found = read_bounce(raw)
        if found:
            take_reports(channel=Channel.EMAIL, reports=found, by=by, now=clock.now())
            reports += len(found)
            if mark is not None:
                mark()
    changed = apply_reports(by=by, now=clock.now())
    click.echo(f"{letters} e-mails read, {reports} reports found, {changed} deliveries changed")


def _letters(name: str) -> Iterator[Letter]:
    if name == "-":
        yield sys.stdin.buffer.read(MOST_BYTES), None
    elif Path(name).is_dir():
        yield from _maildir(Path(name))
    else:
        with Path(name).open("rb") as file:
            yield file.read(MOST_BYTES), None


def _maildir(folder: Path) -> Iterator[Letter]:
    """What nobody has seen in a Maildir; it is marked as a mail program does it."""
    if not (folder / "new").is_dir() or not (folder / "cur").is_dir():
        raise NotFound(
            _("%(folder)s is no Maildir: it lacks the folders new and cur. Name the files instead.")
            % {"folder": folder}
        )
    box = mailbox.Maildir(folder, create=False)
    for key in sorted(box.keys()):
        letter = box.get_message(key)
        if "S" not in letter.get_flags():
            with box.get_file(key) as file:
                raw = file.read(MOST_BYTES)
            yield raw, _seen(box, key, letter)


def _seen(box: mailbox.Maildir, key: str, letter: mailbox.MaildirMessage) -> Callable[[], None]:
    def mark() -> None:
        letter.set_subdir("cur")
        letter.add_flag("S")
        box[key] = letter

    return mark
