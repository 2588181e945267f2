"""A seeded emergency: suppliers, places that ask, and the ways between them, of any size.

3,000 suppliers and 2,000 places in 32 zones give about 9,000 offers, 24,000 needs and 420,000 arcs
in 50 items: 40 item groups, as ten items may stand in for another one. All figures are drawn, none
is measured; the shape follows what a province of 60 million might ask for in a bad week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gongzhi.engines.allocation import ArcTable, Hubs, Lane, Need, Offer, Problem

NEAREST, FAR = 11, 5
"""Of its item, each need has ways to so many nearest offers, and to so many anywhere."""
SUBSTITUTES, PAIRS = 9, 10
"""Of its substitute, to so many nearest offers; so many items have one."""
ITEMS_EACH = 12
"""A place asks for so many items, a supplier has three."""
KM, POINTS_PER_KM = 1000.0, 0.01
TIERS, DUE = (0.25, 0.35, 0.4), (24.0, 72.0, 168.0)

Real = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """How much there is."""

    suppliers: int = 3000
    places: int = 2000
    items: int = 50
    zones: int = 32
    hubs: int = 16


X1, X10, TENTH = Size(), Size(30_000, 20_000), Size(300, 200, 50, 12, 6)


def problem(
    size: Size = X1,
    *,
    seed: int = 2020,
    partial: float = 1.0,
    lots: bool = False,
    lanes: float = 0.0,
) -> Problem:
    """Draw a whole problem.

    partial: what a piece of a substitute counts for. lots: suppliers send nothing below a lot, and
    there are hubs. lanes: capacity of each zone's way to another, as a part of what the mean way
    between zones would carry if all supply went anywhere; 0 = no lanes.
    """
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0.1 * KM, 0.9 * KM, (size.zones, 2))
    zone_s, at_s = _spread(rng, centres, size.suppliers)
    zone_p, at_p = _spread(rng, centres, size.places)
    known = rng.permutation(1.0 / (1.0 + np.arange(size.items)) ** 0.5)
    who_s, item_s = _each(rng, size.suppliers, known, 3)
    who_p, item_p = _each(rng, size.places, known, ITEMS_EACH)
    offers = _offers(rng, who_s, item_s, item_p, size, lots=lots)
    needs = _needs(rng, who_p, item_p)
    offer, need, is_other = _ends(rng, item_s, item_p, at_s[who_s], at_p[who_p], size)
    km = np.hypot(*(at_s[who_s[offer]] - at_p[who_p[need]]).T) * 1.3
    named = [f"{a:02}-{b:02}" for a in range(size.zones) for b in range(size.zones)]
    table = ArcTable(
        offers, needs, offer, need,
        cost=np.round(km * POINTS_PER_KM + np.where(is_other, 1.0, 0.0), 3),
        lead_h=2.0 + km / 40.0,
        efficacy=None if partial == 1.0 else np.where(is_other, round(1000 * partial), 1000),
        lane=zone_s[who_s[offer]] * size.zones + zone_p[who_p[need]] + 1 if lanes else None,
        lanes=("", *named) if lanes else ("",),
    )  # fmt: skip
    room = sum(o.quantity * o.volume for o in offers) / len(named) * lanes
    return Problem(
        needs, offers, table,
        lanes=tuple(Lane(name, room) for name in named) if lanes else (),
        hubs=_hubs(centres[: size.hubs], at_s[who_s], at_p[who_p]) if lots else None,
    )  # fmt: skip


def _spread(rng: np.random.Generator, centres: Real, count: int) -> tuple[Whole, Real]:
    """Zones, and places scattered around their centres."""
    zone = rng.integers(0, len(centres), count)
    return zone, centres[zone] + rng.normal(0.0, 0.04 * KM, (count, 2))


def _each(rng: np.random.Generator, count: int, known: Real, each: int) -> tuple[Whole, Whole]:
    """So many different items for each, the better known more often, as two columns."""
    draw = (rng.exponential(size=(count, len(known))) / known).argsort(axis=1)[:, :each]
    return np.repeat(np.arange(count), draw.shape[1]), draw.reshape(-1)


def _needs(rng: np.random.Generator, who: Whole, item: Whole) -> tuple[Need, ...]:
    tiers = rng.choice(3, size=len(who), p=TIERS)
    pieces = np.maximum(1, rng.lognormal(5.0, 1.0, len(who)).astype(np.int64))
    rows = zip(who.tolist(), item.tolist(), tiers.tolist(), pieces.tolist(), strict=True)
    return tuple(
        Need(f"n{n:06}", f"p{p:05}", f"item{i:02}", quantity, tier + 1, DUE[tier])
        for n, (p, i, tier, quantity) in enumerate(rows)
    )


def _offers(
    rng: np.random.Generator, who: Whole, item: Whole, wanted: Whole, size: Size, *, lots: bool
) -> tuple[Offer, ...]:
    """Supply of each item between 0.4 and 1.35 of what is asked for, 0.84 on the whole."""
    scarce = rng.uniform(0.4, 1.35, size.items)
    mean = np.exp(5.5) * np.bincount(wanted, minlength=size.items)
    each = scarce * mean / np.maximum(1, np.bincount(item, minlength=size.items))
    pieces = np.maximum(1, each[item] * rng.lognormal(-0.5, 1.0, len(who))).astype(np.int64)
    ready = rng.exponential(6.0, len(who)).round(1)
    lot = rng.choice([1, 50, 100, 200], len(who), p=[0.3, 0.3, 0.25, 0.15]) if lots else None
    volume = rng.uniform(0.5, 8.0, size.items).round(2)
    return tuple(
        Offer(
            f"o{o:06}", f"s{s:05}", f"item{i:02}", int(pieces[o]), float(ready[o]),
            1 if lot is None else int(min(lot[o], pieces[o])), float(volume[i]),
        )
        for o, (s, i) in enumerate(zip(who.tolist(), item.tolist(), strict=True))
    )  # fmt: skip


def _ends(
    rng: np.random.Generator, offered: Whole, wanted: Whole, at_o: Real, at_n: Real, size: Size
) -> tuple[Whole, Whole, NDArray[np.bool_]]:
    """Offer and need of each arc, and whether it is one of a substitute."""
    found: set[tuple[int, int]] = {(i, i) for i in range(size.items)}
    found |= {(2 * k, 2 * k + 1) for k in range(min(PAIRS, size.items // 2))}
    parts = []
    for given, asked in sorted(found):
        offers, needs = np.flatnonzero(offered == given), np.flatnonzero(wanted == asked)
        if not (len(offers) and len(needs)):
            continue
        near = NEAREST if given == asked else SUBSTITUTES
        chosen = _near(at_o[offers], at_n[needs], min(near, len(offers)))
        if given == asked:
            far = rng.integers(0, len(offers), (len(needs), FAR))
            chosen = np.concatenate([chosen, far], axis=1)
        rows = np.repeat(np.arange(len(needs)), chosen.shape[1])
        pair = np.unique(rows * len(offers) + chosen.reshape(-1))
        o, n = offers[pair % len(offers)], needs[pair // len(offers)]
        parts.append((o, n, np.full(len(o), given != asked)))
    offer, need, other = (np.concatenate(column) for column in zip(*parts, strict=True))
    return offer, need, other


def _near(at_o: Real, at_n: Real, count: int) -> Whole:
    """For each need the nearest offers."""
    rows = []
    for start in range(0, len(at_n), 512):
        some = at_n[start : start + 512]
        far = (some[:, None, 0] - at_o[None, :, 0]) ** 2 + (some[:, None, 1] - at_o[:, 1]) ** 2
        rows.append(np.argpartition(far, count - 1, axis=1)[:, :count])
    return np.concatenate(rows)


def _hubs(at_h: Real, at_o: Real, at_n: Real) -> Hubs:
    to, on = _km(at_o, at_h), _km(at_h, at_n)
    return Hubs(
        tuple(f"hub{h:02}" for h in range(len(at_h))),
        np.round(to * POINTS_PER_KM, 3), 2.0 + to / 40.0,
        np.round(on * POINTS_PER_KM, 3), 2.0 + on / 40.0, handling_h=2.0,
    )  # fmt: skip


def _km(start: Real, end: Real) -> Real:
    gap = start[:, None, :] - end[None, :, :]
    return np.asarray(np.hypot(gap[..., 0], gap[..., 1]) * 1.3)
