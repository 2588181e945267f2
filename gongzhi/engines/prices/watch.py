"""The screening: log price of a piece against the own baseline, median and MAD in the segment.

Raw prices differ tenfold between grades and rise threefold in a month when costs do, so neither a
price nor its rise alone says anything. What a gouger cannot hide is that it rose more than those
who sell the same thing in the same way. The limit of 3.5 on median and MAD is that of Iglewicz and
Hoaglin, How to Detect and Handle Outliers (1993).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
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

    def __init__(self, quotes: Sequence[Quote], on: date, params: Params) -> None:
        first = quotes[0]
        self.item, self.region, self.channel, self.seller = first.offer
        self.asked = [(q.on, log(q.each)) for q in quotes]
        now = [price for day, price in self.asked if params.in_look(day, on)]
        was = [price for day, price in self.asked if params.in_baseline(day)]
        self.now = median_low(now) if now else None
        self.was = median_high(was) if was else None
        self.quotes = len(now)

    def places(self) -> tuple[Place, ...]:
        """The segments it may be compared in, the narrowest first."""
        return (
            (self.item, self.region, self.channel),
            (self.item, None, self.channel),
            (self.item, None, None),
        )

    def since(self, start: date, days: int) -> float | None:
        """The middle of what it asked in the days from `start` on; between two, the higher one."""
        end = start + timedelta(days=days)
        found = [price for day, price in self.asked if start <= day < end]
        return median_high(found) if found else None


def watch(quotes: Iterable[Quote], *, on: date, params: Params) -> Watched:
    """Screen what every seller asks on the day `on`; later quotes are not read.

    Every offer with a quote in the last days gets a result, in the order of item, region, channel
    and seller. What cannot be judged is a verdict with its reason, never an error.
    """
    ordered = sorted((q for q in quotes if q.on <= on), key=attrgetter("offer"))
    offers = [_Offer(list(g), on, params) for _, g in groupby(ordered, key=attrgetter("offer"))]
    asked = [offer for offer in offers if offer.now is not None]
    market = _Market(asked, on, params)
    judged = tuple(market.judge(offer) for offer in asked)
    return Watched(on=on, params=params, judged=judged, silent=len(offers) - len(asked))


class _Market:
    """All that is asked now, and the segments it is compared in."""

    def __init__(self, offers: Sequence[_Offer], on: date, params: Params) -> None:
        self.params = params
        self.look_begins = max(on - timedelta(days=params.look_days), params.baseline_on)
        self.at: dict[Place, list[_Offer]] = defaultdict(list)
        for offer in offers:
            for place in offer.places():
                self.at[place].append(offer)
        self.known: dict[tuple[Place, object], Segment | None] = {}

    def judge(self, offer: _Offer) -> Judged:
        """Against its own baseline; a new seller by its price, and by its own first price."""
        if offer.was is not None:
            return self._judge(offer, Basis.OWN_BASELINE, offer.was, "was", lambda o: o.was)
        level = self._judge(offer, Basis.SEGMENT_PRICE, None, "level", lambda o: 0.0)
        start, days = self._first_day(offer), self.params.first_days
        if level.verdict is Verdict.FLAGGED or start is None:
            return level
        first = offer.since(start, days)
        moved = self._judge(offer, Basis.FIRST_PRICE, first, start, lambda o: o.since(start, days))
        return level if moved.segment is None else moved

    def _first_day(self, offer: _Offer) -> date | None:
        """The first day of a new seller, where its first days are over before the last begin."""
        days = [day for day, _ in offer.asked if day > self.params.baseline_on]
        start = min(days)
        ends = start + timedelta(days=self.params.first_days - 1)
        return start if ends <= self.look_begins else None

    def _judge(
        self, offer: _Offer, basis: Basis, was: float | None, key: object,
        before: Callable[[_Offer], float | None],
    ) -> Judged:  # fmt: skip
        assert offer.now is not None
        unjudged = Judged(
            item=offer.item, region=offer.region, channel=offer.channel, seller=offer.seller,
            verdict=Verdict.TOO_FEW, basis=basis, now=exp(offer.now), quotes=offer.quotes,
            was=None if was is None else exp(was),
        )  # fmt: skip
        found = filter(None, (self._segment(place, key, before) for place in offer.places()))
        segment = next(found, None)
        if segment is None:
            return unjudged
        rose = None if was is None else offer.now - was
        excess = (offer.now if rose is None else rose) - segment.middle
        return replace(
            unjudged, verdict=_verdict(excess, rose, segment, self.params), segment=segment,
            score=excess / segment.spread, expected=exp(offer.now - excess),
        )  # fmt: skip

    def _segment(
        self, place: Place, key: object, before: Callable[[_Offer], float | None]
    ) -> Segment | None:
        """Middle and spread of what is asked now over what was asked before, where enough ask."""
        if (place, key) not in self.known:
            asked = [(o.seller, o.now, before(o)) for o in self.at[place]]
            rises = [
                (who, now - was) for who, now, was in asked if now is not None and was is not None
            ]
            sellers = len({who for who, _ in rises})  # a chain in six districts is one of them
            enough = sellers >= self.params.min_sellers
            values = [rise for _, rise in rises]
            found = _segment(place, sellers, values, self.params) if enough else None
            self.known[place, key] = found
        return self.known[place, key]


def _segment(place: Place, sellers: int, values: Sequence[float], params: Params) -> Segment:
    middle = median(values)
    mad = median([abs(value - middle) for value in values])
    return Segment(*place, sellers, middle, max(MAD_TO_SD * mad, params.min_spread))


def _verdict(excess: float, rose: float | None, segment: Segment, params: Params) -> Verdict:
    if any(abs(abs(excess) - log(size)) <= params.pack_tolerance for size in params.pack_sizes):
        return Verdict.UNIT_DOUBTED
    if excess / segment.spread <= params.limit:
        return Verdict.ORDINARY
    if rose is not None and rose < log(1 + params.min_rise):
        return Verdict.ORDINARY
    return Verdict.FLAGGED
