"""Item groups: the parts of a problem that share no supply and are therefore solved apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from .arcs import ArcTable, Whole, table_of
from .hubs import Hubs
from .problem import Problem
from .values import Committed, Need, Offer


def item_groups(problem: Problem) -> tuple[tuple[str, ...], ...]:
    """Items that belong together, because an arc or a commitment leads from one to the other."""
    return _groups(problem, table_of(problem.arcs, problem.offers, problem.needs))


def _groups(problem: Problem, table: ArcTable) -> tuple[tuple[str, ...], ...]:
    items = problem.items
    root = {item: item for item in items}

    def find(item: str) -> str:
        while root[item] != item:
            item = root[item]
        return item

    for pair in _joined(problem, table, items):
        low, high = sorted(find(item) for item in pair)
        root[high] = low
    members = defaultdict(list)
    for item in items:
        members[find(item)].append(item)
    return tuple(sorted(tuple(group) for group in members.values()))


def _joined(problem: Problem, table: ArcTable, items: Sequence[str]) -> set[tuple[str, str]]:
    """Pairs of different items, offered and needed, that an arc or a commitment joins."""
    number = {item: i for i, item in enumerate(items)}
    offered = np.array([number[offer.item] for offer in table.offers], dtype=np.int64)
    needed = np.array([number[need.item] for need in table.needs], dtype=np.int64)
    start, end = offered[table.offer], needed[table.need]
    other = start != end
    codes = np.unique(start[other] * len(items) + end[other]).tolist()
    pairs = {(items[code // len(items)], items[code % len(items)]) for code in codes}
    if problem.committed:
        item_of_need = {need.key: need.item for need in problem.needs}
        item_of_offer = {offer.key: offer.item for offer in problem.offers}
        pairs |= {(item_of_offer[c.offer], item_of_need[c.need]) for c in problem.committed}
    return pairs


def split(problem: Problem) -> tuple[Problem, ...]:
    """Cut a whole problem into its item groups, sorted by item; nothing is lost or doubled.

    The arcs of each part are a table. Lanes are shared by the parts; `match_all` minds them.
    """
    table = table_of(problem.arcs, problem.offers, problem.needs)
    groups = _groups(problem, table)
    group_of = {item: number for number, items in enumerate(groups) for item in items}
    of_need = np.array([group_of[need.item] for need in problem.needs], dtype=np.int64)
    of_offer = np.array([group_of[offer.item] for offer in problem.offers], dtype=np.int64)
    needs, offers = _members(problem.needs, of_need), _members(problem.offers, of_offer)
    arcs = _members_of_arcs(table, of_need, len(groups))
    owed = _committed(problem.committed, problem.needs, of_need)
    return tuple(
        _part(problem, table, offers[g], needs[g], arcs[g], owed[g]) for g in range(len(groups))
    )


def _members(rows: Sequence[Need | Offer], group: Whole) -> dict[int, Whole]:
    """The places of each group's rows, in the order of their keys."""
    by_key = np.array(sorted(range(len(rows)), key=lambda i: rows[i].key), dtype=np.int64)
    order = by_key[np.argsort(group[by_key], kind="stable")]
    return _cut(order, group[order])


def _cut(order: Whole, group: Whole) -> dict[int, Whole]:
    found: dict[int, Whole] = defaultdict(lambda: np.zeros(0, dtype=np.int64))
    numbers, starts = np.unique(group, return_index=True)
    found.update(zip(numbers.tolist(), np.split(order, starts[1:]), strict=False))
    return found


def _members_of_arcs(table: ArcTable, of_need: Whole, groups: int) -> dict[int, Whole]:
    group = of_need[table.need]
    if groups > 1:
        small = group.astype(np.int16) if groups < 2**15 else group  # sorted in linear time
        order = np.argsort(small, kind="stable").astype(np.int64)
    else:
        order = np.arange(len(group))
    return _cut(order, group[order])


def _committed(
    rows: Iterable[Committed], needs: Sequence[Need], of_need: Whole
) -> dict[int, list[Committed]]:
    parts: dict[int, list[Committed]] = defaultdict(list)
    group = {need.key: int(g) for need, g in zip(needs, of_need.tolist(), strict=True)}
    for row in rows:
        parts[group[row.need]].append(row)
    return parts


def _part(
    problem: Problem,
    table: ArcTable,
    offers: Whole,
    needs: Whole,
    arcs: Whole,
    committed: list[Committed],
) -> Problem:
    """One group as a problem of its own: rows by key, arcs by need, then offer."""
    some_offers = tuple([problem.offers[o] for o in offers.tolist()])
    some_needs = tuple([problem.needs[n] for n in needs.tolist()])
    o = _places(offers, len(problem.offers))[table.offer[arcs]]
    n = _places(needs, len(problem.needs))[table.need[arcs]]
    pair = n * max(1, len(some_offers)) + o
    if not (np.diff(pair) > 0).all():
        order = np.argsort(pair)
        arcs, o, n = arcs[order], o[order], n[order]
    hubs: Hubs | None = problem.hubs.part(offers, needs) if problem.hubs else None
    return Problem(
        some_needs, some_offers, table.part(arcs, some_offers, some_needs, o, n),
        tuple(committed), problem.lanes, hubs,
    )  # fmt: skip


def _places(chosen: Whole, size: int) -> Whole:
    """Where each row of the whole stands in the part."""
    places = np.zeros(size, dtype=np.int64)
    places[chosen] = np.arange(len(chosen))
    return places
