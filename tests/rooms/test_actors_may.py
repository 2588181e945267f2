"""May this person use this power here? Posts × powers × areas, and powers that are lent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gongzhi.actors.discretion import NO_EXTENT, Extent
from gongzhi.actors.lent import sign
from gongzhi.actors.models import Delegation, Person, Post, Role, Unit
from gongzhi.actors.policies import check_may, check_may_by_one, check_may_each, may
from gongzhi.errors import NotAllowed
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.models import Entry
from gongzhi.parameters import names, parameter
from tests.once import once
from tests.rooms.cast import MEMBERS, POSTS, START, City
from tests.rooms.scenes import lent_power

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("in_english")


# By post ------------------------------------------------------------------------------------------

YES, NO = True, False
TABLE = [
    # who             power                  where    may
    ("mayor",         "change_level",        "C",     YES),
    ("mayor",         "change_level",        "D2",    YES),
    ("d1-chief",      "change_level",        "D1",    NO),    # a district has not this power
    ("mayor",         "declare_incident",    "G2111", YES),
    ("d1-chief",      "declare_incident",    "D1",    YES),
    ("d1-chief",      "declare_incident",    "S12",   YES),
    ("d1-chief",      "declare_incident",    "D2",    NO),    # another's area
    ("d1-chief",      "declare_incident",    "C",     NO),    # above one's own
    ("d1-duty",       "declare_incident",    "D1",    NO),    # another role
    ("city-health",   "declare_incident",    "D1",    NO),    # a department has not this power
    ("expert",        "assess",              "D1",    YES),   # the post's area is the city
    ("expert",        "decide",              "D1",    NO),
    ("health1",       "assess",              "HEALTH1", YES),
    ("health1",       "assess",              "D1",    NO),    # the post's area is its own unit
    ("s11-duty",      "judge_signal",        "G1111", YES),
    ("s11-duty",      "judge_signal",        "S12",   NO),
    ("k111-worker",   "judge_signal",        "K111",  NO),    # a community has not this power
    ("k111-worker",   "handle_report",       "K111",  YES),
    ("g1111-worker",  "handle_report",       "G1111", NO),
    ("g1111-worker",  "receive_report",      "G1111", YES),
    ("g1111-worker",  "receive_report",      "G1112", NO),    # the neighbour's
    ("g1111-worker",  "receive_report",      "K111",  NO),    # the tier above
    ("s11-duty",      "raise_call",          "S11",   YES),
    ("d1-duty",       "raise_call",          "S11",   NO),    # a district does not call
    ("water",         "answer_call",         "WATER", YES),
    ("water",         "answer_call",         "POWER", NO),
    ("s11-duty",      "answer_call",         "WATER", NO),
    ("h1-clerk",      "state_need",          "H1",    YES),
    ("h1-clerk",      "state_need",          "H2",    NO),
    ("h1-clerk",      "match_supply",        "H1",    NO),
    ("sup-clerk",     "state_offer",         "SUP",   YES),
    ("log-clerk",     "dispatch_goods",      "LOG",   YES),
    ("soc-lead",      "dispatch_goods",      "SOC",   YES),
    ("soc-lead",      "assign_task",         "G1111", NO),
    ("s11-duty",      "assign_task",         "G1112", YES),
    ("g1111-worker",  "record_visit",        "G1111", YES),
    ("auditor",       "review",              "D2",    YES),
    ("auditor",       "decide",              "C",     NO),
    ("founder",       "walk_round",          "C",     YES),
    ("founder",       "issue_warning",       "D1",    YES),
    ("mayor",         "walk_round",          "C",     NO),
    ("mayor",         "appoint",             "S21",   YES),
    ("d2-chief",      "appoint",             "S11",   NO),
]  # fmt: skip


@pytest.mark.parametrize(("who", "power", "where", "allowed"), TABLE)
def test_the_table_of_posts(city: City, who: str, power: str, where: str, allowed: bool) -> None:
    person, unit = city.person(who), city[where]
    assert may(person, power, unit, START) is allowed
    if allowed:
        authority = check_may(person, power, unit, START)
        assert authority.source in {f"post:{post.pk}" for post in person.posts.all()}
        assert authority.legal_basis and str(authority) == f"{power} ({authority.source})"
    else:
        with pytest.raises(NotAllowed, match=r"You do not hold the power .+ Ask .+ to do it"):
            check_may(person, power, unit, START)


def rule(power: str) -> dict[str, list[str]]:
    value: dict[str, list[str]] = parameter(f"powers.{power}", date(2021, 3, 1)).value
    return value


def tier_of(code: str) -> str:
    if code == "C":
        return "city"
    by_letter = {"D": "district", "S": "street", "K": "community", "G": "grid"}
    members = {member[0]: member[4] for member in MEMBERS}
    return members.get(code) or by_letter[code[0]]


def kind_of(code: str) -> str:
    return {member[0]: member[3] for member in MEMBERS}.get(code, "area")


def test_every_power_of_every_kind_of_post_is_as_the_parameters_say(city: City) -> None:
    """All roles × kinds × tiers there are × all powers, inside the post's area and outside."""
    kinds_of_post = {
        (role, kind_of(code), tier_of(code)): (login, code, area)
        for login, code, role, area in POSTS
    }
    assert len(kinds_of_post) > 12
    for (role, kind, tier), (login, code, area) in kinds_of_post.items():
        inside = city[area or code]
        outside = city["S12"] if inside.path.startswith(city["D2"].path) else city["S21"]
        for power in names("powers"):
            given = rule(power)
            held = role in given["roles"] and kind in given["kinds"]
            held = held and bool({"any", tier} & set(given["tiers"]))
            assert may(city.person(login), power, inside, START) is held, (login, power)
            if held and not outside.path.startswith(inside.path):
                assert not may(city.person(login), power, outside, START), (login, power)


def test_an_area_does_not_cover_a_place_whose_number_only_begins_alike(city: City) -> None:
    """Paths are compared level by level: 00001·00001 holds 00001·00001·00002, not 00001·00011."""
    sibling = Unit.objects.create(
        parent=city["C"], path=city["C"].path + "00011", kind="area", tier="district",
        code="D11", name="十一区",
    )  # fmt: skip
    assert city["D1"].path == city["C"].path + "00001"
    assert not may(city.person("d1-chief"), "decide", sibling, START)


@pytest.mark.parametrize(
    ("starts", "ends", "allowed"),
    [
        (-DAY, None, YES),
        (timedelta(0), None, YES),
        (timedelta(seconds=1), None, NO),  # not begun
        (-DAY, timedelta(seconds=1), YES),
        (-DAY, timedelta(0), NO),  # it ends now
        (-2 * DAY, -DAY, NO),
    ],
)
def test_a_post_gives_power_from_its_first_to_its_last_moment(
    city: City, starts: timedelta, ends: timedelta | None, allowed: bool
) -> None:
    person = Person.objects.create(login="temp", name="临时", password="!")
    Post.objects.create(
        person=person, unit=city["D1"], area=city["D1"], role=Role.COMMANDER,
        starts_at=START + starts, ends_at=None if ends is None else START + ends,
    )  # fmt: skip
    assert may(person, "decide", city["S11"], START) is allowed


def test_who_has_no_post_has_no_power(city: City) -> None:
    nobody = Person.objects.create(login="nobody", name="无岗", password="!")
    assert not any(may(nobody, power, city["C"], START) for power in names("powers"))


def test_two_posts_add_up(city: City) -> None:
    person = city.person("s11-duty")
    Post.objects.create(
        person=person, unit=city["D2"], area=city["D2"], role=Role.COMMANDER, starts_at=START
    )
    assert may(person, "raise_call", city["S11"], START)
    assert may(person, "decide", city["S21"], START)
    assert not may(person, "decide", city["S11"], START)


def test_many_units_at_once_are_judged_as_one_by_one(city: City) -> None:
    person = city.person("d1-duty")
    inside = [city["S11"], city["G1111"], city["WATER"]]
    found = check_may_each(person, "receive_report", inside, START)
    assert found == [check_may(person, "receive_report", unit, START) for unit in inside]
    with pytest.raises(NotAllowed):
        check_may_each(person, "receive_report", [*inside, city["S21"]], START)
    assert check_may_each(person, "receive_report", [], START) == []


def test_a_power_that_is_not_in_the_parameters_is_a_mistake_of_the_code(city: City) -> None:
    with pytest.raises(KeyError, match="fly"):
        check_may(city.person("mayor"), "fly", city["C"], START)


@pytest.mark.parametrize(
    ("who", "power", "where", "whom"),
    [
        ("d1-chief", "change_level", "D1", "临江市 (commander)"),
        ("s11-duty", "declare_incident", "S11", "东岸区 (commander)"),
        ("g1111-worker", "judge_signal", "G1111", "桥头街道 (duty officer)"),
        ("d1-duty", "raise_call", "S11", "桥头街道 (duty officer)"),
        ("h1-clerk", "walk_round", "H1", "东岸区 (commander)"),
        ("s11-duty", "answer_call", "WATER", "东岸区水务局 (duty officer)"),
    ],
)
def test_the_refusal_says_whom_to_ask(
    city: City, who: str, power: str, where: str, whom: str
) -> None:
    with pytest.raises(NotAllowed) as refusal:
        check_may(city.person(who), power, city[where], START)
    assert f"Ask {whom} to do it or to lend you the power." in str(refusal.value)
    assert power.replace("_", " ") in str(refusal.value)


# By delegation ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A power lent by the district to the street, and one try to use it."""

    name: str
    allowed: bool
    who: str = "s11-duty"
    power: str = "approve_match"
    where: str = "G1111"
    at: datetime = START
    extent: Extent = NO_EXTENT
    sentence: str = "You do not hold the power"


LENT_UNTIL = START + DAY
CASES = [
    Case("in force", YES),
    Case("at the place itself", YES, where="S11"),
    Case("a colleague of the unit", YES, who="s11-duty-2"),
    Case("last moment", YES, at=LENT_UNTIL - timedelta(microseconds=1)),
    Case("its end", NO, at=LENT_UNTIL, sentence="lent by 东岸区 ended on 2021-03-02 09:00"),
    Case("long over", NO, at=START + 90 * DAY, sentence="Ask 东岸区 (commander) to lend it again."),
    Case("not begun", NO, at=START - DAY),
    Case("outside the area", NO, where="S12"),
    Case("above the area", NO, where="D1"),
    Case("another power", NO, power="match_supply"),
    Case("another unit's officer", NO, who="s12-duty"),
    Case("a unit below the borrower", NO, who="k111-worker"),
    Case("a role the power never goes to", NO, who="s11-clerk"),
    Case("within both limits", YES, extent=Extent(cents=500_00, people=20)),
    Case("over the money", NO, extent=Extent(cents=500_01), sentence="beyond the limit"),
    Case("over the people", NO, extent=Extent(people=21), sentence="beyond the limit"),
]


@once
def lent(city: City) -> Delegation:
    """The street may approve plans for itself until tomorrow, up to 500 yuan and 20 people."""
    clerk = Person.objects.create(login="s11-clerk", name="文员", password="!")
    Post.objects.create(
        person=clerk, unit=city["S11"], area=city["S11"], role=Role.CLERK,
        starts_at=START - DAY,
    )  # fmt: skip
    Post.objects.exclude(person=clerk).update(starts_at=START - DAY)
    city.people["s11-clerk"] = clerk
    return lent_power(
        lender=city["D1"], borrower=city["S11"], area=city["S11"], powers=["approve_match"],
        legal_basis="District order 7", limit_cents=500_00, limit_people=20, starts_at=START,
        ends_at=LENT_UNTIL, granted_by=city.person("d1-chief"),
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_table_of_a_lent_power(city: City, lent: Delegation, case: Case) -> None:
    def check() -> Any:
        return check_may(city.person(case.who), case.power, city[case.where], case.at, case.extent)

    if case.allowed:
        authority = check()
        assert authority.source == f"delegation:{lent.pk}"
        assert authority.legal_basis == "District order 7"
    else:
        with pytest.raises(NotAllowed, match=re.escape(case.sentence)):
            check()


@pytest.mark.parametrize(("after", "allowed"), [(-1, YES), (0, NO), (1, NO)])
def test_a_power_taken_back_is_gone_at_once(
    city: City, lent: Delegation, after: int, allowed: bool
) -> None:
    when = START + timedelta(hours=3)
    if after >= 0:
        lent.revoked_at, lent.revoked_by = when, city.person("d1-chief")
        lent.save()
    at = when + timedelta(seconds=after)
    assert may(city.person("s11-duty"), "approve_match", city["S11"], at) is allowed
    if not allowed:
        with pytest.raises(NotAllowed, match="ended on 2021-03-01 12:00"):
            check_may(city.person("s11-duty"), "approve_match", city["S11"], at)


def test_a_power_without_limits_has_none(city: City, lent: Delegation) -> None:
    Delegation.objects.update(limit_cents=None, limit_people=None)
    lent.refresh_from_db()
    sign(lent)
    lent.save(update_fields=["signed"])
    far = Extent(cents=10**15, people=10**6)
    assert check_may(city.person("s11-duty"), "approve_match", city["S11"], START, far)


def test_what_ended_elsewhere_is_not_the_reason_of_a_refusal_here(
    city: City, lent: Delegation
) -> None:
    with pytest.raises(NotAllowed, match="You do not hold the power"):
        check_may(city.person("s11-duty"), "approve_match", city["S12"], START + 2 * DAY)


def test_ones_own_post_comes_before_what_is_lent(city: City, lent: Delegation) -> None:
    """A limit on what was lent does not limit what a post gives anyway."""
    post = Post.objects.create(
        person=city.person("s11-duty"), unit=city["D1"], area=city["D1"], role=Role.OFFICER,
        starts_at=START,
    )  # fmt: skip
    far = Extent(cents=10**9)
    authority = check_may(city.person("s11-duty"), "approve_match", city["S11"], START, far)
    assert authority.source == f"post:{post.pk}"


def test_the_end_of_a_post_ends_what_was_lent_to_its_unit(city: City, lent: Delegation) -> None:
    later = START + timedelta(hours=1)
    Post.objects.filter(person=city.person("s11-duty")).update(ends_at=later)
    assert not may(city.person("s11-duty"), "approve_match", city["S11"], later)
    assert may(city.person("s11-duty-2"), "approve_match", city["S11"], later)


def test_of_two_delegations_the_one_that_reaches_is_used(city: City, lent: Delegation) -> None:
    wider = lent_power(
        lender=city["C"], borrower=city["S11"], area=city["D1"], powers=["approve_match"],
        legal_basis="City order 1", starts_at=START, ends_at=LENT_UNTIL,
        granted_by=city.person("mayor"),
    )  # fmt: skip
    who = city.person("s11-duty")
    assert check_may(who, "approve_match", city["S12"], START).source == f"delegation:{wider.pk}"
    far = check_may(who, "approve_match", city["S11"], START, Extent(cents=10**9))
    assert far.source == f"delegation:{wider.pk}"


# Asking is no use ---------------------------------------------------------------------------------


@deed(by_hand=False)
def ask_and_write(*, at: Unit, by: Person, now: datetime) -> None:
    """A deed that only asks about one power and uses another."""
    assert may(by, "declare_incident", at, now)
    check_may_by_one(by, [("decide", at), ("assess", at)], now)
    append(verb="tests.ask_and_write", subject=at, place=at, by=by, now=now)


def test_a_line_names_the_power_that_was_used_and_none_that_was_asked_about(city: City) -> None:
    ask_and_write(by=city.person("d1-chief"), at=city["D1"], now=START)
    line = Entry.objects.get(verb="tests.ask_and_write")
    (named,) = json.loads(line.body)["powers"]
    assert named.startswith("decide (post:")


def test_the_refusal_is_that_of_the_last_way(city: City) -> None:
    ways = [("decide", city["C"]), ("assess", city["D2"])]
    with pytest.raises(NotAllowed, match=r"assess.*西岸区"):
        check_may_by_one(city.person("s11-duty"), ways, START)
