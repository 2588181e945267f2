"""A street calls departments: water comes, power points at the builder, health is silent."""

from __future__ import annotations

from typing import Any

from gongzhi.actors.queries import Unit
from gongzhi.interfaces.cli.demo.cast import DEVELOPER
from gongzhi.interfaces.cli.demo.stage import Stage
from gongzhi.interfaces.cli.demo.tell import said

FIRST, SECOND = (8, 10.4), (15, 14.2)
"""Story day and hour of the two calls that are played to their end."""


class Calls:
    """The streets that call, the departments that answer or do not, the district that rules."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        market = stage.unit[stage.city.market_community]
        self.street = stage.above(market, "street")
        self.district = stage.above(market, "district")
        self._climbs = 0

    def begin(self) -> None:
        """Two calls in the story; climbs are told as they come."""
        stage = self.stage
        stage.looks.append(self._tell_climbs)
        stage.at(stage.calendar.story(*FIRST), self.no_water)
        stage.at(stage.calendar.story(*SECOND), self.no_gate)

    def raise_call(self, street: Unit, key: str, *subjects: str) -> dict[str, Any]:
        """Call departments of the street's district; returns their answers by subject."""
        stage = self.stage
        district = stage.above(street, "district")
        called = {subject: stage.department(subject, district) for subject in subjects}
        call = stage.do(
            "command", "raise_call", stage.desk(street), caller=street,
            subject=said(f"calls.{key}.subject"), text=said(f"calls.{key}.text"),
            departments=list(called.values()),
        )  # fmt: skip
        names = stage.narrator.several(called.values())
        stage.tell("call", street=street, departments=names, subject=call.subject)
        answers = {answer.department_id: answer for answer in call.answers.order_by("id")}
        for answer in answers.values():
            stage.round_at(answer.answer_by)
        return {"call": call, **{s: answers[unit.pk] for s, unit in called.items()}}

    # The first call -----------------------------------------------------------------------------

    def no_water(self) -> None:
        """Water comes, power points at the builder, health is silent until the district rules."""
        stage = self.stage
        self.first = self.raise_call(self.street, "water", "water", "power", "health")
        water, power, health = (self.first[s] for s in ("water", "power", "health"))
        builder = stage.unit[DEVELOPER]
        stage.after(9, lambda: self.come(water, 25, done=95, score=5))
        stage.after(16, lambda: self.not_mine(power, builder, "calls.water.not_mine"))
        stage.after(48, lambda: self.builder_comes(builder))
        stage.after(75, lambda: self.rule(health, health.department, "calls.water.ruling"))
        stage.after(88, lambda: self.needs_first(health))
        stage.after(600, lambda: self.close(self.first["call"]))

    def builder_comes(self, builder: Unit) -> None:
        """Whoever was named is asked in turn, and comes."""
        answer = self.first["call"].answers.get(department=builder)
        self.come(answer, 90, done=300, score=3)

    def needs_first(self, answer: Any) -> None:
        """After the ruling the department cannot refuse: it says what it needs, then comes."""
        stage = self.stage
        desk = stage.desk(answer.department)
        emergency = stage.department("emergency", self.district)
        stage.do(
            "command", "answer_call", desk, answer=answer, says="needs",
            reason=said("calls.water.needs"), needed_from=emergency,
        )  # fmt: skip
        stage.tell("answered_needs", unit=answer.department, reason=said("calls.water.needs"))
        supplier = answer.call.answers.get(department=emergency)
        stage.after(5, lambda: self.come(supplier, 15, done=35, score=5))
        stage.after(50, lambda: self.come(answer, 40, done=150, score=2))

    # The second call ----------------------------------------------------------------------------

    def no_gate(self) -> None:
        """Two departments each name the other; the district says whose it is."""
        stage = self.stage
        street = next(
            unit for unit in stage.unit.values()
            if unit.tier == "street" and unit.kind == "area" and unit.pk != self.street.pk
            and unit.path.startswith(self.district.path)
        )  # fmt: skip
        self.second = self.raise_call(street, "gate", "transport", "police")
        transport, police = self.second["transport"], self.second["police"]
        stage.after(11, lambda: self.not_mine(transport, police.department, "calls.gate.first"))
        stage.after(19, lambda: self.not_mine(police, transport.department, "calls.gate.second"))
        stage.after(64, lambda: self.rule(police, transport.department, "calls.gate.ruling"))
        stage.after(72, lambda: self.come(transport, 30, done=110, score=4))
        stage.after(420, lambda: self.close(self.second["call"]))

    # What anybody called may do -----------------------------------------------------------------

    def come(self, answer: Any, minutes: int, *, done: int, score: int) -> None:
        """Say when one comes, come, report done after so many minutes; the street scores it."""
        stage = self.stage
        desk = stage.desk(answer.department)
        if stage.attempt(
            "command", "answer_call", desk, answer=answer, says="coming", arrive_minutes=minutes
        ):
            return
        stage.tell("answered_coming", unit=answer.department, minutes=minutes)
        proof, result = said("calls.proof"), said("calls.result")
        caller = answer.call.caller
        street, place = stage.desk(caller), {"lon": caller.lon, "lat": caller.lat}
        stage.after(minutes - 3, lambda: self._then("arrive", desk, answer, proof=proof, **place))
        stage.after(done, lambda: self._then("finish_answer", desk, answer, result=result, **place))
        given = {"score": score, "words": said(f"calls.score.{score}")}
        stage.after(done + 30, lambda: self._then("score_answer", street, answer, **given))

    def _then(self, verb: str, by: Any, answer: Any, **inputs: Any) -> None:
        self.stage.attempt("command", verb, by, answer=answer, **inputs)

    def not_mine(self, answer: Any, instead: Unit, key: str) -> None:
        """Refuse, say why, and name whose it is."""
        stage = self.stage
        reason = said(key)
        stage.do(
            "command", "answer_call", stage.desk(answer.department), answer=answer,
            says="not_mine", reason=reason, named_instead=instead,
        )  # fmt: skip
        stage.tell("answered_not_mine", unit=answer.department, instead=instead, reason=reason)

    def rule(self, answer: Any, unit: Unit, key: str) -> None:
        """The district says whose duty it is; that unit cannot refuse any more."""
        stage = self.stage
        reason = said(key)
        by = stage.desk(self.district)
        refusal = stage.attempt("command", "rule_call", by, answer=answer, unit=unit, reason=reason)
        if refusal is None:
            stage.tell("ruled", upper=self.district, unit=unit, reason=reason)
            self._tell_amended(answer.call)

    def _tell_amended(self, call: Any) -> None:
        """A ruling on a refusal is the next version of the duties matrix."""
        ruled = call.answers.filter(amended__isnull=False).order_by("ruled_at", "id").last()
        if ruled is not None:
            subject, unit = call.subject, ruled.department
            version = ruled.amended.version
            self.stage.tell("amended", subject=subject, unit=unit, version=version)

    def close(self, call: Any) -> None:
        """The street closes its call when every path of it has ended."""
        refusal = self.stage.attempt(
            "command", "close_call", self.stage.desk(call.caller), call=call
        )
        if refusal is None:
            self.stage.tell("call_closed", street=call.caller)

    def _tell_climbs(self) -> None:
        climbs = self.stage.see("command", "climbs").filter(
            pk__gt=self._climbs, answer__isnull=False
        )
        for climb in climbs.select_related("answer__department", "to_unit").order_by("id"):
            self._climbs = climb.pk
            self.stage.tell("call_climbed", unit=climb.answer.department, upper=climb.to_unit)
