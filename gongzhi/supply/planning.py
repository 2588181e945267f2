"""From rows to a plan: what the matching of one item group may count on, and what came out.

Nothing here writes. `read_facts` gathers needs, supply and what is already owed; `solve` hands
them to the allocation engine; `lines_of` and `allocations_of` give the rows of the run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.timezone import localtime

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import after
from gongzhi.assessment.models import Incident
from gongzhi.engines import allocation as engine
from gongzhi.ledger.records import digest
from gongzhi.parameters import Parameter, parameter
from gongzhi.supply.amounts import StockOf, held_by, plausible, rule, stock_of
from gongzhi.supply.distances import Roads, place_of
from gongzhi.supply.models import Allocation, Dispatch, MatchRun, Need, NeedLine, Offer
from gongzhi.supply.words import NO_BASIS, STOCK_LASTS

OPEN = (Need.State.OPEN, Need.State.PART_MET)
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
        return needs.select_related("unit", "facility", "item").order_by("id")

    def offers(self) -> QuerySet[Offer]:
        """The offers of the scope that have not been withdrawn."""
        offers = Offer.objects.filter(self.below("unit__path"), item__group=self.group)
        return offers.exclude(state=Offer.State.WITHDRAWN)


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


def practice(name: str, now: datetime) -> Parameter:
    """A rule of `parameters/allocation.yaml` in force now."""
    return parameter(f"allocation.{name}", localtime(now).date())


def policy_now(now: datetime) -> engine.Policy:
    """Who comes first, as the dated parameters say."""
    weights = practice("tier_weights", now)
    return engine.Policy(
        version=weights.version,
        floor_fraction=practice("floor_fraction", now).value,
        floor_cap=practice("floor_cap", now).value,
        tier_weights=tuple(weights.value),
        floor_value=practice("floor_value", now).value,
        segments=practice("segments", now).value,
        keep_bonus=practice("keep_bonus", now).value,
    )


def policy_values(policy: engine.Policy, now: datetime) -> dict[str, Any]:
    """The policy and all other figures that shaped a plan, to be kept with it."""
    roads = ("points_per_km", "speed_kmh", "handling_h", "km_when_unknown", "overdue_grace_h")
    return {
        **asdict(policy),
        **{name: practice(name, now).value for name in roads},
        "cover_days": rule("cover_days", now).value,
        "cap_margin": rule("cap_margin", now).value,
        "amounts_version": rule("cover_days", now).version,
    }


def owed(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Allocations of plans in force, with `sent` and what is `left` to send of each.

    A withdrawn offer owes nothing, and nothing is owed to a need that is met or withdrawn.
    """
    live = allocations.filter(run__state=MatchRun.State.APPROVED, need__state__in=OPEN)
    live = live.exclude(offer__state=Offer.State.WITHDRAWN)
    sent = live.annotate(sent=Coalesce(Sum("dispatches__quantity"), 0))
    return sent.annotate(left=F("quantity") - F("sent")).filter(left__gt=0)


def sent_by_pair(dispatches: QuerySet[Dispatch]) -> Pieces:
    """Pieces sent, summed by offer and need."""
    rows = dispatches.values_list("allocation__offer", "allocation__need")
    sums = rows.annotate(total=Sum("quantity")).order_by()
    return {(offer, need): total for offer, need, total in sums}


def read_facts(scope: Scope, now: datetime) -> Facts:
    """Gather what a plan of this scope is made from."""
    needs = list(scope.needs())
    in_scope = {need.pk for need in needs}
    dispatches = Dispatch.objects.filter(allocation__offer__item__group=scope.group)
    on_way = sent_by_pair(dispatches.filter(state=Dispatch.State.SENT))
    all_sent = sent_by_pair(dispatches)
    promised, elsewhere = _promises(scope)
    fixed = _only(_add(on_way, elsewhere), in_scope)
    stocks = stock_of(needs)
    coming = _by_need(fixed)
    asks = tuple(_ask(need, stocks, coming.get(need.pk, 0), now) for need in needs)
    gone = _by_offer(_add(all_sent, elsewhere))
    return Facts(
        asks=asks,
        offers=_supply(scope, gone, fixed, promised, now),
        fixed=fixed,
        promised=_only(promised, in_scope),
        failed=_failed(needs, _by_need(all_sent), _by_need(on_way)),
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


def _add(*parts: Pieces) -> Pieces:
    total: Pieces = defaultdict(int)
    for part in parts:
        for pair, quantity in part.items():
            total[pair] += quantity
    return dict(total)


def _only(pieces: Pieces, needs: set[int]) -> Pieces:
    return {pair: quantity for pair, quantity in pieces.items() if pair[1] in needs}


def _by_offer(pieces: Pieces) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for (offer, _), quantity in pieces.items():
        sums[offer] += quantity
    return sums


def _by_need(pieces: Pieces) -> dict[int, int]:
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
    fixed_of, promised_of = _by_offer(fixed), _by_offer(promised)
    offers = {offer.pk: offer for offer in scope.offers()}
    inside = set(offers)
    outside = (fixed_of.keys() | promised_of.keys()) - inside
    offers |= {o.pk: o for o in Offer.objects.filter(pk__in=outside)}
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
        margins = rule("cap_margin", now).value
        most = lack.lacks(need.received_quantity, margins[lack.use.basis]) if lack else wanted
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


def _key(number: int) -> str:
    """A number as the engine's key; keys sort as the numbers do."""
    return f"{number:012d}"


def to_problem(facts: Facts, now: datetime) -> engine.Problem:
    """Lay the facts out for the engine: hours from now, points per piece, what is owed."""
    grace = practice("overdue_grace_h", now).value
    asked = [ask for ask in facts.asks if ask.wanted]
    given = [(offer, quantity) for offer, quantity in facts.offers if quantity]
    needs = tuple(
        engine.Need(
            key=_key(ask.need.pk), place=place_of(ask.need).key, item=ask.need.item.code,
            quantity=ask.wanted, tier=ask.need.urgency, confirmed=ask.confirmed,
            due_in_h=grace if ask.is_overdue else _hours(ask.need.needed_by, now),
        )
        for ask in asked
    )  # fmt: skip
    offers = tuple(
        engine.Offer(
            key=_key(offer.pk), place=place_of(offer).key, item=offer.item.code, quantity=quantity,
            ready_in_h=max(0.0, _hours(offer.ready_at, now)),
        )
        for offer, quantity in given
    )  # fmt: skip
    return engine.Problem(
        needs, offers, _arcs(asked, given, now), _committed(facts, {o.pk for o, _ in given})
    )


def _arcs(
    asked: list[Ask], given: list[tuple[Offer, int]], now: datetime
) -> tuple[engine.Arc, ...]:
    roads = Roads(
        points_per_km=practice("points_per_km", now).value,
        speed_kmh=practice("speed_kmh", now).value,
        handling_h=practice("handling_h", now).value,
        km_when_unknown=practice("km_when_unknown", now).value,
    )
    wanted: dict[int, list[Need]] = defaultdict(list)
    for ask in asked:
        wanted[ask.need.item_id].append(ask.need)
    arcs = []
    for offer, _ in given:
        start, source = place_of(offer), _key(offer.pk)
        for need in wanted[offer.item_id]:
            cost, lead = roads.between(start, place_of(need))
            arcs.append(engine.Arc(source, _key(need.pk), cost, lead))
    return tuple(arcs)


def _committed(facts: Facts, offers: set[int]) -> tuple[engine.Committed, ...]:
    """What is owed, as far as it concerns needs and offers of the problem."""
    asked = {ask.need.pk for ask in facts.asks if ask.wanted}
    return tuple(
        engine.Committed(_key(o), _key(n), quantity, is_fixed)
        for part, is_fixed in ((facts.fixed, True), (facts.promised, False))
        for (o, n), quantity in sorted(part.items())
        if o in offers and n in asked
    )


def _hours(then: datetime, now: datetime) -> float:
    return (then - now).total_seconds() / 3600


def solve(problem: engine.Problem, policy: engine.Policy) -> list[engine.Plan]:
    """One plan per item that shares no supply with another."""
    return [engine.match(part, policy=policy) for part in engine.split(problem)]


def lines_of(run: MatchRun, facts: Facts, plans: Iterable[engine.Plan]) -> list[NeedLine]:
    """Exactly one line for each open need, with its binding reason."""
    solved = {int(line.need): (line, plan) for plan in plans for line in plan.lines}
    givers = {offer.pk: offer.unit_id for offer, _ in facts.offers}
    coming = _by_need(facts.fixed)
    return [_line(run, ask, solved.get(ask.need.pk), givers, coming) for ask in facts.asks]


def _line(
    run: MatchRun,
    ask: Ask,
    solved: tuple[engine.Line, engine.Plan] | None,
    givers: dict[int, int],
    coming: dict[int, int],
) -> NeedLine:
    told = {
        **ask.note, "received": ask.need.received_quantity, "on_the_way": coming.get(ask.need.pk, 0),
        "is_overdue": ask.is_overdue, "tier": ask.need.urgency, "policy": run.policy_version,
    }  # fmt: skip
    if solved is None:
        return NeedLine(
            run=run, need=ask.need, wanted=0, got=0, from_floor=0, reason=ask.reason,
            explanation=told,
        )  # fmt: skip
    line, plan = solved
    told |= {
        "floor": line.floor, "floor_got": line.floor_got, "floor_share": round(plan.floor_share, 6),
        "segment": line.segment, "segments": plan.policy.segments, "refused": None,
    }  # fmt: skip
    if line.refused is not None:
        offer = int(line.refused.offer)
        told["refused"] = {"offer": offer, "unit": givers[offer], "why": str(line.refused.why)}
    return NeedLine(
        run=run, need=ask.need, wanted=ask.wanted, got=min(line.got, ask.wanted),
        from_floor=min(line.floor_got, ask.wanted), reason=str(line.reason), explanation=told,
    )  # fmt: skip


def allocations_of(run: MatchRun, plans: Iterable[engine.Plan]) -> list[Allocation]:
    """What the plan gives anew; what is on its way already stays with the run that sent it."""
    return [
        Allocation(
            run=run, offer_id=int(flow.offer), need_id=int(flow.need),
            quantity=flow.quantity - flow.frozen,
        )
        for plan in plans
        for flow in plan.flows
        if flow.quantity > flow.frozen
    ]  # fmt: skip


def summary_of(facts: Facts, plans: list[engine.Plan]) -> dict[str, Any]:
    """How every item of the group fared: fill by tier, evenness, cost, what is left unused."""
    return {
        "needs": len(facts.asks),
        "planned": sum(len(plan.lines) for plan in plans),
        "items": {
            "+".join(plan.items): {
                "floor_share": round(plan.floor_share, 6), **_rounded(asdict(plan.summary))
            }
            for plan in plans
        },
    }  # fmt: skip


def _rounded(figures: Any) -> Any:
    if isinstance(figures, dict):
        return {name: _rounded(value) for name, value in figures.items()}
    if isinstance(figures, list | tuple):
        return [_rounded(value) for value in figures]
    return round(figures, 6) if isinstance(figures, float) else figures
