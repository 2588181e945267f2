"""The answer of a matching: who gets what from whom, and why no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .fairness import gini, tenth_percentile
from .values import POINT, Policy


class Reason(StrEnum):
    """What bound a need's line; each is decided by a rule in `explain`, never guessed."""

    MET = "met"
    NO_OFFER = "no eligible offer"
    DEADLINE = "deadline"
    UNCONFIRMED = "unconfirmed amount"
    LANE = "lane full"
    LOT = "minimum lot"
    COST = "cost"
    FLOOR = "floor of others"
    SUPPLY = "supply exhausted"

    @property
    def sentence(self) -> str:
        """The reason as a sentence for the place that asked."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.MET: "All that was asked for is given.",
    Reason.NO_OFFER: "No offer may serve it.",
    Reason.DEADLINE: "What could still be given would arrive after it is due.",
    Reason.UNCONFIRMED: "The amount is an estimate; confirm it to get more than the floor share.",
    Reason.LANE: "More would have to go through a lane that is full.",
    Reason.LOT: "An offer that could serve it sends no consignment as small as that.",
    Reason.COST: "Supply is left, but bringing it costs more than the policy counts it worth.",
    Reason.FLOOR: "The next piece belongs to the floor share of other needs.",
    Reason.SUPPLY: "All that could serve it is used where it counts for as much or more.",
}


class Why(StrEnum):
    """Why one offer gave nothing to a need that wanted more."""

    BARRED = "barred"
    DIRECTED = "directed elsewhere"
    LATE = "late"
    LANE = "lane full"
    LOT = "below its minimum lot"
    EMPTY = "empty"
    TAKEN = "given to others"
    UNCONFIRMED = "amount unconfirmed"
    COST = "costs more than it brings"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The cheapest offer that gave a need nothing, and why.

    detail: the rule that bars it; the place a gift is directed to; the hours it takes against those
    allowed; the lot; or the need that took most of it.
    """

    offer: str
    why: Why
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.offer}: {self.why}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Flow:
    """Pieces from one offer to one need; `frozen` of them were dispatched before this plan.

    pinned: so many a person has fixed. directed: the giver wants them to go there. hub: where they
    are put together with others, because alone they are less than the offer's lot.
    """

    offer: str
    need: str
    quantity: int
    frozen: int = 0
    pinned: int = 0
    directed: bool = False
    hub: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one need.

    covers: what it gets, in pieces as they were asked for: less than `got` where a partial
    substitute serves. floor: its floor share in pieces, floor_got: how much of that it has.
    segment: how far beyond the floor it got, 0 = not beyond, then 1 to the policy's number of
    segments. directed: so many of its pieces are gifts directed to its place.
    """

    need: str
    place: str
    tier: int
    confirmed: bool
    wanted: int
    got: int
    floor: int
    floor_got: int
    segment: int
    reason: Reason
    refused: Refusal | None
    policy: str
    covers: float
    directed: int = 0

    @property
    def fill(self) -> float:
        """Part of the wanted pieces it gets, 0 to 1; against the estimate where unconfirmed."""
        return min(1.0, self.covers / self.wanted)

    def __str__(self) -> str:
        amount = f"{self.got:,} of {self.wanted:,}" + ("" if self.confirmed else " (estimate)")
        if self.covers != self.got:
            amount += f", counting for {self.covers:,.1f}"
        if self.directed:
            amount += f", {self.directed:,} of them a directed gift"
        reached = f"segment {self.segment}" if self.segment else f"floor {self.floor_got:,}"
        why = self.reason.sentence
        tried = f" Best offer refused: {self.refused}." if self.refused else ""
        return f"{self.need} (tier {self.tier}): {amount}, {reached}. {why}{tried}"


def _needs(count: int) -> str:
    return "1 need" if count == 1 else f"{count:,} needs"


@dataclass(frozen=True, slots=True)
class TierFill:
    """How one tier fared: needs, pieces, part of the pieces given, part of the needs left at zero.

    p10: the fill that a tenth of the needs do not exceed.
    """

    tier: int
    needs: int
    wanted: int
    got: int
    fill: float
    zero_share: float
    p10: float

    def __str__(self) -> str:
        return (
            f"tier {self.tier}: {self.fill:.1%} of {self.wanted:,} pieces "
            f"for {_needs(self.needs)}, {self.zero_share:.1%} of them at zero, p10 {self.p10:.1%}"
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """Fairness beside cost.

    gini: of the fill ratios of all needs, definition in `fairness.gini`. transport_cost: points
    for what this plan still moves; what was dispatched is spent. kept of promised pieces stay
    where they were promised. unconfirmed: needs counted by their estimate.
    """

    tiers: tuple[TierFill, ...]
    gini: float
    transport_cost: float
    unused: int
    promised: int
    kept: int
    unconfirmed: int

    def __str__(self) -> str:
        rows = [str(tier) for tier in self.tiers]
        rows.append(
            f"Gini {self.gini:.3f}, transport {self.transport_cost:,.1f} points, "
            f"{self.unused:,} pieces unused, {self.kept:,} of {self.promised:,} promised kept, "
            f"{_needs(self.unconfirmed)} estimated"
        )
        return "\n".join(rows)


@dataclass(frozen=True, slots=True)
class Plan:
    """The best matching of one item group under one policy.

    flows sorted by offer, then need; lines sorted by need; unused: (offer, pieces left), only
    where some are left. floor_share: part of each need that was floor. worth_milli: worth of all
    lines less transport plus keep bonus, in thousandths of a point. bound_milli: no plan can be
    worth more; the same, unless whole pieces, lots or lanes make this plan less than the best that
    could be without them.
    """

    items: tuple[str, ...]
    policy: Policy
    floor_share: float
    flows: tuple[Flow, ...]
    lines: tuple[Line, ...]
    unused: tuple[tuple[str, int], ...]
    summary: Summary
    worth_milli: int
    bound_milli: int

    @property
    def loss(self) -> float:
        """Part of the bound that this plan misses, 0 to 1."""
        return (self.bound_milli - self.worth_milli) / max(1, abs(self.bound_milli))

    def __str__(self) -> str:
        title = ", ".join(self.items) or "nothing"
        head = f"Plan for {title} under policy {self.policy.version}"
        if not self.lines:
            return f"{head}: nobody asked; {self.summary.unused:,} pieces unused"
        served = sum(line.got > 0 for line in self.lines)
        rows = [f"{head}: {served} of {len(self.lines)} needs get something"]
        rows += [str(self.summary), *(str(line) for line in self.lines)]
        return "\n".join(rows)


def tier_fills(lines: Sequence[Line]) -> tuple[TierFill, ...]:
    """How each tier that asked for anything fared, most urgent first."""
    return tuple(
        _tier_fill(tier, [line for line in lines if line.tier == tier])
        for tier in sorted({line.tier for line in lines})
    )


def _tier_fill(tier: int, lines: Sequence[Line]) -> TierFill:
    wanted = sum(line.wanted for line in lines)
    got = sum([min(int(line.covers), line.wanted) for line in lines])
    zero = sum([line.got == 0 for line in lines])
    p10 = tenth_percentile([line.fill for line in lines])
    return TierFill(tier, len(lines), wanted, got, got / wanted, zero / len(lines), p10)


def summarise(
    lines: Sequence[Line], *, cost_milli: int, unused: int, promised: int, kept: int
) -> Summary:
    """Add the lines up into the figures that are published with every plan."""
    return Summary(
        tiers=tier_fills(lines),
        gini=gini([line.fill for line in lines]),
        transport_cost=cost_milli / POINT,
        unused=unused,
        promised=promised,
        kept=kept,
        unconfirmed=sum(not line.confirmed for line in lines),
    )
