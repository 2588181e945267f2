"""What the fields of offers of help, tasks that ask for hands and call-ups are called and say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.fieldwork.hands_queries import (
    lines_said,
    skills_said,
    summary_said,
    times_said,
    uncalled_said,
)

FIELDS: dict[str, str | Promise] = {
    "began_at": _("Began at"),
    "call_up": _("Call-up"),
    "called_at": _("Called up at"),
    "can_lead": _("Can lead a task"),
    "first_at": _("First shift"),
    "headcount": _("People wanted"),
    "helper": _("Who helps"),
    "issued_by": _("Issued by"),
    "last_at": _("Last shift"),
    "most_shifts": _("Shifts at most"),
    "people": _("People in the team"),
    "reach_km": _("How far, in kilometres"),
    "reason_cancelled": _("Why cancelled"),
    "released": _("Call-ups it takes back"),
    "shifts": _("Shifts"),
    "skill": _("Skill wanted"),
    "skills": _("Skills"),
    "staffing": _("How far tasks are staffed"),
    "thanks": _("Thanks"),
    "times": _("Times"),
    "uncalled": _("Offers not called up"),
    "urgency": _("Urgency"),
    "wants_leader": _("Wants a leader"),
}

SPOKEN: dict[tuple[str, str], Callable[[Any], str]] = {
    ("CallUpPlan", "staffing"): lines_said,
    ("CallUpPlan", "uncalled"): uncalled_said,
    ("CallUpPlan", "summary"): summary_said,
    ("HelpOffer", "skills"): skills_said,
    ("HelpOffer", "times"): times_said,
}
"""Fields whose room says them in a sentence."""
