"""Orders are given, carried out, held up, given more time and taken back; late ones climb."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongzhi.actors.models import Person, Post
from gongzhi.actors.queries import visible
from gongzhi.assessment.actions import close_incident
from gongzhi.command.actions import (
    accept_order,
    climb_late_orders,
    extend_order,
    fail_order,
    finish_order,
    give_order,
    reissue_order,
    release_order,
    withdraw_order,
    withdraw_orders,
)
from gongzhi.command.models import Activation, Climb, Order
from gongzhi.command.queries import (
    duties,
    late_orders,
    open_orders,
    order_chain,
    order_counts,
    orders_of,
    why_waiting,
)
from gongzhi.errors import Malformed, NotAllowed, NotNow
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines
from tests.rooms.upstream import Upstream, in_force, plan_document, plan_order

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
State = Order.State


DOCUMENT = plan_document(
    plan_order("define", {"each": "department", "subject": "health", "tier": "city"}, 60),
    plan_order("clinic", {"each": "hospital"}, 120, after=["define"]),
    plan_order("beds", {"each": "district"}, 60, after=["clinic"]),
    plan_order("report", {"each": "city"}, 90, after=["beds", "post"]),
    plan_order("post", {"each": "street"}, 30),
)


@once
def active(city: City, above: Upstream) -> Activation:
    return in_force(city, above, DOCUMENT)


@once
def order(city: City, above: Upstream) -> Order:
    """An order by hand to the first street: due in an hour."""
    return give_order(
        unit=city["S11"], title="Count the beds", minutes=60, decision=above.decision,
        by=city.person("mayor"), now=START,
    )  # fmt: skip


def the(key: str, code: str) -> Order:
    """The order with this key of a unit, as it is now."""
    return Order.objects.select_related("unit", "held_up_by").get(key=key, unit__code=code)


def done(city: City, order: Order, by: str = "mayor", now: datetime = START + HOUR) -> Order:
    return finish_order(order=order, result="Done.", by=city.person(by), now=now)


def brought_to(city: City, order: Order, state: str) -> Order:
    """The order, brought into a state by what people do."""
    mayor, street = city.person("mayor"), city.person("s11-duty")
    if state == State.ACCEPTED:
        return accept_order(order=order, by=street, now=START)
    if state == State.DONE:
        return done(city, order)
    if state == State.FAILED:
        return fail_order(order=order, reason="No staff", by=street, now=START)
    if state == State.WITHDRAWN:
        return withdraw_order(order=order, reason="Not needed", by=mayor, now=START)
    if state == State.WAITING:
        order.state, order.due_at, order.waiting_for = State.WAITING, None, "Waits."
        order.save()
    return order


# Giving -------------------------------------------------------------------------------------


def test_reporting_an_order_done_takes_few_statements(
    city: City, above: Upstream, django_assert_num_queries: Callable[..., Any]
) -> None:
    """Locked, read with its unit, written; behind it: who waits, for what else, issued."""
    watch, report = plan_order("watch", {"each": "grid"}), plan_order("report", {"each": "grid"})
    in_force(city, above, plan_document(watch, {**report, "after": ["watch"]}))
    by = city.person("mayor")
    finish_order(order=the("watch", "G1111"), result="Done.", by=by, now=START)
    last = the("watch", "G1112")
    of_the_tests = 4  # the savepoint inside their transaction, and the look at the moves of states
    with django_assert_num_queries(9 + of_the_tests):
        finish_order(order=last, result="Done.", by=by, now=START)
    assert the("report", "G1112").state == State.ISSUED


def test_an_order_by_hand_shows_commander_power_basis_and_time(
    city: City, above: Upstream, order: Order
) -> None:
    assert (order.state, order.due_at) == ("issued", START + HOUR)
    assert (order.issuer, order.unit) == (city["C"], city["S11"])
    assert order.commander == city.person("d1-chief"), "The street has no commander of its own."
    assert order.power.startswith("give_order (post:")
    assert order.legal_basis == above.decision.legal_basis
    assert facts("command.give_order")["cause"] == above.decision.ref


def test_a_unit_passes_on_the_order_it_received(city: City, order: Order) -> None:
    below = give_order(
        unit=city["K111"], title="Count yours", minutes=30, under=order,
        by=city.person("s11-duty"), now=START,
    )  # fmt: skip
    assert (below.under, below.decision, below.issuer) == (order, order.decision, city["S11"])
    kinds = [link.kind for link in order_chain(below)]
    assert kinds == ["order", "order above", "decision", "assessment", "incident", "warning"]


def test_only_who_commands_the_unit_gives_it_orders(
    city: City, above: Upstream, order: Order
) -> None:
    for login in ("d2-duty", "h1-clerk", "auditor", "k111-worker"):
        with pytest.raises(NotAllowed, match="give order"):
            give_order(
                unit=city["S11"], title="Do", minutes=5, decision=above.decision,
                by=city.person(login), now=START,
            )  # fmt: skip
    with pytest.raises(NotAllowed):
        give_order(
            unit=city["K211"], title="Do", minutes=5, under=order, by=city.person("d2-duty"),
            now=START,
        )  # fmt: skip


def test_an_order_has_one_cause(city: City, above: Upstream, order: Order) -> None:
    mayor = city.person("mayor")
    for cause in ({}, {"decision": above.decision, "under": order}):
        with pytest.raises(Malformed, match="Name either the decision"):
            give_order(unit=city["S11"], title="Do", minutes=5, by=mayor, now=START, **cause)


@pytest.mark.parametrize("code", ["S11", "S12", "D1"])
def test_an_order_is_passed_on_downward_only(city: City, order: Order, code: str) -> None:
    with pytest.raises(Malformed, match="passed on downward"):
        give_order(
            unit=city[code], title="Do", minutes=5, under=order, by=city.person("mayor"), now=START
        )


@pytest.mark.parametrize("state", ["done", "failed", "withdrawn", "waiting"])
def test_only_an_order_under_way_is_passed_on(city: City, order: Order, state: str) -> None:
    order = brought_to(city, order, state)
    with pytest.raises(NotNow, match="is not being carried out"):
        give_order(
            unit=city["K111"], title="Do", minutes=5, under=order, by=city.person("mayor"),
            now=START,
        )  # fmt: skip


def test_a_closed_incident_gives_no_more_orders(city: City, above: Upstream) -> None:
    mayor = city.person("mayor")
    close_incident(incident=above.incident, reason="Over.", by=mayor, now=START)
    with pytest.raises(NotNow, match="is closed"):
        give_order(
            unit=city["S11"], title="Do", minutes=5, decision=above.decision, by=mayor, now=START
        )


# Carrying out: a truth table ------------------------------------------------------------------


Deed = Callable[[Order, Person], Order]
DEEDS: dict[str, tuple[str, Deed]] = {
    "accept": ("s11-duty", lambda o, by: accept_order(order=o, by=by, now=START)),
    "finish": ("s11-duty", lambda o, by: finish_order(order=o, result="Done", by=by, now=START)),
    "fail": ("s11-duty", lambda o, by: fail_order(order=o, reason="No", by=by, now=START)),
    "reissue": (
        "mayor",
        lambda o, by: reissue_order(order=o, minutes=9, reason="Again", by=by, now=START),
    ),
    "extend": (
        "mayor",
        lambda o, by: extend_order(order=o, minutes=90, reason="Snow", by=by, now=START),
    ),
    "release": ("mayor", lambda o, by: release_order(order=o, reason="Go", by=by, now=START)),
    "withdraw": ("mayor", lambda o, by: withdraw_order(order=o, reason="No", by=by, now=START)),
}
ALLOWED = {
    "accept": {"issued": "accepted"},
    "finish": {"issued": "done", "accepted": "done"},
    "fail": {"issued": "failed", "accepted": "failed"},
    "reissue": {"failed": "issued"},
    "extend": {"issued": "issued", "accepted": "accepted"},
    "release": {"waiting": "issued"},
    "withdraw": {
        "waiting": "withdrawn", "issued": "withdrawn", "accepted": "withdrawn",
        "failed": "withdrawn",
    },
}  # fmt: skip


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("name", DEEDS)
def test_what_each_deed_makes_of_each_state(
    city: City, order: Order, name: str, state: str
) -> None:
    order = brought_to(city, order, state)
    login, deed = DEEDS[name]
    before = len(lines())
    if state in ALLOWED[name]:
        assert deed(order, city.person(login)).state == ALLOWED[name][state]
        assert len(lines()) == before + 1
        return
    with pytest.raises(NotNow) as refused:
        deed(order, city.person(login))
    assert str(refused.value).count(".") >= 2, "What is the matter, and what to do."
    order.refresh_from_db()
    assert order.state == state and len(lines()) == before


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("login", ["d2-duty", "h1-clerk", "auditor", "s12-duty"])
def test_who_has_nothing_to_do_with_an_order_cannot_touch_it(
    city: City, order: Order, name: str, login: str
) -> None:
    with pytest.raises(NotAllowed):
        DEEDS[name][1](order, city.person(login))


@pytest.mark.parametrize("name", ["reissue", "extend", "release", "withdraw"])
def test_who_received_an_order_cannot_undo_or_stretch_it(
    city: City, order: Order, name: str
) -> None:
    for login in ("s11-duty", "d1-chief"):
        with pytest.raises(NotAllowed, match="give order"):
            DEEDS[name][1](order, city.person(login))


def test_an_accepted_order_names_who_accepted_it(city: City, order: Order) -> None:
    order = accept_order(order=order, by=city.person("s11-duty"), now=START)
    assert (order.accepted_by, order.accepted_at) == (city.person("s11-duty"), START)
    with pytest.raises(NotNow, match="s11-duty先生 accepted this order on 03-01 09:00"):
        accept_order(order=order, by=city.person("s11-duty-2"), now=START + HOUR)


def test_a_finished_order_keeps_its_evidence_and_whether_it_was_late(
    city: City, order: Order
) -> None:
    order = done(city, order, "s11-duty", START + HOUR + MINUTE)
    assert (order.state, order.result) == ("done", "Done.")
    assert facts("command.finish_order")["late"] is True


def test_an_order_issued_again_begins_anew(city: City, order: Order) -> None:
    order = accept_order(order=order, by=city.person("s11-duty"), now=START)
    order = fail_order(order=order, reason="No staff", by=city.person("s11-duty"), now=START)
    order = reissue_order(
        order=order, minutes=30, reason="Staff came", by=city.person("mayor"), now=START + HOUR
    )
    assert (order.state, order.due_at) == ("issued", START + HOUR + timedelta(minutes=30))
    assert (order.accepted_by, order.ended_by, order.result) == (None, None, "")


# Waiting ------------------------------------------------------------------------------------


def test_the_last_prerequisite_done_issues_what_waited_in_the_same_act(
    city: City, active: Activation
) -> None:
    for code in ("S11", "S12"):
        done(city, the("post", code))
    for code in ("H1", "H2"):
        assert the("clinic", code).state == State.WAITING
    done(city, the("define", "HEALTH"), now=START + HOUR)
    for code in ("H1", "H2"):
        clinic = the("clinic", code)
        assert (clinic.state, clinic.issued_at) == (State.ISSUED, START + HOUR)
        assert clinic.due_at == START + HOUR + timedelta(minutes=120)
        assert clinic.waiting_for == ""
    assert facts_of_last("command.finish_order")["released"] == [
        the("clinic", "H1").ref, the("clinic", "H2").ref,
    ]  # fmt: skip
    assert (
        the("beds", "D1").waiting_for == "Waits for 东岸区人民医院: “Do clinic”, due 03-01 12:00."
    )


def facts_of_last(verb: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(lines(verb)[-1].body)["facts"]
    return said


def test_an_order_waits_for_all_of_its_prerequisites(city: City, active: Activation) -> None:
    report = the("report", "C")
    assert report.prerequisites.count() == 5
    assert "and 2 more" in report.waiting_for
    for code in ("S11", "S12", "S21"):
        done(city, the("post", code))
    report.refresh_from_db()
    assert report.state == State.WAITING
    assert "post" not in report.waiting_for and "beds" in report.waiting_for


def test_when_a_prerequisite_fails_everyone_behind_it_knows(city: City, active: Activation) -> None:
    define = the("define", "HEALTH")
    fail_order(order=define, reason="No laboratory", by=city.person("city-health"), now=START)
    clinic, beds, report = the("clinic", "H1"), the("beds", "D1"), the("report", "C")
    assert "cannot be done (No laboratory)" in clinic.waiting_for
    for order in (clinic, beds, report, the("clinic", "H2"), the("beds", "D2")):
        assert order.held_up_by == define
        assert "Do define" in order.waiting_for and order.state == State.WAITING
    assert "held up by 市卫生健康委员会: “Do define”" in beds.waiting_for
    assert why_waiting(beds) == beds.waiting_for
    told = facts("command.fail_order")["told"]
    assert len(told) == 5 and the("post", "S11").ref not in told


def test_what_was_held_up_goes_on_when_the_order_is_issued_again(
    city: City, active: Activation
) -> None:
    define = the("define", "HEALTH")
    fail_order(order=define, reason="No laboratory", by=city.person("city-health"), now=START)
    reissue_order(order=define, minutes=60, reason="Found", by=city.person("mayor"), now=START)
    for key, code in (("clinic", "H1"), ("beds", "D2"), ("report", "C")):
        order = the(key, code)
        assert order.held_up_by is None and "No laboratory" not in order.waiting_for
    done(city, define)
    assert the("clinic", "H1").state == State.ISSUED


def test_every_failure_is_named_while_there_are_several(city: City, active: Activation) -> None:
    for code, reason in (("S11", "Flooded"), ("S12", "Burnt")):
        fail_order(order=the("post", code), reason=reason, by=city.person("mayor"), now=START)
    report = the("report", "C")
    assert report.waiting_for.startswith("Waits for 桥头街道: “Do post”, which cannot be done")
    assert "Flooded" in report.waiting_for and "Burnt" in report.waiting_for
    reissue_order(
        order=the("post", "S11"), minutes=5, reason="Dry", by=city.person("mayor"), now=START
    )
    report = the("report", "C")
    assert "Flooded" not in report.waiting_for and "Burnt" in report.waiting_for
    assert report.held_up_by == the("post", "S12")


def test_nothing_begins_because_what_came_before_it_was_withdrawn(
    city: City, active: Activation
) -> None:
    mayor = city.person("mayor")
    withdraw_order(order=the("define", "HEALTH"), reason="Wrong", by=mayor, now=START)
    clinic = the("clinic", "H1")
    assert clinic.state == State.WAITING and "was withdrawn" in clinic.waiting_for
    asked = [d for d in duties(mayor, START) if d.verb == "release_order"]
    assert [d.inputs["order"] for d in asked] == [clinic.pk, the("clinic", "H2").pk]
    released = release_order(order=clinic, reason="Known already", by=mayor, now=START)
    assert (released.state, released.due_at) == (State.ISSUED, START + 2 * HOUR)
    assert facts("command.release_order")["skipped"] == [the("define", "HEALTH").ref]
    assert the("beds", "D1").held_up_by is None
    assert the("beds", "D2").held_up_by == the("define", "HEALTH")


def test_more_time_for_one_order_is_seen_by_those_who_wait(city: City, active: Activation) -> None:
    extend_order(
        order=the("define", "HEALTH"), minutes=600, reason="Night", by=city.person("mayor"),
        now=START,
    )  # fmt: skip
    assert "due 03-01 19:00" in the("clinic", "H1").waiting_for


def test_one_act_takes_back_all_that_is_open(
    city: City, above: Upstream, active: Activation
) -> None:
    done(city, the("post", "S11"))
    fail_order(order=the("post", "S12"), reason="No", by=city.person("mayor"), now=START)
    with pytest.raises(NotAllowed):
        withdraw_orders(
            incident=above.incident, reason="Over", by=city.person("d1-chief"), now=START
        )
    count = withdraw_orders(
        incident=above.incident, reason="Over", by=city.person("mayor"), now=START
    )
    assert count == 8
    assert set(Order.objects.values_list("state", flat=True)) == {State.DONE, State.WITHDRAWN}
    assert withdraw_orders(
        incident=above.incident, reason="Over", by=city.person("mayor"), now=START
    ) == 0  # fmt: skip


# Late orders climb ----------------------------------------------------------------------------


def climb(city: City, now: datetime) -> list[str]:
    """Codes of the units that late orders climb to at this moment."""
    made = climb_late_orders(by=city.person("founder"), now=now)
    return sorted(c.to_unit.code for c in made)


def test_a_late_order_climbs_one_tier_at_a_time_each_tier_once(city: City, order: Order) -> None:
    due = START + HOUR
    assert climb(city, due - MINUTE) == []
    assert climb(city, due) == ["D1"]
    assert climb(city, due) == [], "The same moment again changes nothing."
    assert climb(city, due + 59 * MINUTE) == []
    assert climb(city, due + 60 * MINUTE) == ["C"]
    assert climb(city, due + 600 * MINUTE) == [], "Above the root there is nobody."
    reasons = {c.reason for c in Climb.objects.all()}
    assert reasons == {
        "桥头街道 has not reported “Count the beds” done; it was due on 03-01 10:00."
    }
    assert len(lines("command.climb_order")) == 2


def test_after_a_long_silence_of_the_clock_it_climbs_tier_by_tier(city: City, order: Order) -> None:
    later = START + timedelta(days=2)
    assert climb(city, later) == ["D1"]
    assert climb(city, later) == []
    assert climb(city, later + HOUR) == ["C"]


def test_an_order_of_the_root_has_nowhere_to_climb(city: City, above: Upstream) -> None:
    give_order(
        unit=city["C"], title="Meet", minutes=5, decision=above.decision,
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    assert climb(city, START + HOUR) == []


@pytest.mark.parametrize("state", ["done", "failed", "withdrawn", "waiting"])
def test_what_is_not_under_way_is_not_late(city: City, order: Order, state: str) -> None:
    brought_to(city, order, state)
    assert climb(city, START + timedelta(days=1)) == []


def test_an_accepted_order_is_late_as_well(city: City, order: Order) -> None:
    brought_to(city, order, "accepted")
    assert climb(city, START + timedelta(days=1)) == ["D1"]


def test_more_time_stops_the_climb_until_that_is_over_too(city: City, order: Order) -> None:
    climb(city, START + HOUR)
    extend_order(order=order, minutes=300, reason="Snow", by=city.person("mayor"), now=START + HOUR)
    assert climb(city, START + 3 * HOUR) == []
    assert climb(city, START + 6 * HOUR) == ["C"], "The tier that knows already is not told twice."


def test_a_hundred_late_orders_climb_in_few_statements(
    city: City, above: Upstream, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    mayor = city.person("mayor")
    for n in range(100):
        give_order(
            unit=city["S11"], title=f"Do {n}", minutes=5, decision=above.decision, by=mayor,
            now=START,
        )  # fmt: skip
    with django_assert_max_num_queries(130):
        assert climb(city, START + HOUR) == ["D1"] * 100


# Reading --------------------------------------------------------------------------------------


def test_orders_are_seen_in_ones_own_branch_only(city: City, active: Activation) -> None:
    seen = {login: set(open_orders(city.person(login), START)) for login in city.people}
    assert len(seen["mayor"]) == 9
    assert {o.unit.code for o in seen["d1-chief"]} == {"H1", "D1", "S11", "S12"}
    assert {o.unit.code for o in seen["s21-duty"]} == {"S21"}
    assert {o.unit.code for o in seen["h2-clerk"]} == {"H2"}


def test_late_orders_and_counts_follow_the_hour(
    city: City, above: Upstream, active: Activation
) -> None:
    mayor = city.person("mayor")
    assert list(late_orders(mayor, START)) == []
    late = late_orders(mayor, START + 31 * MINUTE)
    assert [o.unit.code for o in late] == ["S11", "S12", "S21"]
    done(city, the("post", "S11"))
    fail_order(order=the("define", "HEALTH"), reason="No", by=mayor, now=START)
    counts = order_counts(above.incident, mayor, START + HOUR)
    assert (counts.total, counts.done, counts.late, counts.held_up) == (9, 1, 2, 5)
    assert str(counts) == "1 of 9 orders done, 2 late"
    assert orders_of(above.incident, city.person("d2-chief"), START).count() == 3
    withdraw_order(order=the("post", "S21"), reason="No", by=mayor, now=START)
    assert order_counts(above.incident, mayor, START).standing == 8


def test_the_chain_leads_from_an_order_back_to_the_warning(
    city: City, above: Upstream, active: Activation
) -> None:
    chain = order_chain(the("clinic", "H1"))
    assert [link.kind for link in chain] == [
        "order", "plan activated", "decision", "assessment", "incident", "warning",
    ]  # fmt: skip
    assert chain[-1].ref == above.warning.ref
    assert str(chain[2]) == "03-01 09:00 decision: 启动预案"


def test_an_order_asks_its_own_unit_and_then_the_next_step(city: City, order: Order) -> None:
    street, chief = city.person("s11-duty"), city.person("d1-chief")

    def asked(person: Person, now: datetime) -> list[str]:
        return [d.verb for d in duties(person, now) if d.inputs.get("order") == order.pk]

    assert asked(street, START) == ["accept_order"]
    assert asked(chief, START) == [], "Seen, but first somebody else's to act on."
    accept_order(order=order, by=street, now=START)
    assert asked(street, START) == ["finish_order"]
    climb(city, START + HOUR)
    climb(city, START + 2 * HOUR)
    assert asked(city.person("mayor"), START + 2 * HOUR) == ["extend_order"]
    fail_order(order=order, reason="No staff", by=street, now=START + 2 * HOUR)
    assert asked(street, START + 2 * HOUR) == []
    [duty] = [d for d in duties(city.person("mayor"), START) if d.verb == "reissue_order"]
    assert duty.why == "No staff"


def test_who_may_not_act_on_an_order_is_not_asked(city: City, order: Order) -> None:
    looker = Person.objects.create(login="looker", name="看", password="!")
    Post.objects.create(
        person=looker, unit=city["S11"], area=city["S11"], role="oversight", starts_at=START
    )
    assert list(visible(Order, looker, START)) == [order]
    assert duties(looker, START) == []
