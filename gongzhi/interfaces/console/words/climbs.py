"""What the fields of promises that change, and of climbs that are followed up, are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, str | Promise] = {
    "first_arrive_by": _("First promised to arrive by"),
    "reason_changed": _("Why the time was changed"),
    "silent_since": _("Silent since"),
    "times_put_off": _("Put off so many times"),
    "go_on_by": _("To go on or finish by"),
    "in_minutes": _("Minutes from now"),
    "climb": _("What climbed"),
    "followed_up_at": _("Followed up at"),
    "followed_up_by": _("Followed up by"),
    "follow_up": _("What was agreed"),
}
