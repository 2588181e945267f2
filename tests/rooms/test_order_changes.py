"""Orders are amended, handed over, finished with evidence; late ones climb their plan's ladder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.queries import visible
from gongzhi.command.actions import (
    accept_order,
    amend_order,
    climb_late_orders,
    decline_order,
    finish_order,
    give_order,
    offer_order,
    take_over_order,
    withdraw_order,
)
from gongzhi.command.models import Order, OrderVersion
from gongzhi.command.queries import duties
from gongzhi.decision.actions import dissolve_task_force, set_up_task_force
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.rounds.waiting import things_waiting
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts
from tests.rooms.telling import english, to, told
from tests.rooms.upstream import Upstream, in_force, plan_document, plan_order, words

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@once
def order(city: City, above: Upstream) -> Order:
    """An order by hand to the first street: due in an hour."""
    return give_order(
        unit=city["S11"], title="Count the beds", minutes=60, decision=above.decision,
        by=city.person("mayor"), now=START,
    )  # fmt: skip


def active(city: City, above: Upstream, *orders: dict[str, Any], **more: Any) -> None:
    in_force(city, above, plan_document(*orders, **more))


def the(key: str, code: str) -> Order:
    return Order.objects.select_related("unit", "issuer").get(key=key, unit__code=code)


def asked(city: City, login: str) -> list[str]:
    return [d.verb for d in duties(city.person(login), START) if d.room == "command"]


# Amended --------------------------------------------------------------------------------------


def test_an_amended_order_is_accepted_again_and_its_old_words_are_kept(
    city: City, order: Order
) -> None:
    accept_order(order=order, by=city.person("s11-duty"), now=START)
    order = amend_order(
        order=order, minutes=90, title="Count beds and staff", reason="The ministry asks for both.",
        by=city.person("mayor"), now=START + HOUR,
    )  # fmt: skip
    assert (order.state, order.accepted_by, order.version) == ("issued", None, 2)
    assert order.due_at == START + HOUR + 90 * MINUTE
    [before] = OrderVersion.objects.all()
    assert (before.version, before.title, before.due_at) == (1, "Count the beds", START + HOUR)
    assert before.accepted_by == city.person("s11-duty")
    assert before.reason == "The ministry asks for both."
    assert asked(city, "s11-duty") == ["accept_order"]
    assert facts("command.amend_order")["changed"] == [
        "due_at", "minutes_allowed", "title", "title_en", "title_hant",
    ]  # fmt: skip


def test_an_amended_order_goes_to_another_unit_under_its_own_commander(
    city: City, order: Order
) -> None:
    order = amend_order(
        order=order, unit=city["S21"], reason="The beds are there.", by=city.person("mayor"),
        now=START,
    )  # fmt: skip
    assert (order.unit, order.commander) == (city["S21"], city.person("d2-chief"))
    assert asked(city, "s21-duty") == ["accept_order"]
    assert asked(city, "s11-duty") == []
    with pytest.raises(NotAllowed):
        accept_order(order=order, by=city.person("s11-duty"), now=START)


def test_a_waiting_order_is_amended_and_goes_on_waiting(city: City, above: Upstream) -> None:
    active(
        city, above, plan_order("first", {"each": "city"}),
        plan_order("then", {"each": "street"}, after=["first"]),
    )  # fmt: skip
    waiting = amend_order(
        order=the("then", "S11"), minutes=15, reason="It is short.", by=city.person("mayor"),
        now=START,
    )  # fmt: skip
    assert (waiting.state, waiting.due_at, waiting.minutes_allowed) == ("waiting", None, 15)
    finish_order(order=the("first", "C"), result="Done", by=city.person("mayor"), now=START + HOUR)
    assert the("then", "S11").due_at == START + HOUR + 15 * MINUTE


@pytest.mark.parametrize("change", [{}, {"title": "Count the beds"}, {"unit": "S11"}])
def test_an_amendment_that_changes_nothing_is_refused(
    city: City, order: Order, change: dict[str, str]
) -> None:
    given: dict[str, Any] = {k: city[v] if k == "unit" else v for k, v in change.items()}
    with pytest.raises(Malformed, match="Nothing is changed"):
        amend_order(order=order, reason="-", by=city.person("mayor"), now=START, **given)


def test_only_who_gave_an_open_order_amends_it(city: City, order: Order) -> None:
    with pytest.raises(NotAllowed):
        amend_order(order=order, reason="-", minutes=5, by=city.person("s11-duty"), now=START)
    withdraw_order(order=order, reason="Over.", by=city.person("mayor"), now=START)
    with pytest.raises(NotNow, match="is not open"):
        amend_order(order=order, reason="-", minutes=5, by=city.person("mayor"), now=START)


def test_an_order_is_not_amended_to_a_unit_beyond_ones_power(
    city: City, above: Upstream, order: Order
) -> None:
    mine = give_order(
        unit=city["K111"], title="Look", minutes=5, under=order, by=city.person("s11-duty"),
        now=START,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        amend_order(
            order=mine, unit=city["K211"], reason="-", by=city.person("s11-duty"), now=START
        )


# Handed over ------------------------------------------------------------------------------------


def offered(city: City, order: Order, to: str = "S12") -> Order:
    return offer_order(
        order=order, unit=city[to], reason="We are flooded.", by=city.person("s11-duty"),
        now=START + MINUTE,
    )  # fmt: skip


def test_an_order_changes_hands_only_when_the_other_takes_it(city: City, order: Order) -> None:
    order = offered(city, order)
    assert (order.unit, order.offered_to) == (city["S11"], city["S12"])
    assert visible(Order, city.person("s12-duty"), START).filter(pk=order.pk).exists()
    assert asked(city, "s12-duty") == ["take_over_order"]
    order = take_over_order(order=order, by=city.person("s12-duty"), now=START + 2 * MINUTE)
    assert (order.unit, order.state, order.version) == (city["S12"], "accepted", 2)
    assert (order.accepted_by, order.offered_to) == (city.person("s12-duty"), None)
    [before] = OrderVersion.objects.all()
    assert (before.unit, before.reason) == (city["S11"], "We are flooded.")
    assert order.due_at == START + HOUR, "Its clock goes on."
    assert facts("command.take_over_order")["from"] == city["S11"].path


def test_a_colleague_takes_over_but_not_oneself(city: City, order: Order) -> None:
    accept_order(order=order, by=city.person("s11-duty"), now=START)
    order = offered(city, order, "S11")
    with pytest.raises(NotNow, match="You offered it yourself"):
        take_over_order(order=order, by=city.person("s11-duty"), now=START)
    order = take_over_order(order=order, by=city.person("s11-duty-2"), now=START)
    assert (order.unit, order.accepted_by) == (city["S11"], city.person("s11-duty-2"))


def test_who_declines_leaves_it_where_it_was(city: City, order: Order) -> None:
    order = decline_order(
        order=offered(city, order), reason="So are we.", by=city.person("s12-duty"), now=START
    )
    assert (order.unit, order.offered_to, order.version) == (city["S11"], None, 1)
    with pytest.raises(NotNow, match="offered to nobody"):
        take_over_order(order=order, by=city.person("s12-duty"), now=START)
    assert facts("command.decline_order")["reason"] == "So are we."


def test_only_those_it_was_offered_to_take_it_or_decline(city: City, order: Order) -> None:
    order = offered(city, order)
    for deed in (
        lambda by: take_over_order(order=order, by=by, now=START),
        lambda by: decline_order(order=order, reason="-", by=by, now=START),
    ):
        with pytest.raises(NotAllowed):
            deed(city.person("s21-duty"))


def test_an_order_is_offered_once_and_only_under_way(city: City, order: Order) -> None:
    with pytest.raises(NotAllowed):
        offer_order(
            order=order, unit=city["S12"], reason="-", by=city.person("s12-duty"), now=START
        )
    order = offered(city, order)
    with pytest.raises(NotNow, match="It is offered to 钟楼街道 already"):
        offered(city, order)
    done = finish_order(order=order, result="Done", by=city.person("s11-duty"), now=START)
    assert done.offered_to is None, "What is done is offered to nobody."
    with pytest.raises(NotNow, match="is not under way"):
        offered(city, done)


# Evidence -----------------------------------------------------------------------------------


def test_an_order_is_not_finished_without_the_evidence_it_asks_for(
    city: City, above: Upstream
) -> None:
    wanted = {"evidence_kinds": ["photo", "count"], "evidence": words("Every sluice")}
    active(city, above, plan_order("look", {"each": "street"}, **wanted))
    order, street = the("look", "S11"), city.person("s11-duty")
    with pytest.raises(Malformed) as refused:
        finish_order(order=order, result="Done", counted=0, by=street, now=START)
    assert str(refused.value) == (
        "This order asks for a photograph (Every sluice). Give it, then report the order done."
    )
    assert refused.value.details == {"picture": "a photograph"}
    order.refresh_from_db()
    assert order.state == "issued"
    order = finish_order(
        order=order, result="Done", picture="archive 2021/88", counted=0, by=street, now=START
    )
    assert order.evidence == {"photo": "archive 2021/88", "count": 0}
    assert facts("command.finish_order")["evidence"] == ["count", "photo"]


def test_without_words_the_sentence_names_the_kind_alone(city: City, above: Upstream) -> None:
    active(city, above, plan_order("look", {"each": "street"}, evidence_kinds=["measurement"]))
    with pytest.raises(Malformed, match=r"^This order asks for a measurement\. Give it"):
        finish_order(order=the("look", "S11"), result="Done", by=city.person("s11-duty"), now=START)


# What an order carries ------------------------------------------------------------------------


def test_an_order_shows_what_it_needs_forms_messages_and_cost(city: City, above: Upstream) -> None:
    active(
        city, above,
        plan_order(
            "look", {"each": "street"}, stock=[{"item": "goggles", "quantity": 3}],
            forms=[words("Form 7")], cost_cents=12_00,
            messages=[{"to": "residents", "words": words("Stay in.")}],
        ),
        escalation=[{"tier": "city", "minutes": 5}],
    )  # fmt: skip
    order = the("look", "S11")
    assert order.stock == [{"item": "goggles", "quantity": 3}]
    assert (order.forms_wanted, order.cost_cents) == ([words("Form 7")], 1200)
    assert order.messages == [{"to": "residents", "words": words("Stay in.")}]
    assert order.escalation == [{"tier": "city", "minutes": 5}]
    assert facts("command.activate_plan")["cost_cents"] == 3 * 1200, "Three streets."


# The ladder -----------------------------------------------------------------------------------


def climbs(city: City, minutes: list[int]) -> list[tuple[int, str]]:
    """When (minutes after START) and to whom the first street's order climbs."""
    seen = []
    for minute in minutes:
        now = START + timedelta(minutes=minute)
        for _again in range(2):
            for climb in climb_late_orders(by=city.person("founder"), now=now):
                assert climb.order is not None
                if climb.order.unit == city["S11"]:
                    seen.append((minute, climb.to_unit.code))
    return seen


def test_a_late_order_climbs_the_ladder_of_its_plan_then_the_tiers_above(
    city: City, above: Upstream
) -> None:
    ladder = [
        {"unit": "HEALTH1", "minutes": 10}, {"tier": "province", "minutes": 0},
        {"tier": "district", "minutes": 30},
    ]  # fmt: skip
    active(city, above, plan_order("look", {"each": "street"}, 60, escalation=ladder))
    found = climbs(city, [60, 69, 70, 99, 100, 159, 160, 400])
    assert found == [(70, "HEALTH1"), (100, "D1"), (160, "C")]


def test_an_order_without_a_ladder_has_that_of_the_plan(city: City, above: Upstream) -> None:
    own = plan_order("own", {"each": "community"}, 60, escalation=[{"tier": "city", "minutes": 0}])
    active(
        city, above, own, plan_order("look", {"each": "street"}, 60),
        escalation=[{"tier": "city", "minutes": 20}],
    )  # fmt: skip
    assert climbs(city, [60, 79, 80, 500]) == [(80, "C")]


def test_a_ladder_to_oneself_or_to_nobody_leads_up_the_tiers(city: City, above: Upstream) -> None:
    ladder = [{"unit": "S11", "minutes": 5}, {"unit": "NOBODY", "minutes": 5}]
    active(city, above, plan_order("look", {"each": "street"}, 60, escalation=ladder))
    assert climbs(city, [60, 120]) == [(60, "D1"), (120, "C")]


def test_what_was_passed_on_under_a_withdrawn_order_is_withdrawn_and_told(
    city: City, above: Upstream
) -> None:
    mayor, chief = city.person("mayor"), city.person("d1-chief")
    upper = give_order(
        unit=city["D1"], title="Count", minutes=60, decision=above.decision, by=mayor, now=START
    )
    accept_order(order=upper, by=chief, now=START)
    lower = give_order(
        unit=city["S11"], title="Count", minutes=30, under=upper, by=chief, now=START
    )
    done = give_order(unit=city["S12"], title="Count", minutes=30, under=upper, by=chief, now=START)
    accept_order(order=done, by=city.person("s12-duty"), now=START)
    finish_order(order=done, result="4", by=city.person("s12-duty"), now=START)
    told(city)
    withdraw_order(order=upper, reason="Counted already", by=mayor, now=START + MINUTE)
    lower.refresh_from_db()
    done.refresh_from_db()
    assert (lower.state, lower.result, done.state) == ("withdrawn", "Counted already", "done")
    assert {"d1-chief", "s11-duty"} <= set(to(told(city, START + MINUTE)))


# Left by a task force -------------------------------------------------------------------------


def test_what_a_dissolved_task_force_leaves_is_given_to_another(
    city: City, above: Upstream
) -> None:
    mayor = city.person("mayor")
    force = set_up_task_force(
        area=city["D1"], name="Masks", purpose="Masks", legal_basis="Order 3",
        government=city["D1"], for_government=city.person("d1-duty"), firm=city["H1"],
        for_firm=city.person("h1-clerk"), ends_at=START + 24 * HOUR, by=mayor, now=START,
    )  # fmt: skip
    left = give_order(
        unit=force.unit, title="Find masks", minutes=6000, decision=above.decision, by=mayor,
        now=START,
    )  # fmt: skip
    accept_order(order=left, by=city.person("d1-duty"), now=START)
    told(city)
    assert asked(city, "mayor").count("amend_order") == 0
    dissolve_task_force(task_force=force, reason="Over", by=mayor, now=START + HOUR)
    messages = told(city, START + HOUR)
    assert "mayor" in to(messages) and english(messages[0])[0] == (
        "Masks is dissolved and has not done your order: Find masks"
    )
    [duty] = [d for d in duties(mayor, START + HOUR) if d.verb == "amend_order"]
    assert (duty.subject, duty.where) == (left.ref, "Masks")
    things = [t for t in things_waiting(START + HOUR) if t.verb == "amend_order"]
    assert [t.record for t in things] == [left.ref]
    amend_order(
        order=left, unit=city["S11"], reason="It is over", by=mayor, now=START + HOUR
    )  # fmt: skip
    assert "amend_order" not in asked(city, "mayor")
