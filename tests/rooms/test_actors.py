"""Founding, appointing, lending powers and taking them back; log-in."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.actions import (
    appoint,
    appoint_many,
    delegate,
    end_post,
    found_house,
    found_root,
    found_unit,
    found_units,
    log_in,
    open_facilities,
    revoke,
)  # fmt: skip
from gongzhi.actors.codes import PAUSE, TRIES
from gongzhi.actors.lent import text_of
from gongzhi.actors.models import (
    STEP,
    Boundary,
    Delegation,
    Facility,
    LogInAttempt,
    Person,
    Post,
    Tier,
    Unit,
)  # fmt: skip
from gongzhi.actors.queries import (
    areas_of,
    charges_of,
    commander_of,
    delegations_in_force,
    departments_serving,
    government_above,
    people_active,
    posts_of,
    units_below,
    works_close,
)  # fmt: skip
from gongzhi.errors import Malformed, NotAllowed, NotNow, TooMany
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import digest
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PHRASE = "a phrase nobody guesses"


pytestmark = pytest.mark.usefixtures("in_english")


# Founding -----------------------------------------------------------------------------------------


def test_an_empty_house_is_founded_once(db: None) -> None:
    founder = found_house(login="first", password=PHRASE, name="创建人", now=START)
    assert founder.check_password(PHRASE) and PHRASE not in founder.password
    [entry] = lines("actors.found_house")
    assert entry.by_ref == founder.ref and "创建人" not in entry.body and PHRASE not in entry.body
    with pytest.raises(NotNow, match="founded already"):
        found_house(login="second", password=PHRASE, name="另一人", now=START)
    assert Person.objects.count() == 1 and len(lines()) == 1


def test_the_founder_commands_the_root_and_holds_the_clock(db: None) -> None:
    founder = found_house(login="first", password=PHRASE, name="创建人", now=START)
    root = found_root(code="C", name="临江市", tier=Tier.CITY, by=founder, now=START)
    assert (root.path, root.depth, root.parent) == ("00001", 1, None)
    assert {post.role for post in posts_of(founder, START)} == {"commander", "clock"}
    with pytest.raises(NotNow, match="root already"):
        found_root(code="C2", name="另一市", tier=Tier.CITY, by=founder, now=START)
    assert [entry.verb for entry in lines()] == ["actors.found_house", "actors.found_root"]


def found(city: City, parent: str = "D1", by: str = "d1-chief", **given: Any) -> Unit:
    values = {"code": "S19", "name": "新街道", "kind": "area", "tier": "street", **given}
    return found_unit(parent=city[parent], by=city.person(by), now=START, **values)


def test_a_unit_is_added_below_another(city: City) -> None:
    unit = found(city)
    assert unit.parent == city["D1"] and unit.path.startswith(city["D1"].path)
    assert len(unit.path) == len(city["D1"].path) + STEP
    [entry] = lines("actors.found_unit")
    assert (entry.subject, entry.unit_path) == (unit.ref, unit.path)


def test_members_of_a_unit_get_paths_of_their_own(city: City) -> None:
    paths = [found(city, code=f"S{n}", name=f"街道{n}").path for n in range(30, 35)]
    assert len(set(paths)) == 5
    assert paths == sorted(paths)


@pytest.mark.parametrize("by", ["d1-duty", "d2-chief", "s11-duty", "health1", "auditor"])
def test_a_unit_is_not_added_without_the_power_there(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        found(city, by=by)
    assert not Unit.objects.filter(code="S19").exists() and lines("actors.found_unit") == []


def test_a_code_is_given_once(city: City) -> None:
    with pytest.raises(NotNow, match="code S21 is taken"):
        found(city, code="S21")


@pytest.mark.parametrize(
    ("parent", "kind", "tier", "fits"),
    [
        ("C", "area", "district", True),
        ("C", "area", "street", True),
        ("C", "department", "city", True),
        ("C", "supplier", "district", True),
        ("D1", "hospital", "district", True),
        ("D1", "area", "district", False),
        ("D1", "area", "city", False),
        ("D1", "department", "city", False),
        ("S11", "area", "grid", True),
        ("S11", "volunteers", "street", True),
        ("S11", "volunteers", "province", False),
    ],
)
def test_a_unit_stands_no_higher_than_its_parent(
    city: City, parent: str, kind: str, tier: str, fits: bool
) -> None:
    """Otherwise a district could found itself a city, with the powers of one."""
    if fits:
        assert found(city, parent, by="mayor", kind=kind, tier=tier).tier == tier
        return
    with pytest.raises(Malformed, match="Choose a lower tier") as refusal:
        found(city, parent, by="mayor", kind=kind, tier=tier)
    assert "tier" in refusal.value.details


def test_a_unit_has_room_for_just_under_a_hundred_thousand(city: City) -> None:
    last = f"{city['D1'].path}{10**STEP - 1:0{STEP}d}"
    Unit.objects.create(
        parent=city["D1"], path=last, kind="firm", tier="district", code="LAST", name="末"
    )
    with pytest.raises(NotNow, match="as many members as it can hold"):
        found(city)
    rows = [{"parent_code": "D1", "code": "S19", "name": "甲", "kind": "area", "tier": "street"}]
    with pytest.raises(NotNow, match="as many members as it can hold"):
        found_units(parent=city["C"], units=rows, by=city.person("mayor"), now=START)


def test_many_units_with_outlines_are_founded_with_one_line(city: City) -> None:
    before = len(lines())
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}
    rows = [
        {"parent_code": "D2", "code": "S28", "name": "甲", "kind": "area", "tier": "street"},
        {
            "parent_code": "S28", "code": "K281", "name": "乙", "kind": "area",
            "tier": "community", "boundary": square,
        },
        {"parent_code": "D2", "code": "S29", "name": "丙", "kind": "area", "tier": "street"},
    ]  # fmt: skip
    assert found_units(parent=city["D2"], units=rows, by=city.person("d2-chief"), now=START) == 3
    made = {u.code: u for u in Unit.objects.filter(code__in=["S28", "K281", "S29"])}
    assert made["K281"].parent == made["S28"]
    assert made["K281"].path == made["S28"].path + "00001"
    assert made["S28"].path < made["S29"].path
    assert Boundary.objects.get().unit == made["K281"]
    assert len(lines()) == before + 1
    with pytest.raises(NotAllowed):
        found_units(parent=city["D1"], units=[], by=city.person("d2-chief"), now=START)


def test_many_units_below_many_others_cost_as_many_questions(
    city: City, django_assert_max_num_queries: Any
) -> None:
    above = [unit for unit in city.units.values() if unit.kind == "area"]
    rows = [
        {"parent_code": unit.code, "code": f"V{unit.code}{n}", "name": "志愿者", "tier": "grid",
         "kind": "volunteers"}
        for unit in above for n in range(2)
    ]  # fmt: skip
    with django_assert_max_num_queries(12):
        found_units(parent=city["C"], units=rows, by=city.person("mayor"), now=START)
    for unit in above:
        members = list(Unit.objects.filter(parent=unit).order_by("path"))
        assert [m.code for m in members[-2:]] == [f"V{unit.code}0", f"V{unit.code}1"]
        assert [m.path for m in members] == [f"{unit.path}{n + 1:05d}" for n in range(len(members))]


def test_facilities_are_opened_with_one_line(city: City) -> None:
    rows = [
        {"unit": city["H1"], "place": city["S11"], "kind": "clinic", "name": "发热门诊"},
        {"unit": city["H1"], "place": city["S12"], "kind": "clinic", "name": "发热门诊"},
    ]
    chief = city.person("d1-chief")
    assert open_facilities(area=city["D1"], facilities=rows, by=chief, now=START) == 2
    assert Facility.objects.filter(kind="clinic").count() == 2
    assert facts("actors.open_facilities") == {"count": 2}
    with pytest.raises(NotAllowed):
        open_facilities(area=city["D2"], facilities=rows, by=chief, now=START)


# Appointing ---------------------------------------------------------------------------------------


def appointed(city: City, unit: str = "S11", by: str = "d1-chief", **given: Any) -> Post:
    values = {"login": "new", "name": "新人", "password": PHRASE, "role": "officer", **given}
    return appoint(unit=city[unit], by=city.person(by), now=START, **values)


def test_a_person_is_appointed_and_can_log_in(city: City) -> None:
    post = appointed(city)
    assert (post.unit, post.area, post.role) == (city["S11"], city["S11"], "officer")
    assert log_in(login="new", password=PHRASE, address="::1", now=START) == post.person
    said = facts("actors.appoint")
    assert said == {"person": post.person.ref, "role": "officer", "area": city["S11"].path}


def test_a_person_who_is_there_gets_one_post_more(city: City) -> None:
    before = Person.objects.count()
    post = appointed(city, login="s11-duty", name="is not changed", area=city["S12"])
    assert Person.objects.count() == before
    assert post.person == city.person("s11-duty") and post.person.name == "s11-duty先生"
    assert len(posts_of(post.person, START)) == 2
    assert areas_of(post.person, START) == [city["S11"].path, city["S12"].path]


@pytest.mark.parametrize("by", ["d1-duty", "d2-chief", "s11-duty", "h1-clerk"])
def test_who_does_not_command_there_does_not_appoint(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        appointed(city, by=by)
    assert not Person.objects.filter(login="new").exists()


def test_an_area_beyond_ones_own_cannot_be_given(city: City) -> None:
    with pytest.raises(NotAllowed):
        appointed(city, area=city["C"])
    with pytest.raises(NotAllowed):
        appointed(city, area=city["S21"])


@pytest.mark.parametrize("password", ["short", "password1234", ""])
def test_a_weak_password_is_refused_and_nobody_is_made(city: City, password: str) -> None:
    with pytest.raises(Malformed) as refusal:
        appointed(city, password=password)
    assert refusal.value.details["password"]
    assert not Person.objects.filter(login="new").exists()


def test_nobody_is_appointed_to_be_the_clock(city: City) -> None:
    with pytest.raises(Malformed, match="Only the founder holds the clock"):
        appointed(city, role="clock")


@pytest.mark.parametrize("ends_at", [START, START - HOUR])
def test_a_post_does_not_end_before_it_begins(city: City, ends_at: Any) -> None:
    with pytest.raises(Malformed, match="end before it begins"):
        appointed(city, ends_at=ends_at)
    assert not Person.objects.filter(login="new").exists()


def test_many_are_appointed_with_one_line_that_names_nobody(city: City) -> None:
    rows = [
        {"login": f"g{n}", "name": f"网格员{n}", "unit": city["G1111"], "area": city["G1111"],
         "role": "grid_worker"} for n in range(3)
    ]  # fmt: skip
    made = appoint_many(
        area=city["D1"], posts=rows, password_hash="!", by=city.person("d1-chief"), now=START
    )
    assert made == 3 and Post.objects.filter(person__login__in=["g0", "g1", "g2"]).count() == 3
    assert facts("actors.appoint_many") == {"count": 3}
    with pytest.raises(NotAllowed):
        appoint_many(
            area=city["D2"], posts=rows, password_hash="!", by=city.person("d1-chief"), now=START
        )


def test_a_post_is_ended(city: City) -> None:
    person = city.person("s11-duty")
    later = START + HOUR
    post = end_post(post=person.posts.get(), by=city.person("d1-chief"), now=later)
    assert post.ends_at == later
    assert len(posts_of(person, later - timedelta(seconds=1))) == 1
    assert posts_of(person, later) == [] and areas_of(person, later) == []
    assert [entry.subject for entry in lines("actors.end_post")] == [post.ref]
    with pytest.raises(NotNow, match="ended already"):
        end_post(post=post, by=city.person("d1-chief"), now=later + HOUR)


def test_a_post_is_ended_only_by_who_commands_there(city: City) -> None:
    with pytest.raises(NotAllowed):
        end_post(
            post=city.person("s11-duty").posts.get(), by=city.person("d2-chief"), now=START + HOUR
        )


def test_a_post_cannot_end_in_the_moment_it_begins(city: City) -> None:
    with pytest.raises(NotNow, match="only just begun"):
        end_post(post=city.person("s11-duty").posts.get(), by=city.person("d1-chief"), now=START)


def test_the_clock_cannot_be_stopped_by_hand(city: City) -> None:
    clock = city.person("founder").posts.get(role="clock")
    with pytest.raises(NotNow, match="keeps all deadlines"):
        end_post(post=clock, by=city.person("mayor"), now=START + HOUR)


@pytest.mark.parametrize("values", [{"ends_at": START}, {"ends_at": START - HOUR}])
def test_the_database_refuses_a_post_that_ends_first(city: City, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(person=city.person("mayor")).update(**values)


# Lending ------------------------------------------------------------------------------------------


def lent(city: City, by: str = "d1-chief", **given: Any) -> Delegation:
    values = {
        "lender": city["D1"], "borrower": city["S11"], "area": city["S11"],
        "powers": ["approve_match"], "legal_basis": "District order 7", "ends_at": START + DAY,
    }  # fmt: skip
    return delegate(by=city.person(by), now=START, **{**values, **given})


def test_a_power_is_lent_with_its_limits_and_its_end(city: City) -> None:
    delegation = lent(city, limit_cents=500_00, limit_people=20)
    assert delegation.in_force(START) and not delegation.in_force(START + DAY)
    assert (delegation.limit_cents, delegation.limit_people) == (500_00, 20)
    assert delegation.granted_by == city.person("d1-chief")
    assert delegations_in_force([city["S11"]], "approve_match", START) == [delegation]
    assert facts("actors.delegate") == {
        "powers": ["approve_match"], "borrower": city["S11"].path, "area": city["S11"].path,
        "ends_at": (START + DAY).isoformat(), "legal_basis": "District order 7",
        "lent_from": None, "terms": digest(text_of(delegation)),
    }  # fmt: skip
    assert json.loads(lines("actors.delegate")[0].body)["powers"] == [
        f"delegate (post:{city.person('d1-chief').posts.get().pk})"
    ]


@pytest.mark.parametrize("by", ["d1-duty", "d2-chief", "s11-duty", "health1"])
def test_a_power_is_not_lent_by_whom_it_does_not_belong_to(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        lent(city, by=by)
    assert not Delegation.objects.exists()


def test_a_power_one_does_not_hold_is_not_lent(city: City) -> None:
    with pytest.raises(NotAllowed, match="change level"):
        lent(city, powers=["change_level"])


def test_a_power_that_is_lent_is_not_lent_on(city: City) -> None:
    lent(city, by="mayor", lender=city["C"], borrower=city["D1"], area=city["D1"],
         powers=["change_level"])  # fmt: skip
    with pytest.raises(NotNow, match="cannot be lent on"):
        lent(city, powers=["change_level"])


def test_an_unknown_power_is_named_with_those_there_are(city: City) -> None:
    with pytest.raises(Malformed, match=r"no power “fly”.*approve_match"):
        lent(city, powers=["fly"])


@pytest.mark.parametrize("borrower", ["C", "D1", "D2", "S21"])
def test_powers_are_lent_downward_only(city: City, borrower: str) -> None:
    with pytest.raises(Malformed, match="lent downward"):
        lent(city, borrower=city[borrower])


def test_the_area_of_a_lent_power_lies_inside_the_lenders(city: City) -> None:
    with pytest.raises(Malformed, match="inside the lender's own"):
        lent(city, by="mayor", area=city["S21"])


@pytest.mark.parametrize("ends_at", [START, START - HOUR])
def test_a_lent_power_does_not_end_before_it_begins(city: City, ends_at: Any) -> None:
    with pytest.raises(Malformed, match="end before it begins"):
        lent(city, ends_at=ends_at)


def test_a_lent_power_is_taken_back_at_once(city: City) -> None:
    delegation = lent(city)
    chief = city.person("d1-chief")
    revoke(delegation=delegation, reason="Misused", by=chief, now=START + HOUR)
    assert not delegation.in_force(START + HOUR)
    assert (delegation.revoked_by, delegation.revoked_at) == (chief, START + HOUR)
    assert facts("actors.revoke") == {"reason": "Misused"}
    with pytest.raises(NotNow, match="already revoked"):
        revoke(delegation=delegation, reason="Again", by=chief, now=START + HOUR)


def test_what_ended_by_itself_is_not_taken_back(city: City) -> None:
    delegation = lent(city)
    with pytest.raises(NotNow, match="ended by itself"):
        revoke(delegation=delegation, reason="Late", by=city.person("d1-chief"), now=START + DAY)


@pytest.mark.parametrize("by", ["s11-duty", "d2-chief", "d1-duty"])
def test_only_the_lender_takes_a_power_back(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        revoke(delegation=lent(city), reason="No", by=city.person(by), now=START)


@pytest.mark.parametrize(
    "values",
    [
        {"ends_at": START},
        {"revoked_at": START},
        {"revoked_by": 1},
    ],
)
def test_the_database_refuses_half_a_fact_about_a_delegation(
    city: City, values: dict[str, Any]
) -> None:
    lent(city)
    if "revoked_by" in values:
        values = {"revoked_by": city.person("mayor")}
    with pytest.raises(IntegrityError), transaction.atomic():
        Delegation.objects.update(**values)


# Log-in -------------------------------------------------------------------------------------------


def try_log_in(login: str, password: str, address: str = "192.0.2.1", after: Any = HOUR) -> Person:
    return log_in(login=login, password=password, address=address, now=START + after)


@once
def phrase(city: City) -> str:
    """The mayor's password."""
    mayor = city.person("mayor")
    mayor.set_password(PHRASE)
    mayor.save()
    return PHRASE


def test_the_right_password_lets_in(city: City, phrase: str) -> None:
    person = try_log_in("mayor", phrase)
    assert person == city.person("mayor") and person.last_login == START + HOUR
    assert not LogInAttempt.objects.exists()


@pytest.mark.parametrize("login", ["mayor", "nobody", ""])
def test_the_refusal_does_not_say_which_of_the_two_was_wrong(
    city: City, phrase: str, login: str
) -> None:
    with pytest.raises(NotAllowed, match="log-in or the password is not right"):
        try_log_in(login, "wrong")
    attempt = LogInAttempt.objects.get()
    assert (attempt.login, attempt.address) == (login, "192.0.2.1")


def test_who_is_no_longer_active_is_not_let_in(city: City, phrase: str) -> None:
    Person.objects.filter(login="mayor").update(is_active=False)
    with pytest.raises(NotAllowed):
        try_log_in("mayor", phrase)
    assert not people_active().filter(login="mayor").exists()


def fail(count: int, login: str = "mayor", address: str = "192.0.2.1", after: Any = HOUR) -> None:
    for _ in range(count):
        with pytest.raises(NotAllowed):
            try_log_in(login, "wrong", address, after)


def test_after_five_failures_even_the_right_password_waits(city: City, phrase: str) -> None:
    fail(TRIES)
    for address in ("192.0.2.1", "192.0.2.99"):
        with pytest.raises(TooMany, match="Wait fifteen minutes"):
            try_log_in("mayor", phrase, address)
    with pytest.raises(TooMany):
        try_log_in("mayor", phrase, after=HOUR + PAUSE - timedelta(seconds=1))
    assert try_log_in("mayor", phrase, after=HOUR + PAUSE) == city.person("mayor")


def test_four_failures_do_not_lock_out(city: City, phrase: str) -> None:
    fail(TRIES - 1)
    assert try_log_in("mayor", phrase) == city.person("mayor")


def test_the_failures_of_one_name_do_not_lock_out_another(city: City, phrase: str) -> None:
    fail(TRIES, login="d1-chief")
    assert try_log_in("mayor", phrase) == city.person("mayor")


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::" + "0" * 90])
def test_one_address_that_tries_many_names_waits_too(city: City, phrase: str, address: str) -> None:
    LogInAttempt.objects.bulk_create(
        LogInAttempt(login=f"name{n}", address=address[:60], at=START + HOUR)
        for n in range(10 * TRIES - 1)
    )
    assert try_log_in("mayor", phrase, address) == city.person("mayor")
    fail(1, login="another", address=address)
    with pytest.raises(TooMany):
        try_log_in("mayor", phrase, address)
    assert try_log_in("mayor", phrase, "198.51.100.7") == city.person("mayor")


def test_a_name_longer_than_any_is_slowed_down_too(city: City) -> None:
    fail(TRIES, login="x" * 300)
    with pytest.raises(TooMany):
        try_log_in("x" * 300, "wrong")


def test_log_in_writes_nothing_into_the_ledger(city: City, phrase: str) -> None:
    before = Entry.objects.count()
    fail(2)
    try_log_in("mayor", phrase)
    assert Entry.objects.count() == before


# Who is where -------------------------------------------------------------------------------------


def test_the_government_above_is_the_next_tier_up(city: City) -> None:
    above = {code: government_above(city[code]) for code in ("G1111", "S11", "WATER", "H1", "D1")}
    assert {code: unit.code for code, unit in above.items() if unit} == {
        "G1111": "K111", "S11": "D1", "WATER": "D1", "H1": "D1", "D1": "C",
    }  # fmt: skip
    assert government_above(city["C"]) is None


def test_the_departments_that_serve_a_street_are_those_of_all_tiers_above(city: City) -> None:
    assert {u.code for u in departments_serving(city["S11"])} == {
        "WATER", "POWER", "HEALTH1", "HEALTH",
    }  # fmt: skip
    assert {u.code for u in departments_serving(city["S21"])} == {"HEALTH2", "HEALTH"}


def test_the_commander_of_a_unit_is_its_own_or_that_of_the_tier_above(city: City) -> None:
    assert commander_of(city["G1111"], START) == city.person("d1-chief")
    assert commander_of(city["WATER"], START) == city.person("d1-chief")
    root_commanders = {city.person("founder"), city.person("mayor")}
    assert commander_of(city["C"], START) in root_commanders
    Post.objects.filter(person=city.person("d1-chief")).update(ends_at=START + HOUR)
    assert commander_of(city["S11"], START + HOUR) in root_commanders
    Person.objects.filter(login="d2-chief").update(is_active=False)
    assert commander_of(city["S21"], START) in root_commanders
    assert commander_of(city["S21"], START - HOUR) is None


def test_units_below_can_be_asked_by_tier_and_kind(city: City) -> None:
    assert {u.code for u in units_below(city["S11"])} == {"S11", "K111", "K112", "G1111", "G1112"}
    assert {u.code for u in units_below(city["D1"], tier="street")} == {"S11", "S12"}
    assert {u.code for u in units_below(city["D1"], kind="department")} == {
        "WATER", "POWER", "HEALTH1",
    }  # fmt: skip


def test_charges_and_areas_follow_the_posts_held_now(city: City) -> None:
    health = city.person("city-health")
    assert charges_of(health, START) == {city["HEALTH"].pk, city["C"].pk}
    assert areas_of(health, START) == [city["C"].path]
    assert areas_of(health, START - HOUR) == [] and charges_of(health, START - HOUR) == set()
    assert works_close(city.person("g1111-worker"), START)
    assert not works_close(city.person("d1-duty"), START)


@pytest.mark.parametrize(
    ("language", "name"),
    [("zh-hans", "甲"), ("zh-hant", "甲繁"), ("en", "A"), ("en-gb", "A"), (None, "甲")],
)
def test_a_unit_is_called_by_its_name_in_the_readers_language(
    language: str | None, name: str
) -> None:
    from django.utils import translation

    unit = Unit(name="甲", name_hant="甲繁", name_en="A", path="0000100002")
    with translation.override(language):
        assert str(unit) == name
        assert str(Unit(name="乙")) == "乙"
    assert unit.ancestor_paths() == ["00001", "0000100002"] and unit.depth == 2


def test_a_person_is_known_to_the_log_by_number_alone(city: City) -> None:
    mayor = city.person("mayor")
    assert mayor.ref == f"person:{mayor.pk}"
    assert Person.objects.get_by_natural_key("mayor") == mayor
