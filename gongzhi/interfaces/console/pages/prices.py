"""Prices: by item how far sellers rose, which stand out and why, and the cases that came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from gongzhi.actors.queries import own_areas, visible
from gongzhi.assessment.queries import Incident
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.offers import Offer
from gongzhi.interfaces.console.reading import address_of
from gongzhi.supply.prices.queries import (
    PriceFlag,
    PriceLook,
    PriceReport,
    flag_sentence,
    flags_by_item,
    last_look,
    price_flags,
    price_reports,
)
from gongzhi.supply.prices.words import percent, steps_in_words
from gongzhi.supply.queries import item_names

SHOWN = 100
"""Flags and cases that the page holds at most."""
WIDTH, HEIGHT = 12, 30
"""Size of one column of a plot and of the highest one."""


@dataclass(frozen=True)
class Column:
    """How many sellers rose by so much; x and height for the drawing."""

    step: str
    sellers: int
    x: int
    height: float

    @property
    def top(self) -> float:
        return HEIGHT - self.height


@dataclass(frozen=True)
class Row:
    """One item of one screening: how many were compared, what waits, how the rises lie."""

    name: str
    compared: int
    waiting: int
    doubted: int
    too_few: int
    middle: str
    columns: tuple[Column, ...]

    @property
    def width(self) -> int:
        return WIDTH * len(self.columns)


@dataclass(frozen=True)
class Flagged:
    """A price that stands out, why, and the one next act; waits: the seller's time is not over."""

    flag: PriceFlag
    why: str
    href: str
    offer: Offer
    waits: bool


@page
def prices(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What was compared in each open incident, what stands out, and the cases opened."""
    incidents = visible(Incident, reader.by, reader.now).filter(state=Incident.State.OPEN)
    looks = [look for incident in incidents.order_by("id") if (look := last_look(incident))]
    reports = price_reports(reader.by, reader.now)[:SHOWN]
    context: dict[str, Any] = {
        "looks": [(look, _rows(look)) for look in looks],
        "steps": steps_in_words(),
        "flags": _flagged(price_flags(reader.by, reader.now)[:SHOWN], reader),
        "reports": [(report, address_of(report), _appeal(report, reader)) for report in reports],
    }
    return show(request, "prices/list.html", context, now=reader.now)


def _rows(look: PriceLook) -> list[Row]:
    names, waiting = item_names(look.summary), flags_by_item(look.incident)
    found = [
        _row(names.get(code, code), figures, waiting.get(code, 0))
        for code, figures in look.summary.items()
    ]
    return sorted(found, key=lambda row: (-row.waiting, -row.compared, row.name))


def _row(name: str, figures: dict[str, Any], waiting: int) -> Row:
    counts, middle = figures["rises"]["counts"], figures["rises"]["middle"]
    most = max(counts, default=0) or 1
    columns = tuple(
        Column(step, count, WIDTH * at, round(HEIGHT * count / most, 1))
        for at, (step, count) in enumerate(zip(steps_in_words(), counts, strict=False))
    )
    compared = figures["flagged"] + figures["ordinary"] + figures["unit doubted"]
    return Row(
        name=name, compared=compared, waiting=waiting, doubted=figures["unit doubted"],
        too_few=figures["too few"], middle="" if middle is None else percent(middle),
        columns=columns,
    )  # fmt: skip


def _flagged(flags: Iterable[PriceFlag], reader: Reader) -> list[Flagged]:
    tops = own_areas(reader.by, reader.now)
    return [
        Flagged(
            flag, flag_sentence(flag), address_of(flag), offer,
            waits=flag.state == PriceFlag.State.ASKED and offer.deed.verb == "judge_price"
            and flag.due_at is not None and flag.due_at > reader.now,
        )
        for flag in flags
        for offer in [_next(flag, tops, reader)]
    ]  # fmt: skip


def _next(flag: PriceFlag, tops: Iterable[Any], reader: Reader) -> Offer:
    """What is next: the seller hands in, an officer asks or judges."""
    if not any(flag.incident.area.path.startswith(top.path) for top in tops):
        return act("supply", "hand_in_invoices", "flag", flag, reader)
    verb = "ask_invoices" if flag.state == PriceFlag.State.RAISED else "judge_price"
    return act("supply", verb, "flag", flag, reader)


def _appeal(report: PriceReport, reader: Reader) -> Offer:
    verb = "decide_price_appeal" if report.appealed_at else "appeal_price_report"
    return act("supply", verb, "report", report, reader)


urlpatterns = [path("supplies/prices", prices, name="prices")]
