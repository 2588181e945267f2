"""Fields that need more than their type says: clocks to be kept, references that link."""

from __future__ import annotations

DUE: dict[tuple[str, str], tuple[str, ...]] = {
    ("Warning", "acknowledge_by"): ("issued",),
    ("Signal", "judge_by"): ("open",),
    ("Measure", "ends_at"): ("active",),
    ("TaskForce", "ends_at"): ("active",),
    ("Order", "due_at"): ("issued", "accepted"),
    ("CallAnswer", "answer_by"): ("waiting",),
    ("CallAnswer", "arrive_by"): ("coming",),
    ("CallAnswer", "go_on_by"): ("needs", "arrived"),
    ("Need", "needed_by"): ("open", "part_met"),
    ("Dispatch", "arrive_by"): ("sent",),
    ("Task", "due_at"): ("to_take", "open", "nobody_in"),
    ("PowerRequest", "answer_by"): ("open",),
    ("UseReview", "review_by"): ("open",),
    ("EmergencyAccess", "review_by"): ("open",),
    ("AccessNotice", "hand_over_by"): ("due", "nobody_in"),
}
"""Times by which somebody must act, and the states in which they count."""

LINKED = (
    ("PowerRequest", "result"), ("UseReview", "about"), ("EmergencyAccess", "record"),
    ("Message", "subject"),
)  # fmt: skip
"""Texts that hold the reference of another record."""
