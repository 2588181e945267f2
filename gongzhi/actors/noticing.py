"""What notice of an emergency access needs: who hands it over, who may object, what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gongzhi.actors.codes import grouped, hidden_code, key_of, looks_like_a_code
from gongzhi.actors.models import AccessNotice, EmergencyAccess, Person, Post, Unit
from gongzhi.actors.policies import check_may, holder_above
from gongzhi.actors.queries import kind_of, objections_end, posts_in
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.writing import year_and_time


class Handing(models.TextChoices):
    """What came of handing a notice over."""

    TAKEN = "taken", pgettext_lazy("notice", "taken")
    NOBODY_IN = "nobody_in", gettext_lazy("nobody in")
    DECLINED = "declined", pgettext_lazy("notice", "declined")


def check_may_print(notice: AccessNotice, by: Person, now: datetime) -> None:
    """The paper is drawn up by people of the unit that keeps the record, while its code holds."""
    check_may_hand_over(notice, by, now)
    if notice.code_key is None:
        raise NotNow(_("The time of this notice is over. There is nothing left to hand over."))


def check_may_hand_over(notice: AccessNotice, by: Person, now: datetime) -> None:
    """A notice is handed over by people of the unit that keeps the record."""
    check_may(by, "read_access_notice", notice.access.keeper, now)


def check_can_hand_over(notice: AccessNotice) -> None:
    """A notice that was taken or declined is handed over to nobody else."""
    if AccessNotice.State.TAKEN not in AccessNotice.MOVES[AccessNotice.State(notice.state)]:
        raise NotNow(
            _("This notice was dealt with already (%(state)s). There is nothing left to do.")
            % {"state": notice.get_state_display()}
        )


def check_may_take_objection(access: EmergencyAccess, by: Person, now: datetime) -> None:
    """One objects oneself, or the unit that keeps the record writes down what was said to it."""
    if by.pk != access.concerned_id:
        check_may(by, "read_access_notice", access.keeper, now)
        if access.concerned_id is None and not hasattr(access, "notice"):
            raise NotNow(_("This record is about nobody: there is nobody who could object."))
        if access.concerned is not None:
            raise NotAllowed(
                _("This record is about %(name)s, who has a log-in and can object in person.")
                % {"name": access.concerned.name}
            )


def check_can_object(access: EmergencyAccess, now: datetime) -> None:
    """One objects once, and not long after the review."""
    if access.objected_at is not None:
        raise NotNow(
            _("An objection was made on %(when)s already. Its answer will stand with the review.")
            % {"when": year_and_time(access.objected_at)}
        )
    end = objections_end(access, now)
    if end is not None and now >= end:
        raise NotNow(
            _("The time to object ended on %(when)s. Go to %(unit)s with what you have to say.")
            % {"when": year_and_time(end), "unit": access.to_unit}
        )


def check_may_read_objection(access: EmergencyAccess, by: Person, now: datetime) -> None:
    """An objection is read by whoever reviews the access, while it is kept."""
    check_may(by, "review", access.to_unit, now)
    if access.opened_by_id == by.pk:
        raise NotAllowed(
            _("You opened this record yourself: the objection is not for you to read.")
        )
    if not access.objection:
        raise NotNow(_("Nobody has objected, or the words are deleted. There is nothing to read."))


def check_answers(access: EmergencyAccess, answer: str) -> None:
    """The outcome of a review answers the objection, where there is one, and only then."""
    if access.objected_at is not None and not answer.strip():
        raise Malformed(
            _("The people concerned object. Read the objection and answer it, with your reasons."),
            details={"objection_answer": _("Answer the objection.")},
        )
    if access.objected_at is None and answer:
        raise Malformed(
            _("Nobody has objected. Write what you have to say into the outcome."),
            details={"objection_answer": _("Leave it empty.")},
        )


def reviewer_again(access: EmergencyAccess, now: datetime) -> Unit:
    """Who makes a review again that was objected to: the tier above, at the top the same unit."""
    return holder_above("review", access.to_unit, now) or access.to_unit


def notice_with(code: str) -> AccessNotice:
    """The notice that a code on paper belongs to.

    Errors: `NotFound`, which does not tell a wrong code from one whose time is over.
    """
    key = key_of(code) if looks_like_a_code(code) else ""
    found = AccessNotice.objects.filter(code_key=key)
    notice = found.select_related("access__unit", "access__keeper", "access__to_unit").first()
    if notice is None:
        text = _("Nothing is told for this code. Look at it again, or ask your grid worker.")
        raise NotFound(text, details={"notice_code": text})
    return notice


def code_on(notice: AccessNotice) -> str:
    """The code as it stands on the paper."""
    return grouped(hidden_code(notice.salt))


@dataclass(frozen=True)
class Told:
    """All that a notice tells, on paper and behind its code: no word of the record itself.

    kind and fields: names of the class of the record and of what it holds, without any content.
    """

    kind: str
    fields: tuple[str, ...]
    number: str
    keeper: str
    unit: str
    post: str
    reason: str
    opened_at: datetime
    ends_at: datetime
    is_open: bool
    looks: int
    reviewer: str
    review_by: datetime
    state: str
    outcome: str
    reviewed_at: datetime | None
    objected_at: datetime | None
    objected_to: str
    answer: str
    can_object: bool
    object_until: datetime | None


def told_of(access: EmergencyAccess, now: datetime) -> Told:
    """What the people concerned are told of an emergency access, as of now."""
    model = kind_of(access.record)
    held = model.fields_of("public", "official", "personal", "sensitive") if model else ()
    end = objections_end(access, now)
    return Told(
        kind=model.__name__ if model else "",
        fields=tuple(name for name in held if name != "salt"),
        number=access.record.partition(":")[2],
        keeper=str(access.keeper), unit=str(access.unit), post=_post_of(access),
        reason=access.reason, opened_at=access.opened_at, ends_at=access.ends_at,
        is_open=access.in_force(now), looks=access.looks, reviewer=str(access.to_unit),
        review_by=access.review_by, state=access.state, outcome=access.outcome,
        reviewed_at=access.reviewed_at, objected_at=access.objected_at,
        objected_to=access.objected_to, answer=access.objection_answer,
        can_object=access.objected_at is None and (end is None or now < end), object_until=end,
    )  # fmt: skip


def _post_of(access: EmergencyAccess) -> str:
    """The post in which it was opened: its word, and no name."""
    held = posts_in(access.unit, access.opened_at)
    own = next((post for post in held if post.person_id == access.opened_by_id), None)
    return own.get_role_display() if own else _post_elsewhere(access)


def _post_elsewhere(access: EmergencyAccess) -> str:
    """The post of somebody who opened it for a unit of the own area."""
    posts = Post.objects.filter(person=access.opened_by_id, starts_at__lte=access.opened_at)
    own = posts.order_by("-starts_at", "id").select_related("unit").first()
    return f"{own.unit}, {own.get_role_display()}" if own else ""
