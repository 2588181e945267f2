"""The clock: the round and the outbox, again and again, in a process without requests."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import click
from django.conf import settings
from django.db import close_old_connections, connection

from gongzhi.interfaces import clock
from gongzhi.interfaces.log import log
from gongzhi.ledger.actions import seal
from gongzhi.ledger.queries import anything_unsealed
from gongzhi.messages.actions import apply_reports
from gongzhi.messages.delivering import AT_ONCE, Delivered, deliver_due
from gongzhi.rounds.walk import Round, clock_person
from gongzhi.rounds.walk import walk as walk_once


def walk_now() -> Round | None:
    """One round at this moment; None while nobody holds the clock's post."""
    by = clock_person()
    return walk_once(by=by, now=clock.now()) if by is not None else None


SEAL_SECONDS = 0.4
"""A deed is told to open pages when it is sealed: with the feed's own look, within a second."""
LAST_TURN_SECONDS = 3.0
"""What a turn has left to end well once the server is gone."""
Step = Callable[[], Round | None]
"""What is done again and again beside serving: a round, and in an exercise what it adds."""


def seal_now() -> None:
    """Seal what was done since the last look, if anything was."""
    if anything_unsealed():
        seal(now=clock.now())


class Beside(threading.Thread):
    """Does something again and again beside serving, until it is told to stop."""

    def __init__(self, name: str, every: float, turn: Callable[[], None], what: str) -> None:
        super().__init__(name=name, daemon=True)
        self.every, self.turn, self.what = every, turn, what
        self.stopped = threading.Event()

    def run(self) -> None:
        """Do it, log what failed, and go on: the next turn tries again."""
        while not self.stopped.wait(self.every):
            try:
                close_old_connections()
                self.turn()
            except Exception as error:  # noqa: BLE001  (logged; the clock must not stop)
                log.error(f"{self.what} failed", error=_kinds(error))
        connection.close()

    def until_interrupted(self) -> None:
        """Do it in this thread, for a command of its own."""
        try:
            self.run()
        except KeyboardInterrupt:
            self.stopped.set()


class Walker(Beside):
    """Walks the river every few seconds, and seals in between."""

    def __init__(self, every: float, step: Step = walk_now) -> None:
        super().__init__("walker", min(SEAL_SECONDS, every), self._walk_or_seal, "round")
        self.between_rounds, self.step = every, step
        self.next_round = time.monotonic() + every

    def _walk_or_seal(self) -> None:
        if time.monotonic() < self.next_round:
            seal_now()
            return
        try:
            made = self.step()
            if made is not None and made.changed:
                log.info("round", count=made.changed)
        finally:
            self.next_round = time.monotonic() + self.between_rounds


def deliver_now() -> Delivered:
    """Send what is due until nothing is, then apply what is reported; without a clock nothing."""
    by, sent, failed = clock_person(), 0, 0
    while by is not None:
        went = deliver_due(by=by, now=clock.now())
        sent, failed = sent + went.sent, failed + went.failed
        if went.tried < AT_ONCE:
            break
    if by is not None:
        apply_reports(by=by, now=clock.now())
    return Delivered(sent, failed)


class Deliverer(Beside):
    """Empties the outbox every few seconds: a slow mail server must not hold up the round."""

    def __init__(self, every: float) -> None:
        super().__init__("deliverer", every, self._deliver, "delivery")

    def _deliver(self) -> None:
        went = deliver_now()
        if went.tried:
            log.info("deliveries", count=went.sent)


def _kinds(error: BaseException) -> str:
    """What failed, without any value that could tell about a person."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(
            f"{type(e).__name__} {' '.join(getattr(e, '__notes__', []))}" for e in error.exceptions
        )
    return type(error).__name__


def keep_going(step: Step = walk_now, every: float | None = None) -> None:
    """In the clock's own process: walk and deliver until the server that began it is gone.

    The server holds the other end of the standard input and never writes: whichever way it ends,
    that end closes, and the read with it. A turn that takes long is broken off as a crash would:
    what it had not written is done by the next clock.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it may be sent to both: the server ends both
    every = every or settings.ROUND_SECONDS
    beside = (Walker(every, step), Deliverer(every))
    for one in beside:
        one.start()
    sys.stdin.buffer.read()
    for one in beside:
        one.stopped.set()
    last = time.monotonic() + LAST_TURN_SECONDS
    for one in beside:
        one.join(max(0.0, last - time.monotonic()))
    if any(one.is_alive() for one in beside):
        os._exit(0)


def end_with_the_outer() -> None:
    """End this process, as SIGTERM does, when the one that began it is gone, however that ended.

    It holds the other end of the standard input and never writes. Read below Python's buffer, whose
    lock a waiting thread would hold when the interpreter ends.
    """

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="outer", daemon=True).start()


@click.command("clock-here", hidden=True)
def clock_here() -> None:
    """Inside the process of the clock: walk and deliver until the server is gone."""
    keep_going()


@click.command()
@click.option("--every", type=float, help="Go on walking, with so many seconds between rounds.")
def walk(every: float | None) -> None:
    """Make one round down the river now, or one every few seconds."""
    if every is None:
        made = walk_now()
        click.echo(
            str(made) if made else "Nobody holds the clock's post yet: found the house first."
        )
        return
    Walker(every).until_interrupted()


@click.command()
@click.option("--every", type=float, help="Go on, with so many seconds between looks.")
def deliver(every: float | None) -> None:
    """Send the messages that are due: e-mail, chat robots, SMS; the inbox needs no sending."""
    if every is None:
        click.echo(str(deliver_now()))
        return
    Deliverer(every).until_interrupted()
