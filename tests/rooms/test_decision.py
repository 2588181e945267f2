"""Decisions with their refused options, levels with their tests, measures that end, modes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.lent import sign
from gongzhi.actors.policies import BeyondDiscretion
from gongzhi.assessment.models import Incident
from gongzhi.decision.actions import (
    OptionDraft,
    change_level,
    decide,
    end_level,
    end_measures_due,
    lift_measure,
    renew_measure,
    set_measure,
    switch_mode,
)  # fmt: skip
from gongzhi.decision.intervals import late_counts
from gongzhi.decision.mode_tests import mode_test
from gongzhi.decision.mode_words import explained_mode
from gongzhi.decision.models import Decision, Measure, Mode, Option, ResponseLevel
from gongzhi.decision.policies import mode_of, mode_parameters
from gongzhi.decision.queries import (
    duties,
    level_over,
    levels_in_force,
    measures_in_force,
    measures_over,
)  # fmt: skip
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.ledger.records import digest
from gongzhi.parameters import parameter
from gongzhi.sensing.models import Warning
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import (
    assessed,
    counted,
    decided,
    facts,
    lent_power,
    lines,
    open_incident,
    red_warning,
)  # fmt: skip

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Grade = ResponseLevel.Grade
pytestmark = pytest.mark.usefixtures("in_english")


@once
def decision(city: City) -> Decision:
    """A decision on an open incident of district 1."""
    return decided(city, open_incident(city))


@once
def emergency(city: City, decision: Decision) -> Mode:
    """District 1 in emergency mode."""
    return switched(city, decision)


def close(decision: Decision, city: City) -> None:
    decision.incident.state, decision.incident.closed_at = "closed", START
    decision.incident.closed_by = city.person("mayor")
    decision.incident.save()


# Deciding -----------------------------------------------------------------------------------------


def option(title: str, chosen: bool = False, reason: str = "Too slow") -> OptionDraft:
    return OptionDraft(
        title=title, effect="R below 1", burden="2,000 people", cost_cents=5_000_00, chosen=chosen,
        reason_refused="" if chosen else reason,
    )  # fmt: skip


THREE = [option("Test schools", chosen=True), option("Wait"), option("Close schools")]


def choose(city: City, by: str = "d1-chief", **given: Any) -> Decision:
    incident = given.pop("incident", None) or open_incident(city)
    values = {
        "assessment": given.pop("assessment", None) or assessed(city, incident),
        "title": "Test in schools", "reason": "It spreads there", "legal_basis": "Law, art. 42",
        "options": THREE, "now": START,
    }  # fmt: skip
    return decide(incident=incident, by=city.person(by), **{**values, **given})


def test_a_decision_keeps_all_options_and_the_facts_seen(city: City) -> None:
    counted(city["K111"], [3], START.date())
    decision = choose(city)
    decision.refresh_from_db()
    kept = Option.objects.filter(decision=decision).order_by("id")
    assert [(o.title, o.chosen, o.reason_refused) for o in kept] == [
        ("Test schools", True, ""), ("Wait", False, "Too slow"),
        ("Close schools", False, "Too slow"),
    ]  # fmt: skip
    assert decision.snapshot["counts"] == [["fever", "2021-03-01", 3]]
    assert digest(decision.snapshot) == decision.snapshot_digest
    assert decision.commander == decision.decided_by == city.person("d1-chief")
    said = facts("decision.decide")
    assert said["snapshot"] == decision.snapshot_digest and said["power"] == decision.power
    assert said["options"] == [
        ["Test schools", True, ""], ["Wait", False, "Too slow"],
        ["Close schools", False, "Too slow"],
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["d1-duty", "expert", "d2-chief", "s11-duty"])
def test_who_does_not_command_there_does_not_decide(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        choose(city, by=by)
    assert not Decision.objects.exists() and not Option.objects.exists()


def test_nothing_is_decided_on_a_closed_incident(city: City, decision: Decision) -> None:
    close(decision, city)
    with pytest.raises(NotNow, match="is closed"):
        choose(city, incident=decision.incident, assessment=decision.assessment)


def test_a_decision_rests_on_an_assessment_of_the_same_incident(city: City) -> None:
    other = assessed(city, open_incident(city, "D2"))
    with pytest.raises(Malformed, match="of another incident") as refusal:
        choose(city, assessment=other)
    assert "assessment" in refusal.value.details


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([option("a"), option("b")], "Choose exactly one"),
        ([option("a", chosen=True), option("b", chosen=True)], "Choose exactly one"),
        ([option("a", chosen=True), option("b", reason="")], "why it was refused"),
    ],
)
def test_one_option_is_chosen_and_each_other_has_its_reason(
    city: City, options: list[OptionDraft], sentence: str
) -> None:
    with pytest.raises(Malformed, match=sentence):
        choose(city, options=options)
    assert not Option.objects.exists()


def test_the_database_keeps_one_chosen_option_and_reasons(city: City) -> None:
    decision = choose(city)
    refused = Option.objects.filter(decision=decision, chosen=False)
    for changes in ({"chosen": True}, {"reason_refused": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            refused.update(**changes)


def test_the_longest_decision_fits_one_line(city: City) -> None:
    long = [
        OptionDraft(title="危" * 200, effect="危" * 300, burden="危" * 300, chosen=n == 0,
                    reason_refused="" if n == 0 else "危" * 300, cost_cents=0)
        for n in range(12)
    ]  # fmt: skip
    assert choose(city, options=long, title="危" * 200, legal_basis="危" * 300)


# Levels -------------------------------------------------------------------------------------------


def enter(city: City, decision: Decision, grade: Any, area: str = "D1", **given: Any) -> Any:
    values = {"by": city.person(given.pop("by", "mayor")), "now": START, **given}
    return change_level(decision=decision, area=city[area], grade=grade, **values)


@pytest.mark.parametrize(
    ("reds", "yellows", "highest"),
    [(0, 0, None), (0, 1, 4), (1, 0, 3), (2, 0, 2), (3, 5, 2), (4, 0, 1), (9, 0, 1)],
)
def test_the_test_of_each_level(
    city: City, decision: Decision, reds: int, yellows: int, highest: int | None
) -> None:
    """Open warnings in the area decide which levels can be entered without a reason."""
    Warning.objects.all().update(state="ended", ended_at=START)
    for number in range(reds):
        red_warning(city, "S11", stream=f"red{number}")
    for number in range(yellows):
        red_warning(city, "S12", stream=f"yellow{number}", level="yellow")
    red_warning(city, "D2", stream="elsewhere")
    for grade in Grade:
        if highest is not None and grade >= highest:
            assert enter(city, decision, grade, area="D1").entry_test["passed"]
            ResponseLevel.objects.all().delete()
        else:
            with pytest.raises(NotNow, match="The test for this level is not passed"):
                enter(city, decision, grade, area="D1")


def test_a_refused_level_says_what_was_asked_and_found(city: City, decision: Decision) -> None:
    with pytest.raises(NotNow) as refusal:
        enter(city, decision, Grade.I)
    assert str(refusal.value).startswith(
        "The test for this level is not passed: it asks for 4 open red warnings, and there are "
        "1 red and 0 yellow. "
    )
    Warning.objects.all().update(state="ended", ended_at=START)
    with pytest.raises(NotNow, match="it asks for 1 open warnings, and there are 0 red and 0 yel"):
        enter(city, decision, Grade.IV)


def test_a_level_is_entered_with_its_test_and_the_version_of_the_rule(
    city: City, decision: Decision
) -> None:
    level = enter(city, decision, Grade.III)
    level.refresh_from_db()
    assert (level.grade, level.hazard, level.ended_at) == (3, "epidemic", None)
    version = parameter("response-levels.level_3", START.date()).version
    assert level.entry_test == {
        "rule": {"enter_red": 1, "leave_days_without_red": 7}, "version": version,
        "found": {"green": 0, "yellow": 0, "red": 1}, "passed": True, "reason": "",
    }  # fmt: skip
    said = facts("decision.change_level")
    assert (said["grade"], said["before"], said["decision"]) == (3, None, decision.ref)
    assert level_over(city["G1111"], "epidemic") == level
    assert level_over(city["S21"], "epidemic") is None and level_over(city["S11"], "flood") is None
    assert list(levels_in_force(city.person("d1-duty"), START)) == [level]
    assert not levels_in_force(city.person("d2-duty"), START).exists()


def test_a_level_against_its_test_keeps_the_reason_beside_it(
    city: City, decision: Decision
) -> None:
    level = enter(city, decision, Grade.I, override_reason="The next city is at level I")
    assert not level.entry_test["passed"]
    assert level.entry_test["reason"] == "The next city is at level I"
    assert facts("decision.change_level")["reason"] == "The next city is at level I"


def test_a_higher_level_ends_the_one_before(city: City, decision: Decision) -> None:
    first = enter(city, decision, Grade.III)
    second = enter(city, decision, Grade.II, override_reason="Doubling", now=START + HOUR)
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by_decision) == (START + HOUR, decision)
    assert first.exit_test["found"] == {"days_without_red": 0, "red_open": 1}
    assert facts_of_last_change()["before"] == 3
    assert level_over(city["D1"], "epidemic") == second


def facts_of_last_change() -> dict[str, Any]:
    import json

    said: dict[str, Any] = json.loads(lines("decision.change_level")[-1].body)["facts"]
    return said


def test_easing_asks_for_the_exit_test(city: City, decision: Decision) -> None:
    """Level IV may be entered any time, but not to leave level III before its days are over."""
    enter(city, decision, Grade.III)
    with pytest.raises(NotNow, match="asks for 7 days without a new red warning and none open, "
                       "and there are 0 days and 1 open"):  # fmt: skip
        enter(city, decision, Grade.IV)
    Warning.objects.all().update(state="ended", ended_at=START)
    with pytest.raises(NotNow, match="there are 6 days and 0 open"):
        enter(city, decision, Grade.IV, now=START + 7 * DAY - HOUR)
    assert enter(city, decision, Grade.IV, now=START + 7 * DAY).grade == 4


def test_the_same_level_is_not_entered_twice(city: City, decision: Decision) -> None:
    enter(city, decision, Grade.III)
    with pytest.raises(NotNow, match="in force already"):
        enter(city, decision, Grade.III)


@pytest.mark.parametrize("by", ["d1-chief", "d1-duty", "expert"])
def test_a_level_is_changed_by_the_city_only(city: City, decision: Decision, by: str) -> None:
    with pytest.raises(NotAllowed):
        enter(city, decision, Grade.III, by=by)
    level = enter(city, decision, Grade.III)
    with pytest.raises(NotAllowed):
        leave(city, level, decision, by=by, override_reason="Over")


@pytest.mark.parametrize("area", ["C", "D2", "S21"])
def test_a_decision_reaches_no_further_than_its_incident(
    city: City, decision: Decision, area: str
) -> None:
    with pytest.raises(Malformed, match="concerns 东岸区 only") as refusal:
        enter(city, decision, Grade.III, area=area)
    assert "area" in refusal.value.details
    with pytest.raises(Malformed, match="concerns 东岸区 only"):
        switched(city, decision, area=area)
    with pytest.raises(Malformed, match="concerns 东岸区 only"):
        put(city, decision, area=area, by="mayor")


def test_no_level_is_entered_for_a_closed_incident(city: City, decision: Decision) -> None:
    close(decision, city)
    with pytest.raises(NotNow, match="is closed"):
        enter(city, decision, Grade.III)


def leave(city: City, level: ResponseLevel, decision: Decision, **given: Any) -> ResponseLevel:
    values = {"by": city.person(given.pop("by", "mayor")), "now": START + HOUR, **given}
    return end_level(level=level, decision=decision, **values)


def test_a_level_is_left_when_its_test_is_passed(city: City, decision: Decision) -> None:
    level = enter(city, decision, Grade.III)
    with pytest.raises(NotNow, match="not passed"):
        leave(city, level, decision)
    Warning.objects.all().update(state="ended", ended_at=START)
    close(decision, city)
    when = START + 7 * DAY
    leave(city, level, decision, now=when)
    level.refresh_from_db()
    assert (level.ended_at, level.ended_by_decision) == (when, decision)
    assert level.exit_test["passed"] and level.exit_test["found"]["days_without_red"] == 7
    assert facts("decision.end_level")["test"]["passed"]
    with pytest.raises(NotNow, match="ended already"):
        leave(city, level, decision, now=when)


def test_a_level_is_left_early_with_a_reason(city: City, decision: Decision) -> None:
    level = enter(city, decision, Grade.III)
    leave(city, level, decision, override_reason="A false alarm")
    level.refresh_from_db()
    assert level.exit_test["reason"] == "A false alarm" and not level.exit_test["passed"]
    assert facts("decision.end_level")["reason"] == "A false alarm"


def test_a_level_is_not_ended_by_a_decision_about_elsewhere(city: City, decision: Decision) -> None:
    level = enter(city, decision, Grade.III)
    elsewhere = decided(city, open_incident(city, "D2"))
    with pytest.raises(Malformed, match="concerns 西岸区 only"):
        leave(city, level, elsewhere, override_reason="Over")


def test_a_level_is_not_ended_by_a_decision_about_another_hazard(
    city: City, decision: Decision
) -> None:
    level = enter(city, decision, Grade.III)
    flood = open_incident(city, "C")
    Incident.objects.filter(pk=flood.pk).update(hazard="flood")
    flood.refresh_from_db()
    with pytest.raises(Malformed, match="another hazard \\(epidemic\\)"):
        leave(city, level, decided(city, flood), override_reason="Over")


def test_the_exit_test_is_passed_where_there_never_was_a_red_warning(
    city: City, decision: Decision
) -> None:
    Warning.objects.all().update(level="yellow")
    level = enter(city, decision, Grade.IV)
    leave(city, level, decision)
    assert level.exit_test["passed"]


def test_the_database_keeps_one_level_of_a_hazard(city: City, decision: Decision) -> None:
    level = enter(city, decision, Grade.III)
    level.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        level.save(force_insert=True)


# Measures -----------------------------------------------------------------------------------------


def put(city: City, decision: Decision, days: float = 7, **given: Any) -> Measure:
    now: datetime = given.pop("now", START)
    values = {
        "area": city[given.pop("area", "D1")], "kind": "mask_indoors", "title": "Masks indoors",
        "ends_at": now + timedelta(days=days), "by": city.person(given.pop("by", "d1-chief")),
    }  # fmt: skip
    return set_measure(decision=decision, now=now, **{**values, **given})


def test_a_measure_is_set_until_its_end(city: City, decision: Decision, emergency: Mode) -> None:
    measure = put(city, decision, area="S11")
    measure.refresh_from_db()
    assert (measure.state, measure.ends_at) == ("active", START + 7 * DAY)
    assert facts("decision.set_measure") == {
        "kind": "mask_indoors", "title": "Masks indoors", "decision": decision.ref,
        "ends_at": (START + 7 * DAY).isoformat(),
        "power": power_of(city, "d1-chief", "set_measure"),
    }  # fmt: skip
    assert list(measures_in_force(city.person("s11-duty"), START)) == [measure]
    assert not measures_in_force(city.person("s12-duty"), START).exists()


def power_of(city: City, login: str, power: str) -> str:
    """How the log names a power that somebody holds by the post."""
    return f"{power} (post:{city.person(login).posts.get().pk})"


def test_every_emergency_power_is_named_in_the_log(
    city: City, decision: Decision, emergency: Mode
) -> None:
    level = enter(city, decision, Grade.III)
    leave(city, level, decision, override_reason="A false alarm")
    measure = put(city, decision, area="S11")
    renew_measure(
        measure=measure, ends_at=START + 9 * DAY, reason="Still needed",
        by=city.person("d1-chief"), now=START + HOUR,
    )  # fmt: skip
    lift_measure(measure=measure, reason="Over", by=city.person("d1-chief"), now=START + 2 * HOUR)
    for verb, login, power in (
        ("change_level", "mayor", "change_level"), ("end_level", "mayor", "change_level"),
        ("set_measure", "d1-chief", "set_measure"), ("renew_measure", "d1-chief", "set_measure"),
        ("end_measure", "d1-chief", "set_measure"), ("switch_mode", "mayor", "switch_mode"),
    ):  # fmt: skip
        assert facts(f"decision.{verb}")["power"] == power_of(city, login, power), verb


def test_a_lent_power_reaches_only_as_many_people_as_the_lender_allowed(
    city: City, decision: Decision, emergency: Mode
) -> None:
    lent = lent_power(
        lender=city["C"], borrower=city["D2"], area=city["D1"], powers=["set_measure"],
        legal_basis="District order 5", starts_at=START, ends_at=START + DAY, limit_people=999,
        granted_by=city.person("mayor"),
    )  # fmt: skip
    with pytest.raises(NotAllowed, match="beyond the limit"):
        put(city, decision, area="S11", by="d2-chief")
    lent.limit_people = city["S11"].population
    lent.save(update_fields=["limit_people"])
    with pytest.raises(NotAllowed, match="is not what was signed"):
        put(city, decision, area="S11", by="d2-chief")
    sign(lent)
    lent.save(update_fields=["signed"])
    put(city, decision, area="S11", by="d2-chief")
    assert facts("decision.set_measure")["power"] == f"set_measure (delegation:{lent.pk})"


@pytest.mark.parametrize("by", ["d1-duty", "d2-chief", "s11-duty", "expert"])
def test_who_does_not_command_there_sets_no_measure(
    city: City, decision: Decision, emergency: Mode, by: str
) -> None:
    with pytest.raises(NotAllowed):
        put(city, decision, by=by)
    assert not Measure.objects.exists()


def test_no_measure_in_ordinary_times(city: City, decision: Decision) -> None:
    with pytest.raises(NotNow, match="东岸区 is in normal mode"):
        put(city, decision)


@pytest.mark.parametrize(
    ("days", "sentence"), [(0, "end before it begins"), (-1, "end before it begins"),
                           (30.01, "30 days at most")]
)  # fmt: skip
def test_a_measure_has_an_end_and_not_a_far_one(
    city: City, decision: Decision, emergency: Mode, days: float, sentence: str
) -> None:
    with pytest.raises(Malformed, match=sentence) as refusal:
        put(city, decision, days)
    assert "ends_at" in refusal.value.details
    assert put(city, decision, 30).ends_at == START + 30 * DAY


def test_no_measure_for_a_closed_incident(city: City, decision: Decision, emergency: Mode) -> None:
    close(decision, city)
    with pytest.raises(NotNow, match="is closed"):
        put(city, decision)


def renew(city: City, measure: Measure, until: datetime, **given: Any) -> Measure:
    values = {"by": city.person(given.pop("by", "d1-chief")), "now": START + DAY, **given}
    return renew_measure(measure=measure, ends_at=until, reason="Still spreading", **values)


def test_a_measure_is_renewed_with_the_reason(
    city: City, decision: Decision, emergency: Mode
) -> None:
    measure = renew(city, put(city, decision), START + 20 * DAY)
    measure.refresh_from_db()
    assert measure.ends_at == START + 20 * DAY
    assert measure.renewals == [
        {
            "at": (START + DAY).isoformat(), "until": (START + 20 * DAY).isoformat(),
            "reason": "Still spreading", "by": city.person("d1-chief").ref,
        }
    ]  # fmt: skip
    renew(city, measure, START + 30 * DAY, now=START + 2 * DAY)
    assert len(Measure.objects.get().renewals) == 2


def test_a_renewal_makes_it_longer_and_not_too_long(
    city: City, decision: Decision, emergency: Mode
) -> None:
    measure = put(city, decision)
    with pytest.raises(NotNow, match="until then anyway"):
        renew(city, measure, START + 7 * DAY)
    with pytest.raises(Malformed, match="end before it begins"):
        renew(city, measure, START)
    with pytest.raises(Malformed, match="30 days at most"):
        renew(city, measure, START + 31 * DAY + HOUR)
    with pytest.raises(NotAllowed):
        renew(city, measure, START + 9 * DAY, by="d1-duty")


def lift(city: City, measure: Measure, by: str = "d1-chief", now: datetime = START) -> Measure:
    return lift_measure(measure=measure, reason="Under control", by=city.person(by), now=now)


def test_a_measure_is_lifted_early_with_the_reason(
    city: City, decision: Decision, emergency: Mode
) -> None:
    measure = lift(city, put(city, decision), now=START + DAY)
    measure.refresh_from_db()
    assert (measure.state, measure.ended_at) == ("lifted", START + DAY)
    assert measure.reason_ended == "Under control"
    said = facts("decision.end_measure")
    assert (said["state"], said["reason"]) == ("lifted", "Under control")
    with pytest.raises(NotAllowed):
        lift(city, put(city, decision), by="d1-duty")


def test_a_measure_that_is_over_is_neither_renewed_nor_lifted(
    city: City, decision: Decision, emergency: Mode
) -> None:
    lifted = lift(city, put(city, decision))
    for deed in (lambda: renew(city, lifted, START + 9 * DAY), lambda: lift(city, lifted)):
        with pytest.raises(NotNow, match=r"is over \(lifted early\)"):
            deed()


def test_a_measure_is_over_on_its_date_even_before_the_clock_says_so(
    city: City, decision: Decision, emergency: Mode
) -> None:
    """Between its end and the next round nobody can bring it back to life."""
    measure = put(city, decision)
    end = START + 7 * DAY
    with pytest.raises(NotNow, match=r"is over \(ended on its date\)"):
        renew(city, measure, end + DAY, now=end)
    with pytest.raises(NotNow, match=r"is over \(ended on its date\)"):
        lift(city, measure, now=end)
    assert not measures_in_force(city.person("d1-chief"), end).exists()
    assert renew(city, measure, end + DAY, now=end - timedelta(seconds=1))


def let_die(city: City, now: datetime) -> list[Measure]:
    return end_measures_due(by=city.person("founder"), now=now)


def test_a_measure_is_not_set_beside_itself_but_renewed_with_a_reason(
    city: City, decision: Decision, emergency: Mode
) -> None:
    measure = put(city, decision, 7)
    with pytest.raises(NotNow, match="“Masks indoors” stands there until 03-08 09:00 already"):
        put(city, decision, 9)
    put(city, decision, 9, area="S11")
    lift(city, measure)
    assert put(city, decision, 9).state == "active", "what was lifted can be set again"


def test_measures_die_by_themselves_once(city: City, decision: Decision, emergency: Mode) -> None:
    short, long = put(city, decision, 7), put(city, decision, 9, title="Masks outdoors")
    lifted = lift(city, put(city, decision, 7, title="No gatherings"))
    end = START + 7 * DAY
    assert let_die(city, end - timedelta(seconds=1)) == []
    assert let_die(city, end) == [short]
    short.refresh_from_db(), long.refresh_from_db(), lifted.refresh_from_db()
    assert (short.state, short.ended_at) == ("expired", end)
    assert (long.state, lifted.state) == ("active", "lifted")
    before = len(lines())
    assert let_die(city, end) == [] and not measures_over(end).exists()
    assert len(lines()) == before
    assert let_die(city, START + 90 * DAY) == [long]


@pytest.mark.parametrize("values", [{"ends_at": START}, {"ended_at": START}, {"state": "expired"}])
def test_the_database_refuses_half_a_fact_about_a_measure(
    city: City, decision: Decision, emergency: Mode, values: dict[str, Any]
) -> None:
    put(city, decision)
    with pytest.raises(IntegrityError), transaction.atomic():
        Measure.objects.update(**values)


# Modes --------------------------------------------------------------------------------------------


def switched(
    city: City, decision: Decision, mode: str = "emergency", area: str = "D1",
    by: str = "mayor", now: datetime = START, reason: str | None = None,
) -> Mode:  # fmt: skip
    """Switch; back to normal with a reason, for the warning of the scene is still open."""
    given = ("It is under control" if mode == "normal" else "") if reason is None else reason
    return switch_mode(
        decision=decision, area=city[area], mode=Mode.ModeKind(mode), override_reason=given,
        by=city.person(by), now=now,
    )  # fmt: skip


def test_everything_changes_together_and_back(city: City, decision: Decision) -> None:
    normal = mode_parameters(city["S11"], START)
    assert mode_of(city["S11"]) is None and normal["report_interval_hours"] == 168
    mode = switched(city, decision, by="d1-chief")
    there = mode_parameters(city["S11"], START)
    assert mode_of(city["G1111"]) == mode and mode_of(city["S21"]) is None
    assert {name for name in normal if normal[name] != there[name]} == set(normal)
    assert facts("decision.switch_mode")["parameters"] == there
    back = switched(city, decision, "normal", now=START + 9 * DAY)
    mode.refresh_from_db()
    assert mode.ended_at == START + 9 * DAY and back.ended_at is None
    assert mode_parameters(city["S11"], START) == normal


def test_an_emergency_is_entered_on_what_is_found_or_with_a_reason_that_stands_beside_it(
    city: City, decision: Decision
) -> None:
    found = switched(city, decision).switch_test
    assert found["passed"] and found["version"].startswith("modes@") and found["reason"] == ""
    assert [(t["name"], t["asked"], t["found"], t["holds"]) for t in found["tests"]] == [
        ("red_open", 1, 1, True), ("yellow_open", 3, 0, False), ("grade", 4, None, False),
        ("counted", 100, None, False),
    ]  # fmt: skip
    Mode.objects.all().delete()
    Warning.objects.update(state="ended")
    with pytest.raises(NotNow, match=r"Nothing here calls .* at least 1 \(there are: 0\)"):
        switched(city, decision)
    against = switched(city, decision, reason="The dyke may break tonight").switch_test
    assert not against["passed"] and against["reason"] == "The dyke may break tonight"
    said = lines("decision.switch_mode")[-1].body
    assert '"reason":"The dyke may break tonight"' in said and '"passed":false' in said


@pytest.mark.parametrize("why", ["yellow", "level", "sheltered"])
def test_each_way_into_an_emergency_is_enough(city: City, decision: Decision, why: str) -> None:
    Warning.objects.update(state="ended")
    if why == "yellow":
        for stream in ("fever", "cough", "fever_clinic"):
            red_warning(city, "S11", stream=stream, level="yellow")
    elif why == "level":
        enter(city, decision, Grade.IV, override_reason="As a precaution")
    else:
        counted(city["S11"], [60], START.date(), stream="people_sheltered")
        counted(city["S12"], [40], START.date(), stream="people_sheltered")
    held = [t["name"] for t in switched(city, decision).switch_test["tests"] if t["holds"]]
    assert held == {"yellow": ["yellow_open"], "level": ["grade"], "sheltered": ["counted"]}[why]


def test_a_warning_of_another_hazard_opens_no_emergency(city: City, decision: Decision) -> None:
    Warning.objects.update(stream="water_level")
    with pytest.raises(NotNow, match="Nothing here calls for an emergency"):
        switched(city, decision)


def test_a_decision_of_a_closed_incident_opens_no_emergency_but_may_end_one(
    city: City, decision: Decision
) -> None:
    mode = switched(city, decision)
    close(decision, city)
    switched(city, decision, "normal", now=START + DAY)
    mode.refresh_from_db()
    assert mode.ended_at == START + DAY
    with pytest.raises(NotNow, match="is closed"):
        switched(city, decision, reason="All the same", now=START + 2 * DAY)


def test_an_emergency_ends_when_every_test_is_met(
    city: City, decision: Decision, emergency: Mode
) -> None:
    level = enter(city, decision, Grade.III)
    counted(city["S11"], [120], START.date(), stream="people_sheltered")
    names = ["no_red_open", "days_without_red", "no_level", "no_longer_counted"]

    def against(now: datetime) -> list[str]:
        with pytest.raises(NotNow, match="It is too early to go back to normal"):
            switched(city, decision, "normal", reason="", now=now)
        tests = mode_test(decision, city["D1"], "normal", now)["tests"]
        assert [t["name"] for t in tests] == names
        return [t["name"] for t in tests if not t["holds"]]

    assert against(START + DAY) == names
    Warning.objects.update(state="ended")
    assert against(START + 4 * DAY) == ["no_level", "no_longer_counted"]
    leave(city, level, decision, override_reason="It is over")
    assert against(START + 4 * DAY) == ["no_longer_counted"]
    counted(city["S11"], [0], (START + 4 * DAY).date(), stream="people_sheltered")
    back = switched(city, decision, "normal", reason="", now=START + 4 * DAY)
    assert back.switch_test["passed"] and mode_of(city["D1"]) == back


def test_the_switch_says_each_test_and_each_change_before_it_is_done(
    city: City, decision: Decision
) -> None:
    counted(city["S11"], [3], START.date())
    lines = explained_mode(
        decision=decision, area=city["D1"], mode=Mode.ModeKind.EMERGENCY,
        now=START + 2 * DAY,
    )  # fmt: skip
    assert "Test: open red warnings, at least 1 (there are: 1): met" in lines
    assert "Test: open yellow warnings, at least 3 (there are: 0): not met" in lines
    assert "Changes: “decide” (district) by itself up to 20,000,000 yuan" in lines
    assert "Changes: measures may stand 30 days at most" in lines
    assert any("recorded only" in line for line in lines)
    assert "Places whose counts would be late at once: 1" in lines
    assert not Mode.objects.exists()


def test_counts_are_late_sooner_in_an_emergency_and_later_again_after_it(
    city: City, decision: Decision
) -> None:
    counted(city["S11"], [3], START.date())
    soon = START + 25 * HOUR
    assert late_counts(city["D1"], soon) == []
    switched(city, decision)
    late = late_counts(city["D1"], soon)
    assert [(one.place, one.stream, one.due_at) for one in late] == [
        (city["S11"], "fever", START + DAY)
    ]
    assert late_counts(city["D1"], START + DAY) == []
    switched(city, decision, "normal", now=soon)
    assert late_counts(city["D1"], soon) == []
    assert len(late_counts(city["D1"], START + 7 * DAY + HOUR)) == 1


def test_a_district_spends_more_by_itself_in_an_emergency_and_no_more_after_it(
    city: City, decision: Decision
) -> None:
    def spend(now: datetime) -> Decision:
        dear = [OptionDraft(title="Test all", chosen=True, cost_cents=2_000_000_000)]
        return choose(
            city, incident=decision.incident, assessment=decision.assessment, options=dear, now=now
        )

    with pytest.raises(BeyondDiscretion, match="at most 5,000,000 yuan"):
        spend(START)
    switched(city, decision)
    assert spend(START).options.get().cost_cents == 2_000_000_000
    switched(city, decision, "normal", now=START + DAY)
    with pytest.raises(BeyondDiscretion, match="at most 5,000,000 yuan"):
        spend(START + DAY)


def test_an_unknown_cost_is_no_zero_where_there_is_a_limit_of_money(city: City) -> None:
    unknown = [OptionDraft(title="Test schools", chosen=True)]
    incident = open_incident(city)
    with pytest.raises(Malformed, match="Say what the option chosen costs") as refusal:
        choose(city, options=unknown, incident=incident)
    assert set(refusal.value.details) == {"options"} and not Decision.objects.exists()
    nothing = [OptionDraft(title="Test schools", chosen=True, cost_cents=0)]
    assert choose(city, options=nothing, incident=incident)
    by_city = choose(city, by="mayor", options=unknown, incident=incident)
    assert by_city.options.get().cost_cents is None, "the city has no limit"


def test_going_back_lifts_every_measure_of_the_area_and_no_other(
    city: City, decision: Decision, emergency: Mode
) -> None:
    inside = [put(city, decision), put(city, decision, area="S11")]
    elsewhere = decided(city, open_incident(city, "D2"))
    switched(city, elsewhere, area="D2")
    outside = put(city, elsewhere, area="D2", by="d2-chief")
    switched(city, decision, "normal", now=START + DAY)
    for measure in inside:
        measure.refresh_from_db()
        assert (measure.state, measure.reason_ended) == (
            "lifted", "the area went back to normal",
        )  # fmt: skip
    outside.refresh_from_db()
    assert outside.state == "active"
    assert len(lines("decision.end_measure")) == 2
    assert '"lifted":2' in lines("decision.switch_mode")[-1].body


def test_a_district_keeps_its_own_mode_beside_that_of_the_city(
    city: City, decision: Decision, emergency: Mode
) -> None:
    whole = decided(city, open_incident(city, "C"))
    of_city = switched(city, whole, area="C")
    assert mode_of(city["S11"]) == emergency and mode_of(city["S21"]) == of_city


def test_a_district_that_went_back_is_in_the_next_emergency_of_its_city(
    city: City, decision: Decision, emergency: Mode
) -> None:
    switched(city, decision, "normal", now=START + DAY)
    whole = decided(city, open_incident(city, "C"))
    of_city = switched(city, whole, area="C", now=START + 2 * DAY)
    assert mode_of(city["S11"]) == of_city
    measure = put(city, whole, area="D1", by="mayor", now=START + 2 * DAY, days=3)
    assert measure.state == "active"
    with pytest.raises(NotNow, match="东岸区 is in emergency because 临江市 is"):
        switched(city, decision, "normal", now=START + 3 * DAY)


def test_an_emergency_of_its_own_outlasts_that_of_the_city_with_its_measures(
    city: City, decision: Decision, emergency: Mode
) -> None:
    whole = decided(city, open_incident(city, "C"))
    switched(city, whole, area="C")
    own, of_city = put(city, decision), put(city, whole, area="D1", by="mayor")
    there = put(city, whole, area="D2", by="mayor")
    switched(city, whole, "normal", area="C", now=START + DAY)
    states = [Measure.objects.get(pk=one.pk).state for one in (own, of_city, there)]
    assert states == ["active", "lifted", "lifted"]
    assert mode_of(city["S11"]) == emergency and mode_parameters(city["S21"], START) != (
        mode_parameters(city["S11"], START)
    )


@pytest.mark.parametrize("mode", ["normal", "emergency"])
def test_switching_to_the_mode_in_force_is_refused(
    city: City, decision: Decision, mode: str
) -> None:
    if mode == "emergency":
        switched(city, decision)
    with pytest.raises(NotNow, match=f"东岸区 is in {mode} mode already"):
        switched(city, decision, mode)


@pytest.mark.parametrize("by", ["d1-duty", "d2-chief", "s11-duty", "expert"])
def test_who_does_not_command_there_does_not_switch(
    city: City, decision: Decision, by: str
) -> None:
    with pytest.raises(NotAllowed):
        switched(city, decision, by=by)
    assert not Mode.objects.exists()


# Duties -------------------------------------------------------------------------------------------


def asked(city: City, login: str, now: datetime = START) -> list[tuple[str, str]]:
    return [(duty.verb, duty.subject) for duty in duties(city.person(login), now)]


def test_an_assessed_incident_asks_for_a_decision(city: City) -> None:
    incident = open_incident(city)
    wanted = ("decide", incident.ref)
    assert wanted not in asked(city, "d1-chief")
    assessment = assessed(city, incident)
    assessed(city, incident)
    assert asked(city, "d1-chief") == [wanted], "once, however many assessments there are"
    assert asked(city, "d1-duty") == asked(city, "d2-chief") == []
    choose(city, incident=incident, assessment=assessment)
    assert asked(city, "d1-chief") == []


def test_a_measure_that_ends_soon_asks_to_be_renewed_or_let_go(
    city: City, decision: Decision, emergency: Mode
) -> None:
    measure = put(city, decision, 20)
    wanted = ("renew_measure", measure.ref)
    assert wanted not in asked(city, "d1-chief", START + 12 * DAY)
    assert wanted in asked(city, "d1-chief", START + 13 * DAY)
    assert wanted not in asked(city, "d1-duty", START + 13 * DAY)
    assert wanted not in asked(city, "d1-chief", START + 20 * DAY)
