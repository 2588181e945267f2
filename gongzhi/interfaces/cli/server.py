"""Serve the house, with its clock in a process beside it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import click
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from gongzhi.interfaces.cli.clock_process import ClockProcess

CLOCK = ("clock-here",)
"""The command of the house's own clock; an exercise has another."""


def bring_up_to_date() -> None:
    """Bring the database to its present shape, and the pages' files to where a city serves them."""
    migrations = MigrationExecutor(connection)
    if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0)
    if settings.PRODUCTION:
        call_command("collectstatic", interactive=False, verbosity=0)


def run_server(
    host: str, port: int, workers: int, walking: bool = True, clock: Sequence[str] = CLOCK
) -> None:
    """Serve until interrupted; the clock goes on in a process of its own, and ends with this one.

    clock: the command that is the clock.
    """
    options: dict[str, Any] = {
        "host": host, "port": port, "log_config": None, "access_log": False,
        "timeout_graceful_shutdown": 3, "server_header": False,
    }  # fmt: skip
    signal.signal(signal.SIGTERM, _end)
    with ClockProcess(clock, host, port) if walking else nullcontext():
        uvicorn.run("gongzhi.site.asgi:application", workers=workers, **options)


def _end(_signal: int, _frame: Any) -> None:
    """End as after Ctrl-C: uvicorn stops serving first, then gives the signal on to us."""
    sys.exit(0)


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
def migrate() -> None:
    """Bring the database to the present shape, and what the pages need to where it is served."""
    bring_up_to_date()
    click.echo(f"The database is ready ({connection.vendor}).")
