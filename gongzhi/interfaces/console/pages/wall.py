"""The wall screen: one open incident to be read from three metres, the river as its spine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from gongzhi.actors.queries import Unit, areas_of, find
from gongzhi.assessment.public import public_incidents_above
from gongzhi.assessment.queries import Incident, open_incidents
from gongzhi.command.queries import AnswerRow, order_counts
from gongzhi.decision.queries import measures_in_force
from gongzhi.fieldwork.queries import progress_of
from gongzhi.interfaces.console import river
from gongzhi.interfaces.console.frame import Reader, frame_of, page, show
from gongzhi.interfaces.console.pages.calls import Line, lines_of_board
from gongzhi.interfaces.console.pages.map import RANK, Choice, rows_of
from gongzhi.interfaces.console.reading import number_in
from gongzhi.sensing.queries import Warning, open_warnings
from gongzhi.supply.queries import board as balances

CALLS = 4
AREAS = 14
SETTLED = ("done", "not_mine")
"""States of an answer that the wall leaves out: there is nothing to wait for."""


@dataclass(frozen=True)
class Figures:
    """The numbers of the wall, all as of one moment."""

    red: int
    yellow: int
    silent: int
    orders_done: int
    orders: int
    orders_late: int
    visits_done: int
    visits: int
    visits_late: int
    delivered_percent: int | None
    measures: int


def figures_of(incident: Incident, reader: Reader) -> Figures:
    """Count what the wall shows, as far as the reader may see it."""
    warnings = list(open_warnings(reader.by, reader.now))
    orders = order_counts(incident, reader.by, reader.now)
    field = progress_of(incident, reader.now)
    goods = balances(incident.area)
    wanted, delivered = sum(b.wanted for b in goods), sum(b.delivered for b in goods)
    return Figures(
        red=sum(w.level == "red" for w in warnings),
        yellow=sum(w.level == "yellow" for w in warnings),
        silent=sum(w.state == Warning.State.ISSUED for w in warnings),
        orders_done=orders.done, orders=orders.standing, orders_late=orders.late,
        visits_done=field["done"], visits=field["total"], visits_late=field["late"],
        delivered_percent=int(100 * delivered / wanted) if wanted else None,
        measures=measures_in_force(reader.by, reader.now).count(),
    )  # fmt: skip


@page
def wall(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The wall screen for the latest open incident, or the one asked for."""
    incidents = list(open_incidents(reader.by, reader.now)[:20])
    number = number_in(request.GET.get("incident", ""))
    chosen = incidents[0] if incidents else None
    if number is not None:
        chosen = find(Incident, number, reader.by, reader.now)
    context: dict[str, Any] = {
        "frame": replace(frame_of(request, reader.now), wall=True),
        "incidents": incidents,
        "incident": chosen,
        "above": public_incidents_above(areas_of(reader.by, reader.now)),
        **(_of(chosen, reader) if chosen else {}),
    }
    return show(request, "wall/wall.html", context, now=reader.now)


def _of(incident: Incident, reader: Reader) -> dict[str, Any]:
    choice = Choice(incident.area, _tier(incident.area), ())
    rows = sorted(rows_of(choice, reader), key=lambda r: (-RANK[r.level], -r.warnings, r.unit.path))
    query = urlencode({"below": incident.area.pk, "tier": choice.tier})
    lines = sorted(lines_of_board(reader), key=_latest_last)
    return {
        "stages": river.river_of(river.course_of(incident, reader.now), reader),
        "base": reverse("console:incident", args=[incident.pk]),
        "figures": figures_of(incident, reader),
        "rows": rows[:AREAS],
        "rows_more": max(0, len(rows) - AREAS),
        "calls": [(line.row, _waited_for(line)) for line in lines[:CALLS]],
        "lines_more": max(0, len(lines) - CALLS),
        "areas_url": f"{reverse('console:map_areas')}?{query}",
        "points_url": f"{reverse('console:map_points')}?{query}",
    }


def _tier(area: Unit) -> str:
    """The tier that fills a wall: two below a city, the next below everything else."""
    return {"province": "district", "city": "street", "district": "street"}.get(
        area.tier, "community"
    )


def _waited_for(line: Line) -> list[AnswerRow]:
    """The called units of a call from which something is still expected, the late ones first."""
    waited = [a for a in line.row.answers if a.answer.state not in SETTLED]
    return sorted(waited, key=lambda a: (not a.late, a.answer.pk))


def _latest_last(line: Line) -> tuple[int, Any]:
    return -sum(answer.late for answer in line.row.answers), line.row.call.raised_at


urlpatterns = [path("wall", wall, name="wall")]
