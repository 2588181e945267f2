"""What was asked for an item, how prices are compared, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import exp, isfinite


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


@dataclass(frozen=True, slots=True)
class Quote:
    """One price that a seller asked on a day (报价).

    price: of one pack; pack: pieces in it; delivery: the fee of the whole order; packs: packs in
    that order. Money in one currency, in whichever unit, the same for all quotes.
    """

    seller: str
    item: str
    on: date
    price: Fraction
    pack: int = 1
    delivery: Fraction = Fraction(0)
    packs: int = 1
    region: str = ""
    channel: str = ""

    def __post_init__(self) -> None:
        _check(bool(self.seller and self.item), "A quote names its seller and its item.")
        _check(self.price > 0, "A price is above 0.")
        _check(self.delivery >= 0, "A delivery fee is 0 or more.")
        _check(self.pack >= 1 and self.packs >= 1, "A pack and an order hold at least 1.")

    @property
    def each(self) -> Fraction:
        """The price of one piece, its share of the delivery included."""
        return (self.price + self.delivery / self.packs) / self.pack

    @property
    def offer(self) -> tuple[str, str, str, str]:
        """What is judged together: a seller's item in a region, through a channel."""
        return (self.item, self.region, self.channel, self.seller)


class Verdict(StrEnum):
    """What the screening says of one seller's item. A flag asks for invoices; it proves nothing."""

    FLAGGED = "flagged"
    ORDINARY = "ordinary"
    UNIT_DOUBTED = "unit doubted"
    TOO_FEW = "too few"


class Basis(StrEnum):
    """What a seller's price was compared with."""

    OWN_BASELINE = "own baseline"
    FIRST_PRICE = "first price"
    SEGMENT_PRICE = "segment price"


@dataclass(frozen=True)
class Params:
    """How prices are screened (价格监测).

    baseline_on: the last day of the baseline; baseline_days: how far it reaches back.
    look_days: the seller's price is the middle of what it asked in so many days up to the day.
    Between two quotes the doubt is the seller's: the lower one now, the higher one in its baseline.
    first_days: a new seller's first price is the middle of so many days. Few, because prices move
        from day to day then, and those it is compared with are read in the same days.
    limit: how many spreads (1.4826 MAD) above the middle of its segment a seller is flagged.
    min_spread: a spread is never taken to be smaller, in logarithms; 0.05 is about 5 %.
    min_rise: who asks less than so much above its own baseline is never flagged.
    min_sellers: a segment with fewer is widened to all regions, then to all channels.
    pack_sizes: who stands out by one of these factors is asked for its pack size first, unless it
        is farther from it than pack_tolerance (in logarithms). Empty turns that off.
    """

    baseline_on: date
    baseline_days: int = 60
    look_days: int = 10
    first_days: int = 3
    limit: float = 3.5
    min_spread: float = 0.05
    min_rise: float = 0.10
    min_sellers: int = 5
    pack_sizes: tuple[int, ...] = (10, 12, 20, 24, 50, 100)
    pack_tolerance: float = 0.15

    def __post_init__(self) -> None:
        _check(1 <= self.baseline_days <= 3660, "A baseline has 1 to 3660 days.")
        _check(1 <= self.look_days <= 366, "A look has 1 to 366 days.")
        _check(1 <= self.first_days <= 366, "The first days of a seller are 1 to 366.")
        for name in ("limit", "min_spread"):
            value = getattr(self, name)
            _check(isfinite(value) and value > 0, f"{name} is above 0.")
        _check(isfinite(self.min_rise) and self.min_rise >= 0, "min_rise is 0 or more.")
        _check(self.min_sellers >= 3, "A middle and a spread need at least 3 sellers.")
        _check(all(size > 1 for size in self.pack_sizes), "A pack size is above 1.")
        _check(0 <= self.pack_tolerance < 0.5, "pack_tolerance lies between 0 and 0.5.")

    def in_baseline(self, day: date) -> bool:
        """Whether a price of this day belongs to a seller's own baseline."""
        return self.baseline_on - timedelta(days=self.baseline_days) < day <= self.baseline_on

    def in_look(self, day: date, on: date) -> bool:
        """Whether a price of this day says what the seller asks on the day `on`."""
        return max(on - timedelta(days=self.look_days), self.baseline_on) < day <= on

    def as_dict(self) -> dict[str, object]:
        """The parameters as plain values, to be stored beside what they made."""
        plain = {"baseline_on": self.baseline_on.isoformat(), "pack_sizes": list(self.pack_sizes)}
        return asdict(self) | plain


@dataclass(frozen=True, slots=True)
class Segment:
    """Whom a seller was compared with. None: of all regions, through all channels.

    middle and spread are logarithms: of rises over the own baseline, or of prices of a piece.
    """

    item: str
    region: str | None
    channel: str | None
    sellers: int
    middle: float
    spread: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One seller's item, and why it is flagged or not.

    was: the middle of its own baseline, or of a new seller's first days (None without either);
    now: what it asks for a piece, delivery included; expected: what it would ask had it moved as
    its segment did; score: how many spreads it lies above that. Money as in the quotes.
    """

    item: str
    region: str
    channel: str
    seller: str
    verdict: Verdict
    basis: Basis
    was: float | None
    now: float
    quotes: int
    segment: Segment | None = None
    score: float | None = None
    expected: float | None = None

    @property
    def rise(self) -> float | None:
        """How much more it asks than in its own baseline: 0.5 is half as much again."""
        return None if self.was is None else self.now / self.was - 1

    @property
    def overprice(self) -> float | None:
        """How much more it asks than what its segment lets expect."""
        return None if self.expected is None else self.now / self.expected - 1

    def facts(self) -> Mapping[str, object]:
        """The machine-readable form that sentences are made from."""
        whole = asdict(self)
        return whole | {"rise": self.rise, "overprice": self.overprice}

    def __str__(self) -> str:
        from .explain import sentence

        return sentence(self)


@dataclass(frozen=True, slots=True)
class Watched:
    """The result of one screening.

    silent: offers with quotes, but none within the look. whole: segments where the middle itself
    rose by more than half: there everybody asks more, and no seller stands out.
    """

    on: date
    params: Params
    judged: tuple[Judged, ...]
    silent: int

    def of(self, verdict: Verdict) -> tuple[Judged, ...]:
        """Those of one verdict, in their order."""
        return tuple(one for one in self.judged if one.verdict is verdict)

    @property
    def flagged(self) -> tuple[Judged, ...]:
        """Whose invoices should be asked for, the highest overprice first."""
        return tuple(sorted(self.of(Verdict.FLAGGED), key=lambda one: -(one.overprice or 0)))

    @property
    def risen(self) -> tuple[Segment, ...]:
        """Segments whose middle itself rose by more than half, the highest first."""
        segments = {
            one.segment
            for one in self.judged
            if one.segment and one.basis is Basis.OWN_BASELINE and exp(one.segment.middle) > 1.5
        }
        return tuple(sorted(segments, key=lambda s: (-s.middle, s.item, s.region or "")))

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.of(v))} {v.value}" for v in Verdict)
        return f"{self.on.isoformat()}: {len(self.judged)} offers, {counts}; {self.silent} silent"
