"""Stock is counted, needs are told in own words, offers come in, plans are approved."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import cached_property
from typing import Any

from gongzhi.actors.queries import Person, Unit, facilities_seen
from gongzhi.interfaces.cli.demo.cast import ITEMS
from gongzhi.interfaces.cli.demo.deliveries import Deliveries
from gongzhi.interfaces.cli.demo.epidemic import Epidemic
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.linjiang import Ask, Facility, Firm, Hub, SupplyDay
from gongzhi.supply.actions import NeedDraft, OfferDraft, StockDraft

OPEN_WORDS = ("越多越好", "数量不限", "有多少要多少")
COUNTED = {
    "hospital": ("n95_mask", "surgical_mask", "coverall", "antiviral"),
    "fever_clinic": ("n95_mask", "surgical_mask", "coverall", "antiviral"),
}
COUNTED_ELSEWHERE = ("n95_mask", "surgical_mask")
"""What the facilities count and ask for: the small ones have no wards."""
COUNT_EVERY = 7
"""Days between two counts of a facility's stock."""
RELEASED = 0.06
"""Part of the reserve that is opened each time."""
SHARE_OF_MAKE = 15
"""A fifteenth of what a firm makes is free; it runs on few hands, and others ordered before."""
ONE_IN = 8
"""So many firms stand still for one that is back at work."""
OWN_HAND = 5
"""Firms that state their offers themselves; the market desks write down those of the others."""


class Supplies:
    """Clerks of hospitals and firms, the keepers of the hubs, the desks that approve."""

    def __init__(self, stage: Stage, epidemic: Epidemic) -> None:
        self.stage, self.epidemic = stage, epidemic
        self.dice = stage.dice("supplies")
        self.deliveries = Deliveries(stage, epidemic)
        self.is_asked = False
        """Whether the plan asked the facilities to count; from then on they state needs."""
        self.is_away = False
        """Whether nobody approves any more: the last plan waits for the visitor."""
        self._seen: set[int] = set()
        self._has_compared = False

    def begin(self) -> None:
        """The hubs count at the start; the facilities when they are told to, and ask then."""
        stage = self.stage
        stage.looks.append(self.look)
        stage.at(stage.calendar.start + 30 * MINUTE, self.count_hubs)
        stage.daily("09:05", self.count_some)
        stage.daily("09:10", self.ask)

    @cached_property
    def item(self) -> dict[str, Any]:
        """Items of the catalogue by Linjiang's own code."""
        return {own: self.by_code[code] for own, code in ITEMS.items()}

    @cached_property
    def by_code(self) -> dict[str, Any]:
        """Items of the catalogue by its code."""
        return {item.code: item for item in self.stage.see("supply", "items")}

    @cached_property
    def facility(self) -> dict[str, Any]:
        """Facilities of the house by the code of their unit, hubs by their name."""
        rows = facilities_seen(self.stage.founder, self.stage.now, self.stage.root)
        return {row.name if row.kind == "hub" else row.unit.code: row for row in rows}

    # Counting -----------------------------------------------------------------------------------

    def count_hubs(self) -> None:
        """The keepers count what lies in the public hubs."""
        for hub in self.stage.city.hubs:
            place = self.facility[hub.names.hans]
            drafts = [
                StockDraft(facility=place.pk, item=self.item[own].pk, quantity=quantity)
                for own, quantity in hub.stock
                if own in self.item
            ]
            if drafts:
                self.stage.do("supply", "count_stocks", self.stage.desk(place.unit), stocks=drafts)

    def count_asked(self, order: Any, who: Person) -> None:
        """The plan's order to count: stock and daily use, from now on the house knows both."""
        self.is_asked = True
        self._count(order.unit, who)

    def count_some(self) -> None:
        """Each facility counts again every few days, not all on the same day."""
        if not self.is_asked:
            return
        number = self.stage.calendar.number(self.stage.now)
        for n, row in enumerate(self.stage.city.facilities):
            if (n + number) % COUNT_EVERY == 0:
                unit = self.stage.unit[row.code]
                self._count(unit, self.stage.desk(unit))

    @property
    def _supply_days(self) -> list[SupplyDay]:
        """What was used and is left, as of the last full day."""
        days = self.epidemic.days
        return list((days[-2] if len(days) > 1 else days[-1]).supplies)

    @cached_property
    def _goods(self) -> dict[str, tuple[str, ...]]:
        return {row.code: goods_of(row) for row in self.stage.city.facilities}

    def _count(self, unit: Unit, who: Person) -> None:
        drafts = [
            StockDraft(
                facility=self.facility[unit.code].pk, item=self.item[row.item].pk,
                quantity=row.stock, used_per_day=float(row.wanted) or None,
            )
            for row in self._supply_days
            if row.facility == unit.code and row.item in self._goods[unit.code]
        ]  # fmt: skip
        self.stage.do("supply", "count_stocks", who, stocks=drafts)

    # Asking -------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Each facility states what it lacks, in its own words, once a day."""
        if not self.is_asked:
            return
        today = self.epidemic.days[-1]
        left = {(row.facility, row.item): row.days_left for row in today.supplies}
        asks: dict[str, list[Ask]] = defaultdict(list)
        for ask in today.asks:
            if ask.item not in self._goods[ask.facility]:
                continue
            asks[ask.facility].append(ask)
        stated = [self._ask(code, rows, left) for code, rows in asks.items()]
        if any(stated):
            self.stage.tell("needs", needs=sum(stated), facilities=sum(map(bool, stated)))

    def _ask(self, code: str, asks: list[Ask], left: dict[tuple[str, str], float]) -> int:
        """State new needs; where one is open, name its amount instead of asking again."""
        stage, unit = self.stage, self.stage.unit[code]
        clerk = stage.desk(unit)
        needs = stage.see("supply", "needs").filter(unit=unit, state__in=("open", "part_met"))
        is_open = {need.item_id: need for need in needs.order_by("id")}
        fresh = []
        for ask in asks:
            item = self.item[ask.item]
            known = is_open.get(item.pk)
            if known is None or (ask.quantity or 0) > 2 * (known.quantity or 10**9):
                fresh.append(self._draft(unit, ask, item, left[code, ask.item]))
            elif known.quantity is None and ask.quantity is not None:
                stage.attempt("supply", "confirm_amount", clerk, need=known, quantity=ask.quantity)
        if fresh:
            stage.do("supply", "state_needs", clerk, needs=fresh)
        return len(fresh)

    def _draft(self, unit: Unit, ask: Ask, item: Any, days_left: float) -> NeedDraft:
        unknown = "open" if any(words in ask.text for words in OPEN_WORDS) else "unknown"
        urgency = 1 if days_left < 1 else 2 if days_left < 3 else 3
        return NeedDraft(
            unit=unit.pk, item=item.pk, amount="known" if ask.quantity else unknown,
            quantity=ask.quantity, urgency=urgency,
            needed_by=self.stage.now + timedelta(hours=24 * urgency), words=ask.text,
        )  # fmt: skip

    # Offering -----------------------------------------------------------------------------------

    def open_reserve(self, _order: Any, _who: Person) -> None:
        """The reserve is opened in parts, the firms offer what they have and what they make."""
        stage = self.stage
        self.release_hubs()
        stage.after(40, lambda: self.offer_firms(stock=True))
        for week in (1, 2, 3):
            stage.after(week * 7 * 24 * 60, lambda: self.offer_firms(stock=False))
            stage.after(week * 7 * 24 * 60 + 60, self.release_hubs)

    def release_hubs(self) -> None:
        """Every public hub offers a part of what it holds."""
        hubs = [hub for hub in self.stage.city.hubs if hub.stock]
        for hub in hubs:
            self._release(hub)
        self.stage.tell("reserve", hubs=len(hubs))

    def _release(self, hub: Hub) -> None:
        place = self.facility[hub.names.hans]
        drafts = [
            OfferDraft(
                unit=place.unit_id, item=self.item[own].pk, facility=place.pk,
                quantity=max(1, round(quantity * RELEASED)),
            )
            for own, quantity in hub.stock
            if own in self.item
        ]  # fmt: skip
        self.stage.do("supply", "state_offers", self.stage.desk(place.unit), offers=drafts)

    def offer_firms(self, *, stock: bool) -> None:
        """Suppliers offer their stock, later a week's make; a few do so with their own hands."""
        firms = [firm for firm in self.stage.city.firms if self._made_by(firm)][::ONE_IN]
        others: dict[str, list[OfferDraft]] = defaultdict(list)
        for number, firm in enumerate(firms):
            drafts = self._offers(firm, stock=stock)
            if number < OWN_HAND:
                clerk = self.stage.desk(self.stage.unit[firm.code])
                self.stage.do("supply", "state_offers", clerk, offers=drafts)
            else:
                others[firm.district] += drafts
        for code, drafts in others.items():
            market = self.stage.department("market", self.stage.unit[code])
            self.stage.do("supply", "state_offers", self.stage.desk(market), offers=drafts)
        self.stage.tell("offers", firms=len(firms))

    def _made_by(self, firm: Firm) -> list[Any]:
        return [row for row in firm.products if row.item in self.item]

    def _offers(self, firm: Firm, *, stock: bool) -> list[OfferDraft]:
        return [
            OfferDraft(
                unit=self.stage.unit[firm.code].pk, item=self.item[row.item].pk,
                quantity=max(1, (row.in_stock if stock else row.per_day * 7) // SHARE_OF_MAKE),
                price_cents=row.price_cents,
            )
            for row in self._made_by(firm)
        ]  # fmt: skip

    # Approving ----------------------------------------------------------------------------------

    def look(self) -> None:
        """A proposed plan is read and approved by the city's duty desk within the hour."""
        if self.is_away:
            return
        runs = self.stage.see("supply", "match_runs").filter(state="proposed")
        for run in runs.exclude(pk__in=self._seen).select_related("area").order_by("id"):
            self._seen.add(run.pk)
            if run.area.tier == "street":
                continue
            self.stage.after(self.dice.uniform(8, 50), lambda r=run: self.approve(r))  # type: ignore[misc]

    def approve(self, run: Any) -> None:
        """From now on its quantities are promised, and the givers send."""
        stage = self.stage
        who = stage.person["city.duty"]
        if stage.attempt("supply", "approve_match", who, run=run) is not None:
            return
        self.deliveries.plan(run)
        if lines := run.lines.count():
            stage.tell("matched", group=run.group, lines=lines, area=run.area)
        self._compare(run)

    def _compare(self, run: Any) -> None:
        """Once: what the loudest hospital got of what it asked, and what a silent place got."""
        lines = run.lines.select_related("need__unit", "need__item")
        asking = {f.code: f.asking for f in self.stage.city.facilities}
        loud = [code for code, how in asking.items() if how == "loud"]
        quiet = [code for code, how in asking.items() if how == "quiet"]
        shouted = lines.filter(need__unit__code__in=loud, need__amount="known")
        shouted = shouted.order_by("-need__quantity").first()
        silent = lines.filter(need__unit__code__in=quiet, need__is_quiet=True, got__gt=0).first()
        if self._has_compared or shouted is None or silent is None:
            return
        self._has_compared = True
        self.stage.tell(
            "loud_and_quiet", loud=shouted.need.unit, asked=shouted.need.quantity,
            got=shouted.got, item=shouted.need.item, quiet=silent.need.unit, given=silent.got,
            other=silent.need.item,
        )  # fmt: skip


def goods_of(row: Facility) -> tuple[str, ...]:
    """What a facility counts and asks for, in Linjiang's own words."""
    return COUNTED.get(row.kind, COUNTED_ELSEWHERE)
