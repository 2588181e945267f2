"""Where small consignments are put together, and how goods get there and on from there."""

from dataclasses import dataclass

import numpy as np

from .arcs import Real, Whole
from .values import MOST_POINTS


@dataclass(frozen=True, slots=True, eq=False)
class Hubs:
    """The hubs of a problem as tables (中转仓).

    to_cost, to_h: points per piece and hours from each offer (row) to each hub (column). on_cost,
    on_h: from each hub (row) to each need (column). Not a number or infinite where there is no
    way. handling_h: hours that goods stay in a hub. Rows and columns follow the problem's tuples.
    """

    keys: tuple[str, ...]
    to_cost: Real
    to_h: Real
    on_cost: Real
    on_h: Real
    handling_h: float = 0.0

    def __post_init__(self) -> None:
        if len(set(self.keys)) < len(self.keys):
            raise ValueError("A hub is given twice.")
        if self.to_cost.shape != self.to_h.shape or self.on_cost.shape != self.on_h.shape:
            raise ValueError("The hubs' tables of points and of hours differ in size.")
        for table in (self.to_cost, self.to_h, self.on_cost, self.on_h):
            if (table < 0).any():
                raise ValueError("A way to or from a hub cannot cost or last less than nothing.")
        for table in (self.to_cost, self.on_cost):
            if (table[np.isfinite(table)] > MOST_POINTS).any():
                raise ValueError(f"A way to or from a hub costs at most {MOST_POINTS} points.")
        if not 0 <= self.handling_h < np.inf:
            raise ValueError(f"The handling of a hub takes hours from 0, not {self.handling_h!r}.")

    def check_fits(self, offers: int, needs: int) -> None:
        """Refuse tables that were made for another number of offers, hubs or needs."""
        count = len(self.keys)
        if self.to_cost.shape != (offers, count) or self.on_cost.shape != (count, needs):
            raise ValueError(
                f"The hubs' tables must be {offers} offers x {count} hubs and {count} hubs x "
                f"{needs} needs, not {self.to_cost.shape} and {self.on_cost.shape}."
            )

    def part(self, offers: Whole, needs: Whole) -> "Hubs":
        """The same hubs for some of the offers and needs, given by their places."""
        return Hubs(
            self.keys, self.to_cost[offers], self.to_h[offers],
            self.on_cost[:, needs], self.on_h[:, needs], self.handling_h,
        )  # fmt: skip
