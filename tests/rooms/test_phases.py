"""Phases of a plan in force: proposed by the clock, begun and ended by people, then wound down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.actions import delegate
from gongzhi.assessment.actions import close_incident
from gongzhi.command.actions import (
    activate_plan,
    adopt_plan,
    amend_order,
    begin_phase,
    end_phase,
    fail_order,
    finish_order,
    propose_phases,
    take_back,
)
from gongzhi.command.models import Activation, Order, Phase, WindDown
from gongzhi.command.queries import duties, what_would_happen
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.ledger.models import Entry
from gongzhi.sensing.actions import CountDraft, record_counts
from gongzhi.sensing.models import Warning
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts
from tests.rooms.telling import english, to, told
from tests.rooms.upstream import (
    Upstream,
    in_force,
    plan_document,
    plan_order,
    red_warning,
    words,
)

DAY = timedelta(days=1)


PHASES = [
    {
        "phase": "control",
        "enter": {"red_warnings": 1},
        "leave": {"red_warnings_at_most": 0},
    },
    {
        "phase": "clear",
        "enter": {"counts": [{"stream": "fever", "days": 2, "at_least": 50}]},
        "leave": {"counts": [{"stream": "fever", "days": 2, "at_most": 5}]},
    },
]
ORDERS = (
    plan_order("post", {"each": "street"}, 30),
    plan_order("seal", {"each": "district"}, 60, phase="control", after=["post"]),
    plan_order("wash", {"each": "street"}, 60, phase="clear", after=["seal"], cost_cents=100),
    plan_order("tell", {"each": "city"}, 60, after=["wash"]),
)


def active(city: City, above: Upstream, **more: Any) -> Activation:
    given = {"phases": PHASES, "wind_down": [words("Barriers"), words("Passes")], **more}
    return in_force(city, above, plan_document(*ORDERS, **given))


def counted(city: City, value: int, now: Any = START) -> None:
    """So many fevers in one street, yesterday; today nobody has counted yet."""
    draft = CountDraft(place=city["S11"].pk, stream="fever", day=(now - DAY).date(), value=value)
    record_counts(source="clinics", counts=[draft], by=city.person("city-duty"), now=now)


def proposed(city: City, now: Any = START) -> int:
    changed = propose_phases(by=city.person("founder"), now=now)
    before = Entry.objects.count()
    assert propose_phases(by=city.person("founder"), now=now) == 0, "Run again, nothing changes."
    assert Entry.objects.count() == before
    return changed


def phase(name: str) -> Phase:
    return Phase.objects.get(phase=name)


def asked(city: City, login: str = "mayor") -> list[str]:
    wanted = ("begin_phase", "end_phase", "take_back")
    return [d.verb for d in duties(city.person(login), START) if d.verb in wanted]


def test_only_phases_whose_test_holds_begin_with_the_activation(
    city: City, above: Upstream
) -> None:
    active(city, above)
    assert {p.phase: p.state for p in Phase.objects.all()} == {"control": "begun", "clear": "ahead"}
    keys = set(Order.objects.values_list("key", flat=True))
    assert keys == {"post", "seal"}, "What waits for a later phase comes with that phase."
    assert facts("command.activate_plan")["phases"] == ["control"]


def test_where_no_test_holds_the_first_phase_begins(city: City, above: Upstream) -> None:
    Warning.objects.update(state="ended", ended_at=START)
    active(city, above)
    assert phase("control").state == "begun"


def test_the_preview_says_which_phases_begin_and_what_it_costs(city: City, above: Upstream) -> None:
    plan = adopt_plan(
        document=plan_document(
            *ORDERS, plan_order("buy", {"each": "district"}, cost_cents=5_00,
                                stock=[{"item": "goggles", "quantity": 4}]),
            phases=PHASES,
        ),
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    preview = what_would_happen(plan, above.incident, START)
    assert (preview.phases, preview.later) == (("control",), ("clear",))
    assert (preview.cost_cents, preview.stock) == (1000, {"goggles": 8})
    assert list(preview.powers) == ["activate plan"]
    assert {line.key for line in preview.lines} == {"post", "seal", "buy"}


def test_a_phase_whose_test_holds_is_proposed_and_never_begun_by_the_clock(
    city: City, above: Upstream
) -> None:
    active(city, above)
    counted(city, 49)
    assert (proposed(city), phase("clear").state) == (0, "ahead")
    counted(city, 50)
    assert (proposed(city), phase("clear").state) == (1, "proposed")
    assert asked(city) == ["begin_phase"]
    assert asked(city, "d1-duty") == []
    assert not Order.objects.filter(key="wash").exists()
    counted(city, 3)
    assert (proposed(city), phase("clear").state) == (1, "ahead")


FOLLOWING = [PHASES[0], {**PHASES[1], "enter": {"phases_over": ["control"]}}]


def test_a_phase_that_follows_another_is_proposed_in_the_same_round(
    city: City, above: Upstream
) -> None:
    active(city, above, phases=FOLLOWING)
    assert (proposed(city), phase("clear").state) == (0, "ahead"), "Control runs on."
    Warning.objects.update(state="ended", ended_at=START)
    assert proposed(city) == 2
    assert (phase("control").state, phase("clear").state) == ("leaving", "proposed")
    red_warning(city)
    assert proposed(city) == 2
    assert (phase("control").state, phase("clear").state) == ("begun", "ahead")
    end_phase(phase=phase("control"), reason="Over.", by=city.person("mayor"), now=START)
    assert (proposed(city), phase("clear").state) == (1, "proposed")


def test_a_warning_of_another_hazard_keeps_no_phase_running(city: City, above: Upstream) -> None:
    active(city, above)
    Warning.objects.update(stream="rainfall")
    assert proposed(city) and phase("control").state == "leaving"
    Warning.objects.update(stream="a stream nobody has named")
    assert proposed(city) and phase("control").state == "begun"


def test_beginning_a_phase_gives_its_orders_in_one_act(city: City, above: Upstream) -> None:
    active(city, above)
    counted(city, 60)
    proposed(city)
    for code in ("S11", "S12", "S21"):
        order = Order.objects.get(key="post", unit__code=code)
        finish_order(order=order, result="Done", by=city.person("mayor"), now=START)
    done = Order.objects.get(key="seal", unit__code="D1")
    finish_order(order=done, result="Done", by=city.person("mayor"), now=START)
    broken = Order.objects.get(key="seal", unit__code="D2")
    fail_order(order=broken, reason="No tape", by=city.person("mayor"), now=START)
    began = begin_phase(phase=phase("clear"), by=city.person("mayor"), now=START)
    assert (began.state, began.begun_by) == ("begun", city.person("mayor"))
    wash = {o.unit.code: o for o in Order.objects.filter(key="wash").select_related("unit")}
    assert {code: o.state for code, o in wash.items()} == {
        "S11": "issued", "S12": "issued", "S21": "waiting",
    }  # fmt: skip
    assert wash["S21"].held_up_by == broken
    assert "which cannot be done (No tape)" in wash["S21"].waiting_for
    assert Order.objects.get(key="tell").held_up_by == broken, "Further down the chain too."
    told = facts("command.begin_phase")
    assert (told["count"], told["cost_cents"]) == (4, 300)
    with pytest.raises(NotNow, match="does not follow"):
        begin_phase(phase=phase("clear"), reason="-", by=city.person("mayor"), now=START)


def test_what_was_amended_to_another_unit_is_still_waited_for(city: City, above: Upstream) -> None:
    active(city, above)
    seal = Order.objects.get(key="seal", unit__code="D1")
    amend_order(
        order=seal, unit=city["S12"], reason="They are near.", by=city.person("mayor"), now=START
    )
    begin_phase(phase=phase("clear"), reason="Early.", by=city.person("mayor"), now=START)
    assert Order.objects.filter(key="seal").count() == 2, "It is not given a second time."
    wash = Order.objects.get(key="wash", unit__code="S11")
    assert seal in wash.prerequisites.all()


def test_before_its_test_holds_a_phase_begins_only_with_a_reason(
    city: City, above: Upstream
) -> None:
    active(city, above)
    with pytest.raises(Malformed, match="Say why it begins all the same"):
        begin_phase(phase=phase("clear"), by=city.person("mayor"), now=START)
    begin_phase(phase=phase("clear"), reason="Rain is near.", by=city.person("mayor"), now=START)
    assert facts("command.begin_phase")["reason"] == "Rain is near."


def test_who_may_not_activate_begins_and_ends_nothing(city: City, above: Upstream) -> None:
    active(city, above)
    for login in ("s11-duty", "d1-chief", "auditor"):
        with pytest.raises(NotAllowed):
            begin_phase(phase=phase("clear"), reason="-", by=city.person(login), now=START)
        with pytest.raises(NotAllowed):
            end_phase(phase=phase("control"), reason="-", by=city.person(login), now=START)
        with pytest.raises(NotAllowed):
            take_back(item=WindDown.objects.all()[0], result="-", by=city.person(login), now=START)


def test_money_beyond_a_lent_power_is_refused_at_the_activation(
    city: City, above: Upstream
) -> None:
    mayor = city.person("mayor")
    delegate(
        lender=city["C"], borrower=city["D1"], powers=["activate_plan"], area=city["C"],
        limit_cents=900, legal_basis="Law", ends_at=START + DAY, by=mayor,
        now=START,
    )  # fmt: skip
    plan = adopt_plan(
        document=plan_document(plan_order("buy", {"each": "district"}, cost_cents=5_00)),
        by=mayor, now=START,
    )  # fmt: skip
    with pytest.raises(NotAllowed, match="beyond the limit"):
        activate_plan(
            plan=plan, incident=above.incident, decision=above.decision,
            by=city.person("d1-chief"), now=START,
        )  # fmt: skip
    assert not Order.objects.exists()


def test_a_phase_is_over_by_its_tests_and_ended_by_a_person(city: City, above: Upstream) -> None:
    active(city, above)
    Warning.objects.update(state="ended", ended_at=START)
    proposed(city)
    assert phase("control").state == "leaving"
    assert "end_phase" in asked(city)
    red_warning(city, "D2")
    proposed(city)
    assert phase("control").state == "begun", "It flares up again."
    ended = end_phase(phase=phase("control"), reason="Sealed.", by=city.person("mayor"), now=START)
    assert (ended.state, ended.over_by) == ("over", city.person("mayor"))
    with pytest.raises(NotNow, match="does not follow"):
        end_phase(phase=phase("control"), reason="-", by=city.person("mayor"), now=START)


def test_silence_is_no_sign_that_a_phase_is_over(city: City, above: Upstream) -> None:
    active(city, above)
    begin_phase(phase=phase("clear"), reason="Early.", by=city.person("mayor"), now=START)
    proposed(city)
    assert phase("clear").state == "begun", "Nobody counted: nothing is over."
    counted(city, 5)
    proposed(city)
    assert phase("clear").state == "leaving"


def test_the_list_is_due_when_every_phase_begun_is_over(city: City, above: Upstream) -> None:
    active(city, above)
    assert {i.state for i in WindDown.objects.all()} == {"ahead"}
    Warning.objects.update(state="ended", ended_at=START)
    proposed(city)
    assert {i.state for i in WindDown.objects.all()} == {"due"}
    assert asked(city).count("take_back") == 2
    first = WindDown.objects.order_by("id")[0]
    taken = take_back(item=first, result="Gone.", by=city.person("mayor"), now=START)
    assert (taken.state, taken.result, taken.done_by) == ("done", "Gone.", city.person("mayor"))
    with pytest.raises(NotNow, match="took this back on"):
        take_back(item=first, result="-", by=city.person("mayor"), now=START)
    red_warning(city, "D2")
    proposed(city)
    assert [i.state for i in WindDown.objects.order_by("id")] == ["done", "ahead"]


def test_a_plan_without_phases_winds_down_when_its_trigger_is_gone(
    city: City, above: Upstream
) -> None:
    document = plan_document(plan_order("post", {"each": "street"}), wind_down=[words("Posts")])
    in_force(city, above, document)
    assert proposed(city) == 0
    Warning.objects.update(state="ended", ended_at=START)
    assert proposed(city) == 1
    assert {i.state for i in WindDown.objects.all()} == {"due"}


def test_who_has_the_plan_is_told_of_a_phase_and_of_the_end(city: City, above: Upstream) -> None:
    active(city, above)
    told(city)
    counted(city, 50)
    proposed(city)
    messages = told(city)
    assert {m.verb for m in messages} == {"command.propose_phase"} and "mayor" in to(messages)
    assert english(messages[0])[0].endswith("phase clearing up: proposed")
    counted(city, 10)
    proposed(city)
    assert told(city) == [], "That it is not proposed any more asks nothing of anybody."
    close_incident(incident=above.incident, reason="Over.", by=city.person("mayor"), now=START)
    proposed(city)
    ended = [m for m in told(city) if m.verb == "command.wind_down_due"]
    assert "mayor" in to(ended) and english(ended[0])[0].endswith("is winding down")


def test_a_closed_incident_leaves_what_is_to_be_taken_back(city: City, above: Upstream) -> None:
    active(city, above)
    mayor = city.person("mayor")
    close_incident(incident=above.incident, reason="Over.", by=mayor, now=START)
    proposed(city)
    assert phase("control").state == "begun"
    assert asked(city) == ["take_back", "take_back"]
    with pytest.raises(NotNow, match="is closed"):
        begin_phase(phase=phase("clear"), reason="-", by=mayor, now=START)


def test_an_order_that_changed_hands_is_not_given_again_with_a_later_phase(
    city: City, above: Upstream
) -> None:
    activation = active(city, above)
    moved = Order.objects.get(key="post", unit=city["S11"])
    mayor = city.person("mayor")
    amend_order(order=moved, unit=city["S12"], reason="Nearer", by=mayor, now=START)
    begin_phase(phase=activation.phases.get(phase="clear"), reason="Rain", by=mayor, now=START)
    given = Order.objects.filter(key="post").values_list("unit__code", flat=True)
    assert sorted(given) == ["S12", "S12", "S21"]
    waits = Order.objects.get(key="wash", unit=city["S11"])
    assert [o.key for o in waits.prerequisites.all()] == ["seal"]
