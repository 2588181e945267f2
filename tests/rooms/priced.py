"""What the tests of prices begin with: firms that sell masks, their prices, a flag, invoices."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from gongzhi.actors.models import Kind, Tier, Unit
from gongzhi.assessment.models import Incident
from gongzhi.supply.actions import (
    InvoiceDraft,
    PriceDraft,
    ask_invoices,
    hand_in_invoices,
    judge_price,
    record_prices,
    watch_prices,
)
from gongzhi.supply.models import PriceFlag, PriceLook, PriceQuote, PriceReport, PriceVerdict
from tests.rooms.cast import START, City
from tests.rooms.goods import mask, stocked_city
from tests.rooms.scenes import open_incident

BEFORE, NOW_ON = date(2021, 2, 25), date(2021, 3, 4)
LATER = START + timedelta(days=3)
FIRMS = 6


def priced_city() -> City:
    """The small city in an incident, with six firms beside the supplier that sell masks."""
    city = stocked_city()
    parent = city["C"]
    for n in range(FIRMS):
        city.units[f"F{n}"] = Unit.objects.create(
            parent=parent, path=f"{parent.path}{90000 + n}", kind=Kind.FIRM, tier=Tier.CITY,
            code=f"F{n}", name=f"第{n}药店",
        )  # fmt: skip
    open_incident(city, "C")
    return city


def draft(city: City, seller: str, on: date, cents: int, **values: Any) -> PriceDraft:
    given = {"place": city["C"].pk, "channel": PriceQuote.SalesChannel.SHOP, "item": mask().pk}
    return PriceDraft(seller=city[seller].pk, asked_on=on, price_cents=cents, **{**given, **values})


def market(city: City, now_cents: int = 250, **values: Any) -> list[PriceDraft]:
    """All ask 1.00 before and 1.20 now, the supplier 1.00 before and so much now."""
    others = [
        draft(city, f"F{n}", day, cents + n)
        for n in range(FIRMS)
        for day, cents in ((BEFORE, 100), (NOW_ON, 120))
    ]
    mine = [draft(city, "SUP", BEFORE, 100), draft(city, "SUP", NOW_ON, now_cents, **values)]
    return [*others, *mine]


def record(city: City, prices: list[PriceDraft], now: datetime = LATER, **v: Any) -> Any:
    given = {"source": "巡查", "by": city.person("city-duty"), **v}
    return record_prices(prices=prices, now=now, **given)


def watched(city: City, now: datetime = LATER) -> PriceLook:
    incident = Incident.objects.get()
    return watch_prices(incident=incident, by=city.person("city-duty"), now=now)


def flagged(city: City, **values: Any) -> PriceFlag:
    """The flag of the supplier, whose price rose to 2.50 where the others went to 1.20."""
    record(city, market(city, **values))
    watched(city)
    return PriceFlag.objects.get()


def asked(city: City) -> PriceFlag:
    return ask_invoices(flag=flagged(city), by=city.person("city-duty"), now=LATER)


def invoices(*costs: tuple[date, int]) -> list[InvoiceDraft]:
    return [InvoiceDraft(cost_cents=c, bought_on=day, proof=f"发票 {c}") for day, c in costs]


def handed_in(city: City, now_cost: int = 100, was_cost: int = 60) -> PriceFlag:
    return hand_in_invoices(
        flag=asked(city), invoices=invoices((BEFORE, was_cost), (NOW_ON, now_cost)),
        answer="进价涨了。", by=city.person("sup-clerk"), now=LATER,
    )  # fmt: skip


def judge(
    city: City, flag: PriceFlag, verdict: PriceVerdict, now: datetime = LATER, by: str = "city-duty"
) -> PriceFlag:
    return judge_price(
        flag=flag, verdict=verdict, reason="见计算过程。", by=city.person(by), now=now
    )


def reported(city: City) -> PriceReport:
    judge(city, handed_in(city), PriceVerdict.REPORTED)
    return PriceReport.objects.get()
