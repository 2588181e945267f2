"""What a plan says of evidence, needs, forms, messages, ladders, counts, and parts of others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhi.command.plan_file import PlanCheck, PlanFile, check_plan
from gongzhi.command.plan_values import (
    AtLeast,
    AtMost,
    ExitTest,
    Message,
    Picture,
    PlanOrder,
    Receiver,
    Rung,
    Trigger,
    Words,
)
from tests.rooms.upstream import plan_document, plan_order, words

FORM = Words("表七", "表七", "表七")
LADDER = [{"tier": "district", "minutes": 30}, {"unit": "HEALTH", "minutes": 0}]


def read(**more: Any) -> PlanFile:
    """The plan of one order with more in it."""
    check = check_plan(plan_document(plan_order("look", {"each": "street"}, **more)))
    assert check.plan is not None, str(check)
    return check.plan


def wrong(**more: Any) -> str:
    check = check_plan(plan_document(plan_order("look", {"each": "street"}, **more)))
    assert check.plan is None
    return str(check)


def test_an_order_says_all_that_it_asks_for() -> None:
    order = read(
        evidence_kinds=["photo", "count"], forms=[words("表七")], escalation=LADDER,
        messages=[{"to": "residents", "words": words("表七")}], cost_cents=1250,
    ).order("look")  # fmt: skip
    assert order.evidence_kinds == ("photo", "count")
    assert (order.forms, order.messages) == ((FORM,), (Message("residents", FORM),))
    assert order.escalation == (Rung(30, tier="district"), Rung(0, unit="HEALTH"))
    assert order.cost_cents == 1250


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"evidence_kinds": ["video"]}, "“video” is not possible"),
        ({"evidence_kinds": ["photo", "photo"]}, "names the same thing twice"),
        ({"messages": [{"to": "nobody", "words": words("x")}]}, "“nobody” is not possible"),
        ({"messages": [{"to": "public"}]}, "“words” is missing here."),
        ({"forms": []}, "“forms” is empty."),
        ({"cost_cents": -1}, "“cost_cents” must be at least 0."),
        ({"escalation": [{"minutes": 5}]}, "Write one of “tier” and “unit”."),
        ({"escalation": [{"tier": "city", "unit": "X", "minutes": 5}]}, "Write one of “tier” and"),
        ({"escalation": [{"tier": "grid", "minutes": 5}]}, "“grid” is not possible"),
        ({"escalation": "city"}, "“escalation” is a list."),
    ],
)
def test_a_mistake_in_them_is_said(more: dict[str, Any], sentence: str) -> None:
    assert sentence in wrong(**more)


def test_a_wrong_value_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="Nobody is called"):
        Message("nobody", FORM)
    for given in ({"tier": "city", "unit": "X"}, {}, {"tier": "city", "minutes": -1}):
        with pytest.raises(ValueError, match="a tier or a unit"):
            Rung(**{"minutes": 5, **given})  # type: ignore[arg-type]
    for given in ({"evidence_kinds": ("video",)}, {"cost_cents": -1}):
        with pytest.raises(ValueError, match=r"no evidence of the kind|costs nothing or more"):
            PlanOrder("a", FORM, Receiver("street"), 5, **given)  # type: ignore[arg-type]


# Counts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "holds"), [({}, False), ({9: 49}, False), ({9: 50}, True)])
def test_a_count_begins_a_phase_when_as_many_were_counted(
    found: dict[int, int], holds: bool
) -> None:
    counted = {("fever", days): number for days, number in found.items()}
    trigger = Trigger(counts=(AtLeast("fever", 9, 50),))
    assert bool(trigger.reached(Picture(0, 0, None, counted))) is holds


@pytest.mark.parametrize(("found", "passed"), [({}, False), ({2: 6}, False), ({2: 5}, True)])
def test_a_count_ends_a_phase_only_when_somebody_counted(
    found: dict[int, int], passed: bool
) -> None:
    counted = {("fever", days): number for days, number in found.items()}
    leave = ExitTest(red_warnings_at_most=0, counts=(AtMost("fever", 2, 5),))
    assert leave.passed(Picture(0, 0, None, counted)) is passed


def test_the_counts_of_all_tests_are_asked_for_once() -> None:
    enter = {"counts": [{"stream": "fever", "days": 3, "at_least": 9}]}
    leave = {"counts": [{"stream": "fever", "days": 7, "at_most": 9}]}
    text = plan_document(
        plan_order("look", {"each": "street"}), trigger=enter,
        phases=[{"phase": "control", "enter": enter, "leave": leave}],
    )  # fmt: skip
    plan = check_plan(text).plan
    assert plan is not None
    assert plan.counts_asked() == {("fever", 3), ("fever", 7)}


# Phases of orders -----------------------------------------------------------------------------


def test_an_order_of_no_phase_comes_with_the_last_phase_it_waits_for() -> None:
    tests = {"enter": {"warnings": 1}, "leave": {"warnings_at_most": 0}}
    plan = check_plan(
        plan_document(
            plan_order("aa", {"each": "city"}),
            plan_order("ab", {"each": "city"}, phase="control"),
            plan_order("ac", {"each": "city"}, phase="clear", after=["aa"]),
            plan_order("ad", {"each": "city"}, after=["ab", "ac"]),
            plan_order("ae", {"each": "city"}, after=["aa"]),
            phases=[{"phase": "control", **tests}, {"phase": "clear", **tests}],
        )
    ).plan
    assert plan is not None
    assert plan.phases_by_key() == {
        "aa": "",
        "ab": "control",
        "ac": "clear",
        "ad": "clear",
        "ae": "",
    }


# Whole parts of other plans -------------------------------------------------------------------


def other() -> str:
    return plan_document(
        plan_order("own", {"each": "street"}),
        plan_order("then", {"each": "street"}, after=["own"]),
        code="other", legal_basis="Other law, art. 9", escalation=LADDER,
        measures=[
            {"kind": "road", "title": words("道路"), "days": 3},
            {"kind": "school", "title": words("学校"), "days": 9},
        ],
        wind_down=[words("路障"), words("通行证")],
    )  # fmt: skip


def including(**include: Any) -> PlanCheck:
    text = plan_document(
        plan_order("look", {"each": "street"}), wind_down=[words("岗亭")],
        include=[{"plan": "other", **include}],
    )  # fmt: skip
    return check_plan(text, {"other": other()})


def test_all_orders_of_a_plan_come_with_its_basis_and_its_ladder() -> None:
    check = including(orders="all")
    plan = check.plan
    assert plan is not None
    assert check_plan(check.document).plan == plan, "Two orders may have one ladder."
    assert [order.key for order in plan.orders] == ["look", "own", "then"]
    assert plan.order("then").legal_basis == "Other law, art. 9"
    assert plan.order("own").escalation == (Rung(30, tier="district"), Rung(0, unit="HEALTH"))
    assert (plan.order("look").escalation, plan.measures) == ((), ())


def test_measures_are_taken_by_kind_or_all_and_the_list_as_a_whole() -> None:
    one, every = including(measures=["school"]), including(measures="all", wind_down="all")
    assert one.plan is not None and every.plan is not None
    assert [m.kind for m in one.plan.measures] == ["school"]
    assert [m.kind for m in every.plan.measures] == ["road", "school"]
    assert [str(w) for w in every.plan.wind_down] == ["岗亭", "路障", "通行证"]
    assert [str(w) for w in one.plan.wind_down] == ["岗亭"]
    assert check_plan(every.document).plan == every.plan, "What is adopted is complete."


@pytest.mark.parametrize(
    ("include", "sentence"),
    [
        ({"measures": ["schol"]}, "has no measure “schol”. Write “school”."),
        ({"measures": ["zzz"]}, "Known are: road, school."),
        ({"wind_down": "some"}, "“some” is not possible"),
        ({"measures": []}, "“measures” is empty."),
    ],
)
def test_what_is_not_there_is_said(include: dict[str, Any], sentence: str) -> None:
    assert sentence in str(including(**include))


def test_the_schema_stands_in_the_project_as_json() -> None:
    text = json.dumps(json.loads(plan_document(plan_order("look", {"each": "street"}))))
    assert check_plan(text).plan is not None
