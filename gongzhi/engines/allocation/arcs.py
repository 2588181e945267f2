"""The ways from offers to needs: one by one, or as the columns of a table where there are many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from .values import MOST_POINTS, POINT, Need, Offer

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Truth = NDArray[np.bool_]

FULL = 1000
"""Thousandths in a full effect."""

WRONG_COST = f"A cost must be 0 to {MOST_POINTS} points per piece, not %r."
WRONG_LEAD = "A lead time must be a number of hours from 0, not %r."
WRONG_EFFICACY = "An efficacy must be more than 0 and at most 1, in thousandths, not %r."


def _check_way(cost: float, lead_h: float) -> None:
    """Refuse a cost or a lead time that no road can have (called once per arc, so kept quick)."""
    if not 0 <= cost <= MOST_POINTS:
        raise ValueError(WRONG_COST % cost)
    if not 0 <= lead_h < float("inf"):
        raise ValueError(WRONG_LEAD % lead_h)


@dataclass(frozen=True, slots=True)
class Way:
    """How goods get from one place to another: points per piece, hours, and why not, if barred.

    lane: the lane that it takes room of.
    """

    cost: float
    lead_h: float
    barred: str = ""
    lane: str = ""

    def __post_init__(self) -> None:
        _check_way(self.cost, self.lead_h)


@dataclass(frozen=True, slots=True)
class Substitute:
    """One item that may stand in for another, in this direction only (替代).

    efficacy: how many pieces of the needed item one piece of it is as good as, above 0, at most 1.
    waste: points per piece that it costs to use something better than what was asked for.
    forbidden: the rule that forbids it, empty if it is allowed; so the plan can say why not.
    """

    offered: str
    needed: str
    efficacy: float = 1.0
    waste: float = 0.0
    forbidden: str = ""

    def __post_init__(self) -> None:
        _check_way(self.waste, 0.0)
        if not 0 < round(self.efficacy * FULL) <= FULL:
            raise ValueError(WRONG_EFFICACY % self.efficacy)


@dataclass(frozen=True, slots=True)
class Arc:
    """The possibility that one offer serves one need.

    cost: points per piece, rounded to thousandths. lead_h: hours on the way. The engine itself
    refuses an arc that arrives too late. Every other rule (certificate, closed road, permit) is
    the caller's: it names the rule in `barred`, so that the plan can explain it, or leaves the
    arc out. efficacy: what part of a piece that was asked for one piece is as good as, in
    thousandths; below 1 for a partial substitute. lane: the lane it takes room of.
    """

    offer: str
    need: str
    cost: float
    lead_h: float
    barred: str = ""
    efficacy: float = 1.0
    lane: str = ""

    def __post_init__(self) -> None:
        _check_way(self.cost, self.lead_h)
        if self.efficacy != 1.0 and not 0 < round(self.efficacy * FULL) <= FULL:
            raise ValueError(WRONG_EFFICACY % self.efficacy)

    @property
    def cost_milli(self) -> int:
        """Cost of one piece in thousandths of a point."""
        return round(self.cost * POINT)


@dataclass(frozen=True, slots=True, eq=False)
class ArcTable(Sequence[Arc]):
    """Many arcs as columns: a sequence of `Arc` that takes no object for each.

    offer, need: places in `offers` and `needs`. cost: points per piece. lead_h: hours. barred: a
    place in `rules`, whose first is empty. efficacy: thousandths. lane: a place in `lanes`, whose
    first is empty. A column that is left out says the same of every arc: none barred, full effect,
    no lane.
    """

    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]
    offer: Whole
    need: Whole
    cost: Real
    lead_h: Real
    barred: Whole | None = None
    efficacy: Whole | None = None
    lane: Whole | None = None
    rules: tuple[str, ...] = ("",)
    lanes: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        columns = (self.offer, self.need, self.cost, self.lead_h, self.barred, self.efficacy,
                   self.lane)  # fmt: skip
        lengths = {len(column) for column in columns if column is not None}
        if len(lengths) > 1:
            raise ValueError(f"The columns of arcs differ in length: {sorted(lengths)}.")
        _check_range(self.offer, len(self.offers), "offer")
        _check_range(self.need, len(self.needs), "need")
        _check_range(self.barred, len(self.rules), "barring rule")
        _check_range(self.lane, len(self.lanes), "lane")
        _check_each(self.cost, (self.cost >= 0) & (self.cost <= MOST_POINTS), WRONG_COST)
        _check_each(self.lead_h, (self.lead_h >= 0) & (self.lead_h < np.inf), WRONG_LEAD)
        if self.efficacy is not None:
            good = (self.efficacy > 0) & (self.efficacy <= FULL)
            _check_each(self.efficacy / FULL, good, WRONG_EFFICACY)
        pair = self.need * max(1, len(self.offers)) + self.offer
        if not (np.diff(pair) > 0).all() and len(np.unique(pair)) < len(pair):
            raise ValueError("An arc from an offer to a need is given twice.")

    def __len__(self) -> int:
        return len(self.offer)

    @overload
    def __getitem__(self, row: int) -> Arc: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Arc, ...]: ...
    def __getitem__(self, row: int | slice) -> Arc | tuple[Arc, ...]:
        if isinstance(row, slice):
            return tuple(self[i] for i in range(*row.indices(len(self))))
        return Arc(
            offer=self.offers[self.offer[row]].key,
            need=self.needs[self.need[row]].key,
            cost=float(self.cost[row]),
            lead_h=float(self.lead_h[row]),
            barred="" if self.barred is None else self.rules[self.barred[row]],
            efficacy=1.0 if self.efficacy is None else float(self.efficacy[row] / FULL),
            lane="" if self.lane is None else self.lanes[self.lane[row]],
        )

    def __iter__(self) -> Iterator[Arc]:
        return (self[row] for row in range(len(self)))

    @property
    def cost_milli(self) -> Whole:
        """Cost of one piece over each arc in thousandths of a point."""
        return np.rint(self.cost * POINT).astype(np.int64)

    def part(
        self, rows: Whole, offers: tuple[Offer, ...], needs: tuple[Need, ...], o: Whole, n: Whole
    ) -> "ArcTable":
        """Some rows of it over other offers and needs, whose places in these the columns give."""
        return ArcTable(
            offers, needs, o, n, self.cost[rows], self.lead_h[rows],
            barred=None if self.barred is None else self.barred[rows],
            efficacy=None if self.efficacy is None else self.efficacy[rows],
            lane=None if self.lane is None else self.lane[rows],
            rules=self.rules, lanes=self.lanes,
        )  # fmt: skip


def _check_range(column: Whole | None, size: int, name: str) -> None:
    if column is not None and len(column) and not 0 <= column.min() <= column.max() < size:
        raise ValueError(f"An arc names {name} {column.max()}, but there are {size}, from 0.")


def _check_each(column: Real, good: Truth, sentence: str) -> None:
    if not good.all():
        raise ValueError(sentence % float(column[~good][0]))


def table_of(arcs: Sequence[Arc], offers: tuple[Offer, ...], needs: tuple[Need, ...]) -> ArcTable:
    """The arcs as columns; what is a table stays as it is."""
    if isinstance(arcs, ArcTable):
        return arcs
    number = {offer.key: o for o, offer in enumerate(offers)}
    line = {need.key: n for n, need in enumerate(needs)}
    rules = _codes(arc.barred for arc in arcs)
    lanes = _codes(arc.lane for arc in arcs)
    return ArcTable(
        offers, needs,
        offer=np.array([number[arc.offer] for arc in arcs], dtype=np.int64),
        need=np.array([line[arc.need] for arc in arcs], dtype=np.int64),
        cost=np.array([arc.cost for arc in arcs], dtype=np.float64),
        lead_h=np.array([arc.lead_h for arc in arcs], dtype=np.float64),
        barred=_column([rules[arc.barred] for arc in arcs], len(rules) > 1),
        efficacy=_column([round(arc.efficacy * FULL) for arc in arcs],
                         any(arc.efficacy != 1.0 for arc in arcs)),
        lane=_column([lanes[arc.lane] for arc in arcs], len(lanes) > 1),
        rules=tuple(rules), lanes=tuple(lanes),
    )  # fmt: skip


def _codes(names: Iterable[str]) -> dict[str, int]:
    found = dict.fromkeys(["", *names])
    return {name: code for code, name in enumerate(found)}


def _column(rows: list[int], given: bool) -> Whole | None:
    return np.array(rows, dtype=np.int64) if given else None


def connect(
    needs: Iterable[Need],
    offers: Iterable[Offer],
    ways: Mapping[tuple[str, str], Way],
    substitutes: Iterable[Substitute] = (),
) -> tuple[Arc, ...]:
    """Give each offer an arc to each need that it may serve and that its place has a way to.

    An offer serves needs of its own item, and of those that it is a substitute for. ways: (from
    place, to place) -> Way. Inside one place goods move free and at once unless the table says
    otherwise; between places without an entry there is no arc.
    """
    here = Way(0.0, 0.0)
    wanted: dict[str, list[Need]] = {}
    for need in needs:
        wanted.setdefault(need.item, []).append(need)
    serves: dict[str, list[Substitute]] = {}
    for row in substitutes:
        serves.setdefault(row.offered, []).append(row)
    arcs = []
    for offer in offers:
        same_item = Substitute(offer.item, offer.item)
        for row in (same_item, *serves.get(offer.item, ())):
            for need in wanted.get(row.needed, ()):
                same = here if offer.place == need.place else None
                way = ways.get((offer.place, need.place), same)
                if way is not None:
                    arcs.append(_arc(offer, need, way, row))
    return tuple(arcs)


def _arc(offer: Offer, need: Need, way: Way, row: Substitute) -> Arc:
    barred = way.barred or row.forbidden
    return Arc(
        offer.key, need.key, way.cost + row.waste, way.lead_h, barred, row.efficacy, way.lane
    )
