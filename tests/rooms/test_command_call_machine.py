"""Random answers, rulings, scores and reopenings under a random clock: what always holds of calls.

- An answer or a call moves only as its table of moves allows.
- Silence climbs each tier once, from the nearest upward; the same moment again changes nothing.
- Whoever is called and does not finish is known to a tier in the end, on site and waiting too.
- A refusal that leads nowhere is known to a tier; a ruling on it is in the duties matrix.
- A call is closed only when nobody is on the way, and a reopened one stands for exactly one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from gongzhi.actors.models import Person, Unit
from gongzhi.command.actions import (
    answer_call,
    arrive,
    change_promise,
    climb_silent_answers,
    close_call,
    finish_answer,
    raise_call,
    reopen_call,
    rule_call,
    score_answer,
    withdraw_call,
)
from gongzhi.command.models import CallAnswer, Climb, DutiesMatrix, Says, StreetCall
from gongzhi.command.queries import (
    climb_to_rule,
    governments_above,
    path_end,
    proposal_for,
    supplier_at_work,
)
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.ledger.models import Entry
from gongzhi.sensing.models import Report
from tests.rooms.cast import small_city
from tests.rooms.machines import Machine, play
from tests.rooms.scenes import taken_report
from tests.rooms.test_command_machine import ladders_of_all

PLACE = {"lon": 118.22, "lat": 30.9}
DESKS = {
    "WATER": "water", "POWER": "power", "HEALTH": "city-health", "SUP": "sup-clerk",
    "D1": "d1-duty", "C": "city-duty",
}  # fmt: skip
UNITS = st.sampled_from(["WATER", "POWER", "HEALTH", "SUP"])
ENDED = ("done", "not_mine", "released")


class Calls(Machine):
    """Calls of one street, and what people and the clock do to them."""

    report: Report
    ladders: dict[str, list[str]]

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, int], str] = {}
        self.street = self.city.person("s11-duty")

    @initialize(
        codes=st.lists(st.sampled_from(["WATER", "POWER", "HEALTH"]), min_size=1, unique=True)
    )
    def call(self, codes: list[str]) -> None:
        raise_call(
            caller=self.city["S11"], subject="water", text="Water", reports=[self.report],
            departments=[self.city[code] for code in codes], by=self.street, now=self.now,
        )  # fmt: skip

    @rule(passed=st.sampled_from([1, 15, 31, 61, 300]))
    def time_passes(self, passed: int) -> None:
        self.now += timedelta(minutes=passed)

    @rule(
        pick=st.integers(0, 9), says=st.sampled_from(list(Says)), other=UNITS, named=st.booleans()
    )
    def answer(self, pick: int, says: Says, other: str, named: bool) -> None:
        given: dict[str, Any] = {"says": says, "reason": "" if says == Says.COMING else "So"}
        if says == Says.COMING:
            given["arrive_minutes"] = 20
        elif named:
            field = "named_instead" if says == Says.NOT_MINE else "needed_from"
            given[field] = self.city[other]
        self.try_to(answer_call, pick, **given)

    @rule(pick=st.integers(0, 9))
    def comes(self, pick: int) -> None:
        self.try_to(arrive, pick, **PLACE)

    @rule(pick=st.integers(0, 9), minutes=st.sampled_from([1, 45, 900]))
    def promises_anew(self, pick: int, minutes: int) -> None:
        self.try_to(change_promise, pick, in_minutes=minutes, reason="Snow")

    @rule(pick=st.integers(0, 9))
    def finishes(self, pick: int) -> None:
        self.try_to(finish_answer, pick, result="Done", **PLACE)

    @rule(pick=st.integers(0, 9), unit=UNITS)
    def rules(self, pick: int, unit: str) -> None:
        answer = self.picked(pick)
        refused = answer.state == CallAnswer.State.NOT_MINE
        climb = climb_to_rule(answer)
        by = self.city.person(DESKS[climb.to_unit.code] if climb else "d1-duty")
        done = self.tried(rule_call, by, answer=answer, unit=self.city[unit], reason="So")
        if done is not None and refused:
            proposal = proposal_for(self.city["S11"], "water", self.now)
            assert proposal is not None and proposal.units[0] == self.city[unit]

    @rule(pick=st.integers(0, 9), score=st.integers(1, 5))
    def scores(self, pick: int, score: int) -> None:
        answer = self.picked(pick)
        self.tried(score_answer, self.street, answer=answer, score=score, words="So")

    @rule(pick=st.integers(0, 3))
    def closes(self, pick: int) -> None:
        calls = list(StreetCall.objects.order_by("id"))
        self.tried(close_call, self.street, call=calls[pick % len(calls)])

    @rule(pick=st.integers(0, 30))
    def takes_back(self, pick: int) -> None:
        """Rarely, so that most calls are lived to their end."""
        calls = list(StreetCall.objects.order_by("id"))
        if pick < len(calls):
            self.tried(withdraw_call, self.street, call=calls[pick], reason="A mistake")

    @rule(pick=st.integers(0, 3))
    def reopens(self, pick: int) -> None:
        calls = list(StreetCall.objects.order_by("id"))
        call = calls[pick % len(calls)]
        self.tried(reopen_call, self.street, call=call, report=self.report, reason="Wet")

    @rule()
    def clock(self) -> None:
        by = self.city.person("founder")
        for climb in climb_silent_answers(by=by, now=self.now):
            assert climb.answer is not None and climb.reason.strip()
        before = everything()
        assert climb_silent_answers(by=by, now=self.now) == []
        assert everything() == before

    def picked(self, pick: int) -> CallAnswer:
        answers = list(CallAnswer.objects.select_related("department").order_by("id"))
        return answers[pick % len(answers)]

    def try_to(self, deed: Any, pick: int, **given: Any) -> None:
        answer = self.picked(pick)
        self.tried(deed, self.city.person(DESKS[answer.department.code]), answer=answer, **given)

    def tried(self, deed: Any, by: Person, **given: Any) -> Any:
        """Do a deed; where it is refused, nothing may have changed."""
        before = everything()
        try:
            return deed(by=by, now=self.now, **given)
        except (NotNow, NotAllowed, Malformed):
            assert everything() == before
            return None

    @invariant()
    def moves_are_listed(self) -> None:
        for model in (CallAnswer, StreetCall):
            for record in model._default_manager.all():
                state = record.state  # type: ignore[attr-defined]
                before = self.seen.get((model.__name__, record.pk), state)
                reached = {before} | model.MOVES[before] | two_steps(model, before)  # type: ignore[attr-defined]
                assert state in reached, f"{record}: {before} → {state}"
                self.seen[model.__name__, record.pk] = state

    @invariant()
    def climbs_go_up_once(self) -> None:
        for answer in CallAnswer.objects.select_related("department"):
            steps = [c.to_unit.path for c in answer.climbs.order_by("climbed_at", "id")]
            ladder = self.ladders[answer.department.path]
            assert len(set(steps)) == len(steps) and set(steps) <= set(ladder)
            assert steps == sorted(steps, key=len, reverse=True)

    @invariant()
    def no_refusal_is_lost(self) -> None:
        refused = CallAnswer.objects.filter(state="not_mine", call__state="open")
        lost = {a.call_id for a in refused if path_end(a) is None}
        known = set(
            CallAnswer.objects.filter(call__in=lost, state="not_mine", climbs__isnull=False)
            .values_list("call", flat=True)
        )  # fmt: skip
        assert lost <= known

    @invariant()
    def a_closed_call_is_over(self) -> None:
        for call in StreetCall.objects.filter(state="closed"):
            for answer in call.answers.all():
                assert answer.state in ENDED or answer.climbs.exists()
        for call in StreetCall.objects.filter(state="withdrawn"):
            assert {answer.state for answer in call.answers.all()} <= set(ENDED)
            assert not StreetCall.objects.filter(reopens=call).exists()
        versions = list(DutiesMatrix.objects.order_by("id").values_list("area", "version", "state"))
        assert len([v for v in versions if v[2] == "in_force"]) == len({v[0] for v in versions})

    def at_the_end(self) -> None:
        """A month later the clock does everything once, and nothing is left that nobody knows.

        Above the top tier nobody can know: what is asked of it is asked of it alone.
        """
        self.now += timedelta(days=30)
        self.clock()
        for answer in CallAnswer.objects.filter(call__state="open").exclude(state__in=ENDED):
            supplier = supplier_at_work(answer) or answer
            known = answer.climbs.exists() or supplier.climbs.exists()
            assert known or governments_above([supplier.department]) == {}, str(answer)


def two_steps(model: Any, state: str) -> set[str]:
    """A ruling on a silent unit asks another in its place: two listed moves in one deed."""
    return {after for via in model.MOVES[state] for after in model.MOVES[via]}


def everything() -> tuple[Any, ...]:
    """All that calls, answers, climbs, the matrix and the ledger say at this moment."""
    return (
        list(StreetCall.objects.order_by("id").values()),
        list(CallAnswer.objects.order_by("id").values()),
        list(Climb.objects.order_by("id").values()),
        DutiesMatrix.objects.count(),
        Entry.objects.count(),
    )


@pytest.mark.usefixtures("db")
def test_calls_keep_their_rules_whatever_happens() -> None:
    city = small_city()
    assert Unit.objects.exists()
    play(
        Calls, examples=10, steps=25, city=city, report=taken_report(city),
        ladders=ladders_of_all(),
    )  # fmt: skip
