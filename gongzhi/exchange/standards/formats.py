"""Dates and times as texts: the formats a contract may name, and the usual ways of writing.

A contract names formats in the letters of Java's DateTimeFormatter (yyyy, MM, dd, HH, mm, ss,
SSS, XXX), as the Open Data Contract Standard prescribes.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from functools import cache

from gongzhi.exchange.said import Said, say

_LETTERS = {
    "yyyy": "%Y", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d", "HH": "%H", "H": "%H", "mm": "%M",
    "ss": "%S", "SSS": "%f", "SSSSSS": "%f", "XXX": "%z", "Z": "%z", "X": "%z",
}  # fmt: skip
_PART = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_DENSE_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")


class UnknownFormat(ValueError):
    """A date format uses letters that are not understood; `said` tells which."""

    def __init__(self, written: str, letters: str) -> None:
        self.said: Said = say(
            "The format %(format)s has the letters %(letters)s.",
            format=repr(written),
            letters=repr(letters),
        )
        super().__init__(str(self.said))


@cache
def pattern_of(written: str) -> str:
    """Return the strptime pattern of a Java date format; `UnknownFormat` if it has none."""
    pattern = ""
    for part in _PART.finditer(written):
        if part[1] is not None:
            pattern += part[1].replace("%", "%%")
        elif part[2] is None:
            pattern += part[0].replace("%", "%%")
        elif part[0] in _LETTERS:
            pattern += _LETTERS[part[0]]
        else:
            raise UnknownFormat(written, part[0])
    return pattern


def read_date(text: str, written: str = "") -> date | None:
    """Return the day in `text`: in the given format, else 2020-01-31, 2020/1/31, 2020年1月31日."""
    text = unicodedata.normalize("NFKC", text).strip()
    if written:
        moment = _strptime(text, written)
        return moment.date() if moment else None
    found = _DAY.fullmatch(text) or _DENSE_DAY.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def read_timestamp(text: str, written: str = "") -> datetime | None:
    """Return the moment in `text`, in the given format or in ISO 8601; aware if it says where."""
    text = unicodedata.normalize("NFKC", text).strip()
    if written:
        return _strptime(text, written)
    day, _, rest = text.partition("T") if "T" in text else text.partition(" ")
    on = read_date(day)
    if on is None:
        return None
    if not rest.strip():
        return datetime(on.year, on.month, on.day)  # noqa: DTZ001 - the caller knows the zone
    try:
        return datetime.fromisoformat(f"{on.isoformat()}T{rest.strip()}")
    except ValueError:
        return None


def read_time(text: str, written: str = "") -> time | None:
    """Return the time of day in `text`, in the given format or as 8:30, 08:30:00."""
    text = unicodedata.normalize("NFKC", text).strip()
    if written:
        moment = _strptime(text, written)
        return moment.time() if moment else None
    try:
        return time.fromisoformat(text if text[1:2].isdigit() else f"0{text}")
    except ValueError:
        return None


def _strptime(text: str, written: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern_of(written))  # noqa: DTZ007 - as above
    except ValueError:
        return None
