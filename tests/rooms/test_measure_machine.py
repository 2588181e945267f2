"""Measures under random events: none outlives its end unless renewed, and no end comes twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from gongzhi.actors.models import Person
from gongzhi.decision.actions import (
    announce_ends,
    end_measures_due,
    lift_measure,
    renew_measure,
    set_measure,
)
from gongzhi.decision.models import Measure
from gongzhi.decision.policies import mode_parameters
from gongzhi.decision.queries import measures_in_force
from gongzhi.errors import NotAllowed, Refused
from gongzhi.ledger.models import Entry
from tests.rooms.cast import START, small_city
from tests.rooms.machines import Machine, play
from tests.rooms.races import at_once
from tests.rooms.scenes import lines
from tests.rooms.upstream import Upstream, crisis

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
State = Measure.State
MAY = {"mayor": {"C", "D1", "D2", "S11"}, "d1-chief": {"D1", "S11"}, "k111-worker": set[str]()}
"""In which areas these people may set, renew and lift measures."""
people = st.sampled_from(["mayor", "mayor", "d1-chief", "k111-worker"])
lengths = st.sampled_from([-1, 0, 1, 7, 13, 14, 15, 29, 30, 31, 60])
"""Days from now; the limits of the modes lie among them."""

pytestmark = pytest.mark.usefixtures("in_english")


class Measures(Machine):
    """People set, renew and lift measures while time passes and the clock walks now and then."""

    above: Upstream

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[int, str] = {}
        self.ends: dict[int, datetime] = {}
        for code in ("C", "D1"):
            self.set_one("mayor", code, "gathering", 7)

    @rule(
        who=people, area=st.sampled_from(["C", "D1", "S11"]),
        kind=st.sampled_from(["gathering", "transport"]), days=lengths,
    )  # fmt: skip
    def set_one(self, who: str, area: str, kind: str, days: int) -> None:
        place, standing = self.city[area], self._standing(area, kind)
        try:
            made = set_measure(
                decision=self.above.decision, area=place, kind=kind, title=kind,
                ends_at=self.now + days * DAY, by=self.city.person(who), now=self.now,
            )  # fmt: skip
        except Refused as refusal:
            assert str(refusal)
            assert isinstance(refusal, NotAllowed) or area in MAY[who]
            return
        assert area in MAY[who] and not standing
        assert timedelta() < made.ends_at - self.now <= self.longest(made)
        self.ends[made.pk] = made.ends_at

    @rule(who=people, pick=st.integers(0, 20), days=lengths)
    def renew_one(self, who: str, pick: int, days: int) -> None:
        measure = self._picked(pick)
        before = (measure.state, measure.ends_at)
        try:
            renew_measure(
                measure=measure, ends_at=self.now + days * DAY, reason="still needed",
                by=self.city.person(who), now=self.now,
            )  # fmt: skip
        except Refused:
            return
        assert before[0] == State.ACTIVE and before[1] > self.now
        assert self._code(measure) in MAY[who]
        assert before[1] < measure.ends_at <= self.now + self.longest(measure)
        self.ends[measure.pk] = measure.ends_at

    @rule(who=people, pick=st.integers(0, 20))
    def lift_one(self, who: str, pick: int) -> None:
        measure = self._picked(pick)
        before = (measure.state, measure.ends_at)
        try:
            lift_measure(measure=measure, reason="over", by=self.city.person(who), now=self.now)
        except Refused:
            return
        assert before[0] == State.ACTIVE and before[1] > self.now
        assert self._code(measure) in MAY[who]

    @rule(hours=st.sampled_from([1, 24, 7 * 24, 15 * 24]))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule()
    def clock(self) -> None:
        founder = self.city.person("founder")
        announce_ends(by=founder, now=self.now)
        end_measures_due(by=founder, now=self.now)
        before = Entry.objects.count()
        announce_ends(by=founder, now=self.now)
        end_measures_due(by=founder, now=self.now)
        assert Entry.objects.count() == before, "A second walk at the same moment did something."
        assert not Measure.objects.filter(state=State.ACTIVE, ends_at__lte=self.now).exists()

    @invariant()
    def no_move_outside_the_table(self) -> None:
        for measure in Measure.objects.all():
            before = self.states.get(measure.pk, State.ACTIVE)
            assert measure.state == before or measure.state in Measure.MOVES[State(before)]
            self.states[measure.pk] = measure.state

    @invariant()
    def nothing_is_in_force_beyond_its_end(self) -> None:
        shown = {m.pk for m in measures_in_force(self.city.person("mayor"), self.now)}
        for measure in Measure.objects.all():
            assert measure.ends_at == self.ends[measure.pk]
            alive = measure.state == State.ACTIVE and measure.ends_at > self.now
            assert (measure.pk in shown) == alive

    @invariant()
    def every_end_and_renewal_is_in_the_ledger(self) -> None:
        every = list(Measure.objects.all())
        ended = sum(m.state != State.ACTIVE for m in every)
        assert len(lines("decision.end_measure")) == ended
        assert len(lines("decision.renew_measure")) == sum(len(m.renewals) for m in every)
        assert all(renewal["reason"] for m in every for renewal in m.renewals)

    @invariant()
    def each_stage_is_announced_once(self) -> None:
        told = [json.loads(entry.body) for entry in lines("decision.announce_end")]
        said = Counter((t["subject"], t["facts"]["ends_at"], t["facts"]["stage"]) for t in told)
        assert not said or max(said.values()) == 1

    def at_the_end(self) -> None:
        """Whatever people did: some weeks later every measure is over."""
        self.now += 100 * DAY
        self.clock()
        assert not Measure.objects.filter(state=State.ACTIVE).exists()

    def longest(self, measure: Measure) -> timedelta:
        return timedelta(days=mode_parameters(measure.area, self.now)["measure_days_at_most"])

    def _standing(self, area: str, kind: str) -> bool:
        same = Measure.objects.filter(area=self.city[area], kind=kind, state=State.ACTIVE)
        return same.filter(ends_at__gt=self.now).exists()

    def _picked(self, pick: int) -> Measure:
        every = list(Measure.objects.order_by("id"))
        return every[pick % len(every)]

    def _code(self, measure: Measure) -> str:
        return next(code for code in ("C", "D1", "S11") if self.city[code].pk == measure.area_id)


@pytest.mark.usefixtures("db")
def test_measures_keep_their_rules_whatever_happens() -> None:
    city = small_city()
    play(Measures, examples=40, steps=20, city=city, above=crisis(city))


@pytest.fixture
def measure(transactional_db: None) -> Measure:
    city = small_city()
    return set_measure(
        decision=crisis(city).decision, area=city["D1"], kind="gathering", title="Halls closed",
        ends_at=START + DAY, by=city.person("mayor"), now=START,
    )  # fmt: skip


def test_two_clocks_end_a_measure_once(measure: Measure) -> None:
    clock = Person.objects.get(login="founder")
    ended = at_once(*[lambda: end_measures_due(by=clock, now=START + DAY)] * 2)
    assert sorted(map(len, ended)) == [0, 1]
    assert len(lines("decision.end_measure")) == 1


def test_two_people_who_end_and_renew_a_measure_at_once_come_one_after_the_other(
    measure: Measure,
) -> None:
    """Whoever comes second meets what the first one left; a lifted measure is not renewed."""
    mayor, soon = Person.objects.get(login="mayor"), START + HOUR
    same = [Measure.objects.get(pk=measure.pk) for _ in range(2)]
    at_once(
        lambda: renew_measure(
            measure=same[0], ends_at=START + 2 * DAY, reason="still needed", by=mayor, now=soon
        ),
        lambda: lift_measure(measure=same[1], reason="over", by=mayor, now=soon),
    )
    measure.refresh_from_db()
    assert measure.state == State.LIFTED
    verbs = [entry.verb for entry in lines() if entry.verb.startswith("decision.")][-2:]
    renewed = len(measure.renewals)
    assert verbs[-1] == "decision.end_measure"
    assert (verbs[0] == "decision.renew_measure") == bool(renewed)
