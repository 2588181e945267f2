"""A plan is adopted as a file, looked at before it is activated, and becomes orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from gongzhi.actors.actions import delegate, found_units
from gongzhi.actors.models import Kind, Post, Tier, Unit
from gongzhi.actors.queries import commander_of
from gongzhi.assessment.actions import close_incident
from gongzhi.assessment.models import Hazard
from gongzhi.command.actions import (
    activate_plan,
    adopt_plan,
    climb_late_orders,
    finish_order,
    withdraw_orders,
)
from gongzhi.command.models import Activation, ContingencyPlan, Order
from gongzhi.command.plan_file import check_plan, plan_schema
from gongzhi.command.plan_orders import STEP, Member, compile_plan
from gongzhi.command.queries import (
    commander_over,
    commanders_in,
    duties,
    plan_of,
    plans_adopted,
    plans_to_activate,
    problem_sentence,
    spoken,
    what_would_happen,
)
from gongzhi.decision.actions import switch_mode
from gongzhi.decision.models import Measure
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.ledger.records import digest
from gongzhi.parameters import parameter
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines, open_incident
from tests.rooms.upstream import Upstream, crisis, in_force, plan_document, plan_order, words

HOUR = timedelta(hours=1)
DEFINE = plan_order("define", {"each": "department", "subject": "health", "tier": "city"}, 60)
CLINIC = plan_order("clinic", {"each": "hospital"}, 120, after=["define"])
BEDS = plan_order("beds", {"each": "district"}, 60, after=["clinic"], legal_basis="Law (2021), 7")
POST = plan_order("post", {"each": "street"}, 30)
VISIT = plan_order(
    "visit", {"each": "community"}, 240, after=["post"],
    stock=[{"item": "surgical_mask", "quantity": 200}], evidence=words("名单"),
    instruction=words("先打电话"),
)  # fmt: skip
PRICES = plan_order("prices", {"each": "department", "subject": "market"}, 60)
DOCUMENT = plan_document(DEFINE, CLINIC, BEDS, POST, VISIT, PRICES)
MASKS = {"kind": "masks", "title": words("戴口罩"), "days": 14}


@once
def plan(city: City) -> ContingencyPlan:
    return adopt_plan(document=DOCUMENT, by=city.person("mayor"), now=START)


@once
def active(city: City, above: Upstream, plan: ContingencyPlan) -> Activation:
    return activate_plan(
        plan=plan, incident=above.incident, decision=above.decision, by=city.person("mayor"),
        now=START,
    )  # fmt: skip


def the(key: str, code: str) -> Order:
    """The order with this key of a unit, as it is now."""
    return Order.objects.select_related("unit").get(key=key, unit__code=code)


def finish(city: City, key: str, code: str, by: str, after: timedelta = HOUR) -> Order:
    return finish_order(order=the(key, code), result="Done.", by=city.person(by), now=START + after)


# Adopting -----------------------------------------------------------------------------------


def test_a_plan_is_adopted_and_kept_as_written(city: City, plan: ContingencyPlan) -> None:
    assert (plan.code, plan.version, plan.hazard) == ("test-plan", "1.0", "epidemic")
    assert plan.document == DOCUMENT
    assert plan_of(plan).order("visit").after == ("post",)
    assert facts("command.adopt_plan")["digest"] == plan.digest
    assert list(plans_adopted()) == [plan]


def test_only_who_holds_the_power_adopts(city: City) -> None:
    for login in ("s11-duty", "h1-clerk", "auditor"):
        with pytest.raises(NotAllowed, match="adopt plan"):
            adopt_plan(document=DOCUMENT, by=city.person(login), now=START)
    with pytest.raises(NotAllowed, match="no post"):
        adopt_plan(document=DOCUMENT, by=city.person("mayor"), now=START - HOUR)
    assert not ContingencyPlan.objects.exists()


def test_a_wrong_plan_is_refused_line_by_line(city: City) -> None:
    document = DOCUMENT.replace('"post"\n', '"posts"\n').replace("hazard", "hazzard")
    with pytest.raises(Malformed) as refused:
        adopt_plan(document=document, by=city.person("mayor"), now=START)
    told = refused.value.details["document"].splitlines()
    assert len(told) == 3 and all(line.startswith("Line ") for line in told)
    assert "The plan has 3 problems. The first: Line 1, column 1" in str(refused.value)
    assert "Write “post”." in refused.value.details["document"]


def test_the_same_text_again_is_refused_and_changes_nothing(
    city: City, plan: ContingencyPlan
) -> None:
    with pytest.raises(NotNow, match="this very text"):
        adopt_plan(document=DOCUMENT, by=city.person("mayor"), now=START + HOUR)
    plan.refresh_from_db()
    assert plan.state == ContingencyPlan.State.ADOPTED
    assert len(lines("command.adopt_plan")) == 1


def test_another_text_needs_another_version_and_retires_the_one_before(
    city: City, plan: ContingencyPlan
) -> None:
    other = plan_document(DEFINE)
    with pytest.raises(NotNow, match="Write a new number after “version:”"):
        adopt_plan(document=other, by=city.person("mayor"), now=START)
    second = adopt_plan(
        document=other.replace('"1.0"', '"1.1"'), by=city.person("mayor"), now=START
    )
    plan.refresh_from_db()
    assert (plan.state, second.state) == ("retired", "adopted")
    assert list(plans_adopted()) == [second]


def test_titles_are_shown_in_the_readers_language(city: City) -> None:
    title = {"zh-Hans": "中", "zh-Hant": "繁", "en": "E"}
    plan = adopt_plan(document=plan_document(POST, title=title), by=city.person("mayor"), now=START)
    for language, text in (("zh-hans", "中"), ("zh-hant", "繁"), ("en", "E")):
        with translation.override(language):
            assert str(plan) == f"{text} 1.0"
            assert spoken(plan_of(plan).title) == text


# Activating ---------------------------------------------------------------------------------


def test_every_matching_unit_gets_its_order_with_commander_power_and_basis(
    city: City, above: Upstream, active: Activation
) -> None:
    orders = Order.objects.filter(activation=active)
    got = {(order.key, order.unit.code) for order in orders.select_related("unit")}
    assert got == {
        ("define", "HEALTH"), ("clinic", "H1"), ("clinic", "H2"), ("beds", "D1"), ("beds", "D2"),
        ("post", "S11"), ("post", "S12"), ("post", "S21"),
        ("visit", "K111"), ("visit", "K112"), ("visit", "K211"),
    }  # fmt: skip
    for order in orders.select_related("unit", "commander"):
        assert order.commander == commander_of(order.unit, START)
        assert order.power.startswith("activate_plan (post:")
        assert order.legal_basis == (
            "Law (2021), 7" if order.key == "beds" else "Law (2020), art. 1"
        )
        assert order.issuer == city["C"]
        assert (order.decision, order.incident) == (above.decision, above.incident)


def test_what_waits_for_nothing_is_issued_the_rest_waits_and_says_for_what(
    city: City, active: Activation
) -> None:
    post, visit = the("post", "S11"), the("visit", "K111")
    assert (post.state, post.due_at) == ("issued", START + timedelta(minutes=30))
    assert (visit.state, visit.due_at) == ("waiting", None)
    assert visit.waiting_for.startswith("Waits for 桥头街道: “Do post”, due 03-01 09:30.")
    assert visit.stock == [{"item": "surgical_mask", "quantity": 200}]
    assert (visit.evidence_wanted, visit.instruction_en) == ("名单", "先打电话")
    assert post.waiting_for == ""


def test_one_line_of_the_ledger_tells_the_whole_activation(city: City, active: Activation) -> None:
    told = facts("command.activate_plan")
    assert told["count"] == 11 and told["nobody"] == ["prices"]
    assert told["orders"]["clinic"] == [city["H1"].path, city["H2"].path]
    assert told["trigger"] == ["red_warnings"]


def test_the_plan_of_a_whole_city_is_activated_finished_and_withdrawn(
    city: City, above: Upstream
) -> None:
    """Thousands of orders: every line of the ledger stays within its size."""
    grids = [
        {"parent_code": "K111", "code": f"N{n}", "name": f"N{n}", "kind": "area", "tier": "grid"}
        for n in range(2600)
    ]
    found_units(parent=city["C"], units=grids, by=city.person("founder"), now=START)
    mayor = city.person("mayor")
    orders = (
        plan_order("open", {"each": "city"}),
        plan_order("go", {"each": "grid"}, after=["open"]),
    )
    in_force(city, above, plan_document(*orders, code="all"))
    paths = list(Order.objects.filter(key="go").values_list("unit__path", flat=True).order_by("id"))
    told = facts("command.activate_plan")["orders"]
    assert told["go"] == {"count": 2603, "digest": digest(paths)}
    finish(city, "open", "C", "mayor")
    issued = Order.objects.filter(key="go", state="issued")
    assert issued.count() == 2603
    assert facts("command.finish_order")["released"]["count"] == 2603
    late = climb_late_orders(by=mayor, now=START + timedelta(days=1))
    assert len(late) == len(lines("command.climb_order")) == 2603
    assert lines("command.climb_order")[0].unit_path == late[0].to_unit.path
    withdraw_orders(incident=above.incident, reason="Over", by=mayor, now=START + HOUR)
    assert facts("command.withdraw_orders")["orders"]["count"] == 2603


def test_activation_needs_the_power_in_the_incidents_area(
    city: City, above: Upstream, plan: ContingencyPlan
) -> None:
    for login in ("d1-chief", "city-duty", "expert"):
        with pytest.raises(NotAllowed, match="activate plan"):
            activate_plan(
                plan=plan, incident=above.incident, decision=above.decision,
                by=city.person(login), now=START,
            )  # fmt: skip
    assert not Order.objects.exists()


def test_a_plan_is_activated_once_for_an_incident(city: City, active: Activation) -> None:
    with pytest.raises(NotNow, match="is in force here since 03-01 09:00"):
        activate_plan(
            plan=active.plan, incident=active.incident, decision=active.decision,
            by=city.person("mayor"), now=START + HOUR,
        )  # fmt: skip
    assert Order.objects.count() == 11


def test_a_newer_version_does_not_come_into_force_beside_the_old_one(
    city: City, active: Activation
) -> None:
    newer = adopt_plan(
        document=DOCUMENT.replace('"1.0"', '"2.0"'), by=city.person("mayor"), now=START
    )
    for plan, sentence in ((newer, "is in force here"), (active.plan, "has been replaced")):
        plan.refresh_from_db()
        with pytest.raises(NotNow, match=sentence):
            activate_plan(
                plan=plan, incident=active.incident, decision=active.decision,
                by=city.person("mayor"), now=START,
            )  # fmt: skip


def test_a_plan_needs_an_open_incident_of_its_hazard_and_a_decision_on_it(
    city: City, above: Upstream, plan: ContingencyPlan
) -> None:
    mayor = city.person("mayor")
    flood = crisis(city, area="D2", hazard=Hazard.FLOOD)
    with pytest.raises(Malformed, match="another hazard"):
        activate_plan(
            plan=plan, incident=flood.incident, decision=flood.decision, by=mayor, now=START
        )
    with pytest.raises(Malformed, match="about another incident"):
        activate_plan(
            plan=plan, incident=above.incident, decision=flood.decision, by=mayor, now=START
        )
    close_incident(incident=above.incident, reason="Over.", by=mayor, now=START)
    with pytest.raises(NotNow, match="is closed"):
        activate_plan(
            plan=plan, incident=above.incident, decision=above.decision, by=mayor, now=START
        )


def test_a_plan_that_reaches_nobody_is_not_activated(city: City, above: Upstream) -> None:
    mayor = city.person("mayor")
    plan = adopt_plan(document=plan_document(PRICES), by=mayor, now=START)
    with pytest.raises(NotNow, match="No unit of 临江市 receives an order"):
        activate_plan(
            plan=plan, incident=above.incident, decision=above.decision, by=mayor, now=START
        )
    assert not Activation.objects.exists()


def test_the_plans_measures_come_into_force_and_end_by_themselves(
    city: City, above: Upstream
) -> None:
    in_force(city, above, plan_document(POST, measures=[MASKS]))
    measure = Measure.objects.get()
    assert (measure.kind, measure.area, measure.decision) == ("masks", city["C"], above.decision)
    assert measure.ends_at == START + timedelta(days=14)


def test_another_plan_with_the_same_measure_renews_it_with_the_reason(
    city: City, above: Upstream
) -> None:
    in_force(city, above, plan_document(POST, measures=[MASKS]))
    [measure] = Measure.objects.all()
    later = START + 24 * HOUR
    document = plan_document(POST, measures=[MASKS], code="other-plan")
    plan = adopt_plan(document=document, by=city.person("mayor"), now=later)
    [(_title, ends_at)] = what_would_happen(plan, above.incident, later).measures
    activate_plan(
        plan=plan, incident=above.incident, decision=above.decision, by=city.person("mayor"),
        now=later,
    )  # fmt: skip
    [renewed] = Measure.objects.all()
    assert renewed.ends_at == ends_at == measure.ends_at + 24 * HOUR
    assert "预案" in renewed.renewals[0]["reason"]


def test_a_renewed_measure_counts_all_its_days_for_the_limits_one_left_alone_none(
    city: City, above: Upstream
) -> None:
    """Else the plan would be within the limits and its measure beyond them."""
    in_force(city, above, plan_document(POST, measures=[MASKS]))
    later, mayor = START + 10 * 24 * HOUR, city.person("mayor")
    for days, in_all, ends_at in ((14, 24, later + 14 * 24 * HOUR), (3, 0, START + 14 * 24 * HOUR)):
        again = plan_document(POST, measures=[MASKS | {"days": days}], code=f"for-{days}-days")
        plan = adopt_plan(document=again, by=mayor, now=later)
        preview = what_would_happen(plan, above.incident, later)
        assert (preview.extent.days, preview.measures[0][1]) == (in_all, ends_at)


def test_in_normal_mode_the_measures_are_refused_and_nothing_is_left_behind(city: City) -> None:
    mayor, above = city.person("mayor"), crisis(city, emergency=False)
    plan = adopt_plan(document=plan_document(POST, measures=[MASKS]), by=mayor, now=START)
    cause = {"plan": plan, "incident": above.incident, "decision": above.decision}
    with pytest.raises(NotNow, match="normal mode"):
        activate_plan(**cause, by=mayor, now=START)
    assert not Order.objects.exists() and not Activation.objects.exists()
    activate_plan(**cause, with_measures=False, by=mayor, now=START)
    assert Order.objects.count() == 3 and not Measure.objects.exists()


def test_a_lent_power_makes_the_borrower_the_issuer(city: City, plan: ContingencyPlan) -> None:
    above = crisis(city, area="S11")
    cause = {"plan": plan, "incident": above.incident, "decision": above.decision}
    street = city.person("s11-duty")
    with pytest.raises(NotAllowed):
        activate_plan(**cause, by=street, now=START)
    chief = city.person("k111-worker")
    chief.posts.create(unit=city["S11"], area=city["S11"], role="commander", starts_at=START)
    delegate(
        lender=city["C"], borrower=city["S11"], area=city["S11"], powers=["activate_plan"],
        legal_basis="Lent for the night", ends_at=START + HOUR, by=city.person("mayor"), now=START,
    )  # fmt: skip
    activate_plan(**cause, by=chief, now=START)
    order = the("post", "S11")
    assert order.issuer == city["S11"] and "delegation:" in order.power


def test_a_thousand_orders_are_written_in_a_few_statements(
    city: City, above: Upstream, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    mayor = city.person("mayor")
    Unit.objects.bulk_create(
        Unit(
            parent=city["S12"], path=f"{city['S12'].path}{n:05d}", kind="area",
            tier=Tier.COMMUNITY, code=f"X{n}", name=f"社区{n}",
        )
        for n in range(1, 1001)
    )  # fmt: skip
    plan = adopt_plan(document=plan_document(POST, VISIT), by=mayor, now=START)
    cause = {"plan": plan, "incident": above.incident, "decision": above.decision}
    # SQLite takes 999 values in a statement: some 30 orders; PostgreSQL takes 500 orders.
    with django_assert_max_num_queries(110):
        activate_plan(**cause, by=mayor, now=START)
    assert Order.objects.count() == 1006
    with django_assert_max_num_queries(40):
        finish(city, "post", "S12", "s12-duty")
    assert Order.objects.filter(state="issued", key="visit").count() == 1000


# The rule of prerequisites ------------------------------------------------------------------


def waits(order: Order) -> set[tuple[str, str]]:
    return set(order.prerequisites.values_list("key", "unit__code"))


def test_an_order_waits_for_those_above_and_below_its_unit(city: City, active: Activation) -> None:
    assert waits(the("clinic", "H1")) == {("define", "HEALTH")}
    assert waits(the("beds", "D1")) == {("clinic", "H1")}
    assert waits(the("beds", "D2")) == {("clinic", "H2")}
    assert waits(the("visit", "K112")) == {("post", "S11")}
    assert waits(the("post", "S11")) == set()


def test_a_units_own_order_comes_before_those_around_it(city: City, above: Upstream) -> None:
    document = plan_document(
        plan_order("count", {"each": "hospital"}),
        plan_order("clinic", {"each": "hospital"}, after=["count"]),
        plan_order("list", {"each": "community"}),
        plan_order("check", {"each": "street"}, after=["list"]),
    )
    in_force(city, above, document)
    assert waits(the("clinic", "H1")) == {("count", "H1")}
    assert waits(the("check", "S11")) == {("list", "K111"), ("list", "K112")}
    assert the("check", "S12").state == "issued", "No community below: nothing to wait for."


def test_compiled_orders_agree_with_the_rule_told_slowly(city: City, plan: ContingencyPlan) -> None:
    """Against a comparison of every pair of units, straight from the wording of the rule."""
    read = plan_of(plan)
    units = list(Unit.objects.select_related("parent").order_by("path"))
    members = [
        Member(u.path, u.path if u.kind == "area" else u.parent.path, u.kind, u.tier, u.subject)  # type: ignore[union-attr]
        for u in units
    ]
    made = compile_plan(read, members).orders
    home = {m.path: m.home for m in members}
    for entry in made:
        expected = set()
        for key in entry.order.after:
            given = [n for n, other in enumerate(made) if other.order.key == key]
            own = [n for n in given if made[n].path == entry.path]
            here = home[entry.path]
            in_line = [
                n for n in given
                if here.startswith(home[made[n].path]) or home[made[n].path].startswith(here)
            ]  # fmt: skip
            expected |= set(own or in_line)
        assert set(entry.waits) == expected
        assert entry.begins == max((made[n].due for n in entry.waits), default=0)


def test_the_published_shape_knows_the_same_words_as_the_models(city: City) -> None:
    to = plan_schema()["$defs"]["order"]["properties"]["to"]["properties"]
    kinds = set(Kind.values) - {Kind.AREA}
    assert set(to["tier"]["enum"]) == set(Tier.values)
    assert set(to["each"]["enum"]) == {*Tier.values, *kinds}
    assert set(to["role"]["enum"]) == set(
        parameter("powers.answer_order", START.date()).value["roles"]
    )
    assert set(plan_schema()["properties"]["hazard"]["enum"]) == set(Hazard.values)
    assert len(city["C"].path) == STEP


# Looking ahead ------------------------------------------------------------------------------


def test_the_preview_says_what_the_activation_then_does(
    city: City, above: Upstream, plan: ContingencyPlan
) -> None:
    preview = what_would_happen(plan, above.incident, START)
    assert not Order.objects.exists()
    activate_plan(
        plan=plan, incident=above.incident, decision=above.decision, by=city.person("mayor"),
        now=START,
    )  # fmt: skip
    foreseen = {(line.key, line.unit.pk): line for line in preview.lines}
    orders = list(Order.objects.all())
    assert {(order.key, order.unit_id) for order in orders} == foreseen.keys()
    for order in orders:
        line = foreseen[order.key, order.unit_id]
        assert (line.commander, line.legal_basis) == (order.commander, order.legal_basis)
        assert line.waits_for == order.prerequisites.count()
        if order.state == "issued":
            assert (line.begins_at, line.due_at) == (START, order.due_at)


def test_the_preview_names_the_times_gaps_and_the_trigger(
    city: City, above: Upstream, plan: ContingencyPlan
) -> None:
    Post.objects.filter(person=city.person("s12-duty")).update(ends_at=START + HOUR)
    preview = what_would_happen(plan, above.incident, START + 2 * HOUR)
    beds = next(line for line in preview.lines if (line.key, line.unit.code) == ("beds", "D1"))
    assert beds.due_at == START + 2 * HOUR + timedelta(minutes=60 + 120 + 60)
    assert preview.nobody == ("prices",)
    assert city["S12"] in preview.without_receiver
    assert city["S11"] not in preview.without_receiver
    text = str(preview)
    assert "11 orders to 11 units, 4 of them at once." in text
    assert "The trigger is reached: 1 red and 0 yellow warnings, response level –." in text
    assert "No unit receives: prices." in text


def test_the_preview_says_who_has_the_same_order_already(
    city: City, above: Upstream, plan: ContingencyPlan
) -> None:
    """A district and its city put the same plan into force: streets would get each order twice."""
    district = open_incident(city, "D1")
    district.change(hazard=plan.hazard)
    assert what_would_happen(plan, district, START).twice == ()
    activate_plan(
        plan=plan, incident=above.incident, decision=above.decision, by=city.person("mayor"),
        now=START,
    )  # fmt: skip
    preview = what_would_happen(plan, district, START)
    assert preview.twice and set(preview.twice) == set(preview.lines)
    assert f"{len(preview.lines)} of them their units have already" in str(preview)
    assert what_would_happen(plan, above.incident, START).twice == (), "its own are no others"


def test_a_role_that_nobody_holds_in_the_unit_is_a_gap(city: City, above: Upstream) -> None:
    document = plan_document(plan_order("post", {"each": "street", "role": "commander"}))
    plan = adopt_plan(document=document, by=city.person("mayor"), now=START)
    preview = what_would_happen(plan, above.incident, START)
    assert set(preview.without_receiver) == {city["S11"], city["S12"], city["S21"]}


def test_commanders_of_many_units_are_those_of_each_alone(city: City) -> None:
    city.person("d2-chief").is_active = False
    city.person("d2-chief").save()
    Post.objects.filter(person=city.person("d1-chief")).update(ends_at=START + HOUR)
    for now in (START, START + 2 * HOUR):
        for area in (city["C"], city["D1"], city["S21"]):
            found = commanders_in(area, now)
            for unit in Unit.objects.filter(path__startswith=area.path):
                assert commander_over(unit, found) == commander_of(unit, now)


def test_a_plan_whose_trigger_is_reached_becomes_a_duty_until_it_is_in_force(
    city: City, above: Upstream, plan: ContingencyPlan
) -> None:
    mayor = city.person("mayor")
    [(waiting, state)] = plans_to_activate(above.incident, START)
    assert waiting == plan and state.reached == ("red_warnings",)
    [duty] = [d for d in duties(mayor, START) if d.verb == "activate_plan"]
    assert duty.inputs == {
        "plan": plan.pk, "incident": above.incident.pk, "decision": above.decision.pk,
    }  # fmt: skip
    assert not [d for d in duties(city.person("city-duty"), START) if d.verb == "activate_plan"]
    activate_plan(**_records(plan, above), by=mayor, now=START)
    assert not [d for d in duties(mayor, START) if d.verb == "activate_plan"]


def test_a_plan_with_measures_asks_for_the_emergency_first(city: City) -> None:
    """In normal mode its activation would be refused: the duty names what comes before it."""
    above = crisis(city, emergency=False)
    mayor = city.person("mayor")
    measure = {"kind": "gathering", "title": words("停止聚集"), "days": 7}
    adopt_plan(document=plan_document(POST, measures=[measure]), by=mayor, now=START)
    [duty] = [d for d in duties(mayor, START) if "test-plan" in d.title or "预案" in d.title]
    assert (duty.room, duty.verb) == ("decision", "switch_mode")
    switch_mode(
        decision=above.decision, area=city["C"], mode=duty.inputs["mode"], by=mayor, now=START
    )
    [duty] = [d for d in duties(mayor, START) if "预案" in d.title]
    assert (duty.room, duty.verb) == ("command", "activate_plan")


def test_a_trigger_that_is_not_reached_asks_nobody(
    city: City, above: Upstream, plan: ContingencyPlan
) -> None:
    above.warning.state = "ended"
    above.warning.save()
    assert plans_to_activate(above.incident, START) == []
    assert "is not reached" in str(what_would_happen(plan, above.incident, START).trigger)


def test_a_plan_kept_in_a_shape_no_longer_read_says_so(city: City, plan: ContingencyPlan) -> None:
    plan.document = "plan: old\n"
    with pytest.raises(NotNow, match="that is no longer read"):
        plan_of(plan)


def test_a_problem_is_told_in_the_readers_language() -> None:
    problem = check_plan("").problems[0]
    with translation.override("en"):
        assert problem_sentence(problem) == problem.sentence
    with translation.override("zh-hans"):
        assert problem_sentence(problem).startswith("预案开头要有")


def _records(plan: ContingencyPlan, above: Upstream) -> dict[str, Any]:
    return {"plan": plan, "incident": above.incident, "decision": above.decision}
