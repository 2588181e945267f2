"""Hand notice over to people without a log-in, take their objection, forget their words in time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gongzhi.actors.actions.climbing import take_up
from gongzhi.actors.codes import Code, hidden_code, key_of
from gongzhi.actors.models import AccessNotice, EmergencyAccess, NoticeClimb, Person
from gongzhi.actors.noticing import (
    Handing,
    check_can_hand_over,
    check_can_object,
    check_may_hand_over,
    check_may_print,
    check_may_read_objection,
    check_may_take_objection,
    notice_with,
    reviewer_again,
)  # fmt: skip
from gongzhi.actors.policies import check_may, holder_above
from gongzhi.actors.queries import notices_late, notices_to_forget
from gongzhi.ledger.actions import Line, append, append_all
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take, taken
from gongzhi.ledger.records import new_salt
from gongzhi.parameters import minutes

TRIES = 3
"""How often nobody may be found in before it is no reason for more time any more."""
Words = Annotated[str, Field(min_length=1, max_length=600)]


def owe_notice(access: EmergencyAccess, now: datetime) -> AccessNotice:
    """The notice that the keeper owes the people concerned, with a code only the house can tell."""
    salt = new_salt()
    return AccessNotice.objects.create(
        access=access, to_unit=access.keeper, salt=salt, code_key=key_of(hidden_code(salt)),
        hand_over_by=access.ends_at + minutes("hand_over_notice", now),
    )  # fmt: skip


@deed(by_hand=False)
def print_notice(*, notice: AccessNotice, by: Person, now: datetime) -> AccessNotice:
    """Draw up the paper with its code; that it was drawn up is written down, the code is not."""
    check_may_print(notice, by, now)
    append(
        verb="actors.print_notice", subject=notice, place=notice.access.keeper, by=by, now=now,
        access=notice.access.ref,
    )  # fmt: skip
    return notice


@deed()
def hand_over_notice(
    *, notice: AccessNotice, outcome: Handing, by: Person, now: datetime
) -> AccessNotice:
    """Say what came of handing a notice over: taken, nobody in, or declined.

    Who finds nobody in gets more time, but not for ever: then the tier above sees to it.
    """
    check_may_hand_over(notice, by, now)
    check_can_hand_over(notice)
    state = AccessNotice.State(outcome)
    again = state == AccessNotice.State.NOBODY_IN and notice.tries + 1 < TRIES
    due = now + minutes("hand_over_notice", now) if again else notice.hand_over_by
    notice.change(
        state=state, tries=notice.tries + 1, handed_by=by, handed_at=now, hand_over_by=due
    )
    append(
        verb="actors.hand_over_notice", subject=notice, place=notice.access.keeper, by=by, now=now,
        access=notice.access.ref, outcome=outcome,
    )  # fmt: skip
    return notice


@deed()
def object_to_access(
    *, access: EmergencyAccess, objection: Words, by: Person, now: datetime
) -> EmergencyAccess:
    """Object to an emergency access: one's own, or as the people concerned said it."""
    check_may_take_objection(access, by, now)
    return _object(access, objection, by, now, written_by=by)


@deed()
def object_by_code(
    *, notice_code: Code, objection: Words, by: Person, now: datetime
) -> EmergencyAccess:
    """Object to an emergency access with the code that stands on the notice.

    Errors: `NotFound` for an unknown code; `NotNow` as for `object_to_access`.
    """
    number = notice_with(notice_code).access_id
    access = EmergencyAccess.objects.select_for_update(of=("self",)).get(pk=number)
    check_may(by, "receive_report", access.keeper, now)
    return _object(access, objection, by, now)


def _object(
    access: EmergencyAccess,
    objection: str,
    by: Person,
    now: datetime,
    written_by: Person | None = None,
) -> EmergencyAccess:
    """Put an objection before the reviewer; a review that was made already is made again above.

    written_by: whoever wrote it down by name; nobody where it came with a code.
    """
    check_can_object(access, now)
    states = EmergencyAccess.State
    again = access.state != states.OPEN
    if again:
        access.change(
            state=states.OPEN, objected_to=access.outcome, outcome="",
            reviewed_before=access.reviewed_by, reviewed_by=None, reviewed_at=None,
            to_unit=reviewer_again(access, now), review_by=now + minutes("review_access", now),
            objection=objection, objected_by=written_by, objected_at=now,
        )  # fmt: skip
    else:
        access.change(objection=objection, objected_by=written_by, objected_at=now)
    append(
        verb="actors.object_to_access", subject=access, place=access.to_unit, by=by, now=now,
        commitment=access.commitment(), reviewed_again=again, review_by=access.review_by,
    )  # fmt: skip
    return access


@deed(tells=("public", "official", "personal"))
def read_objection(*, access: EmergencyAccess, by: Person, now: datetime) -> EmergencyAccess:
    """Read what the people concerned object; that it was read is written down."""
    check_may_read_objection(access, by, now)
    append(verb="actors.read_objection", subject=access, place=access.to_unit, by=by, now=now)
    return access


@deed(by_hand=False)
def climb_late_notices(*, by: Person, now: datetime) -> list[NoticeClimb]:
    """Take every notice not handed over in time one tier up, and on after each interval."""
    return take_up(
        take(notices_late, now=now),
        lambda notice: holder_above("read_access_notice", notice.to_unit, now),
        due="hand_over_by", clock="hand_over_notice",
        verb="actors.climb_notice", by=by, now=now,
    )  # fmt: skip


@deed(by_hand=False)
def forget_notices(*, by: Person, now: datetime) -> int:
    """Delete codes and objections whose time is over: a code opens nothing from then on."""
    forgotten = []
    for access in taken(notices_to_forget(now)):
        access.change(objection="", salt=b"")
        AccessNotice.objects.filter(access=access).update(code_key=None, salt=b"")
        forgotten.append(Line(access, access.keeper, {}))
    append_all(forgotten, verb="actors.forget_notices", by=by, now=now)
    return len(forgotten)
