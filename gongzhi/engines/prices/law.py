"""The legal test of an area: what the invoices say, line by line, under one dated rule.

The 2020 notices of the Chinese provinces know two tests. *Margin* (购销差价额; Hubei, Hainan,
Hunan): a price may not rise above that of the baseline day; where the cost changed, the difference
between sale and purchase may not grow; with no earlier price it may be a share of the cost at most.
*Rate* (进销差价率; Shaanxi, Weifang): the difference as a share of the cost may not exceed that of
the last real sale of the baseline; with no earlier sale there is a cap.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Metric(StrEnum):
    """What a rule compares with the baseline."""

    MARGIN = "margin"
    RATE = "rate"


class Outcome(StrEnum):
    """What the test says. It is a finding for a person to judge by, never a penalty."""

    WITHIN = "within"
    OUTSIDE = "outside"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an area: its metric, and its cap where nothing was sold before (0.15 = 15 %)."""

    metric: Metric
    cap: Fraction

    def __post_init__(self) -> None:
        if not 0 <= self.cap <= 10:
            raise ValueError("A cap lies between 0 and 10 (1000 %).")


@dataclass(frozen=True, slots=True)
class Proof:
    """What invoices show of one piece, delivery included: now, and on the last baseline sale.

    None: not shown. `sold_before` says whether there was a sale in the baseline at all; without
    one the cap holds instead.
    """

    price: Fraction
    cost: Fraction | None
    sold_before: bool
    was_price: Fraction | None = None
    was_cost: Fraction | None = None

    def __post_init__(self) -> None:
        shown = (self.price, self.cost, self.was_price, self.was_cost)
        if any(amount is not None and amount <= 0 for amount in shown):
            raise ValueError("Prices and costs are above 0.")
        if not self.sold_before and (self.was_price is not None or self.was_cost is not None):
            raise ValueError("Without an earlier sale there is no earlier price and no cost of it.")


class What(StrEnum):
    """What a line of the computation says."""

    PRICE = "price"
    COST = "cost"
    WAS_PRICE = "was_price"
    WAS_COST = "was_cost"
    MARGIN = "margin"
    WAS_MARGIN = "was_margin"
    RATE = "rate"
    WAS_RATE = "was_rate"
    CAP = "cap"
    MISSING_COST = "missing_cost"
    MISSING_WAS_PRICE = "missing_was_price"
    MISSING_WAS_COST = "missing_was_cost"
    NOT_RISEN = "not_risen"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is, the figure, and the figures it was made from."""

    what: What
    figure: Fraction | None = None
    made_from: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome with its computation; `over` is by how much the limit is passed."""

    outcome: Outcome
    lines: tuple[Line, ...]
    figure: Fraction | None = None
    limit: Fraction | None = None

    @property
    def over(self) -> Fraction | None:
        """By how much the limit is passed; None where the test is open or nothing is compared."""
        if self.figure is None or self.limit is None:
            return None
        return self.figure - self.limit

    def __str__(self) -> str:
        steps = "; ".join(
            line.what.replace("_", " ")
            + ("" if line.figure is None else f" {float(line.figure):.4g}")
            for line in self.lines
        )
        return f"{self.outcome.value}: {steps}"


def check_margin(proof: Proof, *, rule: Rule) -> Found:
    """Test what the invoices show under the rule of the area (购销差价审查)."""
    lines = [Line(What.PRICE, proof.price)]
    if proof.cost is None:
        return Found(Outcome.OPEN, (*lines, Line(What.MISSING_COST)))
    lines.append(Line(What.COST, proof.cost))
    if not proof.sold_before:
        return _under_cap(proof.price, proof.cost, rule, lines)
    if proof.was_price is None:
        return Found(Outcome.OPEN, (*lines, Line(What.MISSING_WAS_PRICE)))
    lines.append(Line(What.WAS_PRICE, proof.was_price))
    if rule.metric is Metric.MARGIN and proof.price <= proof.was_price:
        return Found(Outcome.WITHIN, (*lines, Line(What.NOT_RISEN)), proof.price, proof.was_price)
    if proof.was_cost is None:
        return Found(Outcome.OPEN, (*lines, Line(What.MISSING_WAS_COST)))
    lines.append(Line(What.WAS_COST, proof.was_cost))
    return _against_before(proof.price, proof.cost, proof.was_price, proof.was_cost, rule, lines)


def _under_cap(price: Fraction, cost: Fraction, rule: Rule, lines: list[Line]) -> Found:
    rate = (price - cost) / cost
    lines += [Line(What.RATE, rate, (price, cost)), Line(What.CAP, rule.cap)]
    return _compared(rate, rule.cap, lines)


def _against_before(
    price: Fraction, cost: Fraction, was_price: Fraction, was_cost: Fraction,
    rule: Rule, lines: list[Line],
) -> Found:  # fmt: skip
    margin, was_margin = price - cost, was_price - was_cost
    if rule.metric is Metric.MARGIN:
        lines += [
            Line(What.MARGIN, margin, (price, cost)),
            Line(What.WAS_MARGIN, was_margin, (was_price, was_cost)),
        ]
        return _compared(margin, was_margin, lines)
    rate, was_rate = margin / cost, was_margin / was_cost
    lines += [
        Line(What.RATE, rate, (price, cost)),
        Line(What.WAS_RATE, was_rate, (was_price, was_cost)),
    ]
    return _compared(rate, was_rate, lines)


def _compared(figure: Fraction, limit: Fraction, lines: list[Line]) -> Found:
    outcome = Outcome.OUTSIDE if figure > limit else Outcome.WITHIN
    return Found(outcome, tuple(lines), figure, limit)
