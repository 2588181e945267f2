"""The first days: a power cut that nobody has reviewed, and a flood that is over and reviewed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.timezone import localtime

from gongzhi.actors.queries import Person, Unit
from gongzhi.command.queries import plans_adopted
from gongzhi.interfaces.cli.demo.decisions import decide_on
from gongzhi.interfaces.cli.demo.phases import Phases
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said
from gongzhi.sensing.actions import CountDraft

RAIN, CUT = (0, 15.0), (0, 10.0)
"""Story day and hour: water in the cellars, a power cut."""
LASTS, CLEARED, REVIEWED_AFTER, DARK = 1.8, 0.6, 2.2, 0.45
"""Story days until everybody is home again, from then until the flood is over, from then to its
review; and until the light is on again."""
AT_LEAST = timedelta(hours=3)
SHELTERED = 412
"""People who sleep in the district's shelters."""


class Flood:
    """A district floods, switches to emergency mode in one act, and back in one act."""

    def __init__(self, stage: Stage, phases: Phases) -> None:
        self.stage, self.phases = stage, phases
        market = stage.above(stage.unit[stage.city.market_community], "district")
        districts = [stage.unit[area.code] for area in stage.city.of_tier("district")]
        self.district = next(u for u in reversed(districts) if u.pk != market.pk)
        self.commander = stage.desk(self.district, "commander")
        self.incident: Any = None
        self.decision: Any = None
        self.activation: Any = None

    def begin(self) -> None:
        """The rain comes on the first afternoon, before anybody speaks of a disease."""
        self.stage.at(self.stage.calendar.story(*RAIN), self.report)

    def report(self) -> None:
        """Three grid workers tell of the same water; the street makes one signal of it."""
        stage = self.stage
        street = stage.unit[stage.city.children(self.district.code)[-1].code]
        communities = [stage.unit[a.code] for a in stage.city.children(street.code)[:3]]
        for number, community in enumerate(communities):
            stage.do(
                "sensing", "receive_report", stage.desk(community, "grid_worker"),
                place=community, stream="flood", channel="form",
                text=said(f"flood.report_{number + 1}"), persons=1,
            )  # fmt: skip
        stage.after(20, lambda: self.fold(street))

    def fold(self, street: Unit) -> None:
        """One signal, verified by the district's water desk."""
        stage = self.stage
        officer = stage.desk(street)
        reports = list(stage.see("sensing", "reports").filter(stream="flood").order_by("id"))
        for report in reports:
            stage.do("sensing", "claim_report", officer, report=report)
        signal = stage.do(
            "sensing", "raise_signal", officer, reports=reports, title=said("flood.signal")
        )
        stage.tell("signal", place=street, reports=len(reports), title=signal.title)
        water = stage.desk(stage.department("water", self.district))
        stage.after(15, lambda: self.judge(signal, water))

    def judge(self, signal: Any, water: Person) -> None:
        """The water desk says it is real; the district declares."""
        stage = self.stage
        stage.do(
            "sensing", "judge_signal", water, signal=signal, verified=True,
            judgement=said("flood.judged"),
        )  # fmt: skip
        self.incident = stage.do(
            "assessment", "declare_incident", self.commander, area=self.district, hazard="flood",
            title=said("flood.title", place=self.district.name), signal=signal,
            legal_basis=said("flood.basis"),
        )  # fmt: skip
        stage.tell("declared", title=self.incident, area=self.district)
        stage.after(20, lambda: self.decide(water))

    def decide(self, water: Person) -> None:
        """Assess, decide, switch the mode, set a level, activate the plan with its measure."""
        stage = self.stage
        assessment = stage.do(
            "assessment", "assess", water, incident=self.incident, risk="moderate",
            findings=said("flood.findings"),
        )  # fmt: skip
        self.decision = decide_on(stage, self.commander, self.incident, assessment, "flood")
        here: dict[str, Any] = {"decision": self.decision, "area": self.district}
        stage.do(
            "decision", "switch_mode", self.commander, mode="emergency",
            override_reason=said("flood.emergency"), **here,
        )  # fmt: skip
        stage.tell("emergency", area=self.district)
        city = stage.desk(stage.above(self.district, "city"), "commander")
        stage.do(
            "decision", "change_level", city, grade=4, override_reason=said("flood.level"), **here
        )
        self.activate()

    def activate(self) -> None:
        """Level IV begins the phase of prevention only; the water rises, and people are moved."""
        stage = self.stage
        plan = plans_adopted().get(code="flood")
        self.activation = stage.do(
            "command", "activate_plan", self.commander, plan=plan, incident=self.incident,
            decision=self.decision,
        )  # fmt: skip
        orders = self.activation.orders.count()
        units = self.activation.orders.values("unit").distinct().count()
        stage.tell("activated", plan=plan, orders=orders, units=units)
        for measure in stage.see("decision", "measures").filter(decision=self.decision):
            stage.tell("measure_here", title=measure.title, area=self.district)
        stage.look_soon(stage.look)
        stage.after(25, self.move_people)
        stage.after(120, lambda: self.count_sheltered(SHELTERED))
        lasts = max(stage.calendar.span(LASTS), AT_LEAST)
        stage.at(stage.by_day(stage.now + lasts), self.home_again)

    def move_people(self) -> None:
        """The commander does not wait for the test: it would hold only when the water is in."""
        control = self.activation.phases.get(phase="control")
        self.phases.begin_phase(control, said("flood.move"))

    def count_sheltered(self, people: int) -> None:
        """How many sleep in the shelters today: by this figure the plan's phases begin and end."""
        stage = self.stage
        desk = stage.desk(stage.department("civil_affairs", self.district))
        today = localtime(stage.now).date()
        draft = CountDraft(
            place=self.district.pk, stream="people_sheltered", day=today, value=people
        )
        stage.do("sensing", "record_counts", desk, source="shelters", counts=[draft])
        stage.tell("sheltered", area=self.district, people=people)
        stage.round_at(stage.now + MINUTE)

    def home_again(self) -> None:
        """The shelters are empty: three phases are over by their tests, the clearing up begins."""
        stage = self.stage
        self.count_sheltered(0)
        cleared = max(stage.calendar.span(CLEARED), AT_LEAST)
        stage.round_at(stage.now + 100 * MINUTE)
        stage.at(stage.by_day(stage.now + cleared), self.back_to_normal)

    def back_to_normal(self) -> None:
        """One act back: measures that nobody renewed are gone, open orders are taken back."""
        stage = self.stage
        assessment = stage.do(
            "assessment", "assess", self.commander, incident=self.incident, risk="low",
            findings=said("flood.over"),
        )  # fmt: skip
        decision = decide_on(stage, self.commander, self.incident, assessment, "flood_over")
        stage.do(
            "decision", "switch_mode", self.commander, decision=decision, area=self.district,
            mode="normal", override_reason=said("flood.over"),
        )  # fmt: skip
        city = stage.desk(stage.above(self.district, "city"), "commander")
        level = stage.see("decision", "levels").get(
            area=self.district, hazard="flood", ended_at=None
        )
        stage.do(
            "decision", "end_level", city, level=level, decision=decision,
            override_reason=said("flood.over"),
        )  # fmt: skip
        self.phases.end_all(self.activation, said("flood.over"))
        back = stage.do(
            "command", "withdraw_orders", self.commander, incident=self.incident,
            reason=said("flood.over"),
        )  # fmt: skip
        stage.do(
            "assessment", "close_incident", self.commander, incident=self.incident,
            reason=said("flood.closed"),
        )  # fmt: skip
        stage.tell("back_to_normal", area=self.district, orders=back)
        stage.round_at(stage.now + MINUTE)
        stage.at(stage.by_day(stage.now + stage.calendar.span(REVIEWED_AFTER)), self.review)

    def review(self) -> None:
        """The review writes itself; one lesson is adopted, the others wait for an answer."""
        stage = self.stage
        made = stage.do("evaluation", "review", self.commander, incident=self.incident)
        findings = list(made.findings.order_by("id"))
        if findings:
            stage.do(
                "evaluation", "answer_finding", self.commander, finding=findings[0], adopted=True,
                answer=said("flood.lesson"),
            )  # fmt: skip
        stage.tell("reviewed", title=self.incident, findings=len(findings))


class PowerCut:
    """A short power cut in the whole city: closed the same day, and not yet reviewed."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.city = stage.unit[stage.city.root.code]
        self.commander = stage.desk(self.city, "commander")
        self.incident: Any = None

    def begin(self) -> None:
        """It begins soon after the play does."""
        self.stage.at(self.stage.calendar.story(*CUT) + 30 * MINUTE, self.declare)

    def declare(self) -> None:
        """The power desk reports, judges and the city declares, all within minutes."""
        stage = self.stage
        power = stage.desk(stage.department("power", self.city))
        report = stage.do(
            "sensing", "receive_report", power, place=self.city, stream="power", channel="form",
            text=said("power_cut.report"), persons=1,
        )  # fmt: skip
        stage.do("sensing", "claim_report", power, report=report)
        signal = stage.do(
            "sensing", "raise_signal", power, reports=[report], title=said("power_cut.signal")
        )
        stage.do(
            "sensing", "judge_signal", power, signal=signal, verified=True,
            judgement=said("power_cut.judged"),
        )  # fmt: skip
        self.incident = stage.do(
            "assessment", "declare_incident", self.commander, area=self.city, hazard="blackout",
            title=said("power_cut.title"), signal=signal, legal_basis=said("power_cut.basis"),
        )  # fmt: skip
        stage.tell("declared", title=self.incident, area=self.city)
        stage.after(15, lambda: self.order(power))
        stage.at(stage.now + max(stage.calendar.span(DARK), AT_LEAST), self.close)

    def order(self, power: Person) -> None:
        """Two orders by hand: hospitals onto their generators, the line mended."""
        stage = self.stage
        assessment = stage.do(
            "assessment", "assess", power, incident=self.incident, risk="moderate",
            findings=said("power_cut.findings"),
        )  # fmt: skip
        decision = decide_on(stage, self.commander, self.incident, assessment, "power_cut")
        for subject in ("power", "health"):
            stage.do(
                "command", "give_order", self.commander, decision=decision, minutes=180,
                unit=stage.department(subject, self.city), title=said(f"power_cut.order_{subject}"),
            )  # fmt: skip
        stage.look_soon(stage.look)

    def close(self) -> None:
        """The light is on again."""
        stage = self.stage
        stage.do(
            "command", "withdraw_orders", self.commander, incident=self.incident,
            reason=said("power_cut.closed"),
        )  # fmt: skip
        stage.do(
            "assessment", "close_incident", self.commander, incident=self.incident,
            reason=said("power_cut.closed"),
        )  # fmt: skip
        stage.tell("closed", title=self.incident)
