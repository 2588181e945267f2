"""The city's command: declare, assess, decide, enter emergency mode, set levels and measures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from gongzhi.actors.queries import Person, Unit
from gongzhi.assessment.queries import facts_of
from gongzhi.command.queries import plans_adopted
from gongzhi.decision.actions import OptionDraft
from gongzhi.decision.queries import level_over
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said, table
from gongzhi.parameters import FOLDER

LATEST_DAY = 6
"""Story day on which the city declares although no warning has come."""
EASING_FROM, CITY_EASING_FROM, EASING_LATEST = 20, 25, 27
"""Story days from which the district, then the city may be eased, and may be with a reason."""
PLANS = (
    ("respiratory-epidemic", "health"), ("flood", "water"), ("heat", "emergency"),
    ("blackout", "power"), ("chemical-spill", "emergency"),
)  # fmt: skip
"""Plans by their file, and the department of the city that adopts each."""
RAISED_AFTER = 5
"""Story days for which a level stands before it is raised; level I is not the city's to enter."""


class Decisions:
    """The commander of the city, its expert, and the commander of the market's district."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.city = stage.unit[stage.city.root.code]
        self.market = stage.unit[stage.city.market_community]
        self.district = stage.above(self.market, "district")
        self.commander = stage.desk(self.city, "commander")
        self.expert = stage.person["city.expert"]
        self.incident: Any = None
        self.decision: Any = None
        self.active = False
        """Whether the plan is in force."""
        self._coming = False
        self._is_easing = False
        self._over: set[int] = set()

    def begin(self) -> None:
        """Plans are adopted at the start; the command looks every time the house is looked at."""
        stage = self.stage
        stage.looks.append(self.look)
        stage.at(stage.calendar.start + 20 * MINUTE, self.adopt_plans)
        stage.daily("10:20", self.review_level)

    def adopt_plans(self) -> None:
        """The city's desks adopt the plans they answer for; one may take parts of those before."""
        for stem, subject in PLANS:
            desk = self.stage.desk(self.stage.department(subject, self.city))
            document = plan_text(stem)
            plan = self.stage.do("command", "adopt_plan", desk, document=document)
            self.stage.tell("plan_adopted", plan=plan)

    # Declaring ----------------------------------------------------------------------------------

    def look(self) -> None:
        """Declare once a signal from the market is verified and the counts agree, or too long."""
        self._tell_ended()
        if self._coming:
            return
        signals = self.stage.see("sensing", "signals").filter(state="verified", stream="fever")
        signal = signals.filter(place__path__startswith=self.market.path).order_by("id").first()
        signal = signal or signals.order_by("id").first() if self._is_late() else signal
        warning = self._warning()
        if signal is not None and (warning is not None or self._is_late()):
            self._coming = True
            self.stage.after(35, lambda: self.declare(signal))

    def _tell_ended(self) -> None:
        over = self.stage.see("decision", "measures").filter(state="expired")
        for measure in over.exclude(pk__in=self._over).order_by("id"):
            self._over.add(measure.pk)
            self.stage.tell("measure_over", title=measure.title)

    def _is_late(self) -> bool:
        return self.stage.now >= self.stage.calendar.story(LATEST_DAY, 0)

    def _warning(self) -> Any:
        """The gravest warning taken on that covers the market, or else one of the district."""
        warnings = self.stage.see("sensing", "warnings").filter(state="acknowledged")
        inside = warnings.filter(place__path__startswith=self.district.path)
        over = warnings.filter(place=self.city)
        return (over | inside).order_by("level", "id").first()

    def declare(self, signal: Any) -> None:
        """Declare the crisis for the whole city."""
        stage = self.stage
        self.incident = stage.do(
            "assessment", "declare_incident", self.commander, area=self.city, hazard="epidemic",
            title=said("epidemic.title"), legal_basis=said("epidemic.basis"), signal=signal,
            warning=self._warning(),
        )  # fmt: skip
        stage.tell("declared", title=self.incident, area=self.city)
        stage.after(50, lambda: self.assess("first", "high", then=self.decide_first))

    def assess(self, key: str, risk: str, then: Any = None) -> None:
        """The expert says what the facts mean; the command acts on it an hour later."""
        assessment = self.stage.do(
            "assessment", "assess", self.expert, incident=self.incident, risk=risk,
            findings=said(f"assessed.{key}.findings"), advice=said(f"assessed.{key}.advice"),
        )  # fmt: skip
        self.stage.tell("assessed", risk=risk)
        if then is not None:
            self.stage.after(60, lambda: then(assessment))

    def decide(self, key: str, assessment: Any) -> Any:
        """Choose one of the options written for this turn of the story."""
        self.decision = decide_on(self.stage, self.commander, self.incident, assessment, key)
        return self.decision

    def decide_first(self, assessment: Any) -> None:
        """Three options at once: one is chosen, and everything that follows from it begins."""
        self.decide("epidemic", assessment)
        stage = self.stage
        stage.after(5, self.enter_emergency)
        stage.after(10, self.enter_levels)
        stage.after(25, self.activate)
        stage.after(40, self.set_measures)

    def enter_emergency(self) -> None:
        """One act switches the whole city."""
        self.stage.do(
            "decision", "switch_mode", self.commander, decision=self.decision, area=self.city,
            mode="emergency",
        )  # fmt: skip
        self.stage.tell("emergency", area=self.city)

    def enter_levels(self) -> None:
        """The city enters level III, its worst district level II."""
        self._level(self.city, 3, "first")
        self._level(self.district, 2, "district")

    def activate(self) -> None:
        """The plan becomes orders to every unit of the city that it names."""
        stage = self.stage
        plan = plans_adopted().get(code="respiratory-epidemic")
        activation = stage.do(
            "command", "activate_plan", self.commander, plan=plan, incident=self.incident,
            decision=self.decision,
        )  # fmt: skip
        self.active = True
        orders = activation.orders.count()
        units = activation.orders.values("unit").distinct().count()
        stage.tell("activated", plan=plan, orders=orders, units=units)
        stage.look_soon(stage.look)
        for measure in stage.see("decision", "measures").filter(decision=self.decision):
            stage.round_at(measure.ends_at + MINUTE)
            if measure.kind == "masks_indoors":
                before = measure.ends_at - 1080 * MINUTE
                stage.at(before, lambda m=measure: self.renew(m, self.commander, days=14))  # type: ignore[misc]

    def set_measures(self) -> None:
        """Measures of the worst district: each dies on its day, the market's is renewed once."""
        self.measure("market_closed", 6, renewed=True)
        self.measure("schools_closed", 10)
        self.measure("visits_limited", 13)

    def measure(self, kind: str, story_days: float, *, renewed: bool = False) -> Any:
        """Put a measure in force in the market's district; `renewed`: once, shortly before."""
        stage = self.stage
        by = stage.desk(self.district, "commander")
        ends = self._whole(stage.now + stage.calendar.span(story_days))
        made = stage.do(
            "decision", "set_measure", by, decision=self.decision, area=self.district, kind=kind,
            title=said(f"measures.{kind}"), ends_at=ends,
        )  # fmt: skip
        stage.tell("measure", title=made.title, area=self.district, ends=_short(ends))
        stage.round_at(ends)
        if renewed:
            stage.at(ends - stage.calendar.span(0.5), lambda: self.renew(made, by))
        return made

    def renew(self, measure: Any, by: Person, *, days: float = 6) -> None:
        """Let a measure run on for some story days, with the reason."""
        stage = self.stage
        ends = self._whole(measure.ends_at + stage.calendar.span(days))
        stage.do(
            "decision", "renew_measure", by, measure=measure, ends_at=ends,
            reason=said(f"renewed.{measure.kind}"),
        )  # fmt: skip
        stage.tell("renewed", title=measure.title, ends=_short(ends))
        stage.round_at(ends)

    def _whole(self, when: datetime) -> datetime:
        return when.replace(second=0, microsecond=0)

    # Levels -------------------------------------------------------------------------------------

    def review_level(self) -> None:
        """Each morning: raise what the warnings call for, ease when the test or a reason allows."""
        if not self.active:
            return
        stage = self.stage
        if stage.now >= stage.calendar.story(EASING_FROM, 0):
            self._ease()
            return
        level = level_over(self.city, "epidemic")
        stood = stage.calendar.span(RAISED_AFTER)
        if level is not None and level.grade > 2 and level.starts_at + stood <= stage.now:
            reds = stage.see("sensing", "warnings").filter(level="red").exclude(state="ended")
            if reds.count() >= 2:
                self.assess("rising", "very_high", then=lambda made: self._raise(made, 2))

    def _raise(self, assessment: Any, grade: int) -> None:
        self.decide("raise", assessment)
        self._level(self.city, grade, "raised")

    def _ease(self) -> None:
        """The district first, then the city: by the exit test, or later with a reason."""
        stage = self.stage
        is_turn = stage.now >= stage.calendar.story(CITY_EASING_FROM, 0)
        areas = (self.district, self.city) if is_turn else (self.district,)
        area = next((a for a in areas if self._grade(a) < 3), None)
        if area is None or self._is_easing or not self._falls():
            return
        grade = self._grade(area) + 1
        inputs = {"decision": self.decision, "area": area, "grade": grade}
        if stage.attempt("decision", "change_level", self.commander, **inputs) is None:
            stage.tell("eased", area=area, grade=_roman(grade))
        elif stage.now >= stage.calendar.story(EASING_LATEST, 0):
            self._is_easing = True
            self.assess("falling", "moderate", then=lambda made: self._lower(made, area, grade))

    def _lower(self, assessment: Any, area: Unit, grade: int) -> None:
        """The exit test is not passed: a decision and a reason stand beside the lower level."""
        self._is_easing = False
        self.decide("easing", assessment)
        self.stage.do(
            "decision", "change_level", self.commander, decision=self.decision, area=area,
            grade=grade, override_reason=said("levels.eased"),
        )  # fmt: skip
        self.stage.tell("eased", area=area, grade=_roman(grade))

    def _grade(self, area: Unit) -> int:
        level = self.stage.see("decision", "levels").filter(
            area=area, hazard="epidemic", ended_at=None
        )
        found = level.first()
        return found.grade if found else 4

    def _falls(self) -> bool:
        """Whether fewer people with fever came in the last week than in the week before."""
        counts = facts_of(self.incident, self.stage.now)["counts"]
        visits = [count for stream, _day, count in counts if stream == "fever_clinic"]
        return sum(visits[-7:]) < sum(visits[-14:-7])

    def _level(self, area: Unit, grade: int, key: str) -> None:
        """Enter a grade; where its test is not passed, the reason stands beside it."""
        inputs: dict[str, Any] = {"decision": self.decision, "area": area, "grade": grade}
        if self.stage.attempt("decision", "change_level", self.commander, **inputs) is not None:
            reason = said(f"levels.{key}")
            inputs["override_reason"] = reason
            if self.stage.attempt("decision", "change_level", self.commander, **inputs) is not None:
                return
        self.stage.tell("level", area=area, grade=_roman(grade))


def decide_on(stage: Stage, by: Person, incident: Any, assessment: Any, key: str) -> Any:
    """Decide with the options of said.yaml; the first one listed is chosen."""
    turn = table("said")["decided"][key]
    drafts = [
        OptionDraft(chosen=n == 0, **{"reason_refused": "", **option})
        for n, option in enumerate(turn["options"])
    ]
    decision = stage.do(
        "decision", "decide", by, incident=incident, assessment=assessment, title=turn["title"],
        reason=turn["reason"], legal_basis=turn["basis"], options=drafts,
    )  # fmt: skip
    stage.tell("decided", title=decision.title, options=len(drafts))
    return decision


def plan_text(stem: str) -> str:
    """A contingency plan as it lies beside the law."""
    return (FOLDER / "plans" / f"{stem}.yaml").read_text("utf-8")


def _roman(grade: int) -> str:
    return ("I", "II", "III", "IV")[grade - 1]


def _short(when: datetime) -> str:
    return f"{localtime(when):%m-%d %H:%M}"
