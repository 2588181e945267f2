"""A lent power is a signed object with limits; it is lent on once, and dies with what it came from.

Every deed that uses it names it in the ledger.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gongzhi.actors.lent import verify
from gongzhi.actors.models import Delegation, UseReview
from gongzhi.actors.oversight import share_of, verify_draws
from gongzhi.actors.queries import duties
from gongzhi.errors import Malformed, NotAllowed
from gongzhi.ledger.queries import entries_of
from gongzhi.rounds.walk import walk
from gongzhi.supply.actions import load_catalogue
from tests.once import once
from tests.rooms.cast import START, City, small_city
from tests.rooms.goods import mask
from tests.rooms.scenes import decided, open_incident
from tests.stories.telling import do

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@once
def city() -> City:
    city = small_city()
    for unit, login in (("S11", "s11-chief"), ("K111", "k111-chief")):
        post = do(
            city.person("d1-chief"), "actors.appoint", START, unit=city[unit], login=login,
            name=login, password="a phrase nobody guesses", role="commander",
        )  # fmt: skip
        city.people[login] = post.person
    return city


@pytest.mark.feature(3)
def test_a_power_is_lent_on_within_its_limits_and_ends_with_what_it_came_from(city: City) -> None:
    district, street = city.person("d1-chief"), city.person("s11-chief")
    lent: Delegation = do(
        district, "actors.delegate", START, lender=city["D1"], borrower=city["S11"],
        area=city["S11"], powers=["give_order"], legal_basis="District order 7",
        ends_at=START + DAY, limit_tier="street", onward=True,
    )  # fmt: skip

    # The street lends it on to its community; not for longer than it has it itself.
    on = {
        "lender": city["S11"], "borrower": city["K111"], "area": city["K111"],
        "powers": ["give_order"], "legal_basis": "Street order 2",
    }  # fmt: skip
    with pytest.raises(Malformed, match=r"beyond what was lent to you. Ask 东岸区 .commander."):
        do(street, "actors.delegate", START, **on, ends_at=START + 2 * DAY)
    lent_on: Delegation = do(street, "actors.delegate", START, **on, ends_at=START + 8 * HOUR)
    assert lent_on.lent_from == lent

    # Anybody can check the chain with the site's public key.
    assert [(v.holds, v.in_force) for v in verify(lent_on, START)] == [(True, True)] * 2

    # The community uses it, and the order's line in the ledger names it.
    decision = decided(city, open_incident(city, "D1"))
    under = do(
        district, "command.give_order", START, unit=city["K111"], decision=decision,
        title="Knock at every door", minutes=24 * 60,
    )  # fmt: skip

    def pass_on(at: object) -> object:
        return do(
            city.person("k111-chief"), "command.give_order", at, unit=city["G1111"], under=under,
            title="Knock in your grid", minutes=60,
        )  # fmt: skip

    order = pass_on(START + HOUR)
    [line] = entries_of(order.ref)
    assert json.loads(line.body)["powers"] == [f"give_order (delegation:{lent_on.pk})"]

    # The district takes back what it lent: what was lent on from it is dead in the same moment.
    do(district, "actors.revoke", START + 2 * HOUR, delegation=lent, reason="No longer needed")
    with pytest.raises(NotAllowed, match=r"ended on 2021-03-01 11:00. Ask 桥头街道 .commander."):
        pass_on(START + 2 * HOUR)


@pytest.mark.feature(3)
def test_several_powers_are_one_object_used_one_by_one_and_taken_back_as_a_whole(
    city: City,
) -> None:
    district, officer = city.person("d1-chief"), city.person("s11-duty")
    lent: Delegation = do(
        district, "actors.delegate", START, lender=city["D1"], borrower=city["S11"],
        area=city["S11"], powers=["match_supply", "approve_match", "give_order"],
        legal_basis="District order 9", ends_at=START + DAY, limit_cents=500_00, onward=True,
    )  # fmt: skip
    [signed] = verify(lent, START)
    assert '"powers":["approve_match","give_order","match_supply"]' in signed.signed_text

    # Each deed names the power it used, of all that were lent together.
    load_catalogue(by=city.person("founder"), now=START)
    run = do(officer, "supply.match", START, area=city["S11"], group=mask().group)
    [line] = entries_of(run.ref)
    assert json.loads(line.body)["powers"] == [f"match_supply (delegation:{lent.pk})"]

    # The street lends some of them on to its community: not one that it was not lent.
    on = {
        "lender": city["S11"], "borrower": city["K111"], "area": city["K111"],
        "legal_basis": "Street order 3", "ends_at": START + HOUR,
    }  # fmt: skip
    street = city.person("s11-chief")
    with pytest.raises(NotAllowed):
        do(street, "actors.delegate", START, powers=["give_order", "set_measure"], **on)
    some: Delegation = do(street, "actors.delegate", START, powers=["give_order"], **on)
    assert some.lent_from == lent and some.limit_cents == 500_00

    # Taken back, none of them can be used any more, here or below.
    do(district, "actors.revoke", START + MINUTE, delegation=lent, reason="No longer needed")
    with pytest.raises(NotAllowed, match=r"ended on 2021-03-01 09:01"):
        do(officer, "supply.match", START + MINUTE, area=city["S11"], group=mask().group)
    assert not Delegation.objects.get(pk=some.pk).in_force(START + MINUTE)


@pytest.mark.feature(3)
def test_a_match_approved_by_a_lent_power_names_it_too(city: City) -> None:
    do(
        city.person("d1-chief"), "actors.delegate", START, lender=city["D1"],
        borrower=city["S11"], area=city["S11"], powers=["match_supply"], legal_basis="Order 9",
        ends_at=START + DAY,
    )  # fmt: skip
    lent = Delegation.objects.get()
    load_catalogue(by=city.person("founder"), now=START)
    item = mask()
    run = do(city.person("s11-duty"), "supply.match", START, area=city["S11"], group=item.group)
    [line] = entries_of(run.ref)
    assert json.loads(line.body)["powers"] == [f"match_supply (delegation:{lent.pk})"]


@pytest.mark.feature(68)
def test_the_more_is_lent_the_more_is_looked_at_and_nobody_chooses_what(city: City) -> None:
    district, street = city.person("d1-chief"), city.person("s11-duty")
    narrow, wide = (
        do(
            district, "actors.delegate", START, lender=city["D1"], borrower=city["S11"],
            area=city["S11"], powers=[power], legal_basis="Order 9",
            ends_at=START + days * DAY, **more,
        )
        for power, days, more in (
            ("assign_task", 2, {"limit_cents": 0, "limit_people": 0, "limit_days": 0}),
            ("match_supply", 60, {}),
        )
    )  # fmt: skip
    assert share_of(narrow, START) == 50 and share_of(wide, START) == 425

    # The street uses the wide power again and again; the rounds seal the ledger in between.
    load_catalogue(by=city.person("founder"), now=START)
    clock, item = city.person("founder"), mask()
    for n in range(12):
        at = START + n * HOUR
        do(street, "supply.match", at, area=city["S11"], group=item.group)
        walk(by=clock, now=at)
    walk(by=clock, now=START + 13 * HOUR)

    # What is drawn follows from the ledger alone: anybody repeats it and gets the same.
    drawn = list(UseReview.objects.order_by("line"))
    assert 1 <= len(drawn) < 12 and verify_draws().holds
    assert {review.verb for review in drawn} == {"supply.match"}

    # The district, whose power it was, says whether it was in order.
    done = do(
        district, "actors.review_use", START + DAY, review=drawn[0], in_order=True,
        outcome="The shares follow the needs",
    )  # fmt: skip
    assert done.state == "in_order"


@pytest.mark.feature(68)
def test_a_review_that_nobody_makes_in_its_week_climbs_once_with_a_reason(city: City) -> None:
    district, clock = city.person("d1-chief"), city.person("founder")
    do(
        district, "actors.delegate", START, lender=city["D1"], borrower=city["S11"],
        area=city["S11"], powers=["match_supply"], legal_basis="Order 9", ends_at=START + 60 * DAY,
    )  # fmt: skip
    load_catalogue(by=clock, now=START)
    for n in range(12):
        at = START + n * HOUR
        do(city.person("s11-duty"), "supply.match", at, area=city["S11"], group=mask().group)
        walk(by=clock, now=at)
    walk(by=clock, now=START + 13 * HOUR)
    drawn = UseReview.objects.order_by("id")[0]

    # The district lets its week pass. The round takes it to the city, once, however often it runs.
    late = drawn.review_by + MINUTE
    for _again in range(2):
        walk(by=clock, now=late)
    drawn.refresh_from_db()
    [climb] = drawn.climbs.all()
    assert drawn.to_unit == city["C"] and str(climb).startswith("东岸区 did not review it by 03-08")
    [duty] = [d for d in duties(city.person("mayor"), late) if d.subject == drawn.ref]
    assert (duty.verb, duty.why) == ("review_use", str(climb))

    # The city does what the district did not.
    done = do(
        city.person("mayor"), "actors.review_use", late, review=drawn, in_order=False,
        outcome="Nobody looked at it for a week",
    )  # fmt: skip
    assert done.state == "objected"
