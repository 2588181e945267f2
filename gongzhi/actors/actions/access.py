"""Open a record in an emergency, look at it, give notice, review it afterwards (紧急调阅)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar

from django.db.models import F, QuerySet
from pydantic import Field

from gongzhi.actors.actions.climbing import take_up
from gongzhi.actors.actions.notices import owe_notice
from gongzhi.actors.models import AccessClimb, EmergencyAccess, Person, Unit
from gongzhi.actors.noticing import check_answers
from gongzhi.actors.opening import (
    check_may_notice,
    check_may_review_access,
    check_opened,
    check_unseen,
    concerned_by,
    keeper_of,
    record_meant,
    reviewer_over,
)  # fmt: skip
from gongzhi.actors.policies import check_may, holder_above
from gongzhi.actors.queries import access_to, accesses_unreviewed, find
from gongzhi.errors import NotFound
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.ledger.records import Record
from gongzhi.parameters import minutes

R = TypeVar("R", bound=Record)
Ref = Annotated[str, Field(min_length=1, max_length=80)]
Reason = Annotated[str, Field(min_length=1, max_length=300)]


@deed()
def open_in_emergency(
    *, unit: Unit, record: Ref, reason: Reason, by: Person, now: datetime
) -> EmergencyAccess:
    """Open a record outside your area for a while: those it is about read why; it is reviewed.

    Where it is about people without a log-in, its keeper owes them a notice on paper.
    """
    check_may(by, "open_in_emergency", unit, now)
    meant = record_meant(record)
    check_unseen(meant, by, now)
    review_by = now + minutes("review_access", now)
    access = EmergencyAccess.objects.create(
        unit=unit, opened_by=by, opened_at=now, ends_at=now + minutes("emergency_access", now),
        record=meant.ref, reason=reason, keeper=keeper_of(meant, now) or unit,
        concerned=concerned_by(meant), to_unit=reviewer_over(unit, now), review_by=review_by,
    )  # fmt: skip
    notice = owe_notice(access, now) if meant.residents() else None
    append(
        verb="actors.open_in_emergency", subject=access, place=access.keeper, by=by, now=now,
        record=access.record, reason=reason, ends_at=access.ends_at, review_by=review_by,
        notice=notice,
    )  # fmt: skip
    return access


def look_at(source: type[R] | QuerySet[R], pk: object, by: Person, now: datetime) -> R:
    """One record to read: in one's area, or opened in an emergency, and then the look is logged.

    Errors: `NotFound` as `find` says it, which does not tell whether the record exists.
    """
    try:
        return find(source, pk, by, now)
    except NotFound:
        model = source.model if isinstance(source, QuerySet) else source
        access = access_to(model, pk, by, now)
        record = model._default_manager.filter(pk=pk).first() if access else None
        if access is None or record is None:
            raise
    write_look(access=access, by=by, now=now)
    return record


@deed(by_hand=False)
def write_look(*, access: EmergencyAccess, by: Person, now: datetime) -> EmergencyAccess:
    """Write down that somebody looked at a record opened in an emergency."""
    EmergencyAccess.objects.filter(pk=access.pk).update(looks=F("looks") + 1)
    append(
        verb="actors.look", subject=access, place=access.keeper, by=by, now=now,
        record=access.record,
    )  # fmt: skip
    return access


@deed(tells=("public", "official", "personal"))
def read_opened_record(*, access: EmergencyAccess, by: Person, now: datetime) -> Record:
    """Read all of a record opened in an emergency, its personal words too; it is written down."""
    check_opened(access, by, now)
    write_look(access=access, by=by, now=now)
    return record_meant(access.record)


@deed()
def read_access_notice(*, access: EmergencyAccess, by: Person, now: datetime) -> EmergencyAccess:
    """Take notice, by name, that a record of yours was opened in an emergency."""
    check_may_notice(access, by, now)
    access.change(noticed_by=by, noticed_at=now)
    append(verb="actors.read_access_notice", subject=access, place=access.keeper, by=by, now=now)
    return access


@deed()
def review_access(
    *,
    access: EmergencyAccess,
    justified: bool,
    outcome: Annotated[str, Field(min_length=1, max_length=400)],
    objection_answer: Annotated[str, Field(max_length=400)] = "",
    by: Person,
    now: datetime,
) -> EmergencyAccess:
    """Say afterwards whether opening a record in an emergency was justified, and why.

    The people concerned read the outcome; where they object, `objection_answer` must answer them.
    """
    check_may_review_access(access, by, now)
    check_answers(access, objection_answer)
    states = EmergencyAccess.State
    state = states.JUSTIFIED if justified else states.NOT_JUSTIFIED
    access.change(
        state=state, outcome=outcome, objection_answer=objection_answer, reviewed_by=by,
        reviewed_at=now,
    )  # fmt: skip
    append(
        verb="actors.review_access", subject=access, place=access.to_unit, by=by, now=now,
        justified=justified, outcome=outcome, objection_answer=objection_answer,
        record=access.record,
    )  # fmt: skip
    return access


@deed(by_hand=False)
def climb_unreviewed_accesses(*, by: Person, now: datetime) -> list[AccessClimb]:
    """Take every access not reviewed in time one tier up, and on after each interval."""
    return take_up(
        take(accesses_unreviewed, now=now),
        lambda access: holder_above("review", access.to_unit, now),
        due="review_by", clock="review_access",
        verb="actors.climb_access", by=by, now=now,
    )  # fmt: skip
