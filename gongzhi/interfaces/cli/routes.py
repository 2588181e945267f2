"""`gongzhi supply route`: routes for vehicles from CSV alone; no server, no database, no log-in."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from django.utils.translation import gettext as _

from gongzhi.errors import Malformed
from gongzhi.interfaces.cli import routes_read as read
from gongzhi.interfaces.cli import routes_told as told

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("stops", type=FILE)
@click.argument("vehicles", type=FILE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The CSV to write.")  # fmt: skip
@click.option(
    "--closed", type=FILE, help="A CSV of closed roads: lon1, lat1, lon2, lat2, vehicles."
)
@click.option("--before", type=FILE, help="The CSV of routes in force, to be changed and no more.")
@click.option("--at", default="00:00", show_default=True,
              help="The time of day it is; what --before has done by then stays.")  # fmt: skip
@click.option("--sheets", type=click.Path(file_okay=False, path_type=Path),
              help="A folder for a sheet to print for each driver whose route is new.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0, 3600), default=5.0, show_default=True,
              help="CPU time for each zone of 300 stops; longer is better.")  # fmt: skip
@click.option(
    "--rounds", type=click.IntRange(1), help="Rounds instead of time: the same each time."
)
@click.option("--speed", type=click.FloatRange(1, 200), default=40.0, show_default=True,
              help="Kilometres per hour.")  # fmt: skip
@click.option("--detour", type=click.FloatRange(1, 5), default=1.3, show_default=True,
              help="How much longer a road is than the straight line.")  # fmt: skip
def route(
    stops: Path, vehicles: Path, out: Path, closed: Path | None, before: Path | None, at: str,
    sheets: Path | None, seconds: float, rounds: int | None, speed: float, detour: float,
) -> None:  # fmt: skip
    """Plan who drives where and when, from a CSV of stops and one of vehicles.

    STOPS: id, lon, lat, quantity; and if known name, opens, closes (08:30), minutes, collects,
    worth (a stop worth so many kilometres may be left out). VEHICLES: id, lon, lat, capacity; and
    if known from, to, hours, tours. Every stop that is left out is named with its reason.
    """
    from gongzhi.supply.driving import Driving

    closures = read.closures(closed) if closed else ()
    sheet = read.Sheet(read.stops(stops), read.vehicles(vehicles), closures)
    now = read.clock_time(at)
    problem = sheet.problem(Driving(detour, speed))
    if before is None:
        plan = _planned(problem, seconds, rounds)
        fresh = tuple(row.vehicle for row in plan.routes)
    else:
        plan, fresh = _changed(problem, read.rows(before), now, rounds)
    _write(out, told.table(plan, sheet))
    click.echo(told.summary(plan, fresh))
    for row in plan.unserved:
        click.echo(told.left_out(row, sheet))
    if sheets is not None:
        _write_sheets(sheets, {key: told.driver(plan, key, sheet) for key in fresh})


def _planned(problem: read.Problem, seconds: float, rounds: int | None) -> read.Plan:
    from gongzhi.engines.routing import improve, join, plan_in_zones, zones

    if rounds is not None:
        return plan_in_zones(problem, rounds=rounds)
    plans = []
    for zone in zones(problem):
        end = time.process_time() + seconds
        for found in improve(zone, enough=lambda end=end: time.process_time() >= end):  # type: ignore[misc]
            best = found
            click.echo(f"\r{told.progress(found.cost, found.left_out)}", nl=False, err=True)
        plans.append(best.plan)
    click.echo(err=True)
    return join(problem, plans)


def _changed(
    problem: read.Problem, before: list[Mapping[str, str]], now: int, rounds: int | None
) -> tuple[read.Plan, tuple[str, ...]]:
    """The plan for the rest of the day, and whose route is another than before."""
    from gongzhi.engines.routing import changed, remaining, replan_routes

    known = {vehicle.key for vehicle in problem.vehicles}, {stop.key for stop in problem.stops}
    current, progress = read.in_force(before, now, *known)
    try:
        rest = remaining(problem, progress, now=now)
    except ValueError as error:
        raise Malformed(_("The routes before do not fit: %(why)s") % {"why": error}) from None
    plan = replan_routes(rest, current, rounds=rounds or 2000)
    gone = [key for row in progress for key in row.done]
    still = {route.vehicle for route in plan.routes}
    return plan, tuple(key for key in changed(current, plan, gone) if key in still)


def _write(out: Path, rows: Iterable[Iterable[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    _save(out, text.getvalue())


def _write_sheets(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = _("The file %(file)s cannot be opened (%(reason)s).")
        raise Malformed(said % {"file": folder.name, "reason": error.strerror}) from None
    for key, text in texts.items():
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in key)
        _save(folder / f"{name}.txt", text)


def _save(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8-sig")
    except OSError as error:
        said = _("The file %(file)s cannot be opened (%(reason)s).")
        raise Malformed(said % {"file": out.name, "reason": error.strerror}) from None
