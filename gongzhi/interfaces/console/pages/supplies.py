"""Supplies: what is wanted, promised, delivered and unmet, per item and per place, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse

from gongzhi.actors.queries import own_areas, visible
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.offers import Offer
from gongzhi.interfaces.console.reading import address_of
from gongzhi.supply.queries import (
    Balance,
    Item,
    MatchRun,
    NeedLine,
    board,
    days_left,
    group_name,
    groups,
    lines_in_words,
    quiet_needs,
    quiet_stock,
    runs_in_force,
    unmet_by_place,
)

SHORTEST = 15
"""Stocks that the first page names: those that last least."""
RUNS = 5


@dataclass(frozen=True)
class Bar:
    """A balance as a bar of 100 parts: delivered, on the way, promised; the rest is unmet."""

    balance: Balance
    name: str
    href: str = ""

    @property
    def parts(self) -> list[tuple[str, float, float]]:
        """(what, where it begins, how long it is), each in parts of 100."""
        found, start = [], 0.0
        amounts = (
            ("delivered", self.balance.delivered),
            ("on-the-way", self.balance.on_the_way),
            ("promised", self.balance.promised),
        )
        for what, amount in amounts:
            length = (
                min(100.0 * amount / self.balance.wanted, 100.0 - start)
                if self.balance.wanted
                else 0.0
            )
            if length > 0:
                found.append((what, round(start, 2), round(length, 2)))
            start += length
        return found

    @property
    def percent(self) -> int:
        """Delivered, in parts of 100 of what is wanted."""
        return int(100 * self.balance.delivered / self.balance.wanted) if self.balance.wanted else 0


@dataclass(frozen=True)
class Fairness:
    """How evenly one plan shares one item out.

    gini: 0 all equal, towards 1 unequal. nothing: part of the needs that get nothing, in percent.
    filled: pieces given of those wanted, in percent. floor: fair share, percent of each need.
    """

    gini: float
    nothing: int
    filled: int
    floor: int


@dataclass(frozen=True)
class Run:
    """One plan of who gets what, with its fairness for the item and the button that approves it."""

    run: MatchRun
    group: str
    fairness: Fairness | None
    approve: Offer | None
    href: str


@page
def supplies(request: HttpRequest, reader: Reader) -> HttpResponse:
    """All items that somebody needs, the plans that wait for approval, and what runs out first."""
    tops = own_areas(reader.by, reader.now)
    balances = [balance for top in tops for balance in board(top)]
    context = {
        "items": [_item_bar(b) for b in sorted(balances, key=lambda b: (-b.unmet, b.item.code))],
        "runs": [_run(run, None, reader) for run in _latest(runs_in_force(reader.by, reader.now))],
        "groups": [
            (group_name(g.name), g) for g in groups(reader.by, reader.now) if g.needs or g.offers
        ],
        "days": days_left(reader.by, reader.now)[:SHORTEST],
        "quiet": list(quiet_needs(reader.by, reader.now)[:50]),
    }
    return show(request, "supplies/list.html", context, now=reader.now)


def _item_bar(balance: Balance) -> Bar:
    href = reverse("console:supply", args=[balance.item.code])
    return Bar(balance, str(balance.item), href)


def _latest(runs: Iterable[MatchRun]) -> list[MatchRun]:
    """The plan proposed last and the one in force, of each group and area."""
    found: dict[tuple[str, int, str], MatchRun] = {}
    for run in runs:
        found.setdefault((run.group, run.area_id, run.state), run)
    return sorted(found.values(), key=lambda run: (run.state != MatchRun.State.PROPOSED, run.group))


def _run(run: MatchRun, item: Item | None, reader: Reader) -> Run:
    proposed = run.state == MatchRun.State.PROPOSED
    return Run(
        run=run,
        group=group_name(run.group),
        fairness=_fairness(run, item),
        approve=act("supply", "approve_match", "run", run, reader) if proposed else None,
        href=address_of(run),
    )


def _fairness(run: MatchRun, item: Item | None) -> Fairness | None:
    """The figures of a plan for one item; None where it planned nothing of it."""
    found = [
        figures
        for codes, figures in run.summary.get("items", {}).items()
        if item is not None and item.code in codes.split("+")
    ]
    if not found or not found[0]["tiers"]:
        return None
    tiers = found[0]["tiers"]
    needs, wanted = sum(t["needs"] for t in tiers), sum(t["wanted"] for t in tiers)
    empty = sum(t["zero_share"] * t["needs"] for t in tiers)
    return Fairness(
        gini=found[0]["gini"],
        nothing=round(100 * empty / needs) if needs else 0,
        filled=round(100 * sum(t["got"] for t in tiers) / wanted) if wanted else 0,
        floor=round(100 * found[0]["floor_share"]),
    )


@page
def supply(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """One item: every place as a bar, who is quiet, how fair the plan is, each line's reason."""
    item = visible(Item, reader.by, reader.now).filter(code=code).first()
    if item is None:
        raise Http404
    tops = own_areas(reader.by, reader.now)
    places = [b for top in tops for b in unmet_by_place(top, item.group) if b.item == item]
    runs = list(runs_in_force(reader.by, reader.now).filter(group=item.group)[:RUNS])
    context: dict[str, Any] = {
        "item": item,
        "group": group_name(item.group),
        "total": next(
            (_item_bar(b) for top in tops for b in board(top, item.group) if b.item == item), None
        ),
        "bars": [Bar(b, str(b.unit)) for b in places],
        "runs": [_run(run, item, reader) for run in runs],
        "lines": _lines(runs, item),
        "quiet": list(quiet_needs(reader.by, reader.now).filter(item=item)),
        "unasked": [
            s for top in tops for s in quiet_stock(top, reader.now) if s.item_id == item.pk
        ],
        "days": [row for row in days_left(reader.by, reader.now) if row.stock.item_id == item.pk],
    }
    return show(request, "supplies/item.html", context, now=reader.now)


def _lines(runs: list[MatchRun], item: Item) -> list[tuple[NeedLine, str, str]]:
    """The lines of the latest plan for an item, the least served first, with their sentences."""
    if not runs:
        return []
    found = [pair for pair in lines_in_words(runs[0]) if pair[0].need.item_id == item.pk]
    return [(line, sentence, address_of(line.need)) for line, sentence in found]


urlpatterns = [
    path("supplies", supplies, name="supplies"),
    path("supplies/<slug:code>", supply, name="supply"),
]
