"""Days left, what is unmet where, promised against delivered, lines in words, traces, duties."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Post, Unit
from gongzhi.actors.policies import check_may_each, may
from gongzhi.actors.queries import Duty, after, charges_of, expose, posts_of, visible
from gongzhi.assessment.models import Incident
from gongzhi.errors import NotAllowed
from gongzhi.supply.amounts import practice, rule, use_of
from gongzhi.supply.balances import Balance as Balance
from gongzhi.supply.balances import board as board
from gongzhi.supply.balances import unmet_by_place as unmet_by_place
from gongzhi.supply.donations.queries import donation_duties
from gongzhi.supply.facts import OPEN, sendable
from gongzhi.supply.lists.queries import list_duties
from gongzhi.supply.models import (
    Allocation,
    Dispatch,
    Handover,
    Item,
    MatchRun,
    Need,
    NeedLine,
    Offer,
    Stock,
)
from gongzhi.supply.pass_queries import TransportPass as TransportPass
from gongzhi.supply.prices.queries import flags_by_item as flags_by_item
from gongzhi.supply.prices.queries import incidents_to_watch as incidents_to_watch
from gongzhi.supply.prices.queries import price_duties
from gongzhi.supply.traces import Step as Step
from gongzhi.supply.traces import Trace as Trace
from gongzhi.supply.traces import trace as trace
from gongzhi.supply.words import explain

MOST = 100
"""Duties of one kind that are shown at once."""


def open_needs(by: Person, now: datetime) -> QuerySet[Need]:
    """Needs not yet met or withdrawn, the most urgent first."""
    needs = visible(Need, by, now).filter(state__in=OPEN)
    return needs.select_related("unit", "facility", "item").order_by("urgency", "needed_by", "id")


def quiet_needs(by: Person, now: datetime) -> QuerySet[Need]:
    """Open needs that the clock raised for places that asked for nothing."""
    return open_needs(by, now).filter(is_quiet=True)


def incidents_open() -> list[Incident]:
    """All open incidents, with their areas."""
    incidents = Incident.objects.filter(state=Incident.State.OPEN)
    return list(incidents.select_related("area").order_by("id"))


def incident_over(unit: Unit, incidents: Iterable[Incident]) -> Incident | None:
    """The one of these incidents whose area covers a unit; none where there are several."""
    found = [incident for incident in incidents if unit.path.startswith(incident.area.path)]
    return found[0] if len(found) == 1 else None


def on_the_way(need: Need) -> int:
    """Pieces sent to a need and not yet arrived or lost."""
    return _pieces(Dispatch.objects.filter(allocation__need=need, state=Dispatch.State.SENT))


def sent_from(offer: Offer) -> int:
    """Pieces that have left an offer, whatever became of them."""
    return _pieces(Dispatch.objects.filter(allocation__offer=offer))


def left_to_send(allocation: Allocation) -> int:
    """Pieces of an allocation that have not been dispatched."""
    return allocation.quantity - _pieces(Dispatch.objects.filter(allocation=allocation))


def _pieces(dispatches: QuerySet[Dispatch]) -> int:
    return dispatches.aggregate(total=Sum("quantity"))["total"] or 0


def last_hop(dispatch: Dispatch) -> Handover | None:
    """The latest receipt of a dispatch."""
    return Handover.objects.filter(dispatch=dispatch).order_by("-hop").first()


def handed_on(dispatch: Dispatch) -> int:
    """Good pieces that the last hop can give: those it took over good, or all that were sent."""
    last = last_hop(dispatch)
    return last.quantity_good if last else dispatch.quantity


@dataclass(frozen=True)
class DaysLeft:
    """How long one stock lasts. days: None where the daily use is not known."""

    stock: Stock
    per_day: float | None
    basis: str
    days: float | None

    @property
    def is_short(self) -> bool:
        """Whether the stock is below the minimum that the facility must hold."""
        return self.stock.quantity < self.stock.minimum


def days_left(by: Person, now: datetime) -> list[DaysLeft]:
    """How long each stock of one's area lasts, the shortest first."""
    stocks = visible(Stock, by, now).select_related("facility__unit", "item").order_by("id")
    found = [days_of(stock, now) for stock in stocks]
    return sorted(found, key=lambda row: (row.days is None, row.days or 0.0))


def days_of(stock: Stock, now: datetime) -> DaysLeft:
    """How long one stock lasts at its counted use, or the use per bed or resident."""
    use = use_of(stock.item, stock.facility, stock.facility.unit, stock, now)
    if use is None:
        return DaysLeft(stock, None, "", None)
    return DaysLeft(stock, use.per_day, use.basis, stock.quantity / use.per_day)


def quiet_stock(area: Unit, now: datetime) -> list[Stock]:
    """Stock below an area that runs out soon although its place asks for nothing.

    A place that withdrew such a need since its last count has answered, and is left in peace.
    """
    stocks = _stock_in_use(area)
    if not stocks:
        return []
    at_facility, at_unit = _asked_for({stock.item_id for stock in stocks})
    answered = _answered()
    least = rule("reorder_days", now).value
    return [
        stock
        for stock in stocks
        if (stock.facility_id, stock.item_id) not in at_facility
        and (stock.facility.unit_id, stock.item_id) not in at_unit
        and not _has_answered(stock, answered)
        and (days := days_of(stock, now).days) is not None
        and days < least
    ]


def places_with_stock_in_use() -> list[str]:
    """Paths of the units that hold stock whose daily use can be known."""
    paths = Stock.objects.filter(IN_USE).order_by().values_list("facility__unit__path", flat=True)
    return list(paths.distinct())


IN_USE = (
    Q(used_per_day__gt=0) | Q(facility__beds__gt=0) | Q(facility__unit__population__gt=0)
)  # fmt: skip
"""Stock whose daily use can be known; of the rest nobody can say how long it lasts."""


def _stock_in_use(area: Unit) -> list[Stock]:
    inside = Q(facility__unit__path__gte=area.path, facility__unit__path__lt=after(area.path))
    stocks = Stock.objects.filter(inside & IN_USE).select_related("facility__unit", "item")
    return list(stocks.order_by("id"))


def _asked_for(items: set[int]) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Where some items are asked for: by facility and item, and by unit and item without one."""
    rows = Need.objects.filter(state__in=OPEN, item__in=items).order_by()
    asked = set(rows.values_list("facility", "unit", "item").distinct())
    at_facility = {(facility, item) for facility, _unit, item in asked if facility}
    return at_facility, {(unit, item) for facility, unit, item in asked if not facility}


def _has_answered(stock: Stock, answered: Mapping[tuple[int | None, int], datetime]) -> bool:
    at = answered.get((stock.facility_id, stock.item_id))
    return at is not None and at >= stock.counted_at


def _answered() -> dict[tuple[int | None, int], datetime]:
    """When places last withdrew a need that the clock had raised, by facility and item."""
    gone = Need.objects.filter(is_quiet=True, state=Need.State.WITHDRAWN)
    rows = gone.values_list("facility", "item").annotate(at=Max("withdrawn_at")).order_by()
    return {(facility, item): at for facility, item, at in rows}


@dataclass(frozen=True)
class Group:
    """One item group with what waits in it."""

    name: str
    items: int
    needs: int
    unknown: int
    offers: int
    run: MatchRun | None


def groups(by: Person, now: datetime) -> list[Group]:
    """The item groups of the catalogue, with open needs and offers and the latest plan."""
    wanted = _counted(open_needs(by, now), unknown=True)
    offered = _counted(visible(Offer, by, now).filter(state=Offer.State.OPEN))
    runs = visible(MatchRun, by, now).exclude(state=MatchRun.State.SUPERSEDED)
    latest = {run.group: run for run in runs.order_by("made_at", "id")}
    return [
        Group(name, size, *wanted.get(name, (0, 0)), offered.get(name, (0, 0))[0], latest.get(name))
        for name, size in Item.objects.values_list("group").annotate(Count("id")).order_by("group")
    ]


def _counted(
    records: QuerySet[Need] | QuerySet[Offer], *, unknown: bool = False
) -> dict[str, tuple[int, int]]:
    guessed = Count("id", filter=Q(quantity=None)) if unknown else Count("id")
    rows = records.order_by().values("item__group").annotate(all=Count("id"), guessed=guessed)
    return {row["item__group"]: (row["all"], row["guessed"]) for row in rows}


def item_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of the items of the catalogue among these codes, in the reader's language."""
    return {item.code: str(item) for item in Item.objects.filter(code__in=set(codes))}


def group_name(group: str) -> str:
    """An item group in words a person reads."""
    return _(group)


def line_sentence(line: NeedLine) -> str:
    """Why a need got so much and no more, in words a place can read."""
    return sentences([line])[0][1]


def lines_in_words(run: MatchRun) -> list[tuple[NeedLine, str]]:
    """The lines of a plan with their sentences, the least served first."""
    lines = run.lines.select_related("need__unit", "need__facility", "need__item")
    found = sentences(lines.order_by("id"))
    return sorted(found, key=lambda pair: pair[0].got / pair[0].wanted if pair[0].wanted else 1)


def sentences(lines: Iterable[NeedLine]) -> list[tuple[NeedLine, str]]:
    """Lines with their sentences, the names of refused suppliers looked up at once."""
    rows = list(lines)
    refused = {row.pk: (row.explanation.get("refused") or {}).get("unit") for row in rows}
    units = {unit.pk: str(unit) for unit in Unit.objects.filter(pk__in=set(refused.values()))}
    return [
        (
            row,
            explain(
                wanted=row.wanted, got=row.got, reason=row.reason, explanation=row.explanation,
                refused_by=units.get(refused[row.pk] or 0, ""),
            ),
        )
        for row in rows
    ]  # fmt: skip


def runs_in_force(by: Person, now: datetime) -> QuerySet[MatchRun]:
    """Plans proposed or approved, the latest first."""
    runs = visible(MatchRun, by, now).exclude(state=MatchRun.State.SUPERSEDED)
    return runs.select_related("area", "incident").order_by("-made_at", "-id")


def answered_for(by: Person, units: Iterable[Unit], now: datetime) -> set[int]:
    """Numbers of those of the units that this person is asked for.

    One's own units and areas, and units below them where nobody holds a post, if one's own is the
    nearest above that has people: so that a village without a clerk is not forgotten.
    """
    mine = charges_of(by, now)
    held = {path for post in posts_of(by, now) for path in (post.unit.path, post.area.path)}
    others = {unit.path: unit for unit in units if unit.pk not in mine}
    above = {path for unit in others.values() for path in unit.ancestor_paths()}
    posts = Post.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    peopled = set(posts.filter(unit__path__in=above).values_list("unit__path", flat=True))
    nearest = {
        unit.pk: max((p for p in unit.ancestor_paths() if p in peopled), default="")
        for unit in others.values()
    }
    return mine | {pk for pk, path in nearest.items() if path in held}


def _asked_at(by: Person, power: str, records: QuerySet[Any], unit: str, now: datetime) -> set[int]:
    """Numbers of the units of some records at which a person is asked and may use a power."""
    units = list(Unit.objects.filter(pk__in=records.order_by().values(unit)))
    charges = answered_for(by, units, now)
    mine = [u for u in units if u.pk in charges]
    try:
        check_may_each(by, power, mine, now)
    except NotAllowed:
        return {u.pk for u in mine if may(by, power, u, now)}
    return {u.pk for u in mine}


def duties(by: Person, now: datetime, verbs: Container[str] | None = None) -> list[Duty]:
    """What this room asks of a person; only these deeds where some are named."""
    asks = {
        "confirm_amount": _amounts_to_confirm, "approve_match": _plans_to_approve,
        "dispatch": _goods_to_send, "receive_goods": _goods_to_receive,
    }  # fmt: skip
    asked = [ask for verb, ask in asks.items() if verbs is None or verb in verbs]
    found = [duty for ask in asked for duty in ask(by, now)]
    given = (by, now, _asked_at, lambda verb: verbs is None or verb in verbs)
    return found + list_duties(*given) + donation_duties(*given) + price_duties(*given)


def _amounts_to_confirm(by: Person, now: datetime) -> list[Duty]:
    needs = open_needs(by, now).filter(quantity=None)
    asked = _asked_at(by, "state_need", needs, "unit", now)
    return [
        Duty(
            title=_("Say how much is needed: %(item)s") % {"item": need.item},
            where=str(need.facility or need.unit),
            due_at=need.needed_by,
            why=_("Until then it gets the fair share of an estimate only."),
            room="supply",
            verb="confirm_amount",
            inputs={"need": need.pk},
            subject=need.ref,
        )
        for need in needs.filter(unit__in=asked)[:MOST]
    ]


def _plans_to_approve(by: Person, now: datetime) -> list[Duty]:
    wait = timedelta(minutes=practice("approve_match", now).value)
    runs = runs_in_force(by, now).filter(state=MatchRun.State.PROPOSED)
    asked = _asked_at(by, "approve_match", runs, "area", now)
    return [
        Duty(
            title=_("Approve the plan of who gets what: %(group)s")
            % {"group": group_name(run.group)},
            where=str(run.area),
            due_at=run.made_at + wait,
            why=_("Nothing is promised to anybody before a person approves it."),
            room="supply",
            verb="approve_match",
            inputs={"run": run.pk},
            subject=run.ref,
        )
        for run in runs.filter(area__in=asked)[:MOST]
    ]


def _goods_to_send(by: Person, now: datetime) -> list[Duty]:
    promised = sendable(visible(Allocation, by, now)).order_by("need__needed_by", "id")
    asked = _asked_at(by, "dispatch_goods", promised, "offer__unit", now)
    ends = ("offer__unit", "offer__item", "need__unit", "need__facility")
    return [
        Duty(
            title=_("Send %(left)s × %(item)s to %(whom)s")
            % {"left": a.most, "item": a.offer.item, "whom": a.need.facility or a.need.unit},  # type: ignore[attr-defined]
            where=str(a.offer.unit),
            due_at=a.need.needed_by,
            why=_("It is promised to them by an approved plan."),
            room="supply",
            verb="dispatch",
            inputs={"allocation": a.pk, "quantity": a.most},  # type: ignore[attr-defined]
            subject=a.ref,
        )
        for a in promised.filter(offer__unit__in=asked).select_related(*ends)[:MOST]
    ]


def _goods_to_receive(by: Person, now: datetime) -> list[Duty]:
    coming = visible(Dispatch, by, now).filter(state=Dispatch.State.SENT)
    asked = _asked_at(by, "dispatch_goods", coming, "allocation__need__unit", now)
    ends = ("allocation__need__unit", "allocation__offer__item", "carrier")
    mine = coming.filter(allocation__need__unit__in=asked).select_related(*ends)
    return [
        Duty(
            title=_("Take over %(quantity)s × %(item)s")
            % {"quantity": d.quantity, "item": d.allocation.offer.item},
            where=str(d.allocation.need.unit),
            due_at=d.arrive_by,
            why=_("%(carrier)s brings it.") % {"carrier": d.carrier},
            room="supply",
            verb="receive_goods",
            inputs={"dispatch": d.pk},
            subject=d.ref,
        )
        for d in mine.order_by("arrive_by", "id")[:MOST]
    ]


expose(
    "supply", items=Item, needs=Need, offers=Offer, stock=Stock, match_runs=MatchRun,
    need_lines=NeedLine, allocations=Allocation, dispatches=Dispatch, handovers=Handover,
)  # fmt: skip
