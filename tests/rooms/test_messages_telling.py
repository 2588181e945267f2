"""The ledger becomes messages: whom each verb concerns, once, in whose words."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils.translation import override

from gongzhi.actors.actions import (
    climb_overdue_reviews,
    climb_unreviewed_accesses,
    delegate,
    object_to_access,
    open_in_emergency,
    refuse_request,
    review_access,
    review_use,
    revoke,
)
from gongzhi.actors.models import Delegation, Draw, Person, Post, PowerRequest, UseReview
from gongzhi.assessment.actions import dissent
from gongzhi.command.actions import (
    accept_order,
    amend_order,
    answer_call,
    arrive,
    begin_phase,
    climb_late_orders,
    climb_silent_answers,
    close_call,
    decline_order,
    extend_order,
    fail_order,
    finish_answer,
    finish_order,
    give_order,
    offer_order,
    raise_call,
    reissue_order,
    release_order,
    reopen_call,
    rule_call,
    take_over_order,
    withdraw_order,
    withdraw_orders,
)
from gongzhi.command.models import Order, Phase, Says
from gongzhi.decision.actions import announce_ends, set_measure
from gongzhi.fieldwork.actions import HouseholdDraft, list_households
from gongzhi.fieldwork.models import Household
from gongzhi.ledger.actions import append, seal
from gongzhi.messages.actions import follow_ledger
from gongzhi.messages.concerned import CONCERNED, SETTLED_BY
from gongzhi.messages.configured import Channels, Mail, Robot
from gongzhi.messages.models import Bookmark, Contact, Delivery, Message
from gongzhi.messages.policies import only_in_app
from gongzhi.messages.queries import told_verbs
from gongzhi.messages.words import LANGUAGES, TEMPLATES, sentences
from gongzhi.parameters import parameter
from gongzhi.rounds.walk import walk
from gongzhi.sensing.actions import (
    climb_silent_warnings,
    climb_unjudged_signals,
    receive_report,
)
from gongzhi.sensing.models import Report, Signal
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.exercise import flood_exercise
from tests.rooms.scenes import Branch, lines
from tests.rooms.telling import english, to, told
from tests.rooms.upstream import Upstream, crisis, in_force, plan_document, plan_order, red_warning

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ROBOT = Robot(style="wecom", url="http://127.0.0.1:9/send?key=k")
OPEN = Channels(mail=Mail(host="127.0.0.1", sender="duty@city.example"), robots={"d1": ROBOT})


@once
def above(city: City) -> Upstream:
    made = crisis(city)
    told(city)
    Message.objects.all().delete()
    return made


def ordered(city: City, above: Upstream, unit: str = "WATER", **more: Any) -> Order:
    given = {"title": "Send two pumps", "minutes": 60, "by": city.person("mayor"), "now": START}
    return give_order(unit=city[unit], decision=above.decision, **{**given, **more})


NAMED_BY_FINDERS = {"access_notice_owed", "access_to_review"}
"""Words that a finder chooses instead of those of the verb."""


def test_every_verb_that_is_told_has_a_finder_and_words() -> None:
    assert set(told_verbs()) == set(CONCERNED)
    rules = [parameter(f"messages.{verb}", START.date()).value for verb in told_verbs()]
    assert {rule["template"] for rule in rules} | NAMED_BY_FINDERS == set(TEMPLATES)
    assert all(set(rule) == {"urgency", "channels", "template", "power"} for rule in rules)
    for rule in rules:
        assert parameter(f"powers.{rule['power']}", START.date())
    assert not set(SETTLED_BY) & {"command.give_order"}


def test_an_order_is_told_to_the_people_of_its_unit_and_nobody_else(
    city: City, above: Upstream
) -> None:
    order = ordered(city, above)
    [message] = told(city)
    assert (message.person, message.unit, message.order) == (
        city.person("water"), city["WATER"], order,
    )  # fmt: skip
    assert message.urgency == "immediate" and message.state == "unread" and not message.exercise
    assert english(message) == (
        "New order for 东岸区水务局: Send two pumps", "Due 03-01 10:00. Open it and accept it.",
    )  # fmt: skip
    assert not Delivery.objects.exists()


def test_an_order_for_a_unit_without_people_is_told_to_the_unit(
    city: City, above: Upstream
) -> None:
    ordered(city, above, "K112")
    assert to(told(city)) == ["[K112]"]


def test_nothing_is_told_twice_and_nothing_missed(city: City, above: Upstream) -> None:
    first = ordered(city, above)
    assert len(told(city)) == 1
    place = Bookmark.objects.get().leaf_index
    assert told(city) == []
    second = ordered(city, above, "POWER")
    assert [m.subject for m in told(city)] == [second.ref] and first.pk != second.pk
    assert Bookmark.objects.get().leaf_index > place


def test_a_place_lost_by_a_break_down_is_read_again_without_doubles(
    city: City, above: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction takes the bookmark back with the messages; then all is told once."""
    ordered(city, above)
    place = Bookmark.objects.get().leaf_index

    def fails(*_: Any, **__: Any) -> None:
        raise OSError("cut off")

    with monkeypatch.context() as cut:
        cut.setattr("gongzhi.messages.actions.telling.append", fails)
        with pytest.raises(OSError, match="cut off"):
            told(city)
    assert Bookmark.objects.get().leaf_index == place and not Message.objects.exists()
    assert len(told(city)) == 1


def test_an_old_line_is_not_told_any_more(city: City, above: Upstream) -> None:
    ordered(city, above)
    assert told(city, START + timedelta(days=2)) == []
    assert Bookmark.objects.get().leaf_index >= 0


def test_a_round_tells_and_a_second_one_changes_nothing(city: City, above: Upstream) -> None:
    clock = city.person("founder")
    ordered(city, above)
    assert walk(by=clock, now=START).moved["follow_ledger"] == 1
    again = walk(by=clock, now=START)
    assert again.moved["follow_ledger"] == 0 and again.changed == 0
    assert lines("messages.follow_ledger")[-1].unit_path == city["C"].path


def test_a_plan_of_many_orders_is_told_in_few_statements(
    city: City, above: Upstream, django_assert_max_num_queries: Any
) -> None:
    document = plan_document(
        plan_order("look", {"each": "street"}), plan_order("close", {"each": "community"}),
        plan_order("later", {"each": "district"}, after=["look"]),
    )  # fmt: skip
    in_force(city, above, document)
    seal(now=START)
    with django_assert_max_num_queries(16):
        follow_ledger(by=city.person("founder"), now=START)
    messages = list(Message.objects.select_related("person", "unit"))
    assert to(messages) == [
        "[K112]", "[K211]", "k111-worker", "s11-duty", "s11-duty-2", "s12-duty", "s21-duty",
    ]  # fmt: skip
    for order in Order.objects.filter(key="look"):
        finish_order(order=order, result="Seen", by=city.person("mayor"), now=START + MINUTE)
    later = told(city, START + MINUTE)
    assert to(later) == ["d1-chief", "d1-duty", "d2-chief", "d2-duty"]
    assert {m.template for m in later} == {"order_given"}


def test_the_orders_of_a_phase_are_told_when_it_begins(city: City, above: Upstream) -> None:
    mayor = city.person("mayor")
    tests = {"enter": {"red_warnings": 1}, "leave": {"red_warnings_at_most": 0}}
    document = plan_document(
        plan_order("look", {"each": "street"}, phase="control"),
        plan_order("close", {"each": "district"}, phase="clear"),
        plan_order("later", {"each": "city"}, phase="clear", after=["close"]),
        phases=[
            {"phase": "control", **tests},
            {"phase": "clear", **tests, "enter": {"phases_over": ["control"]}},
        ],
    )  # fmt: skip
    made = in_force(city, above, document)
    assert to(told(city)) == ["s11-duty", "s11-duty-2", "s12-duty", "s21-duty"]
    begin_phase(phase=made.phases.get(phase="clear"), reason="Early.", by=mayor, now=START)
    messages = told(city)
    assert to(messages) == ["d1-chief", "d1-duty", "d2-chief", "d2-duty"], "None that waits."
    assert {m.verb for m in messages} == {"command.begin_phase"}


def test_an_offered_order_is_told_to_whom_it_is_offered_until_they_take_it(
    city: City, above: Upstream
) -> None:
    order = ordered(city, above)
    [given] = told(city)
    offer_order(
        order=order, unit=city["POWER"], reason="No pumps", by=city.person("water"), now=START
    )
    [offered] = told(city)
    assert (offered.person, offered.unit) == (city.person("power"), city["POWER"])
    assert english(offered) == (
        "东岸区水务局 offers you its order: Send two pumps",
        "Due 03-01 10:00. Take it over or decline; until then 东岸区水务局 keeps it.",
    )
    take_over_order(order=order, by=city.person("power"), now=START)
    taken = told(city)
    assert {"water"} < set(to(taken)) and "power" not in to(taken), "Who had it, and who gave it."
    assert {m.unit for m in taken} == {city["WATER"], city["C"]}
    assert english(taken[0])[0] == "东岸区供电局 took over from 东岸区水务局: Send two pumps"
    assert {m.state for m in Message.objects.filter(pk__in=[given.pk, offered.pk])} == {"settled"}


def test_whoever_offered_an_order_learns_that_it_was_declined(city: City, above: Upstream) -> None:
    order = ordered(city, above)
    offer_order(
        order=order, unit=city["POWER"], reason="No pumps", by=city.person("water"), now=START
    )
    told(city)
    decline_order(order=order, reason="Nor we", by=city.person("power"), now=START)
    [declined] = told(city)
    assert (declined.person, declined.unit) == (city.person("water"), city["WATER"])
    assert english(declined) == (
        "东岸区供电局 does not take your order over: Send two pumps",
        "Due 03-01 10:00. 东岸区水务局 keeps it: carry it out or offer it to others.",
    )


def test_what_becomes_of_an_order_is_told(city: City, above: Upstream) -> None:
    mayor, water = city.person("mayor"), city.person("water")
    order = ordered(city, above)
    told(city)
    fail_order(order=order, reason="No fuel", by=water, now=START)
    failed = told(city)
    assert to(failed) == ["city-duty", "founder", "mayor"]
    assert english(failed[0])[0] == "东岸区水务局 cannot do: Send two pumps"
    reissue_order(order=order, minutes=30, reason="Fuel is there", by=mayor, now=START)
    assert [(m.person, m.template) for m in told(city)] == [(water, "order_given")]
    extend_order(order=order, minutes=90, reason="Roads", by=mayor, now=START)
    assert [m.template for m in told(city)] == ["order_extended"]
    withdraw_order(order=order, reason="Not needed", by=mayor, now=START)
    assert [m.template for m in told(city)] == ["order_withdrawn"]


def test_a_released_order_and_all_withdrawn_ones_are_told(city: City, above: Upstream) -> None:
    mayor = city.person("mayor")
    document = plan_document(
        plan_order("look", {"each": "district"}), plan_order("act", {"each": "street"},
        after=["look"]),
    )  # fmt: skip
    in_force(city, above, document)
    told(city)
    waiting = Order.objects.get(key="act", unit=city["S12"])
    release_order(order=waiting, reason="At once", by=mayor, now=START)
    assert to(told(city)) == ["s12-duty"]
    withdraw_orders(incident=above.incident, reason="It is over", by=mayor, now=START + MINUTE)
    gone = told(city, START + MINUTE)
    assert {m.template for m in gone} == {"order_withdrawn"}
    assert to(gone) == [
        "d1-chief", "d1-duty", "d2-chief", "d2-duty", "s11-duty", "s11-duty-2", "s12-duty",
        "s21-duty",
    ]  # fmt: skip
    assert not Message.objects.filter(template="order_given", state="unread").exists()


def test_the_orders_of_a_phase_begun_later_are_told(city: City, above: Upstream) -> None:
    mayor, given = city.person("mayor"), {"each": "district"}
    phases = [
        {"phase": name, "enter": {"red_warnings": at_least}, "leave": {"red_warnings_at_most": 0}}
        for name, at_least in (("control", 1), ("clear", 99))
    ]
    document = plan_document(
        plan_order("look", given, phase="control"),
        plan_order("wash", {"each": "street"}, phase="clear", after=["look"]),
        plan_order("count", given, phase="clear"), phases=phases,
    )  # fmt: skip
    in_force(city, above, document)
    assert {m.order.key for m in told(city) if m.order} == {"look"}
    done = Order.objects.get(key="look", unit=city["D1"])
    finish_order(order=done, result="Seen", by=city.person("d1-duty"), now=START)
    begin_phase(phase=Phase.objects.get(phase="clear"), reason="Rain", by=mayor, now=START + HOUR)
    found = {(m.order.key, m.unit.code) for m in told(city, START + HOUR) if m.order}
    assert found == {("count", "D1"), ("count", "D2"), ("wash", "S11"), ("wash", "S12")}


def test_a_changed_order_is_told_to_whoever_has_it_now(city: City, above: Upstream) -> None:
    mayor, order = city.person("mayor"), ordered(city, above)
    [first] = told(city)
    amend_order(order=order, unit=city["POWER"], reason="Nearer", by=mayor, now=START)
    found = {message.template: message for message in told(city)}
    stop, message = found["order_withdrawn"], found["order_amended"]
    assert (stop.person, stop.urgency) == (city.person("water"), "immediate")
    assert english(stop)[0] == "Withdrawn from 东岸区水务局: Send two pumps"
    assert (message.person, message.template) == (city.person("power"), "order_amended")
    assert english(message) == (
        "Changed order for 东岸区供电局: Send two pumps",
        "Due 03-01 10:00. Open it, read what has changed and accept it again.",
    )
    first.refresh_from_db()
    assert first.state == "settled"


def test_whoever_is_asked_in_a_call_is_told_as_when_it_was_raised(city: City) -> None:
    street, water, power = (city.person(one) for one in ("s11-duty", "water", "power"))
    call = raise_call(
        caller=city["S11"], subject="burst main", text="Water in the substation",
        departments=[city["WATER"]], by=street, now=START,
    )  # fmt: skip
    told(city)

    # Another unit is named: it is called at any hour, by the same ways out.
    answer_call(
        answer=call.answers.get(), says=Says.NOT_MINE, reason="Theirs", by=water, now=START,
        named_instead=city["POWER"],
    )  # fmt: skip
    asked = {m.template: (m.person, m.urgency) for m in told(city)}
    assert asked["call_raised"] == (power, "immediate")

    # A firm is needed first: its clerk is told, who can answer for it.
    answer = call.answers.get(department=city["POWER"])
    needs: dict[str, Any] = {"says": Says.NEEDS, "reason": "Pumps", "needed_from": city["LOG"]}
    answer_call(answer=answer, by=power, now=START, **needs)
    firm = {m.template: (m.person, m.urgency) for m in told(city)}
    assert firm["call_raised"] == (city.person("log-clerk"), "immediate")

    # When the firm is done, whoever waited for it is asked once more.
    helper, clerk = call.answers.get(department=city["LOG"]), city.person("log-clerk")
    answer_call(answer=helper, says=Says.COMING, arrive_minutes=20, by=clerk, now=START)
    proof: dict[str, Any] = {"measured": "depth", "measured_value": 1, "measured_unit": "m"}
    arrive(answer=helper, by=clerk, now=START, **proof)
    told(city)
    finish_answer(answer=helper, result="Pumped", by=clerk, now=START, **proof)
    assert [(m.template, m.person) for m in told(city)] == [("call_raised", power)]


def test_whoever_has_to_rule_is_told_at_once(city: City) -> None:
    call = raise_call(
        caller=city["S11"], subject="burst main", text="Water", by=city.person("s11-duty"),
        departments=[city["WATER"]], now=START,
    )  # fmt: skip
    told(city)
    answer_call(
        answer=call.answers.get(), says=Says.NOT_MINE, reason="The builder's", now=START,
        by=city.person("water"),
    )  # fmt: skip
    rule = [(m.unit.code, m.urgency) for m in told(city) if m.template == "call_climbed"]
    assert set(rule) == {("D1", "immediate")}


def test_a_call_that_goes_on_is_told_to_those_who_answer_it_again(city: City) -> None:
    street = city.person("s11-duty")
    report = receive_report(
        place=city["S11"], stream="flood", channel=Report.Channel.HOTLINE, text="Water", by=street,
        now=START,
    )  # fmt: skip
    call = raise_call(
        caller=city["S11"], subject="burst main", text="Water", departments=[city["WATER"]],
        reports=[report], by=street, now=START,
    )  # fmt: skip
    answer, water = call.answers.get(), city.person("water")
    answer_call(answer=answer, says=Says.COMING, arrive_minutes=20, by=water, now=START)
    proof: dict[str, Any] = {"measured": "depth", "measured_value": 1, "measured_unit": "m"}
    arrive(answer=answer, by=water, now=START, **proof)
    finish_answer(answer=answer, result="Pumped", by=water, now=START, **proof)
    close_call(call=call, by=street, now=START)
    told(city)
    reopen_call(call=call, report=report, reason="Still wet", by=street, now=START + HOUR)
    again = [(m.template, m.person) for m in told(city, START + HOUR)]
    assert again == [("call_raised", water)]


def test_a_waiting_order_that_is_changed_is_told_when_it_is_issued(
    city: City, above: Upstream
) -> None:
    mayor = city.person("mayor")
    document = plan_document(
        plan_order("look", {"each": "city"}),
        plan_order("act", {"each": "district"}, after=["look"]),
    )
    in_force(city, above, document)
    told(city)
    waiting = Order.objects.get(key="act", unit=city["D1"])
    amend_order(order=waiting, title="Act at night", reason="Dark", by=mayor, now=START)
    assert told(city) == []


def test_a_late_order_is_told_to_the_tier_above(city: City, above: Upstream) -> None:
    ordered(city, above)
    told(city)
    climb_late_orders(by=city.person("founder"), now=START + 2 * HOUR)
    climbed = told(city, START + 2 * HOUR)
    assert to(climbed) == ["d1-chief", "d1-duty"]
    assert english(climbed[0])[0] == "Late, climbed to you: Send two pumps (东岸区水务局)"


def test_calls_are_told_to_the_called_and_answers_to_the_street(city: City) -> None:
    call = raise_call(
        caller=city["S11"], subject="停水", text="李家三口没水", departments=[city["WATER"]],
        by=city.person("s11-duty"), now=START,
    )  # fmt: skip
    [message] = told(city)
    assert message.person == city.person("water") and "李家" not in json.dumps(
        message.parameters, ensure_ascii=False
    )
    assert english(message)[0] == "桥头街道 calls 东岸区水务局: 停水"
    answer = call.answers.get()
    answer_call(
        answer=answer, says=Says.NOT_MINE, reason="Power", named_instead=city["POWER"],
        by=city.person("water"), now=START + MINUTE,
    )  # fmt: skip
    answered = told(city, START + MINUTE)
    assert to(answered) == ["power", "s11-duty", "s11-duty-2"]
    message.refresh_from_db()
    assert message.state == "settled"
    climb_silent_answers(by=city.person("founder"), now=START + HOUR)
    assert to(told(city, START + HOUR)) == ["d1-chief", "d1-duty"]
    asked = call.answers.get(department=city["POWER"])
    rule_call(
        answer=asked, unit=city["WATER"], reason="Pipes", by=city.person("d1-duty"),
        now=START + HOUR,
    )  # fmt: skip
    assert to(told(city, START + HOUR)) == ["water"]


def test_a_warning_is_told_where_it_is_and_where_it_climbs(city: City) -> None:
    warning = red_warning(city, "S11")
    append(
        verb="sensing.issue_warning", subject=warning, place=city["S11"],
        by=city.person("founder"), now=START,
    )  # fmt: skip
    issued = told(city)
    assert to(issued) == ["s11-duty", "s11-duty-2"]
    assert english(issued[0]) == (
        "Warning, red: fever in 桥头街道",
        "Acknowledge it by 03-01 09:20, else it climbs one tier.",
    )
    climb_silent_warnings(by=city.person("founder"), now=START + HOUR)
    assert to(told(city, START + HOUR)) == ["d1-chief", "d1-duty"]


def test_ends_powers_dissents_and_signals_are_told(city: City, above: Upstream) -> None:
    mayor = city.person("mayor")
    measure = set_measure(
        decision=above.decision, area=city["D1"], kind="closure", title="关闭市场",
        ends_at=START + timedelta(days=10), by=mayor, now=START,
    )  # fmt: skip
    at = START + timedelta(days=4)
    announce_ends(by=city.person("founder"), now=at)
    ends = told(city, at)
    assert to(ends) == ["d1-chief"] and ends[0].subject == measure.ref
    lent = delegate(
        lender=city["C"], borrower=city["S11"], area=city["S11"], powers=["set_measure"],
        legal_basis="Law", ends_at=at + HOUR, by=mayor, now=at,
    )  # fmt: skip
    power = told(city, at)
    assert to(power) == ["s11-duty", "s11-duty-2"]
    assert english(power[0])[0] == "临江市 lent powers to 桥头街道: set measure"
    revoke(delegation=lent, reason="Misused", by=mayor, now=at)
    assert {m.template for m in told(city, at)} == {"power_revoked"}


def test_a_dissent_reaches_people_two_tiers_up_without_its_words(city: City) -> None:
    made = crisis(city, area="D1", by="d1-chief", emergency=False)
    told(city)
    Message.objects.all().delete()
    dissent(
        assessment=made.assessment, text="I do not believe it", by=city.person("expert"),
        now=START,
    )  # fmt: skip
    heard = told(city)
    assert to(heard) == ["city-duty", "founder", "mayor"]
    assert english(heard[0])[0] == "An expert disagrees with the assessment of “发热病例聚集”"


def test_an_unjudged_signal_is_told_upward(city: City) -> None:
    signal = Branch(city, 1).new(
        Signal, place=city["S11"], stream="fever", judge_by=START, state="open"
    )
    climb_unjudged_signals(by=city.person("founder"), now=START + HOUR)
    climbed = told(city, START + HOUR)
    assert to(climbed) == ["d1-chief", "d1-duty"] and climbed[0].subject == signal.ref


def test_a_request_is_told_to_who_answers_it_and_its_answer_to_who_asked(city: City) -> None:
    asking = Branch(city, 1)
    request = asking.new(
        PowerRequest, asking=city["D1"], to_unit=city["C"], place=city["D1"], power="decide",
        state="open", answered_by=None, answered_at=None, answer_by=START + HOUR,
    )  # fmt: skip
    written = {"subject": request, "by": city.person("d1-chief")}
    append(verb="actors.ask_above", place=city["D1"], now=START, **written)
    asked = told(city)
    assert to(asked) == ["founder", "mayor"]
    assert english(asked[0]) == (
        "东岸区 asks you: decide, 东岸区",
        "It goes beyond its limits. Grant or refuse it by 03-01 10:00.",
    )
    refuse_request(request=request, reason="Too much", by=city.person("mayor"), now=START + MINUTE)
    answers = told(city, START + MINUTE)
    assert {m.template for m in answers} == {"request_answered"}
    assert to(answers) == ["d1-chief", "d1-duty"]
    assert english(answers[0])[0] == "Your request was answered: decide, 东岸区: refused"
    assert set(
        Message.objects.filter(template="request_asked").values_list("state", flat=True)
    ) == {"settled"}


def test_an_emergency_access_is_told_to_its_keeper_and_to_whoever_reviews_it(
    city: City, above: Upstream
) -> None:
    """Then its climb, an objection with the need to answer, and the outcome; never a word of it."""
    list_households(
        grid=city["G2111"], households=[HouseholdDraft(building="三号楼", door="101")],
        by=city.person("g2111-worker"), now=START,
    )  # fmt: skip
    door = Household.objects.get()
    access = open_in_emergency(
        unit=city["S11"], record=door.ref, reason="Found without papers",
        by=city.person("s11-duty"), now=START,
    )  # fmt: skip
    clerk = Person.objects.create(login="d1-clerk", name="d1-clerk", password="!")
    Post.objects.create(
        person=clerk, unit=city["D1"], area=city["D1"], role="clerk", starts_at=START
    )
    opened = told(city)
    assert to(opened) == ["d1-chief", "d1-duty", "g2111-worker"], "a clerk reviews nothing"
    by_reader = {m.person.login: english(m) for m in opened}
    assert by_reader["g2111-worker"] == (
        "桥头街道 opened a record about residents of 第一网格",
        "Print the notice and hand it to them: they have no log-in.",
    )
    assert by_reader["d1-chief"] == (
        "For your review: 桥头街道 opened a record of 第一网格 in an emergency",
        "Say by 03-04 09:00 whether it was justified, and why.",
    )
    late = START + timedelta(days=3)
    climb_unreviewed_accesses(by=city.person("founder"), now=late)
    climbed = told(city, late)
    assert to(climbed) == ["auditor", "city-duty", "founder", "mayor"]
    assert english(climbed[0])[0] == "Climbed to you: the review of an emergency access of 桥头街道"
    object_to_access(
        access=access, objection="甲乙丙", by=city.person("g2111-worker"), now=late + MINUTE
    )
    objected = told(city, late + MINUTE)
    assert to(objected) == ["auditor", "city-duty", "founder", "mayor"]
    assert english(objected[0])[1] == "Read it. Your review must answer it by 03-07 09:00."
    access.refresh_from_db()
    review_access(
        access=access, justified=False, outcome="Ask first", objection_answer="Yes",
        by=city.person("mayor"), now=late + HOUR,
    )  # fmt: skip
    reviewed = told(city, late + HOUR)
    assert to(reviewed) == ["g2111-worker", "s11-duty", "s11-duty-2"]
    assert english(reviewed[0])[0].endswith("was reviewed: not justified")
    assert {m.state for m in Message.objects.filter(template="access_objected")} == {"settled"}
    whole = json.dumps(list(Message.objects.values_list("parameters", flat=True)))
    assert "三号楼" not in whole and "甲乙丙" not in whole


def test_a_drawn_use_is_told_to_the_lender_and_again_where_it_climbs(
    city: City, above: Upstream
) -> None:
    lent = Branch(city, 1).new(Delegation, lender=city["D1"], borrower=city["S11"])
    draw = Draw.objects.create(first=0, upto=5, deciding_size=6, uses=1, drawn=1, drawn_at=START)
    review = UseReview.objects.create(
        draw=draw, delegation=lent, line=2, to_unit=city["D1"], verb="decision.set_measure",
        about="decision.Measure:1", used_by="person:1", used_at=START, per_mille=50,
        review_by=START + HOUR,
    )  # fmt: skip
    append(
        verb="actors.draw_reviews", subject=draw, place=None, by=city.person("founder"), now=START
    )
    drawn = told(city)
    assert to(drawn) == ["d1-chief", "d1-duty"] and {m.subject for m in drawn} == {review.ref}
    assert english(drawn[0]) == (
        "A use of a lent power by 桥头街道 was drawn for your review",
        "Say by 03-01 10:00 whether it was in order, and why.",
    )
    climb_overdue_reviews(by=city.person("founder"), now=START + HOUR)
    climbed = told(city, START + HOUR)
    assert to(climbed) == ["auditor", "city-duty", "founder", "mayor"]
    assert english(climbed[0])[0] == (
        "Climbed to you: the review of a use of a lent power by 桥头街道"
    )
    review.refresh_from_db()
    review_use(
        review=review, in_order=True, outcome="As lent", by=city.person("mayor"),
        now=START + 2 * HOUR,
    )  # fmt: skip
    assert told(city, START + 2 * HOUR) == []
    about = Message.objects.filter(subject=review.ref)
    assert {m.state for m in about} == {"settled"}


def test_what_was_dealt_with_is_unread_by_nobody(city: City, above: Upstream) -> None:
    order = ordered(city, above)
    [message] = told(city)
    accept_order(order=order, by=city.person("water"), now=START + MINUTE)
    told(city, START + MINUTE)
    message.refresh_from_db()
    assert message.state == "settled" and message.read_at is None


# What leaves ------------------------------------------------------------------------------------


def contact(city: City, kind: str, address: str, person: str = "", unit: str = "") -> Contact:
    return Contact.objects.create(
        person=city.person(person) if person else None, unit=city[unit] if unit else None,
        kind=kind, address=address, set_by=city.person("founder"), set_at=START,
    )  # fmt: skip


def queued() -> list[tuple[str, str, str, int]]:
    """(channel, to whom, state, how many more) of all deliveries."""
    rows = Delivery.objects.select_related("message__person", "message__unit").order_by("id")
    return [
        (d.channel, d.message.person.login if d.message.person else d.message.unit.code, d.state,
         d.more)
        for d in rows
    ]  # fmt: skip


@override_settings(CHANNELS=OPEN)
def test_open_channels_take_what_the_contacts_allow(city: City, above: Upstream) -> None:
    contact(city, "email", "water@city.example", person="water")
    contact(city, "mobile", "13900000000", person="water")  # SMS is not set up
    contact(city, "robot", "d1", unit="WATER")
    ordered(city, above)
    assert to(told(city)) == ["[WATER]", "water"]
    assert queued() == [("email", "water", "queued", 0), ("robot", "WATER", "queued", 0)]


@override_settings(CHANNELS=OPEN)
def test_a_contact_found_wrong_is_not_written_to(city: City, above: Upstream) -> None:
    wrong = contact(city, "email", "water@city.example", person="water")
    wrong.wrong_at = START
    wrong.save()
    ordered(city, above)
    told(city)
    assert queued() == []


@override_settings(CHANNELS=OPEN)
def test_many_orders_of_one_line_leave_as_one_message(city: City, above: Upstream) -> None:
    contact(city, "email", "water@city.example", person="water")
    document = plan_document(
        *(
            plan_order(key, {"each": "department", "subject": "water", "tier": "district"})
            for key in ("one", "two", "three")
        )
    )
    in_force(city, above, document)
    assert to(told(city)) == ["water"] * 3
    assert queued() == [("email", "water", "queued", 2)]


@override_settings(CHANNELS=OPEN)
def test_on_a_simulated_clock_nothing_leaves(city: City, above: Upstream) -> None:
    contact(city, "email", "water@city.example", person="water")
    with only_in_app():
        ordered(city, above)
        assert to(told(city)) == ["water"]
    assert queued() == []


@override_settings(CHANNELS=OPEN)
def test_what_is_told_in_an_exercise_is_held_and_marked(
    city: City, above: Upstream, tmp_path: Path
) -> None:
    contact(city, "email", "water@city.example", person="water")
    ordered(city, above)
    with override_settings(EXERCISE=flood_exercise(tmp_path)):
        [message] = told(city)
    assert message.exercise and queued() == [("email", "water", "held", 0)]


class Anything(dict[str, str]):
    """Has whatever a template asks for, so that only its own faults show."""

    def items(self) -> Any:
        """All names that finders give."""
        return [(name, "2021-03-01T01:00:00+00:00") for name in NAMES]


NAMES = (
    "title", "unit", "due_at", "street", "about", "says", "answer_at", "place", "stream", "level",
    "acknowledge_at", "end_at", "lender", "powers", "power", "item", "review_at", "keeper",
    "issuer", "ruler", "by_at", "phase", "plan", "to", "seller", "decide_at",
    "donation", "hub", "judge_at", "ends_at",
)  # fmt: skip


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_is_whole_sentences_in_each_language(template: str, language: str) -> None:
    with override(language):
        head, body = sentences(template, Anything(), exercise=True, more=3)
    assert "%(" not in head + body and "3" in body
    assert body.endswith("." if language == "en" else "。")


def test_a_message_of_a_kind_that_is_gone_still_says_something() -> None:
    assert sentences("gone", {"title": "x"})[0] == "News that concerns you"


def test_a_unit_is_named_in_the_readers_language(city: City, above: Upstream) -> None:
    unit = city["WATER"]
    unit.name_en = "East Bank Water"
    unit.save()
    ordered(city, above)
    [message] = told(city)
    assert message.parameters["title"] == "Send two pumps"
    assert english(message)[0] == "New order for East Bank Water: Send two pumps"
    assert isinstance(message.person, Person)
