"""A district lends a street a power for some days; it is used, then it ends and refuses."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.timezone import localtime

from gongzhi.interfaces.cli.demo.cast import ITEMS
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.supplies import Supplies
from gongzhi.interfaces.cli.demo.tell import said

GIFT, LENT, USED = (8, 11.0), (9, 14.0), (9, 16.0)
"""Story day and hour: a donor's pallet, the power is lent, the street uses it."""
LENT_FOR = 3.0
POWERS = ("match_supply", "approve_match")
ITEM = ITEMS["surgical_mask"]
PALLET, LOCAL_GIFT, ASKED = 12_000, 6_000, 700


class Lending:
    """The street of the market shares out a local gift by a power that is not its own."""

    def __init__(self, stage: Stage, supplies: Supplies) -> None:
        self.stage, self.supplies = stage, supplies
        market = stage.unit[stage.city.market_community]
        self.street = stage.above(market, "street")
        self.district = stage.above(market, "district")

    def begin(self) -> None:
        """Put the lending, its use and its end on the agenda."""
        stage = self.stage
        stage.at(stage.calendar.story(*GIFT), self.give)
        stage.at(stage.calendar.story(*LENT), self.lend)
        stage.at(stage.calendar.story(*USED), self.share_out)

    def give(self) -> None:
        """A social organisation gives masks: the pallet that can be followed to the ward."""
        donor = next(u for u in self.stage.unit.values() if u.kind == "social")
        item = self.supplies.by_code[ITEM]
        self.stage.do(
            "supply", "state_offer", self.stage.desk(donor), unit=donor, item=item,
            quantity=PALLET, is_donation=True,
        )  # fmt: skip
        self.stage.tell("gift", unit=donor, quantity=PALLET, item=item)

    def lend(self) -> None:
        """The district lends its street two powers over the street's own area."""
        stage = self.stage
        commander = stage.desk(self.district, "commander")
        ends = (stage.now + stage.calendar.span(LENT_FOR)).replace(second=0, microsecond=0)
        stage.do(
            "actors", "delegate", commander, lender=self.district, borrower=self.street,
            area=self.street, powers=list(POWERS), legal_basis=said("lent.basis"), ends_at=ends,
        )  # fmt: skip
        until = f"{localtime(ends):%m-%d %H:%M}"
        stage.tell("lent", lender=self.district, borrower=self.street, ends=until)
        stage.at(ends + MINUTE, self.too_late)

    def share_out(self) -> None:
        """Shops of the street gave masks; its communities ask, and the street decides itself."""
        stage = self.stage
        officer = stage.desk(self.street)
        item = self.supplies.by_code[ITEM]
        stage.do(
            "supply", "state_offer", officer, unit=self.street, item=item, quantity=LOCAL_GIFT,
            is_donation=True,
        )  # fmt: skip
        for area in stage.city.children(self.street.code):
            unit = stage.unit[area.code]
            stage.do(
                "supply", "state_need", stage.desk(unit), unit=unit, item=item, amount="known",
                quantity=ASKED, urgency=3, needed_by=stage.calendar.end + 1440 * MINUTE,
                words=said("lent.words"),
            )  # fmt: skip
        run = stage.do("supply", "match", officer, area=self.street, group=item.group)
        stage.do("supply", "approve_match", officer, run=run)
        stage.tell("power_used", street=self.street, lines=run.lines.count())
        self.supplies.deliveries.plan(run)

    def too_late(self) -> None:
        """A minute after its end the power refuses, and the sentence says whom to ask."""
        stage = self.stage
        inputs: dict[str, Any] = {"area": self.street, "group": self.supplies.by_code[ITEM].group}
        with translation.override(stage.narrator.locale):
            refusal = stage.attempt("supply", "match", stage.desk(self.street), **inputs)
        if refusal is not None:
            stage.tell("power_ended", sentence=str(refusal))
