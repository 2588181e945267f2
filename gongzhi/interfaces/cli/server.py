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
from gongzhi.rounds.walk import Round, clock_person
from gongzhi.rounds.walk import walk as walk_once

log = structlog.get_logger()


def walk_now() -> Round | None:
    """One round at this moment; None while nobody holds the clock's post."""
    by = clock_person()
    return walk_once(by=by, now=clock.now()) if by is not None else None


Step = Callable[[], Round | None]
"""What is done again and again beside serving: a round, and in an exercise what it adds."""


class Walker(threading.Thread):
    """Walks the river every few seconds until it is told to stop."""

    def __init__(self, every: float, step: Step = walk_now) -> None:
        super().__init__(name="walker", daemon=True)
        self.every, self.step = every, step
        self.stopped = threading.Event()

    def run(self) -> None:
        """Walk, log what failed, and go on: the next round tries again."""
        while not self.stopped.wait(self.every):
            try:
                close_old_connections()
                made = self.step()
                if made is not None and made.changed:
                    log.info("round", count=made.changed)
            except Exception as error:  # noqa: BLE001  (logged; the clock must not stop)
                log.error("round failed", error=_kinds(error))
        connection.close()

    def stop(self) -> None:
        """End after the round that is being walked."""
        self.stopped.set()
        self.join(timeout=30)


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


def run_server(
    host: str, port: int, workers: int, walking: bool = True, step: Step = walk_now
) -> None:
    """Serve until interrupted; the walker runs beside the server."""
    walker: Walker | None = Walker(settings.ROUND_SECONDS, step) if walking else None
    if walker:
        walker.start()
    options: dict[str, Any] = {
        "host": host, "port": port, "log_config": None, "access_log": False,
        "timeout_graceful_shutdown": 3, "server_header": False,
    }  # fmt: skip
    try:
        uvicorn.run("gongzhi.site.asgi:application", workers=workers, **options)
    finally:
        if walker:
            walker.stop()


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
    walker = Walker(every)
    try:
        walker.run()
    except KeyboardInterrupt:
        walker.stopped.set()
