"""The verbs of this room: found units, appoint people, lend powers, ask above one's limits."""

from gongzhi.actors.actions.access import (
    climb_unreviewed_accesses,
    look_at,
    open_in_emergency,
    read_access_notice,
    read_opened_record,
    review_access,
    write_look,
)
from gongzhi.actors.actions.founding import (
    appoint,
    appoint_many,
    end_post,
    extend_posts,
    found_house,
    found_root,
    found_unit,
    found_units,
    give_post,
    log_in,
    open_facilities,
    open_unit,
    person_called,
    take_post_back,
)
from gongzhi.actors.actions.lending import delegate, revoke
from gongzhi.actors.actions.notices import (
    climb_late_notices,
    forget_notices,
    hand_over_notice,
    object_by_code,
    object_to_access,
    print_notice,
    read_objection,
)
from gongzhi.actors.actions.oversight import climb_overdue_reviews, draw_reviews, review_use
from gongzhi.actors.actions.requests import (
    ask_above,
    climb_unanswered_requests,
    grant_request,
    refuse_request,
    withdraw_request,
)

__all__ = [
    "appoint", "appoint_many", "ask_above", "climb_late_notices", "climb_overdue_reviews",
    "climb_unanswered_requests", "climb_unreviewed_accesses", "delegate", "draw_reviews",
    "end_post", "extend_posts", "forget_notices", "found_house", "found_root", "found_unit",
    "found_units", "give_post",
    "grant_request", "hand_over_notice", "log_in", "look_at", "object_by_code", "object_to_access",
    "open_facilities", "open_in_emergency", "open_unit", "person_called", "print_notice",
    "read_access_notice", "read_objection", "read_opened_record", "refuse_request", "review_access",
    "review_use", "revoke", "take_post_back", "withdraw_request", "write_look",
]  # fmt: skip
