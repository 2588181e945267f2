"""What a warning says, as one sentence for people; made from the numbers that made its level."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.sensing.models import Warning
from gongzhi.sensing.queries import stream_name
from gongzhi.writing import in_a_row, listed

Numbers = Mapping[str, Any]
"""`LevelResult.as_dict()` of the early-warning engine, as a warning keeps it."""


def warning_sentence(warning: Warning) -> str:
    """What happened, in one breath: how many, how many were expected, and the gravest reason.

    In the reader's language. Where a warning keeps no numbers (one taken over from elsewhere),
    the sentence says so.
    """
    if not _is_complete(warning.numbers):
        return _("%(place)s, %(stream)s: the numbers behind this warning are not kept here.") % {
            "place": warning.place, "stream": stream_name(warning.stream),
        }  # fmt: skip
    said = [_counted(warning), *warning_reasons(warning)[:1]]
    return in_a_row(said)


def warning_reasons(warning: Warning) -> list[str]:
    """Every reason for the level, the gravest first, and what it rests on that is not there."""
    numbers = warning.numbers
    if not _is_complete(numbers):
        return []
    return [*(cause_sentence(cause, numbers) for cause in numbers["causes"]), *_gaps(numbers)]


def _is_complete(numbers: Numbers) -> bool:
    return len(numbers.get("looks", ())) == 3 and "causes" in numbers and "on" in numbers


def day_words(day: date) -> str:
    """A day as it stands in a sentence."""
    return _("%(month)s/%(day)s") % {"month": day.month, "day": day.day}


def _counted(warning: Warning) -> str:
    numbers = warning.numbers
    c2 = numbers["looks"][1]
    given = {
        "day": day_words(date.fromisoformat(numbers["on"])), "place": warning.place,
        "stream": stream_name(warning.stream), "count": number(numbers["count"]),
        "expected": number(c2["mean"]), "bound": number(c2["bound"]),
    }  # fmt: skip
    if c2["mean"] is None or c2["bound"] is None:
        return _("%(place)s, %(stream)s: %(count)s on %(day)s.") % given
    return (
        _(
            "%(place)s, %(stream)s: %(count)s on %(day)s, where about %(expected)s were expected "
            "and up to %(bound)s is usual."
        )
        % given
    )


def number(value: float | None) -> str:
    """A count or a mean: whole where it is whole or large, else with one decimal."""
    if value is None:
        return _("unknown")
    return f"{value:,.0f}" if float(value).is_integer() or value >= 100 else f"{value:,.1f}"


def cause_sentence(cause: str, numbers: Numbers) -> str:
    """Why the level was given, for one cause of the engine; the cause itself where it is new."""
    say = _CAUSES.get(cause)
    return say(numbers) if say else _("Reason: %(cause)s.") % {"cause": cause.replace("_", " ")}


def _days_running(numbers: Numbers) -> str:
    days = numbers["c2_days"]
    return ngettext(
        "It is above what is usual for %(days)s day.",
        "It is above what is usual for %(days)s days running.",
        days,
    ) % {"days": days}


def _far_above(numbers: Numbers) -> str:
    above = number(numbers["looks"][1]["sd_above"])
    return _("That is %(above)s times the usual scatter above the expected.") % {"above": above}


def _exceeded(place: int) -> Callable[[Numbers], str]:
    def say(numbers: Numbers) -> str:
        look = numbers["looks"][place]
        return _("It exceeds %(method)s (bound %(bound)s).") % {
            "method": look["method"], "bound": number(look["bound"]),
        }  # fmt: skip

    return say


def _three_days(numbers: Numbers) -> str:
    return _("The last three days together brought %(cases)s, too many to be chance (C3).") % {
        "cases": number(numbers["recent_cases"])
    }


def _rising(numbers: Numbers) -> str:
    means = [mean for mean in numbers["weeks"]["daily_means"] if mean is not None]
    return _("It has been rising for %(weeks)s weeks: %(means)s a day.") % {
        "weeks": len(means) - 1, "means": " → ".join(map(number, means)),
    }  # fmt: skip


_CAUSES: dict[str, Callable[[Numbers], str]] = {
    "c2_days_running": _days_running,
    "far_above": _far_above,
    "c1_exceeded": _exceeded(0),
    "c2_exceeded": _exceeded(1),
    "c3_exceeded": _three_days,
    "rising_weeks": _rising,
}


def _gaps(numbers: Numbers) -> list[str]:
    """What the level rests on that is not there."""
    missing: Sequence[str] = numbers.get("missing_days", ())
    if not missing:
        return []
    days = listed(day_words(date.fromisoformat(day)) for day in missing)
    text = ngettext(
        "No count was reported on %(days)s.", "No counts were reported on %(days)s.", len(missing)
    )
    return [text % {"days": days}]
