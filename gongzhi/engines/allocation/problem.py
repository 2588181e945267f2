"""The whole of what is to be matched, checked once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .arcs import Arc, ArcTable
from .hubs import Hubs
from .values import Committed, Lane, Need, Offer, demand


def _keys(rows: Iterable[Need | Offer | Lane], kind: str) -> set[str]:
    keys: set[str] = set()
    for row in rows:
        if row.key in keys:
            raise ValueError(f"The {kind} {row.key} is given twice.")
        keys.add(row.key)
    return keys


def _check_ends(rows: Iterable[Arc | Committed], needs: set[str], offers: set[str]) -> None:
    for row in rows:
        if row.offer not in offers:
            raise ValueError(f"{row.offer} to {row.need}: there is no offer {row.offer}.")
        if row.need not in needs:
            raise ValueError(f"{row.offer} to {row.need}: there is no need {row.need}.")


def _check_gone(offers: Iterable[Offer], committed: Iterable[Committed]) -> None:
    gone: dict[str, int] = {}
    for row in committed:
        if row.frozen or row.pinned:
            gone[row.offer] = gone.get(row.offer, 0) + row.quantity
    for offer in offers:
        out = gone.get(offer.key, 0)
        demand(
            out <= offer.quantity,
            f"Offer {offer.key} counts {offer.quantity} pieces, but {out} have been dispatched "
            "from it or are pinned; correct the offer first.",
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """Needs and offers with the arcs between them and what is already committed, in any order.

    arcs: `Arc` by `Arc`, or an `ArcTable` over these very needs and offers. lanes: the room that
    arcs share; an arc may name a lane only if it is here. hubs: where consignments that are too
    small to be sent alone are put together.
    """

    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    arcs: Sequence[Arc]
    committed: tuple[Committed, ...] = ()
    lanes: tuple[Lane, ...] = ()
    hubs: Hubs | None = None

    def __post_init__(self) -> None:
        needs, offers = _keys(self.needs, "need"), _keys(self.offers, "offer")
        lanes = _keys(self.lanes, "lane")
        if isinstance(self.arcs, ArcTable):
            self._check_table(self.arcs)
            named = set(self.arcs.lanes)
        else:
            _check_ends(self.arcs, needs, offers)
            pairs = {(arc.offer, arc.need) for arc in self.arcs}
            demand(len(pairs) == len(self.arcs), "An arc from an offer to a need is given twice.")
            named = {arc.lane for arc in self.arcs}
        for lane in sorted(named - lanes - {""}):
            raise ValueError(f"An arc takes lane {lane}, which is not among the lanes.")
        _check_ends(self.committed, needs, offers)
        _check_gone(self.offers, self.committed)
        debts = {(row.offer, row.need, row.frozen, row.pinned) for row in self.committed}
        demand(len(debts) == len(self.committed), "A commitment is given twice; add it up first.")
        if self.hubs is not None:
            self.hubs.check_fits(len(self.offers), len(self.needs))

    def _check_table(self, table: ArcTable) -> None:
        same = table.offers is self.offers or table.offers == self.offers
        demand(
            same and (table.needs is self.needs or table.needs == self.needs),
            "The table of arcs is made for other offers or needs, or for another order of them.",
        )

    @property
    def items(self) -> tuple[str, ...]:
        """The items that are needed or offered, sorted."""
        return tuple(sorted({row.item for row in self.needs} | {row.item for row in self.offers}))
