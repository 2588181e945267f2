"""Item groups: the parts of a problem that share no supply and are therefore solved apart."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from .values import Arc, Committed, Problem

Row = TypeVar("Row")


def item_groups(problem: Problem) -> tuple[tuple[str, ...], ...]:
    """Items that belong together, because an arc or a commitment leads from one to the other."""
    item_of_need = {need.key: need.item for need in problem.needs}
    item_of_offer = {offer.key: offer.item for offer in problem.offers}
    root = {item: item for item in problem.items}

    def find(item: str) -> str:
        while root[item] != item:
            item = root[item]
        return item

    rows: tuple[Arc | Committed, ...] = (*problem.arcs, *problem.committed)
    for pair in {(item_of_offer[row.offer], item_of_need[row.need]) for row in rows}:
        low, high = sorted(find(item) for item in pair)
        root[high] = low
    members = defaultdict(list)
    for item in problem.items:
        members[find(item)].append(item)
    return tuple(sorted(tuple(items) for items in members.values()))


def split(problem: Problem) -> tuple[Problem, ...]:
    """Cut a whole problem into its item groups, sorted by item; nothing is lost or doubled."""
    groups = item_groups(problem)
    group_of = {item: number for number, items in enumerate(groups) for item in items}
    group_of_need = {need.key: group_of[need.item] for need in problem.needs}
    needs = _sort_out(problem.needs, lambda need: group_of[need.item])
    offers = _sort_out(problem.offers, lambda offer: group_of[offer.item])
    arcs = _sort_out(problem.arcs, lambda arc: group_of_need[arc.need])
    committed = _sort_out(problem.committed, lambda row: group_of_need[row.need])
    return tuple(
        Problem(tuple(needs[n]), tuple(offers[n]), tuple(arcs[n]), tuple(committed[n]))
        for n in range(len(groups))
    )


def _sort_out(rows: Iterable[Row], group_of: Callable[[Row], int]) -> dict[int, list[Row]]:
    parts: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        parts[group_of(row)].append(row)
    return parts
