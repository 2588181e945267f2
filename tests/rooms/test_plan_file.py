"""A contingency plan as a file: what is understood, and what is said about every mistake."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gongzhi.command.plan_diff import Change, OrderChange, compare_plans
from gongzhi.command.plan_file import PlanCheck, Problem, check_plan, plan_schema
from gongzhi.command.plan_text import LONGEST, read_plan_text
from gongzhi.command.plan_values import (
    ExitTest,
    Picture,
    PlanFile,
    PlanMeasure,
    PlanOrder,
    PlanPhase,
    Receiver,
    StockLine,
    Trigger,
    Words,
    needed_minutes,
)

SHIPPED = sorted((Path(__file__).parents[2] / "parameters" / "plans").glob("*.yaml"))
LIBRARY = {path.stem: path.read_text("utf-8") for path in SHIPPED}
"""The texts that a shipped plan may include."""

GOOD = """\
plan: small-plan
version: "1.0"
title: {zh-Hans: 预案, zh-Hant: 預案, en: Plan}
hazard: flood
purpose: {zh-Hans: 目的, zh-Hant: 目的, en: Purpose}
legal_basis: Flood Control Law of the PRC (2016 revision), art. 38
trigger: {red_warnings: 1, response_grade: 2}
orders:
  - key: shelters
    title: {zh-Hans: 开放安置点, zh-Hant: 開放安置點, en: Open the shelters}
    to: {each: district, role: officer}
    minutes: 60
    stock:
      - {item: drinking_water, quantity: 500}
  - key: bring-out
    title: {zh-Hans: 转移, zh-Hant: 撤離, en: Bring people out}
    to: {each: department, subject: police, tier: district}
    minutes: 120
    within_minutes: 180
    after: [shelters]
    evidence: {zh-Hans: 名单, zh-Hant: 名單, en: The list}
measures:
  - {kind: no_traffic, title: {zh-Hans: 禁行, zh-Hant: 禁行, en: No traffic}, days: 3}
"""


def problems(text: str) -> list[tuple[int, str]]:
    """(line, sentence) of each problem."""
    return [(p.line, p.sentence) for p in check_plan(text).problems]


def with_line(number: int, line: str) -> str:
    """The good plan with one line written differently."""
    lines = GOOD.splitlines()
    lines[number - 1] = line
    return "\n".join(lines)


def test_a_good_plan_becomes_a_value() -> None:
    plan = check_plan(GOOD).plan
    assert plan is not None
    assert (plan.code, plan.version, plan.hazard) == ("small-plan", "1.0", "flood")
    assert plan.title == Words("预案", "預案", "Plan")
    assert plan.trigger == Trigger(red_warnings=1, response_grade=2)
    shelters, bring_out = plan.orders
    assert shelters.stock == (StockLine("drinking_water", 500),)
    assert shelters.to == Receiver("district", role="officer")
    assert bring_out.to == Receiver("department", subject="police", tier="district")
    assert (bring_out.minutes, bring_out.within_minutes) == (120, 180)
    assert bring_out.after == ("shelters",)
    assert bring_out.evidence == Words("名单", "名單", "The list")
    assert plan.measures == (PlanMeasure("no_traffic", Words("禁行", "禁行", "No traffic"), 3),)
    with pytest.raises(FrozenInstanceError):
        plan.code = "other"  # type: ignore[misc]


def shipped(path: Path) -> PlanFile:
    plan = check_plan(path.read_text("utf-8"), LIBRARY).plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_plan_uses_all_of_the_language(path: Path) -> None:
    plan = shipped(path)
    assert [phase.phase for phase in plan.phases] == ["prevent", "control", "treat", "clear"]
    assert plan.phases[-1].enter.phases_over, "Clearing up follows a phase, not a level."
    assert all(order.phase and order.evidence_kinds and order.evidence for order in plan.orders)
    assert plan.escalation and any(order.escalation for order in plan.orders)
    assert plan.measures and plan.wind_down and any(order.messages for order in plan.orders)
    assert any(order.forms for order in plan.orders)
    assert any(order.cost_cents for order in plan.orders)
    assert plan.counts_asked(), "Some phase looks at an indicator, not only at warnings."
    with_basis = [o.legal_basis for o in plan.orders if o.legal_basis] + [plan.legal_basis]
    assert all(": " in basis for basis in with_basis), "A citation says what it supports."


def test_shipped_plans_share_orders() -> None:
    shared = [{o.key for o in shipped(p).orders} for p in SHIPPED]
    assert any("open-shelters" in a and "move-people" in a for a in shared)
    assert any("frail-list" in a and "home-devices" in a for a in shared)


DIGITAL = {"compute-hours", "text-messages", "hotline-seats", "data-access"}


def test_shipped_plans_need_digital_resources_too() -> None:
    lines = {s.item for path in SHIPPED for o in shipped(path).orders for s in o.stock}
    assert lines >= DIGITAL and lines - DIGITAL


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_plans_that_are_shipped_are_good(path: Path) -> None:
    check = check_plan(path.read_text("utf-8"), LIBRARY)
    assert check.plan is not None, str(check)
    assert check.plan.code == path.stem
    assert len(check.plan.orders) >= 10
    assert any(order.after for order in check.plan.orders)
    for order in check.plan.orders:
        basis = order.legal_basis or check.plan.legal_basis
        assert "(20" in basis, f"{order.key} cites no law with its year."


def test_a_plan_for_each_hazard_is_shipped() -> None:
    hazards = {shipped(path).hazard for path in SHIPPED}
    assert hazards == {"epidemic", "flood", "heat", "blackout", "chemical"}


def test_the_schema_itself_is_valid_and_published_by_name() -> None:
    schema = plan_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith("urn:gongzhi:schema:contingency-plan:")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_another_reader_of_yaml_and_the_schema_alone_agree(path: Path) -> None:
    """Whoever reads a plan with usual tools gets what we get."""
    loaded = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    jsonschema.validate(loaded, plan_schema(), jsonschema.Draft202012Validator)
    assert read_plan_text(path.read_text("utf-8")).value == loaded


@pytest.mark.parametrize(
    ("line", "text", "sentence"),
    [
        (2, "version: 1.10", 'Put it in quotes: "1.10".'),
        (2, "version: v1", "such as \"1.0\""),
        (3, "titel: {zh-Hans: 预案, zh-Hant: 預案, en: Plan}", "Write “title”."),
        (3, "title: {zh-Hans: 预案, en: Plan}", "“zh-Hant” is missing here."),
        (3, 'title: {zh-Hans: " ", zh-Hant: 預案, en: Plan}', "“zh-Hans” is empty."),
        (3, "title:", "Nothing stands after “title:”."),
        (3, "title: Plan", "“title” has parts of its own: zh-Hans, zh-Hant, en."),
        (4, "code: flood", "“code” is not known here. Leave it out"),
        (4, "hazard: floods", "Write “flood”."),
        (4, "hazard: war", "Write one of: epidemic, flood, heat, blackout, chemical."),
        (7, "trigger: {}", "The trigger has no test."),
        (7, "trigger: {response_grade: 5}", "“response_grade” must be at most 4."),
        (7, "trigger: {rainfall: 5}", "“rainfall” is not known here. Leave it out"),
        (9, "  - key: Shelters", "“Shelters” cannot be a key."),
        (11, "    to: {each: districts}", "Write “district”."),
        (11, "    to: {each: district, tier: city}", "names the tier already"),
        (11, "    to: {each: hospital, subject: health}", "Only departments have a subject."),
        (12, "    minutes: an hour", "“minutes” is a whole number."),
        (12, "    minutes: 0", "“minutes” must be at least 1."),
        (14, "      - {item: Water, quantity: 5}", "“Water” cannot be a code."),
        (14, "      - {item: drinking_water}", "“quantity” is missing here."),
        (19, "    within_minutes: 100", "needs 180 with all it waits for (shelters 60 → bring-"),
        (20, "    after: [shelter]", "Write “shelters”."),
        (20, "    after: [nothing-like-it]", "Add it or take it out."),
        (20, "    after: [bring-out]", "“bring-out” waits for itself."),
        (20, "    after: [shelters, shelters]", "names the same thing twice"),
        (20, "    after: shelters", "“after” is a list."),
        (20, "    after: []", "“after” is empty."),
        (23, "  - {kind: no_traffic, title: {zh-Hans: 禁行, zh-Hant: 禁行, en: No traffic}}",
         "This measure has no end."),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_line_and_what_to_write(
    line: int, text: str, sentence: str
) -> None:
    found = problems(with_line(line, text))
    assert any(at == line and sentence in said for at, said in found), found


def test_a_circle_is_shown_from_key_to_key() -> None:
    circle = GOOD.replace("    minutes: 60\n", "    minutes: 60\n    after: [bring-out]\n")
    (line, sentence) = problems(circle)[0]
    assert line in (13, 21)
    assert "wait for one another and none can begin" in sentence
    assert "shelters → bring-out → shelters" in sentence or (
        "bring-out → shelters → bring-out" in sentence
    )
    assert len(problems(circle)) == 1


def test_a_key_given_twice_names_the_line_of_the_first() -> None:
    twice = GOOD.replace("key: bring-out", "key: shelters").replace("after: [shelters]", "")
    assert (
        15,
        "“shelters” is the key of the order on line 9 already. Choose another.",
    ) in problems(twice)


def test_every_mistake_is_listed_at_once_by_line() -> None:
    text = with_line(4, "hazard: war").replace("minutes: 60", "minuts: 60")
    found = problems(text)
    assert [line for line, _said in found] == sorted(line for line, _said in found)
    assert {4, 12} <= {line for line, _said in found}


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "A plan begins with"),
        ("All streets meet at nine.", 1, "A plan begins with"),
        ("- a\n- b\n", 1, "A plan begins with"),
        ("# nothing but a remark\n", 1, "A plan begins with"),
        ("plan: a\n\tversion: 1\n", 2, "A tab stands in the indentation."),
        ("plan: a\n  \tversion: 1\n", 2, "A tab stands in the indentation."),
        ("plan: [a\n", 2, "This cannot be read as YAML"),
        ("plan: a: b\n", 1, "This cannot be read as YAML"),
        ("plan: aa\nplan: bb\n", 2, "“plan” stands here a second time."),
        ("plan: &x aa\n", 1, "Leave the &name out"),
        ("plan: aa\nversion: *x\n", 2, "Write this out in full"),
        ("plan: !!python/name:os.system x\n", 1, "Leave the !tag out"),
        ("plan: aa\n---\nplan: bb\n", 2, "A second document begins here."),
        ("? [plan]\n: aa\n", 1, "A name must stand before the colon"),
        ('plan: "a\\0b"\n', 1, "An unreadable character stands here."),
        ("plan: \x07\n", 1, "This cannot be read as YAML"),
        ("[" * 5000, 1, "nested too deeply"),
        ("x" * (LONGEST + 1), 1, "The plan is longer than"),
    ],
    ids=lambda v: None if isinstance(v, int) else repr(v[:12]),
)
def test_what_is_no_plan_at_all_is_said_in_a_sentence(text: str, line: int, sentence: str) -> None:
    found = problems(text)
    assert any(at == line and sentence in said for at, said in found), found


def test_thousands_of_mistakes_are_counted_not_listed() -> None:
    check = check_plan("".join(f"k{n}: 1\n" for n in range(3000)))
    assert len(check.problems) == 201
    assert "more problems" in check.problems[-1].sentence


@given(st.text(max_size=400))
def test_no_text_breaks_the_check(text: str) -> None:
    check = check_plan(text)
    assert check.plan is None and check.problems


@given(st.integers(1, len(GOOD) - 1), st.characters(codec="utf-8"))
def test_a_plan_with_one_character_changed_is_a_plan_or_a_list_of_problems(
    place: int, character: str
) -> None:
    check = check_plan(GOOD[:place] + character + GOOD[place + 1 :])
    assert (check.plan is None) == bool(check.problems)
    assert str(check)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    st.sampled_from(
        [
            "plan",
            "version",
            "title",
            "hazard",
            "trigger",
            "orders",
            "measures",
            "phases",
            "include",
            "wind_down",
        ]
    ),
    JSON,
)
def test_any_value_in_any_place_is_a_plan_or_a_list_of_problems(key: str, value: object) -> None:
    whole = YAML(typ="safe", pure=True).load(GOOD)
    whole[key] = value
    check = check_plan(json.dumps(whole, ensure_ascii=False))
    assert (check.plan is None) == bool(check.problems)


# Phases and the end ---------------------------------------------------------------------------

PHASED = (
    GOOD.replace("  - key: bring-out\n", "  - key: bring-out\n    phase: clear\n").replace(
        "minutes: 60\n", "minutes: 60\n    phase: control\n"
    )
    + """\
phases:
  - phase: control
    enter: {red_warnings: 1}
    leave: {red_warnings_at_most: 0, response_grade_at_least: 3}
  - phase: clear
    enter: {response_grade: 4}
    leave: {warnings_at_most: 0}
wind_down:
  - {zh-Hans: 撤除路障, zh-Hant: 撤除路障, en: The barriers}
"""
)


def test_a_plan_has_phases_with_tests_and_a_list_for_the_end() -> None:
    plan = check_plan(PHASED).plan
    assert plan is not None
    assert plan.phases == (
        PlanPhase("control", Trigger(red_warnings=1), ExitTest(0, None, 3)),
        PlanPhase("clear", Trigger(response_grade=4), ExitTest(None, 0, None)),
    )
    assert [order.phase for order in plan.orders] == ["control", "clear"]
    assert plan.wind_down == (Words("撤除路障", "撤除路障", "The barriers"),)


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("phase: clear\n    enter", "phase: war\n    enter", 30, "Write one of: prevent, "),
        ("phase: control\n    enter", "phase: clear\n    enter", 30, "stands in the wrong place."),
        ("    phase: clear\n    title", "    phase: treat\n    title", 17, "no phase “treat”."),
        ("{red_warnings: 1}", "{}", 28, "“enter” has no test. Write one or more of: red_warnings"),
        ("{warnings_at_most: 0}", "{}", 32, "“leave” has no test. Write one or more of: red_warn"),
        ("{warnings_at_most: 0}", "{warnings: 0}", 32, "Write “warnings_at_most”."),
        ("    leave: {warnings_at_most: 0}\n", "", 30, "“leave” is missing here."),
        ("wind_down:", "winddown:", 33, "Write “wind_down”."),
    ],
)  # fmt: skip
def test_a_mistake_in_a_phase_is_named_with_its_line(
    old: str, new: str, line: int, sentence: str
) -> None:
    found = problems(PHASED.replace(old, new, 1))
    assert any(at == line and sentence in said for at, said in found), found


AFTER = PHASED.replace("enter: {response_grade: 4}", "enter: {phases_over: [control]}")


@pytest.mark.parametrize(
    ("states", "begins"),
    [({}, False), ({"control": "ahead"}, False), ({"control": "begun"}, False),
     ({"control": "leaving"}, True), ({"control": "over"}, True)],
)  # fmt: skip
def test_a_phase_may_begin_when_an_earlier_one_is_over(
    states: dict[str, str], begins: bool
) -> None:
    plan = check_plan(AFTER).plan
    assert plan is not None
    now = Picture(0, 0, 4, {}, states)
    assert bool(plan.phases[1].enter.reached(now)) is begins


def test_phases_that_never_began_need_not_be_over() -> None:
    enter = Trigger(phases_over=("control", "treat"))
    assert enter.reached(Picture(0, 0, None, {}, {"control": "over", "treat": "ahead"}))
    assert not enter.reached(Picture(0, 0, None, {}, {"control": "over", "treat": "begun"}))


def test_a_phase_follows_only_phases_before_it() -> None:
    found = problems(AFTER.replace("[control]", "[treat]"))
    assert [line for line, said in found if "“treat” does not stand before this phase" in said] == [
        31
    ]
    assert any(
        "is not possible" in said for _l, said in problems(AFTER.replace("[control]", "[clear]"))
    )


def test_an_order_never_waits_for_a_later_phase() -> None:
    text = PHASED.replace("    phase: clear\n    title", "    phase: control\n    title")
    text = text.replace("    phase: control\n    stock", "    phase: clear\n    stock")
    sentence = "“bring-out” (control) waits for “shelters” of the later phase clear."
    assert any(line == 22 and sentence in said for line, said in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("red", "yellow", "grade", "passed"),
    [(0, 2, None, True), (0, 2, 3, True), (0, 2, 4, True), (0, 2, 2, False), (1, 0, 4, False),
     (0, 3, 4, False)],
)  # fmt: skip
def test_a_phase_is_over_when_all_its_tests_hold(
    red: int, yellow: int, grade: int | None, passed: bool
) -> None:
    leave = ExitTest(red_warnings_at_most=0, warnings_at_most=2, response_grade_at_least=3)
    assert leave.passed(Picture(red, yellow, grade, {})) is passed


def test_a_wrong_phase_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one test"):
        ExitTest()
    with pytest.raises(ValueError, match="no phase"):
        PlanPhase("cleaning", Trigger(warnings=1), ExitTest(0))
    late = PlanPhase("clear", Trigger(warnings=1), ExitTest(0))
    base = plan(order("a"))
    with pytest.raises(ValueError, match="in turn"):
        replace(base, phases=(late, late))
    with pytest.raises(ValueError, match="a phase of its plan"):
        replace(base, orders=(replace(order("a"), phase="treat"),), phases=(late,))


# Parts of other plans ---------------------------------------------------------------------------

SMALL = GOOD.replace("plan: small-plan", "plan: borrower").split("  - key: bring-out")[0]


def borrowing(include: str) -> str:
    return f"{SMALL.replace('key: shelters', 'key: own')}include:\n  - {include}\n"


def test_included_orders_are_written_out_with_their_basis() -> None:
    text = borrowing("{plan: small-plan, orders: [shelters, bring-out]}")
    library = {"small-plan": GOOD.replace("art. 38", "art. 99")}
    check = check_plan(text, library)
    assert check.plan is not None, str(check)
    assert [order.key for order in check.plan.orders] == ["own", "shelters", "bring-out"]
    assert check.plan.order("bring-out").after == ("shelters",)
    assert check.plan.order("bring-out").legal_basis.endswith("art. 99")
    assert check.plan.order("own").legal_basis == ""
    assert check.places["bring-out"][0] == text.splitlines().index("include:") + 2
    alone = check_plan(check.document)
    assert "include" not in check.document
    assert alone.plan == check.plan


def test_a_plan_that_includes_nothing_keeps_its_text_letter_by_letter() -> None:
    assert check_plan(GOOD).document == GOOD


@pytest.mark.parametrize(
    ("include", "library", "sentence"),
    [
        ("{plan: smal-plan, orders: [shelters]}", {"small-plan": GOOD}, "Write “small-plan”."),
        ("{plan: nothing, orders: [shelters]}", {"small-plan": GOOD}, "Adopt it first, or put it"),
        ("{plan: small-plan, orders: [shelter]}", {"small-plan": GOOD}, "Write “shelters”."),
        ("{plan: small-plan, orders: [zz]}", {"small-plan": GOOD}, "Known are: shelters, "),
        ("{plan: small-plan, orders: [bring-out]}", {"small-plan": GOOD}, "no order “shelters”"),
        ("{plan: small-plan, orders: [shelters]}", {"small-plan": with_line(4, "hazard: war")},
         "mistakes of its own, the first on line 4."),
        ("{plan: borrower, orders: [own]}", {}, "one another: borrower → borrower."),
        ("{plan: small-plan}", {"small-plan": GOOD}, "Nothing is taken from this plan. Name "),
        ("{plan: small-plan, orders: some}", {"small-plan": GOOD}, "Write one of: all."),
        ("{plan: small-plan, measures: [road]}", {"small-plan": GOOD}, "Known are: no_traffic."),
        ("{plan: small-plan, orders: []}", {"small-plan": GOOD}, "“orders” is empty."),
        ("{plan: small-plan, orders: [{a: b}]}", {"small-plan": GOOD}, "is a text"),
    ],
)  # fmt: skip
def test_what_cannot_be_included_is_said_at_its_line(
    include: str, library: dict[str, str], sentence: str
) -> None:
    text = borrowing(include)
    line = len(text.splitlines())
    found = [(p.line, p.sentence) for p in check_plan(text, library).problems]
    assert any(at == line and sentence in said for at, said in found), found


def test_a_circle_of_plans_is_refused_where_it_begins() -> None:
    first = borrowing("{plan: other, orders: [own]}")
    second = first.replace("plan: borrower", "plan: other", 1).replace(
        "plan: other, o", "plan: borrower, o"
    )
    check = check_plan(first, {"borrower": first, "other": second})
    assert check.plan is None
    assert "The plan “other” has mistakes of its own" in str(check)
    inner = check_plan(second, {"borrower": first, "other": second}, ("borrower",))
    assert "borrower → other → borrower" in str(inner)


def test_what_is_too_long_with_all_it_includes_is_refused() -> None:
    title = f"{{zh-Hans: {'一' * 190}, zh-Hant: {'一' * 190}, en: {'x' * 190}}}"
    many = "".join(
        f"  - key: o{n}\n    title: {title}\n    to: {{each: city}}\n    minutes: 5\n"
        for n in range(80)
    )
    big = GOOD.replace("measures:\n", many + "measures:\n")
    assert check_plan(big).plan is not None
    mine = GOOD.replace("plan: small-plan", "plan: borrower").replace(
        "measures:\n", many.replace("key: o", "key: mine") + "measures:\n"
    )
    keys = ", ".join(f"o{n}" for n in range(20))
    text = mine + f"include:\n  - {{plan: small-plan, orders: [{keys}]}}\n"
    assert "With what it includes the plan is longer" in str(check_plan(text, {"small-plan": big}))


# What changed -------------------------------------------------------------------------------------


def test_a_comparison_names_every_field_that_changed() -> None:
    before = check_plan(GOOD).plan
    after = check_plan(
        PHASED.replace("minutes: 60", "minutes: 45").replace('"1.0"', '"1.1"')
    ).plan  # fmt: skip
    assert before is not None and after is not None
    diff = compare_plans(before, after)
    assert [change.field for change in diff.head] == ["version", "phases", "wind_down"]
    assert [(o.key, [c.field for c in o.changes]) for o in diff.changed] == [
        ("shelters", ["minutes", "phase"]), ("bring-out", ["phase"]),
    ]  # fmt: skip
    assert (diff.added, diff.removed, diff.same) == ((), (), False)
    assert "minutes: 60 → 45" in str(diff)
    assert compare_plans(before, before).same
    assert str(compare_plans(before, before)) == "no difference"


def test_a_change_that_changes_nothing_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="from one value to another"):
        Change("minutes", 1, 1)
    with pytest.raises(ValueError, match="is no change"):
        OrderChange("a", ())


@given(
    st.sets(st.sampled_from("abcdefgh"), min_size=1),
    st.sets(st.sampled_from("abcdefgh"), min_size=1),
)
def test_orders_added_and_removed_are_the_difference_of_the_keys(
    old: set[str], new: set[str]
) -> None:
    before, after = (plan(*(order(k) for k in sorted(keys))) for keys in (old, new))
    diff = compare_plans(before, after)
    assert (set(diff.added), set(diff.removed)) == (new - old, old - new)
    assert diff.same == (old == new)


# The values themselves ----------------------------------------------------------------------


NAME = Words("名", "名", "Name")


def order(key: str, *after: str, minutes: int = 10) -> PlanOrder:
    return PlanOrder(key, NAME, Receiver("street"), minutes, after)


def plan(*orders: PlanOrder) -> PlanFile:
    return PlanFile("code", "1", NAME, "flood", NAME, "law", Trigger(warnings=1), orders)


def test_a_wrong_plan_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="each with a key of its own"):
        plan(order("a"), order("a"))
    with pytest.raises(ValueError, match="each with a key of its own"):
        plan()
    with pytest.raises(ValueError, match="no orders with the keys"):
        plan(order("a", "b"))
    with pytest.raises(ValueError, match="wait for one another"):
        plan(order("a", "b"), order("b", "a"))
    with pytest.raises(ValueError, match="waits for itself"):
        order("a", "a")
    with pytest.raises(ValueError, match="at least one minute"):
        order("a", minutes=0)
    with pytest.raises(ValueError, match="three written forms"):
        Words("名", "", "Name")
    with pytest.raises(ValueError, match="neither subject nor tier"):
        Receiver("street", tier="city")
    with pytest.raises(ValueError, match="Only departments"):
        Receiver("hospital", subject="health")
    with pytest.raises(ValueError, match="at least one test"):
        Trigger()
    with pytest.raises(ValueError, match="at least one day"):
        PlanMeasure("masks", NAME, 0)
    with pytest.raises(ValueError, match="at least 1"):
        StockLine("mask", 0)
    with pytest.raises(ValueError, match="count from 1"):
        Problem(0, 1, "x")
    with pytest.raises(ValueError, match="either a plan or the problems"):
        PlanCheck(None, ())


def test_stages_put_everything_after_what_it_waits_for() -> None:
    steps = plan(order("c", "b"), order("b", "a"), order("a"), order("d", "a")).stages()
    assert [[o.key for o in step] for step in steps] == [["a"], ["b", "d"], ["c"]]


def test_a_plan_is_drawn_with_an_arrow_to_whatever_waits() -> None:
    drawn = plan(order("a"), order("b", "a"), order("c", "a", "b")).diagram().splitlines()
    assert drawn[0] == "flowchart LR"
    assert drawn[1] == '  a["名<br>each street · 10 min"]'
    assert drawn[4:] == ["  a --> b", "  a --> c", "  b --> c"]


def test_a_plan_and_its_problems_read_well() -> None:
    assert "1. a (each street)" in str(plan(order("a")))
    assert str(check_plan("")).startswith("line 1, column 1: A plan begins with")


@pytest.mark.parametrize(
    ("red", "yellow", "grade", "reached"),
    [
        (0, 0, None, ()),
        (1, 0, None, ("red_warnings",)),
        (0, 3, None, ("warnings",)),
        (1, 2, None, ("red_warnings", "warnings")),
        (0, 0, 2, ("response_grade",)),
        (0, 0, 1, ("response_grade",)),
        (0, 0, 3, ()),
        (0, 2, 4, ()),
    ],
)
def test_a_trigger_is_reached_by_any_of_its_numbers(
    red: int, yellow: int, grade: int | None, reached: tuple[str, ...]
) -> None:
    trigger = Trigger(red_warnings=1, warnings=3, response_grade=2)
    assert trigger.reached(Picture(red, yellow, grade, {})) == reached


@pytest.mark.parametrize(
    ("receiver", "unit", "receives"),
    [
        (Receiver("street"), ("area", "street", ""), True),
        (Receiver("street"), ("area", "community", ""), False),
        (Receiver("street"), ("volunteers", "street", ""), False),
        (Receiver("hospital"), ("hospital", "district", ""), True),
        (Receiver("hospital", tier="city"), ("hospital", "district", ""), False),
        (Receiver("department", subject="health"), ("department", "city", "health"), True),
        (Receiver("department", subject="health"), ("department", "city", "water"), False),
        (Receiver("department", "health", "district"), ("department", "city", "health"), False),
    ],
)
def test_who_receives(receiver: Receiver, unit: tuple[str, str, str], receives: bool) -> None:
    assert receiver.receives(*unit) is receives


@given(st.lists(st.tuples(st.integers(1, 50), st.sets(st.integers(0, 9))), max_size=10))
def test_needed_time_is_that_of_the_longest_chain(rows: list[tuple[int, set[int]]]) -> None:
    """Against a slow count over every chain."""
    minutes = {str(n): m for n, (m, _a) in enumerate(rows)}
    after = {str(n): tuple(str(a) for a in sorted(a) if a < n) for n, (_m, a) in enumerate(rows)}

    def slow(key: str) -> int:
        return minutes[key] + max((slow(a) for a in after[key]), default=0)

    found = needed_minutes(minutes, after)
    assert {key: value for key, (value, _chain) in found.items()} == {k: slow(k) for k in minutes}
    assert all(sum(minutes[k] for k in chain) == value for value, chain in found.values())
