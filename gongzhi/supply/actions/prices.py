"""Record prices, and screen them for those that stand out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from itertools import pairwise
from math import inf
from statistics import median
from typing import Annotated, Any

from django.utils.timezone import localtime
from pydantic import BaseModel, Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may, check_may_each
from gongzhi.assessment.models import Incident
from gongzhi.assessment.policies import check_is_open
from gongzhi.engines.prices import Basis, Judged, Quote, Verdict, Watched, watch
from gongzhi.exchange.models import Row
from gongzhi.ledger.actions import Line as LedgerLine
from gongzhi.ledger.actions import append, append_all
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest
from gongzhi.supply.actions.inputs import Cents, Number, Pieces, common, named
from gongzhi.supply.models import Item, PriceFlag, PriceLook, PriceQuote
from gongzhi.supply.prices.policies import check_not_ahead, check_sells
from gongzhi.supply.prices.proofs import as_quote, districts_of, params_for, quotes_in
from gongzhi.supply.prices.words import STEPS

Money = Annotated[int, Field(ge=1, le=10**15)]
Source = Annotated[str, Field(min_length=1, max_length=120)]
OVER = (PriceFlag.State.WITHIN, PriceFlag.State.UNFOUNDED, PriceFlag.State.REPORTED)


class PriceDraft(BaseModel):
    """One price of a batch; seller, item, place and row are numbers, money is in cents."""

    seller: Number
    item: Number
    place: Number
    channel: PriceQuote.SalesChannel
    asked_on: date
    price_cents: Money
    pack: Pieces = 1
    delivery_cents: Cents = 0
    packs: Pieces = 1
    row: Number | None = None


@deed()
def record_prices(
    *,
    prices: Annotated[list[PriceDraft], Field(min_length=1, max_length=5000)],
    source: Source,
    by: Person,
    now: datetime,
) -> list[PriceQuote]:
    """Write down what sellers ask, delivery included; what is known already changes nothing.

    (价格监测.) The price is that of a pack, the delivery that of an order of so many packs.
    """
    sellers = named(Unit, (p.seller for p in prices), by, now)
    items = named(Item, (p.item for p in prices), by, now)
    places = named(Unit, (p.place for p in prices), by, now)
    named(Row, (p.row for p in prices), by, now)
    check_may_each(by, "record_prices", places.values(), now)
    for draft in prices:
        check_sells(sellers[draft.seller])
        check_not_ahead(draft.asked_on, now)
    drafts = {digest([draft.model_dump(), source]): draft for draft in prices}
    known = PriceQuote.objects.filter(key__in=drafts)
    new = drafts.keys() - set(known.values_list("key", flat=True))
    made = [
        PriceQuote(
            seller=sellers[d.seller], item=items[d.item], place=places[d.place],
            **d.model_dump(exclude={"seller", "item", "place", "row"}), row_id=d.row,
            source=source, key=key, recorded_by=by, recorded_at=now,
        )
        for key, d in drafts.items() if key in new
    ]  # fmt: skip
    PriceQuote.objects.bulk_create(made)
    if made:
        append(
            verb="supply.record_prices", subject=made[0], place=common(places.values()), by=by,
            now=now, count=len(made), source=source, digest=digest(sorted(new)),
        )  # fmt: skip
    return list(known.order_by("id"))


@deed()
def watch_prices(*, incident: Incident, by: Person, now: datetime) -> PriceLook:
    """Screen all prices of an incident's area, and flag those that stand out.

    A flag is a reason to ask for invoices, and nothing more.
    """
    check_may(by, "watch_prices", incident.area, now)
    check_is_open(incident)
    Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)  # one flag, not two
    newest = PriceQuote.objects.order_by("-id").first()
    params, version = params_for(incident, now)
    on, districts = localtime(now).date(), districts_of(incident)
    rows = list(quotes_in(incident, params, on))
    quotes = [(row, as_quote(row, districts)) for row in rows]
    found = watch((quote for _, quote in quotes), on=on, params=params)
    look = PriceLook.objects.create(
        incident=incident, looked_on=on, baseline_on=params.baseline_on, newest=newest,
        summary=_summary(found), params=params.as_dict(), version=version, made_by=by, made_at=now,
    )  # fmt: skip
    flags = _flags(look, found, quotes, now)
    PriceFlag.objects.bulk_create(flags)
    append(
        verb="supply.watch_prices", subject=look, place=incident.area, by=by, now=now,
        offers=len(found.judged), flagged=len(flags), version=version,
    )  # fmt: skip
    append_all(
        [LedgerLine(flag, incident.area, {"item": flag.item.code}) for flag in flags],
        verb="supply.flag_price", by=by, now=now,
    )  # fmt: skip
    return look


def _summary(found: Watched) -> dict[str, Any]:
    """Figures by item: no seller can be told from them."""
    items: dict[str, dict[str, Any]] = {}
    sellers: dict[str, set[str]] = defaultdict(set)
    for one in found.judged:
        row = items.setdefault(one.item, {v.value: 0 for v in Verdict} | {"rises": []})
        row[one.verdict.value] += 1
        if one.verdict is not Verdict.TOO_FEW:
            sellers[one.item].add(one.seller)
        if one.rise is not None and one.basis is Basis.OWN_BASELINE:
            row["rises"].append(round(one.rise, 4))
    for code, row in items.items():
        row |= {"rises": _spread(row["rises"]), "sellers": len(sellers[code])}
    return items


def _spread(rises: list[float]) -> dict[str, Any]:
    """How many sellers rose by how much: counts between fixed steps, and the middle."""
    if not rises:
        return {"middle": None, "counts": []}
    counts = [
        sum(low <= rise < high for rise in rises) for low, high in pairwise((-1.0, *STEPS, inf))
    ]
    return {"middle": round(median(rises), 4), "counts": counts}


def _flags(
    look: PriceLook, found: Watched, quotes: list[tuple[PriceQuote, Quote]], now: datetime
) -> list[PriceFlag]:
    """A flag for each that stands out, unless one waits or this very price was judged already.

    Where two crises are open over a seller, it is asked once.
    """
    latest: dict[tuple[str, ...], PriceQuote] = {}
    for row, quote in quotes:
        before = latest.get(quote.offer)
        if before is None or (row.asked_on, row.pk) > (before.asked_on, before.pk):
            latest[quote.offer] = row
    earlier = PriceFlag.objects.filter(incident__state=Incident.State.OPEN).select_related("quote")
    seen: dict[tuple[int, int, str], list[PriceFlag]] = {}
    for flag in earlier:
        seen.setdefault((flag.seller_id, flag.item_id, flag.quote.channel), []).append(flag)
    made = []
    for one in found.flagged:
        row = latest[one.item, one.region, one.channel, one.seller]
        known = seen.setdefault((row.seller_id, row.item_id, row.channel), [])
        if not any(f.state not in OVER or f.quote.asked_on >= row.asked_on for f in known):
            known.append(_flag(look, one, row, now))
            made.append(known[-1])
    return made


def _flag(look: PriceLook, one: Judged, row: PriceQuote, now: datetime) -> PriceFlag:
    return PriceFlag(
        incident=look.incident, look=look, quote=row, seller=row.seller, item=row.item,
        facts=dict(one.facts()), raised_at=now,
    )  # fmt: skip
