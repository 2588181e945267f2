"""Why a task is short of people, and why an offer of help is not called up, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SHORT: dict[str, str | Promise] = {
    "NONE": gettext_lazy("Fully staffed."),
    "SKILL": gettext_lazy("Nobody who offers help has the skill."),
    "SHIFT": gettext_lazy("Nobody with the skill offers this shift."),
    "FAR": gettext_lazy("Those who could do it are too far away."),
    "REFUSED": gettext_lazy("Those near enough have declined it."),
    "ALL_HERE": gettext_lazy("All who can come are called up; there is nobody else."),
    "URGENT": gettext_lazy("Most who could come are at tasks that are as urgent or more urgent."),
    "STANDING": gettext_lazy("Most who could come were called up elsewhere before."),
    "EXCHANGE": gettext_lazy("Most who could come are elsewhere, where more would be lost."),
    "REST": gettext_lazy("Most who could come work in a shift too close to this one."),
    "LIMIT": gettext_lazy("Most who could come are called up as often as they may be."),
    "TEAM": gettext_lazy("Only teams larger than the places left are free."),
    "FULL": gettext_lazy("Who could lead finds all places taken by others."),
}
UNLED: dict[str, str | Promise] = SHORT | {
    "SKILL": gettext_lazy("Nobody who can lead has the skill."),
    "SHIFT": gettext_lazy("Nobody who can lead and has the skill offers this shift."),
    "FAR": gettext_lazy("Those who could lead are too far away."),
}
UNCALLED: dict[str, str | Promise] = {
    "NO_TASK": gettext_lazy("No task needs people at the times offered."),
    "SKILL": gettext_lazy("The tasks at these times need other skills."),
    "FAR": gettext_lazy("The tasks that would suit are too far away."),
    "REFUSED": gettext_lazy("The tasks in reach were declined."),
    "FULL": gettext_lazy("The tasks in reach have all the people they asked for."),
    "TEAM": gettext_lazy("The tasks in reach need fewer people than the team counts."),
}


def line_in_words(line: Mapping[str, Any]) -> str:
    """How far a task is staffed and why no more, in a sentence or two."""
    said = [
        _("%(staffed)s of %(wanted)s.") % {"staffed": line["staffed"], "wanted": line["wanted"]},
        str(SHORT[line["reason"]]),
    ]
    if line["unled"]:
        said.append(_("Nobody leads it: %(why)s") % {"why": UNLED[line["unled"]]})
    return " ".join(said)
