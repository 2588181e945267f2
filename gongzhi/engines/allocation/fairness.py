"""Floor shares, diminishing slices and the measures of fairness, each with one definition."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from .arcs import Whole
from .values import POINT, Need, Policy


def floor_share(supply: int, demand: int, policy: Policy) -> Fraction:
    """Part of each need that is floor: min(floor_cap, floor_fraction x supply / demand).

    Exact, because the policy's decimals are read as they are written.
    """
    if demand == 0:
        return Fraction(0)
    wish = Fraction(str(policy.floor_fraction)) * supply / demand
    return min(Fraction(str(policy.floor_cap)), wish)


def floors(needs: Sequence[Need], reachable: Sequence[bool], share: Fraction) -> list[int]:
    """Floor of each need in whole pieces, by largest remainder (Hamilton's method).

    All floors of reachable needs together are share x demand, rounded down, so they never promise
    more than the policy sets aside. The pieces left by rounding go to the largest fractions, ties
    to the more urgent tier, then to the key. A need that no offer reaches takes no such piece.
    """
    part, whole = share.numerator, share.denominator
    exact = [divmod(part * need.quantity, whole) for need in needs]
    pieces = [floor for floor, _ in exact]
    served = [n for n, reached in enumerate(reachable) if reached]
    wanted = sum([needs[n].quantity for n in served])
    left = part * wanted // whole - sum([pieces[n] for n in served])
    served.sort(key=lambda n: (-exact[n][1], needs[n].tier, needs[n].key))
    for n in served[:left]:
        pieces[n] += 1
    return pieces


def slices(quantity: Whole, floor: Whole, count: int) -> Whole:
    """Per need a row: pieces of the floor, then of each segment, as even as whole pieces allow."""
    even, odd = np.divmod(quantity - floor, count)
    beyond = even[:, None] + (np.arange(count) < odd[:, None])
    return np.concatenate([floor[:, None], beyond], axis=1)


def worths(tier: int, policy: Policy) -> list[int]:
    """Worth of one piece in each slice, in thousandths of a point, never rising.

    Floor: floor_value + weight. Segment s of S: weight x (S - s + 1) / S.
    """
    weight = policy.tier_weights[tier - 1] * POINT
    count = policy.segments
    beyond = [weight * (count - s) // count for s in range(count)]
    return [policy.floor_value * POINT + weight, *beyond]


def gini(fills: Sequence[float]) -> float:
    """Gini coefficient of the fill ratios, each need counted once: 0 all equal, towards 1 unequal.

    G = sum over i, j of |f_i - f_j| / (2 n^2 mean(f)); 0 when nobody gets anything. Other
    definitions rank plans differently (Alem, Caunhye, Moreno, arXiv 2106.12686): this one is ours.
    """
    total, count = sum(fills), len(fills)
    if total == 0:
        return 0.0
    ranked = sum((2 * rank - count - 1) * f for rank, f in enumerate(sorted(fills), start=1))
    return max(0.0, ranked / (count * total))


def tenth_percentile(fills: Sequence[float]) -> float:
    """The fill that at least a tenth of the needs do not exceed (nearest rank); 0 for no needs."""
    if not fills:
        return 0.0
    return sorted(fills)[math.ceil(len(fills) / 10) - 1]
