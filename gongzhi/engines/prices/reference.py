"""The screening and the legal test word for word from their descriptions, slowly, for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import log

from .law import Proof
from .values import Params, Quote


def middle(values: Sequence[float]) -> float:
    """The value with as many above as below; between two, half way."""
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def _asked(quotes: Sequence[Quote], after: date, until: date, *, lower: bool) -> float | None:
    """The middle of what was asked in these days; between two, the lower or the higher one."""
    found = [
        log((q.price * q.packs + q.delivery) / (q.packs * q.pack))
        for q in quotes
        if after < q.on <= until
    ]
    below = (len(found) - 1) // 2 if lower else len(found) // 2
    return sorted(found)[below] if found else None


Offer = tuple[str, ...]
Market = dict[Offer, list[Quote]]


def flagged(quotes: Sequence[Quote], on: date, params: Params) -> dict[Offer, str]:
    """The verdict of every offer that asked something in the last days, offer by offer."""
    market: Market = {}
    for q in quotes:
        market.setdefault((q.item, q.region, q.channel, q.seller), []).append(q)
    look = max(on - timedelta(days=params.look_days), params.baseline_on)
    now = {offer: _asked(own, look, on, lower=True) for offer, own in market.items()}
    asking = {offer: price for offer, price in now.items() if price is not None}
    return {offer: _judged(offer, market, asking, look, on, params) for offer in asking}


def _judged(
    offer: Offer, market: Market, now: dict[Offer, float], look: date, on: date, params: Params
) -> str:
    end = min(on, params.baseline_on)
    start = params.baseline_on - timedelta(days=params.baseline_days)
    was = {of: _asked(market[of], start, end, lower=False) for of in now}
    if was[offer] is not None:
        return _verdict(offer, now, was, True, params)
    level = _verdict(offer, now, dict.fromkeys(now, 0.0), False, params)
    eve = min(q.on for q in market[offer] if params.baseline_on < q.on) - timedelta(days=1)
    last = eve + timedelta(days=params.first_days)
    if level == "flagged" or last > look:
        return level
    first = {of: _asked(market[of], eve, last, lower=False) for of in now}
    moved = _verdict(offer, now, first, True, params)
    return level if moved == "too few" else moved


def _verdict(
    offer: Offer, now: dict[Offer, float], before: dict[Offer, float | None], own: bool,
    params: Params,
) -> str:  # fmt: skip
    """Compare one with its peers; `own`: with what it asked itself, so that it must have risen."""
    rises = {of: now[of] - then for of in now if (then := before[of]) is not None}
    for same in ((0, 1, 2), (0, 2), (0,)):
        alike = [of for of in rises if all(of[i] == offer[i] for i in same)]
        peers = [rises[of] for of in alike]
        if len({seller for *_, seller in alike}) >= params.min_sellers:
            break
    else:
        return "too few"
    spread = 1.4826 * middle([abs(peer - middle(peers)) for peer in peers])
    excess = rises[offer] - middle(peers)
    for size in params.pack_sizes:
        if -params.pack_tolerance <= abs(excess) - log(size) <= params.pack_tolerance:
            return "unit doubted"
    if excess <= params.limit * max(spread, params.min_spread):
        return "ordinary"
    if own and rises[offer] < log(1 + params.min_rise):
        return "ordinary"
    return "flagged"


def outside(proof: Proof, metric: str, cap: Fraction) -> bool | None:
    """Whether the rule is broken; None where the invoices do not say."""
    price, cost = proof.price, proof.cost
    if cost is None:
        return None
    if not proof.sold_before:
        return price > cost + cap * cost
    if proof.was_price is None:
        return None
    if metric == "margin" and not price > proof.was_price:
        return False
    if proof.was_cost is None:
        return None
    if metric == "margin":
        return price + proof.was_cost > proof.was_price + cost
    return price * proof.was_cost > proof.was_price * cost
