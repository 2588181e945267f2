"""Story 9: a plan is activated; each order shows who commands, by what power and on what basis;
a prerequisite fails, and everyone who waits for it knows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gongzhi.actors.actions import found_units
from gongzhi.actors.models import Post, Unit
from gongzhi.assessment.actions import assess, declare_incident
from gongzhi.assessment.models import Assessment, Hazard
from gongzhi.command.actions import (
    accept_order,
    activate_plan,
    adopt_plan,
    climb_late_orders,
    fail_order,
    finish_order,
    reissue_order,
)
from gongzhi.command.models import Activation, Order, Phase
from gongzhi.command.queries import (
    duties,
    late_orders,
    order_chain,
    order_counts,
    plan_of,
    what_would_happen,
)
from gongzhi.decision.actions import OptionDraft, decide, switch_mode
from gongzhi.decision.models import Decision, Measure, Mode
from gongzhi.sensing.actions import CountDraft, acknowledge_warning, record_counts
from gongzhi.sensing.models import Warning
from gongzhi.sensing.watch import watch
from tests.once import once
from tests.rooms.cast import START, City, small_city

pytestmark = pytest.mark.usefixtures("in_english")

PLAN = Path(__file__).parents[2] / "parameters" / "plans" / "respiratory-epidemic.yaml"
HOUR = timedelta(hours=1)


@once
def city() -> City:
    """The small city with the departments the plan calls, more streets, 135 more communities."""
    city = small_city()
    rows = [
        {"parent_code": "C", "code": code, "name": name, "kind": "department", "tier": "city",
         "subject": subject}
        for code, name, subject in (
            ("MARKET", "市场监督管理局", "market"), ("ROADS", "交通运输局", "transport"),
            ("EMERGENCY", "应急管理局", "emergency"),
        )
    ]  # fmt: skip
    rows += [
        {"parent_code": d, "code": f"CARE{d[1]}", "name": f"{d}民政局", "kind": "department",
         "tier": "district", "subject": "civil_affairs"}
        for d in ("D1", "D2")
    ]  # fmt: skip
    rows += [
        {"parent_code": d, "code": f"S{d[1]}9", "name": f"{d}新城街道", "kind": "area",
         "tier": "street"}
        for d in ("D1", "D2")
    ]  # fmt: skip
    rows += [
        {"parent_code": s, "code": f"K{s[1:]}{n}", "name": f"{s}第{n}社区", "kind": "area",
         "tier": "community"}
        for s in ("S12", "S19", "S29") for n in range(1, 46)
    ]  # fmt: skip
    found_units(parent=city["C"], units=rows, by=city.person("founder"), now=START)
    city.units |= {unit.code: unit for unit in Unit.objects.all()}
    return city


def decided(city: City) -> Decision:
    """From counts to a decision, by the deeds of each room."""
    mayor, now = city.person("mayor"), START
    counts = [
        CountDraft(place=city[code].pk, stream="fever", day=now.date() - timedelta(days=back),
                   value=60 if back < 2 else 4 + back % 2)
        for code in ("S11", "S21") for back in range(20)
    ]  # fmt: skip
    record_counts(source="clinics", counts=counts, by=city.person("city-duty"), now=now)
    watch(area=city["C"], on=now.date(), by=city.person("founder"), now=now)
    warning = Warning.objects.get(place=city["C"], level="red")
    acknowledge_warning(warning=warning, note="Looking into it.", by=mayor, now=now)
    incident = declare_incident(
        area=city["C"], hazard=Hazard.EPIDEMIC, title="Fever in both districts", warning=warning,
        legal_basis="Regulation on Public Health Emergencies (2011), art. 26", by=mayor, now=now,
    )  # fmt: skip
    assessment = assess(
        incident=incident, risk=Assessment.Risk.HIGH, findings="It doubles in three days.",
        by=city.person("expert"), now=now,
    )  # fmt: skip
    decision = decide(
        incident=incident, assessment=assessment, title="Activate the plan",
        reason="Every day counts.", legal_basis="Emergency Response Law (2024)", by=mayor, now=now,
        options=[
            OptionDraft(title="Activate the plan", chosen=True),
            OptionDraft(title="Wait a day", reason_refused="It doubles in three."),
        ],
    )  # fmt: skip
    switch_mode(decision=decision, area=city["C"], mode=Mode.ModeKind.EMERGENCY, by=mayor, now=now)
    return decision


def activated(city: City) -> Activation:
    """The shipped plan, adopted from its file and put into force."""
    decision, mayor = decided(city), city.person("mayor")
    plan = adopt_plan(document=PLAN.read_text("utf-8"), by=mayor, now=START)
    return activate_plan(
        plan=plan, incident=decision.incident, decision=decision, by=mayor, now=START
    )


def the(key: str, code: str) -> Order:
    return Order.objects.get(key=key, unit__code=code)


@pytest.mark.feature(4, 29, 32)
def test_a_plan_becomes_orders_and_each_shows_commander_power_and_basis(city: City) -> None:
    decision, mayor = decided(city), city.person("mayor")
    plan = adopt_plan(document=PLAN.read_text("utf-8"), by=mayor, now=START)

    # The duty list says that the plan's trigger is reached; the mayor looks before acting.
    [asked] = [duty for duty in duties(mayor, START) if duty.verb == "activate_plan"]
    assert "The trigger is reached: " in asked.why
    preview = what_would_happen(plan, decision.incident, START)
    assert not Order.objects.exists()

    activate_plan(plan=plan, incident=decision.incident, decision=decision, by=mayor, now=START)
    orders = Order.objects.select_related("unit", "commander", "issuer")
    assert orders.count() == len(preview.lines) == 154
    assert len({order.unit_id for order in orders}) == 152
    for order in orders:
        assert order.commander.posts.filter(role="commander").exists(), "A commander, by name."
        assert order.power.startswith("activate_plan (post:"), "The power it rests on."
        assert "art. " in order.legal_basis, "The article of law."
        assert order.issuer == city["C"]
        assert (order.due_at is None) == (order.state == Order.State.WAITING)
    assert the("count-stock", "H1").due_at == START + 3 * HOUR

    # Prevention and control begin at once; the orders of treatment and clearing up are not given
    # before somebody begins these phases.
    begun = {phase.phase: phase.state for phase in Phase.objects.all()}
    assert begun == {"prevent": "begun", "control": "begun", "treat": "ahead", "clear": "ahead"}
    given = {order.key for order in orders}
    phases = {order.key: order.phase for order in plan_of(plan).orders}
    assert {phases[key] for key in given} == {"prevent", "control"}

    # Supplies stand on the order of each unit, measures end by themselves.
    items = {line["item"]: line["quantity"] for line in the("fever-clinics", "H1").stock}
    assert items == {"mask-n95": 200, "coverall": 60, "goggles": 40}
    assert {m.ends_at for m in Measure.objects.all()} == {START + timedelta(days=14)}

    # The plan is kept as it was written, can be taken elsewhere, and can be drawn.
    assert plan.document == PLAN.read_text("utf-8")
    assert "case-definition --> fever-clinics" in plan_of(plan).diagram()

    # And from any order one reads back why it was given.
    chain = [link.kind for link in order_chain(the("street-post", "S11"))]
    assert chain[:5] == ["order", "plan activated", "decision", "assessment", "incident"]


@pytest.mark.feature(29, 32)
def test_a_prerequisite_fails_and_everyone_who_waits_for_it_knows(city: City) -> None:
    incident = activated(city).incident
    define = the("case-definition", "HEALTH")
    behind = Order.objects.filter(key__in=("daily-bulletin", "fever-clinics", "trace-contacts"))
    assert {order.state for order in behind} == {Order.State.WAITING}

    # The health department cannot do it, and says why.
    fail_order(
        order=define, reason="The laboratory is closed.", by=city.person("city-health"),
        now=START + HOUR,
    )  # fmt: skip
    for order in behind.all():
        assert "cannot be done (The laboratory is closed.)" in order.waiting_for
        assert order.held_up_by == define
    untouched = Order.objects.filter(state=Order.State.WAITING).exclude(pk__in=behind)
    assert not [order for order in untouched if order.held_up_by is not None]
    assert order_counts(incident, city.person("mayor"), START + HOUR).held_up == behind.count()

    # Who gave the order is asked; it is given again, done, and everything goes on.
    [asked] = [d for d in duties(city.person("mayor"), START + HOUR) if d.verb == "reissue_order"]
    assert asked.why == "The laboratory is closed."
    define = reissue_order(
        order=define, minutes=120, reason="The university's laboratory helps.",
        by=city.person("mayor"), now=START + HOUR,
    )  # fmt: skip
    define = accept_order(order=define, by=city.person("city-health"), now=START + 2 * HOUR)
    finish_order(
        order=define, result="Published.", paper="Document 12 of 2021",
        by=city.person("city-health"), now=START + 2 * HOUR,
    )  # fmt: skip
    assert {order.state for order in behind.all()} == {Order.State.ISSUED}
    assert {order.waiting_for for order in behind.all()} == {""}
    assert the("fever-clinics", "H2").due_at == START + 10 * HOUR


@pytest.mark.feature(31)
def test_an_order_nobody_carries_out_climbs_tier_by_tier_once(city: City) -> None:
    activated(city)
    clock, late_at = city.person("founder"), START + 4 * HOUR
    assert [order.key for order in late_orders(city.person("s11-duty"), late_at)] == ["street-post"]

    seen = []
    for hours in (4, 4, 5, 5, 6, 9):
        climbs = climb_late_orders(by=clock, now=START + hours * HOUR)
        seen += [(hours, c.to_unit.code) for c in climbs if c.order == the("street-post", "S11")]
    assert seen == [(4, "D1"), (5, "C")], "The district after four hours, the city after five."
    reasons = {climb.reason for climb in the("street-post", "S11").climbs.all()}
    [reason] = reasons
    assert reason.startswith("桥头街道 has not reported “Staff a joint post in the street")


@pytest.mark.feature(32)
def test_the_preview_finds_where_nobody_could_act(city: City) -> None:
    decision, mayor = decided(city), city.person("mayor")
    plan = adopt_plan(document=PLAN.read_text("utf-8"), by=mayor, now=START)
    preview = what_would_happen(plan, decision.incident, START)
    gaps = {unit.code for unit in preview.without_receiver}
    assert "S19" in gaps and "S11" not in gaps
    Post.objects.create(
        person=city.person("s11-duty-2"), unit=city["S19"], area=city["S19"], role="officer",
        starts_at=START,
    )  # fmt: skip
    again = what_would_happen(plan, decision.incident, START)
    assert "S19" not in {unit.code for unit in again.without_receiver}
