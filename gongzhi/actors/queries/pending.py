"""What waits for an answer, a review or a notice, and what this room asks of a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import (
    AccessNotice,
    EmergencyAccess,
    NoticeClimb,
    Person,
    PowerRequest,
    ReviewClimb,
    UseReview,
)  # fmt: skip
from gongzhi.actors.queries.who import Duty, charges_of, posts_of
from gongzhi.ledger.records import Record
from gongzhi.parameters import parameter

TO_HAND_OVER = (AccessNotice.State.DUE, AccessNotice.State.NOBODY_IN)
"""States in which a notice still has to reach the people concerned."""


def requests_unanswered(now: datetime) -> QuerySet[PowerRequest]:
    """Requests beyond somebody's limits whose time to be answered has passed."""
    late = PowerRequest.objects.filter(state=PowerRequest.State.OPEN, answer_by__lte=now)
    return late.select_related("to_unit", "place").order_by("answer_by", "id")


def requests_to_answer(by: Person, now: datetime) -> QuerySet[PowerRequest]:
    """Open requests that were asked of a unit this person answers for, or climbed past it."""
    mine = charges_of(by, now)
    asked = Q(to_unit__in=mine) | Q(climbs__silent__in=mine)
    found = PowerRequest.objects.filter(asked, state=PowerRequest.State.OPEN).distinct()
    return found.select_related("asking", "place", "to_unit").order_by("answer_by", "id")


def requests_for(deed: str, name: str, record: Record) -> QuerySet[PowerRequest]:
    """Requests to do a deed with a record as this input, the latest first."""
    asked = PowerRequest.objects.filter(deed=deed, **{f"inputs__{name}": record.pk})
    return asked.select_related("asking", "to_unit", "place").order_by("-requested_at", "-id")


def accesses_unreviewed(now: datetime) -> QuerySet[EmergencyAccess]:
    """Emergency accesses whose time to be reviewed has passed."""
    late = EmergencyAccess.objects.filter(state=EmergencyAccess.State.OPEN, review_by__lte=now)
    return late.select_related("to_unit").order_by("review_by", "id")


def objections_end(access: EmergencyAccess, now: datetime) -> datetime | None:
    """Until when one may object and the code on paper holds; None before the review."""
    return access.reviewed_at + _kept_for(now) if access.reviewed_at is not None else None


def notices_to_forget(now: datetime) -> QuerySet[EmergencyAccess]:
    """Reviewed accesses whose codes and objections have been kept for as long as they may be."""
    reviewed = EmergencyAccess.objects.filter(reviewed_at__lte=now - _kept_for(now))
    kept = Q(notice__code_key__isnull=False) | ~Q(objection="")
    return reviewed.filter(kept).select_related("keeper").order_by("id")


def notices_late(now: datetime) -> QuerySet[AccessNotice]:
    """Notices that were not handed over in time, while the code on them holds."""
    late = AccessNotice.objects.filter(
        state__in=TO_HAND_OVER, hand_over_by__lte=now, code_key__isnull=False
    )
    return late.select_related("to_unit").order_by("hand_over_by", "id")


def _kept_for(now: datetime) -> timedelta:
    """How long after the review codes and words of residents are kept."""
    return timedelta(days=parameter("retention.contact", localtime(now).date()).value)


def access_to(model: type[Record], pk: object, by: Person, now: datetime) -> EmergencyAccess | None:
    """The emergency access by which this person may look at a record outside the own area."""
    ref = f"{model._meta.app_label}.{model.__name__}:{pk}"
    ref = f"person:{pk}" if model is Person else ref
    found = EmergencyAccess.objects.filter(
        opened_by=by, record=ref, opened_at__lte=now, ends_at__gt=now
    )
    return found.select_related("keeper").order_by("-ends_at").first()


def reviews_to_make(by: Person, now: datetime) -> QuerySet[UseReview]:
    """Drawn uses that units this person answers for have to review, or were silent about."""
    units = charges_of(by, now)
    asked = Q(to_unit__in=units) | Q(climbs__silent__in=units)
    found = UseReview.objects.filter(asked, state=UseReview.State.OPEN).distinct()
    mine = found.exclude(used_by=by.ref).select_related("delegation__borrower", "to_unit")
    climbs = ReviewClimb.objects.select_related("silent", "to_unit").order_by("-id")
    return mine.prefetch_related(Prefetch("climbs", climbs)).order_by("review_by", "id")


def reviews_overdue(now: datetime) -> QuerySet[UseReview]:
    """Drawn uses whose time to be reviewed has passed."""
    late = UseReview.objects.filter(state=UseReview.State.OPEN, review_by__lte=now)
    return late.select_related("to_unit").order_by("review_by", "id")


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: answer requests, review drawn uses of lent powers."""
    return [
        *_requests(by, now), *_reviews(by, now), *_notices(by, now), *_handings(by, now),
        *_accesses(by, now),
    ]  # fmt: skip


def _notices(by: Person, now: datetime) -> list[Duty]:
    """Records of one's unit, or about oneself, that were opened in an emergency."""
    mine = Q(keeper__in=charges_of(by, now)) | Q(concerned=by)
    told = EmergencyAccess.objects.filter(mine, noticed_at=None).select_related("unit", "keeper")
    return [
        Duty(
            title=_("Take notice: %(unit)s opened a record of yours") % {"unit": access.unit},
            where=str(access.keeper),
            due_at=None,
            why=access.reason,
            room="actors",
            verb="read_access_notice",
            inputs={"access": access.pk},
            subject=access.ref,
        )
        for access in told.order_by("opened_at", "id")[:50]
    ]


def _handings(by: Person, now: datetime) -> list[Duty]:
    """Notices to hand over to people without a log-in whose record was opened in an emergency."""
    mine = charges_of(by, now)
    asked = Q(access__keeper__in=mine) | Q(to_unit__in=mine) | Q(climbs__silent__in=mine)
    due = AccessNotice.objects.filter(
        asked, state__in=TO_HAND_OVER, code_key__isnull=False
    ).distinct()
    climbs = NoticeClimb.objects.select_related("silent", "to_unit").order_by("-id")
    return [
        Duty(
            title=_("Hand over a notice: %(unit)s opened a record of residents")
            % {"unit": notice.access.unit},
            where=str(notice.access.keeper),
            due_at=notice.hand_over_by,
            why=_why_hand_over(notice),
            room="actors",
            verb="hand_over_notice",
            inputs={"notice": notice.pk},
            subject=notice.ref,
        )
        for notice in due.select_related("access__unit", "access__keeper")
        .prefetch_related(Prefetch("climbs", climbs))
        .order_by("hand_over_by", "id")[:50]
    ]  # fmt: skip


def _why_hand_over(notice: AccessNotice) -> str:
    """That they have a right to it; or who was silent below, where it climbed."""
    latest = next(iter(notice.climbs.all()), None)
    if latest is not None:
        return str(latest)
    return _("They have no log-in: they have a right to know it from you, on paper.")


def _accesses(by: Person, now: datetime) -> list[Duty]:
    """Emergency accesses to review."""
    if not _works(by, "review", now):
        return []
    mine = EmergencyAccess.objects.filter(
        state=EmergencyAccess.State.OPEN, to_unit__in=charges_of(by, now)
    )
    return [
        Duty(
            title=_("Review an emergency access of %(unit)s") % {"unit": access.unit},
            where=str(access.to_unit),
            due_at=access.review_by,
            why=_("The people concerned object. Your outcome must answer it.")
            if access.objected_at
            else access.reason,
            room="actors",
            verb="review_access",
            inputs={"access": access.pk},
            subject=access.ref,
        )
        for access in mine.exclude(Q(opened_by=by) | Q(reviewed_before=by))
        .select_related("unit", "to_unit")
        .order_by("review_by", "id")[:50]
    ]  # fmt: skip


def _works(by: Person, power: str, now: datetime) -> bool:
    """Whether one of the person's posts has a role that a power goes to."""
    roles = parameter(f"powers.{power}", localtime(now).date()).value["roles"]
    return any(post.role in roles for post in posts_of(by, now))


def _reviews(by: Person, now: datetime) -> list[Duty]:
    if not _works(by, "review", now):
        return []
    return [
        Duty(
            title=_("Review a use of a lent power by %(unit)s")
            % {"unit": review.delegation.borrower},
            where=str(review.to_unit),
            due_at=review.review_by,
            why=_why_review(review),
            room="actors",
            verb="review_use",
            inputs={"review": review.pk},
            subject=review.ref,
        )
        for review in reviews_to_make(by, now)[:50]
    ]


def _why_review(review: UseReview) -> str:
    """That it was drawn; or who above whom was silent, where it climbed."""
    for climb in review.climbs.all():
        return str(climb)
    return _("It was drawn from the ledger: %(share)s of 1000 uses are.") % {
        "share": review.per_mille
    }


def _requests(by: Person, now: datetime) -> list[Duty]:
    return [
        Duty(
            title=_("Answer the request of %(unit)s") % {"unit": request.asking},
            where=str(request.place),
            due_at=request.answer_by,
            why=_("It goes beyond the limits of %(unit)s; unanswered it climbs one tier.")
            % {"unit": request.asking},
            room="actors",
            verb="grant_request",
            inputs={"request": request.pk},
            subject=request.ref,
        )
        for request in requests_to_answer(by, now)[:50]
        if _works(by, request.power, now)
    ]
