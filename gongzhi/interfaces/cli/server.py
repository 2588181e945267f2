"""Serve the house and let the clock walk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import click
import structlog
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections, connection

from gongzhi.interfaces import clock
from gongzhi.messages.delivering import AT_ONCE, Delivered, deliver_due
from gongzhi.rounds.walk import Round, clock_person
from gongzhi.rounds.walk import walk as walk_once

log = structlog.get_logger()


def walk_now() -> Round | None:
    """One round at this moment; None while nobody holds the clock's post."""
    by = clock_person()
    return walk_once(by=by, now=clock.now()) if by is not None else None


def deliver_now() -> Delivered:
    """Send what is due in the outbox at this moment, until nothing is; without a clock nothing."""
    by, sent, failed = clock_person(), 0, 0
    while by is not None:
        went = deliver_due(by=by, now=clock.now())
        sent, failed = sent + went.sent, failed + went.failed
        if went.tried < AT_ONCE:
            break
    return Delivered(sent, failed)


def _walk() -> None:
    made = walk_now()
    if made is not None and made.changed:
        log.info("round", count=made.changed)


def _deliver() -> None:
    went = deliver_now()
    if went.tried:
        log.info("deliveries", count=went.sent)


class Again(threading.Thread):
    """Does one thing every few seconds until it is told to stop."""

    def __init__(self, every: float, does: Callable[[], None], what: str) -> None:
        super().__init__(name=what, daemon=True)
        self.every, self.does = every, does
        self.stopped = threading.Event()

    def run(self) -> None:
        """Do it, log what failed, and go on: the next time tries again."""
        while not self.stopped.wait(self.every):
            try:
                close_old_connections()
                self.does()
            except Exception as error:  # noqa: BLE001  (logged; the clock must not stop)
                log.error(f"{self.name} failed", error=_kinds(error))
        connection.close()

    def stop(self) -> None:
        """End after what is being done."""
        self.stopped.set()
        self.join(timeout=30)


def walker(every: float) -> Again:
    """Walks the river every few seconds."""
    return Again(every, _walk, "round")


def deliverer(every: float) -> Again:
    """Empties the outbox every few seconds: a slow mail server must not hold up the round."""
    return Again(every, _deliver, "delivery")


def _kinds(error: BaseException) -> str:
    """What failed, without any value that could tell about a person."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(
            f"{type(e).__name__} {' '.join(getattr(e, '__notes__', []))}" for e in error.exceptions
        )
    return type(error).__name__


def bring_up_to_date() -> None:
    """Bring the database to its present shape, and the pages' files to where a city serves them."""
    call_command("migrate", verbosity=0)
    if settings.PRODUCTION:
        call_command("collectstatic", interactive=False, verbosity=0)


def run_server(host: str, port: int, workers: int, walking: bool = True) -> None:
    """Serve until interrupted; the round and the outbox go on beside the server."""
    every = settings.ROUND_SECONDS
    beside = (walker(every), deliverer(every)) if walking else ()
    for one in beside:
        one.start()
    options: dict[str, Any] = {
        "host": host, "port": port, "log_config": None, "access_log": False,
        "timeout_graceful_shutdown": 3, "server_header": False,
    }  # fmt: skip
    try:
        uvicorn.run("gongzhi.site.asgi:application", workers=workers, **options)
    finally:
        for one in beside:
            one.stop()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--clock/--no-clock", "walking", default=True, help="Walk the river beside serving.")
def serve(host: str, port: int, workers: int, walking: bool) -> None:
    """Serve the console and the API, and walk the river every few seconds."""
    bring_up_to_date()
    click.echo(f"Serving on http://{host}:{port} (Ctrl-C stops).")
    run_server(host, port, workers, walking)


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
    _go_on(walker(every))


def _go_on(again: Again) -> None:
    """Do it here until Ctrl-C."""
    try:
        again.run()
    except KeyboardInterrupt:
        again.stopped.set()


@click.command()
@click.option("--every", type=float, help="Go on, with so many seconds between looks.")
def deliver(every: float | None) -> None:
    """Send the messages that are due: e-mail, chat robots, SMS; the inbox needs no sending."""
    if every is None:
        click.echo(str(deliver_now()))
    else:
        _go_on(deliverer(every))
