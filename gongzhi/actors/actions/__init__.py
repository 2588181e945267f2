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
    PAUSE,
    TRIES,
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
from gongzhi.actors.actions.oversight import climb_overdue_reviews, draw_reviews, review_use
from gongzhi.actors.actions.requests import (
    ask_above,
    climb_unanswered_requests,
    grant_request,
    refuse_request,
    withdraw_request,
)

__all__ = [
    "PAUSE", "TRIES", "appoint", "appoint_many", "ask_above", "climb_overdue_reviews",
    "climb_unanswered_requests", "climb_unreviewed_accesses", "delegate", "draw_reviews",
    "end_post", "extend_posts", "found_house", "found_root", "found_unit", "found_units",
    "give_post", "grant_request", "log_in", "look_at", "open_facilities", "open_in_emergency",
    "open_unit", "person_called", "read_access_notice", "read_opened_record", "refuse_request",
    "review_access", "review_use", "revoke", "take_post_back", "withdraw_request", "write_look",
]  # fmt: skip
