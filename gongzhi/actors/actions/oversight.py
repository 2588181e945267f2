"""Draw uses of lent powers for review, review them, take overdue ones up (抽查复核)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.actions.climbing import take_up
from gongzhi.actors.answers import check_may_review, check_unreviewed, reviewer_of
from gongzhi.actors.models import Draw, Person, ReviewClimb, UseReview
from gongzhi.actors.oversight import Stretch, Use, stretches_after, uses_between
from gongzhi.actors.policies import holder_above
from gongzhi.actors.queries import reviews_overdue
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.ledger.models import Log
from gongzhi.parameters import minutes


@deed(by_hand=False)
def draw_reviews(*, by: Person, now: datetime) -> list[UseReview]:
    """Draw from all uses of lent powers that a later checkpoint of the ledger decides by now."""
    made: list[UseReview] = []
    if Log.objects.select_for_update().filter(id=1).first() is None:
        return made  # nothing is sealed yet; else walkers draw one after the other
    last = Draw.objects.order_by("-first").first()
    for stretch in stretches_after(last.upto if last else 0):
        uses = list(uses_between(stretch.first, stretch.upto))
        if not uses:
            last = _pass_over(last, stretch, now)
            continue
        drawn = [use for use in uses if stretch.draws(use)]
        last = Draw.objects.create(
            first=stretch.first, upto=stretch.upto, deciding_size=stretch.deciding_size,
            uses=len(uses), drawn=len(drawn), drawn_at=now,
        )  # fmt: skip
        made += UseReview.objects.bulk_create(_review_of(use, last, now) for use in drawn)
        append(
            verb="actors.draw_reviews", subject=last, place=None, by=by, now=now,
            first=last.first, upto=last.upto, deciding_size=last.deciding_size, uses=last.uses,
            drawn=[use.line for use in drawn],
        )  # fmt: skip
    return made


def _pass_over(last: Draw | None, stretch: Stretch, now: datetime) -> Draw:
    """Remember that a stretch held no use: one row grows, and no line is written about it."""
    if last is None or last.uses:
        last = Draw(first=stretch.first, uses=0, drawn=0)
    last.upto, last.deciding_size, last.drawn_at = stretch.upto, stretch.deciding_size, now
    last.save()
    return last


def _review_of(use: Use, draw: Draw, now: datetime) -> UseReview:
    return UseReview(
        draw=draw, delegation=use.delegation, line=use.line,
        to_unit=reviewer_of(use.delegation.lender, now),
        verb=use.entry.verb, about=use.entry.subject, used_by=use.entry.by_ref,
        used_at=use.entry.at, per_mille=use.per_mille, review_by=now + minutes("review_use", now),
    )  # fmt: skip


@deed()
def review_use(
    *,
    review: UseReview,
    in_order: bool,
    outcome: Annotated[str, Field(min_length=1, max_length=400)],
    by: Person,
    now: datetime,
) -> UseReview:
    """Say of a use of a lent power that was drawn whether it was in order, and why."""
    check_may_review(by, review, now)
    check_unreviewed(review)
    state = UseReview.State.IN_ORDER if in_order else UseReview.State.OBJECTED
    review.change(state=state, outcome=outcome, reviewed_by=by, reviewed_at=now)
    append(
        verb="actors.review_use", subject=review, place=review.to_unit, by=by, now=now,
        line=review.line, in_order=in_order, outcome=outcome,
    )  # fmt: skip
    return review


@deed(by_hand=False)
def climb_overdue_reviews(*, by: Person, now: datetime) -> list[ReviewClimb]:
    """Take every drawn use not reviewed in time one tier up, and on after each interval."""
    return take_up(
        take(reviews_overdue, now=now),
        lambda review: holder_above("review", review.to_unit, now),
        due="review_by", clock="review_use",
        verb="actors.climb_review", by=by, now=now,
    )  # fmt: skip
