"""How the arrows of a plan's diagram run: in the free lanes between columns and above bands.

Every arrow has lanes of its own, so none runs through a box and no two lie upon one another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LANE = 6
"""Free space between two lanes."""
LEAST = 36
"""Least free space between two columns."""
MARGIN = 8

Edge = tuple[str, str]


@dataclass(frozen=True)
class Spot:
    """Where an order stands: its band from the top, its column, its row in the column."""

    band: int
    column: int
    row: int


@dataclass(frozen=True)
class Lanes:
    """The lanes that are given to arrows, and the room that they need."""

    spots: Mapping[str, Spot]
    out: Mapping[Edge, int]
    across: Mapping[Edge, int]
    into: Mapping[Edge, int]
    gap: int
    left: int
    above: Mapping[int, int]
    """Free space above each band, by its number."""
    ends: Mapping[Edge, float] = field(default_factory=dict)
    """How far down the box each arrow comes in, from 0 to 1."""

    def path(
        self,
        edge: Edge,
        tops: Sequence[int],
        places: Mapping[str, tuple[int, int]],
        wide: int,
        high: int,
    ) -> str:
        """The arrow of one prerequisite, as an SVG path of straight lines."""
        (x1, y1), (x2, y2) = places[edge[0]], places[edge[1]]
        start_y, end_y = y1 + round(high / 2), y2 + round(high * self.ends[edge])
        out = x1 + wide + MARGIN + LANE * self.out[edge]
        if edge not in self.across:
            return f"M{x1 + wide} {start_y}H{out}V{end_y}H{x2}"
        lane = tops[self.spots[edge[1]].band] - MARGIN - LANE * self.across[edge]
        into = x2 - MARGIN - MARGIN // 2 - LANE * self.into[edge]
        return f"M{x1 + wide} {start_y}H{out}V{lane}H{into}V{end_y}H{x2}"


def routes(spots: Mapping[str, Spot], edges: Sequence[Edge], *, most_columns: int) -> Lanes:
    """Give every arrow its lanes; one to the next column of the same band needs only one."""
    out: dict[Edge, int] = {}
    across: dict[Edge, int] = {}
    into: dict[Edge, int] = {}
    outs: dict[int, int] = defaultdict(int)
    crossing: dict[int, int] = defaultdict(int)
    ins: dict[int, int] = defaultdict(int)
    for edge in edges:
        before, after = spots[edge[0]], spots[edge[1]]
        out[edge] = outs[before.column]
        outs[before.column] += 1
        if (before.band, before.column + 1) != (after.band, after.column):
            across[edge] = crossing[after.band]
            crossing[after.band] += 1
            into[edge] = ins[after.column]
            ins[after.column] += 1
    gap = max([LEAST, *(3 * MARGIN + LANE * (outs[n] + ins[n + 1]) for n in range(most_columns))])
    left = 3 * MARGIN + LANE * ins[0]
    bands = {spot.band for spot in spots.values()}
    above = {n: (2 if n else 1) * MARGIN + LANE * crossing[n] for n in bands}
    return Lanes(spots, out, across, into, gap, left, above, _ends(edges))


def _ends(edges: Sequence[Edge]) -> dict[Edge, float]:
    """Arrows that come into one box are spread over its side."""
    coming: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        coming[edge[1]].append(edge)
    return {
        edge: (number + 1) / (len(found) + 1)
        for found in coming.values()
        for number, edge in enumerate(found)
    }
