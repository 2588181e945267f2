"""Field words of lists of needs and of their parts."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, str | Promise] = {
    "desk": _("Supplies desk"),
    "list_part": _("Part of a list"),
    "need_list": _("List handed in"),
    "parts": _("Lines to confirm"),
    "named_at": _("Named at"),
    "named_by": _("Named by"),
    "notes": _("How it was read"),
    "remind_at": _("To be reminded at"),
    "reminded_at": _("Reminded at"),
    "reason_dropped": _("Why it was dropped"),
    "span_start": _("Begins at character"),
    "span_end": _("Ends at character"),
    "why_left": _("Why it was not understood"),
}
