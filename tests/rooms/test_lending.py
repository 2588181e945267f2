"""Lent powers as signed objects: what can be lent on, what ends with what, what holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from gongzhi.actors.actions import delegate, revoke
from gongzhi.actors.discretion import Extent
from gongzhi.actors.lent import limits_beyond, signature_fault, text_of, verify
from gongzhi.actors.models import Delegation, Post, Role, Unit
from gongzhi.actors.policies import check_may, may
from gongzhi.errors import Malformed, NotAllowed, NotNow, Refused
from gongzhi.ledger.queries import public_key, text_signed
from tests.once import once
from tests.rooms.cast import START, City, small_city
from tests.rooms.machines import Machine, play
from tests.rooms.scenes import facts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POWER = "approve_match"


@once
def city() -> City:
    return with_commanders(small_city())


def with_commanders(city: City) -> City:
    """The street and its community get commanders, who could lend on what they were lent."""
    for login, code in (("s11-duty", "S11"), ("k111-worker", "K111")):
        Post.objects.create(
            person=city.person(login), unit=city[code], area=city[code], role=Role.COMMANDER,
            starts_at=START,
        )  # fmt: skip
    return city


def lent(city: City, by: str = "d1-chief", now: datetime = START, **given: Any) -> Delegation:
    values = {
        "lender": city["D1"], "borrower": city["S11"], "area": city["S11"], "powers": [POWER],
        "legal_basis": "District order 7", "ends_at": START + DAY,
    }  # fmt: skip
    return delegate(by=city.person(by), now=now, **{**values, **given})


def lent_on(city: City, **given: Any) -> Delegation:
    """The street lends on to its community."""
    values = {"lender": city["S11"], "borrower": city["K111"], "area": city["K111"]}
    return lent(city, **{"by": "s11-duty", **values, **given})


def test_what_is_lent_is_signed_in_one_canonical_text(city: City) -> None:
    delegation = lent(city, limit_cents=500_00, limit_tier="street", limit_days=3)
    assert text_signed(delegation.signed) == text_of(Delegation.objects.get(pk=delegation.pk))
    assert text_of(delegation).startswith("gongzhi delegation 2\n{")
    [verdict] = verify(delegation, START)
    assert verdict.holds and verdict.in_force and verdict.key == public_key()
    assert "the signature holds; in force" in str(verdict) and '"limit_days":3' in str(verdict)


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": START + 90 * DAY}, {"limit_cents": None}, {"powers": ["decide"]},
        {"onward": True}, {"signed": ""}, {"signed": "text\n\n— else AAAA\n"},
        {"legal_basis": "Another"}, {"limit_tier": ""},
    ],
    ids=lambda change: "".join(change),
)  # fmt: skip
def test_a_power_whose_row_was_changed_by_hand_is_dead(city: City, change: dict[str, Any]) -> None:
    delegation = lent(city, limit_cents=500_00, limit_tier="street")
    assert may(city.person("s11-duty"), POWER, city["S11"], START)
    Delegation.objects.filter(pk=delegation.pk).update(**change)
    assert not may(city.person("s11-duty"), POWER, city["S11"], START)
    [verdict] = verify(Delegation.objects.get(pk=delegation.pk), START)
    assert not verdict.holds and "DOES NOT HOLD" in str(verdict)


def test_the_signature_of_another_lent_power_does_not_do(city: City) -> None:
    one, other = lent(city), lent(city, powers=["match_supply"])
    Delegation.objects.filter(pk=one.pk).update(signed=other.signed)
    with pytest.raises(NotAllowed, match=r"is not what was signed. Ask 东岸区 .commander. to lend"):
        check_may(city.person("s11-duty"), POWER, city["S11"], START)


@pytest.mark.parametrize(
    ("extent", "where", "allowed"),
    [
        (Extent(cents=500_00, people=20, days=3), "S11", True),
        (Extent(cents=500_01), "S11", False),
        (Extent(people=21), "S11", False),
        (Extent(days=4), "S11", False),
        (Extent(days=3), "K111", True),
        (Extent(), "D1", False),
    ],
)
def test_a_lent_power_reaches_as_far_as_its_limits(
    city: City, extent: Extent, where: str, allowed: bool
) -> None:
    lent(city, area=city["D1"], limit_cents=500_00, limit_people=20, limit_days=3,
         limit_tier="street")  # fmt: skip
    who = city.person("s11-duty")
    if allowed:
        assert check_may(who, POWER, city[where], START, extent).lent
    else:
        with pytest.raises(NotAllowed, match=r"beyond the limit.*Ask 东岸区 .commander. to do it"):
            check_may(who, POWER, city[where], START, extent)


def test_what_may_be_lent_on_is_lent_on_once_and_keeps_its_limits(city: City) -> None:
    above = lent(city, onward=True, limit_cents=500_00, limit_tier="street")
    on = lent_on(city)
    assert on.lent_from == above
    assert (on.limit_cents, on.limit_tier, on.onward) == (500_00, "street", False)
    assert check_may(city.person("k111-worker"), POWER, city["K111"], START).lent == on
    assert [v.delegation for v in verify(on, START)] == [on, above]
    with pytest.raises(Malformed, match="lent on once only"):
        lent_on(city, onward=True)
    with pytest.raises(NotAllowed):
        lent(city, by="k111-worker", lender=city["K111"], borrower=city["G1111"],
             area=city["G1111"])  # fmt: skip


def test_what_may_not_be_lent_on_is_not(city: City) -> None:
    lent(city)
    with pytest.raises(NotAllowed):
        lent_on(city)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"limit_cents": 500_01}, "limit_cents"),
        ({"limit_people": 21}, "limit_people"),
        ({"limit_days": 4}, "limit_days"),
        ({"limit_tier": "district"}, "limit_tier"),
        ({"ends_at": START + DAY + HOUR}, "ends_at"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_nothing_is_lent_on_beyond_its_own_limits(
    city: City, given: dict[str, Any], field: str
) -> None:
    lent(city, onward=True, limit_cents=500_00, limit_people=20, limit_days=3, limit_tier="street")
    with pytest.raises(Malformed, match=r"beyond what was lent to you. Ask 东岸区") as refusal:
        lent_on(city, **given)
    assert list(refusal.value.details) == [field]


def test_the_area_of_what_is_lent_on_lies_inside(city: City) -> None:
    lent(city, onward=True, area=city["K112"])
    with pytest.raises(NotAllowed):
        lent_on(city)


def test_only_the_commander_of_the_borrower_lends_on(city: City) -> None:
    lent(city, onward=True)
    with pytest.raises(NotAllowed):
        lent_on(city, by="s11-duty-2")


def test_what_is_taken_back_ends_what_was_lent_on_from_it(city: City) -> None:
    above, other = lent(city, onward=True), lent(city, powers=["match_supply"])
    on = lent_on(city)
    revoke(delegation=above, reason="Misused", by=city.person("d1-chief"), now=START + HOUR)
    on.refresh_from_db()
    other.refresh_from_db()
    assert on.revoked_at == START + HOUR and on.reason_revoked == "Misused"
    assert other.in_force(START + HOUR)
    with pytest.raises(NotAllowed, match="ended on 2021-03-01 10:00"):
        check_may(city.person("k111-worker"), POWER, city["K111"], START + HOUR)


def test_who_lent_on_takes_back_and_nobody_beside(city: City) -> None:
    above = lent(city, onward=True)
    on = lent_on(city)
    for stranger in ("k111-worker", "s11-duty-2", "d2-chief"):
        with pytest.raises(NotAllowed):
            revoke(delegation=on, reason="No", by=city.person(stranger), now=START)
    revoke(delegation=on, reason="Done", by=city.person("s11-duty"), now=START + HOUR)
    above.refresh_from_db()
    assert above.in_force(START + HOUR)
    with pytest.raises(NotNow, match="already revoked"):
        revoke(delegation=on, reason="Done", by=city.person("d1-chief"), now=START + HOUR)


BOTH = ["match_supply", POWER]


def test_several_powers_are_lent_in_one_signed_object_with_one_set_of_limits(city: City) -> None:
    made = lent(city, powers=[*BOTH, POWER], limit_cents=500_00)
    assert made.powers == [POWER, "match_supply"], "Each once, in one order."
    assert '"powers":["approve_match","match_supply"]' in text_of(made)
    assert facts("actors.delegate")["powers"] == made.powers
    who = city.person("s11-duty")
    for power in made.powers:
        used = check_may(who, power, city["S11"], START, Extent(cents=500_00))
        assert str(used) == f"{power} (delegation:{made.pk})", "The one that is used is named."
        with pytest.raises(NotAllowed, match="beyond the limit"):
            check_may(who, power, city["S11"], START, Extent(cents=500_01))
    assert not may(who, "decide", city["S11"], START)


def test_they_are_taken_back_together(city: City) -> None:
    made = lent(city, powers=BOTH)
    revoke(delegation=made, reason="Misused", by=city.person("d1-chief"), now=START + HOUR)
    for power in BOTH:
        assert not may(city.person("s11-duty"), power, city["S11"], START + HOUR)


def test_a_power_written_into_the_row_by_hand_kills_all_of_them(city: City) -> None:
    made = lent(city)
    Delegation.objects.filter(pk=made.pk).update(powers=[*BOTH, "decide"])
    for power in (*BOTH, "decide"):
        assert not may(city.person("s11-duty"), power, city["S11"], START)


def test_some_of_them_are_lent_on_and_no_other(city: City) -> None:
    above = lent(city, powers=[*BOTH, "give_order"], onward=True)
    on = lent_on(city, powers=BOTH)
    assert on.lent_from == above and limits_beyond(on, above) == []
    who = city.person("k111-worker")
    assert all(may(who, power, city["K111"], START) for power in BOTH)
    assert not may(who, "give_order", city["K111"], START)
    with pytest.raises(NotAllowed):
        lent_on(city, powers=[POWER, "decide"])
    Delegation.objects.filter(pk=on.pk).update(powers=[POWER, "decide"])
    assert limits_beyond(Delegation.objects.get(pk=on.pk), above) == ["powers"]


def test_own_powers_and_lent_ones_are_lent_apart(city: City) -> None:
    commander = {"lender": city["D1"], "borrower": city["S11"], "area": city["S11"]}
    lent(city, by="mayor", lender=city["C"], borrower=city["D1"], area=city["D1"],
         powers=["change_level"], onward=True)  # fmt: skip
    with pytest.raises(NotNow, match="Some of these powers are themselves lent"):
        lent(city, powers=[POWER, "change_level"], **commander)
    assert lent(city, powers=[POWER], **commander).lent_from is None
    assert lent(city, powers=["change_level"], **commander).lent_from is not None


@pytest.mark.parametrize(
    ("powers", "sentence"),
    [(["approve_match", "fly"], "There is no power “fly”")],
)
def test_a_power_that_does_not_exist_is_not_lent_with_others(
    city: City, powers: list[str], sentence: str
) -> None:
    with pytest.raises(Malformed, match=sentence) as refusal:
        lent(city, powers=powers)
    assert list(refusal.value.details) == ["powers"] and not Delegation.objects.exists()


def test_a_chain_that_was_forged_does_not_hold(city: City) -> None:
    above = lent(city, onward=True)
    on = lent_on(city)
    Delegation.objects.filter(pk=above.pk).update(revoked_at=None, onward=False)
    faults = verify(Delegation.objects.get(pk=on.pk), START)[0].faults
    assert faults == ("It was lent from a power that must not be lent on.",)
    assert not may(city.person("k111-worker"), POWER, city["K111"], START)


HOLDERS = {"D1": "d1-chief", "S11": "s11-duty", "K111": "k111-worker"}


class Lending(Machine):
    """People lend, lend on, take back, and time passes: no dead power is ever used."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = set[int]()

    @rule(
        lender=st.sampled_from(["D1", "S11"]), area=st.sampled_from(["S11", "K111", "K112"]),
        hours=st.integers(1, 12), cents=st.sampled_from([None, 100, 200]), onward=st.booleans(),
        powers=st.sampled_from([[POWER], ["match_supply"], BOTH]),
    )  # fmt: skip
    def lend(
        self,
        lender: str,
        area: str,
        hours: int,
        cents: int | None,
        onward: bool,
        powers: list[str],
    ) -> None:
        borrower = "S11" if lender == "D1" else "K111"
        try:
            made = delegate(
                lender=self.city[lender], borrower=self.city[borrower], area=self.city[area],
                powers=powers, legal_basis="Order", ends_at=self.now + hours * HOUR,
                limit_cents=cents, onward=onward, by=self.city.person(HOLDERS[lender]),
                now=self.now,
            )  # fmt: skip
        except Refused:
            assert lender == "S11"
            return
        if lender == "S11":
            above = made.lent_from
            assert above is not None and above.onward and above.in_force(self.now)
            assert limits_beyond(made, above) == []

    @precondition(lambda self: Delegation.objects.filter(revoked_at=None).exists())
    @rule(which=st.integers(0, 9))
    def take_back(self, which: int) -> None:
        rows = list(Delegation.objects.filter(revoked_at=None, ends_at__gt=self.now).order_by("id"))
        if rows:
            gone = rows[which % len(rows)]
            revoke(delegation=gone, reason="x", by=self.city.person("d1-chief"), now=self.now)
            self.taken |= {gone.pk, *gone.lent_on.values_list("pk", flat=True)}

    @rule(hours=st.integers(1, 6))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR

    @invariant()
    def no_dead_power_is_used(self) -> None:
        for code, cents in (("S11", 0), ("K111", 150), ("K112", 150)):
            for who in ("s11-duty", "k111-worker"):
                for power in BOTH:
                    self._judge(who, power, self.city[code], cents)

    def _judge(self, who: str, power: str, place: Unit, cents: int) -> None:
        """The rule in its slow and obvious form, against what `check_may` says."""
        unit = self.city["S11" if who == "s11-duty" else "K111"]
        good = [
            d for d in Delegation.objects.filter(borrower=unit)
            if d.pk not in self.taken
            and power in d.powers
            and d.starts_at <= self.now < d.ends_at
            and place.path.startswith(d.area.path)
            and (d.limit_cents is None or d.limit_cents >= cents)
            and (d.lent_from is None or d.lent_from_id not in self.taken)
            and (d.lent_from is None or self.now < d.lent_from.ends_at)
        ]  # fmt: skip
        try:
            used = check_may(self.city.person(who), power, place, self.now, Extent(cents=cents))
        except NotAllowed as refusal:
            assert good == [] and "Ask " in str(refusal)
        else:
            assert used.lent in good and not signature_fault(used.lent)


def test_no_dead_power_is_ever_used_and_nothing_reaches_beyond(city: City) -> None:
    play(Lending, examples=12, steps=12, city=city)
