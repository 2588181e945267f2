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


def flagged(quotes: Sequence[Quote], on: date, params: Params) -> dict[tuple[str, ...], str]:
    """The verdict of every offer that asked something in the last days, offer by offer."""
    offers = {(q.item, q.region, q.channel, q.seller) for q in quotes}
    start = params.baseline_on - timedelta(days=params.baseline_days)
    look = max(on - timedelta(days=params.look_days), params.baseline_on)
    was: dict[tuple[str, ...], float | None] = {}
    now: dict[tuple[str, ...], float | None] = {}
    for offer in offers:
        own = [q for q in quotes if (q.item, q.region, q.channel, q.seller) == offer]
        was[offer] = _asked(own, start, min(on, params.baseline_on), lower=False)
        now[offer] = _asked(own, look, on, lower=True)
    return {offer: _verdict(offer, was, now, params) for offer in offers if now[offer] is not None}


def _verdict(
    offer: tuple[str, ...],
    was: dict[tuple[str, ...], float | None],
    now: dict[tuple[str, ...], float | None],
    params: Params,
) -> str:
    new = was[offer] is None

    def value(of: tuple[str, ...]) -> float:
        return now[of] - (0 if new else was[of])  # type: ignore[operator]

    for same in ((0, 1, 2), (0, 2), (0,)):
        peers = [
            value(of)
            for of in now
            if now[of] is not None
            and (new or was[of] is not None)
            and all(of[i] == offer[i] for i in same)
        ]
        if len(peers) >= params.min_sellers:
            break
    else:
        return "too few"
    spread = 1.4826 * middle([abs(peer - middle(peers)) for peer in peers])
    excess = value(offer) - middle(peers)
    for size in params.pack_sizes:
        if -params.pack_tolerance <= abs(excess) - log(size) <= params.pack_tolerance:
            return "unit doubted"
    if excess <= params.limit * max(spread, params.min_spread):
        return "ordinary"
    if not new and value(offer) < log(1 + params.min_rise):
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
