"""What the matching of one item group is made from: needs, supply, and what is owed already."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import after
from gongzhi.assessment.models import Incident
from gongzhi.ledger.records import digest
from gongzhi.supply.amounts import StockOf, held_by, most_plausible, plausible, stock_of
from gongzhi.supply.models import Allocation, Dispatch, MatchRun, Need, Offer
from gongzhi.supply.words import NO_BASIS, STOCK_LASTS

OPEN = (Need.State.OPEN, Need.State.PART_MET)
PLACED = ("unit", "facility", "item")
Pieces = dict[tuple[int, int], int]
"""Pieces by the numbers of offer and need."""


@dataclass(frozen=True)
class Scope:
    """What one plan covers: an item group in an area, for all incidents or for one."""

    area: Unit
    group: str
    incident: Incident | None = None

    def covers(self, run: MatchRun) -> bool:
        """Whether a plan of this scope takes the place of that run."""
        same = self.incident is None or self.incident.pk == run.incident_id
        return same and run.group == self.group and run.area.path.startswith(self.area.path)

    def below(self, lookup: str) -> Q:
        """A filter: the unit path named by the lookup lies in the area."""
        return Q(**{f"{lookup}__gte": self.area.path, f"{lookup}__lt": after(self.area.path)})

    def needs(self) -> QuerySet[Need]:
        """The needs of the scope that are still open; those of no incident belong to each."""
        needs = Need.objects.filter(
            self.below("unit__path"), item__group=self.group, state__in=OPEN
        )
        if self.incident is not None:
            needs = needs.filter(Q(incident=self.incident) | Q(incident=None))
        return needs.select_related(*PLACED).order_by("id")

    def offers(self) -> QuerySet[Offer]:
        """The offers of the scope that have not been withdrawn."""
        offers = Offer.objects.filter(self.below("unit__path"), item__group=self.group)
        return offers.exclude(state=Offer.State.WITHDRAWN).select_related(*PLACED, "meant_for")


@dataclass(frozen=True)
class Ask:
    """One open need as a plan counts it.

    wanted: pieces still lacking, those on the way included; 0 when there is nothing to plan, and
    then `reason` says why. note: what the line's explanation says about the amount.
    """

    need: Need
    wanted: int
    confirmed: bool
    is_overdue: bool
    reason: str
    note: dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """All that one plan is made from. fixed: owed and not to be moved; promised: may be moved."""

    asks: tuple[Ask, ...]
    offers: tuple[tuple[Offer, int], ...]
    fixed: Pieces
    promised: Pieces
    failed: dict[int, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes when a need or an offer does; not by promising, sending or receiving."""
        asks = [
            [a.need.pk, a.wanted + a.need.received_quantity, a.confirmed, a.need.urgency,
             a.need.needed_by, a.is_overdue, self.failed.get(a.need.pk, 0)]
            for a in self.asks
        ]  # fmt: skip
        offers = [
            [o.pk, o.quantity, o.state == Offer.State.WITHDRAWN, o.ready_at, o.ends_at]
            for o, _ in self.offers
        ]
        return digest([asks, offers])


def owed(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Allocations of plans in force, with `sent` and what is `left` to send of each.

    A withdrawn offer owes nothing, and nothing is owed to a need that is met or withdrawn.
    """
    live = allocations.filter(run__state=MatchRun.State.APPROVED, need__state__in=OPEN)
    live = live.exclude(offer__state=Offer.State.WITHDRAWN)
    sent = live.annotate(sent=Coalesce(Sum("dispatches__quantity"), 0))
    return sent.annotate(left=F("quantity") - F("sent")).filter(left__gt=0)


def sendable(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """What is owed and still lacks, with the `most` of each that can be sent now.

    A need takes no more than it lacks beside what is on its way to it, whoever promised it.
    """
    coming = Dispatch.objects.filter(allocation__need=OuterRef("need"), state=Dispatch.State.SENT)
    total = coming.order_by().values("allocation__need").annotate(total=Sum("quantity"))
    on_its_way = Coalesce(Subquery(total.values("total")), 0)
    lacks = F("need__quantity") - F("need__received_quantity") - on_its_way
    return (
        owed(allocations)
        .annotate(lacks=Coalesce(lacks, F("left")))
        .annotate(most=Least(F("left"), F("lacks")))
        .filter(most__gt=0)
    )


def sent_by_pair(dispatches: QuerySet[Dispatch]) -> Pieces:
    """Pieces sent, summed by offer and need."""
    rows = dispatches.values_list("allocation__offer", "allocation__need")
    sums = rows.annotate(total=Sum("quantity")).order_by()
    return {(offer, need): total for offer, need, total in sums}


def owed_by_pair(allocations: QuerySet[Allocation]) -> Pieces:
    """Pieces promised by plans in force and not yet sent, summed by offer and need."""
    sums: Pieces = defaultdict(int)
    for row in owed(allocations):
        sums[row.offer_id, row.need_id] += row.left  # type: ignore[attr-defined]
    return dict(sums)


def read_facts(scope: Scope, needs: list[Need], now: datetime) -> Facts:
    """Gather what a plan of this scope is made from, beside the scope's open needs."""
    in_scope = {need.pk for need in needs}
    dispatches = Dispatch.objects.filter(allocation__offer__item__group=scope.group)
    on_way = sent_by_pair(dispatches.filter(state=Dispatch.State.SENT))
    all_sent = sent_by_pair(dispatches)
    promised, elsewhere = _promises(scope)
    fixed = _only(add_up(on_way, elsewhere), in_scope)
    stocks = stock_of(needs)
    coming = by_need(fixed)
    asks = tuple(_ask(need, stocks, coming.get(need.pk, 0), now) for need in needs)
    gone = by_offer(add_up(all_sent, elsewhere))
    return Facts(
        asks=asks,
        offers=_supply(scope, gone, fixed, promised, now),
        fixed=fixed,
        promised=_only(promised, in_scope),
        failed=_failed(needs, by_need(all_sent), by_need(on_way)),
    )


def _promises(scope: Scope) -> tuple[Pieces, Pieces]:
    """What is promised and not sent: by runs this plan takes the place of, and by others."""
    mine: Pieces = defaultdict(int)
    others: Pieces = defaultdict(int)
    live = owed(Allocation.objects.filter(run__group=scope.group))
    for row in live.select_related("run__area"):
        into = mine if scope.covers(row.run) else others
        into[row.offer_id, row.need_id] += row.left  # type: ignore[attr-defined]
    return mine, others


def add_up(*parts: Pieces) -> Pieces:
    """The sum of several tables of pieces."""
    total: Pieces = defaultdict(int)
    for part in parts:
        for pair, quantity in part.items():
            total[pair] += quantity
    return dict(total)


def _only(pieces: Pieces, needs: set[int]) -> Pieces:
    return {pair: quantity for pair, quantity in pieces.items() if pair[1] in needs}


def by_offer(pieces: Pieces) -> dict[int, int]:
    """Pieces summed by offer."""
    sums: dict[int, int] = defaultdict(int)
    for (offer, _), quantity in pieces.items():
        sums[offer] += quantity
    return sums


def by_need(pieces: Pieces) -> dict[int, int]:
    """Pieces summed by need."""
    sums: dict[int, int] = defaultdict(int)
    for (_, need), quantity in pieces.items():
        sums[need] += quantity
    return sums


def _failed(needs: list[Need], sent: dict[int, int], on_way: dict[int, int]) -> dict[int, int]:
    """Pieces that were sent to each need and did not arrive good."""
    lost = {n.pk: sent.get(n.pk, 0) - on_way.get(n.pk, 0) - n.received_quantity for n in needs}
    return {pk: quantity for pk, quantity in lost.items() if quantity}


def _supply(
    scope: Scope, gone: dict[int, int], fixed: Pieces, promised: Pieces, now: datetime
) -> tuple[tuple[Offer, int], ...]:
    """Each offer with the pieces the plan may count on: what is fixed, and what is still free.

    An offer of another area, withdrawn or past its end brings only what is owed already.
    """
    fixed_of, promised_of = by_offer(fixed), by_offer(promised)
    offers = {offer.pk: offer for offer in scope.offers()}
    inside = set(offers)
    outside = (fixed_of.keys() | promised_of.keys()) - inside
    others = Offer.objects.filter(pk__in=outside).select_related(*PLACED)
    offers |= {offer.pk: offer for offer in others}
    found = []
    for pk in sorted(offers):
        offer = offers[pk]
        over = offer.ends_at is not None and offer.ends_at <= now
        free = offer.quantity - gone.get(pk, 0)
        may_use = promised_of.get(pk, 0) if over or pk not in inside else free
        found.append((offer, fixed_of.get(pk, 0) + max(0, may_use)))
    return tuple(found)


def _ask(need: Need, stocks: StockOf, coming: int, now: datetime) -> Ask:
    """Count a need: what was stated, capped at what is plausible, or estimated."""
    lack = plausible(need, held_by(need, stocks), now)
    note: dict[str, Any] = {"amount": need.amount, "basis": lack.facts() if lack else {}}
    note |= {"stated": None, "capped_at": None}
    reason = ""
    if need.quantity is not None:
        wanted = note["stated"] = need.quantity - need.received_quantity
        most = most_plausible(lack, need.received_quantity, now) if lack else wanted
        if most < wanted:
            wanted = note["capped_at"] = most
    else:
        wanted = lack.lacks(need.received_quantity) if lack else 0
        reason = "" if lack else NO_BASIS
    wanted = max(wanted, coming)
    return Ask(
        need=need,
        wanted=wanted,
        confirmed=need.quantity is not None,
        is_overdue=need.needed_by <= now,
        reason="" if wanted else reason or STOCK_LASTS,
        note=note,
    )
