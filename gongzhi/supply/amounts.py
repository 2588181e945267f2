"""How much a place plausibly uses of an item, and so how much it plausibly needs.

Three bases, the best one known is taken: the daily use that was counted, beds times use per bed,
residents times use per resident. The same product of people, use and days is behind WHO's
Essential Supplies Forecasting Tool; the figures in `parameters/supply.yaml` are our own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from gongzhi.actors.models import Facility, Unit
from gongzhi.parameters import Parameter, parameter
from gongzhi.supply.models import Item, Need, Stock

StockOf = dict[tuple[int, int], Stock]
"""Stock by the numbers of facility and item."""


@dataclass(frozen=True)
class Use:
    """What a place uses in a day: `count` times `rate` pieces; basis use, beds or residents."""

    basis: str
    count: int
    rate: float

    @property
    def per_day(self) -> float:
        return self.count * self.rate


@dataclass(frozen=True)
class Plausible:
    """What a place plausibly lacks: its use over the days of cover, less what it holds.

    held: pieces in stock, None where nobody counted; then what it received stands for it.
    """

    use: Use
    days: int
    held: int | None
    version: str

    def lacks(self, received: int, margin: float = 1.0) -> int:
        """Whole pieces still lacking; `margin` says how far a statement may go beyond the use."""
        wanted = math.ceil(round(self.use.per_day * self.days * margin, 6))
        return max(0, wanted - (received if self.held is None else self.held))

    def facts(self) -> dict[str, Any]:
        """The machine-readable form that sentences are made from."""
        return {
            "basis": self.use.basis, "count": self.use.count, "rate": round(self.use.rate, 6),
            "days": self.days, "stock": self.held, "version": self.version,
        }  # fmt: skip


def practice(name: str, now: datetime) -> Parameter:
    """A rule of `parameters/allocation.yaml` in force now."""
    return parameter(f"allocation.{name}", localtime(now).date())


def rule(name: str, now: datetime) -> Parameter:
    """A rule of `parameters/supply.yaml` in force now."""
    return parameter(f"supply.{name}", localtime(now).date())


def use_of(
    item: Item, facility: Facility | None, unit: Unit, stock: Stock | None, now: datetime
) -> Use | None:
    """What a place uses of an item in a day, on the best basis known; None when there is none."""
    if stock is not None and stock.used_per_day:
        return Use("use", 1, stock.used_per_day)
    beds = facility.beds if facility is not None else None
    if beds and (per_bed := _rate("use_per_bed_day", item, now)):
        return Use("beds", beds, per_bed)
    if unit.population and (per_resident := _rate("use_per_resident_day", item, now)):
        return Use("residents", unit.population, per_resident)
    return None


def _rate(name: str, item: Item, now: datetime) -> float | None:
    rates: dict[str, float] = rule(name, now).value
    return rates.get(item.code, rates.get(item.group))


def plausible(need: Need, stock: Stock | None, now: datetime) -> Plausible | None:
    """What the place of a need plausibly lacks; None when there is nothing to compute it from."""
    use = use_of(need.item, need.facility, need.unit, stock, now)
    if use is None:
        return None
    cover = rule("cover_days", now)
    return Plausible(use, cover.value, stock.quantity if stock else None, cover.version)


def most_plausible(lack: Plausible, received: int, now: datetime) -> int:
    """The most that a statement is counted for: what is plausible, with the margin of its basis."""
    return lack.lacks(received, rule("cap_margin", now).value[lack.use.basis])


def stock_of(needs: Iterable[Need]) -> StockOf:
    """The stock at the facilities of these needs."""
    wanted = list(needs)
    found = Stock.objects.filter(
        facility__in={n.facility_id for n in wanted if n.facility_id},
        item__in={n.item_id for n in wanted},
    )
    return {(stock.facility_id, stock.item_id): stock for stock in found}


def held_by(need: Need, stocks: StockOf) -> Stock | None:
    """The stock that belongs to a need, if its facility has counted any."""
    return stocks.get((need.facility_id, need.item_id)) if need.facility_id else None
