"""Count what facilities hold and use."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from gongzhi.actors.models import Facility, Person
from gongzhi.actors.policies import check_may, check_may_each
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.supply.actions.inputs import Counted, Number, common, named, with_units
from gongzhi.supply.facts import OPEN
from gongzhi.supply.models import Item, Need, Stock

PerDay = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]


class StockDraft(BaseModel):
    """One count of a batch; facility and item are numbers."""

    facility: Number
    item: Number
    quantity: Counted
    minimum: Counted | None = None
    used_per_day: PerDay | None = None


@deed()
def count_stock(
    *,
    facility: Facility,
    item: Item,
    quantity: Counted,
    minimum: Counted | None = None,
    used_per_day: PerDay | None = None,
    by: Person,
    now: datetime,
) -> Stock:
    """Write down what a facility holds of an item; minimum and use stay where none is given."""
    check_may(by, "state_need", facility.unit, now)
    stock = _count(facility, item, (quantity, minimum, used_per_day), by, now)
    append(
        verb="supply.count_stock", subject=stock, place=facility.unit, by=by, now=now,
        item=item.code, quantity=quantity, minimum=stock.minimum, used_per_day=stock.used_per_day,
    )  # fmt: skip
    return stock


@deed()
def count_stocks(
    *,
    stocks: Annotated[list[StockDraft], Field(min_length=1, max_length=5000)],
    by: Person,
    now: datetime,
) -> list[Stock]:
    """Write down many counts at once, all or none, with one line in the ledger."""
    facilities = named(with_units(), (d.facility for d in stocks), by, now)
    items = named(Item, (d.item for d in stocks), by, now)
    units = {f.unit_id: f.unit for f in facilities.values()}
    check_may_each(by, "state_need", units.values(), now)
    made = [
        _count(
            facilities[d.facility], items[d.item], (d.quantity, d.minimum, d.used_per_day), by, now
        )
        for d in stocks
    ]
    append(
        verb="supply.count_stocks", subject=made[0], place=common(units.values()), by=by, now=now,
        count=len(made),
        stocks=[[s.facility.ref, s.item.code, s.quantity, s.used_per_day] for s in made],
    )  # fmt: skip
    return made


def _count(
    facility: Facility,
    item: Item,
    counted: tuple[int, int | None, float | None],
    by: Person,
    now: datetime,
) -> Stock:
    quantity, minimum, used_per_day = counted
    found = Stock.objects.select_for_update(of=("self",)).filter(facility=facility, item=item)
    stock = found.first() or Stock(facility=facility, item=item)
    stock.quantity, stock.counted_by, stock.counted_at = quantity, by, now
    stock.minimum = stock.minimum if minimum is None else minimum
    stock.used_per_day = stock.used_per_day if used_per_day is None else used_per_day
    stock.save()
    # What a place holds and uses says how much of its needs is plausible: plan them anew.
    Need.objects.filter(facility=facility, item=item, state__in=OPEN).update(changed_at=now)
    return stock
