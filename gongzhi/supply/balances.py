"""Wanted, promised, on the way, delivered and unmet: by item, and by place (供需台账)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import after
from gongzhi.supply.facts import by_need, owed_by_pair, sent_by_pair
from gongzhi.supply.models import Allocation, Dispatch, Item, Need


@dataclass(frozen=True)
class Balance:
    """What was wanted and what became of it, for one item (and one place, or an area).

    wanted counts estimates for amounts not yet known; promised is not yet sent.
    """

    item: Item
    unit: Unit | None
    wanted: int
    promised: int
    on_the_way: int
    delivered: int
    estimated: int

    @property
    def unmet(self) -> int:
        return max(0, self.wanted - self.delivered)

    @property
    def unmet_share(self) -> float:
        """Part of what is wanted that has not arrived, 0 to 1."""
        return self.unmet / self.wanted if self.wanted else 0.0


def unmet_by_place(area: Unit, group: str = "") -> list[Balance]:
    """What each place below an area lacks of each item, the largest unmet share first."""
    rows = _balances(area, group, by_unit=True)
    return sorted(rows, key=lambda row: (-row.unmet_share, row.item.code, row.unit.path))  # type: ignore[union-attr]


def board(area: Unit, group: str = "") -> list[Balance]:
    """The public board: wanted, promised, on the way and delivered of each item in an area."""
    return sorted(_balances(area, group, by_unit=False), key=lambda row: row.item.code)


def _balances(area: Unit, group: str, *, by_unit: bool) -> list[Balance]:
    needs = Need.objects.filter(unit__path__gte=area.path, unit__path__lt=after(area.path))
    needs = needs.exclude(state=Need.State.WITHDRAWN)
    needs = needs.filter(item__group=group) if group else needs
    sent = Dispatch.objects.filter(state=Dispatch.State.SENT, allocation__need__in=needs)
    going = by_need(sent_by_pair(sent))
    owing = by_need(owed_by_pair(Allocation.objects.filter(need__in=needs)))
    parts: dict[tuple[int, int], list[Need]] = defaultdict(list)
    for need in needs.select_related("item", "unit").order_by("id"):
        parts[need.item_id, need.unit_id if by_unit else 0].append(need)
    return [_balance(part, owing, going, by_unit=by_unit) for part in parts.values()]


def _balance(
    needs: list[Need], owing: Mapping[int, int], going: Mapping[int, int], *, by_unit: bool
) -> Balance:
    guessed = [n for n in needs if n.quantity is None]
    return Balance(
        item=needs[0].item,
        unit=needs[0].unit if by_unit else None,
        wanted=sum(n.quantity or 0 for n in needs)
        + sum(n.received_quantity + (n.estimate or 0) for n in guessed),
        promised=sum(owing.get(n.pk, 0) for n in needs),
        on_the_way=sum(going.get(n.pk, 0) for n in needs),
        delivered=sum(n.received_quantity for n in needs),
        estimated=len(guessed),
    )
