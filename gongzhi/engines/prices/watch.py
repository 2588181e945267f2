"""The screening: log price of a piece against the own baseline, median and MAD in the segment.

Raw prices differ tenfold between grades and rise threefold in a month when costs do, so neither a
price nor its rise alone says anything. What a gouger cannot hide is that it rose more than those
who sell the same thing in the same way. The limit of 3.5 on median and MAD is that of Iglewicz and
Hoaglin, How to Detect and Handle Outliers (1993).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from math import exp, log
from operator import attrgetter
from statistics import median, median_high, median_low

from .values import Basis, Judged, Params, Quote, Segment, Verdict, Watched

MAD_TO_SD = 1.4826
"""What makes the MAD of a normal distribution its standard deviation."""

Place = tuple[str, str | None, str | None]
"""Item, region and channel of a segment."""


class _Offer:
    """A seller's item: the logarithm of what it asks now, and of what it asked before."""

    __slots__ = ("channel", "item", "now", "quotes", "region", "seller", "was")

    def __init__(self, quotes: Sequence[Quote], on: date, params: Params) -> None:
        first = quotes[0]
        self.item, self.region, self.channel, self.seller = first.offer
        now = [log(q.each) for q in quotes if params.in_look(q.on, on)]
        was = [log(q.each) for q in quotes if params.in_baseline(q.on)]
        self.now = median_low(now) if now else None
        self.was = median_high(was) if was else None
        self.quotes = len(now)

    @property
    def basis(self) -> Basis:
        return Basis.SEGMENT_PRICE if self.was is None else Basis.OWN_BASELINE

    def places(self) -> tuple[Place, ...]:
        """The segments it may be compared in, the narrowest first."""
        return (
            (self.item, self.region, self.channel),
            (self.item, None, self.channel),
            (self.item, None, None),
        )


def watch(quotes: Iterable[Quote], *, on: date, params: Params) -> Watched:
    """Screen what every seller asks on the day `on`; later quotes are not read.

    Every offer with a quote in the last days gets a result, in the order of item, region, channel
    and seller. What cannot be judged is a verdict with its reason, never an error.
    """
    ordered = sorted((q for q in quotes if q.on <= on), key=attrgetter("offer"))
    offers = [_Offer(list(g), on, params) for _, g in groupby(ordered, key=attrgetter("offer"))]
    asked = [offer for offer in offers if offer.now is not None]
    segments = {
        Basis.OWN_BASELINE: _segments(asked, params, rises=True),
        Basis.SEGMENT_PRICE: _segments(asked, params, rises=False),
    }
    judged = tuple(_judge(offer, segments[offer.basis], params) for offer in asked)
    return Watched(on=on, params=params, judged=judged, silent=len(offers) - len(asked))


def _value(offer: _Offer, *, rises: bool) -> float | None:
    """The rise over the own baseline, or the price as it is."""
    if not rises or offer.now is None:
        return offer.now
    return None if offer.was is None else offer.now - offer.was


def _segments(offers: Iterable[_Offer], params: Params, *, rises: bool) -> Mapping[Place, Segment]:
    """Middle and spread of every segment, narrow and wide, that has enough sellers."""
    values: dict[Place, list[float]] = defaultdict(list)
    for offer in offers:
        value = _value(offer, rises=rises)
        if value is not None:
            for place in offer.places():
                values[place].append(value)
    return {
        place: _segment(place, found, params)
        for place, found in values.items()
        if len(found) >= params.min_sellers
    }


def _segment(place: Place, values: Sequence[float], params: Params) -> Segment:
    middle = median(values)
    mad = median([abs(value - middle) for value in values])
    return Segment(*place, len(values), middle, max(MAD_TO_SD * mad, params.min_spread))


def _judge(offer: _Offer, segments: Mapping[Place, Segment], params: Params) -> Judged:
    assert offer.now is not None
    unjudged = Judged(
        item=offer.item, region=offer.region, channel=offer.channel, seller=offer.seller,
        verdict=Verdict.TOO_FEW, basis=offer.basis, now=exp(offer.now), quotes=offer.quotes,
        was=None if offer.was is None else exp(offer.was),
    )  # fmt: skip
    found = next((segments[place] for place in offer.places() if place in segments), None)
    if found is None:
        return unjudged
    value = _value(offer, rises=offer.basis is Basis.OWN_BASELINE)
    assert value is not None
    excess = value - found.middle
    return replace(
        unjudged, verdict=_verdict(excess, offer, found, params), segment=found,
        score=excess / found.spread, expected=exp(offer.now - excess),
    )  # fmt: skip


def _verdict(excess: float, offer: _Offer, segment: Segment, params: Params) -> Verdict:
    if any(abs(abs(excess) - log(size)) <= params.pack_tolerance for size in params.pack_sizes):
        return Verdict.UNIT_DOUBTED
    if excess / segment.spread <= params.limit:
        return Verdict.ORDINARY
    if offer.was is not None and offer.now is not None:
        rose = offer.now - offer.was
        return Verdict.FLAGGED if rose >= log(1 + params.min_rise) else Verdict.ORDINARY
    return Verdict.FLAGGED
