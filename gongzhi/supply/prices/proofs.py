"""What is known of a flagged price, put together for the screening and for the legal test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime

from gongzhi.actors.models import Kind, Tier, Unit
from gongzhi.actors.queries import after
from gongzhi.assessment.models import Incident
from gongzhi.engines.prices import Found, Params, Proof, Quote, check_margin
from gongzhi.supply.models import Invoice, PriceFlag, PriceQuote
from gongzhi.supply.prices.rules import AreaRule, rule_for, screening


def baseline_of(incident: Incident, on: date) -> date:
    """The last day before prices moved: by the area's notice, or the day before the crisis."""
    named = rule_for(incident.area.code, on).baseline_on
    return named or localtime(incident.declared_at).date() - timedelta(days=1)


def params_for(incident: Incident, now: datetime) -> tuple[Params, str]:
    """How the prices of an incident's area are screened now."""
    on = localtime(now).date()
    return screening(baseline_of(incident, on), on)


def quotes_in(incident: Incident, params: Params, on: date) -> QuerySet[PriceQuote]:
    """The quotes that a screening of an incident's area reads."""
    area = incident.area.path
    since = params.baseline_on - timedelta(days=params.baseline_days)
    found = PriceQuote.objects.filter(
        Q(place__path__gte=area, place__path__lt=after(area)), asked_on__gt=since, asked_on__lte=on
    )
    return found.select_related("seller", "item", "place").order_by("id")


def districts_of(incident: Incident) -> dict[str, Unit]:
    """The districts by path; prices are compared inside one before they are across all."""
    return {u.path: u for u in Unit.objects.filter(kind=Kind.AREA, tier=Tier.DISTRICT)}


def as_quote(quote: PriceQuote, districts: Mapping[str, Unit]) -> Quote:
    """A quote as the engine takes it: seller and region by number, money in the main unit."""
    region = next((districts[p] for p in quote.place.ancestor_paths() if p in districts), None)
    return Quote(
        seller=str(quote.seller_id), item=quote.item.code, on=quote.asked_on,
        price=Fraction(quote.price_cents, 100), pack=quote.pack,
        delivery=Fraction(quote.delivery_cents, 100), packs=quote.packs,
        region=str(region.pk) if region else "", channel=quote.channel,
    )  # fmt: skip


def _each(quote: PriceQuote) -> Fraction:
    return as_quote(quote, {}).each


def _cost(invoices: Iterable[Invoice]) -> Fraction | None:
    last = max(invoices, key=lambda i: (i.bought_on, i.pk), default=None)
    return Fraction(last.cost_cents, 100 * last.pack) if last else None


def proof_of(flag: PriceFlag) -> Proof:
    """What the quotes and the seller's invoices show; goods bought before count if none later.

    What was bought after the day of the price says nothing of it: it was not on sale yet.
    """
    until = flag.look.baseline_on
    invoices = list(flag.invoices.filter(bought_on__lte=flag.quote.asked_on))
    before = [invoice for invoice in invoices if invoice.bought_on <= until]
    own = PriceQuote.objects.filter(
        seller=flag.seller, item=flag.item, channel=flag.quote.channel, asked_on__lte=until
    )
    last = own.order_by("-asked_on", "-id").first()
    was = _each(last) if last else None
    if was is None and flag.earlier_cents is not None:
        was = Fraction(flag.earlier_cents, 100)
    sold_before = was is not None or bool(before)
    return Proof(
        price=_each(flag.quote), cost=_cost(invoices), sold_before=sold_before, was_price=was,
        was_cost=_cost(before),
    )  # fmt: skip


def legal_test(flag: PriceFlag) -> tuple[Found, AreaRule]:
    """The test of the area's rule on the day of the price, with the rule that was used."""
    rule = rule_for(flag.incident.area.code, flag.quote.asked_on)
    return check_margin(proof_of(flag), rule=rule.rule), rule
