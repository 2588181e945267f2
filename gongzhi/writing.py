"""How lists, pairs, sentences and times are written in the reader's language and zone.

The one place for the marks between words: Chinese has its own, and puts no spaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import reduce

from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def tongue() -> str:
    """The language at hand as records of several languages name it: `hans`, `hant` or `en`.

    The records are written in Simplified Chinese, which stands in for any other language.
    """
    language = (get_language() or "").lower()
    if language.startswith("en"):
        return "en"
    return "hant" if language.startswith("zh-hant") else "hans"


def listed(parts: Iterable[object]) -> str:
    """Short things one after the other: "masks, gloves"."""
    return _(", ").join(map(str, parts))


def among(parts: Iterable[object]) -> str:
    """Things that have commas of their own: "masks, 20; gloves, 5"."""
    return _("; ").join(map(str, parts))


def pair(what: object, details: object) -> str:
    """A name and what there is to it: "masks: 20"."""
    return _("%(what)s: %(details)s") % {"what": what, "details": details}


def in_a_row(parts: Iterable[object]) -> str:
    """Sentences in a row, or parts of a length of time; with a space where the language has one."""
    said = list(map(str, parts))
    text = _("%(first)s %(second)s")
    return reduce(lambda first, then: text % {"first": first, "second": then}, said) if said else ""


def day_and_time(when: datetime | None) -> str:
    """A time of these months as it stands in a sentence, in the city's zone."""
    return f"{localtime(when):%m-%d %H:%M}" if when else "?"


def year_and_time(when: datetime) -> str:
    """A time that may lie in another year, in the city's zone."""
    return f"{localtime(when):%Y-%m-%d %H:%M}"
