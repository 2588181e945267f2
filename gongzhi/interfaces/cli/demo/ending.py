"""The last hours: what is left open on purpose, so that whoever logs in is asked something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.actors.queries import Unit
from gongzhi.fieldwork.actions import HouseholdDraft
from gongzhi.interfaces.cli.demo.calls import Calls
from gongzhi.interfaces.cli.demo.decisions import Decisions
from gongzhi.interfaces.cli.demo.orders import Orders
from gongzhi.interfaces.cli.demo.reports import Reports
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.supplies import Supplies
from gongzhi.interfaces.cli.demo.surveillance import Surveillance
from gongzhi.interfaces.cli.demo.tell import said

LATE_COUNT = 16
"""Fever visits of one street that are reported late, far above any ordinary day."""
DOORS_LEFT = 8
SCORED = (20, 17.0)
"""Story day and hour of the first scoring of capability."""


@dataclass
class Ending:
    """Everything that waits for somebody when the console opens."""

    stage: Stage
    decisions: Decisions
    orders: Orders
    calls: Calls
    supplies: Supplies
    reports: Reports
    surveillance: Surveillance

    def begin(self) -> None:
        """Count back from the present, in minutes."""
        for before, act in (
            (1320, self.measure_ending), (300, self.goods_on_the_way), (200, self.orders_late),
            (130, self.order_under_way), (70, self.orders_new), (62, self.signal_open),
            (58, self.doors_left), (52, self.call_open), (42, self.needs_unknown),
            (34, self.reports_waiting), (25, self.score), (13, self.late_warning),
        ):  # fmt: skip
            self.stage.at(self._ago(before), act)
        self.stage.at(self.stage.calendar.story(*SCORED), self.score)
        self.stage.round_at(self._ago(21))
        self.stage.round_at(self._ago(7))

    def score(self) -> None:
        """The city scores all its units against the standard, now and once before."""
        stage, city = self.stage, self.decisions.city
        made = stage.do("evaluation", "score_capability", stage.person["city.duty"], area=city)
        rows = made.results
        stage.tell(
            "scored", area=city, met=rows.filter(outcome="met").count(),
            short=rows.filter(outcome="not_met").count(),
            untested=rows.filter(outcome="not_shown").count(),
        )  # fmt: skip

    def _ago(self, minutes: int) -> datetime:
        return max(self.stage.calendar.start, self.stage.calendar.end - minutes * MINUTE)

    @property
    def _streets(self) -> list[Unit]:
        return [self.stage.unit[area.code] for area in self.stage.city.of_tier("street")]

    @property
    def _hospitals(self) -> list[Unit]:
        """The four largest hospitals."""
        return [self.stage.unit[row.code] for row in self.stage.city.facilities[:4]]

    @property
    def _other_street(self) -> Unit:
        """A street of the market's district that is not the market's own."""
        here = self.decisions.district
        return next(
            u for u in self._streets if u.path.startswith(here.path) and u != self.calls.street
        )

    @property
    def _far_street(self) -> Unit:
        """A street of a district that the outbreak has reached last."""
        here = self.decisions.district
        return next(u for u in reversed(self._streets) if not u.path.startswith(here.path))

    def measure_ending(self) -> None:
        """A measure that ends tonight or tomorrow, by itself."""
        if self.decisions.decision is None:
            return
        stage, area = self.stage, self.decisions.district
        stage.do(
            "decision", "set_measure", stage.desk(area, "commander"), area=area, kind="night_check",
            decision=self.decisions.decision, title=said("measures.night_check"),
            ends_at=stage.calendar.end + 1080 * MINUTE,
        )  # fmt: skip

    def goods_on_the_way(self) -> None:
        """From now on these do not take over any more: their goods are on the way at the end."""
        self.supplies.deliveries.slow |= {unit.pk for unit in self._hospitals}

    def _order(self, unit: Unit, key: str, minutes: int) -> Any:
        order = self.stage.do(
            "command", "give_order", self.stage.person["city.duty"], unit=unit,
            title=said(f"ending.{key}"), minutes=minutes, decision=self.decisions.decision,
        )  # fmt: skip
        self.orders.by_hand.add(order.pk)
        return order

    def orders_late(self) -> None:
        """Two orders that are not done in time and climb before the console opens."""
        if self.decisions.decision is None:
            return
        for unit, minutes in ((self._other_street, 60), (self._far_street, 120)):
            order = self._order(unit, "order_late", minutes)
            self.stage.round_at(order.due_at + MINUTE)

    def order_under_way(self) -> None:
        """One that is accepted and has time left."""
        if self.decisions.decision is None:
            return
        emergency = self.stage.department("emergency", self.decisions.district)
        order = self._order(emergency, "order_under_way", 420)
        self.stage.do("command", "accept_order", self.stage.desk(emergency), order=order)

    def orders_new(self) -> None:
        """One for each kind of unit that is not government, to be accepted."""
        if self.decisions.decision is None:
            return
        for kind, minutes in (
            ("supplier", 240), ("logistics", 180), ("social", 300), ("volunteers", 240),
        ):  # fmt: skip
            unit = next(u for u in self.stage.unit.values() if u.kind == kind)
            self._order(unit, f"order_{kind}", minutes)
        self._order(self._hospitals[0], "order_hospital", 150)
        self._order(self.decisions.market, "order_community", 300)
        health = self.stage.department("health", self.decisions.city)
        self._order(health, "order_health", 330)

    def signal_open(self) -> None:
        """A signal of two reports that nobody has judged yet."""
        officer = self.stage.desk(self._other_street)
        reports = [self._report(self._other_street, f"signal_{n}", 5) for n in (1, 2)]
        for report in reports:
            self.stage.do("sensing", "claim_report", officer, report=report)
        signal = self.stage.do(
            "sensing", "raise_signal", officer, reports=reports, title=said("ending.signal")
        )
        self.reports.left_open.add(signal.pk)

    def _report(self, street: Unit, key: str, persons: int) -> Any:
        community = self.stage.unit[self.stage.city.children(street.code)[0].code]
        report = self.stage.do(
            "sensing", "receive_report", self.stage.person["city.deputy"], place=community,
            stream="fever", channel="hotline", text=said(f"ending.{key}"), persons=persons,
        )  # fmt: skip
        self.reports.left_alone.add(report.pk)
        return report

    def doors_left(self) -> None:
        """Doors of the market's community that a grid worker goes to today."""
        if self.decisions.incident is None:
            return
        stage, community = self.stage, self.decisions.market
        grid = stage.unit[stage.city.children(community.code)[-1].code]
        worker = stage.desk(grid, "grid_worker")
        doors = [
            HouseholdDraft(building="5栋", door=f"{1 + n // 2}0{1 + n % 2}", persons=1 + n % 3)
            for n in range(DOORS_LEFT)
        ]
        stage.do("fieldwork", "list_households", worker, grid=grid, households=doors)
        stage.do(
            "fieldwork", "assign_doors", stage.desk(community), grid=grid, worker=worker,
            incident=self.decisions.incident, title=said("visits.again"),
            due_at=stage.calendar.end + 600 * MINUTE,
        )  # fmt: skip

    def call_open(self) -> None:
        """A call to which one department is coming and one is silent: it climbs."""
        stage = self.stage
        street = self._other_street
        answers = self.calls.raise_call(street, "oxygen", "health", "transport")
        health = answers["health"]
        stage.after(12, lambda: self.calls.come(health, 55, done=2000, score=4))

    def needs_unknown(self) -> None:
        """Two facilities ask, one without an amount; the new plan waits to be approved."""
        self.supplies.is_away = True
        stage = self.stage
        item = self.supplies.by_code["mask-n95"]
        for unit, amount, quantity in zip(
            self._hospitals, ("unknown", "known"), (None, 1500), strict=False
        ):
            stage.do(
                "supply", "state_need", stage.desk(unit), unit=unit, item=item, amount=amount,
                quantity=quantity, urgency=1, needed_by=stage.calendar.end + 480 * MINUTE,
                words=said(f"ending.need_{amount}"),
            )  # fmt: skip

    def reports_waiting(self) -> None:
        """Two reports in the queue, and one that an officer has just taken."""
        for number in (1, 2):
            self._report(self.calls.street, f"report_{number}", number)
        taken = self._report(self._other_street, "report_3", 1)
        officer = self.stage.desk(self._other_street)
        self.stage.do("sensing", "claim_report", officer, report=taken)

    def late_warning(self) -> None:
        """A late figure comes in; the warning it makes is minutes old and nobody's yet."""
        self.surveillance.is_away = True
        busy = self.stage.see("sensing", "warnings").exclude(state="ended")
        with_warning = set(busy.filter(stream="fever_clinic").values_list("place", flat=True))
        far = [u for u in reversed(self._streets) if u.pk not in with_warning]
        street = next(
            (u for u in far if not u.path.startswith(self.decisions.district.path)),
            self._far_street,
        )
        self.surveillance.late_result(street, "fever_clinic", LATE_COUNT)
