"""Some sellers are asked for their prices; a few leap, and invoices are asked for and judged."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.utils.timezone import localtime

from gongzhi.actors.queries import Person, Unit
from gongzhi.interfaces.cli.demo.cast import ITEMS
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said
from gongzhi.interfaces.cli.linjiang import Firm, Product
from gongzhi.supply.actions import InvoiceDraft, PriceDraft

SELLERS = 12
"""Of each item, the first ones of the city that make it."""
BEFORE = (1, 10.0), (4, 10.0)
SINCE = (15, 10.0), (27, 10.0)
"""Story days and hours on which prices are asked: before the crisis, and in it."""
ASKED, ANSWERED, JUDGED = (16, 9.0), (17, 10.0), (18, 15.0)
ASKED_LAST = (28, 15.0)
APPEAL_BEFORE = 20
"""Hours before the present at which the seller appeals; the decision waits for the visitor."""
GOODS = {"surgical_mask": 1.30, "disinfectant": 1.10, "goggles": 1.05}
"""By how much the market rose in the crisis."""
Leaps = dict[tuple[str, int], float]
LEAPS: tuple[Leaps, Leaps] = (
    {("surgical_mask", 3): 2.9, ("disinfectant", 1): 2.2, ("goggles", 2): 10.6},
    {("surgical_mask", 5): 2.4, ("disinfectant", 4): 1.9},
)
"""How much more than before some ask, in the first weeks and lately. Tenfold is a pack."""
MARGIN = 0.25


class Prices:
    """The desk that watches prices, and the sellers whose price stands out."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.dice = stage.dice("prices")
        self.offers = [
            (own, number, stage.unit[firm.code], made.price_cents)
            for own in GOODS
            for number, (firm, made) in enumerate(self._makers(own))
        ]

    def _makers(self, own: str) -> list[tuple[Firm, Product]]:
        made = ((firm, p) for firm in self.stage.city.firms for p in firm.products)
        return list(islice(((firm, p) for firm, p in made if p.item == own), SELLERS))

    def begin(self) -> None:
        """Put the rounds of the desk, and what sellers answer, on the agenda."""
        story = self.stage.calendar.story
        for when in BEFORE:
            self.stage.at(story(*when), lambda: self.ask_around({}))
        for when, leaps in zip(SINCE, LEAPS, strict=True):
            self.stage.at(story(*when), lambda leaps=leaps: self.ask_around(leaps, in_crisis=True))  # type: ignore[misc]
        for when, act in (
            (ASKED, self.ask_invoices), (ANSWERED, self.hand_in), (JUDGED, self.judge),
            (ASKED_LAST, self.ask_one),
        ):  # fmt: skip
            self.stage.at(story(*when), act)
        self.stage.at(self.stage.calendar.end - APPEAL_BEFORE * 60 * MINUTE, self.appeal)

    @property
    def officer(self) -> Person:
        return self.stage.person["city.duty"]

    def ask_around(self, leaps: Leaps, *, in_crisis: bool = False) -> None:
        """The desk writes down what every seller asks today."""
        item = {one.code: one.pk for one in self.stage.see("supply", "items")}
        today = localtime(self.stage.now).date()
        drafts = [
            PriceDraft(
                seller=seller.pk, item=item[ITEMS[own]], place=seller.parent_id, channel="shop",
                asked_on=today, price_cents=round(cents * self._factor(own, number, leaps, rose)),
            )
            for own, number, seller, cents in self.offers
            for rose in [GOODS[own] if in_crisis else 1.0]
        ]  # fmt: skip
        self.stage.do(
            "supply", "record_prices", self.officer, prices=drafts, source=said("prices.source")
        )
        sellers = {draft.seller for draft in drafts}
        self.stage.tell("prices", sellers=len(sellers), prices=len(drafts))

    def _factor(self, own: str, number: int, leaps: Leaps, rose: float) -> float:
        return leaps.get((own, number), rose) * self.dice.uniform(0.98, 1.02)

    def _flags(self, state: str) -> list[Any]:
        flags = self.stage.see("supply", "price_flags").filter(state=state)
        return list(flags.select_related("seller", "item", "quote").order_by("id"))

    def ask_invoices(self) -> None:
        """Whoever stands out is asked for invoices."""
        for flag in self._flags("raised"):
            self.stage.do("supply", "ask_invoices", self.officer, flag=flag)
            self.stage.tell("invoices", seller=flag.seller, item=flag.item)

    def ask_one(self) -> None:
        """Of those that leapt lately one is asked; the other waits for the visitor."""
        for flag in self._flags("raised")[:1]:
            self.stage.do("supply", "ask_invoices", self.officer, flag=flag,
                          due_at=self.stage.calendar.end + 600 * MINUTE)  # fmt: skip

    def hand_in(self) -> None:
        """The masks cost hardly more than before; the disinfectant cost as much more."""
        for flag in self._flags("asked"):
            was = self._price_before(flag.seller, flag.item)
            costs_more = flag.item.code == ITEMS["disinfectant"]
            now = flag.quote.price_cents - (was - _cost(was)) if costs_more else round(1.2 * was)
            papers = [
                InvoiceDraft(cost_cents=cost, bought_on=day, proof=said("prices.proof", number=n))
                for n, cost, day in (
                    (1, _cost(was), flag.look.baseline_on), (2, now, flag.quote.asked_on)
                )
            ]  # fmt: skip
            self.stage.do(
                "supply", "hand_in_invoices", self.stage.desk(flag.seller), flag=flag,
                invoices=papers, answer=said("prices.answer"),
            )  # fmt: skip

    def _price_before(self, seller: Unit, item: Any) -> int:
        asked = self.stage.see("supply", "price_quotes").filter(seller=seller, item=item)
        return int(asked.order_by("asked_on", "id")[0].price_cents)

    def judge(self) -> None:
        """What the invoices show is judged: one is within the rule, the other becomes a case."""
        for flag in self._flags("handed_in"):
            within = self.stage.attempt(
                "supply", "judge_price", self.officer, flag=flag, verdict="within",
                reason=said("prices.within"),
            )  # fmt: skip
            if within is not None:
                self.stage.do(
                    "supply", "judge_price", self.officer, flag=flag, verdict="reported",
                    reason=said("prices.reported"),
                )  # fmt: skip
                self.stage.tell("price_case", seller=flag.seller, item=flag.item)

    def appeal(self) -> None:
        """The seller appeals; somebody else than who opened the case has to decide."""
        cases = self.stage.see("supply", "price_reports").filter(state="open")
        for case in cases.select_related("flag__seller").order_by("id")[:1]:
            self.stage.do(
                "supply", "appeal_price_report", self.stage.desk(case.flag.seller), report=case,
                words=said("prices.appeal"),
            )  # fmt: skip


def _cost(cents: int) -> int:
    return round(cents * (1 - MARGIN))
