"""A made market with known gougers, for measuring the price watch: everything comes from a seed.

Costs rise threefold in a month and every honest seller passes its own share of that on, late or
early. Grades and channels differ in price by up to tenfold. Some state a box as a piece, some are
new (half of the gougers among them gouge from their first day), some raise the delivery fee and
leave the price alone. What a gouger adds comes on top.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from random import Random

from gongzhi.engines.prices import Params, Quote

BASELINE_ON = date(2020, 1, 21)
ON = date(2020, 2, 20)
PARAMS = Params(BASELINE_ON)
ITEMS = {"mask-surgical": 0.6, "mask-n95": 6.0, "alcohol-75": 9.0, "goggles": 18.0, "cabbage": 1.5}
REGIONS = ("east", "west", "north")
CHANNELS = {"pharmacy": 1.0, "market": 0.8, "online": 0.9, "wholesale": 0.6}
BOXES = (1, 1, 1, 10, 50)


@dataclass(frozen=True)
class Seller:
    """One seller of one item, and what is known of it; `gouges` is the factor on top, 1 if none."""

    name: str
    item: str
    region: str
    channel: str
    level: float
    pack: int
    gouges: float
    by_delivery: bool
    is_new: bool
    slips: bool
    passes_on: float
    late: int
    from_first_day: bool


@dataclass(frozen=True)
class Market:
    """The quotes, who gouges, and by how much."""

    quotes: tuple[Quote, ...]
    sellers: tuple[Seller, ...]

    def gougers(self, least: float = 1.0, most: float = 99.0) -> set[str]:
        """Names of the gougers whose factor lies between these."""
        return {s.name for s in self.sellers if s.gouges > 1 and least <= s.gouges < most}


def market(seed: int, sellers: int = 2000, share: float = 0.06, least: float = 1.6) -> Market:
    """A market of so many sellers, a share of whom gouge by `least` to 4 times."""
    random = Random(seed)
    made = tuple(_seller(n, random, share, least) for n in range(sellers))
    quotes = tuple(quote for seller in made for quote in _quotes(seller, random))
    return Market(quotes, made)


def _seller(number: int, random: Random, share: float, least: float) -> Seller:
    gouges = random.uniform(least, 4) if random.random() < share else 1.0
    return Seller(
        name=f"seller {number}", item=random.choice(list(ITEMS)), region=random.choice(REGIONS),
        channel=random.choice(list(CHANNELS)), level=random.lognormvariate(0, 0.5),
        pack=random.choice(BOXES), gouges=gouges, by_delivery=random.random() < 0.25,
        is_new=random.random() < 0.08, slips=random.random() < 0.03,
        passes_on=random.gauss(1, 0.08), late=random.randrange(4),
        from_first_day=random.random() < 0.5,
    )  # fmt: skip


def _cost(item: str, day: date, late: int) -> float:
    """What an item costs: three times as much after thirty days; food rises by a fifth."""
    days = min(30, max(0, (day - BASELINE_ON).days - late))
    return 1 + (0.2 if item == "cabbage" else 2.0) * days / 30


def _quotes(seller: Seller, random: Random) -> Iterable[Quote]:
    start = BASELINE_ON - timedelta(days=28)
    for week in range(-4 if not seller.is_new else 1, 9):
        day = BASELINE_ON + timedelta(days=week * 5 - random.randrange(3))
        if start < day <= ON and random.random() < 0.9:
            yield _quote(seller, day, random)


def _quote(seller: Seller, day: date, random: Random) -> Quote:
    fair = ITEMS[seller.item] * CHANNELS[seller.channel] * seller.level
    fair *= _cost(seller.item, day, seller.late) ** seller.passes_on * random.lognormvariate(
        0, 0.03
    )
    begins = 0 if seller.is_new and seller.from_first_day else 10
    gouging = seller.gouges if day > BASELINE_ON + timedelta(days=begins) else 1.0
    each = fair if seller.by_delivery else fair * gouging
    pack = seller.pack if not seller.slips or random.random() < 0.5 else 1
    packs = random.choice((1, 2, 5))
    fee = fair * seller.pack * packs * (0.05 + (gouging - 1 if seller.by_delivery else 0))
    return Quote(
        seller.name, seller.item, day, _money(each * seller.pack), pack, _money(fee), packs,
        seller.region, seller.channel,
    )  # fmt: skip


def _money(amount: float) -> Fraction:
    return Fraction(max(1, round(amount * 100)), 100)


@dataclass(frozen=True)
class Score:
    """How well a screening found the gougers."""

    right: int
    wrong: int
    missed: int

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)


def score(found: set[str], gougers: set[str]) -> Score:
    """Compare who was flagged with who gouges."""
    return Score(len(found & gougers), len(found - gougers), len(gougers - found))
