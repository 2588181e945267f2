"""Price watch (价格监测): who rose far more than its like, and what the invoices say.

Two questions, kept apart. `watch` screens: it needs only prices, and its flag is a reason to ask
for invoices, nothing more. `check_margin` is the legal test of the area: it needs the invoices.

    >>> from datetime import date
    >>> from fractions import Fraction
    >>> before, after = date(2020, 1, 20), date(2020, 2, 3)
    >>> asked = [("a", 1, 1.2), ("b", 2, 2.4), ("c", 1, 1.1), ("d", 3, 3.6), ("e", 1, 4)]
    >>> quotes = [
    ...     Quote(seller, "mask", day, Fraction(price))
    ...     for seller, was, now in asked for day, price in ((before, was), (after, now))
    ... ]
    >>> [one] = watch(quotes, on=after, params=Params(date(2020, 1, 21))).flagged
    >>> one.seller
    'e'

The slow twin is in `reference`.
"""

from .law import Found, Line, Metric, Outcome, Proof, Rule, What, check_margin
from .values import Basis, Judged, Params, Quote, Segment, Verdict, Watched
from .watch import watch

__all__ = [
    "Basis",
    "Found",
    "Judged",
    "Line",
    "Metric",
    "Outcome",
    "Params",
    "Proof",
    "Quote",
    "Rule",
    "Segment",
    "Verdict",
    "Watched",
    "What",
    "check_margin",
    "watch",
]
