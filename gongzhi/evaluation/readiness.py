"""How fast and how well a house answers: one measure for exercises and for real responses.

Everything is read from the records of the database at hand, so the same function scores an
exercise in its own house and the real responses in the real one. Times are in minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from django.db.models import F, Min, Q, Sum

from gongzhi.actors.models import Unit
from gongzhi.command.models import CallAnswer, Climb, Order
from gongzhi.decision.models import Decision
from gongzhi.evaluation.cases import CASES, Tally, tallies
from gongzhi.evaluation.standard import GROUPS, group_of
from gongzhi.ledger.models import Entry
from gongzhi.sensing.models import Warning
from gongzhi.supply.models import Need

KINDS = ("acknowledge", "order", "accept", "finish", "answer", "arrive")
"""Waits that are measured: a warning acknowledged, orders given after a decision, an order
accepted and finished, a call answered, somebody on site."""


@dataclass(frozen=True)
class Wait:
    """How long one thing waited for its answer, what it was, and which record shows it."""

    kind: str
    begin_at: datetime
    end_at: datetime
    ref: str
    unit: str
    title: str

    @property
    def minutes(self) -> float:
        """How long it waited, in minutes."""
        return (self.end_at - self.begin_at).total_seconds() / 60


@dataclass(frozen=True)
class Figure:
    """Median and worst of one kind of wait; `ref`, `unit` and `title` are those of the worst."""

    count: int
    median: float | None
    worst: float | None
    ref: str = ""
    unit: str = ""
    title: str = ""


def waits(now: datetime) -> list[Wait]:
    """Every wait that has ended by `now`, oldest record first."""
    calls, orders = CallAnswer.objects.all(), Order.objects.all()
    done = orders.filter(state=Order.State.DONE)
    called = ("department__name", "call__subject")
    rows = [
        ("acknowledge", "sensing.Warning", _pairs(
            Warning.objects.all(), "issued_at", "acknowledged_at", "place__name", "stream")),
        ("accept", "command.Order", _pairs(
            orders, "issued_at", "accepted_at", "unit__name", "title")),
        ("finish", "command.Order", _pairs(
            done, "accepted_at", "ended_at", "unit__name", "title")),
        ("answer", "command.CallAnswer", _pairs(calls, "call__raised_at", "answered_at", *called)),
        ("arrive", "command.CallAnswer", _pairs(calls, "call__raised_at", "arrived_at", *called)),
        ("order", "decision.Decision", _first_orders()),
    ]  # fmt: skip
    return [
        Wait(kind, begin, end, f"{record}:{pk}", unit, title)
        for kind, record, found in rows
        for pk, begin, end, unit, title in found
        if begin <= end <= now
    ]


def _pairs(records: Any, begin: str, end: str, unit: str, title: str) -> Iterable[Any]:
    known = records.filter(**{f"{begin}__isnull": False, f"{end}__isnull": False})
    return known.order_by("id").values_list("id", begin, end, unit, title)  # type: ignore[no-any-return]


def _first_orders() -> Iterable[Any]:
    """Each decision with the first order that was given on it."""
    given = Decision.objects.annotate(first=Min("orders__created_at")).exclude(first=None)
    asked = ("id", "decided_at", "first", "incident__area__name", "title")
    return given.order_by("id").values_list(*asked)


def missed(now: datetime) -> list[dict[str, Any]]:
    """Orders whose time is over and that nobody has finished: what, and which units."""
    open_ones = Order.objects.filter(
        state__in=(Order.State.ISSUED, Order.State.ACCEPTED), due_at__lte=now
    )
    by_title: dict[str, list[str]] = defaultdict(list)
    for title, unit in open_ones.order_by("due_at", "id").values_list("title", "unit__name"):
        by_title[title].append(unit)
    rows = [{"title": title, "units": units} for title, units in by_title.items()]
    return sorted(rows, key=lambda row: -len(row["units"]))


def titles() -> dict[str, dict[str, str]]:
    """What each order is called in the other languages, for a report on it."""
    rows = Order.objects.exclude(title_hant="", title_en="").order_by()
    found = rows.values_list("title", "title_hant", "title_en").distinct()
    return {title: {"hant": hant, "en": en} for title, hant, en in found}


def figures(found: Iterable[Wait]) -> dict[str, Figure]:
    """Median and worst of each kind of wait."""
    by_kind: dict[str, list[Wait]] = {kind: [] for kind in KINDS}
    for wait in found:
        by_kind[wait.kind].append(wait)
    return {kind: _figure(rows) for kind, rows in by_kind.items()}


def _figure(rows: list[Wait]) -> Figure:
    if not rows:
        return Figure(0, None, None)
    worst = max(rows, key=lambda wait: (wait.minutes, wait.ref))
    middle = round(median(wait.minutes for wait in rows), 1)
    return Figure(len(rows), middle, round(worst.minutes, 1), worst.ref, worst.unit, worst.title)


def counts(now: datetime) -> dict[str, int]:
    """How many orders were missed or late, calls refused, things taken a tier up, goods short.

    `stock_short` is in pieces over all items whose amount is known.
    """
    orders = Order.objects.exclude(state=Order.State.WITHDRAWN)
    running = Q(state__in=(Order.State.ISSUED, Order.State.ACCEPTED))
    needs = Need.objects.filter(state__in=(Need.State.OPEN, Need.State.PART_MET))
    return {
        "orders": orders.count(),
        "orders_done": orders.filter(state=Order.State.DONE).count(),
        "orders_late": orders.filter(ended_at__gt=F("due_at")).count(),
        "orders_extended": _extended(),
        "orders_missed": orders.filter(running, due_at__lte=now).count(),
        "answers": CallAnswer.objects.count(),
        "not_mine": CallAnswer.objects.filter(state=CallAnswer.State.NOT_MINE).count(),
        "unanswered": CallAnswer.objects.filter(
            state=CallAnswer.State.WAITING, answer_by__lte=now
        ).count(),
        "climbs": Climb.objects.count() + Warning.objects.exclude(climbed_to=None).count(),
        "stock_short": needs.aggregate(short=Sum(F("quantity") - F("received_quantity")))["short"]
        or 0,
    }


def _extended() -> int:
    """How many orders got more time, which then are neither late nor missed."""
    given = Entry.objects.filter(verb="command.extend_order")
    return given.values("subject").distinct().count()


def score(now: datetime, present: Collection[str] | None = None) -> dict[str, Any]:
    """The whole score of the house at hand at a moment, as plain values.

    `tiers` has the cases of the capability standard by group of units. present: codes of the units
    that play themselves in an exercise; with it, `units` has the figures of each of these. What
    the system played for the others shows nothing of their people.
    """
    times = {kind: vars(figure) for kind, figure in figures(waits(now)).items()}
    whole: dict[str, Any] = {"times": times, "counts": counts(now)}
    found = tallies((code for code in CASES if code != "findings_answered"), BEGINNING, now)
    numbers = {number for by_unit in found.values() for number in by_unit}
    units = Unit.objects.in_bulk(numbers)
    whole["tiers"] = _by_group(found, units)
    if present is not None:
        whole |= {"present": sorted(present), "units": _by_unit(found, units, present)}
    return whole


BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
"""Before every record."""


def _by_group(
    found: dict[str, dict[int, Tally]], units: dict[int, Unit]
) -> dict[str, dict[str, dict[str, int]]]:
    """All cases by group of units and capability."""
    tiers: dict[str, dict[str, dict[str, int]]] = {}
    for code, by_unit in found.items():
        for number, tally in by_unit.items():
            group = group_of(units[number])
            if group:
                row = tiers.setdefault(group, {}).setdefault(code, {"good": 0, "total": 0})
                row["good"] += tally.good
                row["total"] += tally.total
    return {group: tiers[group] for group in GROUPS if group in tiers}


def _by_unit(
    found: dict[str, dict[int, Tally]], units: dict[int, Unit], present: Collection[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The figures of each unit that played itself, by its code."""
    played: dict[str, dict[str, dict[str, Any]]] = {}
    for code, by_unit in found.items():
        for number, tally in by_unit.items():
            if units[number].code in present:
                played.setdefault(units[number].code, {})[code] = tally.plain()
    return played


def quantiles(found: Iterable[Wait], kind: str, shares: Iterable[float]) -> list[float]:
    """Minutes below which these shares of one kind of wait lie; empty where there is none."""
    minutes = sorted(wait.minutes for wait in found if wait.kind == kind)
    if not minutes:
        return []
    return [round(minutes[round(share * (len(minutes) - 1))], 1) for share in shares]
