"""Uses of lent powers drawn from the ledger for review: provable, and reviewed by the lender."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.actions import climb_overdue_reviews, delegate, draw_reviews, review_use
from gongzhi.actors.models import Delegation, Draw, Post, Role, UseReview
from gongzhi.actors.oversight import share_of, uses_between, verify_draws
from gongzhi.actors.queries import duties
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.ledger.actions import append, seal
from gongzhi.ledger.deeds import name_power
from gongzhi.ledger.models import Checkpoint, Entry
from gongzhi.rounds.walk import walk
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@once
def lent(city: City) -> Delegation:
    """A power without limits, lent for long: half of its uses are drawn."""
    return delegate(
        lender=city["D1"], borrower=city["S11"], area=city["S11"], powers=["match_supply"],
        legal_basis="District order 7", ends_at=START + 60 * DAY, onward=True,
        by=city.person("d1-chief"), now=START,
    )  # fmt: skip


def use(city: City, lent: Delegation, times: int, by: str = "s11-duty") -> None:
    """Lines of the ledger that name the lent power, as the deeds that use it write them."""
    for n in range(times):
        _use(what=n, power=f"match_supply (delegation:{lent.pk})", by=city.person(by), city=city)


def _use(*, what: int, power: str, by: Any, city: City) -> None:
    from gongzhi.ledger import deeds

    token, powers = deeds._inside.set(True), deeds._powers.set(())
    name_power(power)
    append(verb="supply.match", subject=city["S11"], place=city["S11"], by=by, now=START, n=what)
    deeds._powers.reset(powers)
    deeds._inside.reset(token)


def draw(city: City, after: int = 1) -> list[UseReview]:
    return draw_reviews(by=city.person("founder"), now=START + after * MINUTE)


def later_line(city: City, n: int = 0) -> None:
    append(verb="actors.revoke", subject=city["C"], place=None, by=city.person("mayor"), now=START)
    seal(now=START + n * MINUTE)


def test_the_share_grows_with_what_was_lent(city: City, lent: Delegation) -> None:
    assert share_of(lent, START) == 475
    lent.onward = False
    assert share_of(lent, START) == 425
    lent.limit_people, lent.limit_cents, lent.limit_days = 999, 9_999_99, 6
    assert share_of(lent, START) == 125
    lent.ends_at = lent.starts_at + 71 * timedelta(hours=1)
    assert share_of(lent, START) == 50
    lent.powers = ["approve_match", "match_supply"]
    assert share_of(lent, START) == 75, "Two lent together are looked at more."
    lent.powers = [str(n) for n in range(5)]
    assert share_of(lent, START) == 125


def test_nothing_is_drawn_before_a_later_checkpoint_is_signed(city: City, lent: Delegation) -> None:
    use(city, lent, 30)
    assert draw(city) == []
    seal(now=START)
    assert draw(city) == [] and not Draw.objects.exists()
    later_line(city)
    reviews = draw(city)
    assert 4 <= len(reviews) <= 26
    made = Draw.objects.get(uses__gt=0)
    assert (made.uses, made.drawn) == (30, len(reviews))
    assert facts("actors.draw_reviews")["drawn"] == [review.line for review in reviews]
    assert {r.per_mille for r in reviews} == {475} and {r.to_unit for r in reviews} == {city["D1"]}
    assert {r.used_by for r in reviews} == {city.person("s11-duty").ref}
    assert draw(city) == []


def test_every_draw_can_be_repeated_from_the_ledger(city: City, lent: Delegation) -> None:
    for n in range(4):
        use(city, lent, 5)
        later_line(city, n)
        draw(city, n)
    later_line(city, 5)
    draw(city, 6)
    found = verify_draws()
    assert found.holds and found.uses == 20 and found.drawn == UseReview.objects.count()
    assert str(found).endswith("drawn: the draws hold")


@pytest.mark.parametrize(
    ("forge", "problem"),
    [
        (lambda: UseReview.objects.order_by("id")[0].delete(), "was drawn and is not reviewed"),
        (lambda: UseReview.objects.filter(pk=_first()).update(line=1), "was not drawn"),
        (
            lambda: Draw.objects.filter(uses__gt=0).update(deciding_size=10**6),
            "by the next checkpoint",
        ),
        (lambda: Draw.objects.filter(uses__gt=0).update(uses=31), "counts 31 uses, the ledger 30"),
        (lambda: Draw.objects.filter(uses=0).update(first=1), "were never drawn from"),
        (lambda: Delegation.objects.update(onward=False, limit_cents=0), "was not drawn"),
        (lambda: Checkpoint.objects.update(note="x"), "A note ends"),
    ],
)
def test_a_forged_draw_is_found(city: City, lent: Delegation, forge: Any, problem: str) -> None:
    seal(now=START)
    use(city, lent, 30)
    seal(now=START)
    later_line(city)
    draw(city)
    assert verify_draws().holds
    forge()
    found = verify_draws()
    assert not found.holds and problem in str(found)


def _first() -> int:
    return UseReview.objects.order_by("id").values_list("pk", flat=True)[0]


@once
def drawn(city: City, lent: Delegation) -> UseReview:
    use(city, lent, 30)
    seal(now=START)
    later_line(city)
    return draw(city)[0]


def test_the_lender_reviews_what_was_drawn(city: City, drawn: UseReview) -> None:
    duty = duties(city.person("d1-duty"), START)[0]
    assert (duty.verb, duty.inputs["review"]) == ("review_use", drawn.pk)
    assert drawn.review_by == START + MINUTE + 7 * DAY
    done = review_use(
        review=drawn, in_order=False, outcome="Nobody was asked", by=city.person("d1-duty"),
        now=START + DAY,
    )  # fmt: skip
    assert done.state == "objected" and done.reviewed_by == city.person("d1-duty")
    assert facts("actors.review_use")["outcome"] == "Nobody was asked"
    with pytest.raises(NotNow, match="reviewed already"):
        review_use(review=done, in_order=True, outcome="x", by=city.person("d1-chief"), now=START)


@pytest.mark.parametrize("by", ["s11-duty", "d2-chief", "h1-clerk"])
def test_nobody_else_reviews_it(city: City, drawn: UseReview, by: str) -> None:
    with pytest.raises(NotAllowed):
        review_use(review=drawn, in_order=True, outcome="x", by=city.person(by), now=START)


def test_who_used_a_power_does_not_review_that_use(city: City, lent: Delegation) -> None:
    use(city, lent, 30, by="d1-duty")
    seal(now=START)
    later_line(city)
    review = draw(city)[0]
    assert duties(city.person("d1-duty"), START) == []
    with pytest.raises(NotAllowed, match="You used this power yourself"):
        review_use(review=review, in_order=True, outcome="x", by=city.person("d1-duty"), now=START)


# Overdue reviews climb ----------------------------------------------------------------------------


def climbed(city: City, now: Any) -> list[str]:
    return [c.to_unit.code for c in climb_overdue_reviews(by=city.person("founder"), now=now)]


def test_a_review_not_made_in_time_climbs_each_tier_once_with_a_reason(
    city: City, drawn: UseReview
) -> None:
    UseReview.objects.exclude(pk=drawn.pk).delete()
    due = drawn.review_by
    assert drawn.to_unit == city["D1"] and climbed(city, due - MINUTE) == []
    assert climbed(city, due) == ["C"] and climbed(city, due) == []
    drawn.refresh_from_db()
    assert (drawn.to_unit, drawn.review_by) == (city["C"], due + 7 * DAY)
    reason = "东岸区 did not review it by 03-08 09:01: now it is with 临江市."
    [climb] = drawn.climbs.all()
    assert str(climb) == reason and climb.was_due_at == due
    told = facts("actors.climb_review")
    assert told["silent"] == city["D1"].path and len(lines("actors.climb_review")) == 1

    # At the top it waits, however long; the city and the district both have it as a duty.
    assert climbed(city, due + 90 * DAY) == []
    for login in ("city-duty", "d1-duty"):
        [duty] = [d for d in duties(city.person(login), due) if d.verb == "review_use"]
        assert duty.why == reason and duty.due_at == drawn.review_by
    assert not [d for d in duties(city.person("d2-duty"), due) if d.verb == "review_use"]


@pytest.mark.parametrize("by", ["city-duty", "d1-duty"])
def test_after_it_climbed_the_upper_tier_reviews_or_late_who_was_silent(
    city: City, drawn: UseReview, by: str
) -> None:
    climbed(city, drawn.review_by)
    for stranger in ("s11-duty", "d2-duty"):
        with pytest.raises(NotAllowed):
            review_use(review=drawn, in_order=True, outcome="x", by=city.person(stranger),
                       now=START)  # fmt: skip
    done = review_use(
        review=drawn, in_order=True, outcome="Fine", by=city.person(by), now=START + 8 * DAY
    )
    assert done.state == "in_order"
    assert drawn.pk not in {c.review_id for c in climb_overdue_reviews(
        by=city.person("founder"), now=START + 60 * DAY
    )}  # fmt: skip


def test_what_was_reviewed_in_time_does_not_climb(city: City, drawn: UseReview) -> None:
    UseReview.objects.exclude(pk=drawn.pk).delete()
    review_use(review=drawn, in_order=True, outcome="Fine", by=city.person("d1-duty"), now=START)
    assert climbed(city, drawn.review_by + DAY) == [] and not lines("actors.climb_review")


def test_uses_of_what_a_street_lent_on_are_reviewed_by_the_nearest_tier_that_may(
    city: City, lent: Delegation
) -> None:
    Post.objects.create(
        person=city.person("s11-duty"), unit=city["S11"], area=city["S11"], role=Role.COMMANDER,
        starts_at=START,
    )  # fmt: skip
    on = delegate(
        lender=city["S11"], borrower=city["K111"], area=city["K111"], powers=["match_supply"],
        legal_basis="Street order 1", ends_at=START + 30 * DAY, by=city.person("s11-duty"),
        now=START,
    )  # fmt: skip
    use(city, on, 30, by="k111-worker")
    seal(now=START)
    later_line(city)
    assert {r.to_unit for r in draw(city)} == {city["D1"]}, "A street reviews no uses of powers."


def test_the_round_takes_overdue_reviews_up_and_can_run_again(city: City, drawn: UseReview) -> None:
    clock, late = city.person("founder"), drawn.review_by + MINUTE
    number = UseReview.objects.count()
    assert walk(by=clock, now=late).moved["climb_overdue_reviews"] == number
    assert walk(by=clock, now=late).moved["climb_overdue_reviews"] == 0
    assert len(lines("actors.climb_review")) == number


def test_the_round_draws_and_running_it_again_changes_nothing(city: City, lent: Delegation) -> None:
    use(city, lent, 30)
    clock = city.person("founder")
    for n in range(4):
        walk(by=clock, now=START + n * MINUTE)
        later_line(city, n)
    walk(by=clock, now=START + 5 * MINUTE)
    told, reviews = Entry.objects.count(), UseReview.objects.count()
    assert reviews and len(lines("actors.draw_reviews")) == 1
    for _again in range(3):
        assert walk(by=clock, now=START + 5 * MINUTE).moved["draw_reviews"] == 0
    assert (Entry.objects.count(), UseReview.objects.count()) == (told, reviews)
    assert verify_draws().holds


def test_uses_of_one_lent_power_are_read_in_few_statements(
    city: City, lent: Delegation, django_assert_max_num_queries: Any
) -> None:
    use(city, lent, 40)
    last = Entry.objects.count()
    seal(now=START)
    with django_assert_max_num_queries(3):
        found = list(uses_between(0, last + 1))
    assert len(found) == 40 and {use.delegation for use in found} == {lent}
